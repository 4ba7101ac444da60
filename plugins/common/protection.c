#include "protection.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "adapter.h"
#include "common/clock.h"
#include "trust.h"

#define RETRY_FIRST_MS 100u /* after a loss; each try that comes to nothing doubles it */
#define RETRY_MAX_MS 2000u
#define LISTS_MS 1000u /* how often the stored list is looked at */
#define TEXT_SIZE 512u

struct protection {
    /* Until when pictures may be shown, by clock_ms; 0: they may not. Written by the thread alone. */
    _Atomic uint64_t shown_until_ms;

    pthread_mutex_t mutex; /* of what follows, up to the thread's own */
    pthread_cond_t changed; /* telling and ended have */
    bool quit;
    bool telling; /* the thread is in config.changed */
    bool ended; /* the thread is about to return */
    unsigned owners; /* the player and the thread: the last one frees */
    pthread_t thread;
    int quit_fd; /* readable once quit is true */

    /* the thread's own */
    struct protection_config config;
    char *texts[4]; /* what config's strings point to */
    uint32_t list_version;
    bool was_in_force;
    struct trust trust;
    struct adapter adapter;
    struct copp_session *session;
    struct copp_socket *lending;
    uint64_t lists_due_ms;
    char text[TEXT_SIZE];
    char refused[TEXT_SIZE / 2]; /* why coppd has not taken the card that it was offered; "": nothing is wrong */
};

const char *protection_state_name(enum protection_state state) {
    static const char *const names[] = {"beginning", "protected", "lost", "ended"};
    return (size_t)state < sizeof names / sizeof *names ? names[state] : "ended";
}

/* --- telling --- */

static bool quitting(struct protection *p) {
    pthread_mutex_lock(&p->mutex);
    bool quit = p->quit;
    pthread_mutex_unlock(&p->mutex);
    return quit;
}

static void tell(struct protection *p, enum protection_state state, const struct copp_poll *look) {
    const uint32_t bound = copp_session_bound(p->session);
    const bool on = state == PROTECTION_IN_FORCE;
    const struct protection_report report = {
        .state = state,
        .stop = on ? COPP_STOP_NONE : look->stop,
        .rule = on || look->stop == COPP_STOP_NONE ? COPP_RULE_NONE : copp_stop_rule(look->stop),
        .hdcp = on && p->config.requirement.hdcp != 0 && !look->hdcp_skipped ? COPP_HDCP_ON : COPP_HDCP_OFF,
        .connector = p->adapter.connector,
        .text = on ? "" : p->text,
        .simulated = on && (bound & COPP_BOUND_REAL) == 0,
        .receiver_unnamed = on && look->receiver_unnamed,
    };
    pthread_mutex_lock(&p->mutex);
    bool wanted = !p->quit && p->config.changed != NULL;
    p->telling = wanted;
    pthread_mutex_unlock(&p->mutex);
    if (!wanted)
        return;
    p->config.changed(p->config.user, &report);
    pthread_mutex_lock(&p->mutex);
    p->telling = false;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
}

/* Hidden first, told afterwards. */
static void hide(struct protection *p) {
    atomic_store(&p->shown_until_ms, 0);
}

/* --- one session --- */

static void end_session(struct protection *p) {
    copp_session_free(&p->session);
    adapter_close(&p->adapter);
    copp_socket_close(&p->lending);
    trust_free(&p->trust);
}

/* Only a card's DRM master can switch its HDCP: the player's sink lends coppd its file. */
static bool lend(struct protection *p) {
    const char *path;
    p->refused[0] = '\0';
    if (p->config.card_fd < 0)
        return true;
    if (!adapter_socket_path(p->config.device, &path)) {
        snprintf(p->text, sizeof p->text, "a card is lent to coppd alone; name its socket as the device");
        return p->config.card_offered;
    }
    const struct copp_socket_config config = {.size = sizeof config, .path = path};
    const struct copp_socket_lend card = {.size = sizeof card, .card_fd = p->config.card_fd};
    enum copp_result result = copp_socket_connect(&config, &p->lending);
    if (result == COPP_OK)
        result = copp_socket_adopt(p->lending, &card, NULL);
    if (result == COPP_OK)
        return true;
    snprintf(p->refused, sizeof p->refused, "coppd does not take the graphics card that is lent to it: %s %s",
             copp_strerror(result), copp_socket_disconnect_reason(p->lending));
    snprintf(p->text, sizeof p->text, "%s", p->refused);
    copp_socket_close(&p->lending);
    return p->config.card_offered;
}

static void explain(struct protection *p, enum copp_result result, const struct copp_verdict *verdict, enum copp_stop stop) {
    copp_session_explain(p->session, result, verdict, stop, p->text, sizeof p->text);
    const size_t length = strlen(p->text);
    if (p->refused[0] != '\0')
        snprintf(p->text + length, sizeof p->text - length, " (%s)", p->refused);
}

/* A session that demands nothing would say of everything that it is protected. */
static bool demands_nothing(const struct copp_requirement *requirement) {
    return requirement->hdcp == 0 && requirement->acp == 0 && requirement->cgmsa == 0 && requirement->dpcp == 0 &&
           !requirement->type1;
}

