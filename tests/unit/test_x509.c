/* OPM-CERT-1..10: the chains of an independent implementation, every byte of good ones, and what they do not have. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certificate/x509.h"
#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static uint8_t *read_opm(const char *name, size_t *size) {
    char file[128];
    (void)snprintf(file, sizeof file, "opm/%s", name);
    return read_test_vector(file, size);
}

static struct copp_opm_anchor read_anchor(const char *name) {
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    size_t size;
    uint8_t *bytes = read_opm(name, &size);
    assert_int_equal(copp_opm_anchor_read(bytes, size, &anchor), COPP_OK);
    free(bytes);
    return anchor;
}

static enum copp_result validate(const uint8_t *bytes, size_t size, const struct copp_opm_anchor *anchor, const char *purpose,
                                 struct copp_opm_chain **chain, struct copp_verdict *verdict) {
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = anchor, .purpose = purpose};
    return copp_opm_chain_validate(bytes, size, &trust, chain, verdict);
}

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

/* --- extensions --- */

struct extension_case {
    const char *hex; /* contents of [3] */
    const char *flaw; /* a word of it; NULL: well-formed */
    struct copp_x509_extensions wanted; /* but for purposes */
};

#define BASIC(value_size, size, value) "30" size "0603551d1304" value_size value
#define USAGE(value_size, size, value) "30" size "0603551d0f04" value_size value
#define EKU(value_size, size, value) "30" size "0603551d2504" value_size value

static const struct extension_case extension_cases[] = {
    {"300b" BASIC("02", "09", "3000"), NULL, {.has_basic = true}},
    {"300e" BASIC("05", "0c", "30030101ff"), NULL, {.has_basic = true, .ca = true}},
    {"300e" BASIC("05", "0c", "3003010100"), NULL, {.has_basic = true}},
    {"3011" BASIC("08", "0f", "30060101ff020100"), NULL, {.has_basic = true, .ca = true, .has_path_length = true}},
    {"3015" BASIC("0c", "13", "300a0101ff02050100000000"),
     NULL,
     {.has_basic = true, .ca = true, .has_path_length = true, .path_length = UINT32_MAX}},
    {"3011" BASIC("08", "0f", "30060101ff0201ff"), "BasicConstraints", {0}}, /* negative */
    {"3012" BASIC("09", "10", "30070101ff02020001"), "BasicConstraints", {0}}, /* not minimal */
    {"300e" BASIC("05", "0c", "3003020100"), "BasicConstraints", {0}}, /* without cA */
    {"3011" BASIC("08", "0f", "3006010100020100"), "BasicConstraints", {0}}, /* with cA FALSE */
    {"300e" BASIC("05", "0c", "3003010101"), "BasicConstraints", {0}}, /* neither TRUE nor FALSE */
    {"300c" BASIC("03", "0a", "300000"), "BasicConstraints", {0}}, /* a byte behind it */
    {"3010" BASIC("07", "0e", "30050101ff0500"), "BasicConstraints", {0}},
    {"300d" USAGE("04", "0b", "030206c0"), NULL, {.has_usage = true, .usage = 0x3}},
    {"300d" USAGE("04", "0b", "03020106"), NULL, {.has_usage = true, .usage = 0x60}},
    {"300e" USAGE("05", "0c", "0303070080"), NULL, {.has_usage = true, .usage = 0x100}},
    {"300c" USAGE("03", "0a", "030100"), "KeyUsage", {0}}, /* no bit */
    {"300d" USAGE("04", "0b", "03020005"), NULL, {.has_usage = true, .usage = 0xa0}},
    {"300d" USAGE("04", "0b", "03020004"), "KeyUsage", {0}}, /* zeros behind the last bit */
    {"300d" USAGE("04", "0b", "03020306"), "KeyUsage", {0}}, /* bits that do not belong to it */
    {"300e" USAGE("05", "0c", "0302010600"), "KeyUsage", {0}},
    {"300d" USAGE("04", "0b", "04020106"), "KeyUsage", {0}},
    {"300f" EKU("06", "0d", "300406022a03"), NULL, {.has_purposes = true}},
    {"300b" EKU("02", "09", "3000"), "extended key usage", {0}},
    {"300f" EKU("06", "0d", "300406022a83"), "extended key usage", {0}}, /* cut short */
    {"300f" EKU("06", "0d", "300406028001"), "extended key usage", {0}}, /* a second encoding */
    {"3010" EKU("07", "0e", "300406022a0300"), "extended key usage", {0}},
    {"300f" EKU("06", "0d", "30040c022a03"), "extended key usage", {0}},
    {"300a300806032a0304040105", NULL, {0}}, /* not known, not critical: what is in it is not looked at */
    {"300d300b06032a03040101000401ff", NULL, {0}}, /* FALSE written out */
    {"300d300b06032a03040101ff0401ff", "critical", {0}},
    {"300d300b06032a03040101010401ff", "malformed", {0}},
    {"300a300806032a8304040105", NULL, {0}},
    {"300a300806032a0384040105", "malformed", {0}}, /* an identifier that does not end */
    {"300a300806032a0304030105", "malformed", {0}}, /* no OCTET STRING */
    {"300b300906032a030404010500", "malformed", {0}}, /* a byte behind it */
    {"3014300806032a0304040105300806032a0304040106", "twice", {0}},
    {"3014300806032a0304040105300806032a0305040106", NULL, {0}},
    {"3000", "empty", {0}},
    {"300a300806032a030404010500", "list", {0}},
    {"310a300806032a0304040105", "list", {0}},
    {"", "list", {0}},
};

