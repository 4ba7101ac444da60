#include "faulty_opm_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/hierarchy.h"
#include "conformance/driver/opm_lists.h"
#include "faulty_opm_hooks.h"

static const char displayport[] = "\n[output DP-1]\ntype = displayport\nprotections = hdcp\nmodes = 1080p60 720p60\nopm = dpcp\n"
                                  "ksv = b70361f714\n";

enum {
    FAULT_NONE,
#define FAULT(identifier, what, cases, ...) FAULT_##identifier,
#include "faults_opm.def"
#undef FAULT
};

static const struct faulty_rule rules[] = {
    [FAULT_NONE] = {.get = NULL},
#define FAULT(identifier, what, cases, ...) [FAULT_##identifier] = {__VA_ARGS__},
#include "faults_opm.def"
#undef FAULT
};

const struct fault faults_opm[] = {
#define FAULT(identifier, what, cases, ...) {#identifier, what, cases},
#include "faults_opm.def"
#undef FAULT
    {NULL, NULL, NULL},
};

/* --- words, files, keys --- */

uint32_t faulty_opm_word(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

void faulty_opm_put(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

size_t faulty_opm_type_index(uint32_t type) {
    size_t index = 0;
    while (index < LEVEL_TYPES - 1 && type != 1u << index)
        index++;
    return index;
}

static const char *vector_path(const char *name, char *path, size_t size) {
    const char *root = getenv("COPP_TESTS");
    (void)snprintf(path, size, "%s/vectors/%s", root != NULL ? root : COPP_TESTS_DIR, name);
    return path;
}

const uint8_t *faulty_opm_vector(const char *name, size_t *size) {
    static struct {
        const char *name;
        uint8_t bytes[8192];
        size_t size;
    } kept[24];
    size_t i = 0;
    while (i < 23 && kept[i].name != NULL && strcmp(kept[i].name, name) != 0)
        i++;
    if (kept[i].name == NULL) {
        char path[1024];
        FILE *file = fopen(vector_path(name, path, sizeof path), "rb");
        if (file == NULL)
            return NULL;
        kept[i].size = fread(kept[i].bytes, 1, sizeof kept[i].bytes, file);
        kept[i].name = name;
        (void)fclose(file);
    }
    *size = kept[i].size;
    return kept[i].bytes;
}

/* A key that remembers what it decrypted last: the device and the fault before it both ask, and RSA is what this test waits for. */
struct remembering_key {
    struct copp_private_key key; /* first */
    struct copp_private_key *real;
    bool has;
    uint8_t in[COPP_MODULUS_MAX], out[COPP_MODULUS_MAX];
    enum copp_result result;
};

static enum copp_result key_public(struct copp_private_key *key, struct copp_public_key *out) {
    struct copp_private_key *real = ((struct remembering_key *)(void *)key)->real;
    return real->ops->public_key(real, out);
}

static enum copp_result key_decrypt(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    struct remembering_key *k = (struct remembering_key *)(void *)key;
    if (size != sizeof k->in)
        return COPP_E_KEY;
    if (!k->has || memcmp(in, k->in, size) != 0) {
        memcpy(k->in, in, size);
        k->result = k->real->ops->decrypt_raw(k->real, in, k->out, size);
        k->has = true;
    }
    if (k->result == COPP_OK)
        memcpy(out, k->out, size);
    return k->result;
}

static const struct copp_private_key_ops key_ops = {.size = sizeof key_ops, .public_key = key_public, .decrypt_raw = key_decrypt};

struct copp_private_key *faulty_opm_key(void) {
    static struct remembering_key key = {.key = {&key_ops}};
    char path[1024];
    if (key.real == NULL && copp_private_key_open(vector_path("opm/leaf-key.pem", path, sizeof path), NULL, &key.real) != COPP_OK)
        return NULL;
    return &key.key;
}

/* COPP's side of the adapter. */
static const struct hierarchy *copp_side(void) {
    static const char *const names[HIERARCHY_KEYS] = {"faulty driver", "faulty IHV", "faulty root"};
    static struct hierarchy hierarchy;
    if (hierarchy.chain_bytes == NULL && hierarchy_make(names, HIERARCHY_SECURITY_LEVEL, &hierarchy) != COPP_OK)
        return NULL;
    return &hierarchy;
}

bool faulty_opm_copp_leaf(struct copp_public_key *key) {
    struct copp_private_key *leaf = copp_side()->keys[HIERARCHY_LEAF];
    return leaf->ops->public_key(leaf, key) == COPP_OK;
}

/* --- messages --- */

static struct faulty_session *of(struct copp_transport *transport) {
    return (struct faulty_session *)(void *)transport;
}

void faulty_opm_tag(struct copp_omac *omac, const uint8_t *bytes, size_t size, uint8_t *tag) {
    if (copp_omac_tag(omac, bytes, size, tag) != COPP_OK) /* without a key */
        memset(tag, 0, COPP_MAC_SIZE);
}

static void tag_message(struct copp_omac *omac, struct faulty_call *call) {
    uint8_t *mac = call->is_command ? call->bytes : call->mac;
    const uint8_t *from = call->is_command ? call->bytes + COPP_MAC_SIZE : call->bytes;
    faulty_opm_tag(omac, from, call->is_command ? COPP_AUTHENTICATED_SIZE : COPP_MESSAGE_SIZE, mac);
}

static bool is_authentic(const struct faulty_session *session, const struct faulty_call *call) {
    struct faulty_call copy = *call;
    if (!session->active)
        return false;
    tag_message(session->outer_mac, &copy);
    return memcmp(copy.is_command ? copy.bytes : copy.mac, call->is_command ? call->bytes : call->mac, COPP_MAC_SIZE) == 0;
}

void faulty_opm_resign(struct faulty_session *session, struct faulty_call *call) {
    tag_message(session->outer_mac, call);
    call->authentic = session->active;
}

void faulty_opm_seal_answer(struct faulty_session *session, struct faulty_call *call) {
    faulty_opm_tag(session->outer_mac, call->answer.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, call->answer.bytes);
}

bool faulty_opm_is(const struct faulty_call *call, const struct faulty_rule *rule) {
    return (rule->request == 0 || (call->known && ONLY(call->request) == rule->request)) &&
           (rule->type == 0 || call->type == rule->type);
}

static void read_call(const struct faulty_session *session, struct faulty_call *call) {
    call->known = copp_opm_request_from_guid(call->bytes + AT_GUID, &call->request);
    call->sequence = faulty_opm_word(call->bytes + AT_SEQUENCE);
    call->size = faulty_opm_word(call->bytes + AT_SIZE);
    call->type = faulty_opm_word(call->bytes + AT_DATA);
    call->level = faulty_opm_word(call->bytes + AT_LEVEL);
    call->authentic = is_authentic(session, call);
    call->in_turn = call->sequence == (call->is_command ? session->command : session->status);
}

/* What is authentic under the application's key and number becomes so under the device's. */
static void translate(const struct faulty_session *session, struct faulty_call *call) {
    uint32_t outer = call->is_command ? session->command : session->status;
    uint32_t inner = call->is_command ? session->inner_command : session->inner_status;
    if (!call->authentic) {
        if (session->rekeyed) /* what was right under the key before is wrong now */
            (call->is_command ? call->bytes : call->mac)[0] ^= 1;
        return;
    }
    faulty_opm_put(call->bytes + AT_SEQUENCE, faulty_opm_word(call->bytes + AT_SEQUENCE) - outer + inner);
    tag_message(session->inner_mac, call);
}

static const struct copp_call plain = {.size = sizeof plain, .deadline_ms = COPP_NO_DEADLINE};

static enum copp_result inner_status(struct faulty_session *session, struct faulty_call *call) {
    struct copp_status_input input;
    const struct copp_call with = {.size = sizeof with,
                                   .deadline_ms = COPP_NO_DEADLINE,
                                   .additional = session->opm ? call->mac : NULL,
                                   .additional_size = session->opm ? COPP_MAC_SIZE : 0};
    memcpy(input.bytes, call->bytes, sizeof input.bytes);
    enum copp_result result =
        session->inner->ops->protection_status(session->inner, &with, &input, &call->answer, &call->hresult);
    session->inner_status += result == COPP_OK && call->hresult == COPP_HR_OK;
    return result;
}

static enum copp_result inner_command(struct faulty_session *session, struct faulty_call *call) {
    struct copp_command command;
    const struct copp_call with = {.size = sizeof with,
                                   .deadline_ms = COPP_NO_DEADLINE,
                                   .additional = call->additional,
                                   .additional_size = call->additional_size};
    memcpy(command.bytes, call->bytes, sizeof command.bytes);
    enum copp_result result = session->inner->ops->protection_command(session->inner, &with, &command, &call->hresult);
    session->inner_command += result == COPP_OK && call->hresult == COPP_HR_OK;
    return result;
}

static void make_inner(struct faulty_session *session, enum copp_request request, uint32_t type, uint32_t level, uint32_t size,
                       struct faulty_call *call) {
    memcpy(call->bytes + AT_GUID, copp_opm_request_guid(request), COPP_GUID_SIZE);
    faulty_opm_put(call->bytes + AT_SEQUENCE, call->is_command ? session->inner_command : session->inner_status);
    faulty_opm_put(call->bytes + AT_SIZE, size);
    faulty_opm_put(call->bytes + AT_DATA, type);
    faulty_opm_put(call->bytes + AT_LEVEL, level);
    tag_message(session->inner_mac, call);
}

uint32_t faulty_opm_inner_set(struct faulty_session *session, enum copp_request request, uint32_t type, uint32_t level) {
    struct faulty_call call = {.is_command = true, .hresult = COPP_HR_UNEXPECTED};
    make_inner(session, request, type, level, COPP_SET_PROTECTION_LEVEL_SIZE, &call);
    (void)inner_command(session, &call);
    return call.hresult;
}

bool faulty_opm_inner_get(struct faulty_session *session, enum copp_request request, uint32_t type, uint32_t *word) {
    const bool level = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    struct faulty_call call = {.hresult = COPP_HR_UNEXPECTED};
    make_inner(session, request, level ? type : 0, 0, level ? 4 : 0, &call);
    if (inner_status(session, &call) != COPP_OK || call.hresult != COPP_HR_OK)
        return false;
    *word = faulty_opm_word(call.answer.bytes + AT_WORD);
    session->events |= faulty_opm_word(call.answer.bytes + AT_FLAGS);
    return true;
}

/* --- the transport --- */

static enum copp_result take_exchange(struct faulty_session *session, uint8_t *random, const uint8_t **chain_bytes,
                                      size_t *chain_size, uint32_t *hresult) {
    struct faulty_opm *driver = session->driver;
    enum copp_result result = session->inner->ops->key_exchange(session->inner, &plain, random, chain_bytes, chain_size, hresult);
    if (result != COPP_OK || *hresult != COPP_HR_OK)
        return result;
    memcpy(session->random, random, COPP_RANDOM_SIZE);
    if (driver->random_count < FAULTY_SESSIONS)
        memcpy(driver->randoms[driver->random_count++], random, COPP_RANDOM_SIZE);
    session->started = true;
    return result;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct faulty_session *s = of(transport);
    const struct faulty_rule *rule = s->driver->rule;
    (void)call;
    if (s->inner == NULL)
        return COPP_E_TRANSPORT;
    if (s->opm && rule->start != NULL && rule->start(s, chain_bytes, chain_size, random, hresult, rule))
        return COPP_OK;
    enum copp_result result = take_exchange(s, random, chain_bytes, chain_size, hresult);
    if (result == COPP_OK && s->opm && rule->started != NULL)
        (void)rule->started(s, chain_bytes, chain_size, random, hresult, rule);
    return result;
}

bool faulty_opm_renew(struct faulty_session *session) {
    const struct copp_device_options options = {.size = sizeof options, .semantics = COPP_SEMANTICS_OPM};
    uint8_t random[COPP_RANDOM_SIZE];
    const uint8_t *chain_bytes;
    size_t chain_size;
    uint32_t hresult = COPP_HR_UNEXPECTED;
    copp_transport_free(&session->inner);
    return copp_local_transport_open_as(copp_sim_connector(session->driver->sim, session->output), &options,
                                        &session->driver->pump, &session->inner) == COPP_OK &&
           take_exchange(session, random, &chain_bytes, &chain_size, &hresult) == COPP_OK && hresult == COPP_HR_OK;
}

static void begin(struct faulty_session *session, const struct copp_handshake *handshake) {
    session->active = copp_omac_set_key(session->outer_mac, handshake->session_key) == COPP_OK &&
                      copp_omac_set_key(session->inner_mac, handshake->session_key) == COPP_OK;
    session->status = session->inner_status = handshake->status_sequence;
    session->command = session->inner_command = handshake->command_sequence;
}

static enum copp_result session_sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                               const struct copp_signature *signature, uint32_t *hresult) {
    struct faulty_session *s = of(transport);
    const struct faulty_rule *rule = s->driver->rule;
    struct copp_signature sealed = *signature;
    struct copp_handshake handshake;
    (void)call;
    if (s->inner == NULL)
        return COPP_E_TRANSPORT;
    if (s->opm && rule->finish != NULL && rule->finish(s, &sealed, hresult, rule))
        return COPP_OK;
    enum copp_result result = s->inner->ops->session_sequence_start(s->inner, &plain, &sealed, hresult);
    if (result == COPP_OK && *hresult == COPP_HR_OK) {
        enum copp_result opened = s->opm ? copp_handshake_open_opm(faulty_opm_key(), &sealed, s->random, &handshake)
                                         : copp_handshake_open(copp_side()->keys[HIERARCHY_LEAF], &sealed, &handshake);
        if (opened == COPP_OK)
            begin(s, &handshake);
        copp_handshake_wipe(&handshake);
    } else if (s->started) {
        s->spent = true;
    }
    if (result == COPP_OK && s->opm && rule->finished != NULL)
        (void)rule->finished(s, &sealed, hresult, rule);
    return result;
}

static enum copp_result protection_command(struct copp_transport *transport, const struct copp_call *with,
                                           const struct copp_command *command, uint32_t *hresult) {
    struct faulty_session *s = of(transport);
    const struct faulty_rule *rule = s->driver->rule;
    struct faulty_call call = {.additional = with->additional, .additional_size = with->additional_size, .is_command = true};
    enum copp_result result = COPP_OK;
    if (s->inner == NULL)
        return COPP_E_TRANSPORT;
    memcpy(call.bytes, command->bytes, sizeof call.bytes);
    read_call(s, &call);
    if (!s->opm || rule->set == NULL || !rule->set(s, &call, rule)) {
        if (s->opm)
            translate(s, &call);
        result = inner_command(s, &call);
    }
    if (call.hresult == COPP_HR_OK && call.request == COPP_SET_PROTECTION_LEVEL)
        s->held[faulty_opm_type_index(call.type)] = s->driver->last[faulty_opm_type_index(call.type)] = call.level;
    s->command += call.hresult == COPP_HR_OK;
    if (result == COPP_OK && s->opm && rule->was_set != NULL)
        (void)rule->was_set(s, &call, rule);
    *hresult = call.hresult;
    return result;
}

static enum copp_result protection_status(struct copp_transport *transport, const struct copp_call *with,
                                          const struct copp_status_input *input, struct copp_status_output *output,
                                          uint32_t *hresult) {
    struct faulty_session *s = of(transport);
    const struct faulty_rule *rule = s->driver->rule;
    struct faulty_call call = {.is_command = false};
    enum copp_result result = COPP_OK;
    if (s->inner == NULL)
        return COPP_E_TRANSPORT;
    if (s->opm)
        memcpy(call.mac, with->additional, sizeof call.mac);
    memcpy(call.bytes, input->bytes, sizeof call.bytes);
    read_call(s, &call);
    if (!s->opm || rule->get == NULL || !rule->get(s, &call, rule)) {
        if (s->opm)
            translate(s, &call);
        result = inner_status(s, &call);
    }
    const bool answered = result == COPP_OK && call.hresult == COPP_HR_OK;
    faulty_hook *after = s->opm ? rule->got : rule->copp_got;
    if (answered && s->opm) { /* as the application has asked */
        faulty_opm_put(call.answer.bytes + AT_FLAGS, faulty_opm_word(call.answer.bytes + AT_FLAGS) | s->events);
        s->events = 0;
        faulty_opm_seal_answer(s, &call);
    }
    s->status += answered;
    if (result == COPP_OK && after != NULL)
        (void)after(s, &call, rule);
    if (result == COPP_OK && call.hresult == COPP_HR_OK) {
        *output = call.answer;
        s->flags = faulty_opm_word(call.answer.bytes + AT_FLAGS);
        memcpy(s->last_random, input->bytes, sizeof s->last_random);
    }
    *hresult = call.hresult;
    return result;
}

static void free_session(struct copp_transport *transport) {
    struct faulty_session *s = of(transport);
    size_t left = 0;
    for (size_t i = 0; i < FAULTY_SESSIONS; i++) {
        if (s->driver->sessions[i] == s)
            s->driver->sessions[i] = NULL;
        left += s->driver->sessions[i] != NULL;
    }
    s->driver->ended = left > 0;
    copp_transport_free(&s->inner);
    copp_omac_free(&s->outer_mac);
    copp_omac_free(&s->inner_mac);
    free(s);
}

static const struct copp_transport_ops transport_ops = {.size = sizeof transport_ops,
                                                        .key_exchange = key_exchange,
                                                        .session_sequence_start = session_sequence_start,
                                                        .protection_command = protection_command,
                                                        .protection_status = protection_status,
                                                        .free = free_session};

/* --- the driver --- */

static struct faulty_opm *driver_of(struct driver_target *target) {
    return (struct faulty_opm *)(void *)target;
}

static uint64_t pump_now(struct copp_pump *pump) {
    (void)pump;
    return clock_ms();
}

static void pump_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    struct faulty_opm *driver = (struct faulty_opm *)(void *)((uint8_t *)pump - offsetof(struct faulty_opm, pump));
    copp_sim_dispatch(driver->sim, deadline_ms);
}

