/*
 * Recordings and key logs of any bytes, and sessions that go through every state of the decoder. What is shown lies within the message, and is printable;
 * what is wrong has a reason.
 */
#include <stdlib.h>
#include <string.h>

#include "conformance/decode/decode.h"
#include "conformance/html/html.h"
#include "fuzz.h"
#include "recording_ops.h"

#define MESSAGES_MAX 96u

static const struct copp_handshake secrets = {
    .random = {1, 2, 3}, .session_key = {4, 5, 6}, .status_sequence = UINT32_MAX, .command_sequence = 7};

static void check_text(const char *text, size_t room) {
    const char *end = memchr(text, '\0', room);
    CHECK(end);
    for (; text < end; text++)
        CHECK(*text >= ' ' && *text <= '~');
}

static void check_field(const struct decoded_field *field, const struct recording_message *message) {
    size_t size = field->beside ? message->additional_size : message->size;
    CHECK(field->offset <= size && field->size <= size - field->offset);
    check_text(field->value, sizeof field->value);
    CHECK(field->name && field->state <= DECODED_WRONG);
}

static void check_message(const struct decoded_message *message) {
    check_text(message->summary, sizeof message->summary);
    check_text(message->note, sizeof message->note);
    CHECK((message->weight == DECODED_FINE) == (message->note[0] == '\0'));
    for (size_t i = 0; i < message->field_count; i++)
        check_field(&message->fields[i], &message->entry->message);
}

static void check_decoded(const struct recording_file *file, const struct decoded *decoded) {
    const struct decoded_message *first = NULL;
    CHECK(decoded->count == file->count && decoded->keys <= decoded->sessions);
    for (size_t i = 0; i < decoded->count; i++) {
        check_message(&decoded->messages[i]);
        if (!first && decoded->messages[i].weight == DECODED_BROKEN)
            first = &decoded->messages[i];
    }
    CHECK(decoded->first_broken == first);
}

/* Nothing of a recording becomes markup: the page has the tags that it would have anyway, and no control characters. */
static void check_page(const struct recording_file *file, const struct decoded *decoded) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    CHECK(out && html_of_recording(out, "<script>\xff", "1", file, decoded, 0) && fclose(out) == 0 && strlen(text) == length);
    const char *script = strstr(text, "<script");
    CHECK(script && !strstr(script + 1, "<script") && strstr(script, "</script>\n</body>\n</html>\n"));
    for (const char *at = text; *at != '\0'; at++)
        CHECK(*at == '\n' || (unsigned char)*at >= ' ');
    free(text);
}

static void check_entries(const struct recording_file *file, const uint8_t *bytes, size_t size) {
    check_text(file->application, sizeof file->application);
    check_text(file->remark, sizeof file->remark);
    for (size_t i = 0; i < file->count; i++) {
        const struct recording_message *m = &file->entries[i].message;
        CHECK(i == 0 || file->entries[i].frame > file->entries[i - 1].frame);
        CHECK(!m->size || (m->bytes >= bytes && m->size <= size && m->bytes + m->size <= bytes + size));
        CHECK(!m->additional_size || (m->additional >= bytes && m->additional + m->additional_size <= bytes + size));
    }
}

static void read_recording(const uint8_t *bytes, size_t size, const struct key_log *log) {
    struct recording_file file;
    struct decoded decoded;
    enum copp_result result = recording_file_read(bytes, size, &file);
    CHECK(result == COPP_OK || result == COPP_E_INVALID);
    CHECK(result == COPP_OK || file.count == 0);
    CHECK(!file.damage || file.damage_at < size);
    check_entries(&file, bytes, size);
    if (result == COPP_OK) {
        CHECK(decode(&file, log, &decoded) == COPP_OK);
        check_decoded(&file, &decoded);
        if (size % 8 == 0) /* a page takes much longer than all the rest */
            check_page(&file, &decoded);
        decoded_free(&decoded);
    }
    recording_file_free(&file);
}

/* What is read is written anew, and read as the same. */
static void read_keys(const uint8_t *bytes, size_t size) {
    struct key_log log, again;
    unsigned line;
    enum copp_result result = key_log_read(bytes, size, &log, &line);
    CHECK(result == COPP_OK || (result == COPP_E_INVALID && line > 0));
    for (size_t i = 0; i < log.count; i++) {
        char text[KEY_LINE_SIZE];
        size_t length = key_log_print(&log.entries[i], text);
        CHECK(length == KEY_LINE_SIZE - 1 && text[length] == '\0');
        CHECK(key_log_read((const uint8_t *)text, length, &again, &line) == COPP_OK && again.count == 1);
        CHECK(copp_equal(&again.entries[0], &log.entries[i], sizeof log.entries[i]));
        CHECK(key_log_find(&log, log.entries[i].random));
        key_log_free(&again);
    }
    key_log_free(&log);
}

