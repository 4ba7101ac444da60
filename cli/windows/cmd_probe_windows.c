/* copp probe: whether this machine's own driver can be protected through, and where it fails if not (CERT, SES, QRY). */
#include <stdlib.h>
#include <string.h>

#include <objbase.h>

#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/io.h"
#include "cli/keys.h"
#include "cli/remote.h"
#include "cli/report.h"
#include "cli/revocation.h"
#include "cli/signals.h"
#include "cli/table.h"
#include "cli/why.h"
#include "cli/windows/probe.h"
#include "cli/windows/windows_driver.h"

#define ANCHOR_MAX 65536u /* bytes */

struct probe_options {
    const char *anchor;
    struct revocation_options revocation;
    bool set;
};

static const struct option_spec options[] = {
    {.name = "anchor",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct probe_options, anchor),
     .argument = "FILE",
     .help = "the trust anchor: a PEM public key or a base64\n"
             "modulus for COPP, a certificate for OPM (default:\n"
             "Microsoft's anchors)"},
    CRL_OPTION(struct probe_options, revocation),
    {.name = "set",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct probe_options, set),
     .help = "switch HDCP on and off again; without this\nnothing is changed"},
    {.name = NULL},
};

/* --- a session's steps --- */

static void ask_signaling(struct probe *probe, struct copp_session *session) {
    struct copp_status_signaling signaling;
    enum copp_result result = copp_session_signaling(session, &signaling);
    if (probe_refused_with(session, result, COPP_HR_OPM_SIGNALING_NOT_SUPPORTED))
        probe_add_good(probe, "QuerySignaling", "no TV signal"); /* OPM-DDI-6 */
    else if (probe_succeeded(probe, "QuerySignaling", result, session))
        probe_add_good(probe, "QuerySignaling", copp_tv_standard_name(signaling.active_standard));
}

static void ask_receiver(struct probe *probe, struct copp_session *session) {
    struct copp_status_hdcp_key key;
    uint8_t ksv[COPP_KSV_SIZE];
    char text[64];
    enum copp_result result = copp_session_hdcp_key(session, &key);
    if (probe_refused_with(session, result, COPP_HR_INVALIDARG) || probe_refused_with(session, result, COPP_HR_OPM_NO_HDCP)) {
        probe_add_good(probe, "QueryHDCPKeyData", "no receiver"); /* QRY-6, OPM-DDI-6 */
        return;
    }
    if (!probe_succeeded(probe, "QueryHDCPKeyData", result, session))
        return;
    copp_ksv_from_bksv(key.bksv, ksv);
    (void)snprintf(text, sizeof text, "KSV %02x%02x%02x%02x%02x%s%s", ksv[0], ksv[1], ksv[2], ksv[3], ksv[4],
                   copp_ksv_valid(ksv) ? "" : ", which is not valid", key.hdcp_flags & COPP_HDCP_REPEATER ? ", a repeater" : "");
    probe_add_good(probe, "QueryHDCPKeyData", text);
}

/* Every query there is; answers the protection types. */
static uint32_t ask(struct probe *probe, struct copp_session *session) {
    char text[128];
    uint32_t value = 0;
    struct copp_display display;
    if (probe_succeeded(probe, "QueryConnectorType", copp_session_connector_type(session, &value), session)) {
        describe_connector(value, text, sizeof text);
        probe_add_good(probe, "QueryConnectorType", text);
    }
    uint32_t types = probe_ask_types(probe, session, "QueryProtectionType");
    if (probe_succeeded(probe, "QueryBusData", copp_session_bus_type(session, &value), session))
        probe_add_good(probe, "QueryBusData", copp_bus_type_name(value & ~COPP_BUS_INTEGRATED));
    if (probe_succeeded(probe, "QueryDisplayData", copp_session_display(session, &display), session)) {
        describe_display(&display, text, sizeof text);
        probe_add_good(probe, "QueryDisplayData", text);
    }
    ask_signaling(probe, session);
    probe_ask_levels(probe, session, types, "QueryLocalProtectionLevel", "QueryGlobalProtectionLevel");
    if (types & COPP_PROTECTION_TYPE_HDCP)
        ask_receiver(probe, session);
    return types;
}

