/* What a daemon between player and output costs: against a bare ping-pong, and against the key's own operation. */
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define PLAYERS 3 /* at once, so that the daemon never waits for one */
#define HANDSHAKES 60 /* of each, in a round */
#define SESSIONS 1000
#define POLLS 4000
#define PATH_SIZE 128

static char directory[PATH_SIZE] = "/tmp/copp-bench-XXXXXX";
static char socket_path[2 * PATH_SIZE];
static pid_t daemon_pid;
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
    const struct copp_socket_config where = {.path = socket_path, .answer_ms = 20000};
    const struct copp_session_config config = {.anchor = &anchor, .known_chain = known};
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

static void start_daemon(void) {
    char config[2 * PATH_SIZE];
    char text[4 * PATH_SIZE];
    bench_must(mkdtemp(directory) != NULL, "no directory");
    in_directory("socket", socket_path, sizeof socket_path);
    in_directory("coppd.conf", config, sizeof config);
    (void)snprintf(text, sizeof text,
                   "[daemon]\nsocket = %s\nstate_directory = %s\nsessions_per_user = 2000\nconnections_per_second = 0\n",
                   socket_path, directory);
    write_file(config, text);
    daemon_pid = fork();
    if (daemon_pid == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(nowhere, STDERR_FILENO);
        (void)execl(COPPD, "coppd", "--config", config, (char *)NULL);
        _exit(127);
    }
    struct copp_socket *connection = NULL;
    const struct copp_socket_config where = {.path = socket_path};
    for (int i = 0; i < 2000 && copp_socket_connect(&where, &connection); i++)
        (void)usleep(10000);
    bench_must(connection != NULL, "coppd does not start");
    copp_socket_close(&connection);
}

static void read_driver(void) {
    char name[2 * PATH_SIZE];
    char text[1024];
    in_directory("test-driver/leaf.pem", name, sizeof name);
    struct copp_socket *connection = NULL;
    struct copp_socket_connector first; /* its answer comes once the hierarchy has been made */
    bench_must(!copp_socket_connect(&(struct copp_socket_config){.path = socket_path, .answer_ms = 20000}, &connection) &&
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
        bench_must(!copp_omac_sign(omac, bytes, sizeof bytes, tag), "no OMAC");
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

static void round_trip(void) {
    pid_t pong = start_pong();
    struct figure figure = bench_compare(&(struct contender){query, 400}, &(struct contender){ping, 400});
    bench_report("status through coppd : 4 KiB ping-pong", figure, figure.ratio, 1.25, 0);
    static const uint8_t session_key[COPP_KEY_SIZE] = {1};
    bench_must(!copp_omac_new(&omac) && !copp_omac_set_key(omac, session_key), "no OMAC");
    figure = bench_compare(&(struct contender){query, 400}, &(struct contender){ping_with_macs, 400});
    bench_report("status through coppd : ping-pong and two OMACs", figure, figure.ratio, 1.25, 0);
    copp_omac_free(&omac);
    (void)close(pong_fd);
    (void)waitpid(pong, NULL, 0);
}

static void handshakes(void) {
    pid_t pids[PLAYERS];
    const struct copp_chain *known = copp_session_chain(players[0].session);
    for (size_t i = 0; i < PLAYERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            for (int j = 0; j < HANDSHAKES; j++) {
                struct player player = {NULL, NULL};
                begin(&player, known);
                end(&player);
            }
            _exit(0);
        }
    }
    for (size_t i = 0; i < PLAYERS; i++) {
        int status;
        bench_must(waitpid(pids[i], &status, 0) == pids[i] && status == 0, "a handshake failed");
    }
}

static void private_operations(void) {
    static uint8_t number[COPP_SIGNATURE_SIZE] = {0, 1};
    for (int i = 0; i < PLAYERS * HANDSHAKES; i++)
        bench_must(!key->calls->decrypt_raw(key, number, number, sizeof number), "a private operation failed");
}

static double own_cpu(void) {
    struct timespec t = {0};
    bench_must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0, "no clock");
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double daemon_cpu(void) {
    clockid_t clock;
    struct timespec t = {0};
    bench_must(clock_getcpuclockid(daemon_pid, &clock) == 0 && clock_gettime(clock, &t) == 0, "no clock of coppd");
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* By the clock, where players and daemon share the machine; and by processor time, which is what a core could carry. */
static void handshake_rate(void) {
    struct figure figure =
        bench_compare_rounds(&(struct contender){handshakes, 1}, &(struct contender){private_operations, 1}, 7);
    bench_report("handshakes/s of coppd : RSA-2048 private operations/s", figure, 1 / figure.ratio, 0.85, 1);
    double before = daemon_cpu();
    handshakes();
    double ours = (daemon_cpu() - before) / (PLAYERS * HANDSHAKES);
    before = own_cpu();
    private_operations();
    double theirs = (own_cpu() - before) / (PLAYERS * HANDSHAKES);
    bench_report("the same by processor time of coppd", (struct figure){ours, theirs, ours / theirs}, theirs / ours, 0.85, 1);
}

/* Nanoseconds of the daemon's processor time for a query, with so many sessions polled in turn. */
static double cost_of_query(size_t sessions) {
    for (; player_count < sessions; player_count++)
        begin(&players[player_count], copp_session_chain(players[0].session));
    double before = daemon_cpu();
    for (size_t i = 0; i < POLLS; i++) {
        uint32_t level;
        bench_must(!copp_session_local_level(players[i % sessions].session, COPP_PROTECTION_TYPE_HDCP, &level), "a query failed");
    }
    return (daemon_cpu() - before) / POLLS;
}

static void cost_per_session(void) {
    static const size_t counts[] = {1, 100, SESSIONS};
    double one = cost_of_query(1);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char name[80];
        double cost = cost_of_query(counts[i]);
        (void)snprintf(name, sizeof name, "coppd's CPU for a query, %zu sessions : 1", counts[i]);
        bench_report(name, (struct figure){cost, one, cost / one}, cost / one, 1.5, 0);
    }
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void bench_daemon(void) {
    start_daemon();
    read_driver();
    begin(&players[0], NULL);
    player_count = 1;
    round_trip();
    handshake_rate();
    cost_per_session();
    while (player_count > 0)
        end(&players[--player_count]);
    copp_private_key_free(&key);
    (void)kill(daemon_pid, SIGTERM);
    (void)waitpid(daemon_pid, NULL, 0);
    bench_must(nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS) == 0, "the directory could not be removed");
}
