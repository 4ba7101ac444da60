/* Bytes of a message in rows, with their fields in colours. */
#ifndef COPP_CONFORMANCE_HTML_BYTES_H
#define COPP_CONFORMANCE_HTML_BYTES_H

#include <stdio.h>

#include "conformance/decode/decode.h"

/* Bytes that matter, within a message. */
struct bytes_mark {
    size_t offset;
    size_t size;
    const uint8_t *right; /* what would have been right there; NULL: not known */
};

struct bytes_view {
    const uint8_t *bytes;
    size_t size;
    const struct decoded_field *fields; /* of which only those count that are beside the message, or only those in it: */
    size_t field_count;
    bool beside;
    const struct bytes_mark *marks;
    size_t mark_count;
    bool as_right; /* show what would have been right in place of what was seen */
};

/* The class of colour that a field has, by its name: "f-mac". Static. */
const char *field_class(const char *name);

/* All of it, in a <pre>: zeros and what is beyond the first rows are folded, marked bytes are not. */
void html_bytes(FILE *out, const struct bytes_view *view);

/* The rows that a mark lies in, as they were seen, or, if right, as they would have been right. Bytes that differ are marked. */
void html_marked_rows(FILE *out, const struct bytes_view *view, const struct bytes_mark *mark, bool right);

/* The field that a byte lies in; NULL: none. */
const struct decoded_field *field_of_byte(const struct bytes_view *view, size_t offset);

#endif
