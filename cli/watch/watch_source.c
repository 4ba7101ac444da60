#include "watch_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/remote_socket.h"
#include "cli/report.h"
#include "common/connector_news.h"

#define AGAIN_MS 1000u

static enum copp_result begin(struct source *s) {
    enum copp_result result = remote_socket_connect(&s->device, &s->connection);
    return result == COPP_OK ? copp_socket_watch(s->connection) : result;
}

int source_open(const struct invocation *in, const struct adapter_options *options, struct source *source) {
    *source = (struct source){.in = in};
    int status = adapter_find(in, options, true, &source->device);
    if (status != STATUS_YES || source->device.path == NULL)
        return status;
    enum copp_result result = begin(source);
    if (result == COPP_E_UNSUPPORTED)
        return fail(in, STATUS_UNKNOWN, source->device.path, "this coppd does not support copp watch: update it and restart it");
    return result == COPP_OK ? STATUS_YES : remote_socket_fail(in, &source->device, source->connection, result);
}

void source_close(struct source *source) {
    copp_socket_close(&source->connection);
    adapter_close(&source->device);
    free(source->told);
    source->told = NULL;
}

void source_name(const struct source *source, char *name, size_t size) {
    if (source->device.path != NULL)
        snprintf(name, size, "unix:%s", source->device.path);
    else
        snprintf(name, size, "simulated adapter");
}

uint64_t source_now(const struct source *source) {
    return adapter_now(&source->device);
}

struct pollfd source_poll(const struct source *source) {
    int fd = source->device.path != NULL ? copp_socket_fd(source->connection) : adapter_events_fd(&source->device);
    return (struct pollfd){.fd = fd, .events = POLLIN};
}

uint64_t source_deadline_ms(const struct source *source) {
    if (source->device.path != NULL)
        return source->connection != NULL ? UINT64_MAX : source->try_ms;
    return adapter_deadline_ms(&source->device);
}

static enum source_word lose(struct source *s) {
    snprintf(s->reason, sizeof s->reason, "%s", copp_socket_disconnect_reason(s->connection));
    copp_socket_close(&s->connection);
    s->lost_ms = source_now(s);
    s->try_ms = s->lost_ms + AGAIN_MS;
    return SOURCE_LOST;
}

static enum source_word try_again(struct source *s) {
    if (source_now(s) < s->try_ms)
        return SOURCE_NOTHING;
    if (begin(s) == COPP_OK)
        return SOURCE_BACK;
    snprintf(s->reason, sizeof s->reason, "%s", copp_socket_disconnect_reason(s->connection));
    copp_socket_close(&s->connection);
    s->try_ms = source_now(s) + AGAIN_MS;
    return SOURCE_NOTHING;
}

/* The adapter inside this program: as coppd would tell of it. */

static void look(struct source *s, uint32_t index, struct copp_socket_connector_news *news) {
    const char *name = adapter_output(&s->device, index);
    struct copp_sim *sim = s->device.host.sim;
    struct copp_connector *connector = copp_sim_connector(sim, name);
    struct copp_connector_view view = {.size = sizeof view};
    struct copp_protection now = {.size = sizeof now};
    copp_connector_inspect(connector, &view);
    copp_connector_protection(connector, &now);
    *news = (struct copp_socket_connector_news){.index = index,
                                                .now = {.real = false,
                                                        .plugged = copp_sim_plugged(sim, name),
                                                        .connector_type = view.connector_type,
                                                        .protection_types = view.protection_types,
                                                        .hdcp = now.hdcp,
                                                        .acp = now.acp,
                                                        .cgmsa = now.cgmsa,
                                                        .devices = (uint32_t)copp_connector_devices(connector)},
                                                .losses = view.losses,
                                                .reconfigurations = view.reconfigurations};
    snprintf(news->now.name, sizeof news->now.name, "%s", name);
    snprintf(news->now.display, sizeof news->now.display, "%s", copp_sim_display(sim, name));
}

/* How things are, a connector a time. */
static enum source_word describe_next(struct source *s, struct copp_socket_news *news) {
    if (adapter_output(&s->device, s->count) == NULL) {
        s->complete = true;
        news->kind = COPP_SOCKET_COMPLETE;
        return SOURCE_NEWS;
    }
    void *more = realloc(s->told, (s->count + 1) * sizeof *s->told);
    if (more == NULL)
        return SOURCE_ENDED;
    s->told = more;
    news->kind = COPP_SOCKET_CONNECTOR;
    look(s, s->count, &news->u.connector);
    s->told[s->count++] = news->u.connector;
    return SOURCE_NEWS;
}

static enum source_word next_inside(struct source *s, struct copp_socket_news *news) {
    struct pollfd events = source_poll(s);
    if (!s->complete)
        return describe_next(s, news);
    if (events.fd >= 0 && poll(&events, 1, 0) == 1)
        events_read(s->device.host.events, adapter_now(&s->device));
    adapter_dispatch(&s->device);
    for (uint32_t i = 0; i < s->count; i++) {
        look(s, i, &news->u.connector);
        if (connector_news_same(&s->told[i], &news->u.connector))
            continue;
        news->kind = COPP_SOCKET_CONNECTOR;
        s->told[i] = news->u.connector;
        return SOURCE_NEWS;
    }
    bool over = events_ended(s->device.host.events) && adapter_deadline_ms(&s->device) == UINT64_MAX;
    return over ? SOURCE_ENDED : SOURCE_NOTHING;
}

enum source_word source_next(struct source *source, struct copp_socket_news *news) {
    if (source->device.path == NULL)
        return next_inside(source, news);
    if (source->connection == NULL)
        return try_again(source);
    switch (copp_socket_news(source->connection, news)) {
    case COPP_OK:
        return SOURCE_NEWS;
    case COPP_E_PENDING:
        return SOURCE_NOTHING;
    default:
        return lose(source);
    }
}
