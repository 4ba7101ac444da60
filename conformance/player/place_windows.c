#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/wide_windows.h"
#include "player.h"

#define TRIES 100u
#define DEPTH_MAX 16u

static bool failed(void) {
    const DWORD error = GetLastError();
    errno = error == ERROR_PATH_NOT_FOUND || error == ERROR_FILE_NOT_FOUND ? ENOENT
            : error == ERROR_ALREADY_EXISTS || error == ERROR_FILE_EXISTS  ? EEXIST
            : error == ERROR_ACCESS_DENIED                                 ? EACCES
                                                                           : EIO;
    return false;
}

static bool make_directory(const char *path) {
    WCHAR wide[WIDE_PATH_MAX];
    return wide_path(path, wide) && (CreateDirectoryW(wide, NULL) || failed());
}

/* Who may read and write there is what the directory for temporary files says. */
bool place_make_root(char directory[PLAYER_PATH]) {
    WCHAR wide[PLAYER_PATH];
    char temporary[PLAYER_PATH];
    DWORD length = GetTempPathW(PLAYER_PATH, wide);
    if (length == 0 || length >= PLAYER_PATH ||
        WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, temporary, sizeof temporary, NULL, NULL) == 0) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (unsigned i = 0; i < TRIES; i++) {
        unsigned number = (unsigned)(GetTickCount64() + i) & 0xffffffu;
        int size = snprintf(directory, PLAYER_PATH, "%scopp-test-%lu-%06x", temporary, GetCurrentProcessId(), number);
        if (size < 0 || (size_t)size >= PLAYER_PATH) {
            errno = ENAMETOOLONG;
            return false;
        }
        if (make_directory(directory))
            return true;
        if (errno != EEXIST)
            return false;
    }
    return false;
}

/* What the DLLs read (win32/remote.c). */
static bool name_driver(const struct player_place *place, const char *case_id) {
    char path[sizeof place->directory + 32];
    char text[sizeof place->channel + 160];
    (void)snprintf(path, sizeof path, "%s\\conformance.ini", place->directory);
    int size = snprintf(text, sizeof text,
                        "; the driver of a case of copp test player, which runs while that case does\npipe = %s\ncase = %s\n",
                        place->channel, case_id);
    return place_write(path, text, (size_t)size);
}

bool place_make(struct player_place *place, const char *directory, const char *case_id) {
    const char *name = strrchr(directory, '\\');
    int size = snprintf(place->directory, sizeof place->directory, "%s\\%s", directory, case_id);
    if (size < 0 || (size_t)size >= sizeof place->directory) {
        errno = ENAMETOOLONG;
        return false;
    }
    /* one of a kind, as the directory is */
    (void)snprintf(place->channel, sizeof place->channel, "\\\\.\\pipe\\%s-%s", name != NULL ? name + 1 : directory, case_id);
    (void)snprintf(place->anchor, sizeof place->anchor, "%s\\anchor", place->directory);
    (void)snprintf(place->state, sizeof place->state, "%s\\state", place->directory);
    (void)snprintf(place->list, sizeof place->list, "%s\\revocation.crl", place->state);
    (void)snprintf(place->srm, sizeof place->srm, "%s\\hdcp1.srm", place->state);
    return make_directory(place->directory) && make_directory(place->state) && name_driver(place, case_id);
}

bool place_write(const char *path, const void *bytes, size_t size) {
    WCHAR wide[WIDE_PATH_MAX];
    DWORD written = 0;
    if (!wide_path(path, wide))
        return false;
    HANDLE file = CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return failed();
    bool good = WriteFile(file, bytes, (DWORD)size, &written, NULL) && written == size;
    return (CloseHandle(file) && good) || failed();
}

/* The player may have left files of its own there. A link is removed, and not followed. */
static void remove_wide(const WCHAR *path, unsigned depth) {
    WCHAR inside[WIDE_PATH_MAX];
    WIN32_FIND_DATAW entry;
    const DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return;
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
        (void)DeleteFileW(path);
        return;
    }
    bool walk = (attributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0 && depth < DEPTH_MAX &&
                _snwprintf(inside, WIDE_PATH_MAX, L"%ls\\*", path) > 0;
    HANDLE find = walk ? FindFirstFileW(inside, &entry) : INVALID_HANDLE_VALUE;
    for (BOOL more = find != INVALID_HANDLE_VALUE; more; more = FindNextFileW(find, &entry)) {
        int size = _snwprintf(inside, WIDE_PATH_MAX, L"%ls\\%ls", path, entry.cFileName);
        if (wcscmp(entry.cFileName, L".") != 0 && wcscmp(entry.cFileName, L"..") != 0 && size > 0 && size < WIDE_PATH_MAX)
            remove_wide(inside, depth + 1);
    }
    if (find != INVALID_HANDLE_VALUE)
        (void)FindClose(find);
    (void)RemoveDirectoryW(path);
}

void place_remove(const char *directory) {
    WCHAR wide[WIDE_PATH_MAX];
    if (wide_path(directory, wide))
        remove_wide(wide, 0);
}
