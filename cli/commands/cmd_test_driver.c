/* copp test driver: does a driver follow the protocol, and where not? */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/report.h"
#include "cli/test/options.h"
#include "cli/test/target.h"
#include "conformance/driver/opm_lists.h"

#define SETTLE_INITIAL 150u

struct driver_options {
    struct adapter_options device;
    struct test_options test;
    const char *output;
    const char *event_command;
    uint32_t settle;
    bool hostile;
    bool test_lists;
};

static const struct option_spec options[] = {
    DEVICE_OPTIONS(struct driver_options),
    SEMANTICS_OPTION(struct driver_options),
    DEVICE_RECORD_OPTIONS(struct driver_options),
    {.name = "adapter",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct driver_options, device) + offsetof(struct adapter_options, adapter),
     .argument = "FILE",
     .help = "the simulated adapter's description (simulator.md)"},
    {.name = "output",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct driver_options, output),
     .argument = "NAME",
     .help = "test this output alone (default: for each case\nthe first one that can)"},
    {.name = "hostile",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct driver_options, hostile),
     .help = "also send the machine's own driver what no correct\n"
             "application sends; other drivers always get it"},
    {.name = "test-lists",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct driver_options, test_lists),
     .help = "the driver trusts the keys of the suite's own lists\nof revoked HDCP devices, as the simulated adapter\ndoes "
             "(tests/vectors/opm in the source tree)"},
    {.name = "event-command",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct driver_options, event_command),
     .argument = "COMMAND",
     .help = "a shell command that makes $COPP_EVENT happen,\nsuch as \"unplug HDMI-1\", and exits with 0 if it\ncould"},
    {.name = "settle",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct driver_options, settle),
     .argument = "MS",
     .max = 60000,
     .initial = SETTLE_INITIAL,
     .help = "milliseconds that it may take until what was made\nto happen shows (default: 150)"},
    TEST_OPTIONS(struct driver_options),
    {.name = NULL},
};

/* The machine's own driver, which is in the kernel: what nobody sends could bring the machine down. */
static bool is_real(const struct adapter *adapter) {
    return adapter->path != NULL && strcmp(adapter->path, "opm") == 0;
}

/* The person, or whoever started us, has had enough: the running case ends as it would, and gives its levels back. */
static volatile sig_atomic_t stopped;

static void stop(int number) {
    (void)number;
    stopped = 1;
}

static void stop_by_signals(void) {
    static const int numbers[] = {SIGINT, SIGTERM,
#ifdef SIGHUP
                                  SIGHUP
#endif
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (signal(numbers[i], stop) == SIG_IGN)
            (void)signal(numbers[i], SIG_IGN); /* as nohup wants it */
    }
}

static void add_words(const struct driver_options *o, struct test_words *words) {
    test_add_text(words, "--adapter", o->device.adapter);
    test_add_text(words, "--anchor", o->device.anchor);
    test_add_text(words, "--output", o->output);
    test_add_flag(words, "--hostile", o->hostile);
    test_add_flag(words, "--test-lists", o->test_lists);
    test_add_text(words, "--event-command", o->event_command);
    test_add_number(words, "--settle", o->settle, SETTLE_INITIAL);
}

static int run_cases(const struct invocation *in, struct driver_suite *suite, struct runner_options *runner,
                     const struct conformance_case *const *cases, size_t count, const struct adapter *adapter) {
    const struct driver_options *o = in->options;
    struct runner_report report;
    struct test_words words = {.count = 0};
    char error[256];
    char subject[512] = "embedded";
    if (adapter->path != NULL)
        (void)snprintf(subject, sizeof subject, "%s%s", is_real(adapter) ? "" : "unix:", adapter->path);
    if (!driver_survey(suite, error, sizeof error))
        return fail(in, STATUS_UNKNOWN, o->output, "%s", error);
    add_words(o, &words);
    const struct report_about about = {.suite = "driver",
                                       .subject = subject,
                                       .semantics = suite->semantics == COPP_SEMANTICS_OPM ? "opm" : "copp",
                                       .version = copp_version(),
                                       .seed = runner->seed,
                                       .strict = runner->strict,
                                       .simulated = adapter->path == NULL,
                                       .options = words.words};
    int status = runner_run(runner, cases, count, &report) ? test_finish(in, &o->test, runner, &about, &report)
                                                           : fail_result(in, NULL, COPP_E_MEMORY);
    runner_report_free(&report);
    return status;
}

static int run_on(const struct invocation *in, struct adapter *adapter, const struct conformance_case *const *cases,
                  size_t count) {
    const struct driver_options *o = in->options;
    struct adapter_target target;
    struct expectations expectations = {.text = NULL};
    struct test_progress progress = {in, &o->test};
    adapter_target_init(&target, in, adapter, o->event_command, o->settle);
    target.target.test_lists = o->test_lists || adapter->path == NULL;
    struct driver_suite suite = {
        .target = &target.target, .semantics = adapter_target_semantics(&target), .only_output = o->output};
    if (suite.semantics == COPP_SEMANTICS_OPM)
        adapter_target_try_both(&target);
    struct runner_options runner = {.only = o->test.only,
                                    .strict = o->test.strict,
                                    .hostile = o->hostile || !is_real(adapter),
                                    .semantics = suite.semantics,
                                    .prepare = driver_prepare,
                                    .finish = driver_finish,
                                    .progress = test_tell,
                                    .context = &progress,
                                    .stop = &stopped,
                                    .subject = &suite};
    int status = test_check_only(in, &o->test, cases, count, suite.semantics);
    if (status == STATUS_YES)
        status = test_seed(in, &o->test, &runner.seed);
    if (status == STATUS_YES)
        status = expectations_read(in, &o->test, cases, count, &expectations);
    runner.expected = expectations.ids;
    runner.expected_count = expectations.count;
    if (status == STATUS_YES) {
        stop_by_signals();
        status = run_cases(in, &suite, &runner, cases, count, adapter);
    }
    expectations_free(&expectations);
    return status;
}

static int run(const struct invocation *in) {
    const struct driver_options *o = in->options;
    const struct conformance_case *cases[DRIVER_CASES_MAX];
    size_t count = driver_cases(cases);
    struct adapter adapter;
    int status = test_check_only(in, &o->test, cases, count, COPP_SEMANTICS_NONE);
    if (status != STATUS_YES || o->test.list)
        return status != STATUS_YES ? status : test_list(in, &o->test, o->device.semantics, cases, count);
    struct adapter_options device = o->device;
    if (device.semantics == NULL)
        device.semantics = "auto";
    device.both = true;
    device.srm_keys = opm_list_keys(&device.srm_key_count);
    status = adapter_open(in, &device, false, &adapter);
    if (status == STATUS_YES)
        status = run_on(in, &adapter, cases, count);
    adapter_close(&adapter);
    return status;
}

const struct command command_test_driver = {
    .name = "test driver",
    .operands = "",
    .summary = "Test whether a driver follows the protocol",
    .details = "Plays a correct application, and then a hostile one. Each case has a number, names the rules that\n"
               "it proves, and reports what was expected and what was seen. Exit status 0: all cases passed; 1: a\n"
               "case failed; 2: could not tell.",
    .options = options,
    .options_size = sizeof(struct driver_options),
    .run = run,
};
