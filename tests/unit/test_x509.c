/* OPM-CERT-1..10: the chains of an independent implementation, and every byte of good ones. */
#include <jansson.h>

#include "x509_kit.h"

/* Validates a vector and says which rule it breaks, "valid" for none. */
static const char *judge(const char *name, const char *anchor_name, const char *purpose) {
    const struct copp_opm_anchor anchor = read_anchor(anchor_name);
    struct copp_opm_chain *chain;
    struct copp_verdict verdict;
    size_t size;
    uint8_t *bytes = read_opm(name, &size);
    enum copp_result result = validate(bytes, size, &anchor, purpose, &chain, &verdict);
    free(bytes);
    assert_true(result == COPP_OK || result == COPP_E_INVALID);
    assert_int_equal(result == COPP_OK, verdict.rule == COPP_RULE_NONE);
    assert_int_equal(result == COPP_OK, chain != NULL);
    assert_int_equal(result == COPP_E_INVALID, verdict.detail[0] != '\0');
    assert_true(result != COPP_OK || (copp_opm_chain_valid(chain) && copp_opm_chain_leaf_key(chain)));
    copp_opm_chain_free(&chain);
    return result == COPP_OK ? "valid" : copp_rule_id(verdict.rule);
}

static void expect(const char *wanted, const char *name, const char *anchor, const char *purpose) {
    const char *got = judge(name, anchor, purpose);
    if (strcmp(got, wanted) != 0)
        fail_msg("%s: wanted %s, got %s", name, wanted, got);
}

static void vectors_are_judged_as_they_say(void) {
    char *path = test_path("vectors/opm/chains.json");
    json_t *chains = json_load_file(path, 0, NULL);
    const char *name;
    const json_t *entry;
    size_t i;
    free(path);
    assert_non_null(chains);
    assert_int_equal(json_object_size(json_object_get(chains, "valid")), 23);
    assert_int_equal(json_object_size(json_object_get(chains, "invalid")), 87);
    assert_int_equal(json_array_size(json_object_get(chains, "with_eku")), 5);
    json_object_foreach(json_object_get(chains, "valid"), name, entry) {
        const char *anchor = json_string_value(json_object_get(entry, "anchor"));
        expect("valid", name, anchor ? anchor : "root.pem", NULL);
    }
    json_object_foreach(json_object_get(chains, "invalid"), name, entry)
        expect(json_string_value(json_object_get(entry, "rule")), name, "root.pem", NULL);
    json_array_foreach(json_object_get(chains, "with_eku"), i, entry)
        expect(json_string_value(json_object_get(entry, "result")), json_string_value(json_object_get(entry, "file")), "root.pem",
               json_string_value(json_object_get(entry, "eku")));
    json_decref(chains);
}

/* OPM-CERT-8: whoever names the other protocol gets its certificates, and no one else's. */
static void other_protocols_only_by_name(void) {
    expect("valid", "chain-bad-peauth.p7b", "root.pem", "1.3.6.1.4.1.311.10.5.7");
    expect("valid", "chain-bad-grl-signer.p7b", "root.pem", "1.3.6.1.4.1.311.10.5.4");
    expect("OPM-CERT-8", "chain-bad-peauth.p7b", "root.pem", "1.3.6.1.4.1.311.10.5.4");
    expect("OPM-CERT-8", "chain-bad-peauth.p7b", "root.pem", "1.3.6.1.4.1.311.10.5.10");
    expect("OPM-CERT-8", "chain-good-leaf-v1.p7b", "root.pem", "1.3.6.1.4.1.311.10.5.10");
    expect("valid", "chain-good-codec-merit.p7b", "root.pem", "1.3.6.1.4.1.311.10.5.10");
    expect("OPM-CERT-8", "chain-good-codec-merit.p7b", "root.pem", "1.3.6.1.4.1.311.10.5");
}

static void another_anchor_is_not_this_one(void) {
    expect("OPM-CERT-4", "chain-good-two.p7b", "root-2048.pem", NULL);
    expect("OPM-CERT-4", "chain-good-root-2048.p7b", "root.pem", NULL);
}

