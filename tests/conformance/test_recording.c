/* Recordings: what is written is what is read, files of any bytes are, and keys are told when their sessions have ended. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/harness.h"
#include "common/transfer.h"
#include "conformance/decode/recording_file.h"
#include "conformance/record/key_log.h"
#include "conformance/record/recorder.h"

/* --- writing and reading --- */

static void assert_same(const struct recording_message *a, const struct recording_message *b) {
    assert_int_equal(a->time_us, b->time_us);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->direction, b->direction);
    assert_int_equal(a->semantics, b->semantics);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->session, b->session);
    assert_int_equal(a->exchange, b->exchange);
    assert_int_equal(a->hresult, b->hresult);
    assert_int_equal(a->result, b->result);
    assert_int_equal(a->size, b->size);
    assert_int_equal(a->additional_size, b->additional_size);
    if (a->size > 0)
        assert_memory_equal(a->bytes, b->bytes, a->size);
    if (a->additional_size > 0)
        assert_memory_equal(a->additional, b->additional, a->additional_size);
}

static const uint8_t pattern[RECORDING_BYTES_MAX + 1] = {[0] = 7, [1] = 8, [4095] = 9, [65551] = 10};

static const struct recording_message messages[] = {
    {.time_us = 1795976335689389u,
     .kind = RECORDING_OPEN,
     .semantics = 1,
     .session = 1,
     .exchange = 1,
     .bytes = pattern,
     .size = 3},
    {.kind = RECORDING_KEY_EXCHANGE,
     .direction = RECORDING_ANSWER,
     .semantics = 2,
     .session = UINT32_MAX,
     .exchange = UINT32_MAX,
     .hresult = 0xC0262503,
     .result = COPP_E_TRANSPORT,
     .flags = RECORDING_SIMULATED | RECORDING_IDENTIFIES,
     .bytes = pattern,
     .size = RECORDING_BYTES_MAX},
    {.time_us = UINT64_MAX,
     .kind = RECORDING_COMMAND,
     .bytes = pattern,
     .size = 4096,
     .additional = pattern,
     .additional_size = RECORDING_ADDITIONAL_MAX},
    {.kind = RECORDING_CLOSE},
};
#define COUNT (sizeof messages / sizeof messages[0])

static uint8_t *write_messages(size_t *size) {
    uint8_t *bytes = malloc((COUNT + 1) * RECORDING_BLOCK_MAX);
    assert_non_null(bytes);
    *size = recording_begin("app \xc3\xbc", "a remark", bytes);
    for (size_t i = 0; i < COUNT; i++)
        *size += recording_put(&messages[i], bytes + *size);
    return bytes;
}

static void what_is_written_is_read(void) {
    size_t size;
    uint8_t *bytes = write_messages(&size);
    struct recording_file file;
    assert_int_equal(recording_file_read(bytes, size, &file), COPP_OK);
    assert_null(file.damage);
    assert_string_equal(file.application, "app ??");
    assert_string_equal(file.remark, "a remark");
    assert_int_equal(file.count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_null(file.entries[i].malformed);
        assert_int_equal(file.entries[i].frame, i + 1);
        assert_same(&file.entries[i].message, &messages[i]);
    }
    recording_file_free(&file);
    free(bytes);
}

/* Nothing is written beyond a block's room. */
static void what_is_too_large_is_cut(void) {
    struct recording_message large = messages[2];
    struct recording_file file;
    uint8_t *bytes = malloc(2 * RECORDING_BLOCK_MAX);
    uint8_t *more = calloc(1, 100000);
    assert_true(bytes != NULL && more != NULL);
    size_t size = recording_begin("", "", bytes);
    large.additional = more;
    large.additional_size = 100000;
    size_t block = recording_put(&large, bytes + size);
    assert_true(block <= RECORDING_BLOCK_MAX);
    assert_int_equal(recording_file_read(bytes, size + block, &file), COPP_OK);
    assert_int_equal(file.entries[0].message.additional_size, RECORDING_ADDITIONAL_MAX);
    assert_true(file.entries[0].message.flags & RECORDING_CUT);
    recording_file_free(&file);
    free(more);
    free(bytes);
}

