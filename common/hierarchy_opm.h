/*
 * OPM's test hierarchy: an X.509 chain under a root of its own. Nobody trusts it unless told to, by the root's certificate.
 */
#ifndef COPP_COMMON_HIERARCHY_OPM_H
#define COPP_COMMON_HIERARCHY_OPM_H

#include "copp/key.h"
#include "copp/x509.h"

enum { OPM_HIERARCHY_LEAF, OPM_HIERARCHY_ROOT, OPM_HIERARCHY_KEYS }; /* in the chain's order */

struct opm_hierarchy {
    struct copp_private_key *leaf;
    uint8_t *chain_bytes; /* for copp_release */
    size_t chain_size;
    struct copp_opm_anchor anchor; /* the root, as players want it */
    const uint8_t *root; /* its certificate, in chain_bytes */
    size_t root_size;
};

/*
 * Makes two keys and the chain; names are the certificates', in the chain's order. The root's key is forgotten. Whoever wants leaf
 * or chain_bytes for longer takes it, and leaves NULL in its place; opm_hierarchy_free has the rest, in any case. Returns
 * COPP_E_MEMORY, COPP_E_CRYPTO, or COPP_E_ARGUMENT for a name that cannot be written.
 */
COPP_NODISCARD enum copp_result opm_hierarchy_make(const char *const names[OPM_HIERARCHY_KEYS], struct opm_hierarchy *hierarchy);

/* Wipes and frees; what is NULL is left alone. */
void opm_hierarchy_free(struct opm_hierarchy *hierarchy);

#endif
