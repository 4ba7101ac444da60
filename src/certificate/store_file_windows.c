#include "certificate/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include "common/wide_windows.h"

#define RETRY_MS 10u
#define REPLACE_TRIES 200u /* readers take a moment, not two seconds */

/* The cause of what Windows refused, where callers look for it. */
static void set_errno(void) {
    switch (GetLastError()) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        errno = ENOENT;
        break;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
        errno = EACCES;
        break;
    default:
        errno = EIO;
    }
}

/* As a descriptor, or -1. */
static int descriptor(HANDLE file, int flags) {
    if (file == INVALID_HANDLE_VALUE) {
        set_errno();
        return -1;
    }
    int made = _open_osfhandle((intptr_t)file, flags | _O_BINARY);
    if (made < 0)
        (void)CloseHandle(file);
    return made;
}

int copp_store_open(const char *path) {
    /* who reads keeps nobody from putting another list in its place */
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    WCHAR wide[WIDE_PATH_MAX];
    if (!wide_path(path, wide))
        return -1;
    return descriptor(CreateFileW(wide, GENERIC_READ, share, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL), _O_RDONLY);
}

int copp_store_create(const char *path) {
    WCHAR wide[WIDE_PATH_MAX];
    if (!wide_path(path, wide))
        return -1;
    return descriptor(CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL), _O_WRONLY);
}

int copp_store_remove(const char *path) {
    WCHAR wide[WIDE_PATH_MAX];
    return wide_path(path, wide) ? _wunlink(wide) : -1;
}

/* The lock is that nobody else may open the file meanwhile. */
int copp_store_lock(const char *path) {
    WCHAR wide[WIDE_PATH_MAX];
    if (!wide_path(path, wide))
        return -1;
    for (;;) {
        HANDLE file = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
        if (file != INVALID_HANDLE_VALUE || GetLastError() != ERROR_SHARING_VIOLATION)
            return descriptor(file, _O_RDWR);
        Sleep(RETRY_MS);
    }
}

bool copp_store_sync(int file) {
    return _commit(file) == 0;
}

bool copp_store_replace(const char *from, const char *to, const char *directory) {
    (void)directory; /* MOVEFILE_WRITE_THROUGH puts the change on the disk */
    WCHAR wide_from[WIDE_PATH_MAX];
    WCHAR wide_to[WIDE_PATH_MAX];
    if (!wide_path(from, wide_from) || !wide_path(to, wide_to))
        return false;
    for (unsigned i = 0; !MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH); i++) {
        set_errno();
        if (errno != EACCES || i == REPLACE_TRIES) /* some versions of Windows replace no file that is being read */
            return false;
        Sleep(RETRY_MS);
    }
    return true;
}
