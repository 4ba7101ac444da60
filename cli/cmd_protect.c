/* copp protect: holds a protection while a command runs, and stops the command when it is lost (APP-1..4, EVT-4). */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "adapter.h"
#include "child.h"
#include "commands.h"
#include "describe.h"
#include "printer.h"
#include "report.h"
#include "signals.h"
#include "wait.h"

#define POLL_STEP_MS 500u /* APP-3 asks for 2000 at most */
#define GRACE_MS 2000u
#define READER_MS 1000u /* as long as somebody who does not read what is printed is waited for, at the end */
#define UNKNOWN_NOTE "/proc does not tell what it has started"

struct protect_options {
    uint32_t hdcp;
    uint32_t acp;
    const char *cgmsa;
    const char *output;
    bool unnamed_receiver;
    bool allow_simulated;
    struct adapter_options device;
};

static const struct option_spec options[] = {
    {.name = "hdcp",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct protect_options, hdcp),
     .argument = "N",
     .words = "1",
     .help = "HDCP level: 1 is on"},
    {.name = "acp",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct protect_options, acp),
     .argument = "N",
     .words = "1 2 3",
     .help = "ACP level: 1, 2 or 3"},
    {.name = "cgmsa",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct protect_options, cgmsa),
     .argument = "LEVEL",
     .words = "copy-freely copy-no-more copy-one-generation copy-never copy-never,redistribution",
     .help = "CGMS-A level: copy-freely, copy-no-more,\n"
             "copy-one-generation or copy-never; with\n"
             "\",redistribution\" redistribution control too"},
    {.name = "output",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct protect_options, output),
     .argument = "NAME",
     .help = "the output to protect (default: the first that\noffers what is asked for; see copp status)"},
    CRL_OPTION(struct protect_options, device.revocation),
    SRM_OPTIONS(struct protect_options, device.revocation),
    {.name = "unnamed-receiver",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct protect_options, unnamed_receiver),
     .help = "HDCP is enough where the driver does not tell\nwho receives, as Linux's do not: repeaters and\nrevoked receivers "
             "are then not refused"},
    {.name = "allow-simulated",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct protect_options, allow_simulated),
     .help = "an output will do that is simulated and protects\nnothing, for tests (implied where the embedded\nadapter is asked "
             "for)"},
    DEVICE_OPTIONS(struct protect_options),
    {.name = "adapter",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct protect_options, device.adapter),
     .argument = "FILE",
     .help = "the description of the simulated adapter"},
    {.name = "events",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct protect_options, device.events),
     .argument = "FILE",
     .help = "what happens to it meanwhile: lines such as\n\"+2 unplug HDMI-1\"; \"-\" is standard input"},
    {.name = NULL},
};

struct protect_run {
    const struct invocation *in;
    struct copp_requirement wanted;
    struct adapter adapter;
    struct link link;
    struct output chosen;
    const char *output; /* its name */
    struct child child;
    struct signals signals;
    bool in_force;
    bool said_unknown;
    uint64_t deadline_ms; /* when to poll again */
    bool over;
    int status; /* the exit status, once over */
};

