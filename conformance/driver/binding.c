/* BIND: what a bound answer ends in. */
#include <string.h>

#include "define.h"

#define AT BINDING_AT

static bool ask(struct case_run *run, struct driver_client *client, enum copp_request request, const void *data, size_t size,
                struct copp_status_input *input, struct copp_status_output *output) {
    uint32_t hresult;
    client_make_status(run, client, request, data, size, input);
    return client_status(run, client, input, NULL, output, &hresult) &&
           want_hresult(run, "QRY-1", copp_request_name(request), hresult, COPP_HR_OK);
}

static bool want_bytes(struct case_run *run, const char *rule, const char *what, const struct copp_status_output *output,
                       size_t at, const void *right, size_t size) {
    if (memcmp(output->bytes + AT + at, right, size) == 0)
        return true;
    case_mark(run, true, AT + at, size);
    return case_fail(run, rule, NULL, "%s of the binding are others", what);
}

/* The request comes back as it was received. */
static void repeats_request(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    if (client == NULL || !ask(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input, &output))
        return;
    if (want_bytes(run, "BIND-1", "the bytes of guidStatusRequestID", &output, 16, input.bytes + 16, 16) &&
        want_bytes(run, "BIND-1", "the bytes of dwSequence", &output, 32, input.bytes + 32, 4))
        (void)want_bytes(run, "BIND-1", "the bytes of cbSizeData", &output, 36, input.bytes + 36, 4);
}

static void repeats_data(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    uint8_t data[4];
    if (client == NULL)
        return;
    const uint32_t types = client->output->types & 7;
    put_u32(data, lowest_bit(types));
    if (ask(run, client, COPP_QUERY_LOCAL_PROTECTION_LEVEL, data, sizeof data, &input, &output))
        (void)want_bytes(run, "BIND-1", "the bytes of StatusData", &output, 40, data, sizeof data);
}

static void expects_command(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    uint32_t hresult;
    if (client == NULL)
        return;
    const uint32_t types = client->output->types & 7;
    for (int i = 0; i < 2; i++) {
        if (!ask(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input, &output) ||
            !want_field(run, "BIND-1", "the command sequence number that is expected next", AT + 44,
                        get_u32(output.bytes + AT + 44), client->command_sequence) ||
            !client_set_level(run, client, lowest_bit(types), 0, &hresult))
            return;
    }
}

static const enum copp_request queries[] = {COPP_QUERY_CONNECTOR_TYPE, COPP_QUERY_PROTECTION_TYPE, COPP_QUERY_DISPLAY_DATA,
                                            COPP_QUERY_BUS_DATA, COPP_QUERY_SIGNALING};

static void binds_all(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    for (size_t i = 0; client != NULL && i < sizeof queries / sizeof *queries; i++) {
        if (!ask(run, client, queries[i], NULL, 0, &input, &output))
            return;
        if (client_is_bound(&output))
            continue;
        case_mark(run, true, AT, COPP_GUID_SIZE);
        case_fail(run, "BIND-2", NULL, "the answer to %s is not bound", copp_request_name(queries[i]));
    }
}

/* --- what was refused, and the record (BIND-3) --- */

struct history {
    uint8_t record[16];
    uint32_t refused;
};

static bool add(struct case_run *run, struct driver_client *client, struct history *history, uint32_t kind,
                const uint8_t *message, uint32_t hresult) {
    uint8_t bytes[68];
    memcpy(bytes, history->record, 16);
    put_u32(bytes + 16, hresult);
    put_u32(bytes + 20, kind);
    memcpy(bytes + 24, message, 44);
    history->refused += hresult != COPP_HR_OK;
    return copp_omac_tag(client->omac, bytes, sizeof bytes, history->record) == COPP_OK ||
           case_error(run, "no MAC could be made");
}

