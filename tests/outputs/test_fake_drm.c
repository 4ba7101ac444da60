/* What the tests rely on in the fake card itself (fake_drm.h). */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xf86drm.h>

#include "fake_drm.h"

#define HELD_MS 200
#define ANSWER_MS 10000 /* however busy the machine is */

/* umockdev's lock, which another thread has while a process is made. */
static struct {
    pthread_mutex_t *lock;
    int taken[2]; /* pipes */
    int made[2];
} busy;

/* As long as the process is not made, or for a moment if it waits for us. */
static void *hold(void *unused) {
    struct pollfd made = {.fd = busy.made[0], .events = POLLIN};
    pthread_mutex_lock(busy.lock);
    (void)syscall(SYS_write, busy.taken[1], "", 1);
    (void)poll(&made, 1, HELD_MS);
    pthread_mutex_unlock(busy.lock);
    return unused;
}

static pid_t fork_meanwhile(void) {
    pthread_t thread;
    char byte;
    assert_int_equal(pipe(busy.taken), 0);
    assert_int_equal(pipe(busy.made), 0);
    assert_int_equal(pthread_create(&thread, NULL, hold, NULL), 0);
    assert_int_equal(syscall(SYS_read, busy.taken[0], &byte, 1), 1);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);
        _exit(fd >= 0 && drmIsMaster(fd) && drmDropMaster(fd) == 0 ? 0 : 1);
    }
    (void)syscall(SYS_write, busy.made[1], "", 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return pid;
}

/* Processes that write to a card are made while umockdev's threads serve others. */
static void forks_while_a_lock_is_held(void) {
    static const char *const locks[] = {"ioctl_lock", "trap_path_lock"};
    struct fake_drm *drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true});
    for (size_t i = 0; i < 2; i++) {
        int status = -1;
        busy.lock = dlsym(RTLD_DEFAULT, locks[i]);
        if (!busy.lock)
            continue; /* another umockdev does without */
        pid_t pid = fork_meanwhile();
        struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
        int ended = poll(&end, 1, ANSWER_MS);
        (void)kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        (void)close(end.fd);
        assert_int_equal(ended, 1);
        assert_int_equal(status, 0);
        for (size_t p = 0; p < 2; p++) {
            (void)close(busy.taken[p]);
            (void)close(busy.made[p]);
        }
    }
    fake_drm_free(&drm);
}

static const struct test_case cases[] = {
    TEST(forks_while_a_lock_is_held, ""),
};

int main(void) {
    return RUN_SUITE("fake_drm", cases);
}
