/* Anchors and private keys as they are named on the command line. */
#ifndef COPP_CLI_KEYS_H
#define COPP_CLI_KEYS_H

#include "copp.h"
#include "options.h"

/* The row of a table of options; type has a const char *anchor. */
#define ANCHOR_OPTION(type)                                                                                                      \
    {                                                                                                                            \
        .name = "anchor", .kind = OPTION_TEXT, .offset = offsetof(type, anchor), .argument = "FILE|microsoft",                   \
        .words = "microsoft",                                                                                                    \
        .help = "the anchor: a PEM public key, a base64 modulus,\nor Microsoft's production anchor (the default)"                \
    }

/* "microsoft" (or NULL), or a file: a PEM public key or a base64 modulus. STATUS_YES, or complains. */
int read_anchor(const struct invocation *in, const char *name, struct copp_public_key *anchor);

/* The same for OPM's chains: "microsoft" (or NULL), or the file of a certificate. */
int read_opm_anchor(const struct invocation *in, const char *name, struct copp_opm_anchor *anchor);

/*
 * Of either protocol, or of both, which "microsoft" is: reads what *semantics demands. NONE: a file may be either, and *semantics is
 * what it is. STATUS_YES, or complains.
 */
int read_anchors(const struct invocation *in, const char *name, enum copp_semantics *semantics, struct copp_public_key *anchor,
                 struct copp_opm_anchor *opm_anchor);

/* By URI; passphrase_file may be NULL, its first line is the passphrase. STATUS_YES, or complains. */
int open_private_key(const struct invocation *in, const char *uri, const char *passphrase_file, struct copp_private_key **key);

/* The same of a key that issues OPM's certificates, of up to 4096 bits (OPM-CERT-5). */
int open_issuer_key(const struct invocation *in, const char *uri, const char *passphrase_file, struct copp_private_key **key);

/* The public half, of an issuer's key too. STATUS_YES, or complains about what. */
int public_half(const struct invocation *in, const char *what, struct copp_private_key *key, struct copp_public_key *half);
int issuer_half(const struct invocation *in, const char *what, struct copp_private_key *key, struct copp_rsa_key *half);

/* A fresh key of 1024 or 2048 bits, and its unencrypted PEM. STATUS_YES, or complains. */
int generate_key(const struct invocation *in, unsigned bits, struct copp_private_key **key);
int private_key_pem(const struct invocation *in, const struct copp_private_key *key, char **pem, size_t *size);

#endif
