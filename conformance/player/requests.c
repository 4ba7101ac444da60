/* The requests of docs/daemon-protocol.md, carried out by a device that does as the rules say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define GUID_AT 16u
#define SIZE_AT 36u
#define DATA_AT 40u
#define ANSWER_LEVEL_AT 40u
#define ASKED_MAX 4096u
#define EXCHANGES_MAX 1000u

/* --- reading --- */

static unsigned on_of_query(enum copp_request request) {
    switch (request) {
    case COPP_QUERY_LOCAL_PROTECTION_LEVEL:
        return ON_LOCAL;
    case COPP_QUERY_GLOBAL_PROTECTION_LEVEL:
        return ON_GLOBAL;
    case COPP_QUERY_HDCP_KEY_DATA:
        return ON_RECEIVER;
    case COPP_QUERY_CONNECTOR_TYPE:
        return ON_CONNECTOR;
    case COPP_QUERY_PROTECTION_TYPE:
        return ON_TYPES;
    case COPP_OPM_QUERY_SRM_VERSION:
        return ON_SRM_VERSION;
    default:
        return ON_OTHER;
    }
}

/* What the message of a query or a command is about. */
static void classify(struct question *q, bool command) {
    enum copp_request request;
    if (!copp_opm_request_from_guid(q->message + GUID_AT, &request)) {
        q->on = command ? 0 : ON_OTHER;
        return;
    }
    bool level = request == COPP_SET_PROTECTION_LEVEL || request == COPP_OPM_SET_PROTECTION_LEVEL_CSS;
    if (command && level) {
        q->protection = packets_get(q->message + DATA_AT);
        q->level = packets_get(q->message + DATA_AT + 4);
        q->on = q->level > 0 ? ON_SET : 0;
    } else if (!command) {
        q->on = on_of_query(request);
        q->protection = q->on & ON_LEVELS ? packets_get(q->message + DATA_AT) : 0;
    }
}

/* What a packet's body has: exactly so much, or (growing) at least so much, and its first word says how much. */
static bool has_size(const uint8_t *body, size_t size, size_t least, size_t most) {
    return size >= least && size <= most && (most == least || packets_get(body) == size);
}

static bool read_body(struct question *q, const uint8_t *body, size_t size) {
    switch (q->type) {
    case PACKETS_LIST:
        return size == 4;
    case PACKETS_OPEN:
        return has_size(body, size, PACKETS_OPENING, PACKETS_OPENING + PACKETS_GROWTH);
    case PACKETS_KEY_EXCHANGE:
        q->on = ON_KEY_EXCHANGE;
        return size == 0;
    case PACKETS_SEQUENCE_START:
        q->on = ON_SEQUENCE_START;
        return size == COPP_SIGNATURE_SIZE;
    case PACKETS_COMMAND:
    case PACKETS_STATUS:
    case PACKETS_COPP_INFORMATION:
        q->message = body;
        if (size != COPP_MESSAGE_SIZE)
            return false;
        classify(q, q->type == PACKETS_COMMAND);
        return true;
    case PACKETS_WATCH:
        return size == 0;
    case PACKETS_ADOPT: /* this driver has no graphics card that could be lent it, as coppd's simulated outputs have none */
        return size >= 4;
    case PACKETS_INFORMATION:
        q->mac = body + 4;
        q->message = body + 4 + COPP_MAC_SIZE;
        if (!has_size(body, size, PACKETS_INFORMATION_BODY, PACKETS_INFORMATION_BODY + PACKETS_GROWTH))
            return false;
        classify(q, false);
        return true;
    case PACKETS_CONFIGURE:
        q->message = body + 8;
        if (!has_size(body, size, PACKETS_CONFIGURE_BODY, PACKETS_MAX - PACKETS_HEADER))
            return false;
        q->additional_size = packets_get(body + 4);
        q->additional = q->additional_size > 0 ? body + PACKETS_CONFIGURE_BODY : NULL;
        classify(q, true);
        return q->additional_size > COPP_OPM_ADDITIONAL_MAX || q->additional_size <= size - PACKETS_CONFIGURE_BODY;
    default:
        return false;
    }
}

