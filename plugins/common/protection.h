/*
 * What plugins for players share: one output, protected by a thread of its own as long as a player wants it. The player asks before
 * each picture whether it may be shown; it never waits for a driver.
 */
#ifndef COPP_PLUGINS_PROTECTION_H
#define COPP_PLUGINS_PROTECTION_H

#include "copp.h"

enum protection_state {
    PROTECTION_BEGINNING = 0, /* has not been in force yet */
    PROTECTION_IN_FORCE, /* pictures may be shown, as long as protection_in_force says so */
    PROTECTION_LOST, /* a new session is tried until it is in force again */
    PROTECTION_ENDED /* given up: it does not come back */
};
/* "beginning", "protected", "lost", "ended". Static. */
const char *protection_state_name(enum protection_state state);

/* What the thread tells of each change. Valid during the call. */
struct protection_report {
    enum protection_state state;
    enum copp_stop stop; /* COPP_STOP_NONE while in force, and where no session came about */
    enum copp_rule rule; /* COPP_RULE_NONE where none is behind it */
    uint32_t hdcp; /* the level that is in force: COPP_HDCP_ON or COPP_HDCP_OFF */
    const char *connector; /* "" before one has been chosen */
    const char *text; /* one sentence for people, with the remedy; "" while nothing is wrong */
    bool simulated; /* the driver does not promise a real output: it protects nothing */
    bool receiver_unnamed; /* HDCP is in force with a receiver that nobody named */
};

struct protection_config {
    const char *device; /* "unix:PATH", or "embedded", the simulated adapter in this process; NULL: coppd's socket */
    /* A connector of coppd's, or whatever else tells which display it is (struct copp_monitor_query); NULL: the only one that coppd has a
     * display at. */
    const char *connector;
    const char *
        anchor; /* a file: COPP's public key or OPM's certificate, which settles the protocol; "microsoft"; NULL: $COPP_ANCHOR, else
                           "microsoft" */
    const char *
        srm; /* a file: the HDCP renewability message that content came with; NULL: none, and no receiver is known to be revoked */
    int card_fd; /* lent to coppd as long as the protection lasts (copp_socket_adopt); borrowed until the first report; -1: none */
    bool
        card_offered; /* it is an offer: coppd may refuse the card, and a session is begun all the same. Others may have lent it (copp lend) */
    struct copp_requirement requirement;
    /* Called by the thread on each change, and never after protection_stop has returned, but in a call of it from here. */
    void (*changed)(void *user, const struct protection_report *report);
    void *user;
};

struct protection;

/* Copies config and starts the thread. Returns COPP_E_MEMORY, or COPP_E_IO where threads or descriptors are used up. */
COPP_NODISCARD enum copp_result protection_start(const struct protection_config *config, struct protection **protection);

/* Whether a picture may be shown now: protection is in force, and the last look at it still counts (APP-3). False for NULL. Of any thread. */
bool protection_in_force(const struct protection *protection);

/*
 * Ends it: the level is given back, the session closed. Waits PROTECTION_STOP_MS at most. A driver that hangs for longer is left to the
 * thread, which ends by itself as soon as its call returns. NULL-safe; clears the pointer.
 */
#define PROTECTION_STOP_MS 500u
void protection_stop(struct protection **protection);

#endif
