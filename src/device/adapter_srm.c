/* An adapter's lists of revoked HDCP devices, as its host sees them (OPM-SRM-4). */
#include "certificate/srm.h"
#include "device/internal.h"

enum copp_result copp_adapter_keep_srms(struct copp_adapter *adapter, const struct copp_srm_key *keys, size_t count) {
    if (!adapter)
        return COPP_E_ARGUMENT;
    if (adapter->srms)
        return COPP_E_STATE;
    return copp_srm_store_new(keys, count, adapter->log, &adapter->srms);
}

enum copp_result copp_adapter_load_srm(struct copp_adapter *adapter, const uint8_t *bytes, size_t size,
                                       struct copp_verdict *verdict) {
    if (!adapter || !bytes)
        return COPP_E_ARGUMENT;
    if (!adapter->srms)
        return COPP_E_STATE;
    return copp_srm_store_load(adapter->srms, bytes, size, verdict);
}

enum copp_result copp_adapter_srm(const struct copp_adapter *adapter, unsigned hdcp, const uint8_t **bytes, size_t *size) {
    if (!bytes || !size)
        return COPP_E_ARGUMENT;
    *bytes = NULL;
    *size = 0;
    if (!adapter || hdcp < 1 || hdcp > COPP_SRM_KINDS)
        return COPP_E_ARGUMENT;
    const struct copp_srm *newest = copp_srm_store_newest(adapter->srms, hdcp);
    if (!newest)
        return COPP_E_NOT_FOUND;
    *bytes = copp_srm_bytes(newest, size);
    return COPP_OK;
}
