/* Watching coppd: what is told to whom, and that nobody is kept waiting by whoever does not listen. */
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define CONNECTORS 5u /* of the simulated adapter */
#define WATCHES_PER_USER 16u

enum { MALFORMED = 1, USER_LIMIT = 4 };
enum { WATCH = 7, NEWS = 0x40000000 };

/* The next piece of news; fails the test where none comes. */
static struct copp_socket_news next(struct copp_socket *watcher) {
    struct copp_socket_news news = {.size = sizeof news};
    enum copp_result result;
    while ((result = copp_socket_news(watcher, &news)) == COPP_E_PENDING) {
        struct pollfd ready = {.fd = copp_socket_fd(watcher), .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 20000), 1);
    }
    assert_int_equal(result, COPP_OK);
    return news;
}

static struct copp_socket *connect_to(const struct kit *kit) {
    struct copp_socket *connection;
    assert_int_equal(
        copp_socket_connect(
            &(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = kit->socket, .answer_ms = 20000},
            &connection),
        COPP_OK);
    return connection;
}

/* A watcher that has been told how things are: so many sessions. */
static struct copp_socket *watch(const struct kit *kit, unsigned sessions) {
    struct copp_socket *watcher = connect_to(kit);
    assert_int_equal(copp_socket_watch(watcher), COPP_OK);
    for (uint32_t i = 0; i < CONNECTORS; i++) {
        struct copp_socket_news news = next(watcher);
        assert_int_equal(news.kind, COPP_SOCKET_CONNECTOR);
        assert_int_equal(news.u.connector.index, i);
    }
    for (unsigned i = 0; i < sessions; i++)
        assert_int_equal(next(watcher).kind, COPP_SOCKET_SESSION);
    assert_int_equal(next(watcher).kind, COPP_SOCKET_COMPLETE);
    return watcher;
}

static struct copp_socket_session_news next_session(struct copp_socket *watcher) {
    struct copp_socket_news news = next(watcher);
    assert_int_equal(news.kind, COPP_SOCKET_SESSION);
    return news.u.session;
}

static struct copp_socket_connector_news next_connector(struct copp_socket *watcher) {
    struct copp_socket_news news = next(watcher);
    assert_int_equal(news.kind, COPP_SOCKET_CONNECTOR);
    return news.u.connector;
}

static void assert_nothing_more(struct copp_socket *watcher) {
    struct copp_socket_news news = {.size = sizeof news};
    assert_int_equal(copp_socket_news(watcher, &news), COPP_E_PENDING);
}

static void what_others_do_is_seen(void) {
    struct kit kit;
    struct player player;
    kit_make(&kit, "");
    kit_start(&kit);
    struct copp_socket *watcher = watch(&kit, 0);
    player_begin(&kit, "HDMI-1", &player);
    struct copp_socket_session_news session = next_session(watcher);
    assert_int_equal(session.state, COPP_SOCKET_OPENED);
    assert_int_equal(session.connector, 0);
    assert_int_equal(session.uid, getuid());
    assert_int_equal(session.pid, getpid());
    assert_int_equal(session.hdcp, 0);
    assert_int_equal(session.acp, COPP_NO_PROTECTION_LEVEL_AVAILABLE);
    uint64_t id = session.id;
    struct copp_socket_connector_news connector = next_connector(watcher);
    assert_string_equal(connector.now.name, "HDMI-1");
    assert_int_equal(connector.now.connector_type, COPP_CONNECTOR_HDMI);
    assert_int_equal(connector.now.protection_types, HDCP);
    assert_int_equal(connector.now.devices, 1);
    assert_int_equal(next_session(watcher).state, COPP_SOCKET_ACTIVE); /* SES-3 */

    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    assert_int_equal(next_session(watcher).hdcp, 1);
    assert_int_equal(next_connector(watcher).now.hdcp, 1);
    assert_int_equal(copp_session_set_protection_level(player.session, COPP_PROTECTION_TYPE_ACP, 1), COPP_E_REFUSED);
    struct copp_socket_news news = next(watcher);
    assert_int_equal(news.kind, COPP_SOCKET_REFUSED);
    assert_int_equal(news.u.refused.id, id);
    assert_int_equal(news.u.refused.pid, getpid());
    assert_string_equal(news.u.refused.request, "ProtectionCommand");
    assert_int_equal(news.u.refused.hresult, COPP_HR_INVALIDARG);
    assert_int_equal(player_local(&player, HDCP), 1);
    assert_nothing_more(watcher); /* a query changes nothing */

    struct copp_socket *late = watch(&kit, 1);
    player_end(&player);
    news = next(watcher);
    assert_int_equal(news.kind, COPP_SOCKET_ENDED);
    assert_int_equal(news.u.ended.id, id);
    assert_string_equal(news.u.ended.cause, "");
    connector = next_connector(watcher);
    assert_int_equal(connector.now.hdcp, 0);
    assert_int_equal(connector.now.devices, 0);
    assert_int_equal(next(late).kind, COPP_SOCKET_ENDED);
    assert_int_equal(next(late).kind, COPP_SOCKET_CONNECTOR);
    copp_socket_close(&watcher);
    copp_socket_close(&late);
    kit_end(&kit);
}

