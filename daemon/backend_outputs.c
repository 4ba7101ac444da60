/* Real outputs (docs/outputs.md): the kernel's own, or those of an X server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend.h"
#include "log.h"
#include "outputs/kms/kms.h"
#include "outputs/outputs.h"
#ifdef COPPD_XRANDR
#include "outputs/xrandr/xrandr.h"

#include <xcb/xcb.h>
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
    struct copp_backend_log *log = setup->log ? setup->log : &b->log;
#ifdef COPPD_XRANDR
    if (b->backend.ops == &backend_xrandr) {
        const struct copp_xrandr_config config = {.display = text_or_null(backend_display(setup)),
                                                  .connectors = text_or_null(setup->connectors),
                                                  .trust_server = setup->trust_server,
                                                  .wait = setup->wait,
                                                  .log = log};
        return copp_xrandr_open(&config, real);
    }
#endif
    const struct copp_kms_config config = {
        .device = text_or_null(setup->device), .type1 = setup->hdcp_type1, .wait = setup->wait, .log = log};
    return copp_kms_open(&config, real);
}

static enum copp_result open_outputs(const struct backend_ops *ops, const struct backend_setup *setup, struct backend **backend,
                                     struct error_text *error) {
    struct copp_backend *real = NULL;
    struct outputs_backend *b = calloc(1, sizeof *b);
    *backend = NULL;
    if (!b) {
        error_set(error, "out of memory");
        return COPP_E_MEMORY;
    }
    b->backend.ops = ops;
    b->log.say = say;
    enum copp_result result = open_real(b, setup, &real);
    const struct copp_adapter_config adapter = {.size = sizeof adapter,
                                                .chain = setup->chain,
                                                .chain_size = setup->chain_size,
                                                .key = setup->key,
                                                .pending_limit_ms = setup->pending_limit_ms};
    if (!result)
        result = copp_outputs_new(&adapter, &real, &b->outputs);
    if (result) {
        error_set(error, "the %s outputs cannot be had: %s; see docs/outputs.md", ops->name, copp_strerror(result));
        close_outputs(&b->backend);
        return result;
    }
    *backend = &b->backend;
    return COPP_OK;
}

/* One that is not there may come. */
static bool check_kms(const struct backend_setup *setup, struct error_text *error) {
    struct stat status;
    bool there = setup->device[0] && stat(setup->device, &status) == 0;
    return !there || S_ISCHR(status.st_mode) ||
           error_set(error, "%s: is no device: give a graphics card, such as /dev/dri/card0", setup->device);
}

static enum copp_result open_kms(const struct backend_setup *setup, struct backend **backend, struct error_text *error) {
    return open_outputs(&backend_kms, setup, backend, error);
}

static const char *name_of(const struct backend *backend, size_t index) {
    return copp_outputs_name(own(backend)->outputs, index);
}

static struct copp_connector *connector(struct backend *backend, size_t index) {
    return copp_outputs_connector(own(backend)->outputs, index);
}

static bool plugged(const struct backend *backend, size_t index) {
    return copp_outputs_plugged(own(backend)->outputs, index);
}

static struct copp_connector *named(struct backend *backend, const char *name) {
    (void)backend;
    (void)name;
    return NULL;
}

static bool searching(const struct backend *backend) {
    return copp_outputs_searching(own(backend)->outputs);
}

static int fd(const struct backend *backend) {
    return copp_outputs_fd(own(backend)->outputs);
}

static void ready(struct backend *backend, uint64_t now_ms) {
    copp_outputs_ready(own(backend)->outputs, now_ms);
}

static uint64_t deadline_ms(const struct backend *backend) {
    return copp_outputs_deadline_ms(own(backend)->outputs);
}

static void advance(struct backend *backend, uint64_t now_ms) {
    copp_outputs_dispatch(own(backend)->outputs, now_ms);
}

static void plan_kms(const struct backend_setup *setup, char *text, size_t size) {
    (void)snprintf(text, size, "the outputs are those of %s, which may come later",
                   setup->device[0] ? setup->device : "graphics cards");
}

#define OUTPUTS_CALLS                                                                                                            \
    .real = true, .close = close_outputs, .name_of = name_of, .connector = connector, .plugged = plugged, .named = named,        \
    .searching = searching, .fd = fd, .ready = ready, .deadline_ms = deadline_ms, .advance = advance

const struct backend_ops backend_kms = {.name = "kms", .check = check_kms, .plan = plan_kms, .open = open_kms, OUTPUTS_CALLS};

#ifdef COPPD_XRANDR
static bool check_display(const char *display, struct error_text *error) {
    char *host = NULL;
    int number;
    if (!display[0]) /* and the environment of a process does not change: it would be waited for for ever */
        return error_set(error, "[outputs] display: names no X server, and there is no DISPLAY in the environment: give one like "
                                "display = :0");
    bool good = xcb_parse_display(display, &host, &number, NULL) != 0;
    free(host);
    return good || error_set(error, "[outputs] display: \"%s\" is no X server: give one like :0", display);
}

/* Words such as "HDMI-A-0=card0-HDMI-A-1". */
static bool check_connectors(const char *words, struct error_text *error) {
    static const char blank[] = " \t,";
    while (*(words += strspn(words, blank))) {
        size_t length = strcspn(words, blank);
        size_t output = strcspn(words, "=");
        bool card = output > 0 && strncmp(words + output, "=card", 5) == 0;
        size_t digits = card ? strspn(words + output + 5, "0123456789") : 0;
        size_t name = output + 5 + digits + 1; /* where it begins */
        if (!digits || words[name - 1] != '-' || name >= length)
            return error_set(error, "[outputs] connectors: \"%.*s\" is not like HDMI-A-0=card0-HDMI-A-1", (int)length, words);
        words += length;
    }
    return true;
}

static bool check_xrandr(const struct backend_setup *setup, struct error_text *error) {
    return check_display(backend_display(setup), error) && check_connectors(setup->connectors, error);
}

static enum copp_result open_xrandr(const struct backend_setup *setup, struct backend **backend, struct error_text *error) {
    return open_outputs(&backend_xrandr, setup, backend, error);
}

static void plan_xrandr(const struct backend_setup *setup, char *text, size_t size) {
    (void)snprintf(text, size, "the outputs are those of the X server at %s, which may come later", backend_display(setup));
}

const struct backend_ops backend_xrandr = {
    .name = "xrandr", .check = check_xrandr, .plan = plan_xrandr, .open = open_xrandr, OUTPUTS_CALLS};
#endif
