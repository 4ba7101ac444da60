#include "base/log.h"

#include <stdbool.h>

#include "common/sized.h"

static void put(struct copp_log_text *text, const char *bytes, size_t size) {
    if (size >= sizeof text->bytes - text->used) {
        text->used = sizeof text->bytes - 1; /* full: what follows would not join what stands there */
        return;
    }
    for (size_t i = 0; i < size; i++)
        text->bytes[text->used++] = bytes[i];
    text->bytes[text->used] = '\0';
}

void copp_log_add(struct copp_log_text *text, const char *words) {
    static const char digits[] = "0123456789abcdef";
    for (; words && *words; words++) {
        unsigned char byte = (unsigned char)*words;
        const char escaped[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15u]};
        bool printable = byte >= ' ' && byte <= '~';
        put(text, printable ? words : escaped, printable ? 1 : sizeof escaped);
    }
}

void copp_log_send(struct copp_log *log, enum copp_log_level level, const struct copp_log_text *text) {
    if (log && COPP_HAS_OP(log->ops, line))
        log->ops->line(log, level, text->bytes);
}

void copp_log_words(struct copp_log *log, enum copp_log_level level, const char *const *words) {
    struct copp_log_text text = {.used = 0};
    if (!log)
        return;
    for (; *words; words++)
        copp_log_add(&text, *words);
    copp_log_send(log, level, &text);
}
