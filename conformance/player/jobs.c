/*
 * Cases side by side, each in a process of its own: what a player starts is found and ended by the process that has started it, and a case
 * that goes wrong takes no other with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/transfer.h"
#include "player.h"

#define JOBS_MAX 64u
#define JOB_MS 60000u /* as long as a case may take */
#define KILL_MS 5000u

struct job {
    pid_t pid; /* 0: none */
    int end; /* readable when it has ended */
    int words; /* a file without a name, in which it leaves the outcome */
    uint64_t late_ms;
    bool told; /* to end */
    struct case_outcome *outcome;
};

/* --- an outcome through a file: both ends are this program --- */

static bool put_exchange(int fd, const struct exchange *e) {
    size_t note = strlen(e->note);
    return write_all(fd, e, sizeof *e) && write_all(fd, &note, sizeof note) && write_all(fd, e->note, note) &&
           write_all(fd, e->request, e->request_size) && write_all(fd, e->additional, e->additional_size) &&
           write_all(fd, e->answer, e->answer_size);
}

static bool put_outcome(int fd, const struct case_outcome *outcome) {
    bool put = write_all(fd, outcome, sizeof *outcome);
    for (size_t i = 0; put && i < outcome->exchanges.count; i++)
        put = put_exchange(fd, &outcome->exchanges.items[i]);
    return put;
}

static bool take(int fd, void *bytes, size_t size) {
    return read_all(fd, bytes, size) == (ssize_t)size;
}

/* Free it. NULL: it is empty, or something is wrong. */
static uint8_t *take_bytes(int fd, size_t size, bool *taken) {
    uint8_t *bytes = malloc(size + 1);
    *taken = *taken && bytes != NULL && take(fd, bytes, size);
    if (bytes != NULL)
        bytes[size] = 0;
    return bytes;
}

static bool take_exchange(int fd, struct exchange_list *list) {
    struct exchange e;
    size_t size;
    if (!take(fd, &e, sizeof e) || !take(fd, &size, sizeof size))
        return false;
    bool taken = true;
    uint8_t *note = take_bytes(fd, size, &taken);
    uint8_t *request = take_bytes(fd, e.request_size, &taken);
    uint8_t *additional = take_bytes(fd, e.additional_size, &taken);
    uint8_t *answer = take_bytes(fd, e.answer_size, &taken);
    e.note = (const char *)note;
    e.request = request;
    e.additional = additional;
    e.answer = answer;
    taken = taken && exchange_add(list, &e);
    free(note);
    free(request);
    free(additional);
    free(answer);
    return taken;
}

static bool take_outcome(int fd, struct case_outcome *outcome) {
    struct case_outcome taken;
    if (lseek(fd, 0, SEEK_SET) != 0 || !take(fd, &taken, sizeof taken) || taken.test != outcome->test)
        return false;
    size_t count = taken.exchanges.count;
    taken.exchanges = (struct exchange_list){.items = NULL};
    bool all = true;
    for (size_t i = 0; all && i < count; i++)
        all = take_exchange(fd, &taken.exchanges);
    *outcome = taken;
    return all;
}

/* --- one job --- */

static void work(const struct runner_options *options, const struct conformance_case *test, uint64_t start_us, int words,
                 pid_t parent) {
    struct case_outcome outcome;
    sigset_t children;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* the player is ended then */
    if (getppid() != parent)
        _exit(2);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &children, NULL);
    runner_run_case(options, test, start_us, &outcome);
    _exit(put_outcome(words, &outcome) ? 0 : 2);
}

static void say_error(struct case_outcome *outcome, const char *text) {
    outcome->result = CASE_ERROR;
    (void)snprintf(outcome->seen, sizeof outcome->seen, "%s", text);
}

static bool begin_job(struct job *job, const struct runner_options *options, const struct conformance_case *test,
                      uint64_t start_us) {
    int ends[2];
    pid_t parent = getpid();
    job->words = memfd_create("outcome", MFD_CLOEXEC);
    if (job->words < 0)
        return false;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        (void)close(job->words);
        return false;
    }
    (void)fflush(NULL); /* what is not written yet is written once */
    job->pid = fork();
    if (job->pid == 0)
        work(options, test, start_us, job->words, parent);
    (void)close(ends[1]);
    job->end = ends[0];
    job->told = false;
    job->late_ms = clock_ms() + JOB_MS;
    if (job->pid > 0)
        return true;
    (void)close(job->words);
    (void)close(job->end);
    job->pid = 0;
    return false;
}

