#include "opm_kit.h"

#include <string.h>

#define AT_GUID 16u
#define AT_SEQUENCE 32u
#define AT_SIZE 36u
#define AT_DATA 40u
#define BESIDE_MAX 66000u

static const uint8_t beside[BESIDE_MAX];

const char *opm_name(enum copp_request request) {
    const char *name = copp_opm_request_name(request);
    return name != NULL ? name : "the request";
}

void opm_request_mac(struct driver_client *client, const struct copp_status_input *input, uint8_t *mac) {
    if (copp_omac_tag(client->omac, input->bytes, sizeof input->bytes, mac) != COPP_OK)
        memset(mac, 0, COPP_MAC_SIZE);
}

bool opm_any_type(struct case_run *run, uint32_t *type) {
    static const uint32_t types[] = {COPP_PROTECTION_TYPE_OPM_HDCP, COPP_PROTECTION_TYPE_ACP, COPP_PROTECTION_TYPE_CGMSA,
                                     COPP_PROTECTION_TYPE_DPCP};
    const struct driver_output *output = driver_suite_of(run)->output;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        *type = types[i];
        if ((output->types & *type) != 0)
            return true;
    }
    return case_skip(run, CASE_NOT_SUPPORTED, "%s offers no protection", output->name);
}

static bool is_level_request(enum copp_request request) {
    return request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
}

/* --- messages that are wrong in one way --- */

static void reverse_word(uint8_t *word) {
    const uint8_t kept[4] = {word[0], word[1], word[2], word[3]};
    for (size_t i = 0; i < 4; i++)
        word[i] = kept[3 - i];
}

/* What both kinds have in common: bytes is the message as client.h makes it, whose fields stand at the same offsets. */
static void spoil(const struct opm_message *message, uint32_t right_size, uint8_t *bytes) {
    if (message->guid != NULL)
        memcpy(bytes + AT_GUID, message->guid, COPP_GUID_SIZE);
    put_u32(bytes + AT_SEQUENCE, get_u32(bytes + AT_SEQUENCE) + message->sequence);
    if (message->swapped)
        reverse_word(bytes + AT_SEQUENCE);
    if (message->sized)
        put_u32(bytes + AT_SIZE, message->size);
    if (message->spare != 0)
        memset(bytes + AT_DATA + right_size, (int)message->spare, COPP_MESSAGE_SIZE - AT_DATA - right_size);
}

static bool type_of(struct case_run *run, const struct opm_message *message, uint32_t *type) {
    *type = message->type;
    return message->type != OPM_TYPE_ANY || opm_any_type(run, type);
}

static bool borrow_key(struct case_run *run, struct driver_client *client, enum opm_mac mac, struct driver_client **signer) {
    *signer = mac == OPM_MAC_OTHER_KEY ? client_start(run) : client;
    return *signer != NULL;
}

static bool send_one_get(struct case_run *run, struct driver_client *client, const struct opm_message *message,
                         const struct copp_status_input *input, const uint8_t *mac) {
    struct copp_status_output output;
    uint32_t hresult;
    return client_status(run, client, input, mac, &output, &hresult) &&
           want_hresult(run, NULL, opm_name(message->request), hresult, message->code);
}

/* The MAC of a request is made over one that differs in one bit; what is sent is right in all else. at counts from the MAC on. */
static bool send_flipped_gets(struct case_run *run, struct driver_client *client, const struct opm_message *message,
                              struct copp_status_input *input) {
    uint8_t mac[COPP_MAC_SIZE];
    bool going = true;
    for (uint32_t at = message->first; going && at <= message->last; at += message->step != 0 ? message->step : 1) {
        uint8_t *byte = at < COPP_MAC_SIZE ? &mac[at] : &input->bytes[at - COPP_MAC_SIZE];
        const uint8_t bit = (uint8_t)(1u << at % 8);
        if (at >= COPP_MAC_SIZE)
            *byte ^= bit;
        opm_request_mac(client, input, mac);
        *byte ^= bit;
        going = send_one_get(run, client, message, input, mac);
        case_mark(run, false, at, 1);
    }
    return going;
}

