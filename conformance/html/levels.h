/* Levels of protection that a session's messages tell of, for the lane of them in its timeline. */
#ifndef COPP_CONFORMANCE_HTML_LEVELS_H
#define COPP_CONFORMANCE_HTML_LEVELS_H

#include "view.h"

#define LEVELS_TYPES 4u

struct level_lane {
    uint32_t type; /* of protection */
    bool known; /* own is: */
    uint32_t own; /* what the session has last set, or was told that it has set */
};

struct levels {
    struct level_lane lanes[LEVELS_TYPES];
    size_t count;
};

/* What one exchange tells. */
struct level_told {
    size_t lane;
    uint32_t level;
    bool global; /* of the connector; else of the session */
};

/* Takes an exchange into account, in their order. False: it tells of no level. Types beyond the first few are left out. */
bool levels_take(struct levels *levels, const struct view_exchange *exchange, struct level_told *told);

#endif
