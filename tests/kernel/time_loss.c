/*
 * time_loss FILE PID: gives the order that is FILE of debugfs. Says after how many milliseconds coppd told those who watch it that the
 * link is lost, or copp has seen it by itself, and after how many that process, a protected command, had ended.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <copp/socket.h>

#define PATIENCE_MS 20000
#define CONNECTORS 16u

static double now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

struct watch {
    struct copp_socket *coppd;
    uint32_t losses[CONNECTORS];
    bool complete;
    bool lost;
};

static void take_news(struct watch *watch) {
    struct copp_socket_news news = {.size = sizeof news};
    enum copp_result result;
    while ((result = copp_socket_news(watch->coppd, &news)) == COPP_OK) {
        watch->complete = watch->complete || news.kind == COPP_SOCKET_COMPLETE;
        if (news.kind != COPP_SOCKET_CONNECTOR || news.u.connector.index >= CONNECTORS)
            continue;
        uint32_t *losses = &watch->losses[news.u.connector.index];
        watch->lost = watch->lost || (watch->complete && *losses != news.u.connector.losses);
        *losses = news.u.connector.losses;
    }
    if (result != COPP_E_PENDING)
        exit(1);
}

static void watch_begin(struct watch *watch) {
    const struct copp_socket_config config = {.size = sizeof config};
    struct pollfd coppd = {.events = POLLIN};
    if (copp_socket_connect(&config, &watch->coppd) != COPP_OK || copp_socket_watch(watch->coppd) != COPP_OK)
        exit(1);
    coppd.fd = copp_socket_fd(watch->coppd);
    for (take_news(watch); !watch->complete; take_news(watch)) {
        if (poll(&coppd, 1, PATIENCE_MS) != 1)
            exit(1);
    }
}

/* Until the process has ended. */
static void wait_for_end(struct watch *watch, int process, double began) {
    struct pollfd fds[2] = {{.fd = copp_socket_fd(watch->coppd), .events = POLLIN}, {.fd = process, .events = POLLIN}};
    double noticed = 0;
    while (!fds[1].revents) {
        if (poll(fds, 2, PATIENCE_MS) < 1)
            exit(1);
        if (fds[0].revents)
            take_news(watch);
        if (noticed <= 0 && (watch->lost || fds[1].revents))
            noticed = now_ms() - began;
    }
    printf("%.1f %.1f\n", noticed, now_ms() - began);
}

int main(int argc, char **argv) {
    struct watch watch = {.coppd = NULL};
    int order = argc == 3 ? open(argv[1], O_WRONLY | O_CLOEXEC) : -1;
    int process = argc == 3 ? (int)syscall(SYS_pidfd_open, strtol(argv[2], NULL, 10), 0) : -1;
    if (order < 0 || process < 0)
        return 2;
    watch_begin(&watch);
    double began = now_ms();
    if (write(order, "1", 1) != 1)
        return 1;
    wait_for_end(&watch, process, began);
    copp_socket_close(&watch.coppd);
    return 0;
}
