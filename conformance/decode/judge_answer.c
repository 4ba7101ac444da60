/* What is right about an answer: the driver's part, and what the application learns from it. */
#include <inttypes.h>
#include <string.h>

#include "state.h"

#define ANSWER_AT 20u
#define DATA_AT (ANSWER_AT + 20u)
#define LATE_US 2000000u /* APP-3 */
#define KNOWN_FLAGS                                                                                                              \
    (COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED | COPP_STATUS_TAMPERING_DETECTED |                               \
     COPP_STATUS_REVOKED_HDCP_DEVICE)

/* --- refusals --- */

struct refusal {
    uint32_t hresult;
    const char *why;
    const char *rule;
    const char *opm_rule;
};

static const struct refusal *find_refusal(const struct refusal *table, size_t count, uint32_t hresult) {
    for (size_t i = 0; i < count; i++) {
        if (table[i].hresult == hresult)
            return &table[i];
    }
    return NULL;
}

/* Why a command is refused in which we find no fault. */
static const struct refusal *explain_command(uint32_t hresult) {
    static const struct refusal table[] = {
        {COPP_HR_UNEXPECTED, "a protection could not be put in force, or the state was another one", "CMD-4", "OPM-SET-4"},
        {COPP_HR_INVALIDARG, "the connector does not have the parameter's value", "CMD-4", "OPM-SET-4"},
        {COPP_HR_TOOBIGSIZE, "the resolution is too high for the protection", "CMD-4", "OPM-SET-4"},
        {COPP_HR_UNSUPPORTEDMODE, "clone or theatre mode", "ARB-6", "OPM-OUT-6"},
        {COPP_HR_OPM_RESOLUTION_TOO_HIGH, "the resolution is too high for the protection", "CMD-4", "OPM-SET-4"},
        {COPP_HR_OPM_NO_HDCP, "the connector, or its monitor, has no HDCP", "CMD-4", "OPM-ERR-1"},
        {COPP_HR_OPM_NO_ACP, "the connector has no ACP", "CMD-4", "OPM-GET-6"},
        {COPP_HR_OPM_NO_CGMSA, "the connector has no CGMS-A", "CMD-4", "OPM-GET-6"},
        {COPP_HR_OPM_HDCP_HARDWARE_IN_USE, "all HDCP hardware is in use", "CMD-4", "OPM-SET-4"},
        {COPP_HR_OPM_INVALID_SRM, "the SRM is not valid, or older than one before", "SRM-4", "OPM-SRM-1"},
        {COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST,
         "the driver takes something in it for wrong: its MAC, its number or a parameter; or the mode does not allow it", "CMD-2",
         "OPM-SET-1"},
        {COPP_HR_OPM_DRIVER_INTERNAL_ERROR, "a link did not come up, or the driver failed", "CMD-4", "OPM-SET-4"},
    };
    return find_refusal(table, sizeof table / sizeof table[0], hresult);
}

/* Why a query is. */
static const struct refusal *explain_query(uint32_t hresult) {
    static const struct refusal table[] = {
        {COPP_HR_INVALIDARG, "the driver takes something in it for wrong, or the connector does not have what is asked for",
         "QRY-1", "OPM-GET-2"},
        {COPP_HR_OPM_INVALID_INFORMATION_REQUEST, "the driver takes something in it for wrong: its MAC, its number or its size",
         "QRY-1", "OPM-GET-2"},
        {COPP_HR_OPM_NO_HDCP, "the connector has no HDCP", "QRY-1", "OPM-GET-6"},
        {COPP_HR_OPM_NO_ACP, "the connector has no ACP", "QRY-1", "OPM-GET-6"},
        {COPP_HR_OPM_NO_CGMSA, "the connector has no CGMS-A", "QRY-1", "OPM-GET-6"},
        {COPP_HR_OPM_SRM_NEVER_SET, "the driver was given no SRM", "SRM-4", "OPM-GET-9"},
        {COPP_HR_UNSUPPORTEDMODE, "clone or theatre mode", "ARB-6", "OPM-OUT-6"},
    };
    return find_refusal(table, sizeof table / sizeof table[0], hresult);
}

/* NULL: we cannot tell. */
static const struct refusal *explain_refusal(const struct asked *asked, uint32_t hresult) {
    static const struct refusal gone = {COPP_HR_OPM_OUTPUT_GONE, "the output no longer exists", "EVT-5", "OPM-STA-7"};
    static const struct refusal exchange = {0, "the driver begins no session", "SES-2", "OPM-INI-1"};
    static const struct refusal command = {0, "by a code that does not say why", "CMD-4", "OPM-APP-5"};
    static const struct refusal query = {
        0, "the driver does not answer a query in which we find nothing wrong; what it would say is unknown", "APP-3",
        "OPM-APP-3"};
    const struct refusal *found = NULL;
    if (hresult == COPP_HR_OPM_OUTPUT_GONE)
        return &gone;
    switch (asked->entry->message.kind) {
    case RECORDING_KEY_EXCHANGE:
        return &exchange;
    case RECORDING_COMMAND:
        found = explain_command(hresult);
        return found != NULL ? found : &command;
    case RECORDING_STATUS:
        found = explain_query(hresult);
        return found != NULL ? found : &query;
    default:
        return NULL;
    }
}

