/* What happens to a connector, whoever watches it (EVT-1..3). */
#include "device/internal.h"

static void lose(struct copp_connector *connector, const struct copp_loss *loss) {
    if (!connector)
        return;
    copp_connector_cancel_pending(connector);
    copp_connector_lose(connector, loss);
    (void)copp_connector_apply_effective(connector);
}

void copp_connector_unplugged(struct copp_connector *connector) {
    lose(connector, &(struct copp_loss){.types = COPP_EVERY_TYPE});
}

void copp_connector_tampered(struct copp_connector *connector) {
    lose(connector, &(struct copp_loss){.types = COPP_EVERY_TYPE, .tampered = true}); /* OPM-STA-2 */
}

void copp_connector_revoked(struct copp_connector *connector) {
    lose(connector, &(struct copp_loss){.types = COPP_PROTECTION_TYPE_HDCP, .revoked = true}); /* OPM-SRM-5 */
}

void copp_connector_receivers_changed(struct copp_connector *connector) {
    if (!connector)
        return;
    copp_connector_log(connector, COPP_LOG_INFO, "the receiving devices have changed", NULL);
    copp_connector_look_up(connector); /* OPM-SRM-3 */
}

void copp_connector_protection_lost(struct copp_connector *connector, uint32_t types) {
    lose(connector, &(struct copp_loss){.types = types});
}

/* The types that cannot go on in the present mode, for sessions of these semantics. */
static uint32_t unsupported_in_mode(const struct copp_connector *connector, const struct copp_output_state *state,
                                    enum copp_semantics semantics) {
    if (!copp_signal_is_single(state, semantics))
        return COPP_EVERY_TYPE;
    uint32_t types = 0;
    if (!copp_signal_carries_acp(connector, state))
        types |= COPP_PROTECTION_TYPE_ACP;
    if (!copp_signal_fits_standard(connector, state, connector->signaling.standard))
        types |= COPP_PROTECTION_TYPE_CGMSA;
    return types;
}

/* What cannot go on in the present mode is lost. In clone mode only COPP's sessions lose (ARB-6, OPM-OUT-6). */
static void lose_by_mode(struct copp_connector *connector, const struct copp_output_state *state) {
    uint32_t applied = copp_protection_types(&connector->applied);
    uint32_t lost = unsupported_in_mode(connector, state, COPP_SEMANTICS_OPM) & applied;
    if (lost)
        copp_connector_lose(connector, &(struct copp_loss){.types = lost});
    lost = unsupported_in_mode(connector, state, COPP_SEMANTICS_COPP) & copp_protection_types(&connector->applied);
    if (lost)
        copp_connector_lose(connector, &(struct copp_loss){.types = lost, .copp_only = true});
}

void copp_connector_reconfigured(struct copp_connector *connector) {
    if (!connector)
        return;
    copp_connector_cancel_pending(connector);
    connector->reconfigurations++;
    for (struct copp_device *device = connector->devices; device; device = device->next)
        device->flags |= COPP_STATUS_RENEGOTIATION_REQUIRED; /* EVT-1 */
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    if (unsupported_in_mode(connector, &state, COPP_SEMANTICS_COPP) & COPP_PROTECTION_TYPE_ACP)
        connector->desktop_acp = COPP_ACP_OFF; /* the desktop's ACP cannot go on either (ARB-5, ARB-6) */
    lose_by_mode(connector, &state);
    connector->reassert = true;
    connector->anew = true; /* the output has the last word on what goes on in the present mode */
    (void)copp_connector_apply_effective(connector);
}

enum copp_result copp_connector_set_desktop_acp(struct copp_connector *connector, uint32_t level) {
    if (!connector)
        return COPP_E_ARGUMENT;
    if (!copp_connector_has_type(connector, COPP_TYPE_ACP))
        return COPP_E_UNSUPPORTED;
    if (!copp_level_valid(COPP_PROTECTION_TYPE_ACP, level))
        return COPP_E_ARGUMENT;
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    if (level && !copp_signal_is_single(&state, COPP_SEMANTICS_COPP))
        return COPP_E_UNSUPPORTED_MODE; /* ARB-6 */
    if (level && !copp_signal_carries_acp(connector, &state))
        return COPP_E_RESOLUTION;
    const struct copp_change change = {.kind = COPP_CHANGE_DESKTOP_ACP, .type = COPP_TYPE_ACP, .level = level}; /* ARB-5 */
    return copp_connector_change(&change, connector, 0);
}

void copp_connector_applied(struct copp_connector *connector, enum copp_result result) {
    if (connector && connector->pending.kind != COPP_PENDING_NONE && result != COPP_E_PENDING)
        copp_connector_completed(connector, result);
}
