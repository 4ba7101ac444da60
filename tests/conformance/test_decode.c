/*
 * What a recording's reader finds wrong. Each alteration of a good recording breaks one rule, which has to be found at that message: those who alter
 * an answer and have the key make its MAC anew, so that what is below it is looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/harness.h"
#include "conformance/decode/decode.h"

enum place { MESSAGE, BESIDE, HEADER, TIME }; /* HEADER: of the recording, before the message; TIME: of the packet */

struct alteration {
    const char *what;
    unsigned frame;
    enum place place;
    size_t offset;
    uint8_t with; /* what the byte is xored with */
    bool seal; /* the MAC is made anew */
    unsigned found; /* the first message that is wrong; 0: none */
    const char *rule;
};

struct sample {
    const char *name;
    uint8_t *bytes;
    size_t size;
    struct recording_file file;
    struct key_log log;
};

static void load(const char *name, struct sample *sample) {
    char path[64];
    size_t size;
    unsigned line;
    (void)snprintf(path, sizeof path, "recordings/%s.pcapng", name);
    sample->bytes = read_test_vector(path, &sample->size);
    (void)snprintf(path, sizeof path, "recordings/%s.keys", name);
    uint8_t *keys = read_test_vector(path, &size);
    assert_int_equal(key_log_read(keys, size, &sample->log, &line), COPP_OK);
    assert_int_equal(recording_file_read(sample->bytes, sample->size, &sample->file), COPP_OK);
    assert_null(sample->file.damage);
    sample->name = name;
    free(keys);
}

static void unload(struct sample *sample) {
    recording_file_free(&sample->file);
    key_log_free(&sample->log);
    free(sample->bytes);
}

/* The bytes of the recording are our own. */
static uint8_t *find(const struct sample *sample, unsigned frame, enum place place) {
    const struct recording_message *message = &sample->file.entries[frame - 1].message;
    const uint8_t *bytes = message->bytes;
    if (place == BESIDE)
        bytes = message->additional;
    if (place == HEADER)
        bytes -= RECORDING_HEADER_SIZE;
    if (place == TIME)
        bytes -= RECORDING_HEADER_SIZE + 12 + 12;
    return sample->bytes + (bytes - sample->bytes);
}

static void seal(const struct sample *sample, unsigned frame) {
    struct copp_omac *omac;
    const struct recording_message *message = &sample->file.entries[frame - 1].message;
    assert_int_equal(copp_omac_new(&omac), COPP_OK);
    assert_int_equal(copp_omac_set_key(omac, sample->log.entries[0].session_key), COPP_OK);
    if (message->additional_size == COPP_MAC_SIZE)
        assert_int_equal(copp_omac_tag(omac, message->bytes, COPP_MESSAGE_SIZE, find(sample, frame, BESIDE)), COPP_OK);
    else
        assert_int_equal(
            copp_omac_tag(omac, message->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, find(sample, frame, MESSAGE)), COPP_OK);
    copp_omac_free(&omac);
}

static void check_found(const struct decoded *decoded, const char *what, unsigned frame, const char *rule) {
    const struct decoded_message *first = decoded->first_broken;
    if (frame == 0 && first == NULL)
        return;
    const char *found = first != NULL && first->rule != NULL ? first->rule : "";
    if (first == NULL || first->entry->frame != frame || strcmp(found, rule) != 0)
        fail_msg("%s: found at %u: %s: %s", what, first != NULL ? first->entry->frame : 0, found,
                 first != NULL ? first->note : "nothing");
    assert_string_not_equal(first->note, "");
}

static void check(const struct sample *sample, const struct key_log *log, const char *what, unsigned frame, const char *rule) {
    struct recording_file file;
    struct decoded decoded;
    assert_int_equal(recording_file_read(sample->bytes, sample->size, &file), COPP_OK);
    assert_int_equal(decode(&file, log, &decoded), COPP_OK);
    check_found(&decoded, what, frame, rule);
    decoded_free(&decoded);
    recording_file_free(&file);
}

