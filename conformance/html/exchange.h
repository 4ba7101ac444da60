/* Exchanges in a page: a line each, and below it the fields and bytes of its messages. */
#ifndef COPP_CONFORMANCE_HTML_EXCHANGE_H
#define COPP_CONFORMANCE_HTML_EXCHANGE_H

#include "view.h"

/* How exchanges are shown. */
struct exchange_style {
    const char *prefix; /* of their ids, with only letters, digits and '-' */
    size_t *bytes_left; /* how many may still show their bytes; a page has to end somewhere */
    enum view_suite suite;
    bool items; /* the filters apply to each of them */
    const struct case_outcome *outcome; /* whose marks are shown; NULL: none */
};

/* One exchange, as an item of a list. */
void html_exchange(FILE *out, const struct exchange_style *style, const struct view_exchange *exchange);

/* "right" beside "seen", for each mark of an outcome. */
void html_evidence(FILE *out, enum view_suite suite, const struct case_outcome *outcome, const struct view *view);

#endif
