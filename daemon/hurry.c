#include "hurry.h"

#include <signal.h>
#include <unistd.h>

#define HURRY_NS 10000000L /* and again as often, as long as it takes */

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static volatile sig_atomic_t hurried;

static void on_alarm(int number) {
    (void)number;
    hurried = 1;
}

/* The signal goes to the event loop's thread: it is the one that must not wait. */
bool hurry_open(struct server *server) {
    const struct sigaction action = {.sa_handler = on_alarm};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
    event.sigev_notify_thread_id = gettid();
    server->hurries = sigaction(SIGALRM, &action, NULL) == 0 && timer_create(CLOCK_MONOTONIC, &event, &server->hurry) == 0;
    return server->hurries;
}

void hurry_close(struct server *server) {
    if (server->hurries)
        (void)timer_delete(server->hurry);
    server->hurries = false;
}

void hurry_begin(struct server *server) {
    static const struct itimerspec soon = {.it_value.tv_nsec = HURRY_NS, .it_interval.tv_nsec = HURRY_NS};
    hurried = 0;
    if (server->hurries)
        (void)timer_settime(server->hurry, 0, &soon, NULL);
}

bool hurry_end(struct server *server) {
    static const struct itimerspec never = {.it_value.tv_nsec = 0};
    if (server->hurries)
        (void)timer_settime(server->hurry, 0, &never, NULL);
    return hurried != 0;
}

void hurry_close_file(struct server *server, int fd) {
    hurry_begin(server);
    (void)close(fd);
    (void)hurry_end(server);
}
