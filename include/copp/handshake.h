/* The 40 secret bytes that start a session, and their encryption under the driver's key (SES-4..6, OPM-INI-3..8). */
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

/* How the 40 bytes are encrypted. COPP has two byte orders in the field (SES-5), and a driver reads both alike. */
enum copp_handshake_form {
    COPP_FORM_SWAP40 = 0, /* COPP: reverse the 40 bytes, encrypt those 40: the default */
    COPP_FORM_SWAP256, /* COPP: reverse the zero-padded 256 bytes, encrypt the last 245 */
    COPP_FORM_OPM /* OPM: OAEP with SHA-512, nothing is reversed (OPM-INI-4, OPM-INI-5) */
};

/*
 * Encrypts to the leaf's key, which must have 256 bytes, for OPM 2048 bits (COPP_E_KEY). Of OPM's form the 256 bytes that come out are what
 * FinishInitialization takes. COPP_E_CRYPTO if encryption fails; for OPM also COPP_E_RANDOM and COPP_E_MEMORY.
 */
COPP_API COPP_NODISCARD enum copp_result copp_handshake_seal(const struct copp_handshake *handshake,
                                                             enum copp_handshake_form form, const struct copp_public_key *leaf,
                                                             struct copp_signature *signature);

/*
 * What a COPP driver reads: either of COPP's forms, padding unchecked (SES-6). That it opens proves nothing before the random
 * number is compared (SES-7). COPP_E_INVALID: not below the modulus; COPP_E_KEY: not a key of
 * 256 bytes; COPP_E_CRYPTO: the key's operation failed.
 * On an error *handshake is all zero.
 */
COPP_API COPP_NODISCARD enum copp_result copp_handshake_open(struct copp_private_key *key, const struct copp_signature *signature,
                                                             struct copp_handshake *handshake);

/*
 * What an OPM driver does with the 256 bytes of FinishInitialization: decrypts, checks OAEP's padding, and compares the random number in
 * it with the 16 bytes that the driver handed out, all in constant time (OPM-INI-6). COPP_E_INVALID: the verdict, one for every cause
 * (OPM-INI-7); the random number is then spent and must not be used again. Any other error comes of nothing in these bytes, was found
 * before they were decrypted, and spends nothing (OPM-INI-8): COPP_E_KEY: not a key of 2048 bits; COPP_E_MEMORY, COPP_E_CRYPTO, COPP_E_RANDOM.
 * On an error *handshake is all zero. Constant time only if the key is: see copp_private_key_constant_time.
 */
COPP_API COPP_NODISCARD enum copp_result copp_handshake_open_opm(struct copp_private_key *key,
                                                                 const struct copp_signature *sealed, const uint8_t *random,
                                                                 struct copp_handshake *handshake);

COPP_API void copp_handshake_wipe(struct copp_handshake *handshake);

#ifdef __cplusplus
}
#endif

#endif