/* QRY-4, OPM-APP-2: a random number that has come before is not one. */
static void look_at_random(struct connection *c, const uint8_t *random) {
    static const uint8_t zeros[COPP_RANDOM_SIZE];
    uint8_t(*more)[COPP_RANDOM_SIZE];
    bool stale = memcmp(random, zeros, sizeof zeros) == 0;
    for (size_t i = 0; i < c->asked_count && !stale; i++)
        stale = memcmp(random, c->asked[i], COPP_RANDOM_SIZE) == 0;
    c->seen->stale += stale;
    if (c->asked_count == ASKED_MAX)
        return;
    more = realloc(c->asked, (c->asked_count + 1) * sizeof *more);
    if (more == NULL)
        return;
    c->asked = more;
    memcpy(c->asked[c->asked_count++], random, COPP_RANDOM_SIZE);
}

static void look_at_level_query(struct session_seen *seen, unsigned on, uint64_t now_ms) {
    uint64_t *last_ms = &seen->level_ms[on == ON_GLOBAL];
    uint64_t *longest_ms = &seen->longest_ms[on == ON_GLOBAL];
    uint64_t since_ms = *last_ms > seen->confirmed_ms ? *last_ms : seen->confirmed_ms;
    if (seen->confirmed_ms != 0 && seen->wrong_ms == 0 && now_ms - since_ms > *longest_ms)
        *longest_ms = now_ms - since_ms;
    seen->level_queries += seen->confirmed_ms != 0;
    *last_ms = now_ms;
}

static void look_at_command(struct session_seen *seen, const struct question *q, uint64_t now_ms) {
    bool hdcp = q->protection == COPP_PROTECTION_TYPE_HDCP || q->protection == COPP_PROTECTION_TYPE_OPM_HDCP;
    if (q->on == ON_SET && hdcp)
        seen->embedded++;
    if (q->on == ON_SET && seen->wrong_ms != 0 && seen->raised_ms == 0)
        seen->raised_ms = now_ms;
    if (q->on == 0 && q->protection != 0 && seen->set_ms != 0 && seen->released_ms == 0)
        seen->released_ms = now_ms;
}

static void look_at_request(struct player_server *server, struct connection *c, const struct question *q) {
    if (c->seen == NULL)
        return;
    c->seen->requests++;
    if (q->on & ON_QUERIES)
        look_at_random(c, q->message);
    if (q->on & ON_LEVELS)
        look_at_level_query(c->seen, q->on, server->now_ms);
    if (q->type == PACKETS_COMMAND || q->type == PACKETS_CONFIGURE)
        look_at_command(c->seen, q, server->now_ms);
    if (q->on == ON_SEQUENCE_START)
        c->seen->start_ms = server->now_ms;
}

bool request_read(struct player_server *server, struct connection *c, struct question *q) {
    *q = (struct question){.type = 0};
    if (server->packet_size < PACKETS_HEADER || packets_get(server->packet) != PACKETS_VERSION ||
        packets_get(server->packet + 8) != 0)
        return false;
    q->type = packets_get(server->packet + 4);
    if (!read_body(q, server->packet + PACKETS_HEADER, server->packet_size - PACKETS_HEADER))
        return false;
    look_at_request(server, c, q);
    return true;
}

/* --- carrying out --- */

