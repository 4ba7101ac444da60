/* copp test player: does a player notice what a driver does wrong, and is its content hidden in time? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/recording.h"
#include "cli/report.h"
#include "cli/test/interrupt.h"
#include "cli/test/options.h"
#include "cli/test/process.h"
#include "conformance/record/record_run.h"

#define JOBS_MAX 64u
#define JOBS_INITIAL 8u
#define TOLERANCE_INITIAL 500u
#define START_INITIAL 15u

struct player_options {
    struct test_options test;
    struct recording_options recording;
    const char *semantics;
    const char *shown_marker;
    const char *hidden_marker;
    const char *frames_command;
    uint32_t jobs;
    uint32_t tolerance;
    uint32_t start;
};

static const struct option_spec options[] = {
    {.name = "semantics",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct player_options, semantics),
     .argument = "copp|opm",
     .words = "copp opm",
     .help = "what the driver speaks (default: copp)"},
    {.name = "shown-marker",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct player_options, shown_marker),
     .argument = "TEXT",
     .help = "a line with TEXT on the player's standard output\nor error says that content is shown"},
    {.name = "hidden-marker",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct player_options, hidden_marker),
     .argument = "TEXT",
     .help = "the same for content that is hidden; without it,\n"
             "the shown marker has to come twice a second"},
    {.name = "frames-command",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct player_options, frames_command),
     .argument = "COMMAND",
     .help = "a shell command that exits with 0 while content is\nshown, and with 1 while it is hidden"},
    {.name = "jobs",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct player_options, jobs),
     .argument = "N",
     .max = JOBS_MAX,
     .initial = JOBS_INITIAL,
     .help = "how many players run at a time (default: 8)"},
    {.name = "tolerance",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct player_options, tolerance),
     .argument = "MS",
     .max = 10000,
     .initial = TOLERANCE_INITIAL,
     .help = "milliseconds beyond the 2 seconds of APP-3, for a\nbusy machine (default: 500)"},
    {.name = "start",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct player_options, start),
     .argument = "SECONDS",
     .max = 30,
     .initial = START_INITIAL,
     .help = "how long the player may take to begin to play\n"
             "(default: 15)"},
    RECORD_OPTIONS(struct player_options, recording),
    TEST_OPTIONS(struct player_options),
    {.name = NULL},
};

/* --- a run --- */

static enum copp_semantics semantics_of(const struct player_options *o) {
    return o->semantics != NULL && strcmp(o->semantics, "opm") == 0 ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP;
}

static void add_words(const struct player_options *o, struct test_words *words) {
    test_add_text(words, "--shown-marker", o->shown_marker);
    test_add_text(words, "--hidden-marker", o->hidden_marker);
    test_add_text(words, "--frames-command", o->frames_command);
    test_add_number(words, "--tolerance", o->tolerance, TOLERANCE_INITIAL);
    test_add_number(words, "--start", o->start, START_INITIAL);
}

static int run_cases(const struct invocation *in, const struct runner_options *runner,
                     const struct conformance_case *const *cases, size_t count) {
    const struct player_options *o = in->options;
    struct runner_report report;
    struct test_words words = {.count = 0};
    add_words(o, &words);
    const struct report_about about = {.suite = "player",
                                       .subject = in->operands[0],
                                       .semantics = runner->semantics == COPP_SEMANTICS_OPM ? "opm" : "copp",
                                       .version = copp_version(),
                                       .seed = runner->seed,
                                       .strict = runner->strict,
                                       .simulated = true,
                                       .options = words.words,
                                       .command = in->operands};
    struct recorder *recorder;
    int status = recording_open(in, &o->recording, true, &recorder);
    if (status != STATUS_YES)
        return status;
    test_interrupt_watch();
    bool run = player_run_all(runner, cases, count, o->jobs > 0 ? o->jobs : 1, &report);
    if (run && recorder != NULL)
        record_run(recorder, &report);
    recorder_close(&recorder);
    status = run ? test_finish(in, &o->test, runner, &about, &report) : fail_result(in, NULL, COPP_E_MEMORY);
    runner_report_free(&report);
    return status;
}

