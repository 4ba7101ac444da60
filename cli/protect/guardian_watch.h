/* The guardian's part of guardian.h: what the process does that copp has left behind. */
#ifndef COPP_CLI_GUARDIAN_WATCH_H
#define COPP_CLI_GUARDIAN_WATCH_H

#include <sys/types.h>

struct guardian_page;

/* Watches over the child copp until it has ended, and closes fd, which leads to it. Returns the exit status, which is copp's; it
 * does not return if a signal has ended copp that is to end this program as well. */
int guardian_watch(struct guardian_page *page, pid_t copp, int fd);

#endif
