/*
 * The cases for players can fail: a player without a fault passes all of them, each fault is found by the cases that its table names, and
 * each case finds some fault. Prints the table fault -> cases.
 *
 * usage: conformance_players copp|opm FAULTY-PLAYER [DLL]. On Windows the player reaches its driver through that DLL.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/test/process.h"

#ifdef _WIN32
#include "cli/report.h"

/* The tool's: why a player that was held has to be ended. None is here. */
void complain(const char *format, ...) {
    (void)format;
}
#endif

#define PAIRS_MAX 1024u
#define JOBS 32u /* they wait most of the time */
#define TOLERANCE_MS 1500u /* this machine may be busy: no fault is a matter of a second */
#define START_MS 15000u

static const struct {
    const char *name, *what, *cases[2]; /* COPP's, OPM's */
} faults[] = {
#define FAULT(name, what, copp, opm) {#name, what, {copp, opm}},
#include "faulty_player.def"
#undef FAULT
};
#define FAULTS (sizeof faults / sizeof *faults)

/* A case with a fault, or without one (NULL). */
struct pair {
    struct conformance_case test; /* of a name of its own: its directory is called so */
    const struct conformance_case *original;
    const char *fault;
    char id[96];
};

struct matrix {
    bool opm;
    char *command[8];
    struct pair pairs[PAIRS_MAX];
    size_t count;
    const struct conformance_case *tests[PAIRS_MAX];
};

static int report_bad(const char *which, const char *what) {
    fprintf(stderr, "%s: %s\n", which, what);
    return 1;
}

static bool add(struct matrix *m, const struct conformance_case *test, const char *fault) {
    struct pair *pair = &m->pairs[m->count];
    if (m->count == PAIRS_MAX)
        return false;
    (void)snprintf(pair->id, sizeof pair->id, "%s-%s", test->id, fault != NULL ? fault : "none");
    pair->test = *test;
    pair->test.id = pair->id;
    pair->original = test;
    pair->fault = fault;
    m->tests[m->count++] = &pair->test;
    return true;
}

static const struct conformance_case *find(const char *id, size_t size) {
    const struct conformance_case *cases[PLAYER_CASES_MAX];
    size_t count = player_cases(cases);
    for (size_t i = 0; i < count; i++) {
        if (strlen(cases[i]->id) == size && strncmp(cases[i]->id, id, size) == 0)
            return cases[i];
    }
    return NULL;
}

/* The right player with each case, then each fault with those that are to find it. */
static int collect(struct matrix *m) {
    const struct conformance_case *cases[PLAYER_CASES_MAX];
    size_t count = player_cases(cases);
    enum copp_semantics semantics = m->opm ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP;
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        if (cases[i]->semantics == semantics && !add(m, cases[i], NULL))
            bad |= report_bad("matrix", "there are too many");
    }
    for (size_t f = 0; f < FAULTS; f++) {
        for (const char *id = faults[f].cases[m->opm]; *id != '\0'; id += strspn(id, " ")) {
            size_t size = strcspn(id, " ");
            const struct conformance_case *test = find(id, size);
            if (test == NULL || test->semantics != semantics || !add(m, test, faults[f].name))
                bad |= report_bad(id, "is not a case of these semantics");
            id += size;
        }
    }
    return bad;
}

static bool run_all(struct matrix *m, struct runner_report *report) {
    char directory[PLAYER_PATH];
    struct player_trust trust;
    struct test_process process;
    const struct test_process_terms terms = {.command = m->command, .markers = {.shown = "frame", .hidden = "black"}};
    test_process_init(&process, &terms);
    const struct player_suite suite = {.trust = &trust,
                                       .process = &process.process,
                                       .directory = directory,
                                       .can_see = true,
                                       .can_hide = true,
                                       .tolerance_ms = TOLERANCE_MS,
                                       .start_ms = START_MS};
    const struct runner_options options = {.hostile = true,
                                           .seed = 1,
                                           .semantics = m->opm ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP,
                                           .subject = (void *)(uintptr_t)&suite};
    if (!place_make_root(directory))
        return false;
    bool run = trust_make(&trust) == COPP_OK && player_run_all(&options, m->tests, m->count, JOBS, report);
    trust_free(&trust);
    place_remove(directory);
    return run;
}

/* False: it finds no fault. */
static bool finds_something(const struct matrix *m, const struct runner_report *report, const struct conformance_case *test) {
    for (size_t i = 0; i < m->count; i++) {
        if (m->pairs[i].original == test && m->pairs[i].fault != NULL && report->outcomes[i].result == CASE_FAIL)
            return true;
    }
    return false;
}

static int check_sound(const struct matrix *m, const struct runner_report *report) {
    int bad = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (m->pairs[i].fault != NULL)
            continue;
        if (report->outcomes[i].result == CASE_NOT_APPLICABLE)
            continue;
        if (report->outcomes[i].result != CASE_PASS)
            bad |= report_bad(m->pairs[i].id, report->outcomes[i].seen);
        if (!finds_something(m, report, m->pairs[i].original))
            bad |= report_bad(m->pairs[i].original->id, "finds no fault");
    }
    return bad;
}

static int check_fault(const struct matrix *m, const struct runner_report *report, size_t fault) {
    int bad = 0;
    if (*faults[fault].cases[m->opm] == '\0')
        return 0;
    printf("%-32s", faults[fault].name);
    for (size_t i = 0; i < m->count; i++) {
        if (m->pairs[i].fault != faults[fault].name || report->outcomes[i].result == CASE_NOT_APPLICABLE)
            continue;
        printf(" %s", m->pairs[i].original->id);
        if (report->outcomes[i].result == CASE_FAIL)
            continue;
        fprintf(stderr, "%s: not found: %s: %s\n", m->pairs[i].id, case_result_name(report->outcomes[i].result),
                report->outcomes[i].seen);
        bad = 1;
    }
    printf("\n");
    return bad;
}

int main(int argc, char **argv) {
    static struct matrix m;
    struct runner_report report;
    if (argc < 3)
        return 2;
    m.opm = strcmp(argv[1], "opm") == 0;
    char socket[] = "{socket}", anchor[] = "{anchor}", name[] = "case"; /* the player finds its fault in the case's name */
    char *const command[] = {argv[2], name, argv[1], argc > 3 ? argv[3] : socket, anchor, NULL};
    memcpy(m.command, command, sizeof command);
    int bad = collect(&m);
    if (!run_all(&m, &report))
        return report_bad("matrix", "the cases cannot be run");
    bad |= check_sound(&m, &report);
    for (size_t f = 0; f < FAULTS; f++)
        bad |= check_fault(&m, &report, f);
    fprintf(stderr, "%zu faults in all, %zu runs in %.0f s\n", FAULTS, m.count, (double)report.duration_us / 1e6);
    runner_report_free(&report);
    return bad;
}
