/* The lines of an ini text for inih, which does not tell the number of one, and cuts long ones in two without a word. */
#ifndef COPP_COMMON_INI_LINES_H
#define COPP_COMMON_INI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define INI_LINE_MAX 189u /* characters: inih's own limit is 200, with what it needs itself */

struct ini_lines {
    const char *text; /* not read yet */
    unsigned line; /* the number of the last one read; 0: none */
    bool too_long; /* that one has more than INI_LINE_MAX characters */
};

/* Like fgets, which inih calls it as; always with a line end. NULL: at the end of the text, and at a line that is too long. */
static inline char *ini_next_line(struct ini_lines *lines, char *to, int size) {
    size_t length = strcspn(lines->text, "\n");
    if (!*lines->text || lines->too_long)
        return NULL;
    lines->line++;
    lines->too_long = length > INI_LINE_MAX || length + sizeof "\n" > (size_t)size;
    if (lines->too_long)
        return NULL;
    memcpy(to, lines->text, length);
    memcpy(to + length, "\n", sizeof "\n");
    lines->text += length + (lines->text[length] == '\n');
    return to;
}

#endif
