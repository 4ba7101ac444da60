#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stddef.h>
#include <windows.h>

#include "cli/wait.h"

#define LOOK_MS 50

static int told = -1; /* the end of a pipe that the console's thread writes to */
static volatile LONG asked;
static HANDLE over; /* set when there is nothing more to end */

/* On a thread of its own. Who asks twice wants the program to end at once, whatever it waits for. When a console closes, or its
 * person leaves, the program ends as this returns. */
static BOOL WINAPI on_control(DWORD event) {
    bool leaving = event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT;
    const unsigned char number = leaving ? SIGTERM : SIGINT;
    (void)_write(told, &number, 1);
    if (leaving)
        (void)WaitForSingleObject(over, INFINITE); /* Windows waits some seconds at most */
    return InterlockedIncrement(&asked) == 1;
}

bool signals_open(struct signals *signals) {
    int ends[2] = {-1, -1};
    *signals = (struct signals){-1, -1, LOOK_MS};
    over = CreateEventA(NULL, TRUE, FALSE, NULL);
    if (!over || _pipe(ends, 256, _O_BINARY | _O_NOINHERIT) != 0)
        return false;
    signals->ending = ends[0];
    told = ends[1];
    if (SetConsoleCtrlHandler(on_control, TRUE))
        return true;
    errno = EACCES;
    return false;
}

void signals_close(struct signals *signals) {
    (void)SetConsoleCtrlHandler(on_control, FALSE);
    if (signals->ending >= 0)
        (void)_close(signals->ending);
    if (told >= 0)
        (void)_close(told);
    if (over)
        (void)SetEvent(over);
    told = -1;
    *signals = (struct signals){-1, -1, LOOK_MS};
}

int signals_take(const struct signals *signals, bool *suspend) {
    *suspend = false;
    bool ready = false;
    unsigned char number = 0;
    wait_readable(&signals->ending, &ready, 1, 0);
    return ready && _read(signals->ending, &number, 1) == 1 ? number : 0;
}