/* --- messages --- */

struct writer {
    uint8_t *bytes;
    size_t size;
    unsigned count;
    struct recording_message message; /* what stays from one to the next */
    uint32_t sequence[2];
    struct copp_omac *omac;
};

static void put(struct writer *out, enum recording_kind kind, enum recording_direction direction, const void *bytes,
                size_t size) {
    if (out->count == MESSAGES_MAX)
        return;
    out->count++;
    out->message.exchange += direction == RECORDING_REQUEST;
    out->message.kind = kind;
    out->message.direction = direction;
    out->message.bytes = bytes;
    out->message.size = size;
    out->size += recording_put(&out->message, out->bytes + out->size);
}

static void put_answer(struct writer *out, enum recording_kind kind, uint8_t hresult, const void *bytes, size_t size) {
    out->message.hresult = hresult == 0 ? COPP_HR_OK : hresult < 128 ? COPP_HR_INVALIDARG : 0xC0262500u | (hresult & 0x3Fu);
    out->message.result = hresult == 0xFF ? COPP_E_TRANSPORT : 0;
    put(out, kind, RECORDING_ANSWER, out->message.hresult == 0 ? bytes : NULL, out->message.hresult == 0 ? size : 0);
    out->message.hresult = 0;
    out->message.result = 0;
}

