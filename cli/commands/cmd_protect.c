/*
 * copp protect: holds a protection while a command runs, and stops the command when it is lost (APP-1..4, EVT-4). This file joins
 * three parts that do not know each other: the protection, the process, and the console.
 */
#include <errno.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/protect/arguments.h"
#include "cli/protect/child.h"
#include "cli/protect/console.h"
#include "cli/protect/guardian.h"
#include "cli/protect/protection_set.h"
#include "cli/protect/terminal.h"

#define END_MS 2000u /* as long as a command that is told to end under protection has for it */
#define END_LOOK_MS 20u /* how often it is looked whether it has: not every end is told to us */
#define KILL_MS 1000u /* as long as killing it may take */
#define REPEAT_MS 100u /* what comes so soon after a signal is the same wish: timeout(1) sends each twice */
#define UNKNOWN_NOTE "/proc does not show what it has started"

struct protect_run {
    const struct invocation *in;
    struct protection_set protections;
    const char *outputs[PROTECTION_OUTPUTS_MAX]; /* their names */
    char label[192]; /* the same, for messages about the command */
    struct child child;
    struct console console;
    struct guardian guardian;
    int terminal; /* the command's; -1: it has none */
    bool said_unknown;
    bool begun; /* the command has been started, if there is one */
    enum protection_state state; /* LOST: it is not looked at any more */
    bool ending; /* the command has been told to end, or its first process has ended: it may run on until end_ms */
    uint64_t end_ms;
    uint64_t repeat_ms; /* then: a signal after that kills it */
    bool ended_itself;
    bool over;
    int status; /* the exit status, once it ends */
};

static bool simulated(const struct protect_run *run) {
    return protection_set_simulated(&run->protections);
}

/* What messages about the command call its outputs. */
static void name_outputs(struct protect_run *run) {
    size_t count = protection_set_names(&run->protections, run->outputs);
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof run->label; i++)
        used += (size_t)snprintf(run->label + used, sizeof run->label - used, "%s%s", i > 0 ? ", " : "", run->outputs[i]);
    if (used >= sizeof run->label)
        (void)snprintf(run->label, sizeof run->label, "%zu outputs", count);
    run->console.outputs = run->outputs;
    run->console.output_count = count;
    run->console.output = run->label;
}

/* A message about what happened on an output. */
static void tell(struct protect_run *run, const struct protection_report *r, const char *done) {
    if (!r->event)
        return;
    run->console.output = r->output;
    console_tell(&run->console, r->simulated, r->event, r->text, done);
    run->console.output = run->label;
}

/* There is, or may be, something to hold and to kill. */
static bool has_command(const struct protect_run *run) {
    return run->child.runs || run->ending;
}

/* What has become of the command, behind a message: of done, or why not. */
static const char *fate(const struct protect_run *run, const char *done) {
    if (!has_command(run))
        return "";
    if (!run->child.refuses)
        return done;
    return run->child.unknown ? "; the command may NOT be stopped: " UNKNOWN_NOTE
                              : "; the command CANNOT be stopped: some of it belongs to another user, or is out of reach";
}

/* What we do not see is not nobody: once, and the exit status goes by it. */
static void say_unknown(struct protect_run *run) {
    if (!run->child.unknown || run->said_unknown)
        return;
    run->said_unknown = true;
    complain("%s: not all of the command can be monitored: " UNKNOWN_NOTE
             " (is it mounted, with hidepid=0?); what it hides may run unprotected, and the exit status will be 2",
             run->console.output);
}

/* It descends from the command all the same, so that signals reach it as far as they are permitted to. */
static void name_outside(void *context, int pid, const char *cgroup) {
    const struct protect_run *run = context;
    complain("%s: PID %d has left the command's cgroup for %s: signals alone hold and end it", run->console.output, pid, cgroup);
}

static void name_running(void *context, int pid, const char *cgroup) {
    const struct protect_run *run = context;
    complain("%s: not held: PID %d, in cgroup %s", run->console.output, pid, cgroup);
}

static bool hold_command(struct protect_run *run) {
    bool held = child_hold(&run->child);
    guardian_command_is_held(&run->guardian, held);
    if (!held)
        child_name_running(&run->child, name_running, run);
    return held;
}

/* While we were stopped the guardian has held it: the protection is looked at before it goes on, also for its end. */
static void beat(struct protect_run *run) {
    if (!guardian_beat(&run->guardian))
        return;
    (void)hold_command(run);
    protection_set_doubt(&run->protections);
    if (run->state == PROTECTION_IN_FORCE)
        run->state = PROTECTION_HELD;
}

/* --- its end --- */

