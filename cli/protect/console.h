/*
 * The console part of copp protect: what a person, or a program that reads JSON, is told, and what they want of this program.
 * Signals are read between two steps, never in the middle of one. The command's terminal is terminal.h's. It knows nothing of
 * sessions or processes.
 */
#ifndef COPP_CLI_CONSOLE_H
#define COPP_CLI_CONSOLE_H

#include "cli/report.h"
#include "cli/signals.h"

struct console {
    const struct invocation *in;
    struct signals signals;
    const char *output; /* whom messages are about */
    const char *const *outputs; /* the command's: their names */
    size_t output_count;
};

/* Nothing is open: console_close takes it too. */
#define CONSOLE_CLOSED(invocation)                                                                                               \
    { .in = (invocation), .signals = {-1, -1, 0}, .output = "", .outputs = NULL }

/* From here on signals do not end this program, and nobody who does not read is waited for. STATUS_YES, or complains; close in any
 * case. */
int console_open(struct console *console);
/* Waits for the reader of what was printed, for a limited time: answers status, or STATUS_UNKNOWN if it could not be written. */
int console_flush(int status);
void console_close(struct console *console);

/* Tells what happens: an event of copp-json(5) and a text; fate stands behind the text for a person alone, and may be "". On
 * standard output, or beside a command on standard error. */
void console_tell(const struct console *console, bool simulated, const char *event, const char *text, const char *fate);

/* Why content must not be shown. */
struct console_stop {
    const char *text;
    const char *answer; /* of the driver, behind the text; "" */
    enum copp_rule rule;
    const char *fate; /* what becomes of the command; "" */
    const char *command; /* the same in a word of copp-json(5); NULL: there is none */
    const char *hint; /* "" */
    const char *remedy; /* NULL: none */
    bool all; /* it is about all of the command's outputs */
};
void console_tell_stop(const struct console *console, bool simulated, const struct console_stop *stop);

/* The command has started, held together by what kind names; reason: why not by something better, or "". A person is told only of
 * "processes". */
void console_tell_start(const struct console *console, bool simulated, const char *kind, const char *reason);

/* The command has ended with this exit status, which only JSON says. */
void console_tell_end(const struct console *console, bool simulated, int status);

/* Waits until one of the descriptors, or a signal, can be read, or timeout_ms are over. ready: which descriptors can. */
#define CONSOLE_FDS_MAX 68u
void console_wait(const struct console *console, const int *fds, bool *ready, size_t count, uint64_t timeout_ms);

#endif