static void events_are_seen_until_they_are_delivered(void) {
    struct kit kit;
    struct player players[2];
    kit_make(&kit, "");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &players[0]);
    player_begin(&kit, "HDMI-1", &players[1]);
    assert_int_equal(copp_session_set_protection_level(players[0].session, HDCP, 1), COPP_OK);
    struct copp_socket *watcher = watch(&kit, 2);
    kit_event(&kit, "mode HDMI-1 720p60");
    assert_int_equal(next_connector(watcher).reconfigurations, 1);
    for (int i = 0; i < 2; i++)
        assert_int_equal(next_session(watcher).events, COPP_STATUS_RENEGOTIATION_REQUIRED); /* EVT-1: each of them */
    assert_int_equal(player_local(&players[0], HDCP), 1);
    assert_int_equal(next_session(watcher).events, COPP_STATUS_NORMAL); /* EVT-2: delivered by that query */
    kit_event(&kit, "hdcp-fail HDMI-1");
    struct copp_socket_connector_news connector = next_connector(watcher);
    assert_int_equal(connector.losses, 1);
    assert_int_equal(connector.now.hdcp, 0);
    uint32_t events = 0;
    for (int i = 0; i < 2; i++) {
        struct copp_socket_session_news session = next_session(watcher);
        assert_int_equal(session.hdcp, 0); /* EVT-3 */
        events |= session.events;
    }
    assert_int_equal(events, COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED); /* one has not asked yet */
    char *said = kit_output(&kit);
    assert_non_null(strstr(said, "HDMI-1 (simulated): the link to the display or its protection was lost; sessions: 2"));
    free(said);
    copp_socket_close(&watcher);
    player_end(&players[0]);
    player_end(&players[1]);
    kit_end(&kit);
}

static void a_command_under_way_is_seen(void) {
    struct kit kit;
    struct player player;
    kit_make(&kit, "pending_limit = 300\n");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    struct copp_socket *watcher = watch(&kit, 1);
    kit_event(&kit, "hdcp-hang HDMI-1 on");
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_E_REFUSED);
    struct copp_socket_session_news session = next_session(watcher);
    assert_int_equal(session.state, COPP_SOCKET_UNDER_WAY);
    assert_int_equal(session.hdcp, 0);
    struct copp_socket_news news = next(watcher);
    assert_int_equal(news.kind, COPP_SOCKET_REFUSED);
    assert_int_equal(news.u.refused.id, session.id);
    assert_int_equal(news.u.refused.hresult, COPP_HR_UNEXPECTED);
    session = next_session(watcher);
    assert_int_equal(session.state, COPP_SOCKET_ACTIVE);
    assert_int_equal(session.hdcp, 0); /* rolled back */
    assert_nothing_more(watcher);
    copp_socket_close(&watcher);
    player_end(&player);
    kit_end(&kit);
}

