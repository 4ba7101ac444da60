#include "driver_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/wide_windows.h"

/* Debuggers get bytes, whose code page may have no place for a letter: what is not ASCII is told by its number. */
void explain(const char *file, const char *why) {
    char text[PATH_SIZE + 256];
    WCHAR wide[PATH_SIZE + 256];
    char shown[6 * sizeof text];
    size_t used = 0;
    (void)snprintf(text, sizeof text, "copp: %s: %s\n", file, why);
    if (MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, PATH_SIZE + 256) == 0)
        return;
    for (const WCHAR *c = wide; *c; c++)
        used += (size_t)snprintf(shown + used, sizeof shown - used, *c < 0x80 ? "%c" : "\\u%04x", *c);
    OutputDebugStringA(shown);
}

bool variable(const WCHAR *name, char *text, size_t size) {
    WCHAR wide[PATH_SIZE];
    DWORD length = GetEnvironmentVariableW(name, wide, PATH_SIZE);
    text[0] = '\0';
    return length == 0 || (length < PATH_SIZE && WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL) > 0);
}

/* copp-driver beside the DLL. */
static bool default_directory(HMODULE module, char *text, size_t size) {
    WCHAR wide[PATH_SIZE];
    DWORD length = GetModuleFileNameW(module, wide, PATH_SIZE);
    while (length > 0 && wide[length - 1] != L'\\' && wide[length - 1] != L'/')
        length--;
    if (length + sizeof "copp-driver" > PATH_SIZE)
        return false;
    memcpy(wide + length, L"copp-driver", sizeof L"copp-driver");
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL) > 0;
}

bool driver_file(HMODULE module, const char *name, char *path, size_t size) {
    char directory[PATH_SIZE];
    if (!variable(L"COPP_DRIVER", directory, sizeof directory) ||
        (!directory[0] && !default_directory(module, directory, sizeof directory)))
        return false;
    return snprintf(path, size, "%s\\%s", directory, name) < (int)size;
}

/* For reading bytes; NULL with errno set. */
static FILE *open_file(const char *path) {
    WCHAR wide[WIDE_PATH_MAX];
    return wide_path(path, wide) ? _wfopen(wide, L"rb") : NULL;
}

void explain_file(HMODULE module, const char *name, const char *why) {
    char path[PATH_SIZE];
    explain(driver_file(module, name, path, sizeof path) ? path : name, why);
}

bool read_driver_file(HMODULE module, const char *name, char **bytes, size_t *size) {
    char path[PATH_SIZE];
    *bytes = NULL;
    *size = 0;
    bool named = driver_file(module, name, path, sizeof path);
    FILE *file = named ? open_file(path) : NULL;
    if (named && !file && errno == ENOENT)
        return true;
    char *read = file ? malloc(FILE_SIZE_MAX + 1) : NULL;
    size_t length = read ? fread(read, 1, FILE_SIZE_MAX + 1, file) : 0;
    bool good = read && length <= FILE_SIZE_MAX && !ferror(file);
    if (file)
        (void)fclose(file);
    if (!good) {
        explain(named ? path : name, "cannot be read, or has more than 65536 bytes");
        free(read);
        return false;
    }
    read[length] = 0;
    *bytes = read;
    *size = length;
    return true;
}
