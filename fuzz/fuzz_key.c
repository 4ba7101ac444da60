/*
 * Key files on either crypto library, held against one another: keys that both read have the same numbers, and what
 * libcopp's own reading of DER takes for a public key OpenSSL takes too. other_NAME is NAME of libcopp on libgcrypt
 * (src/rename_symbols.sh). The first byte says what the others are: key_ops.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gcrypt.h>

#include "crypto/crypto.h"
#include "fuzz.h"
#include "key_ops.h"
#include "wire/base64.h"

#define DER_MAX 4096u

#define OTHER(name) extern __typeof__(name) other_##name
OTHER(copp_dsa_key_read);
OTHER(copp_private_key_free);
OTHER(copp_private_key_open);
OTHER(copp_public_key_read);
OTHER(copp_rsa3072_key_read);

/* As in tests/unit/harness.c: all of libgcrypt's memory where AddressSanitizer sees it. */
__attribute__((constructor(101))) static void show_all_memory(void) {
    (void)gcry_check_version(NULL);
    (void)gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
}

struct text {
    char bytes[2 * DER_MAX];
    size_t size;
};

static void put(struct text *text, const char *bytes, size_t size) {
    CHECK(size <= sizeof text->bytes - text->size);
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

/* In the lines that OpenSSL wants. */
static struct text wrap(const char *label, struct fuzz_input *input) {
    struct text text = {.size = 0};
    char line[80];
    size_t left = input->left < DER_MAX ? input->left : DER_MAX;
    put(&text, line, (size_t)snprintf(line, sizeof line, "-----BEGIN %s-----\n", label));
    while (left > 0) {
        size_t now = left < 48 ? left : 48;
        copp_base64_encode(input->next, now, line);
        line[copp_base64_length(now)] = '\n';
        put(&text, line, copp_base64_length(now) + 1);
        input->next += now;
        left -= now;
    }
    put(&text, line, (size_t)snprintf(line, sizeof line, "-----END %s-----\n", label));
    return text;
}

/* strict: written as OpenSSL writes it, so that OpenSSL refuses it for nothing but its numbers. */
static void read_public(const char *text, size_t size, bool strict) {
    struct copp_public_key mine;
    struct copp_public_key theirs;
    enum copp_result my_result = copp_public_key_read(text, size, &mine);
    enum copp_result their_result = other_copp_public_key_read(text, size, &theirs);
    CHECK(my_result == COPP_OK || my_result == COPP_E_KEY);
    CHECK(their_result == COPP_OK || their_result == COPP_E_KEY);
    CHECK(!strict || their_result || !my_result);
    if (!my_result && !their_result)
        CHECK(copp_public_key_equal(&mine, &theirs) && copp_public_key_usable(&mine));

    struct copp_dsa_key my_dsa;
    struct copp_dsa_key their_dsa;
    my_result = copp_dsa_key_read(text, size, &my_dsa, NULL);
    their_result = other_copp_dsa_key_read(text, size, &their_dsa, NULL);
    CHECK(!strict || their_result || !my_result);
    if (!my_result && !their_result)
        CHECK(copp_equal(&my_dsa, &their_dsa, sizeof my_dsa));

    struct copp_rsa3072_key my_rsa;
    struct copp_rsa3072_key their_rsa;
    my_result = copp_rsa3072_key_read(text, size, &my_rsa, NULL);
    their_result = other_copp_rsa3072_key_read(text, size, &their_rsa, NULL);
    CHECK(!strict || their_result || !my_result);
    if (!my_result && !their_result)
        CHECK(copp_equal(my_rsa.modulus, their_rsa.modulus, sizeof my_rsa.modulus) && my_rsa.exponent == their_rsa.exponent);
}

/* A key that was read signs, and the signature verifies. */
static void check_signs(struct copp_private_key *key, const struct copp_public_key *numbers) {
    static const uint8_t message[] = {1, 2, 3};
    uint8_t digest[COPP_SHA1_SIZE];
    uint8_t signature[COPP_MODULUS_MAX];
    struct copp_verifier *verifier;
    CHECK(key->ops->sign(key, message, sizeof message, signature, numbers->modulus_size) == COPP_OK);
    CHECK(copp_sha1(message, sizeof message, digest, NULL) == COPP_OK);
    CHECK(copp_verifier_new(numbers, &verifier, NULL) == COPP_OK);
    CHECK(copp_verifier_check(verifier, digest, signature, numbers->modulus_size) == COPP_OK);
    copp_verifier_free(&verifier);
}

static void read_private(const struct text *text) {
    static int file = -1;
    char path[64];
    if (file < 0)
        file = memfd_create("key", 0);
    CHECK(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, text->bytes, text->size, 0) == (ssize_t)text->size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    struct copp_private_key *theirs = NULL;
    enum copp_result result = other_copp_private_key_open(path, NULL, &theirs);
    CHECK(result == COPP_E_KEY ? !theirs : result == COPP_OK && theirs);
    if (!theirs)
        return;
    struct copp_private_key *mine = NULL;
    struct copp_public_key their_numbers;
    struct copp_public_key my_numbers;
    CHECK(theirs->ops->public_key(theirs, &their_numbers) == COPP_OK && copp_public_key_usable(&their_numbers));
    check_signs(theirs, &their_numbers);
    if (copp_private_key_open(path, NULL, &mine) == COPP_OK) {
        CHECK(mine->ops->public_key(mine, &my_numbers) == COPP_OK && copp_public_key_equal(&my_numbers, &their_numbers));
        copp_private_key_free(&mine);
    }
    other_copp_private_key_free(&theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct text text;
    switch (fuzz_one_of(&input, KEY_KINDS)) {
    case KEY_TEXT:
        read_public((const char *)input.next, input.left, false);
        break;
    case KEY_PUBLIC:
        text = wrap("PUBLIC KEY", &input);
        read_public(text.bytes, text.size, true);
        break;
    case KEY_PKCS8:
        text = wrap("PRIVATE KEY", &input);
        read_private(&text);
        break;
    default:
        text = wrap("RSA PRIVATE KEY", &input);
        read_private(&text);
    }
    return 0;
}
