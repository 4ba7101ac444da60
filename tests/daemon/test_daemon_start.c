/* How coppd starts: one at a path, however many are started, and its socket last. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon_kit.h"

#define ROUNDS 30
#define WAIT_MS 60000u
#define LISTENING "listening at"
#define ANOTHER "another coppd listens there"

static void path_of(const struct kit *kit, const char *name, char *path) {
    assert_true(snprintf(path, KIT_PATH, "%s/%s", kit->directory, name) < (int)KIT_PATH);
}

/* Without metrics: two daemons would meet at their port. */
static void configure(const struct kit *kit, const char *socket) {
    FILE *file = fopen(kit->config, "w");
    assert_non_null(file);
    (void)fprintf(file, "[daemon]\nsocket = %s\nstate_directory = %s\n[outputs]\nbackend = sim\n", socket, kit->directory);
    assert_int_equal(fclose(file), 0);
}

/* One of several daemons that are started at the same moment. */
struct racer {
    pid_t pid;
    char output[KIT_PATH];
    const char *socket;
};

static void race(const struct kit *kit, struct racer *racer, const int gate[2]) {
    char byte;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)close(gate[1]);
    int out = open(racer->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    while (read(gate[0], &byte, 1) > 0) { /* until the gate opens for all */
    }
    (void)execl(getenv("COPPD"), "coppd", "--config", kit->config, "--socket", racer->socket, (char *)NULL);
    _exit(127);
}

static void start_racers(const struct kit *kit, struct racer racers[2]) {
    int gate[2];
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    for (int i = 0; i < 2; i++) {
        path_of(kit, i ? "output-1" : "output-0", racers[i].output);
        (void)unlink(racers[i].output);
        racers[i].pid = fork();
        assert_true(racers[i].pid >= 0);
        if (racers[i].pid == 0)
            race(kit, &racers[i], gate);
    }
    (void)close(gate[0]);
    (void)close(gate[1]);
}

static bool racer_said(const struct racer *racer, const char *text) {
    char said[4096] = "";
    int fd = open(racer->output, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, said, sizeof said - 1) : 0;
    if (fd >= 0)
        (void)close(fd);
    return got > 0 && strstr(said, text);
}

static void wait_racer_says(const struct racer *racer, const char *text) {
    for (uint64_t until = clock_ms() + WAIT_MS; !racer_said(racer, text); sleep_ms(2))
        assert_true(clock_ms() < until);
}

/* The one that has ended, with 1. */
static int loser(const struct racer racers[2]) {
    for (uint64_t until = clock_ms() + WAIT_MS; clock_ms() < until; sleep_ms(2)) {
        for (int i = 0; i < 2; i++) {
            int status;
            if (waitpid(racers[i].pid, &status, WNOHANG) != racers[i].pid)
                continue;
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), 1);
            return i;
        }
        if (racer_said(&racers[0], LISTENING) && racer_said(&racers[1], LISTENING))
            fail_msg("both run");
    }
    fail_msg("neither ends");
    return 0;
}

static pid_t who_listens(struct kit *kit) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    int fd = raw_connect(kit);
    uint8_t bytes[256];
    raw_send(fd, 1, 1, 0, 4);
    assert_true(raw_receive(fd, bytes, sizeof bytes) > 12);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size), 0);
    (void)close(fd);
    return peer.pid;
}

