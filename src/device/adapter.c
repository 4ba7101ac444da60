/* An adapter, and how connectors come to it. */
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "common/sized.h"
#include "crypto/crypto.h"
#include "device/internal.h"
#include "wire/binding.h"

static bool credentials_possible(const uint8_t *chain_bytes, size_t chain_size, const struct copp_private_key *key) {
    return chain_bytes && chain_size > 0 && chain_size <= UINT32_MAX && key && COPP_HAS_OP(key->ops, decrypt_raw);
}

/* Whether a chain and its key are left out altogether. */
static bool credentials_missing(const uint8_t *chain_bytes, size_t chain_size, const struct copp_private_key *key) {
    return !chain_bytes && !chain_size && !key;
}

static bool adapter_possible(const struct copp_adapter_config *config) {
    bool no_copp = credentials_missing(config->chain_bytes, config->chain_size, config->key);
    bool no_opm = credentials_missing(config->opm_chain_bytes, config->opm_chain_size, config->opm_key);
    return !(no_copp && no_opm) && (no_copp || credentials_possible(config->chain_bytes, config->chain_size, config->key)) &&
           (no_opm || credentials_possible(config->opm_chain_bytes, config->opm_chain_size, config->opm_key)) &&
           (!config->random || COPP_HAS_OP(config->random->ops, fill));
}

/* OPM-CERT-11: COPP's device decrypts without looking at a padding, for whoever asks. Keys that we cannot compare may be the same. */
static bool keys_differ(struct copp_private_key *copp, struct copp_private_key *opm) {
    bool same = true;
    return !copp || !opm || (!copp_private_keys_same(copp, opm, &same) && !same);
}

/* With one holder; NULL without memory. */
static struct copp_credentials *credentials_new(const uint8_t *chain_bytes, size_t chain_size, struct copp_private_key *key) {
    bool fits = chain_size <= SIZE_MAX - sizeof(struct copp_credentials);
    struct copp_credentials *made = fits ? malloc(sizeof *made + chain_size) : NULL;
    if (!made)
        return NULL;
    made->holders = 1;
    made->key = key;
    made->chain_size = (uint32_t)chain_size;
    memcpy(made->chain_bytes, chain_bytes, chain_size);
    return made;
}

struct copp_credentials *copp_credentials_hold(struct copp_credentials *credentials) {
    credentials->holders++;
    return credentials;
}

void copp_credentials_drop(struct copp_credentials *credentials) {
    if (credentials && --credentials->holders == 0)
        free(credentials);
}

/* Both kinds, or none of them without memory. */
static bool take_credentials(struct copp_adapter *adapter, const struct copp_adapter_config *config) {
    if (config->key)
        adapter->credentials = credentials_new(config->chain_bytes, config->chain_size, config->key);
    if (config->opm_key)
        adapter->opm_credentials = credentials_new(config->opm_chain_bytes, config->opm_chain_size, config->opm_key);
    if ((!config->key || adapter->credentials) && (!config->opm_key || adapter->opm_credentials))
        return true;
    copp_credentials_drop(adapter->credentials);
    copp_credentials_drop(adapter->opm_credentials);
    return false;
}

enum copp_result copp_adapter_new(const struct copp_adapter_config *config, struct copp_adapter **adapter) {
    if (!adapter)
        return COPP_E_ARGUMENT;
    *adapter = NULL;
    struct copp_adapter_config own;
    if (!config || !copp_sized_read(config, &own, sizeof own) || !adapter_possible(&own))
        return COPP_E_ARGUMENT;
    if (!keys_differ(own.key, own.opm_key))
        return COPP_E_KEY;
    struct copp_adapter *made = calloc(1, sizeof *made);
    uint32_t process = copp_process();
    if (!made || !process || !take_credentials(made, &own)) {
        free(made);
        return COPP_E_MEMORY;
    }
    made->process = process;
    made->random = own.random;
    made->unbound = own.unbound;
    made->log = own.log;
    made->pending_limit_ms = own.pending_limit_ms ? own.pending_limit_ms : COPP_PENDING_LIMIT_MS;
    *adapter = made;
    return COPP_OK;
}

