/* What a chain with a path must keep to, in OPM-CERT-9's order. Positions count in the path: 0 is the leaf. */
#include "certificate/x509.h"
#include "crypto/crypto.h"

struct check {
    const struct copp_opm_chain *chain;
    const struct copp_opm_anchor *anchor;
    const struct copp_x509_purpose *purpose;
    struct copp_log *log;
    struct copp_verdict *verdict;
};

static const struct copp_x509 *in_path(const struct check *check, uint32_t position) {
    return &check->chain->certificates[check->chain->path[position]];
}

static uint32_t root_of(const struct check *check) {
    return check->chain->path_length - 1;
}

static enum copp_result refuse(const struct check *check, enum copp_rule rule, uint32_t position, const char *detail) {
    return copp_verdict_refuse(check->verdict, rule, (int)check->chain->path[position], detail);
}

/* --- OPM-CERT-4: the anchor --- */

static bool keys_equal(const struct copp_rsa_key *a, const struct copp_rsa_key *b) {
    return a->exponent == b->exponent && a->modulus_size == b->modulus_size && a->modulus_size <= sizeof a->modulus &&
           copp_equal(a->modulus, b->modulus, a->modulus_size);
}

/* There is one encoding of a key that can be read, so that equal keys are equal SubjectPublicKeyInfos. */
static enum copp_result check_anchor(const struct check *check) {
    const struct copp_x509 *root = in_path(check, root_of(check));
    if (!copp_der_is(&root->subject, check->anchor->subject, check->anchor->subject_size))
        return refuse(check, COPP_RULE_OPM_CERT_4, root_of(check),
                      "the path ends in it, but its subject is not the trust anchor's");
    if (root->key_flaw || !keys_equal(&root->key, &check->anchor->key))
        return refuse(check, COPP_RULE_OPM_CERT_4, root_of(check), "its subject is the trust anchor's, but its key is not");
    return COPP_OK;
}

/* --- OPM-CERT-5: keys --- */

static enum copp_result check_key(const struct check *check, uint32_t position) {
    const struct copp_x509 *certificate = in_path(check, position);
    if (certificate->key_flaw)
        return refuse(check, COPP_RULE_OPM_CERT_5, position, certificate->key_flaw);
    if (!copp_rsa_key_usable(&certificate->key))
        return refuse(check, COPP_RULE_OPM_CERT_5, position, "its key does not have 2048 to 4096 bits");
    if (position == 0 && certificate->key.modulus_size != COPP_MODULUS_MAX)
        return refuse(check, COPP_RULE_OPM_CERT_5, position, "the leaf's key does not have 2048 bits");
    return COPP_OK;
}

/* --- OPM-CERT-4: roles --- */

static bool may_not_sign(const struct copp_x509_extensions *extensions) {
    return extensions->has_usage && !(extensions->usage & COPP_OPM_USAGE_CERTIFICATE_SIGN);
}

static enum copp_result check_leaf_role(const struct check *check) {
    const struct copp_x509_extensions *extensions = &in_path(check, 0)->extensions;
    if (extensions->ca)
        return refuse(check, COPP_RULE_OPM_CERT_4, 0, "the leaf is a CA");
    if (extensions->usage & COPP_OPM_USAGE_CERTIFICATE_SIGN)
        return refuse(check, COPP_RULE_OPM_CERT_4, 0, "the leaf's KeyUsage has keyCertSign");
    return COPP_OK;
}

static enum copp_result check_ca_role(const struct check *check, uint32_t position) {
    const struct copp_x509 *certificate = in_path(check, position);
    const struct copp_x509_extensions *extensions = &certificate->extensions;
    if (!certificate->version_3)
        return refuse(check, COPP_RULE_OPM_CERT_4, position, "a CA's certificate is not of version 3");
    if (!extensions->has_basic || !extensions->ca)
        return refuse(check, COPP_RULE_OPM_CERT_4, position,
                      "it issued another certificate, but its BasicConstraints do not make it a CA");
    if (extensions->has_path_length && extensions->path_length < position - 1)
        return refuse(check, COPP_RULE_OPM_CERT_4, position, "its pathLenConstraint allows fewer CAs than are below it");
    if (may_not_sign(extensions))
        return refuse(check, COPP_RULE_OPM_CERT_4, position, "a CA's KeyUsage lacks keyCertSign");
    return COPP_OK;
}

/* --- OPM-CERT-8: purposes --- */

static const uint8_t grl_signer[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0a, 0x05, 0x04}; /* 1.3.6.1.4.1.311.10.5.4 */
static const uint8_t peauth[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0a, 0x05, 0x07};

