/* copp probe: the steps that sessions of COPP and OPM have in common, each under the name that the semantics at hand have for it. */
#include <stdio.h>
#include <windows.h>

#include "cli/describe.h"
#include "cli/windows/probe.h"

#define COME_UP_MS 20000u /* how long HDCP may take (OPM-APP-1) */
#define LOOK_MS 100u

/* Whatever else a driver tells of cannot be asked about. */
static uint32_t types_known(const struct probe *probe) {
    uint32_t shared = COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA;
    return shared | (probe->opm ? COPP_PROTECTION_TYPE_OPM_HDCP | COPP_PROTECTION_TYPE_ENFORCEMENT | COPP_PROTECTION_TYPE_DPCP
                                : COPP_PROTECTION_TYPE_HDCP);
}

uint32_t probe_ask_types(struct probe *probe, struct copp_session *session, const char *step) {
    char text[128];
    uint32_t types = 0;
    if (!probe_succeeded(probe, step, copp_session_protection_types(session, &types), session))
        return 0;
    types &= types_known(probe);
    describe_types(types, text, sizeof text);
    probe_add_good(probe, step, text);
    return types;
}

typedef enum copp_result level_call(struct copp_session *session, uint32_t type, uint32_t *level);

static void ask_level(struct probe *probe, struct copp_session *session, const char *request, level_call *call, uint32_t type) {
    char step[80];
    char text[64];
    uint32_t level;
    (void)snprintf(step, sizeof step, "%s %s", request, copp_protection_type_name(type));
    if (!probe_succeeded(probe, step, call(session, type, &level), session))
        return;
    describe_level(type, level, text, sizeof text);
    probe_add_good(probe, step, text);
}

void probe_ask_levels(struct probe *probe, struct copp_session *session, uint32_t types, const char *local, const char *global) {
    for (size_t i = 0; i < ALL_PROTECTION_TYPES; i++) {
        uint32_t type = types & all_protection_types[i];
        if (!type)
            continue;
        ask_level(probe, session, local, copp_session_local_level, type);
        ask_level(probe, session, global, copp_session_global_level, type);
    }
}

/* OPM-SET-5: drivers bring HDCP up after the command has returned, and the level tells when. Under COPP success is its own proof. */
static enum copp_result come_up(struct probe *probe, struct copp_session *session, uint32_t *level) {
    ULONGLONG end = GetTickCount64() + COME_UP_MS;
    enum copp_result result;
    *level = probe->opm ? COPP_HDCP_OFF : COPP_HDCP_ON;
    if (!probe->opm)
        return COPP_OK;
    while (!(result = copp_session_local_level(session, COPP_PROTECTION_TYPE_OPM_HDCP, level)) && *level == COPP_HDCP_OFF &&
           GetTickCount64() < end && !probe_interrupted(probe))
        Sleep(LOOK_MS);
    return result;
}

void probe_try_hdcp(struct probe *probe, struct copp_session *session, uint32_t types, const char *command) {
    uint32_t type = probe->opm ? COPP_PROTECTION_TYPE_OPM_HDCP : COPP_PROTECTION_TYPE_HDCP;
    char step[80];
    uint32_t level;
    (void)snprintf(step, sizeof step, "%s HDCP", command);
    if (!(types & type)) {
        probe_add_failed(probe, step, COPP_RULE_NONE, "the connector has no HDCP");
        return;
    }
    (void)snprintf(step, sizeof step, "%s HDCP 1", command);
    enum copp_result result = copp_session_set_protection_level(session, type, COPP_HDCP_ON);
    if (probe_succeeded(probe, step, result, session) && probe_succeeded(probe, step, come_up(probe, session, &level), session)) {
        if (level == COPP_HDCP_ON)
            probe_add_good(probe, step, "in force");
        else
            probe_add_failed(probe, step, COPP_RULE_NONE, "the driver accepts it, but HDCP does not come up");
    }
    (void)snprintf(step, sizeof step, "%s HDCP 0", command);
    result = copp_session_set_protection_level(session, type, COPP_HDCP_OFF);
    if (probe_succeeded(probe, step, result, session))
        probe_add_good(probe, step, "put back");
}
