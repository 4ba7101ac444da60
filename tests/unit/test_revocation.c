/* CRL-1, 2, 4, 5: the vectors, and lists put together by hand with one thing wrong at a time. */
#include "chain_kit.h"

#include <stdlib.h>
#include <string.h>

#include "wire/base64.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define SIGNATURE_SIZE 128u

static struct copp_revocation_list *load_vector(const char *name, enum copp_result wanted, struct copp_verdict *verdict) {
    size_t size;
    struct copp_public_key anchor = test_anchor();
    struct copp_revocation_list *list;
    uint8_t *bytes = read_test_file(name, &size);
    assert_int_equal(copp_revocation_validate(bytes, size, &anchor, &list, verdict), wanted);
    assert_int_equal(copp_revocation_valid(list), wanted == COPP_OK);
    free(bytes);
    return list;
}

static struct copp_chain *load_chain(void) {
    struct document document = good_chain();
    struct copp_public_key anchor = test_anchor();
    struct copp_chain *chain;
    assert_int_equal(copp_chain_validate((uint8_t *)document.text, document.size, &anchor, &chain, NULL), COPP_OK);
    document_free(&document);
    return chain;
}

static void bad_vectors_are_refused(void) {
    static const struct {
        const char *name;
        enum copp_rule rule;
    } bad[] = {
        {"vectors/crl-bad-root.bin", COPP_RULE_CRL_1},
        {"vectors/crl-bad-usage.bin", COPP_RULE_CRL_1},
        {"vectors/crl-bad-signature.bin", COPP_RULE_CRL_2},
        {"vectors/crl-bad-truncated.bin", COPP_RULE_CRL_5},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct copp_verdict verdict;
        assert_null(load_vector(bad[i].name, COPP_E_INVALID, &verdict));
        assert_int_equal(verdict.rule, bad[i].rule);
    }
}

/* What is nearest the root is named, since it takes everything below with it. */
static void revoked_certificates_are_found(void) {
    static const struct {
        const char *name;
        uint32_t version;
        size_t count;
        int revoked;
    } good[] = {
        {"vectors/crl-v7-empty.bin", 7, 0, WHOLE},
        {"vectors/crl-v8-leaf-revoked.bin", 8, 2, LEAF},
        {"vectors/crl-v9-ihv-revoked.bin", 9, 1, IHV},
    };
    struct copp_chain *chain = load_chain();
    for (size_t i = 0; i < COUNT(good); i++) {
        struct copp_verdict verdict;
        struct copp_revocation_list *list = load_vector(good[i].name, COPP_OK, &verdict);
        assert_int_equal(verdict.rule, COPP_RULE_NONE);
        assert_int_equal(copp_revocation_version(list), good[i].version);
        assert_int_equal(copp_revocation_count(list), good[i].count);
        bool revoked = good[i].revoked != WHOLE;
        assert_int_equal(copp_revocation_check(list, chain, &verdict), revoked ? COPP_E_REVOKED : COPP_OK);
        assert_int_equal(verdict.rule, revoked ? COPP_RULE_CRL_4 : COPP_RULE_NONE);
        assert_int_equal(verdict.certificate, good[i].revoked);
        copp_revocation_free(&list);
    }
    copp_chain_free(&chain);
}

/* A signer of lists, certified by the vectors' root. */
struct issuer {
    struct copp_private_key *root;
    struct copp_private_key *signer;
    struct copp_certificate_request requests[2];
};

static struct copp_public_key public_half(struct copp_private_key *key) {
    struct copp_public_key half;
    assert_int_equal(key->ops->public_key(key, &half), COPP_OK);
    return half;
}

static struct issuer issuer_with(unsigned bits) {
    struct issuer made = {.root = test_private_key("root.pem")};
    assert_int_equal(copp_private_key_generate(bits, &made.signer), COPP_OK);
    made.requests[0] = (struct copp_certificate_request){.size = sizeof(struct copp_certificate_request),
                                                         .subject = public_half(made.signer),
                                                         .signer = made.root,
                                                         .sign_crl = true,
                                                         .manufacturer = "lists"};
    made.requests[1] = (struct copp_certificate_request){.size = sizeof(struct copp_certificate_request),
                                                         .subject = public_half(made.root),
                                                         .signer = made.root,
                                                         .sign_certificate = true,
                                                         .manufacturer = "root"};
    return made;
}

