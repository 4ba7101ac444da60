/* A look at the protection: what protect and poll (poll.c) have in common. */
#ifndef COPP_SESSION_LOOK_H
#define COPP_SESSION_LOOK_H

#include "session/internal.h"

/* The reason to stop that a call's result is; COPP_STOP_NONE for COPP_OK. */
enum copp_stop copp_session_stop_for(enum copp_result result);

/* The sum; UINT64_MAX where it would be more. */
uint64_t copp_session_plus(uint64_t ms, uint64_t more);

/* COPP_POLL_MS after a moment. */
struct moment copp_session_expiry(const struct moment *moment);

/* Now. Only the transport's clock can be read here; the caller's has gone on by as much since begin. */
struct moment copp_session_since(const struct copp_session *session, const struct moment *begin);

/*
 * One look at everything; all its questions have to be answered by deadline_ms, on the transport's clock. *again: the connector was
 * reconfigured since the levels were set last; what else is wrong may be owed to that, so it is judged after they have been
 * set again (EVT-4).
 */
enum copp_stop copp_session_look(struct copp_session *session, uint64_t deadline_ms, bool *again);

/*
 * Sets the levels, then looks. An output may need long for a level (CMD-6), and what was answered before is of no use by then:
 * so commands have the transport's own limit, and the look asks everything anew. *moment is when this began, and becomes when the
 * first question of the look was asked.
 */
enum copp_stop copp_session_set_and_look(struct copp_session *session, struct moment *moment, bool *again);

/* Gives back what the session holds; COPP_OK, or the first error. */
enum copp_result copp_session_release_levels(struct copp_session *session);

#endif