/* "KeyExchange" by the name that the interface at hand has for it. */
static const char *named(const struct probe *probe, const char *copp, const char *opm) {
    return probe->opm ? opm : copp;
}

static void run_session(struct probe *probe, struct copp_session *session) {
    const struct probe_options *o = probe->in->options;
    const char *exchange = named(probe, "KeyExchange", "StartInitialization");
    const char *start = named(probe, "SessionSequenceStart", "FinishInitialization");
    struct copp_verdict verdict;
    enum copp_result result = copp_session_exchange(session, &verdict);
    if (result == COPP_E_INVALID || result == COPP_E_REVOKED) {
        probe_add_good(probe, exchange, "a certificate chain");
        probe_add_failed(probe, "validate the chain", verdict.rule,
                         verdict.rule == COPP_RULE_CERT_12 || verdict.rule == COPP_RULE_OPM_CERT_4
                             ? "leads to another anchor: name a test driver's with --anchor"
                             : verdict.detail);
        return;
    }
    if (!probe_succeeded(probe, exchange, result, session))
        return;
    probe_add_good(probe, exchange, "a certificate chain");
    probe_add_good(probe, "validate the chain",
                   probe->given[probe->opm] ? "leads to the given anchor" : "leads to Microsoft's anchor");
    if (!probe_succeeded(probe, start, copp_session_start(session), session))
        return;
    probe_add_good(probe, start, "accepted");
    uint32_t types = probe->opm ? probe_ask_opm(probe, session) : ask(probe, session);
    if (o->set && !probe_interrupted(probe))
        probe_try_hdcp(probe, session, types, named(probe, "SetProtectionLevel", "OPM_SET_PROTECTION_LEVEL"));
}

static void begin_path(struct probe *probe, const char *monitor, const char *path) {
    probe->monitor = monitor;
    probe->path = path;
    probe->opm = false;
    probe->steps = json_array();
    probe->path_good = true;
}

static void end_path(struct probe *probe) {
    probe->good = probe->good || probe->path_good;
    json_array_append_new(probe->paths, json_pack("{so ss sb so}", "monitor", json_text(probe->monitor), "path", probe->path,
                                                  "ok", probe->path_good, "steps", probe->steps));
}

/* Takes the transport over. */
static void run_transport(struct probe *probe, struct copp_transport *transport) {
    const struct copp_session_config config = {.size = sizeof config,
                                               .anchor = probe->opm ? NULL : &probe->anchor,
                                               .opm_anchor = probe->opm ? &probe->opm_anchor : NULL,
                                               .lists = &probe->revocation.lists,
                                               .log = why_log(),
                                               .binding = remote_binding};
    struct copp_session *session = NULL;
    enum copp_result result = copp_session_new(&config, transport, &session);
    if (result == COPP_OK)
        run_session(probe, session);
    else
        probe_add_failed(probe, "begin", COPP_RULE_NONE, copp_strerror(result));
    copp_session_free(&session);
    copp_transport_free(&transport);
}

/* Through IOPMVideoOutput, under either semantics: an output at a time. */
static void try_opm(struct probe *probe, const struct monitor *monitor, bool opm) {
    size_t there = 0;
    size_t i = 0;
    do {
        struct copp_transport *transport;
        const char *step;
        HRESULT hr = opm_open(monitor->handle, opm, i, &transport, &there, &step);
        begin_path(probe, monitor->name, opm ? "OPM" : "COPP");
        probe->opm = opm;
        if (FAILED(hr))
            probe_add_refused(probe, step, (uint32_t)hr);
        else if (transport)
            run_transport(probe, transport);
        else
            probe_add_failed(probe, step, COPP_RULE_NONE,
                             there == 0 ? "the monitor has no outputs" : "an output has disappeared");
        end_path(probe);
        i++;
    } while (i < there && !probe_interrupted(probe));
}