static void issuer_free(struct issuer *issuer) {
    copp_private_key_free(&issuer->signer);
    copp_private_key_free(&issuer->root);
}

static struct document collection_of(const struct issuer *issuer, size_t count) {
    char *xml;
    size_t size;
    assert_int_equal(copp_chain_issue(issuer->requests, count, &xml, &size), COPP_OK);
    struct document document = document_from(xml, size);
    copp_release(xml, size);
    return document;
}

static void put_u32(uint8_t *at, size_t value) {
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* A list around certificates, signed by key: made here, not by the library. */
static struct document list_around(const struct document *certificates, uint32_t version, const uint8_t *digests, size_t count,
                                   struct copp_private_key *key) {
    size_t size = 12 + 20 * count + certificates->size;
    struct document list = {malloc(size + 3 + SIGNATURE_SIZE), size + 3 + SIGNATURE_SIZE};
    assert_non_null(list.text);
    uint8_t *bytes = (uint8_t *)list.text;
    put_u32(bytes, version);
    put_u32(&bytes[4], count);
    if (count)
        memcpy(&bytes[8], digests, 20 * count);
    put_u32(&bytes[8 + 20 * count], certificates->size);
    memcpy(&bytes[12 + 20 * count], certificates->text, certificates->size);
    memcpy(&bytes[size], "\x02\x00\x80", 3);
    assert_int_equal(key->ops->sign(key, bytes, size, &bytes[size + 3], SIGNATURE_SIZE), COPP_OK);
    return list;
}

static void expect_list(const struct document *list, enum copp_rule rule, enum copp_rule because, int certificate,
                        const char *what) {
    struct copp_public_key anchor = test_anchor();
    struct copp_revocation_list *read = NULL;
    struct copp_verdict verdict;
    enum copp_result result = copp_revocation_validate((uint8_t *)list->text, list->size, &anchor, &read, &verdict);
    bool valid = rule == COPP_RULE_NONE;
    if (result != (valid ? COPP_OK : COPP_E_INVALID) || verdict.rule != rule || verdict.because != because ||
        verdict.certificate != certificate)
        fail_msg("%s: got %d, %s because of %s, certificate %d: %s", what, result, copp_rule_id(verdict.rule),
                 copp_rule_id(verdict.because), verdict.certificate, verdict.detail);
    assert_int_equal(read != NULL, valid);
    copp_revocation_free(&read);
}

/* Signs a list around the collection and validates it; the collection's certificates are signed again where asked. */
static void expect_collection(const struct issuer *issuer, struct document *collection, unsigned sign, enum copp_rule rule,
                              enum copp_rule because, int certificate, const char *what) {
    for (int i = 0; i < 2; i++) {
        if (sign & 1u << i)
            sign_certificate(collection, i, issuer->root);
    }
    struct document list = list_around(collection, 1, NULL, 0, issuer->signer);
    expect_list(&list, rule, because, certificate, what);
    document_free(&list);
    document_free(collection);
}

/* CRL-1, and the CERT rules it borrows. */
static void the_signers_certificate_is_checked(void) {
    static const struct {
        int certificate;
        const char *from;
        const char *to;
        unsigned sign; /* bits: which certificates are signed again */
        enum copp_rule rule;
        enum copp_rule because;
        int blamed;
    } changes[] = {
        {WHOLE, "c:Version", "c:Version", 0, COPP_RULE_NONE, COPP_RULE_NONE, WHOLE},
        {WHOLE, "</c:CertificateCollection>", "", 0, COPP_RULE_CRL_1, COPP_RULE_CERT_1, WHOLE},
        {WHOLE, "<c:CertificateCollection", "<!DOCTYPE a><c:CertificateCollection", 0, COPP_RULE_CRL_1, COPP_RULE_CERT_1, WHOLE},
        {LEAF, ">lists<", ">\xFF<", 1, COPP_RULE_CRL_1, COPP_RULE_CERT_2, WHOLE},
        {WHOLE, "c:Version=\"2.0\"", "c:Version=\"1.0\"", 0, COPP_RULE_CRL_1, COPP_RULE_CERT_3, WHOLE},
        {LEAF, "<c:Features>", "<c:Features/><c:Features>", 1, COPP_RULE_CRL_1, COPP_RULE_CERT_5, 0},
        {LEAF, "<KeyInfo>", "<KeyInfo/><KeyInfo>", 1, COPP_RULE_CRL_1, COPP_RULE_CERT_5, 0},
        {LEAF, "<Modulus>", "<Modulus>AAAA", 1, COPP_RULE_CRL_1, COPP_RULE_CERT_6, 0},
        {LEAF, ">AQAB<", ">AQAA<", 1, COPP_RULE_CRL_1, COPP_RULE_CERT_7, 0},
        {LEAF, ">AQAB<", "><", 1, COPP_RULE_CRL_1, COPP_RULE_CERT_7, 0},
        {LEAF, "<c:SignCRL>1<", "<c:SignCRL>0<", 1, COPP_RULE_CRL_1, COPP_RULE_NONE, 0},
        {LEAF, "<c:SignCRL>1</c:SignCRL>", "<c:SignCertificate>1</c:SignCertificate>", 1, COPP_RULE_CRL_1, COPP_RULE_NONE, 0},
        {LEAF, "<c:SignCRL>1<", "<c:SignCRL> 1 <", 1, COPP_RULE_NONE, COPP_RULE_NONE, WHOLE},
        {LEAF, ">lists<", ">others<", 0, COPP_RULE_CRL_1, COPP_RULE_CERT_10, 0},
        {LEAF, "<SignatureValue>", "<SignatureValue>AAAA", 0, COPP_RULE_CRL_1, COPP_RULE_CERT_11, 0},
        {LEAF, "<SignedInfo>", "<c:Not/><SignedInfo>", 0, COPP_RULE_NONE, COPP_RULE_NONE, WHOLE},
        {LEAF, "<c:PublicKey>", "<c:PublicKey xmlns:c='urn:x'>", 1, COPP_RULE_CRL_1, COPP_RULE_CERT_13, 0},
        {IHV, "<c:SignCertificate>1<", "<c:SignCertificate>0<", 2, COPP_RULE_CRL_1, COPP_RULE_CERT_9, 1},
        {IHV, "<c:SignCertificate>1<", "<c:SignCertificate>0<", 0, COPP_RULE_CRL_1, COPP_RULE_CERT_9, 1},
        {IHV, "<Modulus>pjec", "<Modulus>pjed", 2, COPP_RULE_CRL_1, COPP_RULE_CERT_9, 1},
        {IHV, ">AQAB<", ">Aw==<", 2, COPP_RULE_CRL_1, COPP_RULE_CERT_9, 1},
        {IHV, ">root<", ">Root<", 0, COPP_RULE_CRL_1, COPP_RULE_CERT_10, 1},
    };
    struct issuer issuer = issuer_with(1024);
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct document collection = collection_of(&issuer, 2);
        edit(&collection, changes[i].certificate, 0, changes[i].from, changes[i].to);
        expect_collection(&issuer, &collection, changes[i].sign, changes[i].rule, changes[i].because, changes[i].blamed,
                          changes[i].to);
    }
    struct document collection = collection_of(&issuer, 1); /* no root certificate is fine */
    rename_element(&collection, LEAF, 0, "RSAKeyValue", "Other");
    expect_collection(&issuer, &collection, 1, COPP_RULE_CRL_1, COPP_RULE_CERT_13, 0, "no RSAKeyValue");
    issuer_free(&issuer);
}