static void alter(const char *name, const struct alteration *alterations, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct alteration *a = &alterations[i];
        struct sample sample;
        load(name, &sample);
        find(&sample, a->frame, a->place)[a->offset] ^= a->with;
        if (a->seal)
            seal(&sample, a->frame);
        check(&sample, &sample.log, a->what, a->found, a->rule);
        unload(&sample);
    }
}
#define ALTER(name, alterations) alter(name, alterations, sizeof(alterations) / sizeof((alterations)[0]))

/* In copp.pcapng: 12 sets HDCP, 24 gives it back; 18 asks for the key, 20 for the local, 22 for the global level. */
static void requests_of_copp(void) {
    static const struct alteration alterations[] = {
        {"a command's MAC", 12, MESSAGE, 3, 1, false, 12, "CMD-1"},
        {"a command's last byte", 12, MESSAGE, 4095, 0x80, false, 12, "CMD-1"},
        {"a command's number", 12, MESSAGE, 32, 1, true, 12, "CMD-2"},
        {"a command's GUID", 12, MESSAGE, 16, 1, true, 12, "CMD-2"},
        {"a command's size", 12, MESSAGE, 36, 16 ^ 15, true, 12, "CMD-2"},
        {"a command's size, above", 12, MESSAGE, 38, 1, true, 12, "CMD-2"},
        {"two types", 12, MESSAGE, 40, 2, true, 12, "CMD-4"},
        {"type none", 12, MESSAGE, 40, 1, true, 12, "CMD-4"},
        {"a level of 3", 12, MESSAGE, 44, 2, true, 12, "CMD-4"},
        {"a mask", 12, MESSAGE, 48, 1, true, 12, "CMD-4"},
        {"reserved data", 12, MESSAGE, 52, 1, true, 12, "CMD-4"},
        {"a query's number", 8, MESSAGE, 32, 1, false, 8, "QRY-1"},
        {"a query's GUID", 8, MESSAGE, 31, 1, false, 8, "QRY-1"},
        {"a query's size", 8, MESSAGE, 36, 4, false, 8, "QRY-1"},
        {"a query's type", 20, MESSAGE, 40, 2, false, 20, "QRY-1"},
        {"a refusal", 13, HEADER, 19, 0x80, false, 15, "BIND-3"},
    };
    ALTER("copp", alterations);
}

static void answers_of_copp(void) {
    static const struct alteration alterations[] = {
        {"an answer's MAC", 7, MESSAGE, 0, 1, false, 7, "QRY-2"},
        {"an answer's last byte", 7, MESSAGE, 4095, 1, false, 7, "QRY-2"},
        {"an answer's size", 7, MESSAGE, 16, 1, true, 7, "QRY-4"},
        {"an answer's rApp", 7, MESSAGE, 35, 1, true, 7, "QRY-2"},
        {"zeros that are not zero", 7, MESSAGE, 100, 1, true, 7, "QRY-2"},
        {"zeros before the binding", 7, MESSAGE, 3967, 1, true, 7, "QRY-2"},
        {"the mark, at first", 7, MESSAGE, 3968, 1, true, 0, NULL},
        {"the mark, later", 9, MESSAGE, 3968, 1, true, 9, "BIND-2"},
        {"another question", 7, MESSAGE, 3984, 1, true, 7, "BIND-4"},
        {"another number", 7, MESSAGE, 4000, 1, true, 7, "BIND-4"},
        {"another size", 7, MESSAGE, 4004, 1, true, 7, "BIND-4"},
        {"other data", 21, MESSAGE, 4008, 1, true, 21, "BIND-4"},
        {"another command number", 7, MESSAGE, 4012, 1, true, 7, "BIND-3"},
        {"refusals", 7, MESSAGE, 4016, 1, true, 7, "BIND-3"},
        {"another record", 15, MESSAGE, 4024, 1, true, 15, "BIND-3"},
        {"flags", 7, MESSAGE, 4020, 8, true, 0, NULL}, /* BIND-6: other bits are ignored */
        {"another connector", 7, MESSAGE, 4032, 1, true, 7, "BIND-7"},
        {"the local level", 21, MESSAGE, 40, 1, true, 21, "QRY-5"},
        {"the global level", 23, MESSAGE, 40, 1, true, 23, "CMD-4"},
        {"a KSV", 19, MESSAGE, 44, 1, true, 19, "SRM-5"},
        {"an answer to nothing", 7, HEADER, 12, 0x40, false, 7, ""},
        {"what is asked after it", 14, MESSAGE, 4095, 1, false, 0, NULL}, /* of COPP's requests there is no MAC (WIRE-3) */
        {"a look that is late", 22, TIME, 2, 0x40, false, 22, "APP-3"}, /* by 4.2 seconds */
        {"a lost link", 15, MESSAGE, 36, 1, true, 24, "EVT-4"},
    };
    ALTER("copp", alterations);
}