static void try_renderer(struct probe *probe, const struct monitor *monitor, bool vmr9) {
    struct copp_transport *transport;
    const char *step;
    begin_path(probe, monitor->name, vmr9 ? "VMR-9" : "VMR-7");
    HRESULT hr = renderer_open(monitor, vmr9, &transport, &step);
    if (FAILED(hr))
        probe_add_refused(probe, step, (uint32_t)hr);
    else
        run_transport(probe, transport);
    end_path(probe);
}

static void try_monitor(struct probe *probe, const struct monitor *monitor) {
    for (int opm = 1; opm >= 0 && monitor->handle && !probe_interrupted(probe); opm--)
        try_opm(probe, monitor, opm);
    for (int vmr9 = 1; vmr9 >= 0 && !probe_interrupted(probe); vmr9--)
        try_renderer(probe, monitor, vmr9);
}

static int report(struct probe *probe) {
    int status = probe->good ? STATUS_YES : STATUS_NO;
    if (probe->in->json)
        return print_json(json_pack("{sb sO}", "ok", probe->good, "paths", probe->paths)) == STATUS_YES ? status : STATUS_UNKNOWN;
    return table_print(&probe->table) ? status : fail_result(probe->in, NULL, COPP_E_MEMORY);
}

/* A file holds a certificate, and is OPM's anchor, or a key, and is COPP's; the other one stays Microsoft's. */
static int choose_anchors(struct probe *probe, const char *name) {
    struct blob file;
    probe->opm_anchor = *copp_opm_anchor_microsoft();
    if (!name || strcmp(name, "microsoft") == 0)
        return read_anchor(probe->in, NULL, &probe->anchor);
    int status = read_file(probe->in, name, ANCHOR_MAX, &file);
    if (status != STATUS_YES)
        return status;
    struct copp_opm_anchor opm = {.size = sizeof opm};
    bool certificate = copp_opm_anchor_read(file.bytes, file.size, &opm) == COPP_OK;
    blob_free(&file);
    probe->given[certificate] = true;
    if (certificate)
        probe->opm_anchor = opm;
    return read_anchor(probe->in, certificate ? NULL : name, &probe->anchor);
}

static int run(const struct invocation *in) {
    static const char *const head[] = {"MONITOR", "PATH", "STEP", "RESULT"};
    const struct probe_options *o = in->options;
    struct probe probe = {.in = in, .table = {.columns = 4}};
    struct monitor monitors[MONITORS_MAX];
    int status = choose_anchors(&probe, o->anchor);
    if (status == STATUS_YES)
        status = revocation_open(in, &o->revocation, &probe.anchor, RECEIVERS_NONE, &probe.revocation);
    if (status != STATUS_YES) {
        revocation_close(&probe.revocation);
        return status;
    }
    if (!signals_open(&probe.signals) || FAILED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED)))
        return fail(in, STATUS_UNKNOWN, NULL, "neither COM nor the console can be used");
    probe.paths = json_array();
    for (size_t i = 0; i < 4; i++)
        table_add(&probe.table, head[i]);
    size_t count = monitors_list(monitors);
    for (size_t i = 0; i < count && !probe_interrupted(&probe); i++)
        try_monitor(&probe, &monitors[i]);
    if (count == 0) /* what the renderers say to that */
        try_monitor(&probe, &(struct monitor){.name = "none"});
    status = report(&probe);
    if (probe_interrupted(&probe)) {
        complain("interrupted: what is not shown has not been tried");
        status = STATUS_UNKNOWN;
    }
    json_decref(probe.paths);
    revocation_close(&probe.revocation);
    table_free(&probe.table);
    CoUninitialize();
    (void)fflush(stdout);
    signals_close(&probe.signals);
    return status;
}

const struct command command_probe = {
    .name = "probe",
    .operands = "",
    .summary = "Find out where this machine's output protection fails",
    .details = "Opens the driver of every monitor through IOPMVideoOutput with OPM and with\n"
               "COPP semantics, VMR-9 and VMR-7,\n"
               "validates its chain, starts a session and asks every query. Exit\n"
               "status 0: every step of one way succeeded; 1: each way fails somewhere.",
    .options = options,
    .options_size = sizeof(struct probe_options),
    .run = run,
};
