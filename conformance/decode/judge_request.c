/* What is right about a request: the application's part (SES, CMD, QRY, APP, OPM). */
#include <inttypes.h>
#include <string.h>

#include "state.h"

#define POLL_US 2000000u /* APP-3 */

bool state_level(const struct session_state *session, uint32_t type, uint32_t *level) {
    for (size_t i = 0; i < session->type_count; i++) {
        if (session->types[i] != type)
            continue;
        *level = session->levels[i];
        return true;
    }
    return false;
}

void state_set_level(struct session_state *session, uint32_t type, uint32_t level) {
    size_t at = 0;
    while (at < session->type_count && session->types[at] != type)
        at++;
    if (at == STATE_TYPES)
        return;
    session->types[at] = type;
    session->levels[at] = level;
    session->type_count += at == session->type_count;
}

bool state_holds(const struct session_state *session) {
    for (size_t i = 0; i < session->type_count; i++) {
        if (session->levels[i] > 0)
            return true;
    }
    return false;
}

static bool is_size(struct session_state *session, struct judged *judged, size_t size, const char *rule) {
    if (judged->fields.size == size)
        return true;
    note_fault(judged, &session->asked, rule, 0, "the message has %zu bytes in place of %zu", judged->fields.size, size);
    return false;
}

/* --- the handshake --- */

static void judge_start(struct session_state *session, struct judged *judged) {
    struct asked *asked = &session->asked;
    const uint32_t refusal = session->opm ? COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS : COPP_HR_UNEXPECTED;
    if (!is_size(session, judged, COPP_SIGNATURE_SIZE, rule_of(session, "WIRE-1", "OPM-WIRE-5")) || !session->complete)
        return;
    if (session->spent)
        note_fault(judged, asked, rule_of(session, "SES-8", "OPM-INI-8"), refusal, "the driver's random number is spent");
    else if (!session->exchanged)
        note_fault(judged, asked, rule_of(session, "SES-4", "OPM-INI-9"), refusal, "it comes before the driver's random number");
    else if (session->started)
        note_fault(judged, asked, rule_of(session, "SES-3", "OPM-INI-9"), refusal, "the session has started already");
}

static void judge_exchange(struct session_state *session, struct judged *judged) {
    if (session->exchanged)
        note_fault(judged, &session->asked, rule_of(session, "SES-2", "OPM-INI-1"), COPP_HR_UNEXPECTED,
                   "the random number was asked for already");
}

/* --- commands and status requests --- */

static uint32_t refusal_of(const struct session_state *session, uint32_t copp) {
    if (!session->opm)
        return copp;
    return session->asked.entry->message.kind == RECORDING_COMMAND ? COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST
                                                                   : COPP_HR_OPM_INVALID_INFORMATION_REQUEST;
}

/* Over what bytes the request's MAC goes; false: it has none (WIRE-3), or none that could be checked. */
static bool request_mac(const struct session_state *session, const struct judged *judged, const uint8_t **mac,
                        const uint8_t **bytes, size_t *size) {
    bool command = session->asked.entry->message.kind == RECORDING_COMMAND;
    if (!command && (!session->opm || judged->beside.size != COPP_MAC_SIZE))
        return false;
    *mac = command ? judged->fields.bytes : judged->beside.bytes;
    *bytes = command ? judged->fields.bytes + COPP_MAC_SIZE : judged->fields.bytes;
    *size = command ? COPP_AUTHENTICATED_SIZE : COPP_MESSAGE_SIZE;
    return true;
}

static void judge_mac(struct session_state *session, struct judged *judged) {
    const uint8_t *mac, *bytes;
    uint8_t tag[COPP_MAC_SIZE];
    size_t size;
    bool command = session->asked.entry->message.kind == RECORDING_COMMAND;
    if (!command && session->opm && judged->beside.size != COPP_MAC_SIZE)
        note_fault(judged, &session->asked, "OPM-GET-1", COPP_HR_OPM_INVALID_INFORMATION_REQUEST, "the request has no OMAC");
    if (session->omac == NULL || !request_mac(session, judged, &mac, &bytes, &size) ||
        copp_omac_tag(session->omac, bytes, size, tag) != COPP_OK)
        return;
    bool right = copp_equal(tag, mac, sizeof tag);
    struct fields *fields = command ? &judged->fields : &judged->beside;
    fields->list[0].state = right ? DECODED_RIGHT : DECODED_WRONG;
    if (!right)
        note_fault(judged, &session->asked, command ? rule_of(session, "CMD-1", "OPM-SET-1") : "OPM-GET-1",
                   refusal_of(session, COPP_HR_UNEXPECTED), "its MAC is wrong under the session's key");
}

