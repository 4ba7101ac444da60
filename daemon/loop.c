#include "loop.h"
#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend.h"
#include "client.h"
#include "clock.h"
#include "configure.h"
#include "hurry.h"
#include "lending.h"
#include "listen.h"
#include "log.h"
#include "metrics_http.h"
#include "notify.h"
#include "precedence.h"
#include "subscribers.h"
#include "turns.h"

#define RESERVED_FDS 64u /* what is not a session: epoll, timers, signals, outputs and those that are lent, metrics, files */
#define ACCURACY_US 1000u
#define SLEPT_MS 100u /* less does not count as sleep */

void server_wake(struct server *server) {
    uint64_t slept = clock_slept_ms();
    if (slept < server->slept_ms + SLEPT_MS)
        return;
    server->slept_ms = slept;
    log_info("the machine has slept: protections must be set again");
    const uint32_t types = COPP_PROTECTION_TYPE_HDCP | COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA;
    for (size_t i = 0; copp_outputs_name(server->outputs, i);
         i++) /* EVT-1, EVT-5: a driver that has it on again was without it */
        copp_connector_protection_lost(copp_outputs_connector(server->outputs, i), types);
    server_sync_outputs(server);
}

static void arm(struct server *server) {
    uint64_t deadline_ms = copp_outputs_deadline_ms(server->outputs);
    uint64_t client_ms = client_deadline_ms(server);
    deadline_ms = client_ms < deadline_ms ? client_ms : deadline_ms;
    uint64_t old;
    uint64_t time = deadline_ms > UINT64_MAX / 1000u ? UINT64_MAX : deadline_ms * 1000u;
    if (sd_event_source_get_time(server->timer, &old) < 0 || old != time)
        (void)sd_event_source_set_time(server->timer, time);
    (void)sd_event_source_set_enabled(server->timer, time == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static void arm_journal(struct server *server) {
    uint64_t deadline_ms = server->journal.deadline_ms;
    int armed = SD_EVENT_OFF;
    if (deadline_ms != UINT64_MAX && sd_event_source_get_enabled(server->journal_timer, &armed) >= 0 && armed == SD_EVENT_OFF) {
        (void)sd_event_source_set_time(server->journal_timer, deadline_ms * 1000u);
        (void)sd_event_source_set_enabled(server->journal_timer, SD_EVENT_ONESHOT);
    }
}

static void arm_news(struct server *server) {
    int armed = SD_EVENT_OFF;
    if (server->news_rationed && sd_event_source_get_enabled(server->news_timer, &armed) >= 0 && armed == SD_EVENT_OFF) {
        (void)sd_event_source_set_time_relative(server->news_timer, NEWS_INTERVAL_MS * 1000u);
        (void)sd_event_source_set_enabled(server->news_timer, SD_EVENT_ONESHOT);
    }
}

/* What a source of the loop has led to is told: to those who watch, and in the journal. */
static void tell(struct server *server) {
    subscribers_send(server);
    arm_journal(server);
    arm_news(server);
}

/* A session that ends gives something back, and so may end another one's command: until nobody ends any more. */
void server_sync_outputs(struct server *server) {
    size_t count;
    do {
        struct client *next;
        count = server->client_count;
        for (struct client *client = server->waiting; client; client = next) {
            next = client->next_waiting;
            client_finish_command(client);
        }
    } while (server->client_count != count);
    notify_connectors(server);
    tell(server);
    arm(server);
}

static int on_time(sd_event_source *source, uint64_t time, void *userdata) {
    struct server *server = userdata;
    (void)source;
    (void)time;
    server_wake(server);
    copp_outputs_dispatch(server->outputs, clock_ms());
    (void)client_end_lenders(server);
    server_sync_outputs(server);
    return 0;
}

static int on_outputs(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    struct server *server = userdata;
    (void)source;
    (void)fd;
    (void)events;
    server_wake(server);
    copp_outputs_dispatch(server->outputs, clock_ms());
    (void)client_end_lenders(server);
    server_sync_outputs(server);
    return 0;
}

/* A list is on the disk, or could not be put there: who brought it is answered. */
static int on_written(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    struct server *server = userdata;
    (void)source;
    (void)fd;
    (void)events;
    srm_lists_written(&server->srm_lists);
    server_sync_outputs(server);
    return 0;
}

static int on_journal_time(sd_event_source *source, uint64_t time, void *userdata) {
    struct server *server = userdata;
    (void)source;
    (void)time;
    journal_dispatch(&server->journal, clock_ms());
    arm_journal(server);
    return 0;
}

static int on_news_time(sd_event_source *source, uint64_t time, void *userdata) {
    struct server *server = userdata;
    (void)source;
    (void)time;
    notify_held_back(server);
    tell(server);
    return 0;
}

static int on_listen_again(sd_event_source *source, uint64_t time, void *userdata) {
    struct server *server = userdata;
    (void)source;
    (void)time;
    listen_resume(server);
    return 0;
}

static void serve_client(struct client *client, uint32_t events) {
    struct server *server = client->server;
    if (!(events & CLIENT_GONE))
        server_wake(server);
    if (client_serve(client, events))
        server_sync_outputs(server);
    tell(server);
}

/* Whoever has gone gives back what it held at once (EVT-5). */
static int on_client(sd_event_source *source, int fd, uint32_t events, void *userdata) {
    struct client *client = userdata;
    (void)source;
    (void)fd;
    if (events & CLIENT_GONE || turns_admit(client, events))
        serve_client(client, events);
    return 0;
}

/* Nothing else is left to do: those that wait are served, a share of each user's. */
static int on_turn_end(sd_event_source *source, void *userdata) {
    struct server *server = userdata;
    struct client *client;
    uint32_t events;
    (void)source;
    turns_begin(server);
    for (struct user *user = server->users; user; user = user->next) {
        while ((client = turns_next(server, user, &events)))
            serve_client(client, events);
    }
    turns_end(server);
    return 0;
}

/* Whose card somebody has lent has ended: a copy of ours would keep it the card's master. */
static int on_lendings_end(sd_event_source *source, void *userdata) {
    struct server *server = userdata;
    (void)source;
    server_wake(server);
    if (client_end_lenders(server))
        server_sync_outputs(server);
    return 0;
}

void server_connect(struct server *server, int fd) {
    if (client_begin(server, fd, on_client))
        server_sync_outputs(server);
    tell(server);
}

static int on_connection(sd_event_source *source, int listen_fd, uint32_t events, void *userdata) {
    struct server *server = userdata;
    int fd = -1;
    (void)events;
    while (turns_accept(server) && (fd = listen_accept(server, source, listen_fd)) >= 0)
        server_connect(server, fd);
    return 0;
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
    (void)info;
    (void)userdata;
    return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
    (void)source;
    (void)info;
    server_reload(userdata);
    return 0;
}

/* As many descriptors as the machine allows. */
static size_t max_sessions(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    return limit.rlim_cur > RESERVED_FDS ? (size_t)limit.rlim_cur - RESERVED_FDS : 0;
}

static int add_sources(struct server *server) {
    sd_event *event = server->event;
    int r = sd_event_add_time(event, &server->timer, CLOCK_MONOTONIC, UINT64_MAX, ACCURACY_US, on_time, server);
    if (r >= 0)
        r = sd_event_add_time(event, &server->listen_again, CLOCK_MONOTONIC, UINT64_MAX, 0, on_listen_again, server);
    if (r >= 0)
        r = sd_event_source_set_enabled(server->listen_again, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time(event, &server->journal_timer, CLOCK_MONOTONIC, UINT64_MAX, ACCURACY_US, on_journal_time, server);
    if (r >= 0)
        r = sd_event_source_set_enabled(server->journal_timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time(event, &server->news_timer, CLOCK_MONOTONIC, UINT64_MAX, ACCURACY_US, on_news_time, server);
    if (r >= 0)
        r = sd_event_source_set_enabled(server->news_timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(event, &server->turn_end, on_turn_end, server);
    if (r >= 0)
        r = sd_event_source_set_enabled(server->turn_end, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_source_set_priority(server->turn_end, TURN_PRIORITY_END);
    if (r >= 0)
        r = sd_event_add_defer(event, &server->lendings_end, on_lendings_end, server);
    if (r >= 0)
        r = sd_event_source_set_enabled(server->lendings_end, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_io(event, NULL, copp_outputs_fd(server->outputs), EPOLLIN, on_outputs, server);
    if (r >= 0)
        r = sd_event_add_io(event, NULL, server->srm_lists.fd, EPOLLIN, on_written, server);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGTERM, on_end, NULL);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGINT, on_end, NULL);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGHUP, on_reload, server);
    if (r >= 0)
        r = sd_event_set_watchdog(event, 1);
    return r;
}

bool server_check(const struct server *server, char *plan, size_t size, struct error_text *error) {
    const struct config *config = &server->config;
    struct identity *identity = NULL;
    bool good = lenders_read(config->lenders, (uid_t[LENDERS_MAX]){0}, &(size_t){0}, error) &&
                listen_check(config->socket, error) && identity_open(config, false, &identity, error) &&
                identity_check(identity, error);
    identity_release(&identity);
    good = good && backend_check(config, error) && srm_lists_check(config, error) && metrics_check(config, error);
    if (good)
        backend_plan(config, plan, size);
    return good;
}

static bool no_event_loop(int r, struct error_text *error) {
    return error_set(error, "cannot create an event loop: %s", strerror(-r));
}

bool server_open(struct server *server, struct error_text *error) {
    server->metrics_fd = -1;
    srm_lists_init(&server->srm_lists);
    journal_init(&server->journal);
    server->slept_ms = clock_slept_ms();
    server->max_sessions = max_sessions();
    if (server->max_sessions == 0)
        return error_set(error, "the limit on open files leaves no room for sessions: raise LimitNOFILE");
    if (!hurry_open(server))
        return error_set(error, "no timer can be made: %s", strerror(errno));
    if (!lenders_read(server->config.lenders, server->lenders, &server->lender_count, error))
        return false;
    if (!identity_open(&server->config, true, &server->identity, error))
        return false;
    if (!identity_check(server->identity, error))
        log_warning("%s; players will refuse it", error->text);
    struct copp_adapter_config adapter = {
        .size = sizeof adapter, .pending_limit_ms = server->config.pending_limit_ms, .log = &server->journal.log};
    identity_configure(server->identity, &adapter);
    server->outputs = backend_open(&server->config, &adapter, error);
    if (!server->outputs || !srm_lists_open(&server->srm_lists, &server->config, copp_outputs_adapter(server->outputs), error))
        return false;
    int r = sd_event_new(&server->event);
    if (r >= 0)
        r = add_sources(server);
    if (r < 0)
        return no_event_loop(r, error);
    if (!metrics_serve(server, error))
        return false;
    server_sync_outputs(server);
    log_info("outputs: %s; sessions at a time: %zu", server->config.backend,
             server->config.sessions < server->max_sessions ? (size_t)server->config.sessions : server->max_sessions);
    return true;
}

bool server_listen(struct server *server, int fd, struct error_text *error) {
    server->listen_fd = fd;
    int r = sd_event_add_io(server->event, &server->listener, fd, EPOLLIN, on_connection, server);
    if (r >= 0)
        r = sd_event_source_set_priority(server->listener, TURN_PRIORITY_ACCEPT);
    return r >= 0 || no_event_loop(r, error);
}

void server_close(struct server *server) {
    while (server->subscribers) /* they are to see that the daemon ends, not every session */
        client_end(server->subscribers->client, 0);
    while (server->clients)
        client_end(server->clients, 0);
    hurry_close(server);
    precedence_free(server);
    journal_end(&server->journal);
    free(server->connectors);
    free(server->revocations);
    metrics_end_all(server);
    sd_event_source_unref(server->turn_end);
    sd_event_source_unref(server->lendings_end);
    sd_event_source_unref(server->listener);
    sd_event_source_unref(server->metrics_listener);
    sd_event_source_unref(server->listen_again);
    sd_event_source_unref(server->timer);
    sd_event_source_unref(server->metrics_timer);
    sd_event_source_unref(server->journal_timer);
    sd_event_source_unref(server->news_timer);
    sd_event_unref(server->event);
    users_free(&server->users);
    copp_outputs_free(&server->outputs); /* the picture does not wait for the disk */
    srm_lists_close(&server->srm_lists);
    identity_release(&server->identity);
    if (server->metrics_fd >= 0)
        (void)close(server->metrics_fd);
}
