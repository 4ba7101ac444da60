#include "wait.h"

#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <unistd.h>
#include <windows.h>

#define STEP_MS 20u /* how often a pipe is looked at: nothing waits for one */

uint64_t clock_ms(void) {
    return GetTickCount64();
}

static bool readable(int fd) {
    DWORD size = 0;
    HANDLE handle = fd >= 0 ? (HANDLE)_get_osfhandle(fd) : INVALID_HANDLE_VALUE;
    if (fd < 0)
        return false;
    switch (GetFileType(handle)) {
    case FILE_TYPE_PIPE:
        return !PeekNamedPipe(handle, NULL, 0, NULL, &size, NULL) || size > 0; /* its end can be read as well */
    case FILE_TYPE_CHAR:
        return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0; /* a console */
    default:
        return true;
    }
}

void wait_readable(const int *fds, bool *ready, size_t count, int timeout_ms) {
    uint64_t end = clock_ms() + (uint64_t)timeout_ms;
    for (;;) {
        bool any = false;
        for (size_t i = 0; i < count; i++)
            any = (ready[i] = readable(fds[i])) || any;
        uint64_t now = clock_ms();
        if (any || now >= end)
            return;
        Sleep(end - now < STEP_MS ? (DWORD)(end - now) : STEP_MS);
    }
}

/* There are no FIFOs to follow. */
int open_lines(const char *name, bool follow) {
    (void)follow;
    return strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, _O_RDONLY | _O_BINARY | _O_NOINHERIT);
}
