/* What people read of a certificate, and purposes as they write them. Nothing here decides whether a chain is valid. */
#include "certificate/utf8.h"
#include "certificate/x509.h"

#define UTF8_STRING 0x0Cu
#define PRINTABLE_STRING 0x13u
#define TELETEX_STRING 0x14u
#define IA5_STRING 0x16u
#define BMP_STRING 0x1Eu

static const uint8_t common_name[] = {0x55, 0x04, 0x03}; /* 2.5.4.3 */

/* There is room: see COPP_X509_TEXT_SIZE. */
static void put(struct copp_writer *text, uint32_t byte) {
    (void)copp_write_u8(text, (uint8_t)byte);
}

/* In UTF-8; below 0x10000. */
static void put_character(struct copp_writer *text, uint32_t character) {
    bool surrogate = character >= 0xD800 && character < 0xE000;
    if (character < ' ' || character == 0x7F || surrogate) {
        put(text, '?');
    } else if (character < 0x80) {
        put(text, character);
    } else if (character < 0x800) {
        put(text, 0xC0 | character >> 6);
        put(text, 0x80 | (character & 0x3F));
    } else {
        put(text, 0xE0 | character >> 12);
        put(text, 0x80 | (character >> 6 & 0x3F));
        put(text, 0x80 | (character & 0x3F));
    }
}

static void put_string(struct copp_writer *text, uint32_t tag, struct copp_reader value) {
    bool utf8 = tag == UTF8_STRING && copp_utf8_valid(value.next, value.left);
    uint8_t byte;
    uint32_t unit;
    if (tag == BMP_STRING) {
        while (copp_read_u16be(&value, &unit))
            put_character(text, unit);
    } else if (tag == UTF8_STRING || tag == PRINTABLE_STRING || tag == TELETEX_STRING || tag == IA5_STRING) {
        while (copp_read_u8(&value, &byte)) {
            if (utf8 && byte >= 0x80)
                put(text, byte);
            else
                put_character(text, byte < 0x80 ? byte : 0); /* of other character sets ASCII alone */
        }
    }
}

/* The value of the last common name. */
static bool find_common_name(struct copp_reader names, uint32_t *tag, struct copp_reader *value) {
    struct copp_reader set;
    bool found = false;
    while (copp_der_read(&names, COPP_DER_SET, &set)) {
        struct copp_reader pair;
        struct copp_reader type;
        while (copp_der_read(&set, COPP_DER_SEQUENCE, &pair)) {
            if (copp_der_read(&pair, COPP_DER_OBJECT, &type) && copp_der_is(&type, common_name, sizeof common_name))
                found = copp_der_any(&pair, tag, value) || found;
        }
    }
    return found;
}

const char *copp_x509_name_text(const struct copp_reader *name, struct copp_writer *text) {
    const char *start = (const char *)text->next;
    struct copp_reader in = *name;
    struct copp_reader names;
    struct copp_reader value;
    uint32_t tag;
    if (copp_der_read(&in, COPP_DER_SEQUENCE, &names) && find_common_name(names, &tag, &value))
        put_string(text, tag, value);
    put(text, 0);
    return start;
}

static void put_number(struct copp_writer *text, uint64_t number) {
    uint64_t unit = 1;
    while (number / unit >= 10)
        unit *= 10;
    for (; unit; unit /= 10)
        put(text, (uint32_t)('0' + number / unit % 10));
}

/* One number of an object identifier; false if there is none, or it is above 63 bits. */
static bool read_arc(struct copp_reader *in, uint64_t *arc) {
    uint8_t byte;
    *arc = 0;
    do {
        if (*arc >> 56 || !copp_read_u8(in, &byte))
            return false;
        *arc = *arc << 7 | (byte & 0x7F);
    } while (byte >= 0x80);
    return true;
}

/* The first number stands for two (X.690, 8.19.4). */
static void put_object(struct copp_writer *text, struct copp_reader object) {
    struct copp_writer rewound = *text;
    uint64_t arc;
    bool good = read_arc(&object, &arc);
    uint64_t first = arc < 80 ? arc / 40 : 2;
    if (good) {
        put_number(text, first);
        put(text, '.');
        put_number(text, arc - 40 * first);
    }
    while (good && object.left) {
        good = read_arc(&object, &arc);
        if (good) {
            put(text, '.');
            put_number(text, arc);
        }
    }
    if (!good) {
        *text = rewound;
        put(text, '?');
    }
}

const char *copp_x509_purposes_text(const struct copp_reader *purposes, struct copp_writer *text) {
    const char *start = (const char *)text->next;
    struct copp_reader in = *purposes;
    struct copp_reader object;
    for (bool first = true; copp_der_read(&in, COPP_DER_OBJECT, &object); first = false) {
        if (!first)
            put(text, ' ');
        put_object(text, object);
    }
    put(text, 0);
    return start;
}

/* A number up to a full stop or the end, without zeros in front. */
static bool read_decimal(const char **text, uint64_t *number) {
    const char *at = *text;
    if (*at < '0' || *at > '9' || (at[0] == '0' && at[1] >= '0' && at[1] <= '9'))
        return false;
    for (*number = 0; *at >= '0' && *at <= '9'; at++) {
        if (*number > UINT32_MAX)
            return false;
        *number = 10 * *number + (uint64_t)(*at - '0');
    }
    *text = at;
    return true;
}

static bool write_arc(struct copp_writer *out, uint64_t arc) {
    unsigned shift = 0;
    while (arc >> shift >= 0x80)
        shift += 7;
    for (; shift; shift -= 7) {
        if (!copp_write_u8(out, (uint8_t)(0x80 | (arc >> shift & 0x7F))))
            return false;
    }
    return copp_write_u8(out, (uint8_t)(arc & 0x7F));
}

bool copp_x509_purpose_read(const char *text, struct copp_x509_purpose *purpose) {
    struct copp_writer out = {purpose->bytes, sizeof purpose->bytes};
    uint64_t first;
    uint64_t arc;
    if (!read_decimal(&text, &first) || first > 2 || *text++ != '.' || !read_decimal(&text, &arc) || (first < 2 && arc > 39) ||
        !write_arc(&out, 40 * first + arc))
        return false;
    while (*text) {
        if (*text++ != '.' || !read_decimal(&text, &arc) || !write_arc(&out, arc))
            return false;
    }
    purpose->size = sizeof purpose->bytes - out.left;
    return true;
}
