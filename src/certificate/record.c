/* From XML to fields: which elements there are, how often, and where. */
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "certificate/chain.h"
#include "certificate/utf8.h"

#define SEPARATOR '|' /* between namespace and local name as Expat hands them over; a local name cannot hold it */
#define DEPTH_MAX 64u /* real chains need 7 */

#define R(rule) COPP_RULE_CERT_##rule
#define ROW(id, parent, name, path, rule)                                                                                        \
    [COPP_ELEMENT_##id] = {COPP_ELEMENT_##parent, name, rule, path " is missing", path " occurs more than once"}
#define UNNAMED(id, parent, name) [COPP_ELEMENT_##id] = {COPP_ELEMENT_##parent, name, COPP_RULE_NONE, "", NULL}

static const struct {
    enum copp_element parent;
    const char *name;
    enum copp_rule missing_rule;
    const char *missing;
    const char *repeated;
} elements[COPP_ELEMENTS] = {
    UNNAMED(COLLECTION, OTHER, "CertificateCollection"),
    UNNAMED(CERTIFICATE, COLLECTION, "Certificate"),
    ROW(DATA, CERTIFICATE, "Data", "Data", R(13)),
    ROW(PUBLIC_KEY, DATA, "PublicKey", "PublicKey", R(13)),
    ROW(KEY_VALUE, PUBLIC_KEY, "KeyValue", "PublicKey/KeyValue", R(13)),
    ROW(RSA_KEY_VALUE, KEY_VALUE, "RSAKeyValue", "PublicKey/KeyValue/RSAKeyValue", R(13)),
    ROW(MODULUS, RSA_KEY_VALUE, "Modulus", "Modulus", R(6)),
    ROW(EXPONENT, RSA_KEY_VALUE, "Exponent", "Exponent", R(7)),
    ROW(SECURITY_LEVEL, DATA, "SecurityLevel", "SecurityLevel", COPP_RULE_NONE), /* CERT-13: ignored */
    ROW(MANUFACTURER_DATA, DATA, "ManufacturerData", "ManufacturerData", COPP_RULE_NONE),
    UNNAMED(MANUFACTURER_NAME, MANUFACTURER_DATA, "ManufacturerName"),
    ROW(KEY_USAGE, DATA, "KeyUsage", "KeyUsage", COPP_RULE_NONE), /* what is in it is checked as a whole */
    ROW(ENCRYPT_KEY, KEY_USAGE, "EncryptKey", "KeyUsage/EncryptKey", COPP_RULE_NONE),
    ROW(SIGN_CERTIFICATE, KEY_USAGE, "SignCertificate", "KeyUsage/SignCertificate", COPP_RULE_NONE),
    ROW(SIGN_CRL, KEY_USAGE, "SignCRL", "KeyUsage/SignCRL", COPP_RULE_NONE),
    ROW(FEATURES, DATA, "Features", "Features", COPP_RULE_NONE),
    ROW(COPP_CERTIFICATE, FEATURES, "COPPCertificate", "Features/COPPCertificate", COPP_RULE_NONE),
    ROW(SIGNATURE, CERTIFICATE, "Signature", "Signature", R(13)),
    ROW(SIGNED_INFO, SIGNATURE, "SignedInfo", "SignedInfo", R(13)),
    ROW(REFERENCE, SIGNED_INFO, "Reference", "SignedInfo/Reference", R(13)),
    ROW(DIGEST_VALUE, REFERENCE, "DigestValue", "DigestValue", R(10)),
    ROW(SIGNATURE_VALUE, SIGNATURE, "SignatureValue", "SignatureValue", R(11)),
    ROW(KEY_INFO, SIGNATURE, "KeyInfo", "KeyInfo", R(6)),
    ROW(SIGNER_KEY_VALUE, KEY_INFO, "KeyValue", "KeyInfo/KeyValue", R(13)),
    ROW(SIGNER_RSA_KEY_VALUE, SIGNER_KEY_VALUE, "RSAKeyValue", "KeyInfo/KeyValue/RSAKeyValue", R(13)),
    ROW(SIGNER_MODULUS, SIGNER_RSA_KEY_VALUE, "Modulus", "KeyInfo's Modulus", R(6)),
    ROW(SIGNER_EXPONENT, SIGNER_RSA_KEY_VALUE, "Exponent", "KeyInfo's Exponent", R(7)),
};

enum copp_element copp_element_parent(enum copp_element element) {
    return elements[element].parent;
}

enum copp_rule copp_element_missing_rule(enum copp_element element) {
    return elements[element].missing_rule;
}

const char *copp_element_missing(enum copp_element element) {
    return elements[element].missing;
}

const char *copp_element_repeated(enum copp_element element) {
    return elements[element].repeated;
}

/* A parse under way. */
struct parse {
    XML_Parser parser;
    struct copp_chain *chain;
    struct copp_record *record; /* the certificate that is open, or NULL */
    enum copp_element open; /* the innermost element that means something; OTHER outside all of them */
    unsigned ignored; /* open elements within it that mean nothing, with all that is in them */
    char *text; /* where the next character of a text goes */
    bool other_encoding; /* the XML declaration names one that is not UTF-8 */
    const char *stopped; /* why we have stopped the parse (CERT-1), or NULL */
};

static void stop(struct parse *parse, const char *detail) {
    parse->stopped = detail;
    (void)XML_StopParser(parse->parser, XML_FALSE);
}

/* Splits "namespace|local". False for a stranger: the namespace is neither cert nor xmldsig nor none. */
static bool split(const char *name, const char **local) {
    static const char *const namespaces[] = {"http://schemas.microsoft.com/DRM/2004/02/cert",
                                             "http://www.w3.org/2000/09/xmldsig#"};
    const char *separator = strrchr(name, SEPARATOR);
    *local = separator ? separator + 1 : name;
    if (!separator)
        return true;
    size_t length = (size_t)(separator - name);
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
        if (length == strlen(namespaces[i]) && strncmp(name, namespaces[i], length) == 0)
            return true;
    }
    return false;
}

