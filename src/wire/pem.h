/* Text around DER (RFC 7468). */
#ifndef COPP_PEM_H
#define COPP_PEM_H

#include "copp/base.h"

/*
 * Decodes the first PEM block of this label ("PUBLIC KEY") in text, which need not end in NUL. False if there is none, it is
 * damaged or encrypted, or holds more than *size bytes; on success *size is what was written.
 */
bool copp_pem_decode(const char *text, size_t text_size, const char *label, uint8_t *bytes, size_t *size);

/* The PEM block of this label with DER in it: *size bytes and a NUL beyond them, for copp_release. COPP_E_MEMORY, on which *pem
 * is untouched. */
enum copp_result copp_pem_encode(const char *label, const uint8_t *der, size_t der_size, char **pem, size_t *size);

#endif