static void extensions_are_read_strictly(void) {
    for (size_t i = 0; i < COUNT(extension_cases); i++) {
        const struct extension_case *wanted = &extension_cases[i];
        uint8_t bytes[64];
        struct copp_x509 certificate = {.has_extensions = true};
        certificate.extension_list = (struct copp_reader){bytes, from_hex(wanted->hex, bytes, sizeof bytes)};
        copp_x509_read_extensions(&certificate);
        const struct copp_x509_extensions *got = &certificate.extensions;
        if (!got->flaw != !wanted->flaw || (got->flaw && !strstr(got->flaw, wanted->flaw)))
            fail_msg("%s: wanted %s, got %s", wanted->hex, wanted->flaw ? wanted->flaw : "none", got->flaw ? got->flaw : "none");
        if (got->flaw)
            continue;
        assert_int_equal(got->has_basic, wanted->wanted.has_basic);
        assert_int_equal(got->ca, wanted->wanted.ca);
        assert_int_equal(got->has_path_length, wanted->wanted.has_path_length);
        assert_int_equal(got->path_length, wanted->wanted.path_length);
        assert_int_equal(got->has_usage, wanted->wanted.has_usage);
        assert_int_equal(got->usage, wanted->wanted.usage);
        assert_int_equal(got->has_purposes, wanted->wanted.has_purposes);
    }
}

/* --- what people read --- */

static void certificates_say_what_they_are(void) {
    struct copp_opm_chain *chain;
    struct copp_opm_certificate certificate = {.size = sizeof certificate};
    size_t size;
    uint8_t *bytes = read_opm("chain-good-codec-merit.p7b", &size);
    assert_int_equal(copp_opm_chain_parse(bytes, size, NULL, &chain, NULL), COPP_OK);
    free(bytes);
    assert_int_equal(copp_opm_chain_count(chain), 3);
    assert_int_equal(copp_opm_chain_certificate(chain, 0, &certificate), COPP_OK);
    assert_int_equal(certificate.role, COPP_OPM_ROLE_LEAF);
    assert_int_equal(certificate.version, 3);
    assert_string_equal(certificate.subject, "OPM test display driver");
    assert_string_equal(certificate.issuer, "OPM test vendor CA");
    assert_string_equal(certificate.signature, "RSA with SHA-256");
    assert_string_equal(certificate.purposes, "1.3.6.1.4.1.311.10.5.10 1.3.6.1.5.5.7.3.3");
    assert_true(!certificate.key_flaw && certificate.key.modulus_size == 256 && !certificate.extensions_flaw);
    assert_true(certificate.has_key_usage && !certificate.has_basic_constraints && certificate.has_purposes);
    assert_int_equal(certificate.key_usage, COPP_OPM_USAGE_DIGITAL_SIGNATURE | COPP_OPM_USAGE_NON_REPUDIATION);
    assert_int_equal(copp_opm_chain_certificate(chain, 1, &certificate), COPP_OK);
    assert_int_equal(certificate.role, COPP_OPM_ROLE_ROOT);
    assert_string_equal(certificate.purposes, "");
    assert_int_equal(copp_opm_chain_certificate(chain, 2, &certificate), COPP_OK);
    assert_int_equal(certificate.role, COPP_OPM_ROLE_CA);
    assert_true(certificate.has_basic_constraints && certificate.ca && !certificate.has_path_length);
    assert_int_equal(certificate.key_usage, COPP_OPM_USAGE_CERTIFICATE_SIGN | COPP_OPM_USAGE_CRL_SIGN);
    assert_int_equal(copp_opm_chain_certificate(chain, 3, &certificate), COPP_E_NOT_FOUND);
    copp_opm_chain_free(&chain);
}

/* Roles are told only where there is a path. */
static void without_a_path_nobody_has_a_role(void) {
    static const char *const names[] = {"chain-bad-two-leaves.p7b", "chain-bad-loop.p7b", "chain-bad-mutual.p7b"};
    for (size_t n = 0; n < COUNT(names); n++) {
        struct copp_opm_chain *chain;
        struct copp_opm_certificate certificate = {.size = sizeof certificate};
        struct copp_verdict verdict;
        size_t size;
        uint8_t *bytes = read_opm(names[n], &size);
        assert_int_equal(copp_opm_chain_parse(bytes, size, NULL, &chain, &verdict), COPP_OK);
        assert_int_equal(verdict.rule, COPP_RULE_NONE);
        for (size_t i = 0; i < copp_opm_chain_count(chain); i++) {
            assert_int_equal(copp_opm_chain_certificate(chain, i, &certificate), COPP_OK);
            assert_int_equal(certificate.role, COPP_OPM_ROLE_NONE);
        }
        copp_opm_chain_free(&chain);
        free(bytes);
    }
}