static enum copp_element find(enum copp_element parent, const char *name) {
    for (enum copp_element i = parent + 1; i < COPP_ELEMENTS; i++) {
        if (elements[i].parent == parent && strcmp(elements[i].name, name) == 0)
            return i;
    }
    return COPP_ELEMENT_OTHER;
}

static bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

/* CERT-3: major.minor, each of any length; ".minor" may be left out. */
static bool version_good(const char *version) {
    bool major_enough = false;
    unsigned digits = 0;
    for (; is_digit(*version); version++) {
        digits += digits || *version != '0'; /* leading zeros count for nothing */
        major_enough = digits > 1 || *version >= '2';
    }
    if (!major_enough || *version == 0)
        return major_enough;
    if (*version++ != '.' || !is_digit(*version))
        return false;
    while (is_digit(*version))
        version++;
    return *version == 0;
}

/* The root element's Version, qualified or not. Two of them contradict each other as good as certainly: refused. */
static enum copp_collection_version collection_version(const char *const *attributes) {
    enum copp_collection_version version = COPP_COLLECTION_NO_VERSION;
    for (; attributes[0]; attributes += 2) {
        const char *local;
        if (!split(attributes[0], &local) || strcmp(local, "Version") != 0)
            continue;
        bool good = version == COPP_COLLECTION_NO_VERSION && version_good(attributes[1]);
        version = good ? COPP_COLLECTION_GOOD : COPP_COLLECTION_OLD;
    }
    return version;
}

static bool open_certificate(struct parse *parse, bool stranger) {
    struct copp_chain *chain = parse->chain;
    chain->seen++;
    if (stranger || chain->count == COPP_CERTIFICATES_MAX)
        return false;
    parse->record = &chain->records[chain->count++];
    memset(parse->record, 0, sizeof *parse->record);
    return true;
}

/* The first one in its namespace is looked into; the others are counted (CERT-5). */
static bool open_field(struct parse *parse, enum copp_element kind, bool stranger) {
    struct copp_field *field = &parse->record->fields[kind];
    field->seen++;
    if (stranger || field->present)
        return false;
    field->present = true;
    field->content = kind == COPP_ELEMENT_DATA ? (const char *)parse->chain->chain_bytes + XML_GetCurrentByteIndex(parse->parser)
                                               : parse->text;
    return true;
}

/* A stranger counts under its local name (CERT-4, CERT-5), but what is in it is nothing to us. */
static bool open_element(struct parse *parse, enum copp_element kind, bool stranger, const char *const *attributes) {
    switch (kind) {
    case COPP_ELEMENT_OTHER:
        return false;
    case COPP_ELEMENT_COLLECTION:
        if (!stranger)
            parse->chain->version = collection_version(attributes);
        return !stranger;
    case COPP_ELEMENT_CERTIFICATE:
        return open_certificate(parse, stranger);
    default:
        return open_field(parse, kind, stranger);
    }
}

static void XMLCALL start_element(void *user, const char *name, const char **attributes) {
    struct parse *parse = user;
    if (parse->ignored) {
        if (++parse->ignored > DEPTH_MAX)
            stop(parse, "elements nest deeper than 64 levels");
        return;
    }
    if (parse->open >= COPP_ELEMENT_DATA)
        parse->record->fields[parse->open].mixed = true;
    const char *local;
    bool stranger = !split(name, &local);
    enum copp_element kind = find(parse->open, local);
    if (open_element(parse, kind, stranger, attributes))
        parse->open = kind;
    else
        parse->ignored = 1;
}

