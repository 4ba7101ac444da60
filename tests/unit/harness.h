/*
 * Unit tests: cmocka, plus which rules of docs/protocol.md each test proves.
 *
 * A test that passes appends "RULE suite.test" lines to the file that COPP_RULES_LOG names; ./dev check prints the
 * table from these and fails on a rule that no passed test proves.
 */
#ifndef COPP_TEST_HARNESS_H
#define COPP_TEST_HARNESS_H

/* cmocka.h wants these before it, in no other order */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "copp.h"

struct test_case {
    const char *name;
    void (*run)(void);
    const char *rules; /* space-separated ids, "" if it proves none in particular */
};

/* TEST(refuses_dtd, "CERT-1 CERT-2") in the table of a suite, for a function void refuses_dtd(void). */
#define TEST(function, rules)                                                                                                    \
    { #function, function, rules }

/* Runs them all; returns the number that failed, for main to return. */
int run_suite(const char *suite, const struct test_case *cases, size_t count);

#define RUN_SUITE(suite, cases) run_suite(suite, cases, sizeof(cases) / sizeof((cases)[0]))

/* Reads a whole file below tests/ (such as "vectors/leaf.pem"); fails the test if it is not there. A NUL is put
 * beyond *size. Free with free(). */
uint8_t *read_test_file(const char *name, size_t *size);
/* The same below tests/vectors/ ("leaf.pem"). */
uint8_t *read_test_vector(const char *name, size_t *size);
/* The path of a file below tests/; free with free(). */
char *test_path(const char *name);
/* The value of a string member in a flat spot of a JSON vector file is read with jansson by the tests themselves. */
size_t from_hex(const char *hex, uint8_t *bytes, size_t capacity);

/* Test keys below tests/vectors; freed with the usual functions. */
struct copp_private_key *test_private_key(const char *name); /* "leaf.pem" */
struct copp_public_key test_anchor(void); /* root-modulus.b64 */
#endif
