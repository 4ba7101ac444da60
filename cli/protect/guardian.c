#include "guardian.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "descendants.h"
#include "guardian_page.h"
#include "guardian_watch.h"

#define HOLDING_MS 2000u /* longer than holding may take */

/* In the child. The guardian's end is told by a signal too, since copp may be waiting for a driver: it is one that ends that. */
static bool become_copp(struct guardian *guardian, struct guardian_page *page, int fd, pid_t parent) {
    *guardian = (struct guardian){.page = page, .fd = fd};
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    return getppid() == parent;
}

enum guardian_side guardian_start(struct guardian *guardian, int *status) {
    int ends[2];
    struct guardian_page *page = guardian_page_new();
    if (!page)
        return GUARDIAN_FAILED;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
        guardian_page_free(page);
        return GUARDIAN_FAILED;
    }
    fflush(stdout);
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, it would take the exit status away */
    descendants_adopt(); /* before copp can be killed */
    pid_t self = getpid();
    pid_t pid = fork();
    int error = errno;
    (void)close(ends[pid == 0 ? 0 : 1]);
    if (pid == 0) {
        if (!become_copp(guardian, page, ends[1], self))
            _exit(1);
        return GUARDIAN_IS_COPP;
    }
    if (pid > 0)
        *status = guardian_watch(page, pid, ends[0]);
    else
        (void)close(ends[0]);
    guardian_page_free(page);
    errno = error;
    return pid > 0 ? GUARDIAN_IS_ITSELF : GUARDIAN_FAILED;
}

void guardian_close(struct guardian *guardian) {
    if (guardian->fd >= 0)
        (void)close(guardian->fd);
    guardian_page_free(guardian->page);
    *guardian = (struct guardian)GUARDIAN_NONE;
}

int guardian_fd(const struct guardian *guardian) {
    return guardian->fd;
}

/* Its other messages only make us look at the page. */
bool guardian_has_ended(const struct guardian *guardian) {
    char message;
    ssize_t got = -1;
    if (guardian->fd < 0)
        return false;
    do
        got = recv(guardian->fd, &message, sizeof message, 0);
    while (got > 0 || (got < 0 && errno == EINTR));
    return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

/* Its next deadline may stand in a state in which none did. */
static void wake_guardian(const struct guardian *guardian) {
    (void)send(guardian->fd, "", 1, MSG_NOSIGNAL);
}

static void expect_in(struct guardian_page *page, unsigned ms) {
    atomic_store(&page->deadline_ms, guardian_now_ms() + ms);
}

/* What it is stopping stands before anything else is done to it. It is not waited for if it hangs itself. */
static void leave_to(struct guardian *guardian, enum guardian_state to) {
    uint64_t limit = guardian_now_ms() + HOLDING_MS;
    enum guardian_state from;
    guardian->noticed = false;
    do {
        from = guardian_page_state(guardian->page);
        if (from == GUARDIAN_HOLDING && guardian_now_ms() < limit)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    } while ((from == GUARDIAN_HOLDING && guardian_now_ms() < limit) || !guardian_page_change(guardian->page, from, to));
}

void guardian_command_starts(struct guardian *guardian) {
    if (guardian->page)
        leave_to(guardian, GUARDIAN_STARTING);
}

void guardian_command_runs(struct guardian *guardian, int group) {
    if (!guardian->page)
        return;
    atomic_store(&guardian->page->group, group);
    expect_in(guardian->page, GUARDIAN_SILENCE_MS);
    if (!guardian_page_change(guardian->page, GUARDIAN_HALTED, GUARDIAN_HELD))
        leave_to(guardian, GUARDIAN_WATCHED);
    wake_guardian(guardian);
}

void guardian_command_ends(struct guardian *guardian, unsigned at_most_ms) {
    if (!guardian->page)
        return;
    expect_in(guardian->page, GUARDIAN_SILENCE_MS + at_most_ms);
    leave_to(guardian, GUARDIAN_ENDING);
}

void guardian_command_ended(struct guardian *guardian) {
    if (!guardian->page)
        return;
    atomic_store(&guardian->page->group, 0);
    leave_to(guardian, GUARDIAN_ENDED);
}

void guardian_command_is_held(struct guardian *guardian, bool held) {
    if (guardian->page)
        atomic_store(&guardian->page->held, held);
}

bool guardian_beat(struct guardian *guardian) {
    if (!guardian->page)
        return false;
    expect_in(guardian->page, GUARDIAN_SILENCE_MS);
    bool news = !guardian->noticed && guardian_page_state(guardian->page) == GUARDIAN_HELD;
    guardian->noticed = guardian->noticed || news;
    return news;
}

bool guardian_release(struct guardian *guardian) {
    if (!guardian->page)
        return true;
    expect_in(guardian->page, GUARDIAN_SILENCE_MS);
    if (guardian->noticed && guardian_page_change(guardian->page, GUARDIAN_HELD, GUARDIAN_WATCHED)) {
        guardian->noticed = false;
        return true;
    }
    return guardian_page_state(guardian->page) == GUARDIAN_WATCHED;
}

void guardian_suspend(struct guardian *guardian) {
    if (guardian->page)
        leave_to(guardian, GUARDIAN_SUSPENDED);
}

void guardian_go_on(struct guardian *guardian) {
    if (!guardian->page)
        return;
    expect_in(guardian->page, GUARDIAN_SILENCE_MS);
    leave_to(guardian, GUARDIAN_WATCHED);
    wake_guardian(guardian);
}
