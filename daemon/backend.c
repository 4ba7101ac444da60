#include "backend.h"

#include <stdio.h>
#include <string.h>

#include "backend_auto.h"
#include "backend_kinds.h"
#include "copp/srm.h"
#include "log.h"

/* "auto" comes before all others. */
static const struct backend_kind *kind_at(size_t index) {
    if (index == 0)
        return &backend_auto;
    return index <= backend_kind_count ? &backend_kinds[index - 1] : NULL;
}

static const struct backend_kind *find(const char *name) {
    const struct backend_kind *kind;
    for (size_t i = 0; (kind = kind_at(i)) != NULL; i++) {
        if (strcmp(name, kind->name) == 0)
            return kind;
    }
    return NULL;
}

bool backend_known(const char *name) {
    return find(name) != NULL;
}

void backend_names(char *text, size_t size) {
    const struct backend_kind *kind;
    size_t used = 0;
    for (size_t i = 0; (kind = kind_at(i)) != NULL && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i == 0 ? "" : kind_at(i + 1) ? ", " : " or ", kind->name);
}

/* Real ones may not be in this build, but have settings all the same. */
bool backend_is(const char *name, const char *backend) {
    const struct backend_kind *kind = find(backend);
    bool simulated = kind && !kind->real;
    return strcmp(name, backend) == 0 || (strcmp(name, backend_auto.name) == 0 && !simulated);
}

bool backend_check(const struct config *config, struct error_text *error) {
    return find(config->backend)->check(config, error);
}

void backend_plan(const struct config *config, char *text, size_t size) {
    find(config->backend)->plan(config, text, size);
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

struct copp_outputs *backend_open(const struct config *config, const struct copp_adapter_config *adapter,
                                  struct error_text *error) {
    static struct copp_backend_log log = {say};
    const struct backend_kind *kind = find(config->backend);
    struct copp_backend *backend;
    struct copp_outputs *outputs;
    char text[256];
    /* who names one knows that it comes: X servers start after us */
    if (!kind->check(config, error) || kind->open(config, true, &log, &backend, error))
        return NULL;
    enum copp_result result = copp_outputs_new(adapter, &backend, &outputs);
    if (result) {
        backend_not_opened(kind->name, result, error);
        return NULL;
    }
    kind->plan(config, text, sizeof text);
    if (!copp_outputs_real(outputs))
        log_warning("the outputs are simulated: they protect nothing");
    else if (!copp_outputs_name(outputs, 0))
        log_warning("there are no outputs yet: %s", text);
    return outputs;
}

_Static_assert(RECEIVER_READ == (int)COPP_SOCKET_RECEIVER_READ && RECEIVER_HANGS == (int)COPP_SOCKET_RECEIVER_HANGS &&
                   RECEIVER_NO_PROGRAM == (int)COPP_SOCKET_RECEIVER_NO_PROGRAM,
               "the numbers are told as they are");

static void look_at_receiver(const struct copp_outputs *outputs, size_t index, bool with_key,
                             struct copp_socket_connector *told) {
    struct hdcp_receiver receiver;
    told->receiver = copp_outputs_receiver(outputs, index, &receiver);
    if (told->receiver != COPP_SOCKET_RECEIVER_READ)
        return;
    told->receiver_flags = (receiver.hdcp1 ? COPP_SOCKET_RECEIVER_HDCP1 : 0) | (receiver.hdcp2 ? COPP_SOCKET_RECEIVER_HDCP2 : 0) |
                           (receiver.repeater ? COPP_SOCKET_RECEIVER_REPEATER : 0) |
                           (receiver.ksv_valid ? COPP_SOCKET_RECEIVER_KSV_VALID : 0);
    told->receiver_devices = receiver.devices;
    told->receiver_depth = receiver.depth;
    if (!receiver.ksv_valid || !with_key)
        return;
    told->receiver_flags |= COPP_SOCKET_RECEIVER_KSV_TOLD;
    copp_ksv_from_bksv(receiver.bksv, told->receiver_ksv);
}

void backend_look_with_key(const struct copp_outputs *outputs, size_t index, struct copp_socket_connector *told) {
    backend_look(outputs, index, told);
    look_at_receiver(outputs, index, true, told);
}

void backend_look(const struct copp_outputs *outputs, size_t index, struct copp_socket_connector *told) {
    struct copp_connector *connector = copp_outputs_connector(outputs, index);
    struct copp_connector_view view = {.size = sizeof view};
    struct copp_protection now = {.size = sizeof now};
    copp_connector_inspect(connector, &view);
    copp_connector_protection(connector, &now);
    *told = (struct copp_socket_connector){.size = sizeof(struct copp_socket_connector),
                                           .real = copp_outputs_real(outputs),
                                           .plugged = copp_outputs_plugged(outputs, index),
                                           .connector_type = view.connector_type,
                                           .protection_types = view.protection_types,
                                           .hdcp = now.hdcp,
                                           .acp = now.acp,
                                           .cgmsa = now.cgmsa,
                                           .devices = (uint32_t)copp_connector_devices(connector),
                                           .pending_limit_ms = copp_outputs_pending_limit_ms(outputs)};
    (void)strncpy(told->name, copp_outputs_name(outputs, index), sizeof told->name - 1);
    (void)strncpy(told->display, copp_outputs_display(outputs, index), sizeof told->display - 1);
    look_at_receiver(outputs, index, false, told);
}
