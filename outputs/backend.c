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

void copp_backend_say(struct copp_backend_log *log, enum copp_backend_priority priority, const char *format, ...) {
    if (!log)
        return;
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    make_printable(text); /* names of outputs come from drivers and servers */
    log->say(log, priority, text);
}
