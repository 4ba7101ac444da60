#include "printable.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>

/* The character at the beginning of text: its bytes, and its columns, 0 for one that is not fit. */
static size_t character(const char *text, int *columns) {
    mbstate_t state = {0};
    wchar_t wide;
    size_t size = mbrtowc(&wide, text, strnlen(text, MB_LEN_MAX), &state);
    *columns = 0;
    if (size == 0 || size > MB_LEN_MAX)
        return 1; /* no character at all */
    int width = wcwidth(wide);
    *columns = width > 0 ? width : 0;
    return size;
}

void printable(const char *text, char *clean, size_t size) {
    size_t used = 0;
    while (*text != '\0') {
        int columns;
        size_t bytes = character(text, &columns);
        bool fit = columns > 0;
        size_t more = fit ? bytes : 1;
        if (used + more >= size)
            break;
        memcpy(clean + used, fit ? text : "?", more);
        used += more;
        text += bytes;
    }
    clean[used] = '\0';
}

size_t printable_fit(const char *text, int *width) {
    int left = *width;
    size_t size = 0;
    while (text[size] != '\0') {
        int columns;
        size_t bytes = character(text + size, &columns);
        if (columns > left)
            break;
        left -= columns;
        size += bytes;
    }
    *width -= left;
    return size;
}
