/* Who wants a run of cases to end: it ends its players first, and takes its files away. */
#ifndef COPP_CLI_TEST_INTERRUPT_H
#define COPP_CLI_TEST_INTERRUPT_H

#include <signal.h>

extern volatile sig_atomic_t test_interrupted; /* set once somebody wants it */

void test_interrupt_watch(void);

#endif
