/* Structures that OPM has for itself. */
#include "copp/opm.h"

#include <string.h>

#include "wire/answers.h"
#include "wire/cursor.h"

_Static_assert(COPP_OPM_GET_INFO_SIZE == COPP_MAC_SIZE + sizeof(struct copp_status_input), "OPM-WIRE-1");

enum copp_result copp_opm_output_id_decode(const uint8_t *bytes, size_t size, struct copp_opm_output_id *value) {
    if (!bytes || !value)
        return COPP_E_ARGUMENT;
    struct copp_reader in = {bytes, size}; /* OPM-WIRE-8 */
    uint32_t low;
    uint32_t high;
    if (!copp_read_bytes(&in, value->r_app, COPP_RANDOM_SIZE) || !copp_read_u32le(&in, &value->flags) ||
        !copp_read_u32le(&in, &low) || !copp_read_u32le(&in, &high))
        return COPP_E_TRUNCATED;
    value->id = (uint64_t)high << 32 | low;
    return COPP_OK;
}

enum copp_result copp_opm_set_hdcp_srm_decode(const uint8_t *bytes, size_t size, struct copp_opm_set_hdcp_srm *value) {
    if (!bytes || !value)
        return COPP_E_ARGUMENT;
    struct copp_reader in = {bytes, size}; /* OPM-WIRE-10 */
    return copp_read_u32le(&in, &value->version) ? COPP_OK : COPP_E_TRUNCATED;
}

void copp_opm_output_id_encode(const struct copp_opm_output_id *value, uint8_t *bytes) {
    if (!value && bytes)
        memset(bytes, 0, COPP_OPM_OUTPUT_ID_SIZE);
    if (!value || !bytes)
        return;
    struct copp_writer out = {bytes, COPP_OPM_OUTPUT_ID_SIZE};
    (void)copp_write_bytes(&out, value->r_app, COPP_RANDOM_SIZE);
    (void)copp_write_u32le(&out, value->flags);
    (void)copp_write_u32le(&out, (uint32_t)value->id);
    (void)copp_write_u32le(&out, (uint32_t)(value->id >> 32));
}

void copp_opm_set_hdcp_srm_encode(const struct copp_opm_set_hdcp_srm *value, uint8_t *bytes) {
    if (!value && bytes)
        memset(bytes, 0, COPP_OPM_SET_HDCP_SRM_SIZE);
    if (!value || !bytes)
        return;
    struct copp_writer out = {bytes, COPP_OPM_SET_HDCP_SRM_SIZE};
    (void)copp_write_u32le(&out, value->version);
}
