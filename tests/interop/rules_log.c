#include "rules_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define TESTS_MAX 32u

static const char *suite_name;

static void log_rules(const struct rules_test *test) {
    const char *path = getenv("COPP_RULES_LOG");
    if (!path || !test->rules[0])
        return;
    FILE *log = fopen(path, "ab");
    assert_non_null(log);
    for (const char *rule = test->rules; *rule;) {
        int length = (int)strcspn(rule, " ");
        (void)fprintf(log, "%.*s %s.%s\n", length, rule, suite_name, test->name);
        rule += length + (rule[length] == ' ');
    }
    assert_int_equal(fclose(log), 0);
}

static void run_one(void **state) {
    const struct rules_test *test = *state;
    test->run();
    log_rules(test); /* a failed assertion never comes here */
}

int rules_run(const char *suite, const struct rules_test *given, size_t count) {
    struct CMUnitTest tests[TESTS_MAX];
    if (count > TESTS_MAX)
        return 1;
    suite_name = suite;
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){given[i].name, run_one, NULL, NULL, (void *)(uintptr_t)&given[i]};
    return _cmocka_run_group_tests(suite, tests, count, NULL, NULL);
}