static const struct copp_pump_ops pump_ops = {.size = sizeof pump_ops, .now_ms = pump_now, .wait = pump_wait};

static const char *output_name(struct driver_target *target, size_t index) {
    return copp_sim_name(driver_of(target)->sim, index);
}

static enum copp_result open_device(struct driver_target *target, const char *output, enum copp_semantics semantics,
                                    struct copp_transport **transport) {
    struct faulty_opm *driver = driver_of(target);
    const struct copp_device_options options = {.size = sizeof options, .semantics = semantics};
    const struct faulty_rule *rule = driver->rule;
    struct faulty_session *s = NULL;
    struct copp_transport *inner = NULL;
    if (rule->refuses_in != NULL && strcmp(rule->refuses_in, driver->happened) == 0)
        return COPP_E_UNSUPPORTED_MODE;
    enum copp_result result =
        copp_local_transport_open_as(copp_sim_connector(driver->sim, output), &options, &driver->pump, &inner);
    if (result == COPP_E_UNSUPPORTED_MODE && rule->opens_theatre)
        result = COPP_OK;
    if (result == COPP_OK)
        s = calloc(1, sizeof *s);
    if (s == NULL || copp_omac_new(&s->outer_mac) != COPP_OK || copp_omac_new(&s->inner_mac) != COPP_OK) {
        copp_transport_free(&inner);
        free(s);
        return result == COPP_OK ? COPP_E_MEMORY : result;
    }
    s->transport.ops = &transport_ops;
    s->inner = inner;
    s->driver = driver;
    s->output = output;
    s->opm = semantics == COPP_SEMANTICS_OPM;
    s->fresh = true;
    s->number = driver->opened++;
    for (size_t i = 0; i < FAULTY_SESSIONS; i++) {
        if (driver->sessions[i] == NULL) {
            driver->sessions[i] = s;
            break;
        }
    }
    *transport = &s->transport;
    return COPP_OK;
}

