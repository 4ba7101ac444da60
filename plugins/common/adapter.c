#include "adapter.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/hierarchy.h"
#include "common/hierarchy_opm.h"

struct embedded {
    struct copp_pump pump; /* first: its calls find the rest through it */
    struct copp_sim *sim;
    struct hierarchy hierarchy;
    struct opm_hierarchy opm;
    int give_up_fd;
    bool given_up;
};

/* --- the simulated adapter in this process --- */

static uint64_t pump_now(struct copp_pump *pump) {
    const struct embedded *embedded = (const struct embedded *)(const void *)pump;
    return embedded->given_up ? clock_ms() + COPP_PENDING_LIMIT_MS
                              : clock_ms(); /* what is pending has then waited for long enough */
}

static void pump_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    struct embedded *embedded = (struct embedded *)(void *)pump;
    uint64_t now = clock_ms();
    uint64_t due_ms = copp_sim_deadline_ms(embedded->sim);
    due_ms = due_ms < deadline_ms ? due_ms : deadline_ms;
    struct pollfd end = {.fd = embedded->give_up_fd, .events = POLLIN};
    uint64_t left = due_ms > now ? due_ms - now : 0;
    if (poll(&end, 1, left < 1000 ? (int)left : 1000) > 0)
        embedded->given_up = true;
    copp_sim_dispatch(embedded->sim, pump_now(pump));
}

static const struct copp_pump_ops pump_ops = {.size = sizeof pump_ops, .now_ms = pump_now, .wait = pump_wait};

static enum copp_result make_hierarchies(struct embedded *embedded) {
    static const char *const names[HIERARCHY_KEYS] = {"simulated driver", "simulated IHV", "simulated root"};
    static const char *const opm_names[OPM_HIERARCHY_KEYS] = {"simulated driver", "simulated root"};
    enum copp_result result = hierarchy_make(names, HIERARCHY_SECURITY_LEVEL, &embedded->hierarchy);
    return result == COPP_OK ? opm_hierarchy_make(opm_names, &embedded->opm) : result;
}

static enum copp_result make_sim(struct embedded *embedded) {
    struct copp_private_key *key = embedded->hierarchy.keys[HIERARCHY_LEAF];
    const uint8_t *chain_bytes = (const uint8_t *)embedded->hierarchy.chain_bytes;
    const struct copp_sim_config config = {.size = sizeof config,
                                           .chain_bytes = chain_bytes,
                                           .chain_size = embedded->hierarchy.chain_size,
                                           .key = key,
                                           .now_ms = clock_ms()};
    enum copp_result result = copp_sim_new(&config, &embedded->sim, NULL);
    const struct copp_adapter_config both = {.size = sizeof both,
                                             .chain_bytes = chain_bytes,
                                             .chain_size = embedded->hierarchy.chain_size,
                                             .key = key,
                                             .opm_chain_bytes = embedded->opm.chain_bytes,
                                             .opm_chain_size = embedded->opm.chain_size,
                                             .opm_key = embedded->opm.leaf};
    return result == COPP_OK ? copp_adapter_renew_all(copp_sim_adapter(embedded->sim), &both) : result;
}

/* Whoever asks for a simulated adapter trusts the hierarchy that it makes, by the protocol of the anchor that was given. */
static bool open_embedded(const struct adapter_request *request, struct trust *trust, struct adapter *adapter, char *text,
                          size_t size) {
    struct embedded *embedded = calloc(1, sizeof *embedded);
    adapter->embedded = embedded;
    enum copp_result result = embedded != NULL ? COPP_OK : COPP_E_MEMORY;
    if (embedded != NULL) {
        *embedded = (struct embedded){.pump = {&pump_ops}, .give_up_fd = request->give_up_fd};
        result = make_hierarchies(embedded);
        if (result == COPP_OK)
            result = make_sim(embedded);
    }
    if (result != COPP_OK) {
        snprintf(text, size, "the simulated adapter cannot be made: %s", copp_strerror(result));
        return false;
    }
    trust->anchor = embedded->hierarchy.anchor;
    trust->opm_anchor = embedded->opm.anchor;
    const char *name = request->connector != NULL ? request->connector : copp_sim_name(embedded->sim, 0);
    struct copp_connector *connector = copp_sim_connector(embedded->sim, name);
    const struct copp_device_options options = {.size = sizeof options, .semantics = trust->semantics};
    result = connector != NULL ? copp_local_transport_open_as(connector, &options, &embedded->pump, &adapter->transport)
                               : COPP_E_NOT_FOUND;
    if (result != COPP_OK)
        snprintf(text, size, "%s: not an output of the simulated adapter that can be used: %s", name, copp_strerror(result));
    else
        snprintf(adapter->connector, sizeof adapter->connector, "%s", copp_connector_name(connector));
    return result == COPP_OK;
}

/* --- coppd --- */

/* The names of the connectors at which coppd has a display, with commas; how many there are. The last one's in name. */
static unsigned list_displays(struct copp_socket *coppd, char *name, size_t name_size, char *list, size_t list_size) {
    struct copp_socket_connector connector = {.size = sizeof connector};
    unsigned count = 0;
    size_t used = 0;
    list[0] = '\0';
    for (uint32_t i = 0; copp_socket_connector(coppd, i, &connector) == COPP_OK; i++) {
        if (!connector.plugged)
            continue;
        snprintf(name, name_size, "%s", connector.name);
        int length = snprintf(list + used, list_size - used, "%s%s", count > 0 ? ", " : "", connector.name);
        used = length > 0 && used + (size_t)length < list_size ? used + (size_t)length : used;
        count++;
    }
    return count;
}

