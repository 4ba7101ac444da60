/* A transport to a device in this process. */
#include <stdlib.h>

#include "common/call.h"
#include "device/internal.h"
#include "wire/binding.h"

struct local_transport {
    struct copp_transport transport;
    struct copp_connector *connector;
    struct copp_device_options options; /* its name is the one below, or NULL */
    char name[COPP_CONNECTOR_NAME_SIZE];
    struct copp_device *device; /* NULL where reopening has failed */
    struct copp_pump *pump;
};

/* Without a pump no time passes here: no deadline ever does. */
static uint64_t now_ms(struct copp_transport *transport) {
    struct copp_pump *pump = ((struct local_transport *)transport)->pump;
    return pump ? pump->ops->now_ms(pump) : 0;
}

static bool is_opm(const struct copp_transport *transport) {
    return ((const struct local_transport *)transport)->options.semantics == COPP_SEMANTICS_OPM;
}

/* COPP_OK if the call can be made: there is a device, and time is left. What goes beside a message only OPM knows. */
static enum copp_result begin(struct copp_transport *transport, const struct copp_call *given, bool beside,
                              struct copp_call *call) {
    enum copp_result result = copp_call_take(given, call);
    if (result)
        return result;
    if (call->additional_size && !(beside && is_opm(transport)))
        return COPP_E_UNSUPPORTED;
    bool missed = call->deadline_ms == 0 || (call->deadline_ms != COPP_NO_DEADLINE && now_ms(transport) > call->deadline_ms);
    return missed || !((struct local_transport *)transport)->device ? COPP_E_TRANSPORT : COPP_OK;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *given, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct copp_call call;
    enum copp_result result = begin(transport, given, false, &call);
    if (result)
        return result;
    *hresult = copp_device_exchange(((struct local_transport *)transport)->device, random, chain_bytes, chain_size);
    return COPP_OK;
}

static enum copp_result session_sequence_start(struct copp_transport *transport, const struct copp_call *given,
                                               const struct copp_signature *signature, uint32_t *hresult) {
    struct copp_call call;
    enum copp_result result = begin(transport, given, false, &call);
    if (!result)
        *hresult = copp_device_sequence_start(((struct local_transport *)transport)->device, signature);
    return result;
}

static uint32_t command_device(struct local_transport *local, const struct copp_command *command, const struct copp_call *call) {
    uint64_t now = now_ms(&local->transport);
    if (!is_opm(&local->transport))
        return copp_device_command(local->device, command, now);
    return copp_device_configure(local->device, command, call->additional, call->additional_size, now);
}

static enum copp_result protection_command(struct copp_transport *transport, const struct copp_call *given,
                                           const struct copp_command *command, uint32_t *hresult) {
    struct copp_call call;
    enum copp_result result = begin(transport, given, true, &call);
    if (result)
        return result;
    struct local_transport *local = (struct local_transport *)transport;
    struct copp_adapter *adapter = local->connector->adapter;
    struct copp_pump *pump = local->pump;
    *hresult = command_device(local, command, &call);
    while (*hresult == COPP_HR_PENDING) { /* CMD-6 */
        if (!pump || now_ms(transport) >= call.deadline_ms)
            return COPP_E_TRANSPORT; /* nobody lets time pass, or there is none left: how the command ends is unknown */
        uint64_t due_ms = copp_adapter_deadline_ms(adapter);
        pump->ops->wait(pump, due_ms < call.deadline_ms ? due_ms : call.deadline_ms);
        copp_adapter_dispatch(adapter, now_ms(transport));
        *hresult = copp_device_command_result(local->device);
    }
    return COPP_OK;
}