static void common_names_become_utf8(void) {
    static const struct {
        const char *hex; /* a Name */
        const char *text;
    } cases[] = {
        {"300d310b3009060355040313024142", "AB"},
        {"300d310b300906035504030c02c3a9", "\xc3\xa9"},
        {"300d310b300906035504030c02c341", "?A"}, /* not UTF-8 */
        {"300d310b3009060355040314024e e9", "N?"},
        {"300d310b300906035504031e0200e9", "\xc3\xa9"},
        {"300d310b300906035504031e0220ac", "\xe2\x82\xac"},
        {"300d310b300906035504031e02d800", "?"}, /* half a pair */
        {"300d310b300906035504030c020041", "?A"}, /* a NUL */
        {"300d310b300906035504030c021b41", "?A"}, /* drives a terminal */
        {"300d310b300906035504030c027f41", "?A"},
        {"300d310b300906035504060c024142", ""}, /* another attribute */
        {"300d310b3009060355040303024142", ""}, /* not a string */
        {"301a310b3009060355040313024142310b3009060355040313024344", "CD"}, /* the last one */
        {"3000", ""},
        {"0500", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char hex[64];
        size_t length = 0;
        for (const char *at = cases[i].hex; *at; at++) {
            if (*at != ' ')
                hex[length++] = *at;
        }
        hex[length] = '\0';
        uint8_t bytes[64];
        uint8_t room[64];
        struct copp_reader name = {bytes, from_hex(hex, bytes, sizeof bytes)};
        struct copp_writer text = {room, sizeof room};
        assert_string_equal(copp_x509_name_text(&name, &text), cases[i].text);
    }
}

static void purposes_are_written_and_read(void) {
    static const struct {
        const char *hex; /* OBJECT IDENTIFIERs */
        const char *text;
    } cases[] = {
        {"06022a03", "1.2.3"},
        {"060188", "?"},
        {"06028837", "2.999"},
        {"0603551d25", "2.5.29.37"},
        {"06012706014f060150", "0.39 1.39 2.0"},
        {"060a2b0601040182370a050a", "1.3.6.1.4.1.311.10.5.10"},
        {"06092affffffffffffff7f", "1.2.72057594037927935"},
        {"060b2affffffffffffffffff7f06022a03", "? 1.2.3"}, /* above 64 bits */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t bytes[64];
        uint8_t room[128];
        struct copp_reader purposes = {bytes, from_hex(cases[i].hex, bytes, sizeof bytes)};
        struct copp_writer text = {room, sizeof room};
        assert_string_equal(copp_x509_purposes_text(&purposes, &text), cases[i].text);
        struct copp_x509_purpose purpose;
        struct copp_reader object;
        if (!strpbrk(cases[i].text, " ?") && strlen(cases[i].text) < 20) {
            assert_true(copp_x509_purpose_read(cases[i].text, &purpose));
            assert_true(copp_der_object(&purposes, &object) && copp_der_is(&object, purpose.bytes, purpose.size));
        }
    }
}

static void a_purpose_that_is_not_one_is_refused(void) {
    static const char *const bad[] = {"",     "1",    "1.",   ".1",   "1.2.",  "1..2", "3.1",
                                      "1.40", "01.2", "1.02", "1.2 ", "1.2.x", "-1.2", "1.2.99999999999"};
    const struct copp_opm_anchor anchor = read_anchor("root.pem");
    size_t size;
    uint8_t *bytes = read_opm("chain-good-purpose-all.p7b", &size);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(validate(bytes, size, &anchor, bad[i], NULL, NULL), COPP_E_ARGUMENT);
    char longest[2 + 2 * COPP_X509_PURPOSE_MAX + 1] = "1.1"; /* one byte */
    for (size_t i = 1; i < COPP_X509_PURPOSE_MAX; i++)
        strcat(longest, ".1");
    assert_int_equal(validate(bytes, size, &anchor, longest, NULL, NULL), COPP_E_INVALID);
    char longer[sizeof longest + 2];
    (void)snprintf(longer, sizeof longer, "%s.1", longest);
    assert_int_equal(validate(bytes, size, &anchor, longer, NULL, NULL), COPP_E_ARGUMENT);
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
    TEST(extensions_are_read_strictly, "OPM-CERT-9"),
    TEST(certificates_say_what_they_are, ""),
    TEST(without_a_path_nobody_has_a_role, "OPM-CERT-2 OPM-CERT-3"),
    TEST(common_names_become_utf8, ""),
    TEST(purposes_are_written_and_read, "OPM-CERT-8"),
    TEST(a_purpose_that_is_not_one_is_refused, "OPM-CERT-8"),
    TEST(trust_of_other_releases, ""),
};

int main(void) {
    return RUN_SUITE("x509", cases);
}
