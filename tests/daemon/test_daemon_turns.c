/*
 * Whose turn it is, to the request: coppd's server in this process, on a clock that stands still, with clients of several users.
 * test_daemon_fair.c has the floods; here nothing depends on who is faster.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../unit/harness.h"
#include "common/clock.h"
#include "listen.h"
#include "log.h"
#include "loop.h"
#include "metrics_http.h"
#include "notify.h"
#include "turns.h"

#define ROUNDS_MAX 100000 /* of the loop before it counts as turning for ever */
#define WATCHER 0u /* root knows everything */
#define FLOODER 1001u
#define OTHER 1002u

static uint64_t now_ms =
    UINT64_C(1000000000000); /* beyond any uptime: the timers of the loop, on the real clock, do not run out */
static uid_t next_uid; /* of who connects now */

/* --- what coppd would find outside, by the linker's --wrap --- */

int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time) {
    if (clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
        return __real_clock_gettime(clock, time);
    *time = (struct timespec){(time_t)(now_ms / 1000), (long)(now_ms % 1000) * 1000000};
    return 0;
}

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size) {
    int result = __real_getsockopt(fd, level, name, value, size);
    if (result == 0 && level == SOL_SOCKET && name == SO_PEERCRED)
        ((struct ucred *)value)->uid = next_uid;
    return result;
}

/* The interval of news ends when a test says so. */
int __wrap_sd_event_source_set_time_relative(sd_event_source *source, uint64_t us);
int __wrap_sd_event_source_set_time_relative(sd_event_source *source, uint64_t us) {
    (void)source;
    (void)us;
    return 0;
}

static bool no_descriptors;

int __real_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags) {
    if (!no_descriptors)
        return __real_accept4(fd, address, size, flags);
    errno = EMFILE;
    return -1;
}

static enum copp_result fail_to_decrypt(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    (void)key;
    (void)in;
    (void)out;
    (void)size;
    return COPP_E_CRYPTO;
}

bool __wrap_identity_open(const struct config *config, bool keep, struct identity **identity, struct error_text *error);
bool __wrap_identity_open(const struct config *config, bool keep, struct identity **identity, struct error_text *error) {
    static const struct copp_private_key_ops ops = {.size = sizeof ops, .decrypt_raw = fail_to_decrypt};
    static struct copp_private_key key = {&ops};
    static char chain_bytes[] = "a chain";
    static struct identity given;
    (void)config;
    (void)keep;
    (void)error;
    given = (struct identity){.holders = 1, .copp = {.chain_bytes = chain_bytes, .chain_size = sizeof chain_bytes, .key = &key}};
    *identity = &given;
    return true;
}

bool __wrap_identity_check(const struct identity *identity, struct error_text *error);
bool __wrap_identity_check(const struct identity *identity, struct error_text *error) {
    (void)identity;
    (void)error;
    return true;
}

void __wrap_identity_release(struct identity **identity);
void __wrap_identity_release(struct identity **identity) {
    *identity = NULL;
}

static const char *watched = "\n"; /* lines with this are counted */
static unsigned times_logged;
static char last_logged[256];

void log_line(const char *level, const char *format, ...) {
    char text[256];
    va_list arguments;
    (void)level;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!strstr(text, watched))
        return;
    (void)strcpy(last_logged, text);
    times_logged++;
}

/* --- the server and its clients --- */

static struct server server;

static void mask_signals(int how) {
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    assert_int_equal(sigprocmask(how, &set, NULL), 0);
}

static int make_listener(struct sockaddr_un *address, socklen_t *size) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    *size = sizeof *address;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)address, sizeof address->sun_family), 0); /* any that is free */
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, size), 0);
    assert_int_equal(listen(fd, 2 * TURN_ACCEPTS), 0);
    return fd;
}

/* Returns one round's outcome: whether there was anything to do. */
static bool step(void) {
    int r = sd_event_run(server.event, 0);
    assert_true(r >= 0);
    return r > 0;
}

static void run(void) {
    for (int rounds = 0; step(); rounds++)
        assert_true(rounds < ROUNDS_MAX);
}

static struct sockaddr_un address;
static socklen_t address_size;

static void begin(void) {
    struct error_text error;
    memset(&server, 0, sizeof server);
    server.config = (struct config){.sessions = 4096, .sessions_per_user = 4096, .pending_limit_ms = 1000, .backend = "sim"};
    server.turn = 1000; /* a user that is new has a whole share, as after a coppd's first moments */
    mask_signals(SIG_BLOCK);
    if (!server_open(&server, &error) || !server_listen(&server, make_listener(&address, &address_size), &error))
        fail_msg("%s", error.text);
    mask_signals(SIG_UNBLOCK);
    run();
}

