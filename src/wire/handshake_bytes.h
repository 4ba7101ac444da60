/* S of SES-4 between struct copp_handshake and its 40 bytes. */
#ifndef COPP_HANDSHAKE_BYTES_H
#define COPP_HANDSHAKE_BYTES_H

#include "copp/handshake.h"

void copp_handshake_encode(const struct copp_handshake *handshake, uint8_t *bytes);
void copp_handshake_decode(const uint8_t *bytes, struct copp_handshake *handshake);

/* Byte order of the wire to that of RSA numbers and back (SES-5, SES-6). in and out may not overlap. */
void copp_reverse(const uint8_t *in, size_t size, uint8_t *out);

#endif
