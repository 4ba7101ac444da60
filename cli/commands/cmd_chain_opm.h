/* copp chain verify and show with --opm. */
#ifndef COPP_CLI_CMD_CHAIN_OPM_H
#define COPP_CLI_CMD_CHAIN_OPM_H

#include "cli/invocation.h"

/* Each takes the chain from the operands, answers, and returns the exit status. anchor and purpose may be NULL. */
int verify_opm_chain(const struct invocation *in, const char *anchor, const char *purpose);
int show_opm_chain(const struct invocation *in);

#endif