/* Tells how it stands: on standard output, or beside the command on standard error. */
static void tell(struct protect_run *g, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void tell(struct protect_run *g, const char *event, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (g->in->json) {
        (void)print_json_line(json_pack("{ss so ss sb}", "event", event, "output", json_text(g->output), "text", text,
                                        "simulated", !g->chosen.real));
    } else {
        FILE *out = g->in->operand_count > 0 ? stderr : stdout;
        print_foreign(out, g->output);
        fprintf(out, ": %s\n", text);
        fflush(stdout);
    }
}

/* What has become of the command, behind a message: of done, or why not. */
static const char *fate(const struct protect_run *g, const char *done) {
    if (!g->child.runs)
        return "";
    if (!g->child.refuses)
        return done;
    return g->child.unknown ? "; the command may NOT be stopped: " UNKNOWN_NOTE
                            : "; the command CANNOT be stopped: some of it is another user's, or out of reach";
}

/* Protection was not to be had, or is lost. */
static int fail_stop(struct protect_run *g, enum copp_stop stop) {
    const char *rule = copp_rule_id(copp_stop_rule(stop));
    char answer[64] = "";
    if (stop == COPP_STOP_REFUSED)
        snprintf(answer, sizeof answer, ": %s", copp_hresult_name(copp_session_hresult(g->link.session)));
    const char *remedy = copp_session_remedy(g->link.session, COPP_OK, NULL, stop);
    complain("%s: %s%s%s%s%s%s%s", g->output, copp_stop_text(stop), answer, rule[0] != '\0' ? " (" : "", rule,
             rule[0] != '\0' ? ")" : "", fate(g, "; the command is stopped"),
             stop == COPP_STOP_NO_RECEIVER   ? "; --unnamed-receiver plays to it all the same"
             : stop == COPP_STOP_UNSUPPORTED ? "; copp status tells what each does"
                                             : "");
    complain("remedy: %s", remedy);
    if (g->in->json)
        (void)print_json_line(json_pack("{ss so ss so ss sb}", "event", "stopped", "output", json_text(g->output), "text",
                                        copp_stop_text(stop), "rule", json_rule(copp_stop_rule(stop)), "remedy", remedy,
                                        "simulated", !g->chosen.real));
    return STATUS_NO;
}

static int read_requirement(const struct invocation *in, struct copp_requirement *wanted) {
    const struct protect_options *o = in->options;
    *wanted = (struct copp_requirement){
        .size = sizeof(struct copp_requirement), .hdcp = o->hdcp, .acp = o->acp, .unnamed_receiver = o->unnamed_receiver};
    if (!copp_level_valid(COPP_PROTECTION_TYPE_HDCP, o->hdcp))
        return fail(in, STATUS_UNKNOWN, NULL, "--hdcp takes 0 or 1");
    if (!copp_level_valid(COPP_PROTECTION_TYPE_ACP, o->acp))
        return fail(in, STATUS_UNKNOWN, NULL, "--acp takes 0 to 3");
    if (o->cgmsa != NULL && !read_cgmsa(o->cgmsa, &wanted->cgmsa))
        return fail(in, STATUS_UNKNOWN, NULL,
                    "--cgmsa takes copy-freely, copy-no-more, copy-one-generation or copy-never, "
                    "and \",redistribution\" after it; not '%s'",
                    o->cgmsa);
    if (wanted->hdcp == 0 && wanted->acp == 0 && wanted->cgmsa == 0)
        return fail(in, STATUS_UNKNOWN, NULL, "nothing is asked for: give --hdcp, --acp or --cgmsa");
    return STATUS_YES;
}

static uint32_t wanted_types(const struct protect_run *g) {
    return (g->wanted.hdcp != 0 ? COPP_PROTECTION_TYPE_HDCP : 0) | (g->wanted.acp != 0 ? COPP_PROTECTION_TYPE_ACP : 0) |
           (g->wanted.cgmsa != 0 ? COPP_PROTECTION_TYPE_CGMSA : 0);
}

/* What protects nothing will do only for who has asked for it. */
static bool too_little(const struct protect_run *g) {
    const struct protect_options *o = g->in->options;
    return !g->chosen.real && !o->allow_simulated && g->adapter.path != NULL;
}

static void look_at(struct protect_run *g, const char *name) {
    adapter_look(&g->adapter, name, &g->chosen);
    g->output = g->chosen.name;
}

/* Whether it is real, and plugged in, comes with the answer; what the list says only orders the candidates (BIND-6). */
static int ask_types(struct protect_run *g, uint32_t *types) {
    enum copp_result result = copp_session_protection_types(g->link.session, types);
    if (result != COPP_OK)
        return fail_session(g->in, g->output, "QueryProtectionType", result, g->link.session);
    adapter_confirm(&g->link, &g->chosen);
    return STATUS_YES;
}

/* The adapter says first whether there is such an output: it may go by a name that is in no list (ARB-6). */
static int take_named(struct protect_run *g, const char *name) {
    look_at(g, name);
    int status = adapter_establish(g->in, &g->adapter, name, &g->link);
    uint32_t types;
    if (status != STATUS_YES)
        return status;
    status = ask_types(g, &types);
    if (status != STATUS_YES)
        return status;
    if (!g->chosen.plugged)
        return fail(g->in, STATUS_NO, name, "nothing is plugged in");
    if (too_little(g))
        return fail(
            g->in, STATUS_NO, name,
            "is simulated and protects nothing: name a real output (see copp status), or give --allow-simulated in a test");
    return STATUS_YES;
}

/* What there would have been, had it been good enough. */
static int fail_choice(const struct protect_run *g, bool simulated, bool unplugged) {
    char text[64];
    describe_types(wanted_types(g), text, sizeof text);
    return fail(g->in, STATUS_NO, NULL, "no output of this adapter offers %s%s%s (see copp status)", text,
                unplugged ? "; outputs with nothing plugged in were left out" : "",
                simulated ? "; simulated ones, which protect nothing, were left out: give --allow-simulated in a test" : "");
}

/* The session with --output, or with the first output that offers what is asked for. */
static int choose_output(struct protect_run *g) {
    const struct protect_options *o = g->in->options;
    const char *name;
    bool simulated = false;
    bool unplugged = false;
    if (o->output != NULL)
        return take_named(g, o->output);
    for (size_t i = 0; (name = adapter_output(&g->adapter, i)) != NULL; i++) {
        uint32_t types;
        look_at(g, name);
        simulated = simulated || too_little(g);
        unplugged = unplugged || !g->chosen.plugged;
        if (too_little(g) || !g->chosen.plugged || adapter_refuses(&g->adapter, g->output))
            continue;
        int status = adapter_establish(g->in, &g->adapter, g->output, &g->link);
        if (status != STATUS_YES)
            return status;
        status = ask_types(g, &types);
        if (status != STATUS_YES)
            return status;
        simulated = simulated || too_little(g);
        unplugged = unplugged || !g->chosen.plugged;
        if ((types & wanted_types(g)) == wanted_types(g) && !too_little(g) && g->chosen.plugged)
            return STATUS_YES;
        link_close(&g->link);
    }
    return fail_choice(g, simulated, unplugged);
}

static void tell_in_force(struct protect_run *g, const char *event, const struct copp_poll *w) {
    const uint32_t levels[PROTECTION_TYPES] = {w->hdcp_skipped ? 0 : g->wanted.hdcp, g->wanted.acp, g->wanted.cgmsa};
    char text[250] = "";
    for (size_t i = 0; i < PROTECTION_TYPES; i++) {
        char level[64];
        size_t used = strlen(text);
        if (levels[i] == 0)
            continue;
        describe_level(protection_types[i], levels[i], level, sizeof level);
        snprintf(text + used, sizeof text - used, "%s%s %s", used > 0 ? ", " : "", copp_protection_type_name(protection_types[i]),
                 level);
    }
    if (w->hdcp_skipped)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%sno HDCP on an embedded connector (APP-4)",
                 text[0] != '\0' ? ", " : "");
    if (w->receiver_unnamed)
        snprintf(text + strlen(text), sizeof text - strlen(text), ", receiver not named and not checked (APP-1, APP-2)");
    if (!(copp_session_bound(g->link.session) & COPP_BOUND))
        snprintf(text + strlen(text), sizeof text - strlen(text), ", answers not bound (BIND-5)");
    tell(g, event, "%s: %s%s", event, text, g->chosen.real ? "" : " (" SIMULATED_NOTE ")");
}