/* COPP_OK where content is protected: *look is a first look, which counts. */
static enum copp_result begin(struct protection *p, struct copp_poll *look) {
    const struct trust_files files = {.anchor = p->config.anchor,
                                      .srm = p->config.srm,
                                      .list_version = p->list_version,
                                      .made_here = adapter_is_embedded(p->config.device)};
    const struct adapter_request request = {
        .device = p->config.device, .connector = p->config.connector, .give_up_fd = p->quit_fd};
    struct copp_verdict verdict = {.detail = ""};
    *look = (struct copp_poll){.size = sizeof *look, .stop = COPP_STOP_NONE};
    if (demands_nothing(&p->config.requirement)) {
        snprintf(p->text, sizeof p->text, "nothing is to be protected; demand HDCP, ACP or CGMS-A");
        return COPP_E_ARGUMENT;
    }
    if (!trust_read(&files, &p->trust, p->text, sizeof p->text))
        return COPP_E_INVALID;
    if (!lend(p) || !adapter_open(&request, &p->trust, &p->adapter, p->text, sizeof p->text))
        return COPP_E_TRANSPORT;
    const bool opm = p->trust.semantics == COPP_SEMANTICS_OPM;
    const struct copp_session_config config = {.size = sizeof config,
                                               .anchor = opm ? NULL : &p->trust.anchor,
                                               .opm_anchor = opm ? &p->trust.opm_anchor : NULL,
                                               .lists = opm ? NULL : &p->trust.lists,
                                               .srm_bytes = opm ? p->trust.srm_bytes : NULL,
                                               .srm_size = opm ? p->trust.srm_size : 0,
                                               .connector = p->adapter.connector};
    enum copp_result result = copp_session_new(&config, p->adapter.transport, &p->session);
    if (result == COPP_OK)
        result = copp_session_establish(p->session, &verdict);
    if (result == COPP_OK)
        look->stop = copp_session_protect(p->session, &p->config.requirement, clock_ms());
    if (result == COPP_OK && look->stop == COPP_STOP_NONE)
        copp_session_poll(p->session, clock_ms(), look);
    if (result != COPP_OK || look->stop != COPP_STOP_NONE)
        explain(p, result, &verdict, look->stop);
    return result;
}

