#include "wire/base64.h"

#include "common/base64.h"

#define WHITE 0x40
#define PAD 0x41
#define BAD 0xFF

#define W WHITE
#define P PAD
#define B BAD
/* By character. */
/* clang-format off */
static const uint8_t values[256] = {
    B, B, B, B, B, B, B, B, B, W, W, B, B, W, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    W, B, B, B, B, B, B, B, B, B, B, 62, B, B, B, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, B, B, B, P, B, B,
    B, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, B, B, B, B, B,
    B, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
};
/* clang-format on */
#undef W
#undef P
#undef B

static uint8_t value_of(char character) {
    return values[(uint8_t)character];
}

/* Whole groups of four characters without white space or padding, which is nearly all of a real text. */
static size_t decode_plain(const char *text, size_t text_size, uint8_t *bytes, size_t capacity, size_t *written) {
    size_t at = 0;
    size_t count = 0;
    while (text_size - at >= 4 && capacity - count >= 3) {
        uint8_t a = value_of(text[at]);
        uint8_t b = value_of(text[at + 1]);
        uint8_t c = value_of(text[at + 2]);
        uint8_t d = value_of(text[at + 3]);
        if ((a | b | c | d) > 63)
            break;
        bytes[count] = (uint8_t)(a << 2 | b >> 4);
        bytes[count + 1] = (uint8_t)(b << 4 | c >> 2);
        bytes[count + 2] = (uint8_t)(c << 6 | d);
        at += 4;
        count += 3;
    }
    *written = count;
    return at;
}

bool copp_base64_decode(const char *text, size_t text_size, uint8_t *bytes, size_t *size) {
    size_t count;
    uint32_t group = 0;
    unsigned held = 0; /* characters of the group so far, padding included */
    unsigned pads = 0;
    for (size_t i = decode_plain(text, text_size, bytes, *size, &count); i < text_size; i++) {
        uint8_t value = value_of(text[i]);
        if (value == WHITE)
            continue;
        if (value == BAD || (pads && value != PAD))
            return false;
        if (value == PAD) {
            if (held < 2 || ++pads > 2)
                return false;
            value = 0;
        }
        group = group << 6 | value;
        if (++held < 4)
            continue;
        unsigned bytes_in_group = 3 - pads;
        if (*size - count < bytes_in_group)
            return false;
        if ((pads == 1 && (group & 0xFF)) || (pads == 2 && (group & 0xFFFF)))
            return false;
        for (unsigned k = 0; k < bytes_in_group; k++)
            bytes[count++] = (uint8_t)(group >> (16 - 8 * k));
        group = 0;
        held = 0;
    }
    if (held)
        return false;
    *size = count;
    return true;
}

size_t copp_base64_length(size_t size) {
    return base64_length(size);
}

void copp_base64_encode(const uint8_t *bytes, size_t size, char *text) {
    base64_encode(bytes, size, text);
}
