/*
 * The one seam to a crypto library. openssl*.c carries it out, or gcrypt*.c; nothing else in libcopp includes either
 * library's headers.
 * Every function that can fail says so, with COPP_E_MEMORY where it ran out of memory and the library tells. None keeps
 * state between calls but what its object holds. A log, which may be NULL, is told what the library says of a failure;
 * functions without one are those that a handshake's secrets pass through, and keyed ones. OpenSSL's error queue stays as the
 * caller has left it, but that a failure takes the caller's marks off the errors in it, and one of copp_cbc_encrypt or
 * copp_hash_digest the errors.
 */
#ifndef COPP_CRYPTO_H
#define COPP_CRYPTO_H

#include "base/log.h"
#include "base/memory.h"
#include "copp/handshake.h"
#include "copp/key.h"
#include "copp/omac.h"
#include "copp/protocol.h"

#define COPP_SHA1_SIZE 20u

/* A hash, and how many bytes its digest has. */
enum copp_digest_kind { COPP_DIGEST_SHA1 = 0, COPP_DIGEST_SHA256, COPP_DIGEST_SHA384, COPP_DIGEST_SHA512 };
#define COPP_DIGEST_MAX 64u
#define COPP_SHA512_SIZE 64u
COPP_NODISCARD size_t copp_digest_size(enum copp_digest_kind kind);

/* From the library's CSPRNG. COPP_E_RANDOM. */
COPP_NODISCARD enum copp_result copp_csprng_fill(uint8_t *bytes, size_t size, struct copp_log *log);

/* From random, or from the library's CSPRNG where random is NULL; in a forked process the kernel's random numbers are mixed in, so that
 * it has none of its parent's. COPP_E_RANDOM. */
COPP_NODISCARD enum copp_result copp_random_fill(struct copp_random *random, uint8_t *bytes, size_t size, struct copp_log *log);

/* The digest of size bytes; digest has copp_digest_size bytes. It holds nothing of use after an error. */
COPP_NODISCARD enum copp_result copp_digest(enum copp_digest_kind kind, const uint8_t *bytes, size_t size, uint8_t *digest,
                                            struct copp_log *log);
COPP_NODISCARD enum copp_result copp_sha1(const uint8_t *bytes, size_t size, uint8_t *digest, struct copp_log *log);

/*
 * SHA-512 for a few digests of secrets, which new makes ready: it allocates all that they need, also inside the crypto library, and they
 * allocate nothing. free wipes what they leave. COPP_E_ARGUMENT: for more than COPP_HASH_USES digests.
 */
#define COPP_HASH_USES 8u
struct copp_hash;
COPP_NODISCARD enum copp_result copp_hash_new(struct copp_hash **hash, unsigned uses, struct copp_log *log);
/* digest has COPP_SHA512_SIZE bytes. COPP_E_STATE: there have been as many as it was made for. */
COPP_NODISCARD enum copp_result copp_hash_digest(struct copp_hash *hash, const uint8_t *bytes, size_t size, uint8_t *digest);
void copp_hash_free(struct copp_hash **hash);

/*
 * AES-128 in CBC mode: what OMAC-1 is made of (omac1.c). The chain runs on from call to call, from a zero IV after
 * set_key: resetting it costs more than cancelling it. new allocates all that later calls need, also inside the crypto library;
 * the others allocate nothing unless they fail. After an error the chain is undefined until the next set_key.
 */
struct copp_cbc;
COPP_NODISCARD enum copp_result copp_cbc_new(struct copp_cbc **cbc, struct copp_log *log);
COPP_NODISCARD enum copp_result copp_cbc_set_key(struct copp_cbc *cbc, const uint8_t *key);
/* Encrypts size bytes, a multiple of 16. */
COPP_NODISCARD enum copp_result copp_cbc_encrypt(struct copp_cbc *cbc, const uint8_t *in, size_t size, uint8_t *out);
void copp_cbc_free(struct copp_cbc **cbc);

/* Odd, and at least 3 (CERT-7): what every RSA exponent is, whoever brings it. */
COPP_NODISCARD bool copp_exponent_usable(uint32_t exponent);

/*
 * Whether a key is one that every crypto library takes and does the same with: a modulus of 128 to 256 bytes that does
 * not begin with zero, and both numbers odd, the exponent at least 3. Keys come from peers.
 */
COPP_NODISCARD bool copp_public_key_usable(const struct copp_public_key *key);
/* A usable key of 1024 bits or more. A chain's keys are measured in bytes (CERT-6); those of files in bits. */
COPP_NODISCARD bool copp_public_key_strong(const struct copp_public_key *key);
/* The same of a key that may have up to 4096 bits. */
COPP_NODISCARD bool copp_rsa_key_strong(const struct copp_rsa_key *key);
/* As a key of at most 2048 bits; false: it has more, and *out is empty. */
bool copp_rsa_key_narrow(const struct copp_rsa_key *key, struct copp_public_key *out);
/* The other way round: false for a size that no such key has. */
bool copp_rsa_key_widen(const struct copp_public_key *key, struct copp_rsa_key *out);

/* Of two big-endian numbers. They are public, and so is the result. */
COPP_NODISCARD bool copp_number_below(const uint8_t *number, const uint8_t *modulus, size_t size);

/* An RSA public key made ready for several verifications. */
struct copp_verifier;
/* COPP_E_KEY: not a usable key. The log is borrowed, for as long as the verifier lives. */
COPP_NODISCARD enum copp_result copp_verifier_new(const struct copp_public_key *key, struct copp_verifier **verifier,
                                                  struct copp_log *log);
/*
 * RSASSA-PSS, SHA-1, MGF1-SHA-1, salt length 0 over a SHA-1 digest (CERT-11). COPP_E_INVALID: does not
 * verify; any other error: it could not be told. */
