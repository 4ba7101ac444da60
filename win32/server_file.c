#include "server_file.h"

#include <string.h>
#include <wchar.h>

/* The file in memory, read-only; NULL if it cannot be read. */
static const BYTE *map_file(const WCHAR *path, size_t *size) {
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    const BYTE *bytes = NULL;
    LARGE_INTEGER length;
    HANDLE file = CreateFileW(path, GENERIC_READ, share, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    HANDLE mapping = GetFileSizeEx(file, &length) ? CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, NULL) : NULL;
    if (mapping) {
        bytes = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
        *size = (size_t)length.QuadPart;
        CloseHandle(mapping);
    }
    CloseHandle(file);
    return bytes;
}

static bool holds_mark(const BYTE *bytes, size_t size) {
    static const WCHAR mark[] = SERVER_MARK;
    const BYTE *end = size >= sizeof mark ? bytes + size - sizeof mark + 1 : bytes;
    for (const BYTE *at = bytes; at < end; at++) {
        at = memchr(at, SERVER_MARK[0], (size_t)(end - at));
        if (!at)
            return false;
        if (memcmp(at, mark, sizeof mark) == 0)
            return true;
    }
    return false;
}

static bool find(const WCHAR *path, WCHAR *whole) {
    DWORD length = SearchPathW(NULL, path, NULL, MAX_PATH, whole, NULL);
    return length > 0 && length < MAX_PATH;
}

bool server_exists(const WCHAR *path) {
    WCHAR whole[MAX_PATH];
    return find(path, whole);
}

static bool has_name(const WCHAR *path) {
    const WCHAR *name = path;
    for (const WCHAR *c = path; *c; c++) {
        if (*c == L'\\' || *c == L'/')
            name = c + 1;
    }
    return _wcsicmp(name, L"copp.dll") == 0;
}

bool server_is_copp(const WCHAR *path) {
    WCHAR whole[MAX_PATH];
    size_t size = 0;
    const BYTE *bytes = find(path, whole) ? map_file(whole, &size) : NULL;
    if (!bytes)
        return has_name(path);
    bool copp = holds_mark(bytes, size);
    (void)UnmapViewOfFile(bytes);
    return copp;
}
