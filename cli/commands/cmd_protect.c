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
#include "cli/protect/protection.h"
#include "cli/protect/terminal.h"

#define GRACE_MS 2000u
#define UNKNOWN_NOTE "/proc does not tell what it has started"

struct protect_run {
    const struct invocation *in;
    struct protection protection;
    struct child child;
    struct console console;
    int terminal; /* the command's; -1: it has none */
    bool said_unknown;
    bool over;
    int status; /* the exit status, once over */
};

static bool simulated(const struct protect_run *run) {
    return !run->protection.chosen.real;
}

/* What has become of the command, behind a message: of done, or why not. */
static const char *fate(const struct protect_run *run, const char *done) {
    if (!run->child.runs)
        return "";
    if (!run->child.refuses)
        return done;
    return run->child.unknown ? "; the command may NOT be stopped: " UNKNOWN_NOTE
                              : "; the command CANNOT be stopped: some of it is another user's, or out of reach";
}

/* What we do not see is not nobody: once, and the exit status goes by it. */
static void say_unknown(struct protect_run *run) {
    if (!run->child.unknown || run->said_unknown)
        return;
    run->said_unknown = true;
    complain("%s: not all of the command can be watched over: " UNKNOWN_NOTE
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
    if (!held)
        child_name_running(&run->child, name_running, run);
    return held;
}

/* A command that is held because nothing is protected must not run for its end either. */
static void end_command(struct protect_run *run) {
    int group = child_group(&run->child);
    bool ended = child_end(&run->child, protection_is_gone(&run->protection) ? 0 : GRACE_MS);
    terminal_take(run->terminal, group);
    say_unknown(run);
    if (!ended && run->child.unknown)
        complain("%s: whether all of the command has ended cannot be told: " UNKNOWN_NOTE, run->console.output);
    else if (!ended)
        complain("%s: the command CANNOT be ended, and runs unprotected: some of it is another user's, or out of reach",
                 run->console.output);
}

static void tell_stop(const struct protect_run *run, const struct protection_report *r) {
    const struct console_stop stop = {r->text, r->answer, r->rule, fate(run, "; the command is stopped"), r->hint, r->remedy};
    if (r->event)
        console_tell_stop(&run->console, simulated(run), &stop);
}

static void lose(struct protect_run *run, const struct protection_report *r) {
    (void)hold_command(run); /* at once; ending takes longer */
    tell_stop(run, r);
    run->status = r->status;
    run->over = true;
    end_command(run);
}

/* Without a protection we take Ctrl-C and Ctrl-Z ourselves, since they do not reach a command that is held. A command that we
 * cannot hold does not wait for a new session: it is ended. */
static void hold(struct protect_run *run, struct protection_report *r) {
    bool held = hold_command(run);
    if (r->event)
        console_tell(&run->console, simulated(run), r->event, r->text, fate(run, "; the command is held"));
    if (!protection_is_gone(&run->protection))
        return;
    terminal_take(run->terminal, child_group(&run->child));
    if (held)
        return;
    protection_give_up(&run->protection, r);
    lose(run, r);
}

static void step(struct protect_run *run) {
    struct protection_report r;
    protection_step(&run->protection, &r);
    switch (r.state) {
    case PROTECTION_LOST:
        lose(run, &r);
        break;
    case PROTECTION_HELD:
        hold(run, &r);
        break;
    case PROTECTION_IN_FORCE:
        if (r.event)
            console_tell(&run->console, simulated(run), r.event, r.text, "");
        if (run->child.held) {
            terminal_give(run->terminal, child_group(&run->child));
            child_resume(&run->child);
        }
        break;
    }
}

/* The protection is looked at before the command shows anything again. */
static void suspend(struct protect_run *run, bool job) {
    (void)hold_command(run);
    terminal_take(run->terminal, child_group(&run->child));
    terminal_suspend(job);
    protection_look_soon(&run->protection);
}

/* The command has ended by itself: its status is ours. What it left running ends before the protection does. */
static void command_ended(struct protect_run *run, int status) {
    terminal_take(run->terminal, child_group(&run->child));
    end_command(run);
    run->over = true;
    run->status = status;
    console_tell_end(&run->console, simulated(run), status);
}

static void look_at_command(struct protect_run *run) {
    int status;
    if (!run->child.runs)
        return;
    enum child_state state = child_look(&run->child, &status);
    if (state == CHILD_ENDED)
        command_ended(run, status);
    else if (state == CHILD_SUSPENDED && run->terminal >= 0)
        suspend(run, true);
}

/* Ctrl-C on a terminal goes to the command alone; what comes here was sent to us, or the command is held or not there. */
static void read_signals(struct protect_run *run) {
    bool stop;
    int number = signals_take(&run->console.signals, &stop);
    look_at_command(run);
    if (!run->over && number != 0) {
        run->over = true;
        run->status = run->child.runs ? 128 + number : STATUS_YES;
        end_command(run);
    } else if (!run->over && stop) {
        suspend(run, false);
    }
}

static void go_on(struct protect_run *run) {
    while (!run->over) {
        int fds[PROTECTION_FDS];
        bool ready[PROTECTION_FDS];
        uint64_t now = protection_now(&run->protection);
        uint64_t deadline_ms = protection_deadline_ms(&run->protection);
        size_t count = protection_fds(&run->protection, fds);
        console_wait(&run->console, fds, ready, count, deadline_ms <= now ? 0 : deadline_ms - now);
        read_signals(run);
        say_unknown(run);
        child_name_outside(&run->child, name_outside, run);
        if (protection_dispatch(&run->protection, ready) && !run->over)
            step(run);
    }
}

/* What others see of it in the list of the system's units. */
static void describe_command(const struct protect_run *run, char *text, size_t size) {
    (void)snprintf(text, size, "copp protect on %s: %s", run->protection.name, run->in->operands[0]);
    clean_foreign(text);
}

static int no_cgroup(const struct protect_run *run, const struct child_place *place) {
    return fail_with(
        run->in, STATUS_UNKNOWN, run->in->operands[0],
        "log in with a session of systemd's, or run copp below systemd-run --user --scope -p Delegate=yes, or leave out "
        "--require-cgroup",
        "not started: %s", place->reason);
}

static int start_command(struct protect_run *run) {
    const struct protect_arguments *o = run->in->options;
    char description[256];
    struct child_place place = {.description = description, .required = o->require_cgroup};
    bool no_input = protection_reads_input(&run->protection);
    if (run->in->operand_count == 0)
        return STATUS_YES;
    fflush(stdout);
    run->terminal = no_input ? -1 : terminal_open();
    bool foreground = terminal_is_ours(run->terminal);
    describe_command(run, description, sizeof description);
    int error = child_start_in(&run->child, run->in->operands, foreground ? run->terminal : -1, no_input, &place);
    if (error == 0) {
        console_tell_start(&run->console, simulated(run), place.kind, place.reason);
        child_name_outside(&run->child, name_outside, run);
        return STATUS_YES;
    }
    if (foreground)
        terminal_take(run->terminal, TERMINAL_ANYBODY);
    if (error == ENOTSUP)
        return no_cgroup(run, &place);
    return fail(run->in, STATUS_UNKNOWN, run->in->operands[0], "cannot be run: %s", strerror(error));
}

/* Leaves what is in force to the caller to release. */
static int protect_and_run(struct protect_run *run) {
    struct protection_report r;
    protection_begin(&run->protection, &r);
    if (r.state != PROTECTION_IN_FORCE) {
        tell_stop(run, &r);
        return r.status;
    }
    console_tell(&run->console, simulated(run), r.event, r.text, "");
    int status = start_command(run);
    if (status != STATUS_YES)
        return status;
    say_unknown(run);
    go_on(run);
    return run->child.unknown ? STATUS_UNKNOWN : run->status;
}

static int protect(struct protect_run *run) {
    int status = console_open(&run->console);
    if (status == STATUS_YES)
        status = protection_choose(&run->protection, run->console.signals.ending);
    if (status != STATUS_YES)
        return status;
    run->console.output = run->protection.name;
    status = protect_and_run(run);
    if (protection_end(&run->protection))
        console_tell(&run->console, simulated(run), "released", "released", "");
    return status;
}

static int run(const struct invocation *in) {
    const struct protect_arguments *o = in->options;
    struct protect_run run = {.in = in, .console = CONSOLE_CLOSED(in), .terminal = -1};
    struct choice_terms terms;
    int status = arguments_read(in, &terms);
    if (status == STATUS_YES) {
        status = protection_open(in, &o->device, &terms, (uint64_t)o->reconnect * 1000, &run.protection);
        if (status == STATUS_YES)
            status = protect(&run);
        protection_close(&run.protection);
    }
    status = console_flush(status);
    terminal_close(&run.terminal);
    if (run.child.interrupted)
        terminal_pass_interrupt();
    console_close(&run.console);
    return status;
}

const struct command command_protect = {
    .name = "protect",
    .operands = "[--] [COMMAND...]",
    .operands_max = -1,
    .summary = "Hold a protection on an output while a command runs, or until Ctrl-C",
    .details = "Polls twice a second. COMMAND is held while levels are set again, and stopped when\n"
               "protection is lost (exit status 1), unless --reconnect gets it back. Else the exit\n"
               "status is COMMAND's own, or 128 and the number of the signal that ended it; 2 where\n"
               "/proc does not tell all that it has started. --device says whose outputs they are.",
    .options = protect_options,
    .options_size = sizeof(struct protect_arguments),
    .json_lines = true,
    .run = run,
};