/* "unplug HDMI-1" happens, or what the fault makes of it. */
static bool cause(struct driver_target *target, const char *event) {
    struct faulty_opm *driver = driver_of(target);
    const struct faulty_rule *rule = driver->rule;
    char name[64], text[128];
    const size_t verb = strcspn(event, " ");
    const char *output = event + verb + (event[verb] != '\0');
    const size_t size = strcspn(output, " ");
    (void)snprintf(driver->happened, sizeof driver->happened, "%.*s%s", (int)verb, event, output + size);
    (void)snprintf(name, sizeof name, "%.*s", (int)size, output);
    for (size_t i = 0; i < FAULTY_SESSIONS; i++) {
        if (driver->sessions[i] != NULL)
            driver->sessions[i]->fresh = false;
    }
    if (rule->turns == NULL || strcmp(rule->turns, driver->happened) != 0)
        return copp_sim_event(driver->sim, event, NULL) == COPP_OK;
    if (rule->into == NULL)
        return true;
    const size_t word = strcspn(rule->into, " ");
    (void)snprintf(text, sizeof text, "%.*s %s%s", (int)word, rule->into, name, rule->into + word);
    return copp_sim_event(driver->sim, text, NULL) == COPP_OK;
}

static const struct driver_target_ops ops = {.output = output_name, .open = open_device, .cause = cause};

