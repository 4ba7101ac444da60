/* Waiting for what tells nobody when it is done: another process, another machine's output. */
#ifndef COPP_CONFORMANCE_PAUSE_H
#define COPP_CONFORMANCE_PAUSE_H

#include <stdint.h>

#ifdef _WIN32

#include <windows.h>

static inline void pause_ms(uint32_t milliseconds) {
    Sleep(milliseconds);
}

#else

#include <time.h>

/* A signal may end it early. */
static inline void pause_ms(uint32_t milliseconds) {
    const struct timespec length = {.tv_sec = (time_t)(milliseconds / 1000), .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    (void)nanosleep(&length, NULL);
}

#endif

#endif
