#include "requests.h"

#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "clock.h"
#include "lending.h"
#include "precedence.h"
#include "recordings.h"
#include "subscribers.h"

/* A KSV is a serial number of the display's: it would tell every program this very machine. Whoever opens a session is told it there. */
static bool may_know_keys(uid_t uid) {
    return uid == 0 || uid == geteuid();
}

static struct outcome list(struct client *client) {
    struct server *server = client->server;
    uint32_t index = copp_packet_word(server->request.body.bytes);
    if (!copp_outputs_name(server->outputs, index))
        return (struct outcome){.status = COPP_HR_INVALIDARG};
    struct copp_socket_connector told = {.size = sizeof told};
    if (may_know_keys(client->user->uid))
        backend_look_with_key(server->outputs, index, &told);
    else
        backend_look(server->outputs, index, &told);
    copp_packet_connector_encode(&told, server->answer.body.bytes);
    return (struct outcome){.status = COPP_HR_OK, .size = PACKET_CONNECTOR_SIZE};
}

/* What open answers. OPM does not get a key with which it would protect nothing (OPM-INI-6). */
static uint32_t opened_status(enum copp_result result, bool opm) {
    switch (result) {
    case COPP_OK:
        return COPP_HR_OK;
    case COPP_E_UNSUPPORTED_MODE:
        return opm ? COPP_HR_OPM_THEATER_MODE : COPP_HR_UNSUPPORTEDMODE; /* OPM-OUT-6 */
    case COPP_E_UNSUPPORTED:
    case COPP_E_KEY:
        return opm ? COPP_HR_OPM_NOT_SUPPORTED : COPP_HR_OPM_COPP_NOT_SUPPORTED; /* OPM-OUT-4 */
    default:
        return COPP_HR_OUTOFMEMORY;
    }
}

static uint32_t open_device(struct client *client) {
    const uint8_t *body = client->server->request.body.bytes;
    struct packet_open wanted;
    if (client->device || client->lending)
        return COPP_HR_UNEXPECTED;
    if (!copp_packet_open_decode(body, copp_packet_word(body), &wanted)) /* its size is what has come: request_fits */
        return COPP_HR_INVALIDARG;
    if (wanted.semantics != COPP_SEMANTICS_COPP && wanted.semantics != COPP_SEMANTICS_OPM)
        return COPP_HR_INVALIDARG;
    size_t index;
    struct copp_connector *connector = copp_outputs_find(client->server->outputs, wanted.name, &index);
    if (!connector)
        return COPP_HR_NO_MONITOR;
    client->connector = (uint32_t)index;
    client->wakes = wanted.flags & PACKET_OPEN_WAKE;
    const struct copp_device_options options = {.size = sizeof options,
                                                .semantics = (enum copp_semantics)wanted.semantics,
                                                .name = wanted.name}; /* BIND-7: as asked for */
    enum copp_result result = copp_device_open_as(connector, &options, &client->device);
    client->semantics = options.semantics;
    if (!result)
        client->identity = identity_hold(client->server->identity);
    return opened_status(result, options.semantics == COPP_SEMANTICS_OPM);
}

static struct outcome open_connector(struct client *client) {
    struct server *server = client->server;
    uint32_t status = open_device(client);
    if (status != COPP_HR_OK)
        return (struct outcome){.status = status};
    const struct packet_opened opened = {.flags = client->wakes ? PACKET_OPEN_WAKE : 0,
                                         .pending_limit_ms = copp_outputs_pending_limit_ms(server->outputs)};
    copp_packet_opened_encode(&opened, server->answer.body.bytes);
    return (struct outcome){.status = status, .size = PACKET_OPENED_SIZE};
}

