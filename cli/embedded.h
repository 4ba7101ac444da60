/*
 * The adapter inside this program: a simulated one, whose driver has a fresh certificate chain of a hierarchy made for
 * this run, for each protocol that is asked for. Who watches nothing but this program learns nothing about a real display.
 */
#ifndef COPP_CLI_EMBEDDED_H
#define COPP_CLI_EMBEDDED_H

#include "common/hierarchy_opm.h"
#include "conformance/record/recorder.h"
#include "copp.h"
#include "events.h"
#include "io.h"
#include "options.h"

/* Which chains the driver has, an OR. Without one it opens no device of that protocol (OPM-OUT-4). */
#define EMBEDDED_COPP 1u
#define EMBEDDED_OPM 2u

struct embedded {
    struct copp_pump pump; /* first: the pump's calls find the rest through it */
    enum copp_semantics semantics; /* of the sessions that link_open opens: OPM if there is a chain of it */
    struct copp_private_key *leaf; /* of COPP, with the next three */
    struct copp_public_key anchor;
    char *chain_bytes;
    size_t chain_size;
    struct opm_hierarchy opm;
    const struct blob *srm; /* for the driver under OPM (OPM-APP-1); NULL: none */
    struct copp_sim *sim;
    struct event_source *events;
    int wake_fd; /* readable when the person has had enough; -1: none */
    struct recorder *recorder; /* of the sessions that link_open opens; NULL: none */
    uint64_t skew_ms; /* then time runs ahead, so that a pending command ends */
    bool hurry; /* it runs ahead wherever it would be waited for: nobody else is there who would need it to pass */
};

/* adapter and events name files, or are NULL; follow is as of events_open. STATUS_YES, or complains; close in any case. */
int embedded_open(const struct invocation *in, const char *adapter, const char *events, bool follow, unsigned chains,
                  struct embedded *host);
/* The same for who asks for the outputs' names alone: no keys are made, which takes its time, and no session can be opened. */
int embedded_names(const struct invocation *in, const char *adapter, struct embedded *host);
/* Under OPM: the driver keeps lists of revoked devices that are signed under key; NULL: the licensing body's. STATUS_YES, or complains. */
int embedded_keep_lists(const struct invocation *in, struct embedded *host, const struct copp_srm_key *key);
void embedded_close(struct embedded *host);

uint64_t embedded_now(const struct embedded *host);
/* Lets happen what is due by now: scripted events, those of --events, pending applies. */
void embedded_dispatch(struct embedded *host);
/* When embedded_dispatch has something to do next, by itself. */
uint64_t embedded_deadline_ms(const struct embedded *host);

/* A session with one of the adapter's outputs. */
struct link {
    struct copp_transport *transport;
    struct copp_session *session;
};

/* In clone and theatre mode an output opens no device (ARB-6). */
bool output_refuses(struct embedded *host, const char *output);

/* Opens a device on the output; lists, which are COPP's, may be NULL. COPP_OK: close it with link_close, in any case. */
enum copp_result link_open(struct embedded *host, const char *output, const struct copp_session_lists *lists, struct link *link);
/* Which of the two protocols it speaks; of one without a device it is COPP. */
bool link_is_opm(const struct link *link);
/* The handshake of a session that is new. STATUS_YES, or complains; *verdict is that on the chain. */
int link_handshake(const struct invocation *in, const char *output, struct link *link, struct copp_verdict *verdict);
/* link_open and the handshake. STATUS_YES, or complains. */
int link_establish(const struct invocation *in, struct embedded *host, const char *output, const struct copp_session_lists *lists,
                   struct link *link);
void link_close(struct link *link);

/* Complains about a call on the session that failed. */
int fail_session(const struct invocation *in, const char *output, const char *what, enum copp_result result,
                 const struct copp_session *session);

#endif
