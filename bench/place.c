/* Which processors the contenders run on. */
#include <sched.h>

#include "bench.h"

static cpu_set_t allowed;
static size_t count;

size_t bench_processors(void) {
    if (count == 0) {
        bench_must(sched_getaffinity(0, sizeof allowed, &allowed) == 0, "no set of processors");
        count = (size_t)CPU_COUNT(&allowed);
    }
    return count;
}

/* The index-th processor of those. */
static size_t processor(size_t index) {
    size_t at = 0;
    bench_must(index < bench_processors(), "no such processor");
    for (;; at++) {
        if (CPU_ISSET(at, &allowed) && index-- == 0)
            return at;
    }
}

void bench_place(pid_t pid, size_t index) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor(index), &one);
    bench_must(sched_setaffinity(pid, sizeof one, &one) == 0, "a process could not be placed");
}

void bench_place_anywhere(pid_t pid) {
    bench_must(bench_processors() > 0 && sched_setaffinity(pid, sizeof allowed, &allowed) == 0, "a process could not be placed");
}