/* What we do not see is not nobody: once, and the exit status goes by it. */
static void say_unknown(struct protect_run *g) {
    if (!g->child.unknown || g->said_unknown)
        return;
    g->said_unknown = true;
    complain("%s: not all of the command can be watched over: " UNKNOWN_NOTE
             " (is it mounted, with hidepid=0?); what it hides may run unprotected, and the exit status will be 2",
             g->output);
}

static void end_command(struct protect_run *g) {
    bool ended = child_end(&g->child, GRACE_MS);
    say_unknown(g);
    if (!ended && g->child.unknown)
        complain("%s: whether all of the command has ended cannot be told: " UNKNOWN_NOTE, g->output);
    else if (!ended)
        complain("%s: the command CANNOT be ended, and runs unprotected: some of it is another user's, or out of reach",
                 g->output);
}

/*
 * What is revoked may have changed since it was read (CRL-4, APP-2): the command does not go on before it has been looked at
 * again, nor where that cannot be done. True: go on.
 */
static bool recheck_lists(struct protect_run *g) {
    if (!revocation_changed(&g->adapter.revocation))
        return true;
    (void)child_hold(&g->child);
    g->status = revocation_renew(g->in, &g->adapter.revocation, g->output, g->link.session);
    if (g->status == STATUS_YES)
        return true;
    static const char unknown[] = "what is revoked is not known any more";
    if (g->status == STATUS_NO)
        g->status = fail_stop(g, COPP_STOP_DRIVER_REVOKED);
    else
        complain("%s: %s%s", g->output, unknown, fate(g, "; the command is stopped"));
    if (g->status == STATUS_UNKNOWN && g->in->json)
        (void)print_json_line(
            json_pack("{ss so ss sn}", "event", "stopped", "output", json_text(g->output), "text", unknown, "rule"));
    g->over = true;
    end_command(g);
    return false;
}