/* QRY-6: where nothing is plugged in that has a key, that is the answer. */
static bool is_no_receiver(const struct asked *asked, uint32_t hresult) {
    return asked->known && asked->request == COPP_QUERY_HDCP_KEY_DATA && hresult == COPP_HR_INVALIDARG;
}

static void judge_refusal(struct session_state *session, struct judged *judged) {
    const struct asked *asked = &session->asked;
    uint32_t hresult = judged->entry->message.hresult;
    struct meaning meaning, wanted;
    const struct refusal *refusal = explain_refusal(asked, hresult);
    if ((hresult & 0x80000000u) == 0) /* S_FALSE, for instance */
        note(judged, DECODED_BROKEN,
             asked->entry->message.kind == RECORDING_COMMAND ? rule_of(session, "CMD-4", "OPM-APP-5")
                                                             : rule_of(session, "APP-3", "OPM-APP-3"),
             "0x%08" PRIX32 " is neither S_OK nor an error: it does not count as a success", hresult);
    else if (asked->faulty && asked->hresult != 0 && asked->hresult != hresult)
        note(judged, DECODED_BROKEN, asked->rule, "the driver answers %.50s in place of %.50s",
             meaning_hresult(&meaning, hresult), meaning_hresult(&wanted, asked->hresult));
    else if (asked->faulty)
        note(judged, DECODED_REFUSED, asked->rule, "the driver refuses it, as it has to");
    else if (is_no_receiver(asked, hresult))
        note(judged, DECODED_REFUSED, "QRY-6", "there is no HDCP receiver that has a key");
    else if (judged->entry->message.kind == RECORDING_SEQUENCE_START)
        note(judged, DECODED_BROKEN, rule_of(session, "SES-8", "OPM-INI-6"),
             "the handshake was not accepted: sealed for another key, with other bytes or in another order");
    else if (refusal != NULL)
        note(judged, DECODED_REFUSED, rule_of(session, refusal->rule, refusal->opm_rule), "refused: %s", refusal->why);
    else
        note(judged, DECODED_REFUSED, NULL, "refused");
}

/* --- what succeeds --- */

static void judge_exchanged(struct session_state *session, const struct key_log *log, struct judged *judged) {
    const char *rule = rule_of(session, "SES-2", "OPM-INI-1");
    if (judged->fields.size < COPP_RANDOM_SIZE) {
        note(judged, DECODED_BROKEN, rule, "the answer has %zu bytes, and the driver's random number alone %u",
             judged->fields.size, COPP_RANDOM_SIZE);
        return;
    }
    if (judged->fields.size > COPP_RANDOM_SIZE && (judged->entry->message.flags & RECORDING_CUT) == 0)
        judge_chain(session, judged);
    else if (judged->fields.size == COPP_RANDOM_SIZE)
        note(judged, DECODED_BROKEN, rule_of(session, "CERT-1", "OPM-CERT-1"), "the driver gives no certificate chain");
    memcpy(session->random, judged->fields.bytes, COPP_RANDOM_SIZE);
    session->exchanged = true;
    session->secrets = key_log_find(log, session->random);
}

static void judge_started(struct session_state *session) {
    session->started = true;
    copp_omac_free(&session->omac); /* of a driver that lets a session start twice */
    if (session->secrets == NULL || copp_omac_new(&session->omac) != COPP_OK)
        return;
    if (copp_omac_set_key(session->omac, session->secrets->session_key) != COPP_OK) {
        copp_omac_free(&session->omac);
        return;
    }
    session->next_number[COUNTER_STATUS] = session->secrets->status_sequence;
    session->next_number[COUNTER_COMMAND] = session->secrets->command_sequence;
    session->counting[COUNTER_STATUS] = session->counting[COUNTER_COMMAND] = true;
}

static void judge_commanded(struct session_state *session) {
    const struct asked *asked = &session->asked;
    if (!asked->fits)
        return;
    session->next_number[COUNTER_COMMAND] = asked->sequence + 1;
    if (asked->known && asked->request == COPP_SET_PROTECTION_LEVEL)
        state_set_level(session, asked->type, asked->level);
    if (asked->known && asked->request == COPP_OPM_SET_PROTECTION_LEVEL_CSS)
        session->type_count = 0; /* OPM-SET-6: we cannot tell what is in force until it is asked */
}

