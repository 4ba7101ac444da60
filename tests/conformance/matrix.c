/*
 * Every case against a driver without a fault, which has to fail none, and against each faulty one: each fault is found by the cases
 * that its table names, and each case fails for some fault. Prints the table fault -> cases.
 *
 * usage: matrix copp|opm [--all]
 *
 * A fault is met by the cases that its table names, which takes seconds; with --all by every case, which tells what else fails for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faulty.h"

struct semantics_row {
    const char *name;
    enum copp_semantics semantics;
    const struct fault *faults;
    const char *silent; /* a fault for which no request is answered, and a case that finds it */
    const char *silent_case;
    struct driver_target *(*make)(const char *fault);
    void (*release)(struct driver_target **target);
};

static const struct semantics_row rows[] = {
    {"copp", COPP_SEMANTICS_COPP, faults_copp, "status_starts_at_0", "DRV-SES-4-1", faulty_copp_new, faulty_copp_free},
    {"opm", COPP_SEMANTICS_OPM, faults_opm, "numbers_late", "DRV-OPM-INI-3-1", faulty_opm_new, faulty_opm_free},
};

static int complain(const char *what, const char *which) {
    fprintf(stderr, "%s: %s\n", which, what);
    return 1;
}

/*
 * Runs the cases that only names, or all. What outputs there are is asked of the driver with the fault surveyed, mostly NULL. False if
 * the driver could not be asked at all.
 */
static bool run_cases(const struct semantics_row *row, const char *surveyed, const char *fault, const char *only,
                      struct runner_report *report) {
    static const struct conformance_case *cases[DRIVER_CASES_MAX];
    const size_t count = driver_cases(cases);
    char error[256];
    struct driver_suite suite = {.target = row->make(fault), .semantics = row->semantics};
    const struct runner_options options = {.only = only,
                                           .hostile = true,
                                           .seed = 1,
                                           .semantics = row->semantics,
                                           .prepare = driver_prepare,
                                           .finish = driver_finish,
                                           .subject = &suite};
    *report = (struct runner_report){.outcomes = NULL};
    struct driver_target *faulty = suite.target;
    struct driver_target *sound = row->make(surveyed);
    suite.target = sound;
    bool good = faulty != NULL && sound != NULL && driver_survey(&suite, error, sizeof error);
    suite.probed = false;
    suite.target = faulty;
    good = good && runner_run(&options, cases, count, report);
    row->release(&faulty);
    row->release(&sound);
    return good;
}

static bool has_word(const char *words, const char *word) {
    size_t size = strlen(word);
    for (const char *at = strstr(words, word); at != NULL; at = strstr(at + 1, word)) {
        if ((at == words || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
            return true;
    }
    return false;
}

/* Without a fault nothing fails, and nothing is left out. */
static int check_sound(const struct runner_report *report) {
    int bad = 0;
    for (size_t i = 0; i < report->count; i++) {
        const struct case_outcome *o = &report->outcomes[i];
        if (o->result != CASE_PASS)
            bad |= complain(o->seen, o->test->id);
    }
    return bad;
}

/* The ids as --only has them. */
static void patterns_of(const struct fault *fault, char *patterns, size_t size) {
    (void)snprintf(patterns, size, "%s", fault->cases);
    for (char *space = strchr(patterns, ' '); space != NULL; space = strchr(space, ' '))
        *space = ',';
}

/* Each id in the table is that of a case; they are counted. */
static int check_ids(const struct fault *fault, const struct runner_report *sound, size_t *count) {
    int bad = 0;
    char word[64];
    *count = 0;
    for (const char *id = fault->cases; *id != '\0'; id += strspn(id, " ")) {
        size_t size = strcspn(id, " ");
        bool known = false;
        (void)snprintf(word, sizeof word, "%.*s", (int)size, id);
        for (size_t i = 0; i < sound->count; i++)
            known |= strcmp(sound->outcomes[i].test->id, word) == 0;
        if (!known)
            bad |= complain("is not a case", word);
        ++*count;
        id += size;
    }
    return *count > 0 ? bad : complain("no case is to find it", fault->name);
}

static void note_broken(const struct runner_report *sound, const char *id, bool *broken) {
    for (size_t i = 0; i < sound->count; i++)
        broken[i] |= strcmp(sound->outcomes[i].test->id, id) == 0;
}

static int check_fault(const struct fault *fault, const struct runner_report *sound, const struct runner_report *report,
                       bool *broken) {
    size_t wanted;
    size_t found = 0;
    int bad = check_ids(fault, sound, &wanted);
    printf("%-28s", fault->name);
    for (size_t i = 0; i < report->count; i++) {
        const struct case_outcome *o = &report->outcomes[i];
        const bool named = has_word(fault->cases, o->test->id);
        if (o->result == CASE_FAIL) {
            printf(" %s", o->test->id);
            note_broken(sound, o->test->id, broken);
            found += named;
        } else if (named) {
            bad |= complain("does not find this fault", o->test->id);
        }
    }
    printf("\n");
    if (!bad && found != wanted)
        bad |= complain("not all of its cases were run", fault->name);
    if (bad)
        fprintf(stderr, "in the table of faults: %s: %s\n", fault->name, fault->what);
    return bad;
}

/* As the tool meets a driver: the suite names the rule also where nothing can be asked about the outputs. */
static int check_silent(const struct semantics_row *row) {
    struct runner_report report;
    if (!run_cases(row, row->silent, row->silent, row->silent_case, &report))
        return complain("the driver cannot be asked, and no case says why", row->silent);
    const bool found = report.count == 1 && report.outcomes[0].result == CASE_FAIL;
    runner_report_free(&report);
    return found ? 0 : complain("is not found by the case that it is met with", row->silent);
}

static int check(const struct semantics_row *row, bool all) {
    struct runner_report sound;
    struct runner_report report;
    bool broken[DRIVER_CASES_MAX] = {false};
    char only[2048];
    if (!run_cases(row, NULL, NULL, NULL, &sound))
        return complain("the driver without a fault cannot be asked", row->name);
    int bad = check_sound(&sound) | check_silent(row);
    for (const struct fault *fault = row->faults; fault->name != NULL; fault++) {
        patterns_of(fault, only, sizeof only);
        if (!run_cases(row, NULL, fault->name, all ? NULL : only, &report))
            bad |= complain("the driver cannot be asked", fault->name);
        else
            bad |= check_fault(fault, &sound, &report, broken);
        runner_report_free(&report);
    }
    for (size_t i = 0; i < sound.count; i++) {
        if (!broken[i])
            bad |= complain("fails for no fault", sound.outcomes[i].test->id);
    }
    runner_report_free(&sound);
    return bad;
}

int main(int argc, char **argv) {
    const bool all = argc == 3 && strcmp(argv[2], "--all") == 0;
    for (size_t i = 0; (argc == 2 || all) && i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, argv[1]) == 0)
            return check(&rows[i], all);
    }
    fprintf(stderr, "usage: matrix copp|opm [--all]\n");
    return 2;
}
