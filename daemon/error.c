#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(struct error_text *error, size_t at, const char *format, va_list arguments) {
    (void)vsnprintf(error->text + at, sizeof error->text - at, format, arguments);
}

bool error_set(struct error_text *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    put(error, 0, format, arguments);
    va_end(arguments);
    return false;
}

bool fault_add(struct error_text *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    put(error, strlen(error->text), format, arguments);
    va_end(arguments);
    return false;
}

struct error_text *fault_in_file(struct error_text *error, const char *name, unsigned line) {
    (void)error_set(error, "%s: ", name);
    if (line)
        (void)fault_add(error, "line %u: ", line);
    return error;
}
