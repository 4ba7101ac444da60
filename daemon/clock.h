/* What time it is (common/clock.h), and how long nobody looked. */
#ifndef COPPD_CLOCK_H
#define COPPD_CLOCK_H

#include <stdint.h>

#include "common/clock.h"

/* How long the machine has slept since it was started, in ms: never more than it was. */
uint64_t clock_slept_ms(void);

#endif
