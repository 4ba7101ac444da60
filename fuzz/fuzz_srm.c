/*
 * HDCP renewability messages of both generations: under every kind of key, and once with all signatures believed. A
 * malformed list never counts as "nothing revoked" (SRM-4).
 */
#include <stdlib.h>

#include "fuzz.h"

static uint32_t be16(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

/* The entries of a message's first block, counted here once more. */
static size_t count_first(const uint8_t *bytes) {
    size_t signature = 5 + be16(bytes + 6) - (bytes[0] == 0x80 ? 40u : 384u);
    size_t count = 0;
    if (bytes[0] != 0x80)
        return be16(bytes + 8) >> 6;
    for (size_t at = 8; at < signature; at += 1 + (size_t)(bytes[at] & 0x7F) * COPP_KSV_SIZE)
        count += bytes[at] & 0x7F;
    return count;
}

/* What is read is what the header says; who is listed is found, and nobody else. */
static void check_read(const struct copp_srm *srm, const uint8_t *bytes, size_t size) {
    static const uint8_t nobody[COPP_KSV_SIZE] = {0xA5, 0x5A, 0xA5, 0x5A, 0xA5};
    size_t count = copp_srm_count(srm);
    bool listed = false;
    CHECK(size >= 8 && copp_srm_hdcp(srm) == (bytes[0] == 0x80 ? 1u : 2u));
    CHECK(copp_srm_version(srm) == be16(bytes + 2) && copp_srm_generation(srm) == bytes[4]);
    CHECK(count <= size / COPP_KSV_SIZE && !copp_srm_entry(srm, count));
    CHECK(bytes[4] <= 1 ? count == count_first(bytes) : count >= count_first(bytes));
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = copp_srm_entry(srm, i);
        CHECK(copp_srm_revoked(srm, entry));
        listed = listed || copp_equal(entry, nobody, sizeof nobody);
    }
    CHECK(copp_srm_revoked(srm, nobody) == listed);
    CHECK(copp_srm_may_replace(srm, srm) == (copp_srm_valid(srm) ? COPP_OK : COPP_E_ARGUMENT)); /* SRM-3 */
}

static bool verify(const uint8_t *bytes, size_t size, enum copp_srm_key_kind kind) {
    const struct copp_srm_key key = {.size = sizeof key, .kind = kind};
    struct copp_srm *srm = NULL;
    struct copp_verdict verdict;
    enum copp_result result = copp_srm_verify(bytes, size, &key, &srm, &verdict);
    CHECK(result == COPP_OK || result == COPP_E_INVALID || result == COPP_E_TOO_LARGE || result == COPP_E_KEY);
    CHECK((result == COPP_OK) == (srm != NULL) && verdict.detail);
    CHECK(result == COPP_E_INVALID ? verdict.rule >= COPP_RULE_SRM_1 && verdict.rule <= COPP_RULE_SRM_5
                                   : verdict.rule == COPP_RULE_NONE);
    if (!srm)
        return false;
    CHECK(copp_srm_valid(srm));
    check_read(srm, bytes, size);
    copp_srm_free(&srm);
    return true;
}

static bool is(const char *vector, const uint8_t *bytes, size_t size) {
    struct fuzz_bytes wanted = fuzz_vector(vector);
    bool same = wanted.size == size && copp_equal(wanted.bytes, bytes, size);
    free(wanted.bytes);
    return same;
}

/* Nothing verifies but the messages that are public. */
static void check_is_public(const uint8_t *bytes, size_t size, enum copp_srm_key_kind kind) {
    CHECK(is(kind == COPP_SRM_KEY_FACSIMILE ? "srm-facsimile.bin" : "srm-hdcp2-v1.bin", bytes, size)); /* SRM-2 */
}

static void parse(const uint8_t *bytes, size_t size) {
    struct copp_srm *srm = NULL;
    struct copp_verdict verdict;
    if (copp_srm_parse(bytes, size, &srm, &verdict))
        return;
    CHECK(!copp_srm_valid(srm));
    check_read(srm, bytes, size);
    copp_srm_free(&srm);
    CHECK(!srm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const enum copp_srm_key_kind kinds[] = {COPP_SRM_KEY_PRODUCTION, COPP_SRM_KEY_FACSIMILE};
    for (size_t i = 0; i < 2; i++) {
        if (verify(data, size, kinds[i]))
            check_is_public(data, size, kinds[i]);
    }
    fuzz_believe = true;
    bool accepted = verify(data, size, COPP_SRM_KEY_PRODUCTION);
    fuzz_believe = false;
    CHECK(accepted || !verify(data, size, COPP_SRM_KEY_PRODUCTION));
    parse(data, size);
    return 0;
}
