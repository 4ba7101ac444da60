/* Issued collections: byte for byte what the independent implementation made, and verified by others. */
#include "chain_kit.h"
#include "crypto_kit.h"

#include <stdlib.h>
#include <string.h>

#include "common/hierarchy.h"
#include "wire/base64.h"

/* A hierarchy that is not issued yet. */
struct draft {
    struct copp_private_key *keys[HIERARCHY_KEYS];
    struct copp_certificate_request requests[HIERARCHY_KEYS];
};

static struct copp_public_key public_half(struct copp_private_key *key) {
    struct copp_public_key half;
    assert_int_equal(key->ops->public_key(key, &half), COPP_OK);
    return half;
}

/* leaf, IHV, root; the keys become the draft's. */
static struct draft draft_of(struct copp_private_key *leaf, struct copp_private_key *ihv, struct copp_private_key *root) {
    static const char *const manufacturers[HIERARCHY_KEYS] = {"Oracle GPU", "Oracle IHV", "Oracle Root"};
    struct draft made = {.keys = {leaf, ihv, root}};
    assert_int_equal(hierarchy_requests(made.keys, manufacturers, 150, made.requests), COPP_OK);
    return made;
}

static struct draft vectors_draft(void) {
    return draft_of(test_private_key("leaf.pem"), test_private_key("ihv.pem"), test_private_key("root.pem"));
}

static struct copp_private_key *new_key(unsigned bits) {
    struct copp_private_key *key;
    assert_int_equal(copp_private_key_generate(bits, &key), COPP_OK);
    return key;
}

static void draft_free(struct draft *draft) {
    for (size_t i = 0; i < 3; i++)
        copp_private_key_free(&draft->keys[i]);
}

/* The salt has length 0, so that signatures have one form and two implementations agree to the last byte. */
static void same_keys_make_the_same_document(void) {
    struct draft hierarchy = vectors_draft();
    char *xml;
    size_t size;
    assert_int_equal(copp_chain_issue(hierarchy.requests, 3, &xml, &size), COPP_OK);
    struct document good = good_chain();
    assert_int_equal(size, good.size);
    assert_string_equal(xml, good.text);
    copp_release(xml, size);
    document_free(&good);
    draft_free(&hierarchy);
}

static void new_hierarchy_validates(void) {
    struct draft hierarchy = draft_of(new_key(2048), new_key(2048), new_key(1024));
    char *xml;
    size_t size;
    struct copp_chain *chain;
    struct copp_certificate certificate = {.size = sizeof certificate};
    hierarchy.requests[LEAF].manufacturer = "R&D <\"caf\xC3\xA9\"> 'GPU' ]]>";
    hierarchy.requests[LEAF].security_level = 4294967295;
    hierarchy.requests[ROOT].security_level = 0;
    hierarchy.requests[ROOT].manufacturer = "";
    assert_int_equal(copp_chain_issue(hierarchy.requests, 3, &xml, &size), COPP_OK);
    assert_int_equal(strlen(xml), size);
    assert_int_equal(copp_chain_validate((uint8_t *)xml, size, &hierarchy.requests[ROOT].subject, &chain, NULL), COPP_OK);
    assert_int_equal(copp_chain_certificate(chain, LEAF, &certificate), COPP_OK);
    assert_string_equal(certificate.manufacturer, hierarchy.requests[LEAF].manufacturer);
    assert_string_equal(certificate.security_level, "4294967295");
    assert_true(copp_public_key_equal(&certificate.subject, &hierarchy.requests[LEAF].subject));
    assert_int_equal(copp_chain_certificate(chain, ROOT, &certificate), COPP_OK);
    assert_string_equal(certificate.security_level, "0");
    copp_chain_free(&chain);
    copp_release(xml, size);
    draft_free(&hierarchy);
}