static void sessions_of_opm(void) {
    static const struct alteration alterations[] = {
        {"a request's OMAC", 8, BESIDE, 0, 1, false, 8, "OPM-GET-1"},
        {"a request's last byte", 8, MESSAGE, 4095, 1, false, 8, "OPM-GET-1"},
        {"a request's number", 8, MESSAGE, 32, 1, true, 8, "OPM-GET-2"},
        {"a request's GUID", 8, MESSAGE, 16, 1, true, 8, "OPM-GET-2"},
        {"a request's size", 8, MESSAGE, 36, 4, true, 8, "OPM-GET-2"},
        {"a command's OMAC", 12, MESSAGE, 0, 1, false, 12, "OPM-SET-1"},
        {"a command's number", 12, MESSAGE, 32, 1, true, 12, "OPM-SET-1"},
        {"COPP's HDCP", 12, MESSAGE, 40, 8 ^ 1, true, 12, "OPM-SET-4"},
        {"a level of 2", 12, MESSAGE, 44, 3, true, 12, "OPM-SET-4"},
        {"a reserved word", 12, MESSAGE, 48, 1, true, 12, "OPM-SET-4"},
        {"an answer's OMAC", 9, MESSAGE, 15, 1, false, 9, "OPM-GET-4"},
        {"an answer's number", 9, MESSAGE, 20, 1, true, 9, "OPM-GET-4"},
        {"an answer's size", 9, MESSAGE, 16, 1, true, 9, "OPM-APP-2"},
        {"the virtual level", 15, MESSAGE, 40, 1, true, 15, "OPM-GET-8"},
        {"the actual level", 23, MESSAGE, 40, 1, true, 23, "OPM-SET-5"},
        {"REVOKED alone", 17, MESSAGE, 36, 8, true, 17, "OPM-STA-3"},
        {"a lost link, and level 0 after it", 17, MESSAGE, 36, 1, true, 0, NULL},
    };
    ALTER("opm", alterations);
}

static void good_recordings(void) {
    static const char *const names[] = {"copp", "opm"};
    for (size_t i = 0; i < 2; i++) {
        struct sample sample;
        load(names[i], &sample);
        check(&sample, &sample.log, names[i], 0, NULL);
        check(&sample, NULL, "without keys", 0, NULL);
        unload(&sample);
    }
}

/* Only who has the key can tell. */
static void macs_need_the_key(void) {
    struct sample sample;
    load("copp", &sample);
    find(&sample, 12, MESSAGE)[0] ^= 1;
    check(&sample, NULL, "a MAC", 0, NULL);
    sample.log.entries[0].session_key[0] ^= 1;
    check(&sample, &sample.log, "another key", 7, "QRY-2");
    unload(&sample);
}

static void numbers_are_fresh(void) {
    struct sample sample;
    load("copp", &sample);
    memcpy(find(&sample, 8, MESSAGE), find(&sample, 6, MESSAGE), COPP_RANDOM_SIZE);
    check(&sample, &sample.log, "rApp", 8, "QRY-4");
    unload(&sample);
    load("opm", &sample);
    memcpy(find(&sample, 8, MESSAGE), find(&sample, 6, MESSAGE), COPP_RANDOM_SIZE);
    seal(&sample, 8);
    check(&sample, &sample.log, "rnRandomNumber", 8, "OPM-APP-2");
    unload(&sample);
}