/* The first number is in the key log; without that, the first one that is seen is believed. */
static void judge_sequence(struct session_state *session, struct judged *judged, enum state_counter counter) {
    struct asked *asked = &session->asked;
    if (!session->counting[counter]) {
        session->counting[counter] = true;
        session->next_number[counter] = asked->sequence;
        return;
    }
    struct decoded_field *field = field_at(&judged->fields, 32);
    field->state = asked->sequence == session->next_number[counter] ? DECODED_RIGHT : DECODED_WRONG;
    if (field->state == DECODED_WRONG)
        note_fault(judged, asked,
                   counter == COUNTER_COMMAND ? rule_of(session, "CMD-2", "OPM-SET-1") : rule_of(session, "QRY-1", "OPM-GET-2"),
                   refusal_of(session, COPP_HR_INVALIDARG), "its sequence number is 0x%08" PRIX32 " in place of 0x%08" PRIX32,
                   asked->sequence, session->next_number[counter]);
}

static bool is_command(const struct asked *asked) {
    return asked->request == COPP_SET_PROTECTION_LEVEL || asked->request == COPP_SET_SIGNALING ||
           asked->request == COPP_OPM_SET_PROTECTION_LEVEL_CSS || asked->request == COPP_OPM_SET_HDCP_SRM;
}

/* False: nothing more is to be read. */
static bool judge_guid(struct session_state *session, struct judged *judged, bool command, const char *rule) {
    struct asked *asked = &session->asked;
    bool fits = asked->known && is_command(asked) == command;
    field_at(&judged->fields, 16)->state = fits ? DECODED_RIGHT : DECODED_WRONG;
    if (!fits)
        note_fault(judged, asked, rule, session->opm ? 0 : COPP_HR_INVALIDARG, "%s: no such %s",
                   asked->known ? request_name(session, asked) : "its GUID is unknown", command ? "command" : "query");
    return fits;
}

static void wrong_size(struct session_state *session, struct judged *judged, const char *rule) {
    field_at(&judged->fields, 36)->state = DECODED_WRONG;
    note_fault(judged, &session->asked, rule, refusal_of(session, COPP_HR_INVALIDARG),
               "its data have %" PRIu32 " bytes, which cannot be", session->asked.size);
}

static bool is_one_type(const struct session_state *session, uint32_t type) {
    uint32_t known = session->opm ? COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA | COPP_PROTECTION_TYPE_OPM_HDCP |
                                        COPP_PROTECTION_TYPE_DPCP | COPP_PROTECTION_TYPE_ENFORCEMENT
                                  : COPP_PROTECTION_TYPE_HDCP | COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA;
    return type != 0 && (type & (type - 1)) == 0 && (type & known) != 0;
}

static void judge_level(struct session_state *session, struct judged *judged) {
    struct asked *asked = &session->asked;
    const char *rule = rule_of(session, "CMD-4", "OPM-SET-4");
    if (!is_one_type(session, asked->type)) {
        field_at(&judged->fields, 40)->state = DECODED_WRONG;
        note_fault(judged, asked, rule, session->opm ? 0 : COPP_HR_INVALIDARG, "it names no one protection type");
    } else if (!copp_level_valid(asked->type, asked->level)) {
        field_at(&judged->fields, 44)->state = DECODED_WRONG;
        note_fault(judged, asked, rule, session->opm ? 0 : COPP_HR_INVALIDARG, "%" PRIu32 " is not a level of that type",
                   asked->level);
    } else if (word_at(asked->data + 8) != 0 || word_at(asked->data + 12) != 0) {
        field_at(&judged->fields, word_at(asked->data + 8) != 0 ? 48 : 52)->state = DECODED_WRONG;
        note_fault(judged, asked, rule, session->opm ? 0 : COPP_HR_INVALIDARG, "its reserved fields are not 0");
    }
}

static uint32_t least_size(const struct asked *asked) {
    if (asked->request == COPP_SET_SIGNALING)
        return COPP_SET_SIGNALING_SIZE;
    return asked->request == COPP_OPM_SET_HDCP_SRM ? COPP_OPM_SET_HDCP_SRM_SIZE : COPP_SET_PROTECTION_LEVEL_SIZE;
}

