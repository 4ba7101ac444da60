/* The fields of each message (WIRE, OPM-WIRE). */
#include <stdio.h>
#include <string.h>

#include "state.h"

#define DATA_AT 40u /* of a command and a status request */
#define ANSWER_AT 20u /* of a status answer */
#define BINDING_AT (COPP_MESSAGE_SIZE - 128u)

/* Structures have names of their own under OPM, and the same layout. */
static const char *named(const struct session_state *session, const char *copp, const char *opm) {
    return session->opm ? opm : copp;
}

const char *request_name(const struct session_state *session, const struct asked *asked) {
    const char *name = !asked->known  ? NULL
                       : session->opm ? copp_opm_request_name(asked->request)
                                      : copp_request_name(asked->request);
    return name != NULL ? name : "unknown request";
}

static void summarize(struct judged *judged, const char *text) {
    (void)snprintf(judged->message->summary, sizeof judged->message->summary, "%s", text);
}

/* --- requests --- */

static bool takes_level(const struct asked *asked) {
    return asked->request == COPP_SET_PROTECTION_LEVEL || asked->request == COPP_OPM_SET_PROTECTION_LEVEL_CSS;
}

static bool takes_type(const struct asked *asked) {
    return asked->request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || asked->request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
}

static void read_asked(const struct session_state *session, const struct judged *judged, struct asked *asked) {
    const uint8_t *bytes = judged->fields.bytes;
    asked->fits = judged->fields.size == COPP_MESSAGE_SIZE;
    if (!asked->fits)
        return;
    asked->known = session->opm ? copp_opm_request_from_guid(bytes + 16, &asked->request)
                                : copp_request_from_guid(bytes + 16, &asked->request);
    asked->sequence = word_at(bytes + 32);
    asked->size = word_at(bytes + 36);
    asked->data = bytes + DATA_AT;
    if (asked->known && (takes_level(asked) || takes_type(asked)))
        asked->type = word_at(asked->data);
    if (asked->known && takes_level(asked))
        asked->level = word_at(asked->data + 4);
}

static void show_head(const struct session_state *session, struct fields *fields, const char *mac, const char *guid,
                      const struct asked *asked) {
    add_hex(fields, mac, 0, 16);
    add_guid(fields, guid, 16, request_name(session, asked));
    add_number(fields, named(session, "dwSequence", "ulSequenceNumber"), 32);
    add_number(fields, named(session, "cbSizeData", "cbParametersSize"), 36);
}

static void show_masked(struct fields *fields, size_t at) {
    add_number(fields, "AspectRatioMask", at);
    add_number(fields, "AspectRatioData", at + 4);
}

static void show_signaling(struct fields *fields) {
    struct meaning meaning;
    add_named(fields, "ActiveTVProtectionStandard", DATA_AT, meaning_standards(&meaning, word_at(fields->bytes + DATA_AT)));
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++)
        show_masked(fields, DATA_AT + 4 + 8 * i);
    add_hex(fields, "ExtendedInfoChangeMask", DATA_AT + 28, 16);
    add_hex(fields, "ExtendedInfoData", DATA_AT + 44, 16);
    add_number(fields, "Reserved", DATA_AT + 60);
}

static void show_level(const struct session_state *session, struct fields *fields, const struct asked *asked) {
    struct meaning meaning;
    add_named(fields, named(session, "ProtType", "ulProtectionType"), DATA_AT, meaning_types(&meaning, asked->type));
    if (!takes_level(asked))
        return;
    add_named(fields, named(session, "ProtLevel", "ulProtectionLevel"), DATA_AT + 4,
              meaning_level(&meaning, asked->type, asked->level));
    add_number(fields, named(session, "ExtendedInfoChangeMask", "Reserved"), DATA_AT + 8);
    add_number(fields, named(session, "ExtendedInfoData", "Reserved2"), DATA_AT + 12);
}

static void show_command(const struct session_state *session, struct judged *judged, const struct asked *asked) {
    struct fields *fields = &judged->fields;
    struct meaning meaning, level;
    show_head(session, fields, named(session, "macKDI", "omac"), named(session, "guidCommandID", "guidSetting"), asked);
    if (asked->known && takes_level(asked))
        show_level(session, fields, asked);
    else if (asked->known && asked->request == COPP_SET_SIGNALING)
        show_signaling(fields);
    else if (asked->known && asked->request == COPP_OPM_SET_HDCP_SRM)
        add_number(fields, "ulSRMVersion", DATA_AT);
    if (judged->beside.size > 0)
        add_hex(&judged->beside, "additional parameters", 0, judged->beside.size);
    summarize(judged, request_name(session, asked));
    if (asked->known && takes_level(asked))
        (void)snprintf(judged->message->summary, sizeof judged->message->summary, "%s: %.60s %.40s", request_name(session, asked),
                       meaning_types(&meaning, asked->type), meaning_level(&level, asked->type, asked->level));
}

