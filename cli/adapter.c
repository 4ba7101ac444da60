#include "adapter.h"

#include <stdlib.h>
#include <string.h>

#include "io_system.h"
#include "keys.h"
#include "remote.h"
#include "report.h"
#include "wait.h"

#define EMBEDDED "embedded"

/* Where to go: device->path is NULL for the embedded adapter. */
static int choose(const struct invocation *in, const struct adapter_options *o, struct adapter *device) {
    const char *name = o->device;
    if (name == NULL && (o->adapter != NULL || o->events != NULL))
        return STATUS_YES;
    if (name == NULL)
        name = variable("COPP_DEVICE");
    if (name == NULL) {
        device->path = remote_default(); /* whether or not there is one: protection is not given up for convenience */
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

bool device_add_output(struct adapter *device, const char *name, bool real, bool plugged) {
    void *more = realloc(device->outputs, (device->count + 1) * sizeof *device->outputs);
    if (more == NULL)
        return false;
    device->outputs = more;
    struct output *output = &device->outputs[device->count++];
    *output = (struct output){.real = real, .plugged = plugged};
    (void)snprintf(output->name, sizeof output->name, "%s", name);
    return true;
}

int adapter_find(const struct invocation *in, const struct adapter_options *options, bool follow, struct adapter *device) {
    *device = (struct adapter){.wake_fd = -1, .host = {.wake_fd = -1}};
    int status = choose(in, options, device);
    if (status != STATUS_YES || device->path != NULL)
        return status;
    return embedded_open(in, options->adapter, options->events, follow, &device->host);
}

/* The embedded adapter's chain is made for each run: who names whom to trust does not mean that one. */
static int refuse_anchor(const struct invocation *in, const char *option) {
    return fail(in, STATUS_UNKNOWN, NULL,
                "%s says whom to trust outside this program, and the embedded adapter has a certificate chain of its own: %s",
                option != NULL ? "--anchor" : "COPP_ANCHOR",
                option != NULL ? "leave --anchor out, or name another --device" : "unset it, or name another --device");
}

/* Whom to trust outside this program. */
static int find_anchor(const struct invocation *in, const char *name, struct copp_public_key *anchor) {
    bool file = name != NULL && strcmp(name, "microsoft") != 0 && strcmp(name, "-") != 0;
    const char *missing = file ? remote_missing_anchor(name) : NULL;
    return missing != NULL ? fail(in, STATUS_UNKNOWN, name, "the anchor does not exist: %s", missing)
                           : read_anchor(in, name, anchor);
}

int adapter_open(const struct invocation *in, const struct adapter_options *options, bool follow, struct adapter *device) {
    const char *anchor = options->anchor != NULL ? options->anchor : variable("COPP_ANCHOR");
    int status = adapter_find(in, options, follow, device);
    if (status != STATUS_YES)
        return status;
    bool remote = device->path != NULL;
    if (!remote && anchor != NULL)
        return refuse_anchor(in, options->anchor);
    if (remote)
        status = find_anchor(in, anchor, &device->anchor);
    if (status == STATUS_YES)
        status = revocation_open(in, &options->revocation, remote ? &device->anchor : NULL, true, &device->revocation);
    if (status != STATUS_YES || !remote)
        return status;
    status = remote_outputs(in, device);
    if (status == STATUS_YES && device->count == 0)
        status = fail(in, STATUS_UNKNOWN, device->path, "there are no outputs yet; %s", remote_no_outputs);
    return status;
}

void adapter_close(struct adapter *device) {
    free(device->outputs);
    device->outputs = NULL;
    revocation_close(&device->revocation);
    embedded_close(&device->host);
}

const char *adapter_output(const struct adapter *device, size_t index) {
    if (device->path == NULL)
        return copp_sim_name(device->host.sim, index);
    return index < device->count ? device->outputs[index].name : NULL;
}

void device_look(const struct adapter *device, const char *name, struct output *output) {
    *output = (struct output){.real = false, .plugged = true};
    (void)snprintf(output->name, sizeof output->name, "%s", name);
    if (device->path == NULL)
        output->plugged = copp_sim_plugged(device->host.sim, name);
    for (size_t i = 0; i < device->count; i++) {
        if (strcmp(device->outputs[i].name, name) == 0)
            *output = device->outputs[i];
    }
}

uint64_t adapter_now(const struct adapter *device) {
    return embedded_now(&device->host);
}

uint64_t adapter_deadline_ms(const struct adapter *device) {
    return device->path == NULL ? embedded_deadline_ms(&device->host) : UINT64_MAX;
}

void adapter_dispatch(struct adapter *device) {
    if (device->path == NULL)
        embedded_dispatch(&device->host);
}

int adapter_events_fd(const struct adapter *device) {
    return device->path == NULL ? events_fd(device->host.events) : -1;
}

void adapter_wake_by(struct adapter *device, int fd) {
    device->wake_fd = fd;
    device->host.wake_fd = fd;
}

bool adapter_woken(const struct adapter *device) {
    bool ready = false;
    if (device->path == NULL)
        return device->host.skew_ms != 0;
    wait_readable(&device->wake_fd, &ready, 1, 0);
    return ready;
}

bool adapter_refuses(struct adapter *device, const char *output) {
    return device->path == NULL ? output_refuses(&device->host, output) : remote_refuses(device, output);
}

int adapter_establish(const struct invocation *in, struct adapter *device, const char *output, struct link *link) {
    const struct copp_session_config config = {.anchor = &device->anchor, .lists = device->revocation.lists};
    struct copp_verdict verdict = {.detail = ""};
    if (device->path == NULL)
        return link_establish(in, &device->host, output, &device->revocation.lists, link);
    *link = (struct link){.transport = NULL};
    int status = remote_open(in, device, output, &link->transport);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = copp_session_new(&config, link->transport, &link->session);
    if (result != COPP_OK)
        return fail_session(in, output, "session", result, link->session);
    status = link_handshake(in, output, link, &verdict);
    if (verdict.rule == COPP_RULE_CERT_12)
        remote_explain_anchor(device);
    return status;
}
