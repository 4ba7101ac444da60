#include "wire/der.h"

#define LONG_TAG 0x1Fu /* of a tag that goes on in the next byte */

/* Definite and no longer than it must be, as DER wants it; nothing that is read here is larger than two bytes can tell. */
static bool read_length(struct copp_reader *in, size_t *length) {
    uint8_t first;
    uint8_t one;
    uint32_t two;
    if (!copp_read_u8(in, &first))
        return false;
    *length = first;
    if (first < 0x80)
        return true;
    if (first == 0x81 && copp_read_u8(in, &one) && one >= 0x80) {
        *length = one;
        return true;
    }
    if (first == 0x82 && copp_read_u16be(in, &two) && two >= 0x100) {
        *length = two;
        return true;
    }
    return false;
}

bool copp_der_any(struct copp_reader *in, uint32_t *tag, struct copp_reader *value) {
    uint8_t found;
    size_t length;
    if (!copp_read_u8(in, &found) || (found & LONG_TAG) == LONG_TAG || !read_length(in, &length))
        return false;
    *tag = found;
    value->left = length;
    return copp_read_view(in, &value->next, length);
}

bool copp_der_read(struct copp_reader *in, uint32_t tag, struct copp_reader *value) {
    uint32_t found;
    return copp_der_any(in, &found, value) && found == tag;
}

bool copp_der_next_is(const struct copp_reader *in, uint32_t tag) {
    struct copp_reader ahead = *in;
    uint8_t found;
    return copp_read_u8(&ahead, &found) && found == tag;
}

bool copp_der_whole(struct copp_reader *in, uint32_t tag, struct copp_reader *value, struct copp_reader *whole) {
    *whole = *in;
    if (!copp_der_read(in, tag, value))
        return false;
    whole->left -= in->left;
    return true;
}

bool copp_der_bits(struct copp_reader *in, uint32_t *unused, struct copp_reader *bits) {
    uint8_t count;
    if (!copp_der_read(in, COPP_DER_BIT_STRING, bits) || !copp_read_u8(bits, &count) || count > 7)
        return false;
    *unused = count;
    return count == 0 || (bits->left > 0 && (copp_der_last(bits) & ((1u << count) - 1)) == 0);
}

uint32_t copp_der_last(const struct copp_reader *value) {
    return value->left > 0 ? value->next[value->left - 1] : 0;
}

bool copp_der_boolean(struct copp_reader *in, bool *value) {
    struct copp_reader content;
    uint8_t byte;
    if (!copp_der_read(in, COPP_DER_BOOLEAN, &content) || content.left != 1 || !copp_read_u8(&content, &byte))
        return false;
    *value = byte == 0xFF;
    return byte == 0xFF || byte == 0;
}

/* Each number of it has seven bits a byte, and does not begin with a byte that adds nothing. */
bool copp_der_object(struct copp_reader *in, struct copp_reader *object) {
    if (!copp_der_read(in, COPP_DER_OBJECT, object) || object->left == 0)
        return false;
    struct copp_reader bytes = *object;
    uint8_t byte;
    bool first = true;
    while (copp_read_u8(&bytes, &byte)) {
        if (first && byte == 0x80)
            return false;
        first = byte < 0x80;
    }
    return first;
}

bool copp_der_equal(const struct copp_reader *a, const struct copp_reader *b) {
    return a->left == b->left && copp_equal(a->next, b->next, a->left);
}

bool copp_der_is(const struct copp_reader *value, const uint8_t *bytes, size_t size) {
    return value->left == size && copp_equal(value->next, bytes, size);
}

bool copp_der_number(struct copp_reader *in, const uint8_t **bytes, size_t *size) {
    struct copp_reader value;
    if (!copp_der_read(in, COPP_DER_INTEGER, &value) || value.left == 0)
        return false;
    struct copp_reader after = value;
    uint8_t first;
    if (!copp_read_u8(&after, &first) || first >= 0x80)
        return false; /* negative */
    if (first == 0 && after.left > 0) {
        if (after.next[0] < 0x80)
            return false; /* longer than it must be */
        value = after;
    }
    *size = value.left;
    return copp_read_view(&value, bytes, value.left);
}

size_t copp_der_header_size(size_t size) {
    if (size < 0x80)
        return 2;
    return size < 0x100 ? 3 : 4;
}

bool copp_der_header(struct copp_writer *out, uint32_t tag, size_t size) {
    if (!copp_write_u8(out, (uint8_t)tag) || size > 0xFFFF)
        return false;
    if (size < 0x80)
        return copp_write_u8(out, (uint8_t)size);
    if (size < 0x100)
        return copp_write_u8(out, 0x81) && copp_write_u8(out, (uint8_t)size);
    return copp_write_u8(out, 0x82) && copp_write_u16be(out, (uint32_t)size);
}
