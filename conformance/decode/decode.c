#include "decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define BUCKETS 1024u
#define OPEN_MAX 4096u /* sessions at a time: more of them cost whoever reads a hostile recording too much time */

struct decoder {
    const struct key_log *log;
    struct decoded *decoded;
    struct session_state *buckets[BUCKETS];
    size_t open; /* sessions in them */
    uint8_t last_random[COPP_RANDOM_SIZE]; /* of the session before */
    bool random_seen;
};

/* --- sessions --- */

static struct session_state **bucket_of(struct decoder *decoder, uint32_t number) {
    struct session_state **at = &decoder->buckets[number % BUCKETS];
    while (*at != NULL && (*at)->number != number)
        at = &(*at)->next;
    return at;
}

static struct session_state *begin_session(struct decoder *decoder, const struct recording_message *message) {
    struct session_state **at = &decoder->buckets[message->session % BUCKETS];
    struct session_state *session = calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    session->number = message->session;
    session->opm = message->semantics == COPP_SEMANTICS_OPM;
    session->complete = message->kind == RECORDING_OPEN && message->direction == RECORDING_REQUEST;
    session->next = *at;
    *at = session;
    decoder->decoded->sessions++;
    decoder->open++;
    return session;
}

static void end_session(struct decoder *decoder, struct session_state **at) {
    struct session_state *session = *at;
    if (session == NULL)
        return;
    decoder->open--;
    *at = session->next;
    copp_omac_free(&session->omac);
    free(session);
}

static struct session_state *session_of(struct decoder *decoder, const struct recording_message *message) {
    struct session_state **at = bucket_of(decoder, message->session);
    if (*at != NULL && message->kind == RECORDING_OPEN && message->direction == RECORDING_REQUEST)
        end_session(decoder, at); /* its end is missing */
    at = bucket_of(decoder, message->session);
    return *at != NULL ? *at : begin_session(decoder, message);
}

static void take_name(struct session_state *session, const struct recording_message *message) {
    session->named = message->size < sizeof session->connector;
    if (session->named)
        memcpy(session->connector, message->bytes, message->size);
}

/* --- messages --- */

/* SES-2: fresh numbers do not come twice. */
static void judge_random(struct decoder *decoder, const struct session_state *session, struct judged *judged) {
    const struct recording_message *message = &judged->entry->message;
    if (message->kind != RECORDING_KEY_EXCHANGE || message->size < COPP_RANDOM_SIZE)
        return;
    if (decoder->random_seen && memcmp(decoder->last_random, message->bytes, COPP_RANDOM_SIZE) == 0)
        note(judged, DECODED_BROKEN, rule_of(session, "SES-2", "OPM-INI-1"), "the driver's random number is the last session's");
    memcpy(decoder->last_random, message->bytes, COPP_RANDOM_SIZE);
    decoder->random_seen = true;
}

static void take_request(struct session_state *session, struct judged *judged) {
    const struct recording_message *message = &judged->entry->message;
    show_request(session, judged);
    judge_request(session, judged);
    if (message->kind == RECORDING_OPEN)
        take_name(session, message);
}

static void take_answer(struct decoder *decoder, struct session_state *session, struct judged *judged) {
    bool had_key = session->omac != NULL;
    show_answer(session, judged);
    judge_random(decoder, session, judged);
    judge_answer(session, decoder->log, judged);
    decoder->decoded->keys += !had_key && session->omac != NULL;
    session->asked.entry = NULL;
}

static void take_note(struct judged *judged) {
    const struct recording_message *message = &judged->entry->message;
    struct decoded_message *told = judged->message;
    if (message->kind == RECORDING_DROPPED && message->size >= 4) {
        (void)snprintf(told->summary, sizeof told->summary, "%lu messages are missing here",
                       (unsigned long)word_at(message->bytes));
        return;
    }
    (void)snprintf(told->summary, sizeof told->summary, "%.100s", add_text(&judged->fields, "note", 0, message->size)->value);
}

static bool keep_fields(struct decoded_message *message, const struct judged *judged) {
    size_t count = judged->fields.count + judged->beside.count;
    if (count == 0)
        return true;
    message->fields = malloc(count * sizeof *message->fields);
    if (message->fields == NULL)
        return false;
    message->field_count = count;
    memcpy(message->fields, judged->beside.list, judged->beside.count * sizeof *message->fields);
    memcpy(message->fields + judged->beside.count, judged->fields.list, judged->fields.count * sizeof *message->fields);
    return true;
}

