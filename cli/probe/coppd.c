#include "coppd.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cli/receivers/receivers.h"
#include "cli/remote_socket.h"
#include "cli/report.h"
#include "common/clock.h"

#define RECEIVER_WAIT_MS 1000u /* coppd begins to read when somebody asks */
#define RECEIVER_LOOK_MS 50

struct probe {
    struct invocation in; /* the command's, whose errors become findings */
    struct error_note note;
    struct adapter adapter;
    struct adapter_options options;
    struct findings *findings;
    struct probe_outputs *outputs;
    bool set;
};

static void add_note(struct probe *probe, enum finding state, const char *check) {
    findings_add(probe->findings, state, check, probe->note.remedy[0] ? probe->note.remedy : NULL, "%s", probe->note.text);
}

/* Put back whatever becomes of the first command; the driver's answer is that one's. Whether it was switched on. */
static bool switch_hdcp(struct probe *probe, struct copp_session *session) {
    enum copp_result on = copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_ON);
    uint32_t hresult = copp_session_hresult(session);
    enum copp_result off = copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_OFF);
    if (on)
        findings_add(probe->findings, FINDING_BAD, "switching HDCP on",
                     "see coppd's log (journalctl -u coppd) for the driver's reason", "%s",
                     on == COPP_E_REFUSED ? copp_hresult_name(hresult) : copp_strerror(on));
    else
        findings_add(probe->findings, FINDING_GOOD, "switching HDCP on", NULL, "in force");
    if (!on && off)
        findings_add(probe->findings, FINDING_BAD, "switching HDCP off", "see coppd's log (journalctl -u coppd)", "%s",
                     copp_strerror(off));
    return !on;
}

/* What coppd tells of its receivers, of which nobody vouches for a word. */
static bool ask_row(struct probe *probe, const char *name, struct receiver_row *row) {
    struct receiver_rows rows = {.count = 0};
    struct error_note note = {.text = ""};
    struct invocation quiet = probe->in;
    bool found = false;
    quiet.note = &note;
    if (receivers_ask(&quiet, &probe->options, &rows) == STATUS_YES) {
        for (size_t i = 0; !found && i < rows.count; i++) {
            *row = rows.rows[i];
            found = strcmp(row->output.name, name) == 0;
        }
    }
    receiver_rows_free(&rows);
    return found;
}

/* It was read, and can be relied on: a session is told as soon as it is read again. */
static bool will_be_named(const struct receiver_row *row) {
    return row->output.receiver == COPP_SOCKET_RECEIVER_READ && (row->output.receiver_flags & COPP_SOCKET_RECEIVER_KSV_VALID) &&
           !(row->output.receiver_flags & COPP_SOCKET_RECEIVER_HDCP2);
}

static void add_unnamed(struct probe *probe, const struct receiver_row *row) {
    static const char unnamed[] = "play with --unnamed-receiver if the licence allows it";
    char remedy[384];
    const char *error = row ? receiver_row_error(row) : "";
    (void)snprintf(remedy, sizeof remedy, "%s%s%s", row ? receiver_row_remedy(row) : "", error[0] ? "; or " : "", unnamed);
    if (error[0])
        findings_add(probe->findings, FINDING_NOTE, "receiver", remedy, "not known: the receiver %s (QRY-6)", error);
    else if (row && row->output.receiver_flags & COPP_SOCKET_RECEIVER_HDCP2)
        findings_add(probe->findings, FINDING_NOTE, "receiver", unnamed,
                     "not known: it supports HDCP 2.x, and the driver does not report which version is in force (QRY-6)");
    else
        findings_add(probe->findings, FINDING_NOTE, "receiver", unnamed,
                     "not known: repeaters and revoked receivers cannot be refused (QRY-6)");
}

static void find_receiver(struct probe *probe, struct copp_session *session, const char *name) {
    struct copp_status_hdcp_key key;
    struct receiver_row row;
    uint8_t ksv[COPP_KSV_SIZE];
    uint64_t deadline_ms = clock_ms() + RECEIVER_WAIT_MS;
    enum copp_result result = copp_session_hdcp_key(session, &key);
    bool told = result && ask_row(probe, name, &row);
    while (result && told && will_be_named(&row) && clock_ms() < deadline_ms) {
        (void)poll(NULL, 0, RECEIVER_LOOK_MS);
        result = copp_session_hdcp_key(session, &key);
    }
    if (result) {
        add_unnamed(probe, told ? &row : NULL);
        return;
    }
    copp_ksv_from_bksv(key.bksv, ksv);
    bool valid = copp_ksv_valid(ksv);
    bool repeater = key.hdcp_flags & COPP_HDCP_REPEATER;
    const char *remedy = !valid     ? "try another display: this one is not an HDCP receiver"
                         : repeater ? "connect the display directly, or play by OPM: copp protect --semantics opm"
                                    : NULL;
    findings_add(probe->findings,
                 !valid     ? FINDING_BAD
                 : repeater ? FINDING_NOTE
                            : FINDING_GOOD,
                 "receiver", remedy, "KSV %02x%02x%02x%02x%02x%s", ksv[0], ksv[1], ksv[2], ksv[3], ksv[4],
                 repeater ? ", a repeater, which sessions of COPP refuse (APP-1)" : "");
}

