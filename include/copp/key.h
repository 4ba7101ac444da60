/* RSA keys: trust anchors, and private keys as operations that are handed in. */
#ifndef COPP_KEY_H
#define COPP_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "log.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_MODULUS_MIN 128u /* bytes: RSA-1024 */
#define COPP_MODULUS_MAX 256u /* bytes: RSA-2048 */

/* An RSA public key. Big-endian, as in a certificate. */
struct copp_public_key {
    uint8_t modulus[COPP_MODULUS_MAX];
    uint32_t modulus_size; /* bytes, COPP_MODULUS_MIN to COPP_MODULUS_MAX */
    uint32_t exponent; /* odd, at least 3 */
};

#define COPP_RSA_MODULUS_MIN 256u /* bytes: RSA-2048 */
#define COPP_RSA_MODULUS_MAX 512u /* bytes: RSA-4096 */

/* An RSA public key as X.509 certificates have them (OPM-CERT-5): of 2048 to 4096 bits where it is used. Big-endian. */
struct copp_rsa_key {
    uint8_t modulus[COPP_RSA_MODULUS_MAX];
    uint32_t modulus_size; /* bytes, of which the first is not zero */
    uint32_t exponent; /* odd, at least 3 */
};

/* Microsoft's production anchor (CERT-12). Static. */
COPP_API const struct copp_public_key *copp_anchor_microsoft(void);

/*
 * Reads an anchor: a PEM public key, or a base64 modulus (white space allowed) whose exponent is then 65537.
 * text need not end in NUL, and may be in any form that copp_text_plain knows. COPP_E_MEMORY; COPP_E_KEY: neither of the two, or not an RSA key of 1024 to 2048 bits.
 */
COPP_API COPP_NODISCARD enum copp_result copp_public_key_read(const char *text, size_t size, struct copp_public_key *key);

/*
 * Writes the key as a PEM public key (SubjectPublicKeyInfo, RFC 5280), which copp_public_key_read and other programs read.
 * *pem has *size bytes and a NUL beyond them; hand it to copp_release. Any thread may call it. COPP_E_KEY: not an RSA key of
 * 1024 to 2048 bits; COPP_E_MEMORY, COPP_E_CRYPTO.
 */
COPP_API COPP_NODISCARD enum copp_result copp_public_key_to_pem(const struct copp_public_key *key, char **pem, size_t *size);

/* True if both are the same key. Keys are public: the time taken tells nothing of use. */
COPP_API COPP_NODISCARD bool copp_public_key_equal(const struct copp_public_key *a, const struct copp_public_key *b);

/*
 * A private key: operations, wherever the key itself lives. Embed this as the first member of your own
 * structure, or take one from copp_private_key_open. libcopp borrows it and never frees it.
 */
struct copp_private_key {
    const struct copp_private_key_ops *ops;
};

struct copp_private_key_ops {
    size_t size; /* sizeof this struct */
    /* The key's public half. */
    enum copp_result (*public_key)(struct copp_private_key *key, struct copp_public_key *out);
    /*
     * The raw RSA private operation (with blinding) on a big-endian number of exactly the modulus's size: no
     * padding is looked at (SES-6). COPP_E_INVALID: the number is not below the modulus; COPP_E_KEY: size is not
     * the modulus's; COPP_E_CRYPTO: anything else.
     */
    enum copp_result (*decrypt_raw)(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size);
    /* RSASSA-PSS, SHA-1, MGF1-SHA-1, salt length 0 (CERT-11), over a message of size bytes; signature has the
     * modulus's size. NULL for a key that only decrypts. */
    enum copp_result (*sign)(struct copp_private_key *key, const uint8_t *message, size_t size, uint8_t *signature,
                             size_t signature_size);
    /*
     * Whether decrypt_raw has all it needs but its number: memory, random numbers for blinding, a token that answers. Asked before it where
     * what fails later must not be told from a wrong number (OPM-INI-8). COPP_E_MEMORY, COPP_E_RANDOM, COPP_E_CRYPTO. NULL, or a table
     * without it: nothing is asked.
     */
    enum copp_result (*check)(struct copp_private_key *key);
    /*
     * The public half of a key that issues OPM's certificates and may have up to 4096 bits (OPM-CERT-5); COPP_E_KEY: it has more.
     * NULL, or a table without it: public_key's.
     */
    enum copp_result (*rsa_key)(struct copp_private_key *key, struct copp_rsa_key *out);
};

