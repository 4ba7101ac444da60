/* Fields of one message, collected in the order in which they stand in it. */
#ifndef COPP_CONFORMANCE_FIELDS_H
#define COPP_CONFORMANCE_FIELDS_H

#include "decoded.h"

#define FIELDS_MAX 48u /* no message has more; others are left out */

struct fields {
    const uint8_t *bytes; /* the message's, or those beside it */
    size_t size;
    bool beside;
    struct decoded_field list[FIELDS_MAX];
    size_t count;
    struct decoded_field beyond; /* what does not lie within the bytes: written to, and never read */
};

uint32_t word_at(const uint8_t *bytes);

/* Each adds a field, if it lies within the bytes, and returns it for its value or state to be changed; else one that is thrown away. */
struct decoded_field *add_field(struct fields *fields, const char *name, size_t offset, size_t size);
struct decoded_field *add_hex(struct fields *fields, const char *name, size_t offset, size_t size);
struct decoded_field *add_number(struct fields *fields, const char *name, size_t offset);
/* A number of 4 bytes, and what it means. */
struct decoded_field *add_named(struct fields *fields, const char *name, size_t offset, const char *meaning);
struct decoded_field *add_guid(struct fields *fields, const char *name, size_t offset, const char *meaning);
/* What is not printable ASCII becomes '?'; ends at a NUL. */
struct decoded_field *add_text(struct fields *fields, const char *name, size_t offset, size_t size);
/* The field that begins there; one that is thrown away if none does. */
struct decoded_field *field_at(struct fields *fields, size_t offset);
void print_guid(const uint8_t *guid, char *text, size_t size);

/* What values mean, for people. Never NULL; into text where it is not one word. */
struct meaning {
    char text[DECODED_VALUE_SIZE];
};
const char *meaning_types(struct meaning *meaning, uint32_t types);
const char *meaning_level(struct meaning *meaning, uint32_t type, uint32_t level);
const char *meaning_flags(struct meaning *meaning, uint32_t flags);
const char *meaning_connector(struct meaning *meaning, uint32_t type, bool opm);
const char *meaning_bus(struct meaning *meaning, uint32_t bus, bool opm);
const char *meaning_standards(struct meaning *meaning, uint32_t standards);
const char *meaning_hresult(struct meaning *meaning, uint32_t hresult);
const char *meaning_format(struct meaning *meaning, uint32_t format);

#endif