/* Copies of exactly the size, so that what reads beyond it is seen by the sanitizers and by valgrind. */
static enum copp_result read_copy(const uint8_t *bytes, size_t size, struct recording_file *file, uint8_t **copy) {
    *copy = malloc(size + 1);
    assert_non_null(*copy);
    uint8_t *at = *copy + 1; /* and at any alignment */
    memcpy(at, bytes, size);
    return recording_file_read(at, size, file);
}

/* However much of it there is: whole blocks are read, and the rest is told. */
static void every_length(void) {
    size_t size;
    uint8_t *bytes = write_messages(&size), *copy;
    uint8_t begin_bytes[1024];
    struct recording_file file;
    size_t begin = recording_begin("app \xc3\xbc", "a remark", begin_bytes);
    size_t first = begin + 4 + bytes[begin + 4] - 4; /* the first message's end */
    for (size_t cut = 0; cut <= first; cut++) {
        assert_int_equal(read_copy(bytes, cut, &file, &copy), cut < 28 ? COPP_E_INVALID : COPP_OK);
        assert_int_equal(file.count, cut == first);
        assert_true(cut < 28 || (file.damage != NULL) == (cut != first && cut != begin && cut != begin - 40));
        recording_file_free(&file);
        free(copy);
    }
    free(bytes);
}

static void any_byte_may_be_anything(void) {
    size_t size;
    uint8_t *bytes = write_messages(&size), *copy;
    struct recording_file file;
    size_t first = recording_begin("app \xc3\xbc", "a remark", bytes) + 200;
    for (size_t at = 0; at < first; at++) {
        static const uint8_t values[] = {0, 1, 0x7F, 0x80, 0xFF};
        for (size_t i = 0; i < sizeof values; i++) {
            uint8_t was = bytes[at];
            bytes[at] = values[i];
            enum copp_result result = read_copy(bytes, first, &file, &copy);
            assert_true(result == COPP_OK || result == COPP_E_INVALID);
            for (size_t n = 0; n < file.count; n++)
                assert_true(file.entries[n].malformed == NULL || file.entries[n].message.size == 0);
            recording_file_free(&file);
            free(copy);
            bytes[at] = was;
        }
    }
    free(bytes);
}

