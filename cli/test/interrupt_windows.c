#include "interrupt.h"

#include <windows.h>

volatile sig_atomic_t test_interrupted;

/* On a thread of its own. Who asks twice wants the program to end at once: the job of each player ends with it. */
static BOOL WINAPI on_control(DWORD event) {
    static LONG asked;
    (void)event;
    test_interrupted = 1;
    return InterlockedIncrement(&asked) == 1;
}

void test_interrupt_watch(void) {
    (void)SetConsoleCtrlHandler(on_control, TRUE);
}
