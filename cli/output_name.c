#include "output_name.h"

#include <string.h>

#include "cli/report.h"

/* The list's own name; NULL: it is not there. */
static const char *listed(const struct adapter *adapter, const char *name) {
    const char *own;
    for (size_t i = 0; (own = adapter_output(adapter, i)) != NULL; i++) {
        if (strcmp(own, name) == 0)
            return own;
    }
    return NULL;
}

#ifndef _WIN32
/* Such as "randr:HDMI-1": no adapter's name. */
static bool names_a_kind(const char *said) {
    return strchr(said, ':') != NULL;
}

/* From what the kernel shows in this process, and not from the list, for which nobody vouches. Answers are bound to the name (BIND-7). */
static int resolve(const struct invocation *in, const struct adapter *adapter, const char *said,
                   char resolved[COPP_CONNECTOR_NAME_SIZE], const char **name) {
    const struct copp_monitor_query query = {.size = sizeof query, .text = said};
    struct copp_monitor monitor = {.size = sizeof monitor};
    char why[COPP_MONITOR_WHY_SIZE];
    enum copp_result result = copp_monitor_choose(NULL, &query, &monitor, why, sizeof why);
    if (result == COPP_E_AMBIGUOUS || (result != COPP_OK && names_a_kind(said)))
        return fail(in, STATUS_UNKNOWN, NULL, "%s", why[0] != '\0' ? why : "--output names no display");
    if (result != COPP_OK)
        return STATUS_YES;
    if (listed(adapter, monitor.connector) == NULL)
        return fail(in, STATUS_UNKNOWN, said, "is the display at %s, which coppd does not have (see copp status)",
                    monitor.connector);
    memcpy(resolved, monitor.connector, sizeof monitor.connector);
    *name = resolved;
    return STATUS_YES;
}
#endif

int output_name(const struct invocation *in, const struct adapter *adapter, const char *said,
                char resolved[COPP_CONNECTOR_NAME_SIZE], const char **name) {
    *name = said;
#ifndef _WIN32
    if (adapter->path != NULL && listed(adapter, said) == NULL)
        return resolve(in, adapter, said, resolved, name);
#else
    (void)in;
    (void)adapter;
    (void)resolved;
#endif
    return STATUS_YES;
}

int output_listed(const struct invocation *in, const struct adapter *adapter, const char *said, const char **name) {
    char resolved[COPP_CONNECTOR_NAME_SIZE];
    int status = output_name(in, adapter, said, resolved, name);
    if (status != STATUS_YES)
        return status;
    *name = listed(adapter, *name);
    return *name != NULL ? STATUS_YES
                         : fail(in, STATUS_UNKNOWN, said, "is not the name of an output of this adapter (see copp status)");
}
