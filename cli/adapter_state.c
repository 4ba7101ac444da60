#include "adapter_state.h"

#include <stdlib.h>
#include <string.h>

bool adapter_add_output(struct adapter *adapter, const struct output *output) {
    void *more = realloc(adapter->outputs, (adapter->count + 1) * sizeof *adapter->outputs);
    if (more == NULL)
        return false;
    adapter->outputs = more;
    adapter->outputs[adapter->count++] = *output;
    return true;
}

const struct output *adapter_known_output(const struct adapter *adapter, const char *name) {
    for (size_t i = 0; i < adapter->count; i++) {
        if (strcmp(adapter->outputs[i].name, name) == 0)
            return &adapter->outputs[i];
    }
    return NULL;
}

void adapter_confirm(const struct link *link, struct output *output) {
    uint32_t bound = copp_session_bound(link->session);
    if (!(bound & COPP_BOUND))
        return;
    output->real = bound & COPP_BOUND_REAL;
    output->plugged = bound & COPP_BOUND_PLUGGED;
}