/* Whether coppd has a connector of that very name: one with outputs of an X server's or simulated ones names them itself. */
static bool is_listed(struct copp_socket *coppd, const char *name) {
    struct copp_socket_connector connector = {.size = sizeof connector};
    for (uint32_t i = 0; copp_socket_connector(coppd, i, &connector) == COPP_OK; i++) {
        if (strcmp(connector.name, name) == 0)
            return true;
    }
    return false;
}

/* What coppd calls a display that is wanted. The outputs of an X server are called there as the server does. */
static const char *own_name(const char *wanted) {
    static const char randr[] = "randr:";
    return wanted != NULL && strncmp(wanted, randr, sizeof randr - 1) == 0 ? wanted + sizeof randr - 1 : wanted;
}

/* By what the kernel and the displays say, so that a list which somebody has changed cannot lead to another display. */
static bool find_monitor(const char *wanted, char *name, size_t name_size, char *text, size_t size) {
    struct copp_monitor monitor = {.size = sizeof monitor};
    const struct copp_monitor_query query = {.size = sizeof query, .text = wanted};
    char why[COPP_MONITOR_WHY_SIZE];
    enum copp_result result = copp_monitor_choose(NULL, &query, &monitor, why, sizeof why);
    if (result != COPP_OK) {
        snprintf(text, size, "%s: cannot tell which display that is: %s", wanted, *why != '\0' ? why : copp_strerror(result));
        return false;
    }
    snprintf(name, name_size, "%s", monitor.connector);
    return true;
}

/* Without a name only what is not ambiguous is taken. coppd's list is not authenticated: the session's answers are (BIND-7). */
static bool choose(struct copp_socket *coppd, const char *wanted, char *name, size_t name_size, char *text, size_t size) {
    char list[256];
    const char *own = own_name(wanted);
    if (own != NULL && strlen(own) < name_size && is_listed(coppd, own)) {
        snprintf(name, name_size, "%s", own);
        return true;
    }
    if (wanted != NULL && find_monitor(wanted, name, name_size, text, size))
        return true;
    unsigned count = list_displays(coppd, name, name_size, list, sizeof list);
    if (wanted != NULL) {
        name[0] = '\0';
        size_t used = strlen(text);
        if (count > 0 && used < size)
            snprintf(text + used, size - used, "; name one of %s", list);
        return false;
    }
    if (count == 0)
        snprintf(text, size, "coppd has no connector with a display; plug one in, or name the connector");
    else if (count > 1)
        snprintf(text, size, "coppd has several connectors with a display; name one of %s", list);
    if (count != 1)
        name[0] = '\0'; /* none is chosen, so that no message names one */
    return count == 1;
}

bool adapter_is_embedded(const char *device) {
    return device != NULL && strcmp(device, "embedded") == 0;
}

bool adapter_socket_path(const char *device, const char **path) {
    *path = NULL;
    if (device == NULL)
        return true;
    if (strncmp(device, "unix:", 5) != 0)
        return false;
    *path = device + 5;
    return true;
}

static bool open_coppd(const struct adapter_request *request, const char *path, const struct trust *trust,
                       struct adapter *adapter, char *text, size_t size) {
    struct copp_socket *coppd = NULL;
    const struct copp_socket_config config = {
        .size = sizeof config, .path = path, .give_up_fd = &request->give_up_fd, .semantics = trust->semantics};
    enum copp_result result = copp_socket_connect(&config, &coppd);
    if (result != COPP_OK) {
        snprintf(text, size, "%s: coppd cannot be reached: %s; start it, or name its socket",
                 path != NULL ? path : COPP_SOCKET_DEFAULT, copp_strerror(result));
        return false;
    }
    bool good = choose(coppd, request->connector, adapter->connector, sizeof adapter->connector, text, size);
    if (good) {
        result = copp_socket_transport_open(&coppd, adapter->connector, &adapter->transport);
        good = result == COPP_OK;
        const char *reason = copp_socket_disconnect_reason(coppd);
        if (!good)
            snprintf(text, size, "%s: coppd opens no device there: %s%s%s", adapter->connector, copp_strerror(result),
                     *reason != '\0' ? ": " : "", reason);
    }
    copp_socket_close(&coppd);
    return good;
}

/* --- both --- */

bool adapter_open(const struct adapter_request *request, struct trust *trust, struct adapter *adapter, char *text, size_t size) {
    const char *path;
    *adapter = (struct adapter){.transport = NULL};
    if (adapter_is_embedded(request->device))
        return open_embedded(request, trust, adapter, text, size);
    if (adapter_socket_path(request->device, &path))
        return open_coppd(request, path, trust, adapter, text, size);
    snprintf(text, size, "%s: not a device; give unix:PATH or embedded", request->device);
    return false;
}

void adapter_close(struct adapter *adapter) {
    copp_transport_free(&adapter->transport);
    if (adapter->embedded != NULL) {
        copp_sim_free(&adapter->embedded->sim);
        hierarchy_free(&adapter->embedded->hierarchy);
        opm_hierarchy_free(&adapter->embedded->opm);
        free(adapter->embedded);
        adapter->embedded = NULL;
    }
}

void adapter_dispatch(struct adapter *adapter) {
    if (adapter->embedded != NULL)
        copp_sim_dispatch(adapter->embedded->sim, clock_ms());
}

uint64_t adapter_deadline_ms(const struct adapter *adapter) {
    return adapter->embedded != NULL ? copp_sim_deadline_ms(adapter->embedded->sim) : UINT64_MAX;
}