static void show_status(const struct session_state *session, struct judged *judged, const struct asked *asked) {
    struct meaning meaning;
    show_head(session, &judged->fields, named(session, "rApp", "rnRandomNumber"),
              named(session, "guidStatusRequestID", "guidInformation"), asked);
    if (asked->known && takes_type(asked) && asked->size == 4)
        show_level(session, &judged->fields, asked);
    if (judged->beside.size == COPP_MAC_SIZE)
        add_hex(&judged->beside, "omac", 0, COPP_MAC_SIZE);
    summarize(judged, request_name(session, asked));
    if (asked->known && takes_type(asked))
        (void)snprintf(judged->message->summary, sizeof judged->message->summary, "%s: %.60s", request_name(session, asked),
                       meaning_types(&meaning, asked->type));
}

void show_request(struct session_state *session, struct judged *judged) {
    struct asked *asked = &session->asked;
    *asked = (struct asked){.entry = judged->entry};
    switch (judged->entry->message.kind) {
    case RECORDING_OPEN:
        (void)snprintf(judged->message->summary, sizeof judged->message->summary, "open %.64s",
                       add_text(&judged->fields, "connector", 0, judged->fields.size)->value);
        break;
    case RECORDING_KEY_EXCHANGE:
        summarize(judged, named(session, "KeyExchange", "StartInitialization"));
        break;
    case RECORDING_SEQUENCE_START:
        summarize(judged, named(session, "SessionSequenceStart", "FinishInitialization"));
        add_hex(&judged->fields, named(session, "Signature", "abEncryptedInitializationParameters"), 0, judged->fields.size);
        break;
    case RECORDING_COMMAND:
        read_asked(session, judged, asked);
        show_command(session, judged, asked);
        break;
    case RECORDING_STATUS:
        read_asked(session, judged, asked);
        show_status(session, judged, asked);
        break;
    default:
        summarize(judged, "close");
    }
}

/* --- answers --- */

static void show_chain(const struct session_state *session, struct judged *judged) {
    const struct fields *fields = &judged->fields;
    add_hex(&judged->fields, named(session, "guidRandom", "rnRandomNumber"), 0, COPP_RANDOM_SIZE);
    if (fields->size <= COPP_RANDOM_SIZE)
        return;
    size_t size = fields->size - COPP_RANDOM_SIZE;
    struct decoded_field *chain = add_field(&judged->fields, "certificate chain", COPP_RANDOM_SIZE, size);
    bool der = fields->bytes[COPP_RANDOM_SIZE] == 0x30;
    (void)snprintf(chain->value, sizeof chain->value, "%zu bytes of %s", size, der ? "DER (X.509)" : "XML");
}

static void show_value(const struct session_state *session, struct fields *fields, const struct asked *asked) {
    struct meaning meaning;
    const size_t at = ANSWER_AT + 20;
    uint32_t value = word_at(fields->bytes + at);
    const char *name = named(session, "dwData", "ulInformation");
    switch (asked->request) {
    case COPP_QUERY_CONNECTOR_TYPE:
        add_named(fields, name, at, meaning_connector(&meaning, value, session->opm));
        break;
    case COPP_QUERY_PROTECTION_TYPE:
        add_named(fields, name, at, meaning_types(&meaning, value));
        break;
    case COPP_QUERY_BUS_DATA:
        add_named(fields, name, at, meaning_bus(&meaning, value, session->opm));
        break;
    case COPP_QUERY_LOCAL_PROTECTION_LEVEL:
    case COPP_QUERY_GLOBAL_PROTECTION_LEVEL:
        add_named(fields, name, at, meaning_level(&meaning, asked->type, value));
        break;
    default:
        add_number(fields, name, at);
    }
    add_number(fields, named(session, "ExtendedInfoValidMask", "ulReserved"), at + 4);
    add_number(fields, named(session, "ExtendedInfoData", "ulReserved2"), at + 8);
}

static void show_display(struct fields *fields) {
    struct meaning meaning;
    const size_t at = ANSWER_AT + 20;
    add_number(fields, "DisplayWidth", at);
    add_number(fields, "DisplayHeight", at + 4);
    add_named(fields, "Format", at + 8, meaning_format(&meaning, word_at(fields->bytes + at + 8)));
    add_number(fields, "d3dFormat", at + 12);
    add_number(fields, "FreqNumerator", at + 16);
    add_number(fields, "FreqDenominator", at + 20);
}

static void show_key(struct fields *fields) {
    const size_t at = ANSWER_AT + 20;
    add_named(fields, "dwHDCPFlags", at, (word_at(fields->bytes + at) & COPP_HDCP_REPEATER) != 0 ? "repeater" : "no repeater");
    uint8_t ksv[COPP_KSV_SIZE];
    copp_ksv_from_bksv(fields->bytes + at + 4, ksv);
    struct decoded_field *field = add_field(fields, "BKey", at + 4, 16);
    (void)snprintf(field->value, sizeof field->value, "%02x%02x%02x%02x%02x (KSV, identifies the receiver)", ksv[0], ksv[1],
                   ksv[2], ksv[3], ksv[4]);
    field->state = copp_ksv_valid(ksv) ? DECODED_RIGHT : DECODED_WRONG; /* SRM-5 */
}

