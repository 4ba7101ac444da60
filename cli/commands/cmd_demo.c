/* copp demo: a whole session told step by step, with the values that really went by. The story of COPP is here. */
#include <string.h>

#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/encode.h"
#include "cli/recording.h"
#include "cli/report.h"
#include "demo.h"

struct demo_options {
    const char *adapter;
    const char *semantics;
    struct recording_options recording;
};

static const struct option_spec options[] = {
    {.name = "adapter",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct demo_options, adapter),
     .argument = "FILE",
     .help = "the description of the simulated adapter"},
    {.name = "semantics",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct demo_options, semantics),
     .argument = "auto|copp|opm",
     .words = "auto copp opm",
     .help = "which protocol to show: COPP (the default, also\n"
             "for auto), or OPM, its successor, with a player of\n"
             "COPP beside it"},
    RECORD_OPTIONS(struct demo_options, recording),
    {.name = NULL},
};

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

/* Steps 1 to 3: the adapter, KeyExchange, the chain. */

/* The first output with all the protection types that the story needs. */
static const char *choose_output(struct demo *d, uint32_t wanted) {
    const char *name;
    for (size_t i = 0; (name = copp_sim_name(d->host.sim, i)) != NULL; i++) {
        struct link link;
        uint32_t types = 0;
        struct copp_verdict verdict;
        enum copp_result result = link_open(&d->host, name, NULL, &link);
        if (result == COPP_OK)
            result = copp_session_establish(link.session, &verdict);
        if (result == COPP_OK)
            result = copp_session_protection_types(link.session, &types);
        link_close(&link);
        if (result == COPP_OK && (types & wanted) == wanted)
            return name;
    }
    return NULL;
}

static void tell_adapter(struct demo *d) {
    char names[200] = "";
    for (size_t i = 0; i < copp_sim_count(d->host.sim); i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i > 0 ? ", " : "", copp_sim_name(d->host.sim, i));
    steps_step(&d->steps, "A simulated graphics adapter, with keys and certificates made just now");
    steps_fact(&d->steps, "outputs", "%s", names);
    steps_fact(&d->steps, "the story's", "%s", d->output);
}

static bool tell_exchange(struct demo *d) {
    struct copp_verdict verdict;
    steps_step(&d->steps, "KeyExchange: the driver gives a random number and its certificate chain");
    if (!demo_player_open(d, &d->first, "player A", COPP_SEMANTICS_COPP))
        return false;
    enum copp_result result = copp_session_exchange(d->first.session, &verdict);
    demo_fact_hex(d, "random number", d->first.trace.random, COPP_RANDOM_SIZE, "");
    steps_check(&d->steps, result == COPP_OK, "chain", "%zu bytes, %s", d->host.chain_size,
                result == COPP_OK ? "valid under the anchor made just now (CERT-1..13)" : verdict.detail);
    return result == COPP_OK;
}

/* A copy with one letter of the vendor's name changed: what an attacker would hand out. */
static void tell_tampered(struct demo *d, const struct copp_chain *chain) {
    char bytes[COPP_CHAIN_SIZE_MAX + 1] = "";
    struct copp_certificate vendor = {.size = sizeof vendor};
    struct copp_verdict verdict = {.detail = ""};
    size_t size;
    const uint8_t *original = copp_chain_bytes(chain, &size);
    if (copp_chain_certificate(chain, 1, &vendor) != COPP_OK)
        return;
    memcpy(bytes, original, size);
    char *name = strstr(bytes, vendor.manufacturer);
    if (name != NULL)
        ++*name;
    enum copp_result result = copp_chain_validate((const uint8_t *)bytes, size, &d->host.anchor, NULL, &verdict);
    steps_check(&d->steps, result == COPP_E_INVALID, "one letter changed", "refused: certificate %d (%s): %s (%s)",
                verdict.certificate + 1, certificate_role(COLLECTION_CHAIN, verdict.certificate), verdict.detail,
                copp_rule_id(verdict.rule));
}

