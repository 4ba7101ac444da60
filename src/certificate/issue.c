/* Certificates in the very form seen on real drivers: the same prefixes, the same order of elements. */
#include <stdlib.h>
#include <string.h>

#include "certificate/utf8.h"
#include "common/sized.h"
#include "copp/certificate.h"
#include "crypto/crypto.h"
#include "wire/base64.h"
#include "wire/cursor.h"

#define CERT_URI "http://schemas.microsoft.com/DRM/2004/02/cert"
#define DSIG_URI "http://www.w3.org/2000/09/xmldsig#"
#define C14N_URI "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

#define ROOM_AROUND 512u /* what the collection's own tags take at most */
#define ROOM_CERTIFICATE 4096u /* a certificate without its manufacturer */
#define ROOM_ESCAPED 5u /* a character as &amp; */

struct document {
    char *text;
    size_t room;
    struct copp_writer out;
};

/* There is room for all that is written: room_for says how much at most. */
static void put_bytes(struct document *document, const char *text, size_t size) {
    (void)copp_write_bytes(&document->out, (const uint8_t *)text, size);
}

static void put(struct document *document, const char *text) {
    put_bytes(document, text, strlen(text));
}

static size_t written(const struct document *document) {
    return document->room - document->out.left;
}

static void put_escaped(struct document *document, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '&':
            put(document, "&amp;");
            break;
        case '<':
            put(document, "&lt;");
            break;
        case '>':
            put(document, "&gt;");
            break;
        default:
            put_bytes(document, text, 1);
        }
    }
}

static void put_number(struct document *document, uint32_t number) {
    char digits[10];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    put_bytes(document, &digits[at], sizeof digits - at);
}

static void put_base64(struct document *document, const uint8_t *bytes, size_t size) {
    char text[(COPP_MODULUS_MAX + 2) / 3 * 4];
    copp_base64_encode(bytes, size, text);
    put_bytes(document, text, copp_base64_length(size));
}

static void put_key(struct document *document, const struct copp_public_key *key) {
    uint8_t exponent[4];
    size_t size = 0;
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        uint8_t byte = (uint8_t)(key->exponent >> (shift - 8));
        if (size || byte) /* the shortest form */
            exponent[size++] = byte;
    }
    put(document, "<KeyValue><RSAKeyValue><Modulus>");
    put_base64(document, key->modulus, key->modulus_size);
    put(document, "</Modulus><Exponent>");
    put_base64(document, exponent, size);
    put(document, "</Exponent></RSAKeyValue></KeyValue>");
}

static void put_data(struct document *document, const struct copp_certificate_request *request) {
    put(document, "<c:Data xmlns=\"" CERT_URI "\" xmlns:c=\"" CERT_URI "\"><c:PublicKey>");
    put_key(document, &request->subject);
    put(document, "</c:PublicKey><c:SecurityLevel>");
    put_number(document, request->security_level);
    put(document, "</c:SecurityLevel><c:ManufacturerData><c:ManufacturerName>");
    put_escaped(document, request->manufacturer);
    put(document, "</c:ManufacturerName></c:ManufacturerData><c:KeyUsage>");
    if (request->encrypt_key)
        put(document, "<c:EncryptKey>1</c:EncryptKey>");
    if (request->sign_certificate)
        put(document, "<c:SignCertificate>1</c:SignCertificate>");
    if (request->sign_crl)
        put(document, "<c:SignCRL>1</c:SignCRL>");
    put(document, "</c:KeyUsage><c:Features>");
    if (request->copp_certificate)
        put(document, "<c:COPPCertificate>1</c:COPPCertificate>");
    put(document, "</c:Features></c:Data>");
}

static bool key_writable(const struct copp_public_key *key) {
    return key->modulus_size > 0 && key->modulus_size <= COPP_MODULUS_MAX && key->exponent > 0;
}

