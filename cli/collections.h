/* Certificate chains and revocation lists as they are named on the command line. */
#ifndef COPP_CLI_COLLECTIONS_H
#define COPP_CLI_COLLECTIONS_H

#include "copp.h"
#include "options.h"

/*
 * Reads the file and validates it under the anchor; without one (NULL) it is only parsed. STATUS_YES, and the caller frees;
 * or complains and answers STATUS_NO for what is invalid, STATUS_UNKNOWN for what cannot be read.
 */
int load_chain(const struct invocation *in, const char *name, const struct copp_public_key *anchor, struct copp_chain **chain);
/* The same for an OPM driver's chain. */
int load_opm_chain(const struct invocation *in, const char *name, const struct copp_opm_trust *trust,
                   struct copp_opm_chain **chain);
int load_list(const struct invocation *in, const char *name, const struct copp_public_key *anchor,
              struct copp_revocation_list **list);

#endif