/* What the application goes on with, and what the driver takes. */
static void what_comes_after(void) {
    struct sample sample;
    struct decoded decoded;
    load("copp", &sample);
    find(&sample, 7, MESSAGE)[0] ^= 1;
    find(&sample, 12, MESSAGE)[32] ^= 1;
    assert_int_equal(decode(&sample.file, &sample.log, &decoded), COPP_OK);
    assert_string_equal(decoded.messages[7].rule, "APP-3"); /* it has asked on */
    assert_string_equal(decoded.messages[12].rule, "CMD-2"); /* it has accepted that number */
    assert_int_equal(decoded.messages[12].weight, DECODED_BROKEN);
    decoded_free(&decoded);
    unload(&sample);
}

/* --- recordings that are made here --- */

struct made {
    uint8_t *bytes;
    size_t size;
    uint32_t exchange;
};

static void make(struct made *made) {
    made->bytes = malloc(64 * RECORDING_BLOCK_MAX);
    assert_non_null(made->bytes);
    made->size = recording_begin("test", "made", made->bytes);
    made->exchange = 0;
}

static void put(struct made *made, enum recording_kind kind, enum recording_direction direction, const void *bytes, size_t size,
                uint32_t hresult) {
    made->exchange += direction == RECORDING_REQUEST;
    const struct recording_message message = {.time_us = 1000 + made->size,
                                              .kind = kind,
                                              .direction = direction,
                                              .semantics = COPP_SEMANTICS_COPP,
                                              .session = 1,
                                              .exchange = made->exchange,
                                              .hresult = hresult,
                                              .bytes = bytes,
                                              .size = size};
    made->size += recording_put(&message, made->bytes + made->size);
}

static void check_made(struct made *made, const char *what, unsigned frame, const char *rule) {
    const struct sample sample = {.bytes = made->bytes, .size = made->size};
    check(&sample, NULL, what, frame, rule);
    free(made->bytes);
}

static const uint8_t zeros[RECORDING_BYTES_MAX];

static void begin_with(struct made *made, const uint8_t *chain, size_t size) {
    make(made);
    put(made, RECORDING_OPEN, RECORDING_REQUEST, "X", 1, 0);
    put(made, RECORDING_KEY_EXCHANGE, RECORDING_REQUEST, NULL, 0, 0);
    put(made, RECORDING_KEY_EXCHANGE, RECORDING_ANSWER, chain, size, 0);
}

/* With the chain of copp.pcapng, one byte of which is changed at an offset in it: 0, none. */
static void begin_altered(struct made *made, size_t offset) {
    struct sample sample;
    load("copp", &sample);
    if (offset > 0)
        find(&sample, 3, MESSAGE)[COPP_RANDOM_SIZE + offset] ^= 1;
    begin_with(made, sample.file.entries[2].message.bytes, sample.file.entries[2].message.size);
    unload(&sample);
}

static void begin(struct made *made) {
    begin_altered(made, 0);
}

static void begin_session(struct made *made) {
    begin(made);
    put(made, RECORDING_SEQUENCE_START, RECORDING_REQUEST, zeros, 256, 0);
    put(made, RECORDING_SEQUENCE_START, RECORDING_ANSWER, NULL, 0, 0);
}

static void handshakes(void) {
    struct made made;
    begin_with(&made, zeros, 15);
    check_made(&made, "half a random number", 3, "SES-2");
    begin_with(&made, zeros, 16);
    check_made(&made, "no chain", 3, "CERT-1");
    begin_with(&made, zeros, 20);
    check_made(&made, "zeros for a chain", 3, "CERT-1");
    begin_altered(&made, 0);
    check_made(&made, "a sound chain", 0, NULL);
    begin_altered(&made, 1500);
    check_made(&made, "a byte of the chain", 3, "CERT-10");
    begin(&made);
    put(&made, RECORDING_KEY_EXCHANGE, RECORDING_REQUEST, NULL, 0, 0);
    check_made(&made, "once more", 4, "SES-2");
    begin(&made);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_REQUEST, zeros, 255, 0);
    check_made(&made, "a short signature", 4, "WIRE-1");
    begin(&made);
    put(&made, RECORDING_COMMAND, RECORDING_REQUEST, zeros, 4096, 0);
    check_made(&made, "a command before the start", 4, "CMD-2");
    begin(&made);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_REQUEST, zeros, 256, 0);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_ANSWER, NULL, 0, COPP_HR_UNEXPECTED);
    check_made(&made, "a handshake that is refused", 5, "SES-8");
    make(&made);
    put(&made, RECORDING_OPEN, RECORDING_REQUEST, "X", 1, 0);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_REQUEST, zeros, 256, 0);
    check_made(&made, "a start before all", 2, "SES-4");
}

