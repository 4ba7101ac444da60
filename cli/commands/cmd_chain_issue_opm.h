/* copp chain issue --opm: the chain, and its root's certificate. */
#ifndef COPP_CLI_CMD_CHAIN_ISSUE_OPM_H
#define COPP_CLI_CMD_CHAIN_ISSUE_OPM_H

#include "cli/invocation.h"
#include "copp.h"

/* What the chain shall say; keys in its order: leaf, CA, root. */
struct opm_order {
    struct copp_private_key *const *keys;
    const struct copp_public_key *leaf;
    const struct copp_rsa_key *issuers; /* of the others */
    const char *manufacturer;
    const char *purpose; /* may be NULL */
    enum copp_opm_hash hash;
};
#define OPM_KEYS 3u

/* For copp_release each; the anchor is the root's certificate in PEM. STATUS_YES, or complains. */
int make_opm_chain(const struct invocation *in, const struct opm_order *order, uint8_t **chain, size_t *size, char **anchor,
                   size_t *anchor_size);

#endif
