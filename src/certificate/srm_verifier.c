/* The keys that HDCP messages are verified with. */
#include <stdlib.h>

#include "certificate/srm.h"
#include "certificate/srm_keys.h"
#include "common/sized.h"

/* The log is told why a key is not of the kind asked for, but not where another kind is tried next. */
static enum copp_result read_either(const char *pem, size_t size, unsigned hdcp, struct copp_srm_verifier *verifier,
                                    struct copp_log *log) {
    enum copp_result result = COPP_E_KEY;
    if (hdcp != 2)
        result = copp_dsa_key_read(pem, size, &verifier->dsa, hdcp == 1 ? log : NULL);
    verifier->hdcp1 = !result;
    if (hdcp == 1 || result != COPP_E_KEY)
        return result;
    result = copp_rsa3072_key_read(pem, size, &verifier->rsa, log);
    verifier->hdcp2 = !result;
    return result;
}

static enum copp_result read_pem(const struct copp_srm_key *key, unsigned hdcp, struct copp_srm_verifier *verifier,
                                 struct copp_log *log) {
    char *plain = malloc(key->pem_size + 1);
    if (!plain)
        return COPP_E_MEMORY;
    size_t size = copp_text_plain(key->pem, key->pem_size, plain);
    enum copp_result result = read_either(plain, size, hdcp, verifier, log);
    free(plain);
    return result;
}

enum copp_result copp_srm_verifier_read(const struct copp_srm_key *key, unsigned hdcp, struct copp_srm_verifier *verifier,
                                        struct copp_log *log) {
    struct copp_srm_key named = {.kind = COPP_SRM_KEY_PRODUCTION};
    *verifier = (struct copp_srm_verifier){.hdcp1 = false};
    if (key && !copp_sized_read(key, &named, sizeof named))
        return COPP_E_ARGUMENT;
    switch (named.kind) {
    case COPP_SRM_KEY_PRODUCTION:
        *verifier = (struct copp_srm_verifier){true, true, copp_srm_hdcp1_production, copp_srm_hdcp2_production};
        return COPP_OK;
    case COPP_SRM_KEY_FACSIMILE:
        *verifier = (struct copp_srm_verifier){true, true, copp_srm_hdcp1_facsimile, copp_srm_hdcp2_facsimile};
        return COPP_OK;
    case COPP_SRM_KEY_PEM:
        return named.pem ? read_pem(&named, hdcp, verifier, log) : COPP_E_ARGUMENT;
    }
    return COPP_E_ARGUMENT;
}
