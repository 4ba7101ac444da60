#include <stdarg.h>
#include <stdio.h>

#include "state.h"

static void write_note(struct judged *judged, enum decoded_weight weight, const char *rule, const char *format,
                       va_list arguments) {
    struct decoded_message *message = judged->message;
    if (message->weight >= weight)
        return;
    message->weight = weight;
    message->rule = rule;
    (void)vsnprintf(message->note, sizeof message->note, format, arguments);
}

void note(struct judged *judged, enum decoded_weight weight, const char *rule, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_note(judged, weight, rule, format, arguments);
    va_end(arguments);
}

void note_fault(struct judged *judged, struct asked *asked, const char *rule, uint32_t hresult, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_note(judged, DECODED_BROKEN, rule, format, arguments);
    va_end(arguments);
    if (asked->faulty)
        return;
    asked->faulty = true;
    asked->rule = rule;
    asked->hresult = hresult;
}
