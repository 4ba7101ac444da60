/* A revocation list's bytes, split along its counts and lengths (CRL-5). */
#ifndef COPP_CERTIFICATE_REVOCATION_H
#define COPP_CERTIFICATE_REVOCATION_H

#include "copp/revocation.h"

#define COPP_REVOCATION_SIGNATURE_TYPE 2u /* SHA-1 with RSA-1024 */
#define COPP_REVOCATION_SIGNATURE_SIZE 128u

struct copp_revocation_list {
    bool valid;
    uint32_t version;
    uint32_t count;
    const uint8_t *digests;
    const uint8_t *certificates;
    uint32_t certificates_size;
    size_t signed_size; /* bytes before the signature type (CRL-2) */
    uint8_t signature_type;
    const uint8_t *signature;
    uint32_t signature_size;
    size_t size;
    uint8_t storage[]; /* the list in binary */
};

#endif
