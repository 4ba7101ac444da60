/* Both sides of libcopp at once: sessions with the library's own device, on a simulated adapter. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

static const char description[] = "[output DVI-1]\n"
                                  "type = dvi\n"
                                  "protections = hdcp acp cgms-a\n"
                                  "modes = 720p60 480p59.94\n"
                                  "ksv = 511ef21acd\n"
                                  "tv_standards = CEA805A_TypeA_525p CEA805A_TypeA_750p\n"
                                  "default_standard = CEA805A_TypeA_750p\n"
                                  "[output eDP-1]\n"
                                  "type = edp\n"
                                  "internal = yes\n"
                                  "protections = none\n"
                                  "modes = 1080p60\n"
                                  "[output Slow-1]\n"
                                  "type = hdmi\n"
                                  "protections = hdcp\n"
                                  "modes = 1080p60\n"
                                  "ksv = 511ef21acd\n"
                                  "hdcp_delay = 18000\n";

struct side {
    struct copp_transport *transport;
    struct copp_session *session;
};

static struct {
    struct copp_pump pump;
    struct copp_private_key *key;
    uint8_t *chain_bytes;
    struct copp_public_key anchor;
    struct copp_sim *sim;
    uint64_t now_ms;
} host;

static uint64_t pump_now(struct copp_pump *pump) {
    (void)pump;
    return host.now_ms;
}

static void pump_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    (void)pump;
    uint64_t sim_deadline_ms = copp_sim_deadline_ms(host.sim);
    host.now_ms = sim_deadline_ms < deadline_ms ? sim_deadline_ms : deadline_ms;
    copp_sim_dispatch(host.sim, host.now_ms);
}

static void begin(void) {
    static const struct copp_pump_ops ops = {sizeof ops, pump_now, pump_wait};
    size_t size;
    host.pump.ops = &ops;
    host.now_ms = 1000;
    host.key = test_private_key("leaf.pem");
    host.anchor = test_anchor();
    host.chain_bytes = read_test_file("vectors/chain-good.xml", &size);
    const struct copp_sim_config config = {.size = sizeof config,
                                           .description = description,
                                           .chain_bytes = host.chain_bytes,
                                           .chain_size = size,
                                           .key = host.key,
                                           .now_ms = host.now_ms};
    struct copp_sim_error error;
    assert_int_equal(copp_sim_new(&config, &host.sim, &error), COPP_OK);
}

static void end(void) {
    copp_sim_free(&host.sim);
    copp_private_key_free(&host.key);
    free(host.chain_bytes);
}

static struct side open_form(const char *output, enum copp_handshake_form form) {
    struct side side = {0};
    const struct copp_session_config config = {.size = sizeof config, .anchor = &host.anchor, .form = form, .connector = output};
    assert_int_equal(copp_local_transport_open(copp_sim_connector(host.sim, output), &host.pump, &side.transport), COPP_OK);
    assert_int_equal(copp_session_new(&config, side.transport, &side.session), COPP_OK);
    struct copp_verdict verdict;
    assert_int_equal(copp_session_establish(side.session, &verdict), COPP_OK);
    return side;
}

static struct side open_on(const char *output) {
    return open_form(output, COPP_FORM_SWAP40);
}

static void close_side(struct side *side) {
    copp_session_free(&side->session);
    copp_transport_free(&side->transport);
}

static void happen(const char *event) {
    struct copp_sim_error error;
    if (copp_sim_event(host.sim, event, &error))
        fail_msg("%s: %s", event, error.text);
}

static enum copp_stop protect(const struct side *side, uint32_t hdcp, uint32_t acp, uint32_t cgmsa) {
    return copp_session_protect(
        side->session,
        &(struct copp_requirement){.size = sizeof(struct copp_requirement), .hdcp = hdcp, .acp = acp, .cgmsa = cgmsa},
        host.now_ms);
}

static struct copp_poll watch(const struct side *side) {
    struct copp_poll watch = {.size = sizeof watch};
    host.now_ms += 500;
    copp_session_poll(side->session, host.now_ms, &watch);
    return watch;
}

static void check_stop(const struct side *side, enum copp_stop stop) {
    struct copp_poll seen = watch(side);
    assert_int_equal(seen.state, COPP_POLL_STOP);
    assert_int_equal(seen.stop, stop);
}

static void check_protected(const struct side *side) {
    struct copp_poll seen = watch(side);
    assert_int_equal(seen.state, COPP_POLL_PROTECTED);
    assert_int_equal(seen.events, 0);
}

static struct copp_protection applied(const char *output) {
    struct copp_protection protection = {.size = sizeof protection};
    copp_connector_protection(copp_sim_connector(host.sim, output), &protection);
    return protection;
}

static void both_forms_open_and_every_call_works(void) {
    begin();
    for (int form = COPP_FORM_SWAP40; form <= COPP_FORM_SWAP256; form++) {
        struct side side = open_form("DVI-1", (enum copp_handshake_form)form);
        uint32_t word;
        assert_int_equal(copp_session_connector_type(side.session, &word), COPP_OK);
        assert_int_equal(word, COPP_CONNECTOR_DVI);
        assert_int_equal(copp_session_protection_types(side.session, &word), COPP_OK);
        assert_int_equal(word, HDCP | ACP | CGMSA);
        assert_int_equal(copp_session_bus_type(side.session, &word), COPP_OK);
        struct copp_set_signaling set = {.standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P};
        assert_int_equal(copp_session_set_signaling(side.session, &set), COPP_OK);
        assert_int_equal(copp_session_set_protection_level(side.session, CGMSA, COPP_CGMSA_COPY_NEVER), COPP_OK);
        assert_int_equal(copp_session_local_level(side.session, CGMSA, &word), COPP_OK);
        assert_int_equal(word, COPP_CGMSA_COPY_NEVER);
        assert_int_equal(copp_session_global_level(side.session, CGMSA, &word), COPP_OK);
        assert_int_equal(word, COPP_CGMSA_COPY_NEVER);
        struct copp_display display;
        assert_int_equal(copp_session_display(side.session, &display), COPP_OK);
        assert_int_equal(display.height, 720);
        struct copp_status_hdcp_key key;
        assert_int_equal(copp_session_hdcp_key(side.session, &key), COPP_OK);
        uint8_t ksv[COPP_KSV_SIZE];
        copp_ksv_from_bksv(key.bksv, ksv);
        assert_memory_equal(ksv, ((uint8_t[]){0x51, 0x1e, 0xf2, 0x1a, 0xcd}), sizeof ksv);
        struct copp_status_signaling signaling;
        assert_int_equal(copp_session_signaling(side.session, &signaling), COPP_OK);
        assert_int_equal(signaling.active_standard, COPP_TV_STANDARD_CEA805A_TYPEA_750P);
        assert_int_equal(copp_session_set_protection_level(side.session, COPP_PROTECTION_TYPE_NONE, 0), COPP_E_REFUSED);
        assert_int_equal(copp_session_hresult(side.session), COPP_HR_INVALIDARG);
        assert_int_equal(copp_session_unprotect(side.session), COPP_OK); /* the numbers are still in step */
        close_side(&side);
    }
    end();
}