/* What the driver may do, and is told nevertheless. */
static void check_told(struct made *made, unsigned frame, const char *rule, const char *words) {
    struct recording_file file;
    struct decoded decoded;
    assert_int_equal(recording_file_read(made->bytes, made->size, &file), COPP_OK);
    assert_int_equal(decode(&file, NULL, &decoded), COPP_OK);
    assert_null(decoded.first_broken);
    assert_non_null(decoded.first_refused);
    if (decoded.first_refused->entry->frame != frame || strcmp(decoded.first_refused->rule, rule) != 0 ||
        strstr(decoded.first_refused->note, words) == NULL)
        fail_msg("%u: %s: %s", decoded.first_refused->entry->frame, decoded.first_refused->rule, decoded.first_refused->note);
    decoded_free(&decoded);
    recording_file_free(&file);
    free(made->bytes);
}

/* Why depends on what was asked. */
static void refusals(void) {
    uint8_t query[COPP_MESSAGE_SIZE] = {1};
    struct made made;
    memcpy(query + 16, copp_request_guid(COPP_QUERY_CONNECTOR_TYPE), COPP_GUID_SIZE);
    make(&made);
    put(&made, RECORDING_OPEN, RECORDING_REQUEST, "X", 1, 0);
    put(&made, RECORDING_KEY_EXCHANGE, RECORDING_REQUEST, NULL, 0, 0);
    put(&made, RECORDING_KEY_EXCHANGE, RECORDING_ANSWER, NULL, 0, COPP_HR_UNEXPECTED);
    check_told(&made, 3, "SES-2", "begins no session");
    begin(&made);
    put(&made, RECORDING_CLOSE, RECORDING_REQUEST, NULL, 0, 0);
    check_told(&made, 4, "SES-9", "copp chain verify");
    begin_session(&made);
    put(&made, RECORDING_STATUS, RECORDING_REQUEST, query, sizeof query, 0);
    put(&made, RECORDING_STATUS, RECORDING_ANSWER, NULL, 0, COPP_HR_UNEXPECTED);
    put(&made, RECORDING_CLOSE, RECORDING_REQUEST, NULL, 0, 0);
    check_told(&made, 7, "APP-3", "does not answer a query");
    begin_session(&made);
    put(&made, RECORDING_STATUS, RECORDING_REQUEST, query, sizeof query, 0);
    put(&made, RECORDING_STATUS, RECORDING_ANSWER, NULL, 0, 1);
    check_made(&made, "S_FALSE", 7, "APP-3");
}

static void late_answers(void) {
    struct sample sample;
    struct decoded decoded;
    load("copp", &sample);
    sample.file.entries[6].message.time_us = sample.file.entries[5].message.time_us + 2000000;
    assert_int_equal(decode(&sample.file, &sample.log, &decoded), COPP_OK);
    assert_int_equal(decoded.messages[6].weight, DECODED_FINE);
    decoded_free(&decoded);
    sample.file.entries[6].message.time_us += 100000;
    assert_int_equal(decode(&sample.file, &sample.log, &decoded), COPP_OK);
    assert_string_equal(decoded.messages[6].rule, "APP-3");
    assert_non_null(strstr(decoded.messages[6].note, "took 2.1 s"));
    decoded_free(&decoded);
    unload(&sample);
}