/* What the application may not do any more, whatever the driver makes of it. */
static void judge_time(const struct session_state *session, struct judged *judged) {
    const struct asked *asked = &session->asked;
    bool lowers = asked->known && is_command(asked) && asked->level == 0;
    if (session->unbelievable)
        note(judged, DECODED_BROKEN, rule_of(session, "APP-3", "OPM-APP-3"),
             "the application goes on after an answer that is not authentic");
    else if (judged->entry->message.kind == RECORDING_COMMAND && (session->events & ~COPP_STATUS_RENEGOTIATION_REQUIRED) != 0 &&
             !(session->opm && lowers))
        note(judged, DECODED_BROKEN, rule_of(session, "EVT-4", "OPM-STA-8"),
             "the application goes on with commands after a lost link");
    uint64_t now = judged->entry->message.time_us;
    if (judged->entry->message.kind == RECORDING_STATUS && state_holds(session) && session->events == 0 &&
        now > session->looked_us && now - session->looked_us > POLL_US)
        note(judged, DECODED_BROKEN, rule_of(session, "APP-3", "OPM-APP-3"),
             "the last look at the protection was %" PRIu64 ".%01" PRIu64 " s ago; 2 are allowed",
             (now - session->looked_us) / 1000000, (now - session->looked_us) / 100000 % 10);
}

static bool has_started(struct session_state *session, struct judged *judged, const char *rule) {
    if (session->started || !session->complete)
        return true;
    note_fault(judged, &session->asked, rule, refusal_of(session, COPP_HR_UNEXPECTED), "the session has not started");
    return false;
}

static void judge_command(struct session_state *session, struct judged *judged) {
    struct asked *asked = &session->asked;
    const char *rule = rule_of(session, "CMD-2", "OPM-SET-1");
    if (!is_size(session, judged, COPP_MESSAGE_SIZE, rule_of(session, "WIRE-2", "OPM-WIRE-3")) ||
        !has_started(session, judged, rule))
        return;
    if (session->opm)
        judge_mac(session, judged);
    judge_sequence(session, judged, COUNTER_COMMAND);
    if (judge_guid(session, judged, true, rule) && (asked->size < least_size(asked) || asked->size > COPP_COMMAND_DATA_SIZE))
        wrong_size(session, judged, rule);
    if (!session->opm)
        judge_mac(session, judged); /* CMD-2: after the others */
    if (!asked->faulty && (asked->request == COPP_SET_PROTECTION_LEVEL || asked->request == COPP_OPM_SET_PROTECTION_LEVEL_CSS))
        judge_level(session, judged);
}

/* A number that was used before could be an old answer's (QRY-4). */
static void judge_rapp(struct session_state *session, struct judged *judged) {
    const uint8_t *rapp = judged->fields.bytes;
    size_t known = session->rapp_count < STATE_RAPPS ? session->rapp_count : STATE_RAPPS;
    for (size_t i = 0; i < known; i++) {
        if (memcmp(session->rapps[i], rapp, COPP_RANDOM_SIZE) != 0)
            continue;
        field_at(&judged->fields, 0)->state = DECODED_WRONG;
        note(judged, DECODED_BROKEN, rule_of(session, "QRY-4", "OPM-APP-2"), "the application has used its random number before");
        break;
    }
    memcpy(session->rapps[session->rapp_count++ % STATE_RAPPS], rapp, COPP_RANDOM_SIZE);
}

static void judge_status(struct session_state *session, struct judged *judged) {
    struct asked *asked = &session->asked;
    const char *rule = rule_of(session, "QRY-1", "OPM-GET-2");
    if (!is_size(session, judged, COPP_MESSAGE_SIZE, rule_of(session, "WIRE-3", "OPM-WIRE-1")) ||
        !has_started(session, judged, rule))
        return;
    judge_rapp(session, judged);
    judge_mac(session, judged);
    judge_sequence(session, judged, COUNTER_STATUS);
    if (!judge_guid(session, judged, false, rule))
        return;
    bool level = asked->request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || asked->request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    if (asked->size != (level ? 4 : 0))
        wrong_size(session, judged, rule);
    else if (level && !is_one_type(session, asked->type))
        note_fault(judged, asked, rule_of(session, "QRY-1", "OPM-GET-6"), session->opm ? 0 : COPP_HR_INVALIDARG,
                   "it names no one protection type");
}

void judge_request(struct session_state *session, struct judged *judged) {
    const struct recording_message *message = &judged->entry->message;
    switch (message->kind) {
    case RECORDING_KEY_EXCHANGE:
        judge_exchange(session, judged);
        break;
    case RECORDING_SEQUENCE_START:
        judge_start(session, judged);
        break;
    case RECORDING_COMMAND:
        judge_command(session, judged);
        judge_time(session, judged);
        break;
    case RECORDING_STATUS:
        judge_status(session, judged);
        judge_time(session, judged);
        session->looked_us = message->time_us;
        break;
    case RECORDING_CLOSE:
        if (session->exchanged && !session->started && !session->spent)
            note(judged, DECODED_REFUSED, rule_of(session, "SES-9", "OPM-INI-2"),
                 "the application ends the session before it has started: it may not trust the driver's chain, or a list revokes "
                 "it "
                 "(copp chain verify)");
        break;
    default:
        break;
    }
}
