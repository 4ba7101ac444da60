/* What the fuzz targets share: input taken apart, vectors, and what makes them repeatable and fast. */
#ifndef COPP_FUZZ_H
#define COPP_FUZZ_H

#include "copp.h"

/* Ends the run as a finding. */
#define CHECK(condition) ((condition) ? (void)0 : fuzz_failed(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_failed(const char *condition, const char *file, int line);

/* Input taken from the front; zeros where there is none left. */
struct fuzz_input {
    const uint8_t *next;
    size_t left;
};
uint8_t fuzz_u8(struct fuzz_input *input);
uint32_t fuzz_u16(struct fuzz_input *input); /* little-endian, as below */
uint32_t fuzz_u32(struct fuzz_input *input);
/* One of count. */
unsigned fuzz_one_of(struct fuzz_input *input, unsigned count);
/* size bytes, the last of them zeros where the input is too short. */
void fuzz_fill(struct fuzz_input *input, uint8_t *bytes, size_t size);

/* A file of tests/vectors, read once and kept; COPP_TESTS may name another tests directory. Ends the program if it is
 * not there. A NUL stands beyond size. */
struct fuzz_bytes {
    uint8_t *bytes;
    size_t size;
};
struct fuzz_bytes fuzz_vector(const char *name);
struct copp_public_key fuzz_anchor(void); /* root-modulus.b64 */
struct copp_private_key *fuzz_leaf_key(void); /* leaf.pem */

/* Counts up: what it hands out is known beforehand. */
struct fuzz_random {
    struct copp_random random;
    uint8_t next;
    bool fails;
};
void fuzz_random_init(struct fuzz_random *random, uint8_t next);

/*
 * A private key that costs nothing: decrypting is the identity, so that a handshake travels in the clear. A number that
 * begins with FUZZ_NOT_BELOW counts as not below the modulus.
 */
#define FUZZ_NOT_BELOW 0xFFu
struct fuzz_key {
    struct copp_private_key key;
    bool fails; /* every operation answers COPP_E_CRYPTO */
};
void fuzz_key_init(struct fuzz_key *key);

/*
 * Signatures seen through (signatures.c, by the linker's --wrap). While fuzz_believe is true, every signature
 * verifies and every SHA-1 is zero, so that fuzzing gets to what stands behind them. Otherwise the signatures that
 * verified since fuzz_forget_signatures are recorded: the last FUZZ_SIGNATURES_MAX of them.
 */
#define FUZZ_SIGNATURES_MAX 8u
struct fuzz_signature {
    uint8_t digest[COPP_DIGEST_SIZE];
    uint8_t signature[COPP_MODULUS_MAX];
    size_t size;
};
extern bool fuzz_believe;
extern struct fuzz_signature fuzz_verified[FUZZ_SIGNATURES_MAX];
extern size_t fuzz_verified_count;
void fuzz_forget_signatures(void);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
