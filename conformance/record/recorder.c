#include "recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/sized.h"
#include "common/transfer.h"
#include "exchanges.h"
#include "key_log.h"

struct recorder {
    struct recorder_config config;
    uint64_t begin_us; /* by the clock that never goes back */
    uint64_t begin_wall_us;
    uint32_t sessions; /* how many there have been */
    bool failed; /* the file, or the key log, is written to no more */
    bool keys_failed;
    uint8_t block[RECORDING_BLOCK_MAX];
};

/* A transport, with the session that it serves at present. */
struct recorded {
    struct copp_transport transport; /* first: the calls find the rest through it */
    struct copp_transport_ops ops; /* what the inner one has: a transport without a clock stays one */
    struct copp_transport *inner;
    struct recorder *recorder;
    enum copp_semantics semantics;
    char connector[COPP_CONNECTOR_NAME_SIZE];
    uint32_t session;
    uint32_t exchange;
    struct copp_random random;
    struct copp_handshake secrets; /* of the session */
    bool known; /* they are */
    bool expects_secrets; /* from KeyExchange to SessionSequenceStart: the session's next random bytes are its secrets (SES-4) */
};

static struct recorded *of(struct copp_transport *transport) {
    return (struct recorded *)(void *)transport;
}

static struct recorded *of_random(struct copp_random *random) {
    return (struct recorded *)(void *)((uint8_t *)random - offsetof(struct recorded, random));
}

/* --- writing --- */

static void write_block(struct recorder *recorder, size_t size) {
    if (recorder->failed || write_all(recorder->config.fd, recorder->block, size))
        return;
    recorder->failed = true;
    recorder->config.failed(recorder->config.context, false, errno);
}

void recorder_put(struct recorder *recorder, const struct recording_message *message) {
    struct recording_message m = *message;
    m.time_us = recorder->begin_wall_us + (m.time_us - recorder->begin_us); /* unsigned: earlier is right, too */
    m.flags |= recorder->config.simulated ? RECORDING_SIMULATED : 0;
    write_block(recorder, recording_put(&m, recorder->block));
}

static void put(struct recorder *recorder, struct recording_message *message) {
    message->time_us = clock_steady_us();
    recorder_put(recorder, message);
}

static void put_message(struct recorded *r, struct recording_message *message) {
    message->semantics = r->semantics;
    message->session = r->session;
    message->exchange = r->exchange;
    put(r->recorder, message);
}

static void put_request(struct recorded *r, enum recording_kind kind, const void *bytes, size_t size,
                        const struct copp_call *call) {
    r->exchange++;
    struct recording_message message = {.kind = kind, .direction = RECORDING_REQUEST, .bytes = bytes, .size = size};
    message.additional = call != NULL ? call->additional : NULL;
    message.additional_size = message.additional != NULL ? call->additional_size : 0;
    put_message(r, &message);
}

static void put_answer(struct recorded *r, enum recording_kind kind, enum copp_result result, uint32_t hresult) {
    struct recording_message message = {
        .kind = kind, .direction = RECORDING_ANSWER, .hresult = result == COPP_OK ? hresult : 0, .result = result};
    put_message(r, &message);
}

/* --- keys --- */

/* Everything that is random in a session comes from here while keys are kept. SES-4: key and first sequence numbers are drawn at once. */
static enum copp_result fill(struct copp_random *random, uint8_t *bytes, size_t size) {
    struct recorded *r = of_random(random);
    for (size_t done = 0; done < size; done += 256) {
        size_t step = size - done < 256 ? size - done : 256;
        if (!r->recorder->config.random(bytes + done, step))
            return COPP_E_RANDOM;
    }
    if (r->expects_secrets && size == KEY_SECRETS_SIZE)
        key_log_take(bytes, &r->secrets);
    r->known = r->known || (r->expects_secrets && size == KEY_SECRETS_SIZE);
    return COPP_OK;
}

void recorder_put_key(struct recorder *recorder, const struct copp_handshake *secrets) {
    if (recorder->config.key_fd < 0 || recorder->keys_failed)
        return;
    char *line = malloc(KEY_LINE_SIZE);
    if (line == NULL || !write_all(recorder->config.key_fd, line, key_log_print(secrets, line))) {
        recorder->keys_failed = true;
        recorder->config.failed(recorder->config.context, true, errno);
    }
    copp_release(line, KEY_LINE_SIZE);
}

