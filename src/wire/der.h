/*
 * The little of DER that certificates and key files need. Strict: definite lengths of the shortest form, tags of one byte. Readers
 * are also views here: what is left of one is its bytes. A call that fails may have read a part.
 */
#ifndef COPP_DER_H
#define COPP_DER_H

#include "copp/base.h"
#include "wire/cursor.h"

#define COPP_DER_BOOLEAN 0x01u
#define COPP_DER_INTEGER 0x02u
#define COPP_DER_BIT_STRING 0x03u
#define COPP_DER_OCTET_STRING 0x04u
#define COPP_DER_NULL 0x05u
#define COPP_DER_OBJECT 0x06u
#define COPP_DER_SEQUENCE 0x30u
#define COPP_DER_SET 0x31u
#define COPP_DER_CONTEXT(number) (0xA0u + (number)) /* constructed */

/* The next element, which must have this tag; *value reads its contents. */
bool copp_der_read(struct copp_reader *in, uint32_t tag, struct copp_reader *value);
/* The same whatever its tag is. */
bool copp_der_any(struct copp_reader *in, uint32_t *tag, struct copp_reader *value);
/* Whether there is a next element and it begins with this tag. */
bool copp_der_next_is(const struct copp_reader *in, uint32_t tag);
/* As copp_der_read; *whole has all bytes of the element, tag and length included. */
bool copp_der_whole(struct copp_reader *in, uint32_t tag, struct copp_reader *value, struct copp_reader *whole);

/* A BIT STRING: *unused (0 to 7) of the last byte's bits do not belong to it and are zero. */
bool copp_der_bits(struct copp_reader *in, uint32_t *unused, struct copp_reader *bits);
/* The last byte, 0 if there is none. */
uint32_t copp_der_last(const struct copp_reader *value);
bool copp_der_boolean(struct copp_reader *in, bool *value);
/* An OBJECT IDENTIFIER, whose encoding is the one that there is for it. */
bool copp_der_object(struct copp_reader *in, struct copp_reader *object);

/* Whether two views have the same bytes, and whether one has these. */
bool copp_der_equal(const struct copp_reader *a, const struct copp_reader *b);
bool copp_der_is(const struct copp_reader *value, const uint8_t *bytes, size_t size);

/* A non-negative INTEGER without its leading zero; zero itself has one byte. *bytes points into the buffer. */
bool copp_der_number(struct copp_reader *in, const uint8_t **bytes, size_t *size);

/* Writes tag and length of an element whose contents of size bytes (at most 65535) follow; false if there is no room. */
bool copp_der_header(struct copp_writer *out, uint32_t tag, size_t size);
/* What copp_der_header takes for contents of size bytes. */
size_t copp_der_header_size(size_t size);

#endif
