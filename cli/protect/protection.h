/*
 * The protection part of copp protect: a session that holds what was asked for, is polled (APP-3), renegotiates (EVT-4), is checked
 * against the newest revocation lists (CRL-4, APP-2), and is replaced by a new one where that was asked for. It knows nothing of
 * the command: a report says whether content may be shown, and what to tell.
 */
#ifndef COPP_CLI_PROTECTION_H
#define COPP_CLI_PROTECTION_H

#include "choice.h"
#include "cli/report.h"
#include "cli/wait.h"

enum protection_state {
    PROTECTION_LOST = 0, /* hide content for good */
    PROTECTION_HELD, /* hide content at once, and then call protection_step again */
    PROTECTION_IN_FORCE /* content may be shown */
};

struct protection_report {
    enum protection_state state;
    int status; /* if lost: the exit status */
    const char *event; /* what to tell, as copp-json(5) calls it; NULL: nothing */
    char text[1024]; /* the same in words */
    char answer[64]; /* if lost: what the driver answered, behind the text; "" */
    enum copp_rule rule; /* if lost: the one behind it */
    const char *remedy; /* if lost; NULL: none */
    const char *hint; /* if lost: which option might help, behind the text; "" */
};

/* How long content is hidden at most before the protection counts as lost. */
struct protection_limits {
    uint64_t hold_ms; /* while levels are set again or lists are read; not if new sessions are tried */
    uint64_t reconnect_ms; /* for how long a new session is tried, and then the limit of all others too; 0: not at all */
};

struct protection {
    const struct invocation *in;
    struct choice_terms terms;
    struct adapter adapter;
    struct link link;
    struct output chosen; /* as it was when its session began; its name is what messages are about */
    char name[COPP_CONNECTOR_NAME_SIZE]; /* the same, kept while chosen is looked up once more */
    uint64_t quiet_ms; /* until when the session's descriptor leads to no further step */
    bool in_force;
    bool checks_lists; /* the lists have changed: content is hidden while they are read */
    bool renegotiates; /* as above, while the levels are set again */
    uint64_t deadline_ms; /* of the next step */
    struct protection_limits limits;
    bool held; /* content is hidden, for whichever reason */
    uint64_t give_up_ms; /* then: until when */
    bool reconnects; /* the session is gone, and a new one is tried */
    enum copp_stop cause; /* then: why */
    struct error_note note; /* then: why the last try failed */
    struct wake wake; /* ends a command that takes too long */
};

/* Opens the adapter. STATUS_YES, or complains; close in any case. */
int protection_open(const struct invocation *in, const struct adapter_options *device, const struct choice_terms *terms,
                    const struct protection_limits *limits, struct protection *protection);
void protection_close(struct protection *protection);

/* Establishes a session with the output that is to be protected. What the driver takes long for ends once wake_fd can be read
 * from. STATUS_YES, or complains. */
int protection_choose(struct protection *protection, int wake_fd);

/* Puts the protection in force. Reports that it is in force or lost; a loss without an event has been printed already. */
void protection_begin(struct protection *protection, struct protection_report *report);

/* What to wait for between two steps: descriptors, of which there are PROTECTION_FDS at most, and a moment (UINT64_MAX: none). */
#define PROTECTION_FDS 2u
size_t protection_fds(const struct protection *protection, int *fds);
uint64_t protection_deadline_ms(const struct protection *protection);
uint64_t protection_now(const struct protection *protection);

/* Lets happen what is due; ready is as wait_readable has it for protection_fds. True: it is time for protection_step. */
bool protection_dispatch(struct protection *protection, const bool *ready);

/* The next step may be taken at once: something may have happened since the last one. */
void protection_look_soon(struct protection *protection);

/*
 * One step: polls, or tries a new session. It returns PROTECTION_HELD before whatever may take long, so that content is hidden
 * meanwhile. PROTECTION_LOST is the last step; it comes at the latest once content has been hidden for as long as the limits let
 * it: a command to the driver ends then, and another question that is under way within its own time limit (APP-3).
 */
void protection_step(struct protection *protection, struct protection_report *report);

/* Nothing is protected at present: a new session is being tried, or that has failed. */
bool protection_is_gone(const struct protection *protection);
/* Gives up trying: content cannot be hidden so long. The report is that the protection is lost. */
void protection_give_up(struct protection *protection, struct protection_report *report);

/* Gives back what is held. True: it was in force until now. */
bool protection_end(struct protection *protection);

/* Events for the simulated adapter come from standard input, which is nobody else's then. */
bool protection_reads_input(const struct protection *protection);

#endif
