/*
 * For tests that link nothing of libcopp's: which rules of docs/protocol.md each of them proves, as tests/unit/harness.h has it. A test
 * that passes appends "RULE suite.test" lines to the file that COPP_RULES_LOG names.
 */
#ifndef RULES_LOG_H
#define RULES_LOG_H

#include <stddef.h>

struct rules_test {
    const char *name;
    void (*run)(void);
    const char *rules; /* space-separated ids, "" if it proves none in particular */
};

/* Runs up to 32 of them, in their order; returns the number that failed. */
int rules_run(const char *suite, const struct rules_test *tests, size_t count);

#endif