void request_list(struct player_server *server, struct server_answer *answer) {
    const struct copp_connector *connector = copp_sim_connector(server->sim, PLAN_OUTPUT);
    struct copp_connector_view view = {.size = sizeof view};
    struct copp_protection now = {.size = sizeof now};
    copp_connector_inspect(connector, &view);
    copp_connector_protection(connector, &now);
    memset(answer->body, 0, PACKETS_LISTED);
    packets_put(answer->body, PACKETS_LISTED);
    packets_put(answer->body + PACKETS_LISTED_FLAGS, copp_sim_plugged(server->sim, PLAN_OUTPUT) ? PACKETS_CONNECTOR_PLUGGED : 0);
    packets_put(answer->body + PACKETS_LISTED_FLAGS + 4, view.connector_type);
    packets_put(answer->body + PACKETS_LISTED_FLAGS + 8, view.protection_types);
    strcpy((char *)answer->body + PACKETS_LISTED_NAME, PLAN_OUTPUT);
    packets_put(answer->body + PACKETS_LISTED_HDCP, now.hdcp);
    packets_put(answer->body + PACKETS_LISTED_LIMIT, COPP_PENDING_LIMIT_MS);
    answer->size = PACKETS_LISTED;
}

static uint32_t list(struct player_server *server, const uint8_t *body, struct server_answer *answer) {
    if (packets_get(body) != 0)
        return COPP_HR_INVALIDARG;
    request_list(server, answer);
    return COPP_HR_OK;
}

static struct session_seen *see_session(struct player_server *server, struct connection *c) {
    struct player_seen *seen = server->seen;
    if (seen->count == SEEN_SESSIONS)
        return NULL;
    c->number = ++server->run->sessions;
    return &seen->sessions[seen->count++];
}

static uint32_t open_device(struct player_server *server, struct connection *c, const uint8_t *body,
                            struct server_answer *answer) {
    char name[PACKETS_NAME];
    const struct copp_device_options options = {
        .size = sizeof options, .semantics = (enum copp_semantics)packets_get(body + 8), .name = name};
    memcpy(name, body + 12, sizeof name);
    if (c->device != NULL)
        return COPP_HR_UNEXPECTED;
    if (name[sizeof name - 1] != '\0')
        return COPP_HR_INVALIDARG;
    if (options.semantics != server->semantics)
        return options.semantics == COPP_SEMANTICS_OPM ? COPP_HR_OPM_NOT_SUPPORTED : COPP_HR_OPM_COPP_NOT_SUPPORTED;
    if (strcmp(name, PLAN_OUTPUT) != 0)
        return COPP_HR_NO_MONITOR;
    if (copp_device_open_as(copp_sim_connector(server->sim, PLAN_OUTPUT), &options, &c->device) != COPP_OK)
        return COPP_HR_OUTOFMEMORY;
    c->seen = see_session(server, c);
    if (c->seen == NULL)
        return COPP_HR_OUTOFMEMORY;
    c->seen->opened_ms = server->now_ms;
    connection_note(server, c, EXCHANGE_OPEN, PLAN_OUTPUT);
    packets_put(answer->body, PACKETS_OPENED);
    c->wakes = server->plan->wrong.kind == WRONG_WAKES && (packets_get(body + 4) & PACKETS_OPEN_WAKE) != 0;
    packets_put(answer->body + 4, c->wakes ? PACKETS_OPEN_WAKE : 0);
    packets_put(answer->body + 8, COPP_PENDING_LIMIT_MS);
    answer->size = PACKETS_OPENED;
    return COPP_HR_OK;
}

static uint32_t key_exchange(struct player_server *server, struct connection *c, struct server_answer *answer) {
    const uint8_t *chain;
    size_t size;
    uint32_t status = copp_device_exchange(c->device, c->random, &chain, &size);
    if (status != COPP_HR_OK)
        return status;
    bool later = server->later_chain.size > 0 && server->seen->wrong != NULL && server->seen->wrong != c->seen;
    const struct trust_bytes *shown = later ? &server->later_chain : &server->shown_chain;
    memcpy(answer->body, c->random, COPP_RANDOM_SIZE);
    if (shown->size > 0)
        memcpy(answer->body + COPP_RANDOM_SIZE, shown->bytes, shown->size);
    answer->size = COPP_RANDOM_SIZE + shown->size;
    c->seen->exchanged_ms = server->now_ms;
    return status;
}

