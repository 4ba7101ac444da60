/* What time it is, by the clock that nobody sets. */
#ifndef COPP_COMMON_CLOCK_H
#define COPP_COMMON_CLOCK_H

#include <stdint.h>

#ifdef _WIN32

#include <windows.h>

/* Milliseconds of a clock that never goes back. */
static inline uint64_t clock_ms(void) {
    return GetTickCount64();
}

#else

#include <time.h>

/* Nanoseconds of CLOCK_MONOTONIC, which never goes back, and stands still while the machine sleeps. */
static inline uint64_t clock_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* not the wall clock: that one jumps */
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The same clock's milliseconds. */
static inline uint64_t clock_ms(void) {
    return clock_ns() / 1000000u;
}

#endif

#endif