/* Until deadline_ms, something on fd (-1: none) or the end; whether to go on. */
static bool wait_until(struct protection *p, int fd, uint64_t deadline_ms) {
    uint64_t now = clock_ms();
    struct pollfd fds[2] = {{.fd = p->quit_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    uint64_t left = deadline_ms > now ? deadline_ms - now : 0;
    poll(fds, 2, left < 60000 ? (int)left : 60000);
    return fds[0].revents == 0;
}

/* A wake-up is a reason to look, and no more: one look in COPP_WAKE_MS, however often it comes (copp_session_fd). */
static bool wait_for_look(struct protection *p, uint64_t began_ms) {
    uint64_t due_ms = began_ms + COPP_POLL_MS / 4;
    uint64_t sim_ms = adapter_deadline_ms(&p->adapter);
    if (!wait_until(p, -1, began_ms + COPP_WAKE_MS))
        return false;
    bool more = wait_until(p, copp_session_fd(p->session), due_ms < sim_ms ? due_ms : sim_ms);
    adapter_dispatch(&p->adapter);
    return more;
}

/* Whether the stored list is still the one that the session was checked against; looked at once in a while. */
static bool lists_stand(struct protection *p) {
    if (clock_ms() < p->lists_due_ms)
        return true;
    p->lists_due_ms = clock_ms() + LISTS_MS;
    return !trust_changed(&p->trust);
}

/* Looks until the player has had enough, or until content must not be shown: *look says why. */
static void watch(struct protection *p, struct copp_poll *look) {
    bool told = false;
    for (;;) {
        uint64_t began_ms = clock_ms();
        bool shown = look->state == COPP_POLL_PROTECTED;
        atomic_store(&p->shown_until_ms, shown ? look->deadline_ms : 0);
        if (shown != told && look->state != COPP_POLL_STOP) {
            snprintf(p->text, sizeof p->text, "the display is being protected again");
            tell(p, shown ? PROTECTION_IN_FORCE : PROTECTION_LOST, look);
            told = shown;
        }
        if (look->state == COPP_POLL_STOP || !lists_stand(p))
            return;
        /* after a lost level the next look sets it again, and does not wait for news */
        if (shown ? !wait_for_look(p, began_ms) : !wait_until(p, -1, began_ms + COPP_WAKE_MS))
            return;
        copp_session_poll(p->session, clock_ms(), look);
    }
}

/* --- all of them --- */

/* Which ends are for good: no other session would do better, or may be trusted to. */
static bool is_final(enum copp_result result, enum copp_stop stop) {
    switch (stop) {
    case COPP_STOP_INTERNAL:
    case COPP_STOP_AUTHENTICATION:
    case COPP_STOP_DRIVER_REVOKED:
    case COPP_STOP_TAMPERING:
    case COPP_STOP_SRM:
    case COPP_STOP_OTHER_OUTPUT:
        return true;
    default:
        return result == COPP_E_INVALID || result == COPP_E_REVOKED || result == COPP_E_AUTHENTICATION ||
               result == COPP_E_ARGUMENT;
    }
}

/* One session from beginning to end. Whether another is to be tried. */
static bool run_session(struct protection *p) {
    struct copp_poll look;
    enum copp_result result = begin(p, &look);
    bool in_force = result == COPP_OK && look.stop == COPP_STOP_NONE;
    if (in_force) {
        p->was_in_force = true;
        p->list_version = p->trust.list != NULL ? copp_revocation_version(p->trust.list) : 0;
        watch(p, &look);
        hide(p);
        if (look.stop != COPP_STOP_NONE)
            explain(p, COPP_OK, NULL, look.stop);
        else
            snprintf(p->text, sizeof p->text, "the stored revocation list has changed");
    }
    bool final = is_final(result, look.stop) || !p->was_in_force;
    if (in_force || final) /* a try that came to nothing changes nothing */
        tell(p, final ? PROTECTION_ENDED : PROTECTION_LOST, &look);
    end_session(p);
    return !final;
}

static void release(struct protection *p) {
    pthread_mutex_lock(&p->mutex);
    bool last = --p->owners == 0;
    pthread_mutex_unlock(&p->mutex);
    if (!last)
        return;
    for (size_t i = 0; i < sizeof p->texts / sizeof *p->texts; i++)
        free(p->texts[i]);
    if (p->config.card_fd >= 0)
        close(p->config.card_fd);
    close(p->quit_fd);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mutex);
    free(p);
}

static void *run(void *argument) {
    struct protection *p = argument;
    uint64_t pause_ms = RETRY_FIRST_MS;
    for (bool more = true; more && !quitting(p);) {
        uint64_t began_ms = clock_ms();
        more = run_session(p);
        pause_ms = clock_ms() - began_ms > RETRY_MAX_MS ? RETRY_FIRST_MS : pause_ms;
        more = more && wait_until(p, -1, clock_ms() + pause_ms);
        pause_ms = 2 * pause_ms < RETRY_MAX_MS ? 2 * pause_ms : RETRY_MAX_MS;
    }
    pthread_mutex_lock(&p->mutex);
    p->ended = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
    release(p);
    return NULL;
}

/* --- for the player --- */

static bool copy_texts(struct protection *p) {
    const char **const strings[] = {&p->config.device, &p->config.connector, &p->config.anchor, &p->config.srm};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        if (*strings[i] == NULL)
            continue;
        p->texts[i] = strdup(*strings[i]);
        if (p->texts[i] == NULL)
            return false;
        *strings[i] = p->texts[i];
    }
    return true;
}

static struct protection *create(const struct protection_config *config) {
    struct protection *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&p->mutex, NULL);
    p->config = *config;
    p->config.card_fd = config->card_fd >= 0 ? fcntl(config->card_fd, F_DUPFD_CLOEXEC, 3) : -1;
    p->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p->owners = 1;
    return p;
}

/* Signals are the player's own threads'. */
static int start_thread(struct protection *p) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&p->thread, NULL, run, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

enum copp_result protection_start(const struct protection_config *config, struct protection **protection) {
    struct protection *p = create(config);
    *protection = NULL;
    if (p == NULL)
        return COPP_E_MEMORY;
    bool copied = copy_texts(p);
    bool lent = config->card_fd < 0 || p->config.card_fd >= 0;
    p->owners = 2;
    if (!copied || !lent || p->quit_fd < 0 || start_thread(p) != 0) {
        p->owners = 1;
        release(p);
        return copied ? COPP_E_IO : COPP_E_MEMORY;
    }
    pthread_detach(p->thread);
    *protection = p;
    return COPP_OK;
}

bool protection_in_force(const struct protection *protection) {
    return protection != NULL && clock_ms() < atomic_load(&protection->shown_until_ms);
}

static struct timespec after_ms(uint64_t ms) {
    uint64_t moment_ns = clock_ns() + ms * 1000000u;
    return (struct timespec){.tv_sec = (time_t)(moment_ns / 1000000000u), .tv_nsec = (long)(moment_ns % 1000000000u)};
}

void protection_stop(struct protection **protection) {
    struct protection *p = *protection;
    const struct timespec limit = after_ms(PROTECTION_STOP_MS);
    if (p == NULL)
        return;
    *protection = NULL;
    pthread_mutex_lock(&p->mutex);
    p->quit = true;
    eventfd_write(p->quit_fd, 1);
    bool own = pthread_equal(p->thread, pthread_self()) != 0;
    while (!own && p->telling)
        pthread_cond_wait(&p->changed, &p->mutex);
    for (int error = 0; !own && !p->ended && error == 0;)
        error = pthread_cond_timedwait(&p->changed, &p->mutex, &limit);
    pthread_mutex_unlock(&p->mutex);
    release(p);
}
