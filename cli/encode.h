/* Bytes as text: hexadecimal and base64. */
#ifndef COPP_CLI_ENCODE_H
#define COPP_CLI_ENCODE_H

#include "copp.h"

/* Writes 2 * size digits and a NUL. */
void hex_encode(const uint8_t *bytes, size_t size, char *text);

/* Base64 in lines of 64 characters, each ending in a newline; NULL if there is no memory. Free with free(). */
char *base64_lines(const uint8_t *bytes, size_t size);

#endif