static size_t rule_number(const char *name) {
    for (size_t i = 0; name != NULL && faults_opm[i].name != NULL; i++) {
        if (strcmp(faults_opm[i].name, name) == 0)
            return i + 1;
    }
    return FAULT_NONE;
}

static enum copp_result make_adapter(struct faulty_opm *driver) {
    char text[8192];
    size_t chain_size, key_count;
    const struct hierarchy *copp = copp_side();
    const uint8_t *chain = faulty_opm_vector("opm/chain-good-sha256-leaf-root-ca.p7b", &chain_size);
    const struct copp_srm_key *keys = opm_list_keys(&key_count);
    if (copp == NULL || chain == NULL || faulty_opm_key() == NULL)
        return COPP_E_NOT_FOUND;
    (void)snprintf(text, sizeof text, "%s%s", copp_sim_default(), displayport);
    const struct copp_sim_config config = {.size = sizeof config,
                                           .description = text,
                                           .chain_bytes = (const uint8_t *)copp->chain_bytes,
                                           .chain_size = copp->chain_size,
                                           .key = copp->keys[HIERARCHY_LEAF],
                                           .now_ms = clock_ms()};
    enum copp_result result = copp_sim_new(&config, &driver->sim, NULL);
    if (result == COPP_OK)
        result = copp_adapter_renew_opm(copp_sim_adapter(driver->sim), chain, chain_size, faulty_opm_key());
    return result == COPP_OK ? copp_adapter_keep_srms(copp_sim_adapter(driver->sim), keys, key_count) : result;
}

struct driver_target *faulty_opm_new(const char *fault) {
    static struct copp_opm_anchor anchor;
    size_t size;
    const uint8_t *root = faulty_opm_vector("opm/root.pem", &size);
    struct faulty_opm *driver = calloc(1, sizeof *driver);
    anchor.size = sizeof anchor;
    if (driver == NULL)
        return NULL;
    driver->target = (struct driver_target){.ops = &ops, .opm_anchor = &anchor, .test_lists = true, .both_semantics = true};
    driver->pump.ops = &pump_ops;
    driver->rule = &rules[rule_number(fault)];
    struct driver_target *target = &driver->target;
    if (root == NULL || copp_opm_anchor_read(root, size, &anchor) != COPP_OK || make_adapter(driver) != COPP_OK)
        faulty_opm_free(&target);
    return target;
}

void faulty_opm_free(struct driver_target **target) {
    struct faulty_opm *driver = *target != NULL ? driver_of(*target) : NULL;
    if (driver == NULL)
        return;
    copp_sim_free(&driver->sim);
    free(driver);
    *target = NULL;
}