static void one_key_exchange_a_device(void) {
    begin();
    struct side side = open_on("DVI-1");
    const struct copp_session_config config = {.size = sizeof config, .anchor = &host.anchor, .connector = "DVI-1"};
    struct copp_session *second;
    assert_int_equal(copp_session_new(&config, side.transport, &second), COPP_OK);
    assert_int_equal(copp_session_establish(second, NULL), COPP_E_REFUSED);
    assert_int_equal(copp_session_hresult(second), COPP_HR_UNEXPECTED);
    copp_session_free(&second);
    uint32_t word;
    assert_int_equal(copp_session_connector_type(side.session, &word), COPP_OK);
    close_side(&side);
    end();
}

static void protects_on_a_real_device(void) {
    begin();
    struct side a = open_on("DVI-1");
    assert_int_equal(protect(&a, 1, 0, COPP_CGMSA_COPY_NO_MORE | COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED), COPP_STOP_NONE);
    check_protected(&a);
    struct side b = open_on("DVI-1");
    assert_int_equal(protect(&b, 0, 0, COPP_CGMSA_COPY_NEVER), COPP_STOP_NONE);
    check_protected(&a); /* another session may raise the connector's level */
    check_protected(&b);
    close_side(&a);
    assert_int_equal(applied("DVI-1").hdcp, 0);
    assert_int_equal(applied("DVI-1").cgmsa, COPP_CGMSA_COPY_NEVER);
    check_protected(&b);
    assert_int_equal(copp_session_unprotect(b.session), COPP_OK);
    assert_int_equal(applied("DVI-1").cgmsa, 0);
    close_side(&b);
    end();
}