static void put_word(uint8_t *at, uint32_t value) {
    for (size_t i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void seal(struct writer *out, uint8_t *message, unsigned flags) {
    CHECK(copp_omac_tag(out->omac, message + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, message) == COPP_OK);
    message[0] ^= flags & WRONG_MAC ? 1 : 0;
}

static void fill_head(struct writer *out, struct fuzz_input *input, uint8_t *message, unsigned counter, unsigned *flags) {
    const uint8_t *guid = copp_opm_request_guid((enum copp_request)fuzz_one_of(input, COPP_OPM_SET_HDCP_SRM + 2));
    *flags = fuzz_u8(input);
    if (guid)
        memcpy(message + 16, guid, COPP_GUID_SIZE);
    put_word(message + 32, out->sequence[counter] + (*flags & WRONG_SEQUENCE ? 1 : 0));
}

static void put_command(struct writer *out, struct fuzz_input *input) {
    uint8_t *message = calloc(1, COPP_MESSAGE_SIZE);
    unsigned flags;
    CHECK(message);
    fill_head(out, input, message, 1, &flags);
    put_word(message + 36, flags & WRONG_SIZE ? 1 : 64);
    message[40] = fuzz_u8(input);
    message[44] = fuzz_u8(input);
    message[48] = fuzz_u8(input);
    message[52] = fuzz_u8(input);
    seal(out, message, flags);
    put(out, RECORDING_COMMAND, RECORDING_REQUEST, message, COPP_MESSAGE_SIZE);
    uint8_t hresult = fuzz_u8(input);
    put_answer(out, RECORDING_COMMAND, hresult, NULL, 0);
    out->sequence[1] += hresult == 0;
    free(message);
}

/* BIND-1, right where it can be without the counts. */
static void bind(const uint8_t *request, uint8_t *answer) {
    static const uint8_t mark[16] = {0xdb, 0x64, 0xc2, 0xa1, 0xc8, 0x7b, 0x31, 0x4a,
                                     0xa9, 0x69, 0xb0, 0xbb, 0x2e, 0xd8, 0xc1, 0x57};
    memcpy(answer + 3968, mark, sizeof mark);
    memcpy(answer + 3984, request + 16, 24);
    answer[3968 + 64] = 'X';
}

static void put_status(struct writer *out, struct fuzz_input *input) {
    uint8_t *request = calloc(2, COPP_MESSAGE_SIZE);
    CHECK(request);
    uint8_t *answer = request + COPP_MESSAGE_SIZE;
    static const uint8_t sizes[] = {32, 44, 72, 88, 28};
    unsigned flags;
    fill_head(out, input, request, 0, &flags);
    request[0] = (uint8_t)out->count;
    request[36] = flags & WRONG_SIZE ? 4 : 0;
    put(out, RECORDING_STATUS, RECORDING_REQUEST, request, COPP_MESSAGE_SIZE);
    answer[16] = sizes[flags >> 5 & 3];
    memcpy(answer + 20, request, COPP_RANDOM_SIZE);
    answer[36] = fuzz_u8(input);
    put_word(answer + 40, fuzz_u32(input));
    answer[44] = answer[40];
    if (!(flags & UNBOUND))
        bind(request, answer);
    seal(out, answer, flags);
    answer[20] ^= flags & WRONG_ANSWER ? 1 : 0;
    uint8_t hresult = fuzz_u8(input);
    put_answer(out, RECORDING_STATUS, hresult, answer, COPP_MESSAGE_SIZE);
    out->sequence[0] += hresult == 0;
    free(request);
}

static void put_any(struct writer *out, struct fuzz_input *input) {
    enum recording_kind kind = (enum recording_kind)(1 + fuzz_one_of(input, RECORDING_KIND_COUNT - 1));
    enum recording_direction direction = (enum recording_direction)fuzz_one_of(input, 3);
    size_t size = fuzz_u16(input) % (COPP_MESSAGE_SIZE + 32);
    uint8_t *bytes = calloc(1, size + 1);
    CHECK(bytes);
    fuzz_fill(input, bytes, size < input->left ? size : input->left);
    put(out, kind, direction, bytes, size);
    free(bytes);
}

static void put_op(struct writer *out, struct fuzz_input *input) {
    uint8_t what = fuzz_u8(input);
    uint8_t exchanged[COPP_RANDOM_SIZE + 1];
    out->message.session = what >> 7;
    out->message.semantics = what >> 6 & 1 ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP;
    out->message.time_us += (uint64_t)(what >> 5 & 1) * 3000000u + 1;
    switch (what % 32 % PUT_OPS) {
    case PUT_OPEN:
        put(out, RECORDING_OPEN, RECORDING_REQUEST, "X", 1);
        break;
    case PUT_EXCHANGE:
        memcpy(exchanged, secrets.random, COPP_RANDOM_SIZE);
        exchanged[COPP_RANDOM_SIZE] = '<';
        put(out, RECORDING_KEY_EXCHANGE, RECORDING_REQUEST, NULL, 0);
        put_answer(out, RECORDING_KEY_EXCHANGE, 0, exchanged, sizeof exchanged);
        break;
    case PUT_START:
        put(out, RECORDING_SEQUENCE_START, RECORDING_REQUEST, (const uint8_t[COPP_SIGNATURE_SIZE]){0}, COPP_SIGNATURE_SIZE);
        put_answer(out, RECORDING_SEQUENCE_START, fuzz_u8(input), NULL, 0);
        break;
    case PUT_COMMAND:
        put_command(out, input);
        break;
    case PUT_STATUS:
        put_status(out, input);
        break;
    case PUT_CLOSE:
        put(out, RECORDING_CLOSE, RECORDING_REQUEST, NULL, 0);
        break;
    case PUT_DROPPED:
        put(out, RECORDING_DROPPED, RECORDING_NOTE, (const uint8_t[4]){9}, 4);
        break;
    default:
        put_any(out, input);
        break;
    }
}

static void read_messages(struct fuzz_input *input) {
    struct writer out = {.bytes = malloc(MESSAGES_MAX * (COPP_MESSAGE_SIZE + 512u) + 1024u),
                         .sequence = {secrets.status_sequence, secrets.command_sequence}};
    struct copp_handshake known = secrets;
    const struct key_log log = {.entries = &known, .count = 1};
    CHECK(out.bytes && copp_omac_new(&out.omac) == COPP_OK && copp_omac_set_key(out.omac, secrets.session_key) == COPP_OK);
    out.size = recording_begin("fuzz", "made", out.bytes);
    while (input->left > 0 && out.count < MESSAGES_MAX)
        put_op(&out, input);
    read_recording(out.bytes, out.size, &log);
    read_recording(out.bytes, out.size, NULL);
    copp_omac_free(&out.omac);
    free(out.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    unsigned what = fuzz_one_of(&input, RECORDING_INPUTS);
    if (what == RECORDING_AS_FILE)
        read_recording(input.next, input.left, NULL);
    else if (what == RECORDING_AS_KEYS)
        read_keys(input.next, input.left);
    else
        read_messages(&input);
    return 0;
}
