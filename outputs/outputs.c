#include "outputs/outputs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define OUTPUTS_MAX 64u

struct copp_outputs {
    struct copp_backend *backend;
    struct copp_adapter *adapter;
    int epoll;
    uint32_t pending_limit_ms;
    size_t count;
    struct {
        char name[COPP_BACKEND_NAME_SIZE];
        char second_name[COPP_BACKEND_NAME_SIZE];
        struct copp_connector *connector;
    } list[OUTPUTS_MAX];
};

static enum copp_result add_connectors(struct copp_outputs *outputs) {
    struct copp_backend *backend = outputs->backend;
    while (outputs->count < backend->ops->count(backend) && outputs->count < OUTPUTS_MAX) {
        struct copp_backend_output output;
        struct copp_connector *connector;
        backend->ops->describe(backend, outputs->count, &output);
        output.config.name = output.name; /* BIND-7 */
        output.config.real = backend->ops->real; /* BIND-6 */
        enum copp_result result = copp_connector_add(outputs->adapter, &output.config, &connector);
        if (result)
            return result;
        memcpy(outputs->list[outputs->count].name, output.name, sizeof output.name);
        memcpy(outputs->list[outputs->count].second_name, output.second_name, sizeof output.second_name);
        outputs->list[outputs->count].connector = connector;
        backend->ops->attach(backend, outputs->count, connector);
        outputs->count++;
    }
    return COPP_OK;
}

static enum copp_result watch(struct copp_outputs *outputs) {
    int fds[COPP_BACKEND_FDS];
    outputs->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (outputs->epoll < 0)
        return COPP_E_IO;
    size_t count = outputs->backend->ops->fds(outputs->backend, fds);
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN};
        if (epoll_ctl(outputs->epoll, EPOLL_CTL_ADD, fds[i], &event) != 0)
            return COPP_E_IO;
    }
    return COPP_OK;
}

enum copp_result copp_outputs_new(const struct copp_adapter_config *config, struct copp_backend **backend,
                                  struct copp_outputs **outputs) {
    *outputs = NULL;
    struct copp_outputs *made = calloc(1, sizeof *made);
    if (!made) {
        copp_backend_close(backend);
        return COPP_E_MEMORY;
    }
    made->backend = *backend;
    *backend = NULL;
    made->epoll = -1;
    struct copp_adapter_config own = *config;
    if (made->backend->pending_limit_ms)
        own.pending_limit_ms = made->backend->pending_limit_ms;
    made->pending_limit_ms = own.pending_limit_ms ? own.pending_limit_ms : COPP_PENDING_LIMIT_MS;
    enum copp_result result = copp_adapter_new(&own, &made->adapter);
    if (!result)
        result = watch(made);
    if (!result)
        result = add_connectors(made);
    if (result)
        copp_outputs_free(&made);
    *outputs = made;
    return result;
}

enum copp_result copp_outputs_renew(struct copp_outputs *outputs, const struct copp_adapter_config *config) {
    return copp_adapter_renew_all(outputs->adapter, config);
}

struct copp_adapter *copp_outputs_adapter(const struct copp_outputs *outputs) {
    return outputs->adapter;
}

void copp_outputs_free(struct copp_outputs **outputs) {
    if (!outputs || !*outputs)
        return;
    struct copp_outputs *old = *outputs;
    for (size_t i = 0; i < old->count; i++)
        old->backend->ops->attach(old->backend, i, NULL);
    copp_adapter_free(&old->adapter);
    copp_backend_close(&old->backend);
    if (old->epoll >= 0)
        (void)close(old->epoll);
    free(old);
    *outputs = NULL;
}

bool copp_outputs_real(const struct copp_outputs *outputs) {
    return outputs->backend->ops->real;
}

const char *copp_outputs_name(const struct copp_outputs *outputs, size_t index) {
    return index < outputs->count ? outputs->list[index].name : NULL;
}

struct copp_connector *copp_outputs_connector(const struct copp_outputs *outputs, size_t index) {
    return index < outputs->count ? outputs->list[index].connector : NULL;
}

struct copp_connector *copp_outputs_find(const struct copp_outputs *outputs, const char *name, size_t *index) {
    for (size_t i = 0; name[0] && i < outputs->count; i++) {
        if (strcmp(outputs->list[i].name, name) != 0 && strcmp(outputs->list[i].second_name, name) != 0)
            continue;
        *index = i;
        return outputs->list[i].connector;
    }
    return NULL;
}

uint32_t copp_outputs_pending_limit_ms(const struct copp_outputs *outputs) {
    return outputs->pending_limit_ms;
}

bool copp_outputs_plugged(const struct copp_outputs *outputs, size_t index) {
    const struct copp_backend_ops *ops = outputs->backend->ops;
    return ops->plugged && index < outputs->count && ops->plugged(outputs->backend, index);
}

const char *copp_outputs_display(const struct copp_outputs *outputs, size_t index) {
    const struct copp_backend_ops *ops = outputs->backend->ops;
    return ops->display && index < outputs->count ? ops->display(outputs->backend, index) : "";
}

enum receiver_state copp_outputs_receiver(const struct copp_outputs *outputs, size_t index, struct hdcp_receiver *receiver) {
    const struct copp_backend_ops *ops = outputs->backend->ops;
    return ops->receiver && index < outputs->count ? ops->receiver(outputs->backend, index, receiver) : RECEIVER_UNKNOWN;
}

enum copp_result copp_outputs_adopt(struct copp_outputs *outputs, int fd, const char *owner, struct copp_backend_loan *loan) {
    const struct copp_backend_ops *ops = outputs->backend->ops;
    if (!ops->adopt)
        return COPP_E_UNSUPPORTED;
    enum copp_result result = ops->adopt(outputs->backend, fd, owner, loan);
    (void)add_connectors(outputs); /* auto may have found them only now */
    return result;
}

enum copp_backend_lent copp_outputs_lent(const struct copp_outputs *outputs, uint32_t id) {
    return outputs->backend->ops->lent(outputs->backend, id);
}

void copp_outputs_give_back(struct copp_outputs *outputs, uint32_t id) {
    outputs->backend->ops->give_back(outputs->backend, id);
}

int copp_outputs_fd(const struct copp_outputs *outputs) {
    return outputs->epoll;
}

uint64_t copp_outputs_deadline_ms(const struct copp_outputs *outputs) {
    uint64_t adapter = copp_adapter_deadline_ms(outputs->adapter);
    uint64_t backend = outputs->backend->ops->deadline_ms(outputs->backend);
    return adapter < backend ? adapter : backend;
}

void copp_outputs_tell_time(struct copp_outputs *outputs, uint64_t now_ms) {
    if (outputs->backend->ops->tell_time)
        outputs->backend->ops->tell_time(outputs->backend, now_ms);
}

void copp_outputs_dispatch(struct copp_outputs *outputs, uint64_t now_ms) {
    outputs->backend->ops->dispatch(outputs->backend, now_ms);
    (void)add_connectors(outputs); /* without memory for it, an output that has come is tried again next time */
    copp_adapter_dispatch(outputs->adapter, now_ms);
}
