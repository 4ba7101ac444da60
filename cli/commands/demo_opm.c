/* OPM's story: what is different from COPP's, and how the two share an output. */
#include <string.h>

#include "cli/describe.h"
#include "cli/recording.h"
#include "demo.h"

#define HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define TYPE COPP_PROTECTION_TYPE_ENFORCEMENT

/* DCP's list number 1 for HDCP 1.x, which revokes nobody; genuine, with DCP's signature (OPM-SRM-9). */
static const uint8_t genuine_srm[] = {0x80, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x2b, 0xd2, 0x48, 0x9e, 0x49,
                                      0xd0, 0x57, 0xae, 0x31, 0x5b, 0x1a, 0xbc, 0xe0, 0x0e, 0x4f, 0x6b, 0x92,
                                      0xa6, 0xba, 0x03, 0x3b, 0x98, 0xcc, 0xed, 0x4a, 0x97, 0x8f, 0x5d, 0xd2,
                                      0x27, 0x29, 0x25, 0x19, 0xa5, 0xd5, 0xf0, 0x5d, 0x5e, 0x56, 0x3d, 0x0e};

/* Steps 1 to 3: the adapter, StartInitialization, the chain. */

static void tell_adapter(struct demo *d) {
    steps_step(&d->steps, "A simulated graphics adapter, with a chain and a key of its own for each protocol (OPM-CERT-11)");
    steps_fact(&d->steps, "the story's", "%s", d->output);
    steps_fact(&d->steps, "OPM's chain", "%zu bytes, X.509 in PKCS #7", d->host.opm.chain_size);
    steps_fact(&d->steps, "COPP's chain", "%zu bytes, XML", d->host.chain_size);
}

static bool tell_exchange(struct demo *d) {
    struct copp_verdict verdict = {.detail = ""};
    steps_step(&d->steps, "StartInitialization: the driver gives a random number and its chain");
    if (!demo_player_open(d, &d->first, "player A", COPP_SEMANTICS_OPM))
        return false;
    enum copp_result result = copp_session_exchange(d->first.session, &verdict);
    demo_fact_hex(d, "random number", d->first.trace.random, COPP_RANDOM_SIZE, "");
    steps_check(&d->steps, result == COPP_OK, "chain", "%s",
                result == COPP_OK ? "valid under the root made just now (OPM-CERT-1..9)" : verdict.detail);
    return result == COPP_OK;
}

static void tell_refused(struct demo *d, const char *label, const void *chain_bytes, size_t chain_size,
                         const struct copp_opm_anchor *anchor) {
    const struct copp_opm_trust trust = {.size = sizeof trust, .anchor = anchor};
    struct copp_verdict verdict = {.detail = ""};
    enum copp_result result = copp_opm_chain_validate(chain_bytes, chain_size, &trust, NULL, &verdict);
    steps_check(&d->steps, result == COPP_E_INVALID, label, "refused: %s (%s)", verdict.detail, copp_rule_id(verdict.rule));
}

/* What an attacker would hand out: the last byte of the driver's signature changed. */
static void tell_tampered(struct demo *d, const struct copp_opm_certificate *driver) {
    uint8_t bytes[COPP_OPM_CHAIN_SIZE_MAX];
    size_t size;
    const uint8_t *original = copp_opm_chain_bytes(copp_session_opm_chain(d->first.session), &size);
    memcpy(bytes, original, size);
    bytes[(size_t)(driver->der - original) + driver->der_size - 1] ^= 1;
    tell_refused(d, "one bit changed", bytes, size, &d->host.opm.anchor);
}

static void tell_chain(struct demo *d) {
    const struct copp_opm_chain *chain = copp_session_opm_chain(d->first.session);
    steps_step(&d->steps, "The chain is what trust hangs on");
    for (size_t i = 0; i < copp_opm_chain_count(chain); i++) {
        struct copp_opm_certificate c = {.size = sizeof c};
        if (copp_opm_chain_certificate(chain, i, &c) != COPP_OK)
            continue;
        steps_fact(&d->steps, opm_role_name(c.role), "%s, RSA %u, %s", c.subject, (unsigned)c.key.modulus_size * 8, c.signature);
        if (c.role == COPP_OPM_ROLE_LEAF)
            tell_tampered(d, &c);
    }
    tell_refused(d, "under Microsoft's", d->host.opm.chain_bytes, d->host.opm.chain_size, copp_opm_anchor_microsoft());
    tell_refused(d, "COPP's chain", d->host.chain_bytes, d->host.chain_size, &d->host.opm.anchor);
}

/* Steps 4 and 5: the handshake, and who guesses at it. */