static void show_signaling_answer(struct fields *fields) {
    struct meaning meaning;
    const size_t at = ANSWER_AT + 20;
    add_named(fields, "AvailableTVProtectionStandards", at, meaning_standards(&meaning, word_at(fields->bytes + at)));
    add_named(fields, "ActiveTVProtectionStandard", at + 4, meaning_standards(&meaning, word_at(fields->bytes + at + 4)));
    add_number(fields, "TVType", at + 8);
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++)
        show_masked(fields, at + 12 + 8 * i);
    add_hex(fields, "ExtendedInfoValidMask", at + 36, 16);
    add_hex(fields, "ExtendedInfoData", at + 52, 16);
}

/* BIND-1 */
static void show_binding(struct fields *fields) {
    struct meaning meaning;
    if (!is_bound(fields->bytes))
        return;
    uint32_t flags = word_at(fields->bytes + BINDING_AT + 52);
    (void)snprintf(meaning.text, sizeof meaning.text, "%s%s%s", (flags & COPP_BOUND_REAL) != 0 ? "real" : "simulated",
                   (flags & COPP_BOUND_PLUGGED) != 0 ? ", plugged" : "",
                   (flags & COPP_BOUND_RECEIVER) != 0 ? ", receiver named" : "");
    add_guid(fields, "binding", BINDING_AT, "BIND-1");
    add_guid(fields, "bound guid", BINDING_AT + 16, "as received");
    add_number(fields, "bound sequence", BINDING_AT + 32);
    add_number(fields, "bound size", BINDING_AT + 36);
    add_hex(fields, "bound data", BINDING_AT + 40, 4);
    add_number(fields, "command sequence", BINDING_AT + 44);
    add_number(fields, "refused", BINDING_AT + 48);
    add_named(fields, "flags", BINDING_AT + 52, meaning.text);
    add_hex(fields, "record", BINDING_AT + 56, 8);
    add_text(fields, "connector", BINDING_AT + 64, COPP_CONNECTOR_NAME_SIZE);
}

static void show_status_answer(const struct session_state *session, struct judged *judged) {
    struct fields *fields = &judged->fields;
    const struct asked *asked = &session->asked;
    struct meaning meaning;
    if (fields->size != COPP_MESSAGE_SIZE)
        return;
    add_hex(fields, named(session, "macKDI", "omac"), 0, COPP_MAC_SIZE);
    add_number(fields, named(session, "cbSizeData", "cbRequestedInformationSize"), 16);
    add_hex(fields, named(session, "rApp", "rnRandomNumber"), ANSWER_AT, COPP_RANDOM_SIZE);
    add_named(fields, named(session, "dwFlags", "ulStatusFlags"), ANSWER_AT + 16,
              meaning_flags(&meaning, word_at(fields->bytes + ANSWER_AT + 16)));
    size_t before = fields->count;
    if (!asked->known || asked->entry == NULL)
        add_number(fields, "data", ANSWER_AT + 20);
    else if (asked->request == COPP_QUERY_DISPLAY_DATA)
        show_display(fields);
    else if (asked->request == COPP_QUERY_HDCP_KEY_DATA)
        show_key(fields);
    else if (asked->request == COPP_QUERY_SIGNALING)
        show_signaling_answer(fields);
    else if (asked->request == COPP_OPM_QUERY_OUTPUT_ID)
        add_hex(fields, "OutputId", ANSWER_AT + 20, 8);
    else
        show_value(session, fields, asked);
    (void)snprintf(judged->message->summary, sizeof judged->message->summary, "S_OK: %s", fields->list[before].value);
    if (asked->entry != NULL && asked->known && asked->request == COPP_QUERY_DISPLAY_DATA)
        (void)snprintf(judged->message->summary, sizeof judged->message->summary, "S_OK: %lux%lu",
                       (unsigned long)word_at(fields->bytes + ANSWER_AT + 20),
                       (unsigned long)word_at(fields->bytes + ANSWER_AT + 24));
    show_binding(fields);
}

void show_answer(const struct session_state *session, struct judged *judged) {
    const struct recording_message *message = &judged->entry->message;
    struct meaning meaning;
    if (message->result != 0)
        (void)snprintf(judged->message->summary, sizeof judged->message->summary, "no answer: %.100s",
                       copp_strerror((enum copp_result)message->result));
    else
        summarize(judged, meaning_hresult(&meaning, message->hresult));
    if (message->result != 0 || message->hresult != COPP_HR_OK)
        return;
    if (message->kind == RECORDING_KEY_EXCHANGE)
        show_chain(session, judged);
    if (message->kind == RECORDING_STATUS)
        show_status_answer(session, judged);
}
