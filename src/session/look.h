/* A look at the protection: what protect and poll (poll.c) have in common. */
#ifndef COPP_SESSION_LOOK_H
#define COPP_SESSION_LOOK_H

#include "session/internal.h"

/* The reason to stop that a call's result is; COPP_STOP_NONE for COPP_OK. */
enum copp_stop copp_session_stop_for(const struct copp_session *session, enum copp_result result);

/* What a question is for: to judge what is in force, or to prepare for setting levels, which answers a reconfiguration anyway. */
enum purpose { TO_JUDGE, TO_SET };

/*
 * What comes of an answer: whatever makes all further questions pointless ends the look at once (EVT-4). A link that is lost is
 * the cause of whatever else goes wrong. After a reconfiguration nothing is judged until the levels have been set again; a look
 * turns that into *again.
 */
enum copp_stop copp_session_check_answer(const struct copp_session *session, enum purpose purpose, enum copp_result result);

/* The level to ask for on this connector; 0: none. */
uint32_t copp_session_required_level(const struct copp_session *session, uint32_t type);

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

/* Makes the session hold what is asked for, no more and no less. Where levels come up later, it waits for them (OPM-SET-5). */
enum copp_stop copp_session_raise(struct copp_session *session);

/*
 * OPM-STA-4, OPM-SRM-6: that a revoked device is behind a lost link or a refusal, only a level query tells. Asks one, if stop may have that
 * cause, and returns the better reason; stop if there is none.
 */
enum copp_stop copp_session_ask_cause(struct copp_session *session, enum copp_stop stop);

/* Gives back what the session holds; COPP_OK, or the first error. */
enum copp_result copp_session_release_levels(struct copp_session *session);

#endif