static void put32(uint8_t *at, uint32_t value) {
    for (size_t i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* What is in front of the damage is there; what is damaged is told. */
static void damage_is_told(void) {
    size_t size;
    uint8_t *bytes = write_messages(&size);
    struct recording_file file;
    uint8_t begin_bytes[1024];
    size_t begin = recording_begin("app \xc3\xbc", "a remark", begin_bytes);
    assert_int_equal(recording_file_read(bytes, size - 1, &file), COPP_OK);
    assert_int_equal(file.count, COUNT - 1);
    assert_string_equal(file.damage, "the file ends within a block");
    recording_file_free(&file);
    put32(bytes + begin + 4, 13);
    assert_int_equal(recording_file_read(bytes, size, &file), COPP_OK);
    assert_int_equal(file.count, 0);
    assert_string_equal(file.damage, "a block of a size that none has");
    assert_int_equal(file.damage_at, begin);
    recording_file_free(&file);
    put32(bytes + begin + 4, 16);
    assert_int_equal(recording_file_read(bytes, size, &file), COPP_OK);
    assert_string_equal(file.damage, "a block whose two lengths differ");
    recording_file_free(&file);
    free(bytes);
}

/* A message whose own sizes do not agree is one packet, and told as malformed. */
static void malformed_messages(void) {
    static const struct {
        size_t at; /* in the message's header */
        uint8_t with;
        const char *why;
    } alterations[] = {
        {0, 1, "of another version of the format"},
        {1, 0x40, "of an unknown kind, direction or semantics"},
        {2, 0x40, "of an unknown kind, direction or semantics"},
        {3, 0x40, "of an unknown kind, direction or semantics"},
        {24, 1, "its sizes do not agree"},
        {27, 0x80, "its sizes do not agree"},
        {28, 1, "its sizes do not agree"},
    };
    uint8_t begin_bytes[1024];
    size_t header = recording_begin("app \xc3\xbc", "a remark", begin_bytes) + 28 + 12;
    for (size_t i = 0; i < sizeof alterations / sizeof alterations[0]; i++) {
        size_t size;
        uint8_t *bytes = write_messages(&size);
        struct recording_file file;
        bytes[header + alterations[i].at] ^= alterations[i].with;
        assert_int_equal(recording_file_read(bytes, size, &file), COPP_OK);
        assert_null(file.damage);
        assert_int_equal(file.count, COUNT);
        assert_string_equal(file.entries[0].malformed, alterations[i].why);
        assert_int_equal(file.entries[0].message.size, 0);
        assert_null(file.entries[1].malformed);
        recording_file_free(&file);
        free(bytes);
    }
}

static void other_packets_are_passed_over(void) {
    size_t size;
    uint8_t *bytes = write_messages(&size);
    struct recording_file file;
    uint8_t begin_bytes[1024];
    size_t begin = recording_begin("app \xc3\xbc", "a remark", begin_bytes);
    bytes[begin + 28 + 4] = 'x'; /* the dissector's name */
    assert_int_equal(recording_file_read(bytes, size, &file), COPP_OK);
    assert_int_equal(file.foreign, 1);
    assert_int_equal(file.count, COUNT - 1);
    assert_int_equal(file.entries[0].frame, 2); /* as Wireshark counts */
    recording_file_free(&file);
    bytes[begin + 8] = 1; /* an interface that does not exist */
    assert_int_equal(recording_file_read(bytes, size, &file), COPP_OK);
    assert_int_equal(file.foreign, 1);
    recording_file_free(&file);
    free(bytes);
}

/* --- key logs --- */

static void key_logs(void) {
    const struct copp_handshake session = {
        .random = {1, 2, 0xAB}, .session_key = {[15] = 0xFE}, .status_sequence = 0x80000001, .command_sequence = 7};
    char line[KEY_LINE_SIZE];
    struct key_log log;
    unsigned number;
    size_t size = key_log_print(&session, line);
    assert_int_equal(size, KEY_LINE_SIZE - 1);
    assert_string_equal(line,
                        "COPP_SESSION 0102ab00000000000000000000000000 000000000000000000000000000000fe 80000001 00000007\n");
    char text[4 * KEY_LINE_SIZE];
    int length = snprintf(text, sizeof text, "# a remark\n\n%.*s\r\n%s", (int)size - 1, line, line);
    assert_int_equal(key_log_read((const uint8_t *)text, (size_t)length, &log, &number), COPP_OK);
    assert_int_equal(log.count, 2);
    assert_memory_equal(&log.entries[1], &session, sizeof session);
    assert_ptr_equal(key_log_find(&log, session.random), &log.entries[0]);
    assert_null(key_log_find(&log, session.session_key));
    assert_null(key_log_find(NULL, session.random));
    key_log_free(&log);
}

static void other_lines_are_refused(void) {
    static const char *const lines[] = {
        "COPP_SESSION",
        "COPP_SESSION ",
        "CLIENT_RANDOM 00 00",
        "COPP_SESSION 0102ab00000000000000000000000000 000000000000000000000000000000fe 80000001 0000000",
        "COPP_SESSION 0102ab00000000000000000000000000 000000000000000000000000000000fe 80000001 00000007 ",
        "COPP_SESSION 0102ag00000000000000000000000000 000000000000000000000000000000fe 80000001 00000007",
        "COPP_SESSION  102ab00000000000000000000000000 000000000000000000000000000000fe 80000001 00000007",
    };
    struct key_log log;
    unsigned number;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(key_log_read((const uint8_t *)lines[i], strlen(lines[i]), &log, &number), COPP_E_INVALID);
        assert_int_equal(number, 1);
        key_log_free(&log);
    }
}

/* --- the recorder --- */

/* A transport whose answers the test chooses. */
struct driver {
    struct copp_transport transport;
    struct copp_transport_ops ops;
    enum copp_result result;
    uint32_t hresult;
    unsigned asked;
    bool freed;
};

static struct driver *driver_of(struct copp_transport *transport) {
    return (struct driver *)(void *)transport;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct driver *d = driver_of(transport);
    (void)call;
    d->asked++;
    memset(random, 0x11, COPP_RANDOM_SIZE);
    *chain_bytes = (const uint8_t *)"chain";
    *chain_size = 5;
    *hresult = d->hresult;
    return d->result;
}

static enum copp_result sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                       const struct copp_signature *signature, uint32_t *hresult) {
    struct driver *d = driver_of(transport);
    (void)call, (void)signature;
    *hresult = d->hresult;
    return d->result;
}

