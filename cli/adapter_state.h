/* What an adapter is to a command (adapter.h), and to the ways to one outside this program (remote.h). */
#ifndef COPP_CLI_ADAPTER_STATE_H
#define COPP_CLI_ADAPTER_STATE_H

#include "embedded.h"
#include "revocation.h"

/* What is known of an output without a session. Nothing vouches for it. */
struct output {
    char name[COPP_CONNECTOR_NAME_SIZE];
    bool real; /* false: it is simulated, or nobody says that it is not */
    bool plugged; /* a display is there */
    char display[COPP_SOCKET_DISPLAY_SIZE]; /* what it calls itself; "": not known */
    char monitor
        [COPP_CONNECTOR_NAME_SIZE]; /* what Windows calls the picture, which several outputs may show (OPM-OUT-1); "": not known */
};

struct adapter {
    const char *path; /* where the adapter is: a socket, or the driver; NULL: embedded */
    struct embedded host; /* if so */
    enum copp_semantics semantics; /* of its sessions; NONE: OPM if it is served, else COPP */
    struct copp_public_key anchor; /* if not embedded: whom to trust under COPP, and under OPM */
    struct copp_opm_anchor opm_anchor;
    struct revocation revocation; /* what every session is checked against; empty after adapter_find alone */
    struct output *outputs;
    size_t count;
    struct recorder *recorder; /* of every session; NULL: none */
    int wake_fd; /* readable when the person has had enough; -1: none */
    struct copp_socket *news; /* of outputs that come; NULL: none */
};

/* What adapter_next_output answers. */
enum adapter_news {
    ADAPTER_NO_NEWS, /* at present */
    ADAPTER_OUTPUT, /* *output is how one is, of which nothing may have been known */
    ADAPTER_OTHER_NEWS, /* which is not for us */
    ADAPTER_NEWS_ENDED /* there is none any more: adapter_follow begins anew */
};
/* One more output, of which a copy is made. */
bool adapter_add_output(struct adapter *adapter, const struct output *output);

/* The one of that name; NULL if it is not in the list. */
const struct output *adapter_known_output(const struct adapter *adapter, const char *name);

/* What the driver has said of the session's output under its MAC goes before what was in the list (BIND-6). To be called after an
 * answer; does nothing where answers are not bound. */
void adapter_confirm(const struct link *link, struct output *output);

#endif