static bool want_history(struct case_run *run, struct driver_client *client, const struct history *history) {
    struct copp_status_input input;
    struct copp_status_output output;
    return ask(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input, &output) &&
           want_field(run, "BIND-3", "the count of refused requests", AT + 48, get_u32(output.bytes + AT + 48),
                      history->refused) &&
           want_bytes(run, "BIND-3", "the record's bytes", &output, 56, history->record, 8);
}

/* A word that is replaced: in the MAC, or under a right one. */
struct change {
    size_t at;
    uint32_t flip;
};
static const struct change as_made = {.flip = 0};
static const struct change wrong_mac = {.flip = 1};

static bool send_command(struct case_run *run, struct driver_client *client, struct history *history,
                         const struct change *change) {
    struct copp_command command;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    const uint32_t types = client->output->types & 7;
    uint32_t hresult;
    put_u32(data, lowest_bit(types));
    client_make_command(client, COPP_SET_PROTECTION_LEVEL, data, sizeof data, &command);
    put_u32(command.bytes + change->at, get_u32(command.bytes + change->at) ^ change->flip);
    if (change->at >= COPP_MAC_SIZE)
        client_sign_command(client, &command);
    return client_command(run, client, &command, &hresult) && add(run, client, history, 4, command.bytes, hresult);
}

/* With by added to a word; it has no MAC. */
static bool send_status(struct case_run *run, struct driver_client *client, struct history *history, size_t at, uint32_t by) {
    struct copp_status_input input;
    struct copp_status_output output;
    uint32_t hresult;
    client_make_status(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input);
    put_u32(input.bytes + at, get_u32(input.bytes + at) + by);
    return client_status(run, client, &input, NULL, &output, &hresult) &&
           (hresult == COPP_HR_OK || add(run, client, history, 5, input.bytes, hresult));
}

static void history_begins(struct case_run *run) {
    const struct history history = {.refused = 0};
    struct driver_client *client = client_start(run);
    if (client != NULL && want_history(run, client, &history))
        (void)want_history(run, client, &history); /* what was answered has no place in it */
}

static void history_of_commands(struct case_run *run) {
    struct history history = {.refused = 0};
    struct driver_client *client = client_start(run);
    if (client != NULL && send_command(run, client, &history, &as_made) && want_history(run, client, &history))
        (void)(send_command(run, client, &history, &as_made) && want_history(run, client, &history));
}

static void history_of_refusals(struct case_run *run) {
    struct history history = {.refused = 0};
    struct driver_client *client = client_start(run);
    if (client != NULL && send_command(run, client, &history, &wrong_mac) && send_status(run, client, &history, 36, 4))
        (void)want_history(run, client, &history);
}

/* What is refused before its MAC is looked at, and for what it asks, too. */
static void history_of_all_refusals(struct case_run *run) {
    static const struct change commands[] = {
        {32, 1}, /* dwSequence */
        {16, 1}, /* guidCommandID */
        {36, 31}, /* cbSizeData 15 */
        {44, 0x70}, /* a level that no type has */
    };
    struct history history = {.refused = 0};
    struct driver_client *client = client_start(run);
    if (client == NULL)
        return;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (!send_command(run, client, &history, &commands[i]) || !want_history(run, client, &history))
            return;
    }
    if (send_status(run, client, &history, 32, UINT32_MAX)) /* the number before */
        (void)want_history(run, client, &history);
}

/* --- the connector --- */

static void names_connector(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    char name[COPP_CONNECTOR_NAME_SIZE] = "";
    if (client == NULL || !ask(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input, &output))
        return;
    for (size_t i = 0; i + 1 < sizeof name && client->output->name[i] != '\0'; i++)
        name[i] = client->output->name[i];
    (void)want_bytes(run, "BIND-7", "the bytes of the connector's name", &output, 64, name, sizeof name);
}

#define PLUGGED (COPP_BOUND_PLUGGED | COPP_BOUND_RECEIVER)

static void tells_plugged(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    if (client != NULL && ask(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input, &output))
        (void)want_field(run, "BIND-6", "the flags of a display that is plugged in and has a receiver", AT + 52,
                         get_u32(output.bytes + AT + 52) & PLUGGED, PLUGGED);
}

