#include "opm_sealing.h"

#include <string.h>

#include "oaep_forms.h"

static void write_secrets(const struct copp_handshake *handshake, uint8_t *secrets) {
    memcpy(secrets, handshake->random, COPP_RANDOM_SIZE);
    memcpy(secrets + COPP_RANDOM_SIZE, handshake->session_key, COPP_KEY_SIZE);
    put_u32(secrets + 32, handshake->status_sequence);
    put_u32(secrets + 36, handshake->command_sequence);
}

static enum oaep_flaw flaw_of(enum opm_sealing sealing) {
    switch (sealing) {
    case OPM_SEAL_FIRST_BYTE:
        return OAEP_FIRST_BYTE;
    case OPM_SEAL_LABEL_HASH:
        return OAEP_LABEL_HASH;
    case OPM_SEAL_PADDING:
        return OAEP_PADDING;
    case OPM_SEAL_SEPARATOR:
        return OAEP_SEPARATOR;
    default:
        return OAEP_GOOD;
    }
}

static size_t message_size_of(enum opm_sealing sealing) {
    return sealing == OPM_SEAL_LONG ? 41 : sealing == OPM_SEAL_FULL ? 126 : sealing == OPM_SEAL_SHORT ? 39 : COPP_HANDSHAKE_SIZE;
}

/* Paddings that no library makes. */
static bool seal_by_hand(struct case_run *run, struct driver_client *client, enum opm_sealing sealing,
                         struct copp_signature *sealed) {
    uint8_t message[126], seed[PLAIN_HASH_MAX], block[OAEP_BLOCK_SIZE] = {0};
    case_random(run, message, sizeof message);
    case_random(run, seed, sizeof seed);
    write_secrets(&client->handshake, message);
    const struct oaep_form form = {.hash = sealing == OPM_SEAL_SHA1 ? PLAIN_SHA1 : PLAIN_SHA512,
                                   .mask_hash =
                                       sealing == OPM_SEAL_SHA1 || sealing == OPM_SEAL_MASK_SHA1 ? PLAIN_SHA1 : PLAIN_SHA512,
                                   .label = sealing == OPM_SEAL_LABEL ? "OPM" : NULL,
                                   .message = message,
                                   .message_size = message_size_of(sealing),
                                   .seed = seed,
                                   .flaw = flaw_of(sealing)};
    bool made = true;
    if (sealing == OPM_SEAL_RAW)
        memcpy(block + sizeof block - COPP_HANDSHAKE_SIZE, message, COPP_HANDSHAKE_SIZE);
    else
        made = oaep_form_block(&form, block);
    return (made && rsa_encrypt_raw(&client->leaf, block, sealed->bytes)) || case_error(run, "the block could not be encrypted");
}

/* Numbers at the edges of what RSA takes. */
static void seal_number(const struct driver_client *client, enum opm_sealing sealing, struct copp_signature *sealed) {
    uint8_t *last = &sealed->bytes[COPP_SIGNATURE_SIZE - 1];
    memset(sealed->bytes, sealing == OPM_SEAL_ONES ? 0xFF : 0, sizeof sealed->bytes);
    if (sealing == OPM_SEAL_ONE)
        *last = 1;
    if (sealing != OPM_SEAL_BELOW_MODULUS && sealing != OPM_SEAL_MODULUS && sealing != OPM_SEAL_ABOVE_MODULUS)
        return;
    memcpy(sealed->bytes, client->leaf.modulus, sizeof sealed->bytes); /* which is odd */
    if (sealing == OPM_SEAL_BELOW_MODULUS)
        *last = (uint8_t)(*last - 1);
    for (uint8_t *byte = last; sealing == OPM_SEAL_ABOVE_MODULUS && byte >= sealed->bytes; byte--) {
        if (++*byte != 0)
            break;
    }
}

static void reverse(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t kept = bytes[i];
        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = kept;
    }
}

/* Another random number than the driver's. */
static bool seal_random(struct case_run *run, struct driver_client *client, enum opm_sealing sealing,
                        struct copp_signature *sealed) {
    uint8_t *random = client->handshake.random;
    if (sealing == OPM_SEAL_RANDOM_ZERO)
        memset(random, 0, COPP_RANDOM_SIZE);
    else
        random[sealing == OPM_SEAL_RANDOM_FIRST   ? 0
               : sealing == OPM_SEAL_RANDOM_FIFTH ? 4
                                                  : COPP_RANDOM_SIZE - 1] ^= sealing == OPM_SEAL_RANDOM_LAST ? 0x80 : 1;
    return client_seal_again(run, client, COPP_FORM_OPM, sealed);
}

bool opm_seal_as(struct case_run *run, struct driver_client *client, enum opm_sealing sealing, struct copp_signature *sealed) {
    switch (sealing) {
    case OPM_SEAL_RIGHT:
        return true;
    case OPM_SEAL_REVERSED:
        reverse(sealed->bytes, sizeof sealed->bytes);
        return true;
    case OPM_SEAL_SWAP40:
        return client_seal_again(run, client, COPP_FORM_SWAP40, sealed);
    case OPM_SEAL_SWAP256:
        return client_seal_again(run, client, COPP_FORM_SWAP256, sealed);
    case OPM_SEAL_PLAIN:
        memset(sealed->bytes, 0, sizeof sealed->bytes);
        write_secrets(&client->handshake, sealed->bytes);
        return true;
    case OPM_SEAL_FLIPPED:
        sealed->bytes[200] ^= 1;
        return true;
    case OPM_SEAL_RANDOM_FIRST:
    case OPM_SEAL_RANDOM_LAST:
    case OPM_SEAL_RANDOM_FIFTH:
    case OPM_SEAL_RANDOM_ZERO:
        return seal_random(run, client, sealing, sealed);
    case OPM_SEAL_ZERO:
    case OPM_SEAL_ONE:
    case OPM_SEAL_BELOW_MODULUS:
    case OPM_SEAL_MODULUS:
    case OPM_SEAL_ABOVE_MODULUS:
    case OPM_SEAL_ONES:
        seal_number(client, sealing, sealed);
        return true;
    default:
        return seal_by_hand(run, client, sealing, sealed);
    }
}