/*
 * True if the time of the key's raw operation, and of handing over its result, tells nothing of the result. An OPM driver needs that
 * (OPM-INI-6). OpenSSL's own keys have it, as of OpenSSL 3.0.8 (CVE-2022-4304). libgcrypt hands over a number without its leading
 * zeros: false for its keys. For a token's keys, and for keys with operations of your own, the answer is true, and whoever made
 * them vouches for it. NULL: false.
 */
COPP_API COPP_NODISCARD bool copp_private_key_constant_time(const struct copp_private_key *key);

/*
 * Opens an RSA private key. Built on OpenSSL, by its OSSL_STORE URI: a file's path, or what a provider loaded in
 * openssl.cnf offers (a token; for a driver's key it must do raw RSA). Built on libgcrypt, as on Windows, by the path of
 * an unencrypted PEM file, PKCS #8 or PKCS #1, which on Windows is UTF-8; passphrase is not looked at there. It may be NULL.
 * Free the key with copp_private_key_free. COPP_E_NOT_FOUND: nothing there; COPP_E_IO: a file that cannot be read, errno
 * says why; COPP_E_KEY: no RSA private key of 1024 to 2048 bits, a wrong passphrase, or with libgcrypt an encrypted file.
 */
COPP_API COPP_NODISCARD enum copp_result copp_private_key_open(const char *uri, const char *passphrase,
                                                               struct copp_private_key **key);

/* The same, which also tells log why, and later why the key does not sign; it may be NULL, and is borrowed for as long as the key
 * lives. What a URI with a scheme may say of a PIN is not told, nor anything of what the key decrypts. */
COPP_API COPP_NODISCARD enum copp_result copp_private_key_open_logged(const char *uri, const char *passphrase,
                                                                      struct copp_log *log, struct copp_private_key **key);

/*
 * The same for a key that issues OPM's certificates, of 1024 to 4096 bits (OPM-CERT-5); log may be NULL. One of more than 2048 bits is no
 * driver's, nor one for COPP's chains: it has rsa_key, check and the raw operation, and COPP_E_KEY for all else.
 */
COPP_API COPP_NODISCARD enum copp_result copp_private_key_open_issuer(const char *uri, const char *passphrase,
                                                                      struct copp_log *log, struct copp_private_key **key);

/* Makes a new RSA key of bits (1024 or 2048) with exponent 65537. */
COPP_API COPP_NODISCARD enum copp_result copp_private_key_generate(unsigned bits, struct copp_private_key **key);

/* The key as unencrypted PKCS#8 PEM of *size bytes, NUL-terminated beyond them; hand it to copp_release.
 * Only for keys of copp_private_key_generate and of files, else COPP_E_KEY. */
COPP_API COPP_NODISCARD enum copp_result copp_private_key_to_pem(const struct copp_private_key *key, char **pem, size_t *size);

/* Only for keys that the functions above have opened or made. NULL-safe; clears the pointer. */
COPP_API void copp_private_key_free(struct copp_private_key **key);

/*
 * A source of random numbers, where the crypto library's CSPRNG (the default everywhere) is not the one wanted.
 * fill must deliver cryptographically random bytes or answer an error.
 */
struct copp_random {
    const struct copp_random_ops *ops;
};
struct copp_random_ops {
    size_t size; /* sizeof this struct */
    enum copp_result (*fill)(struct copp_random *random, uint8_t *bytes, size_t size);
};

#ifdef __cplusplus
}
#endif

#endif
