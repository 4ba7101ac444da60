#include "outputs/kms/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xf86drm.h>

#define RETRY_NS 2000000 /* the owner's own frames are in the way: between two of them there is a moment for ours */
#define BUSY_MAX 50u /* attempts */
#define BLIND_MS 20u /* from one look to the next where nothing tells of the end */

/* --- in the process: nothing that takes a lock, since others may have held some while it was made --- */

/* What is written at one connector: count of the job's items, from first on. */
struct part {
    size_t first;
    size_t count;
};

static bool next_part(const struct kms_job *job, struct part *part) {
    part->first += part->count;
    part->count = 0;
    while (part->first + part->count < job->count && part->count < KMS_PROPERTIES_MAX &&
           job->items[part->first + part->count].connector == job->items[part->first].connector)
        part->count++;
    return part->count > 0;
}

static int write_once(const struct kms_job *job, const struct part *part, bool wait) {
    const struct kms_job_item *items = &job->items[part->first];
    int error = 0;
    struct kms_property properties[KMS_PROPERTIES_MAX];
    for (size_t i = 0; i < part->count; i++)
        properties[i] = items[i].property;
    if (job->atomic)
        return -kms_properties_commit(job->fd, items[0].connector, properties, (uint32_t)part->count, wait);
    for (size_t i = 0; i < part->count && !error; i++)
        error = -kms_property_set(job->fd, items[0].connector, &properties[i]);
    return error;
}

/*
 * A job that may wait does so from the first. A commit that does not wait would be in the way of the owner's own, which the kernel then answers
 * EBUSY: Weston 10 never draws again after that. Behind one that waits, the owner waits.
 */
static int write_part(const struct kms_job *job, const struct part *part) {
    const struct timespec pause = {.tv_nsec = RETRY_NS};
    unsigned most = job->once ? 1 : BUSY_MAX;
    int error = 0;
    for (unsigned tries = 0; tries < most; tries++) {
        error = write_once(job, part, job->waits);
        if (!kms_is_busy(-error) || job->once)
            return error;
        (void)nanosleep(&pause, NULL);
    }
    return error;
}

/* One that refuses does not keep the others from it. */
static int carry_out(const struct kms_job *job) {
    struct part part = {.first = 0};
    int error = 0;
    while (next_part(job, &part)) {
        int one = write_part(job, &part);
        error = error ? error : one;
    }
    return error;
}

static int become_master(struct kms_job *job) {
    job->fd = open(job->path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (job->fd < 0)
        return errno;
    if (!drmIsMaster(job->fd))
        return EBUSY;
    job->atomic = job->count && drmSetClientCap(job->fd, DRM_CLIENT_CAP_ATOMIC, 1) == 0;
    return 0;
}

static struct kms_outcome carry_out_as_master(const struct kms_job *job) {
    struct kms_job own = *job;
    int error = become_master(&own);
    struct kms_outcome outcome = {.error = error, .master = !error};
    if (!error)
        outcome.error = carry_out(&own);
    if (!error)
        (void)drmDropMaster(own.fd); /* at once; else our end does it */
    return outcome;
}

static void close_all_but(int a, int b) {
    unsigned low = (unsigned)(a < b ? a : b);
    unsigned high = (unsigned)(a < b ? b : a);
    (void)close_range(STDERR_FILENO + 1, low - 1, 0);
    if (high > low + 1)
        (void)close_range(low + 1, high - 1, 0);
    (void)close_range(high + 1, ~0u, 0);
}

/* Ends in time though nobody may be left to kill it; and to that the signals that its parent handles must be as they were. */
static void limit_time(uint32_t limit_ms) {
    const struct itimerval limit = {.it_value = {.tv_sec = limit_ms / 1000, .tv_usec = (suseconds_t)(limit_ms % 1000) * 1000}};
    sigset_t none;
    (void)signal(SIGALRM, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setitimer(ITIMER_REAL, &limit, NULL);
}

static void run(const struct kms_job *job, int pipe, pid_t parent) {
    limit_time(job->limit_ms);
    bool dies = job->waits || job->path; /* else a card would have a dead program as its master, by us alone */
    if (dies)
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dies && getppid() != parent)
        _exit(1); /* it has ended before that was asked for */
    close_all_but(job->path ? pipe : job->fd, pipe);
    struct kms_outcome outcome = {.master = true};
    if (job->path)
        outcome = carry_out_as_master(job);
    else
        outcome.error = carry_out(job);
    _exit(write(pipe, &outcome, sizeof outcome) == sizeof outcome ? 0 : 1);
}

/* --- here --- */

static void close_ends(struct kms_worker *worker) {
    if (worker->fd >= 0)
        (void)close(worker->fd);
    (void)close(worker->pipe);
}

bool kms_worker_start(struct kms_worker *worker, const struct kms_job *job) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    pid_t parent = getpid();
    worker->pid = fork();
    if (worker->pid == 0)
        run(job, ends[1], parent);
    (void)close(ends[1]);
    worker->pipe = ends[0];
    worker->fd = worker->pid > 0 ? (int)syscall(SYS_pidfd_open, worker->pid, 0) : -1;
    if (worker->pid > 0)
        return true;
    close_ends(worker);
    worker->pid = 0;
    return false;
}

bool kms_worker_ended(struct kms_worker *worker, struct kms_outcome *outcome) {
    if (waitpid(worker->pid, NULL, WNOHANG) == 0)
        return false;
    if (read(worker->pipe, outcome, sizeof *outcome) != sizeof *outcome)
        *outcome =
            (struct kms_outcome){ETIMEDOUT, true}; /* its own time limit, or somebody else has ended it: it may have written */
    close_ends(worker);
    worker->pid = 0;
    return true;
}

void kms_worker_await(const struct kms_worker *worker, uint64_t wait_ms) {
    struct pollfd end = {.fd = worker->fd, .events = POLLIN};
    (void)poll(&end, 1, (int)kms_worker_look_ms(worker, wait_ms));
}

uint64_t kms_worker_look_ms(const struct kms_worker *worker, uint64_t end_ms) {
    return worker->fd < 0 && end_ms > BLIND_MS ? BLIND_MS : end_ms;
}

void kms_worker_kill(const struct kms_worker *worker) {
    (void)kill(worker->pid, SIGKILL);
}

void kms_worker_forget(struct kms_worker *worker) {
    close_ends(worker);
    worker->pid = 0;
}
