/*
 * RSAES-OAEP (RFC 8017, 7.1) as OPM has it: RSA-2048, SHA-512, MGF1 with SHA-512, an empty label (OPM-INI-4). Padding alone; the raw
 * operations are the keys'. Once for every crypto library, so that one test proves what no library promises (OPM-INI-7).
 */
#ifndef COPP_OAEP_H
#define COPP_OAEP_H

#include "crypto/crypto.h"

#define COPP_OAEP_SIZE 256u /* bytes of a block, and of what is sealed */
#define COPP_OAEP_SEED_SIZE COPP_SHA512_SIZE
#define COPP_OAEP_MESSAGE_MAX 126u

/* What one block takes: new allocates it all, and sees that hashing works. A second block is refused. */
struct copp_oaep;
COPP_NODISCARD enum copp_result copp_oaep_new(struct copp_oaep **oaep, struct copp_log *log);
/* Wipes what is left of the block. */
void copp_oaep_free(struct copp_oaep **oaep);

/* The block of a message of size bytes, of which the seed must be as random as a key. COPP_E_ARGUMENT: too long a message. */
COPP_NODISCARD enum copp_result copp_oaep_encode(struct copp_oaep *oaep, const uint8_t *seed, const uint8_t *message, size_t size,
                                                 uint8_t *block);

/*
 * The 40 bytes of S that a block holds, if it is well padded, the message has at least 40 bytes, and the first 16 are random (OPM-INI-6).
 * COPP_E_INVALID: one of these is not so; which one, neither the answer nor the time tells. secret is zero then. block is wiped.
 */
COPP_NODISCARD enum copp_result copp_oaep_decode(struct copp_oaep *oaep, uint8_t *block, const uint8_t *random, uint8_t *secret);

/* --- handshake_opm.c --- */

/* copp_handshake_seal_logged for COPP_FORM_OPM; nothing is NULL but random and log, which may be. */
COPP_NODISCARD enum copp_result copp_handshake_seal_opm(const struct copp_handshake *handshake,
                                                        const struct copp_public_key *leaf, struct copp_random *random,
                                                        struct copp_signature *sealed, struct copp_log *log);

/* copp_handshake_open_opm with what copp_oaep_new has made ready, so that nothing is allocated here; it serves once. */
COPP_NODISCARD enum copp_result copp_handshake_open_ready(struct copp_oaep *oaep, struct copp_private_key *key,
                                                          const struct copp_signature *sealed, const uint8_t *random,
                                                          struct copp_handshake *handshake);

#endif
