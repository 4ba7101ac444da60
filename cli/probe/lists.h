/* The lists of revoked receivers that coppd keeps for OPM (OPM-SRM-4), and that this machine's graphics drivers check displays against
 * (APP-2). */
#ifndef COPP_CLI_PROBE_LISTS_H
#define COPP_CLI_PROBE_LISTS_H

#include "cli/invocation.h"
#include "findings.h"

/* root is "/" for this machine; key_name is as of srm_key_open. */
void probe_lists(const struct invocation *in, const char *root, const char *key_name, struct findings *findings);

#endif