/* What was dropped may be anything: nothing that was counted is known any more. */
static void forget_all(struct decoder *decoder) {
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct session_state *session = decoder->buckets[i]; session != NULL; session = session->next) {
            session->complete = false;
            session->counting[COUNTER_STATUS] = session->counting[COUNTER_COMMAND] = false;
            session->type_count = 0;
            session->events = 0;
        }
    }
}

static enum copp_result take_message(struct decoder *decoder, struct judged *judged) {
    const struct recording_message *message = &judged->entry->message;
    if (message->direction == RECORDING_NOTE) {
        take_note(judged);
        if (message->kind == RECORDING_DROPPED)
            forget_all(decoder);
        return COPP_OK;
    }
    if (*bucket_of(decoder, message->session) == NULL && decoder->open == OPEN_MAX) {
        note(judged, DECODED_BROKEN, NULL, "of more than %u sessions at a time: not looked at", OPEN_MAX);
        return COPP_OK;
    }
    struct session_state *session = session_of(decoder, message);
    if (session == NULL)
        return COPP_E_MEMORY;
    if (message->direction == RECORDING_REQUEST)
        take_request(session, judged);
    else
        take_answer(decoder, session, judged);
    if (message->kind == RECORDING_CLOSE)
        end_session(decoder, bucket_of(decoder, message->session));
    return COPP_OK;
}

static enum copp_result take_entry(struct decoder *decoder, const struct recording_entry *entry,
                                   struct decoded_message *message) {
    struct judged *judged = calloc(1, sizeof *judged);
    if (judged == NULL)
        return COPP_E_MEMORY;
    judged->entry = entry;
    judged->message = message;
    judged->fields.bytes = entry->message.bytes;
    judged->fields.size = entry->message.size;
    judged->beside.bytes = entry->message.additional;
    judged->beside.size = entry->message.additional_size;
    judged->beside.beside = true;
    enum copp_result result = COPP_OK;
    if (entry->malformed != NULL)
        note(judged, DECODED_BROKEN, NULL, "not a message of a recording: %s", entry->malformed);
    else
        result = take_message(decoder, judged);
    if (result == COPP_OK && !keep_fields(message, judged))
        result = COPP_E_MEMORY;
    free(judged);
    return result;
}

static void find_first(struct decoded *decoded) {
    for (size_t i = decoded->count; i-- > 0;) {
        const struct decoded_message *message = &decoded->messages[i];
        if (message->weight == DECODED_BROKEN)
            decoded->first_broken = message;
        else if (message->weight == DECODED_REFUSED)
            decoded->first_refused = message;
    }
}

static enum copp_result take_all(struct decoder *decoder, const struct recording_file *file) {
    enum copp_result result = COPP_OK;
    for (size_t i = 0; result == COPP_OK && i < file->count; i++) {
        const struct recording_entry *entry = &file->entries[i];
        uint64_t first = file->entries[0].message.time_us;
        decoder->decoded->messages[i] = (struct decoded_message){
            .entry = entry, .after_us = entry->message.time_us > first ? entry->message.time_us - first : 0};
        result = take_entry(decoder, entry, &decoder->decoded->messages[i]);
        decoder->decoded->count++;
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        while (decoder->buckets[i] != NULL)
            end_session(decoder, &decoder->buckets[i]);
    }
    return result;
}

enum copp_result decode(const struct recording_file *file, const struct key_log *log, struct decoded *decoded) {
    *decoded = (struct decoded){.count = 0};
    struct decoder *decoder = calloc(1, sizeof *decoder);
    decoded->messages = calloc(file->count + 1, sizeof *decoded->messages);
    enum copp_result result = decoder != NULL && decoded->messages != NULL ? COPP_OK : COPP_E_MEMORY;
    if (result == COPP_OK) {
        decoder->log = log;
        decoder->decoded = decoded;
        result = take_all(decoder, file);
        find_first(decoded);
    }
    free(decoder);
    return result;
}

void decoded_free(struct decoded *decoded) {
    for (size_t i = 0; i < decoded->count; i++)
        free(decoded->messages[i].fields);
    free(decoded->messages);
    *decoded = (struct decoded){.count = 0};
}
