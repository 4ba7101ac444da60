/* Complaints about a file that is something else than what it was given for (recognise.h). */
#ifndef COPP_CLI_UNLIKE_H
#define COPP_CLI_UNLIKE_H

#include "io.h"
#include "recognise.h"
#include "report.h"

/* fail_validation, which tells what the file is instead where that is known and is nothing wanted. */
int fail_unlike(const struct invocation *in, const char *file, const struct blob *blob, unsigned wanted,
                enum collection collection, enum copp_result result, const struct copp_verdict *verdict);

/* What to do about files of some kinds where they were given, in place of what is said of them elsewhere. */
struct kind_remedy {
    unsigned kinds; /* 0 behind the last */
    const char *text;
};

/*
 * Complains with text, and tells what the file is where that is known and is nothing wanted: STATUS_UNKNOWN. remedies may be NULL.
 */
int fail_kind(const struct invocation *in, const char *file, const struct blob *blob, unsigned wanted, const char *text,
              const struct kind_remedy *remedies);

#endif
