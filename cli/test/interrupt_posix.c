#include "interrupt.h"

#include <stddef.h>

volatile sig_atomic_t test_interrupted;

static void on_signal(int number) {
    (void)number;
    test_interrupted = 1;
}

void test_interrupt_watch(void) {
    const struct sigaction action = {.sa_handler = on_signal};
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)sigaction(numbers[i], &action, NULL);
}
