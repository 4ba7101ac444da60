/*
 * The outputs that are there: each second it looks for an X server, then for graphics cards, takes the first that has any, and
 * stays with that. Until then there are none; simulated ones are never taken.
 */
#include "backend_auto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define LOOK_MS 1000u
#define HEARD_SIZE 2048u

struct auto_backend {
    struct copp_backend backend;
    const struct config *config;
    struct copp_backend_log *log;
    int epoll; /* of the one that was chosen, or of those that may be */
    struct copp_backend *candidates[BACKEND_KINDS_MAX]; /* each at its kind's place; NULL: not open */
    struct copp_backend *chosen; /* NULL: nothing yet */
    uint64_t look_ms; /* when those that are not awaited are tried again */
    struct copp_backend_log attempts; /* hears what they say meanwhile */
    char heard[HEARD_SIZE]; /* what was said in the last attempt, in lines */
    struct seldom said;
};

static struct auto_backend *own(const struct copp_backend *backend) {
    return (struct auto_backend *)(uintptr_t)backend;
}

static bool has_outputs(const struct copp_backend *backend) {
    return backend->ops->count(backend) > 0;
}

static void close_candidates(struct auto_backend *a) {
    for (size_t i = 0; i < backend_kind_count; i++)
        copp_backend_close(&a->candidates[i]);
}

/* For as long as coppd runs: what a connector is may not change under its sessions. */
static void choose(struct auto_backend *a, size_t kind) {
    a->chosen = a->candidates[kind];
    a->candidates[kind] = NULL;
    close_candidates(a);
    log_info("auto: uses the outputs of %s (%zu so far) until coppd is restarted", backend_kinds[kind].name,
             a->chosen->ops->count(a->chosen));
}

static bool poll_too(const struct auto_backend *a, const struct copp_backend *backend) {
    int fds[COPP_BACKEND_FDS];
    size_t count = backend->ops->fds(backend, fds);
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN};
        if (epoll_ctl(a->epoll, EPOLL_CTL_ADD, fds[i], &event) != 0)
            return false;
    }
    return true;
}

/* Its outputs are added when they come: it is opened once. */
static void await(struct auto_backend *a, size_t kind) {
    struct error_text error;
    struct copp_backend **backend = &a->candidates[kind];
    enum copp_result result = backend_kinds[kind].open(a->config, true, a->log, backend, &error);
    if (result == COPP_E_NOT_FOUND) /* the settings name none */
        return;
    if (result) {
        log_warning("auto: %s", error.text);
    } else if (!poll_too(a, *backend)) {
        log_warning("auto: cannot wait for the %s outputs: %s", backend_kinds[kind].name, strerror(errno));
        copp_backend_close(backend);
    }
}

static void hear(struct copp_backend_log *log, enum copp_backend_priority priority, const char *text) {
    struct auto_backend *a = (struct auto_backend *)((char *)log - offsetof(struct auto_backend, attempts));
    size_t used = strlen(a->heard);
    if (a->chosen) { /* the attempt's backend keeps this log as long as it lives */
        a->log->say(a->log, priority, text);
        return;
    }
    (void)snprintf(a->heard + used, sizeof a->heard - used, "%d%s\n", (int)priority, text);
}

/* An attempt a second has the same to say each time. What fails in one is not yet an error of coppd's. */
static void pass_on(struct auto_backend *a) {
    for (char *line = strtok(a->heard, "\n"); line; line = strtok(NULL, "\n")) {
        enum copp_backend_priority priority = line[0] - '0' >= COPP_BACKEND_INFO ? COPP_BACKEND_INFO : COPP_BACKEND_WARNING;
        const struct copp_backend_cause cause = {seldom_cause(line), clock_ms()};
        (void)copp_backend_say_seldom(a->log, &a->said, priority, &cause, "%s", line + 1);
    }
    a->heard[0] = 0;
}

