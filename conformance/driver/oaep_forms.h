/*
 * OAEP as it must be, and as it must not be: the blocks that a driver has to refuse are made here, since no library makes them
 * (OPM-INI-4, OPM-INI-6).
 */
#ifndef COPP_OAEP_FORMS_H
#define COPP_OAEP_FORMS_H

#include <stdbool.h>

#include "hashes.h"
#include "rsa.h"

#define OAEP_BLOCK_SIZE RSA_SIZE

/* What is wrong with a block on purpose. */
enum oaep_flaw {
    OAEP_GOOD = 0,
    OAEP_FIRST_BYTE, /* 1 in place of 0 */
    OAEP_LABEL_HASH, /* one bit of lHash */
    OAEP_PADDING, /* a byte of the zeros is not 0 */
    OAEP_SEPARATOR /* 2 in place of the 1 before the message */
};

struct oaep_form {
    enum plain_hash hash; /* of the label */
    enum plain_hash mask_hash; /* of MGF1 */
    const char *label; /* NULL: empty */
    const uint8_t *message;
    size_t message_size; /* at most 126 with SHA-512 */
    const uint8_t *seed; /* plain_hash_size(hash) bytes */
    enum oaep_flaw flaw;
};

/* The 256 bytes before encryption, which rsa_encrypt_raw does (RFC 8017, 7.1.1). False: the message does not fit. */
bool oaep_form_block(const struct oaep_form *oaep, uint8_t *block);

#endif
