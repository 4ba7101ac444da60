/* What a file is, whatever it was given for: one place for every command's errors. */
#ifndef COPP_CLI_RECOGNISE_H
#define COPP_CLI_RECOGNISE_H

#include <stdbool.h>
#include <stddef.h>

enum file_kind {
    FILE_OTHER, /* nothing that is known */
    FILE_EMPTY,
    FILE_CHAIN, /* XML, a certificate collection */
    FILE_CHAIN_UTF16,
    FILE_XML,
    FILE_HTML,
    FILE_LIST, /* a revocation list, binary or base64, perhaps torn */
    FILE_SRM_1, /* an HDCP 1.x renewability message, perhaps torn */
    FILE_SRM_2,
    FILE_X509, /* PEM or DER */
    FILE_PKCS7, /* PEM or DER */
    FILE_PUBLIC_KEY, /* PEM */
    FILE_PUBLIC_DER,
    FILE_PRIVATE_KEY,
    FILE_MODULUS, /* in base64, as an anchor may be given */
    FILE_ARCHIVE,
    FILE_HTTP, /* an answer with its header */
    FILE_TEXT, /* any other text in ASCII that is not base64 */
    FILE_UTF16 /* any other text in UTF-16 */
};

/* A set of kinds has a bit for each. */
#define KIND(kind) (1u << (kind))
/* An anchor's files, and a list's: text is read in UTF-16, too, so that this is not what is wrong with it. */
#define KINDS_ANCHOR (KIND(FILE_PUBLIC_KEY) | KIND(FILE_MODULUS) | KINDS_TEXT)
#define KINDS_OPM_ANCHOR (KIND(FILE_X509) | KINDS_TEXT)
#define KINDS_OPM_CHAIN (KIND(FILE_X509) | KIND(FILE_PKCS7))
#define KINDS_LIST (KIND(FILE_LIST) | KIND(FILE_UTF16))
#define KINDS_TEXT (KIND(FILE_TEXT) | KIND(FILE_UTF16))
#define KINDS_SRM (KIND(FILE_SRM_1) | KIND(FILE_SRM_2))

enum file_kind recognise(const void *bytes, size_t size);

/*
 * The name of what bytes are and the remedy, where they are of none of the kinds wanted. False: they are, or they are not
 * known, and what is wrong with them is for others to say.
 */
bool recognise_other(const void *bytes, size_t size, unsigned wanted, const char **name, const char **remedy);

#endif
