/* The frame of a certificate: what RFC 5280 puts where, and no more (OPM-CERT-1). */
#include "certificate/x509.h"

#define UNIQUE_ID_ISSUER 0x81u /* [1] and [2] IMPLICIT BIT STRING */
#define UNIQUE_ID_SUBJECT 0x82u

/* Version 3 is written out, version 1 never is: that is its default. */
static bool read_version(struct copp_reader *in, struct copp_x509 *certificate) {
    static const uint8_t version_3[] = {2};
    struct copp_reader explicit_version;
    struct copp_reader version;
    certificate->version_3 = copp_der_next_is(in, COPP_DER_CONTEXT(0));
    return !certificate->version_3 || (copp_der_read(in, COPP_DER_CONTEXT(0), &explicit_version) &&
                                       copp_der_read(&explicit_version, COPP_DER_INTEGER, &version) &&
                                       explicit_version.left == 0 && copp_der_is(&version, version_3, sizeof version_3));
}

/* A BIT STRING of whole bytes. */
static bool read_bytes(struct copp_reader *in, struct copp_reader *bytes) {
    uint32_t unused;
    return copp_der_bits(in, &unused, bytes) && unused == 0;
}

static bool read_key_frame(struct copp_reader *in, struct copp_x509 *certificate) {
    struct copp_reader key;
    return copp_der_read(in, COPP_DER_SEQUENCE, &key) && copp_der_read(&key, COPP_DER_SEQUENCE, &certificate->key_algorithm) &&
           read_bytes(&key, &certificate->key_bits) && key.left == 0;
}

/* What may follow the key. */
static const char *read_rest(struct copp_reader *in, struct copp_x509 *certificate) {
    if (copp_der_next_is(in, UNIQUE_ID_ISSUER) || copp_der_next_is(in, UNIQUE_ID_SUBJECT))
        return "it has a unique identifier";
    certificate->has_extensions = in->left > 0;
    if (!certificate->has_extensions)
        return NULL;
    if (!copp_der_read(in, COPP_DER_CONTEXT(3), &certificate->extension_list) || in->left)
        return "something other than extensions follows its key";
    return certificate->version_3 ? NULL : "it has extensions and is not of version 3";
}

static const char *read_signed_part(struct copp_reader *in, struct copp_x509 *certificate) {
    struct copp_reader serial;
    struct copp_reader validity; /* its dates are not looked at (OPM-CERT-7) */
    struct copp_reader contents;
    if (!read_version(in, certificate))
        return "its version is neither 3 nor omitted (version 1)";
    if (!copp_der_read(in, COPP_DER_INTEGER, &serial) || serial.left == 0)
        return "it has no serial number";
    if (!copp_der_read(in, COPP_DER_SEQUENCE, &certificate->inner_algorithm) ||
        !copp_der_whole(in, COPP_DER_SEQUENCE, &contents, &certificate->issuer) ||
        !copp_der_read(in, COPP_DER_SEQUENCE, &validity) /* dates are not checked: OPM-CERT-7 */ ||
        !copp_der_whole(in, COPP_DER_SEQUENCE, &contents, &certificate->subject))
        return "its algorithm, issuer, validity or subject is not a SEQUENCE in DER";
    if (!read_key_frame(in, certificate))
        return "its key is not a SubjectPublicKeyInfo in DER";
    return read_rest(in, certificate);
}

const char *copp_x509_read(struct copp_reader *in, struct copp_x509 *certificate) {
    struct copp_reader outer;
    struct copp_reader inner;
    *certificate = (struct copp_x509){.key_flaw = "", .subject_text = "", .issuer_text = "", .purposes_text = ""};
    if (!copp_der_whole(in, COPP_DER_SEQUENCE, &outer, &certificate->whole) ||
        !copp_der_whole(&outer, COPP_DER_SEQUENCE, &inner, &certificate->signed_part))
        return "it is not a certificate in DER";
    const char *flaw = read_signed_part(&inner, certificate);
    if (flaw)
        return flaw;
    if (!copp_der_read(&outer, COPP_DER_SEQUENCE, &certificate->outer_algorithm) ||
        !read_bytes(&outer, &certificate->signature) || outer.left)
        return "its signed part is not followed by an algorithm and a signature of whole bytes";
    return NULL;
}
