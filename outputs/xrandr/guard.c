#include "outputs/xrandr/guard.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 1000u
#define STEP_MS 250

struct randr_guard {
    pthread_t thread;
    int fd;
    int wake;
    atomic_bool over;
    atomic_bool attentive; /* it looks by itself; else it sleeps until it is woken */
    _Atomic uint64_t since_ms; /* when the call began; 0: there is none */
};

static uint64_t now_ms(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static void *run(void *argument) {
    struct randr_guard *guard = argument;
    struct pollfd wake = {.fd = guard->wake, .events = POLLIN};
    eventfd_t times;
    while (!atomic_load(&guard->over)) {
        (void)poll(&wake, 1, atomic_load(&guard->attentive) ? STEP_MS : -1);
        (void)eventfd_read(guard->wake, &times);
        atomic_store(&guard->attentive, false); /* before the look: who begins a call after it wakes us */
        uint64_t since = atomic_load(&guard->since_ms);
        if (since && now_ms() - since >= LIMIT_MS)
            (void)shutdown(guard->fd, SHUT_RDWR);
        if (since)
            atomic_store(&guard->attentive, true);
    }
    return NULL;
}

struct randr_guard *randr_guard_begin(int fd) {
    struct randr_guard *guard = calloc(1, sizeof *guard);
    if (!guard)
        return NULL;
    guard->fd = fd;
    guard->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (guard->wake >= 0 && pthread_create(&guard->thread, NULL, run, guard) == 0)
        return guard;
    if (guard->wake >= 0)
        (void)close(guard->wake);
    free(guard);
    return NULL;
}

void randr_guard_enter(struct randr_guard *guard) {
    atomic_store(&guard->since_ms, now_ms());
    if (!atomic_exchange(&guard->attentive, true))
        (void)eventfd_write(guard->wake, 1);
}

void randr_guard_leave(struct randr_guard *guard) {
    atomic_store(&guard->since_ms, 0);
}

void randr_guard_end(struct randr_guard **guard) {
    if (!*guard)
        return;
    atomic_store(&(*guard)->over, true);
    (void)eventfd_write((*guard)->wake, 1);
    (void)pthread_join((*guard)->thread, NULL);
    (void)close((*guard)->wake);
    free(*guard);
    *guard = NULL;
}
