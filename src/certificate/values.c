/* From fields to values: keys, digests, texts. What cannot be read is left empty; the rules say what that means. */
#include <string.h>

#include "certificate/chain.h"
#include "crypto/crypto.h"
#include "wire/base64.h"

/* False: missing, or with elements in it. */
static bool is_text(const struct copp_field *field) {
    return field->present && !field->mixed;
}

static const char *read_string(const struct copp_field *field) {
    return is_text(field) ? field->content : "";
}

static bool is_space(char character) {
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

/* The value that switches a usage or a feature on; white space around it does not count. */
static bool read_one(const struct copp_field *field) {
    if (!is_text(field))
        return false;
    size_t start = 0;
    size_t end = field->size;
    while (start < end && is_space(field->content[start]))
        start++;
    while (end > start && is_space(field->content[end - 1]))
        end--;
    return end - start == 1 && field->content[start] == '1';
}

/* Returns how many bytes there are, 0 if the text is missing, not base64 or longer. */
static size_t read_base64(const struct copp_field *field, uint8_t *bytes, size_t size) {
    if (!is_text(field) || !copp_base64_decode(field->content, field->size, bytes, &size))
        return 0;
    return size;
}

static void read_key(const struct copp_field *modulus, const struct copp_field *exponent, struct copp_public_key *key) {
    uint8_t bytes[4];
    size_t size = read_base64(exponent, bytes, sizeof bytes);
    for (size_t i = 0; i < size; i++)
        key->exponent = key->exponent << 8 | bytes[i];
    key->modulus_size = (uint32_t)read_base64(modulus, key->modulus, sizeof key->modulus);
    if (!key->modulus_size) /* what was read before it proved not to be base64 */
        memset(key->modulus, 0, sizeof key->modulus);
}

enum copp_result copp_record_decode(struct copp_record *record, struct copp_log *log) {
    const struct copp_field *fields = record->fields;
    read_key(&fields[COPP_ELEMENT_MODULUS], &fields[COPP_ELEMENT_EXPONENT], &record->subject);
    read_key(&fields[COPP_ELEMENT_SIGNER_MODULUS], &fields[COPP_ELEMENT_SIGNER_EXPONENT], &record->signer);
    record->digest_readable =
        read_base64(&fields[COPP_ELEMENT_DIGEST_VALUE], record->digest_value, COPP_DIGEST_SIZE) == COPP_DIGEST_SIZE;
    if (!record->digest_readable)
        memset(record->digest_value, 0, sizeof record->digest_value);
    record->signature_size = read_base64(&fields[COPP_ELEMENT_SIGNATURE_VALUE], record->signature, COPP_MODULUS_MAX);
    record->encrypt_key = read_one(&fields[COPP_ELEMENT_ENCRYPT_KEY]);
    record->sign_certificate = read_one(&fields[COPP_ELEMENT_SIGN_CERTIFICATE]);
    record->sign_crl = read_one(&fields[COPP_ELEMENT_SIGN_CRL]);
    record->copp_certificate = read_one(&fields[COPP_ELEMENT_COPP_CERTIFICATE]);
    record->security_level = read_string(&fields[COPP_ELEMENT_SECURITY_LEVEL]);
    record->manufacturer = read_string(&fields[COPP_ELEMENT_MANUFACTURER_NAME]);
    if (!fields[COPP_ELEMENT_DATA].present)
        return COPP_OK;
    const struct copp_field *data = &fields[COPP_ELEMENT_DATA];
    return copp_sha1((const uint8_t *)data->content, data->size, record->digest,
                     log); /* CERT-10, and CRL-4's name for the certificate */
}
