/*
 * Loaded before the C library (LD_PRELOAD): a test's processes belong to several users, at the test's word, so that no test needs
 * to be root. What a process is not listed as, it is. It also notes the order in which they are answered, which no process that has to
 * wait for a processor can see.
 */
#include "peers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct peers *peers(void) {
    static struct peers *mapped;
    if (!mapped) {
        int fd = open(getenv("COPP_TEST_PEERS"), O_RDWR | O_CLOEXEC);
        mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        (void)close(fd);
        if (mapped == MAP_FAILED)
            abort(); /* a test with one user proves nothing */
    }
    return mapped;
}

__attribute__((visibility("default"))) int getsockopt(int fd, int level, int name, void *restrict value,
                                                      socklen_t *restrict size) {
    int result = (int)syscall(SYS_getsockopt, fd, level, name, value, size);
    if (result != 0 || level != SOL_SOCKET || name != SO_PEERCRED)
        return result;
    struct ucred *credentials = value;
    for (size_t i = 0; i < PEERS_MAX; i++) {
        if (peers()->processes[i].pid == credentials->pid)
            credentials->uid = peers()->processes[i].uid;
    }
    return result;
}

/* Noted first: whoever has received it finds it. coppd sends from one thread. */
__attribute__((visibility("default"))) ssize_t send(int fd, const void *packet, size_t size, int flags) {
    struct ucred credentials = {.pid = 0};
    socklen_t length = sizeof credentials;
    unsigned long number = atomic_load(&peers()->sent);
    (void)syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
    peers()->packets[number % PEERS_SENT].pid = credentials.pid;
    peers()->packets[number % PEERS_SENT].type = size > PEERS_TYPE_AT ? ((const unsigned char *)packet)[PEERS_TYPE_AT] : 0;
    atomic_store(&peers()->sent, number + 1);
    return sendto(fd, packet, size, flags, NULL, 0);
}