static enum copp_result command(struct copp_transport *transport, const struct copp_call *call,
                                const struct copp_command *message, uint32_t *hresult) {
    struct driver *d = driver_of(transport);
    (void)call, (void)message;
    *hresult = d->hresult;
    return d->result;
}

static enum copp_result status(struct copp_transport *transport, const struct copp_call *call,
                               const struct copp_status_input *input, struct copp_status_output *output, uint32_t *hresult) {
    struct driver *d = driver_of(transport);
    (void)call, (void)input;
    memset(output->bytes, 0x22, sizeof output->bytes);
    *hresult = d->hresult;
    return d->result;
}

static void free_driver(struct copp_transport *transport) {
    driver_of(transport)->freed = true;
}

static enum copp_result reopen(struct copp_transport *transport) {
    return driver_of(transport)->result;
}

static uint64_t now_ms(struct copp_transport *transport) {
    return driver_of(transport)->asked;
}

static void driver_init(struct driver *d) {
    *d = (struct driver){.ops = {.size = sizeof d->ops,
                                 .key_exchange = key_exchange,
                                 .session_sequence_start = sequence_start,
                                 .protection_command = command,
                                 .protection_status = status,
                                 .free = free_driver,
                                 .reopen = reopen,
                                 .now_ms = now_ms}};
    d->transport.ops = &d->ops;
}

static uint8_t next_random;

static bool count_up(void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = next_random++;
    return true;
}

static int failures[2];

static void told(void *context, bool keys, int error) {
    (void)context;
    failures[keys] = error;
}

struct rig {
    char recording[32];
    char keys[32];
    struct recorder *recorder;
    struct driver driver;
    struct copp_transport *transport;
    struct copp_random *random;
};

static int temporary(char name[32]) {
    (void)snprintf(name, 32, "/tmp/copp-rec-XXXXXX");
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    return fd;
}

static void setup(struct rig *rig, bool keys) {
    *rig = (struct rig){.recorder = NULL};
    const struct recorder_config config = {.fd = temporary(rig->recording),
                                           .key_fd = keys ? temporary(rig->keys) : -1,
                                           .application = "test",
                                           .simulated = true,
                                           .random = count_up,
                                           .failed = told};
    next_random = 0;
    rig->recorder = recorder_new(&config);
    assert_non_null(rig->recorder);
    driver_init(&rig->driver);
    rig->transport = &rig->driver.transport;
    assert_int_equal(recorder_wrap(rig->recorder, "HDMI-1", &rig->transport, &rig->random), COPP_OK);
}

static uint8_t *slurp(const char *name, size_t *size) {
    struct stat status_of;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &status_of) == 0);
    uint8_t *bytes = calloc(1, (size_t)status_of.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(read_all(fd, bytes, (size_t)status_of.st_size), status_of.st_size);
    close(fd);
    *size = (size_t)status_of.st_size;
    return bytes;
}

static void teardown(struct rig *rig) {
    copp_transport_free(&rig->transport);
    assert_true(rig->driver.freed);
    recorder_close(&rig->recorder);
    unlink(rig->recording);
    if (rig->keys[0] != '\0')
        unlink(rig->keys);
}

static void exchange(struct rig *rig) {
    const struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    uint8_t random[COPP_RANDOM_SIZE];
    const uint8_t *chain;
    size_t size;
    uint32_t hresult;
    assert_int_equal(rig->transport->ops->key_exchange(rig->transport, &call, random, &chain, &size, &hresult), COPP_OK);
    assert_int_equal(size, 5);
}

static void start(struct rig *rig) {
    const struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    static const struct copp_signature signature = {{1}};
    uint8_t secrets[KEY_SECRETS_SIZE];
    uint32_t hresult;
    if (rig->random != NULL)
        assert_int_equal(rig->random->ops->fill(rig->random, secrets, sizeof secrets), COPP_OK);
    assert_int_equal(rig->transport->ops->session_sequence_start(rig->transport, &call, &signature, &hresult), COPP_OK);
}

