#include "certificate/utf8.h"

#include "wire/cursor.h"

static bool read_continuation(struct copp_reader *in, uint32_t *value) {
    uint8_t byte;
    if (!copp_read_u8(in, &byte) || (byte & 0xC0) != 0x80)
        return false;
    *value = *value << 6 | (byte & 0x3F);
    return true;
}

/* What follows a lead byte of 0x80 and above. */
static bool read_rest(struct copp_reader *in, uint8_t lead) {
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000}; /* by the number of continuations: no overlong forms */
    unsigned count = lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF8 ? 3 : 0;
    if (!count)
        return false;
    uint32_t value = lead & (0x3Fu >> count);
    for (unsigned i = 0; i < count; i++) {
        if (!read_continuation(in, &value))
            return false;
    }
    return value >= least[count] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

bool copp_utf8_valid(const uint8_t *bytes, size_t size) {
    struct copp_reader in = {bytes, size};
    uint8_t byte;
    while (copp_read_u8(&in, &byte)) {
        if (byte == 0 || (byte >= 0x80 && !read_rest(&in, byte)))
            return false;
    }
    return true;
}