static void starts(void) {
    struct sample sample;
    struct made made;
    begin(&made);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_REQUEST, zeros, 256, 0);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_ANSWER, NULL, 0, 0);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_REQUEST, zeros, 256, 0);
    check_made(&made, "a second start", 6, "SES-3");
    begin(&made);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_REQUEST, zeros, 256, 0);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_ANSWER, NULL, 0, 0);
    put(&made, RECORDING_COMMAND, RECORDING_REQUEST, zeros, 4095, 0);
    check_made(&made, "a short command", 6, "WIRE-2");
    begin(&made);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_REQUEST, zeros, 256, 0);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_ANSWER, NULL, 0, 0);
    put(&made, RECORDING_STATUS, RECORDING_REQUEST, zeros, 4097, 0);
    check_made(&made, "a long query", 6, "WIRE-3");
    begin(&made);
    put(&made, RECORDING_OPEN, RECORDING_REQUEST, "X", 1, 0);
    put(&made, RECORDING_KEY_EXCHANGE, RECORDING_REQUEST, NULL, 0, 0);
    load("copp", &sample);
    put(&made, RECORDING_KEY_EXCHANGE, RECORDING_ANSWER, sample.file.entries[2].message.bytes,
        sample.file.entries[2].message.size, 0);
    unload(&sample);
    check_made(&made, "the same random number", 6, "SES-2");
}

static void short_answers(void) {
    struct sample sample;
    struct made made;
    load("copp", &sample);
    begin(&made);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_REQUEST, zeros, 256, 0);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_ANSWER, NULL, 0, 0);
    put(&made, RECORDING_STATUS, RECORDING_REQUEST, find(&sample, 8, MESSAGE), 4096, 0);
    put(&made, RECORDING_STATUS, RECORDING_ANSWER, find(&sample, 9, MESSAGE), 4095, 0);
    check_made(&made, "a short answer", 7, "WIRE-4");
    unload(&sample);
}

/* After messages that are missing nothing is held against anybody that they may explain. */
static void missing_messages(void) {
    struct sample sample;
    struct made made;
    static const uint8_t count[4] = {3};
    load("copp", &sample);
    begin(&made);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_REQUEST, zeros, 256, 0);
    put(&made, RECORDING_SEQUENCE_START, RECORDING_ANSWER, NULL, 0, 0);
    put(&made, RECORDING_STATUS, RECORDING_REQUEST, find(&sample, 6, MESSAGE), 4096, 0);
    put(&made, RECORDING_STATUS, RECORDING_ANSWER, NULL, 0, COPP_HR_OUTOFMEMORY);
    put(&made, RECORDING_DROPPED, RECORDING_NOTE, count, sizeof count, 0);
    put(&made, RECORDING_STATUS, RECORDING_REQUEST, find(&sample, 14, MESSAGE), 4096, 0);
    check_made(&made, "a gap", 0, NULL);
    unload(&sample);
}

/* A recording of nothing but beginnings costs no more than it has to. */
static void too_many_sessions(void) {
    struct made made = {.bytes = malloc(5000 * 128)};
    assert_non_null(made.bytes);
    made.size = recording_begin("test", "made", made.bytes);
    for (uint32_t i = 0; i < 4097; i++) {
        const struct recording_message message = {.kind = RECORDING_OPEN, .semantics = COPP_SEMANTICS_COPP, .session = i * 1024};
        made.size += recording_put(&message, made.bytes + made.size);
    }
    check_made(&made, "one more than there may be", 4097, "");
}

static const struct test_case cases[] = {
    TEST(good_recordings, ""),  TEST(requests_of_copp, ""),  TEST(answers_of_copp, ""),
    TEST(sessions_of_opm, ""),  TEST(macs_need_the_key, ""), TEST(numbers_are_fresh, ""),
    TEST(what_comes_after, ""), TEST(handshakes, ""),        TEST(starts, ""),
    TEST(refusals, ""),         TEST(late_answers, ""),      TEST(short_answers, ""),
    TEST(missing_messages, ""), TEST(too_many_sessions, ""),
};

int main(void) {
    return RUN_SUITE("decode", cases);
}
