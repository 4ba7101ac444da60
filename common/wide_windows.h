/*
 * Text on Windows: UTF-8 in this project's interfaces and files, UTF-16 where the system is called. Never the code page: it has
 * no place for most letters, and replaces what it has no place for.
 */
#ifndef COPP_COMMON_WIDE_WINDOWS_H
#define COPP_COMMON_WIDE_WINDOWS_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>

#define WIDE_PATH_MAX 4096 /* UTF-16 units of a path, with its NUL */

/* UTF-8 for the system: into WIDE_PATH_MAX units. False with errno set: it is not UTF-8, or too long. */
static inline bool wide_path(const char *utf8, WCHAR *wide) {
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, wide, WIDE_PATH_MAX) > 0)
        return true;
    DWORD error = GetLastError();
    errno = error == ERROR_INSUFFICIENT_BUFFER ? ENAMETOOLONG : error == ERROR_NO_UNICODE_TRANSLATION ? EILSEQ : EIO;
    return false;
}

/* NULL without memory, or where strict and wide is not UTF-16; free with free. */
static inline char *utf8_from_wide(const WCHAR *wide, bool strict) {
    DWORD flags = strict ? WC_ERR_INVALID_CHARS : 0;
    int size = WideCharToMultiByte(CP_UTF8, flags, wide, -1, NULL, 0, NULL, NULL);
    char *text = size > 0 ? malloc((size_t)size) : NULL;
    if (text != NULL)
        (void)WideCharToMultiByte(CP_UTF8, flags, wide, -1, text, size, NULL, NULL);
    return text;
}

#endif
