#include "wire/cursor.h"

#include <string.h>

static bool take(struct copp_reader *in, size_t size, const uint8_t **bytes) {
    if (in->left < size)
        return false;
    *bytes = in->next;
    in->next += size;
    in->left -= size;
    return true;
}

static bool give(struct copp_writer *out, size_t size, uint8_t **bytes) {
    if (out->left < size)
        return false;
    *bytes = out->next;
    out->next += size;
    out->left -= size;
    return true;
}

static bool read_be(struct copp_reader *in, size_t size, uint32_t *value) {
    const uint8_t *bytes;
    if (!take(in, size, &bytes))
        return false;
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = (sum << 8) | bytes[i];
    *value = sum;
    return true;
}

static bool write_be(struct copp_writer *out, size_t size, uint32_t value) {
    uint8_t *bytes;
    if (!give(out, size, &bytes))
        return false;
    for (size_t i = size; i-- > 0; value >>= 8)
        bytes[i] = (uint8_t)value;
    return true;
}

bool copp_read_u8(struct copp_reader *in, uint8_t *value) {
    return copp_read_bytes(in, value, 1);
}

bool copp_read_u16be(struct copp_reader *in, uint32_t *value) {
    return read_be(in, 2, value);
}

bool copp_read_u24be(struct copp_reader *in, uint32_t *value) {
    return read_be(in, 3, value);
}

bool copp_read_u32be(struct copp_reader *in, uint32_t *value) {
    return read_be(in, 4, value);
}

bool copp_read_u32le(struct copp_reader *in, uint32_t *value) {
    const uint8_t *bytes;
    if (!take(in, 4, &bytes))
        return false;
    *value = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return true;
}

bool copp_read_bytes(struct copp_reader *in, uint8_t *bytes, size_t size) {
    const uint8_t *from;
    if (!take(in, size, &from))
        return false;
    memcpy(bytes, from, size);
    return true;
}

bool copp_read_view(struct copp_reader *in, const uint8_t **bytes, size_t size) {
    return take(in, size, bytes);
}

bool copp_write_u8(struct copp_writer *out, uint8_t value) {
    return write_be(out, 1, value);
}

bool copp_write_u16be(struct copp_writer *out, uint32_t value) {
    return write_be(out, 2, value);
}

bool copp_write_u32be(struct copp_writer *out, uint32_t value) {
    return write_be(out, 4, value);
}

bool copp_write_u32le(struct copp_writer *out, uint32_t value) {
    uint8_t *bytes;
    if (!give(out, 4, &bytes))
        return false;
    for (size_t i = 0; i < 4; i++, value >>= 8)
        bytes[i] = (uint8_t)value;
    return true;
}

bool copp_write_bytes(struct copp_writer *out, const uint8_t *bytes, size_t size) {
    uint8_t *to;
    if (!give(out, size, &to))
        return false;
    if (size)
        memcpy(to, bytes, size);
    return true;
}
