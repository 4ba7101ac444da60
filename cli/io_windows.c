#include "io_system.h"

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <windows.h>
/* after windows.h, which it needs */
#include <bcrypt.h>

#include "io.h"

void io_init(void) {
    (void)_setmode(STDIN_FILENO, _O_BINARY); /* what is read and written are bytes */
    (void)_setmode(STDOUT_FILENO, _O_BINARY);
}

bool random_bytes(void *bytes, size_t size) {
    return BCryptGenRandom(NULL, bytes, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
}

/* A new file with these bytes on the disk. 0 or -1 with errno set. */
static int write_new(const char *path, const void *bytes, size_t size) {
    int fd = open(path, _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
    if (fd < 0)
        return -1;
    bool good = size <= INT_MAX && write(fd, bytes, (unsigned)size) == (int)size && _commit(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && good) {
        good = false;
        error = errno;
    }
    if (!good)
        unlink(path);
    errno = error;
    return good ? 0 : -1;
}

int system_open(const char *name) {
    return open(name, _O_RDONLY | _O_BINARY | _O_NOINHERIT);
}

int system_replace(const char *name, const void *bytes, size_t size) {
    char beside[MAX_PATH];
    if (snprintf(beside, sizeof beside, "%s.%lu.new", name, (unsigned long)GetCurrentProcessId()) >= (int)sizeof beside) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (write_new(beside, bytes, size) != 0)
        return -1;
    if (MoveFileExA(beside, name, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        return 0;
    DWORD attributes = GetFileAttributesA(name);
    unlink(beside);
    errno = attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY ? EISDIR : EACCES;
    return -1;
}

/* Who may read a file here is its directory's affair. */
int system_make_file(const char *path, const void *bytes, size_t size, bool secret) {
    (void)secret;
    return write_new(path, bytes, size);
}

int system_make_directory(const char *path) {
    return _mkdir(path);
}
