/* Real outputs (docs/outputs.md): the kernel's own, or those of an X server. */
#include <stdlib.h>

#include "backend.h"
#include "log.h"
#include "outputs/kms/kms.h"
#include "outputs/outputs.h"
#ifdef COPPD_XRANDR
#include "outputs/xrandr/xrandr.h"
#endif

struct outputs_backend {
    struct backend backend;
    struct copp_backend_log log;
    struct copp_outputs *outputs;
};

static struct outputs_backend *own(const struct backend *backend) {
    return (struct outputs_backend *)(uintptr_t)backend;
}

static void say(struct copp_backend_log *log, enum copp_backend_priority priority, const char *text) {
    (void)log;
    if (priority == COPP_BACKEND_ERROR)
        log_error("%s", text);
    else if (priority == COPP_BACKEND_WARNING)
        log_warning("%s", text);
    else
        log_info("%s", text);
}

static void close_outputs(struct backend *backend) {
    copp_outputs_free(&own(backend)->outputs);
    free(backend);
}

static const char *text_or_null(const char *text) {
    return text[0] ? text : NULL;
}

static enum copp_result open_real(struct outputs_backend *b, const struct backend_setup *setup, struct copp_backend **real) {
#ifdef COPPD_XRANDR
    if (b->backend.calls == &backend_xrandr) {
        const struct copp_xrandr_config config = {.display = text_or_null(setup->display),
                                                  .connectors = text_or_null(setup->connectors),
                                                  .trust_server = setup->trust_server,
                                                  .wait = setup->wait,
                                                  .log = &b->log};
        return copp_xrandr_open(&config, real);
    }
#endif
    const struct copp_kms_config config = {
        .device = text_or_null(setup->device), .type1 = setup->hdcp_type1, .wait = setup->wait, .log = &b->log};
    return copp_kms_open(&config, real);
}

static enum copp_result open_outputs(const struct backend_calls *calls, const struct backend_setup *setup,
                                     struct backend **backend, struct fault *fault) {
    struct copp_backend *real = NULL;
    struct outputs_backend *b = calloc(1, sizeof *b);
    *backend = NULL;
    if (!b) {
        fault_set(fault, "out of memory");
        return COPP_E_MEMORY;
    }
    b->backend.calls = calls;
    b->log.say = say;
    enum copp_result result = open_real(b, setup, &real);
    const struct copp_adapter_config adapter = {
        .chain = setup->chain, .chain_size = setup->chain_size, .key = setup->key, .pending_limit_ms = setup->pending_limit_ms};
    if (!result)
        result = copp_outputs_new(&adapter, &real, &b->outputs);
    if (result) {
        fault_set(fault, "the %s outputs cannot be had: %s; see docs/outputs.md", calls->name, copp_strerror(result));
        close_outputs(&b->backend);
        return result;
    }
    *backend = &b->backend;
    return COPP_OK;
}

static enum copp_result open_kms(const struct backend_setup *setup, struct backend **backend, struct fault *fault) {
    return open_outputs(&backend_kms, setup, backend, fault);
}

static const char *name_of(const struct backend *backend, size_t index) {
    return copp_outputs_name(own(backend)->outputs, index);
}

static struct copp_connector *connector(struct backend *backend, size_t index) {
    return copp_outputs_connector(own(backend)->outputs, index);
}

static int fd(const struct backend *backend) {
    return copp_outputs_fd(own(backend)->outputs);
}

static void ready(struct backend *backend, uint64_t now_ms) {
    copp_outputs_ready(own(backend)->outputs, now_ms);
}

static uint64_t next_ms(const struct backend *backend) {
    return copp_outputs_next(own(backend)->outputs);
}

static void advance(struct backend *backend, uint64_t now_ms) {
    copp_outputs_advance(own(backend)->outputs, now_ms);
}

const struct backend_calls backend_kms = {"kms", open_kms, close_outputs, name_of, connector, fd, ready, next_ms, advance};

#ifdef COPPD_XRANDR
static enum copp_result open_xrandr(const struct backend_setup *setup, struct backend **backend, struct fault *fault) {
    return open_outputs(&backend_xrandr, setup, backend, fault);
}

const struct backend_calls backend_xrandr = {"xrandr", open_xrandr, close_outputs, name_of, connector,
                                             fd,       ready,       next_ms,       advance};
#endif