static void who_is_not_let_in_is_seen(void) {
    struct kit kit;
    uint8_t bytes[64];
    kit_make(&kit, "sessions_per_user = 2\n");
    kit_start(&kit);
    struct copp_socket *watcher = watch(&kit, 0);
    struct copp_socket *other = connect_to(&kit);
    struct copp_socket_connector told = {.size = sizeof told};
    assert_int_equal(copp_socket_connector(other, 0, &told), COPP_OK);
    struct copp_socket *third = connect_to(&kit); /* the watcher counts, too */
    assert_int_equal(copp_socket_connector(third, 0, &told), COPP_E_TRANSPORT);
    assert_string_equal(copp_socket_disconnect_reason(third), "this user has reached coppd's limit of sessions");
    struct copp_socket_news news = next(watcher);
    assert_int_equal(news.kind, COPP_SOCKET_REFUSED);
    assert_int_equal(news.u.refused.id, 0);
    assert_int_equal(news.u.refused.pid, getpid());
    assert_string_equal(news.u.refused.request, "");
    assert_string_equal(news.u.refused.cause, "this user has reached coppd's limit of sessions");
    copp_socket_close(&third);
    struct copp_transport *transport;
    third = connect_to(&kit); /* also where the answer would have had no body */
    assert_int_equal(copp_socket_transport_open(&third, "HDMI-1", &transport), COPP_E_TRANSPORT);
    assert_string_equal(copp_socket_disconnect_reason(third), "this user has reached coppd's limit of sessions");
    assert_int_equal(next(watcher).kind, COPP_SOCKET_REFUSED);
    copp_socket_close(&third);
    copp_socket_close(&other);

    kit_wait_sessions(&kit, 1);
    int fd = raw_connect(&kit); /* and whoever is shown the door */
    char open[RAW_OPEN_SIZE] = RAW_OPEN("HDMI-1");
    assert_int_equal(send(fd, open, sizeof open, 0), sizeof open);
    assert_int_equal(raw_receive(fd, bytes, sizeof bytes), RAW_OPENED_SIZE);
    raw_send(fd, PROTOCOL_VERSION, 99, 0, 0);
    raw_disconnect(fd, MALFORMED);
    (void)close(fd);
    assert_int_equal(next(watcher).kind, COPP_SOCKET_SESSION);
    assert_int_equal(next(watcher).kind, COPP_SOCKET_CONNECTOR);
    news = next(watcher);
    assert_int_equal(news.kind, COPP_SOCKET_ENDED);
    assert_string_equal(news.u.ended.cause, "coppd did not understand a packet");
    copp_socket_close(&watcher);
    kit_end(&kit);
}

/* HDMI-1 has a receiver, whose KSV is a serial number: some users may see it, and news never show it. */
static bool key_is_told(const struct copp_socket_connector *connector) {
    static const uint8_t ksv[COPP_KSV_SIZE] = {0xb7, 0x03, 0x61, 0xf7, 0x14};
    static const uint8_t none[COPP_KSV_SIZE];
    bool told = connector->receiver_flags & COPP_SOCKET_RECEIVER_KSV_TOLD;
    assert_int_equal(connector->receiver, COPP_SOCKET_RECEIVER_READ);
    assert_int_equal(connector->receiver_flags & ~COPP_SOCKET_RECEIVER_KSV_TOLD,
                     COPP_SOCKET_RECEIVER_HDCP1 | COPP_SOCKET_RECEIVER_KSV_VALID);
    assert_memory_equal(connector->receiver_ksv, told ? ksv : none, sizeof ksv);
    return told;
}

static bool is_told_the_key(const struct kit *kit) {
    struct copp_socket_connector connector = {.size = sizeof connector};
    struct copp_socket *connection = connect_to(kit);
    assert_int_equal(copp_socket_connector(connection, 0, &connector), COPP_OK);
    copp_socket_close(&connection);
    return key_is_told(&connector);
}

