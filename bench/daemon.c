/* What a daemon between player and output costs: against a bare ping-pong, and against the key's own operation. */
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define ROUND_TRIPS 20 /* in a batch */
#define ROUND_TRIP_ROUNDS 301
#define PLAYERS 16 /* at once: with a few, coppd sleeps now and then until the next one asks */
#define HANDSHAKES 10 /* of each, in a round */
#define HANDSHAKE_ROUNDS 15
#define SESSIONS 1000
#define PATH_SIZE 128

static char directory[PATH_SIZE];
static char socket_path[2 * PATH_SIZE];
static char events_path[2 * PATH_SIZE];
static pid_t daemon_pid;
static size_t daemon_place;
static struct copp_public_key anchor;
static struct copp_private_key *key;

struct player {
    struct copp_transport *transport;
    struct copp_session *session;
};
static struct player players[SESSIONS];
static size_t player_count;

static void write_file(const char *name, const char *text) {
    FILE *file = fopen(name, "w");
    bench_must(file && fputs(text, file) >= 0 && fclose(file) == 0, "a file could not be written");
}

static void in_directory(const char *name, char *path, size_t size) {
    (void)snprintf(path, size, "%s/%s", directory, name);
}

static void begin(struct player *player, const struct copp_chain *known) {
    const struct copp_socket_config where = {.size = sizeof where, .path = socket_path, .answer_ms = 20000};
    const struct copp_session_config config = {
        .size = sizeof config, .anchor = &anchor, .known_chain = known, .connector = "HDMI-1"};
    struct copp_socket *connection = NULL;
    bench_must(
        !copp_socket_connect(&where, &connection) && !copp_socket_transport_open(&connection, "HDMI-1", &player->transport) &&
            !copp_session_new(&config, player->transport, &player->session) && !copp_session_establish(player->session, NULL),
        "no session with coppd");
}