static void tell_chain(struct demo *d) {
    const struct copp_chain *chain = copp_session_chain(d->first.session);
    struct copp_verdict verdict;
    steps_step(&d->steps, "The chain is what trust hangs on");
    for (size_t i = 0; i < copp_chain_count(chain); i++) {
        struct copp_certificate c = {.size = sizeof c};
        char label[40], digest[2 * COPP_DIGEST_SIZE + 1];
        if (copp_chain_certificate(chain, i, &c) != COPP_OK)
            continue;
        snprintf(label, sizeof label, "certificate %zu", i + 1);
        hex_encode(c.digest, COPP_DIGEST_SIZE, digest);
        steps_fact(&d->steps, label, "%-6s RSA %u, SHA-1 %s", certificate_role(COLLECTION_CHAIN, (int)i),
                   (unsigned)c.subject.modulus_size * 8, digest);
    }
    tell_tampered(d, chain);
    enum copp_result result =
        copp_chain_validate((const uint8_t *)d->host.chain_bytes, d->host.chain_size, copp_anchor_microsoft(), NULL, &verdict);
    steps_check(&d->steps, result == COPP_E_INVALID, "under Microsoft's", "refused: %s (%s)", verdict.detail,
                copp_rule_id(verdict.rule));
}

/* Steps 4 to 6: handshake, queries, HDCP. */

static bool tell_start(struct demo *d) {
    steps_step(&d->steps, "SessionSequenceStart: secrets sealed to the driver's key");
    enum copp_result result = copp_session_start(d->first.session);
    demo_fact_hex(d, "signature", d->first.trace.signature.bytes, 16, "... (256 bytes, form swap40)");
    steps_fact(&d->steps, "inside", "that random number, a session key, two sequence numbers");
    steps_check(&d->steps, result == COPP_OK, "the driver", "%s", copp_hresult_name(d->first.trace.hresult));
    return result == COPP_OK;
}

static bool tell_queries(struct demo *d) {
    struct copp_session *s = d->first.session;
    uint32_t connector, types;
    struct copp_display display;
    struct copp_status_hdcp_key key;
    struct copp_status_output_fields answer;
    char text[96];
    steps_step(&d->steps, "Status queries: every answer is signed, and fresh for its question");
    enum copp_result result = copp_session_connector_type(s, &connector);
    if (result == COPP_OK)
        result = copp_session_protection_types(s, &types);
    if (result == COPP_OK)
        result = copp_session_display(s, &display);
    if (result == COPP_OK)
        result = copp_session_hdcp_key(s, &key);
    steps_check(&d->steps, result == COPP_OK, "queries", "%u, %s", d->first.trace.queries, demo_ok_or(result));
    if (result != COPP_OK)
        return false;
    describe_connector(connector, text, sizeof text);
    steps_fact(&d->steps, "connector", "%s", text);
    describe_types(types, text, sizeof text);
    steps_fact(&d->steps, "offers", "%s", text);
    describe_display(&display, text, sizeof text);
    steps_fact(&d->steps, "signal", "%s", text);
    uint8_t ksv[COPP_KSV_SIZE];
    copp_ksv_from_bksv(key.bksv, ksv);
    demo_fact_hex(d, "display's KSV", ksv, sizeof ksv, copp_ksv_valid(ksv) ? ", 20 ones of 40 bits" : ", not a valid one");
    copp_status_output_decode(&d->first.trace.output, &answer);
    demo_fact_hex(d, "last answer's MAC", answer.mac, COPP_MAC_SIZE, " (OMAC-1)");
    return true;
}

static void tell_hdcp(struct demo *d) {
    struct copp_command_fields command;
    steps_step(&d->steps, "SetProtectionLevel: HDCP on");
    demo_tell_command(d, &d->first, HDCP, COPP_HDCP_ON);
    copp_command_decode(&d->first.trace.command, &command);
    demo_fact_hex(d, "command's MAC", command.mac, COPP_MAC_SIZE, " (OMAC-1)");
    demo_tell_levels(d, &d->first, HDCP, COPP_HDCP_ON, COPP_HDCP_ON);
}

