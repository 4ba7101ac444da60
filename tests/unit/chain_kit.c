#include "chain_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "wire/base64.h"

struct document document_from(const char *text, size_t size) {
    struct document document = {malloc(size + 1), size};
    assert_non_null(document.text);
    memcpy(document.text, text, size);
    document.text[size] = 0;
    return document;
}

struct document good_chain(void) {
    size_t size;
    uint8_t *bytes = read_test_file("vectors/chain-good.xml", &size);
    struct document document = document_from((const char *)bytes, size);
    free(bytes);
    return document;
}

void document_free(struct document *document) {
    free(document->text);
    *document = (struct document){NULL, 0};
}

static void splice(struct document *document, size_t at, size_t size, const char *text) {
    size_t length = strlen(text);
    char *made = malloc(document->size - size + length + 1);
    assert_non_null(made);
    memcpy(made, document->text, at);
    memcpy(made + at, text, length);
    memcpy(made + at + length, document->text + at + size, document->size - at - size + 1);
    free(document->text);
    document->text = made;
    document->size += length - size;
}

/* Where an opening or closing tag of that name begins, whatever its prefix; NULL if there is none. */
static char *find_tag(char *from, const char *open, const char *name) {
    for (char *at = strstr(from, open); at; at = strstr(at + 1, open)) {
        char *local = at + strlen(open);
        size_t prefix = strcspn(local, " />:");
        if (local[prefix] == ':')
            local += prefix + 1;
        size_t length = strlen(name);
        if (strncmp(local, name, length) == 0 && strchr(" >/\t\n", local[length]))
            return at;
    }
    return NULL;
}

static size_t certificate_at(const struct document *document, int certificate) {
    char *at = document->text;
    for (int i = 0; i <= certificate; i++) {
        at = find_tag(i ? at + 1 : at, "<", "Certificate");
        assert_non_null(at);
    }
    return (size_t)(at - document->text);
}

void edit(struct document *document, int certificate, unsigned nth, const char *from, const char *to) {
    char *at = document->text + certificate_at(document, certificate);
    for (unsigned i = 0; at; i++) {
        at = strstr(i ? at + 1 : at, from);
        if (i == nth)
            break;
    }
    if (!at)
        fail_msg("there is no %s (%u) in certificate %d", from, nth, certificate);
    splice(document, (size_t)(at - document->text), strlen(from), to);
}

void edit_all(struct document *document, const char *from, const char *to) {
    size_t at = 0;
    for (char *found; (found = strstr(document->text + at, from)); at += strlen(to)) {
        at = (size_t)(found - document->text);
        splice(document, at, strlen(from), to);
    }
}

void rename_element(struct document *document, int certificate, unsigned nth, const char *name, const char *new_name) {
    char from[80];
    char to[80];
    (void)snprintf(from, sizeof from, "<%s", name);
    (void)snprintf(to, sizeof to, "<%s", new_name);
    edit(document, certificate, nth, from, to);
    (void)snprintf(from, sizeof from, "</%s>", name);
    (void)snprintf(to, sizeof to, "</%.*s>", (int)strcspn(new_name, " "), new_name); /* attributes stay in the start tag */
    edit(document, certificate, nth, from, to);
}

/* Puts bytes, as base64, in place of the first such element's content in the certificate. */
static void set_base64(struct document *document, int certificate, const char *name, const uint8_t *bytes, size_t size) {
    char text[512] = "";
    copp_base64_encode(bytes, size, text);
    text[copp_base64_length(size)] = 0;
    char *start = find_tag(document->text + certificate_at(document, certificate), "<", name);
    assert_non_null(start);
    start = strchr(start, '>') + 1;
    size_t length = strcspn(start, "<");
    splice(document, (size_t)(start - document->text), length, text);
}

void sign_certificate(struct document *document, int certificate, struct copp_private_key *signer) {
    char *start = find_tag(document->text + certificate_at(document, certificate), "<", "Data");
    assert_non_null(start);
    char *end = find_tag(start, "</", "Data");
    assert_non_null(end);
    size_t size = (size_t)(strchr(end, '>') + 1 - start);
    struct copp_public_key key;
    uint8_t digest[COPP_SHA1_SIZE];
    uint8_t signature[COPP_MODULUS_MAX];
    assert_int_equal(signer->ops->public_key(signer, &key), COPP_OK);
    assert_int_equal(copp_sha1((uint8_t *)start, size, digest, NULL), COPP_OK);
    assert_int_equal(signer->ops->sign(signer, (uint8_t *)start, size, signature, key.modulus_size), COPP_OK);
    set_base64(document, certificate, "DigestValue", digest, sizeof digest);
    set_base64(document, certificate, "SignatureValue", signature, key.modulus_size);
}

struct copp_private_key *signer_of(int certificate) {
    return test_private_key(certificate == LEAF ? "ihv.pem" : "root.pem");
}

void sign_again(struct document *document) {
    for (int i = LEAF; i <= ROOT; i++) {
        struct copp_private_key *signer = signer_of(i);
        sign_certificate(document, i, signer);
        copp_private_key_free(&signer);
    }
}

void expect_then_free(struct document *document, enum copp_rule rule, int certificate, const char *what) {
    struct copp_public_key anchor = test_anchor();
    struct copp_chain *chain = NULL;
    struct copp_verdict verdict;
    enum copp_result result = copp_chain_validate((uint8_t *)document->text, document->size, &anchor, &chain, &verdict);
    bool valid = rule == COPP_RULE_NONE;
    if (result != (valid ? COPP_OK : COPP_E_INVALID) || verdict.rule != rule || verdict.certificate != certificate)
        fail_msg("%s: wanted %s of certificate %d, got %d, %s of certificate %d: %s", what, copp_rule_id(rule), certificate,
                 result, copp_rule_id(verdict.rule), verdict.certificate, verdict.detail);
    assert_int_equal(copp_chain_valid(chain), valid);
    assert_int_equal(verdict.because, COPP_RULE_NONE);
    assert_int_equal(strlen(verdict.detail) == 0, valid);
    copp_chain_free(&chain);
    document_free(document);
}

void expect(const struct document *document, enum copp_rule rule, int certificate) {
    struct document copy = document_from(document->text, document->size);
    expect_then_free(&copy, rule, certificate, document->text);
}
