/* A transport to a device in this process. */
#include <stdlib.h>

#include "common/call.h"
#include "device/internal.h"

struct local_transport {
    struct copp_transport transport;
    struct copp_connector *connector;
    struct copp_device *device; /* NULL where reopening has failed */
    struct copp_pump *pump;
};

/* Without a pump no time passes here: no deadline ever does. */
static uint64_t now_ms(struct copp_transport *transport) {
    struct copp_pump *pump = ((struct local_transport *)transport)->pump;
    return pump ? pump->ops->now_ms(pump) : 0;
}

/* COPP_OK if the call can be made: there is a device, and time is left. */
static enum copp_result begin(struct copp_transport *transport, const struct copp_call *call, uint64_t *deadline_ms) {
    enum copp_result result = copp_call_read(call, deadline_ms);
    if (result)
        return result;
    bool missed = *deadline_ms == 0 || (*deadline_ms != COPP_NO_DEADLINE && now_ms(transport) > *deadline_ms);
    return missed || !((struct local_transport *)transport)->device ? COPP_E_TRANSPORT : COPP_OK;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    uint64_t deadline_ms;
    enum copp_result result = begin(transport, call, &deadline_ms);
    if (result)
        return result;
    *hresult = copp_device_exchange(((struct local_transport *)transport)->device, random, chain_bytes, chain_size);
    return COPP_OK;
}

static enum copp_result session_sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                               const struct copp_signature *signature, uint32_t *hresult) {
    uint64_t deadline_ms;
    enum copp_result result = begin(transport, call, &deadline_ms);
    if (!result)
        *hresult = copp_device_sequence_start(((struct local_transport *)transport)->device, signature);
    return result;
}

static enum copp_result protection_command(struct copp_transport *transport, const struct copp_call *call,
                                           const struct copp_command *command, uint32_t *hresult) {
    uint64_t deadline_ms;
    enum copp_result result = begin(transport, call, &deadline_ms);
    if (result)
        return result;
    struct local_transport *local = (struct local_transport *)transport;
    struct copp_adapter *adapter = local->device->connector->adapter;
    struct copp_pump *pump = local->pump;
    *hresult = copp_device_command(local->device, command, now_ms(transport));
    while (*hresult == COPP_HR_PENDING) { /* CMD-6 */
        if (!pump || now_ms(transport) >= deadline_ms)
            return COPP_E_TRANSPORT; /* nobody lets time pass, or there is none left: how the command ends is unknown */
        uint64_t due_ms = copp_adapter_deadline_ms(adapter);
        pump->ops->wait(pump, due_ms < deadline_ms ? due_ms : deadline_ms);
        copp_adapter_dispatch(adapter, now_ms(transport));
        *hresult = copp_device_command_result(local->device);
    }
    return COPP_OK;
}

static enum copp_result protection_status(struct copp_transport *transport, const struct copp_call *call,
                                          const struct copp_status_input *input, struct copp_status_output *output,
                                          uint32_t *hresult) {
    uint64_t deadline_ms;
    enum copp_result result = begin(transport, call, &deadline_ms);
    if (!result)
        *hresult = copp_device_status(((struct local_transport *)transport)->device, input, output);
    return result;
}

static void free_local(struct copp_transport *transport) {
    struct local_transport *local = (struct local_transport *)transport;
    copp_device_close(&local->device);
    free(local);
}

static void info(const struct copp_transport *transport, struct copp_transport_info *info) {
    info->semantics = COPP_SEMANTICS_COPP;
    info->pending_limit_ms = ((const struct local_transport *)transport)->connector->adapter->pending_limit_ms;
}

static enum copp_result reopen(struct copp_transport *transport) {
    struct local_transport *local = (struct local_transport *)transport;
    copp_device_close(&local->device); /* EVT-5: first, so that the new one finds nothing held */
    return copp_device_open(local->connector, &local->device);
}

static const struct copp_transport_ops local_ops = {.size = sizeof local_ops,
                                                    .key_exchange = key_exchange,
                                                    .session_sequence_start = session_sequence_start,
                                                    .protection_command = protection_command,
                                                    .protection_status = protection_status,
                                                    .free = free_local,
                                                    .now_ms = now_ms,
                                                    .info = info,
                                                    .reopen = reopen};

enum copp_result copp_local_transport_open(struct copp_connector *connector, struct copp_pump *pump,
                                           struct copp_transport **transport) {
    if (!transport)
        return COPP_E_ARGUMENT;
    *transport = NULL;
    if (pump && !(COPP_HAS_OP(pump->ops, now_ms) && COPP_HAS_OP(pump->ops, wait)))
        return COPP_E_ARGUMENT;
    struct local_transport *local = calloc(1, sizeof *local);
    if (!local)
        return COPP_E_MEMORY;
    enum copp_result result = copp_device_open(connector, &local->device);
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