static bool tell_start(struct demo *d) {
    steps_step(&d->steps, "FinishInitialization: secrets sealed to the driver's key, with OAEP");
    enum copp_result result = copp_session_start(d->first.session);
    demo_fact_hex(d, "sealed", d->first.trace.signature.bytes, 16, "... (256 bytes, SHA-512)");
    steps_fact(&d->steps, "inside", "that random number, a session key, two sequence numbers");
    steps_check(&d->steps, result == COPP_OK, "the driver", "%s", copp_hresult_name(d->first.trace.hresult));
    return result == COPP_OK;
}

/* Somebody who has recorded what player A sent sends it to another device, changed at first. */
static void tell_guess(struct demo *d) {
    const struct copp_device_options options = {.size = sizeof options, .semantics = COPP_SEMANTICS_OPM};
    const struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    struct copp_transport *raw = NULL;
    struct copp_random *unused;
    struct copp_signature sealed = d->first.trace.signature;
    uint8_t random[COPP_RANDOM_SIZE];
    const uint8_t *chain_bytes;
    size_t chain_size;
    uint32_t first = COPP_HR_OK, second = COPP_HR_OK;
    steps_step(&d->steps,
               "Somebody else sends the sealed secrets to a device of their own: only one guess, and the same answer for all");
    enum copp_result result =
        copp_local_transport_open_as(copp_sim_connector(d->host.sim, d->output), &options, &d->host.pump, &raw);
    if (result == COPP_OK)
        result = recording_wrap(d->host.recorder, d->output, &raw, &unused);
    if (result == COPP_OK)
        result = raw->ops->key_exchange(raw, &call, random, &chain_bytes, &chain_size, &first);
    sealed.bytes[COPP_SIGNATURE_SIZE - 1] ^= 1;
    if (result == COPP_OK)
        result = raw->ops->session_sequence_start(raw, &call, &sealed, &first);
    if (result == COPP_OK)
        result = raw->ops->session_sequence_start(raw, &call, &d->first.trace.signature, &second);
    copp_transport_free(&raw);
    steps_check(&d->steps, result == COPP_OK && first == COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS, "one bit changed",
                "%s (OPM-INI-7)", copp_hresult_name(first));
    steps_check(&d->steps, result == COPP_OK && second == first, "as it was", "%s (OPM-INI-8)", copp_hresult_name(second));
}

/* Steps 6 to 8: status requests, the list of revoked devices, HDCP. */

static void tell_output(struct demo *d, struct copp_session *s) {
    uint32_t connector = 0, types = 0, hardware = 0;
    uint64_t id = 0;
    struct copp_display display = {.width = 0};
    char text[96];
    enum copp_result result = copp_session_connector_type(s, &connector);
    if (result == COPP_OK)
        result = copp_session_protection_types(s, &types);
    if (result == COPP_OK)
        result = copp_session_display(s, &display);
    if (result == COPP_OK)
        result = copp_session_output_id(s, &id);
    if (result == COPP_OK)
        result = copp_session_hardware_protection(s, &hardware);
    steps_check(&d->steps, result == COPP_OK && id != 0, "requests", "%u, %s", d->first.trace.queries, demo_ok_or(result));
    describe_connector(connector, text, sizeof text);
    steps_fact(&d->steps, "connector", "%s", text);
    describe_types(types, text, sizeof text);
    steps_fact(&d->steps, "offers", "%s", text);
    describe_display(&display, text, sizeof text);
    steps_fact(&d->steps, "signal", "%s", text);
    steps_fact(&d->steps, "decrypted frames", "%s", hardware != 0 ? "are out of software's reach" : "may be read by software");
}

static void tell_requests(struct demo *d) {
    const struct trace *t = &d->first.trace;
    struct copp_status_output_fields answer;
    steps_step(&d->steps, "Status requests: signed, as their answers are (COPP's are not)");
    tell_output(d, d->first.session);
    copp_status_output_decode(&t->output, &answer);
    demo_fact_hex(d, "last request's MAC", t->request_mac, COPP_MAC_SIZE, " (OMAC-1)");
    demo_fact_hex(d, "last answer's MAC", answer.mac, COPP_MAC_SIZE, " (OMAC-1)");
}

