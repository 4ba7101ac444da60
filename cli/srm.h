/* Reading a renewability message, for the commands that need one. */
#ifndef COPP_CLI_SRM_H
#define COPP_CLI_SRM_H

#include "copp.h"
#include "options.h"

struct srm_options {
    const char *key; /* "production" (or NULL), "facsimile", or a PEM file */
};

/* STATUS_YES with a verified message to free, or complains. */
int read_srm(const struct invocation *in, const char *name, const char *key_name, struct copp_srm **srm,
             struct copp_verdict *verdict);

#endif
