/* One look at all monitors. */
#include <stdlib.h>
#include <string.h>

#include "common/sized.h"
#include "internal.h"

/* By insertion: there are few. What points into a connector moves with it. */
static void sort(struct copp_monitors *monitors) {
    for (size_t i = 1; i < monitors->count; i++) {
        struct connector moved = monitors->connectors[i];
        size_t at = i;
        for (; at && strcmp(monitors->connectors[at - 1].monitor.connector, moved.monitor.connector) > 0; at--)
            monitors->connectors[at] = monitors->connectors[at - 1];
        monitors->connectors[at] = moved;
    }
    for (size_t i = 0; i < monitors->count; i++) {
        struct connector *connector = &monitors->connectors[i];
        connector->kernel_name = connector->monitor.connector + strlen(connector->monitor.card) + 1;
    }
}

enum copp_result copp_monitors_read(const struct copp_monitors_config *config, struct copp_monitors **monitors) {
    struct copp_monitors_config own = {.sysfs = NULL};
    if (!monitors)
        return COPP_E_ARGUMENT;
    *monitors = NULL;
    if (config && !copp_sized_read(config, &own, sizeof own))
        return COPP_E_ARGUMENT;
    struct copp_monitors *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    enum copp_result result = copp_monitors_scan(own.sysfs ? own.sysfs : "/sys", made);
    if (result) {
        copp_monitors_free(&made);
        return result;
    }
    sort(made);
    *monitors = made;
    return COPP_OK;
}

size_t copp_monitors_count(const struct copp_monitors *monitors) {
    return monitors ? monitors->count : 0;
}

enum copp_result copp_monitors_get(const struct copp_monitors *monitors, size_t index, struct copp_monitor *monitor) {
    if (!monitors || !monitor || !copp_sized_room(monitor))
        return COPP_E_ARGUMENT;
    if (index >= monitors->count)
        return COPP_E_NOT_FOUND;
    copp_sized_write(monitor, &monitors->connectors[index].monitor, sizeof monitors->connectors[index].monitor);
    return COPP_OK;
}

void copp_monitors_free(struct copp_monitors **monitors) {
    if (!monitors || !*monitors)
        return;
    free(*monitors);
    *monitors = NULL;
}
