/* The little of DER and PEM that key files need, where the crypto library reads neither. */
#ifndef COPP_DER_H
#define COPP_DER_H

#include "copp/base.h"
#include "wire/cursor.h"

#define COPP_DER_INTEGER 0x02u
#define COPP_DER_BIT_STRING 0x03u
#define COPP_DER_OCTET_STRING 0x04u
#define COPP_DER_NULL 0x05u
#define COPP_DER_OBJECT 0x06u
#define COPP_DER_SEQUENCE 0x30u
#define COPP_DER_ATTRIBUTES 0xA0u /* of a PrivateKeyInfo */

/* The next element, which must have this tag; *value reads its contents. Lengths are definite and of the shortest form. */
bool copp_der_read(struct copp_reader *in, uint32_t tag, struct copp_reader *value);

/* A non-negative INTEGER without its leading zero; zero itself has one byte. *bytes points into the buffer. */
bool copp_der_number(struct copp_reader *in, const uint8_t **bytes, size_t *size);

/* Writes tag and length of an element whose contents of size bytes (at most 65535) follow; false if there is no room. */
bool copp_der_header(struct copp_writer *out, uint32_t tag, size_t size);
/* What copp_der_header takes for contents of size bytes. */
size_t copp_der_header_size(size_t size);

/*
 * Decodes the first PEM block of this label ("PUBLIC KEY") in text, which need not end in NUL. False if there is none, it is
 * damaged or encrypted, or holds more than *size bytes; on success *size is what was written.
 */
bool copp_pem_decode(const char *text, size_t text_size, const char *label, uint8_t *bytes, size_t *size);

/* The PEM block of this label with DER in it: *size bytes and a NUL beyond them, for copp_release. COPP_E_MEMORY, on which *pem
 * is untouched. */
enum copp_result copp_pem_encode(const char *label, const uint8_t *der, size_t der_size, char **pem, size_t *size);

#endif