static void every_usage_is_written(void) {
    struct draft hierarchy = vectors_draft();
    char *xml;
    size_t size;
    struct copp_chain *chain;
    for (unsigned bits = 0; bits < 16; bits++) {
        struct copp_certificate_request request = hierarchy.requests[LEAF];
        request.encrypt_key = bits & 1;
        request.sign_certificate = bits & 2;
        request.sign_crl = bits & 4;
        request.copp_certificate = bits & 8;
        assert_int_equal(copp_chain_issue(&request, 1, &xml, &size), COPP_OK);
        assert_int_equal(copp_chain_parse((uint8_t *)xml, size, &chain, NULL), COPP_OK);
        struct copp_certificate certificate = {.size = sizeof certificate};
        assert_int_equal(copp_chain_certificate(chain, 0, &certificate), COPP_OK);
        assert_int_equal(certificate.encrypt_key | certificate.sign_certificate << 1 | certificate.sign_crl << 2 |
                             certificate.copp_certificate << 3,
                         bits);
        assert_memory_equal(certificate.digest, certificate.digest_value, COPP_DIGEST_SIZE);
        copp_chain_free(&chain);
        copp_release(xml, size);
    }
    draft_free(&hierarchy);
}

static enum copp_result refuse_public(struct copp_private_key *key, struct copp_public_key *out) {
    (void)key;
    (void)out;
    return COPP_E_KEY;
}

static enum copp_result give_public(struct copp_private_key *key, struct copp_public_key *out) {
    (void)key;
    *out = test_anchor();
    return COPP_OK;
}

static enum copp_result give_huge(struct copp_private_key *key, struct copp_public_key *out) {
    (void)key;
    *out = (struct copp_public_key){.modulus_size = COPP_MODULUS_MAX + 1, .exponent = 3};
    return COPP_OK;
}

static enum copp_result refuse_sign(struct copp_private_key *key, const uint8_t *message, size_t size, uint8_t *signature,
                                    size_t signature_size) {
    (void)key;
    (void)message;
    (void)size;
    (void)signature;
    (void)signature_size;
    return COPP_E_KEY;
}

static void signers_that_cannot_sign(void) {
    static const struct copp_private_key_ops ops[] = {
        {.size = sizeof *ops, .public_key = refuse_public, .sign = refuse_sign},
        {.size = sizeof *ops, .public_key = give_public, .sign = refuse_sign},
        {.size = sizeof *ops, .public_key = give_public},
        {.size = sizeof *ops, .public_key = give_huge, .sign = refuse_sign},
    };
    struct draft hierarchy = vectors_draft();
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        struct copp_private_key key = {&ops[i]};
        char *xml = (char *)&key;
        size_t size;
        hierarchy.requests[IHV].signer = &key;
        assert_int_equal(copp_chain_issue(hierarchy.requests, 3, &xml, &size), COPP_E_CRYPTO);
        assert_null(xml);
    }
    struct copp_private_key key = {&ops[0]};
    uint8_t *list;
    size_t size;
    assert_int_equal(copp_revocation_issue(1, NULL, 0, &hierarchy.requests[ROOT], 1, &key, &list, &size), COPP_E_KEY);
    assert_null(list);
    draft_free(&hierarchy);
}

static void refuses(const struct copp_certificate_request *request, enum copp_result wanted) {
    char *xml;
    size_t size;
    assert_int_equal(copp_chain_issue(request, 1, &xml, &size), wanted);
    assert_null(xml);
}