/* Steps 7 to 11: a second session, an unplug, somebody who tampers, a new session. */

static bool tell_second(struct demo *d) {
    struct copp_verdict verdict;
    steps_step(&d->steps, "A second session on the same output raises CGMS-A");
    if (!demo_player_open(d, &d->second, "player B", COPP_SEMANTICS_COPP))
        return false;
    enum copp_result result = copp_session_establish(d->second.session, &verdict);
    steps_check(&d->steps, result == COPP_OK, "handshake", "%s", demo_ok_or(result));
    if (result != COPP_OK)
        return false;
    demo_tell_command(d, &d->second, CGMSA, COPP_CGMSA_COPY_NEVER);
    demo_tell_levels(d, &d->first, CGMSA, COPP_CGMSA_DISABLED, COPP_CGMSA_COPY_NEVER);
    demo_tell_levels(d, &d->second, HDCP, COPP_HDCP_OFF, COPP_HDCP_ON);
    steps_step(&d->steps, "It releases CGMS-A; HDCP stays, for player A still holds it");
    demo_tell_command(d, &d->second, CGMSA, COPP_CGMSA_DISABLED);
    demo_tell_levels(d, &d->first, CGMSA, COPP_CGMSA_DISABLED, COPP_CGMSA_DISABLED);
    demo_tell_levels(d, &d->second, HDCP, COPP_HDCP_OFF, COPP_HDCP_ON);
    return true;
}

static void tell_unplug(struct demo *d) {
    steps_step(&d->steps, "The cable is pulled: each session hears of it once (EVT-1, EVT-2)");
    demo_happen(d, "unplug", "");
    demo_tell_events(d, &d->first, " hears", COPP_STATUS_LINK_LOST);
    demo_tell_events(d, &d->first, " hears then", COPP_STATUS_NORMAL);
    demo_tell_events(d, &d->second, " hears", COPP_STATUS_LINK_LOST);
    demo_tell_events(d, &d->second, " hears then", COPP_STATUS_NORMAL);
    demo_tell_levels(d, &d->first, HDCP, COPP_HDCP_OFF, COPP_HDCP_OFF);
    enum copp_result result = copp_session_set_protection_level(d->first.session, HDCP, COPP_HDCP_ON);
    steps_check(&d->steps, result == COPP_E_LINK_LOST, "player A asks", "HDCP on: not even sent; %s (EVT-4)",
                copp_strerror(result));
}

/* Past the session: what somebody who recorded a message could do. */
static void tell_replay(struct demo *d) {
    struct copp_transport *raw = d->first.trace.inner;
    uint32_t hresult = 0;
    uint32_t type;
    steps_step(&d->steps, "Player A's command is sent once more by somebody else: driver and player A both notice");
    const struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    enum copp_result result = raw->ops->protection_command(raw, &call, &d->first.trace.command, &hresult);
    steps_check(&d->steps, result == COPP_OK && hresult == COPP_HR_INVALIDARG, "replayed",
                "%s: that sequence number is spent (CMD-2)", copp_hresult_name(hresult));
    result = copp_session_connector_type(d->first.session, &type);
    steps_check(&d->steps, result == COPP_E_AUTHENTICATION, "player A asks",
                "%s: the driver has refused more than was sent (BIND-4)", copp_strerror(result));
}

