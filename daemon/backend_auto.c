/*
 * The outputs that are there: each second it looks for an X server, then for graphics cards, takes the first that has any, and
 * stays with that. Until then there are none; simulated ones are never taken.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "backend.h"
#include "log.h"
#ifdef COPPD_KMS
#include "outputs/backend.h"
#endif

#define LOOK_MS 1000u
#define HEARD_SIZE 2048u

struct auto_backend {
    struct backend backend;
    struct backend_setup setup; /* what it points at outlives this */
    int epoll; /* of the one that was chosen, or of those that may be */
    struct backend *server; /* an X server's, waited for; NULL: none is looked for, or something has been chosen */
    struct backend *chosen; /* NULL: nothing yet */
    uint64_t look_ms; /* when cards are looked for again */
#ifdef COPPD_KMS
    struct copp_backend_log log; /* of an attempt at the cards */
    char heard[HEARD_SIZE]; /* what was said in it, in lines */
    char said[HEARD_SIZE]; /* and in the last one that differed */
#endif
};

static struct auto_backend *own(const struct backend *backend) {
    return (struct auto_backend *)(uintptr_t)backend;
}

static bool has_outputs(const struct backend *backend) {
    return backend->ops->name_of(backend, 0) != NULL;
}

/* For as long as coppd runs: what a connector is may not change under its sessions. */
static void choose(struct auto_backend *a, struct backend *backend) {
    size_t count = 0;
    a->chosen = backend;
    if (a->server != backend)
        backend_close(&a->server);
    a->server = NULL;
    while (backend->ops->name_of(backend, count))
        count++;
    log_info("auto: takes the outputs of %s (%zu so far), and stays with them until coppd is started anew", backend->ops->name,
             count);
}

#ifdef COPPD_KMS
static bool poll_too(const struct auto_backend *a, const struct backend *backend) {
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(a->epoll, EPOLL_CTL_ADD, backend->ops->fd(backend), &event) == 0;
}

#endif

#ifdef COPPD_XRANDR
static void look_for_server(struct auto_backend *a) {
    struct error_text error;
    struct backend_setup setup = a->setup;
    setup.wait = true; /* it tries again by itself */
    if (!backend_display(&setup)[0])
        return;
    if (backend_xrandr.open(&setup, &a->server, &error)) {
        log_warning("auto: %s", error.text);
    } else if (!poll_too(a, a->server)) {
        log_warning("auto: no X server can be waited for: %s", strerror(errno));
        backend_close(&a->server);
    }
}
#else
static void look_for_server(struct auto_backend *a) {
    (void)a;
}
#endif

#ifdef COPPD_KMS
static void hear(struct copp_backend_log *log, enum copp_backend_priority priority, const char *text) {
    struct auto_backend *a = (struct auto_backend *)((char *)log - offsetof(struct auto_backend, log));
    size_t used = strlen(a->heard);
    (void)snprintf(a->heard + used, sizeof a->heard - used, "%d%s\n", (int)priority, text);
}

/* An attempt a second: what it has to say is said when it is something else than the last time. */
static void pass_on(struct auto_backend *a) {
    if (strcmp(a->heard, a->said) != 0) {
        (void)snprintf(a->said, sizeof a->said, "%s", a->heard);
        for (char *line = strtok(a->heard, "\n"); line; line = strtok(NULL, "\n")) {
            if (line[0] - '0' >= COPP_BACKEND_INFO)
                log_info("%s", line + 1);
            else
                log_warning("%s", line + 1);
        }
    }
    a->heard[0] = 0;
}

static void look_for_cards(struct auto_backend *a) {
    struct error_text error;
    struct backend *cards = NULL;
    struct backend_setup setup = a->setup;
    setup.log = &a->log;
    enum copp_result result = backend_kms.open(&setup, &cards, &error);
    if (result && result != COPP_E_NOT_FOUND)
        copp_backend_say(&a->log, COPP_BACKEND_WARNING, "auto: %s", error.text);
    if (!result && !poll_too(a, cards))
        backend_close(&cards);
    pass_on(a);
    if (cards && has_outputs(cards))
        choose(a, cards);
    else
        backend_close(&cards);
}
#else
static void look_for_cards(struct auto_backend *a) {
    (void)a;
}
#endif

/* Whoever takes the connection of an X server that is about to answer owns the cards: they wait for it. */
static bool waits_for_server(const struct auto_backend *a) {
    return a->server && a->server->ops->searching(a->server);
}

static void look(struct auto_backend *a, uint64_t now_ms) {
    if (a->server && has_outputs(a->server)) {
        choose(a, a->server);
    } else if (!waits_for_server(a) && now_ms >= a->look_ms) {
        a->look_ms = now_ms + LOOK_MS;
        look_for_cards(a);
    }
}

