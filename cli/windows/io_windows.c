#include "cli/io_system.h"

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <windows.h>
/* after windows.h, which it needs */
#include <bcrypt.h>

#include "cli/io.h"
#include "common/wide_windows.h"

#define WIDE_VARIABLE_MAX 32768u /* as long as a variable may be */

void io_init(void) {
    (void)_setmode(STDIN_FILENO, _O_BINARY); /* what is read and written are bytes */
    (void)_setmode(STDOUT_FILENO, _O_BINARY);
}

bool random_bytes(void *bytes, size_t size) {
    return BCryptGenRandom(NULL, bytes, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
}

/* A new file with these bytes on the disk. 0 or -1 with errno set. */
static int write_new(const WCHAR *path, const void *bytes, size_t size) {
    int fd = _wopen(path, _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
    if (fd < 0)
        return -1;
    bool good = size <= INT_MAX && write(fd, bytes, (unsigned)size) == (int)size && _commit(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && good) {
        good = false;
        error = errno;
    }
    if (!good)
        _wunlink(path);
    errno = error;
    return good ? 0 : -1;
}

int system_open(const char *name) {
    WCHAR wide[WIDE_PATH_MAX];
    return wide_path(name, wide) ? _wopen(wide, _O_RDONLY | _O_BINARY | _O_NOINHERIT) : -1;
}

int system_replace(const char *name, const void *bytes, size_t size) {
    WCHAR wide[WIDE_PATH_MAX];
    WCHAR beside[WIDE_PATH_MAX + 32];
    if (!wide_path(name, wide))
        return -1;
    (void)_snwprintf(beside, WIDE_PATH_MAX + 32, L"%ls.%lu.new", wide, (unsigned long)GetCurrentProcessId());
    if (write_new(beside, bytes, size) != 0)
        return -1;
    if (MoveFileExW(beside, wide, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        return 0;
    DWORD attributes = GetFileAttributesW(wide);
    _wunlink(beside);
    errno = attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY ? EISDIR : EACCES;
    return -1;
}

int system_create(const char *name) {
    WCHAR wide[WIDE_PATH_MAX];
    int flags = _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT;
    return wide_path(name, wide) ? _wopen(wide, flags, _S_IREAD | _S_IWRITE) : -1;
}

/* Who may read a file here is its directory's affair. */
int system_make_file(const char *path, const void *bytes, size_t size, bool secret) {
    WCHAR wide[WIDE_PATH_MAX];
    (void)secret;
    return wide_path(path, wide) ? write_new(wide, bytes, size) : -1;
}

int system_make_directory(const char *path) {
    WCHAR wide[WIDE_PATH_MAX];
    return wide_path(path, wide) ? _wmkdir(wide) : -1;
}

int system_remove(const char *path) {
    WCHAR wide[WIDE_PATH_MAX];
    return wide_path(path, wide) ? _wunlink(wide) : -1;
}

/* What is no UTF-16 becomes U+FFFD: a variable that is set never counts as one that is not. */
const char *system_variable(const char *name) {
    WCHAR wide_name[64];
    WCHAR *wide = malloc(WIDE_VARIABLE_MAX * sizeof *wide);
    char *text = NULL;
    if (wide != NULL && MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, 64) > 0 &&
        GetEnvironmentVariableW(wide_name, wide, WIDE_VARIABLE_MAX) > 0)
        text = utf8_from_wide(wide, false);
    free(wide);
    return text;
}

/* Through the console's own interface: in its code page it may have no place for a letter, and the code page is also that of
 * a command which uses the same console. */
static bool print_on_console(FILE *out, const char *text) {
    HANDLE console = (HANDLE)_get_osfhandle(_fileno(out));
    DWORD mode;
    DWORD written;
    if (!GetConsoleMode(console, &mode) || fflush(out) != 0)
        return false;
    int size = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    WCHAR *wide = size > 0 ? malloc((size_t)size * sizeof *wide) : NULL;
    bool printed = wide != NULL && MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, size) == size &&
                   WriteConsoleW(console, wide, (DWORD)size - 1, &written, NULL);
    free(wide);
    return printed;
}

void system_print(FILE *out, const char *text) {
    if (!print_on_console(out, text))
        fputs(text, out);
}