/* Each part of an anchor counts. */
static void anchors_count_whole(void) {
    const struct copp_opm_anchor good = read_anchor("root.pem");
    struct copp_opm_anchor anchors[6];
    struct copp_verdict verdict;
    size_t size;
    uint8_t *bytes = read_opm("chain-good-two.p7b", &size);
    for (size_t i = 0; i < COUNT(anchors); i++)
        anchors[i] = good;
    anchors[0].subject[anchors[0].subject_size - 1] ^= 1;
    anchors[1].subject_size--;
    anchors[2].key.modulus[0] ^= 1;
    anchors[3].key.modulus[511] ^= 2;
    anchors[4].key.modulus_size = 511;
    anchors[5].key.exponent = 3;
    for (size_t i = 0; i < COUNT(anchors); i++) {
        assert_int_equal(validate(bytes, size, &anchors[i], NULL, NULL, &verdict), COPP_E_INVALID);
        assert_int_equal(verdict.rule, COPP_RULE_OPM_CERT_4);
        assert_int_equal(verdict.certificate, 1);
    }
    assert_int_equal(validate(bytes, size, &good, NULL, NULL, &verdict), COPP_OK);
    free(bytes);
}

static void anchors_are_read_from_certificates(void) {
    const struct copp_opm_anchor pem = read_anchor("root.pem");
    const struct copp_opm_anchor der = read_anchor("root.der");
    struct copp_opm_anchor anchor = {.size = sizeof anchor, .subject_size = 77};
    size_t size;
    assert_memory_equal(&pem, &der, sizeof pem);
    assert_int_equal(pem.key.modulus_size, 512);
    assert_int_equal(pem.key.exponent, 65537);
    uint8_t *bytes = read_opm("root.der", &size);
    assert_int_equal(copp_opm_anchor_read(bytes, size - 1, &anchor), COPP_E_KEY);
    assert_int_equal(copp_opm_anchor_read(bytes, size + 1, &anchor), COPP_E_KEY); /* the NUL beyond it */
    free(bytes);
    bytes = read_opm("root.pem", &size);
    assert_int_equal(copp_opm_anchor_read(bytes, size / 2, &anchor), COPP_E_KEY);
    uint8_t *wide = malloc(2 * size + 2);
    assert_non_null(wide);
    for (size_t i = 0; i < size; i++) {
        wide[2 * i] = bytes[i];
        wide[2 * i + 1] = 0;
    }
    assert_int_equal(copp_opm_anchor_read(wide, 2 * size, &anchor), COPP_OK); /* as editors of Windows save it */
    assert_memory_equal(&anchor, &pem, sizeof pem);
    free(wide);
    free(bytes);
    bytes = read_opm("leaf-public.pem", &size);
    anchor.subject_size = 77;
    assert_int_equal(copp_opm_anchor_read(bytes, size, &anchor), COPP_E_KEY);
    assert_int_equal(copp_opm_anchor_read(bytes, 0, &anchor), COPP_E_KEY);
    assert_int_equal(anchor.subject_size, 77);
    free(bytes);
}

/* The certificate at a place of a vector, as an anchor. */
static enum copp_result read_anchor_in(const char *name, size_t index, struct copp_opm_anchor *anchor) {
    struct copp_opm_chain *chain;
    struct copp_opm_certificate certificate = {.size = sizeof certificate};
    size_t size;
    uint8_t *bytes = read_opm(name, &size);
    assert_int_equal(copp_opm_chain_parse(bytes, size, NULL, &chain, NULL), COPP_OK);
    assert_int_equal(copp_opm_chain_certificate(chain, index, &certificate), COPP_OK);
    enum copp_result result = copp_opm_anchor_read(certificate.der, certificate.der_size, anchor);
    copp_opm_chain_free(&chain);
    free(bytes);
    return result;
}

static void anchors_obey_the_rule_of_keys(void) {
    static const char *const bad[] = {"chain-bad-leaf-1024.p7b",         "chain-bad-leaf-2047.p7b",
                                      "chain-bad-leaf-even-modulus.p7b", "chain-bad-leaf-exponent-1.p7b",
                                      "chain-bad-leaf-ec.p7b",           "chain-bad-leaf-no-null.p7b"};
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(read_anchor_in(bad[i], 0, &anchor), COPP_E_KEY);
    assert_int_equal(read_anchor_in("chain-bad-leaf-3072.p7b", 0, &anchor), COPP_OK);
    assert_int_equal(anchor.key.modulus_size, 384);
}

