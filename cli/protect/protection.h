/*
 * The protection of one output, of which copp protect has one for each (protection_set.h): a session that holds what was asked for, is
 * polled (APP-3), renegotiates (EVT-4), is checked against the newest revocation lists (CRL-4, APP-2), and is replaced by a new one where
 * that was asked for. It knows nothing of the command: a report says whether content may be shown, and what to tell.
 */
#ifndef COPP_CLI_PROTECTION_H
#define COPP_CLI_PROTECTION_H

#include "choice.h"
#include "cli/report.h"
#include "cli/wait.h"

enum protection_state {
    PROTECTION_LOST = 0, /* hide content for good */
    PROTECTION_HELD, /* hide content at once, and then take another step */
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
    const char *output; /* whom it is about; NULL: all of them */
    bool simulated; /* that output */
};

/* How long content is hidden at most before the protection counts as lost. */
struct protection_limits {
    uint64_t hold_ms; /* while levels are set again or lists are read; not if new sessions are tried */
    uint64_t reconnect_ms; /* for how long a new session is tried, and then the limit of all others too; 0: not at all */
};

struct protection;

/* What the protections of a command's outputs have in common. */
struct protection_common {
    const struct invocation *in;
    struct adapter adapter;
    struct protection_limits limits;
    struct wake wake; /* ends a command that takes too long */
    bool follows; /* all outputs: one without a display is waited at, and one whose display has gone is left out */
    bool held; /* content is hidden, for whichever output and reason */
    uint64_t give_up_ms; /* then: until when */
    struct protection **members;
    size_t count;
};

/* Why an output has no session that holds: another one is to take its place. */
enum protection_gap {
    PROTECTION_NO_GAP = 0,
    PROTECTION_RECONNECTS, /* it was lost */
    PROTECTION_JOINS, /* a display was plugged in */
    PROTECTION_LEAVES /* the display was unplugged */
};

struct protection {
    struct protection_common *common;
    struct choice_terms terms;
    struct link link;
    struct output chosen; /* as it was when its session began; its name is what messages are about */
    char name[COPP_CONNECTOR_NAME_SIZE]; /* the same, kept while chosen is looked up once more */
    uint64_t quiet_ms; /* until when the session's descriptor leads to no further step */
    bool in_force;
    bool idle; /* without a display: we ask for no protection, and the session only tells when one is plugged in */
    bool checks_lists; /* the lists have changed: content is hidden while they are read */
    unsigned renewals; /* the lists that its session was judged by, as of struct revocation */
    bool renegotiates; /* content is hidden while the levels are set again */
    uint64_t deadline_ms; /* of the next step */
    uint64_t believed_ms; /* until when the last look counts (APP-3) */
    uint64_t took_ms; /* the last look */
    bool held; /* content is hidden because of this output */
    enum protection_gap gap;
    enum copp_stop cause; /* of PROTECTION_RECONNECTS */
    struct error_note note; /* with a gap: why the last try failed */
};

/* Prepares it. terms->output must live as long; NULL: the first output that offers what is wanted is chosen. */
void protection_init(struct protection *protection, struct protection_common *common, const struct choice_terms *terms);
void protection_free(struct protection *protection);

/* Establishes a session with the output that is to be protected. STATUS_YES, or complains. */
int protection_choose(struct protection *protection);

/* In place of the two around it, for an output that has come while content is shown: reports that content is hidden until it is protected,
 * or known to have no display. output: what the list says of it, for show. */
void protection_join(struct protection *protection, const struct output *output, struct protection_report *report);

/* Puts the protection in force. Reports that it is in force or lost; a loss without an event has been printed already. */
void protection_begin(struct protection *protection, struct protection_report *report);

/* The session's descriptor, at which an event may wait; -1: none at present. */
int protection_fd(const struct protection *protection);

/* Something may have happened: the next step is due. */
void protection_look_soon(struct protection *protection);

/*
 * One step: polls, or tries a new session. It returns PROTECTION_HELD before whatever may take long, so that content is hidden
 * meanwhile. PROTECTION_LOST is the last step. limit_ms: by when a look has to be through; UINT64_MAX: when the last one
 * stops counting (APP-3).
 */
void protection_step(struct protection *protection, uint64_t limit_ms, struct protection_report *report);

/* Content has been hidden for too long. renegotiates: first of all because the levels had to be set again. */
void protection_report_too_long(const struct protection *protection, bool renegotiates, struct protection_report *report);
/* What sets the time that is too long, behind a text. */
const char *protection_limit_hint(const struct protection_common *common);
/* Gives up trying a new session: content cannot be hidden so long. */
void protection_give_up(const struct protection *protection, struct protection_report *report);

/* Content is hidden; however many reasons follow one another, and of however many outputs: since the first. It has least_ms in any case. */
void protection_hide(struct protection_common *common, uint64_t least_ms);

/* Gives back what is held. True: it was in force until now. */
bool protection_end(struct protection *protection);

#endif