static void tell_srm(struct demo *d) {
    struct copp_session *s = d->first.session;
    uint8_t changed[sizeof genuine_srm];
    uint32_t version = 0;
    steps_step(&d->steps, "SET_HDCP_SRM: the driver is given the list of revoked displays, and judges them itself");
    memcpy(changed, genuine_srm, sizeof changed);
    changed[sizeof changed - 1] ^= 1;
    enum copp_result result = copp_session_set_srm(s, changed, sizeof changed);
    steps_check(&d->steps, result == COPP_E_REFUSED && d->first.trace.hresult == COPP_HR_OPM_INVALID_SRM, "one bit changed",
                "%s (OPM-SRM-1)", copp_hresult_name(d->first.trace.hresult));
    result = copp_session_set_srm(s, genuine_srm, sizeof genuine_srm);
    steps_check(&d->steps, result == COPP_OK, "HDCP 1.x, version 1", "%s", copp_hresult_name(d->first.trace.hresult));
    result = copp_session_srm_version(s, &version);
    steps_check(&d->steps, result == COPP_OK && version == 1, "the driver uses",
                "version %u: a MAC covers this, but not the list", (unsigned)version);
}

static void tell_hdcp(struct demo *d) {
    struct copp_command_fields command;
    steps_step(&d->steps, "SET_PROTECTION_LEVEL: HDCP on");
    demo_tell_command(d, &d->first, HDCP, COPP_HDCP_ON);
    copp_command_decode(&d->first.trace.command, &command);
    demo_fact_hex(d, "command's MAC", command.mac, COPP_MAC_SIZE, " (OMAC-1)");
    demo_tell_levels(d, &d->first, HDCP, COPP_HDCP_ON, COPP_HDCP_ON);
}

/* Steps 9 to 11: a player of COPP on the same output, Type 1, a revoked device. */

static bool tell_beside(struct demo *d) {
    struct copp_verdict verdict;
    steps_step(&d->steps, "A player of COPP on the same output: one link, and each sees what is true (OPM-ARB-2)");
    if (!demo_player_open(d, &d->second, "player B", COPP_SEMANTICS_COPP))
        return false;
    enum copp_result result = copp_session_establish(d->second.session, &verdict);
    steps_check(&d->steps, result == COPP_OK, "COPP handshake", "%s", demo_ok_or(result));
    if (result != COPP_OK)
        return false;
    demo_tell_levels(d, &d->second, COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_OFF, COPP_HDCP_ON);
    demo_tell_command(d, &d->second, COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_ON);
    demo_tell_command(d, &d->first, HDCP, COPP_HDCP_OFF);
    demo_tell_levels(d, &d->first, HDCP, COPP_HDCP_OFF, COPP_HDCP_ON);
    return true;
}

static void tell_type1(struct demo *d) {
    struct player *a = &d->first;
    steps_step(&d->steps, "Type 1: HDCP 2.2 or later, and no other device behind a repeater either (OPM-HDCP-2)");
    demo_happen(d, "hdcp-version", "1.4");
    enum copp_result result = copp_session_set_protection_level(a->session, TYPE, COPP_ENFORCEMENT_TYPE1);
    steps_check(&d->steps, result == COPP_E_REFUSED && a->trace.hresult == COPP_HR_OPM_NO_HDCP, "player A asks", "Type 1: %s",
                copp_hresult_name(a->trace.hresult));
    demo_happen(d, "hdcp-version", "2.2");
    demo_tell_command(d, a, TYPE, COPP_ENFORCEMENT_TYPE1);
    demo_tell_levels(d, a, TYPE, COPP_ENFORCEMENT_TYPE1, COPP_ENFORCEMENT_TYPE1);
}

static void tell_blank(struct demo *d, bool wanted) {
    bool blank = copp_sim_blank(d->host.sim, d->output);
    steps_check(&d->steps, blank == wanted, d->output, "%s", blank ? "shows black (OPM-STA-6)" : "shows what it is given");
}

/* Why the link was lost waits for the question after its level (OPM-STA-4). */
static void tell_revoked(struct demo *d) {
    struct player *a = &d->first;
    uint32_t level = COPP_ENFORCEMENT_TYPE1;
    char text[64];
    steps_step(&d->steps, "A revoked device is found: the driver stops the picture, and says why to who asks for the level");
    demo_happen(d, "revoke", "on");
    tell_blank(d, true);
    demo_tell_events(d, &d->second, " hears", COPP_STATUS_LINK_LOST);
    (void)copp_session_take_events(a->session);
    enum copp_result result = copp_session_local_level(a->session, TYPE, &level);
    uint32_t events = copp_session_take_events(a->session);
    describe_events(events, text, sizeof text);
    steps_check(&d->steps, result == COPP_OK && level == 0 && events == (COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE),
                "player A hears", "%s (OPM-STA-3)", text);
    demo_tell_levels(d, a, TYPE, COPP_ENFORCEMENT_OFF, COPP_ENFORCEMENT_OFF);
    demo_tell_command(d, a, TYPE, COPP_ENFORCEMENT_OFF);
    tell_blank(d, false);
}

