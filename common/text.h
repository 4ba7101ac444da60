/* What editors do to text files. */
#ifndef COPP_COMMON_TEXT_H
#define COPP_COMMON_TEXT_H

#include <stddef.h>
#include <string.h>

/* The size of the UTF-8 byte order mark that some editors begin a file with; 0: text begins without one. */
static inline size_t byte_order_mark(const char *text) {
    return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

#endif
