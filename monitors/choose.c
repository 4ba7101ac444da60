/* Chooses one display, or none. */
#include "common/sized.h"
#include "internal.h"

static const struct copp_monitor no_monitor = {.size = sizeof no_monitor};

static enum copp_result choose(const struct copp_monitors *monitors, const struct known *known, const struct connector **chosen,
                               char *why, size_t why_size) {
    size_t matching = 0;
    for (size_t i = 0; i < monitors->count; i++) {
        if (!copp_monitor_matches(&monitors->connectors[i], known))
            continue;
        *chosen = &monitors->connectors[i];
        matching++;
    }
    if (matching == 1)
        return COPP_OK;
    *chosen = NULL;
    if (why)
        copp_monitor_explain(monitors, known, matching, why, why_size);
    return matching ? COPP_E_AMBIGUOUS : COPP_E_NOT_FOUND;
}

/* What answers has room, and says "none" until there is one. */
static bool prepare(struct copp_monitor *monitor, char *why, size_t why_size) {
    if (!monitor || !copp_sized_room(monitor) || (why && !why_size))
        return false;
    copp_sized_write(monitor, &no_monitor, sizeof no_monitor);
    if (why)
        why[0] = 0;
    return true;
}

enum copp_result copp_monitors_choose(const struct copp_monitors *monitors, const struct copp_monitor_query *query,
                                      struct copp_monitor *monitor, char *why, size_t why_size) {
    struct known known;
    const struct connector *chosen = NULL;
    if (!prepare(monitor, why, why_size) || !monitors || copp_monitor_known(query, &known))
        return COPP_E_ARGUMENT;
    enum copp_result result = choose(monitors, &known, &chosen, why, why_size);
    if (!result)
        copp_sized_write(monitor, &chosen->monitor, sizeof chosen->monitor);
    return result;
}

bool copp_monitors_match(const struct copp_monitors *monitors, const struct copp_monitor_query *query, size_t index) {
    struct known known;
    return monitors && index < monitors->count && !copp_monitor_known(query, &known) &&
           copp_monitor_matches(&monitors->connectors[index], &known);
}

enum copp_result copp_monitor_choose(const struct copp_monitors_config *config, const struct copp_monitor_query *query,
                                     struct copp_monitor *monitor, char *why, size_t why_size) {
    struct known known;
    struct copp_monitors *monitors = NULL;
    if (!prepare(monitor, why, why_size) || copp_monitor_known(query, &known))
        return COPP_E_ARGUMENT;
    enum copp_result result = copp_monitors_read(config, &monitors);
    if (result && why)
        copp_monitor_explain_unread(result, why, why_size);
    if (!result)
        result = copp_monitors_choose(monitors, query, monitor, why, why_size);
    copp_monitors_free(&monitors);
    return result;
}
