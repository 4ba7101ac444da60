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
};

struct adapter {
    const char *path; /* where the adapter is: a socket, or the driver; NULL: embedded */
    struct embedded host; /* if so */
    struct copp_public_key anchor; /* if not */
    struct revocation revocation; /* what every session is checked against; empty after adapter_find alone */
    struct output *outputs;
    size_t count;
    int wake_fd; /* readable when the person has had enough; -1: none */
};

/* One more output, of which a copy is made. */
bool adapter_add_output(struct adapter *adapter, const struct output *output);

/* What the driver has said of the session's output under its MAC goes before what was in the list (BIND-6). To be called after an
 * answer; does nothing where answers are not bound. */
void adapter_confirm(const struct link *link, struct output *output);

#endif
