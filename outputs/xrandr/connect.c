#include "outputs/xrandr/connect.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct randr_connect {
    atomic_bool left; /* one of the two, thread and caller, has no more use for it: the other one frees it */
    int done;
    char *display;
    struct randr randr;
    enum copp_result result;
};

static void leave(struct randr_connect *attempt) {
    if (!atomic_exchange(&attempt->left, true))
        return;
    randr_close(&attempt->randr);
    if (attempt->done >= 0)
        (void)close(attempt->done);
    free(attempt->display);
    free(attempt);
}

static void *run(void *argument) {
    struct randr_connect *attempt = argument;
    attempt->result = randr_open(&attempt->randr, attempt->display);
    (void)eventfd_write(attempt->done, 1);
    leave(attempt);
    return NULL;
}

/* Signals are the other threads'. */
static bool start_thread(struct randr_connect *attempt) {
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, NULL, run, attempt) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        (void)pthread_detach(thread);
    return started;
}

struct randr_connect *randr_connect_begin(const char *display) {
    struct randr_connect *attempt = calloc(1, sizeof *attempt);
    if (!attempt)
        return NULL;
    attempt->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    attempt->display = display ? strdup(display) : NULL;
    if (attempt->done >= 0 && !attempt->display == !display && start_thread(attempt))
        return attempt;
    atomic_store(&attempt->left, true); /* there is no thread */
    leave(attempt);
    return NULL;
}

int randr_connect_fd(const struct randr_connect *attempt) {
    return attempt->done;
}

bool randr_connect_ended(struct randr_connect **attempt, struct randr *randr, enum copp_result *result) {
    eventfd_t times;
    if (eventfd_read((*attempt)->done, &times) != 0)
        return false;
    *randr = (*attempt)->randr;
    *result = (*attempt)->result;
    (*attempt)->randr.connection = NULL;
    (*attempt)->randr.watchdog = NULL;
    randr_connect_leave(attempt);
    return true;
}

void randr_connect_leave(struct randr_connect **attempt) {
    if (*attempt)
        leave(*attempt);
    *attempt = NULL;
}