static void one_certificate_or_two(void) {
    struct issuer issuer = issuer_with(1024);
    struct document collection = collection_of(&issuer, 1);
    expect_collection(&issuer, &collection, 0, COPP_RULE_NONE, COPP_RULE_NONE, WHOLE, "one");
    collection = collection_of(&issuer, 2);
    edit(&collection, WHOLE, 0, "</c:CertificateCollection>", "<c:Certificate/></c:CertificateCollection>");
    expect_collection(&issuer, &collection, 0, COPP_RULE_CRL_1, COPP_RULE_NONE, WHOLE, "three");
    collection = collection_of(&issuer, 1);
    edit(&collection, WHOLE, 0, "</c:CertificateCollection>", "<x:Certificate xmlns:x='urn:x'/></c:CertificateCollection>");
    expect_collection(&issuer, &collection, 0, COPP_RULE_CRL_1, COPP_RULE_NONE, WHOLE, "a stranger");
    static const char none[] = "<CertificateCollection Version='2.0'/>";
    collection = document_from(none, strlen(none));
    expect_collection(&issuer, &collection, 0, COPP_RULE_CRL_1, COPP_RULE_NONE, WHOLE, "none");
    issuer_free(&issuer);
}

/* Signed by somebody whom the anchor certified, but not by the anchor: KeyInfo is not it. */
static void the_signer_is_signed_by_the_anchor_directly(void) {
    struct issuer issuer = issuer_with(1024);
    struct copp_private_key *between;
    assert_int_equal(copp_private_key_generate(1024, &between), COPP_OK);
    issuer.requests[0].signer = between;
    issuer.requests[1].subject = public_half(between);
    struct document collection = collection_of(&issuer, 2);
    expect_collection(&issuer, &collection, 0, COPP_RULE_CRL_1, COPP_RULE_CERT_12, 0, "an intermediate signer");
    copp_private_key_free(&between);
    issuer_free(&issuer);
}

