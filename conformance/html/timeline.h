/* A session's timeline: player and driver, the connector's levels, and events. */
#ifndef COPP_CONFORMANCE_HTML_TIMELINE_H
#define COPP_CONFORMANCE_HTML_TIMELINE_H

#include "view.h"

struct timeline_style {
    const char *prefix; /* of the exchanges' ids */
    bool linked; /* the picture links to them */
    enum view_suite suite;
};

/*
 * An SVG picture of one session's exchanges, and of those events that are of no session. A long session's end is left out, and the picture
 * says so.
 */
void html_timeline(FILE *out, const struct timeline_style *style, const struct view *view, uint32_t session);

/* The sessions that a view has, in the order of their beginnings: up to max numbers; returns how many there are. */
size_t view_sessions(const struct view *view, uint32_t *numbers, size_t max);

#endif