static void end(struct player *player) {
    copp_session_free(&player->session);
    copp_transport_free(&player->transport);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

/* Also where a measurement fails: exit() calls this. */
static void end_daemon(void) {
    if (daemon_pid > 0) {
        (void)kill(daemon_pid, SIGTERM);
        (void)waitpid(daemon_pid, NULL, 0);
    }
    daemon_pid = 0;
    (void)nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* preload: a library that coppd is started with; NULL: none. */
static void run_daemon(const char *config, const char *preload, pid_t parent) {
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    /* and where this program is killed, the kernel ends coppd */
    if (nowhere >= 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent) {
        (void)dup2(nowhere, STDERR_FILENO);
        if (preload)
            (void)setenv("LD_PRELOAD", preload, 1);
        (void)execl(COPPD, "coppd", "--config", config, (char *)NULL);
    }
    _exit(127);
}

static void make_directory(void) {
    strcpy(directory, "/tmp/copp-bench-XXXXXX");
    bench_must(mkdtemp(directory) != NULL && atexit(end_daemon) == 0, "no directory");
    in_directory("socket", socket_path, sizeof socket_path);
}

static void start_daemon(const char *preload) {
    char config[2 * PATH_SIZE];
    char text[6 * PATH_SIZE];
    pid_t parent = getpid();
    in_directory("coppd.conf", config, sizeof config);
    in_directory("events", events_path, sizeof events_path);
    bench_must(mkfifo(events_path, 0600) == 0, "no FIFO");
    (void)snprintf(text, sizeof text,
                   "[daemon]\nsocket = %s\nstate_directory = %s\nsessions_per_user = 2000\nconnections_per_second = 0\n"
                   "[outputs]\nbackend = sim\nevents = %s\n",
                   socket_path, directory, events_path);
    write_file(config, text);
    daemon_pid = fork();
    if (daemon_pid == 0)
        run_daemon(config, preload, parent);
    bench_must(daemon_pid > 0, "coppd cannot be started");
    struct copp_socket *connection = NULL;
    const struct copp_socket_config where = {.size = sizeof where, .path = socket_path};
    for (int i = 0; i < 2000 && daemon_pid && copp_socket_connect(&where, &connection); i++) {
        (void)usleep(10000);
        if (waitpid(daemon_pid, NULL, WNOHANG) != 0)
            daemon_pid = 0; /* it has ended */
    }
    bench_must(connection != NULL, "coppd does not start");
    copp_socket_close(&connection);
}

static void place_daemon(size_t index) {
    bench_place(daemon_pid, index);
    daemon_place = index;
}

static void read_driver(void) {
    char name[2 * PATH_SIZE];
    char text[1024];
    in_directory("test-driver/leaf.pem", name, sizeof name);
    struct copp_socket *connection = NULL;
    struct copp_socket_connector first = {.size = sizeof first}; /* its answer comes once the hierarchy has been made */
    bench_must(
        !copp_socket_connect(
            &(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = socket_path, .answer_ms = 20000},
            &connection) &&
            !copp_socket_connector(connection, 0, &first),
        "coppd does not answer");
    copp_socket_close(&connection);
    bench_must(!copp_private_key_open(name, NULL, &key), "no leaf key");
    in_directory("test-driver/anchor.b64", name, sizeof name);
    FILE *file = fopen(name, "r");
    bench_must(file != NULL, "no anchor");
    size_t size = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    bench_must(!copp_public_key_read(text, size, &anchor), "no anchor");
}

static void query(void) {
    uint32_t level;
    bench_must(!copp_session_global_level(players[0].session, COPP_PROTECTION_TYPE_HDCP, &level), "a query failed");
}

/* The same bytes to and fro, and nothing done with them. */
static int pong_fd;
static void ping(void) {
    static uint8_t bytes[4096];
    bench_must(send(pong_fd, bytes, sizeof bytes, 0) == sizeof bytes && recv(pong_fd, bytes, sizeof bytes, 0) == sizeof bytes,
               "ping-pong failed");
}

/* What no daemon can save: the bytes' way, and the two MACs of request and answer (QRY-2, QRY-4). */
static struct copp_omac *omac;
static void ping_with_macs(void) {
    static const uint8_t bytes[COPP_AUTHENTICATED_SIZE];
    uint8_t tag[COPP_MAC_SIZE];
    for (int i = 0; i < 2; i++)
        bench_must(!copp_omac_tag(omac, bytes, sizeof bytes, tag), "no OMAC");
    ping();
}

static pid_t start_pong(void) {
    int fds[2];
    bench_must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0, "no socket pair");
    pid_t pid = fork();
    if (pid == 0) {
        static uint8_t bytes[4096];
        (void)close(fds[0]);
        while (recv(fds[1], bytes, sizeof bytes, 0) == sizeof bytes && send(fds[1], bytes, sizeof bytes, 0) == sizeof bytes)
            ;
        _exit(0);
    }
    (void)close(fds[1]);
    pong_fd = fds[0];
    return pid;
}

/*
 * Both ends on one processor: what the work costs. On two: what waking a sleeping processor costs as well. Left alone the
 * kernel keeps a bare ping-pong on one and spreads whoever computes a MAC in between over two, which compares nothing.
 */
static void round_trip_at(const char *where, pid_t pong, size_t other) {
    char name[80];
    const struct contender queries = {query, ROUND_TRIPS, bench_now};
    const struct contender pings = {ping, ROUND_TRIPS, bench_now};
    const struct contender floor = {ping_with_macs, ROUND_TRIPS, bench_now};
    bench_place(0, 0);
    bench_place(pong, other);
    place_daemon(other);
    struct figure figure = bench_compare_rounds(&queries, &pings, ROUND_TRIP_ROUNDS);
    (void)snprintf(name, sizeof name, "status through coppd : 4 KiB ping-pong, %s", where);
    bench_report(name, figure, figure.ratio, 1.25, 0);
    (void)snprintf(name, sizeof name, "ping-pong and two OMACs : 4 KiB ping-pong, %s", where);
    bench_tell(name, bench_compare_rounds(&floor, &pings, ROUND_TRIP_ROUNDS));
    figure = bench_compare_rounds(&queries, &floor, ROUND_TRIP_ROUNDS);
    (void)snprintf(name, sizeof name, "status through coppd : ping-pong and two OMACs, %s", where);
    bench_report(name, figure, figure.ratio, 1.25, 0);
}

static void round_trip(void) {
    static const uint8_t session_key[COPP_KEY_SIZE] = {1};
    bench_must(!copp_omac_new(&omac) && !copp_omac_set_key(omac, session_key), "no OMAC");
    pid_t pong = start_pong();
    round_trip_at("1 CPU", pong, 0);
    if (bench_processors() > 1)
        round_trip_at("2 CPUs", pong, 1);
    copp_omac_free(&omac);
    (void)close(pong_fd);
    (void)waitpid(pong, NULL, 0);
}

static double daemon_cpu(void) {
    clockid_t clock;
    bench_must(clock_getcpuclockid(daemon_pid, &clock) == 0, "no clock of coppd");
    return bench_time_of(clock);
}

static void *play(void *unused) {
    for (int i = 0; i < HANDSHAKES; i++) {
        struct player player = {NULL, NULL};
        begin(&player, copp_session_chain(players[0].session));
        end(&player);
    }
    return unused;
}

/* The players are threads on the first processor. */
static void handshakes(void) {
    pthread_t threads[PLAYERS];
    bench_place(0, 0);
    for (size_t i = 0; i < PLAYERS; i++)
        bench_must(pthread_create(&threads[i], NULL, play, NULL) == 0, "no thread");
    for (size_t i = 0; i < PLAYERS; i++)
        bench_must(pthread_join(threads[i], NULL) == 0, "no end of a thread");
}

/* Where coppd runs, which sleeps meanwhile. */
static void private_operations(void) {
    static uint8_t number[COPP_SIGNATURE_SIZE] = {0, 1};
    bench_place(0, daemon_place);
    for (int i = 0; i < PLAYERS * HANDSHAKES; i++)
        bench_must(!key->ops->decrypt_raw(key, number, number, sizeof number), "a private operation failed");
}

static void handshakes_by_processor_time(const char *where, size_t other) {
    char name[80];
    place_daemon(other);
    struct figure figure = bench_compare_rounds(&(struct contender){handshakes, 1, daemon_cpu},
                                                &(struct contender){private_operations, 1, bench_own_time}, HANDSHAKE_ROUNDS);
    (void)snprintf(name, sizeof name, "the same by processor time of coppd, %s", where);
    bench_report(name, figure, 1 / figure.ratio, 0.85, 1);
}

/*
 * By the clock, where coppd has a processor to itself as far as others leave it one; and by its processor time, which says how
 * many fill a processor, whatever else is going on. On two processors it wakes the players' for each of three answers.
 */
static void handshake_rate(void) {
    if (bench_processors() > 1) {
        place_daemon(1);
        struct figure figure = bench_compare_rounds(&(struct contender){handshakes, 1, bench_now},
                                                    &(struct contender){private_operations, 1, bench_now}, HANDSHAKE_ROUNDS);
        bench_report("handshakes/s of coppd : RSA-2048 private operations/s", figure, 1 / figure.ratio, 0.85, 1);
        handshakes_by_processor_time("2 CPUs", 1);
    }
    handshakes_by_processor_time("1 CPU", 0);
}

/* Bytes of memory that coppd has, as the kernel counts pages: the second number there. */
static double daemon_memory(void) {
    char name[PATH_SIZE];
    char line[PATH_SIZE];
    char *resident;
    (void)snprintf(name, sizeof name, "/proc/%d/statm", (int)daemon_pid);
    FILE *file = fopen(name, "r");
    bench_must(file != NULL, "coppd's memory cannot be read");
    bench_must(fgets(line, sizeof line, file) != NULL, "coppd's memory cannot be read");
    (void)fclose(file);
    (void)strtoul(line, &resident, 10);
    return (double)strtoul(resident, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}

static size_t next_player;

static void query_next(void) {
    uint32_t level;
    bench_must(!copp_session_local_level(players[next_player].session, COPP_PROTECTION_TYPE_HDCP, &level), "a query failed");
    next_player = next_player + 1 < player_count ? next_player + 1 : 0;
}

static void query_first(void) {
    uint32_t level;
    bench_must(!copp_session_local_level(players[0].session, COPP_PROTECTION_TYPE_HDCP, &level), "a query failed");
}

/* coppd's processor time for a query: of so many sessions in turn, against one of them. */
static void cost_per_session(void) {
    static const size_t counts[] = {1, 100, SESSIONS};
    bench_place(0, 0);
    place_daemon(0);
    double memory = daemon_memory();
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char name[80];
        for (; player_count < counts[i]; player_count++)
            begin(&players[player_count], copp_session_chain(players[0].session));
        struct figure figure = bench_compare(&(struct contender){query_next, SESSIONS, daemon_cpu},
                                             &(struct contender){query_first, SESSIONS, daemon_cpu});
        (void)snprintf(name, sizeof name, "coppd's CPU for a query, %zu sessions in turn : 1 of them", counts[i]);
        bench_report(name, figure, figure.ratio, 1.5, 0);
    }
    memory = (daemon_memory() - memory) / (SESSIONS - 1);
    bench_report("coppd's bytes of memory for a session : 4096", (struct figure){memory, 4096, memory / 4096}, memory / 4096, 1,
                 0);
}

/* Requests that coppd finds all at once, as after a time in which it could not look, against one at a time. */

static int askers[SESSIONS];

static void connect_asker(int *asker) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    bench_must(strlen(socket_path) < sizeof address.sun_path, "the directory's name is too long");
    strcpy(address.sun_path, socket_path);
    *asker = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bench_must(*asker >= 0 && connect(*asker, (const struct sockaddr *)&address, sizeof address) == 0, "no connection");
}

