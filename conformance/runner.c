#include "runner.h"

#include <stdlib.h>
#include <string.h>

/* A pattern with * and ?, of size characters. */
static bool matches(const char *pattern, size_t size, const char *text) {
    for (; size > 0 && *pattern != '*'; pattern++, text++, size--) {
        if (*text == '\0' || (*pattern != '?' && *pattern != *text))
            return false;
    }
    if (size == 0)
        return *text == '\0';
    for (; *text != '\0'; text++) {
        if (matches(pattern + 1, size - 1, text))
            return true;
    }
    return matches(pattern + 1, size - 1, text);
}

bool runner_wants(const char *only, const struct conformance_case *test) {
    if (only == NULL)
        return true;
    for (const char *pattern = only; *pattern != '\0';) {
        size_t size = strcspn(pattern, ",");
        if (matches(pattern, size, test->id))
            return true;
        pattern += size;
        pattern += *pattern == ',';
    }
    return false;
}

static bool is_expected(const struct runner_options *o, const char *id) {
    for (size_t i = 0; i < o->expected_count; i++) {
        if (strcmp(o->expected[i], id) == 0)
            return true;
    }
    return false;
}

/* Each case has numbers of its own, so that --only changes none of them. */
static uint64_t seed_of(uint64_t seed, const char *id) {
    uint64_t hash = 0xCBF29CE484222325u ^ seed;
    for (; *id != '\0'; id++)
        hash = (hash ^ (uint8_t)*id) * 0x100000001B3u;
    return hash;
}

void runner_run_case(const struct runner_options *options, const struct conformance_case *test, uint64_t start_us,
                     struct case_outcome *outcome) {
    *outcome = (struct case_outcome){.test = test, .result = CASE_PASS, .start_us = clock_us() - start_us};
    struct case_run run = {.test = test,
                           .outcome = outcome,
                           .subject = options->subject,
                           .random = seed_of(options->seed, test->id),
                           .start_us = start_us};
    if (test->hostile && !options->hostile)
        case_skip(&run, CASE_NOT_APPLICABLE, "a hostile case, which --hostile runs here");
    else if (options->prepare == NULL || options->prepare(&run))
        test->run(&run);
    if (options->finish != NULL)
        options->finish(&run);
    outcome->duration_us = clock_us() - start_us - outcome->start_us;
    if (is_expected(options, test->id) && outcome->result == CASE_FAIL)
        outcome->result = CASE_EXPECTED_FAILURE;
    else if (is_expected(options, test->id) && outcome->result == CASE_PASS)
        outcome->result = CASE_UNEXPECTED_PASS;
}

void outcome_free(struct case_outcome *outcome) {
    exchange_list_free(&outcome->exchanges);
}

void runner_count(struct runner_report *report) {
    report->counts = (struct runner_counts){.total = report->count};
    for (size_t i = 0; i < report->count; i++)
        report->counts.by_result[report->outcomes[i].result]++;
}

static bool is_listed(const struct runner_options *o, const struct conformance_case *test) {
    return runner_wants(o->only, test) && (test->semantics == COPP_SEMANTICS_NONE || test->semantics == o->semantics);
}

bool runner_run(const struct runner_options *options, const struct conformance_case *const *cases, size_t count,
                struct runner_report *report) {
    *report = (struct runner_report){.start_us = clock_us()};
    report->outcomes = calloc(count + 1, sizeof *report->outcomes);
    if (report->outcomes == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        report->stopped = options->stop != NULL && *options->stop;
        if (report->stopped)
            break;
        if (!is_listed(options, cases[i]))
            continue;
        struct case_outcome *outcome = &report->outcomes[report->count++];
        runner_run_case(options, cases[i], report->start_us, outcome);
        if (options->progress != NULL)
            options->progress(options->context, outcome);
    }
    report->duration_us = clock_us() - report->start_us;
    runner_count(report);
    return true;
}

void runner_report_free(struct runner_report *report) {
    for (size_t i = 0; i < report->count; i++)
        outcome_free(&report->outcomes[i]);
    free(report->outcomes);
    *report = (struct runner_report){.outcomes = NULL};
}

int runner_status(const struct runner_options *options, const struct runner_report *report) {
    const size_t *n = report->counts.by_result;
    size_t failed = n[CASE_FAIL];
    if (options->strict)
        failed += n[CASE_NOT_SUPPORTED] + n[CASE_UNEXPECTED_PASS];
    if (failed > 0)
        return 1;
    return n[CASE_ERROR] > 0 || report->stopped || report->count == 0 ? 2 : 0;
}
