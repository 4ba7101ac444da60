/*
 * The test hierarchies of one run, of COPP and of OPM, and all the chains and lists that the cases show a player: the right one, and those
 * that break one rule each.
 */
#ifndef COPP_CONFORMANCE_TRUST_H
#define COPP_CONFORMANCE_TRUST_H

#include "copp.h"
#include "plan.h"

enum trust_key {
    TRUST_LEAF,
    TRUST_IHV, /* OPM's CA as well */
    TRUST_OTHER, /* nobody's whom the anchor vouches for */
    TRUST_OPM_LEAF,
    TRUST_OPM_ROOT,
    TRUST_ROOT,
    TRUST_OTHER_ROOT,
    TRUST_SMALL, /* 1024 bits where 2048 are due */
    TRUST_LIST, /* signs revocation lists */
    TRUST_KEYS
};

struct player_trust {
    struct copp_private_key *keys[TRUST_KEYS];
    struct copp_public_key public_keys[TRUST_KEYS];
    char *anchor; /* the root as a PEM public key, for copp_release */
    size_t anchor_size;
    uint8_t *opm_anchor; /* OPM's root certificate, for free */
    size_t opm_anchor_size;
};

/* Bytes for trust_bytes_free. */
struct trust_bytes {
    uint8_t *bytes;
    size_t size;
};

/* Makes the keys. Free it in any case. */
COPP_NODISCARD enum copp_result trust_make(struct player_trust *trust);
void trust_free(struct player_trust *trust);

/* The chain that a driver of these semantics shows. */
COPP_NODISCARD enum copp_result trust_chain(const struct player_trust *trust, enum copp_semantics semantics, enum plan_chain kind,
                                            struct trust_bytes *chain);
/* A revocation list, or a renewability message; empty for LIST_NONE. */
COPP_NODISCARD enum copp_result trust_list(const struct player_trust *trust, enum plan_list kind, struct trust_bytes *list);
void trust_bytes_free(struct trust_bytes *bytes);

/* For trust.c and trust_list.c alone. */
COPP_NODISCARD enum copp_result trust_chain_opm(const struct player_trust *trust, enum plan_chain kind,
                                                struct trust_bytes *chain);
COPP_NODISCARD enum copp_result trust_root_opm(const struct player_trust *trust, struct trust_bytes *root);
/* The size bytes at from, copied. */
COPP_NODISCARD enum copp_result trust_copy(const void *from, size_t size, struct trust_bytes *bytes);

#endif
