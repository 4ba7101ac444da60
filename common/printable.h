/*
 * Text from outside, made harmless: names come from files, drivers, servers and peers, and go to a terminal or a journal, which
 * they could steer, or forge a line of. (Where the columns of a screen count, cli/printable.h does the same by the locale.)
 */
#ifndef COPP_COMMON_PRINTABLE_H
#define COPP_COMMON_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a character is printable ASCII. */
static inline bool printable_ascii(char c) {
    return c >= ' ' && c <= '~';
}

/* Makes '?' of all that is not printable ASCII. */
static inline void make_printable(char *text) {
    for (; *text; text++)
        *text = printable_ascii(*text) ? *text : '?';
}

/* Copies text, cut off at size (at least 1), which counts the NUL. What is not printable ASCII becomes \xNN, whole or not at all. */
static inline void escape_printable(const char *text, char *clean, size_t size) {
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;
    for (; *text && used + sizeof "\\xNN" <= size; text++) {
        unsigned char byte = (unsigned char)*text;
        if (printable_ascii(*text)) {
            clean[used++] = *text;
            continue;
        }
        clean[used++] = '\\';
        clean[used++] = 'x';
        clean[used++] = digits[byte >> 4];
        clean[used++] = digits[byte & 15];
    }
    clean[used] = 0;
}

/* The character of a UTF-8 text at c as it may be shown, byte by byte: a control character is '?'. Returns what comes behind. */
static inline const char *next_printable(const char *c, char *shown) {
    unsigned char first = (unsigned char)c[0];
    unsigned char second = first ? (unsigned char)c[1] : 0;
    bool c1 = first == 0xc2 && second >= 0x80 && second < 0xa0; /* U+0080 to U+009F */
    *shown = first < 0x20 || first == 0x7f || c1 ? '?' : *c;
    return c + (c1 ? 2 : 1);
}

#endif
