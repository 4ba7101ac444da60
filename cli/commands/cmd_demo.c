/* copp demo: a whole COPP session told step by step, with the values that really went by. */
#include <string.h>

#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/embedded.h"
#include "cli/encode.h"
#include "cli/report.h"
#include "steps.h"
#include "trace.h"

struct demo_options {
    const char *adapter;
};

static const struct option_spec options[] = {
    {.name = "adapter",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct demo_options, adapter),
     .argument = "FILE",
     .help = "the description of the simulated adapter"},
    {.name = NULL},
};

/* One application: its session, and what goes by between it and the driver. */
struct player {
    const char *name;
    struct trace trace;
    struct copp_session *session;
};

struct demo {
    struct steps steps;
    struct embedded host;
    const char *output;
    struct player first;
    struct player second;
    struct player third;
};

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

static const char *ok_or(enum copp_result result) {
    return result == COPP_OK ? "done" : copp_strerror(result);
}

static void fact_hex(struct demo *d, const char *label, const uint8_t *bytes, size_t size, const char *rest) {
    char text[65];
    hex_encode(bytes, size, text);
    steps_fact(&d->steps, label, "%s%s", text, rest);
}

static bool player_open(struct demo *d, struct player *p, const char *name) {
    struct copp_transport *local = NULL;
    struct copp_connector *connector = copp_sim_connector(d->host.sim, d->output);
    const struct copp_session_config config = {
        .size = sizeof config, .anchor = &d->host.anchor, .connector = copp_connector_name(connector)};
    enum copp_result result = copp_local_transport_open(connector, &d->host.pump, &local);
    p->name = name;
    trace_init(&p->trace, local);
    if (result == COPP_OK)
        result = copp_session_new(&config, &p->trace.transport, &p->session);
    steps_check(&d->steps, result == COPP_OK, name, "opens a device on %s: %s", d->output, ok_or(result));
    return result == COPP_OK;
}

static void player_close(struct player *p) {
    struct copp_transport *transport = &p->trace.transport;
    copp_session_free(&p->session);
    if (transport->ops != NULL)
        copp_transport_free(&transport);
    p->trace = (struct trace){.inner = NULL};
}

/* Steps 1 to 3: the adapter, KeyExchange, the chain. */

/* The first output with both kinds of protection that the story needs. */
static const char *choose_output(struct demo *d) {
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
        if (result == COPP_OK && (types & (HDCP | CGMSA)) == (HDCP | CGMSA))
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
    if (!player_open(d, &d->first, "player A"))
        return false;
    enum copp_result result = copp_session_exchange(d->first.session, &verdict);
    fact_hex(d, "random number", d->first.trace.random, COPP_RANDOM_SIZE, "");
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
    fact_hex(d, "signature", d->first.trace.signature.bytes, 16, "... (256 bytes, form swap40)");
    steps_fact(&d->steps, "inside", "that random number, a session key, two sequence numbers");
    steps_check(&d->steps, result == COPP_OK, "the driver", "%s", copp_hresult_name(d->first.trace.hresult));
    return result == COPP_OK;
}

/* Both levels of a type as a session sees them. */
static void tell_levels(struct demo *d, struct player *p, uint32_t type, uint32_t local_wanted, uint32_t global_wanted) {
    uint32_t local = 0, global = 0;
    char label[48], local_name[64], global_name[64];
    enum copp_result result = copp_session_local_level(p->session, type, &local);
    if (result == COPP_OK)
        result = copp_session_global_level(p->session, type, &global);
    describe_level(type, local, local_name, sizeof local_name);
    describe_level(type, global, global_name, sizeof global_name);
    snprintf(label, sizeof label, "%s sees %s", p->name, copp_protection_type_name(type));
    steps_check(&d->steps, result == COPP_OK && local == local_wanted && global == global_wanted, label, "local %s, global %s",
                local_name, global_name);
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
    steps_check(&d->steps, result == COPP_OK, "queries", "%u, %s", d->first.trace.queries, ok_or(result));
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
    fact_hex(d, "display's KSV", ksv, sizeof ksv, copp_ksv_valid(ksv) ? ", 20 ones of 40 bits" : ", not a valid one");
    copp_status_output_decode(&d->first.trace.output, &answer);
    fact_hex(d, "last answer's MAC", answer.mac, COPP_MAC_SIZE, " (OMAC-1)");
    return true;
}

static void tell_command(struct demo *d, struct player *p, uint32_t type, uint32_t level) {
    char label[48], name[64];
    describe_level(type, level, name, sizeof name);
    snprintf(label, sizeof label, "%s asks", p->name);
    enum copp_result result = copp_session_set_protection_level(p->session, type, level);
    struct copp_command_fields command;
    copp_command_decode(&p->trace.command, &command);
    steps_check(&d->steps, result == COPP_OK, label, "%s %s, sequence %lu: %s", copp_protection_type_name(type), name,
                (unsigned long)command.sequence, copp_hresult_name(p->trace.hresult));
}

