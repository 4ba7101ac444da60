/* What the input of fuzz_key is, by its first byte: shared with the program that writes the seeds. */
#ifndef COPP_FUZZ_KEY_OPS_H
#define COPP_FUZZ_KEY_OPS_H

enum key_kind {
    KEY_TEXT, /* a public key in PEM or base64, as it stands */
    KEY_PUBLIC, /* DER of a public key */
    KEY_PKCS8, /* DER of a private key, with its algorithm */
    KEY_PKCS1, /* DER of an RSA private key */
    KEY_KINDS
};

#endif
