#include "outputs/kms/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#define RETRY_NS 2000000 /* the owner's own frames are in the way: between two of them there is a moment for ours */
#define BUSY_MAX 50u /* attempts, before a job that may wait does */

/* --- in the process: nothing that takes a lock, since others may have held some while it was made --- */

/* What is written at one connector: count of the job's items, from first on. */
struct part {
    size_t first;
    size_t count;
};

static bool next_part(const struct kms_job *job, struct part *part) {
    part->first += part->count;
    part->count = 0;
    while (part->first + part->count < job->count &&
           job->items[part->first + part->count].connector == job->items[part->first].connector)
        part->count++;
    return part->count > 0;
}

static int commit(const struct kms_job *job, const struct part *part, bool wait) {
    uint32_t object = job->items[part->first].connector;
    uint32_t count = (uint32_t)part->count;
    uint32_t properties[KMS_JOB_ITEMS];
    uint64_t values[KMS_JOB_ITEMS];
    for (size_t i = 0; i < part->count; i++) {
        properties[i] = job->items[part->first + i].property;
        values[i] = job->items[part->first + i].value;
    }
    struct drm_mode_atomic request = {.flags = DRM_MODE_ATOMIC_ALLOW_MODESET | (wait ? 0 : DRM_MODE_ATOMIC_NONBLOCK),
                                      .count_objs = 1,
                                      .objs_ptr = (uintptr_t)&object,
                                      .count_props_ptr = (uintptr_t)&count,
                                      .props_ptr = (uintptr_t)properties,
                                      .prop_values_ptr = (uintptr_t)values};
    return drmIoctl(job->fd, DRM_IOCTL_MODE_ATOMIC, &request) == 0 ? 0 : errno;
}

static int set_properties(const struct kms_job *job, const struct part *part) {
    int error = 0;
    for (size_t i = part->first; i < part->first + part->count && !error; i++) {
        struct drm_mode_connector_set_property set = {
            .value = job->items[i].value, .prop_id = job->items[i].property, .connector_id = job->items[i].connector};
        error = drmIoctl(job->fd, DRM_IOCTL_MODE_SETPROPERTY, &set) == 0 ? 0 : errno;
    }
    return error;
}

static int write_part(const struct kms_job *job, const struct part *part) {
    const struct timespec pause = {.tv_nsec = RETRY_NS};
    int error = 0;
    for (unsigned tries = 0; tries < BUSY_MAX; tries++) {
        error = job->atomic ? commit(job, part, false) : set_properties(job, part);
        if (error != EBUSY && error != EAGAIN)
            return error;
        (void)nanosleep(&pause, NULL);
    }
    return job->atomic && job->waits ? commit(job, part, true) : error;
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

static void run(const struct kms_job *job, int pipe) {
    limit_time(job->limit_ms);
    if (job->waits)
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* else a card would have its dead owner as its master, by our copy alone */
    close_all_but(job->fd, pipe);
    int error = carry_out(job);
    _exit(write(pipe, &error, sizeof error) == sizeof error ? 0 : 1);
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
    worker->pid = fork();
    if (worker->pid == 0)
        run(job, ends[1]);
    (void)close(ends[1]);
    worker->pipe = ends[0];
    worker->fd = worker->pid > 0 ? (int)syscall(SYS_pidfd_open, worker->pid, 0) : -1;
    if (worker->pid > 0)
        return true; /* without fd its end is seen when it is looked at */
    close_ends(worker);
    worker->pid = 0;
    return false;
}

enum copp_result kms_worker_result(struct kms_worker *worker, int *error) {
    if (waitpid(worker->pid, NULL, WNOHANG) == 0)
        return COPP_E_PENDING;
    if (read(worker->pipe, error, sizeof *error) != sizeof *error)
        *error = ETIMEDOUT; /* its own time limit, or somebody else has ended it */
    close_ends(worker);
    worker->pid = 0;
    return *error ? COPP_E_FAILED : COPP_OK;
}

void kms_worker_kill(const struct kms_worker *worker) {
    (void)kill(worker->pid, SIGKILL);
}