/* Keeps it only if it has outputs. */
static void try_now(struct auto_backend *a, size_t kind) {
    struct error_text error;
    struct copp_backend **backend = &a->candidates[kind];
    enum copp_result result = backend_kinds[kind].open(a->config, false, &a->attempts, backend, &error);
    if (result && result != COPP_E_NOT_FOUND)
        copp_backend_say(&a->attempts, COPP_BACKEND_WARNING, "auto: %s", error.text);
    if (!result && (!has_outputs(*backend) || !poll_too(a, *backend)))
        copp_backend_close(backend);
}

static bool is_searching(const struct copp_backend *candidate) {
    return candidate && candidate->ops->searching && candidate->ops->searching(candidate);
}

/* Whoever takes the connection of an X server that is about to answer owns the cards: they wait for it. */
static bool waits_for_answer(const struct auto_backend *a) {
    for (size_t i = 0; i < backend_kind_count; i++) {
        if (is_searching(a->candidates[i]))
            return true;
    }
    return false;
}

static void look(struct auto_backend *a, uint64_t now_ms) {
    bool due = now_ms >= a->look_ms && !waits_for_answer(a);
    size_t found = backend_kind_count;
    for (size_t i = 0; i < backend_kind_count && found == backend_kind_count; i++) {
        if (due && backend_kinds[i].real && !backend_kinds[i].awaited)
            try_now(a, i);
        if (a->candidates[i] && has_outputs(a->candidates[i]))
            found = i;
    }
    if (due) {
        a->look_ms = now_ms + LOOK_MS;
        pass_on(a);
    }
    if (found < backend_kind_count)
        choose(a, found);
}

/* Without outputs yet: an owner's card is there now, and is looked for before the second is over. */
static enum copp_result adopt(struct copp_backend *backend, int fd, const char *owner, struct copp_backend_loan *loan) {
    struct auto_backend *a = own(backend);
    if (!a->chosen) {
        a->look_ms = 0;
        look(a, clock_ms());
    }
    if (!a->chosen || !a->chosen->ops->adopt)
        return COPP_E_UNSUPPORTED;
    return a->chosen->ops->adopt(a->chosen, fd, owner, loan);
}

static enum copp_backend_lent lent(const struct copp_backend *backend, uint32_t id) {
    const struct copp_backend *chosen = own(backend)->chosen;
    return chosen->ops->lent(chosen, id);
}

static void give_back(struct copp_backend *backend, uint32_t id) {
    struct copp_backend *chosen = own(backend)->chosen;
    chosen->ops->give_back(chosen, id);
}

static void close_auto(struct copp_backend *backend) {
    struct auto_backend *a = own(backend);
    close_candidates(a);
    copp_backend_close(&a->chosen);
    if (a->epoll >= 0)
        (void)close(a->epoll);
    free(a);
}

static size_t count(const struct copp_backend *backend) {
    const struct copp_backend *chosen = own(backend)->chosen;
    return chosen ? chosen->ops->count(chosen) : 0;
}

static void describe(const struct copp_backend *backend, size_t index, struct copp_backend_output *output) {
    const struct copp_backend *chosen = own(backend)->chosen;
    chosen->ops->describe(chosen, index, output);
}

static bool plugged(const struct copp_backend *backend, size_t index) {
    const struct copp_backend *chosen = own(backend)->chosen;
    return chosen->ops->plugged && chosen->ops->plugged(chosen, index);
}

static const char *display(const struct copp_backend *backend, size_t index) {
    const struct copp_backend *chosen = own(backend)->chosen;
    return chosen->ops->display ? chosen->ops->display(chosen, index) : "";
}

static void attach(struct copp_backend *backend, size_t index, struct copp_connector *connector) {
    struct copp_backend *chosen = own(backend)->chosen;
    chosen->ops->attach(chosen, index, connector);
}

static size_t fds(const struct copp_backend *backend, int list[COPP_BACKEND_FDS]) {
    list[0] = own(backend)->epoll;
    return 1;
}

