#include "wire/der_write.h"

#include <string.h>

#include "wire/der.h"

void copp_der_put(struct copp_der_out *out, const uint8_t *bytes, size_t size) {
    if (!out->good || out->room - out->used < size) {
        out->good = false;
        return;
    }
    if (size)
        memcpy(&out->bytes[out->used], bytes, size);
    out->used += size;
}

void copp_der_put_element(struct copp_der_out *out, uint32_t tag, const uint8_t *contents, size_t size) {
    size_t start = out->used;
    copp_der_put(out, contents, size);
    copp_der_wrap(out, start, tag);
}

void copp_der_put_number(struct copp_der_out *out, const uint8_t *number, size_t size) {
    static const uint8_t zero;
    size_t start = out->used;
    size_t skipped = 0;
    while (skipped + 1 < size && number[skipped] == 0)
        skipped++;
    if (size == 0 || number[skipped] >= 0x80) /* else it would be negative */
        copp_der_put(out, &zero, 1);
    if (size)
        copp_der_put(out, &number[skipped], size - skipped);
    copp_der_wrap(out, start, COPP_DER_INTEGER);
}

void copp_der_wrap(struct copp_der_out *out, size_t start, uint32_t tag) {
    size_t size = out->used - start;
    size_t header = copp_der_header_size(size);
    if (!out->good || size > 0xFFFF || out->room - out->used < header) {
        out->good = false;
        return;
    }
    if (size)
        memmove(&out->bytes[start + header], &out->bytes[start], size);
    struct copp_writer front = {&out->bytes[start], header};
    out->good = copp_der_header(&front, tag, size);
    out->used += header;
}
