/*
 * What OpenSSL's X509_verify_cert makes of the chains that our rules are tested with, under the same anchor: any hash allowed, dates
 * not looked at, no purpose. Where it differs from us the table says why; any other difference fails. And the built-in anchor, by
 * OpenSSL.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "harness.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static uint8_t *read_opm(const char *name, size_t *size) {
    char file[128];
    (void)snprintf(file, sizeof file, "opm/%s", name);
    return read_test_vector(file, size);
}

static X509 *read_anchor(const char *name) {
    size_t size;
    uint8_t *pem = read_opm(name, &size);
    BIO *bio = BIO_new_mem_buf(pem, (int)size);
    X509 *anchor = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_non_null(anchor);
    BIO_free(bio);
    free(pem);
    return anchor;
}

/* The certificates of a SignedData, or one after the other; NULL if OpenSSL cannot read it. */
static STACK_OF(X509) * read_chain(const uint8_t *bytes, size_t size) {
    STACK_OF(X509) *certificates = sk_X509_new_null();
    const uint8_t *at = bytes;
    PKCS7 *container = d2i_PKCS7(NULL, &at, (long)size);
    assert_non_null(certificates);
    if (container && PKCS7_type_is_signed(container)) {
        STACK_OF(X509) *inside = container->d.sign->cert;
        for (int i = 0; i < sk_X509_num(inside); i++) {
            assert_int_equal(X509_up_ref(sk_X509_value(inside, i)), 1);
            assert_true(sk_X509_push(certificates, sk_X509_value(inside, i)) > 0);
        }
    }
    for (at = bytes; !container && at < bytes + size;) {
        X509 *certificate = d2i_X509(NULL, &at, (long)(bytes + size - at));
        if (!certificate)
            break;
        assert_true(sk_X509_push(certificates, certificate) > 0);
    }
    PKCS7_free(container);
    return certificates;
}

/* The first that issued no other one, as a careful client would; else the first. */
static X509 *find_leaf(const STACK_OF(X509) * certificates) {
    for (int i = 0; i < sk_X509_num(certificates); i++) {
        bool issuer = false;
        for (int j = 0; j < sk_X509_num(certificates); j++) {
            const X509_NAME *name = X509_get_issuer_name(sk_X509_value(certificates, j));
            issuer = issuer || (i != j && X509_NAME_cmp(X509_get_subject_name(sk_X509_value(certificates, i)), name) == 0);
        }
        if (!issuer)
            return sk_X509_value(certificates, i);
    }
    return sk_X509_value(certificates, 0);
}

static bool openssl_accepts(const char *name, const char *anchor_name) {
    size_t size;
    uint8_t *bytes = read_opm(name, &size);
    STACK_OF(X509) *certificates = read_chain(bytes, size);
    X509 *anchor = read_anchor(anchor_name);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool accepted = false;
    assert_true(store && context);
    assert_int_equal(X509_STORE_add_cert(store, anchor), 1);
    if (sk_X509_num(certificates) > 0) {
        assert_int_equal(X509_STORE_CTX_init(context, store, find_leaf(certificates), certificates), 1);
        X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_auth_level(parameters, 0);
        assert_int_equal(X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME), 1);
        accepted = X509_verify_cert(context) == 1;
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(anchor);
    sk_X509_pop_free(certificates, X509_free);
    free(bytes);
    ERR_clear_error();
    return accepted;
}

static bool we_accept(const char *name, const char *anchor_name) {
    struct copp_opm_anchor anchor = {.size = sizeof anchor};
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = &anchor};
    size_t size;
    uint8_t *bytes = read_opm(anchor_name, &size);
    assert_int_equal(copp_opm_anchor_read(bytes, size, &anchor), COPP_OK);
    free(bytes);
    bytes = read_opm(name, &size);
    enum copp_result result = copp_opm_chain_validate(bytes, size, &trust, NULL, NULL);
    free(bytes);
    return result == COPP_OK;
}

/* What OpenSSL accepts and we refuse. There is nothing the other way round. */
static const struct reason {
    const char *why;
    const char *names[16]; /* without chain-bad- and .p7b */
} reasons[] = {
    {"it reads BER, and does not ask what follows", {"trailing", "indefinite", "long-length", "leaf-long-length"}},
    {"it takes the certificates out of any SignedData",
     {"digest-algorithms", "content", "version-3", "crls", "oversize", "version-2", "explicit-v1", "unique-id"}},
    {"it builds a path and leaves the other certificates out",
     {"unrelated", "two-leaves", "spare-ca", "duplicate-leaf", "duplicate-ca", "duplicate-root", "side-loop"}},
    {"it does not limit how many there are", {"six"}},
    {"it compares names in a canonical form", {"issuer-other-string-type"}},
    {"it takes the root from its store", {"no-root"}},
    {"it has no idea of what a leaf may not be", {"leaf-is-ca", "leaf-keycertsign", "ca-as-leaf"}},
    {"it does not look at the leaf's key",
     {"leaf-1024", "leaf-3072", "leaf-2047", "leaf-even-modulus", "leaf-zero-modulus", "leaf-negative-modulus",
      "leaf-padded-modulus", "leaf-exponent-1", "leaf-exponent-even", "leaf-exponent-long", "leaf-exponent-negative", "leaf-ec",
      "leaf-no-null", "leaf-pss-key"}},
    {"at the level that allows SHA-1 it allows any key of a CA", {"ca-1024", "ca-exponent-1"}},
    {"at the level that allows SHA-1 it allows any hash, and other paddings",
     {"md5", "ca-md5", "sha224", "algorithm-without-null", "pss"}},
    {"it does not read extensions strictly, nor those of the leaf", {"boolean", "basic-malformed", "basic-trailing"}},
    {"it knows no purposes of other protocols", {"peauth", "grl-signer"}},
};