static void tells_unplugged(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    if (client == NULL || !driver_cause_until_end(run, "unplug", "plug"))
        return;
    driver_settle(run);
    if (ask(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input, &output))
        (void)want_field(run, "BIND-6", "the flags of an output without a display", AT + 52,
                         get_u32(output.bytes + AT + 52) & COPP_BOUND_PLUGGED, 0);
}

/* BIND-6 promises that QueryHDCPKeyData answers, which it does not here. */
static void tells_no_receiver(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    if (client != NULL && ask(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input, &output))
        (void)want_field(run, "BIND-6", "the flags of an output without an HDCP receiver", AT + 52,
                         get_u32(output.bytes + AT + 52) & COPP_BOUND_RECEIVER, 0);
}

#define BOUND(number, title, rules, sends, right, need, function)                                                                \
    CORRECT_CASE(number, title, rules, FROM_LIBCOPP, sends, right, NEED_BOUND | (need), function, NULL)

const struct conformance_case driver_cases_binding[] = {
    BOUND("DRV-BIND-1-1", "a bound answer repeats the request", "BIND-1", "QueryConnectorType",
          "guidStatusRequestID, dwSequence and cbSizeData as received", 0, repeats_request),
    BOUND("DRV-BIND-1-2", "a bound answer repeats the request's data", "BIND-1", "QueryLocalProtectionLevel",
          "the 4 bytes as received", NEED_TYPE, repeats_data),
    BOUND("DRV-BIND-1-3", "a bound answer tells the command that is expected", "BIND-1 CMD-3", "queries and commands in turn",
          "the next command sequence number", NEED_TYPE, expects_command),
    BOUND("DRV-BIND-2-1", "all answers of a session are bound", "BIND-2 BIND-5", "five queries", "the mark in each answer", 0,
          binds_all),
    BOUND("DRV-BIND-3-1", "the history begins empty, and answers are not in it", "BIND-3", "two queries", "count 0, record 0", 0,
          history_begins),
    BOUND("DRV-BIND-3-2", "commands that were done are in the record", "BIND-3", "two commands, with a query after each",
          "count 0, and the record is OMAC-1 over the old one and the command", NEED_TYPE, history_of_commands),
    CORRECT_CASE("DRV-BIND-3-3", "what was refused is counted, and in the record", "BIND-3", FROM_LIBCOPP,
                 "a command with a wrong MAC, a query of a wrong size, a right query",
                 "count 2, and the record is OMAC-1 over the old one and the message", NEED_BOUND | NEED_TYPE,
                 history_of_refusals, NULL),
    HOSTILE_CASE("DRV-BIND-3-4", "whatever a command was refused for, it is in the record", "BIND-3", FROM_LIBCOPP,
                 "commands with a wrong number, GUID, size and level, and a query with a wrong number; a right query after each",
                 "each is counted, and the record is OMAC-1 over the old one and the message", NEED_BOUND | NEED_TYPE,
                 history_of_all_refusals, NULL),
    BOUND("DRV-BIND-6-1", "a display that is there is told", "BIND-6", "QueryConnectorType", "Plugged and Receiver",
          NEED_HDCP | NEED_RECEIVER, tells_plugged),
    BOUND("DRV-BIND-6-2", "a display that is not there is not told", "BIND-6", "unplug; QueryConnectorType", "not Plugged",
          NEED_HDCP | NEED_EVENTS, tells_unplugged),
    BOUND("DRV-BIND-6-3", "a receiver that is not there is not told", "BIND-6", "QueryConnectorType", "not Receiver",
          NEED_NO_RECEIVER, tells_no_receiver),
    BOUND("DRV-BIND-7-1", "the connector's name is bound", "BIND-7 BIND-4", "QueryConnectorType",
          "the name under which the device was opened, filled up with zeros", 0, names_connector),
    END_OF_CASES,
};
