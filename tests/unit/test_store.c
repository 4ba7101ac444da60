/* The stored revocation list: replaced whole or not at all, and never by an older one (CRL-3, CRL-5). */
#include "harness.h"
#include "system_kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#define VERSIONS 24u

struct bytes {
    uint8_t *data;
    size_t size;
};

static struct bytes lists[VERSIONS + 1]; /* by version; the higher ones are longer */
static struct bytes other_fifth; /* version 5 too, and as long, of other content */
static char *directory;
static char path[512];

static void make_lists(void) {
    struct copp_private_key *root = test_private_key("root.pem");
    struct copp_private_key *signer;
    uint8_t digests[VERSIONS * COPP_DIGEST_SIZE];
    struct copp_certificate_request request = {.size = sizeof request, .signer = root, .sign_crl = true, .manufacturer = "lists"};
    memset(digests, 5, sizeof digests);
    assert_int_equal(copp_private_key_generate(1024, &signer), COPP_OK);
    assert_int_equal(signer->ops->public_key(signer, &request.subject), COPP_OK);
    for (uint32_t version = 1; version <= VERSIONS; version++)
        assert_int_equal(
            copp_revocation_issue(version, digests, version, &request, 1, signer, &lists[version].data, &lists[version].size),
            COPP_OK);
    digests[0] ^= 1;
    assert_int_equal(copp_revocation_issue(5, digests, 5, &request, 1, signer, &other_fifth.data, &other_fifth.size), COPP_OK);
    copp_private_key_free(&signer);
    copp_private_key_free(&root);
}

static enum copp_result store_version(uint32_t version) {
    struct copp_public_key anchor = test_anchor();
    return copp_revocation_store(path, lists[version].data, lists[version].size, &anchor, NULL, NULL);
}

/* The version in force, or 0 if loading answers wanted instead of a list. */
static uint32_t loaded_version(enum copp_result wanted) {
    struct copp_public_key anchor = test_anchor();
    struct copp_revocation_list *list;
    assert_int_equal(copp_revocation_load(path, &anchor, &list, NULL), wanted);
    uint32_t version = copp_revocation_version(list);
    assert_int_equal(copp_revocation_valid(list), wanted == COPP_OK);
    copp_revocation_free(&list);
    return version;
}

/* path and what is to follow it; static */
static const char *beside(const char *end) {
    static char name[sizeof path + 16];
    (void)snprintf(name, sizeof name, "%s%s", path, end);
    return name;
}

static bool exists(const char *end) {
    FILE *file = fopen(beside(end), "rb");
    if (file)
        (void)fclose(file);
    return file;
}

