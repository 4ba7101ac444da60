#include "device.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys.h"
#include "report.h"

#define UNIX_PREFIX "unix:"
#define EMBEDDED "embedded"
#define OUTPUTS_MAX 1024u /* a daemon that goes on telling names is not one */

/* Where to go: *path is NULL for the embedded adapter. */
static int choose(const struct invocation *in, const struct device_options *o, const char **path) {
    const char *name = o->device;
    *path = NULL;
    if (name == NULL && (o->adapter != NULL || o->events != NULL))
        return STATUS_YES;
    if (name == NULL)
        name = getenv("COPP_DEVICE");
    if (name == NULL || name[0] == '\0') {
        *path = access(COPP_SOCKET_DEFAULT, F_OK) == 0 ? COPP_SOCKET_DEFAULT : NULL;
        return STATUS_YES;
    }
    if (strcmp(name, EMBEDDED) == 0)
        return STATUS_YES;
    if (strncmp(name, UNIX_PREFIX, strlen(UNIX_PREFIX)) != 0 || name[strlen(UNIX_PREFIX)] == '\0')
        return fail(in, STATUS_UNKNOWN, name, "is no device: give unix:PATH or embedded");
    if (o->adapter != NULL || o->events != NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "--adapter and --events are for the embedded adapter: they do not go with %s",
                    name);
    *path = name + strlen(UNIX_PREFIX);
    return STATUS_YES;
}

int device_fail(const struct invocation *in, const struct device *device, const struct copp_socket *connection,
                enum copp_result result) {
    const char *farewell = copp_socket_farewell(connection);
    if (farewell[0] != '\0')
        return fail(in, STATUS_UNKNOWN, device->path, "%s", farewell);
    if (result == COPP_E_NOT_FOUND)
        return fail(in, STATUS_UNKNOWN, device->path, "no coppd listens there: start it, or give --device embedded");
    if (result == COPP_E_TRANSPORT)
        return fail(in, STATUS_UNKNOWN, device->path, "coppd does not answer");
    return fail_result(in, device->path, result);
}

enum copp_result device_connect(const struct device *device, struct copp_socket **connection) {
    const struct copp_socket_config config = {.path = device->path, .give_up_fd = device->wake_fd >= 0 ? &device->wake_fd : NULL};
    return copp_socket_connect(&config, connection);
}

/* What outputs there are. */
static int read_names(const struct invocation *in, struct device *device) {
    struct copp_socket *connection = NULL;
    struct copp_socket_connector told;
    enum copp_result result = device_connect(device, &connection);
    while (result == COPP_OK && device->count < OUTPUTS_MAX) {
        result = copp_socket_connector(connection, (uint32_t)device->count, &told);
        if (result != COPP_OK)
            break;
        void *more = realloc(device->names, (device->count + 1) * sizeof *device->names);
        if (more == NULL) {
            result = COPP_E_MEMORY;
            break;
        }
        device->names = more;
        memcpy(device->names[device->count++], told.name, sizeof told.name);
    }
    bool all = connection != NULL && (result == COPP_OK || result == COPP_E_NOT_FOUND);
    int status = all ? STATUS_YES : device_fail(in, device, connection, result);
    copp_socket_close(&connection);
    return status;
}

int device_find(const struct invocation *in, const struct device_options *options, bool follow, struct device *device) {
    *device = (struct device){.wake_fd = -1, .host = {.wake_fd = -1}};
    int status = choose(in, options, &device->path);
    if (status != STATUS_YES || device->path != NULL)
        return status;
    return embedded_open(in, options->adapter, options->events, follow, &device->host);
}

int device_open(const struct invocation *in, const struct device_options *options, bool follow, struct device *device) {
    int status = device_find(in, options, follow, device);
    if (status != STATUS_YES || device->path == NULL)
        return status;
    status = read_anchor(in, options->anchor != NULL ? options->anchor : getenv("COPP_ANCHOR"), &device->anchor);
    return status == STATUS_YES ? read_names(in, device) : status;
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
    struct pollfd wake = {.fd = device->wake_fd, .events = POLLIN};
    return device->path == NULL ? device->host.skew_ms != 0 : poll(&wake, 1, 0) == 1;
}

bool device_refuses(struct device *device, const char *output) {
    struct copp_socket *connection = NULL;
    struct copp_transport *transport = NULL;
    if (device->path == NULL)
        return output_refuses(&device->host, output);
    enum copp_result result = device_connect(device, &connection);
    if (result == COPP_OK)
        result = copp_socket_transport_open(&connection, output, &transport);
    copp_transport_free(&transport);
    copp_socket_close(&connection);
    return result == COPP_E_UNSUPPORTED_MODE;
}

static enum copp_result open_remote(const struct invocation *in, struct device *device, const char *output,
                                    const struct copp_srm *srm, struct link *link, int *status) {
    const struct copp_session_config config = {.anchor = &device->anchor, .srm = srm};
    struct copp_socket *connection = NULL;
    enum copp_result result = device_connect(device, &connection);
    bool connected = result == COPP_OK;
    if (connected)
        result = copp_socket_transport_open(&connection, output, &link->transport);
    if (connected && result == COPP_E_NOT_FOUND)
        *status = fail(in, STATUS_UNKNOWN, output, "is no output of this adapter (see copp status)");
    else if (result == COPP_E_REFUSED || result == COPP_E_UNSUPPORTED_MODE)
        *status = fail_result(in, output, result);
    else if (result != COPP_OK)
        *status = device_fail(in, device, connection, result);
    copp_socket_close(&connection);
    return result == COPP_OK ? copp_session_new(&config, link->transport, &link->session) : result;
}

int device_establish(const struct invocation *in, struct device *device, const char *output, const struct copp_srm *srm,
                     struct link *link) {
    struct copp_verdict verdict = {.detail = ""};
    int status = STATUS_YES;
    if (device->path == NULL)
        return link_establish(in, &device->host, output, srm, link);
    *link = (struct link){.transport = NULL};
    enum copp_result result = open_remote(in, device, output, srm, link, &status);
    if (status != STATUS_YES)
        return status;
    if (result == COPP_OK)
        result = copp_session_establish(link->session, &verdict);
    if (result == COPP_OK)
        return STATUS_YES;
    if (link->session == NULL)
        return fail_result(in, output, result);
    if (result != COPP_E_INVALID && result != COPP_E_REVOKED)
        return fail_session(in, output, "handshake", result, link->session);
    status = fail_verdict(in, STATUS_NO, output, COLLECTION_CHAIN, &verdict);
    if (verdict.rule == COPP_RULE_CERT_12)
        complain("%s: name whom coppd's chain leads to with --anchor or COPP_ANCHOR; for its own test hierarchy that is "
                 "test-driver/anchor.b64 in its state directory",
                 device->path);
    return status;
}
