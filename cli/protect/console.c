#include "console.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/wait.h"
#include "printer.h"

#define READER_MS 1000u /* as long as somebody who does not read what is printed is waited for, at the end */
#define SIGNAL_FDS 2u

_Static_assert(CONSOLE_FDS_MAX + SIGNAL_FDS <= WAIT_MAX, "all of them are waited for at once");

int console_open(struct console *c) {
    if (!signals_open(&c->signals))
        return fail(c->in, STATUS_UNKNOWN, NULL, "cannot handle signals: %s", strerror(errno));
    if (!printer_start(c->in->json))
        return fail(c->in, STATUS_UNKNOWN, NULL, "cannot print messages: %s", strerror(errno));
    return STATUS_YES;
}

/* Whoever does not read is not waited for. */
int console_flush(int status) {
    int error = printer_flush(READER_MS);
    if (error != 0) {
        complain("standard output cannot be written: %s", strerror(error));
        status = STATUS_UNKNOWN;
    }
    printer_stop(READER_MS);
    fflush(stdout);
    return status;
}

void console_close(struct console *c) {
    signals_close(&c->signals);
}

void console_tell(const struct console *c, bool simulated, const char *event, const char *text, const char *fate) {
    if (c->in->json) {
        (void)print_json_line(json_pack("{ss so so sb}", "event", event, "output", json_text(c->output), "text", json_text(text),
                                        "simulated", simulated));
        return;
    }
    FILE *out = c->in->operand_count > 0 ? stderr : stdout;
    print_foreign(out, c->output);
    fprintf(out, ": %s%s\n", text, fate);
    fflush(stdout);
}

/* What concerns the command: with several outputs none of them alone. */
static json_t *command_output(const struct console *c) {
    return c->output_count == 1 ? json_text(c->outputs[0]) : json_null();
}

static json_t *command_outputs(const struct console *c) {
    json_t *names = json_array();
    for (size_t i = 0; i < c->output_count; i++)
        json_add(&names, json_text(c->outputs[i]));
    return names;
}

void console_tell_stop(const struct console *c, bool simulated, const struct console_stop *stop) {
    const char *rule = copp_rule_id(stop->rule);
    complain("%s: %s%s%s%s%s%s%s", c->output, stop->text, stop->answer, rule[0] != '\0' ? " (" : "", rule,
             rule[0] != '\0' ? ")" : "", stop->fate, stop->hint);
    if (stop->remedy != NULL)
        complain("remedy: %s", stop->remedy);
    if (c->in->json)
        (void)print_json_line(json_pack(
            "{ss so so so so ss? sb}", "event", "stopped", "output", stop->all ? command_output(c) : json_text(c->output), "text",
            json_text(stop->text), "rule", json_rule(stop->rule), "remedy",
            stop->remedy != NULL ? json_text(stop->remedy) : json_null(), "command", stop->command, "simulated", simulated));
}

void console_tell_start(const struct console *c, bool simulated, const char *kind, const char *reason) {
    if (c->in->json)
        (void)print_json_line(json_pack("{ss so so ss so sb}", "event", "started", "output", command_output(c), "outputs",
                                        command_outputs(c), "containment", kind, "reason",
                                        reason[0] != '\0' ? json_text(reason) : json_null(), "simulated", simulated));
    else if (strcmp(kind, "processes") == 0)
        complain("%s: no cgroup for the command (%s); its processes are found through /proc alone", c->output, reason);
}

void console_tell_end(const struct console *c, bool simulated, int status) {
    if (c->in->json)
        (void)print_json_line(json_pack("{ss so so si sb}", "event", "ended", "output", command_output(c), "outputs",
                                        command_outputs(c), "status", status, "simulated", simulated));
}

void console_wait(const struct console *c, const int *fds, bool *ready, size_t count, uint64_t timeout_ms) {
    int all[SIGNAL_FDS + CONSOLE_FDS_MAX] = {c->signals.ending, c->signals.children};
    bool can[SIGNAL_FDS + CONSOLE_FDS_MAX];
    uint64_t limit = (uint64_t)c->signals.look_ms;
    memcpy(all + SIGNAL_FDS, fds, count * sizeof *fds);
    wait_readable(all, can, SIGNAL_FDS + count, (int)(timeout_ms < limit ? timeout_ms : limit));
    memcpy(ready, can + SIGNAL_FDS, count * sizeof *ready);
}
