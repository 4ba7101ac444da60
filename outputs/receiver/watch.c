#include "outputs/receiver/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outputs/receiver/exchange.h"
#include "outputs/receiver/helper.h"

#define CONNECTOR_SIZE 64u

struct receiver_watch {
    char connector[CONNECTOR_SIZE];
    char *sysfs;
    char *dev;
    char *program;
    int epoll; /* of the two below: the process and its socket come and go */
    int failed; /* an eventfd, readable while there is a result that no process has given */
    struct helper helper;
    bool busy;
    struct receiver_result result; /* asked_ms, while busy */
};

static bool copy(char **to, const char *text, const char *otherwise) {
    *to = strdup(text ? text : otherwise);
    return *to != NULL;
}

static bool add_to_epoll(const struct receiver_watch *watch, int fd) {
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

struct receiver_watch *receiver_watch_open(const char *connector, const struct receiver_system *system) {
    struct receiver_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->helper.socket = -1;
    watch->epoll = epoll_create1(EPOLL_CLOEXEC);
    watch->failed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool whole = strlen(connector) < sizeof watch->connector && copy(&watch->sysfs, system ? system->sysfs : NULL, "/sys") &&
                 copy(&watch->dev, system ? system->dev : NULL, "/dev") &&
                 copy(&watch->program, system ? system->program : NULL, COPP_RECEIVER_PROGRAM);
    if (!whole || watch->epoll < 0 || watch->failed < 0 || !add_to_epoll(watch, watch->failed)) {
        receiver_watch_close(&watch);
        return NULL;
    }
    strcpy(watch->connector, connector);
    return watch;
}

static bool start_process(struct receiver_watch *watch) {
    if (!helper_start(&watch->helper, watch->program, NULL))
        return false;
    if (add_to_epoll(watch, watch->helper.socket))
        return true;
    helper_stop(&watch->helper);
    return false;
}

static bool fail_request(struct receiver_watch *watch, int error) {
    watch->result.error = error;
    (void)eventfd_write(watch->failed, 1);
    return false;
}

enum receiver_state receiver_result_state(const struct receiver_result *result) {
    switch (result->error) {
    case 0:
        return RECEIVER_READ;
    case ENODEV:
        return RECEIVER_NO_BUS;
    case EACCES:
    case EPERM:
        return RECEIVER_NO_ACCESS;
    case ENOENT:
        return RECEIVER_NO_NODE;
    case ECHILD:
        return RECEIVER_NO_PROGRAM;
    default:
        return RECEIVER_SILENT;
    }
}

bool receiver_watch_busy(const struct receiver_watch *watch) {
    return watch->busy;
}

bool receiver_watch_request(struct receiver_watch *watch, uint64_t now_ms) {
    struct receiver_request request = {0};
    if (watch->busy)
        return true;
    watch->busy = true;
    watch->result = (struct receiver_result){.asked_ms = now_ms};
    int error = receiver_find(watch->sysfs, watch->dev, watch->connector, &request.place);
    if (error)
        return fail_request(watch, error);
    if (watch->helper.socket < 0 && !start_process(watch))
        return fail_request(watch, ECHILD);
    if (send(watch->helper.socket, &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof request)
        return true;
    helper_stop(&watch->helper);
    return fail_request(watch, ECHILD);
}

int receiver_watch_fd(const struct receiver_watch *watch) {
    return watch->epoll;
}

static void take_reply(struct receiver_watch *watch, const struct receiver_reply *reply, ssize_t size) {
    if (size != (ssize_t)sizeof *reply) {
        helper_stop(&watch->helper); /* it has ended, or is not ours */
        watch->result.error = ECHILD;
        return;
    }
    watch->result.error = reply->error;
    if (!reply->error)
        receiver_decode(&reply->bytes, &watch->result.receiver);
}

bool receiver_watch_take(struct receiver_watch *watch, struct receiver_result *result) {
    struct receiver_reply reply;
    eventfd_t failed = 0;
    helper_reap(&watch->helper);
    if (eventfd_read(watch->failed, &failed) != 0) {
        ssize_t size =
            watch->helper.socket >= 0 ? recv(watch->helper.socket, &reply, sizeof reply, MSG_DONTWAIT | MSG_TRUNC) : -1;
        if (watch->helper.socket < 0 || (size < 0 && (errno == EAGAIN || errno == EINTR)))
            return false;
        if (!watch->busy) {
            helper_stop(&watch->helper); /* nobody has asked */
            return false;
        }
        take_reply(watch, &reply, size);
    }
    watch->busy = false;
    *result = watch->result;
    return true;
}

void receiver_watch_close(struct receiver_watch **watch) {
    if (!watch || !*watch)
        return;
    struct receiver_watch *old = *watch;
    helper_close(&old->helper);
    if (old->epoll >= 0)
        (void)close(old->epoll);
    if (old->failed >= 0)
        (void)close(old->failed);
    free(old->sysfs);
    free(old->dev);
    free(old->program);
    free(old);
    *watch = NULL;
}
