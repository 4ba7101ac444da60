#include "certificate/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>
#include <windows.h>

#define LOCK_RETRY_MS 10u

int copp_store_open(const char *path) {
    return _open(path, _O_RDONLY | _O_BINARY | _O_NOINHERIT);
}

int copp_store_create(const char *path) {
    return _open(path, _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
}

/* The lock is that nobody else may open the file meanwhile. */
int copp_store_lock(const char *path) {
    for (;;) {
        HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
        if (file != INVALID_HANDLE_VALUE)
            return _open_osfhandle((intptr_t)file, _O_RDWR | _O_BINARY);
        DWORD error = GetLastError();
        if (error != ERROR_SHARING_VIOLATION) {
            errno = error == ERROR_PATH_NOT_FOUND || error == ERROR_FILE_NOT_FOUND ? ENOENT : EACCES;
            return -1;
        }
        Sleep(LOCK_RETRY_MS);
    }
}

bool copp_store_sync(int file) {
    return _commit(file) == 0;
}

bool copp_store_replace(const char *from, const char *to, const char *directory) {
    (void)directory; /* MOVEFILE_WRITE_THROUGH puts the change on the disk */
    if (MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        return true;
    errno = EACCES;
    return false;
}