/* --- status answers --- */

static size_t structure_size(const struct asked *asked) {
    switch (asked->request) {
    case COPP_QUERY_DISPLAY_DATA:
        return COPP_STATUS_DISPLAY_SIZE;
    case COPP_QUERY_HDCP_KEY_DATA:
        return COPP_STATUS_HDCP_KEY_SIZE;
    case COPP_QUERY_SIGNALING:
        return COPP_STATUS_SIGNALING_SIZE;
    case COPP_OPM_QUERY_OUTPUT_ID:
        return COPP_OPM_OUTPUT_ID_SIZE;
    default:
        return COPP_STATUS_SIZE;
    }
}

/* An answer that is not authentic: the session is over (QRY-4, APP-3). */
static void unbelieve(struct session_state *session, struct judged *judged, size_t offset, const char *rule, const char *what) {
    session->unbelievable = true;
    field_at(&judged->fields, offset)->state = DECODED_WRONG;
    note(judged, DECODED_BROKEN, rule, "%s", what);
}

/* QRY-4: in this order. False: nothing in it is to be read. */
static bool judge_authenticity(struct session_state *session, struct judged *judged) {
    const uint8_t *bytes = judged->fields.bytes;
    const struct asked *asked = &session->asked;
    uint8_t tag[COPP_MAC_SIZE];
    const char *rule = rule_of(session, "QRY-2", "OPM-GET-4");
    if (session->omac != NULL && copp_omac_tag(session->omac, bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag) == COPP_OK) {
        field_at(&judged->fields, 0)->state = DECODED_RIGHT;
        if (!copp_equal(tag, bytes, sizeof tag)) {
            unbelieve(session, judged, 0, rule, "the answer's MAC is wrong under the session's key");
            return false;
        }
    }
    if (word_at(bytes + 16) != structure_size(asked)) {
        unbelieve(session, judged, 16, rule_of(session, "QRY-4", "OPM-APP-2"), "the answer's structure has another size");
        return false;
    }
    field_at(&judged->fields, ANSWER_AT)->state = DECODED_RIGHT;
    if (memcmp(bytes + ANSWER_AT, asked->entry->message.bytes, COPP_RANDOM_SIZE) != 0) {
        unbelieve(session, judged, ANSWER_AT, rule, "the answer's random number is not the request's: it answers another one");
        return false;
    }
    return true;
}

static void judge_zeros(struct session_state *session, struct judged *judged) {
    const uint8_t *bytes = judged->fields.bytes;
    for (size_t at = ANSWER_AT + structure_size(&session->asked); at < COPP_MESSAGE_SIZE - 128; at++) {
        if (bytes[at] == 0)
            continue;
        note(judged, DECODED_BROKEN, rule_of(session, "QRY-2", "OPM-GET-4"),
             "the answer is not filled up with zeros: byte %zu is 0x%02X", at, bytes[at]);
        return;
    }
}

static void judge_events(struct session_state *session, struct judged *judged) {
    struct meaning meaning;
    uint32_t flags = word_at(judged->fields.bytes + ANSWER_AT + 16);
    if (flags == 0)
        return;
    session->events |= flags;
    session->type_count = 0; /* what fell away is told by the next level that is asked for (EVT-3) */
    if ((flags & COPP_STATUS_REVOKED_HDCP_DEVICE) != 0 && (flags & COPP_STATUS_LINK_LOST) == 0)
        note(judged, DECODED_BROKEN, "OPM-STA-3", "RevokedHDCPDevice comes without LinkLost");
    note(judged, DECODED_REFUSED, rule_of(session, "EVT-1", "OPM-STA-2"), "the driver tells of %.80s%s",
         meaning_flags(&meaning, flags), (flags & ~KNOWN_FLAGS) != 0 ? "; a flag that is not defined counts as a lost link" : "");
}

static void judge_levels(struct session_state *session, struct judged *judged) {
    const struct asked *asked = &session->asked;
    uint32_t value = word_at(judged->fields.bytes + DATA_AT);
    uint32_t held;
    bool local = asked->request == COPP_QUERY_LOCAL_PROTECTION_LEVEL;
    struct decoded_field *field = field_at(&judged->fields, DATA_AT);
    struct meaning meaning, wanted;
    if (session->complete && local && session->events == 0 && !state_level(session, asked->type, &held))
        return;
    if (!state_level(session, asked->type, &held))
        return;
    bool right = local ? value == held : copp_level_rank(asked->type, value) >= copp_level_rank(asked->type, held);
    field->state = right ? DECODED_RIGHT : DECODED_WRONG;
    if (!right && local)
        note(judged, DECODED_BROKEN, rule_of(session, "QRY-5", "OPM-GET-8"),
             "the %s level is %.30s, and the session has set %.30s", session->opm ? "virtual" : "local",
             meaning_level(&meaning, asked->type, value), meaning_level(&wanted, asked->type, held));
    else if (!right)
        note(judged, DECODED_BROKEN, rule_of(session, "CMD-4", "OPM-SET-5"),
             "%.30s is in force, though %.30s was set with success", meaning_level(&meaning, asked->type, value),
             meaning_level(&wanted, asked->type, held));
}

