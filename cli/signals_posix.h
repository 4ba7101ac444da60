/* Signals for those who want others than signals.h does, read between two polls and never in the middle of one. */
#ifndef COPP_CLI_SIGNALS_POSIX_H
#define COPP_CLI_SIGNALS_POSIX_H

#include <stddef.h>

/* Blocks them, but for those that are ignored, which stay so; a descriptor to poll and to read struct signalfd_siginfo from.
 * -1, with errno. */
int signal_fd(const int *numbers, size_t count);

#endif