/* We have the driver's key, and so the session's: else we could not change an answer and give it a right MAC. */
static uint32_t sequence_start(struct player_server *server, struct connection *c, const uint8_t *body) {
    struct copp_signature sealed;
    struct copp_handshake secrets;
    memcpy(sealed.bytes, body, sizeof sealed.bytes);
    enum copp_result result = server->semantics == COPP_SEMANTICS_OPM
                                  ? copp_handshake_open_opm(server->trust->keys[TRUST_OPM_LEAF], &sealed, c->random, &secrets)
                                  : copp_handshake_open(server->trust->keys[TRUST_LEAF], &sealed, &secrets);
    uint32_t status = copp_device_sequence_start(c->device, &sealed);
    if (status == COPP_HR_OK && result == COPP_OK) {
        memcpy(c->seen->key, secrets.session_key, sizeof c->seen->key);
        c->seen->status_sequence = secrets.status_sequence;
        c->seen->command_sequence = secrets.command_sequence;
        c->seen->active = true;
    }
    copp_handshake_wipe(&secrets);
    return status;
}

uint32_t request_ask(struct player_server *server, struct connection *c, const struct question *q, const uint8_t *message,
                     struct copp_status_output *output) {
    struct copp_status_input input;
    uint8_t mac[COPP_MAC_SIZE];
    memcpy(input.bytes, message, sizeof input.bytes);
    if (q->type == PACKETS_STATUS)
        return copp_device_status(c->device, &input, output);
    if (q->type == PACKETS_COPP_INFORMATION)
        return copp_device_get_copp_information(c->device, &input, output);
    memcpy(mac, q->mac, sizeof mac);
    if (message != q->message && (copp_omac_set_key(server->omac, c->seen->key) != COPP_OK ||
                                  copp_omac_tag(server->omac, input.bytes, sizeof input.bytes, mac) != COPP_OK))
        return COPP_HR_OUTOFMEMORY;
    return copp_device_get_information(c->device, mac, &input, output);
}

static uint32_t query(struct player_server *server, struct connection *c, const struct question *q,
                      struct server_answer *answer) {
    struct copp_status_output output;
    uint32_t status = request_ask(server, c, q, q->message, &output);
    if (status == COPP_HR_OK) {
        memcpy(answer->body, output.bytes, sizeof output.bytes);
        answer->size = sizeof output.bytes;
    }
    return status;
}

static uint32_t command(struct player_server *server, struct connection *c, const struct question *q) {
    memcpy(c->command.bytes, q->message, sizeof c->command.bytes);
    if (q->type == PACKETS_COMMAND)
        return copp_device_command(c->device, &c->command, server->now_ms);
    return copp_device_configure(c->device, &c->command, q->additional, q->additional_size, server->now_ms);
}

static uint32_t carry_out(struct player_server *server, struct connection *c, const struct question *q) {
    const uint8_t *body = server->packet + PACKETS_HEADER;
    struct server_answer *answer = &server->answer;
    if (q->type == PACKETS_LIST)
        return list(server, body, answer);
    if (q->type == PACKETS_ADOPT)
        return COPP_HR_NOTIMPL;
    if (q->type == PACKETS_WATCH)
        return c->device != NULL ? COPP_HR_UNEXPECTED : COPP_HR_OK;
    if (q->type == PACKETS_OPEN)
        return open_device(server, c, body, answer);
    if (c->device == NULL || c->seen == NULL)
        return COPP_HR_UNEXPECTED;
    if (q->type == PACKETS_KEY_EXCHANGE)
        return key_exchange(server, c, answer);
    if (q->type == PACKETS_SEQUENCE_START)
        return sequence_start(server, c, body);
    if (q->type == PACKETS_STATUS || q->type == PACKETS_INFORMATION || q->type == PACKETS_COPP_INFORMATION)
        return query(server, c, q, answer);
    if (q->type == PACKETS_COMMAND || q->type == PACKETS_CONFIGURE)
        return command(server, c, q);
    return COPP_HR_UNEXPECTED;
}

