#include "recognise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "copp.h"

#define LOOK_AT 65536u /* bytes of a text that say what it is */

static const struct kind {
    const char *name; /* "a revocation list"; NULL for FILE_OTHER */
    const char *remedy; /* what to do with such a file that was given for another; "" for FILE_OTHER */
} kinds[] = {
    [FILE_OTHER] = {NULL, ""},
    [FILE_EMPTY] = {"an empty file, or one of blanks and NULs alone", "fetch or save it again"},
    [FILE_CHAIN] = {"a COPP certificate chain", "give it to copp chain verify or show, without --opm"},
    [FILE_CHAIN_UTF16] = {"a COPP certificate chain in UTF-16", "save the chain as UTF-8, byte for byte as the driver sent it"},
    [FILE_XML] = {"XML, but not a certificate collection", "give the chain as the driver sent it"},
    [FILE_HTML] = {"a web page (HTML), such as a server's error page", "look at it with a browser, and fetch the file again"},
    [FILE_LIST] = {"a certificate revocation list", "give it to copp crl verify, or as --crl"},
    [FILE_SRM_1] = {"an HDCP 1.x renewability message (SRM)", "see copp srm verify"},
    [FILE_SRM_2] = {"an HDCP 2.x renewability message (SRM)", "see copp srm verify"},
    [FILE_X509] =
        {"an X.509 certificate, chain or revocation list, as OPM's drivers have",
         "an OPM driver's chain is for copp chain verify --opm; COPP's chains are XML, and its lists have a format of their own"},
    [FILE_PKCS7] = {"a PKCS #7 container of certificates, as an OPM driver's chain is",
                    "give it to copp chain verify or show, with --opm"},
    [FILE_PUBLIC_KEY] = {"a public key", "a public key is given as --anchor, for srm as --key"},
    [FILE_PUBLIC_DER] = {"a public key in DER", "make PEM of it: openssl pkey -pubin -in FILE -out FILE.pem"},
    [FILE_PRIVATE_KEY] = {"a private key", "give it as a key, and keep it secret"},
    [FILE_MODULUS] = {"an RSA modulus in base64", "a modulus is given as --anchor"},
    [FILE_ARCHIVE] = {"a compressed file", "unpack it first"},
    [FILE_HTTP] = {"a web server's answer with its header (HTTP)", "fetch the file again, without the header"},
    [FILE_TEXT] = {"a text, such as a server's error message", "read it, and fetch the file again"},
    [FILE_UTF16] = {"a text in UTF-16", "save it as UTF-8"},
};

/* The first place of word in text, whatever the case of ASCII letters. */
static const char *find(const char *text, const char *word) {
    size_t size = strlen(word);
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, word, size) == 0)
            return text;
    }
    return NULL;
}

static enum file_kind recognise_markup(const char *text, bool wide) {
    if (find(text, "<!doctype html") != NULL || find(text, "<html") != NULL)
        return FILE_HTML;
    if (strstr(text, "CertificateCollection") == NULL)
        return wide ? FILE_UTF16 : FILE_XML;
    return wide ? FILE_CHAIN_UTF16 : FILE_CHAIN;
}

/* label: what stands behind the first BEGIN. */
static enum file_kind recognise_pem(const char *label) {
    size_t size = strcspn(label, "-\r\n");
    char word[64];
    snprintf(word, sizeof word, "%.*s", size < sizeof word ? (int)size : 0, label);
    if (strstr(label, "PRIVATE KEY-----") != NULL) /* perhaps behind its certificate or its parameters */
        return FILE_PRIVATE_KEY;
    if (strstr(word, "PUBLIC KEY") != NULL)
        return FILE_PUBLIC_KEY;
    if (strcmp(word, "PKCS7") == 0 || strcmp(word, "CMS") == 0)
        return FILE_PKCS7;
    if (strstr(word, "CERTIFICATE") != NULL || strcmp(word, "X509 CRL") == 0)
        return FILE_X509;
    return FILE_OTHER;
}

/* Nothing but printable ASCII, and a character that base64 does not have: a torn list is not called a text. */
static bool is_prose(const char *text, size_t size) {
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n";
    for (size_t i = 0; i < size; i++) {
        if ((text[i] < ' ' || text[i] > '~') && strchr("\t\r\n", text[i]) == NULL)
            return false;
    }
    return text[strspn(text, base64)] != '\0';
}