/* Whatever of it is left; what is held does not run again. */
static void kill_command(struct protect_run *run) {
    int group = child_group(&run->child);
    guardian_command_ends(&run->guardian, KILL_MS);
    bool ended = child_end(&run->child);
    if (ended)
        guardian_command_ended(&run->guardian);
    terminal_take(run->terminal, group);
    say_unknown(run);
    if (!ended && run->child.unknown)
        complain("%s: cannot tell whether all of the command has ended: " UNKNOWN_NOTE, run->console.output);
    else if (!ended)
        complain("%s: the command CANNOT be ended, and runs unprotected: some of it belongs to another user, or is out of reach",
                 run->console.output);
    run->over = true;
}

/* The loop goes on meanwhile, and with it the look at the protection. */
static void tell_end(struct protect_run *run, uint32_t ms) {
    child_tell_end(&run->child);
    run->ending = true;
    run->end_ms = protection_set_now(&run->protections) + ms;
}

static void look_at_end(struct protect_run *run) {
    if (!run->ending || run->over)
        return;
    if (protection_set_now(&run->protections) >= run->end_ms || !child_left(&run->child))
        kill_command(run);
}

static void tell_stop(struct protect_run *run, const struct protection_report *r, const char *done, const char *word) {
    const struct console_stop stop = {.text = r->text,
                                      .answer = r->answer,
                                      .rule = r->rule,
                                      .fate = fate(run, done),
                                      .hint = r->hint,
                                      .remedy = r->remedy,
                                      .all = r->output == NULL,
                                      .command = !has_command(run)    ? NULL
                                                 : run->child.refuses ? "not stopped"
                                                                      : word};
    if (!r->event)
        return;
    run->console.output = r->output ? r->output : run->label;
    console_tell_stop(&run->console, r->simulated, &stop);
    run->console.output = run->label;
}

/* It runs on unprotected, which somebody has asked for. */
static void lose_with_grace(struct protect_run *run, const struct protection_report *r, uint32_t grace_ms) {
    char done[96];
    (void)snprintf(done, sizeof done, "; the command is told to end, and may run UNPROTECTED for %lu ms",
                   (unsigned long)grace_ms);
    tell_end(run, grace_ms);
    tell_stop(run, r, done, "told to end");
}

/* Content is hidden at once, before anything is told. What is hidden or has been told to end has no grace. */
static void lose(struct protect_run *run, const struct protection_report *r) {
    const struct protect_arguments *o = run->in->options;
    run->state = PROTECTION_LOST;
    run->status = r->status;
    if (o->grace > 0 && run->child.runs && !run->child.held && !run->ending && guardian_release(&run->guardian)) {
        lose_with_grace(run, r, o->grace);
        return;
    }
    (void)hold_command(run);
    tell_stop(run, r, "; the command is killed", "killed");
    kill_command(run);
}

/* --- steps --- */

/* Without a protection we take Ctrl-C and Ctrl-Z ourselves, since they do not reach a command that is held. A command that we
 * cannot hold does not wait for a new session, nor does one that is to end: it is killed. */
static void hold(struct protect_run *run, struct protection_report *r) {
    bool held = hold_command(run);
    bool gone = protection_set_is_gone(&run->protections);
    bool waits = held && !run->ending;
    if (!(gone && run->ending))
        tell(run, r, fate(run, "; the command is held"));
    if (!gone)
        return;
    terminal_take(run->terminal, child_group(&run->child));
    if (waits)
        return;
    protection_set_give_up(&run->protections, r);
    lose(run, r);
}

static void let_go_on(struct protect_run *run) {
    if (!guardian_release(&run->guardian))
        return;
    terminal_give(run->terminal, child_group(&run->child));
    guardian_command_is_held(&run->guardian, false);
    child_resume(&run->child);
    beat(run); /* we may have been stopped just before */
}

static void start_when_in_force(struct protect_run *run);

static void go_on(struct protect_run *run, const struct protection_report *r) {
    tell(run, r, "");
    name_outputs(run);
    if (!run->begun)
        start_when_in_force(run);
    else if (run->child.held)
        let_go_on(run);
}

static void read_signals(struct protect_run *run);

static void step(struct protect_run *run) {
    struct protection_report r;
    bool hidden = run->state == PROTECTION_HELD;
    protection_set_step(&run->protections, &r);
    if (r.state == PROTECTION_LOST && hidden)
        read_signals(run); /* one that has interrupted the step is the reason */
    if (run->over)
        return;
    run->state = r.state;
    if (r.state == PROTECTION_IN_FORCE)
        go_on(run, &r);
    else if (r.state == PROTECTION_HELD)
        hold(run, &r);
    else
        lose(run, &r);
}