static bool lists(const struct copp_x509_extensions *extensions, const uint8_t *purpose, size_t size) {
    struct copp_reader in = extensions->purposes;
    struct copp_reader object;
    while (extensions->has_purposes && copp_der_read(&in, COPP_DER_OBJECT, &object)) {
        if (copp_der_is(&object, purpose, size))
            return true;
    }
    return false;
}

/* Whoever names one of the two purposes wants a certificate of that other protocol. */
static bool wants_other_protocol(const struct copp_x509_purpose *purpose) {
    const struct copp_reader wanted = {purpose->bytes, purpose->size};
    return copp_der_is(&wanted, grl_signer, sizeof grl_signer) || copp_der_is(&wanted, peauth, sizeof peauth);
}

static enum copp_result check_purpose(const struct check *check, uint32_t position) {
    const struct copp_x509_extensions *extensions = &in_path(check, position)->extensions;
    const struct copp_x509_purpose *purpose = check->purpose;
    if (position == 0 && !wants_other_protocol(purpose) &&
        (lists(extensions, grl_signer, sizeof grl_signer) || lists(extensions, peauth, sizeof peauth)))
        return refuse(check, COPP_RULE_OPM_CERT_8, position,
                      "the leaf is another protocol's: a signer of revocation lists, or PEAuth");
    bool asked = purpose->size > 0 && (position == 0 || extensions->has_purposes);
    if (asked && !lists(extensions, purpose->bytes, purpose->size))
        return refuse(check, COPP_RULE_OPM_CERT_8, position, "its extended key usage does not list the purpose asked for");
    return COPP_OK;
}

static enum copp_result check_extensions(const struct check *check, uint32_t position) {
    const char *flaw = in_path(check, position)->extensions.flaw;
    if (flaw)
        return refuse(check, COPP_RULE_OPM_CERT_9, position, flaw);
    enum copp_result result = position == 0 ? check_leaf_role(check) : check_ca_role(check, position);
    return result ? result : check_purpose(check, position);
}

/* --- OPM-CERT-6 and the signatures of OPM-CERT-3 --- */

/* An AlgorithmIdentifier's contents: 1.2.840.113549.1.1.N, and parameters NULL. */
static const struct algorithm {
    uint8_t contents[13];
    enum copp_digest_kind digest;
    const char *name;
} algorithms[] = {
    {{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00}, COPP_DIGEST_SHA1, "RSA with SHA-1"},
    {{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00}, COPP_DIGEST_SHA256, "RSA with SHA-256"},
    {{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c, 0x05, 0x00}, COPP_DIGEST_SHA384, "RSA with SHA-384"},
    {{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d, 0x05, 0x00}, COPP_DIGEST_SHA512, "RSA with SHA-512"},
};

static const struct algorithm *algorithm_of(const struct copp_x509 *certificate) {
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (copp_der_is(&certificate->outer_algorithm, algorithms[i].contents, sizeof algorithms[i].contents))
            return &algorithms[i];
    }
    return NULL;
}

const char *copp_x509_signature_name(const struct copp_x509 *certificate) {
    const struct algorithm *algorithm = algorithm_of(certificate);
    return algorithm ? algorithm->name : "";
}

static enum copp_result check_signature(const struct check *check, uint32_t position) {
    const struct copp_x509 *certificate = in_path(check, position);
    const struct algorithm *algorithm = algorithm_of(certificate);
    if (!copp_der_equal(&certificate->inner_algorithm, &certificate->outer_algorithm))
        return refuse(check, COPP_RULE_OPM_CERT_6, position, "it names two different signature algorithms");
    if (!algorithm)
        return refuse(check, COPP_RULE_OPM_CERT_6, position,
                      "it is not signed by RSASSA-PKCS1-v1_5 with SHA-1, SHA-256, SHA-384 or SHA-512 and parameters NULL");
    enum copp_result result =
        copp_pkcs1_verify(&in_path(check, position + 1)->key, algorithm->digest, certificate->signed_part.next,
                          certificate->signed_part.left, certificate->signature.next, certificate->signature.left, check->log);
    if (result == COPP_E_INVALID)
        return refuse(check, COPP_RULE_OPM_CERT_3, position, "its signature does not verify under its issuer's key");
    return result;
}

enum copp_result copp_x509_check(const struct copp_opm_chain *chain, const struct copp_opm_anchor *anchor,
                                 const struct copp_x509_purpose *purpose, struct copp_log *log, struct copp_verdict *verdict) {
    const struct check check = {chain, anchor, purpose, log, verdict};
    enum copp_result result = check_anchor(&check);
    for (uint32_t i = 0; !result && i < chain->path_length; i++)
        result = check_key(&check, i);
    for (uint32_t i = 0; !result && i < root_of(&check); i++)
        result = check_extensions(&check, i);
    for (uint32_t i = 0; !result && i < root_of(&check); i++)
        result = check_signature(&check, i);
    return result;
}
