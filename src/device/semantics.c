/* What a device sees of its connector under either semantics. */
#include "device/internal.h"

static uint32_t kind_of(const struct copp_connector *connector) {
    return connector->config.connector_type & ~COPP_CONNECTOR_INTERNAL;
}

static bool is_internal(const struct copp_connector *connector) {
    uint32_t type = connector->config.connector_type;
    return type != COPP_CONNECTOR_UNKNOWN && type & COPP_CONNECTOR_INTERNAL;
}

/* OPM-SET-7, OPM-GET-7: nothing is offered on them. */
static bool is_embedded(const struct copp_connector *connector) {
    uint32_t kind = kind_of(connector);
    return is_internal(connector) || kind == COPP_CONNECTOR_LVDS || kind == COPP_CONNECTOR_DISPLAYPORT_EMBEDDED ||
           kind == COPP_CONNECTOR_UDI_EMBEDDED;
}

uint32_t copp_device_offered(const struct copp_connector *connector, enum copp_semantics semantics) {
    const struct copp_connector_config *config = &connector->config;
    if (semantics != COPP_SEMANTICS_OPM)
        return config->protection_types;
    if (is_embedded(connector))
        return COPP_PROTECTION_TYPE_NONE;
    uint32_t types = config->protection_types & (COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA);
    types |= config->protection_types & COPP_PROTECTION_TYPE_HDCP ? COPP_PROTECTION_TYPE_OPM_HDCP : 0;
    types |= config->type1 ? COPP_PROTECTION_TYPE_ENFORCEMENT : 0; /* OPM-HDCP-2 */
    return types | (config->dpcp ? COPP_PROTECTION_TYPE_DPCP : 0); /* OPM-HDCP-3 */
}

/* Which semantics have a type, and what is said where a connector does not do it (OPM-GET-6, OPM-SET-4, OPM-DDI-6). */
struct type_rule {
    bool copp, opm;
    enum copp_refusal missing;
};
static const struct type_rule rules[COPP_TYPES] = {
    [COPP_TYPE_HDCP] = {true, false, COPP_REFUSAL_NO_HDCP},          [COPP_TYPE_ACP] = {true, true, COPP_REFUSAL_NO_ACP},
    [COPP_TYPE_CGMSA] = {true, true, COPP_REFUSAL_NO_CGMSA},         [COPP_TYPE_OPM_HDCP] = {false, true, COPP_REFUSAL_NO_HDCP},
    [COPP_TYPE_DPCP] = {false, true, COPP_REFUSAL_PARAMETER}, /* OPM-ERR-2: there is no code for it */
    [COPP_TYPE_ENFORCEMENT] = {false, true, COPP_REFUSAL_PARAMETER}, /* unless there is no HDCP at all */
};

enum copp_refusal copp_device_type_index(const struct copp_device *device, uint32_t word, size_t *type) {
    size_t index = 0;
    while (index < COPP_TYPES && word != 1u << index)
        index++;
    if (index == COPP_TYPES)
        return COPP_REFUSAL_PARAMETER;
    bool opm = device->semantics == COPP_SEMANTICS_OPM;
    if (!(opm ? rules[index].opm : rules[index].copp))
        return opm ? COPP_REFUSAL_COPP_ONLY : COPP_REFUSAL_OPM_ONLY;
    *type = index;
    if (copp_device_has_type(device, index))
        return COPP_REFUSAL_NONE;
    if (index == COPP_TYPE_ENFORCEMENT && !copp_device_has_type(device, COPP_TYPE_OPM_HDCP))
        return COPP_REFUSAL_NO_HDCP; /* OPM-ERR-2 */
    return rules[index].missing;
}

bool copp_connector_is_opm_only(uint32_t type) {
    return type >= COPP_CONNECTOR_RESERVED && type <= COPP_CONNECTOR_AGNOSTIC_DIGITAL_B;
}

/* OPM-CONST-2: OPM's is not a bit field, and an internal link of another kind is told as LVDS. COPP has no word for some of OPM's. */
uint32_t copp_device_connector_type(const struct copp_device *device) {
    const struct copp_connector *connector = device->connector;
    uint32_t type = connector->config.connector_type;
    if (device->semantics != COPP_SEMANTICS_OPM)
        return copp_connector_is_opm_only(type) ? COPP_CONNECTOR_UNKNOWN : type;
    if (!is_internal(connector))
        return type;
    uint32_t kind = kind_of(connector);
    return kind == COPP_CONNECTOR_DISPLAYPORT_EMBEDDED || kind == COPP_CONNECTOR_UDI_EMBEDDED ? kind : COPP_CONNECTOR_LVDS;
}

/* OPM-CONST-1: what COPP calls integrated is inside the chipset, whose bus has no type. */
uint32_t copp_device_bus_type(const struct copp_device *device) {
    const struct copp_connector_config *config = &device->connector->config;
    if (device->semantics != COPP_SEMANTICS_OPM)
        return config->bus_type;
    if (config->opm_bus_type)
        return config->opm_bus_type;
    return config->bus_type & COPP_BUS_INTEGRATED ? COPP_OPM_BUS_IN_CHIPSET | COPP_BUS_UNKNOWN : config->bus_type;
}