static void close_auto(struct backend *backend) {
    struct auto_backend *a = own(backend);
    backend_close(&a->server);
    backend_close(&a->chosen);
    if (a->epoll >= 0)
        (void)close(a->epoll);
    free(a);
}

static enum copp_result open_auto(const struct backend_setup *setup, struct backend **backend, struct error_text *error) {
    struct auto_backend *a = calloc(1, sizeof *a);
    *backend = NULL;
    if (!a) {
        error_set(error, "out of memory");
        return COPP_E_MEMORY;
    }
    a->backend.ops = &backend_auto;
    a->setup = *setup;
    a->setup.wait = false;
#ifdef COPPD_KMS
    a->log.say = hear;
#endif
    a->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (a->epoll < 0) {
        error_set(error, "outputs cannot be waited for: %s", strerror(errno));
        close_auto(&a->backend);
        return COPP_E_IO;
    }
    look_for_server(a);
    look(a, setup->now_ms);
    *backend = &a->backend;
    return COPP_OK;
}

static bool check_auto(const struct backend_setup *setup, struct error_text *error) {
#ifdef COPPD_XRANDR
    struct backend_setup xrandr = *setup;
    if (!backend_display(setup)[0])
        xrandr.display = ":0"; /* none is looked for, and that is no error here */
    if (!backend_xrandr.check(&xrandr, error))
        return false;
#endif
#ifdef COPPD_KMS
    return backend_kms.check(setup, error);
#else
    (void)setup;
    (void)error;
    return true;
#endif
}

static void plan(const struct backend_setup *setup, char *text, size_t size) {
#if defined COPPD_XRANDR
    const char *display = backend_display(setup);
    if (display[0])
        (void)snprintf(text, size,
                       "each second coppd looks for an X server at %s, then for graphics cards, and takes the first that has "
                       "outputs; simulated ones need backend = sim",
                       display);
    else
        (void)snprintf(text, size,
                       "each second coppd looks for graphics cards, and for no X server: [outputs] display names none, and there "
                       "is no DISPLAY; simulated outputs need backend = sim");
#elif defined COPPD_KMS
    (void)setup;
    (void)snprintf(text, size, "each second coppd looks for graphics cards; simulated outputs need backend = sim");
#else
    (void)setup;
    (void)snprintf(text, size, "this coppd was built without real outputs; simulated ones need backend = sim");
#endif
}

static const char *name_of(const struct backend *backend, size_t index) {
    const struct backend *chosen = own(backend)->chosen;
    return chosen ? chosen->ops->name_of(chosen, index) : NULL;
}

static struct copp_connector *connector(struct backend *backend, size_t index) {
    struct backend *chosen = own(backend)->chosen;
    return chosen ? chosen->ops->connector(chosen, index) : NULL;
}

static bool plugged(const struct backend *backend, size_t index) {
    const struct backend *chosen = own(backend)->chosen;
    return chosen && chosen->ops->plugged(chosen, index);
}

static struct copp_connector *named(struct backend *backend, const char *name) {
    struct backend *chosen = own(backend)->chosen;
    return chosen ? chosen->ops->named(chosen, name) : NULL;
}

static bool searching(const struct backend *backend) {
    return own(backend)->chosen == NULL;
}

static int fd(const struct backend *backend) {
    return own(backend)->epoll;
}

static void ready(struct backend *backend, uint64_t now_ms) {
    struct auto_backend *a = own(backend);
    struct backend *asked = a->chosen ? a->chosen : a->server;
    if (asked)
        asked->ops->ready(asked, now_ms);
    if (!a->chosen)
        look(a, now_ms);
}

static uint64_t deadline_ms(const struct backend *backend) {
    const struct auto_backend *a = own(backend);
    const struct backend *asked = a->chosen ? a->chosen : a->server;
    uint64_t next = asked ? asked->ops->deadline_ms(asked) : UINT64_MAX;
    bool looks = !a->chosen && !waits_for_server(a);
    return looks && a->look_ms < next ? a->look_ms : next;
}

static void advance(struct backend *backend, uint64_t now_ms) {
    struct auto_backend *a = own(backend);
    struct backend *asked = a->chosen ? a->chosen : a->server;
    if (asked)
        asked->ops->advance(asked, now_ms);
    if (!a->chosen)
        look(a, now_ms);
}

const struct backend_ops backend_auto = {
    .name = "auto",
    .real = true, /* whatever it takes */
    .check = check_auto,
    .plan = plan,
    .open = open_auto,
    .close = close_auto,
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
