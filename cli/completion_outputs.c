/* The names of an adapter's outputs, for a shell that completes --output. */
#include "completion_outputs.h"

#ifndef _WIN32
#include <signal.h>
#include <unistd.h>
#endif

#include "adapter.h"
#include "commands.h"
#include "remote.h"
#include "report.h"

#define LIMIT_S 2u /* a person waits at the keyboard */

#ifndef _WIN32
static void give_up(int number) {
    (void)number;
    _exit(STATUS_UNKNOWN);
}
#endif

/* A coppd that does not answer, or a FIFO in an adapter's place, costs the time limit and no more. */
static void limit_time(void) {
#ifndef _WIN32
    signal(SIGALRM, give_up);
    alarm(LIMIT_S);
#endif
}

int completion_outputs(const char *device, const char *description) {
    const struct adapter_options options = {.device = device, .adapter = description, .names_only = true};
    const struct invocation in = {.command = &command_status};
    struct adapter adapter;
    const char *name;
    limit_time();
    int status = adapter_find(&in, &options, false, &adapter);
    if (status == STATUS_YES && adapter.path != NULL)
        status = remote_outputs(&in, &adapter);
    for (size_t i = 0; status == STATUS_YES && (name = adapter_output(&adapter, i)) != NULL; i++)
        say("%s", name);
    adapter_close(&adapter);
    return status;
}
