#include "cli/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <unistd.h>
#include <windows.h>

#include "cli/io_system.h"
#include "common/clock.h"

#define STEP_MS 20u /* how often a pipe is looked at: nothing waits for one */
#define CTRL_Z 0x1A /* ends what a person types */

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

/* On a thread of its own. */
static DWORD WINAPI pass_input_on(void *end) {
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    bool console = GetFileType(input) == FILE_TYPE_CHAR;
    char bytes[1024];
    DWORD size = 0;
    DWORD written;
    while (ReadFile(input, bytes, sizeof bytes, &size, NULL) && size > 0 && !(console && bytes[0] == CTRL_Z)) {
        if (!WriteFile(end, bytes, size, &written, NULL))
            break;
    }
    CloseHandle(end);
    return 0;
}

/* Nothing waits for standard input with a time limit: a line that is being typed has been begun, and of some pipes nobody can
 * tell whether there is anything to read. So a thread waits, and passes on what comes. The C library has no part in what it
 * does: the program ends while the thread still waits. */
static int open_input(void) {
    HANDLE ends[2];
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    errno = EBADF;
    if (!input || input == INVALID_HANDLE_VALUE)
        return -1;
    errno = ENOMEM;
    if (!CreatePipe(&ends[0], &ends[1], NULL, 0))
        return -1;
    int fd = _open_osfhandle((intptr_t)ends[0], _O_RDONLY | _O_BINARY | _O_NOINHERIT);
    HANDLE thread = fd >= 0 ? CreateThread(NULL, 0, pass_input_on, ends[1], 0, NULL) : NULL;
    if (thread) {
        CloseHandle(thread);
        return fd;
    }
    CloseHandle(ends[1]);
    if (fd >= 0)
        (void)_close(fd);
    else
        CloseHandle(ends[0]);
    errno = ENOMEM;
    return -1;
}

/* There are no FIFOs to follow. */
int open_lines(const char *name, bool follow) {
    (void)follow;
    return strcmp(name, "-") == 0 ? open_input() : system_open(name);
}

bool wake_open(struct wake *wake, int fd) {
    *wake = (struct wake){.fd = fd, .timer = -1};
    return true;
}

void wake_close(struct wake *wake) {
    *wake = (struct wake){.fd = -1, .timer = -1};
}

void wake_set(const struct wake *wake, uint64_t ms) {
    (void)wake;
    (void)ms;
}