static void the_leaf_gives_its_key(void) {
    const struct copp_opm_anchor anchor = read_anchor("root.pem");
    struct copp_public_key wanted;
    struct copp_opm_chain *chain;
    size_t size;
    uint8_t *bytes = read_opm("leaf-public.pem", &size);
    assert_int_equal(copp_public_key_read((const char *)bytes, size, &wanted), COPP_OK);
    free(bytes);
    static const char *const orders[] = {"chain-good-sha256-root-ca-leaf.p7b", "chain-good-sha1-ca-leaf-root.p7b",
                                         "chain-good-bare-root-first.der"};
    for (size_t i = 0; i < COUNT(orders); i++) {
        size_t kept_size;
        bytes = read_opm(orders[i], &size);
        assert_int_equal(validate(bytes, size, &anchor, NULL, &chain, NULL), COPP_OK);
        assert_true(copp_public_key_equal(copp_opm_chain_leaf_key(chain), &wanted));
        const uint8_t *kept = copp_opm_chain_bytes(chain, &kept_size);
        assert_int_equal(kept_size, size);
        assert_memory_equal(kept, bytes, size);
        copp_opm_chain_free(&chain);
        /* nothing is believed of what was only parsed */
        assert_int_equal(copp_opm_chain_parse(bytes, size, NULL, &chain, NULL), COPP_OK);
        assert_true(!copp_opm_chain_valid(chain) && !copp_opm_chain_leaf_key(chain));
        copp_opm_chain_free(&chain);
        free(bytes);
    }
}

/* --- every byte --- */

/* Of the root, subject and key count, and the frame that they stand in; OPM-CERT-4 says that nothing else does. */
static bool nobody_looks_at(const struct copp_opm_chain *chain, size_t place) {
    const struct copp_x509 *root = &chain->certificates[chain->path[chain->path_length - 1]];
    const uint8_t *byte = chain->chain_bytes + place;
    const uint8_t *key_end = root->key_bits.next + root->key_bits.left;
    bool before_subject = byte >= root->signed_part.next && byte < root->subject.next;
    return before_subject || (byte >= key_end && byte < root->whole.next + root->whole.left);
}

static bool in_signature_of_root(const struct copp_opm_chain *chain, size_t place) {
    const struct copp_reader *signature = &chain->certificates[chain->path[chain->path_length - 1]].signature;
    const uint8_t *byte = chain->chain_bytes + place;
    return byte >= signature->next && byte < signature->next + signature->left;
}

/* Changes each byte by each of the masks: it validates only where nobody looks, and everywhere in the root's signature. */
static void change_each_byte(const char *name, const char *anchor_name, const uint8_t *masks, size_t count) {
    const struct copp_opm_anchor anchor = read_anchor(anchor_name);
    struct copp_opm_chain *chain;
    size_t size;
    uint8_t *bytes = read_opm(name, &size);
    assert_int_equal(validate(bytes, size, &anchor, NULL, &chain, NULL), COPP_OK);
    for (size_t i = 0; i < size; i++) {
        for (size_t m = 0; m < count; m++) {
            bytes[i] ^= masks[m];
            enum copp_result result = validate(bytes, size, &anchor, NULL, NULL, NULL);
            bytes[i] ^= masks[m];
            if (result == COPP_OK ? !nobody_looks_at(chain, i) : result != COPP_E_INVALID || in_signature_of_root(chain, i))
                fail_msg("%s: byte %zu changed by %02x: %s", name, i, masks[m], copp_strerror(result));
        }
    }
    copp_opm_chain_free(&chain);
    free(bytes);
}

static void every_bit_of_a_chain_counts(void) {
    static const uint8_t masks[] = {1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0xFF};
    change_each_byte("chain-good-two.p7b", "root.pem", masks, COUNT(masks));
}

static void every_byte_of_other_chains_counts(void) {
    static const uint8_t masks[] = {1, 0x80};
    change_each_byte("chain-good-sha1-leaf-root-ca.p7b", "root.pem", masks, COUNT(masks));
    change_each_byte("chain-good-bare-root-first.der", "root.pem", masks, COUNT(masks));
    change_each_byte("chain-good-codec-merit.p7b", "root.pem", masks, 1);
    change_each_byte("chain-good-root-2048.p7b", "root-2048.pem", masks, 1);
}