/* A view in a process of its own, another user's if that can be had: 0 if it sees what it may and nothing else. */
static int another_view(struct kit *kit, bool stranger, int ready, int go) {
    char byte = '!';
    bool others = false;
    struct copp_socket_connector_news first = {.index = 9};
    struct player own;
    if (stranger && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        return 1;
    struct copp_socket *watcher = watch(kit, stranger ? 0 : 1); /* there is a session */
    if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
        return 2;
    player_begin(kit, "DVI-I-1", &own); /* what the other one did has come before this */
    for (;;) {
        struct copp_socket_news news = next(watcher);
        if (news.kind == COPP_SOCKET_CONNECTOR && first.index == 9)
            first = news.u.connector;
        if (news.kind == COPP_SOCKET_SESSION && news.u.session.connector == 1) {
            if (news.u.session.uid != getuid() || news.u.session.pid != (uint32_t)getpid())
                return 3;
            break;
        }
        others = others || news.kind == COPP_SOCKET_SESSION || news.kind == COPP_SOCKET_REFUSED;
    }
    player_end(&own);
    copp_socket_close(&watcher);
    if (key_is_told(&first.now) || is_told_the_key(kit) == stranger)
        return 6;
    if (first.index != 0 || first.now.hdcp != 1 || first.now.devices != 1)
        return 4; /* connectors are told to everybody */
    return others == stranger ? 5 : 0;
}

static void strangers_see_connectors_and_themselves(void) {
    bool stranger = geteuid() == 0; /* else all that can be shown is that one's own are seen */
    struct kit kit;
    struct player player;
    int ready[2];
    int go[2];
    char byte;
    int status;
    kit_make(&kit, "");
    kit_start(&kit);
    assert_int_equal(chmod(kit.directory, 0755), 0);
    player_begin(&kit, "HDMI-1", &player);
    struct copp_socket *watcher = watch(&kit, 1);
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(another_view(&kit, stranger, ready[1], go[0]));
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    assert_int_equal(copp_session_set_protection_level(player.session, COPP_PROTECTION_TYPE_ACP, 1), COPP_E_REFUSED);
    assert_int_equal(write(go[1], "!", 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    unsigned strangers = 0; /* coppd's own user sees both */
    for (struct copp_socket_news news = {.size = sizeof news}; copp_socket_news(watcher, &news) == COPP_OK;)
        strangers += news.kind == COPP_SOCKET_SESSION && news.u.session.pid == (uint32_t)pid;
    assert_true(strangers >= 2);
    for (int i = 0; i < 2; i++) {
        (void)close(ready[i]);
        (void)close(go[i]);
    }
    copp_socket_close(&watcher);
    player_end(&player);
    kit_end(&kit);
}

#define CROWD 400u

/* More news than a user may cause: an event for each of many sessions, twice. They end again. */
static void make_news(struct kit *kit, unsigned round) {
    static const char open[RAW_OPEN_SIZE] = RAW_OPEN("HDMI-1");
    static int fds[CROWD];
    uint8_t answer[64];
    for (unsigned i = 0; i < CROWD; i++) {
        fds[i] = raw_connect(kit);
        assert_int_equal(send(fds[i], open, sizeof open, 0), sizeof open);
        assert_int_equal(raw_receive(fds[i], answer, sizeof answer), RAW_OPENED_SIZE);
    }
    kit_event(kit, "unplug HDMI-1");
    kit_event(kit, "plug HDMI-1");
    kit_event(kit, round % 2 ? "mode HDMI-1 1080p60" : "mode HDMI-1 720p60");
    for (unsigned i = 0; i < CROWD; i++)
        (void)close(fds[i]);
}

/* Reads what there is: how many sessions were told to have lost their link, and to have been reconfigured behind that. */
static void count_events(struct copp_socket *watcher, unsigned *lost, unsigned *reconfigured) {
    struct copp_socket_news news = {.size = sizeof news};
    enum copp_result result;
    while ((result = copp_socket_news(watcher, &news)) == COPP_OK) {
        if (news.kind != COPP_SOCKET_SESSION)
            continue;
        *lost += news.u.session.events == COPP_STATUS_LINK_LOST;
        *reconfigured += news.u.session.events == (COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED);
    }
    assert_int_equal(result, COPP_E_PENDING);
}

static const char crowd_settings[] = "connections_per_second = 0\nsessions_per_user = 1000\n";

static void a_watcher_that_never_reads_is_dropped(void) {
    struct kit kit;
    unsigned lost = 0;
    unsigned reconfigured = 0;
    kit_make(&kit, crowd_settings);
    kit_start(&kit);
    struct copp_socket *sleeper = watch(&kit, 0);
    struct copp_socket *reader = watch(&kit, 0);
    for (unsigned round = 0; kit_metric(&kit, "copp_failures_total{cause=\"unread\"} ") == 0; round++) {
        assert_in_range(round, 0, 15);
        make_news(&kit, round);
        count_events(reader, &lost, &reconfigured);
    }
    kit_wait_sessions(&kit, 1);
    count_events(reader, &lost, &reconfigured);
    struct copp_socket_news news = {.size = sizeof news};
    enum copp_result result;
    unsigned got = 0; /* what was sent before it was dropped can still be read, and then the disconnect packet */
    while ((result = copp_socket_news(sleeper, &news)) == COPP_OK)
        got++;
    assert_int_equal(result, COPP_E_TRANSPORT);
    assert_true(got > 0 && got < lost + reconfigured);
    copp_socket_close(&sleeper);
    copp_socket_close(&reader);
    kit_end(&kit);
}

static void a_watcher_that_reads_late_misses_nothing(void) {
    struct kit kit;
    unsigned lost = 0;
    unsigned reconfigured = 0;
    kit_make(&kit, crowd_settings);
    kit_start(&kit);
    struct copp_socket *watcher = watch(&kit, 0);
    make_news(&kit, 0); /* more than the socket takes, less than the ring */
    kit_wait_sessions(&kit, 1);
    for (uint64_t until = clock_ms() + 20000; reconfigured < CROWD; sleep_ms(5)) {
        assert_true(clock_ms() < until);
        count_events(watcher, &lost, &reconfigured);
    }
    assert_int_equal(lost, CROWD);
    assert_int_equal(reconfigured, CROWD);
    copp_socket_close(&watcher);
    kit_end(&kit);
}

#define MANY 900u

static void many_sessions_are_told_once_each(void) {
    static const char open[RAW_OPEN_SIZE] = RAW_OPEN("HDMI-1");
    static int fds[MANY];
    static bool seen[MANY];
    static bool lost[MANY];
    struct kit kit;
    uint8_t answer[64];
    (void)setrlimit(RLIMIT_NOFILE, &(struct rlimit){2048, 2048});
    kit_make(&kit, "connections_per_second = 0\nsessions_per_user = 1000\n");
    kit_start(&kit);
    for (unsigned i = 0; i < MANY; i++) {
        fds[i] = raw_connect(&kit);
        assert_int_equal(send(fds[i], open, sizeof open, 0), sizeof open);
        assert_int_equal(raw_receive(fds[i], answer, sizeof answer), RAW_OPENED_SIZE);
    }
    struct copp_socket *watcher = connect_to(&kit);
    assert_int_equal(copp_socket_watch(watcher), COPP_OK);
    kit_event(&kit, "unplug HDMI-1"); /* while it is being told: what is not told yet is told as it is now */
    unsigned told = 0;
    unsigned losses = 0;
    uint64_t first = 0;
    bool complete = false;
    while (!complete || losses < MANY) { /* the others as they change */
        struct copp_socket_news news = next(watcher);
        complete = complete || news.kind == COPP_SOCKET_COMPLETE;
        if (news.kind != COPP_SOCKET_SESSION)
            continue;
        first = first ? first : news.u.session.id; /* the youngest */
        size_t index = first - news.u.session.id;
        assert_true(index < MANY);
        assert_false(!complete && seen[index]);
        told += !seen[index];
        seen[index] = true;
        losses += !lost[index] && news.u.session.events == COPP_STATUS_LINK_LOST;
        lost[index] = news.u.session.events == COPP_STATUS_LINK_LOST;
    }
    assert_int_equal(told, MANY);
    for (unsigned i = 0; i < MANY; i++)
        (void)close(fds[i]);
    copp_socket_close(&watcher);
    kit_end(&kit);
}

static void malformed_requests(void) {
    static const uint32_t types[] = {1, 2, 3, WATCH};
    static const size_t sizes[] = {4, 76, 0, 0};
    uint8_t bytes[256];
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    int fd = raw_connect(&kit);
    raw_send(fd, PROTOCOL_VERSION, WATCH, 0, 1); /* it has no body */
    raw_disconnect(fd, MALFORMED);
    (void)close(fd);
    for (size_t i = 0; i < 4; i++) { /* who watches asks for nothing else */
        fd = raw_connect(&kit);
        raw_send(fd, PROTOCOL_VERSION, WATCH, 0, 0);
        assert_int_equal(raw_receive(fd, bytes, sizeof bytes), 12);
        for (unsigned j = 0; j < CONNECTORS; j++)
            assert_int_equal(raw_receive(fd, bytes, sizeof bytes), 12 + 168);
        assert_int_equal(raw_receive(fd, bytes, sizeof bytes), 12);
        raw_send(fd, PROTOCOL_VERSION, types[i], 0, sizes[i]);
        raw_disconnect(fd, MALFORMED);
        (void)close(fd);
    }
    fd = raw_connect(&kit); /* nor does one with a device */
    char open[RAW_OPEN_SIZE] = RAW_OPEN("HDMI-1");
    assert_int_equal(send(fd, open, sizeof open, 0), sizeof open);
    assert_int_equal(raw_receive(fd, bytes, sizeof bytes), RAW_OPENED_SIZE);
    raw_send(fd, PROTOCOL_VERSION, WATCH, 0, 0);
    assert_int_equal(raw_receive(fd, bytes, sizeof bytes), 12);
    assert_memory_equal(bytes + 8, "\xff\xff\x00\x80", 4);
    (void)close(fd);
    kit_end(&kit);
}

static void a_user_watches_so_often(void) {
    struct kit kit;
    struct copp_socket *watchers[WATCHES_PER_USER];
    kit_make(&kit, "");
    kit_start(&kit);
    for (unsigned i = 0; i < WATCHES_PER_USER; i++)
        watchers[i] = watch(&kit, 0);
    struct copp_socket *more = connect_to(&kit);
    assert_int_equal(copp_socket_watch(more), COPP_E_TRANSPORT);
    assert_string_equal(copp_socket_disconnect_reason(more), "this user has reached coppd's limit of sessions");
    copp_socket_close(&more);
    copp_socket_close(&watchers[3]);
    kit_wait_sessions(&kit, WATCHES_PER_USER - 1);
    watchers[3] = watch(&kit, 0);
    for (unsigned i = 0; i < WATCHES_PER_USER; i++)
        copp_socket_close(&watchers[i]);
    kit_end(&kit);
}

static void a_daemon_that_ends_is_noticed(void) {
    struct kit kit;
    struct player player;
    struct copp_socket_news news = {.size = sizeof news};
    kit_make(&kit, "");
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    struct copp_socket *watcher = watch(&kit, 1);
    kit_stop(&kit);
    assert_int_equal(copp_socket_news(watcher, &news), COPP_E_TRANSPORT); /* not: that every session has ended */
    copp_socket_close(&watcher);
    player_end(&player);
    kit_end(&kit);
}

#define HEAD(type) "\3\0\0\0" type "\0\0\0\0"
#define REFUSED(type, count) HEAD("\4\0\0\x40") "\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" type "\0\0\0\0\0\0\0" count "\0\0\0"
#define ANSWERED HEAD("\7\0\0\x80")
#define ZEROS_40 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

/* Says so itself, and it is longer than any news may be. */
static const char too_long[12 + 260] = HEAD("\3\0\0\x40") "\4\1\0\0";

static void news_is_not_trusted(void) {
    static const struct {
        const char *bytes;
        size_t size;
        enum copp_result result;
    } table[] = {
        {HEAD("\5\0\0\x40"), 12, COPP_OK}, /* as it should be */
        {HEAD("\3\0\0\x40") "\x10\0\0\0\1\2\3\4\5\6\7\x08\0\0\0\0", 28, COPP_OK},
        {HEAD("\3\0\0\x40") "\x13\0\0\0\1\2\3\4\5\6\7\x08\0\0\0\0new", 31, COPP_OK}, /* a younger daemon's */
        {HEAD("\3\0\0\x40") "\x10\0\0\0\1\2\3\4\5\6\7\x08\0\0\0\0!", 29, COPP_E_TRANSPORT}, /* sizes */
        {HEAD("\3\0\0\x40") "\x11\0\0\0\1\2\3\4\5\6\7\x08\0\0\0\0", 28, COPP_E_TRANSPORT},
        {HEAD("\3\0\0\x40") "\x0f\0\0\0\1\2\3\4\5\6\7\x08\0\0\0", 27, COPP_E_TRANSPORT},
        {HEAD("\3\0\0\x40") "\3\0\0", 15, COPP_E_TRANSPORT},
        {too_long, sizeof too_long, COPP_E_TRANSPORT},
        {HEAD("\5\0\0\x40") "!", 13, COPP_E_TRANSPORT},
        {HEAD("\5\0\0\x40"), 11, COPP_E_TRANSPORT},
        {HEAD("\0\0\0\x40"), 12, COPP_E_TRANSPORT}, /* no kind */
        {HEAD("\5\0\0\0"), 12, COPP_E_TRANSPORT}, /* no news */
        {HEAD("\5\0\0\xc0"), 12, COPP_E_TRANSPORT},
        {"\1\0\0\0\5\0\0\x40\0\0\0\0", 12, COPP_E_TRANSPORT}, /* another version */
        {"\3\0\0\0\5\0\0\x40\1\0\0\0", 12, COPP_E_TRANSPORT}, /* a status */
        {HEAD("\2\0\0\x40") "\x34\0\0\0" ZEROS_40 "\0\0\0\0\0\0\0\0", 64, COPP_E_TRANSPORT}, /* a session in no state there is */
        {REFUSED("\2", "\1"), 44, COPP_OK},
        {REFUSED("\x0c", "\1"), 44, COPP_E_TRANSPORT}, /* no request */
        {REFUSED("\2", "\0"), 44, COPP_E_TRANSPORT}, /* of none */
        {"\3\0\0\0\xff\xff\xff\xff\1\0\0\0\3\0\0\0", 16, COPP_E_TRANSPORT}, /* a disconnect packet */
        {"", 0, COPP_E_PENDING}, /* none */
    };
    struct kit kit;
    kit_make(&kit, "");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct iovec said[] = {{(void *)(uintptr_t)ANSWERED, 12}, {(void *)(uintptr_t)table[i].bytes, table[i].size}};
        struct copp_socket_news news = {.size = sizeof news};
        pid_t pid = false_daemon(kit.socket, said, table[i].size ? 2 : 1);
        struct copp_socket *watcher = connect_to(&kit);
        assert_int_equal(copp_socket_watch(watcher), COPP_OK);
        if (table[i].size)
            assert_int_equal(poll(&(struct pollfd){.fd = copp_socket_fd(watcher), .events = POLLIN}, 1, 20000), 1);
        enum copp_result result = copp_socket_news(watcher, &news);
        if (result != table[i].result)
            fail_msg("%zu: %d", i, result);
        if (result == COPP_E_TRANSPORT)
            assert_int_equal(copp_socket_news(watcher, &news), COPP_E_TRANSPORT); /* and nothing else is believed */
        if (news.kind == COPP_SOCKET_ENDED && result == COPP_OK)
            assert_true(news.u.ended.id == 0x0807060504030201u);
        copp_socket_close(&watcher);
        process_kill(pid);
        assert_int_equal(unlink(kit.socket), 0);
    }
    kit_end(&kit);
}

static void other_daemons(void) {
    static const char no_name[12 + 144] = HEAD("\1\0\0\x40") "\x90\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                                             "0123456789012345678901234567890123456789012345678901234567890123";
    const struct iovec older[] = {{(void *)(uintptr_t) "\3\0\0\0\xff\xff\xff\xff\1\0\0\0\3\0\0\0", 16}};
    const struct iovec younger[] = {{(void *)(uintptr_t)ANSWERED, 12},
                                    {(void *)(uintptr_t)HEAD("\6\0\0\x40") "what there will be", 30},
                                    {(void *)(uintptr_t)HEAD("\5\0\0\x40"), 12},
                                    {(void *)(uintptr_t)no_name, sizeof no_name}};
    static const char listed[12 + 132] = HEAD("\1\0\0\x80") "\x84\0\0\0\1\0\0\0\5\0\0\0\3\0\0\0HDMI-1";
    const struct iovec lists[] = {{(void *)(uintptr_t)listed, sizeof listed}};
    struct copp_socket_news news = {.size = sizeof news};
    struct copp_socket_connector connector = {.size = sizeof connector, .receiver = 99, .receiver_flags = 99};
    struct kit kit;
    kit_make(&kit, "");
    pid_t pid = false_daemon(kit.socket, lists, 1);
    struct copp_socket *lister = connect_to(&kit);
    assert_int_equal(copp_socket_connector(lister, 0, &connector), COPP_OK); /* it tells of no receiver */
    assert_string_equal(connector.name, "HDMI-1");
    assert_int_equal(connector.receiver, COPP_SOCKET_RECEIVER_UNKNOWN);
    assert_int_equal(connector.receiver_flags, 0);
    copp_socket_close(&lister);
    process_kill(pid);
    assert_int_equal(unlink(kit.socket), 0);
    pid = false_daemon(kit.socket, older, 1);
    struct copp_socket *watcher = connect_to(&kit);
    assert_int_equal(copp_socket_watch(watcher), COPP_E_UNSUPPORTED); /* it knows no such request */
    copp_socket_close(&watcher);
    process_kill(pid);
    assert_int_equal(unlink(kit.socket), 0);
    pid = false_daemon(kit.socket, younger, 4);
    watcher = connect_to(&kit);
    assert_int_equal(copp_socket_watch(watcher), COPP_OK);
    assert_int_equal(next(watcher).kind, COPP_SOCKET_COMPLETE); /* what it has beyond that is ignored */
    assert_int_equal(poll(&(struct pollfd){.fd = copp_socket_fd(watcher), .events = POLLIN}, 1, 20000), 1);
    assert_int_equal(copp_socket_news(watcher, &news), COPP_E_TRANSPORT); /* a name without an end */
    copp_socket_close(&watcher);
    process_kill(pid);
    assert_int_equal(copp_socket_watch(NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_socket_news(NULL, &news), COPP_E_ARGUMENT);
    assert_int_equal(copp_socket_fd(NULL), -1);
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST(what_others_do_is_seen, "ARB-1"),
    TEST(events_are_seen_until_they_are_delivered, "EVT-1 EVT-2 EVT-3"),
    TEST(a_command_under_way_is_seen, "CMD-6"),
    TEST(who_is_not_let_in_is_seen, ""),
    TEST(strangers_see_connectors_and_themselves, ""),
    TEST(a_watcher_that_never_reads_is_dropped, ""),
    TEST(a_watcher_that_reads_late_misses_nothing, ""),
    TEST(many_sessions_are_told_once_each, ""),
    TEST(malformed_requests, ""),
    TEST(a_user_watches_so_often, ""),
    TEST(a_daemon_that_ends_is_noticed, ""),
    TEST(news_is_not_trusted, ""),
    TEST(other_daemons, ""),
};

int main(void) {
    return RUN_SUITE("daemon_watch", cases);
}
