/* What time it is, by the clock that nobody sets. */
#ifndef COPPD_CLOCK_H
#define COPPD_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC: it stands still while the machine sleeps. */
uint64_t clock_now_ms(void);
uint64_t clock_now_ns(void);

/* How long the machine has slept since it was started, in ms: never more than it was. */
uint64_t clock_slept_ms(void);

#endif
