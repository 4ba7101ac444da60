#include "adapter_state.h"

#include <stdio.h>
#include <stdlib.h>

bool adapter_add_output(struct adapter *adapter, const char *name, bool real, bool plugged) {
    void *more = realloc(adapter->outputs, (adapter->count + 1) * sizeof *adapter->outputs);
    if (more == NULL)
        return false;
    adapter->outputs = more;
    struct output *output = &adapter->outputs[adapter->count++];
    *output = (struct output){.real = real, .plugged = plugged};
    (void)snprintf(output->name, sizeof output->name, "%s", name);
    return true;
}

void adapter_confirm(const struct link *link, struct output *output) {
    uint32_t bound = copp_session_bound(link->session);
    if (!(bound & COPP_BOUND))
        return;
    output->real = bound & COPP_BOUND_REAL;
    output->plugged = bound & COPP_BOUND_PLUGGED;
}