static void end(void) {
    int listener = server.listen_fd;
    server_close(&server);
    (void)close(listener);
}

/* The client's end. */
static int connect_as(uid_t uid) {
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    next_uid = uid;
    server_connect(&server, ends[1]);
    return ends[0];
}

static struct client *youngest(void) {
    return server.clients;
}

/* What its user has of this turn. */
static void use_up(struct client *client) {
    assert_true(turns_admit(client, EPOLLIN));
    turns_charge(client, TURN_SHARE);
}

/* A request with a body of zeros, by the sizes of docs/daemon-protocol.md. */
static void ask(int fd, enum packet_type type, unsigned times) {
    static uint8_t packet[PACKET_HEADER_SIZE + COPP_MESSAGE_SIZE];
    static const size_t bodies[] = {[PACKET_LIST] = 4, [PACKET_SEQUENCE_START] = COPP_SIGNATURE_SIZE, [PACKET_WATCH] = 0};
    size_t size = PACKET_HEADER_SIZE + bodies[type];
    copp_packet_header_encode(&(struct packet_header){PACKET_VERSION, type, 0}, packet);
    for (unsigned i = 0; i < times; i++)
        assert_int_equal(send(fd, packet, size, MSG_NOSIGNAL), size);
}

/* So many packets have come; of refusals among them, what they count is added to *refused. */
static unsigned take(int fd, uint32_t *refused) {
    uint8_t packet[512];
    unsigned count = 0;
    ssize_t got;
    for (; (got = recv(fd, packet, sizeof packet, 0)) > 0; count++) {
        struct packet_header header;
        struct packet_news news;
        copp_packet_header_decode(packet, &header);
        if (header.type != (PACKET_NEWS | COPP_SOCKET_REFUSED))
            continue;
        assert_true(
            copp_packet_news_decode(packet + PACKET_HEADER_SIZE, (size_t)got - PACKET_HEADER_SIZE, COPP_SOCKET_REFUSED, &news));
        assert_int_equal(news.u.refused.uid, FLOODER);
        *refused += news.u.refused.count;
    }
    assert_true(got < 0 && errno == EAGAIN);
    return count;
}

static unsigned answers(int fd) {
    uint32_t refused = 0;
    return take(fd, &refused);
}

/* --- requests --- */

#define REQUESTS (3u * TURN_SHARE + 5)

/* Each is charged, however many sessions a user has: a turn has a share of them and no more. */
static void a_share_in_each_turn(void) {
    unsigned all = 0;
    begin();
    int fds[] = {connect_as(FLOODER), connect_as(FLOODER)};
    ask(fds[0], PACKET_LIST, REQUESTS);
    ask(fds[1], PACKET_LIST, REQUESTS);
    uint64_t first = server.turn;
    while (all < 2 * REQUESTS) {
        assert_true(step());
        all += answers(fds[0]) + answers(fds[1]);
        assert_true(all <= (server.turn - first + 1) * TURN_SHARE);
    }
    run();
    /* all of it at once: no turn is lost either */
    assert_int_equal(server.turn - first, 2 * REQUESTS / TURN_SHARE + (2 * REQUESTS % TURN_SHARE != 0) - 1);
    (void)close(fds[0]);
    (void)close(fds[1]);
    end();
}

static void another_user_has_its_own(void) {
    begin();
    int flooder = connect_as(FLOODER);
    int other = connect_as(OTHER);
    ask(flooder, PACKET_LIST, REQUESTS);
    ask(other, PACKET_LIST, TURN_SHARE);
    uint64_t turn = server.turn;
    for (unsigned got = 0; got < TURN_SHARE; got += answers(other))
        assert_true(step());
    assert_int_equal(server.turn, turn);
    assert_in_range(answers(flooder), 0, TURN_SHARE);
    run();
    (void)close(flooder);
    (void)close(other);
    end();
}

/* Nothing is saved up in turns without a request. */
static void a_share_is_one_turns(void) {
    begin();
    int fd = connect_as(FLOODER);
    for (unsigned i = 0; i < 2 * TURN_HANDSHAKE; i++) {
        turns_begin(&server);
        if (i % 2 == 0) { /* whether the user is looked at in between or not */
            uint32_t events;
            assert_null(turns_next(&server, server.users, &events));
        }
    }
    uint64_t turn = server.turn;
    ask(fd, PACKET_LIST, TURN_SHARE + 1);
    for (unsigned got = 0; got < TURN_SHARE + 1; got += answers(fd))
        assert_true(step());
    assert_int_equal(server.turn, turn + 1);
    (void)close(fd);
    end();
}

