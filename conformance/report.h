/* A report of a run, in several formats. report_html.c joins them with the same arguments. */
#ifndef COPP_CONFORMANCE_REPORT_H
#define COPP_CONFORMANCE_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "runner.h"

/* What was tested, and how. */
struct report_about {
    const char *suite; /* "driver" or "player" */
    const char *subject; /* "embedded", "unix:/run/coppd/coppd.socket", the player's command */
    const char *semantics; /* "copp", "opm" */
    const char *version; /* of this program */
    uint64_t seed;
    bool strict;
    bool simulated; /* nothing of this says anything of real outputs */
    const char *const *options; /* what else a repeated run needs: names and arguments, up to a NULL; NULL: nothing */
    char *const *command; /* the player's, up to a NULL; NULL: the subject alone */
};

/* One outcome on one line, and what a failure shows below it. */
void report_text_outcome(FILE *out, const struct case_outcome *outcome);
/* The counts. */
void report_text_summary(FILE *out, const struct report_about *about, const struct runner_report *report);

/* A new object; NULL without memory. Bytes are in hexadecimal, of failed cases alone. */
json_t *report_json(const struct report_about *about, const struct runner_report *report);

/* JUnit's XML, as continuous integration reads it. */
void report_junit(FILE *out, const struct report_about *about, const struct runner_report *report);

/* One case as a JSON object, for --list. */
json_t *report_json_case(const struct conformance_case *test);

#endif
