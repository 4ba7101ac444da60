#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *suite_name;

#ifdef COPP_TEST_SHOW_MEMORY
#include <gcrypt.h>

/*
 * Before libcopp's own beginning: all of libgcrypt's memory from malloc. What lies in its secure memory, or is held from
 * there alone, as the buffer of its random number generator is, AddressSanitizer can neither guard nor find again.
 */
__attribute__((constructor(101))) static void show_all_memory(void) {
    (void)gcry_check_version(NULL);
    (void)gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
}
#endif

static void log_rules(const struct test_case *test) {
    const char *path = getenv("COPP_RULES_LOG");
    if (!path || !test->rules[0])
        return;
    FILE *log = fopen(path, "ab");
    assert_non_null(log);
    char *rules = strdup(test->rules);
    assert_non_null(rules);
    for (char *save = NULL, *rule = strtok_r(rules, " ", &save); rule; rule = strtok_r(NULL, " ", &save))
        fprintf(log, "%s %s.%s\n", rule, suite_name, test->name);
    free(rules);
    assert_int_equal(fclose(log), 0);
}

static void run_one(void **state) {
    const struct test_case *test = *state;
    test->run();
    log_rules(test); /* a failed assertion never comes here */
}

int run_suite(const char *suite, const struct test_case *cases, size_t count) {
    suite_name = suite;
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    if (!tests)
        abort();
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){cases[i].name, run_one, NULL, NULL, (void *)(uintptr_t)&cases[i]};
    int failed = _cmocka_run_group_tests(suite, tests, count, NULL, NULL);
    free(tests);
    return failed;
}

char *test_path(const char *name) {
    const char *root = getenv("COPP_TESTS");
    if (!root)
        root = COPP_TESTS_DIR;
    size_t size = strlen(root) + strlen(name) + 2;
    char *path = malloc(size);
    assert_non_null(path);
    (void)snprintf(path, size, "%s/%s", root, name);
    return path;
}

uint8_t *read_test_file(const char *name, size_t *size) {
    char *path = test_path(name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s is missing", path);
    free(path);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long length = ftell(file);
    assert_true(length >= 0);
    rewind(file);
    uint8_t *bytes = malloc((size_t)length + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)length, file), (size_t)length);
    (void)fclose(file);
    bytes[length] = 0;
    *size = (size_t)length;
    return bytes;
}

/* "vectors/NAME"; free with free(). */
static char *vector_name(const char *name) {
    char *joined = malloc(strlen(name) + sizeof "vectors/");
    assert_non_null(joined);
    return strcat(strcpy(joined, "vectors/"), name);
}

uint8_t *read_test_vector(const char *name, size_t *size) {
    char *joined = vector_name(name);
    uint8_t *bytes = read_test_file(joined, size);
    free(joined);
    return bytes;
}

size_t from_hex(const char *hex, uint8_t *bytes, size_t capacity) {
    size_t length = strlen(hex);
    assert_int_equal(length % 2, 0);
    assert_true(length / 2 <= capacity);
    for (size_t i = 0; i < length / 2; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
    }
    return length / 2;
}

struct copp_private_key *test_private_key(const char *name) {
    char *joined = vector_name(name);
    char *path = test_path(joined);
    struct copp_private_key *key = NULL;
    assert_int_equal(copp_private_key_open(path, NULL, &key), COPP_OK);
    free(joined);
    free(path);
    return key;
}

struct copp_public_key test_anchor(void) {
    size_t size;
    uint8_t *text = read_test_file("vectors/root-modulus.b64", &size);
    struct copp_public_key key;
    assert_int_equal(copp_public_key_read((const char *)text, size, &key), COPP_OK);
    free(text);
    return key;
}