/* The protection is looked at before the command shows anything again. */
static void suspend(struct protect_run *run, bool job) {
    (void)hold_command(run);
    terminal_take(run->terminal, child_group(&run->child));
    guardian_suspend(&run->guardian);
    terminal_suspend(job);
    guardian_go_on(&run->guardian);
    protection_set_doubt(&run->protections);
}

/* --- what the command and the person do --- */

/* What is hidden has no time to end by itself. */
static void begin_end(struct protect_run *run) {
    if (run->state == PROTECTION_IN_FORCE && guardian_release(&run->guardian))
        tell_end(run, END_MS);
    else
        kill_command(run);
}

/* Its first process has ended by itself: its status is ours. What it left running ends before the protection does. */
static void look_at_command(struct protect_run *run) {
    int status;
    if (!run->child.runs || run->ending)
        return;
    enum child_state state = child_look(&run->child, &status);
    if (state == CHILD_ENDED) {
        terminal_take(run->terminal, child_group(&run->child));
        run->ended_itself = true;
        run->status = status;
        begin_end(run);
    } else if (state == CHILD_SUSPENDED && run->terminal >= 0) {
        suspend(run, true);
    }
}

/* Who asks twice does not want to wait. */
static void end_by_signal(struct protect_run *run, int number) {
    uint64_t now = protection_set_now(&run->protections);
    if (run->ending) {
        if (now >= run->repeat_ms)
            kill_command(run);
        return;
    }
    if (!run->begun) {
        run->status = fail(run->in, STATUS_UNKNOWN, run->label, "interrupted before the protection was in force");
        run->over = true;
        return;
    }
    run->repeat_ms = now + REPEAT_MS;
    run->status = run->child.runs ? 128 + number : STATUS_YES;
    if (run->child.runs)
        begin_end(run);
    else
        kill_command(run);
}

/* Nobody would see to the command if we could not. */
static void lose_guardian(struct protect_run *run) {
    struct protection_report r = {.status = STATUS_NO,
                                  .event = "stopped",
                                  .text = "copp's guardian process has ended",
                                  .hint = "",
                                  .simulated = simulated(run)};
    if (has_command(run))
        lose(run, &r);
}

/* Ctrl-C on a terminal goes to the command alone; what comes here was sent to us, or the command is held or not there. */
static void read_signals(struct protect_run *run) {
    bool stop;
    int number = signals_take(&run->console.signals, &stop);
    look_at_command(run);
    if (run->over)
        return;
    if (guardian_has_ended(&run->guardian))
        lose_guardian(run);
    else if (number != 0)
        end_by_signal(run, number);
    else if (stop && run->begun && !run->ending)
        suspend(run, false);
}

static uint64_t wait_ms(const struct protect_run *run) {
    uint64_t now = protection_set_now(&run->protections);
    uint64_t deadline_ms = run->state == PROTECTION_LOST ? UINT64_MAX : protection_set_deadline_ms(&run->protections);
    uint64_t ms = deadline_ms <= now ? 0 : deadline_ms - now;
    return run->ending && ms > END_LOOK_MS ? END_LOOK_MS : ms;
}

static void watch(struct protect_run *run) {
    while (!run->over) {
        int fds[PROTECTION_SET_FDS + 1];
        bool ready[PROTECTION_SET_FDS + 1];
        beat(run);
        size_t count = run->state == PROTECTION_LOST ? 0 : protection_set_fds(&run->protections, fds);
        fds[count] = guardian_fd(&run->guardian);
        console_wait(&run->console, fds, ready, count + 1, wait_ms(run));
        read_signals(run);
        say_unknown(run);
        child_name_outside(&run->child, name_outside, run);
        beat(run);
        if (!run->over && run->state != PROTECTION_LOST && protection_set_dispatch(&run->protections, ready))
            step(run);
        look_at_end(run);
    }
    if (run->ended_itself && run->state != PROTECTION_LOST)
        console_tell_end(&run->console, simulated(run), run->status);
}

/* What others see of it in the list of the system's units. */
static void describe_command(const struct protect_run *run, char *text, size_t size) {
    (void)snprintf(text, size, "copp protect on %s: %s", run->label, run->in->operands[0]);
    clean_foreign(text);
}

static int no_cgroup(const struct protect_run *run, const struct child_place *place) {
    return fail_with(
        run->in, STATUS_UNKNOWN, run->in->operands[0],
        "run copp in a login session that systemd manages, or in a unit with Delegate=yes, or leave out --require-cgroup",
        "not started: %s", place->reason);
}