/* Requests that a device refuses for their form were made wrong. */
static bool is_reproach(uint32_t status) {
    return status == COPP_HR_INVALIDARG || status == COPP_HR_UNEXPECTED || status == COPP_HR_OPM_INVALID_INFORMATION_REQUEST ||
           status == COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST || status == COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS;
}

static void note_refusal(struct connection *c, const struct question *q, uint32_t status) {
    enum copp_request request;
    if (c->seen == NULL || q->type < PACKETS_KEY_EXCHANGE || !is_reproach(status))
        return;
    if (c->seen->refused++ > 0)
        return;
    bool known = q->message != NULL && copp_opm_request_from_guid(q->message + GUID_AT, &request);
    (void)snprintf(c->seen->refusal, sizeof c->seen->refusal, "%s was refused: %s",
                   known                               ? copp_opm_request_name(request)
                   : q->type == PACKETS_KEY_EXCHANGE   ? "KeyExchange"
                   : q->type == PACKETS_SEQUENCE_START ? "SessionSequenceStart"
                                                       : "an unknown request",
                   copp_hresult_name(status));
}

bool request_carry_out(struct player_server *server, struct connection *c, const struct question *q) {
    server->answer.status = carry_out(server, c, q);
    if (server->answer.status == COPP_HR_PENDING) {
        c->waiting = q->type;
        return false;
    }
    note_refusal(c, q, server->answer.status);
    return true;
}

bool request_has_ended(struct player_server *server, struct connection *c, struct question *q) {
    uint32_t status = c->waiting != 0 ? copp_device_command_result(c->device) : COPP_HR_PENDING;
    if (status == COPP_HR_PENDING)
        return false;
    *q = (struct question){.type = c->waiting, .message = c->command.bytes};
    classify(q, true);
    c->waiting = 0;
    server->answer.version = PACKETS_VERSION;
    server->answer.type = q->type | PACKETS_ANSWER;
    server->answer.status = status;
    server->answer.size = 0;
    server->answer.due_ms = 0;
    return true;
}

/* --- what the player has been told --- */

/* What was asked, and whether what is wrong is in the answer. */
static const char *name_question(const struct player_server *server, const struct question *q, bool correct, char *text,
                                 size_t size) {
    enum copp_request request;
    const char *name = "";
    if (q->message != NULL && copp_opm_request_from_guid(q->message + GUID_AT, &request))
        name = server->semantics == COPP_SEMANTICS_OPM ? copp_opm_request_name(request) : copp_request_name(request);
    (void)snprintf(text, size, "%s%s%s", name != NULL ? name : "", !correct && name != NULL && *name != '\0' ? ", " : "",
                   correct ? "" : "and here is what is wrong");
    return text;
}

/* We have the driver's key, and so the session's: a report checks MACs with it. */
static void keep_key(const struct player_server *server, const struct connection *c, struct exchange *e) {
    e->keyed = c->seen != NULL && c->seen->active && server->answer.status == COPP_HR_OK;
    if (!e->keyed)
        return;
    memcpy(e->key.random, c->random, sizeof e->key.random);
    memcpy(e->key.session_key, c->seen->key, sizeof e->key.session_key);
    e->key.status_sequence = c->seen->status_sequence;
    e->key.command_sequence = c->seen->command_sequence;
}

/* What goes beside a message; no more of it than the packet has, whatever it says of itself. */
static void record_beside(const struct player_server *server, const struct question *q, struct exchange *e) {
    size_t room = server->packet_size > PACKETS_HEADER + PACKETS_CONFIGURE_BODY
                      ? server->packet_size - PACKETS_HEADER - PACKETS_CONFIGURE_BODY
                      : 0;
    if (q->mac != NULL) {
        e->additional = q->mac;
        e->additional_size = COPP_MAC_SIZE;
    } else if (q->additional != NULL) {
        e->additional_size = q->additional_size < room ? q->additional_size : room;
        e->additional = e->additional_size > 0 ? q->additional : NULL;
    }
}

