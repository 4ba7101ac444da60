/*
 * Loaded before the C library (LD_PRELOAD): a program's wall clock jumps, and its machine has slept, at the test's word. The
 * monotonic clock is left as it is: no administrator and no suspend moves it.
 */
#include "clocks.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct clocks *clocks(void) {
    static struct clocks *mapped;
    if (!mapped) {
        int fd = open(getenv("COPP_TEST_CLOCKS"), O_RDWR | O_CLOEXEC);
        mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        (void)close(fd);
        if (mapped == MAP_FAILED)
            abort(); /* a test that moves nothing proves nothing */
    }
    return mapped;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t id, struct timespec *t) {
    int result = (int)syscall(SYS_clock_gettime, id, t);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI) {
        t->tv_sec += clocks()->real_s;
        clocks()->real_reads++;
    }
    if (id == CLOCK_BOOTTIME)
        t->tv_sec += clocks()->slept_s;
    return result;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict t, void *restrict zone) {
    struct timespec now;
    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *t = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

__attribute__((visibility("default"))) time_t time(time_t *t) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (t)
        *t = now.tv_sec;
    return now.tv_sec;
}