/* Why OpenSSL accepts it; NULL if it should not. */
static const char *why_accepted(const char *name) {
    char wanted[128];
    for (size_t i = 0; i < COUNT(reasons); i++) {
        for (size_t n = 0; n < COUNT(reasons[i].names) && reasons[i].names[n]; n++) {
            (void)snprintf(wanted, sizeof wanted, "chain-bad-%s.p7b", reasons[i].names[n]);
            if (strcmp(wanted, name) == 0)
                return reasons[i].why;
        }
    }
    return NULL;
}

/* Newer releases may refuse more, which is said; they may not accept more. */
static void compare(const char *name, const char *anchor) {
    bool theirs = openssl_accepts(name, anchor);
    bool ours = we_accept(name, anchor);
    const char *why = why_accepted(name);
    if (theirs == ours && why) {
        if (OPENSSL_VERSION_NUMBER < 0x30100000L)
            fail_msg("%s: OpenSSL refuses it as well, and the table says otherwise: %s", name, why);
        print_message("%s: this OpenSSL refuses it as well\n", name);
    } else if (theirs != ours && (ours || !why)) {
        fail_msg("%s: OpenSSL %s it and we do not, for a reason that is not in the table", name, theirs ? "accepts" : "refuses");
    } else if (why) {
        print_message("%s: OpenSSL accepts it: %s\n", name, why);
    }
}

static void every_difference_has_a_reason(void) {
    static const char *const groups[] = {"valid", "invalid"};
    char *path = test_path("vectors/opm/chains.json");
    json_t *chains = json_load_file(path, 0, NULL);
    const char *name;
    const json_t *entry;
    free(path);
    assert_non_null(chains);
    for (size_t i = 0; i < COUNT(groups); i++) {
        json_object_foreach(json_object_get(chains, groups[i]), name, entry) {
            const char *anchor = json_string_value(json_object_get(entry, "anchor"));
            compare(name, anchor ? anchor : "root.pem");
        }
    }
    json_decref(chains);
}

/* --- the built-in anchor --- */

static void expect_hash(const EVP_MD *md, const uint8_t *bytes, size_t size, const char *hex) {
    uint8_t hash[EVP_MAX_MD_SIZE];
    uint8_t wanted[EVP_MAX_MD_SIZE];
    unsigned length;
    assert_int_equal(EVP_Digest(bytes, size, hash, &length, md, NULL), 1);
    assert_int_equal(from_hex(hex, wanted, sizeof wanted), length);
    assert_memory_equal(hash, wanted, length);
}

/* The hashes of its RSAPublicKey that are published, and the name that clients show. */
static void microsofts_anchor_is_the_published_one(void) {
    static const uint8_t frame[] = {0x30, 0x82, 0x02, 0x0a, 0x02, 0x82, 0x02, 0x01, 0x00};
    static const uint8_t exponent[] = {0x02, 0x03, 0x01, 0x00, 0x01};
    const struct copp_opm_anchor *anchor = copp_opm_anchor_microsoft();
    uint8_t key[sizeof frame + 512 + sizeof exponent];
    assert_true(anchor->key.modulus_size == 512 && anchor->key.exponent == 65537);
    memcpy(key, frame, sizeof frame);
    memcpy(key + sizeof frame, anchor->key.modulus, 512);
    memcpy(key + sizeof frame + 512, exponent, sizeof exponent);
    assert_int_equal(sizeof key, 526);
    expect_hash(EVP_sha256(), key, sizeof key, "d397f5c155034953909f29d840856abf83563eed9cba6e0b6f7f8541a020556d");
    expect_hash(EVP_sha1(), key, sizeof key, "96fa34ebe8ae0917cd930162cd08824f493b25b3");

    const uint8_t *at = anchor->subject;
    X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)anchor->subject_size);
    char text[128];
    assert_non_null(name);
    assert_ptr_equal(at, anchor->subject + anchor->subject_size);
    assert_true(X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text) > 0);
    assert_string_equal(text, "Microsoft Digital Media Authority 2005");
    assert_int_equal(X509_NAME_entry_count(name), 1);
    X509_NAME_free(name);
}

static const struct test_case cases[] = {
    TEST(every_difference_has_a_reason, ""),
    TEST(microsofts_anchor_is_the_published_one, "OPM-CERT-10"),
};

int main(void) {
    return RUN_SUITE("x509_openssl", cases);
}
