/* A device: one video session's side of a connector, from open to the session key (SES). */
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "common/sized.h"
#include "copp/handshake.h"
#include "crypto/oaep.h"
#include "device/internal.h"
#include "wire/binding.h"
#include "wire/cursor.h"

/* By which codes a device tells of its commands to whoever does not say so. */
static enum copp_codes command_codes(const struct copp_device *device) {
    return device->semantics == COPP_SEMANTICS_OPM ? COPP_CODES_CONFIGURE : COPP_CODES_COPP;
}

static struct copp_credentials *credentials_for(const struct copp_adapter *adapter, enum copp_semantics semantics) {
    return semantics == COPP_SEMANTICS_OPM ? adapter->opm_credentials : adapter->credentials;
}

/* OPM-INI-6: a key whose operation tells how long the decrypted number is would be the oracle; where nothing is protected it may. */
static bool may_open(const struct copp_connector *connector) {
    return !connector->config.real || copp_private_key_constant_time(connector->adapter->opm_credentials->key);
}

static enum copp_result open_possible(const struct copp_connector *connector, enum copp_semantics semantics) {
    if (semantics != COPP_SEMANTICS_COPP && semantics != COPP_SEMANTICS_OPM)
        return COPP_E_ARGUMENT;
    if (!credentials_for(connector->adapter, semantics))
        return COPP_E_UNSUPPORTED; /* OPM-OUT-4 */
    if (semantics == COPP_SEMANTICS_OPM && !may_open(connector))
        return COPP_E_KEY;
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    return copp_signal_is_single(&state, semantics) ? COPP_OK : COPP_E_UNSUPPORTED_MODE; /* ARB-6, OPM-OUT-6 */
}

/* All that is allocated for a device but the device itself. */
static enum copp_result prepare(struct copp_device *device, const struct copp_connector *connector, const char *name) {
    struct copp_log *log = connector->adapter->log;
    if (!copp_connector_name_set(device->name, name ? name : connector->name))
        return COPP_E_ARGUMENT;
    enum copp_result result = copp_omac_new_logged(&device->omac, log);
    if (!result && device->semantics == COPP_SEMANTICS_OPM)
        result = copp_oaep_new(&device->oaep, log);
    if (result)
        copp_omac_free(&device->omac);
    return result;
}

static enum copp_result open_as(struct copp_connector *connector, enum copp_semantics semantics, const char *name,
                                struct copp_device **device) {
    enum copp_result result = open_possible(connector, semantics);
    if (result)
        return result;
    uint32_t process = copp_process();
    struct copp_device *made = process ? calloc(1, sizeof *made) : NULL;
    if (!made)
        return COPP_E_MEMORY;
    made->process = process;
    made->semantics = semantics;
    result = prepare(made, connector, name);
    if (result) {
        free(made);
        return result;
    }
    made->result = copp_refusal_hresult(COPP_REFUSAL_STATE, command_codes(made));
    made->credentials = copp_credentials_hold(credentials_for(connector->adapter, semantics));
    copp_connector_join(connector, made);
    *device = made;
    return COPP_OK;
}

enum copp_result copp_device_open(struct copp_connector *connector, struct copp_device **device) {
    return copp_device_open_named(connector, NULL, device);
}

enum copp_result copp_device_open_named(struct copp_connector *connector, const char *name, struct copp_device **device) {
    if (!device)
        return COPP_E_ARGUMENT;
    *device = NULL;
    return connector ? open_as(connector, COPP_SEMANTICS_COPP, name, device) : COPP_E_ARGUMENT;
}

enum copp_result copp_device_open_as(struct copp_connector *connector, const struct copp_device_options *options,
                                     struct copp_device **device) {
    struct copp_device_options own;
    if (!device)
        return COPP_E_ARGUMENT;
    *device = NULL;
    if (!connector || !options || !copp_sized_read(options, &own, sizeof own))
        return COPP_E_ARGUMENT;
    return open_as(connector, own.semantics, own.name, device);
}

void copp_device_abandon(struct copp_device *device) {
    if (!device || device->state == COPP_DEVICE_GONE || !copp_device_is_ours(device))
        return;
    copp_connector_leave(device);
    device->state = COPP_DEVICE_GONE; /* OPM-STA-7 */
    device->result = copp_refusal_hresult(COPP_REFUSAL_GONE, command_codes(device));
}

void copp_device_close(struct copp_device **device) {
    if (!device || !*device)
        return;
    copp_connector_leave(*device);
    copp_omac_free(&(*device)->omac);
    copp_oaep_free(&(*device)->oaep);
    copp_credentials_drop((*device)->credentials);
    copp_wipe(*device, sizeof **device);
    free(*device);
    *device = NULL;
}

static uint32_t events_of(const struct copp_device *device) {
    return device->flags | (device->revoked ? COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE : 0);
}