static void record(struct player_server *server, const struct connection *c, const struct question *q, bool correct,
                   enum copp_result result) {
    char text[SEEN_TEXT];
    bool with_body = result == COPP_OK && server->answer.size > 0 && server->answer.status == COPP_HR_OK;
    struct exchange e = {.session = c->number,
                         .semantics = server->semantics,
                         .result = result,
                         .hresult = result == COPP_OK ? server->answer.status : 0,
                         .wrong = !correct,
                         .delay_us = !correct && c->late != NULL ? (c->late->due_ms - server->now_ms) * 1000u : 0,
                         .request = q->message,
                         .request_size = q->message != NULL ? COPP_MESSAGE_SIZE : 0,
                         .answer = with_body ? server->answer.body : NULL,
                         .answer_size = with_body ? server->answer.size : 0,
                         .note = name_question(server, q, correct, text, sizeof text)};
    switch (q->type) {
    case PACKETS_KEY_EXCHANGE:
        e.kind = EXCHANGE_KEY_EXCHANGE;
        break;
    case PACKETS_SEQUENCE_START:
        e.kind = EXCHANGE_SEQUENCE_START;
        e.request = server->packet + PACKETS_HEADER;
        e.request_size = COPP_SIGNATURE_SIZE;
        keep_key(server, c, &e);
        break;
    case PACKETS_COMMAND:
    case PACKETS_CONFIGURE:
        e.kind = EXCHANGE_COMMAND;
        break;
    case PACKETS_STATUS:
    case PACKETS_INFORMATION:
    case PACKETS_COPP_INFORMATION:
        e.kind = EXCHANGE_STATUS;
        break;
    default:
        return;
    }
    record_beside(server, q, &e);
    if (server->run->outcome->exchanges.count < EXCHANGES_MAX)
        case_record(server->run, e);
    else if (server->run->outcome->exchanges.count == EXCHANGES_MAX)
        connection_note(server, c, EXCHANGE_NOTE, "more messages than are kept");
}

void request_unanswered(struct player_server *server, struct connection *c, const struct question *q) {
    record(server, c, q, false, COPP_E_TRANSPORT);
}

/* The output itself must get no content, and not only something that is said of it. */
static bool is_wrong_by_itself(const struct player_plan *plan) {
    return plan->expect == EXPECT_NOTHING && plan->wrong.kind == WRONG_NOTHING;
}

void request_answered(struct player_server *server, struct connection *c, const struct question *q, bool correct) {
    struct session_seen *seen = c->seen;
    const struct server_answer *answer = &server->answer;
    record(server, c, q, correct, COPP_OK);
    if (!correct && (answer->type != (q->type | PACKETS_ANSWER) || answer->version != PACKETS_VERSION))
        connection_note(server, c, EXCHANGE_NOTE,
                        answer->version != PACKETS_VERSION ? "that answer's packet was of another version"
                                                           : "that answer's packet said that it answers another request");
    if (seen != NULL && is_wrong_by_itself(server->plan) && (q->on == ON_SET || q->on == ON_RECEIVER))
        seen_wrong(server->seen, seen, server->now_ms);
    if (seen == NULL || !correct || seen->wrong_ms != 0 || answer->status != COPP_HR_OK)
        return;
    seen->heard_ms = server->now_ms;
    if (q->on == ON_SET)
        seen->set_ms = server->now_ms;
    if (q->on == ON_SET)
        seen->released_ms = 0;
    if (q->on & ON_LEVELS && seen->set_ms != 0 && seen->confirmed_ms == 0 && packets_get(answer->body + ANSWER_LEVEL_AT) > 0)
        seen->confirmed_ms = server->now_ms;
}