static void everything_is_recorded(void) {
    static const struct {
        enum recording_kind kind;
        enum recording_direction direction;
        size_t size, additional;
    } expected[] = {
        {RECORDING_OPEN, RECORDING_REQUEST, 6, 0},          {RECORDING_KEY_EXCHANGE, RECORDING_REQUEST, 0, 0},
        {RECORDING_KEY_EXCHANGE, RECORDING_ANSWER, 21, 0},  {RECORDING_SEQUENCE_START, RECORDING_REQUEST, 256, 0},
        {RECORDING_SEQUENCE_START, RECORDING_ANSWER, 0, 0}, {RECORDING_COMMAND, RECORDING_REQUEST, 4096, 3},
        {RECORDING_COMMAND, RECORDING_ANSWER, 0, 0},        {RECORDING_STATUS, RECORDING_REQUEST, 4096, 0},
        {RECORDING_STATUS, RECORDING_ANSWER, 4096, 0},      {RECORDING_CLOSE, RECORDING_REQUEST, 0, 0},
    };
    struct rig rig;
    struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    static const struct copp_command message = {{2}};
    struct copp_status_input input = {{0}};
    struct copp_status_output output;
    uint32_t hresult;
    size_t size;
    setup(&rig, false);
    assert_null(rig.random);
    exchange(&rig);
    start(&rig);
    call.additional = (const uint8_t *)"abc";
    call.additional_size = 3;
    assert_int_equal(rig.transport->ops->protection_command(rig.transport, &call, &message, &hresult), COPP_OK);
    call.additional = NULL;
    call.additional_size = 0;
    memcpy(input.bytes + 16, copp_request_guid(COPP_QUERY_HDCP_KEY_DATA), COPP_GUID_SIZE);
    assert_int_equal(rig.transport->ops->protection_status(rig.transport, &call, &input, &output, &hresult), COPP_OK);
    copp_transport_free(&rig.transport);
    uint8_t *bytes = slurp(rig.recording, &size);
    struct recording_file file;
    assert_int_equal(recording_file_read(bytes, size, &file), COPP_OK);
    assert_int_equal(file.count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < file.count; i++) {
        const struct recording_message *m = &file.entries[i].message;
        assert_int_equal(m->kind, expected[i].kind);
        assert_int_equal(m->direction, expected[i].direction);
        assert_int_equal(m->size, expected[i].size);
        assert_int_equal(m->additional_size, expected[i].additional);
        assert_int_equal(m->session, 1);
        assert_int_equal(m->flags, RECORDING_SIMULATED | (i == 8 ? RECORDING_IDENTIFIES : 0)); /* WIRE-9: it holds the KSV */
        assert_int_equal(m->semantics, COPP_SEMANTICS_COPP);
    }
    recording_file_free(&file);
    free(bytes);
    teardown(&rig);
}

static void what_fails_is_recorded(void) {
    struct rig rig;
    const struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    static const struct copp_command message = {{2}};
    struct recording_file file;
    uint32_t hresult;
    size_t size;
    setup(&rig, false);
    rig.driver.hresult = COPP_HR_INVALIDARG;
    assert_int_equal(rig.transport->ops->protection_command(rig.transport, &call, &message, &hresult), COPP_OK);
    rig.driver.result = COPP_E_TRANSPORT;
    assert_int_equal(rig.transport->ops->protection_command(rig.transport, &call, &message, &hresult), COPP_E_TRANSPORT);
    uint8_t *bytes = slurp(rig.recording, &size);
    assert_int_equal(recording_file_read(bytes, size, &file), COPP_OK);
    assert_int_equal(file.count, 5);
    assert_int_equal(file.entries[2].message.hresult, COPP_HR_INVALIDARG);
    assert_int_equal(file.entries[2].message.result, 0);
    assert_int_equal(file.entries[4].message.result, COPP_E_TRANSPORT);
    assert_int_equal(file.entries[3].message.exchange, file.entries[4].message.exchange);
    recording_file_free(&file);
    free(bytes);
    teardown(&rig);
}

