/* Base64 (RFC 4648, with padding) as certificates and revocation lists carry it. */
#ifndef COPP_BASE64_H
#define COPP_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes text of text_size bytes, skipping white space (space, tab, CR, LF). False if it is not base64, its padding
 * is wrong, or it holds more than *size bytes; on success *size is what was written. The bits that padding leaves over
 * must be zero: two texts never mean the same bytes.
 */
bool copp_base64_decode(const char *text, size_t text_size, uint8_t *bytes, size_t *size);

/* Characters that size bytes take, without a NUL. */
size_t copp_base64_length(size_t size);
/* Writes exactly copp_base64_length(size) characters. */
void copp_base64_encode(const uint8_t *bytes, size_t size, char *text);

#endif
