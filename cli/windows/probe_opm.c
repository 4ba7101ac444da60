/* copp probe: a session under OPM semantics (OPM-GET). */
#include <stdio.h>
#include <windows.h>

#include "cli/describe.h"
#include "cli/windows/probe.h"

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
    struct copp_display display;
    const char *step = copp_opm_request_name(COPP_QUERY_CONNECTOR_TYPE);
    if (probe_succeeded(probe, step, copp_session_connector_type(session, &value), session))
        probe_add_good(probe, step, copp_connector_type_name(value));
    uint32_t types = probe_ask_types(probe, session, copp_opm_request_name(COPP_QUERY_PROTECTION_TYPE));
    ask_bus(probe, session);
    step = copp_opm_request_name(COPP_QUERY_DISPLAY_DATA);
    if (probe_succeeded(probe, step, copp_session_display(session, &display), session)) {
        describe_display(&display, text, sizeof text);
        probe_add_good(probe, step, text);
    }
    ask_later(probe, session);
    ask_srm(probe, session);
    probe_ask_levels(probe, session, types, copp_opm_request_name(COPP_QUERY_LOCAL_PROTECTION_LEVEL),
                     copp_opm_request_name(COPP_QUERY_GLOBAL_PROTECTION_LEVEL));
    return types;
}
