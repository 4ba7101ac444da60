#include "certificate/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <windows.h>

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
    return descriptor(CreateFileA(path, GENERIC_READ, share, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL), _O_RDONLY);
}

int copp_store_create(const char *path) {
    return descriptor(CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL), _O_WRONLY);
}

/* The lock is that nobody else may open the file meanwhile. */
int copp_store_lock(const char *path) {
    for (;;) {
        HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
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
    for (unsigned i = 0; !MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH); i++) {
        set_errno();
        if (errno != EACCES || i == REPLACE_TRIES) /* some versions of Windows replace no file that is being read */
            return false;
        Sleep(RETRY_MS);
    }
    return true;
}