static int run_in(const struct invocation *in, const char *directory, const struct conformance_case *const *cases, size_t count) {
    const struct player_options *o = in->options;
    const struct test_process_terms terms = {in->operands, {o->shown_marker, o->hidden_marker}, o->frames_command};
    struct test_process process;
    struct player_trust trust;
    struct expectations expectations = {.text = NULL};
    struct test_progress progress = {in, &o->test};
    test_process_init(&process, &terms);
    const struct player_suite suite = {.trust = &trust,
                                       .process = &process.process,
                                       .directory = directory,
                                       .can_see = o->shown_marker != NULL || o->frames_command != NULL,
                                       .can_hide = o->hidden_marker != NULL || o->frames_command != NULL,
                                       .tolerance_ms = o->tolerance,
                                       .start_ms = o->start * 1000u,
                                       .stop = &test_interrupted};
    struct runner_options runner = {.only = o->test.only,
                                    .strict = o->test.strict,
                                    .hostile = true,
                                    .semantics = semantics_of(o),
                                    .progress = test_tell,
                                    .context = &progress,
                                    .stop = &test_interrupted,
                                    .subject = (void *)(uintptr_t)&suite};
    int status = test_seed(in, &o->test, &runner.seed);
    enum copp_result result = trust_make(&trust);
    if (status == STATUS_YES && result != COPP_OK)
        status = fail(in, STATUS_UNKNOWN, NULL, "cannot create a test hierarchy: %s", copp_strerror(result));
    if (status == STATUS_YES)
        status = expectations_read(in, &o->test, cases, count, &expectations);
    runner.expected = expectations.ids;
    runner.expected_count = expectations.count;
    if (status == STATUS_YES)
        status = run_cases(in, &runner, cases, count);
    expectations_free(&expectations);
    trust_free(&trust);
    return status;
}

static int check(const struct invocation *in) {
    const struct player_options *o = in->options;
    if (in->operand_count == 0)
        return fail_with(in, STATUS_UNKNOWN, NULL, "write copp test player -- COMMAND", "no player is given");
    if (o->hidden_marker != NULL && o->shown_marker == NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "--hidden-marker needs --shown-marker");
    return STATUS_YES;
}

static int run(const struct invocation *in) {
    const struct player_options *o = in->options;
    const struct conformance_case *cases[PLAYER_CASES_MAX];
    size_t count = player_cases(cases);
    char directory[PLAYER_PATH];
    int status = test_check_only(in, &o->test, cases, count, o->test.list ? COPP_SEMANTICS_NONE : semantics_of(o));
    if (status == STATUS_YES && o->test.list)
        return test_list(in, &o->test, o->semantics, cases, count);
    if (status == STATUS_YES)
        status = check(in);
    if (status != STATUS_YES)
        return status;
    if (!place_make_root(directory))
        return fail_to_write(in, directory, "a directory", errno);
    status = run_in(in, directory, cases, count);
    place_remove(directory);
    return status;
}

#ifdef _WIN32
#define PLAYER_FINDS                                                                                                             \
    "judges what the player does. The player finds the driver through copp.dll or dxva2.dll, which find it\n"                    \
    "by COPP_DRIVER, and the anchor by COPP_ANCHOR, or by {directory} and {anchor} in COMMAND. Let it play\n"                    \
    "for at least 10 seconds. Exit status 0: all cases passed; 1: a case failed; 2: could not tell."
#else
#define PLAYER_FINDS                                                                                                             \
    "judges what the player does. The player finds the driver by COPP_DEVICE and COPP_ANCHOR, or by\n"                           \
    "{socket}, {anchor} and {output} in COMMAND. Let it play for at least 10 seconds. Exit status 0: all\n"                      \
    "cases passed; 1: a case failed; 2: could not tell."
#endif

const struct command command_test_player = {
    .name = "test player",
    .operands = "-- COMMAND",
    .operands_max = -1,
    .summary = "Test whether a player notices what a driver does wrong",
    .details = "Starts COMMAND once for each case, against a driver of its own that does one thing wrong, and\n" PLAYER_FINDS,
    .options = options,
    .options_size = sizeof(struct player_options),
    .run = run,
};
