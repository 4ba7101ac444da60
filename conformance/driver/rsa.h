/* The raw RSA operation to a driver's key: no library would encrypt what the suite has to send. Not constant time, and nothing here is secret. */
#ifndef COPP_CONFORMANCE_RSA_H
#define COPP_CONFORMANCE_RSA_H

#include "copp/key.h"

#define RSA_SIZE 256u

/* Both numbers have RSA_SIZE bytes, big-endian; in is below the modulus. False for a key of another size. */
bool rsa_encrypt_raw(const struct copp_public_key *key, const uint8_t *in, uint8_t *out);

/* out is number plus a small one, which may be negative: modulo 2^2048. */
void rsa_add(const uint8_t *number, int small, uint8_t *out);

#endif
