/* A transport to a device in this process. */
#include <stdlib.h>

#include "common/sized.h"
#include "device/internal.h"

struct local_transport {
    struct copp_transport transport;
    struct copp_device *device;
    struct copp_pump *pump;
};

static enum copp_result key_exchange(struct copp_transport *transport, uint8_t *random, const uint8_t **chain, size_t *size,
                                     uint32_t *hresult) {
    struct copp_device *device = ((struct local_transport *)transport)->device;
    const struct copp_adapter *adapter = device->connector->adapter;
    uint32_t length;
    if (!random || !chain || !size) {
        *hresult = COPP_HR_POINTER;
        return COPP_OK;
    }
    *hresult = copp_device_get_certificate_length(device, &length);
    if (*hresult != COPP_HR_OK)
        return COPP_OK;
    *hresult = copp_device_draw_random(device, random);
    if (*hresult == COPP_HR_OK) {
        *chain = adapter->chain; /* which outlives the device */
        *size = adapter->chain_size;
    } else {
        device->state = COPP_DEVICE_OPENED; /* one call makes both steps, or none */
    }
    return COPP_OK;
}

static enum copp_result session_sequence_start(struct copp_transport *transport, const struct copp_signature *signature,
                                               uint32_t *hresult) {
    *hresult = copp_device_sequence_start(((struct local_transport *)transport)->device, signature);
    return COPP_OK;
}

static enum copp_result protection_command(struct copp_transport *transport, const struct copp_command *command,
                                           uint32_t *hresult) {
    struct local_transport *local = (struct local_transport *)transport;
    struct copp_adapter *adapter = local->device->connector->adapter;
    struct copp_pump *pump = local->pump;
    *hresult = copp_device_command(local->device, command, pump ? pump->ops->now_ms(pump) : 0);
    while (*hresult == COPP_HR_PENDING) { /* CMD-6 */
        if (!pump)
            return COPP_E_TRANSPORT; /* nobody lets time pass: how the command ends is unknown */
        pump->ops->wait(pump, copp_adapter_deadline_ms(adapter));
        copp_adapter_dispatch(adapter, pump->ops->now_ms(pump));
        *hresult = copp_device_command_result(local->device);
    }
    return COPP_OK;
}

static enum copp_result protection_status(struct copp_transport *transport, const struct copp_status_input *input,
                                          struct copp_status_output *output, uint32_t *hresult) {
    *hresult = copp_device_status(((struct local_transport *)transport)->device, input, output);
    return COPP_OK;
}

static void free_local(struct copp_transport *transport) {
    struct local_transport *local = (struct local_transport *)transport;
    copp_device_close(&local->device);
    free(local);
}

static const struct copp_transport_ops local_ops = {sizeof local_ops,   key_exchange,      session_sequence_start,
                                                    protection_command, protection_status, free_local};

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
    local->pump = pump;
    *transport = &local->transport;
    return COPP_OK;
}
