/* The two forms that a chain comes in: a certs-only SignedData, and certificates one after the other (OPM-CERT-1). */
#include "certificate/x509.h"

static const uint8_t signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}; /* 1.2.840.113549.1.7.2 */
static const uint8_t plain_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t version_1[] = {1};

static enum copp_result refuse(struct copp_verdict *verdict, int certificate, const char *detail) {
    return copp_verdict_refuse(verdict, COPP_RULE_OPM_CERT_1, certificate, detail);
}

static bool read_empty_set(struct copp_reader *in) {
    struct copp_reader set;
    return copp_der_read(in, COPP_DER_SET, &set) && set.left == 0;
}

/* Content of type data, and nothing in it. */
static bool read_no_content(struct copp_reader *in) {
    struct copp_reader content;
    struct copp_reader type;
    return copp_der_read(in, COPP_DER_SEQUENCE, &content) && copp_der_read(&content, COPP_DER_OBJECT, &type) &&
           copp_der_is(&type, plain_data, sizeof plain_data) && content.left == 0;
}

/* ContentInfo down to the set of certificates. NULL, or what is wrong. */
static const char *read_container(struct copp_reader *in, struct copp_reader *certificates) {
    struct copp_reader outer;
    struct copp_reader type;
    struct copp_reader inside;
    struct copp_reader data;
    struct copp_reader version;
    if (!copp_der_read(in, COPP_DER_SEQUENCE, &outer) || in->left || !copp_der_read(&outer, COPP_DER_OBJECT, &type))
        return "the container is not DER, or bytes follow it";
    if (!copp_der_is(&type, signed_data, sizeof signed_data))
        return "the container is not of type signedData";
    if (!copp_der_read(&outer, COPP_DER_CONTEXT(0), &inside) || outer.left || !copp_der_read(&inside, COPP_DER_SEQUENCE, &data) ||
        inside.left)
        return "the SignedData is not DER, or bytes follow it";
    if (!copp_der_read(&data, COPP_DER_INTEGER, &version) || !copp_der_is(&version, version_1, sizeof version_1))
        return "the SignedData is not of version 1";
    if (!read_empty_set(&data))
        return "digestAlgorithms is not an empty SET";
    if (!read_no_content(&data))
        return "the content is not of type data, or is not empty";
    if (!copp_der_read(&data, COPP_DER_CONTEXT(0), certificates))
        return "the SignedData has no certificates";
    if (!read_empty_set(&data) || data.left)
        return "the certificates are not followed by an empty signerInfos alone";
    return NULL;
}

/* Whether what the outer SEQUENCE begins with says that it is a container. */
static bool is_container(const struct copp_reader *in) {
    struct copp_reader ahead = *in;
    struct copp_reader outer;
    return copp_der_read(&ahead, COPP_DER_SEQUENCE, &outer) && copp_der_next_is(&outer, COPP_DER_OBJECT);
}

static bool is_certificate(const struct copp_reader *in) {
    struct copp_reader ahead = *in;
    struct copp_reader outer;
    return copp_der_read(&ahead, COPP_DER_SEQUENCE, &outer) && copp_der_next_is(&outer, COPP_DER_SEQUENCE);
}

/* 2 to COPP_OPM_CERTIFICATES_MAX of them. */
static enum copp_result read_certificates(struct copp_opm_chain *chain, struct copp_reader *in, struct copp_verdict *verdict) {
    while (in->left) {
        if (chain->count == COPP_OPM_CERTIFICATES_MAX)
            return refuse(verdict, -1, "there are more than 5 certificates");
        const char *flaw = copp_x509_read(in, &chain->certificates[chain->count]);
        if (flaw)
            return refuse(verdict, (int)chain->count, flaw);
        chain->count++;
    }
    return chain->count >= 2 ? COPP_OK : refuse(verdict, -1, "there are fewer than 2 certificates");
}

enum copp_result copp_x509_split(struct copp_opm_chain *chain, struct copp_verdict *verdict) {
    struct copp_reader in = {chain->chain_bytes, chain->chain_size};
    struct copp_reader certificates = in;
    if (is_container(&in)) {
        const char *flaw = read_container(&in, &certificates);
        if (flaw)
            return refuse(verdict, -1, flaw);
    } else if (!is_certificate(&in)) {
        return refuse(verdict, -1, "the chain begins neither with a container nor with a certificate in DER");
    }
    return read_certificates(chain, &certificates, verdict);
}
