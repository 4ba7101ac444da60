/*
 * Cases side by side, each in a thread of its own: what a player starts is held together by a job (player_process), and found without its parent.
 * They share nothing that they write to; the hierarchy's keys are only read.
 */
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "player.h"

#define JOBS_MAX 64u
#define LOOK_MS 200u

_Static_assert(JOBS_MAX <= MAXIMUM_WAIT_OBJECTS, "Windows waits for no more at a time");

struct job {
    HANDLE thread; /* NULL: none */
    struct runner_options options; /* with a player of its own */
    struct player_suite suite;
    uint64_t start_us;
    const struct conformance_case *test;
    struct case_outcome *outcome;
};

struct pool {
    const struct runner_options *options;
    struct job jobs[JOBS_MAX];
    unsigned size;
    unsigned running;
    struct runner_report *report;
};

/* Each case ends by itself: it waits for nothing without an end. */
static unsigned __stdcall work(void *with) {
    struct job *job = with;
    runner_run_case(&job->options, job->test, job->start_us, job->outcome);
    return 0;
}

static bool begin_job(struct job *job, const struct pool *pool, const struct conformance_case *test,
                      struct case_outcome *outcome) {
    const struct player_suite *suite = pool->options->subject;
    job->suite = *suite;
    job->suite.process = suite->process->ops->another(suite->process);
    if (job->suite.process == NULL)
        return false;
    job->options = *pool->options;
    job->options.subject = &job->suite;
    job->start_us = pool->report->start_us;
    job->test = test;
    job->outcome = outcome;
    job->thread = (HANDLE)_beginthreadex(NULL, 0, work, job, 0, NULL);
    if (job->thread != NULL)
        return true;
    suite->process->ops->discard(job->suite.process);
    return false;
}

static bool is_stopped(const struct pool *pool) {
    return pool->options->stop != NULL && *pool->options->stop;
}

static void begin_one(struct pool *pool, const struct conformance_case *test) {
    struct case_outcome *outcome = &pool->report->outcomes[pool->report->count++];
    unsigned free_one = 0;
    while (pool->jobs[free_one].thread != NULL)
        free_one++;
    *outcome = (struct case_outcome){.test = test, .start_us = clock_us() - pool->report->start_us};
    if (begin_job(&pool->jobs[free_one], pool, test, outcome)) {
        pool->running++;
        return;
    }
    outcome->result = CASE_ERROR;
    (void)snprintf(outcome->seen, sizeof outcome->seen, "no thread could be started");
}

static void finish_job(struct pool *pool, struct job *job) {
    (void)CloseHandle(job->thread);
    job->thread = NULL;
    job->suite.process->ops->discard(job->suite.process);
    pool->running--;
    if (pool->options->progress != NULL)
        pool->options->progress(pool->options->context, job->outcome);
}

static void wait_for_one(struct pool *pool) {
    HANDLE threads[JOBS_MAX];
    DWORD count = 0;
    for (unsigned i = 0; i < pool->size; i++) {
        if (pool->jobs[i].thread != NULL)
            threads[count++] = pool->jobs[i].thread;
    }
    (void)WaitForMultipleObjects(count, threads, FALSE, LOOK_MS);
    for (unsigned i = 0; i < pool->size; i++) {
        struct job *job = &pool->jobs[i];
        if (job->thread != NULL && WaitForSingleObject(job->thread, 0) == WAIT_OBJECT_0)
            finish_job(pool, job);
    }
}

static bool is_listed(const struct runner_options *o, const struct conformance_case *test) {
    return runner_wants(o->only, test) && test->semantics == o->semantics;
}

bool player_run_all(const struct runner_options *options, const struct conformance_case *const *cases, size_t count,
                    unsigned jobs, struct runner_report *report) {
    struct pool *pool = calloc(1, sizeof *pool);
    *report = (struct runner_report){.start_us = clock_us()};
    report->outcomes = calloc(count + 1, sizeof *report->outcomes);
    if (pool == NULL || report->outcomes == NULL) {
        free(pool);
        return false;
    }
    *pool = (struct pool){.options = options, .size = jobs < JOBS_MAX ? jobs : JOBS_MAX, .report = report};
    for (size_t i = 0; i < count && !is_stopped(pool); i++) {
        if (!is_listed(options, cases[i]))
            continue;
        while (pool->running == pool->size)
            wait_for_one(pool);
        if (!is_stopped(pool))
            begin_one(pool, cases[i]);
    }
    while (pool->running > 0)
        wait_for_one(pool);
    report->stopped = is_stopped(pool);
    report->duration_us = clock_us() - report->start_us;
    runner_count(report);
    free(pool);
    return true;
}