static enum file_kind recognise_text(const char *text, size_t size, bool wide) {
    struct copp_public_key key;
    const char *start = text + strspn(text, " \t\r\n");
    if (*start == '\0')
        return strlen(text) == size ? FILE_EMPTY : FILE_OTHER;
    if (*start == '<')
        return recognise_markup(start, wide);
    const char *begin = strstr(text, "-----BEGIN ");
    if (begin != NULL)
        return recognise_pem(begin + strlen("-----BEGIN "));
    if (strncmp(start, "HTTP/", 5) == 0)
        return FILE_HTTP;
    if (copp_public_key_read(text, size, &key) == COPP_OK)
        return FILE_MODULUS;
    if (wide)
        return FILE_UTF16;
    return strlen(text) == size && is_prose(text, size) ? FILE_TEXT : FILE_OTHER;
}

/* The outermost DER SEQUENCE of a key or a certificate, by what it begins with (X.509, PKCS #1, 7 and 8). */
static enum file_kind recognise_der(const uint8_t *bytes, size_t size) {
    static const uint8_t signed_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
    static const uint8_t rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
    if (size < 32 || bytes[0] != 0x30 || bytes[1] < 0x80 || bytes[1] > 0x84)
        return FILE_OTHER;
    const uint8_t *inside = bytes + 2 + (bytes[1] & 0x7f);
    if (copp_equal(inside, signed_data, sizeof signed_data))
        return FILE_PKCS7;
    if (copp_equal(inside, rsa, sizeof rsa))
        return FILE_PUBLIC_DER;
    if (inside[0] == 0x02 && inside[1] == 1 && inside[2] == 0)
        return FILE_PRIVATE_KEY;
    /* a SEQUENCE again: a certificate's or a list's content, or, where an OID comes first, some algorithm's name */
    if (inside[0] != 0x30 || inside[1] < 0x20 || inside[1] > 0x84)
        return FILE_OTHER;
    const uint8_t *first = inside + 2 + (inside[1] > 0x80 ? inside[1] & 0x7f : 0);
    return first[0] != 0x06 ? FILE_X509 : FILE_OTHER;
}

static bool holds(const uint8_t *bytes, size_t size, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= size; i++) {
        if (copp_equal(bytes + i, word, length))
            return true;
    }
    return false;
}

/* gzip, ZIP, xz and zstd */
static bool is_compressed(const uint8_t *bytes, size_t size) {
    static const char *const beginnings[] = {"\x1f\x8b", "PK\3\4", "\xfd\x37zXZ", "\x28\xb5\x2f\xfd"};
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        size_t length = strlen(beginnings[i]);
        if (size >= length && copp_equal(bytes, beginnings[i], length))
            return true;
    }
    return false;
}

/* Lists and messages that are torn are still told as what they are, if it is plain. */
static enum file_kind recognise_binary(const uint8_t *bytes, size_t size) {
    struct copp_revocation_list *list = NULL;
    if (size >= 8 && bytes[1] == 0 && (bytes[0] == 0x80 || bytes[0] == 0x91))
        return bytes[0] == 0x80 ? FILE_SRM_1 : FILE_SRM_2;
    if (is_compressed(bytes, size))
        return FILE_ARCHIVE;
    bool whole = copp_revocation_parse(bytes, size, &list, NULL) == COPP_OK;
    copp_revocation_free(&list);
    if (whole || (size >= 8 && bytes[0] == 0 && bytes[4] == 0 && holds(bytes, size, "CertificateCollection")))
        return FILE_LIST;
    return recognise_der(bytes, size);
}

enum file_kind recognise(const void *bytes, size_t size) {
    const uint8_t *from = bytes;
    if (size == 0)
        return FILE_EMPTY;
    enum file_kind kind = recognise_binary(from, size);
    size_t looked_at = size < LOOK_AT ? size : LOOK_AT;
    char *text = kind == FILE_OTHER ? malloc(looked_at + 1) : NULL;
    if (text == NULL)
        return kind;
    size_t length = copp_text_plain(from, looked_at, text);
    text[length] = '\0';
    bool wide = size >= 2 && (!from[0] != !from[1] || from[0] >= 0xfe) && strlen(text) == length;
    kind = recognise_text(text, length, wide);
    copp_release(text, looked_at);
    return kind;
}

bool recognise_other(const void *bytes, size_t size, unsigned wanted, const char **name, const char **remedy) {
    enum file_kind kind = recognise(bytes, size);
    *name = kinds[kind].name;
    *remedy = kinds[kind].remedy;
    return *name != NULL && (wanted & KIND(kind)) == 0;
}
