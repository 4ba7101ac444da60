/* What all backends need. */
#include "outputs/backend.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/printable.h"

void copp_backend_close(struct copp_backend **backend) {
    if (!backend || !*backend)
        return;
    (*backend)->ops->close(*backend);
    *backend = NULL;
}

#define TEXT_SIZE 400u
#define AGAIN_MS 3600000u

/* Names of outputs come from drivers and servers. */
static void say(struct copp_backend_log *log, enum copp_backend_priority priority, char *text) {
    make_printable(text);
    log->say(log, priority, text);
}

void copp_backend_say(struct copp_backend_log *log, enum copp_backend_priority priority, const char *format, ...) {
    if (!log)
        return;
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    say(log, priority, text);
}

/* Whether it is to be said now; *more is how often it has not been since the last time. */
static bool is_due(struct copp_backend_warnings *warnings, int cause, uint64_t now_ms, unsigned *more) {
    size_t i = 0;
    while (i < warnings->count && warnings->list[i].cause != cause)
        i++;
    bool known = i < warnings->count || i == COPP_BACKEND_CAUSES;
    i = i < COPP_BACKEND_CAUSES ? i : COPP_BACKEND_CAUSES - 1;
    if (known && now_ms - warnings->list[i].said_ms < AGAIN_MS) {
        warnings->list[i].more += warnings->list[i].more < UINT_MAX;
        return false;
    }
    *more = known ? warnings->list[i].more : 0;
    warnings->list[i].cause = cause;
    warnings->list[i].said_ms = now_ms;
    warnings->list[i].more = 0;
    warnings->count += !known;
    return true;
}

void copp_backend_warn(struct copp_backend_log *log, struct copp_backend_warnings *warnings, int cause, uint64_t now_ms,
                       const char *format, ...) {
    unsigned more;
    if (!log || !is_due(warnings, cause, now_ms, &more))
        return;
    char text[TEXT_SIZE];
    char whole[TEXT_SIZE + 64];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)snprintf(whole, sizeof whole, "%s (and %u times since this was said last)", text, more);
    say(log, COPP_BACKEND_WARNING, more ? whole : text);
}
