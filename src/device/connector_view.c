/* What there is to see of a connector, for the device and for its host. */
#include "common/sized.h"
#include "device/internal.h"

bool copp_connector_has_type(const struct copp_connector *connector, size_t type) {
    return connector->config.protection_types & (1u << type);
}

void copp_connector_log(const struct copp_connector *connector, enum copp_log_level level, const char *words, const char *more) {
    uint32_t type = connector->config.connector_type;
    const char *name = copp_connector_type_name(type == COPP_CONNECTOR_UNKNOWN ? type : type & ~COPP_CONNECTOR_INTERNAL);
    COPP_LOG(connector->adapter->log, level, "a connector of type ", name, ": ", words, more);
}

void copp_connector_state(const struct copp_connector *connector, struct copp_output_state *state) {
    *state = (struct copp_output_state){.size = sizeof *state};
    connector->config.output->ops->state(connector->config.output, state);
}

/* What the link does, by the names that it has in both semantics (OPM-ARB-2, OPM-HDCP-2). */
uint32_t copp_protection_level(const struct copp_protection *protection, size_t type) {
    const uint32_t levels[COPP_TYPES] = {
        [COPP_TYPE_HDCP] = protection->hdcp,
        [COPP_TYPE_ACP] = protection->acp,
        [COPP_TYPE_CGMSA] = protection->cgmsa, /* OPM-ARB-5: with redistribution control, whoever asks */
        [COPP_TYPE_OPM_HDCP] = protection->hdcp,
        [COPP_TYPE_DPCP] = protection->dpcp,
        [COPP_TYPE_ENFORCEMENT] = protection->hdcp && protection->type1 ? COPP_ENFORCEMENT_TYPE1 : protection->hdcp,
    };
    return levels[type];
}

uint32_t copp_protection_types(const struct copp_protection *protection) {
    return (protection->hdcp ? COPP_PROTECTION_TYPE_HDCP : 0) | (protection->acp ? COPP_PROTECTION_TYPE_ACP : 0) |
           (protection->cgmsa ? COPP_PROTECTION_TYPE_CGMSA : 0) | (protection->dpcp ? COPP_PROTECTION_TYPE_DPCP : 0);
}

/* HDCP of another program's is one more holder (ARB-5). */
void copp_connector_global(const struct copp_connector *connector, struct copp_protection *global) {
    struct copp_output *output = connector->config.output;
    *global = connector->applied;
    if (copp_connector_has_type(connector, COPP_TYPE_HDCP) && COPP_HAS_OP(output->ops, hdcp) &&
        output->ops->hdcp(output) == COPP_HDCP_ON)
        global->hdcp = COPP_HDCP_ON;
}

void copp_connector_protection(const struct copp_connector *connector, struct copp_protection *protection) {
    struct copp_protection applied = {.hdcp = COPP_HDCP_OFF};
    if (!protection)
        return;
    if (connector && copp_sized_room(protection))
        copp_connector_global(connector, &applied);
    copp_sized_answer(protection, &applied, sizeof applied, COPP_END_OF(struct copp_protection, aspect));
}

size_t copp_connector_devices(const struct copp_connector *connector) {
    return connector ? connector->device_count : 0;
}

void copp_connector_inspect(const struct copp_connector *connector, struct copp_connector_view *view) {
    struct copp_connector_view told = {.connector_type = 0};
    if (!view)
        return;
    if (connector && copp_sized_room(view))
        told = (struct copp_connector_view){.connector_type = connector->config.connector_type,
                                            .protection_types = connector->config.protection_types,
                                            .losses = connector->losses,
                                            .reconfigurations = connector->reconfigurations,
                                            .revocations = connector->revocations,
                                            .type1 = connector->config.type1,
                                            .dpcp = connector->config.dpcp,
                                            .hardware_protection = connector->config.hardware_protection,
                                            .dvi_version = connector->config.dvi_version,
                                            .output_id = connector->config.output_id};
    copp_sized_answer(view, &told, sizeof told, COPP_END_OF(struct copp_connector_view, reconfigurations));
}

const char *copp_connector_name(const struct copp_connector *connector) {
    return connector ? connector->name : "";
}

void copp_connector_set_busy(struct copp_connector *connector, bool busy) {
    if (connector)
        connector->busy = busy;
}

enum copp_multi_adapter_mode copp_connector_mode(const struct copp_connector *connector) {
    if (!connector)
        return COPP_MODE_CLONE; /* one in which nothing can be protected (ARB-6) */
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    return state.mode;
}
