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

/* Bytes of the character at c if it is one that makes a terminal show what follows in another order or on another line: the marks,
 * embeddings, overrides and isolates of bidirectional text, and the separators of lines and paragraphs. 0: it is something else. */
static inline size_t steering_size(const char *c) {
    unsigned char first = (unsigned char)c[0];
    unsigned char second = first ? (unsigned char)c[1] : 0;
    unsigned char third = second ? (unsigned char)c[2] : 0;
    if (first == 0xd8 && second == 0x9c)
        return 2; /* U+061C */
    bool marks = second == 0x80 && (third == 0x8e || third == 0x8f || (third >= 0xa8 && third <= 0xae)); /* U+200E to U+202E */
    bool isolates = second == 0x81 && third >= 0xa6 && third <= 0xa9; /* U+2066 to U+2069 */
    return first == 0xe2 && (marks || isolates) ? 3 : 0;
}

/* The character of a UTF-8 text at c as it may be shown, byte by byte: one that controls or steers is '?'. Returns what comes behind. */
static inline const char *next_printable(const char *c, char *shown) {
    unsigned char first = (unsigned char)c[0];
    unsigned char second = first ? (unsigned char)c[1] : 0;
    bool c1 = first == 0xc2 && second >= 0x80 && second < 0xa0; /* U+0080 to U+009F */
    size_t steering = steering_size(c);
    *shown = first < 0x20 || first == 0x7f || c1 || steering ? '?' : *c;
    return c + (steering ? steering : c1 ? 2 : 1);
}

#endif