static void dispatch(struct copp_backend *backend, uint64_t now_ms) {
    struct auto_backend *a = own(backend);
    if (a->chosen) {
        a->chosen->ops->dispatch(a->chosen, now_ms);
        return;
    }
    for (size_t i = 0; i < backend_kind_count; i++) {
        if (a->candidates[i])
            a->candidates[i]->ops->dispatch(a->candidates[i], now_ms);
    }
    look(a, now_ms);
}

static uint64_t deadline_ms(const struct copp_backend *backend) {
    const struct auto_backend *a = own(backend);
    if (a->chosen)
        return a->chosen->ops->deadline_ms(a->chosen);
    uint64_t first = waits_for_answer(a) ? COPP_BACKEND_NEVER : a->look_ms;
    for (size_t i = 0; i < backend_kind_count; i++) {
        const struct copp_backend *candidate = a->candidates[i];
        uint64_t deadline_ms = candidate ? candidate->ops->deadline_ms(candidate) : COPP_BACKEND_NEVER;
        first = deadline_ms < first ? deadline_ms : first;
    }
    return first;
}

/* The outputs are those of whatever it takes, and that is real. */
static const struct copp_backend_ops auto_ops = {.real = true,
                                                 .count = count,
                                                 .describe = describe,
                                                 .plugged = plugged,
                                                 .display = display,
                                                 .attach = attach,
                                                 .fds = fds,
                                                 .dispatch = dispatch,
                                                 .deadline_ms = deadline_ms,
                                                 .adopt = adopt,
                                                 .lent = lent,
                                                 .give_back = give_back,
                                                 .close = close_auto};

static enum copp_result open_auto(const struct config *config, bool wait, struct copp_backend_log *log,
                                  struct copp_backend **backend, struct error_text *error) {
    struct auto_backend *a = calloc(1, sizeof *a);
    (void)wait;
    *backend = NULL;
    if (!a) {
        (void)error_set(error, "out of memory");
        return COPP_E_MEMORY;
    }
    a->backend.ops = &auto_ops;
    a->config = config;
    a->log = log;
    a->attempts.say = hear;
    a->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (a->epoll < 0) {
        (void)error_set(error, "cannot wait for outputs: %s", strerror(errno));
        close_auto(&a->backend);
        return COPP_E_IO;
    }
    for (size_t i = 0; i < backend_kind_count; i++) {
        if (backend_kinds[i].real && backend_kinds[i].awaited)
            await(a, i);
    }
    look(a, clock_ms());
    *backend = &a->backend;
    return COPP_OK;
}

static bool check_auto(const struct config *config, struct error_text *error) {
    struct config checked = *config;
    if (!backend_display(config)[0])
        (void)strcpy(checked.display, ":0"); /* auto accepts that no server is named */
    for (size_t i = 0; i < backend_kind_count; i++) {
        if (backend_kinds[i].real && !backend_kinds[i].check(&checked, error))
            return false;
    }
    return true;
}

static void plan(const struct config *config, char *text, size_t size) {
#if defined COPPD_XRANDR
    const char *display = backend_display(config);
    if (display[0])
        (void)snprintf(text, size,
                       "each second coppd looks for an X server at %s, then for graphics cards, and uses the first that has "
                       "outputs; for simulated ones set backend = sim",
                       display);
    else
        (void)snprintf(text, size,
                       "each second coppd looks for graphics cards only: neither [outputs] display nor DISPLAY names an X "
                       "server; for simulated outputs set backend = sim");
#elif defined COPPD_KMS
    (void)config;
    (void)snprintf(text, size, "each second coppd looks for graphics cards; for simulated outputs set backend = sim");
#else
    (void)config;
    (void)snprintf(text, size, "this coppd was built without real outputs; for simulated ones set backend = sim");
#endif
}

const struct backend_kind backend_auto = {.name = "auto", .real = true, .check = check_auto, .plan = plan, .open = open_auto};
