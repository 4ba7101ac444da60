#include "clock.h"

uint64_t clock_slept_ms(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_BOOTTIME, &t); /* goes on while the machine sleeps, the other one does not */
    uint64_t since_boot = (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
    uint64_t awake = clock_ms();
    return since_boot > awake ? since_boot - awake : 0; /* however late the second clock is read */
}