static void the_signers_key_has_1024_bits(void) {
    struct issuer issuer = issuer_with(2048);
    struct issuer small = issuer_with(1024);
    struct document collection = collection_of(&issuer, 2);
    struct document list = list_around(&collection, 1, NULL, 0, small.signer);
    expect_list(&list, COPP_RULE_CRL_1, COPP_RULE_CERT_6, 0, "RSA-2048");
    document_free(&list);
    document_free(&collection);
    issuer_free(&small);
    issuer_free(&issuer);
}

/* CRL-2: every byte before the signature type, by the key of the first certificate. */
static void the_signature_covers_the_list(void) {
    struct issuer issuer = issuer_with(1024);
    struct issuer other = issuer_with(1024);
    uint8_t digests[40] = {7};
    struct document collection = collection_of(&issuer, 2);
    struct document list = list_around(&collection, 5, digests, 2, issuer.signer);
    expect_list(&list, COPP_RULE_NONE, COPP_RULE_NONE, WHOLE, "as it is");
    static const size_t inside[] = {0, 3, 8, 27, 47}; /* version and digests */
    for (size_t i = 0; i < COUNT(inside); i++) {
        list.text[inside[i]] ^= 1;
        expect_list(&list, COPP_RULE_CRL_2, COPP_RULE_NONE, WHOLE, "a byte changed");
        list.text[inside[i]] ^= 1;
    }
    list.text[list.size - 1] ^= 1;
    expect_list(&list, COPP_RULE_CRL_2, COPP_RULE_NONE, WHOLE, "the signature changed");
    list.text[list.size - 1] ^= 1;
    list.text[list.size - SIGNATURE_SIZE - 3] = 1;
    expect_list(&list, COPP_RULE_CRL_2, COPP_RULE_NONE, WHOLE, "another type of signature");
    document_free(&list);
    list = list_around(&collection, 5, digests, 2, other.signer);
    expect_list(&list, COPP_RULE_CRL_2, COPP_RULE_NONE, WHOLE, "another signer");
    document_free(&list);
    list = list_around(&collection, 5, digests, 2, issuer.root);
    expect_list(&list, COPP_RULE_CRL_2, COPP_RULE_NONE, WHOLE, "the root as signer");
    document_free(&list);
    document_free(&collection);
    issuer_free(&other);
    issuer_free(&issuer);
}