/* SequenceStart costs an RSA operation, also one that is refused: its user pays it off. */
static void a_handshake_costs_several_turns(void) {
    begin();
    int fd = connect_as(FLOODER);
    uint64_t turn = server.turn;
    ask(fd, PACKET_SEQUENCE_START, 1);
    ask(fd, PACKET_LIST, 1);
    for (unsigned got = 0; got < 2; got += answers(fd))
        assert_true(step());
    assert_int_equal(server.turn - turn, (TURN_HANDSHAKE + 1) / TURN_SHARE);
    (void)close(fd);
    end();
}

/* Whoever asks first is served first, also when the share is there again before those that wait were looked at. */
static void nobody_overtakes_those_that_wait(void) {
    uint32_t events;
    begin();
    int fds[] = {connect_as(FLOODER), connect_as(FLOODER)};
    struct client *second = youngest();
    struct client *first = second->next;
    run();
    use_up(first);
    assert_false(turns_admit(first, EPOLLIN));
    assert_false(turns_admit(second, EPOLLIN));
    assert_int_equal(server.queued_count, 2);
    turns_leave(second);
    turns_begin(&server);
    assert_false(turns_admit(second, EPOLLIN)); /* there is a share, and somebody before it */
    assert_ptr_equal(turns_next(&server, first->user, &events), first);
    assert_int_equal(events, EPOLLIN);
    assert_ptr_equal(turns_next(&server, first->user, &events), second);
    assert_null(turns_next(&server, first->user, &events));
    assert_true(turns_admit(second, EPOLLIN));
    assert_int_equal(server.queued_count, 0);
    run();
    (void)close(fds[0]);
    (void)close(fds[1]);
    end();
}

/* Whoever ends while it waits is not waited for. */
static void those_that_wait_may_end(void) {
    begin();
    int fds[3];
    for (size_t i = 0; i < 3; i++)
        fds[i] = connect_as(FLOODER);
    use_up(youngest());
    for (size_t i = 0; i < 3; i++)
        ask(fds[i], PACKET_LIST, 1);
    while (server.queued_count < 3)
        assert_true(step());
    (void)close(fds[1]);
    (void)close(fds[2]);
    run();
    assert_int_equal(answers(fds[0]), 1);
    assert_int_equal(server.client_count, 1);
    assert_int_equal(server.queued_count, 0);
    (void)close(fds[0]);
    end();
}

/* --- connections --- */

#define LATE 44u /* connections that are too many for a turn */

static void so_many_are_accepted_in_a_turn(void) {
    static int fds[TURN_ACCEPTS + LATE];
    begin();
    int early = connect_as(OTHER);
    next_uid = FLOODER;
    for (size_t i = 0; i < TURN_ACCEPTS + LATE; i++) {
        fds[i] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_int_equal(connect(fds[i], (const struct sockaddr *)&address, address_size), 0);
    }
    ask(early, PACKET_LIST, 1);
    uint64_t turn = server.turn;
    while (server.turn == turn) {
        assert_true(step());
        assert_in_range(server.client_count, 1, 1 + TURN_ACCEPTS);
    }
    assert_int_equal(server.client_count, 1 + TURN_ACCEPTS);
    assert_int_equal(answers(early), 1); /* before those that wait are accepted */
    run();
    assert_int_equal(server.client_count, 1 + TURN_ACCEPTS + LATE);
    assert_false(server.listener_rests);
    for (size_t i = 0; i < TURN_ACCEPTS + LATE; i++)
        (void)close(fds[i]);
    (void)close(early);
    run();
    assert_int_equal(server.client_count, 0);
    end();
}

/* A newcomer does not wait behind what others have asked. */
static void accepting_comes_first(void) {
    begin();
    int fd = connect_as(FLOODER);
    run();
    ask(fd, PACKET_LIST, 2);
    int newcomer = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(newcomer, (const struct sockaddr *)&address, address_size), 0);
    assert_true(step());
    assert_int_equal(server.client_count, 2);
    assert_int_equal(answers(fd), 0);
    run();
    assert_int_equal(answers(fd), 2);
    (void)close(newcomer);
    (void)close(fd);
    end();
}

/* A turn begins its count anew, whatever was accepted before. */
static void the_count_begins_anew(void) {
    begin();
    for (unsigned turns = 0; turns < 3; turns++) {
        for (unsigned i = 0; i < TURN_ACCEPTS; i++)
            assert_true(turns_accept(&server));
        assert_false(turns_accept(&server));
        assert_true(server.listener_rests);
        turns_begin(&server);
        assert_false(server.listener_rests);
    }
    end();
}

/* --- news --- */

#define BEYOND 36u /* refusals that are too many for an interval */

static int watch(void) {
    int fd = connect_as(WATCHER);
    ask(fd, PACKET_WATCH, 1);
    run();
    (void)answers(fd);
    return fd;
}

