/* EMSA-PSS (RFC 8017, 9.1.1) with SHA-1, MGF1-SHA-1 and no salt, as CERT-11 has it, for keys that can do raw RSA alone. */
#ifndef COPP_PSS_H
#define COPP_PSS_H

#include "crypto/crypto.h"

/* What the private operation makes a signature of a SHA-1 digest from: as many bytes as key's modulus. */
COPP_NODISCARD enum copp_result copp_pss_encode(const struct copp_public_key *key, const uint8_t *digest, uint8_t *block);

#endif