/* CRL-5: each length and count, one too small, one too large, and absurd. */
static void lengths_must_agree(void) {
    struct issuer issuer = issuer_with(1024);
    uint8_t digests[40] = {7};
    struct document collection = collection_of(&issuer, 1);
    struct document list = list_around(&collection, 5, digests, 2, issuer.signer);
    const size_t fields[] = {4, 48, list.size - SIGNATURE_SIZE - 4}; /* the last: type and length of the signature */
    for (size_t i = 0; i < COUNT(fields); i++) {
        uint8_t *field = (uint8_t *)&list.text[fields[i]];
        static const int32_t wrong[] = {-1, 1, -20, 20, 0x7FFFFFFF, 0x10001000};
        for (size_t j = 0; j < COUNT(wrong); j++) {
            uint8_t saved[4];
            memcpy(saved, field, 4);
            uint32_t value = (uint32_t)saved[0] << 24 | (uint32_t)saved[1] << 16 | (uint32_t)saved[2] << 8 | saved[3];
            if (i == 2) /* 16 bits */
                put_u32(field, (value & 0xFFFF0000) | ((value + (uint32_t)wrong[j]) & 0xFFFF));
            else
                put_u32(field, value + (uint32_t)wrong[j]);
            expect_list(&list, COPP_RULE_CRL_5, COPP_RULE_NONE, WHOLE, "a length");
            memcpy(field, saved, 4);
        }
    }
    expect_list(&list, COPP_RULE_NONE, COPP_RULE_NONE, WHOLE, "as it was");
    for (size_t size = 0; size < list.size; size++) {
        struct document part = document_from(list.text, size);
        expect_list(&part, COPP_RULE_CRL_5, COPP_RULE_NONE, WHOLE, "cut off");
        document_free(&part);
    }
    struct document longer = {malloc(list.size + 1), list.size + 1};
    assert_non_null(longer.text);
    memcpy(longer.text, list.text, list.size);
    longer.text[list.size] = 0;
    expect_list(&longer, COPP_RULE_CRL_5, COPP_RULE_NONE, WHOLE, "a byte behind");
    document_free(&longer);
    document_free(&list);
    document_free(&collection);
    issuer_free(&issuer);
}

/* The signature's type says its size, whatever its length field does. */
static void signatures_have_the_size_of_their_type(void) {
    size_t size;
    uint8_t *bytes = read_test_vector("crl-v7-empty.bin", &size);
    struct document list = document_from((const char *)bytes, size);
    free(bytes);
    list.text[size - 129]--; /* of the length; the last byte of the signature goes with it */
    list.size--;
    expect_list(&list, COPP_RULE_CRL_5, COPP_RULE_NONE, WHOLE, "a signature of 127 bytes");
    document_free(&list);
}

static void certificates_are_bounded(void) {
    struct issuer issuer = issuer_with(1024);
    struct document collection = collection_of(&issuer, 1);
    char *spaces = calloc(1, COPP_CHAIN_SIZE_MAX + 1);
    assert_non_null(spaces);
    memset(spaces, ' ', COPP_CHAIN_SIZE_MAX);
    edit(&collection, WHOLE, 0, "<c:Certificate ", "  <c:Certificate ");
    edit(&collection, WHOLE, 0, "  ", spaces);
    free(spaces);
    struct document list = list_around(&collection, 1, NULL, 0, issuer.signer);
    expect_list(&list, COPP_RULE_CRL_5, COPP_RULE_NONE, WHOLE, "large certificates");
    document_free(&list);
    document_free(&collection);
    issuer_free(&issuer);
}

static void base64_text_is_the_same_list(void) {
    size_t size;
    uint8_t *binary = read_test_file("vectors/crl-v8-leaf-revoked.bin", &size);
    struct document text = {calloc(2, copp_base64_length(size) + 1), 0};
    assert_non_null(text.text);
    for (size_t at = 0; at < size; at += 48) { /* in lines, as mail and registries break it */
        size_t line = size - at < 48 ? size - at : 48;
        copp_base64_encode(&binary[at], line, &text.text[text.size]);
        text.size += copp_base64_length(line);
        text.text[text.size++] = '\r';
        text.text[text.size++] = '\n';
    }
    expect_list(&text, COPP_RULE_NONE, COPP_RULE_NONE, WHOLE, "base64");
    struct copp_revocation_list *list;
    struct copp_chain *chain = load_chain();
    struct copp_public_key anchor = test_anchor();
    assert_int_equal(copp_revocation_validate((uint8_t *)text.text, text.size, &anchor, &list, NULL), COPP_OK);
    assert_int_equal(copp_revocation_version(list), 8);
    assert_int_equal(copp_revocation_check(list, chain, NULL), COPP_E_REVOKED);
    copp_revocation_free(&list);
    text.size -= 10;
    expect_list(&text, COPP_RULE_CRL_5, COPP_RULE_NONE, WHOLE, "base64 cut off");
    copp_chain_free(&chain);
    document_free(&text);
    free(binary);
}

