/* Complaints about a file that is something else than what it was given for (recognise.h). */
#ifndef COPP_CLI_UNLIKE_H
#define COPP_CLI_UNLIKE_H

#include "io.h"
#include "recognise.h"
#include "report.h"

/* fail_validation, which tells what the file is instead where that is known and is nothing wanted. */
int fail_unlike(const struct invocation *in, const char *file, const struct blob *blob, unsigned wanted,
                enum collection collection, enum copp_result result, const struct copp_verdict *verdict);

/* Complains with text, and tells what the file is where that is known and is nothing wanted: STATUS_UNKNOWN. */
int fail_kind(const struct invocation *in, const char *file, const struct blob *blob, unsigned wanted, const char *text);

#endif
