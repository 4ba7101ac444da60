/* What clocks.c adds to the clocks of the program that it is loaded into: a file, COPP_TEST_CLOCKS in its environment. */
#ifndef COPP_TEST_CLOCKS_H
#define COPP_TEST_CLOCKS_H

#include <stdint.h>

struct clocks {
    int64_t real_s; /* the wall clock has been set forward, or back */
    int64_t slept_s; /* the machine has been asleep */
    uint64_t real_reads; /* times the program has looked at the wall clock */
};

#endif
