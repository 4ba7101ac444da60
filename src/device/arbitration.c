/* Who holds which level on a connector, and what comes of it (ARB-1..5, OPM-ARB-1..5, EVT-3). */
#include "device/internal.h"

/* ARB-1, ARB-3 */

static uint32_t redistribution_of(size_t type, uint32_t level) {
    return type == COPP_TYPE_CGMSA ? level & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED : 0;
}

static size_t *count_of(struct copp_connector *connector, size_t type, uint32_t level) {
    return &connector->holders[type][level & ~redistribution_of(type, level)];
}

void copp_connector_hold(struct copp_device *device, size_t type, uint32_t level) {
    struct copp_connector *connector = device->connector;
    uint32_t old = device->level[type];
    --*count_of(connector, type, old);
    connector->redistribution -= redistribution_of(type, old) != 0;
    ++*count_of(connector, type, level);
    connector->redistribution += redistribution_of(type, level) != 0;
    device->level[type] = level;
}

static uint32_t higher(size_t type, uint32_t a, uint32_t b) {
    return copp_level_rank(1u << type, a) >= copp_level_rank(1u << type, b) ? a : b;
}

/* ARB-2; with no holder at all this is 0, off (ARB-4) */
static uint32_t highest_held(const struct copp_connector *connector, size_t type) {
    uint32_t best = 0;
    for (uint32_t level = 0; level < COPP_LEVELS; level++) {
        if (connector->holders[type][level])
            best = higher(type, best, level);
    }
    return best;
}

void copp_connector_effective(const struct copp_connector *connector, struct copp_protection *effective) {
    *effective = (struct copp_protection){.size = sizeof *effective};
    uint32_t enforcement = highest_held(connector, COPP_TYPE_ENFORCEMENT);
    bool hdcp = highest_held(connector, COPP_TYPE_HDCP) || highest_held(connector, COPP_TYPE_OPM_HDCP) || enforcement;
    effective->hdcp = hdcp ? COPP_HDCP_ON : COPP_HDCP_OFF; /* OPM-ARB-2 */
    effective->type1 = enforcement == COPP_ENFORCEMENT_TYPE1;
    effective->dpcp = highest_held(connector, COPP_TYPE_DPCP);
    effective->acp = higher(COPP_TYPE_ACP, highest_held(connector, COPP_TYPE_ACP), connector->desktop_acp); /* ARB-5 */
    effective->cgmsa = highest_held(connector, COPP_TYPE_CGMSA);
    if (connector->redistribution)
        effective->cgmsa |= COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED; /* ARB-3 */
    effective->tv_standard = connector->signaling.standard;
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++)
        effective->aspect[i] = connector->signaling.aspect[i].data;
}

/* What a device holds of a type that is lost; an OPM session is broken by it, unless it held the level according to CSS (OPM-STA-6). */
static void lose_level(struct copp_device *device, size_t type) {
    uint32_t bit = 1u << type;
    if (device->semantics == COPP_SEMANTICS_OPM && device->level[type] && !(device->css & bit))
        device->broken |= bit;
    copp_connector_hold(device, type, 0); /* EVT-3, OPM-STA-5 */
}

/* HDCP that is lost is lost under all its names; Type 1 may fall away alone, from those who hold just that (OPM-ARB-2). */
static bool is_lost(const struct copp_device *device, const struct copp_loss *loss, size_t type) {
    if (loss->types & (COPP_PROTECTION_TYPE_HDCP | COPP_PROTECTION_TYPE_OPM_HDCP) && COPP_HDCP_TYPES & (1u << type))
        return true;
    bool wanted = loss->types & (1u << type);
    return wanted && (type != COPP_TYPE_ENFORCEMENT || device->level[type] == COPP_ENFORCEMENT_TYPE1);
}

static void lose_levels(struct copp_device *device, const struct copp_loss *loss) {
    bool opm = device->semantics == COPP_SEMANTICS_OPM;
    if (opm && loss->copp_only)
        return;
    device->flags |= opm && loss->tampered ? COPP_STATUS_TAMPERING_DETECTED : COPP_STATUS_LINK_LOST; /* EVT-1, OPM-STA-2 */
    device->revoked = device->revoked || (opm && loss->revoked); /* OPM-SRM-5 */
    for (size_t type = 0; type < COPP_TYPES; type++) {
        if (copp_device_has_type(device, type) && is_lost(device, loss, type))
            lose_level(device, type);
    }
}

/* What goes on being in force: nothing of what is lost, unless OPM's sessions hold it and have lost nothing. */
static void lose_applied(struct copp_connector *connector, const struct copp_loss *loss) {
    struct copp_protection *applied = &connector->applied;
    struct copp_protection held = {.size = sizeof held};
    if (loss->copp_only)
        copp_connector_effective(connector, &held);
    uint32_t hdcp = loss->types & (COPP_PROTECTION_TYPE_HDCP | COPP_PROTECTION_TYPE_OPM_HDCP);
    if (hdcp && !held.hdcp)
        applied->hdcp = COPP_HDCP_OFF;
    if ((hdcp || loss->types & COPP_PROTECTION_TYPE_ENFORCEMENT) && !held.type1)
        applied->type1 = 0; /* OPM-HDCP-2: it is HDCP's */
    if (loss->types & COPP_PROTECTION_TYPE_ACP && !held.acp)
        applied->acp = COPP_ACP_OFF;
    if (loss->types & COPP_PROTECTION_TYPE_CGMSA && !held.cgmsa)
        applied->cgmsa = COPP_CGMSA_DISABLED;
    if (loss->types & COPP_PROTECTION_TYPE_DPCP && !held.dpcp)
        applied->dpcp = COPP_DPCP_OFF;
}

void copp_connector_lose(struct copp_connector *connector, const struct copp_loss *loss) {
    connector->losses++;
    connector->revocations += loss->revoked;
    copp_connector_log(connector, COPP_LOG_WARNING, "LinkLost: what it protected is lost (EVT-3)", NULL);
    for (struct copp_device *device = connector->devices; device; device = device->next)
        lose_levels(device, loss);
    lose_applied(connector, loss);
    connector->reassert = true; /* what is left of it must go, and the desktop's ACP come back */
    copp_connector_show(connector);
}
