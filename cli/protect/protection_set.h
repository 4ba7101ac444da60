/*
 * The protection part of copp protect: one protection for each output that content may be shown on, all on one adapter. Content may be shown
 * while every one of them is in force, and a loss of any is a loss. It knows nothing of the command.
 *
 * Its sessions are looked at one after the other. Each look counts for 2 seconds (APP-3), so that none may take all of that time: the set
 * gives each a second at most, and hides content first where the looks at the others do not count for so long any more.
 */
#ifndef COPP_CLI_PROTECTION_SET_H
#define COPP_CLI_PROTECTION_SET_H

#include "protection.h"

#define PROTECTION_OUTPUTS_MAX 64u
#define PROTECTION_OUTPUTS_ALL "all" /* as an only name: those with a display, whichever they are by then */

struct protection_set {
    struct protection_common common;
    struct choice_terms terms;
    const struct text_list *outputs;
    enum protection_state state; /* as it was last reported */
    bool news; /* some has come */
    uint64_t listen_ms; /* no news comes any more: when to ask for it again; UINT64_MAX: it comes */
    struct error_note note; /* then: why that has failed */
};

/*
 * Opens the adapter. outputs: the names, which live as long; none: the first output that offers what is wanted. STATUS_YES, or complains;
 * close in any case.
 */
int protection_set_open(const struct invocation *in, const struct adapter_options *device, const struct choice_terms *terms,
                        const struct text_list *outputs, const struct protection_limits *limits, struct protection_set *set);
void protection_set_close(struct protection_set *set);

/* Establishes a session with each output. What the driver takes long for ends once wake_fd can be read from. STATUS_YES, or complains. */
int protection_set_choose(struct protection_set *set, int wake_fd);

/*
 * Puts the next output's protection in force; false after the last. A report that it is lost is the last. A loss without an event
 * has been printed already.
 */
bool protection_set_begin(struct protection_set *set, size_t index, struct protection_report *report);
/* Whether content may be shown by now. Else take steps until it may: with several outputs the first look may be too old. */
enum protection_state protection_set_begun(struct protection_set *set);

/* What to wait for between two steps: descriptors, of which there are PROTECTION_SET_FDS at most, and a moment (UINT64_MAX: none). */
#define PROTECTION_SET_FDS (PROTECTION_OUTPUTS_MAX + 2u)
size_t protection_set_fds(const struct protection_set *set, int *fds);
uint64_t protection_set_deadline_ms(const struct protection_set *set);
uint64_t protection_set_now(const struct protection_set *set);

/* Lets happen what is due; ready is as wait_readable has it for protection_set_fds. True: it is time for protection_set_step. */
bool protection_set_dispatch(struct protection_set *set, const bool *ready);

/* The next step may be taken at once: something may have happened since the last one. */
void protection_set_look_soon(struct protection_set *set);
/* No look counts any more that has begun before: content must be hidden until all outputs have been looked at again. */
void protection_set_doubt(struct protection_set *set);

/*
 * One step, for the output that has waited longest; the report's state is that of all. Its time is limited as protection_step says.
 * PROTECTION_LOST is the last step; it comes at the latest once content has been hidden for as long as the limits let it: a command to the
 * driver ends then, and another question that is under way within its own time limit (APP-3).
 */
void protection_set_step(struct protection_set *set, struct protection_report *report);

/* Of some output nothing is protected at present: a new session is being tried, or that has failed. */
bool protection_set_is_gone(const struct protection_set *set);
/* Gives up trying: content cannot be hidden so long. The report is that the protection is lost. */
void protection_set_give_up(struct protection_set *set, struct protection_report *report);

/* Gives back what is held on the next output; false after the last. An event is told of one that was in force until now. All of
 * them together take no longer than one may. */
bool protection_set_end(struct protection_set *set, size_t index, struct protection_report *report);

/* The outputs that content is shown on: how many, and their names (PROTECTION_OUTPUTS_MAX at most). */
size_t protection_set_names(const struct protection_set *set, const char **names);
/* One of them protects nothing. */
bool protection_set_simulated(const struct protection_set *set);

/* Events for the simulated adapter come from standard input, which is nobody else's then. */
bool protection_set_reads_input(const struct protection_set *set);

#endif
