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
