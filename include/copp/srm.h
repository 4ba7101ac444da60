/* HDCP system renewability messages and key selection vectors (SRM-1..5, APP-2). */
#ifndef COPP_SRM_H
#define COPP_SRM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "log.h"
#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_SRM_SIZE_MAX (1u * 1024u * 1024u) /* bytes */

/* KSVs (and HDCP 2 receiver ids) are 5 bytes, most significant first, everywhere but inside WIRE-9. */

/* SRM-5: exactly 20 of 40 bits are one. False for NULL. */
COPP_API COPP_NODISCARD bool copp_ksv_valid(const uint8_t *ksv);

/* The KSV (5 bytes, most significant first) of a WIRE-9 BKey (least significant first). */
COPP_API void copp_ksv_from_bksv(const uint8_t *bksv, uint8_t *ksv);

struct copp_srm;

/* Which key must have signed. */
enum copp_srm_key_kind {
    COPP_SRM_KEY_PRODUCTION = 0, /* Digital Content Protection LLC's, HDCP 1.x and 2.x alike */
    COPP_SRM_KEY_FACSIMILE, /* the specifications' test keys, HDCP 1.x and 2.x alike */
    COPP_SRM_KEY_PEM /* a test key of the caller's: DSA-1024 (HDCP 1.x) or RSA-3072 (HDCP 2.x) */
};
struct copp_srm_key {
    size_t size; /* sizeof this struct */
    enum copp_srm_key_kind kind;
    const char *pem; /* for COPP_SRM_KEY_PEM: a PEM public key, in any form that copp_text_plain knows */
    size_t pem_size; /* bytes */
};

/*
 * Verifies a message whole (SRM-1, 2, 4, 5). key NULL means production. bytes are copied.
 * COPP_E_INVALID: the verdict names the rule; COPP_E_KEY: the key cannot be read or is of the other kind;
 * COPP_E_TOO_LARGE. srm and verdict may be NULL; on an error *srm is NULL.
 */
COPP_API COPP_NODISCARD enum copp_result copp_srm_verify(const uint8_t *bytes, size_t size, const struct copp_srm_key *key,
                                                         struct copp_srm **srm, struct copp_verdict *verdict);
/* The same, which also tells log why; it may be NULL. */
COPP_API COPP_NODISCARD enum copp_result copp_srm_verify_logged(const uint8_t *bytes, size_t size, const struct copp_srm_key *key,
                                                                struct copp_log *log, struct copp_srm **srm,
                                                                struct copp_verdict *verdict);
/* Layout only (SRM-1, SRM-4), to look into a message. It cannot be used for a session. srm and verdict as above. */
COPP_API COPP_NODISCARD enum copp_result copp_srm_parse(const uint8_t *bytes, size_t size, struct copp_srm **srm,
                                                        struct copp_verdict *verdict);
COPP_API void copp_srm_free(struct copp_srm **srm);

COPP_API COPP_NODISCARD bool copp_srm_valid(const struct copp_srm *srm); /* true only for messages of copp_srm_verify */
COPP_API unsigned copp_srm_hdcp(const struct copp_srm *srm); /* 1 or 2 */
COPP_API unsigned copp_srm_version(const struct copp_srm *srm);
COPP_API unsigned copp_srm_generation(const struct copp_srm *srm);
COPP_API size_t copp_srm_count(const struct copp_srm *srm);
COPP_API const uint8_t *copp_srm_entry(const struct copp_srm *srm, size_t index); /* COPP_KSV_SIZE bytes; NULL beyond */

/* True if the KSV (COPP_KSV_SIZE bytes, most significant first) is listed, and where that cannot be told: for NULL. */
COPP_API COPP_NODISCARD bool copp_srm_revoked(const struct copp_srm *srm, const uint8_t *ksv);

/* SRM-3: COPP_OK if candidate may replace stored (same HDCP generation, higher or equal version), else COPP_E_ROLLBACK. */
COPP_API COPP_NODISCARD enum copp_result copp_srm_may_replace(const struct copp_srm *stored, const struct copp_srm *candidate);

/* Whether candidate tells more than stored, so that a keeper of the newest list takes it (OPM-SRM-4): it is of the same HDCP generation
 * and of a higher version, or of the same version in more generations, which is the whole of which stored is a part. False also
 * unless both are valid: then we cannot tell. */
COPP_API COPP_NODISCARD bool copp_srm_newer(const struct copp_srm *candidate, const struct copp_srm *stored);

#ifdef __cplusplus
}
#endif

#endif
