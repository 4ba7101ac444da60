/* What copp probe has found: rows for a person, each with its remedy, and the same as JSON. */
#ifndef COPP_CLI_PROBE_FINDINGS_H
#define COPP_CLI_PROBE_FINDINGS_H

#include <jansson.h>

#include "cli/table.h"

enum finding {
    FINDING_GOOD,
    FINDING_BAD, /* protection fails by it */
    FINDING_UNKNOWN, /* it could not be found out */
    FINDING_NOTE /* good to know, and no obstacle */
};

struct findings {
    struct table table;
    json_t *list; /* NULL: memory ran out */
    size_t unknown; /* how many were */
    const char *where; /* of the rows to come: "coppd", "card0", "card0-HDMI-A-1" */
    bool first; /* there is no row of that place yet */
};

void findings_begin(struct findings *findings);
/* The rows to come are about this place; borrowed until the next call. */
void findings_at(struct findings *findings, const char *where);
/* One row more. remedy is an imperative, and NULL where there is nothing to do. */
void findings_add(struct findings *findings, enum finding state, const char *check, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void findings_end(struct findings *findings);

#endif
