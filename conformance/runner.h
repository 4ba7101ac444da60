/* Runs a list of cases: which of them, in which order, and what that comes to. */
#ifndef COPP_CONFORMANCE_RUNNER_H
#define COPP_CONFORMANCE_RUNNER_H

#include <signal.h>

#include "case.h"

struct runner_options {
    const char *only; /* patterns with commas between them, * and ? as in a shell; NULL: all */
    const char *const *expected; /* ids of cases that are expected to fail, expected_count of them */
    size_t expected_count;
    bool strict; /* "not supported" and "unexpected pass" count as failures */
    bool hostile; /* run hostile cases too */
    uint64_t seed;
    enum copp_semantics semantics; /* cases of the other one are left out of the list */
    /* Called before each case: whether what the case needs is there. It answers false after case_skip or case_error. NULL: it is. */
    bool (*prepare)(struct case_run *run);
    void (*finish)(struct case_run *run); /* after each case, whatever came of it; NULL: nothing to do */
    void (*progress)(void *context, const struct case_outcome *outcome); /* after each case; NULL: nobody is told */
    void *context;
    const volatile sig_atomic_t *stop; /* set by a signal: no more cases begin; NULL: never */
    void *subject;
};

struct runner_counts {
    size_t total;
    size_t by_result[CASE_ERROR + 1];
};

struct runner_report {
    struct case_outcome *outcomes;
    size_t count;
    struct runner_counts counts;
    uint64_t start_us;
    uint64_t duration_us;
    bool stopped;
};

/* Whether a case is among those that only names; NULL names all. */
bool runner_wants(const char *only, const struct conformance_case *test);

/* Runs one case. *outcome is filled in and then owns memory: outcome_free. index only chooses random numbers. */
void runner_run_case(const struct runner_options *options, const struct conformance_case *test, uint64_t start_us,
                     struct case_outcome *outcome);
void outcome_free(struct case_outcome *outcome);

/* Runs all that options want of count cases. False without memory. Free *report in any case. */
bool runner_run(const struct runner_options *options, const struct conformance_case *const *cases, size_t count,
                struct runner_report *report);
/* Counts outcomes anew: for who filled in a report otherwise, as by running cases in parallel. */
void runner_count(struct runner_report *report);
void runner_report_free(struct runner_report *report);

/* 0: all is right; 1: a case failed; 2: we could not tell, or none was run. */
int runner_status(const struct runner_options *options, const struct runner_report *report);

#endif
