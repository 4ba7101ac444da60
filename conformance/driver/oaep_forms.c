#include "oaep_forms.h"

#include <string.h>

/* MGF1: changes size bytes by the mask that the seed gives. */
static void mask(enum plain_hash hash, const uint8_t *seed, size_t seed_size, uint8_t *bytes, size_t size) {
    uint8_t input[OAEP_BLOCK_SIZE + 4] = {0};
    uint8_t digest[PLAIN_HASH_MAX];
    size_t step = plain_hash_size(hash);
    memcpy(input, seed, seed_size);
    for (size_t at = 0; at < size; at += step) {
        plain_hash(hash, input, seed_size + 4, digest);
        for (size_t i = 0; i < step && at + i < size; i++)
            bytes[at + i] ^= digest[i];
        input[seed_size + 3]++;
    }
}

static void spoil(enum oaep_flaw flaw, uint8_t *data, size_t hash_size, size_t separator) {
    if (flaw == OAEP_LABEL_HASH)
        data[0] ^= 1;
    if (flaw == OAEP_PADDING)
        data[hash_size] = 2;
    if (flaw == OAEP_SEPARATOR)
        data[separator] = 2;
}

bool oaep_form_block(const struct oaep_form *oaep, uint8_t *block) {
    const size_t hash_size = plain_hash_size(oaep->hash);
    const size_t data_size = OAEP_BLOCK_SIZE - 1 - hash_size;
    const char *label = oaep->label ? oaep->label : "";
    uint8_t *seed = block + 1;
    uint8_t *data = seed + hash_size;
    if (oaep->message_size > data_size - hash_size - 1)
        return false;
    memset(block, 0, OAEP_BLOCK_SIZE);
    block[0] = oaep->flaw == OAEP_FIRST_BYTE;
    memcpy(seed, oaep->seed, hash_size);
    plain_hash(oaep->hash, (const uint8_t *)label, strlen(label), data);
    const size_t separator = data_size - oaep->message_size - 1;
    data[separator] = 1;
    memcpy(data + separator + 1, oaep->message, oaep->message_size);
    spoil(oaep->flaw, data, hash_size, separator);
    mask(oaep->mask_hash, seed, hash_size, data, data_size);
    mask(oaep->mask_hash, data, data_size, seed, hash_size);
    return true;
}
