/*
 * Revocation lists, binary and base64. Each input is read twice, as in fuzz_chain: nothing is accepted but the known
 * lists as long as signatures count; then they are all believed, and what is read must be what stands in the bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/base64.h"

#define KNOWN 3u

static struct {
    bool ready;
    struct copp_public_key anchor;
    struct copp_chain *chain; /* the good one: whom lists may revoke */
    struct copp_revocation_list *lists[KNOWN];
} known;

static void begin(void) {
    static const char *const names[KNOWN] = {"crl-v7-empty.bin", "crl-v8-leaf-revoked.bin", "crl-v9-ihv-revoked.bin"};
    struct copp_verdict verdict;
    if (known.ready)
        return;
    known.ready = true;
    known.anchor = fuzz_anchor();
    struct fuzz_bytes chain = fuzz_vector("chain-good.xml");
    CHECK(copp_chain_validate(chain.bytes, chain.size, &known.anchor, &known.chain, &verdict) == COPP_OK);
    for (size_t i = 0; i < KNOWN; i++) {
        struct fuzz_bytes list = fuzz_vector(names[i]);
        CHECK(copp_revocation_validate(list.bytes, list.size, &known.anchor, &known.lists[i], &verdict) == COPP_OK);
        free(list.bytes);
    }
    free(chain.bytes);
}

static bool same(const struct copp_revocation_list *a, const struct copp_revocation_list *b) {
    size_t a_size;
    size_t b_size;
    const uint8_t *a_certificates = copp_revocation_certificates(a, &a_size);
    const uint8_t *b_certificates = copp_revocation_certificates(b, &b_size);
    bool equal = copp_revocation_version(a) == copp_revocation_version(b) &&
                 copp_revocation_count(a) == copp_revocation_count(b) && a_size == b_size &&
                 copp_equal(a_certificates, b_certificates, a_size);
    for (size_t i = 0; equal && i < copp_revocation_count(a); i++)
        equal = copp_equal(copp_revocation_digest(a, i), copp_revocation_digest(b, i), COPP_DIGEST_SIZE);
    return equal;
}

static bool is_known(const struct copp_revocation_list *list) {
    for (size_t i = 0; i < KNOWN; i++) {
        if (same(list, known.lists[i]))
            return true;
    }
    return false;
}

static uint32_t be32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool stands_in(const struct copp_revocation_list *list, const uint8_t *bytes, size_t size) {
    size_t count = copp_revocation_count(list);
    size_t certificates_size;
    const uint8_t *certificates = copp_revocation_certificates(list, &certificates_size);
    if (size < 15 || count != be32(bytes + 4) || copp_revocation_version(list) != be32(bytes))
        return false;
    size_t after = 8 + count * COPP_DIGEST_SIZE;
    size_t signature = after + 4 + certificates_size + 3;
    CHECK(count <= size / COPP_DIGEST_SIZE && signature <= size);
    CHECK(signature + (size_t)bytes[signature - 2] * 256 + bytes[signature - 1] == size); /* CRL-5 */
    for (size_t i = 0; i < count; i++) {
        if (!copp_equal(copp_revocation_digest(list, i), bytes + 8 + i * COPP_DIGEST_SIZE, COPP_DIGEST_SIZE))
            return false;
    }
    return be32(bytes + after) == certificates_size && copp_equal(certificates, bytes + after + 4, certificates_size);
}

/* The list is what the bytes say, or the base64 in them, which may be in UTF-16. */
static void check_read(const struct copp_revocation_list *list, const uint8_t *bytes, size_t size) {
    CHECK(!copp_revocation_digest(list, copp_revocation_count(list)));
    if (stands_in(list, bytes, size))
        return;
    uint8_t *binary = malloc(size + 1);
    size_t binary_size = size;
    char *text = malloc(size + 1);
    CHECK(binary && text);
    size_t length = copp_text_plain(bytes, size, text);
    CHECK(length <= size && copp_base64_decode(text, length, binary, &binary_size));
    CHECK(stands_in(list, binary, binary_size));
    free(text);
    free(binary);
}

/* CRL-4, looked up one by one from the root down. */
static void check_revokes(const struct copp_revocation_list *list) {
    struct copp_verdict verdict;
    int revoked = -1;
    for (int i = (int)copp_chain_count(known.chain) - 1; i >= 0 && revoked < 0; i--) {
        struct copp_certificate read = {.size = sizeof read};
        CHECK(copp_chain_certificate(known.chain, (size_t)i, &read) == COPP_OK);
        for (size_t k = 0; k < copp_revocation_count(list); k++)
            revoked = copp_equal(copp_revocation_digest(list, k), read.digest_value, COPP_DIGEST_SIZE) ? i : revoked;
    }
    enum copp_result result = copp_revocation_check(list, known.chain, &verdict);
    CHECK(result == (revoked < 0 ? COPP_OK : COPP_E_REVOKED) && verdict.certificate == revoked);
    CHECK(verdict.rule == (revoked < 0 ? COPP_RULE_NONE : COPP_RULE_CRL_4));
}

static void check_verdict(enum copp_result result, const struct copp_verdict *verdict) {
    CHECK(verdict->detail);
    if (result == COPP_E_INVALID)
        CHECK(verdict->rule == COPP_RULE_CRL_1 || verdict->rule == COPP_RULE_CRL_2 || verdict->rule == COPP_RULE_CRL_5);
    else
        CHECK(verdict->rule == COPP_RULE_NONE);
}

static void validate(const uint8_t *bytes, size_t size) {
    struct copp_revocation_list *list = NULL;
    struct copp_verdict verdict;
    enum copp_result result = copp_revocation_validate(bytes, size, &known.anchor, &list, &verdict);
    CHECK(result == COPP_OK || result == COPP_E_INVALID || result == COPP_E_TOO_LARGE);
    CHECK((result == COPP_OK) == (list != NULL));
    check_verdict(result, &verdict);
    if (!list)
        return;
    CHECK(copp_revocation_valid(list));
    check_read(list, bytes, size);
    check_revokes(list);
    CHECK(fuzz_believe || is_known(list));
    copp_revocation_free(&list);
}

static void parse(const uint8_t *bytes, size_t size) {
    struct copp_revocation_list *list = NULL;
    struct copp_verdict verdict;
    enum copp_result result = copp_revocation_parse(bytes, size, &list, &verdict);
    check_verdict(result, &verdict);
    if (result)
        return;
    CHECK(!copp_revocation_valid(list) && copp_revocation_check(list, known.chain, &verdict) == COPP_E_ARGUMENT);
    check_read(list, bytes, size);
    copp_revocation_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    begin();
    fuzz_forget_signatures();
    validate(data, size);
    fuzz_believe = true;
    validate(data, size);
    parse(data, size);
    fuzz_believe = false;
    return 0;
}