static struct outcome key_exchange(struct client *client) {
    uint8_t *random = client->server->answer.body.bytes;
    const uint8_t *chain_bytes;
    size_t chain_size;
    uint32_t status = copp_device_exchange(client->device, random, &chain_bytes, &chain_size);
    if (status != COPP_HR_OK)
        return (struct outcome){.status = status};
    memcpy(random + COPP_RANDOM_SIZE, chain_bytes, chain_size);
    return (struct outcome){.status = status, .size = COPP_RANDOM_SIZE + chain_size};
}

static struct outcome sequence_start(struct client *client) {
    return (struct outcome){.status = copp_device_sequence_start(client->device, &client->server->request.body.signature)};
}

/* A protection command enters the device here; its level reaches the connector from there (ARB-2). */
static struct outcome command(struct client *client) {
    const struct copp_command *command = &client->server->request.body.command;
    struct copp_connector *connector = copp_outputs_connector(client->server->outputs, client->connector);
    uint64_t now_ms = clock_ms();
    copp_outputs_tell_time(client->server->outputs, now_ms);
    bool yields = precedence_yields(client, now_ms);
    copp_connector_set_busy(connector, yields);
    const struct outcome outcome = {.status = copp_device_command(client->device, command, now_ms)};
    copp_connector_set_busy(connector, false);
    precedence_answered(client, command, outcome.status, yields, now_ms);
    return outcome;
}

/* OPM-SRM-4: what a player was told of is not forgotten by a restart, so its answer waits for the disk; PENDING as of a command, and no
 * longer than one (CMD-6). */
static uint32_t store_list(struct client *client, const uint8_t *list, uint64_t now_ms) {
    struct server *server = client->server;
    struct srm_wait wait = srm_lists_sync(&server->srm_lists, copp_outputs_adapter(server->outputs), srm_list_kind(list));
    if (srm_lists_done(&server->srm_lists, &wait))
        return COPP_HR_OK;
    client->srm_wait = wait;
    client->srm_deadline_ms = now_ms + copp_outputs_pending_limit_ms(server->outputs);
    return COPP_HR_PENDING;
}

/* The same with what OPM has beside the command. Of more than may be copied nothing has come: the device judges the size alone (OPM-SET-3). */
static struct outcome configure(struct client *client) {
    const struct request *request = &client->server->request;
    const struct copp_command *command = &request->body.configure.command;
    struct copp_connector *connector = copp_outputs_connector(client->server->outputs, client->connector);
    uint64_t now_ms = clock_ms();
    uint32_t additional_size;
    if (!copp_packet_configure_decode(request->body.bytes, copp_packet_word(request->body.bytes), &additional_size))
        return (struct outcome){.status = COPP_HR_INVALIDARG};
    copp_outputs_tell_time(client->server->outputs, now_ms);
    bool yields = precedence_yields(client, now_ms);
    copp_connector_set_busy(connector, yields);
    uint32_t status = copp_device_configure(client->device, command, request->body.configure.additional, additional_size, now_ms);
    copp_connector_set_busy(connector, false);
    precedence_answered(client, command, status, yields, now_ms);
    if (status == COPP_HR_OK && additional_size > 0)
        status = store_list(client, request->body.configure.additional, now_ms);
    return (struct outcome){.status = status};
}

static struct outcome query(struct client *client) {
    struct server *server = client->server;
    struct copp_status_output *output = &server->answer.body.output;
    uint32_t status = copp_device_status(client->device, &server->request.body.input, output);
    return (struct outcome){.status = status, .size = status == COPP_HR_OK ? sizeof *output : 0};
}

/* OPM's, whose MAC comes beside the request (OPM-WIRE-1). */
static struct outcome information(struct client *client) {
    const struct request *request = &client->server->request;
    struct copp_status_output *output = &client->server->answer.body.output;
    if (!copp_packet_information_known(request->body.bytes, copp_packet_word(request->body.bytes)))
        return (struct outcome){.status = COPP_HR_INVALIDARG};
    uint32_t status =
        copp_device_get_information(client->device, request->body.information.mac, &request->body.information.input, output);
    return (struct outcome){.status = status, .size = status == COPP_HR_OK ? sizeof *output : 0};
}