/* Under OPM semantics the request's MAC comes beside it (OPM-WIRE-1). */
static enum copp_result protection_status(struct copp_transport *transport, const struct copp_call *given,
                                          const struct copp_status_input *input, struct copp_status_output *output,
                                          uint32_t *hresult) {
    struct copp_call call;
    enum copp_result result = begin(transport, given, true, &call);
    if (result)
        return result;
    struct copp_device *device = ((struct local_transport *)transport)->device;
    if (is_opm(transport) && call.additional_size != COPP_MAC_SIZE)
        return COPP_E_ARGUMENT;
    *hresult = is_opm(transport) ? copp_device_get_information(device, call.additional, input, output)
                                 : copp_device_status(device, input, output);
    return COPP_OK;
}

static void free_local(struct copp_transport *transport) {
    struct local_transport *local = (struct local_transport *)transport;
    copp_device_close(&local->device);
    free(local);
}

static void info(const struct copp_transport *transport, struct copp_transport_info *info) {
    info->semantics = ((const struct local_transport *)transport)->options.semantics;
    info->pending_limit_ms = ((const struct local_transport *)transport)->connector->adapter->pending_limit_ms;
}

static enum copp_result reopen(struct copp_transport *transport) {
    struct local_transport *local = (struct local_transport *)transport;
    copp_device_close(&local->device); /* EVT-5: first, so that the new one finds nothing held */
    return copp_device_open_as(local->connector, &local->options, &local->device);
}

static void wait(struct copp_transport *transport, uint64_t deadline_ms) {
    struct local_transport *local = (struct local_transport *)transport;
    if (!local->pump)
        return;
    local->pump->ops->wait(local->pump, deadline_ms);
    copp_adapter_dispatch(local->connector->adapter, now_ms(transport));
}

static const struct copp_transport_ops local_ops = {.size = sizeof local_ops,
                                                    .key_exchange = key_exchange,
                                                    .session_sequence_start = session_sequence_start,
                                                    .protection_command = protection_command,
                                                    .protection_status = protection_status,
                                                    .free = free_local,
                                                    .now_ms = now_ms,
                                                    .info = info,
                                                    .reopen = reopen,
                                                    .wait = wait};

/* The options that a new device is opened with, also when the transport is reopened. */
static bool keep_options(struct local_transport *local, const struct copp_device_options *options) {
    local->options = *options;
    local->options.name = options->name ? local->name : NULL;
    return copp_connector_name_set(local->name, options->name);
}

/* options are of the size that is known here. */
static enum copp_result open_local(struct copp_connector *connector, const struct copp_device_options *options,
                                   struct copp_pump *pump, struct copp_transport **transport) {
    if (!transport)
        return COPP_E_ARGUMENT;
    *transport = NULL;
    if (pump && !(COPP_HAS_OP(pump->ops, now_ms) && COPP_HAS_OP(pump->ops, wait)))
        return COPP_E_ARGUMENT;
    struct local_transport *local = calloc(1, sizeof *local);
    if (!local)
        return COPP_E_MEMORY;
    enum copp_result result = COPP_E_ARGUMENT;
    if (keep_options(local, options))
        result = copp_device_open_as(connector, &local->options, &local->device);
    if (result) {
        free(local);
        return result;
    }
    local->transport.ops = &local_ops;
    local->connector = connector;
    local->pump = pump;
    *transport = &local->transport;
    return COPP_OK;
}

enum copp_result copp_local_transport_open_as(struct copp_connector *connector, const struct copp_device_options *options,
                                              struct copp_pump *pump, struct copp_transport **transport) {
    struct copp_device_options own;
    if (transport)
        *transport = NULL;
    if (!options || !copp_sized_read(options, &own, sizeof own))
        return COPP_E_ARGUMENT;
    return open_local(connector, &own, pump, transport);
}

enum copp_result copp_local_transport_open(struct copp_connector *connector, struct copp_pump *pump,
                                           struct copp_transport **transport) {
    const struct copp_device_options options = {.size = sizeof options, .semantics = COPP_SEMANTICS_COPP};
    return open_local(connector, &options, pump, transport);
}