/* A panel of a kind that COPP does not know is one by the kernel's name for it: "card0-DSI-1", under X "DSI-1". */
static bool is_panel(uint32_t type, const char *name) {
    static const char *const kinds[] = {"DSI-", "DPI-", "SPI-"};
    const char *kind = strncmp(name, "card", 4) == 0 && strchr(name, '-') ? strchr(name, '-') + 1 : name;
    if (type != COPP_CONNECTOR_UNKNOWN)
        return type & COPP_CONNECTOR_INTERNAL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strncmp(kind, kinds[i], strlen(kinds[i])) == 0)
            return true;
    }
    return false;
}

/* Where a connector cannot have it, no driver and no master can help. */
static void add_not_offered(struct probe *probe, const struct link *link, const struct output *output) {
    uint32_t type = COPP_CONNECTOR_UNKNOWN;
    if (copp_session_connector_type(link->session, &type))
        type = COPP_CONNECTOR_UNKNOWN;
    bool analog = type == COPP_CONNECTOR_VGA || type == COPP_CONNECTOR_SVIDEO || type == COPP_CONNECTOR_COMPOSITE ||
                  type == COPP_CONNECTOR_COMPONENT || type == COPP_CONNECTOR_D_JPN;
    if (is_panel(type, output->name))
        findings_add(probe->findings, FINDING_NOTE, "HDCP", NULL, "not offered (QRY-6): a panel inside needs none (APP-4)");
    else
        findings_add(probe->findings, output->plugged ? FINDING_BAD : FINDING_NOTE, "HDCP",
                     analog
                         ? "use HDMI, DVI or DisplayPort: an analog connector cannot have HDCP"
                         : "use another connector, or another driver: this one has no Content Protection here; under X also try "
                           "backend = kms in coppd.conf, and lend the X server's card: copp lend",
                     "not offered (QRY-6)");
}

/* What the driver says under its MAC goes before what was in the list (BIND-6). */
static void ask(struct probe *probe, const struct link *link, struct output *output, bool *protects) {
    uint32_t types = 0;
    enum copp_result result = copp_session_protection_types(link->session, &types);
    adapter_confirm(link, output);
    if (result) {
        findings_add(probe->findings, FINDING_BAD, "HDCP", "see coppd's log (journalctl -u coppd)", "%s", copp_strerror(result));
        return;
    }
    if (!(types & COPP_PROTECTION_TYPE_HDCP)) {
        add_not_offered(probe, link, output);
        return;
    }
    findings_add(probe->findings, FINDING_GOOD, "HDCP", NULL, "offered");
    if (!output->plugged)
        return;
    find_receiver(probe, link->session, output->name);
    bool switched = !probe->set || switch_hdcp(probe, link->session);
    *protects = output->real && switched;
}

static void try_session(struct probe *probe, struct output *output, bool *protects) {
    struct link link = {.transport = NULL};
    probe->note = (struct error_note){.text = ""};
    if (adapter_refuses(&probe->adapter, output->name)) {
        bool opm = remote_socket_try(&probe->adapter, output->name, COPP_SEMANTICS_OPM) == COPP_OK;
        findings_add(probe->findings, FINDING_BAD, "session",
                     opm ? "extend the desktop instead of cloning it, or play by OPM: copp protect --semantics opm"
                         : "extend the desktop instead of cloning it",
                     "COPP is refused in clone mode (ARB-6)%s", opm ? "; OPM is not (OPM-OUT-6)" : "");
    } else if (adapter_establish(&probe->in, &probe->adapter, output->name, &link) != STATUS_YES) {
        add_note(probe, FINDING_BAD, "session");
    } else {
        findings_add(probe->findings, FINDING_GOOD, "session", NULL, "the driver's chain leads to the anchor");
        ask(probe, &link, output, protects);
    }
    link_close(&link);
}

static void find_output(struct probe *probe, const char *name) {
    struct output output;
    struct probe_outputs *all = probe->outputs;
    char where[COPP_CONNECTOR_NAME_SIZE + 16];
    if (all->count == PROBE_OUTPUTS_MAX)
        return;
    (void)snprintf(all->list[all->count].name, sizeof all->list[0].name, "%s", name);
    adapter_look(&probe->adapter, name, &output);
    (void)snprintf(where, sizeof where, "coppd: %s", name);
    findings_at(probe->findings, where);
    if (!output.real)
        findings_add(probe->findings, FINDING_BAD, "output", "set backend = auto in coppd.conf", "simulated: protects nothing");
    else
        findings_add(probe->findings, FINDING_NOTE, "output", NULL, "%s",
                     output.plugged ? "a display is plugged in" : "unplugged");
    try_session(probe, &output, &all->list[all->count++].protects);
}

