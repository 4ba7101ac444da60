#include "outputs/xrandr/watchdog.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

#define LIMIT_MS 1000u
#define STEP_MS 250

struct randr_watchdog {
    pthread_t thread;
    int fd;
    int wake;
    atomic_bool stopping;
    atomic_bool armed; /* it looks by itself; else it sleeps until it is woken */
    _Atomic uint64_t since_ms; /* when the call began; 0: there is none */
};

static void *run(void *argument) {
    struct randr_watchdog *watchdog = argument;
    struct pollfd wake = {.fd = watchdog->wake, .events = POLLIN};
    eventfd_t times;
    while (!atomic_load(&watchdog->stopping)) {
        (void)poll(&wake, 1, atomic_load(&watchdog->armed) ? STEP_MS : -1);
        (void)eventfd_read(watchdog->wake, &times);
        atomic_store(&watchdog->armed, false); /* before the look: who begins a call after it wakes us */
        uint64_t since = atomic_load(&watchdog->since_ms);
        if (since && clock_ms() - since >= LIMIT_MS)
            (void)shutdown(watchdog->fd, SHUT_RDWR);
        if (since)
            atomic_store(&watchdog->armed, true);
    }
    return NULL;
}

struct randr_watchdog *randr_watchdog_begin(int fd) {
    struct randr_watchdog *watchdog = calloc(1, sizeof *watchdog);
    if (!watchdog)
        return NULL;
    watchdog->fd = fd;
    watchdog->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (watchdog->wake >= 0 && pthread_create(&watchdog->thread, NULL, run, watchdog) == 0)
        return watchdog;
    if (watchdog->wake >= 0)
        (void)close(watchdog->wake);
    free(watchdog);
    return NULL;
}

void randr_watchdog_enter(struct randr_watchdog *watchdog) {
    atomic_store(&watchdog->since_ms, clock_ms());
    if (!atomic_exchange(&watchdog->armed, true))
        (void)eventfd_write(watchdog->wake, 1);
}

void randr_watchdog_leave(struct randr_watchdog *watchdog) {
    atomic_store(&watchdog->since_ms, 0);
}

void randr_watchdog_end(struct randr_watchdog **watchdog) {
    if (!*watchdog)
        return;
    atomic_store(&(*watchdog)->stopping, true);
    (void)eventfd_write((*watchdog)->wake, 1);
    (void)pthread_join((*watchdog)->thread, NULL);
    (void)close((*watchdog)->wake);
    free(*watchdog);
    *watchdog = NULL;
}
