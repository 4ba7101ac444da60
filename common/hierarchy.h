/*
 * A test hierarchy: the chain of a driver under a root of its own. Nobody trusts it unless told to, by the root's public key.
 */
#ifndef COPP_COMMON_HIERARCHY_H
#define COPP_COMMON_HIERARCHY_H

#include "copp/certificate.h"
#include "copp/key.h"

/* In the chain's order: leaf, IHV, root (CERT-4). */
enum { HIERARCHY_LEAF, HIERARCHY_IHV, HIERARCHY_ROOT, HIERARCHY_KEYS };

#define HIERARCHY_SECURITY_LEVEL 150u /* as real drivers have it */

struct hierarchy {
    struct copp_private_key *keys[HIERARCHY_KEYS];
    struct copp_public_key anchor; /* the root's public half */
    char *chain_bytes; /* for copp_release, with a NUL beyond it */
    size_t chain_size;
};

/*
 * Fills in what the three certificates say, for copp_chain_issue: who vouches for whom, and what each key is for (CERT-8,
 * CERT-9). Borrows keys and manufacturers. Returns what a key's public_key answered.
 */
COPP_NODISCARD enum copp_result hierarchy_requests(struct copp_private_key *const keys[HIERARCHY_KEYS],
                                                   const char *const manufacturers[HIERARCHY_KEYS], uint32_t security_level,
                                                   struct copp_certificate_request requests[HIERARCHY_KEYS]);

/*
 * Makes three keys (CERT-6) and the chain. Whoever wants one of them for longer takes it, and leaves NULL in its place;
 * hierarchy_free has the rest, in any case. Returns COPP_E_MEMORY, COPP_E_CRYPTO, or COPP_E_ARGUMENT for a manufacturer that
 * cannot be written.
 */
COPP_NODISCARD enum copp_result hierarchy_make(const char *const manufacturers[HIERARCHY_KEYS], uint32_t security_level,
                                               struct hierarchy *hierarchy);

/* Wipes and frees; what is NULL or zero is left alone. */
void hierarchy_free(struct hierarchy *hierarchy);

#endif