/* Puts others in the place of *credentials, whose key must not be the other semantics'. */
static enum copp_result renew(struct copp_credentials **credentials, const struct copp_credentials *others,
                              const uint8_t *chain_bytes, size_t chain_size, struct copp_private_key *key) {
    if (!credentials_possible(chain_bytes, chain_size, key))
        return COPP_E_ARGUMENT;
    if (!keys_differ(key, others ? others->key : NULL))
        return COPP_E_KEY;
    struct copp_credentials *made = credentials_new(chain_bytes, chain_size, key);
    if (!made)
        return COPP_E_MEMORY;
    copp_credentials_drop(*credentials);
    *credentials = made;
    return COPP_OK;
}

enum copp_result copp_adapter_renew(struct copp_adapter *adapter, const uint8_t *chain_bytes, size_t chain_size,
                                    struct copp_private_key *key) {
    if (!adapter)
        return COPP_E_ARGUMENT;
    return renew(&adapter->credentials, adapter->opm_credentials, chain_bytes, chain_size, key);
}

enum copp_result copp_adapter_renew_opm(struct copp_adapter *adapter, const uint8_t *chain_bytes, size_t chain_size,
                                        struct copp_private_key *key) {
    if (!adapter)
        return COPP_E_ARGUMENT;
    return renew(&adapter->opm_credentials, adapter->credentials, chain_bytes, chain_size, key);
}

enum copp_result copp_adapter_renew_all(struct copp_adapter *adapter, const struct copp_adapter_config *config) {
    struct copp_adapter_config own;
    struct copp_adapter others = {.credentials = NULL};
    if (!adapter || !config || !copp_sized_read(config, &own, sizeof own))
        return COPP_E_ARGUMENT;
    own.random = NULL;
    if (!adapter_possible(&own))
        return COPP_E_ARGUMENT;
    if (!keys_differ(own.key, own.opm_key))
        return COPP_E_KEY;
    if (!take_credentials(&others, &own))
        return COPP_E_MEMORY;
    copp_credentials_drop(adapter->credentials);
    copp_credentials_drop(adapter->opm_credentials);
    adapter->credentials = others.credentials;
    adapter->opm_credentials = others.opm_credentials;
    return COPP_OK;
}

void copp_adapter_free(struct copp_adapter **adapter) {
    if (!adapter || !*adapter)
        return;
    for (struct copp_connector *connector = (*adapter)->connectors; connector;) {
        struct copp_connector *next = connector->next;
        if ((*adapter)->process == copp_process())
            copp_connector_cancel_pending(connector); /* else the output would answer to a connector that is gone */
        free(connector);
        connector = next;
    }
    copp_credentials_drop((*adapter)->credentials);
    copp_credentials_drop((*adapter)->opm_credentials);
    copp_srm_store_free(&(*adapter)->srms);
    free(*adapter);
    *adapter = NULL;
}

static bool is_one_bit(uint32_t word) {
    return word && !(word & (word - 1));
}

static bool type_exists(uint32_t type, uint32_t flag, uint32_t last) {
    return (type & ~flag) <= last;
}

/* OPM-CONST-1 */
static bool bus_can_be(uint32_t bus) {
    uint32_t type = bus & COPP_OPM_BUS_TYPE_MASK;
    uint32_t modifier = bus & COPP_OPM_BUS_MODIFIER_MASK;
    if (type > COPP_BUS_AGP || modifier > COPP_OPM_BUS_DAUGHTER_BOARD_ENCLOSED)
        return false;
    return modifier == COPP_OPM_BUS_IN_CHIPSET ? type == COPP_BUS_UNKNOWN : modifier || !(bus & COPP_OPM_BUS_NON_STANDARD);
}

/* OPM-HDCP-2, OPM-HDCP-3, OPM-GET-10 */
static bool opm_can_be(const struct copp_connector_config *config) {
    uint32_t kind = config->connector_type & ~COPP_CONNECTOR_INTERNAL;
    return (!config->type1 || config->protection_types & COPP_PROTECTION_TYPE_HDCP) &&
           (!config->dpcp || kind == COPP_CONNECTOR_DISPLAYPORT_EXTERNAL) &&
           config->dvi_version <= (kind == COPP_CONNECTOR_DVI ? COPP_DVI_VERSION_1_1 : 0) && bus_can_be(config->opm_bus_type);
}

