/* Base64 (RFC 4648, with padding), written. Reading is the library's, which takes nothing that could mean two things. */
#ifndef COPP_COMMON_BASE64_H
#define COPP_COMMON_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Characters that size bytes take, without a NUL. */
static inline size_t base64_length(size_t size) {
    return (size + 2) / 3 * 4;
}

/* Writes base64_length(size) characters to text, without line breaks and without a NUL. */
static inline void base64_encode(const uint8_t *bytes, size_t size, char *text) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (left > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            group |= bytes[i + 2];
        *text++ = alphabet[group >> 18];
        *text++ = alphabet[group >> 12 & 63];
        *text++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
        *text++ = left > 2 ? alphabet[group & 63] : '=';
    }
}

#endif
