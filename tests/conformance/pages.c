/*
 * Pages for a browser to look at.
 *
 * usage: pages faults FILE     cases against drivers with faults
 *        pages hostile FILE    a run in which every text from outside tries to be markup
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/html/html.h"
#include "faulty.h"

#define FAILURES 8u /* that a page shows, or some more; among them bytes of which we know what would have been right */
#define FAILURES_MAX 4u /* of one fault: what breaks nearly everything does not look like a report that somebody reads */

static const struct conformance_case *cases[DRIVER_CASES_MAX];

/* --- faults --- */

static bool run_on(const char *fault, struct runner_report *report) {
    struct driver_target *target = faulty_copp_new(fault);
    struct driver_suite suite = {.target = target, .semantics = COPP_SEMANTICS_COPP};
    struct driver_target *sound = faulty_copp_new(NULL);
    char error[256];
    const struct runner_options options = {.hostile = true,
                                           .seed = 42,
                                           .semantics = COPP_SEMANTICS_COPP,
                                           .prepare = driver_prepare,
                                           .finish = driver_finish,
                                           .subject = &suite};
    *report = (struct runner_report){.outcomes = NULL};
    suite.target = sound;
    bool good = target != NULL && sound != NULL && driver_survey(&suite, error, sizeof error);
    suite.target = target;
    good = good && runner_run(&options, cases, driver_cases(cases), report);
    faulty_copp_free(&target);
    faulty_copp_free(&sound);
    return good;
}

/* All outcomes of the faulty drivers that failed, in the places of those of the sound one. */
static void take_failures(struct runner_report *all, struct runner_report *faulty) {
    for (size_t i = 0; i < all->count && i < faulty->count; i++) {
        if (all->outcomes[i].result == CASE_FAIL || faulty->outcomes[i].result != CASE_FAIL)
            continue;
        struct case_outcome kept = all->outcomes[i];
        all->outcomes[i] = faulty->outcomes[i];
        faulty->outcomes[i] = kept;
    }
    runner_count(all);
}

static bool knows_right(const struct runner_report *report) {
    bool knows = false;
    for (size_t i = 0; i < report->count; i++) {
        const struct case_outcome *o = &report->outcomes[i];
        for (size_t m = 0; o->result == CASE_FAIL && m < o->mark_count; m++)
            knows |= o->marks[m].right_size > 0;
    }
    return knows;
}

static bool is_enough(const struct runner_report *report) {
    return knows_right(report) && report->counts.by_result[CASE_FAIL] >= FAILURES;
}

static bool is_wanted(const struct runner_report *all, const struct runner_report *faulty) {
    bool room = all->counts.by_result[CASE_FAIL] < FAILURES || knows_right(faulty);
    return room && faulty->counts.by_result[CASE_FAIL] <= FAILURES_MAX;
}

static bool make_faults(FILE *out) {
    const struct report_about about = {.suite = "driver",
                                       .subject = "drivers with faults",
                                       .semantics = "copp",
                                       .version = "test",
                                       .seed = 42,
                                       .simulated = true};
    struct runner_report all, faulty;
    bool good = run_on(NULL, &all);
    for (size_t i = 0; good && !is_enough(&all) && faults_copp[i].name != NULL; i++) {
        good = run_on(faults_copp[i].name, &faulty);
        if (good && is_wanted(&all, &faulty))
            take_failures(&all, &faulty);
        runner_report_free(&faulty);
    }
    good = good && is_enough(&all) && html_of_run(out, &about, &all, 1764374400);
    runner_report_free(&all);
    return good;
}

/* --- hostile --- */

#define BREAKS_OUT                                                                                                               \
    "</script></style></title>\"'><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
/* closed again in itself, as clang-tidy wants it of this file; a report may cut it off anywhere */
#define TURNS                                                                                                                    \
    "\xE2\x80\xAE"                                                                                                               \
    "reversed\xE2\x81\xA6 \x1b[31m \xff\xfe\xc0\xaf a\xCC\x80\xCC\x81 \xE2\x80\x8B\xE2\x81\xA9\xE2\x80\xAC"

