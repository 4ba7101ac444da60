#include "keys.h"

#include <errno.h>
#include <string.h>

#include "common/key_uri.h"
#include "io.h"
#include "report.h"
#include "unlike.h"
#include "why.h"

#define KEY_FILE_MAX 65536u

/* What else is given for an anchor: what is not an anchor of either protocol, and the other one's. */
#define KINDS_WITHOUT_KEY (KINDS_WITH_ROOT | KIND(FILE_X509) | KIND(FILE_PUBLIC_KEY) | KIND(FILE_PUBLIC_DER) | KIND(FILE_MODULUS))
#define KINDS_WITH_ROOT (KIND(FILE_CHAIN) | KIND(FILE_CHAIN_UTF16) | KIND(FILE_PKCS7))
static const char root_alone[] =
    "name only the root's key or certificate, as its owner publishes it: one that came with the chain proves nothing";
static const char public_half_alone[] = "name its public half or its certificate, and keep the private key secret";
static const struct kind_remedy copp_anchor_remedies[] = {
    {KINDS_WITH_ROOT, root_alone},
    {KIND(FILE_PRIVATE_KEY), public_half_alone},
    {KIND(FILE_X509),
     "a certificate is an anchor of OPM: name COPP's, or ask for OPM with --semantics opm (copp chain verify: --opm)"},
    {0, NULL},
};
static const struct kind_remedy opm_anchor_remedies[] = {
    {KINDS_WITH_ROOT, root_alone},
    {KIND(FILE_PRIVATE_KEY), public_half_alone},
    {KIND(FILE_PUBLIC_KEY) | KIND(FILE_PUBLIC_DER) | KIND(FILE_MODULUS),
     "a key alone is an anchor of COPP: name OPM's certificate, or ask for COPP with --semantics copp (copp chain verify: no "
     "--opm)"},
    {0, NULL},
};
static const struct kind_remedy either_anchor_remedies[] = {
    {KINDS_WITH_ROOT, root_alone},
    {KIND(FILE_PRIVATE_KEY), public_half_alone},
    {0, NULL},
};

int read_anchor(const struct invocation *in, const char *name, struct copp_public_key *anchor) {
    if (name == NULL || strcmp(name, "microsoft") == 0) {
        *anchor = *copp_anchor_microsoft();
        return STATUS_YES;
    }
    struct blob text;
    int status = read_file(in, name, KEY_FILE_MAX, &text);
    if (status != STATUS_YES)
        return status;
    enum copp_result result = copp_public_key_read((const char *)text.bytes, text.size, anchor);
    if (result == COPP_E_KEY)
        status = fail_kind(in, name, &text, KINDS_ANCHOR,
                           "is not an anchor of COPP: give a PEM public key or a base64 modulus of 1024 to 2048 bits",
                           copp_anchor_remedies);
    else if (result != COPP_OK)
        status = fail_result(in, name, result);
    blob_free(&text);
    return status;
}

int read_opm_anchor(const struct invocation *in, const char *name, struct copp_opm_anchor *anchor) {
    if (name == NULL || strcmp(name, "microsoft") == 0) {
        *anchor = *copp_opm_anchor_microsoft();
        return STATUS_YES;
    }
    struct blob file;
    int status = read_file(in, name, KEY_FILE_MAX, &file);
    if (status != STATUS_YES)
        return status;
    *anchor = (struct copp_opm_anchor){.size = sizeof *anchor};
    enum copp_result result = copp_opm_anchor_read(file.bytes, file.size, anchor);
    if (result == COPP_E_KEY)
        status = fail_kind(in, name, &file, KINDS_OPM_ANCHOR,
                           "is not an anchor of OPM: give a certificate, DER or PEM, with an RSA key of 2048 to 4096 bits",
                           opm_anchor_remedies);
    else if (result != COPP_OK)
        status = fail_result(in, name, result);
    blob_free(&file);
    return status;
}

/* A PEM file holds a public key or a certificate: no file is both. */
static int read_either(const struct invocation *in, const char *name, enum copp_semantics *semantics,
                       struct copp_public_key *anchor, struct copp_opm_anchor *opm_anchor) {
    struct blob file;
    int status = read_file(in, name, KEY_FILE_MAX, &file);
    if (status != STATUS_YES)
        return status;
    *opm_anchor = (struct copp_opm_anchor){.size = sizeof *opm_anchor};
    enum copp_result result = copp_public_key_read((const char *)file.bytes, file.size, anchor);
    *semantics = COPP_SEMANTICS_COPP;
    if (result == COPP_E_KEY) {
        result = copp_opm_anchor_read(file.bytes, file.size, opm_anchor);
        *semantics = COPP_SEMANTICS_OPM;
    }
    if (result == COPP_E_KEY)
        status = fail_kind(in, name, &file, KINDS_ANCHOR | KIND(FILE_X509),
                           "is not an anchor: give a PEM public key or a base64 modulus for COPP, or a certificate for OPM",
                           either_anchor_remedies);
    else if (result != COPP_OK)
        status = fail_result(in, name, result);
    blob_free(&file);
    return status;
}

int read_anchors(const struct invocation *in, const char *name, enum copp_semantics *semantics, struct copp_public_key *anchor,
                 struct copp_opm_anchor *opm_anchor) {
    if (*semantics == COPP_SEMANTICS_NONE && name != NULL && strcmp(name, "microsoft") != 0)
        return read_either(in, name, semantics, anchor, opm_anchor);
    int status = *semantics != COPP_SEMANTICS_OPM ? read_anchor(in, name, anchor) : STATUS_YES;
    return status == STATUS_YES && *semantics != COPP_SEMANTICS_COPP ? read_opm_anchor(in, name, opm_anchor) : status;
}

