/* The simulated adapter (docs/simulator.md), and what happens to it, told through a FIFO. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend.h"
#include "copp/sim.h"
#include "files.h"
#include "log.h"

#define DESCRIPTION_MAX 65536u
#define LINE_SIZE 128u

struct sim_backend {
    struct backend backend;
    struct copp_sim *sim;
    int fd; /* of the FIFO; -1: none */
    char line[LINE_SIZE]; /* what has come of an event so far */
    size_t length;
};

static struct sim_backend *sim_of(const struct backend *backend) {
    return (struct sim_backend *)(uintptr_t)backend;
}

static void close_sim(struct backend *backend) {
    struct sim_backend *b = sim_of(backend);
    copp_sim_free(&b->sim);
    if (b->fd >= 0)
        (void)close(b->fd);
    free(b);
}

/* Open for writing too: it does not end when a writer does. */
static bool open_events(struct sim_backend *b, const char *name, struct error_text *error) {
    struct stat status;
    if (!name[0])
        return true;
    b->fd = open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (b->fd < 0)
        return errno == ENOENT ? error_set(error, "%s: cannot be opened: %s; make it with mkfifo", name, strerror(errno))
                               : error_set(error, "%s: cannot be opened: %s", name, strerror(errno));
    if (fstat(b->fd, &status) != 0 || !S_ISFIFO(status.st_mode))
        return error_set(error, "%s: is no FIFO: make one with mkfifo", name);
    return true;
}

static bool describe(struct sim_backend *b, const struct backend_setup *setup, struct error_text *error) {
    char *text = NULL;
    size_t size = 0;
    struct copp_sim_error sim_error;
    if (setup->description[0] && !file_read(setup->description, DESCRIPTION_MAX, &text, &size, error))
        return false;
    if (text && strlen(text) != size) {
        free(text);
        return error_set(error, "%s: holds a NUL character: give a text file", setup->description);
    }
    const struct copp_sim_config config = {.size = sizeof config,
                                           .description = text,
                                           .chain = setup->chain,
                                           .chain_size = setup->chain_size,
                                           .key = setup->key,
                                           .now_ms = setup->now_ms,
                                           .pending_limit_ms = setup->pending_limit_ms};
    enum copp_result result = copp_sim_new(&config, &b->sim, &sim_error);
    free(text);
    if (result == COPP_E_INVALID && sim_error.line == 0) /* of the whole */
        return error_set(error, "%s: %s", setup->description, sim_error.text);
    if (result == COPP_E_INVALID)
        return fault_add(fault_in_file(error, setup->description, sim_error.line), "%s", sim_error.text);
    return !result || error_set(error, "the simulated adapter cannot be made: %s", copp_strerror(result));
}

static enum copp_result open_sim(const struct backend_setup *setup, struct backend **backend, struct error_text *error) {
    struct sim_backend *b = calloc(1, sizeof *b);
    *backend = NULL;
    if (!b) {
        error_set(error, "out of memory");
        return COPP_E_MEMORY;
    }
    b->backend.ops = &backend_sim;
    b->fd = -1;
    if (!open_events(b, setup->events, error) || !describe(b, setup, error)) {
        close_sim(&b->backend);
        return COPP_E_INVALID;
    }
    *backend = &b->backend;
    return COPP_OK;
}

/* It touches nothing: it is made, and forgotten. */
static bool check_sim(const struct backend_setup *setup, struct error_text *error) {
    struct backend *backend;
    if (open_sim(setup, &backend, error))
        return false;
    backend_close(&backend);
    return true;
}

static const char *name_of(const struct backend *backend, size_t index) {
    return copp_sim_name(sim_of(backend)->sim, index);
}

static struct copp_connector *connector(struct backend *backend, size_t index) {
    return copp_sim_connector(sim_of(backend)->sim, name_of(backend, index));
}

static bool plugged(const struct backend *backend, size_t index) {
    return copp_sim_plugged(sim_of(backend)->sim, name_of(backend, index));
}

static struct copp_connector *named(struct backend *backend, const char *name) {
    return copp_sim_connector(sim_of(backend)->sim, name);
}

static bool searching(const struct backend *backend) {
    (void)backend;
    return false;
}

static void plan(const struct backend_setup *setup, char *text, size_t size) {
    (void)setup;
    (void)snprintf(text, size, "the outputs are simulated: they protect nothing");
}

static int fd(const struct backend *backend) {
    return sim_of(backend)->fd;
}

static void end_line(struct sim_backend *b) {
    struct copp_sim_error sim_error;
    bool fits = b->length < LINE_SIZE;
    b->line[fits ? b->length : LINE_SIZE - 1] = 0;
    b->length = 0;
    if (!fits)
        log_warning("an event of more than %u characters is left out", LINE_SIZE - 1);
    else if (b->line[0] && copp_sim_event(b->sim, b->line, &sim_error))
        log_warning("event \"%s\" cannot happen: %s", b->line, sim_error.text);
    else if (b->line[0])
        log_info("event: %s", b->line);
}

static void ready(struct backend *backend, uint64_t now_ms) {
    struct sim_backend *b = sim_of(backend);
    char bytes[256];
    ssize_t got = read(b->fd, bytes, sizeof bytes);
    copp_sim_dispatch(b->sim, now_ms);
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] == '\n')
            end_line(b);
        else if (b->length < LINE_SIZE)
            b->line[b->length++] = (char)(bytes[i] < ' ' || bytes[i] > '~' ? '?' : bytes[i]);
    }
}

static uint64_t deadline_ms(const struct backend *backend) {
    return copp_sim_deadline_ms(sim_of(backend)->sim);
}

static void advance(struct backend *backend, uint64_t now_ms) {
    copp_sim_dispatch(sim_of(backend)->sim, now_ms);
}

const struct backend_ops backend_sim = {
    .name = "sim",
    .real = false,
    .check = check_sim,
    .plan = plan,
    .open = open_sim,
    .close = close_sim,
    .name_of = name_of,
    .connector = connector,
    .plugged = plugged,
    .named = named,
    .searching = searching,
    .fd = fd,
    .ready = ready,
    .deadline_ms = deadline_ms,
    .advance = advance,
};