static void tell_hdcp(struct demo *d) {
    struct copp_command_fields command;
    steps_step(&d->steps, "SetProtectionLevel: HDCP on");
    tell_command(d, &d->first, HDCP, COPP_HDCP_ON);
    copp_command_decode(&d->first.trace.command, &command);
    fact_hex(d, "command's MAC", command.mac, COPP_MAC_SIZE, " (OMAC-1)");
    tell_levels(d, &d->first, HDCP, COPP_HDCP_ON, COPP_HDCP_ON);
}

/* Steps 7 to 11: a second session, an unplug, somebody who tampers, a new session. */

static bool tell_second(struct demo *d) {
    struct copp_verdict verdict;
    steps_step(&d->steps, "A second session on the same output raises CGMS-A");
    if (!player_open(d, &d->second, "player B"))
        return false;
    enum copp_result result = copp_session_establish(d->second.session, &verdict);
    steps_check(&d->steps, result == COPP_OK, "handshake", "%s", ok_or(result));
    if (result != COPP_OK)
        return false;
    tell_command(d, &d->second, CGMSA, COPP_CGMSA_COPY_NEVER);
    tell_levels(d, &d->first, CGMSA, COPP_CGMSA_DISABLED, COPP_CGMSA_COPY_NEVER);
    tell_levels(d, &d->second, HDCP, COPP_HDCP_OFF, COPP_HDCP_ON);
    steps_step(&d->steps, "It releases CGMS-A; HDCP stays, for player A still holds it");
    tell_command(d, &d->second, CGMSA, COPP_CGMSA_DISABLED);
    tell_levels(d, &d->first, CGMSA, COPP_CGMSA_DISABLED, COPP_CGMSA_DISABLED);
    tell_levels(d, &d->second, HDCP, COPP_HDCP_OFF, COPP_HDCP_ON);
    return true;
}

/* The events that came with the next answer. */
static void tell_events(struct demo *d, struct player *p, const char *when, uint32_t wanted) {
    uint32_t type;
    char text[64], label[48];
    (void)copp_session_take_events(p->session);
    enum copp_result result = copp_session_connector_type(p->session, &type);
    uint32_t events = copp_session_take_events(p->session);
    describe_events(events, text, sizeof text);
    snprintf(label, sizeof label, "%s%s", p->name, when);
    steps_check(&d->steps, result == COPP_OK && events == wanted, label, "%s",
                events == COPP_STATUS_NORMAL ? "nothing new" : text);
}

static void happen(struct demo *d, const char *verb) {
    char event[96];
    struct copp_sim_error error = {.text = ""};
    snprintf(event, sizeof event, "%s %s", verb, d->output);
    embedded_dispatch(&d->host);
    enum copp_result result = copp_sim_event(d->host.sim, event, &error);
    steps_check(&d->steps, result == COPP_OK, "event", "%s%s%s", event, error.text[0] != '\0' ? ": " : "", error.text);
}

static void tell_unplug(struct demo *d) {
    steps_step(&d->steps, "The cable is pulled: each session hears of it once (EVT-1, EVT-2)");
    happen(d, "unplug");
    tell_events(d, &d->first, " hears", COPP_STATUS_LINK_LOST);
    tell_events(d, &d->first, " hears then", COPP_STATUS_NORMAL);
    tell_events(d, &d->second, " hears", COPP_STATUS_LINK_LOST);
    tell_events(d, &d->second, " hears then", COPP_STATUS_NORMAL);
    tell_levels(d, &d->first, HDCP, COPP_HDCP_OFF, COPP_HDCP_OFF);
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
    happen(d, "plug");
    player_close(&d->first);
    player_close(&d->second);
    if (!player_open(d, &d->third, "player C"))
        return;
    enum copp_result result = copp_session_establish(d->third.session, &verdict);
    steps_check(&d->steps, result == COPP_OK, "handshake", "%s", ok_or(result));
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
    player_close(&d->third);
    copp_connector_protection(connector, &left);
    steps_check(&d->steps, left.hdcp == 0 && left.acp == 0 && left.cgmsa == 0 && copp_connector_devices(connector) == 0,
                d->output, "HDCP %s, CGMS-A %s, %zu devices open", copp_level_name(HDCP, left.hdcp),
                copp_level_name(CGMSA, left.cgmsa), copp_connector_devices(connector));
}

static void tell(struct demo *d) {
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

static int run(const struct invocation *in) {
    const struct demo_options *o = in->options;
    struct demo d = {.output = NULL};
    int status = embedded_open(in, o->adapter, NULL, false, &d.host);
    if (status == STATUS_YES) {
        d.output = choose_output(&d);
        if (d.output == NULL)
            status = fail(in, STATUS_UNKNOWN, o->adapter, "the story needs an output with HDCP and CGMS-A");
    }
    if (status == STATUS_YES) {
        steps_begin(&d.steps, in);
        tell(&d);
        status = steps_end(&d.steps);
    }
    player_close(&d.first);
    player_close(&d.second);
    player_close(&d.third);
    embedded_close(&d.host);
    return status;
}

const struct command command_demo = {
    .name = "demo",
    .operands = "",
    .operands_max = 0,
    .summary = "Tell a whole COPP session step by step, with the real values",
    .details = "",
    .options = options,
    .options_size = sizeof(struct demo_options),
    .json_lines = true,
    .run = run,
};