static void end_racer(const struct racer *racer, int signal) {
    int status;
    assert_int_equal(kill(racer->pid, signal), 0);
    assert_int_equal(waitpid(racer->pid, &status, 0), racer->pid);
    assert_true(signal == SIGKILL || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

/* Every other round finds the socket of one that was killed. The lock stays, and is nobody's once its owner is gone. */
static void of_two_one_runs(void) {
    struct kit kit;
    char lock[KIT_PATH];
    struct stat before;
    struct stat after;
    kit_make(&kit, "");
    kit_start(&kit); /* makes the keys */
    kit_stop(&kit);
    configure(&kit, kit.socket);
    path_of(&kit, "socket.lock", lock);
    assert_int_equal(stat(lock, &before), 0);
    assert_int_equal(before.st_mode & 0777, 0600);
    for (int round = 0; round < ROUNDS; round++) {
        struct racer racers[2] = {{.socket = kit.socket}, {.socket = kit.socket}};
        start_racers(&kit, racers);
        int ended = loser(racers);
        assert_true(racer_said(&racers[ended], ANOTHER));
        assert_false(racer_said(&racers[ended], LISTENING));
        wait_racer_says(&racers[!ended], LISTENING);
        assert_int_equal(who_listens(&kit), racers[!ended].pid);
        bool killed = round % 2 == 0;
        end_racer(&racers[!ended], killed ? SIGKILL : SIGTERM);
        assert_int_equal(access(kit.socket, F_OK), killed ? 0 : -1);
        assert_int_equal(stat(lock, &after), 0);
        assert_int_equal(after.st_ino, before.st_ino);
    }
    kit_end(&kit);
}

/* With sockets of their own both run: one makes the hierarchy, and both are believed by it. */
static void two_make_one_hierarchy(void) {
    struct kit kit;
    char other[KIT_PATH];
    char anchor[KIT_PATH];
    struct player player;
    kit_make(&kit, "");
    configure(&kit, kit.socket);
    path_of(&kit, "other", other);
    path_of(&kit, "test-driver/anchor.b64", anchor);
    struct racer racers[2] = {{.socket = kit.socket}, {.socket = other}};
    start_racers(&kit, racers);
    for (int i = 0; i < 2; i++)
        wait_racer_says(&racers[i], LISTENING);
    assert_int_not_equal(racer_said(&racers[0], "coppd has created a test hierarchy"),
                         racer_said(&racers[1], "coppd has created a test hierarchy"));
    char text[512];
    FILE *file = fopen(anchor, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    assert_int_equal(copp_public_key_read(text, size, &kit.anchor), COPP_OK);
    for (int i = 0; i < 2; i++) {
        if (i == 1)
            strcpy(kit.socket, other);
        player_begin(&kit, "HDMI-1", &player);
        player_end(&player);
    }
    for (int i = 0; i < 2; i++)
        end_racer(&racers[i], SIGTERM);
    kit_end(&kit);
}

/* Ends with 1 and says so; the other one's socket stays. */
static void start_fails(struct kit *kit, const char *wanted) {
    char *said;
    pid_t running = kit->pid;
    assert_int_equal(kit_run(kit, NULL, &said), 1);
    if (!strstr(said, wanted))
        fail_msg("not \"%s\": %s", wanted, said);
    free(said);
    kit->pid = running;
}

static void the_lock_decides(void) {
    struct kit kit;
    char lock[KIT_PATH];
    kit_make(&kit, "");
    configure(&kit, kit.socket);
    path_of(&kit, "socket.lock", lock);
    int held = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600); /* as one that is still making its keys */
    assert_int_equal(flock(held, LOCK_EX), 0);
    start_fails(&kit, ANOTHER ", or is about to (it has locked ");
    assert_int_equal(access(kit.socket, F_OK), -1);
    (void)close(held);

    kit_configure(&kit, "");
    kit_start(&kit);
    assert_int_equal(unlink(lock), 0); /* as when /run is cleaned */
    configure(&kit, kit.socket);
    start_fails(&kit, ANOTHER);
    assert_int_equal(who_listens(&kit), kit.pid);
    kit_end(&kit);
}

static void only_a_file_is_a_lock(void) {
    struct kit kit;
    char lock[KIT_PATH];
    char *said;
    kit_make(&kit, "");
    configure(&kit, kit.socket);
    path_of(&kit, "socket.lock", lock);
    assert_int_equal(symlink(kit.config, lock), 0);
    start_fails(&kit, "socket.lock: exists and is not a regular file; remove it");
    assert_int_equal(kit_run(&kit, "--check-config", &said), 1);
    assert_non_null(strstr(said, "socket.lock: exists and is not a regular file; remove it"));
    free(said);
    assert_int_equal(unlink(lock), 0);
    assert_int_equal(mkfifo(lock, 0600), 0); /* which opening could wait at */
    start_fails(&kit, "socket.lock: exists and is not a regular file; remove it");
    kit_end(&kit);
}

static void what_systemd_cannot_have_meant(void) {
    struct kit kit;
    kit_make(&kit, "");
    configure(&kit, kit.socket);
    assert_int_equal(setenv("LISTEN_PID", "x", 1) | setenv("LISTEN_FDS", "1", 1), 0);
    start_fails(&kit, "cannot take over sockets from systemd: Invalid argument; LISTEN_PID and LISTEN_FDS must be numbers");
    assert_int_equal(unsetenv("LISTEN_PID") | unsetenv("LISTEN_FDS"), 0);
    kit_end(&kit);
}

/* As systemd does where coppd.socket is started beside a coppd that made its own. */
static void another_ones_socket_stays(void) {
    struct kit kit;
    kit_make(&kit, "");
    kit_start(&kit);
    assert_int_equal(unlink(kit.socket), 0);
    pid_t other = false_daemon(kit.socket, NULL, 0);
    kit_stop(&kit);
    assert_int_equal(access(kit.socket, F_OK), 0);
    process_kill(other);
    kit_end(&kit);
}

/* Another program's socket speaks another protocol: it is no less alive. */
static void another_programs_socket_stays(void) {
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct kit kit;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        struct stat before;
        struct stat after;
        kit_make(&kit, "");
        strcpy(address.sun_path, kit.socket);
        int other = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(other, (const struct sockaddr *)&address, sizeof address), 0);
        assert_true(types[i] == SOCK_DGRAM || listen(other, 1) == 0);
        assert_int_equal(stat(kit.socket, &before), 0);
        start_fails(&kit, types[i] == SOCK_SEQPACKET ? ANOTHER : "socket: another program has its socket there: stop it");
        assert_int_equal(stat(kit.socket, &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        (void)close(other); /* what is left of it is in nobody's way */
        kit_start(&kit);
        kit_stop(&kit);
        kit_end(&kit);
    }
}

/* The names that come into the watched directory, each with a newline. */
static void read_names(int watch, char *names, size_t size) {
    char bytes[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t got = read(watch, bytes, sizeof bytes);
    size_t used = strlen(names);
    for (const char *at = bytes; got > 0 && at < bytes + got;) {
        const struct inotify_event *event = (const void *)at;
        used += (size_t)snprintf(names + used, size - used, "%s\n", event->name);
        assert_true(used < size);
        at += sizeof *event + event->len;
    }
}

/* Chain, key and anchor; the socket; that it is ready. */
static void the_socket_comes_last(void) {
    struct kit kit;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char names[4096] = "";
    char told[512] = "";
    kit_make(&kit, "");
    path_of(&kit, "notify", address.sun_path);
    int notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(notify, (const struct sockaddr *)&address, sizeof address), 0);
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    assert_true(inotify_add_watch(watch, kit.directory, IN_CREATE | IN_MOVED_TO) >= 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
    kit_start(&kit);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    assert_true(recv(notify, told, sizeof told - 1, 0) > 0);
    assert_int_equal(strncmp(told, "READY=1\n", 8), 0);
    read_names(watch, names, sizeof names);
    const char *hierarchy = strstr(names, "test-driver\n");
    const char *socket_made = strstr(names, "socket\n");
    assert_non_null(hierarchy);
    assert_non_null(socket_made);
    if (hierarchy > socket_made)
        fail_msg("not in this order: %s", names);
    (void)close(watch);
    (void)close(notify);
    kit_end(&kit);
}

static void has_mode(const struct kit *kit, const char *name, mode_t mode) {
    char path[KIT_PATH];
    struct stat status;
    path_of(kit, name, path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
}

/* What players need they can read, and nobody the key. */
static void whatever_the_umask(void) {
    static const mode_t masks[] = {077, 0777, 02};
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        struct kit kit;
        char path[KIT_PATH];
        kit_make(&kit, "");
        (void)chmod(kit.config, 0644);
        kit.mask = masks[i];
        kit.bound_by_modes = true;
        kit_start(&kit);
        kit_stop(&kit);
        kit_start(&kit); /* and it can use again what it has made */
        has_mode(&kit, "test-driver", 0755);
        has_mode(&kit, "test-driver/chain.xml", 0644);
        has_mode(&kit, "test-driver/anchor.b64", 0644);
        has_mode(&kit, "test-driver/leaf.pem", 0600);
        has_mode(&kit, "socket", 0666);
        path_of(&kit, "metrics", path);
        for (uint64_t until = clock_ms() + WAIT_MS; access(path, F_OK) != 0; sleep_ms(5))
            assert_true(clock_ms() < until);
        has_mode(&kit, "metrics", 0644);
        kit_end(&kit);
    }
}

/* One that an older coppd made under such a umask. */
static void an_anchor_that_is_hidden(void) {
    struct kit kit;
    char path[KIT_PATH];
    char *said;
    kit_make(&kit, "");
    kit_start(&kit);
    kit_stop(&kit);
    configure(&kit, kit.socket);
    path_of(&kit, "test-driver", path);
    assert_int_equal(chmod(path, 0700), 0);
    assert_int_equal(kit_run(&kit, "--check-config", &said), 0);
    assert_non_null(strstr(said, "anchor.b64: players of other users cannot read it: chmod 755 "));
    free(said);
    assert_int_equal(chmod(path, 0755), 0);
    path_of(&kit, "test-driver/anchor.b64", path);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(kit_run(&kit, "--check-config", &said), 0);
    assert_non_null(strstr(said, "anchor.b64: players of other users cannot read it: chmod 644 "));
    free(said);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(kit_run(&kit, "--check-config", &said), 0);
    assert_null(strstr(said, "cannot read it"));
    free(said);
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST(of_two_one_runs, ""),
    TEST(two_make_one_hierarchy, ""),
    TEST(the_lock_decides, ""),
    TEST(only_a_file_is_a_lock, ""),
    TEST(what_systemd_cannot_have_meant, ""),
    TEST(another_ones_socket_stays, ""),
    TEST(another_programs_socket_stays, ""),
    TEST(the_socket_comes_last, ""),
    TEST(whatever_the_umask, ""),
    TEST(an_anchor_that_is_hidden, ""),
};

int main(void) {
    kit_without_hierarchies();
    return RUN_SUITE("daemon_start", cases);
}
