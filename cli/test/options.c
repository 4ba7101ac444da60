#include "options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/io.h"
#include "cli/report.h"
#include "conformance/html/html.h"
#include "write_report.h"

#define EXPECT_MAX 65536u

static const struct conformance_case *find(const struct conformance_case *const *cases, size_t count, const char *id) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(cases[i]->id, id) == 0)
            return cases[i];
    }
    return NULL;
}

#define REMEDY_SIZE 64u

/* in->command->name is "test driver" or "test player": each lists its own cases. */
static const char *list_remedy(const struct invocation *in, char remedy[REMEDY_SIZE]) {
    (void)snprintf(remedy, REMEDY_SIZE, "copp %s --list shows the ids", in->command->name);
    return remedy;
}

/* How many cases a pattern matches: of the semantics, and of any. */
static size_t count_matches(const char *pattern, const struct conformance_case *const *cases, size_t count,
                            enum copp_semantics semantics, size_t *any) {
    size_t found = 0;
    *any = 0;
    for (size_t i = 0; i < count; i++) {
        bool both = semantics == COPP_SEMANTICS_NONE || cases[i]->semantics == COPP_SEMANTICS_NONE;
        if (!runner_wants(pattern, cases[i]))
            continue;
        *any += 1;
        found += both || cases[i]->semantics == semantics;
    }
    return found;
}

static int check_pattern(const struct invocation *in, const char *pattern, const struct conformance_case *const *cases,
                         size_t count, enum copp_semantics semantics) {
    char remedy[REMEDY_SIZE];
    size_t any;
    if (count_matches(pattern, cases, count, semantics, &any) > 0)
        return STATUS_YES;
    if (any == 0)
        return fail_with(in, STATUS_UNKNOWN, NULL, list_remedy(in, remedy), "--only %s: no case has such an id", pattern);
    return fail_with(in, STATUS_UNKNOWN, NULL,
                     semantics == COPP_SEMANTICS_OPM ? "give --semantics copp as well" : "give --semantics opm as well",
                     "--only %s: its cases are about %s's semantics, which are not tested here", pattern,
                     semantics == COPP_SEMANTICS_OPM ? "COPP" : "OPM");
}

static void add_word(struct test_words *words, const char *word) {
    if (words->count + 1 < sizeof words->words / sizeof words->words[0])
        words->words[words->count++] = word;
}

void test_add_flag(struct test_words *words, const char *name, bool given) {
    if (given)
        add_word(words, name);
}

void test_add_text(struct test_words *words, const char *name, const char *argument) {
    if (argument == NULL)
        return;
    add_word(words, name);
    add_word(words, argument);
}

void test_add_number(struct test_words *words, const char *name, uint32_t number, uint32_t initial) {
    if (number == initial || words->number_count == sizeof words->numbers / sizeof words->numbers[0])
        return;
    char *text = words->numbers[words->number_count++];
    (void)snprintf(text, sizeof words->numbers[0], "%" PRIu32, number);
    test_add_text(words, name, text);
}

/* A misspelt pattern beside a right one would leave cases out, and nobody would notice. */
int test_check_only(const struct invocation *in, const struct test_options *options, const struct conformance_case *const *cases,
                    size_t count, enum copp_semantics semantics) {
    int status = STATUS_YES;
    char *next = NULL;
    char remedy[REMEDY_SIZE];
    if (options->only == NULL)
        return STATUS_YES;
    char *text = strdup(options->only);
    if (text == NULL)
        return fail_result(in, NULL, COPP_E_MEMORY);
    char *pattern = strtok_r(text, ",", &next);
    if (pattern == NULL)
        status = fail_with(in, STATUS_UNKNOWN, NULL, list_remedy(in, remedy), "--only names no case");
    for (; status == STATUS_YES && pattern != NULL; pattern = strtok_r(NULL, ",", &next))
        status = check_pattern(in, pattern, cases, count, semantics);
    free(text);
    return status;
}

static bool is_of(const struct conformance_case *test, const char *semantics) {
    if (semantics == NULL || test->semantics == COPP_SEMANTICS_NONE)
        return true;
    return strcmp(semantics, test->semantics == COPP_SEMANTICS_OPM ? "copp" : "opm") != 0;
}

