#include "listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "files.h"

bool listen_check(const char *path, struct fault *fault) {
    struct stat status;
    const size_t room = sizeof((struct sockaddr_un *)NULL)->sun_path;
    if (strlen(path) >= room)
        return fault_set(fault, "%s: is longer than a socket's path may be (%zu bytes)", path, room - 1);
    if (lstat(path, &status) != 0)
        return directory_holds(path, fault);
    return S_ISSOCK(status.st_mode) ||
           fault_set(fault, "%s: is there and is no socket: take it away, or name another path in [daemon] socket", path);
}

/* A socket left behind by a daemon that was killed answers to nobody. */
static bool someone_listens(const struct sockaddr_un *address) {
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool listens = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);
    if (fd >= 0)
        (void)close(fd);
    return listens;
}

/* Every user may connect: what they may do is counted by user, not by file mode. */
static int listen_at(const char *path, struct fault *fault) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!listen_check(path, fault))
        return -1;
    strcpy(address.sun_path, path);
    if (someone_listens(&address)) {
        fault_set(fault, "%s: another coppd listens there: stop it, or give --socket", path);
        return -1;
    }
    (void)unlink(path); /* a socket, or nothing */
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && chmod(path, 0666) == 0 &&
        listen(fd, SOMAXCONN) == 0)
        return fd;
    fault_set(fault, "%s: cannot listen there: %s", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

int listen_open(const char *path, bool *own, struct fault *fault) {
    int count = sd_listen_fds(1);
    *own = count <= 0;
    if (*own)
        return listen_at(path, fault);
    if (count == 1 && sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_SEQPACKET, 1, NULL, 0) > 0)
        return SD_LISTEN_FDS_START;
    fault_set(fault, "the socket unit must hand over one Unix socket: ListenSequentialPacket=%s", path);
    return -1;
}
