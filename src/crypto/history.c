#include "crypto/history.h"

#include "wire/cursor.h"

enum copp_result copp_history_add(struct copp_history *history, struct copp_omac *omac, enum copp_history_kind kind,
                                  const uint8_t *head, uint32_t hresult) {
    uint8_t bytes[COPP_MAC_SIZE + 4 + 4 + COPP_REQUEST_HEAD_SIZE];
    struct copp_writer out = {bytes, sizeof bytes};
    (void)copp_write_bytes(&out, history->record, sizeof history->record);
    (void)copp_write_u32le(&out, hresult);
    (void)copp_write_u32le(&out, (uint32_t)kind);
    (void)copp_write_bytes(&out, head, COPP_REQUEST_HEAD_SIZE);
    history->refused += hresult != COPP_HR_OK; /* BIND-3: modulo 2^32 */
    return copp_omac_tag(omac, bytes, sizeof bytes, history->record);
}
