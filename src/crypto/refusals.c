#include "crypto/refusals.h"

#include "wire/cursor.h"

enum copp_result copp_refusals_add(struct copp_refusals *refusals, struct copp_omac *omac, enum copp_refused kind,
                                   const uint8_t *head, uint32_t hresult) {
    uint8_t bytes[COPP_MAC_SIZE + 4 + 4 + COPP_REQUEST_HEAD_SIZE];
    struct copp_writer out = {bytes, sizeof bytes};
    (void)copp_write_bytes(&out, refusals->record, sizeof refusals->record);
    (void)copp_write_u32le(&out, hresult);
    (void)copp_write_u32le(&out, (uint32_t)kind);
    (void)copp_write_bytes(&out, head, COPP_REQUEST_HEAD_SIZE);
    refusals->count++; /* BIND-3: modulo 2^32 */
    return copp_omac_tag(omac, bytes, sizeof bytes, refusals->record);
}
