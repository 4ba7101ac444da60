/* The stored revocation list: replaced whole or not at all, and never by an older one (CRL-3, CRL-5). */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define VERSIONS 24u

struct bytes {
    uint8_t *data;
    size_t size;
};

static struct bytes lists[VERSIONS + 1]; /* by version; the higher ones are longer */
static char directory[] = "/tmp/copp-store-XXXXXX";
static char path[64];

static void make_lists(void) {
    struct copp_private_key *root = test_private_key("root.pem");
    struct copp_private_key *signer;
    uint8_t digests[VERSIONS * COPP_DIGEST_SIZE];
    struct copp_certificate_request request = {.signer = root, .sign_crl = true, .manufacturer = "lists"};
    memset(digests, 5, sizeof digests);
    assert_int_equal(copp_private_key_generate(1024, &signer), COPP_OK);
    assert_int_equal(signer->calls->public_key(signer, &request.subject), COPP_OK);
    for (uint32_t version = 1; version <= VERSIONS; version++)
        assert_int_equal(
            copp_revocation_issue(version, digests, version, &request, 1, signer, &lists[version].data, &lists[version].size),
            COPP_OK);
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

static bool exists(const char *end) {
    char name[80];
    struct stat status;
    (void)snprintf(name, sizeof name, "%s%s", path, end);
    return lstat(name, &status) == 0;
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
    for (size_t i = 0; i < 3; i++) {
        char name[80];
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        assert_true(remove(name) == 0 || errno == ENOENT);
    }
}

static void only_higher_versions_replace(void) {
    struct copp_public_key anchor = test_anchor();
    struct copp_revocation_list *list;
    struct copp_verdict verdict;
    start_empty();
    assert_int_equal(loaded_version(COPP_E_NOT_FOUND), 0);
    assert_int_equal(store_version(5), COPP_OK);
    assert_stored(lists[5].data, lists[5].size);
    for (uint32_t version = 1; version <= 5; version++) { /* the same version is no newer one */
        assert_int_equal(copp_revocation_store(path, lists[version].data, lists[version].size, &anchor, &list, &verdict),
                         COPP_E_ROLLBACK);
        assert_int_equal(verdict.rule, COPP_RULE_CRL_3);
        assert_null(list);
        assert_stored(lists[5].data, lists[5].size);
    }
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

static void what_a_dead_writer_left_is_cleared(void) {
    char name[80];
    start_empty();
    (void)snprintf(name, sizeof name, "%s.new", path);
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(store_version(3), COPP_OK);
    assert_false(exists(".new"));
    assert_stored(lists[3].data, lists[3].size);
}

static void only_regular_files_are_taken(void) {
    char target[80];
    start_empty();
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(loaded_version(COPP_E_IO), 0);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(store_version(1), COPP_E_IO);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(loaded_version(COPP_E_IO), 0); /* and does not wait for a writer */
    assert_int_equal(errno, EINVAL);
    assert_int_equal(store_version(1), COPP_E_IO);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(target, sizeof target, "%s.target", path);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(loaded_version(COPP_E_IO), 0);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(store_version(1), COPP_E_IO);
    assert_int_equal(unlink(path), 0);
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, COPP_REVOCATION_SIZE_MAX + 1), 0);
    assert_int_equal(close(file), 0);
    assert_int_equal(loaded_version(COPP_E_TOO_LARGE), 0);
    assert_int_equal(store_version(1), COPP_E_TOO_LARGE);
    start_empty();
}

static void paths_are_as_the_caller_says(void) {
    struct copp_public_key anchor = test_anchor();
    char missing[96];
    char *before = getcwd(NULL, 0);
    assert_non_null(before);
    (void)snprintf(missing, sizeof missing, "%s/nowhere/crl", directory);
    assert_int_equal(copp_revocation_store(missing, lists[1].data, lists[1].size, &anchor, NULL, NULL), COPP_E_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(copp_revocation_load(missing, &anchor, NULL, NULL), COPP_E_NOT_FOUND);
    start_empty();
    assert_int_equal(chdir(directory), 0);
    assert_int_equal(copp_revocation_store("crl", lists[1].data, lists[1].size, &anchor, NULL, NULL), COPP_OK);
    assert_int_equal(chdir(before), 0);
    free(before);
    assert_int_equal(loaded_version(COPP_OK), 1);
    struct copp_revocation_list *list;
    assert_int_equal(copp_revocation_load(NULL, &anchor, &list, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_load(path, NULL, &list, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_store(NULL, lists[1].data, lists[1].size, &anchor, &list, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_store(path, NULL, 0, &anchor, &list, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_store(path, lists[2].data, lists[2].size, NULL, &list, NULL), COPP_E_ARGUMENT);
    assert_null(list);
}

static void base64_is_stored_in_binary(void) {
    struct copp_public_key anchor = test_anchor();
    size_t size;
    uint8_t *binary = read_test_file("vectors/crl-v7-empty.bin", &size);
    char *text = malloc(2 * size);
    assert_non_null(text);
    FILE *from;
    char command[200];
    char *vector = test_path("vectors/crl-v7-empty.bin");
    (void)snprintf(command, sizeof command, "openssl base64 -in %s", vector);
    from = popen(command, "r"); // NOLINT(cert-env33-c): somebody else's base64
    assert_non_null(from);
    size_t text_size = fread(text, 1, 2 * size, from);
    assert_int_equal(pclose(from), 0);
    start_empty();
    assert_int_equal(copp_revocation_store(path, (uint8_t *)text, text_size, &anchor, NULL, NULL), COPP_OK);
    assert_stored(binary, size);
    free(vector);
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
        pid_t writers[6];
        start_empty();
        for (unsigned i = 0; i < 6; i++) {
            writers[i] = fork();
            assert_true(writers[i] >= 0);
            if (writers[i] == 0)
                _exit(write_all_versions(i));
        }
        for (unsigned i = 0; i < 6; i++) {
            int status;
            assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), 0);
        }
        assert_int_equal(loaded_version(COPP_OK), VERSIONS);
        assert_stored(lists[VERSIONS].data, lists[VERSIONS].size);
        assert_false(exists(".new"));
    }
}

static const struct test_case cases[] = {
    TEST(only_higher_versions_replace, "CRL-3"),
    TEST(invalid_lists_are_not_stored, "CRL-5"),
    TEST(damaged_files_are_refused_and_kept, "CRL-3 CRL-5"),
    TEST(a_failing_write_changes_nothing, "CRL-3"),
    TEST(what_a_dead_writer_left_is_cleared, ""),
    TEST(only_regular_files_are_taken, ""),
    TEST(paths_are_as_the_caller_says, ""),
    TEST(base64_is_stored_in_binary, ""),
    TEST(many_writers_leave_the_highest, "CRL-3"),
};

int main(void) {
    if (!mkdtemp(directory))
        return 1;
    (void)snprintf(path, sizeof path, "%s/crl", directory);
    make_lists();
    int failed = RUN_SUITE("store", cases);
    start_empty();
    (void)rmdir(directory);
    for (size_t i = 1; i <= VERSIONS; i++)
        copp_release(lists[i].data, lists[i].size);
    return failed;
}