static void what_cannot_be_written_is_refused(void) {
    static const char *const names[] = {"a\nb", "a\x7F", "\xFF", "\xC3", "\xEF\xBF\xBE", "\xEF\xBF\xBF", "\xED\xA0\x80"};
    struct draft hierarchy = vectors_draft();
    struct copp_certificate_request request = hierarchy.requests[LEAF];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        request.manufacturer = names[i];
        refuses(&request, COPP_E_ARGUMENT);
    }
    request.manufacturer = NULL;
    refuses(&request, COPP_E_ARGUMENT);
    char *large = malloc(COPP_CHAIN_SIZE_MAX + 2);
    assert_non_null(large);
    memset(large, '&', COPP_CHAIN_SIZE_MAX + 2);
    large[COPP_CHAIN_SIZE_MAX + 1] = 0;
    request.manufacturer = large;
    refuses(&request, COPP_E_ARGUMENT);
    large[COPP_CHAIN_SIZE_MAX / 2] = 0;
    refuses(&request, COPP_E_TOO_LARGE);
    free(large);
    request = hierarchy.requests[LEAF];
    request.subject.modulus_size = 0;
    refuses(&request, COPP_E_ARGUMENT);
    request.subject.modulus_size = COPP_MODULUS_MAX + 1;
    refuses(&request, COPP_E_ARGUMENT);
    request = hierarchy.requests[LEAF];
    request.subject.exponent = 0;
    refuses(&request, COPP_E_ARGUMENT);
    request = hierarchy.requests[LEAF];
    request.signer = NULL;
    refuses(&request, COPP_E_ARGUMENT);
    char *xml;
    size_t size;
    assert_int_equal(copp_chain_issue(hierarchy.requests, 0, &xml, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_chain_issue(hierarchy.requests, COPP_CERTIFICATES_MAX + 1, &xml, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_chain_issue(NULL, 1, &xml, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_chain_issue(hierarchy.requests, 1, NULL, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_chain_issue(hierarchy.requests, 1, &xml, NULL), COPP_E_ARGUMENT);
    draft_free(&hierarchy);
}

/* the second verifier */

static size_t signature_value(const char *xml, int certificate, uint8_t *signature) {
    const char *text = xml;
    for (int i = 0; i <= certificate; i++) {
        text = strstr(text, "<SignatureValue>");
        assert_non_null(text);
        text += strlen("<SignatureValue>");
    }
    size_t size = COPP_MODULUS_MAX;
    assert_true(copp_base64_decode(text, strcspn(text, "<"), signature, &size));
    return size;
}

static void another_verifier_accepts_each_certificate(void) {
    struct draft hierarchy = draft_of(new_key(2048), new_key(2048), new_key(1024));
    char *xml;
    size_t size;
    struct copp_chain *chain;
    assert_int_equal(copp_chain_issue(hierarchy.requests, 3, &xml, &size), COPP_OK);
    assert_int_equal(copp_chain_parse((uint8_t *)xml, size, &chain, NULL), COPP_OK);
    for (int i = LEAF; i <= ROOT; i++) {
        struct copp_certificate certificate = {.size = sizeof certificate};
        uint8_t signature[COPP_MODULUS_MAX];
        size_t signature_size = signature_value(xml, i, signature);
        assert_int_equal(copp_chain_certificate(chain, (size_t)i, &certificate), COPP_OK);
        assert_int_equal(signature_size, certificate.signer.modulus_size);
        assert_true(kit_pss_verifies(&certificate.signer, certificate.data, certificate.data_size, signature));
        assert_false(kit_pss_verifies(&certificate.signer, certificate.data, certificate.data_size - 1, signature));
    }
    copp_chain_free(&chain);
    copp_release(xml, size);
    draft_free(&hierarchy);
}

static void another_verifier_accepts_the_revocation_list(void) {
    struct copp_private_key *root = test_private_key("root.pem");
    struct copp_private_key *signer = new_key(1024);
    struct copp_certificate_request request = {
        .size = sizeof request, .subject = public_half(signer), .signer = root, .sign_crl = true, .manufacturer = "lists"};
    uint8_t digests[3 * COPP_DIGEST_SIZE] = {1, 2, 3};
    uint8_t *list;
    size_t size;
    assert_int_equal(copp_revocation_issue(12, digests, 3, &request, 1, signer, &list, &size), COPP_OK);
    assert_true(kit_pss_verifies(&request.subject, list, size - 131, &list[size - 128]));
    assert_false(kit_pss_verifies(&request.subject, list, size - 130, &list[size - 128]));
    copp_release(list, size);
    copp_private_key_free(&signer);
    copp_private_key_free(&root);
}

static const struct test_case cases[] = {
    TEST(same_keys_make_the_same_document, "CERT-10 CERT-11"),
    TEST(new_hierarchy_validates, ""),
    TEST(every_usage_is_written, ""),
    TEST(signers_that_cannot_sign, ""),
    TEST(what_cannot_be_written_is_refused, ""),
    TEST(another_verifier_accepts_each_certificate, "CERT-10 CERT-11"),
    TEST(another_verifier_accepts_the_revocation_list, "CRL-2"),
};

int main(void) {
    return RUN_SUITE("issue", cases);
}
