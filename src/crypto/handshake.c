#include "copp/handshake.h"

#include <string.h>

#include "common/sized.h"
#include "crypto/oaep.h"
#include "wire/handshake_bytes.h"

#define RSA_SIZE COPP_SIGNATURE_SIZE
#define SWAP256_PLAIN 245u /* RSA_SIZE less the 11 bytes of PKCS #1 padding */

/*
 * SES-5: the plaintext as RSA's big-endian number has it. Either form ends in the 40 bytes reversed; swap256 has the
 * zeros of the 256-byte array before them, as many as fit.
 */
static size_t plaintext(const uint8_t *secret, enum copp_handshake_form form, uint8_t *plain) {
    size_t size = form == COPP_FORM_SWAP256 ? SWAP256_PLAIN : COPP_HANDSHAKE_SIZE;
    memset(plain, 0, SWAP256_PLAIN);
    copp_reverse(secret, COPP_HANDSHAKE_SIZE, plain + (size - COPP_HANDSHAKE_SIZE));
    return size;
}

enum copp_result copp_handshake_seal(const struct copp_handshake *handshake, enum copp_handshake_form form,
                                     const struct copp_public_key *leaf, struct copp_signature *signature) {
    return copp_handshake_seal_logged(handshake, form, leaf, NULL, signature, NULL);
}

enum copp_result copp_handshake_seal_logged(const struct copp_handshake *handshake, enum copp_handshake_form form,
                                            const struct copp_public_key *leaf, struct copp_random *random,
                                            struct copp_signature *signature, struct copp_log *log) {
    if (!handshake || !leaf || !signature || (form != COPP_FORM_SWAP40 && form != COPP_FORM_SWAP256 && form != COPP_FORM_OPM))
        return COPP_E_ARGUMENT;
    if (form == COPP_FORM_OPM)
        return copp_handshake_seal_opm(handshake, leaf, random, signature, log);
    if (leaf->modulus_size != RSA_SIZE)
        return COPP_E_KEY;
    uint8_t secret[COPP_HANDSHAKE_SIZE];
    uint8_t plain[SWAP256_PLAIN];
    uint8_t cipher[RSA_SIZE];
    copp_handshake_encode(handshake, secret);
    size_t size = plaintext(secret, form, plain);
    enum copp_result result = copp_rsa_encrypt(leaf, plain, size, cipher, log); /* SES-4 */
    if (!result)
        copp_reverse(cipher, RSA_SIZE, signature->bytes);
    copp_wipe(secret, sizeof secret);
    copp_wipe(plain, sizeof plain);
    return result;
}

enum copp_result copp_handshake_open(struct copp_private_key *key, const struct copp_signature *signature,
                                     struct copp_handshake *handshake) {
    if (handshake)
        memset(handshake, 0, sizeof *handshake);
    if (!key || !signature || !handshake || !COPP_HAS_OP(key->ops, decrypt_raw))
        return COPP_E_ARGUMENT;
    uint8_t cipher[RSA_SIZE];
    uint8_t number[RSA_SIZE];
    uint8_t secret[RSA_SIZE];
    copp_reverse(signature->bytes, RSA_SIZE, cipher); /* SES-6 */
    enum copp_result result = key->ops->decrypt_raw(key, cipher, number, RSA_SIZE);
    if (!result) {
        copp_reverse(number, RSA_SIZE, secret);
        copp_handshake_decode(secret, handshake);
    }
    copp_wipe(number, sizeof number);
    copp_wipe(secret, sizeof secret);
    return result;
}

void copp_handshake_wipe(struct copp_handshake *handshake) {
    if (handshake)
        copp_wipe(handshake, sizeof *handshake);
}
