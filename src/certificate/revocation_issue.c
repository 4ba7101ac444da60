#include <stdlib.h>

#include "certificate/revocation.h"
#include "common/sized.h"
#include "wire/cursor.h"

/* All of a list but its signature. */
static bool write_signed_part(struct copp_writer *out, uint32_t version, const uint8_t *digests, size_t count_digests,
                              const char *certificates, size_t certificates_size) {
    return copp_write_u32be(out, version) && copp_write_u32be(out, (uint32_t)count_digests) &&
           copp_write_bytes(out, digests, count_digests * COPP_DIGEST_SIZE) &&
           copp_write_u32be(out, (uint32_t)certificates_size) &&
           copp_write_bytes(out, (const uint8_t *)certificates, certificates_size);
}

static enum copp_result write_list(uint8_t *list, size_t size, uint32_t version, const uint8_t *digests, size_t count_digests,
                                   const char *certificates, size_t certificates_size, struct copp_private_key *signer) {
    struct copp_writer out = {list, size};
    uint8_t signature[COPP_REVOCATION_SIGNATURE_SIZE];
    bool whole = write_signed_part(&out, version, digests, count_digests, certificates, certificates_size);
    enum copp_result result = COPP_HAS_OP(signer->ops, sign)
                                  ? signer->ops->sign(signer, list, size - out.left, signature, sizeof signature)
                                  : COPP_E_CRYPTO;
    if (result)
        return result == COPP_E_MEMORY ? COPP_E_MEMORY : COPP_E_CRYPTO;
    whole = whole && copp_write_u8(&out, COPP_REVOCATION_SIGNATURE_TYPE) && copp_write_u16be(&out, sizeof signature) &&
            copp_write_bytes(&out, signature, sizeof signature);
    return whole ? COPP_OK : COPP_E_TOO_LARGE; /* there is room for all of it: see needed */
}

/* The signer must be whom the first certificate is about, and an RSA-1024 key. */
static enum copp_result check_signer(const struct copp_certificate_request *request, struct copp_private_key *signer) {
    struct copp_public_key key;
    enum copp_result result = signer->ops->public_key(signer, &key);
    if (result)
        return result;
    return key.modulus_size == COPP_REVOCATION_SIGNATURE_SIZE && copp_public_key_equal(&key, &request->subject) ? COPP_OK
                                                                                                                : COPP_E_KEY;
}

enum copp_result copp_revocation_issue(uint32_t version, const uint8_t *digests, size_t count_digests,
                                       const struct copp_certificate_request *requests, size_t count,
                                       struct copp_private_key *signer, uint8_t **out, size_t *size) {
    char *certificates = NULL;
    size_t certificates_size = 0;
    if (out)
        *out = NULL;
    struct copp_certificate_request first;
    if ((!digests && count_digests) || !requests || count < 1 || count > 2 || !signer || !out || !size)
        return COPP_E_ARGUMENT;
    if (!COPP_HAS_OP(signer->ops, public_key) || !copp_sized_read(requests, &first, sizeof first))
        return COPP_E_ARGUMENT;
    if (count_digests > COPP_REVOCATION_SIZE_MAX / COPP_DIGEST_SIZE)
        return COPP_E_TOO_LARGE;
    enum copp_result result = check_signer(&first, signer);
    if (!result)
        result = copp_chain_issue(requests, count, &certificates, &certificates_size);
    if (result)
        return result;
    size_t needed = 4 + 4 + count_digests * COPP_DIGEST_SIZE + 4 + certificates_size + 1 + 2 + COPP_REVOCATION_SIGNATURE_SIZE;
    uint8_t *list = needed <= COPP_REVOCATION_SIZE_MAX ? malloc(needed) : NULL;
    if (!list)
        result = needed <= COPP_REVOCATION_SIZE_MAX ? COPP_E_MEMORY : COPP_E_TOO_LARGE;
    if (!result)
        result = write_list(list, needed, version, digests, count_digests, certificates, certificates_size, signer);
    free(certificates);
    if (result) {
        free(list);
        return result;
    }
    *out = list;
    *size = needed;
    return COPP_OK;
}
