/* Whether a connector shows frames (OPM-STA-6). */
#include "common/sized.h"
#include "device/internal.h"

static bool is_broken(const struct copp_connector *connector) {
    const struct copp_device *device = connector->devices;
    while (device && !device->broken)
        device = device->next;
    return device;
}

static bool can_blank(const struct copp_connector *connector) {
    return COPP_HAS_OP(connector->config.output->ops, blank);
}

bool copp_connector_show_due(const struct copp_connector *connector) {
    return connector->dark != is_broken(connector) && can_blank(connector);
}

void copp_connector_show(struct copp_connector *connector) {
    bool dark = is_broken(connector);
    struct copp_output *output = connector->config.output;
    if (connector->dark == dark)
        return;
    enum copp_result result = can_blank(connector) ? output->ops->blank(output, dark) : COPP_E_UNSUPPORTED;
    if (!result)
        connector->dark = dark;
    else if (dark)
        copp_connector_log(connector, COPP_LOG_WARNING, "its output still shows frames (OPM-STA-6): ", copp_strerror(result));
}
