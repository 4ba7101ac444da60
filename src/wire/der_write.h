/* Writes DER whose lengths are known only once the contents are written: the header is put in front of them then. */
#ifndef COPP_DER_WRITE_H
#define COPP_DER_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once something does not fit, good is false and nothing more is written. */
struct copp_der_out {
    uint8_t *bytes;
    size_t room;
    size_t used;
    bool good;
};

void copp_der_put(struct copp_der_out *out, const uint8_t *bytes, size_t size);
/* A whole element. */
void copp_der_put_element(struct copp_der_out *out, uint32_t tag, const uint8_t *contents, size_t size);
/* A positive INTEGER, from a number whose zeros in front are left out. */
void copp_der_put_number(struct copp_der_out *out, const uint8_t *number, size_t size);
/* Makes what was written since used was start the contents of an element. */
void copp_der_wrap(struct copp_der_out *out, size_t start, uint32_t tag);

#endif