/* Polls (APP-3); sets the levels again where the connector was reconfigured (EVT-4). */
static void watch(struct protect_run *g) {
    struct copp_poll w = {.size = sizeof w};
    if (!recheck_lists(g))
        return;
    copp_session_poll(g->link.session, adapter_now(&g->adapter), &w);
    if (w.state == COPP_POLL_RENEGOTIATE) {
        (void)child_hold(&g->child);
        tell(g, "renegotiating", "the connector was reconfigured: setting the levels again%s", fate(g, "; the command is held"));
        /* the next call sets them; another event meanwhile asks for one more round */
        copp_session_poll(g->link.session, adapter_now(&g->adapter), &w);
        if (w.state == COPP_POLL_PROTECTED)
            tell_in_force(g, "protected again", &w);
    }
    if (w.state == COPP_POLL_STOP) {
        (void)child_hold(&g->child); /* at once; ending takes longer */
        g->status = fail_stop(g, w.stop);
        g->over = true;
        end_command(g);
        return;
    }
    if (w.state == COPP_POLL_PROTECTED && g->child.held)
        child_resume(&g->child);
    uint64_t next = adapter_now(&g->adapter) + POLL_STEP_MS;
    g->deadline_ms = w.deadline_ms < next ? w.deadline_ms : next;
}

/* The command has ended by itself: its status is ours. What it left running ends before the protection does. */
static void command_ended(struct protect_run *g, int status) {
    end_command(g);
    g->over = true;
    g->status = status;
    if (g->in->json)
        (void)print_json_line(json_pack("{ss so si sb}", "event", "ended", "output", json_text(g->output), "status", g->status,
                                        "simulated", !g->chosen.real));
}

static void suspend(struct protect_run *g, bool job) {
    child_suspend(&g->child, job);
    g->deadline_ms = 0; /* look before the command shows anything again */
}

static void on_child(struct protect_run *g) {
    int status;
    if (!g->child.runs)
        return;
    switch (child_look(&g->child, &status)) {
    case CHILD_ENDED:
        command_ended(g, status);
        break;
    case CHILD_SUSPENDED:
        suspend(g, true);
        break;
    case CHILD_RUNNING:
        break;
    }
}

/* Ctrl-C on a terminal goes to the command alone; what comes here was sent to us, or there is no command. */
static void on_end_signal(struct protect_run *g, int number) {
    g->over = true;
    g->status = g->child.runs ? 128 + number : STATUS_YES;
    end_command(g);
}

static void read_signals(struct protect_run *g) {
    bool stop;
    int number = signals_take(&g->signals, &stop);
    on_child(g);
    if (!g->over && number != 0)
        on_end_signal(g, number);
    else if (!g->over && stop)
        suspend(g, false);
}

static void hold(struct protect_run *g) {
    while (!g->over) {
        uint64_t now = adapter_now(&g->adapter);
        uint64_t next = adapter_deadline_ms(&g->adapter);
        next = g->deadline_ms < next ? g->deadline_ms : next;
        uint64_t pause = next <= now ? 0 : next - now;
        const int fds[] = {g->signals.ending, g->signals.children, adapter_events_fd(&g->adapter)};
        bool ready[3];
        wait_readable(fds, ready, 3, pause < (uint64_t)g->signals.look_ms ? (int)pause : g->signals.look_ms);
        if (ready[2])
            events_read(g->adapter.host.events, adapter_now(&g->adapter));
        read_signals(g);
        say_unknown(g);
        adapter_dispatch(&g->adapter);
        if (!g->over && adapter_now(&g->adapter) >= g->deadline_ms)
            watch(g);
    }
}

