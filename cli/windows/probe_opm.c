/* copp probe: a session under OPM semantics (OPM-GET, OPM-SET). */
#include <stdio.h>
#include <windows.h>

#include "cli/describe.h"
#include "cli/windows/probe.h"

#define COME_UP_MS 20000u /* how long HDCP may take (OPM-APP-1) */
#define LOOK_MS 100u

static const uint32_t opm_types[] = {COPP_PROTECTION_TYPE_OPM_HDCP, COPP_PROTECTION_TYPE_ENFORCEMENT, COPP_PROTECTION_TYPE_DPCP,
                                     COPP_PROTECTION_TYPE_ACP, COPP_PROTECTION_TYPE_CGMSA};

static void ask_types(struct probe *probe, struct copp_session *session, uint32_t *types) {
    char text[128] = "none";
    size_t used = 0;
    const char *step = copp_opm_request_name(COPP_QUERY_PROTECTION_TYPE);
    if (!probe_succeeded(probe, step, copp_session_protection_types(session, types), session))
        return;
    for (size_t i = 0; i < sizeof opm_types / sizeof opm_types[0]; i++) {
        if (*types & opm_types[i])
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "",
                                     copp_protection_type_name(opm_types[i]));
    }
    probe_add_good(probe, step, text);
}

typedef enum copp_result level_call(struct copp_session *session, uint32_t type, uint32_t *level);

static void ask_level(struct probe *probe, struct copp_session *session, enum copp_request request, level_call *call,
                      uint32_t type) {
    char step[80];
    char text[64];
    uint32_t level;
    (void)snprintf(step, sizeof step, "%s %s", copp_opm_request_name(request), copp_protection_type_name(type));
    if (!probe_succeeded(probe, step, call(session, type, &level), session))
        return;
    describe_level(type, level, text, sizeof text);
    probe_add_good(probe, step, text);
}

static void ask_bus(struct probe *probe, struct copp_session *session) {
    char text[128];
    uint32_t bus;
    const char *step = copp_opm_request_name(COPP_QUERY_BUS_DATA);
    if (!probe_succeeded(probe, step, copp_session_bus_type(session, &bus), session))
        return;
    const char *modifier = copp_opm_bus_modifier_name(bus);
    (void)snprintf(text, sizeof text, "%s%s%s", copp_bus_type_name(bus & COPP_OPM_BUS_TYPE_MASK), *modifier ? ", " : "",
                   modifier);
    probe_add_good(probe, step, text);
}

/* OPM-GET-9: that there is none yet is an answer. */
static void ask_srm(struct probe *probe, struct copp_session *session) {
    char text[32];
    uint32_t version;
    const char *step = copp_opm_request_name(COPP_OPM_QUERY_SRM_VERSION);
    enum copp_result result = copp_session_srm_version(session, &version);
    if (probe_refused_with(session, result, COPP_HR_OPM_SRM_NEVER_SET)) {
        probe_add_good(probe, step, "none was given");
    } else if (probe_refused_with(session, result, COPP_HR_OPM_NO_HDCP)) {
        probe_add_good(probe, step, "no HDCP");
    } else if (probe_succeeded(probe, step, result, session)) {
        (void)snprintf(text, sizeof text, "version %u", (unsigned)version);
        probe_add_good(probe, step, text);
    }
}

/* Later additions, which older drivers do not know (OPM-GET-10). */
static void ask_later(struct probe *probe, struct copp_session *session) {
    char text[32];
    uint64_t id;
    uint32_t supported;
    const char *step = copp_opm_request_name(COPP_OPM_QUERY_OUTPUT_ID);
    enum copp_result result = copp_session_output_id(session, &id);
    if (probe_refused_with(session, result, COPP_HR_OPM_INVALID_INFORMATION_REQUEST)) {
        probe_add_good(probe, step, "not known to this driver");
    } else if (probe_succeeded(probe, step, result, session)) {
        (void)snprintf(text, sizeof text, "0x%llx", (unsigned long long)id);
        probe_add_good(probe, step, text);
    }
    step = copp_opm_request_name(COPP_OPM_QUERY_HARDWARE_PROTECTION);
    result = copp_session_hardware_protection(session, &supported);
    if (probe_refused_with(session, result, COPP_HR_OPM_INVALID_INFORMATION_REQUEST))
        probe_add_good(probe, step, "not known to this driver");
    else if (probe_succeeded(probe, step, result, session))
        probe_add_good(probe, step, supported ? "supported" : "not supported");
}

uint32_t probe_ask_opm(struct probe *probe, struct copp_session *session) {
    char text[128];
    uint32_t value = 0;
    uint32_t types = 0;
    struct copp_display display;
    const char *step = copp_opm_request_name(COPP_QUERY_CONNECTOR_TYPE);
    if (probe_succeeded(probe, step, copp_session_connector_type(session, &value), session))
        probe_add_good(probe, step, copp_connector_type_name(value));
    ask_types(probe, session, &types);
    ask_bus(probe, session);
    step = copp_opm_request_name(COPP_QUERY_DISPLAY_DATA);
    if (probe_succeeded(probe, step, copp_session_display(session, &display), session)) {
        describe_display(&display, text, sizeof text);
        probe_add_good(probe, step, text);
    }
    ask_later(probe, session);
    ask_srm(probe, session);
    for (size_t i = 0; i < sizeof opm_types / sizeof opm_types[0]; i++) {
        if (!(types & opm_types[i]))
            continue;
        ask_level(probe, session, COPP_QUERY_LOCAL_PROTECTION_LEVEL, copp_session_local_level, opm_types[i]);
        ask_level(probe, session, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, copp_session_global_level, opm_types[i]);
    }
    return types;
}

/* OPM-SET-5: drivers bring HDCP up after the command has returned, and the level tells when. */
static enum copp_result come_up(struct probe *probe, struct copp_session *session, uint32_t *level) {
    ULONGLONG end = GetTickCount64() + COME_UP_MS;
    enum copp_result result;
    *level = COPP_HDCP_OFF;
    while (!(result = copp_session_local_level(session, COPP_PROTECTION_TYPE_OPM_HDCP, level)) && *level == COPP_HDCP_OFF &&
           GetTickCount64() < end && !probe_interrupted(probe))
        Sleep(LOOK_MS);
    return result;
}

/* Puts back whatever has happened meanwhile: nothing between the two commands returns. */
void probe_try_opm_hdcp(struct probe *probe, struct copp_session *session, uint32_t types) {
    uint32_t level;
    const char *on = "OPM_SET_PROTECTION_LEVEL HDCP 1";
    const char *off = "OPM_SET_PROTECTION_LEVEL HDCP 0";
    if (!(types & COPP_PROTECTION_TYPE_OPM_HDCP)) {
        probe_add_failed(probe, "OPM_SET_PROTECTION_LEVEL HDCP", COPP_RULE_NONE, "the connector has no HDCP");
        return;
    }
    enum copp_result result = copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_OPM_HDCP, COPP_HDCP_ON);
    if (probe_succeeded(probe, on, result, session) && probe_succeeded(probe, on, come_up(probe, session, &level), session)) {
        if (level == COPP_HDCP_ON)
            probe_add_good(probe, on, "in force");
        else
            probe_add_failed(probe, on, COPP_RULE_NONE, "the driver accepts it, but HDCP does not come up");
    }
    result = copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_OPM_HDCP, COPP_HDCP_OFF);
    if (probe_succeeded(probe, off, result, session))
        probe_add_good(probe, off, "put back");
}
