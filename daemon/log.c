#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/printable.h"

void log_line(const char *level, const char *format, ...) {
    char text[1024];
    char clean[2048];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    escape_printable(text, clean, sizeof clean);
    (void)fprintf(stderr, "%s%s\n", getenv("JOURNAL_STREAM") ? level : "coppd: ", clean);
}
