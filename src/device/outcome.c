/* What a command comes to, at once or when its output has ended it (CMD-3, OPM-SET-4, OPM-SET-6). */
#include "device/internal.h"

/* OPM-STA-6: a successful command of any level mends what was broken. */
static void mend(struct copp_device *device, size_t type) {
    device->broken &= ~(1u << type);
    copp_connector_show(device->connector);
}

static enum copp_refusal level_is_set(const struct copp_change *change) {
    struct copp_device *device = change->device;
    uint32_t bit = 1u << change->type;
    device->css = (device->css & ~bit) | (change->css ? bit : 0);
    mend(device, change->type);
    return COPP_REFUSAL_NONE;
}

/* By what the output said; the codes of COPP know no more than that it failed. */
static enum copp_refusal reason(const struct copp_change *change, enum copp_result result) {
    if (result == COPP_E_RESOLUTION)
        return COPP_REFUSAL_RESOLUTION;
    if (change->device->semantics != COPP_SEMANTICS_OPM)
        return COPP_REFUSAL_LINK;
    if (result == COPP_E_STATE)
        return COPP_REFUSAL_ENGINES;
    if (result != COPP_E_UNSUPPORTED || !(COPP_HDCP_TYPES & (1u << change->type)))
        return COPP_REFUSAL_FAILED;
    return COPP_REFUSAL_NO_HDCP; /* of the monitor (OPM-ERR-1) */
}

enum copp_refusal copp_command_outcome(const struct copp_change *change, enum copp_result result) {
    if (result == COPP_E_PENDING)
        return COPP_REFUSAL_PENDING;
    if (!result)
        return change->kind == COPP_CHANGE_LEVEL ? level_is_set(change) : COPP_REFUSAL_NONE;
    if (!change->css || !(COPP_HDCP_TYPES & (1u << change->type)) || result == COPP_E_RESOLUTION)
        return reason(change, result);
    mend(change->device, change->type); /* OPM-SET-6: the command succeeds, and the level tells the truth */
    return COPP_REFUSAL_NONE;
}
