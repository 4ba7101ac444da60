/*
 * What a recording says: each message by its fields, and what was wrong with it, by which rule. copp decode prints it as text and as JSON; whoever
 * wants it in another form reads struct decoded.
 */
#ifndef COPP_CONFORMANCE_DECODE_H
#define COPP_CONFORMANCE_DECODE_H

#include "conformance/record/key_log.h"
#include "decoded.h"

/* file must live as long; log may be NULL: MACs are then not checked. COPP_OK, COPP_E_MEMORY or COPP_E_CRYPTO; free it in any case. */
enum copp_result decode(const struct recording_file *file, const struct key_log *log, struct decoded *decoded);
void decoded_free(struct decoded *decoded);

#endif