bool opm_send_get(struct case_run *run, struct driver_client *client, const struct opm_message *message) {
    struct driver_client *signer;
    struct copp_status_input input;
    uint8_t mac[COPP_MAC_SIZE] = {0};
    uint8_t data[4];
    uint32_t type;
    const uint32_t size = is_level_request(message->request) ? sizeof data : 0;
    if (!type_of(run, message, &type) || !borrow_key(run, client, message->mac, &signer))
        return false;
    put_u32(data, type);
    client_make_status(run, client, message->request, data, size, &input);
    spoil(message, size, input.bytes);
    if (message->last != 0)
        return send_flipped_gets(run, client, message, &input);
    if (message->mac == OPM_MAC_SHORT && copp_omac_tag(client->omac, input.bytes, COPP_AUTHENTICATED_SIZE, mac) != COPP_OK)
        return case_error(run, "no MAC could be made");
    if (message->mac == OPM_MAC_RIGHT || message->mac == OPM_MAC_OTHER_KEY)
        opm_request_mac(signer, &input, mac);
    return send_one_get(run, client, message, &input, mac);
}

static bool send_one_set(struct case_run *run, struct driver_client *client, const struct opm_message *message,
                         const struct copp_command *command) {
    uint32_t hresult;
    return client_command_beside(run, client, command, message->beside != 0 ? beside : NULL, message->beside, &hresult) &&
           want_hresult(run, NULL, opm_name(message->request), hresult, message->code);
}

static bool send_flipped_sets(struct case_run *run, struct driver_client *client, const struct opm_message *message,
                              struct copp_command *command) {
    bool going = true;
    for (uint32_t at = message->first; going && at <= message->last; at += message->step != 0 ? message->step : 1) {
        const uint8_t bit = (uint8_t)(1u << at % 8);
        if (at >= COPP_MAC_SIZE)
            command->bytes[at] ^= bit;
        client_sign_command(client, command);
        command->bytes[at] ^= bit;
        going = send_one_set(run, client, message, command);
        case_mark(run, false, at, 1);
    }
    return going;
}

static uint32_t data_size_of(enum copp_request request) {
    return request == COPP_OPM_SET_HDCP_SRM ? COPP_OPM_SET_HDCP_SRM_SIZE : COPP_SET_PROTECTION_LEVEL_SIZE;
}

bool opm_send_set(struct case_run *run, struct driver_client *client, const struct opm_message *message) {
    struct driver_client *signer;
    struct copp_command command;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE];
    uint32_t type;
    if (!type_of(run, message, &type) || !borrow_key(run, client, message->mac, &signer))
        return false;
    put_u32(data, type);
    put_u32(data + 4, message->level);
    put_u32(data + 8, message->reserved[0]);
    put_u32(data + 12, message->reserved[1]);
    client_make_command(client, message->request, data, data_size_of(message->request), &command);
    spoil(message, data_size_of(message->request), command.bytes);
    if (message->last != 0)
        return send_flipped_sets(run, client, message, &command);
    if (message->mac == OPM_MAC_ZERO)
        memset(command.bytes, 0, COPP_MAC_SIZE);
    else
        client_sign_command(signer, &command);
    return send_one_set(run, client, message, &command);
}

void opm_run_get(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL)
        opm_send_get(run, client, run->test->with);
}

void opm_run_set(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL)
        opm_send_set(run, client, run->test->with);
}

/* --- requests --- */

bool opm_query(struct case_run *run, struct driver_client *client, enum copp_request request, uint32_t type,
               struct copp_status_output *output) {
    struct copp_status_input input;
    uint8_t data[4];
    uint32_t hresult;
    put_u32(data, type);
    client_make_status(run, client, request, data, is_level_request(request) ? sizeof data : 0, &input);
    return client_status(run, client, &input, NULL, output, &hresult) &&
           want_hresult(run, NULL, opm_name(request), hresult, COPP_HR_OK);
}

bool opm_ask(struct case_run *run, struct driver_client *client, enum copp_request request, uint32_t type, uint32_t *word,
             uint32_t *flags) {
    struct copp_status_output output;
    if (!opm_query(run, client, request, type, &output))
        return false;
    *word = get_u32(output.bytes + OPM_AT_WORD);
    if (flags != NULL)
        *flags = get_u32(output.bytes + OPM_AT_FLAGS);
    return true;
}