static int start_command(struct protect_run *run) {
    const struct protect_arguments *o = run->in->options;
    char description[256];
    struct child_place place = {.description = description, .required = o->require_cgroup};
    bool no_input = protection_set_reads_input(&run->protections);
    if (run->in->operand_count == 0)
        return STATUS_YES;
    fflush(stdout);
    run->terminal = no_input ? -1 : terminal_open();
    bool foreground = terminal_is_ours(run->terminal);
    describe_command(run, description, sizeof description);
    guardian_command_starts(&run->guardian);
    int error = child_start_in(&run->child, run->in->operands, foreground ? run->terminal : -1, no_input, &place);
    if (error == 0) {
        guardian_command_runs(&run->guardian, child_group(&run->child));
        console_tell_start(&run->console, simulated(run), place.kind, place.reason);
        child_name_outside(&run->child, name_outside, run);
        return STATUS_YES;
    }
    guardian_command_ended(&run->guardian);
    if (foreground)
        terminal_take(run->terminal, TERMINAL_ANYBODY);
    if (error == ENOTSUP)
        return no_cgroup(run, &place);
    return fail(run->in, STATUS_UNKNOWN, run->in->operands[0], "cannot be run: %s", strerror(error));
}

static void start_when_in_force(struct protect_run *run) {
    guardian_command_is_held(&run->guardian, false); /* there was nothing to hold until now */
    int status = start_command(run);
    run->begun = true;
    if (status == STATUS_YES) {
        say_unknown(run);
        return;
    }
    run->status = status;
    run->over = true;
}

/* Each of the outputs. STATUS_YES, or complains. */
static int begin(struct protect_run *run) {
    struct protection_report r;
    for (size_t i = 0; protection_set_begin(&run->protections, i, &r); i++) {
        if (r.state == PROTECTION_LOST) {
            tell_stop(run, &r, "", NULL);
            return r.status;
        }
        tell(run, &r, "");
    }
    return STATUS_YES;
}

/* Leaves what is in force to the caller to release. */
static int protect_and_run(struct protect_run *run) {
    int status = begin(run);
    if (status != STATUS_YES)
        return status;
    run->state = protection_set_begun(&run->protections);
    if (run->state == PROTECTION_IN_FORCE)
        start_when_in_force(run);
    watch(run);
    return run->child.unknown ? STATUS_UNKNOWN : run->status;
}

static int protect(struct protect_run *run) {
    struct protection_report r;
    int status = console_open(&run->console);
    if (status == STATUS_YES)
        status = protection_set_choose(&run->protections, run->console.signals.ending);
    if (status != STATUS_YES)
        return status;
    name_outputs(run);
    status = protect_and_run(run);
    for (size_t i = 0; protection_set_end(&run->protections, i, &r); i++)
        tell(run, &r, "");
    return status;
}

static int open_and_protect(struct protect_run *run, const struct choice_terms *terms, const struct protection_limits *limits,
                            const struct adapter_options *device) {
    const struct protect_arguments *o = run->in->options;
    int status = protection_set_open(run->in, device, terms, &o->outputs, limits, &run->protections);
    if (status == STATUS_YES)
        status = protect(run);
    protection_set_close(&run->protections);
    status = console_flush(status);
    terminal_close(&run->terminal);
    guardian_close(&run->guardian);
    if (run->child.interrupted && run->state != PROTECTION_LOST) /* a loss goes before Ctrl-C */
        terminal_pass_interrupt();
    console_close(&run->console);
    return status;
}

static int run(const struct invocation *in) {
    struct protect_run run = {.in = in, .console = CONSOLE_CLOSED(in), .guardian = GUARDIAN_NONE, .terminal = -1};
    struct choice_terms terms;
    struct protection_limits limits;
    struct adapter_options device;
    int status = arguments_read(in, &terms, &limits, &device);
    if (status != STATUS_YES)
        return status;
    enum guardian_side side = in->operand_count > 0 ? guardian_start(&run.guardian, &status) : GUARDIAN_IS_COPP;
    if (side == GUARDIAN_IS_ITSELF)
        return status;
    if (side == GUARDIAN_FAILED)
        return fail(in, STATUS_UNKNOWN, NULL, "cannot start a guardian for the command: %s", strerror(errno));
    return open_and_protect(&run, &terms, &limits, &device);
}

const struct command command_protect = {
    .name = "protect",
    .operands = "[--] [COMMAND...]",
    .operands_max = -1,
    .summary = "Hold a protection on outputs while a command runs, or until Ctrl-C",
    .details = "Polls twice a second. COMMAND is held while levels are set again. It is killed when\n"
               "protection is lost on an output (exit status 1), unless --reconnect restores it. Otherwise\n"
               "the exit status is COMMAND's own, or 128 plus the number of the signal that ended it; or 2\n"
               "if /proc does not show all that COMMAND has started. --device says whose outputs to use.",
    .options = protect_options,
    .options_size = sizeof(struct protect_arguments),
    .json_lines = true,
    .run = run,
};
