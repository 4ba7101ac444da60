/* OMAC-1 (AES-CMAC, RFC 4493) with a 128-bit key and tag (CMD-1, QRY-2). */
#ifndef COPP_OMAC_H
#define COPP_OMAC_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct copp_omac;

/* Allocates everything a MAC needs, without a key yet. Later calls allocate nothing, unless the crypto library fails. */
COPP_API COPP_NODISCARD enum copp_result copp_omac_new(struct copp_omac **omac);

/* Sets or replaces the key (16 bytes). */
COPP_API COPP_NODISCARD enum copp_result copp_omac_set_key(struct copp_omac *omac, const uint8_t *key);

/* The tag (16 bytes) over size bytes; any size. COPP_E_STATE without a key. */
COPP_API COPP_NODISCARD enum copp_result copp_omac_tag(struct copp_omac *omac, const uint8_t *message, size_t size, uint8_t *tag);

/* Wipes and frees. NULL-safe; clears the pointer. */
COPP_API void copp_omac_free(struct copp_omac **omac);

#ifdef __cplusplus
}
#endif

#endif