static void XMLCALL end_element(void *user, const char *name) {
    struct parse *parse = user;
    (void)name;
    if (parse->ignored) {
        parse->ignored--;
        return;
    }
    if (parse->open >= COPP_ELEMENT_DATA) {
        struct copp_field *field = &parse->record->fields[parse->open];
        const char *end = parse->text;
        if (parse->open == COPP_ELEMENT_DATA) /* CERT-10: to the '>' of the end tag */
            end = (const char *)parse->chain->chain_bytes + XML_GetCurrentByteIndex(parse->parser) +
                  XML_GetCurrentByteCount(parse->parser);
        else
            *parse->text++ = 0;
        field->size = (size_t)(end - field->content);
    }
    parse->open = elements[parse->open].parent;
}

/* The text of elements that have elements in them runs together with theirs; it is not a value, and is never read. */
static void XMLCALL character_data(void *user, const char *text, int size) {
    struct parse *parse = user;
    if (parse->ignored || parse->open < COPP_ELEMENT_DATA)
        return;
    memcpy(parse->text, text, (size_t)size);
    parse->text += size;
}

/* VersionNum of XML 1.0: '1.' [0-9]+ (CERT-1). Expat takes any. */
static bool xml_version_good(const char *version) {
    if (strncmp(version, "1.", 2) != 0 || !is_digit(version[2]))
        return false;
    for (version += 2; is_digit(*version); version++)
        ;
    return *version == 0;
}

/* CERT-2; but CERT-1 may prove to be broken yet, and is reported first. */
static void XMLCALL xml_declaration(void *user, const char *version, const char *encoding, int standalone) {
    static const char utf8[] = "utf-8";
    struct parse *parse = user;
    (void)standalone; /* Expat takes yes and no alone */
    size_t i = 0;
    if (version && !xml_version_good(version))
        stop(parse, "its XML declaration's version is not 1.0 or another 1.x");
    if (!encoding)
        return;
    while (utf8[i] && (encoding[i] | 0x20) == utf8[i]) /* '-' has that bit anyway */
        i++;
    parse->other_encoding = utf8[i] || encoding[i];
}

static void XMLCALL doctype(void *user, const char *name, const char *system_id, const char *public_id, int internal_subset) {
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)internal_subset;
    stop(user, "a document type declaration is not allowed");
}

static enum copp_result run(struct parse *parse, struct copp_verdict *verdict) {
    const struct copp_chain *chain = parse->chain;
    XML_SetUserData(parse->parser, parse);
    XML_SetElementHandler(parse->parser, start_element, end_element);
    XML_SetCharacterDataHandler(parse->parser, character_data);
    XML_SetXmlDeclHandler(parse->parser, xml_declaration);
    XML_SetStartDoctypeDeclHandler(parse->parser, doctype);
    if (XML_Parse(parse->parser, (const char *)chain->chain_bytes, (int)chain->chain_size, XML_TRUE) == XML_STATUS_OK) {
        if (parse->other_encoding)
            return copp_verdict_refuse(verdict, COPP_RULE_CERT_2, -1, "the declared encoding is not UTF-8");
        return COPP_OK;
    }
    if (parse->stopped)
        return copp_verdict_refuse(verdict, COPP_RULE_CERT_1, -1, parse->stopped);
    enum XML_Error error = XML_GetErrorCode(parse->parser);
    if (error == XML_ERROR_NO_MEMORY)
        return COPP_E_MEMORY;
    if (!copp_utf8_valid(chain->chain_bytes, chain->chain_size))
        return copp_verdict_refuse(verdict, COPP_RULE_CERT_2, -1, "it is not in UTF-8");
    const char *detail = XML_ErrorString(error);
    return copp_verdict_refuse(verdict, COPP_RULE_CERT_1, -1, detail ? detail : "it is not well-formed XML");
}

/* By its byte order mark, or the NUL beside an ASCII character at its start. */
static bool looks_like_utf16(const struct copp_chain *chain) {
    const uint8_t *bytes = chain->chain_bytes;
    return chain->chain_size >= 2 && (bytes[0] >= 0xFE || !bytes[0] != !bytes[1]);
}

enum copp_result copp_records_read(struct copp_chain *chain, char *text, struct copp_verdict *verdict) {
    static const XML_Memory_Handling_Suite memory = {malloc, realloc, free};
    static const char separator[] = {SEPARATOR, 0};
    if (looks_like_utf16(chain)) /* Expat would accept it, whatever encoding we name; it refuses all else that is not UTF-8 */
        return copp_verdict_refuse(verdict, COPP_RULE_CERT_2, -1, "it is not in UTF-8");
    if (chain->chain_size && memchr(chain->chain_bytes, 0, chain->chain_size)) /* CERT-1, whatever else is wrong */
        return copp_verdict_refuse(verdict, COPP_RULE_CERT_1, -1, "it holds a NUL, which XML does not allow");
    struct parse parse = {.chain = chain, .open = COPP_ELEMENT_OTHER, .text = text};
    parse.parser = XML_ParserCreate_MM("UTF-8", &memory, separator);
    if (!parse.parser)
        return COPP_E_MEMORY;
    enum copp_result result = run(&parse, verdict);
    XML_ParserFree(parse.parser);
    return result;
}
