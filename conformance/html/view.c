#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "conformance/record/exchanges.h"

/* --- requests and their answers --- */

#define NEAR 256u /* how far behind its request an answer is looked for: each session waits for it */

static bool answers(const struct recording_message *answer, const struct view_exchange *exchange) {
    const struct recording_message *request = &exchange->first->entry->message;
    return exchange->answer == NULL && request->direction == RECORDING_REQUEST && request->session == answer->session &&
           request->exchange == answer->exchange && request->kind == answer->kind;
}

static struct view_exchange *find_request(struct view *view, const struct recording_message *answer) {
    for (size_t i = view->count; i > 0 && view->count - i < NEAR; i--) {
        if (answers(answer, &view->items[i - 1]))
            return &view->items[i - 1];
    }
    return NULL;
}

static void take(struct view *view, const struct decoded_message *message) {
    const struct recording_message *m = &message->entry->message;
    struct view_exchange *request =
        message->entry->malformed == NULL && m->direction == RECORDING_ANSWER ? find_request(view, m) : NULL;
    if (request != NULL) {
        request->answer = message;
        return;
    }
    view->items[view->count] = (struct view_exchange){.first = message, .number = view->count + 1};
    view->count++;
}

bool view_of_recording(const struct decoded *decoded, struct view *view) {
    *view = (struct view){.items = calloc(decoded->count + 1, sizeof *view->items)};
    if (view->items == NULL)
        return false;
    for (size_t i = 0; i < decoded->count; i++)
        take(view, &decoded->messages[i]);
    return true;
}

/* --- an outcome as a recording --- */

static size_t put_entries(const struct exchange_list *list, struct recording_entry *entries) {
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct recording_message messages[2];
        size_t made = exchange_messages(&list->items[i], (uint32_t)i + 1, messages);
        for (size_t k = 0; k < made; k++)
            entries[count++].message = messages[k];
    }
    return count;
}

/* Of a recording's handshake the decoder has to suppose that it was right. A suite's may be wrong, and only its case knows. */
static void soften(struct decoded *decoded) {
    for (size_t i = 0; i < decoded->count; i++) {
        struct decoded_message *message = &decoded->messages[i];
        const struct recording_message *m = &message->entry->message;
        if (m->kind == RECORDING_SEQUENCE_START && m->direction == RECORDING_ANSWER && m->result == 0 &&
            m->hresult != COPP_HR_OK && message->weight == DECODED_BROKEN)
            message->weight = DECODED_REFUSED;
    }
}

static bool take_keys(const struct exchange_list *list, struct key_log *log) {
    *log = (struct key_log){.entries = calloc(list->count + 1, sizeof *log->entries)};
    for (size_t i = 0; log->entries != NULL && i < list->count; i++) {
        if (list->items[i].keyed)
            log->entries[log->count++] = list->items[i].key;
    }
    return log->entries != NULL;
}

/* Those whose bytes are marked, and the last one before the verdict. */
static void find_evidence(const struct case_outcome *outcome, struct view *view) {
    if (outcome->result != CASE_FAIL && outcome->result != CASE_EXPECTED_FAILURE && outcome->result != CASE_ERROR)
        return;
    for (size_t i = 0; i < outcome->mark_count; i++) {
        if (outcome->marks[i].exchange < view->count)
            view->items[outcome->marks[i].exchange].evidence = true;
    }
    if (outcome->verdict_at > 0 && outcome->verdict_at <= view->count)
        view->items[outcome->verdict_at - 1].evidence = true;
}

bool view_of_outcome(const struct case_outcome *outcome, struct view *view) {
    const struct exchange_list *list = &outcome->exchanges;
    *view = (struct view){.entries = calloc(2 * list->count + 1, sizeof *view->entries),
                          .items = calloc(list->count + 1, sizeof *view->items)};
    if (view->entries == NULL || view->items == NULL)
        return false;
    struct recording_file file = {.entries = view->entries, .count = put_entries(list, view->entries)};
    struct key_log log;
    if (!take_keys(list, &log))
        return false;
    enum copp_result result = decode(&file, &log, &view->decoded);
    key_log_free(&log);
    if (result != COPP_OK)
        return false;
    soften(&view->decoded);
    const struct decoded_message *message = view->decoded.messages;
    for (size_t i = 0; i < list->count; i++) {
        struct recording_message messages[2];
        view->items[i] = (struct view_exchange){.first = message++, .number = i + 1};
        if (exchange_messages(&list->items[i], (uint32_t)i + 1, messages) == 2)
            view->items[i].answer = message++;
    }
    view->count = list->count;
    find_evidence(outcome, view);
    return true;
}

void view_free(struct view *view) {
    decoded_free(&view->decoded);
    free(view->entries);
    free(view->items);
    *view = (struct view){.items = NULL};
}