/* A transport without a clock stays one: a session would set it deadlines. */
static void what_a_transport_lacks_it_lacks(void) {
    struct rig rig;
    setup(&rig, false);
    assert_non_null(rig.transport->ops->now_ms);
    assert_non_null(rig.transport->ops->reopen);
    assert_null(rig.transport->ops->fd);
    assert_null(rig.transport->ops->wait);
    assert_null(rig.transport->ops->info);
    teardown(&rig);
}

/* Before that whoever reads them could forge answers. */
static void keys_are_told_after_their_session(void) {
    struct rig rig;
    struct stat file;
    struct key_log log;
    unsigned line;
    size_t size;
    setup(&rig, true);
    exchange(&rig);
    start(&rig);
    assert_int_equal(stat(rig.keys, &file), 0);
    assert_int_equal(file.st_size, 0);
    assert_int_equal(copp_transport_reopen(rig.transport), COPP_OK); /* the first session is over */
    uint8_t *text = slurp(rig.keys, &size);
    assert_int_equal(key_log_read(text, size, &log, &line), COPP_OK);
    assert_int_equal(log.count, 1);
    assert_int_equal(log.entries[0].random[0], 0x11);
    assert_int_equal(log.entries[0].session_key[15], 15);
    assert_int_equal(log.entries[0].status_sequence, 0x13121110);
    assert_int_equal(log.entries[0].command_sequence, 0x17161514);
    key_log_free(&log);
    free(text);
    exchange(&rig);
    start(&rig);
    copp_transport_free(&rig.transport);
    text = slurp(rig.keys, &size);
    assert_int_equal(size, 2 * (KEY_LINE_SIZE - 1));
    free(text);
    teardown(&rig);
}

/* Not a byte of a key is in the recording. */
static void keys_are_not_in_the_recording(void) {
    struct rig rig;
    size_t size;
    static const uint8_t key[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    setup(&rig, true);
    exchange(&rig);
    start(&rig);
    copp_transport_free(&rig.transport);
    uint8_t *bytes = slurp(rig.recording, &size);
    assert_null(memmem(bytes, size, key, sizeof key));
    assert_null(memmem(bytes, size, key, 8));
    free(bytes);
    teardown(&rig);
}

/* A handshake without a driver's random number has no name in the key log, and what else is drawn is not a key. */
static void other_random_numbers_are_not_kept(void) {
    struct rig rig;
    struct stat file;
    uint8_t bytes[300];
    setup(&rig, true);
    assert_int_equal(rig.random->ops->fill(rig.random, bytes, KEY_SECRETS_SIZE), COPP_OK);
    exchange(&rig);
    assert_int_equal(rig.random->ops->fill(rig.random, bytes, sizeof bytes), COPP_OK);
    assert_int_equal(bytes[299], (KEY_SECRETS_SIZE + 299) % 256);
    copp_transport_free(&rig.transport);
    assert_int_equal(stat(rig.keys, &file), 0);
    assert_int_equal(file.st_size, 0);
    teardown(&rig);
}

/* What protects content goes on; that the recording does not is told once. */
static void a_full_disk(void) {
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        skip();
    const struct recorder_config config = {.fd = fd, .key_fd = -1, .application = "", .failed = told};
    failures[0] = 0;
    struct recorder *recorder = recorder_new(&config);
    assert_int_equal(failures[0], ENOSPC);
    failures[0] = 0;
    recorder_note(recorder, "x");
    assert_int_equal(failures[0], 0);
    recorder_close(&recorder);
    assert_null(recorder);
    recorder_close(&recorder);
}

static const struct test_case cases[] = {
    TEST(what_is_written_is_read, ""),
    TEST(what_is_too_large_is_cut, ""),
    TEST(every_length, ""),
    TEST(any_byte_may_be_anything, ""),
    TEST(damage_is_told, ""),
    TEST(malformed_messages, ""),
    TEST(other_packets_are_passed_over, ""),
    TEST(key_logs, ""),
    TEST(other_lines_are_refused, ""),
    TEST(everything_is_recorded, ""),
    TEST(what_fails_is_recorded, ""),
    TEST(what_a_transport_lacks_it_lacks, ""),
    TEST(keys_are_told_after_their_session, ""),
    TEST(keys_are_not_in_the_recording, ""),
    TEST(other_random_numbers_are_not_kept, ""),
    TEST(a_full_disk, ""),
};

int main(void) {
    return RUN_SUITE("recording", cases);
}
