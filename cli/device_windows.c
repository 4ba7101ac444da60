/* The adapter inside this program is the only one a command can speak to: sockets are for other systems. */
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "report.h"

int device_open(const struct invocation *in, const struct device_options *options, bool follow, struct device *device) {
    const char *name = options->device != NULL ? options->device : getenv("COPP_DEVICE");
    *device = (struct device){.wake_fd = -1, .host = {.wake_fd = -1}};
    if (name != NULL && name[0] != '\0' && strcmp(name, "embedded") != 0)
        return fail(in, STATUS_UNKNOWN, name, "is no device: on Windows there is embedded alone");
    return embedded_open(in, options->adapter, options->events, follow, &device->host);
}

void device_close(struct device *device) {
    embedded_close(&device->host);
}

const char *device_output(const struct device *device, size_t index) {
    return copp_sim_name(device->host.sim, index);
}

bool device_refuses(struct device *device, const char *output) {
    return output_refuses(&device->host, output);
}

int device_establish(const struct invocation *in, struct device *device, const char *output, const struct copp_srm *srm,
                     struct link *link) {
    return link_establish(in, &device->host, output, srm, link);
}
