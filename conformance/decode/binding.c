/* Bound answers (BIND): what the driver has received and done, beside what went by. */
#include <inttypes.h>
#include <string.h>

#include "state.h"

#define AT (COPP_MESSAGE_SIZE - 128u)
#define HEAD_SIZE 44u /* of a request, that is recorded */

static const uint8_t mark[16] = {0xdb, 0x64, 0xc2, 0xa1, 0xc8, 0x7b, 0x31, 0x4a, 0xa9, 0x69, 0xb0, 0xbb, 0x2e, 0xd8, 0xc1, 0x57};

bool is_bound(const uint8_t *answer) {
    return memcmp(answer + AT, mark, sizeof mark) == 0;
}

static void put_word(uint8_t *bytes, uint32_t value) {
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

void record_end(struct session_state *session, const struct asked *asked, uint32_t hresult) {
    uint8_t bytes[COPP_MAC_SIZE + 8 + HEAD_SIZE];
    bool command = asked->entry->message.kind == RECORDING_COMMAND;
    if (!asked->fits || (!command && asked->entry->message.kind != RECORDING_STATUS))
        return;
    session->refused += hresult != COPP_HR_OK;
    if (session->omac == NULL || (!command && hresult == COPP_HR_OK))
        return;
    memcpy(bytes, session->record, COPP_MAC_SIZE);
    put_word(bytes + 16, hresult);
    put_word(bytes + 20, command ? 4 : 5);
    memcpy(bytes + 24, asked->entry->message.bytes, HEAD_SIZE);
    if (copp_omac_tag(session->omac, bytes, sizeof bytes, session->record) != COPP_OK)
        copp_omac_free(&session->omac); /* then nothing more can be told */
}

/* Whether size bytes at offset of the binding are those; the first that are not end the session. */
static bool agrees(struct session_state *session, struct judged *judged, size_t offset, const void *expected, size_t size,
                   const char *rule, const char *what) {
    struct decoded_field *field = field_at(&judged->fields, AT + offset);
    if (memcmp(judged->fields.bytes + AT + offset, expected, size) == 0) {
        field->state = DECODED_RIGHT;
        return true;
    }
    field->state = DECODED_WRONG;
    session->unbelievable = true;
    note(judged, DECODED_BROKEN, rule, "the binding does not agree: %s", what);
    return false;
}

/* Of this the whole session has to be known. */
static void judge_history(struct session_state *session, struct judged *judged) {
    uint8_t word[4];
    put_word(word, session->next_number[COUNTER_COMMAND]);
    if (session->counting[COUNTER_COMMAND] &&
        !agrees(session, judged, 44, word, 4, "BIND-3", "the driver expects another command sequence number"))
        return;
    put_word(word, session->refused);
    if (!session->complete ||
        !agrees(session, judged, 48, word, 4, "BIND-3", "the driver has refused another number of requests"))
        return;
    if (session->omac != NULL &&
        !agrees(session, judged, 56, session->record, 8, "BIND-3", "the driver's record of what came of requests is another one"))
        return;
    if (session->named)
        (void)agrees(session, judged, 64, session->connector, sizeof session->connector, "BIND-7", "it is another connector");
}

void judge_binding(struct session_state *session, struct judged *judged) {
    const struct asked *asked = &session->asked;
    const uint8_t *request = asked->entry->message.bytes;
    uint8_t data[4] = {0};
    if (!is_bound(judged->fields.bytes)) {
        if (session->bound)
            note(judged, DECODED_BROKEN, "BIND-2", "the answer is not bound, and one before was");
        session->unbelievable = session->unbelievable || session->bound;
        return;
    }
    session->bound = true;
    memcpy(data, request + 40, asked->size < 4 ? asked->size : 4);
    if (agrees(session, judged, 16, request + 16, 16, "BIND-4", "the driver has received another question") &&
        agrees(session, judged, 32, request + 32, 4, "BIND-4", "the driver has received another sequence number") &&
        agrees(session, judged, 36, request + 36, 4, "BIND-4", "the driver has received another size") &&
        agrees(session, judged, 40, data, 4, "BIND-4", "the driver has received other data"))
        judge_history(session, judged);
}