static bool can_be(const struct copp_connector_config *config) {
    const struct copp_output *output = config->output;
    if (!output || !output->ops || !copp_sized_known(output->ops, sizeof *output->ops) || !COPP_HAS_OP(output->ops, state) ||
        !COPP_HAS_OP(output->ops, apply) || !COPP_HAS_OP(output->ops, cancel))
        return false;
    if (config->connector_type != COPP_CONNECTOR_UNKNOWN && !copp_connector_is_opm_only(config->connector_type) &&
        !type_exists(config->connector_type, COPP_CONNECTOR_INTERNAL, COPP_CONNECTOR_UDI_EMBEDDED))
        return false;
    if (!type_exists(config->bus_type, COPP_BUS_INTEGRATED, COPP_BUS_AGP))
        return false;
    if (!opm_can_be(config) || config->protection_types & ~COPP_ALL_TYPES || config->tv_standards & ~COPP_TV_STANDARD_MASK)
        return false;
    return config->default_standard == COPP_TV_STANDARD_NONE ||
           (is_one_bit(config->default_standard) && (config->default_standard & config->tv_standards));
}

static bool id_taken(const struct copp_adapter *adapter, uint64_t id) {
    const struct copp_connector *connector = adapter->connectors;
    while (connector && connector->config.output_id != id)
        connector = connector->next;
    return connector;
}

/* OPM-GET-10: the same after the next start, for a connector of the same name. It is FNV-1a's 64-bit hash. */
static uint64_t id_of_name(const struct copp_adapter *adapter, const char *name) {
    uint64_t id = 0xCBF29CE484222325u;
    for (; *name; name++)
        id = (id ^ (uint8_t)*name) * 0x100000001B3u;
    while (id == 0 || id_taken(adapter, id))
        id++;
    return id;
}

enum copp_result copp_connector_add(struct copp_adapter *adapter, const struct copp_connector_config *config,
                                    struct copp_connector **connector) {
    if (!connector)
        return COPP_E_ARGUMENT;
    *connector = NULL;
    struct copp_connector_config own;
    if (!adapter || !config || !copp_sized_read(config, &own, sizeof own) || !can_be(&own))
        return COPP_E_ARGUMENT;
    struct copp_connector *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    if (!copp_connector_name_set(made->name, own.name) || (own.output_id && id_taken(adapter, own.output_id))) {
        free(made);
        return COPP_E_ARGUMENT;
    }
    made->config = own;
    made->config.name = made->name;
    made->config.output_id = own.output_id ? own.output_id : id_of_name(adapter, made->name);
    made->adapter = adapter;
    made->signaling.standard = own.default_standard;
    made->applied.tv_standard = own.default_standard;
    made->reassert = true; /* ARB-4: whatever a driver before this one has left on must go */
    made->next = adapter->connectors;
    adapter->connectors = made;
    *connector = made;
    return COPP_OK;
}

enum copp_result copp_adapter_chain(const struct copp_adapter *adapter, enum copp_semantics semantics, const uint8_t **bytes,
                                    size_t *size) {
    if (bytes)
        *bytes = NULL;
    if (size)
        *size = 0;
    if (!adapter || !bytes || !size || (semantics != COPP_SEMANTICS_COPP && semantics != COPP_SEMANTICS_OPM))
        return COPP_E_ARGUMENT;
    const struct copp_credentials *credentials =
        semantics == COPP_SEMANTICS_OPM ? adapter->opm_credentials : adapter->credentials;
    if (!credentials)
        return COPP_E_UNSUPPORTED;
    *bytes = credentials->chain_bytes;
    *size = credentials->chain_size;
    return COPP_OK;
}

void copp_adapter_dispatch(struct copp_adapter *adapter, uint64_t now_ms) {
    if (!adapter)
        return;
    for (struct copp_connector *connector = adapter->connectors; connector; connector = connector->next)
        copp_connector_dispatch(connector, now_ms);
}

uint64_t copp_adapter_deadline_ms(const struct copp_adapter *adapter) {
    uint64_t first = COPP_NEVER;
    for (const struct copp_connector *connector = adapter ? adapter->connectors : NULL; connector; connector = connector->next) {
        uint64_t deadline_ms = copp_connector_deadline_ms(connector);
        if (deadline_ms < first)
            first = deadline_ms;
    }
    return first;
}
