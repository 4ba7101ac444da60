#include "encode.h"

#include <stdlib.h>

#include "common/base64.h"

#define LINE 48u /* bytes: 64 characters */

void hex_encode(const uint8_t *bytes, size_t size, char *text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = '\0';
}

char *base64_lines(const uint8_t *bytes, size_t size) {
    char *text = malloc(base64_length(size) + (size + LINE - 1) / LINE + 1);
    if (text == NULL)
        return NULL;
    char *out = text;
    for (size_t i = 0; i < size; i += LINE) {
        size_t now = size - i < LINE ? size - i : LINE;
        base64_encode(bytes + i, now, out);
        out += base64_length(now);
        *out++ = '\n';
    }
    *out = '\0';
    return text;
}
