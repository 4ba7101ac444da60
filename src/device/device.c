/* A device: one video session's side of a connector, from open to the session key (SES). */
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "common/sized.h"
#include "copp/handshake.h"
#include "crypto/crypto.h"
#include "device/internal.h"
#include "wire/binding.h"
#include "wire/cursor.h"

enum copp_result copp_device_open(struct copp_connector *connector, struct copp_device **device) {
    return copp_device_open_named(connector, NULL, device);
}

enum copp_result copp_device_open_named(struct copp_connector *connector, const char *name, struct copp_device **device) {
    if (!device)
        return COPP_E_ARGUMENT;
    *device = NULL;
    if (!connector)
        return COPP_E_ARGUMENT;
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    if (!copp_signal_is_single(&state))
        return COPP_E_UNSUPPORTED_MODE; /* ARB-6 */
    uint32_t process = copp_process();
    struct copp_device *made = process ? calloc(1, sizeof *made) : NULL;
    if (!made)
        return COPP_E_MEMORY;
    made->process = process;
    enum copp_result result = COPP_E_ARGUMENT;
    if (copp_connector_name_set(made->name, name ? name : connector->name))
        result = copp_omac_new_logged(&made->omac, connector->adapter->log);
    if (result) {
        free(made);
        return result;
    }
    made->result = COPP_HR_UNEXPECTED;
    made->credentials = copp_credentials_hold(connector->adapter->credentials);
    copp_connector_join(connector, made);
    *device = made;
    return COPP_OK;
}

void copp_device_close(struct copp_device **device) {
    if (!device || !*device)
        return;
    copp_connector_leave(*device);
    copp_omac_free(&(*device)->omac);
    copp_credentials_drop((*device)->credentials);
    copp_wipe(*device, sizeof **device);
    free(*device);
    *device = NULL;
}

void copp_device_inspect(const struct copp_device *device, struct copp_device_view *view) {
    struct copp_device_view told = {.active = false};
    if (!view)
        return;
    if (device && copp_sized_room(view))
        told = (struct copp_device_view){.active = device->state == COPP_DEVICE_ACTIVE,
                                         .pending = device->result == COPP_HR_PENDING,
                                         .hdcp = device->level[COPP_TYPE_HDCP],
                                         .acp = device->level[COPP_TYPE_ACP],
                                         .cgmsa = device->level[COPP_TYPE_CGMSA],
                                         .events = device->flags};
    copp_sized_answer(view, &told, sizeof told, COPP_END_OF(struct copp_device_view, events));
}

uint32_t copp_device_get_certificate_length(struct copp_device *device, uint32_t *length) {
    if (!device || !length)
        return COPP_HR_POINTER;
    if (device->state != COPP_DEVICE_OPENED || !copp_device_is_ours(device))
        return COPP_HR_UNEXPECTED;
    *length = device->credentials->chain_size;
    device->state = COPP_DEVICE_CERT_LENGTH_RETURNED;
    return COPP_HR_OK;
}

static uint32_t draw_random(struct copp_device *device, uint8_t *random) {
    if (device->state != COPP_DEVICE_CERT_LENGTH_RETURNED || !copp_device_is_ours(device))
        return COPP_HR_UNEXPECTED;
    const struct copp_adapter *adapter = device->connector->adapter;
    if (copp_random_fill(adapter->random, device->random, sizeof device->random, adapter->log)) {
        copp_wipe(device->random, sizeof device->random);
        return COPP_HR_UNEXPECTED;
    }
    memcpy(random, device->random, sizeof device->random); /* SES-2 */
    device->state = COPP_DEVICE_KEY_EXCHANGED;
    return COPP_HR_OK;
}

uint32_t copp_device_key_exchange(struct copp_device *device, uint8_t *random, uint8_t *chain_bytes) {
    if (!device || !random || !chain_bytes)
        return COPP_HR_POINTER;
    uint32_t hresult = draw_random(device, random);
    if (hresult == COPP_HR_OK)
        memcpy(chain_bytes, device->credentials->chain_bytes, device->credentials->chain_size);
    return hresult;
}

uint32_t copp_device_exchange(struct copp_device *device, uint8_t *random, const uint8_t **chain_bytes, size_t *chain_size) {
    uint32_t length;
    if (chain_bytes)
        *chain_bytes = NULL;
    if (chain_size)
        *chain_size = 0;
    if (!device || !random || !chain_bytes || !chain_size)
        return COPP_HR_POINTER;
    uint32_t hresult = copp_device_get_certificate_length(device, &length);
    if (hresult != COPP_HR_OK)
        return hresult;
    hresult = draw_random(device, random);
    if (hresult == COPP_HR_OK) {
        *chain_bytes = device->credentials->chain_bytes;
        *chain_size = length;
    } else {
        device->state = COPP_DEVICE_OPENED;
    }
    return hresult;
}

static uint32_t start_session(struct copp_device *device, const struct copp_handshake *handshake) {
    if (!copp_equal(handshake->random, device->random, sizeof device->random)) { /* SES-7 */
        device->random_spent = true; /* SES-8 */
        return COPP_HR_UNEXPECTED;
    }
    if (copp_omac_set_key(device->omac, handshake->session_key))
        return COPP_HR_UNEXPECTED;
    device->status_sequence = handshake->status_sequence;
    device->command_sequence = handshake->command_sequence;
    device->state = COPP_DEVICE_ACTIVE; /* SES-3: whatever comes now is out of order */
    return COPP_HR_OK;
}

/* SES-6..8: nothing here is logged, nor in what is called: who sends seals to be opened must learn of one bit alone. */
uint32_t copp_device_sequence_start(struct copp_device *device, const struct copp_signature *signature) {
    if (!device || !signature)
        return COPP_HR_POINTER;
    if (device->state != COPP_DEVICE_KEY_EXCHANGED || device->random_spent || !copp_device_is_ours(device))
        return COPP_HR_UNEXPECTED;
    struct copp_handshake handshake;
    enum copp_result result = copp_handshake_open(device->credentials->key, signature, &handshake); /* SES-6 */
    uint32_t hresult = COPP_HR_UNEXPECTED;
    if (result == COPP_OK)
        hresult = start_session(device, &handshake);
    else if (result == COPP_E_INVALID)
        device->random_spent = true; /* SES-8: not below the modulus; a failure inside spends nothing */
    copp_handshake_wipe(&handshake);
    return hresult;
}

enum copp_result copp_device_mac(struct copp_device *device, const uint8_t *message, uint8_t *tag) {
    struct copp_reader in = {message, COPP_MESSAGE_SIZE};
    const uint8_t *mac;
    const uint8_t *rest;
    if (!copp_read_view(&in, &mac, COPP_MAC_SIZE) || !copp_read_view(&in, &rest, COPP_AUTHENTICATED_SIZE))
        return COPP_E_TRUNCATED;
    return copp_omac_tag(device->omac, rest, COPP_AUTHENTICATED_SIZE, tag);
}
