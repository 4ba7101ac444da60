#include "trace.h"

#include <string.h>

static struct trace *of(struct copp_transport *transport) {
    return (struct trace *)(void *)transport;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct trace *t = of(transport);
    enum copp_result result = t->inner->ops->key_exchange(t->inner, call, random, chain_bytes, chain_size, hresult);
    if (result == COPP_OK && *hresult == COPP_HR_OK)
        memcpy(t->random, random, COPP_RANDOM_SIZE);
    t->hresult = *hresult;
    return result;
}

static enum copp_result session_sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                               const struct copp_signature *signature, uint32_t *hresult) {
    struct trace *t = of(transport);
    enum copp_result result = t->inner->ops->session_sequence_start(t->inner, call, signature, hresult);
    t->signature = *signature;
    t->hresult = *hresult;
    return result;
}

static enum copp_result protection_command(struct copp_transport *transport, const struct copp_call *call,
                                           const struct copp_command *command, uint32_t *hresult) {
    struct trace *t = of(transport);
    enum copp_result result = t->inner->ops->protection_command(t->inner, call, command, hresult);
    t->command = *command;
    t->commands++;
    t->hresult = *hresult;
    return result;
}

static enum copp_result protection_status(struct copp_transport *transport, const struct copp_call *call,
                                          const struct copp_status_input *input, struct copp_status_output *output,
                                          uint32_t *hresult) {
    struct trace *t = of(transport);
    enum copp_result result = t->inner->ops->protection_status(t->inner, call, input, output, hresult);
    if (call->additional_size == COPP_MAC_SIZE)
        memcpy(t->request_mac, call->additional, COPP_MAC_SIZE);
    t->input = *input;
    t->output = *output;
    t->queries++;
    t->hresult = *hresult;
    return result;
}

static void free_trace(struct copp_transport *transport) {
    copp_transport_free(&of(transport)->inner);
}

/* Its clock stays its own: the story has no time limits. */
static void info_trace(const struct copp_transport *transport, struct copp_transport_info *info) {
    const struct trace *t = (const struct trace *)(const void *)transport;
    t->inner->ops->info(t->inner, info);
}

static enum copp_result reopen_trace(struct copp_transport *transport) {
    return copp_transport_reopen(of(transport)->inner);
}

static const struct copp_transport_ops ops = {
    .size = sizeof ops,
    .key_exchange = key_exchange,
    .session_sequence_start = session_sequence_start,
    .protection_command = protection_command,
    .protection_status = protection_status,
    .free = free_trace,
    .info = info_trace,
    .reopen = reopen_trace,
};

void trace_init(struct trace *trace, struct copp_transport *inner) {
    *trace = (struct trace){.transport.ops = &ops, .inner = inner};
}
