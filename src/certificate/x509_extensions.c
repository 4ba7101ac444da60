/* The extensions of a certificate: the three that a rule looks at, and that no other one is critical (OPM-CERT-9). */
#include "certificate/x509.h"

/* RFC 5280 knows 17. Each is compared with all before it, so that without a limit the bytes of one chain would cost a second. */
#define EXTENSIONS_MAX 64u

static const uint8_t key_usage[] = {0x55, 0x1d, 0x0f}; /* 2.5.29.15 */
static const uint8_t basic_constraints[] = {0x55, 0x1d, 0x13}; /* 2.5.29.19 */
static const uint8_t extended_key_usage[] = {0x55, 0x1d, 0x25}; /* 2.5.29.37 */

struct extension {
    struct copp_reader object;
    bool critical;
    struct copp_reader value;
};

/* FALSE may be written out, though DER would leave it out. */
static bool read_extension(struct copp_reader *in, struct extension *extension) {
    struct copp_reader sequence;
    extension->critical = false;
    return copp_der_read(in, COPP_DER_SEQUENCE, &sequence) && copp_der_object(&sequence, &extension->object) &&
           (!copp_der_next_is(&sequence, COPP_DER_BOOLEAN) || copp_der_boolean(&sequence, &extension->critical)) &&
           copp_der_read(&sequence, COPP_DER_OCTET_STRING, &extension->value) && sequence.left == 0;
}

static uint32_t small_number(const uint8_t *bytes, size_t size) {
    uint32_t number = 0;
    if (size > 4)
        return UINT32_MAX;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

static const char *read_basic_constraints(struct copp_reader value, struct copp_x509_extensions *read) {
    struct copp_reader sequence;
    bool good = copp_der_read(&value, COPP_DER_SEQUENCE, &sequence) && value.left == 0;
    if (good && copp_der_next_is(&sequence, COPP_DER_BOOLEAN))
        good = copp_der_boolean(&sequence, &read->ca);
    if (good && sequence.left) {
        const uint8_t *bytes;
        size_t size;
        good = read->ca && copp_der_number(&sequence, &bytes, &size) && sequence.left == 0;
        read->has_path_length = good;
        read->path_length = good ? small_number(bytes, size) : 0;
    }
    read->has_basic = good;
    return good ? NULL : "its BasicConstraints are malformed";
}

/* Bit 0 is the highest one of the first byte; zeros behind the last bit that is set are left out (X.690, 11.2.2). */
static const char *read_key_usage(struct copp_reader value, struct copp_x509_extensions *read) {
    struct copp_reader bits;
    uint32_t unused;
    uint8_t byte;
    if (!copp_der_bits(&value, &unused, &bits) || value.left || !(copp_der_last(&bits) >> unused & 1))
        return "its KeyUsage is malformed";
    read->has_usage = true;
    for (unsigned i = 0; i < 2 && copp_read_u8(&bits, &byte); i++) {
        for (unsigned bit = 0; bit < 8; bit++)
            read->usage |= (uint32_t)(byte >> (7 - bit) & 1) << (8 * i + bit);
    }
    return NULL;
}

static const char *read_purposes(struct copp_reader value, struct copp_x509_extensions *read) {
    static const char malformed[] = "its extended key usage is malformed";
    struct copp_reader object;
    if (!copp_der_read(&value, COPP_DER_SEQUENCE, &read->purposes) || value.left || !read->purposes.left)
        return malformed;
    for (struct copp_reader left = read->purposes; left.left;) {
        if (!copp_der_object(&left, &object))
            return malformed;
    }
    read->has_purposes = true;
    return NULL;
}

static const char *read_value(const struct extension *extension, struct copp_x509_extensions *read) {
    if (copp_der_is(&extension->object, basic_constraints, sizeof basic_constraints))
        return read_basic_constraints(extension->value, read);
    if (copp_der_is(&extension->object, key_usage, sizeof key_usage))
        return read_key_usage(extension->value, read);
    if (copp_der_is(&extension->object, extended_key_usage, sizeof extended_key_usage))
        return read_purposes(extension->value, read);
    return extension->critical ? "it has an unknown critical extension" : NULL;
}

/* The identifiers that a list has had so far. */
struct seen {
    size_t count;
    struct copp_reader objects[EXTENSIONS_MAX];
};

/* NULL if the object is the first of its kind, and there is room for it. */
static const char *note(struct seen *seen, const struct copp_reader *object) {
    for (size_t i = 0; i < seen->count; i++) {
        if (copp_der_equal(&seen->objects[i], object))
            return "it has an extension twice";
    }
    if (seen->count == EXTENSIONS_MAX)
        return "it has more than 64 extensions";
    seen->objects[seen->count++] = *object;
    return NULL;
}

static const char *read_list(struct copp_reader in, struct copp_x509_extensions *read) {
    struct copp_reader list;
    struct seen seen = {.count = 0};
    if (!copp_der_read(&in, COPP_DER_SEQUENCE, &list) || in.left || !list.left)
        return "its extensions are not a list in DER, or an empty one";
    while (list.left) {
        struct extension extension;
        if (!read_extension(&list, &extension))
            return "an extension is malformed";
        const char *flaw = note(&seen, &extension.object);
        if (!flaw)
            flaw = read_value(&extension, read);
        if (flaw)
            return flaw;
    }
    return NULL;
}

void copp_x509_read_extensions(struct copp_x509 *certificate) {
    struct copp_x509_extensions *read = &certificate->extensions;
    if (certificate->has_extensions)
        read->flaw = read_list(certificate->extension_list, read);
}
