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

/* Microseconds of a clock that never goes back. */
static inline uint64_t clock_steady_us(void) {
    LARGE_INTEGER ticks, rate;
    (void)QueryPerformanceCounter(&ticks);
    (void)QueryPerformanceFrequency(&rate);
    uint64_t count = (uint64_t)ticks.QuadPart, second = (uint64_t)rate.QuadPart;
    return count / second * 1000000u + count % second * 1000000u / second;
}

/* Microseconds since 1970, by the clock that can be set. */
static inline uint64_t clock_wall_us(void) {
    FILETIME time; /* tenths of microseconds since 1601 */
    GetSystemTimeAsFileTime(&time);
    return (((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) / 10u) - 11644473600000000u;
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

/* Microseconds of the same clock. */
static inline uint64_t clock_steady_us(void) {
    return clock_ns() / 1000u;
}

/* Microseconds since 1970, by the clock that can be set. */
static inline uint64_t clock_wall_us(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

#endif

#endif
