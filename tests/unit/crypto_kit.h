/*
 * The tests' own cryptography, to hold libcopp's against: crypto_kit_openssl.c wherever there is OpenSSL, whichever library
 * libcopp itself is built on. Elsewhere crypto_kit_libgcrypt.c, which takes no more than big numbers, hashes and CMAC from
 * libgcrypt and does signatures and paddings itself.
 */
#ifndef COPP_TEST_CRYPTO_KIT_H
#define COPP_TEST_CRYPTO_KIT_H

#include "harness.h"

/* AES-128 CMAC; the tag has 16 bytes. */
void kit_cmac(const uint8_t *key, const uint8_t *bytes, size_t size, uint8_t *tag);

/* A private key of tests/vectors: "leaf.pem". In the form that names its algorithm, RSA or DSA. */
struct kit_key;
struct kit_key *kit_key_open(const char *vector);
void kit_key_free(struct kit_key *key);

/* RSA-2048's private operation on a big-endian number; no padding is looked at. */
void kit_rsa_open(struct kit_key *key, const uint8_t *in, uint8_t *out);

/* RSASSA-PKCS1-v1_5 with SHA-256 under an RSA-3072 key; the signature has 384 bytes. */
void kit_rsa3072_sign(struct kit_key *key, const uint8_t *message, size_t size, uint8_t *signature);

/* DSA-1024 with SHA-1: R and S of 20 bytes each. */
void kit_dsa_sign(struct kit_key *key, const uint8_t *message, size_t size, uint8_t *signature);

/* RSASSA-PSS with SHA-1 and an empty salt. */
bool kit_pss_verifies(const struct copp_public_key *key, const uint8_t *message, size_t size, const uint8_t *signature);

#endif