static void finish_job(struct job *job, uint64_t start_us) {
    while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (!take_outcome(job->words, job->outcome)) {
        say_error(job->outcome, "the case's own process came to nothing, or took too long");
        job->outcome->duration_us = clock_us() - start_us - job->outcome->start_us;
    }
    (void)close(job->words);
    (void)close(job->end);
    job->pid = 0;
}

/* --- all of them --- */

struct pool {
    const struct runner_options *options;
    struct job jobs[JOBS_MAX];
    unsigned size;
    unsigned running;
    struct runner_report *report;
};

static bool is_stopped(const struct pool *pool) {
    return pool->options->stop != NULL && *pool->options->stop;
}

static void begin_one(struct pool *pool, const struct conformance_case *test) {
    struct case_outcome *outcome = &pool->report->outcomes[pool->report->count++];
    *outcome = (struct case_outcome){.test = test, .start_us = clock_us() - pool->report->start_us};
    for (unsigned i = 0; i < pool->size; i++) {
        struct job *job = &pool->jobs[i];
        if (job->pid != 0)
            continue;
        job->outcome = outcome;
        if (begin_job(job, pool->options, test, pool->report->start_us))
            pool->running++;
        else
            say_error(outcome, "no process could be started");
        return;
    }
}

/* Each ends its player first; one that does not end is killed. */
static void tell_late(struct pool *pool) {
    uint64_t now_ms = clock_ms();
    for (unsigned i = 0; i < pool->size; i++) {
        struct job *job = &pool->jobs[i];
        if (job->pid == 0)
            continue;
        if (!job->told && (now_ms >= job->late_ms || is_stopped(pool))) {
            (void)kill(job->pid, SIGTERM);
            job->told = true;
            job->late_ms = now_ms + KILL_MS;
        } else if (job->told && now_ms >= job->late_ms) {
            (void)kill(job->pid, SIGKILL);
        }
    }
}

static void wait_for_one(struct pool *pool) {
    struct pollfd fds[JOBS_MAX];
    for (unsigned i = 0; i < pool->size; i++)
        fds[i] = (struct pollfd){.fd = pool->jobs[i].pid != 0 ? pool->jobs[i].end : -1, .events = POLLIN};
    int ready = poll(fds, pool->size, 200);
    for (unsigned i = 0; ready > 0 && i < pool->size; i++) {
        if (pool->jobs[i].pid == 0 || fds[i].revents == 0)
            continue;
        finish_job(&pool->jobs[i], pool->report->start_us);
        pool->running--;
        if (pool->options->progress != NULL)
            pool->options->progress(pool->options->context, pool->jobs[i].outcome);
    }
    tell_late(pool);
}

static bool is_listed(const struct runner_options *o, const struct conformance_case *test) {
    return runner_wants(o->only, test) && test->semantics == o->semantics;
}

bool player_run_all(const struct runner_options *options, const struct conformance_case *const *cases, size_t count,
                    unsigned jobs, struct runner_report *report) {
    struct pool pool = {.options = options, .size = jobs < JOBS_MAX ? jobs : JOBS_MAX, .report = report};
    *report = (struct runner_report){.start_us = clock_us()};
    report->outcomes = calloc(count + 1, sizeof *report->outcomes);
    if (report->outcomes == NULL)
        return false;
    for (size_t i = 0; i < count && !is_stopped(&pool); i++) {
        if (!is_listed(options, cases[i]))
            continue;
        while (pool.running == pool.size)
            wait_for_one(&pool);
        if (!is_stopped(&pool))
            begin_one(&pool, cases[i]);
    }
    while (pool.running > 0)
        wait_for_one(&pool);
    report->stopped = is_stopped(&pool);
    report->duration_us = clock_us() - report->start_us;
    runner_count(report);
    return true;
}
