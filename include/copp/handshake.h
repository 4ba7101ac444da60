/* The 40 secret bytes that start a session, and their encryption under the driver's key (SES-4..6). */
#ifndef COPP_HANDSHAKE_H
#define COPP_HANDSHAKE_H

#include "key.h"
#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_HANDSHAKE_SIZE 40u /* bytes of S */

/* S of SES-4. Secret: wipe it with copp_handshake_wipe. */
struct copp_handshake {
    uint8_t random[COPP_RANDOM_SIZE]; /* the driver's, from KeyExchange */
    uint8_t session_key[COPP_KEY_SIZE];
    uint32_t status_sequence;
    uint32_t command_sequence;
};

/* The two byte orders in the field (SES-5). A driver reads both alike. */
enum copp_handshake_form {
    COPP_FORM_SWAP40 = 0, /* reverse the 40 bytes, encrypt those 40: the default */
    COPP_FORM_SWAP256 /* reverse the zero-padded 256 bytes, encrypt the last 245 */
};

/* Encrypts to the leaf's key, which must have 256 bytes (COPP_E_KEY). COPP_E_CRYPTO if encryption fails. */
COPP_API COPP_NODISCARD enum copp_result copp_handshake_seal(const struct copp_handshake *handshake,
                                                             enum copp_handshake_form form, const struct copp_public_key *leaf,
                                                             struct copp_signature *signature);

/*
 * What a driver reads: either form, padding unchecked (SES-6). That it opens proves nothing before the random
 * number is compared (SES-7). COPP_E_INVALID: not below the modulus; COPP_E_KEY: not a key of
 * 256 bytes; COPP_E_CRYPTO: the key's operation failed.
 * On an error *handshake is all zero.
 */
COPP_API COPP_NODISCARD enum copp_result copp_handshake_open(struct copp_private_key *key, const struct copp_signature *signature,
                                                             struct copp_handshake *handshake);

COPP_API void copp_handshake_wipe(struct copp_handshake *handshake);

#ifdef __cplusplus
}
#endif

#endif