static void every_beginning_is_refused(void) {
    static const char *const names[] = {"chain-good-sha256-leaf-root-ca.p7b", "chain-good-bare.der"};
    const struct copp_opm_anchor anchor = read_anchor("root.pem");
    for (size_t n = 0; n < COUNT(names); n++) {
        size_t size;
        uint8_t *bytes = read_opm(names[n], &size);
        for (size_t i = 0; i < size; i++) {
            uint8_t *part = malloc(i ? i : 1); /* so that tools see a read beyond it */
            struct copp_verdict verdict;
            assert_non_null(part);
            memcpy(part, bytes, i);
            assert_int_equal(validate(part, i, &anchor, NULL, NULL, &verdict), COPP_E_INVALID);
            /* whole certificates without the last one are a chain, and none to the anchor */
            assert_true(verdict.rule == COPP_RULE_OPM_CERT_1 || (n == 1 && verdict.rule == COPP_RULE_OPM_CERT_4));
            free(part);
        }
        free(bytes);
    }
}

/* Nothing is copied or read of more than 64 KiB. */
static void larger_chains_are_not_read(void) {
    const struct copp_opm_anchor anchor = read_anchor("root.pem");
    uint8_t *bytes = calloc(1, COPP_OPM_CHAIN_SIZE_MAX + 1);
    struct copp_verdict verdict;
    assert_non_null(bytes);
    for (size_t over = 0; over < 2; over++) {
        assert_int_equal(validate(bytes, COPP_OPM_CHAIN_SIZE_MAX + over, &anchor, NULL, NULL, &verdict), COPP_E_INVALID);
        assert_int_equal(verdict.rule, COPP_RULE_OPM_CERT_1);
        assert_int_equal(strstr(verdict.detail, "64 KiB") != NULL, over);
    }
    free(bytes);
}

/* What is asked for that this library does not know is refused, never left out. */
static void trust_of_other_releases(void) {
    struct {
        struct copp_opm_trust known;
        uint64_t beyond;
    } newer = {.known = {.size = sizeof newer}};
    const struct copp_opm_anchor anchor = read_anchor("root.pem");
    size_t size;
    uint8_t *bytes = read_opm("chain-good-two.p7b", &size);
    newer.known.anchor = &anchor;
    assert_int_equal(copp_opm_chain_validate(bytes, size, &newer.known, NULL, NULL), COPP_OK);
    newer.beyond = 1;
    assert_int_equal(copp_opm_chain_validate(bytes, size, &newer.known, NULL, NULL), COPP_E_ARGUMENT);
    newer.known.size = 0;
    assert_int_equal(copp_opm_chain_validate(bytes, size, &newer.known, NULL, NULL), COPP_E_ARGUMENT);
    struct copp_opm_anchor large = anchor;
    large.subject_size = sizeof large.subject + 1;
    assert_int_equal(validate(bytes, size, &large, NULL, NULL, NULL), COPP_E_ARGUMENT);
    large = anchor;
    large.size = 0;
    assert_int_equal(validate(bytes, size, &large, NULL, NULL, NULL), COPP_E_ARGUMENT);
    free(bytes);
}

static const struct test_case cases[] = {
    TEST(vectors_are_judged_as_they_say,
         "OPM-CERT-1 OPM-CERT-2 OPM-CERT-3 OPM-CERT-4 OPM-CERT-5 OPM-CERT-6 OPM-CERT-7 OPM-CERT-8 OPM-CERT-9"),
    TEST(other_protocols_only_by_name, "OPM-CERT-8"),
    TEST(another_anchor_is_not_this_one, "OPM-CERT-4"),
    TEST(anchors_count_whole, "OPM-CERT-4"),
    TEST(anchors_are_read_from_certificates, "OPM-CERT-10"),
    TEST(anchors_obey_the_rule_of_keys, "OPM-CERT-10"),
    TEST(the_leaf_gives_its_key, "OPM-CERT-2"),
    TEST(every_bit_of_a_chain_counts, "OPM-CERT-3 OPM-CERT-4"),
    TEST(every_byte_of_other_chains_counts, "OPM-CERT-3 OPM-CERT-4"),
    TEST(every_beginning_is_refused, "OPM-CERT-1"),
    TEST(larger_chains_are_not_read, "OPM-CERT-1"),
    TEST(trust_of_other_releases, ""),
};

int main(void) {
    return RUN_SUITE("x509", cases);
}