static int start_command(struct protect_run *g) {
    bool events_on_input = g->adapter.path == NULL && events_name(g->adapter.host.events) != NULL &&
                           strcmp(events_name(g->adapter.host.events), "-") == 0;
    if (g->in->operand_count == 0)
        return STATUS_YES;
    fflush(stdout);
    int error = child_start(&g->child, g->in->operands, events_on_input);
    return error == 0 ? STATUS_YES : fail(g->in, STATUS_UNKNOWN, g->in->operands[0], "cannot be run: %s", strerror(error));
}

/* Signals are read between two polls, never in the middle of one. */
static int take_signals(struct protect_run *g) {
    if (!signals_open(&g->signals))
        return fail(g->in, STATUS_UNKNOWN, NULL, "signals cannot be taken: %s", strerror(errno));
    adapter_wake_by(&g->adapter, g->signals.ending);
    if (!printer_start(g->in->json))
        return fail(g->in, STATUS_UNKNOWN, NULL, "messages cannot be printed: %s", strerror(errno));
    return STATUS_YES;
}

/* Leaves what is in force to the caller to release. */
static int protect_and_run(struct protect_run *g) {
    struct copp_poll w = {.size = sizeof w};
    enum copp_stop stop = copp_session_protect(g->link.session, &g->wanted, adapter_now(&g->adapter));
    if (adapter_woken(&g->adapter))
        return fail(g->in, STATUS_UNKNOWN, g->output, "interrupted before the protection was in force");
    if (stop != COPP_STOP_NONE)
        return fail_stop(g, stop);
    if (!recheck_lists(g)) /* HDCP may have taken its time */
        return g->status;
    copp_session_poll(g->link.session, adapter_now(&g->adapter), &w);
    if (w.state == COPP_POLL_STOP)
        return fail_stop(g, w.stop);
    g->in_force = true;
    tell_in_force(g, "protected", &w);
    int status = start_command(g);
    if (status != STATUS_YES)
        return status;
    say_unknown(g);
    hold(g);
    return g->child.unknown ? STATUS_UNKNOWN : g->status;
}

static int protect(struct protect_run *g) {
    int status = take_signals(g);
    if (status == STATUS_YES)
        status = choose_output(g);
    if (status != STATUS_YES)
        return status;
    status = protect_and_run(g);
    if (copp_session_unprotect(g->link.session) == COPP_OK && g->in_force)
        tell(g, "released", "released");
    return status;
}

/* Whoever does not read is not waited for. */
static int end_printing(int status) {
    int error = printer_flush(READER_MS);
    if (error != 0) {
        complain("standard output cannot be written: %s", strerror(error));
        status = STATUS_UNKNOWN;
    }
    printer_stop(READER_MS);
    fflush(stdout);
    return status;
}

static int run(const struct invocation *in) {
    const struct protect_options *o = in->options;
    struct protect_run g = {.in = in, .signals = {-1, -1, 0}};
    int status = read_requirement(in, &g.wanted);
    if (status == STATUS_YES) {
        status = adapter_open(in, &o->device, true, &g.adapter);
        g.wanted.embedded_unbound = adapter_unbound(&g.adapter); /* BIND-8: Microsoft's drivers bind nothing */
        if (status == STATUS_YES)
            status = protect(&g);
        link_close(&g.link);
        adapter_close(&g.adapter);
    }
    status = end_printing(status);
    child_pass_interrupt(&g.child);
    signals_close(&g.signals);
    return status;
}

const struct command command_protect = {
    .name = "protect",
    .operands = "[--] [COMMAND...]",
    .operands_max = -1,
    .summary = "Hold a protection on an output while a command runs, or until Ctrl-C",
    .details = "Polls twice a second. COMMAND is held while levels are set again, and stopped when\n"
               "protection is lost (exit status 1). Else the exit status is COMMAND's own, or 128 and the\n"
               "number of the signal that ended it; 2 where /proc does not tell all that it has started.\n"
               "--device says whose outputs they are.",
    .options = options,
    .options_size = sizeof(struct protect_options),
    .json_lines = true,
    .run = run,
};