bool opm_try(struct case_run *run, struct driver_client *client, enum copp_request request, uint32_t type, uint32_t *hresult) {
    struct copp_status_input input;
    struct copp_status_output output;
    uint8_t data[4];
    put_u32(data, type);
    client_make_status(run, client, request, data, is_level_request(request) ? sizeof data : 0, &input);
    return client_status(run, client, &input, NULL, &output, hresult);
}

static bool want_level(struct case_run *run, struct driver_client *client, const char *rule, enum copp_request request,
                       uint32_t type, uint32_t level) {
    uint32_t word;
    const char *what = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL ? "the virtual level" : "the actual level";
    return opm_ask(run, client, request, type, &word, NULL) && want_field(run, rule, what, OPM_AT_WORD, word, level);
}

bool opm_want_virtual(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level) {
    return want_level(run, client, rule, COPP_QUERY_LOCAL_PROTECTION_LEVEL, type, level);
}

bool opm_want_actual(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level) {
    return want_level(run, client, rule, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, type, level);
}

bool opm_want_actual_soon(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level) {
    uint32_t word;
    for (uint64_t end = driver_patience(run);;) {
        if (!opm_ask(run, client, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, type, &word, NULL))
            return false;
        if (word == level || clock_us() >= end)
            return want_field(run, rule, "the actual level", OPM_AT_WORD, word, level);
    }
}

bool opm_want_flags(struct case_run *run, struct driver_client *client, const char *rule, uint32_t right) {
    uint32_t word, flags;
    return opm_ask(run, client, COPP_QUERY_BUS_DATA, 0, &word, &flags) &&
           want_field(run, rule, "ulStatusFlags", OPM_AT_FLAGS, flags, right);
}

bool opm_want_loss(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level,
                   uint32_t right) {
    uint32_t word, flags;
    return opm_ask(run, client, COPP_QUERY_LOCAL_PROTECTION_LEVEL, type, &word, &flags) &&
           want_field(run, rule, "ulStatusFlags", OPM_AT_FLAGS, flags, right) &&
           want_field(run, rule, "the virtual level", OPM_AT_WORD, word, level);
}

/* --- commands --- */

static bool set(struct case_run *run, struct driver_client *client, enum copp_request request, uint32_t type, uint32_t level,
                uint32_t *hresult) {
    struct copp_command command;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    put_u32(data, type);
    put_u32(data + 4, level);
    client_make_command(client, request, data, sizeof data, &command);
    if (!client_command(run, client, &command, hresult))
        return false;
    if (*hresult == COPP_HR_OK)
        client->raised = level != 0 ? client->raised | type : client->raised & ~type; /* for when the case ends */
    return true;
}

bool opm_set(struct case_run *run, struct driver_client *client, uint32_t type, uint32_t level, uint32_t *hresult) {
    return set(run, client, COPP_SET_PROTECTION_LEVEL, type, level, hresult);
}

bool opm_want_set(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level,
                  uint32_t right) {
    uint32_t hresult;
    return opm_set(run, client, type, level, &hresult) &&
           want_hresult(run, rule, opm_name(COPP_SET_PROTECTION_LEVEL), hresult, right);
}

bool opm_want_css(struct case_run *run, struct driver_client *client, const char *rule, uint32_t type, uint32_t level,
                  uint32_t right) {
    uint32_t hresult;
    return set(run, client, COPP_OPM_SET_PROTECTION_LEVEL_CSS, type, level, &hresult) &&
           want_hresult(run, rule, opm_name(COPP_OPM_SET_PROTECTION_LEVEL_CSS), hresult, right);
}

bool opm_want_srm(struct case_run *run, struct driver_client *client, const char *rule, uint32_t version, const uint8_t *bytes,
                  size_t size, uint32_t right) {
    struct copp_command command;
    uint8_t data[COPP_OPM_SET_HDCP_SRM_SIZE];
    uint32_t hresult;
    put_u32(data, version);
    client_make_command(client, COPP_OPM_SET_HDCP_SRM, data, sizeof data, &command);
    return client_command_beside(run, client, &command, bytes, size, &hresult) &&
           want_hresult(run, rule, opm_name(COPP_OPM_SET_HDCP_SRM), hresult, right);
}

bool opm_cause(struct case_run *run, const struct opm_event *event) {
    return event->back != NULL ? driver_cause_until_end(run, event->event, event->back) : driver_cause(run, event->event);
}
