/* A story told in numbered steps, each with facts: for people, or with --json one object a line. */
#ifndef COPP_CLI_STEPS_H
#define COPP_CLI_STEPS_H

#include <jansson.h>

#include "cli/options.h"

struct steps {
    const struct invocation *in;
    bool colour;
    int number;
    json_t *facts; /* of the present step, with --json */
    const char *title;
    int status;
};

void steps_begin(struct steps *steps, const struct invocation *in);
void steps_step(struct steps *steps, const char *title);
void steps_fact(struct steps *steps, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A fact that must be so: where it is not, the story ends with STATUS_NO. */
void steps_check(struct steps *steps, bool good, const char *label, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Answers the exit status. */
int steps_end(struct steps *steps);

#endif
