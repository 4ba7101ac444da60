#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Names come from files and from peers: what could steer a terminal, or forge a line of the journal's, is shown as \xNN. */
static void make_printable(const char *text, char *clean, size_t size) {
    size_t used = 0;
    for (; *text && used + sizeof "\\xNN" <= size; text++) {
        bool fit = *text >= ' ' && *text <= '~';
        used += (size_t)snprintf(clean + used, size - used, fit ? "%c" : "\\x%02x", (unsigned char)*text);
    }
    clean[used] = 0;
}

void log_line(const char *level, const char *format, ...) {
    char text[1024];
    char clean[2048];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    make_printable(text, clean, sizeof clean);
    (void)fprintf(stderr, "%s%s\n", getenv("JOURNAL_STREAM") ? level : "coppd: ", clean);
}
