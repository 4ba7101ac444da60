#include "device.h"

#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "remote.h"
#include "report.h"
#include "wait.h"

#define EMBEDDED "embedded"

/* An empty variable says nothing. */
static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Where to go: device->path is NULL for the embedded adapter. */
static int choose(const struct invocation *in, const struct device_options *o, struct device *device) {
    const char *name = o->device;
    if (name == NULL && (o->adapter != NULL || o->events != NULL))
        return STATUS_YES;
    if (name == NULL)
        name = variable("COPP_DEVICE");
    if (name == NULL) {
        device->path = remote_default();
        device->unasked = device->path == NULL;
        return STATUS_YES;
    }
    if (strcmp(name, EMBEDDED) == 0)
        return STATUS_YES;
    if (!remote_find(name, &device->path))
        return fail(in, STATUS_UNKNOWN, name, "is no device: give %s or embedded", remote_kinds);
    if (o->adapter != NULL || o->events != NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "--adapter and --events are for the embedded adapter: they do not go with %s",
                    name);
    return STATUS_YES;
}

bool device_add_name(struct device *device, const char *name) {
    void *more = realloc(device->names, (device->count + 1) * sizeof *device->names);
    if (more == NULL)
        return false;
    device->names = more;
    (void)snprintf(device->names[device->count++], sizeof *device->names, "%s", name);
    return true;
}

int device_find(const struct invocation *in, const struct device_options *options, bool follow, struct device *device) {
    *device = (struct device){.wake_fd = -1, .host = {.wake_fd = -1}};
    int status = choose(in, options, device);
    if (status != STATUS_YES || device->path != NULL)
        return status;
    return embedded_open(in, options->adapter, options->events, follow, &device->host);
}

/* Whom to trust outside this program. */
static int find_anchor(const struct invocation *in, const char *name, struct copp_public_key *anchor) {
    bool file = name != NULL && strcmp(name, "microsoft") != 0 && strcmp(name, "-") != 0;
    const char *missing = file ? remote_missing_anchor(name) : NULL;
    return missing != NULL ? fail(in, STATUS_UNKNOWN, name, "the anchor does not exist: %s", missing)
                           : read_anchor(in, name, anchor);
}

int device_open(const struct invocation *in, const struct device_options *options, bool follow, struct device *device) {
    int status = device_find(in, options, follow, device);
    if (status != STATUS_YES || device->path == NULL)
        return status;
    status = find_anchor(in, options->anchor != NULL ? options->anchor : variable("COPP_ANCHOR"), &device->anchor);
    return status == STATUS_YES ? remote_names(in, device) : status;
}

void device_close(struct device *device) {
    free(device->names);
    device->names = NULL;
    embedded_close(&device->host);
}

const char *device_output(const struct device *device, size_t index) {
    if (device->path == NULL)
        return copp_sim_name(device->host.sim, index);
    return index < device->count ? device->names[index] : NULL;
}

uint64_t device_now(const struct device *device) {
    return embedded_now(&device->host);
}

uint64_t device_next(const struct device *device) {
    return device->path == NULL ? embedded_next(&device->host) : UINT64_MAX;
}

void device_step(struct device *device) {
    if (device->path == NULL)
        embedded_step(&device->host);
}

int device_events_fd(const struct device *device) {
    return device->path == NULL ? events_fd(device->host.events) : -1;
}

void device_wake_by(struct device *device, int fd) {
    device->wake_fd = fd;
    device->host.wake_fd = fd;
}

bool device_woken(const struct device *device) {
    bool ready = false;
    if (device->path == NULL)
        return device->host.skew_ms != 0;
    wait_readable(&device->wake_fd, &ready, 1, 0);
    return ready;
}

bool device_refuses(struct device *device, const char *output) {
    return device->path == NULL ? output_refuses(&device->host, output) : remote_refuses(device, output);
}

int device_establish(const struct invocation *in, struct device *device, const char *output, const struct copp_srm *srm,
                     struct link *link) {
    const struct copp_session_config config = {.anchor = &device->anchor, .srm = srm};
    struct copp_verdict verdict = {.detail = ""};
    if (device->path == NULL)
        return link_establish(in, &device->host, output, srm, link);
    *link = (struct link){.transport = NULL};
    int status = remote_open(in, device, output, &link->transport);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = copp_session_new(&config, link->transport, &link->session);
    if (result != COPP_OK)
        return fail_result(in, output, result);
    status = link_handshake(in, output, link, &verdict);
    if (verdict.rule == COPP_RULE_CERT_12)
        remote_explain_anchor(device);
    return status;
}