static void tell_again(struct demo *d) {
    struct copp_verdict verdict;
    const struct copp_requirement wanted = {.size = sizeof wanted, .hdcp = COPP_HDCP_ON};
    struct copp_poll watch = {.size = sizeof watch};
    steps_step(&d->steps, "Plugged in again: both leave, and a new session protects what is shown");
    demo_happen(d, "plug", "");
    demo_player_close(&d->first);
    demo_player_close(&d->second);
    if (!demo_player_open(d, &d->third, "player C", COPP_SEMANTICS_COPP))
        return;
    enum copp_result result = copp_session_establish(d->third.session, &verdict);
    steps_check(&d->steps, result == COPP_OK, "handshake", "%s", demo_ok_or(result));
    if (result != COPP_OK)
        return;
    enum copp_stop stop = copp_session_protect(d->third.session, &wanted, embedded_now(&d->host));
    steps_check(&d->steps, stop == COPP_STOP_NONE, "HDCP", "%s", copp_stop_text(stop));
    copp_session_poll(d->third.session, embedded_now(&d->host), &watch);
    steps_check(&d->steps, watch.state == COPP_POLL_PROTECTED, "poll", "%s; again within %u ms (APP-3)",
                copp_stop_text(watch.stop), COPP_POLL_MS);
}

static void tell_end(struct demo *d) {
    struct copp_protection left = {.size = sizeof left};
    const struct copp_connector *connector = copp_sim_connector(d->host.sim, d->output);
    steps_step(&d->steps, "The last session closes: nothing is left in force (EVT-5, ARB-4)");
    demo_player_close(&d->third);
    copp_connector_protection(connector, &left);
    steps_check(&d->steps, left.hdcp == 0 && left.acp == 0 && left.cgmsa == 0 && copp_connector_devices(connector) == 0,
                d->output, "HDCP %s, CGMS-A %s, %zu devices open", copp_level_name(HDCP, left.hdcp),
                copp_level_name(CGMSA, left.cgmsa), copp_connector_devices(connector));
}

static void tell_copp(struct demo *d) {
    tell_adapter(d);
    if (!tell_exchange(d))
        return;
    tell_chain(d);
    if (!tell_start(d) || !tell_queries(d))
        return;
    tell_hdcp(d);
    if (!tell_second(d))
        return;
    tell_unplug(d);
    tell_replay(d);
    tell_again(d);
    tell_end(d);
}

/* What the two stories need. OPM's has a player of COPP too. */
static const struct demo_kind {
    unsigned chains;
    uint32_t types;
    const char *needs;
    void (*tell)(struct demo *d);
} kind_copp = {EMBEDDED_COPP, HDCP | CGMSA, "HDCP and CGMS-A", tell_copp},
  kind_opm = {EMBEDDED_COPP | EMBEDDED_OPM, COPP_PROTECTION_TYPE_OPM_HDCP | COPP_PROTECTION_TYPE_ENFORCEMENT,
              "HDCP, and opm = type1", demo_tell_opm};

static int run(const struct invocation *in) {
    const struct demo_options *o = in->options;
    const bool opm = o->semantics != NULL && strcmp(o->semantics, "opm") == 0;
    const struct demo_kind *kind = opm ? &kind_opm : &kind_copp;
    struct demo d = {.output = NULL};
    struct recorder *recorder;
    int status = recording_open(in, &o->recording, true, &recorder);
    if (status == STATUS_YES)
        status = embedded_open(in, o->adapter, NULL, false, kind->chains, &d.host);
    if (status == STATUS_YES && opm)
        status = embedded_keep_lists(in, &d.host, NULL, 0);
    if (status == STATUS_YES) {
        d.output = choose_output(&d, kind->types);
        if (d.output == NULL)
            status = fail(in, STATUS_UNKNOWN, o->adapter, "the demonstration needs an output with %s", kind->needs);
    }
    d.host.recorder = recorder; /* what chose the output is not part of the story */
    if (status == STATUS_YES) {
        steps_begin(&d.steps, in);
        kind->tell(&d);
        status = steps_end(&d.steps);
    }
    demo_player_close(&d.first);
    demo_player_close(&d.second);
    demo_player_close(&d.third);
    embedded_close(&d.host);
    recorder_close(&recorder);
    return status;
}

const struct command command_demo = {
    .name = "demo",
    .operands = "",
    .operands_max = 0,
    .summary = "Show a whole COPP or OPM session step by step, with real values",
    .details = "",
    .options = options,
    .options_size = sizeof(struct demo_options),
    .json_lines = true,
    .run = run,
};
