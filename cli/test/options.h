/* What copp test driver and copp test player have in common: which cases run, and in what form their results are told. */
#ifndef COPP_CLI_TEST_OPTIONS_H
#define COPP_CLI_TEST_OPTIONS_H

#include "cli/options.h"
#include "conformance/report.h"

struct test_options {
    const char *only;
    const char *expect;
    const char *junit;
    const char *html;
    bool list;
    bool strict;
    bool verbose;
    uint32_t seed; /* 0: a random one */
};

/* Entries for a command's table: of the options structure type, in which a struct test_options is called test. */
#define TEST_OFFSET(type, member) (offsetof(type, test) + offsetof(struct test_options, member))
#define TEST_OPTIONS(type)                                                                                                       \
    {.name = "list", .kind = OPTION_FLAG, .offset = TEST_OFFSET(type, list), .help = "list the cases, and run none"},            \
        {.name = "only",                                                                                                         \
         .kind = OPTION_TEXT,                                                                                                    \
         .offset = TEST_OFFSET(type, only),                                                                                      \
         .argument = "PATTERN[,...]",                                                                                            \
         .help = "only the cases whose ids match, as in\nDRV-SES-*,DRV-CMD-2-1"},                                                \
        {.name = "strict",                                                                                                       \
         .kind = OPTION_FLAG,                                                                                                    \
         .offset = TEST_OFFSET(type, strict),                                                                                    \
         .help = "what is not supported counts as failed, and so\ndoes an expected failure that passes"},                        \
        {.name = "expect",                                                                                                       \
         .kind = OPTION_TEXT,                                                                                                    \
         .offset = TEST_OFFSET(type, expect),                                                                                    \
         .argument = "FILE",                                                                                                     \
         .help = "ids of cases that are known to fail, one a\nline; # begins a comment"},                                        \
        {.name = "seed",                                                                                                         \
         .kind = OPTION_NUMBER,                                                                                                  \
         .offset = TEST_OFFSET(type, seed),                                                                                      \
         .argument = "N",                                                                                                        \
         .help = "where all random numbers come from (default: a\nrandom one, which is printed)"},                               \
        {.name = "junit",                                                                                                        \
         .kind = OPTION_TEXT,                                                                                                    \
         .offset = TEST_OFFSET(type, junit),                                                                                     \
         .argument = "FILE",                                                                                                     \
         .help = "write the results as JUnit XML"},                                                                              \
        {.name = "html",                                                                                                         \
         .kind = OPTION_TEXT,                                                                                                    \
         .offset = TEST_OFFSET(type, html),                                                                                      \
         .argument = "FILE",                                                                                                     \
         .help = "write the results as a page for a browser, with\nwhat was seen of each failed case"},                          \
    {                                                                                                                            \
        .name = "verbose", .letter = 'v', .kind = OPTION_FLAG, .offset = TEST_OFFSET(type, verbose),                             \
        .help = "show cases that passed, too"                                                                                    \
    }

/* What a report says for a run to be repeated by: names of options and their arguments, up to a NULL. */
struct test_words {
    const char *words[24];
    size_t count;
    char numbers[4][12];
    size_t number_count;
};
void test_add_flag(struct test_words *words, const char *name, bool given);
void test_add_text(struct test_words *words, const char *name, const char *argument); /* NULL: not given */
void test_add_number(struct test_words *words, const char *name, uint32_t number, uint32_t initial); /* initial: not given */

/* Each pattern of --only has to match a case, of the semantics unless these are NONE. STATUS_YES, or complains. */
int test_check_only(const struct invocation *in, const struct test_options *options, const struct conformance_case *const *cases,
                    size_t count, enum copp_semantics semantics);

/* Prints the cases that options want, of the semantics that are named ("copp", "opm"; anything else means both), with --json as an array. */
int test_list(const struct invocation *in, const struct test_options *options, const char *semantics,
              const struct conformance_case *const *cases, size_t count);

/* The ids of --expect, in memory of their own. */
struct expectations {
    char *text;
    const char **ids;
    size_t count;
};
/* Reads them: each has to be the id of a case. STATUS_YES, or complains. Free in any case. */
int expectations_read(const struct invocation *in, const struct test_options *options,
                      const struct conformance_case *const *cases, size_t count, struct expectations *expectations);
void expectations_free(struct expectations *expectations);

/* The seed to use. STATUS_YES, or complains. */
int test_seed(const struct invocation *in, const struct test_options *options, uint64_t *seed);

/* For struct runner_options, whose context this is: prints each outcome that is worth it. */
struct test_progress {
    const struct invocation *in;
    const struct test_options *options;
};
void test_tell(void *context, const struct case_outcome *outcome);

/* Prints the report in the forms that were asked for, and answers the exit status. */
int test_finish(const struct invocation *in, const struct test_options *options, const struct runner_options *runner,
                const struct report_about *about, const struct runner_report *report);

#endif