/* KeyExchange without a device. */
static void be_refused(int fd, unsigned times) {
    ask(fd, PACKET_KEY_EXCHANGE, times);
    run();
    assert_int_equal(answers(fd), times);
}

static void end_interval(void) {
    notify_held_back(&server);
    server_sync_outputs(&server);
}

static void a_ration_in_each_interval(void) {
    begin();
    int watcher = watch();
    int flooder = connect_as(FLOODER);
    for (unsigned interval = 0; interval < 3; interval++) {
        uint32_t refused = 0;
        be_refused(flooder, NEWS_PER_USER + BEYOND);
        assert_int_equal(take(watcher, &refused), NEWS_PER_USER);
        assert_int_equal(refused, NEWS_PER_USER);
        end_interval();
        assert_int_equal(take(watcher, &refused), 1); /* all others in one */
        assert_int_equal(refused, NEWS_PER_USER + BEYOND);
    }
    (void)close(watcher);
    (void)close(flooder);
    end();
}

static bool is_known(uid_t uid) {
    const struct user *user = server.users;
    while (user && user->uid != uid)
        user = user->next;
    return user != NULL;
}

/* Its user has gone before the interval is over, and is forgotten only when its refusals have been told. */
static void refusals_of_who_has_gone_are_told(void) {
    uint32_t refused = 0;
    begin();
    int watcher = watch();
    int flooder = connect_as(FLOODER);
    be_refused(flooder, NEWS_PER_USER + BEYOND);
    (void)close(flooder);
    run();
    assert_int_equal(take(watcher, &refused), NEWS_PER_USER);
    now_ms += 5000;
    int other = connect_as(OTHER); /* which has coppd look for users to forget */
    assert_true(is_known(FLOODER));
    end_interval();
    assert_int_equal(take(watcher, &refused), 1);
    assert_int_equal(refused, NEWS_PER_USER + BEYOND);
    (void)close(other);
    other = connect_as(OTHER);
    assert_false(is_known(FLOODER));
    (void)close(other);
    (void)close(watcher);
    end();
}

/* A machine without descriptors is a line, and another one an hour later, however often coppd tries. */
static void what_cannot_be_accepted_is_said_seldom(void) {
    begin();
    no_descriptors = true;
    times_logged = 0;
    watched = "cannot accept connections";
    int waiting = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    next_uid = OTHER;
    assert_int_equal(connect(waiting, (const struct sockaddr *)&address, address_size), 0);
    for (unsigned tries = 0; tries < 100; tries++) {
        run();
        listen_resume(&server);
        now_ms += 1000;
    }
    assert_int_equal(times_logged, 1);
    assert_string_equal(last_logged, "cannot accept connections: Too many open files; trying again each second");
    now_ms += SELDOM_AGAIN_MS;
    run();
    assert_int_equal(times_logged, 2);
    assert_non_null(strstr(last_logged, "each second (and 99 more times since the last such message)"));
    no_descriptors = false;
    listen_resume(&server);
    run();
    assert_int_equal(server.client_count, 1);
    (void)close(waiting);
    end();
}

/* A disk that takes no metrics, every ten seconds. */
static void what_cannot_be_written_is_said_seldom(void) {
    char directory[] = "/tmp/copp-turns-XXXXXX";
    struct error_text error;
    begin();
    assert_non_null(mkdtemp(directory));
    (void)snprintf(server.config.metrics_file, sizeof server.config.metrics_file, "%s/metrics", directory);
    assert_true(metrics_serve(&server, &error));
    assert_int_equal(rmdir(directory), 0);
    times_logged = 0;
    watched = "/metrics: ";
    for (unsigned tries = 0; tries < 100; tries++)
        assert_true(step()); /* its time has come each time: the test's clock stands still */
    assert_int_equal(times_logged, 1);
    now_ms += SELDOM_AGAIN_MS;
    assert_true(step());
    assert_int_equal(times_logged, 2);
    assert_non_null(strstr(last_logged, " more times since the last such message)"));
    end();
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(a_share_in_each_turn, ""),
        TEST(another_user_has_its_own, ""),
        TEST(a_share_is_one_turns, ""),
        TEST(a_handshake_costs_several_turns, ""),
        TEST(nobody_overtakes_those_that_wait, ""),
        TEST(those_that_wait_may_end, ""),
        TEST(so_many_are_accepted_in_a_turn, ""),
        TEST(accepting_comes_first, ""),
        TEST(the_count_begins_anew, ""),
        TEST(a_ration_in_each_interval, ""),
        TEST(what_cannot_be_accepted_is_said_seldom, ""),
        TEST(what_cannot_be_written_is_said_seldom, ""),
        TEST(refusals_of_who_has_gone_are_told, ""),
    };
    return RUN_SUITE("daemon_turns", cases);
}