static void end_session(struct recorded *r) {
    if (r->known)
        recorder_put_key(r->recorder, &r->secrets);
    copp_handshake_wipe(&r->secrets);
    r->known = false;
    r->expects_secrets = false;
}

/* --- the calls --- */

static void put_open(struct recorded *r) {
    r->session = ++r->recorder->sessions;
    r->exchange = 0;
    put_request(r, RECORDING_OPEN, r->connector, strlen(r->connector), NULL);
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct recorded *r = of(transport);
    put_request(r, RECORDING_KEY_EXCHANGE, NULL, 0, call);
    enum copp_result result = r->inner->ops->key_exchange(r->inner, call, random, chain_bytes, chain_size, hresult);
    if (result != COPP_OK || *hresult != COPP_HR_OK || *chain_size > RECORDING_BYTES_MAX - COPP_RANDOM_SIZE) {
        put_answer(r, RECORDING_KEY_EXCHANGE, result, *hresult);
        return result;
    }
    uint8_t *bytes = malloc(COPP_RANDOM_SIZE + *chain_size);
    struct recording_message message = {.kind = RECORDING_KEY_EXCHANGE, .direction = RECORDING_ANSWER, .bytes = bytes};
    if (bytes != NULL) {
        memcpy(bytes, random, COPP_RANDOM_SIZE);
        if (*chain_bytes != NULL && *chain_size > 0)
            memcpy(bytes + COPP_RANDOM_SIZE, *chain_bytes, *chain_size);
        message.size = COPP_RANDOM_SIZE + (*chain_bytes != NULL ? *chain_size : 0);
    }
    put_message(r, &message);
    free(bytes);
    memcpy(r->secrets.random, random, sizeof r->secrets.random);
    r->expects_secrets = true;
    return result;
}

static enum copp_result session_sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                               const struct copp_signature *signature, uint32_t *hresult) {
    struct recorded *r = of(transport);
    r->expects_secrets = false;
    put_request(r, RECORDING_SEQUENCE_START, signature->bytes, sizeof signature->bytes, call);
    enum copp_result result = r->inner->ops->session_sequence_start(r->inner, call, signature, hresult);
    put_answer(r, RECORDING_SEQUENCE_START, result, *hresult);
    return result;
}

static enum copp_result protection_command(struct copp_transport *transport, const struct copp_call *call,
                                           const struct copp_command *command, uint32_t *hresult) {
    struct recorded *r = of(transport);
    put_request(r, RECORDING_COMMAND, command->bytes, sizeof command->bytes, call);
    enum copp_result result = r->inner->ops->protection_command(r->inner, call, command, hresult);
    put_answer(r, RECORDING_COMMAND, result, *hresult);
    return result;
}

static enum copp_result protection_status(struct copp_transport *transport, const struct copp_call *call,
                                          const struct copp_status_input *input, struct copp_status_output *output,
                                          uint32_t *hresult) {
    struct recorded *r = of(transport);
    put_request(r, RECORDING_STATUS, input->bytes, sizeof input->bytes, call);
    enum copp_result result = r->inner->ops->protection_status(r->inner, call, input, output, hresult);
    if (result != COPP_OK || *hresult != COPP_HR_OK) {
        put_answer(r, RECORDING_STATUS, result, *hresult);
        return result;
    }
    struct recording_message message = {.kind = RECORDING_STATUS,
                                        .direction = RECORDING_ANSWER,
                                        .flags = exchange_flags(input->bytes),
                                        .bytes = output->bytes,
                                        .size = sizeof output->bytes};
    put_message(r, &message);
    return result;
}

static void free_recorded(struct copp_transport *transport) {
    struct recorded *r = of(transport);
    copp_transport_free(&r->inner); /* the session ends here: its key is of no use to anybody after that */
    put_request(r, RECORDING_CLOSE, NULL, 0, NULL);
    end_session(r);
    free(r);
}

static uint64_t now_ms(struct copp_transport *transport) {
    struct recorded *r = of(transport);
    return r->inner->ops->now_ms(r->inner);
}

static int fd(const struct copp_transport *transport) {
    const struct recorded *r = (const struct recorded *)(const void *)transport;
    return r->inner->ops->fd(r->inner);
}