static struct outcome watch(struct client *client) {
    return (struct outcome){.status = client->lending ? COPP_HR_UNEXPECTED : subscriber_begin(client)};
}

/* A card enters here, and leaves with the connection. */
static struct outcome adopt(struct client *client) {
    struct server *server = client->server;
    const uint8_t *body = server->request.body.bytes;
    struct packet_adopt wanted;
    if (!copp_packet_adopt_decode(body, copp_packet_word(body), &wanted)) /* as for open */
        return (struct outcome){.status = COPP_HR_INVALIDARG};
    uint32_t status = lending_begin(client, &wanted);
    if (status != COPP_HR_OK)
        return (struct outcome){.status = status};
    struct packet_adopted adopted = {.connectors = client->lending->loan.outputs};
    memcpy(adopted.card, client->lending->loan.card, sizeof adopted.card);
    copp_packet_adopted_encode(&adopted, server->answer.body.bytes);
    return (struct outcome){.status = status, .size = PACKET_ADOPTED_SIZE};
}

/* What it writes to enters here, and leaves with the connection. */
static struct outcome record(struct client *client) {
    struct server *server = client->server;
    const uint8_t *body = server->request.body.bytes;
    struct packet_record wanted;
    if (!copp_packet_record_decode(body, copp_packet_word(body), &wanted)) /* as for open */
        return (struct outcome){.status = COPP_HR_INVALIDARG};
    uint32_t status = recording_begin_for(client, &wanted);
    if (status != COPP_HR_OK)
        return (struct outcome){.status = status};
    copp_packet_recorded_encode(server->answer.body.bytes);
    return (struct outcome){.status = status, .size = PACKET_RECORDED_SIZE};
}

static const struct {
    struct outcome (*carry_out)(struct client *client);
    size_t size; /* of its body; of one that may grow the least */
    size_t most; /* of one that may grow; 0: it may not */
    bool on_device; /* it needs an open one */
    bool changes; /* maybe, what a connector applies or how many devices it has */
} requests[PACKET_TYPE_COUNT] = {
    [PACKET_LIST] = {list, 4, 0, false, false},
    [PACKET_OPEN] = {open_connector, PACKET_OPEN_SIZE, PACKET_GROWING_BOUND, false, true},
    [PACKET_KEY_EXCHANGE] = {key_exchange, 0, 0, true, false},
    [PACKET_SEQUENCE_START] = {sequence_start, COPP_SIGNATURE_SIZE, 0, true, false},
    [PACKET_COMMAND] = {command, COPP_MESSAGE_SIZE, 0, true, true},
    [PACKET_STATUS] = {query, COPP_MESSAGE_SIZE, 0, true, false},
    [PACKET_WATCH] = {watch, 0, 0, false, false},
    [PACKET_ADOPT] = {adopt, PACKET_ADOPT_SIZE, PACKET_GROWING_BOUND, false, true},
    [PACKET_RECORD] = {record, PACKET_RECORD_SIZE, PACKET_GROWING_BOUND, false, false},
    [PACKET_OPM_INFORMATION] = {information, PACKET_INFORMATION_SIZE, PACKET_INFORMATION_MAX, true, false},
    [PACKET_OPM_CONFIGURE] = {configure, PACKET_CONFIGURE_SIZE, PACKET_CONFIGURE_MAX, true, true},
};

bool request_fits(enum packet_type type, const uint8_t *body, size_t size) {
    if (!requests[type].most)
        return size == requests[type].size;
    return size >= requests[type].size && size <= requests[type].most && copp_packet_word(body) == size;
}

struct outcome request_carry_out(struct client *client, enum packet_type type) {
    struct outcome outcome = {.status = COPP_HR_UNEXPECTED}; /* SES: a call on a device that is not open */
    if (client->device || !requests[type].on_device)
        outcome = requests[type].carry_out(client);
    outcome.changed = requests[type].changes;
    return outcome;
}