/* docs/daemon-protocol.md: the first connector's name and levels. */
static void ask(size_t first, size_t count) {
    static const uint8_t list[16] = {3, 0, 0, 0, 1}; /* version, type */
    uint8_t answer[256];
    for (size_t i = first; i < first + count; i++)
        bench_must(send(askers[i], list, sizeof list, 0) == sizeof list, "a request failed");
    for (size_t i = first; i < first + count; i++)
        bench_must(recv(askers[i], answer, sizeof answer, 0) > (ssize_t)sizeof list, "no answer");
}

static void ask_at_once(void) {
    ask(0, SESSIONS);
}

static void ask_in_turn(void) {
    for (size_t i = 0; i < SESSIONS; i++)
        ask(i, 1);
}

static void requests_at_once(void) {
    for (size_t i = 0; i < SESSIONS; i++)
        connect_asker(&askers[i]);
    struct figure figure = bench_compare_rounds(&(struct contender){ask_at_once, 1, daemon_cpu},
                                                &(struct contender){ask_in_turn, 1, daemon_cpu}, 21);
    figure.ours_ns /= SESSIONS;
    figure.theirs_ns /= SESSIONS;
    bench_report("coppd's CPU for a request, 1000 at once : in turn", figure, figure.ratio, 1.5, 0);
    for (size_t i = 0; i < SESSIONS; i++)
        (void)close(askers[i]);
}

/* Another coppd: whose a process is costs the first one nothing. */
static void flood(void) {
    char peers[2 * PATH_SIZE];
    make_directory();
    in_directory("peers", peers, sizeof peers);
    bench_flood_users(peers);
    start_daemon(BENCH_PEERS);
    bench_flood(socket_path);
    end_daemon();
}

void bench_daemon(void) {
    make_directory();
    start_daemon(NULL);
    read_driver();
#ifdef COPP
    bench_loss(directory, socket_path, events_path, daemon_pid);
#endif
    begin(&players[0], NULL);
    player_count = 1;
    round_trip();
    handshake_rate();
    cost_per_session();
    while (player_count > 0)
        end(&players[--player_count]);
    requests_at_once();
    copp_private_key_free(&key);
    end_daemon();
    bench_place_anywhere(0);
    flood();
}
