#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_failed(const char *condition, const char *file, int line) {
    (void)fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, condition);
    abort();
}

uint8_t fuzz_u8(struct fuzz_input *input) {
    if (!input->left)
        return 0;
    input->left--;
    return *input->next++;
}

uint32_t fuzz_u16(struct fuzz_input *input) {
    uint32_t low = fuzz_u8(input);
    return low | (uint32_t)fuzz_u8(input) << 8;
}

uint32_t fuzz_u32(struct fuzz_input *input) {
    uint32_t low = fuzz_u16(input);
    return low | fuzz_u16(input) << 16;
}

unsigned fuzz_one_of(struct fuzz_input *input, unsigned count) {
    return fuzz_u8(input) % count;
}

void fuzz_fill(struct fuzz_input *input, uint8_t *bytes, size_t size) {
    size_t given = size < input->left ? size : input->left;
    memset(bytes, 0, size);
    if (given)
        memcpy(bytes, input->next, given);
    input->next += given;
    input->left -= given;
}

static char *vector_path(const char *name) {
    const char *tests = getenv("COPP_TESTS");
    size_t size = strlen(tests ? tests : COPP_TESTS_DIR) + strlen(name) + sizeof "/vectors/";
    char *path = malloc(size);
    CHECK(path);
    (void)snprintf(path, size, "%s/vectors/%s", tests ? tests : COPP_TESTS_DIR, name);
    return path;
}

struct fuzz_bytes fuzz_vector(const char *name) {
    char *path = vector_path(name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        (void)fprintf(stderr, "%s is missing; COPP_TESTS names the directory tests/ if it is not where it was built\n", path);
        exit(2);
    }
    free(path);
    struct fuzz_bytes read = {malloc(COPP_CHAIN_SIZE_MAX + 1), 0};
    CHECK(read.bytes);
    read.size = fread(read.bytes, 1, COPP_CHAIN_SIZE_MAX, file);
    CHECK(fclose(file) == 0 && read.size > 0);
    read.bytes[read.size] = 0;
    return read;
}

struct copp_public_key fuzz_anchor(void) {
    struct fuzz_bytes text = fuzz_vector("root-modulus.b64");
    struct copp_public_key anchor;
    CHECK(copp_public_key_read((const char *)text.bytes, text.size, &anchor) == COPP_OK);
    free(text.bytes);
    return anchor;
}

struct copp_private_key *fuzz_leaf_key(void) {
    char *path = vector_path("leaf.pem");
    struct copp_private_key *key;
    CHECK(copp_private_key_open(path, NULL, &key) == COPP_OK);
    free(path);
    return key;
}

static enum copp_result count_up(struct copp_random *random, uint8_t *bytes, size_t size) {
    struct fuzz_random *mine = (struct fuzz_random *)random;
    if (mine->fails)
        return COPP_E_RANDOM;
    for (size_t i = 0; i < size; i++)
        bytes[i] = mine->next++;
    return COPP_OK;
}

void fuzz_random_init(struct fuzz_random *random, uint8_t next) {
    static const struct copp_random_ops ops = {sizeof ops, count_up};
    *random = (struct fuzz_random){.random = {&ops}, .next = next};
}

static enum copp_result key_public(struct copp_private_key *key, struct copp_public_key *out) {
    (void)key;
    *out = (struct copp_public_key){.modulus_size = 256, .exponent = 65537};
    memset(out->modulus, 0xC1, out->modulus_size);
    return COPP_OK;
}

static enum copp_result key_decrypt(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    if (((struct fuzz_key *)key)->fails)
        return COPP_E_CRYPTO;
    if (in[0] == FUZZ_NOT_BELOW)
        return COPP_E_INVALID;
    memcpy(out, in, size);
    return COPP_OK;
}

static enum copp_result key_sign(struct copp_private_key *key, const uint8_t *message, size_t size, uint8_t *signature,
                                 size_t signature_size) {
    (void)message;
    if (((struct fuzz_key *)key)->fails)
        return COPP_E_CRYPTO;
    memset(signature, (int)(size & 0x7F), signature_size);
    return COPP_OK;
}

void fuzz_key_init(struct fuzz_key *key) {
    static const struct copp_private_key_ops ops = {
        .size = sizeof ops, .public_key = key_public, .decrypt_raw = key_decrypt, .sign = key_sign};
    *key = (struct fuzz_key){.key = {&ops}};
}