/* What the library issues, taken apart here. */
static void issued_lists_validate(void) {
    struct issuer issuer = issuer_with(1024);
    struct copp_public_key anchor = test_anchor();
    struct copp_chain *chain = load_chain();
    struct copp_certificate certificate = {.size = sizeof certificate};
    uint8_t digests[1000 * COPP_DIGEST_SIZE] = {0};
    for (size_t i = 0; i < 1000; i++)
        put_u32(&digests[i * COPP_DIGEST_SIZE], i);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(copp_chain_certificate(chain, i, &certificate), COPP_OK);
        memcpy(&digests[(999 - 300 * i) * COPP_DIGEST_SIZE], certificate.digest_value, COPP_DIGEST_SIZE);
    }
    static const size_t counts[] = {0, 399, 400, 700, 1000}; /* root at 399, IHV at 699, leaf at 999 */
    static const int revoked[] = {WHOLE, WHOLE, ROOT, ROOT, ROOT};
    for (size_t i = 0; i < COUNT(counts); i++) {
        uint8_t *bytes;
        size_t size;
        struct copp_revocation_list *list;
        struct copp_verdict verdict;
        assert_int_equal(
            copp_revocation_issue(0xFFFFFFFF, digests, counts[i], issuer.requests, 1 + i % 2, issuer.signer, &bytes, &size),
            COPP_OK);
        assert_int_equal(copp_revocation_validate(bytes, size, &anchor, &list, NULL), COPP_OK);
        assert_int_equal(copp_revocation_version(list), 0xFFFFFFFF);
        assert_int_equal(copp_revocation_count(list), counts[i]);
        assert_null(copp_revocation_digest(list, counts[i]));
        if (counts[i])
            assert_memory_equal(copp_revocation_digest(list, counts[i] - 1), &digests[(counts[i] - 1) * 20], 20);
        size_t certificates_size;
        assert_memory_equal(copp_revocation_certificates(list, &certificates_size), "<c:CertificateCollection", 24);
        assert_int_equal(certificates_size, size - 12 - 20 * counts[i] - 131);
        assert_int_equal(copp_revocation_check(list, chain, &verdict), revoked[i] == WHOLE ? COPP_OK : COPP_E_REVOKED);
        assert_int_equal(verdict.certificate, revoked[i]);
        copp_revocation_free(&list);
        copp_release(bytes, size);
    }
    copp_chain_free(&chain);
    issuer_free(&issuer);
}