/* The signature covers Data from the first byte of its start tag to the last of its end tag (CERT-10, CERT-11). */
static enum copp_result put_signature(struct document *document, struct copp_private_key *signer, size_t data_at) {
    const uint8_t *data = (const uint8_t *)&document->text[data_at];
    size_t data_size = written(document) - data_at;
    uint8_t digest[COPP_SHA1_SIZE];
    uint8_t signature[COPP_MODULUS_MAX];
    struct copp_public_key key;
    if (!COPP_HAS_OP(signer->ops, sign))
        return COPP_E_CRYPTO;
    enum copp_result result = copp_sha1(data, data_size, digest, NULL);
    if (!result)
        result = signer->ops->public_key(signer, &key);
    if (!result)
        result = key_writable(&key) ? signer->ops->sign(signer, data, data_size, signature, key.modulus_size) : COPP_E_CRYPTO;
    if (result) /* what else a key answers is of no meaning here */
        return result == COPP_E_MEMORY ? COPP_E_MEMORY : COPP_E_CRYPTO;
    put(document, "<Signature xmlns=\"" DSIG_URI "\"><SignedInfo><CanonicalizationMethod Algorithm=\"" C14N_URI "\"/>"
                  "<SignatureMethod Algorithm=\"" DSIG_URI "rsa-sha1\"/><Reference><Transforms><Transform Algorithm=\"" C14N_URI
                  "\"/></Transforms><DigestMethod Algorithm=\"" DSIG_URI "sha1\"/><DigestValue>");
    put_base64(document, digest, sizeof digest);
    put(document, "</DigestValue></Reference></SignedInfo><SignatureValue>");
    put_base64(document, signature, key.modulus_size);
    put(document, "</SignatureValue><KeyInfo>");
    put_key(document, &key);
    put(document, "</KeyInfo></Signature>");
    return COPP_OK;
}

static enum copp_result put_certificate(struct document *document, const struct copp_certificate_request *request) {
    put(document, "<c:Certificate xmlns:c=\"" CERT_URI "\" c:Version=\"2.0\">");
    size_t data_at = written(document);
    put_data(document, request);
    enum copp_result result = put_signature(document, request->signer, data_at);
    put(document, "</c:Certificate>");
    return result;
}

static bool name_writable(const char *name) {
    size_t size = strlen(name);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)name[i];
        if (byte < 0x20 || byte == 0x7F)
            return false;
        if (byte == 0xEF && (uint8_t)name[i + 1] == 0xBF && (uint8_t)name[i + 2] >= 0xBE) /* U+FFFE, U+FFFF: no XML */
            return false;
    }
    return size <= COPP_CHAIN_SIZE_MAX && copp_utf8_valid((const uint8_t *)name, size);
}

/* Reads what the caller has in a row of its own width: each says how long it is, and all are alike. */
static bool read_requests(const struct copp_certificate_request *given, size_t count, struct copp_certificate_request *own) {
    const uint8_t *next = (const uint8_t *)given;
    for (size_t i = 0; i < count; i++) {
        if (!copp_sized_read(next, &own[i], sizeof own[i]) || copp_sized_size(next) != given->size)
            return false;
        next += given->size;
    }
    return true;
}

static bool request_writable(const struct copp_certificate_request *request) {
    return request->signer && COPP_HAS_OP(request->signer->ops, public_key) && key_writable(&request->subject) &&
           request->manufacturer && name_writable(request->manufacturer);
}

static size_t room_for(const struct copp_certificate_request *requests, size_t count) {
    size_t room = ROOM_AROUND;
    for (size_t i = 0; i < count; i++)
        room += ROOM_CERTIFICATE + ROOM_ESCAPED * strlen(requests[i].manufacturer);
    return room;
}

static enum copp_result put_collection(struct document *document, const struct copp_certificate_request *requests, size_t count) {
    put(document, "<c:CertificateCollection xmlns=\"" DSIG_URI "\" xmlns:c=\"" CERT_URI "\" c:Version=\"2.0\">");
    for (size_t i = 0; i < count; i++) {
        enum copp_result result = put_certificate(document, &requests[i]);
        if (result)
            return result;
    }
    put(document, "</c:CertificateCollection>");
    return written(document) > COPP_CHAIN_SIZE_MAX ? COPP_E_TOO_LARGE : COPP_OK;
}

enum copp_result copp_chain_issue(const struct copp_certificate_request *given, size_t count, char **xml, size_t *size) {
    struct copp_certificate_request requests[COPP_CERTIFICATES_MAX];
    if (xml)
        *xml = NULL;
    if (!given || !xml || !size || count == 0 || count > COPP_CERTIFICATES_MAX || !read_requests(given, count, requests))
        return COPP_E_ARGUMENT;
    for (size_t i = 0; i < count; i++) {
        if (!request_writable(&requests[i]))
            return COPP_E_ARGUMENT;
    }
    struct document document = {.room = room_for(requests, count)};
    document.text = malloc(document.room + 1);
    if (!document.text)
        return COPP_E_MEMORY;
    document.out = (struct copp_writer){(uint8_t *)document.text, document.room};
    enum copp_result result = put_collection(&document, requests, count);
    if (result) {
        free(document.text);
        return result;
    }
    *size = written(&document);
    document.text[*size] = 0;
    *xml = document.text;
    return COPP_OK;
}
