#include "fault_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>
#include <windows.h>

/* As an error of C's library and as one of Windows'. */
static int failure(void) {
    errno = EIO;
    SetLastError(ERROR_GEN_FAILURE);
    return -1;
}

static bool due(const char *name) {
    fault_note_file_call(name);
    return fault_due(name);
}

#define FAULT_IO(name, type, interruptible, parameters, arguments)                                                               \
    FAULT_IF(due(#name), name, type, failure(), parameters, arguments)
/* The library calls such a function through a pointer, which is the one here. */
#define FAULT_IMPORT(pointer, name)
#include "faults_windows.def"

/* What fails to close is closed all the same. */
int faulty_close(int file);
int faulty_close(int file) {
    int result = close(file);
    return due("close") ? failure() : result;
}

int faulty_write(int file, const void *bytes, unsigned size);
int faulty_write(int file, const void *bytes, unsigned size) {
    return due("write") ? failure() : write(file, bytes, (unsigned)fault_write_size(size));
}

static int fake__fstat64(int file, struct _stat64 *status) {
    return due("fstat") ? failure() : _fstat64(file, status);
}
const void *const faulty___imp__fstat64 = (const void *)fake__fstat64;

/* It succeeds without the disk, which would make the tests last. */
static int fake__commit(int file) {
    (void)file;
    return due("fsync") ? failure() : 0;
}
const void *const faulty___imp__commit = (const void *)fake__commit;

static int fake__open_osfhandle(intptr_t handle, int flags) {
    return due("open") ? failure() : _open_osfhandle(handle, flags);
}
const void *const faulty___imp__open_osfhandle = (const void *)fake__open_osfhandle;

/* Variadic; the library gives it no mode. */
static int fake__wopen(const WCHAR *path, int flags, ...) {
    return due("open") ? failure() : _wopen(path, flags);
}
const void *const faulty___imp__wopen = (const void *)fake__wopen;

static int fake__wunlink(const WCHAR *path) {
    return due("unlink") ? failure() : _wunlink(path);
}
const void *const faulty___imp__wunlink = (const void *)fake__wunlink;

static int WINAPI fake_MultiByteToWideChar(UINT page, DWORD flags, const char *text, int size, WCHAR *wide, int room) {
    return due("wide") ? failure() + 1 : MultiByteToWideChar(page, flags, text, size, wide, room);
}
const void *const faulty___imp_MultiByteToWideChar = (const void *)fake_MultiByteToWideChar;

static HANDLE WINAPI fake_CreateFileW(const WCHAR *path, DWORD access, DWORD share, SECURITY_ATTRIBUTES *security, DWORD creation,
                                      DWORD flags, HANDLE template) {
    if (due("open")) {
        (void)failure();
        return INVALID_HANDLE_VALUE;
    }
    return CreateFileW(path, access, share, security, creation, flags, template);
}
const void *const faulty___imp_CreateFileW = (const void *)fake_CreateFileW;

/* What fails to close is closed all the same. */
static BOOL WINAPI fake_CloseHandle(HANDLE file) {
    BOOL result = CloseHandle(file);
    return due("close") ? failure() + 1 : result;
}
const void *const faulty___imp_CloseHandle = (const void *)fake_CloseHandle;

static BOOL WINAPI fake_MoveFileExW(const WCHAR *from, const WCHAR *to, DWORD flags) {
    if (due("rename")) {
        (void)failure();
        return FALSE;
    }
    return MoveFileExW(from, to, flags);
}
const void *const faulty___imp_MoveFileExW = (const void *)fake_MoveFileExW;