static void what_cannot_be_issued_is_refused(void) {
    struct issuer issuer = issuer_with(1024);
    struct issuer large = issuer_with(2048);
    uint8_t digest[20] = {0};
    uint8_t *out;
    size_t size;
    struct copp_private_key *signer = issuer.signer;
    const struct copp_certificate_request *requests = issuer.requests;
    assert_int_equal(copp_revocation_issue(1, NULL, 1, requests, 1, signer, &out, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_issue(1, digest, 1, NULL, 1, signer, &out, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_issue(1, digest, 1, requests, 0, signer, &out, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_issue(1, digest, 1, requests, 3, signer, &out, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_issue(1, digest, 1, requests, 1, NULL, &out, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_issue(1, digest, 1, requests, 1, signer, NULL, &size), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_issue(1, digest, 1, requests, 1, signer, &out, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_issue(1, digest, 1, requests, 1, issuer.root, &out, &size), COPP_E_KEY);
    assert_int_equal(copp_revocation_issue(1, digest, 1, large.requests, 1, large.signer, &out, &size), COPP_E_KEY);
    assert_null(out);
    size_t many = COPP_REVOCATION_SIZE_MAX / COPP_DIGEST_SIZE;
    uint8_t *digests = calloc(many + 1, COPP_DIGEST_SIZE);
    assert_non_null(digests);
    assert_int_equal(copp_revocation_issue(1, digests, many + 1, requests, 1, signer, &out, &size), COPP_E_TOO_LARGE);
    assert_int_equal(copp_revocation_issue(1, digests, many, requests, 1, signer, &out, &size), COPP_E_TOO_LARGE);
    assert_null(out);
    assert_int_equal(copp_revocation_issue(1, digests, many - 200, requests, 1, signer, &out, &size), COPP_OK);
    struct document list = document_from((char *)out, size);
    expect_list(&list, COPP_RULE_NONE, COPP_RULE_NONE, WHOLE, "a list of full size");
    document_free(&list);
    copp_release(out, size);
    free(digests);
    issuer_free(&large);
    issuer_free(&issuer);
}

static void only_validated_lists_and_chains_count(void) {
    size_t size;
    uint8_t *bytes = read_test_file("vectors/crl-v9-ihv-revoked.bin", &size);
    struct document document = good_chain();
    struct copp_chain *chain = load_chain();
    struct copp_chain *parsed_chain;
    struct copp_revocation_list *list;
    struct copp_revocation_list *parsed;
    struct copp_verdict verdict;
    struct copp_public_key anchor = test_anchor();
    assert_int_equal(copp_chain_parse((uint8_t *)document.text, document.size, &parsed_chain, NULL), COPP_OK);
    assert_int_equal(copp_revocation_parse(bytes, size, &parsed, NULL), COPP_OK);
    assert_int_equal(copp_revocation_validate(bytes, size, &anchor, &list, NULL), COPP_OK);
    assert_false(copp_revocation_valid(parsed));
    assert_int_equal(copp_revocation_version(parsed), 9);
    assert_int_equal(copp_revocation_check(parsed, chain, &verdict), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_check(list, parsed_chain, &verdict), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_check(NULL, chain, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_check(list, NULL, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_check(list, chain, &verdict), COPP_E_REVOKED);
    copp_revocation_free(&parsed);
    assert_int_equal(copp_revocation_parse(bytes, size - 1, &parsed, &verdict), COPP_E_INVALID);
    assert_int_equal(verdict.rule, COPP_RULE_CRL_5);
    assert_int_equal(copp_revocation_parse(bytes, size, NULL, &verdict), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_parse(NULL, size, &parsed, &verdict), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_validate(bytes, size, NULL, &parsed, &verdict), COPP_E_ARGUMENT);
    assert_int_equal(copp_revocation_validate(bytes, COPP_REVOCATION_TEXT_MAX + 1, &anchor, &parsed, &verdict), COPP_E_TOO_LARGE);
    assert_null(parsed);
    uint8_t *large = calloc(1, COPP_REVOCATION_SIZE_MAX + 1);
    assert_non_null(large);
    assert_int_equal(copp_revocation_parse(large, COPP_REVOCATION_SIZE_MAX + 1, &parsed, &verdict), COPP_E_TOO_LARGE);
    free(large);
    assert_int_equal(copp_revocation_count(NULL) + copp_revocation_version(NULL), 0);
    assert_null(copp_revocation_digest(NULL, 0));
    assert_null(copp_revocation_certificates(NULL, &size));
    copp_revocation_free(&list);
    copp_revocation_free(&list);
    copp_revocation_free(NULL);
    copp_chain_free(&parsed_chain);
    copp_chain_free(&chain);
    document_free(&document);
    free(bytes);
}

static const struct test_case cases[] = {
    TEST(bad_vectors_are_refused, "CRL-1 CRL-2 CRL-5"),
    TEST(revoked_certificates_are_found, "CRL-4"),
    TEST(the_signers_certificate_is_checked, "CRL-1"),
    TEST(one_certificate_or_two, "CRL-1"),
    TEST(the_signer_is_signed_by_the_anchor_directly, "CRL-1"),
    TEST(the_signers_key_has_1024_bits, "CRL-1"),
    TEST(the_signature_covers_the_list, "CRL-2"),
    TEST(lengths_must_agree, "CRL-5"),
    TEST(signatures_have_the_size_of_their_type, "CRL-5"),
    TEST(certificates_are_bounded, "CRL-5"),
    TEST(base64_text_is_the_same_list, ""),
    TEST(issued_lists_validate, "CRL-4"),
    TEST(what_cannot_be_issued_is_refused, ""),
    TEST(only_validated_lists_and_chains_count, "CRL-4"),
};

int main(void) {
    return RUN_SUITE("revocation", cases);
}