static void write_stored(const uint8_t *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void assert_stored(const uint8_t *bytes, size_t size) {
    uint8_t *stored = malloc(size + 1);
    FILE *file = fopen(path, "rb");
    assert_non_null(stored);
    assert_non_null(file);
    assert_int_equal(fread(stored, 1, size + 1, file), size);
    assert_memory_equal(stored, bytes, size);
    (void)fclose(file);
    free(stored);
}

static void start_empty(void) {
    static const char *const ends[] = {"", ".new", ".lock"};
    for (size_t i = 0; i < 3; i++)
        assert_true(remove(beside(ends[i])) == 0 || errno == ENOENT);
}

static void only_higher_versions_replace(void) {
    struct copp_public_key anchor = test_anchor();
    struct copp_revocation_list *list;
    struct copp_verdict verdict;
    start_empty();
    assert_int_equal(loaded_version(COPP_E_NOT_FOUND), 0);
    assert_int_equal(store_version(5), COPP_OK);
    assert_stored(lists[5].data, lists[5].size);
    for (uint32_t version = 1; version < 5; version++) {
        assert_int_equal(copp_revocation_store(path, lists[version].data, lists[version].size, &anchor, &list, &verdict),
                         COPP_E_ROLLBACK);
        assert_int_equal(verdict.rule, COPP_RULE_CRL_3);
        assert_null(list);
        assert_stored(lists[5].data, lists[5].size);
    }
    /* the same version is no newer one; the very list is in force already, and nothing has to be written */
    assert_int_equal(copp_revocation_store(path, other_fifth.data, other_fifth.size, &anchor, &list, &verdict), COPP_E_ROLLBACK);
    assert_int_equal(verdict.rule, COPP_RULE_CRL_3);
    assert_non_null(strstr(verdict.detail, "different content"));
    assert_null(list);
    assert_int_equal(copp_revocation_store(path, lists[5].data, lists[5].size, &anchor, &list, &verdict), COPP_OK);
    assert_int_equal(copp_revocation_version(list), 5);
    copp_revocation_free(&list);
    assert_stored(lists[5].data, lists[5].size);
    assert_int_equal(copp_revocation_store(path, lists[6].data, lists[6].size, &anchor, &list, &verdict), COPP_OK);
    assert_int_equal(verdict.rule, COPP_RULE_NONE);
    assert_true(copp_revocation_valid(list));
    assert_int_equal(copp_revocation_version(list), 6);
    copp_revocation_free(&list);
    assert_int_equal(loaded_version(COPP_OK), 6);
    assert_stored(lists[6].data, lists[6].size);
    assert_false(exists(".new"));
}

static void invalid_lists_are_not_stored(void) {
    struct copp_public_key anchor = test_anchor();
    struct copp_verdict verdict;
    start_empty();
    assert_int_equal(store_version(1), COPP_OK);
    assert_int_equal(copp_revocation_store(path, lists[2].data, lists[2].size - 1, &anchor, NULL, &verdict), COPP_E_INVALID);
    assert_int_equal(verdict.rule, COPP_RULE_CRL_5);
    lists[2].data[9] ^= 1;
    assert_int_equal(copp_revocation_store(path, lists[2].data, lists[2].size, &anchor, NULL, &verdict), COPP_E_INVALID);
    assert_int_equal(verdict.rule, COPP_RULE_CRL_2);
    lists[2].data[9] ^= 1;
    assert_int_equal(copp_revocation_store(path, lists[2].data, lists[2].size, copp_anchor_microsoft(), NULL, &verdict),
                     COPP_E_INVALID);
    assert_int_equal(verdict.rule, COPP_RULE_CRL_1);
    assert_stored(lists[1].data, lists[1].size);
}

/* Nothing replaces it: what versions there were cannot be told any more. */
static void damaged_files_are_refused_and_kept(void) {
    struct copp_public_key anchor = test_anchor();
    struct copp_verdict verdict;
    start_empty();
    uint8_t *damaged = malloc(lists[3].size);
    assert_non_null(damaged);
    for (size_t size = 0; size < lists[3].size; size += 97) { /* torn */
        write_stored(lists[3].data, size);
        assert_int_equal(copp_revocation_load(path, &anchor, NULL, &verdict), COPP_E_INVALID);
        assert_int_equal(verdict.rule, COPP_RULE_CRL_5);
        assert_int_equal(store_version(4), COPP_E_INVALID);
        assert_stored(lists[3].data, size);
    }
    for (size_t at = 0; at < lists[3].size; at += 97) { /* tampered with */
        memcpy(damaged, lists[3].data, lists[3].size);
        damaged[at] ^= 4;
        write_stored(damaged, lists[3].size);
        assert_int_equal(loaded_version(COPP_E_INVALID), 0);
        assert_int_equal(copp_revocation_store(path, lists[4].data, lists[4].size, &anchor, NULL, &verdict), COPP_E_INVALID);
        assert_non_null(strstr(verdict.detail, "stored"));
        assert_stored(damaged, lists[3].size);
    }
    free(damaged);
    start_empty(); /* the remedy */
    assert_int_equal(store_version(4), COPP_OK);
}

static void what_a_dead_writer_left_is_cleared(void) {
    start_empty();
    FILE *file = fopen(beside(".new"), "wb");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(store_version(3), COPP_OK);
    assert_false(exists(".new"));
    assert_stored(lists[3].data, lists[3].size);
}

static void lists_that_are_too_long_are_refused(void) {
    start_empty();
    uint8_t *bytes = calloc(1, COPP_REVOCATION_SIZE_MAX + 1);
    assert_non_null(bytes);
    write_stored(bytes, COPP_REVOCATION_SIZE_MAX + 1);
    free(bytes);
    assert_int_equal(loaded_version(COPP_E_TOO_LARGE), 0);
    assert_int_equal(store_version(1), COPP_E_TOO_LARGE);
    start_empty();
}

static void paths_are_as_the_caller_says(void) {
    struct copp_public_key anchor = test_anchor();
    char missing[sizeof path + 16];
    (void)snprintf(missing, sizeof missing, "%s/nowhere/crl", directory);
    assert_int_equal(copp_revocation_store(missing, lists[1].data, lists[1].size, &anchor, NULL, NULL), COPP_E_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(copp_revocation_load(missing, &anchor, NULL, NULL), COPP_E_NOT_FOUND);
    struct copp_revocation_list *list;
    assert_int_equal(copp_revocation_load(NULL, &anchor, &list, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_load(path, NULL, &list, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_store(NULL, lists[1].data, lists[1].size, &anchor, &list, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_store(path, NULL, 0, &anchor, &list, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_store(path, lists[2].data, lists[2].size, NULL, &list, NULL), COPP_E_ARGUMENT);
    assert_null(list);
}

static void directories_are_not_taken(void) {
    start_empty();
    assert_true(test_make_directory(path));
    assert_int_equal(loaded_version(COPP_E_IO), 0);
#ifdef _WIN32
    assert_int_equal(errno, EACCES);
#else
    assert_int_equal(errno, EISDIR);
#endif
    assert_int_equal(store_version(1), COPP_E_IO);
    assert_true(test_remove_directory(path));
    start_empty();
}

static void base64_is_stored_in_binary(void) {
    struct copp_public_key anchor = test_anchor();
    size_t size;
    size_t text_size;
    uint8_t *binary = read_test_vector("crl-v7-empty.bin", &size);
    uint8_t *text = read_test_vector("crl-v7-empty.b64", &text_size); /* somebody else's base64 */
    start_empty();
    assert_int_equal(copp_revocation_store(path, text, text_size, &anchor, NULL, NULL), COPP_OK);
    assert_stored(binary, size);
    free(text);
    free(binary);
}

/* One of many writers: stores every version, in an order of its own; what is in force never goes back. */
static int write_all_versions(unsigned writer) {
    struct copp_public_key anchor = test_anchor();
    uint32_t last = 0;
    for (uint32_t i = 0; i < VERSIONS; i++) {
        uint32_t version = 1 + (i * 7 + writer * 5) % VERSIONS;
        enum copp_result result = store_version(version);
        struct copp_revocation_list *list;
        if ((result != COPP_OK && result != COPP_E_ROLLBACK) || copp_revocation_load(path, &anchor, &list, NULL))
            return 1;
        uint32_t now = copp_revocation_version(list);
        copp_revocation_free(&list);
        if (now < last || now < version)
            return 2;
        last = now;
    }
    return 0;
}

static void many_writers_leave_the_highest(void) {
    for (unsigned round = 0; round < 4; round++) {
        start_empty();
        assert_true(test_run_at_once(write_all_versions, 6));
        assert_int_equal(loaded_version(COPP_OK), VERSIONS);
        assert_stored(lists[VERSIONS].data, lists[VERSIONS].size);
        assert_false(exists(".new"));
    }
}

#ifndef _WIN32
static void a_failing_write_changes_nothing(void) {
    start_empty();
    assert_int_equal(store_version(2), COPP_OK);
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = {1000, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    errno = 0;
    enum copp_result result = store_version(9); /* is written in part, and then no more */
    int cause = errno;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, handler);
    assert_int_equal(result, COPP_E_IO);
    assert_int_equal(cause, EFBIG);
    assert_false(exists(".new"));
    assert_stored(lists[2].data, lists[2].size);
    assert_int_equal(store_version(9), COPP_OK);
    assert_int_equal(loaded_version(COPP_OK), 9);
}

/* What opens on POSIX and is not a file. */
static void only_regular_files_are_taken(void) {
    start_empty();
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(loaded_version(COPP_E_IO), 0); /* and does not wait for a writer */
    assert_int_equal(errno, EINVAL);
    assert_int_equal(store_version(1), COPP_E_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(beside(".target"), path), 0);
    assert_int_equal(loaded_version(COPP_E_IO), 0);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(store_version(1), COPP_E_IO);
    start_empty();
}

static void names_need_no_directory(void) {
    struct copp_public_key anchor = test_anchor();
    char *before = getcwd(NULL, 0);
    assert_non_null(before);
    start_empty();
    assert_int_equal(chdir(directory), 0);
    assert_int_equal(copp_revocation_store("crl", lists[1].data, lists[1].size, &anchor, NULL, NULL), COPP_OK);
    assert_int_equal(chdir(before), 0);
    free(before);
    assert_int_equal(loaded_version(COPP_OK), 1);
}
#endif

static const struct test_case cases[] = {
    TEST(only_higher_versions_replace, "CRL-3"),
    TEST(invalid_lists_are_not_stored, "CRL-5"),
    TEST(damaged_files_are_refused_and_kept, "CRL-3 CRL-5"),
    TEST(what_a_dead_writer_left_is_cleared, ""),
    TEST(directories_are_not_taken, ""),
    TEST(lists_that_are_too_long_are_refused, ""),
    TEST(paths_are_as_the_caller_says, ""),
    TEST(base64_is_stored_in_binary, ""),
    TEST(many_writers_leave_the_highest, "CRL-3"),
#ifndef _WIN32
    TEST(a_failing_write_changes_nothing, "CRL-3"),
    TEST(only_regular_files_are_taken, ""),
    TEST(names_need_no_directory, ""),
#endif
};

int main(void) {
    directory = test_directory_new();
    (void)snprintf(path, sizeof path, "%s/crl", directory);
    make_lists();
    int failed = RUN_SUITE("store", cases);
    start_empty();
    test_directory_remove(directory);
    for (size_t i = 1; i <= VERSIONS; i++)
        copp_release(lists[i].data, lists[i].size);
    copp_release(other_fifth.data, other_fifth.size);
    return failed;
}
