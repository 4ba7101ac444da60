/* Who issued whom, by names alone, byte for byte (OPM-CERT-2, OPM-CERT-3). The order of the certificates means nothing. */
#include "certificate/x509.h"

#define NOBODY UINT32_MAX

static const struct copp_x509 *at(const struct copp_opm_chain *chain, uint32_t index) {
    return &chain->certificates[index];
}

static bool issued(const struct copp_x509 *issuer, const struct copp_x509 *certificate) {
    return copp_der_equal(&issuer->subject, &certificate->issuer);
}

static enum copp_result check_subjects(const struct copp_opm_chain *chain, struct copp_verdict *verdict) { /* OPM-CERT-2 */
    for (uint32_t i = 1; i < chain->count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (copp_der_equal(&at(chain, i)->subject, &at(chain, j)->subject))
                return copp_verdict_refuse(verdict, COPP_RULE_OPM_CERT_2, (int)i, "an earlier certificate has its subject");
        }
    }
    return COPP_OK;
}

/* Whether it has issued another one. */
static bool is_issuer(const struct copp_opm_chain *chain, uint32_t index) {
    for (uint32_t i = 0; i < chain->count; i++) {
        if (i != index && issued(at(chain, index), at(chain, i)))
            return true;
    }
    return false;
}

static enum copp_result find_leaf(const struct copp_opm_chain *chain, uint32_t *leaf,
                                  struct copp_verdict *verdict) { /* OPM-CERT-2 */
    *leaf = NOBODY;
    for (uint32_t i = 0; i < chain->count; i++) {
        if (is_issuer(chain, i))
            continue;
        if (*leaf != NOBODY)
            return copp_verdict_refuse(verdict, COPP_RULE_OPM_CERT_2, (int)i,
                                       "it is a second leaf: it did not issue another certificate");
        *leaf = i;
    }
    if (*leaf == NOBODY)
        return copp_verdict_refuse(verdict, COPP_RULE_OPM_CERT_2, -1, "there is no leaf: each certificate issued another");
    return COPP_OK;
}

/* The issuer of a certificate that is not its own; subjects are unique. */
static uint32_t issuer_of(const struct copp_opm_chain *chain, uint32_t index) {
    if (issued(at(chain, index), at(chain, index)))
        return NOBODY;
    for (uint32_t i = 0; i < chain->count; i++) {
        if (issued(at(chain, i), at(chain, index)))
            return i;
    }
    return NOBODY;
}

static enum copp_result walk(struct copp_opm_chain *chain, uint32_t leaf, struct copp_verdict *verdict) { /* OPM-CERT-3 */
    uint32_t length = 0;
    uint32_t next = leaf;
    for (; next != NOBODY && length < chain->count; next = issuer_of(chain, next))
        chain->path[length++] = next;
    if (next != NOBODY) /* as many steps as there are certificates, and no root among them */
        return copp_verdict_refuse(verdict, COPP_RULE_OPM_CERT_3, (int)next,
                                   "the path from the leaf to the root passes it twice");
    if (length < chain->count)
        return copp_verdict_refuse(verdict, COPP_RULE_OPM_CERT_3, -1,
                                   "a certificate is not in the path from the leaf to the root");
    chain->path_length = length;
    return COPP_OK;
}

enum copp_result copp_x509_find_path(struct copp_opm_chain *chain, struct copp_verdict *verdict) {
    uint32_t leaf;
    enum copp_result result = check_subjects(chain, verdict);
    if (!result)
        result = find_leaf(chain, &leaf, verdict);
    return result ? result : walk(chain, leaf, verdict);
}