/* Whether there is somebody to ask. */
static enum coppd_answer find_socket(struct probe *probe) {
    struct copp_socket *connection = NULL;
    enum copp_result result = remote_socket_connect(&probe->adapter, &connection);
    if (result == COPP_E_NOT_FOUND) {
        findings_add(probe->findings, FINDING_BAD, "socket", "start coppd: systemctl start coppd.socket, or coppd --config FILE",
                     "%s: no coppd listens there", probe->adapter.path);
        return COPPD_FAILS;
    }
    if (result)
        (void)remote_socket_fail(&probe->in, &probe->adapter, connection, result);
    bool answers = !result && remote_outputs(&probe->in, &probe->adapter) == STATUS_YES;
    copp_socket_close(&connection);
    if (!answers)
        add_note(probe, FINDING_UNKNOWN, "socket");
    return answers ? COPPD_PROTECTS : COPPD_UNKNOWN;
}

/* A mode in which no device can be opened says nothing against the protocol: without its chain and key that would have been the answer. */
static bool is_served(enum copp_result result) {
    return !result || result == COPP_E_UNSUPPORTED_MODE;
}

static void find_semantics(struct probe *probe, const char *output) {
    enum copp_result opm = remote_socket_try(&probe->adapter, output, COPP_SEMANTICS_OPM);
    enum copp_result copp = remote_socket_try(&probe->adapter, output, COPP_SEMANTICS_COPP);
    if (opm == COPP_E_UNSUPPORTED && is_served(copp))
        findings_add(probe->findings, FINDING_NOTE, "protocols", "give coppd a chain and key for OPM: opm_chain in coppd.conf",
                     "COPP alone: players that speak OPM are not served (OPM-OUT-4)");
    else if (is_served(opm) && is_served(copp))
        findings_add(probe->findings, FINDING_GOOD, "protocols", NULL, "COPP and OPM");
    else
        findings_add(probe->findings, FINDING_UNKNOWN, "protocols", "see coppd's log (journalctl -u coppd)", "%s",
                     copp_strerror(is_served(opm) ? copp : opm));
}

/* As far as it goes without opening a session. */
static enum coppd_answer find_coppd(struct probe *probe, const struct adapter_options *options) {
    enum coppd_answer answer = find_socket(probe);
    if (answer != COPPD_PROTECTS)
        return answer;
    findings_add(probe->findings, FINDING_GOOD, "socket", NULL, "answers at %s", probe->adapter.path);
    if (probe->adapter.count)
        findings_add(probe->findings, FINDING_GOOD, "outputs", NULL, "%zu", probe->adapter.count);
    else
        findings_add(probe->findings, FINDING_BAD, "outputs", "see coppd's log (journalctl -u coppd) for what it waits for",
                     "none yet");
    if (probe->adapter.count)
        find_semantics(probe, adapter_output(&probe->adapter, 0));
    if (adapter_trust(&probe->in, options, &probe->adapter) != STATUS_YES) {
        add_note(probe, FINDING_UNKNOWN, "anchor and revocation lists");
        return COPPD_UNKNOWN;
    }
    findings_add(probe->findings, FINDING_GOOD, "anchor and revocation lists", NULL, "read");
    return COPPD_PROTECTS;
}

bool probe_protects(const struct probe_outputs *outputs) {
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->list[i].protects)
            return true;
    }
    return false;
}

enum coppd_answer probe_coppd(const struct invocation *in, const struct adapter_options *options, bool set,
                              struct findings *findings, struct probe_outputs *outputs) {
    struct probe probe = {.in = *in, .options = *options, .findings = findings, .outputs = outputs, .set = set};
    const char *name;
    size_t index = 0;
    probe.in.note = &probe.note;
    enum coppd_answer answer = COPPD_UNKNOWN;
    findings_at(findings, "coppd");
    if (adapter_find(&probe.in, options, false, &probe.adapter) != STATUS_YES)
        add_note(&probe, FINDING_UNKNOWN, "socket");
    else if (!probe.adapter.path)
        findings_add(findings, FINDING_UNKNOWN, "socket", "name coppd's socket with --device, or unset COPP_DEVICE",
                     "the simulated adapter is named, which protects nothing");
    else
        answer = find_coppd(&probe, options);
    if (answer == COPPD_PROTECTS) {
        while ((name = adapter_output(&probe.adapter, index++)) != NULL)
            find_output(&probe, name);
        answer = probe_protects(outputs) ? COPPD_PROTECTS : COPPD_FAILS;
    }
    adapter_close(&probe.adapter);
    return answer;
}