COPP_NODISCARD enum copp_result copp_verifier_check(struct copp_verifier *verifier, const uint8_t *digest,
                                                    const uint8_t *signature, size_t size);
void copp_verifier_free(struct copp_verifier **verifier);

/* RSAES-PKCS1-v1_5 to a 2048-bit key (SES-4): 1 to 245 bytes in, 256 out, big-endian. COPP_E_KEY: not a usable key. */
COPP_NODISCARD enum copp_result copp_rsa_encrypt(const struct copp_public_key *key, const uint8_t *in, size_t size, uint8_t *out,
                                                 struct copp_log *log);

/* A modulus of as many bits as key.h says, and both numbers odd, the exponent at least 3. */
COPP_NODISCARD bool copp_rsa_key_usable(const struct copp_rsa_key *key);

/*
 * The raw public operation, in^e mod n, on a big-endian number of the modulus's size; out has as many bytes, zeros in front
 * included, and may be in. No padding is looked at. What is in may be a secret: none of it is left in memory. COPP_E_KEY: not a usable
 * key; COPP_E_INVALID: in is not below the modulus. On an error out holds nothing of use.
 */
COPP_NODISCARD enum copp_result copp_rsa_public(const struct copp_rsa_key *key, const uint8_t *in, uint8_t *out,
                                                struct copp_log *log);

/*
 * RSASSA-PKCS1-v1_5 over a message of size bytes (OPM-CERT-3, OPM-CERT-6). COPP_E_KEY: not a usable key. COPP_E_INVALID: does not
 * verify, or the signature is not as long as the modulus or not below it; any other error: it could not be told.
 */
COPP_NODISCARD enum copp_result copp_pkcs1_verify(const struct copp_rsa_key *key, enum copp_digest_kind kind,
                                                  const uint8_t *message, size_t size, const uint8_t *signature,
                                                  size_t signature_size, struct copp_log *log);

/* What the private operation makes such a signature from, 00 01 FF..FF 00 DigestInfo: block_size bytes, at least COPP_RSA_MODULUS_MIN. */
COPP_NODISCARD enum copp_result copp_pkcs1_encode(enum copp_digest_kind kind, const uint8_t *message, size_t size, uint8_t *block,
                                                  size_t block_size, struct copp_log *log);

/*
 * Detached signatures of HDCP SRMs (SRM-2). Numbers are big-endian. COPP_E_INVALID: does not verify; COPP_E_KEY: no
 * usable key.
 */
struct copp_dsa_key { /* DSA-1024 */
    uint8_t p[128];
    uint8_t q[20];
    uint8_t g[128];
    uint8_t y[128];
};
/* SHA-1 over message; signature is R then S, 20 bytes each. */
COPP_NODISCARD enum copp_result copp_dsa_verify(const struct copp_dsa_key *key, const uint8_t *message, size_t size,
                                                const uint8_t *signature, struct copp_log *log);
struct copp_rsa3072_key {
    uint8_t modulus[384];
    uint32_t exponent;
};
/* RSASSA-PKCS1-v1_5 with SHA-256; signature has 384 bytes. */
COPP_NODISCARD enum copp_result copp_rsa3072_verify(const struct copp_rsa3072_key *key, const uint8_t *message, size_t size,
                                                    const uint8_t *signature, struct copp_log *log);
/* Whether a key has numbers of these sizes with which something can be verified. The readers below ask it. */
COPP_NODISCARD bool copp_dsa_key_usable(const struct copp_dsa_key *key);
COPP_NODISCARD bool copp_rsa3072_key_usable(const struct copp_rsa3072_key *key);
/* A PEM public key of either kind. COPP_E_KEY for anything else, or if it cannot be used. */
COPP_NODISCARD enum copp_result copp_dsa_key_read(const char *pem, size_t size, struct copp_dsa_key *key, struct copp_log *log);
COPP_NODISCARD enum copp_result copp_rsa3072_key_read(const char *pem, size_t size, struct copp_rsa3072_key *key,
                                                      struct copp_log *log);

/* Whether two private keys have the same modulus: then whoever has one has both (OPM-CERT-11). An error of either key's is handed on. */
COPP_NODISCARD enum copp_result copp_private_keys_same(struct copp_private_key *a, struct copp_private_key *b, bool *same);

/* copp_private_key_open_logged for a key whose modulus has so many bytes at most. uri and key are not NULL, and *key is. */
COPP_NODISCARD enum copp_result copp_private_key_read(const char *uri, const char *passphrase, size_t largest,
                                                      struct copp_log *log, struct copp_private_key **key);

/* Wipes and frees a key of copp_private_key_open or _generate; does nothing to others. */
void copp_private_key_destroy(struct copp_private_key *key);

/* The PEM half of copp_public_key_read (key_text.c has the other). */
COPP_NODISCARD enum copp_result copp_public_key_read_pem(const char *pem, size_t size, struct copp_public_key *key);
/* copp_public_key_to_pem for a key that is strong. On failure *pem is untouched. */
COPP_NODISCARD enum copp_result copp_public_key_write_pem(const struct copp_public_key *key, char **pem, size_t *size);

/* copp_omac_new and copp_handshake_seal with a log, for the parts of the library that have one. What padding needs of random numbers
 * COPP_FORM_OPM takes from random, or from the library's CSPRNG where that is NULL; the other forms from the CSPRNG. */
COPP_NODISCARD enum copp_result copp_omac_new_logged(struct copp_omac **omac, struct copp_log *log);
COPP_NODISCARD enum copp_result copp_handshake_seal_logged(const struct copp_handshake *handshake, enum copp_handshake_form form,
                                                           const struct copp_public_key *leaf, struct copp_random *random,
                                                           struct copp_signature *signature, struct copp_log *log);

#endif
