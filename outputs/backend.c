/* What all backends need. */
#include "outputs/backend.h"

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

static bool say_seldom(struct copp_backend_log *log, struct seldom *said, enum copp_backend_priority priority,
                       const struct copp_backend_cause *cause, const char *format, va_list arguments) {
    unsigned more;
    if (!log || !seldom_is_due(said, cause->number, cause->now_ms, &more))
        return false;
    char text[TEXT_SIZE];
    char whole[TEXT_SIZE + 64];
    (void)vsnprintf(text, sizeof text, format, arguments);
    (void)snprintf(whole, sizeof whole, "%s (and %u more times since the last such message)", text, more);
    say(log, priority, more ? whole : text);
    return true;
}

bool copp_backend_say_seldom(struct copp_backend_log *log, struct seldom *said, enum copp_backend_priority priority,
                             const struct copp_backend_cause *cause, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    bool due = say_seldom(log, said, priority, cause, format, arguments);
    va_end(arguments);
    return due;
}

void copp_backend_warn(struct copp_backend_log *log, struct seldom *said, int cause, uint64_t now_ms, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)say_seldom(log, said, COPP_BACKEND_WARNING, &(struct copp_backend_cause){cause, now_ms}, format, arguments);
    va_end(arguments);
}
