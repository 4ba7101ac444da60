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