/* What an encrypted key would need. */
static const char *when_encrypted(bool passphrase) {
#ifdef _WIN32
    (void)passphrase;
    return "is encrypted, which is not supported here";
#else
    return passphrase ? "the passphrase is wrong" : "needs --passphrase-file";
#endif
}

/* OpenSSL's word for a URI that is not a file's, as ": ..."; of a file we can say more ourselves. */
static const char *why_uri(const char *uri) {
    const char *colon = strchr(uri, ':');
    bool scheme = colon != NULL && memchr(uri, '/', (size_t)(colon - uri)) == NULL && strncmp(uri, "file:", 5) != 0;
    return scheme ? why_result(COPP_E_CRYPTO) : "";
}

/* What no private key can be made of, where it is a file that says what it is. largest: bits. */
static int fail_private_key(const struct invocation *in, const char *uri, const char *shown, unsigned largest, bool passphrase) {
    static const char scheme[] = "file:";
    const char *path = strncmp(uri, scheme, sizeof scheme - 1) == 0 ? uri + sizeof scheme - 1 : uri;
    const char *name = NULL, *remedy = "";
    struct blob blob;
    bool peeked = peek_file(path, &blob);
    if (!peeked && errno == EISDIR)
        return fail(in, STATUS_UNKNOWN, shown, "is a directory, not a private key: name the file in it");
    if (peeked && recognise_other(blob.bytes, blob.size, KIND(FILE_PRIVATE_KEY) | KIND(FILE_TEXT), &name, &remedy)) {
        if (KIND(recognise(blob.bytes, blob.size)) & KINDS_WITHOUT_KEY)
            remedy = "name the file that holds the private key";
        blob_free(&blob);
        return fail_with(in, STATUS_UNKNOWN, shown, remedy, "is not a private key; it is %s", name);
    }
    blob_free(&blob);
    if (strncmp(uri, "pkcs11:", 7) == 0) /* the provider says no more than that there is none */
        return fail(in, STATUS_UNKNOWN, shown, "holds no RSA private key of 1024 to %u bits, or %s%s", largest,
                    passphrase ? "its PIN is wrong" : "its PIN needs --passphrase-file", why_uri(uri));
    return fail(in, STATUS_UNKNOWN, shown, "is not an RSA private key of 1024 to %u bits, or %s%s", largest,
                when_encrypted(passphrase), why_uri(uri));
}

static int open_key(const struct invocation *in, const char *uri, const char *passphrase_file, unsigned largest,
                    struct copp_private_key **key) {
    struct blob passphrase = {0};
    char shown[KEY_URI_SHOWN];
    *key = NULL;
    key_uri_without_pin(uri, shown, sizeof shown);
    if (claim_input(in, uri) != STATUS_YES)
        return STATUS_UNKNOWN;
    if (passphrase_file != NULL) {
        int status = read_file(in, passphrase_file, 4096, &passphrase);
        if (status != STATUS_YES)
            return status;
        passphrase.bytes[copp_text_plain(passphrase.bytes, passphrase.size, (char *)passphrase.bytes)] = '\0';
        passphrase.bytes[strcspn((char *)passphrase.bytes, "\r\n")] = '\0';
    }
    const char *words = (const char *)passphrase.bytes;
    enum copp_result result = largest > 8 * COPP_MODULUS_MAX ? copp_private_key_open_issuer(uri, words, why_log(), key)
                                                             : copp_private_key_open_logged(uri, words, why_log(), key);
    blob_free(&passphrase);
    if (result == COPP_E_NOT_FOUND && strncmp(uri, "pkcs11:", 7) == 0)
        return fail(in, STATUS_UNKNOWN, shown, "holds no key; set up pkcs11-provider in openssl.cnf, see copp-handshake(1)%s",
                    why_uri(uri));
    if (result == COPP_E_NOT_FOUND)
        return fail(in, STATUS_UNKNOWN, shown, "holds no key%s", why_uri(uri));
    if (result == COPP_E_KEY)
        return fail_private_key(in, uri, shown, largest, passphrase_file != NULL);
    return result == COPP_OK ? STATUS_YES : fail_result(in, shown, result);
}

int open_private_key(const struct invocation *in, const char *uri, const char *passphrase_file, struct copp_private_key **key) {
    return open_key(in, uri, passphrase_file, 8 * COPP_MODULUS_MAX, key);
}

int open_issuer_key(const struct invocation *in, const char *uri, const char *passphrase_file, struct copp_private_key **key) {
    return open_key(in, uri, passphrase_file, 8 * COPP_RSA_MODULUS_MAX, key);
}

int public_half(const struct invocation *in, const char *what, struct copp_private_key *key, struct copp_public_key *half) {
    enum copp_result result = key->ops->public_key(key, half);
    return result == COPP_OK ? STATUS_YES : fail_result(in, what, result);
}

int issuer_half(const struct invocation *in, const char *what, struct copp_private_key *key, struct copp_rsa_key *half) {
    enum copp_result result = key->ops->rsa_key(key, half);
    return result == COPP_OK ? STATUS_YES : fail_result(in, what, result);
}

int generate_key(const struct invocation *in, unsigned bits, struct copp_private_key **key) {
    enum copp_result result = copp_private_key_generate(bits, key);
    return result == COPP_OK ? STATUS_YES : fail(in, STATUS_UNKNOWN, NULL, "cannot create a key: %s", copp_strerror(result));
}

int private_key_pem(const struct invocation *in, const struct copp_private_key *key, char **pem, size_t *size) {
    enum copp_result result = copp_private_key_to_pem(key, pem, size);
    return result == COPP_OK ? STATUS_YES : fail_result(in, NULL, result);
}