static void info(const struct copp_transport *transport, struct copp_transport_info *known) {
    const struct recorded *r = (const struct recorded *)(const void *)transport;
    r->inner->ops->info(r->inner, known);
}

static enum copp_result reopen(struct copp_transport *transport) {
    struct recorded *r = of(transport);
    enum copp_result result = r->inner->ops->reopen(r->inner);
    put_request(r, RECORDING_CLOSE, NULL, 0, NULL); /* the old device is gone in any case */
    end_session(r);
    put_open(r);
    if (result != COPP_OK)
        put_answer(r, RECORDING_OPEN, result, 0);
    return result;
}

static void wait_until(struct copp_transport *transport, uint64_t deadline_ms) {
    struct recorded *r = of(transport);
    r->inner->ops->wait(r->inner, deadline_ms);
}

/* --- */

static void set_ops(struct recorded *r) {
    const struct copp_transport_ops *inner = r->inner->ops;
    r->ops = (struct copp_transport_ops){
        .size = sizeof r->ops,
        .key_exchange = key_exchange,
        .session_sequence_start = session_sequence_start,
        .protection_command = protection_command,
        .protection_status = protection_status,
        .free = free_recorded,
        .now_ms = COPP_HAS_OP(inner, now_ms) ? now_ms : NULL,
        .fd = COPP_HAS_OP(inner, fd) ? fd : NULL,
        .info = COPP_HAS_OP(inner, info) ? info : NULL,
        .reopen = COPP_HAS_OP(inner, reopen) ? reopen : NULL,
        .wait = COPP_HAS_OP(inner, wait) ? wait_until : NULL,
    };
    r->transport.ops = &r->ops;
}

static const struct copp_random_ops random_ops = {.size = sizeof random_ops, .fill = fill};

enum copp_result recorder_wrap(struct recorder *recorder, const char *connector, struct copp_transport **transport,
                               struct copp_random **random) {
    struct copp_transport_info known = {.size = sizeof known};
    struct recorded *r = calloc(1, sizeof *r);
    *random = NULL;
    if (r == NULL)
        return COPP_E_MEMORY;
    r->semantics = copp_transport_info(*transport, &known) == COPP_OK ? known.semantics : COPP_SEMANTICS_NONE;
    r->inner = *transport;
    r->recorder = recorder;
    (void)snprintf(r->connector, sizeof r->connector, "%s", connector != NULL ? connector : "");
    r->random.ops = &random_ops;
    set_ops(r);
    put_open(r);
    *transport = &r->transport;
    if (recorder->config.key_fd >= 0)
        *random = &r->random;
    return COPP_OK;
}

void recorder_take_secrets(struct copp_transport *transport, const struct copp_handshake *secrets) {
    if (transport->ops->key_exchange != key_exchange || of(transport)->recorder->config.key_fd < 0)
        return;
    struct recorded *r = of(transport);
    memcpy(r->secrets.session_key, secrets->session_key, sizeof r->secrets.session_key);
    r->secrets.status_sequence = secrets->status_sequence;
    r->secrets.command_sequence = secrets->command_sequence;
    r->known = true;
}

void recorder_note(struct recorder *recorder, const char *text) {
    struct recording_message message = {
        .kind = RECORDING_EVENT, .direction = RECORDING_NOTE, .bytes = (const uint8_t *)text, .size = strlen(text)};
    put(recorder, &message);
}

struct recorder *recorder_new(const struct recorder_config *config) {
    struct recorder *recorder = calloc(1, sizeof *recorder);
    if (recorder == NULL)
        return NULL;
    recorder->config = *config;
    recorder->begin_us = clock_steady_us();
    recorder->begin_wall_us = clock_wall_us();
    const char *remark = config->simulated ? "COPP sessions with a simulated driver, which protects nothing" : "COPP sessions";
    write_block(recorder, recording_begin(config->application, remark, recorder->block));
    return recorder;
}

void recorder_close(struct recorder **recorder) {
    if (*recorder == NULL)
        return;
    if (close((*recorder)->config.fd) != 0 && !(*recorder)->failed)
        (*recorder)->config.failed((*recorder)->config.context, false, errno);
    if ((*recorder)->config.key_fd >= 0 && close((*recorder)->config.key_fd) != 0 && !(*recorder)->keys_failed)
        (*recorder)->config.failed((*recorder)->config.context, true, errno);
    free(*recorder);
    *recorder = NULL;
}