int test_list(const struct invocation *in, const struct test_options *options, const char *semantics,
              const struct conformance_case *const *cases, size_t count) {
    json_t *list = in->json ? json_array() : NULL;
    for (size_t i = 0; i < count; i++) {
        if (!runner_wants(options->only, cases[i]) || !is_of(cases[i], semantics))
            continue;
        if (in->json)
            json_add(&list, report_json_case(cases[i]));
        else
            printf("%-16s %s (%s)\n", cases[i]->id, cases[i]->title, cases[i]->rules);
    }
    return in->json ? print_json(list) : STATUS_YES;
}

static bool add(struct expectations *e, const char *id) {
    const char **ids = realloc(e->ids, (e->count + 1) * sizeof *ids);
    if (ids == NULL)
        return false;
    ids[e->count++] = id;
    e->ids = ids;
    return true;
}

/* Words up to the end of the line or a #; several may stand on a line. */
static int read_ids(const struct invocation *in, const struct test_options *options, const struct conformance_case *const *cases,
                    size_t count, struct expectations *e) {
    char *next_line = NULL;
    char remedy[REMEDY_SIZE];
    for (char *line = strtok_r(e->text, "\n", &next_line); line != NULL; line = strtok_r(NULL, "\n", &next_line)) {
        char *next = NULL;
        line[strcspn(line, "#")] = '\0';
        for (char *id = strtok_r(line, " \t\r", &next); id != NULL; id = strtok_r(NULL, " \t\r", &next)) {
            if (find(cases, count, id) == NULL)
                return fail_with(in, STATUS_UNKNOWN, options->expect, list_remedy(in, remedy), "'%s' is not the id of a case",
                                 id);
            if (!add(e, id))
                return fail_result(in, NULL, COPP_E_MEMORY);
        }
    }
    return STATUS_YES;
}

int expectations_read(const struct invocation *in, const struct test_options *options,
                      const struct conformance_case *const *cases, size_t count, struct expectations *expectations) {
    struct blob blob;
    *expectations = (struct expectations){.text = NULL};
    if (options->expect == NULL)
        return STATUS_YES;
    int status = read_file(in, options->expect, EXPECT_MAX, &blob);
    if (status != STATUS_YES)
        return status;
    expectations->text = strdup((const char *)blob.bytes);
    blob_free(&blob);
    if (expectations->text == NULL)
        return fail_result(in, NULL, COPP_E_MEMORY);
    return read_ids(in, options, cases, count, expectations);
}

void expectations_free(struct expectations *expectations) {
    free(expectations->text);
    free(expectations->ids);
    *expectations = (struct expectations){.text = NULL};
}

int test_seed(const struct invocation *in, const struct test_options *options, uint64_t *seed) {
    uint32_t random = options->seed;
    if (random == 0 && !random_bytes(&random, sizeof random))
        return fail_result(in, NULL, COPP_E_RANDOM);
    *seed = random;
    return STATUS_YES;
}

void test_tell(void *context, const struct case_outcome *outcome) {
    const struct test_progress *progress = context;
    bool dull = outcome->result == CASE_PASS || outcome->result == CASE_NOT_APPLICABLE;
    if (progress->in->json || (dull && !progress->options->verbose))
        return;
    report_text_outcome(stdout, outcome);
    fflush(stdout);
}

/* What reports are made of. */
struct told {
    const struct report_about *about;
    const struct runner_report *report;
};

static bool print_junit(FILE *out, const void *what) {
    const struct told *told = what;
    report_junit(out, told->about, told->report);
    return true;
}

static bool print_html(FILE *out, const void *what) {
    const struct told *told = what;
    return html_of_run(out, told->about, told->report, time(NULL));
}

int test_finish(const struct invocation *in, const struct test_options *options, const struct runner_options *runner,
                const struct report_about *about, const struct runner_report *report) {
    const struct told told = {about, report};
    int status = runner_status(runner, report);
    if (report->count == 0)
        return fail(in, STATUS_UNKNOWN, NULL, "no case has been run");
    if (in->json && print_json(report_json(about, report)) != STATUS_YES)
        return STATUS_UNKNOWN;
    if (!in->json)
        report_text_summary(stdout, about, report);
    if (options->junit != NULL && write_report(in, options->junit, print_junit, &told) != STATUS_YES)
        return STATUS_UNKNOWN;
    if (options->html != NULL && write_report(in, options->html, print_html, &told) != STATUS_YES)
        return STATUS_UNKNOWN;
    return status;
}
