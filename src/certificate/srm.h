/* Messages and keys of HDCP revocation for parts of the library that verify without memory of their own (OPM-SRM-1). */
#ifndef COPP_CERTIFICATE_SRM_H
#define COPP_CERTIFICATE_SRM_H

#include "copp/srm.h"
#include "crypto/crypto.h"

/* A struct copp_srm_key that has been read. A key of a PEM file is for messages of one kind. */
struct copp_srm_verifier {
    bool hdcp1; /* it verifies messages of HDCP 1.x, by dsa */
    bool hdcp2; /* and of HDCP 2.x, by rsa */
    struct copp_dsa_key dsa;
    struct copp_rsa3072_key rsa;
};

/* Reads a key for messages of HDCP hdcp (1 or 2), or for whichever it is for (0). key NULL means production. COPP_E_KEY: it is
 * not one of that kind; COPP_E_ARGUMENT; COPP_E_MEMORY. */
COPP_NODISCARD enum copp_result copp_srm_verifier_read(const struct copp_srm_key *key, unsigned hdcp,
                                                       struct copp_srm_verifier *verifier, struct copp_log *log);

/* Bytes that a message of so many bytes needs. */
size_t copp_srm_room(size_t size);

/*
 * copp_srm_verify into room, which has copp_srm_room(size) bytes. One of the keys must verify all of it. It allocates nothing but
 * what the crypto library does. On an error the room holds no message.
 */
COPP_NODISCARD enum copp_result copp_srm_verify_in(struct copp_srm *room, const uint8_t *bytes, size_t size,
                                                   const struct copp_srm_verifier *verifiers, size_t count, struct copp_log *log,
                                                   struct copp_verdict *verdict);

/* The message's bytes, which live as long as it. */
const uint8_t *copp_srm_bytes(const struct copp_srm *srm, size_t *size);

#endif