static void each_session_stops_when_the_cable_goes(void) {
    begin();
    struct side sides[2] = {open_on("DVI-1"), open_on("DVI-1")};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(protect(&sides[i], 1, 0, 0), COPP_STOP_NONE);
    happen("unplug DVI-1");
    for (size_t i = 0; i < 2; i++) {
        check_stop(&sides[i], COPP_STOP_LINK_LOST);
        assert_int_equal(copp_session_take_events(sides[i].session), COPP_STATUS_LINK_LOST);
        uint32_t word;
        assert_int_equal(copp_session_local_level(sides[i].session, HDCP, &word), COPP_OK);
        assert_int_equal(word, 0); /* EVT-3 */
        assert_int_equal(copp_session_take_events(sides[i].session), 0); /* EVT-2 */
        close_side(&sides[i]);
    }
    happen("plug DVI-1");
    struct side again = open_on("DVI-1");
    assert_int_equal(protect(&again, 1, 0, 0), COPP_STOP_NONE);
    check_protected(&again);
    close_side(&again);
    end();
}

static void levels_are_set_again_after_a_mode_change(void) {
    begin();
    struct side side = open_on("DVI-1");
    assert_int_equal(protect(&side, 1, 0, 0), COPP_STOP_NONE);
    happen("mode DVI-1 480p59.94");
    struct copp_poll seen = watch(&side);
    assert_int_equal(seen.state, COPP_POLL_RENEGOTIATE);
    assert_int_equal(seen.events, COPP_STATUS_RENEGOTIATION_REQUIRED);
    check_protected(&side);
    assert_int_equal(applied("DVI-1").hdcp, 1);
    close_side(&side);
    end();
}

static void each_failure_stops_the_film(void) {
    static const struct {
        const char *event;
        enum copp_stop stop;
    } failures[] = {{"hdcp-fail DVI-1", COPP_STOP_LINK_LOST},
                    {"tamper DVI-1", COPP_STOP_LINK_LOST},
                    {"repeater DVI-1 on", COPP_STOP_REPEATER}};
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        begin();
        struct side side = open_on("DVI-1");
        assert_int_equal(protect(&side, 1, 0, 0), COPP_STOP_NONE);
        happen(failures[i].event);
        check_stop(&side, failures[i].stop);
        close_side(&side);
        end();
    }
}

static void nothing_stays_held_after_a_failed_protect(void) {
    begin();
    happen("repeater DVI-1 on");
    struct side side = open_on("DVI-1");
    assert_int_equal(protect(&side, 1, 0, COPP_CGMSA_COPY_NEVER), COPP_STOP_REPEATER);
    assert_int_equal(applied("DVI-1").hdcp, 0);
    assert_int_equal(applied("DVI-1").cgmsa, 0);
    happen("repeater DVI-1 off");
    happen("hdcp-refuse DVI-1 on");
    assert_int_equal(protect(&side, 1, 0, COPP_CGMSA_COPY_NEVER), COPP_STOP_REFUSED);
    assert_int_equal(copp_session_hresult(side.session), COPP_HR_UNEXPECTED);
    assert_int_equal(applied("DVI-1").cgmsa, 0);
    close_side(&side);
    end();
}

static void no_hdcp_inside_a_laptop(void) {
    begin();
    struct side side = open_on("eDP-1");
    assert_int_equal(protect(&side, 1, 0, 0), COPP_STOP_NONE);
    struct copp_poll seen = watch(&side);
    assert_int_equal(seen.state, COPP_POLL_PROTECTED);
    assert_true(seen.hdcp_skipped);
    assert_int_equal(protect(&side, 1, COPP_ACP_LEVEL1, 0), COPP_STOP_UNSUPPORTED);
    close_side(&side);
    end();
}

static void a_slow_link_is_waited_for(void) {
    begin();
    struct side side = open_on("Slow-1");
    uint64_t before_ms = host.now_ms;
    assert_int_equal(protect(&side, 1, 0, 0), COPP_STOP_NONE);
    assert_true(host.now_ms >= before_ms + 18000);
    assert_int_equal(applied("Slow-1").hdcp, 1);
    close_side(&side);
    end();
}

static const struct test_case cases[] = {
    TEST(both_forms_open_and_every_call_works, "SES-5 SES-6 SES-7 CMD-3 QRY-3"),
    TEST(one_key_exchange_a_device, "SES-2"),
    TEST(protects_on_a_real_device, "APP-3 ARB-2"),
    TEST(each_session_stops_when_the_cable_goes, "EVT-1 EVT-2 EVT-3 EVT-4"),
    TEST(levels_are_set_again_after_a_mode_change, "EVT-1 EVT-4"),
    TEST(each_failure_stops_the_film, "EVT-1 EVT-4 APP-1"),
    TEST(nothing_stays_held_after_a_failed_protect, "APP-1"),
    TEST(no_hdcp_inside_a_laptop, "APP-4"),
    TEST(a_slow_link_is_waited_for, "CMD-6"),
};

int main(void) {
    return RUN_SUITE("sides", cases);
}