/* Steps 12 to 14: somebody in between, a new session, the end. */

/* A MAC that nobody without the session key can make, and one that is not it. */
static void tell_forged(struct demo *d) {
    const struct trace *t = &d->first.trace;
    struct copp_transport *raw = t->inner;
    struct copp_status_output output;
    uint32_t hresult = COPP_HR_OK;
    uint8_t mac[COPP_MAC_SIZE];
    memcpy(mac, t->request_mac, COPP_MAC_SIZE);
    mac[0] ^= 1;
    const struct copp_call call = {
        .size = sizeof call, .deadline_ms = COPP_NO_DEADLINE, .additional = mac, .additional_size = sizeof mac};
    enum copp_result result = raw->ops->protection_status(raw, &call, &t->input, &output, &hresult);
    steps_check(&d->steps, result == COPP_OK && hresult == COPP_HR_OPM_INVALID_INFORMATION_REQUEST, "another MAC",
                "%s (OPM-GET-2)", copp_hresult_name(hresult));
}

static void tell_replay(struct demo *d) {
    struct copp_transport *raw = d->first.trace.inner;
    const struct copp_call call = {.size = sizeof call, .deadline_ms = COPP_NO_DEADLINE};
    uint32_t hresult = COPP_HR_OK, type;
    steps_step(&d->steps, "Somebody else changes a request and sends player A's command once more: driver and player A notice");
    tell_forged(d);
    enum copp_result result = raw->ops->protection_command(raw, &call, &d->first.trace.command, &hresult);
    steps_check(&d->steps, result == COPP_OK && hresult == COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST, "replayed",
                "%s: that sequence number is spent (OPM-SET-2)", copp_hresult_name(hresult));
    result = copp_session_connector_type(d->first.session, &type);
    steps_check(&d->steps, result == COPP_E_AUTHENTICATION, "player A asks",
                "%s: the driver has refused more than was sent (BIND-4)", copp_strerror(result));
}

static void tell_again(struct demo *d) {
    struct copp_verdict verdict;
    const struct copp_requirement wanted = {.size = sizeof wanted, .hdcp = COPP_HDCP_ON, .type1 = true};
    struct copp_poll poll = {.size = sizeof poll};
    steps_step(&d->steps, "Another display: both leave, and a new session protects what is shown");
    demo_happen(d, "revoke", "off");
    demo_player_close(&d->first);
    demo_player_close(&d->second);
    if (!demo_player_open(d, &d->third, "player C", COPP_SEMANTICS_OPM))
        return;
    enum copp_result result = copp_session_establish(d->third.session, &verdict);
    steps_check(&d->steps, result == COPP_OK, "handshake", "%s", demo_ok_or(result));
    if (result != COPP_OK)
        return;
    enum copp_stop stop = copp_session_protect(d->third.session, &wanted, embedded_now(&d->host));
    steps_check(&d->steps, stop == COPP_STOP_NONE, "HDCP and Type 1", "%s", copp_stop_text(stop));
    copp_session_poll(d->third.session, embedded_now(&d->host), &poll);
    steps_check(&d->steps, poll.state == COPP_POLL_PROTECTED, "poll", "%s; again within %u ms (OPM-APP-3)",
                copp_stop_text(poll.stop), COPP_POLL_MS);
}

static void tell_end(struct demo *d) {
    struct copp_protection left = {.size = sizeof left};
    const struct copp_connector *connector = copp_sim_connector(d->host.sim, d->output);
    steps_step(&d->steps, "The last session closes: nothing is left in force (EVT-5, ARB-4)");
    demo_player_close(&d->third);
    copp_connector_protection(connector, &left);
    steps_check(&d->steps, left.hdcp == 0 && left.type1 == 0 && copp_connector_devices(connector) == 0, d->output,
                "HDCP %s, Type 1 %s, %zu devices open", copp_level_name(HDCP, left.hdcp), left.type1 != 0 ? "on" : "off",
                copp_connector_devices(connector));
}

void demo_tell_opm(struct demo *d) {
    tell_adapter(d);
    if (!tell_exchange(d))
        return;
    tell_chain(d);
    if (!tell_start(d))
        return;
    tell_guess(d);
    tell_requests(d);
    tell_srm(d);
    tell_hdcp(d);
    if (!tell_beside(d))
        return;
    tell_type1(d);
    tell_revoked(d);
    tell_replay(d);
    tell_again(d);
    tell_end(d);
}