void copp_device_inspect(const struct copp_device *device, struct copp_device_view *view) {
    struct copp_device_view told = {.active = false};
    if (!view)
        return;
    if (device && copp_sized_room(view)) {
        bool opm = device->semantics == COPP_SEMANTICS_OPM;
        told = (struct copp_device_view){.active = device->state == COPP_DEVICE_ACTIVE,
                                         .pending = device->result == COPP_HR_PENDING,
                                         .hdcp = device->level[opm ? COPP_TYPE_OPM_HDCP : COPP_TYPE_HDCP],
                                         .acp = device->level[COPP_TYPE_ACP],
                                         .cgmsa = device->level[COPP_TYPE_CGMSA],
                                         .events = events_of(device),
                                         .semantics = device->semantics,
                                         .dpcp = device->level[COPP_TYPE_DPCP],
                                         .enforcement = device->level[COPP_TYPE_ENFORCEMENT],
                                         .broken = device->broken};
    }
    copp_sized_answer(view, &told, sizeof told, COPP_END_OF(struct copp_device_view, events));
}

/* OPM-INI-1: also under OPM semantics a second StartInitialization is E_UNEXPECTED. */
static uint32_t out_of_order(const struct copp_device *device) {
    bool gone = device->state == COPP_DEVICE_GONE || !copp_device_is_ours(device);
    return copp_refusal_hresult(gone ? COPP_REFUSAL_GONE : COPP_REFUSAL_STATE, gone ? command_codes(device) : COPP_CODES_COPP);
}

uint32_t copp_device_get_certificate_length(struct copp_device *device, uint32_t *length) {
    if (!device || !length)
        return COPP_HR_POINTER;
    if (device->state != COPP_DEVICE_OPENED || !copp_device_is_ours(device))
        return out_of_order(device);
    *length = device->credentials->chain_size;
    device->state = COPP_DEVICE_CERT_LENGTH_RETURNED;
    return COPP_HR_OK;
}

static uint32_t draw_random(struct copp_device *device, uint8_t *random) {
    if (device->state != COPP_DEVICE_CERT_LENGTH_RETURNED || !copp_device_is_ours(device))
        return out_of_order(device);
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
    uint32_t length = 0;
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

static enum copp_result start_session(struct copp_device *device, const struct copp_handshake *handshake) {
    enum copp_result result = copp_omac_set_key(device->omac, handshake->session_key);
    if (result)
        return device->semantics == COPP_SEMANTICS_OPM ? COPP_E_INVALID
                                                       : COPP_E_CRYPTO; /* OPM-INI-8: it comes after the key's operation */
    device->status_sequence = handshake->status_sequence;
    device->command_sequence = handshake->command_sequence;
    device->state = COPP_DEVICE_ACTIVE; /* SES-3: whatever comes now is out of order */
    return COPP_OK;
}

/* COPP_E_INVALID: the wrong secrets, for which the random number is spent (SES-7, SES-8, OPM-INI-6). */
static enum copp_result open_secrets(struct copp_device *device, const struct copp_signature *signature,
                                     struct copp_handshake *handshake) {
    struct copp_private_key *key = device->credentials->key;
    if (device->semantics == COPP_SEMANTICS_OPM)
        return copp_handshake_open_ready(device->oaep, key, signature, device->random, handshake); /* OPM-INI-6 */
    enum copp_result result = copp_handshake_open(key, signature, handshake); /* SES-6 */
    if (result)
        return result;
    return copp_equal(handshake->random, device->random, sizeof device->random) ? COPP_OK : COPP_E_INVALID; /* SES-7 */
}

/* What FinishInitialization answers: one word for every wrong ciphertext (OPM-INI-7), and what no ciphertext has a part in (OPM-INI-8). */
static uint32_t start_answer(const struct copp_device *device, enum copp_result result) {
    if (!result)
        return COPP_HR_OK;
    if (device->semantics != COPP_SEMANTICS_OPM)
        return COPP_HR_UNEXPECTED;
    return result == COPP_E_INVALID ? COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS : COPP_HR_OPM_DRIVER_INTERNAL_ERROR;
}

/* SES-6..8: nothing here is logged, nor in what is called: who sends seals to be opened must learn of one bit alone. */
uint32_t copp_device_sequence_start(struct copp_device *device, const struct copp_signature *signature) {
    if (!device || !signature)
        return COPP_HR_POINTER;
    if (device->state == COPP_DEVICE_GONE || !copp_device_is_ours(device))
        return out_of_order(device);
    if (device->state != COPP_DEVICE_KEY_EXCHANGED || device->random_spent)
        return start_answer(device, COPP_E_INVALID); /* OPM-INI-8, OPM-INI-9 */
    struct copp_handshake handshake;
    enum copp_result result = open_secrets(device, signature, &handshake);
    if (result == COPP_OK)
        result = start_session(device, &handshake);
    if (result == COPP_E_INVALID)
        device->random_spent = true; /* SES-8, OPM-INI-8; a failure inside spends nothing */
    copp_handshake_wipe(&handshake);
    if (result == COPP_OK || result == COPP_E_INVALID)
        copp_oaep_free(&device->oaep); /* there is no second try */
    return start_answer(device, result);
}

enum copp_result copp_device_mac(struct copp_device *device, const uint8_t *message, uint8_t *tag) {
    struct copp_reader in = {message, COPP_MESSAGE_SIZE};
    const uint8_t *mac;
    const uint8_t *rest;
    if (!copp_read_view(&in, &mac, COPP_MAC_SIZE) || !copp_read_view(&in, &rest, COPP_AUTHENTICATED_SIZE))
        return COPP_E_TRUNCATED;
    return copp_omac_tag(device->omac, rest, COPP_AUTHENTICATED_SIZE, tag);
}
