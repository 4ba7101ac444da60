/* OpenSSL out of memory, at each of its own allocations: what is valid is never called invalid for it. */
#include <stdlib.h>

#include <openssl/crypto.h>

#include "harness.h"

static bool counting;
static unsigned left; /* allocations that still succeed */
static bool all_on; /* after them none does, not only the next one */
static bool failed;

static bool due(void) {
    if (!counting || left-- > 0)
        return false;
    left = 0;
    counting = all_on;
    failed = true;
    return true;
}

static void *allocate(size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    return due() ? NULL : malloc(size);
}

static void *allocate_anew(void *block, size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    return due() ? NULL : realloc(block, size);
}

static void give_back(void *block, const char *file, int line) {
    (void)file;
    (void)line;
    free(block);
}

/* Runs until it has run through without a failure. The first time nothing fails: what OpenSSL makes once and keeps it
 * cannot do without. */
static void run_out(enum copp_result (*work)(struct copp_verdict *verdict)) {
    struct copp_verdict verdict;
    assert_int_equal(work(&verdict), COPP_OK);
    for (int mode = 0; mode < 2; mode++) {
        unsigned succeed = 0;
        all_on = mode;
        do {
            left = succeed++;
            failed = false;
            counting = true;
            enum copp_result result = work(&verdict);
            counting = false;
            if (result == COPP_E_INVALID)
                fail_msg("without allocation %u it was refused by %s", succeed, copp_rule_id(verdict.rule));
            assert_int_equal(verdict.rule, COPP_RULE_NONE);
            assert_true(result == COPP_OK || failed);
        } while (failed);
        assert_true(succeed > 20);
    }
}

static enum copp_result validate_chain(struct copp_verdict *verdict) {
    const struct copp_public_key anchor = test_anchor(); /* asks nothing of OpenSSL */
    size_t size;
    uint8_t *bytes = read_test_vector("chain-good.xml", &size);
    enum copp_result result = copp_chain_validate(bytes, size, &anchor, NULL, verdict);
    free(bytes);
    return result;
}

static enum copp_result verify(const char *vector, enum copp_srm_key_kind kind, struct copp_verdict *verdict) {
    size_t size;
    uint8_t *bytes = read_test_vector(vector, &size);
    const struct copp_srm_key key = {.size = sizeof key, .kind = kind};
    enum copp_result result = copp_srm_verify(bytes, size, &key, NULL, verdict);
    free(bytes);
    return result;
}

static enum copp_result verify_hdcp1(struct copp_verdict *verdict) {
    return verify("srm-facsimile.bin", COPP_SRM_KEY_FACSIMILE, verdict);
}

static enum copp_result verify_hdcp2(struct copp_verdict *verdict) {
    return verify("srm-hdcp2-v1.bin", COPP_SRM_KEY_PRODUCTION, verdict);
}

static void chains(void) {
    run_out(validate_chain);
}

static void hdcp1_messages(void) {
    run_out(verify_hdcp1);
}

static void hdcp2_messages(void) {
    run_out(verify_hdcp2);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(chains, "CERT-11"),
        TEST(hdcp1_messages, "SRM-2"),
        TEST(hdcp2_messages, "SRM-2"),
    };
    if (CRYPTO_set_mem_functions(allocate, allocate_anew, give_back) != 1)
        return 1;
    return RUN_SUITE("openssl_memory", cases);
}
