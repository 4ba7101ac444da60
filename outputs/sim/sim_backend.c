#include "outputs/sim/sim_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/printable.h"

#define LINE_SIZE 128u

struct sim_backend {
    struct copp_backend backend;
    struct copp_sim *sim;
    struct copp_backend_log *log;
    int events_fd; /* -1: none */
    char line[LINE_SIZE]; /* what has come of an event so far */
    size_t length;
};

static struct sim_backend *sim_of(struct copp_backend *backend) {
    return (struct sim_backend *)backend;
}

static const struct sim_backend *const_sim_of(const struct copp_backend *backend) {
    return (const struct sim_backend *)backend;
}

static size_t count(const struct copp_backend *backend) {
    return copp_sim_count(const_sim_of(backend)->sim);
}

static void describe(const struct copp_backend *backend, size_t index, struct copp_backend_output *output) {
    struct copp_sim *sim = const_sim_of(backend)->sim;
    const char *second = copp_sim_second_name(sim, index);
    *output = (struct copp_backend_output){.name = "", .config = {.size = sizeof output->config}};
    (void)snprintf(output->name, sizeof output->name, "%s", copp_sim_name(sim, index));
    if (second)
        (void)snprintf(output->second_name, sizeof output->second_name, "%s", second);
    if (copp_sim_connector_config(sim, index, &output->config))
        output->config.output = NULL; /* with which no connector is added */
}

static bool plugged(const struct copp_backend *backend, size_t index) {
    const struct copp_sim *sim = const_sim_of(backend)->sim;
    return copp_sim_plugged((struct copp_sim *)(uintptr_t)sim, copp_sim_name(sim, index));
}

static const char *display(const struct copp_backend *backend, size_t index) {
    const struct copp_sim *sim = const_sim_of(backend)->sim;
    return copp_sim_display((struct copp_sim *)(uintptr_t)sim, copp_sim_name(sim, index));
}

/* A simulated receiver does HDCP 1.x, and where the output does it too, 2.x. */
static enum receiver_state receiver(const struct copp_backend *backend, size_t index, struct hdcp_receiver *found) {
    struct copp_output_state state = {.size = sizeof state};
    struct copp_backend_output output;
    describe(backend, index, &output);
    if (!output.config.output)
        return RECEIVER_UNKNOWN;
    output.config.output->ops->state(output.config.output, &state);
    *found = (struct hdcp_receiver){.hdcp1 = true,
                                    .hdcp2 = state.hdcp_version == COPP_HDCP_VERSION_2,
                                    .ksv_valid = true,
                                    .repeater = state.repeater,
                                    .devices = (uint8_t)state.downstream_count};
    memcpy(found->bksv, state.bksv, sizeof found->bksv);
    return state.hdcp_receiver ? RECEIVER_READ : RECEIVER_UNKNOWN;
}

static void attach(struct copp_backend *backend, size_t index, struct copp_connector *connector) {
    copp_sim_attach(sim_of(backend)->sim, index, connector);
}

static size_t fds(const struct copp_backend *backend, int list[COPP_BACKEND_FDS]) {
    list[0] = const_sim_of(backend)->events_fd;
    return list[0] >= 0 ? 1 : 0;
}

static void end_line(struct sim_backend *b) {
    struct copp_sim_error error;
    bool fits = b->length < LINE_SIZE;
    b->line[fits ? b->length : LINE_SIZE - 1] = 0;
    b->length = 0;
    if (!fits)
        copp_backend_say(b->log, COPP_BACKEND_WARNING, "ignored an event of more than %u characters", LINE_SIZE - 1);
    else if (b->line[0] && copp_sim_event(b->sim, b->line, &error))
        copp_backend_say(b->log, COPP_BACKEND_WARNING, "event \"%s\" cannot happen: %s", b->line, error.text);
    else if (b->line[0])
        copp_backend_say(b->log, COPP_BACKEND_INFO, "event: %s", b->line);
}

static void read_events(struct sim_backend *b) {
    char bytes[256];
    ssize_t got = read(b->events_fd, bytes, sizeof bytes);
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] == '\n')
            end_line(b);
        else if (b->length < LINE_SIZE)
            b->line[b->length++] = printable_ascii(bytes[i]) ? bytes[i] : '?';
    }
}

static void tell_time(struct copp_backend *backend, uint64_t now_ms) {
    copp_sim_dispatch(sim_of(backend)->sim, now_ms);
}

/* What was due before an event has happened before it. */
static void dispatch(struct copp_backend *backend, uint64_t now_ms) {
    struct sim_backend *b = sim_of(backend);
    copp_sim_dispatch(b->sim, now_ms);
    if (b->events_fd >= 0)
        read_events(b);
}

static uint64_t deadline_ms(const struct copp_backend *backend) {
    return copp_sim_deadline_ms(const_sim_of(backend)->sim);
}

static void close_sim(struct copp_backend *backend) {
    struct sim_backend *b = sim_of(backend);
    copp_sim_free(&b->sim);
    if (b->events_fd >= 0)
        (void)close(b->events_fd);
    free(b);
}

static const struct copp_backend_ops sim_ops = {.real = false,
                                                .count = count,
                                                .describe = describe,
                                                .plugged = plugged,
                                                .display = display,
                                                .receiver = receiver,
                                                .attach = attach,
                                                .fds = fds,
                                                .dispatch = dispatch,
                                                .tell_time = tell_time,
                                                .deadline_ms = deadline_ms,
                                                .close = close_sim};

enum copp_result copp_sim_backend_open(struct copp_sim **sim, int events_fd, struct copp_backend_log *log,
                                       struct copp_backend **backend) {
    bool own_adapter = copp_sim_adapter(*sim) != NULL;
    struct sim_backend *b = own_adapter ? NULL : calloc(1, sizeof *b);
    *backend = NULL;
    if (!b) {
        copp_sim_free(sim);
        if (events_fd >= 0)
            (void)close(events_fd);
        return own_adapter ? COPP_E_STATE : COPP_E_MEMORY;
    }
    *b = (struct sim_backend){.backend = {.ops = &sim_ops, .pending_limit_ms = copp_sim_pending_limit_ms(*sim)},
                              .sim = *sim,
                              .log = log,
                              .events_fd = events_fd};
    *sim = NULL;
    *backend = &b->backend;
    return COPP_OK;
}
