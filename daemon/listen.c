#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "files.h"
#include "lock.h"
#include "turns.h"

#define PATH_ROOM sizeof((struct sockaddr_un *)NULL)->sun_path
#define LOCK_NAME (PATH_ROOM + sizeof LOCK_SUFFIX)
#define AGAIN_US 1000000u

/* The lock's name; path is shorter than a socket's may be. */
static const char *lock_of(const char *path, char name[LOCK_NAME]) {
    (void)snprintf(name, LOCK_NAME, "%s" LOCK_SUFFIX, path);
    return name;
}

bool listen_check(const char *path, struct error_text *error) {
    struct stat status;
    char lock[LOCK_NAME];
    if (strlen(path) >= PATH_ROOM)
        return error_set(error, "%s: is longer than a socket's path may be (%zu bytes)", path, PATH_ROOM - 1);
    if (!lock_check(lock_of(path, lock), error))
        return false;
    if (lstat(path, &status) != 0)
        return directory_holds(path, error);
    return S_ISSOCK(status.st_mode) ||
           error_set(error, "%s: exists and is not a socket: remove it, or name another path in [daemon] socket", path);
}

/* A socket left behind by a daemon that was killed answers to nobody: the kernel refuses the connection, whatever kind of socket
 * it was. Any other answer is somebody's, who may speak another protocol, or leaves it open. 0: nobody listens, else why not. */
static int in_the_way(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    int cause = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? EADDRINUSE : errno;
    (void)close(fd);
    return cause == ECONNREFUSED || cause == ENOENT ? 0 : cause;
}

/* The lock keeps coppd from coppd; systemd's socket, and one whose lock was cleaned away, are found by asking. */
static bool is_free(const char *path, struct error_text *error) {
    if (!listen_check(path, error))
        return false;
    int cause = in_the_way(path);
    switch (cause) {
    case 0:
        return true;
    case EADDRINUSE:
    case EAGAIN: /* so many wait that it cannot be asked */
        return error_set(error, "%s: another coppd listens there: stop it, or give --socket", path);
    case EPROTOTYPE:
        return error_set(error, "%s: another program has its socket there: stop it, or give --socket", path);
    default:
        return error_set(error, "%s: cannot tell whether another program listens there: %s; remove it, or give --socket", path,
                         strerror(cause));
    }
}

static bool claim_own(struct place *place, struct error_text *error) {
    char lock[LOCK_NAME];
    if (!listen_check(place->path, error))
        return false;
    place->lock = lock_take(lock_of(place->path, lock), error);
    if (place->lock == LOCK_HELD)
        return error_set(error, "%s: another coppd listens there, or is about to (it has locked %s): stop it, or give --socket",
                         place->path, lock);
    return place->lock >= 0 && is_free(place->path, error);
}

bool listen_claim(const char *path, struct place *place, struct error_text *error) {
    *place = (struct place){.path = path, .lock = -1, .fd = -1};
    int count = sd_listen_fds(1);
    if (count < 0)
        return error_set(error, "cannot take over sockets from systemd: %s; LISTEN_PID and LISTEN_FDS must be numbers",
                         strerror(-count));
    if (count == 0)
        return claim_own(place, error);
    if (count != 1 || sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_SEQPACKET, 1, NULL, 0) <= 0)
        return error_set(error, "the socket unit must hand over one Unix socket: ListenSequentialPacket=%s", path);
    /* all that wait are accepted at once, until there is none: that must not wait for another one */
    if (fcntl(SD_LISTEN_FDS_START, F_SETFL, O_NONBLOCK) != 0)
        return error_set(error, "cannot use the socket from systemd: %s", strerror(errno));
    place->fd = SD_LISTEN_FDS_START;
    return true;
}

/* Every user may connect: what they may do is counted by user, not by file mode. */
bool listen_open(struct place *place, struct error_text *error) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (place->fd >= 0)
        return true;
    if (!is_free(place->path, error))
        return false;
    strcpy(address.sun_path, place->path);
    (void)unlink(place->path); /* a socket, or nothing */
    place->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return (place->fd >= 0 && bind(place->fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
            lstat(place->path, &place->own) == 0 && chmod(place->path, 0666) == 0 && listen(place->fd, TURN_ACCEPTS) == 0) ||
           error_set(error, "%s: cannot listen there: %s", place->path, strerror(errno));
}

void listen_hide(const struct place *place) {
    struct stat there;
    const struct stat *own = &place->own;
    if (own->st_ino != 0 && lstat(place->path, &there) == 0 && there.st_dev == own->st_dev && there.st_ino == own->st_ino)
        (void)unlink(place->path);
}

void listen_give_back(struct place *place) {
    if (place->fd >= 0)
        (void)close(place->fd);
    if (place->lock >= 0)
        (void)close(place->lock);
    place->fd = place->lock = -1;
}

void listen_path(int fd, struct sockaddr_un *address) {
    socklen_t size = sizeof *address - 1; /* the last byte stays NUL */
    memset(address, 0, sizeof *address);
    if (getsockname(fd, (struct sockaddr *)address, &size) != 0)
        address->sun_path[0] = 0;
}

static void listen_later(struct server *server, sd_event_source *listener) {
    journal_seldom(&server->not_accepted, errno, "cannot accept connections: %s; trying again each second", strerror(errno));
    (void)sd_event_source_set_enabled(listener, SD_EVENT_OFF);
    (void)sd_event_source_set_time_relative(server->listen_again, AGAIN_US);
    (void)sd_event_source_set_enabled(server->listen_again, SD_EVENT_ONESHOT);
}

int listen_accept(struct server *server, sd_event_source *listener, int listen_fd) {
    int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
        listen_later(server, listener);
    return fd;
}

void listen_resume(struct server *server) {
    (void)sd_event_source_set_enabled(server->listener, SD_EVENT_ON);
    if (server->metrics_listener)
        (void)sd_event_source_set_enabled(server->metrics_listener, SD_EVENT_ON);
}

bool listen_to(struct client *client, uint32_t more) {
    return sd_event_source_set_io_events(client->source, LISTEN_EVENTS | more) >= 0;
}
