#include "outputs/xrandr/dial.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct randr_dial {
    atomic_bool left; /* one of the two, thread and caller, has no more use for it: the other one frees it */
    int done;
    char *display;
    struct randr randr;
    enum copp_result result;
};

static void leave(struct randr_dial *dial) {
    if (!atomic_exchange(&dial->left, true))
        return;
    randr_close(&dial->randr);
    if (dial->done >= 0)
        (void)close(dial->done);
    free(dial->display);
    free(dial);
}

static void *run(void *argument) {
    struct randr_dial *dial = argument;
    dial->result = randr_open(&dial->randr, dial->display);
    (void)eventfd_write(dial->done, 1);
    leave(dial);
    return NULL;
}

/* Signals are the other threads'. */
static bool start_thread(struct randr_dial *dial) {
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, NULL, run, dial) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        (void)pthread_detach(thread);
    return started;
}

struct randr_dial *randr_dial_begin(const char *display) {
    struct randr_dial *dial = calloc(1, sizeof *dial);
    if (!dial)
        return NULL;
    dial->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    dial->display = display ? strdup(display) : NULL;
    if (dial->done >= 0 && !dial->display == !display && start_thread(dial))
        return dial;
    atomic_store(&dial->left, true); /* there is no thread */
    leave(dial);
    return NULL;
}

int randr_dial_fd(const struct randr_dial *dial) {
    return dial->done;
}

bool randr_dial_ended(struct randr_dial **dial, struct randr *randr, enum copp_result *result) {
    eventfd_t times;
    if (eventfd_read((*dial)->done, &times) != 0)
        return false;
    *randr = (*dial)->randr;
    *result = (*dial)->result;
    (*dial)->randr.connection = NULL;
    (*dial)->randr.guard = NULL;
    randr_dial_leave(dial);
    return true;
}

void randr_dial_leave(struct randr_dial **dial) {
    if (*dial)
        leave(*dial);
    *dial = NULL;
}
