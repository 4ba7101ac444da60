#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/record/recorder.h"
#include "copp/opm.h"

void put_u32(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

uint32_t get_u32(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void record(struct case_run *run, const struct driver_client *client, struct exchange exchange) {
    exchange.session = client->number;
    exchange.semantics = client->semantics;
    case_record(run, exchange);
}

static const struct copp_call plain_call = {.size = sizeof plain_call, .deadline_ms = COPP_NO_DEADLINE};

/* An answer of any kind is what each call owes. */
static bool answered(struct case_run *run, const char *what, enum copp_result result) {
    return result == COPP_OK
               ? true
               : case_fail(run, NULL, "the driver answers the call", "%s was not answered: %s", what, copp_strerror(result));
}

struct driver_client *client_open_on(struct case_run *run, const struct driver_output *output) {
    struct driver_suite *suite = driver_suite_of(run);
    struct driver_client *client = calloc(1, sizeof *client);
    if (client == NULL || suite->client_count == DRIVER_CLIENTS_MAX || copp_omac_new(&client->omac) != COPP_OK) {
        free(client);
        case_error(run, "no memory, or too many sessions");
        return NULL;
    }
    suite->clients[suite->client_count++] = client;
    client->number = ++run->sessions;
    client->semantics = suite->semantics;
    client->output = output;
    enum copp_result result = suite->target->ops->open(suite->target, output->name, suite->semantics, &client->transport);
    record(run, client, (struct exchange){.kind = EXCHANGE_OPEN, .result = result, .note = output->name});
    if (result == COPP_OK)
        return client;
    client->transport = NULL;
    case_error(run, "no device could be opened on %s: %s", output->name, copp_strerror(result));
    return NULL;
}

struct driver_client *client_open(struct case_run *run) {
    return client_open_on(run, driver_suite_of(run)->output);
}

void client_close(struct case_run *run, struct driver_client *client) {
    if (client->transport != NULL)
        record(run, client, (struct exchange){.kind = EXCHANGE_CLOSE});
    copp_transport_free(&client->transport);
}

void client_close_all(struct case_run *run) {
    struct driver_suite *suite = driver_suite_of(run);
    for (size_t i = 0; i < suite->client_count; i++) {
        struct driver_client *client = suite->clients[i];
        client_close(run, client);
        copp_omac_free(&client->omac);
        copp_handshake_wipe(&client->handshake);
        free(client->chain_bytes);
        free(client);
    }
    suite->client_count = 0;
}

bool client_key_exchange(struct case_run *run, struct driver_client *client, uint32_t *hresult) {
    uint8_t random[COPP_RANDOM_SIZE] = {0};
    const uint8_t *chain_bytes = NULL;
    size_t size = 0;
    *hresult = COPP_HR_UNEXPECTED;
    enum copp_result result =
        client->transport->ops->key_exchange(client->transport, &plain_call, random, &chain_bytes, &size, hresult);
    bool good = result == COPP_OK && *hresult == COPP_HR_OK;
    uint8_t *answer = good ? malloc(sizeof random + size) : NULL;
    if (answer != NULL) {
        memcpy(answer, random, sizeof random);
        memcpy(answer + sizeof random, chain_bytes, size);
        memcpy(client->random, random, sizeof random);
    }
    record(run, client,
           (struct exchange){.kind = EXCHANGE_KEY_EXCHANGE,
                             .result = result,
                             .hresult = *hresult,
                             .answer = answer,
                             .answer_size = answer != NULL ? sizeof random + size : 0});
    if (answer != NULL) {
        free(client->chain_bytes);
        memmove(answer, answer + sizeof random, size);
        client->chain_bytes = answer;
        client->chain_size = size;
    }
    return answered(run, "KeyExchange", result) && (!good || answer != NULL || case_error(run, "no memory"));
}

/* The leaf's key, without a look at whom the chain leads to: that is a case of its own. */
static bool read_copp_leaf(struct driver_client *client) {
    struct copp_certificate certificate = {.size = sizeof certificate};
    struct copp_verdict verdict;
    struct copp_chain *chain = NULL;
    bool found = copp_chain_parse(client->chain_bytes, client->chain_size, &chain, &verdict) == COPP_OK &&
                 copp_chain_certificate(chain, 0, &certificate) == COPP_OK && certificate.has_subject;
    if (found)
        client->leaf = certificate.subject;
    copp_chain_free(&chain);
    return found;
}

static bool read_opm_leaf(struct driver_client *client) {
    struct copp_opm_certificate certificate = {.size = sizeof certificate};
    struct copp_verdict verdict;
    struct copp_opm_chain *chain = NULL;
    bool found = false;
    if (copp_opm_chain_parse(client->chain_bytes, client->chain_size, NULL, &chain, &verdict) != COPP_OK)
        return false;
    for (size_t i = 0; !found && copp_opm_chain_certificate(chain, i, &certificate) == COPP_OK; i++) {
        const struct copp_rsa_key *key = &certificate.key;
        found = certificate.role == COPP_OPM_ROLE_LEAF && certificate.key_flaw == NULL && key->modulus_size == COPP_MODULUS_MAX;
        if (!found)
            continue;
        memcpy(client->leaf.modulus, key->modulus, COPP_MODULUS_MAX);
        client->leaf.modulus_size = COPP_MODULUS_MAX;
        client->leaf.exponent = key->exponent;
    }
    copp_opm_chain_free(&chain);
    return found;
}

bool client_greet(struct case_run *run, struct driver_client *client) {
    uint32_t hresult;
    if (!client_key_exchange(run, client, &hresult))
        return false;
    if (hresult != COPP_HR_OK)
        return case_error(run, "no session: KeyExchange answered %s", copp_hresult_name(hresult));
    bool found = client->semantics == COPP_SEMANTICS_OPM ? read_opm_leaf(client) : read_copp_leaf(client);
    return found || case_error(run, "no session: the driver's key cannot be read from its chain");
}

bool client_seal_again(struct case_run *run, struct driver_client *client, enum copp_handshake_form form,
                       struct copp_signature *signature) {
    enum copp_result result = copp_handshake_seal(&client->handshake, form, &client->leaf, signature);
    return result == COPP_OK || case_error(run, "the handshake could not be sealed: %s", copp_strerror(result));
}

bool client_seal(struct case_run *run, struct driver_client *client, enum copp_handshake_form form,
                 struct copp_signature *signature) {
    struct copp_handshake *h = &client->handshake;
    memcpy(h->random, client->random, sizeof h->random);
    case_random(run, h->session_key, sizeof h->session_key);
    case_random(run, &h->status_sequence, sizeof h->status_sequence);
    case_random(run, &h->command_sequence, sizeof h->command_sequence);
    return client_seal_again(run, client, form, signature);
}

bool client_sequence_start(struct case_run *run, struct driver_client *client, const struct copp_signature *signature,
                           uint32_t *hresult) {
    *hresult = COPP_HR_UNEXPECTED;
    enum copp_result result = client->transport->ops->session_sequence_start(client->transport, &plain_call, signature, hresult);
    record(run, client,
           (struct exchange){.kind = EXCHANGE_SEQUENCE_START,
                             .result = result,
                             .hresult = *hresult,
                             .request = signature->bytes,
                             .request_size = sizeof signature->bytes,
                             .keyed = result == COPP_OK && *hresult == COPP_HR_OK,
                             .key = client->handshake});
    if (!answered(run, "SequenceStart", result))
        return false;
    if (*hresult != COPP_HR_OK)
        return true;
    recorder_take_secrets(client->transport, &client->handshake);
    client->status_sequence = client->handshake.status_sequence;
    client->command_sequence = client->handshake.command_sequence;
    return copp_omac_set_key(client->omac, client->handshake.session_key) == COPP_OK || case_error(run, "no MAC could be made");
}

bool client_handshake(struct case_run *run, struct driver_client *client) {
    const enum copp_handshake_form form = client->semantics == COPP_SEMANTICS_OPM ? COPP_FORM_OPM : COPP_FORM_SWAP40;
    struct copp_signature signature;
    uint32_t hresult;
    if (!client_greet(run, client) || !client_seal(run, client, form, &signature) ||
        !client_sequence_start(run, client, &signature, &hresult))
        return false;
    return hresult == COPP_HR_OK || case_error(run, "no session: SequenceStart answered %s", copp_hresult_name(hresult));
}

struct driver_client *client_start_on(struct case_run *run, const struct driver_output *output) {
    struct driver_client *client = client_open_on(run, output);
    return client != NULL && client_handshake(run, client) ? client : NULL;
}

struct driver_client *client_start(struct case_run *run) {
    return client_start_on(run, driver_suite_of(run)->output);
}

void client_sign_command(struct driver_client *client, struct copp_command *command) {
    /* fails only without a key: the zeros are then as wrong a MAC as any other */
    if (copp_omac_tag(client->omac, command->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, command->bytes) != COPP_OK)
        memset(command->bytes, 0, COPP_MAC_SIZE);
}

/* Of requests of COPP's and of OPM's alike, whether or not these semantics have them. */
static const uint8_t *guid_of(const struct driver_client *client, enum copp_request request) {
    const uint8_t *guid = client->semantics == COPP_SEMANTICS_OPM ? copp_opm_request_guid(request) : NULL;
    return guid != NULL ? guid : copp_request_guid(request);
}

/* The fields of WIRE-2 and WIRE-3 stand at the same offsets. */
static void make(uint8_t *bytes, const uint8_t *guid, uint32_t sequence, const void *data, size_t size) {
    memset(bytes, 0, COPP_MESSAGE_SIZE);
    memcpy(bytes + 16, guid, COPP_GUID_SIZE);
    put_u32(bytes + 32, sequence);
    put_u32(bytes + 36, (uint32_t)size);
    if (size > 0)
        memcpy(bytes + 40, data, size);
}

void client_make_command(struct driver_client *client, enum copp_request request, const void *data, size_t size,
                         struct copp_command *command) {
    make(command->bytes, guid_of(client, request), client->command_sequence, data, size);
    client_sign_command(client, command);
}

bool client_command_beside(struct case_run *run, struct driver_client *client, const struct copp_command *command,
                           const uint8_t *additional, size_t additional_size, uint32_t *hresult) {
    const struct copp_call call = {
        .size = sizeof call, .deadline_ms = COPP_NO_DEADLINE, .additional = additional, .additional_size = additional_size};
    *hresult = COPP_HR_UNEXPECTED;
    enum copp_result result = client->transport->ops->protection_command(client->transport, &call, command, hresult);
    record(run, client,
           (struct exchange){.kind = EXCHANGE_COMMAND,
                             .result = result,
                             .hresult = *hresult,
                             .request = command->bytes,
                             .request_size = sizeof command->bytes,
                             .additional = additional,
                             .additional_size = additional_size});
    if (result == COPP_OK && *hresult == COPP_HR_OK)
        client->command_sequence++;
    return answered(run, "ProtectionCommand", result);
}

bool client_command(struct case_run *run, struct driver_client *client, const struct copp_command *command, uint32_t *hresult) {
    return client_command_beside(run, client, command, NULL, 0, hresult);
}

void client_make_status(struct case_run *run, struct driver_client *client, enum copp_request request, const void *data,
                        size_t size, struct copp_status_input *input) {
    make(input->bytes, guid_of(client, request), client->status_sequence, data, size);
    case_random(run, input->bytes, COPP_RANDOM_SIZE);
}

bool client_status(struct case_run *run, struct driver_client *client, const struct copp_status_input *input, const uint8_t *mac,
                   struct copp_status_output *output, uint32_t *hresult) {
    struct copp_call call = plain_call;
    uint8_t tag[COPP_MAC_SIZE] = {0};
    if (client->semantics == COPP_SEMANTICS_OPM) {
        if (mac == NULL && copp_omac_tag(client->omac, input->bytes, sizeof input->bytes, tag) == COPP_OK)
            mac = tag;
        call.additional = mac != NULL ? mac : tag;
        call.additional_size = COPP_MAC_SIZE;
    }
    memset(output, 0, sizeof *output);
    *hresult = COPP_HR_UNEXPECTED;
    enum copp_result result = client->transport->ops->protection_status(client->transport, &call, input, output, hresult);
    bool good = result == COPP_OK && *hresult == COPP_HR_OK;
    client->status_sequence += good;
    record(run, client,
           (struct exchange){.kind = EXCHANGE_STATUS,
                             .result = result,
                             .hresult = *hresult,
                             .request = input->bytes,
                             .request_size = sizeof input->bytes,
                             .additional = call.additional,
                             .additional_size = call.additional_size,
                             .answer = good ? output->bytes : NULL,
                             .answer_size = good ? sizeof output->bytes : 0});
    return answered(run, "ProtectionStatus", result);
}

bool client_set_level(struct case_run *run, struct driver_client *client, uint32_t type, uint32_t level, uint32_t *hresult) {
    struct copp_command command;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    put_u32(data, type);
    put_u32(data + 4, level);
    client_make_command(client, COPP_SET_PROTECTION_LEVEL, data, sizeof data, &command);
    if (!client_command(run, client, &command, hresult))
        return false;
    if (*hresult == COPP_HR_OK)
        client->raised = level != 0 ? client->raised | type : client->raised & ~type;
    return true;
}

bool client_raise(struct case_run *run, struct driver_client *client, uint32_t type, uint32_t level) {
    uint32_t hresult;
    if (!client_set_level(run, client, type, level, &hresult))
        return false;
    if (hresult != COPP_HR_OK)
        case_mark(run, false, 40, COPP_SET_PROTECTION_LEVEL_SIZE);
    return want_hresult(run, "CMD-4", "SetProtectionLevel", hresult, COPP_HR_OK);
}

/* Through OPM's interface a connector without TV signals refuses, where COPP's own tells of none (OPM-DDI-6). */
static bool has_no_signaling(const struct case_run *run, enum copp_request request, uint32_t hresult) {
    return request == COPP_QUERY_SIGNALING && hresult == COPP_HR_OPM_SIGNALING_NOT_SUPPORTED &&
           driver_suite_of(run)->target->opm_interface;
}

bool want_answered(struct case_run *run, enum copp_request request, uint32_t hresult) {
    if (has_no_signaling(run, request, hresult))
        return case_skip(run, CASE_NOT_SUPPORTED, "the output has no TV signal");
    return want_hresult(run, "QRY-1", copp_request_name(request), hresult, COPP_HR_OK);
}

bool client_query(struct case_run *run, struct driver_client *client, enum copp_request request, const void *data, size_t size,
                  struct copp_status_output *output) {
    struct copp_status_input input;
    uint32_t hresult;
    client_make_status(run, client, request, data, size, &input);
    return client_status(run, client, &input, NULL, output, &hresult) && want_answered(run, request, hresult);
}

bool client_ask(struct case_run *run, struct driver_client *client, enum copp_request request, uint32_t type,
                struct copp_status *answer) {
    const bool level = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    struct copp_status_output output;
    uint8_t data[4];
    put_u32(data, type);
    return client_query(run, client, request, data, level ? sizeof data : 0, &output) &&
           copp_status_decode(output.bytes + 20, COPP_STATUS_SIZE, answer) == COPP_OK;
}

bool client_is_bound(const struct copp_status_output *output) {
    static const uint8_t mark[COPP_GUID_SIZE] = {0xdb, 0x64, 0xc2, 0xa1, 0xc8, 0x7b, 0x31, 0x4a,
                                                 0xa9, 0x69, 0xb0, 0xbb, 0x2e, 0xd8, 0xc1, 0x57};
    return memcmp(output->bytes + BINDING_AT, mark, sizeof mark) == 0;
}

bool client_await_flags(struct case_run *run, struct driver_client *client, uint32_t *flags) {
    struct copp_status answer = {.flags = 0};
    for (uint64_t end = driver_patience(run);;) {
        if (!client_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &answer))
            return false;
        *flags = answer.flags;
        if (answer.flags != COPP_STATUS_NORMAL || clock_us() >= end)
            return true;
    }
}

/* Each refusal of COPP's is one of a dozen codes there, by what was asked (OPM-DDI-6). */
static bool is_refusal_by_opm(const struct case_run *run, uint32_t got, uint32_t right) {
    const struct driver_suite *suite = driver_suite_of(run);
    return suite->target->opm_interface && suite->semantics == COPP_SEMANTICS_COPP && got >> 8 == 0xc02625 &&
           (right == COPP_HR_UNEXPECTED || right == COPP_HR_INVALIDARG);
}

bool want_hresult(struct case_run *run, const char *rule, const char *what, uint32_t got, uint32_t right) {
    char text[96];
    if (got == right || is_refusal_by_opm(run, got, right))
        return true;
    (void)snprintf(text, sizeof text, "%s answers %s (0x%08lX)", what, copp_hresult_name(right), (unsigned long)right);
    return case_fail(run, rule, text, "%s answered %s (0x%08lX)", what, copp_hresult_name(got), (unsigned long)got);
}

bool want_field(struct case_run *run, const char *rule, const char *what, size_t offset, uint32_t got, uint32_t right) {
    uint8_t bytes[4];
    char text[96];
    if (got == right)
        return true;
    put_u32(bytes, right);
    case_mark_right(run, true, offset, sizeof bytes, bytes);
    (void)snprintf(text, sizeof text, "%s is %lu (0x%08lX)", what, (unsigned long)right, (unsigned long)right);
    return case_fail(run, rule, text, "%s is %lu (0x%08lX)", what, (unsigned long)got, (unsigned long)got);
}
