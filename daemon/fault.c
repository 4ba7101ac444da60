#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(struct fault *fault, size_t at, const char *format, va_list arguments) {
    (void)vsnprintf(fault->text + at, sizeof fault->text - at, format, arguments);
}

bool fault_set(struct fault *fault, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    put(fault, 0, format, arguments);
    va_end(arguments);
    return false;
}

bool fault_add(struct fault *fault, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    put(fault, strlen(fault->text), format, arguments);
    va_end(arguments);
    return false;
}

struct fault *fault_in_file(struct fault *fault, const char *name, unsigned line) {
    (void)fault_set(fault, "%s: ", name);
    if (line)
        (void)fault_add(fault, "line %u: ", line);
    return fault;
}
