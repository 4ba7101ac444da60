/* Numbers as people write them, read strictly: no sign, no blanks, nothing behind them, nothing out of range. */
#ifndef COPP_COMMON_NUMBER_H
#define COPP_COMMON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Takes the decimal digits at *text, which moves behind them. False, with nothing changed: there are none, or they say more than
 * most. */
static inline bool number_take(const char **text, uint64_t most, uint64_t *number) {
    uint64_t sum = 0;
    const char *at = *text;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (digit > most || sum > (most - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    if (at == *text)
        return false;
    *text = at;
    *number = sum;
    return true;
}

/* Whether text is a decimal number from least to most; *number is untouched if not. */
static inline bool number_read(const char *text, uint64_t least, uint64_t most, uint64_t *number) {
    uint64_t value;
    if (!number_take(&text, most, &value) || *text || value < least)
        return false;
    *number = value;
    return true;
}

/* The same in 32 bits. */
static inline bool number_read_word(const char *text, uint32_t least, uint32_t most, uint32_t *number) {
    uint64_t value;
    if (!number_read(text, least, most, &value))
        return false;
    *number = (uint32_t)value;
    return true;
}

/* Whether text is exactly 2 * size hexadecimal digits; bytes are untouched if not. */
static inline bool hex_read(const char *text, uint8_t *bytes, size_t size) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    if (strlen(text) != 2 * size || strspn(text, digits) != 2 * size)
        return false;
    for (size_t i = 0; i < 2 * size; i++) {
        unsigned digit = (unsigned)(strchr(digits, text[i]) - digits) % 16;
        bytes[i / 2] = (uint8_t)(i % 2 ? bytes[i / 2] * 16u + digit : digit);
    }
    return true;
}

#endif
