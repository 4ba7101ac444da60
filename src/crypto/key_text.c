/* What is done alike with the keys of every crypto library: they are read from text, compared and freed. */
#include "copp/key.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "wire/base64.h"

static bool holds(const char *text, size_t size, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; size >= length && i <= size - length; i++) {
        if (copp_equal(text + i, word, length))
            return true;
    }
    return false;
}

static enum copp_result read_plain(const char *text, size_t size, struct copp_public_key *key) {
    struct copp_public_key read = {.exponent = 65537};
    if (holds(text, size, "-----BEGIN"))
        return copp_public_key_read_pem(text, size, key);
    size_t modulus_size = sizeof read.modulus;
    if (!copp_base64_decode(text, size, read.modulus, &modulus_size))
        return COPP_E_KEY;
    read.modulus_size = (uint32_t)modulus_size;
    if (!copp_public_key_strong(&read))
        return COPP_E_KEY;
    *key = read;
    return COPP_OK;
}

enum copp_result copp_public_key_read(const char *text, size_t size, struct copp_public_key *key) {
    if (!text || !key)
        return COPP_E_ARGUMENT;
    char *plain = malloc(size + 1);
    if (!plain)
        return COPP_E_MEMORY;
    enum copp_result result = read_plain(plain, copp_text_plain(text, size, plain), key);
    free(plain);
    return result;
}

enum copp_result copp_public_key_to_pem(const struct copp_public_key *key, char **pem, size_t *size) {
    if (pem)
        *pem = NULL;
    if (!key || !pem || !size)
        return COPP_E_ARGUMENT;
    return copp_public_key_strong(key) ? copp_public_key_write_pem(key, pem, size) : COPP_E_KEY;
}

bool copp_public_key_equal(const struct copp_public_key *a, const struct copp_public_key *b) {
    if (!a || !b || a->exponent != b->exponent || a->modulus_size != b->modulus_size || a->modulus_size > COPP_MODULUS_MAX)
        return false;
    return copp_equal(a->modulus, b->modulus, a->modulus_size);
}

void copp_private_key_free(struct copp_private_key **key) {
    if (!key || !*key)
        return;
    copp_private_key_destroy(*key);
    *key = NULL;
}
