/* A story told in numbered steps, each with facts: for people, or with --json one object a line. */
#ifndef COPP_CLI_STORY_H
#define COPP_CLI_STORY_H

#include <jansson.h>

#include "options.h"

struct story {
    const struct invocation *in;
    bool colour;
    int number;
    json_t *facts; /* of the present step, with --json */
    const char *title;
    int status;
};

void story_begin(struct story *story, const struct invocation *in);
void story_step(struct story *story, const char *title);
void story_fact(struct story *story, const char *label, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A fact that must be so: where it is not, the story ends with STATUS_NO. */
void story_check(struct story *story, bool good, const char *label, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Answers the exit status. */
int story_end(struct story *story);

#endif