static void nothing(struct case_run *run) {
    (void)run;
}

static const struct conformance_case hostile_cases[] = {
    {.id = "DRV-SES-1-1",
     .title = BREAKS_OUT,
     .rules = "SES-1",
     .source = BREAKS_OUT,
     .sends = BREAKS_OUT,
     .right = BREAKS_OUT,
     .run = nothing},
    {.id = "DRV-QRY-2-1", .title = TURNS, .rules = "QRY-2", .source = "", .sends = TURNS, .right = TURNS, .run = nothing},
    {.id = "DRV-CMD-2-1", .title = "short messages", .rules = "CMD-2", .source = "", .sends = "", .right = "", .run = nothing},
};

static const uint8_t letters[] = "<script>document.title='owned'</script>\xE2\x80\xAE\xE2\x80\xAC";

/* Every kind of message, of every size that is not the right one. */
static void add_messages(struct case_outcome *o, size_t size) {
    static uint8_t bytes[5000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = letters[i % sizeof letters];
    for (int kind = EXCHANGE_OPEN; kind <= EXCHANGE_NOTE; kind++) {
        const struct exchange e = {.time_us = (uint64_t)kind * 1000,
                                   .session = 1,
                                   .kind = (enum exchange_kind)kind,
                                   .semantics = COPP_SEMANTICS_COPP,
                                   .request = size > 0 ? bytes : NULL,
                                   .request_size = size,
                                   .additional = size > 0 ? bytes : NULL,
                                   .additional_size = size,
                                   .answer = size > 0 ? bytes : NULL,
                                   .answer_size = size,
                                   .note = (const char *)letters};
        (void)exchange_add(&o->exchanges, &e);
        o->marks[kind - 1] =
            (struct case_mark){.exchange = (size_t)kind - 1, .answer = kind % 2 == 0, .offset = 10, .size = (size_t)kind * 7};
    }
    o->mark_count = CASE_MARKS;
    o->marks[0].offset = SIZE_MAX - 2; /* beyond all bytes */
    o->marks[1].exchange = SIZE_MAX;
    o->marks[3].right_size = o->marks[3].size = CASE_RIGHT_SIZE;
    o->verdict_at = 4;
}

static void fill(struct case_outcome *o, const struct conformance_case *test, const char *text, size_t size) {
    *o = (struct case_outcome){.test = test, .result = CASE_FAIL};
    (void)snprintf(o->rule, sizeof o->rule, "<b>%.8s", text);
    (void)snprintf(o->right, sizeof o->right, "%s", text);
    (void)snprintf(o->seen, sizeof o->seen, "%s", text);
    (void)snprintf(o->subject, sizeof o->subject, "%.60s", text);
    add_messages(o, size);
}

static bool make_hostile(FILE *out) {
    const struct report_about about = {
        .suite = "driver", .subject = BREAKS_OUT TURNS, .semantics = BREAKS_OUT, .version = BREAKS_OUT};
    struct case_outcome outcomes[3];
    struct runner_report report = {.outcomes = outcomes, .count = 3};
    fill(&outcomes[0], &hostile_cases[0], BREAKS_OUT, COPP_MESSAGE_SIZE);
    fill(&outcomes[1], &hostile_cases[1], TURNS, 5000);
    fill(&outcomes[2], &hostile_cases[2], BREAKS_OUT, 3);
    runner_count(&report);
    bool good = html_of_run(out, &about, &report, 0);
    for (size_t i = 0; i < 3; i++)
        outcome_free(&outcomes[i]);
    return good;
}

/* --- */

int main(int argc, char **argv) {
    bool faults = argc == 3 && strcmp(argv[1], "faults") == 0;
    if (!faults && (argc != 3 || strcmp(argv[1], "hostile") != 0)) {
        fprintf(stderr, "usage: pages faults|hostile FILE\n");
        return 2;
    }
    FILE *out = fopen(argv[2], "w");
    if (out == NULL) {
        perror(argv[2]);
        return 2;
    }
    bool good = faults ? make_faults(out) : make_hostile(out);
    good = fclose(out) == 0 && good;
    return good ? 0 : 1;
}
