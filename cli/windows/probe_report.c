/* copp probe: what it reports of each step, and what an HRESULT means. */
#include <stdio.h>

#include "cli/report.h"
#include "cli/windows/probe.h"

bool probe_interrupted(struct probe *probe) {
    bool suspend;
    probe->interrupted = probe->interrupted || signals_take(&probe->signals, &suspend) != 0;
    return probe->interrupted;
}

/* What an HRESULT says about the machine, to somebody whose protected playback does not work. */
static const char *meaning(uint32_t hresult) {
    static const struct {
        uint32_t hresult;
        const char *text;
    } meanings[] = {
        {0x80004001, "the system lacks this function: there is no output protection here"},
        {0x80004003, "a bug in the driver: it takes a pointer for missing"},
        {0x80004005, "the system gives no reason: is there a display?"},
        {0x80040154, "this renderer is not installed"},
        {0x8004029B, "the driver has no COPP, or the renderer shows nothing"},
        {0x80070005, "access denied: a remote or locked session?"},
        {0x80070057, "the driver does not know the request, or has no receiver to report"},
        {0x8007007E, "the file is not there"},
        {0x8007007F, "the file is too old: it lacks the function"},
        {0x887601E0, "the resolution is too high for the protection"},
        {0x8876024E, "clone mode: extend the desktop instead"},
        {0x8000FFFF, "the driver refuses: a wrong order, key or MAC, or the link does not come up"},
        {0x80004002, "the system's interface is another one"},
        {0xC0262500, "the driver has no OPM, or no output protection for this monitor"},
        {0xC0262501, "the driver has no COPP"},
        {0xC0262503, "the driver does not accept the handshake"},
        {0xC0262505, "the display device has no output that could be protected"},
        {0xC026250B, "something in the driver has failed"},
        {0xC026250E, "the driver contradicts itself about its certificate's length"},
        {0xC026250F, "one picture on several connectors: extend the desktop instead"},
        {0xC0262510, "theatre mode: switch it off"},
        {0xC0262511, "the driver has found its hardware changed, or itself tampered with"},
        {0xC0262512, "the driver does not accept the revocation list"},
        {0xC0262513, "the connector or the display has no HDCP"},
        {0xC0262514, "the connector has no ACP"},
        {0xC0262515, "the connector has no CGMS-A"},
        {0xC0262516, "the driver was given no revocation list"},
        {0xC0262517, "the resolution is too high for the protection"},
        {0xC0262518, "other displays use all that the adapter has for HDCP: switch one off"},
        {0xC026251A, "the output is gone: a user switch, a locked session, or another display mode"},
        {0xC026251B, "the session is just being switched: try again"},
        {0xC026251C, "the driver took the output for one of OPM"},
        {0xC026251E, "the driver has failed, or the link does not come up, or a revoked device is attached"},
        {0xC026251F, "the driver took the output for one of COPP"},
        {0xC0262520, "the connector carries no TV signal"},
        {0xC026251D, "the driver does not know the query"},
        {0xC0262521, "the driver does not accept the command, or the link does not come up"},
        {0xC02625E0, "a remote session: only the console's can be protected"},
        {0xC02625E1, "the display device is not there any more"},
        {0xC02625E2, "the display is not part of the desktop"},
        {0xC02625E3, "a mirror driver: what it copies cannot be protected"},
        {0xC02605E8, "the session is just being switched: try again"},
        {0xC02625E5, "no monitor belongs to the display device: a virtual or remote display?"},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].hresult == hresult)
            return meanings[i].text;
    }
    return copp_hresult_name(hresult);
}

static void add(struct probe *probe, const char *step, const char *result, json_t *json) {
    bool first = json_array_size(probe->steps) == 0;
    table_add(&probe->table, first ? probe->monitor : "");
    table_add(&probe->table, first ? probe->path : "");
    table_add(&probe->table, step);
    table_add(&probe->table, result);
    json_array_append_new(probe->steps, json);
}

void probe_add_good(struct probe *probe, const char *step, const char *answer) {
    add(probe, step, answer, json_pack("{ss sb ss}", "step", step, "ok", 1, "answer", answer));
}

void probe_add_refused(struct probe *probe, const char *step, uint32_t hresult) {
    char code[16];
    char text[160];
    (void)snprintf(code, sizeof code, "0x%08X", (unsigned)hresult);
    (void)snprintf(text, sizeof text, "%s: %s", code, meaning(hresult));
    probe->path_good = false;
    add(probe, step, text, json_pack("{ss sb ss ss}", "step", step, "ok", 0, "hresult", code, "meaning", meaning(hresult)));
}

void probe_add_failed(struct probe *probe, const char *step, enum copp_rule rule, const char *why) {
    char text[160];
    (void)snprintf(text, sizeof text, rule ? "%s (%s)" : "%s", why, copp_rule_id(rule));
    probe->path_good = false;
    add(probe, step, text, json_pack("{ss sb so ss}", "step", step, "ok", 0, "rule", json_rule(rule), "meaning", why));
}

bool probe_succeeded(struct probe *probe, const char *step, enum copp_result result, const struct copp_session *session) {
    if (result == COPP_OK)
        return true;
    if (result == COPP_E_REFUSED)
        probe_add_refused(probe, step, copp_session_hresult(session));
    else
        probe_add_failed(probe, step, COPP_RULE_NONE, copp_strerror(result));
    return false;
}

bool probe_refused_with(const struct copp_session *session, enum copp_result result, uint32_t hresult) {
    return result == COPP_E_REFUSED && copp_session_hresult(session) == hresult;
}
