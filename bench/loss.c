/*
 * How long a picture stays once its protection is lost. The picture is a command of copp protect's that says what time it is, every
 * millisecond, and ignores all signals that can be ignored. Times hold for an idle machine.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PATH_SIZE 512
#define LOSSES 41
#define SILENCES 5
#define MEDIAN_GOAL_NS 20e6
#define MOST_GOAL_NS 50e6
#define SILENT_GOAL_NS 2e9 /* APP-3 */

struct stage {
    const char *directory;
    const char *socket;
    pid_t coppd;
    int events;
};

void bench_show_frames(void) {
    double now;
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* where the benchmark fails */
    do {
        (void)usleep(1000);
        now = bench_now();
    } while (write(STDOUT_FILENO, &now, sizeof now) == sizeof now);
}

static void happen(const struct stage *stage, const char *event) {
    bench_must(write(stage->events, event, strlen(event)) == (ssize_t)strlen(event), "an event cannot be told");
}

static bool plugged(const struct stage *stage) {
    const struct copp_socket_config where = {.size = sizeof where, .path = stage->socket};
    struct copp_socket_connector first = {.size = sizeof first};
    struct copp_socket *connection = NULL;
    bench_must(!copp_socket_connect(&where, &connection) && !copp_socket_connector(connection, 0, &first),
               "coppd does not answer");
    copp_socket_close(&connection);
    return first.plugged;
}

_Noreturn static void protect(const struct stage *stage, int frames) {
    char self[PATH_SIZE] = "";
    char device[PATH_SIZE];
    char anchor[PATH_SIZE];
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)snprintf(device, sizeof device, "unix:%s", stage->socket);
    (void)snprintf(anchor, sizeof anchor, "%s/test-driver/anchor.b64", stage->directory);
    if (readlink("/proc/self/exe", self, sizeof self - 1) > 0 && setenv("COPP_STATE_DIR", stage->directory, 1) == 0) {
        (void)dup2(frames, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
        (void)execl(COPP, "copp", "protect", "--device", device, "--anchor", anchor, "--allow-simulated", "--output", "HDMI-1",
                    "--hdcp", "1", "--", self, "frames", (char *)NULL);
    }
    _exit(127);
}

/* The time between a loss and the last frame; round: each meets copp protect at another moment between its polls. */
static double lose_once(const struct stage *stage, unsigned round, bool silent) {
    int frames[2];
    double frame;
    int status;
    happen(stage, "plug HDMI-1\n");
    while (!plugged(stage))
        (void)usleep(1000);
    bench_must(pipe(frames) == 0, "no pipe");
    pid_t pid = fork();
    if (pid == 0)
        protect(stage, frames[1]);
    (void)close(frames[1]);
    bench_must(pid > 0 && read(frames[0], &frame, sizeof frame) == sizeof frame, "copp protect does not start");
    (void)usleep(200000 + round * 37000 % 500000);
    double began = bench_now();
    if (silent)
        (void)kill(stage->coppd, SIGSTOP);
    else
        happen(stage, "unplug HDMI-1\n");
    while (read(frames[0], &frame, sizeof frame) == sizeof frame) {
    }
    (void)close(frames[0]);
    bool ended = waitpid(pid, &status, 0) == pid && WIFEXITED(status);
    if (silent)
        (void)kill(stage->coppd, SIGCONT);
    bench_must(ended && WEXITSTATUS(status) == 1, "copp protect has not noticed");
    return frame > began ? frame - began : 0;
}

static int by_size(const void *a, const void *b) {
    const double *first = a;
    const double *second = b;
    return (*first > *second) - (*first < *second);
}

static void report(const char *name, double took_ns, double goal_ns) {
    const struct figure figure = {took_ns, goal_ns, took_ns / goal_ns};
    bench_report(name, figure, figure.ratio, 1, 0);
}

void bench_loss(const char *directory, const char *socket, const char *events, pid_t coppd) {
    struct stage stage = {directory, socket, coppd, open(events, O_RDWR | O_CLOEXEC)};
    double took[LOSSES];
    bench_must(stage.events >= 0, "no events");
    for (unsigned i = 0; i < LOSSES; i++)
        took[i] = lose_once(&stage, i, false);
    qsort(took, LOSSES, sizeof took[0], by_size);
    report("last frame after a loss, median : 20 ms", took[LOSSES / 2], MEDIAN_GOAL_NS);
    report("last frame after a loss, at the most : 50 ms", took[LOSSES - 1], MOST_GOAL_NS);
    for (unsigned i = 0; i < SILENCES; i++)
        took[i] = lose_once(&stage, i, true);
    qsort(took, SILENCES, sizeof took[0], by_size);
    report("last frame after coppd falls silent, at the most : 2 s", took[SILENCES - 1], SILENT_GOAL_NS);
    (void)close(stage.events);
}
