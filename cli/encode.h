/* Bytes as text: hexadecimal and base64. */
#ifndef COPP_CLI_ENCODE_H
#define COPP_CLI_ENCODE_H

#include "copp.h"

/* True if text is exactly 2 * size hexadecimal digits. */
bool hex_decode(const char *text, uint8_t *bytes, size_t size);
/* Writes 2 * size digits and a NUL. */
void hex_encode(const uint8_t *bytes, size_t size, char *text);

/* Base64 in lines of 64 characters, each ending in a newline; NULL if there is no memory. Free with free(). */
char *base64_encode(const uint8_t *bytes, size_t size);

#endif
