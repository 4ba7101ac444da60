/* What another user waits while one asks and connects without pause; tests/daemon/peers.c makes the users. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tests/daemon/peers.h"
#include "../transports/socket/packet.h"
#include "bench.h"

#define FLOODER 60001u /* a user id */
#define ASKERS 256u /* sessions: as many as a user may have */
#define AHEAD 4u /* questions that each asks before it has its answers */
#define CONNECTORS 4u /* processes that connect and close */
#define PROCESSES (1u + CONNECTORS)
#define TRIES 201u
#define BETWEEN_US 20000 /* so many connect meanwhile that the queue of them is full */
#define GOAL_NS 1e8

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static struct peers *peers;
static atomic_uint *ready; /* processes that are at it */
static pid_t processes[PROCESSES];

static int try_connect(void) {
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* The first connector's name and levels (docs/daemon-protocol.md). */
static int ask(int fd) {
    static const uint8_t list[PACKET_HEADER_SIZE + 4] = {PACKET_VERSION, [4] = PACKET_LIST};
    return send(fd, list, sizeof list, MSG_NOSIGNAL) == sizeof list;
}

static void ask_without_pause(void) {
    struct pollfd fds[ASKERS];
    uint8_t answer[PACKET_HEADER_SIZE + PACKET_GROWING_BOUND];
    for (size_t i = 0; i < ASKERS; i++) {
        fds[i] = (struct pollfd){.fd = try_connect(), .events = POLLIN};
        for (unsigned asked = 0; asked < AHEAD; asked++) {
            if (fds[i].fd < 0 || !ask(fds[i].fd))
                return;
        }
    }
    for (atomic_fetch_add(ready, 1); poll(fds, ASKERS, -1) > 0;) {
        for (size_t i = 0; i < ASKERS; i++) {
            if (fds[i].revents && (recv(fds[i].fd, answer, sizeof answer, 0) <= 0 || !ask(fds[i].fd)))
                return;
        }
    }
}

static void connect_and_close(void) {
    for (atomic_fetch_add(ready, 1);;) {
        int fd = try_connect();
        if (fd >= 0)
            (void)close(fd);
    }
}

/* Also where a measurement fails: exit() calls this. */
static void end_flood(void) {
    for (size_t i = 0; i < PROCESSES; i++) {
        if (processes[i] <= 0)
            continue;
        (void)kill(processes[i], SIGKILL);
        (void)waitpid(processes[i], NULL, 0);
        processes[i] = 0;
    }
}

static void start(size_t place, pid_t parent, void (*act)(void)) {
    pid_t pid = fork();
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent) {
            peers->processes[place].uid = FLOODER;
            peers->processes[place].pid = getpid();
            act();
        }
        _exit(1);
    }
    bench_must(pid > 0, "a flood cannot be started");
    processes[place] = pid;
    for (int i = 0; atomic_load(ready) == place; i++) {
        bench_must(i < 2000 && waitpid(pid, NULL, WNOHANG) == 0, "a flood does not start");
        (void)usleep(10000);
    }
}

static void start_flood(void) {
    pid_t parent = getpid();
    bench_must(atexit(end_flood) == 0, "no memory");
    start(0, parent, ask_without_pause);
    for (size_t i = 1; i < PROCESSES; i++)
        start(i, parent, connect_and_close);
}

static double connect_and_list(void) {
    uint8_t answer[PACKET_HEADER_SIZE + PACKET_GROWING_BOUND];
    double began = bench_now();
    int fd = try_connect();
    bench_must(fd >= 0 && ask(fd) && recv(fd, answer, sizeof answer, 0) > PACKET_HEADER_SIZE, "no answer under a flood");
    double took = bench_now() - began;
    (void)close(fd);
    return took;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_flood_users(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bench_must(fd >= 0 && ftruncate(fd, sizeof *peers) == 0, "a file could not be written");
    peers = mmap(NULL, sizeof *peers, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ready = mmap(NULL, sizeof *ready, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_must(peers != MAP_FAILED && ready != MAP_FAILED, "no memory");
    (void)close(fd);
    bench_must(setenv("COPP_TEST_PEERS", path, 1) == 0, "no memory");
}

void bench_flood(const char *socket_path) {
    static double took[TRIES];
    bench_must(strlen(socket_path) < sizeof address.sun_path, "the directory's name is too long");
    strcpy(address.sun_path, socket_path);
    start_flood();
    for (size_t i = 0; i < TRIES; i++) {
        (void)usleep(BETWEEN_US);
        took[i] = connect_and_list();
    }
    end_flood();
    qsort(took, TRIES, sizeof *took, ascending);
    double middle = took[TRIES / 2];
    double longest = took[TRIES - 1];
    bench_report("connect and list under another's flood, median : 100 ms", (struct figure){middle, GOAL_NS, middle / GOAL_NS},
                 middle / GOAL_NS, 1, 0);
    bench_report("connect and list under another's flood, longest : 100 ms", (struct figure){longest, GOAL_NS, longest / GOAL_NS},
                 longest / GOAL_NS, 1, 0);
}