static void judge_content(struct session_state *session, struct judged *judged) {
    const uint8_t *bytes = judged->fields.bytes;
    uint8_t ksv[COPP_KSV_SIZE];
    switch (session->asked.request) {
    case COPP_QUERY_LOCAL_PROTECTION_LEVEL:
    case COPP_QUERY_GLOBAL_PROTECTION_LEVEL:
        judge_levels(session, judged);
        break;
    case COPP_QUERY_HDCP_KEY_DATA:
        copp_ksv_from_bksv(bytes + DATA_AT + 4, ksv);
        if (!copp_ksv_valid(ksv))
            note(judged, DECODED_BROKEN, "SRM-5", "the receiver's KSV does not have 20 ones");
        if ((word_at(bytes + DATA_AT) & COPP_HDCP_REPEATER) != 0)
            note(judged, DECODED_REFUSED, "APP-1", "the receiver is a repeater, which protected content does not go to");
        break;
    default:
        break;
    }
}

static void judge_told(struct session_state *session, struct judged *judged) {
    struct asked *asked = &session->asked;
    session->next_number[COUNTER_STATUS] = asked->sequence + 1;
    if (judged->fields.size != COPP_MESSAGE_SIZE) {
        session->unbelievable = true;
        note(judged, DECODED_BROKEN, rule_of(session, "WIRE-4", "OPM-WIRE-2"), "the answer has %zu bytes in place of %u",
             judged->fields.size, COPP_MESSAGE_SIZE);
        return;
    }
    if (!asked->fits || !asked->known || !judge_authenticity(session, judged))
        return;
    judge_binding(session, judged);
    if (session->unbelievable)
        return;
    judge_zeros(session, judged);
    judge_events(session, judged);
    judge_content(session, judged);
}

/* A look that takes longer than 2 s has told too late (APP-3). */
static void judge_delay(const struct session_state *session, struct judged *judged) {
    const uint64_t asked_us = session->asked.entry->message.time_us;
    const uint64_t now_us = judged->entry->message.time_us;
    if (now_us > asked_us && now_us - asked_us > LATE_US)
        note(judged, DECODED_REFUSED, rule_of(session, "APP-3", "OPM-APP-3"),
             "the driver took %" PRIu64 ".%01" PRIu64 " s: an answer that comes after 2 s counts no more",
             (now_us - asked_us) / 1000000, (now_us - asked_us) / 100000 % 10);
}

/* The driver has done what it was asked. */
static void judge_success(struct session_state *session, const struct key_log *log, struct judged *judged) {
    const struct asked *asked = &session->asked;
    if (asked->faulty)
        note(judged, DECODED_BROKEN, asked->rule, "the driver accepts what it has to refuse");
    switch (judged->entry->message.kind) {
    case RECORDING_KEY_EXCHANGE:
        judge_exchanged(session, log, judged);
        break;
    case RECORDING_SEQUENCE_START:
        judge_started(session);
        break;
    case RECORDING_COMMAND:
        judge_commanded(session);
        break;
    case RECORDING_STATUS:
        judge_told(session, judged);
        judge_delay(session, judged);
        break;
    default:
        break;
    }
}

void judge_answer(struct session_state *session, const struct key_log *log, struct judged *judged) {
    const struct recording_message *message = &judged->entry->message;
    const struct asked *asked = &session->asked;
    bool answers = asked->entry != NULL && asked->entry->message.kind == message->kind &&
                   asked->entry->message.exchange == message->exchange;
    if (!answers) {
        if (session->complete)
            note(judged, DECODED_BROKEN, NULL, "it answers nothing that was asked");
        return;
    }
    if (message->result != 0) {
        note(judged, DECODED_BROKEN, rule_of(session, "APP-3", "OPM-APP-3"),
             "the driver did not answer: we cannot tell what it did, and the session is over");
        session->unbelievable = true;
    } else if (message->hresult != COPP_HR_OK) {
        session->spent = session->spent || (message->kind == RECORDING_SEQUENCE_START && session->exchanged && !session->started);
        judge_refusal(session, judged);
    } else {
        judge_success(session, log, judged);
    }
    if (message->kind == RECORDING_COMMAND)
        session->looked_us = message->time_us; /* nothing can be asked while a command is under way */
    if (message->result == 0 && session->started)
        record_end(session, asked, message->hresult);
}
