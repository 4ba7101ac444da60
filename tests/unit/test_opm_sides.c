/* Both sides of libcopp at once under OPM semantics: sessions with the library's own device (OPM-INI, OPM-APP, OPM-ARB). */
#include <stdlib.h>
#include <string.h>

#include "device_rig.h"

#define HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define TYPE1 COPP_PROTECTION_TYPE_ENFORCEMENT
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

static struct {
    struct copp_private_key *key, *opm_key;
    uint8_t *chain_bytes, *opm_chain_bytes;
    struct copp_public_key anchor;
    struct copp_opm_anchor opm_anchor;
    struct rig_output output;
    struct copp_adapter *adapter;
    struct copp_connector *connector;
} host;

/* An HDMI connector with HDCP 2.2, CGMS-A and a receiver, whose driver has chains of both kinds. */
static void begin(void) {
    size_t size, opm_size, anchor_size;
    host.key = test_private_key("leaf.pem");
    host.opm_key = test_private_key("opm/leaf-key.pem");
    host.chain_bytes = read_test_vector("chain-good.xml", &size);
    host.opm_chain_bytes = read_test_vector("opm/chain-good-sha1-leaf-root-ca.p7b", &opm_size);
    host.anchor = test_anchor();
    host.opm_anchor.size = sizeof host.opm_anchor;
    uint8_t *root = read_test_vector("opm/root.der", &anchor_size);
    assert_int_equal(copp_opm_anchor_read(root, anchor_size, &host.opm_anchor), COPP_OK);
    free(root);
    const struct copp_adapter_config adapter = {.size = sizeof adapter,
                                                .chain_bytes = host.chain_bytes,
                                                .chain_size = size,
                                                .key = host.key,
                                                .opm_chain_bytes = host.opm_chain_bytes,
                                                .opm_chain_size = opm_size,
                                                .opm_key = host.opm_key};
    assert_int_equal(copp_adapter_new(&adapter, &host.adapter), COPP_OK);
    rig_output_init(&host.output);
    const struct copp_connector_config connector = {.size = sizeof connector,
                                                    .output = &host.output.output,
                                                    .connector_type = COPP_CONNECTOR_HDMI,
                                                    .protection_types = COPP_PROTECTION_TYPE_HDCP | CGMSA,
                                                    .bus_type = COPP_BUS_PCI_EXPRESS,
                                                    .tv_standards = COPP_TV_STANDARD_CEA805A_TYPEA_750P,
                                                    .default_standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P,
                                                    .name = "HDMI-1",
                                                    .output_id = 77,
                                                    .type1 = true};
    assert_int_equal(copp_connector_add(host.adapter, &connector, &host.connector), COPP_OK);
}

static void end(void) {
    assert_int_equal(copp_connector_devices(host.connector), 0);
    copp_adapter_free(&host.adapter);
    copp_private_key_free(&host.key);
    copp_private_key_free(&host.opm_key);
    free(host.chain_bytes);
    free(host.opm_chain_bytes);
}

struct side {
    struct copp_transport *transport;
    struct copp_session *session;
};

/* A session of a player that takes either kind of driver. */
static struct side open_side(enum copp_semantics semantics, const struct copp_session_config *more) {
    struct side side;
    const struct copp_device_options options = {.size = sizeof options, .semantics = semantics};
    struct copp_session_config config = {.size = sizeof config};
    if (more)
        config = *more;
    config.anchor = &host.anchor;
    config.opm_anchor = &host.opm_anchor;
    config.connector = "HDMI-1";
    assert_int_equal(copp_local_transport_open_as(host.connector, &options, NULL, &side.transport), COPP_OK);
    assert_int_equal(copp_session_new(&config, side.transport, &side.session), COPP_OK);
    assert_int_equal(copp_session_establish(side.session, NULL), COPP_OK);
    return side;
}

static void close_side(struct side *side) {
    copp_session_free(&side->session);
    copp_transport_free(&side->transport);
}

static struct copp_protection in_force(void) {
    struct copp_protection protection = {.size = sizeof protection};
    copp_connector_protection(host.connector, &protection);
    return protection;
}

static struct copp_poll poll_at(struct copp_session *session, uint64_t now_ms) {
    struct copp_poll poll = {.size = sizeof poll};
    copp_session_poll(session, now_ms, &poll);
    return poll;
}

static const struct copp_requirement hdcp_only = {.size = sizeof hdcp_only, .hdcp = 1};
static const struct copp_requirement type1_only = {.size = sizeof type1_only, .type1 = true};

static void a_whole_session(void) {
    begin();
    struct side side =
        open_side(COPP_SEMANTICS_OPM, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .output_id = 77});
    uint32_t word;
    uint64_t id;
    assert_int_equal(copp_session_bound(side.session), 0);
    assert_int_equal(copp_session_connector_type(side.session, &word), COPP_OK);
    assert_int_equal(word, COPP_CONNECTOR_HDMI);
    assert_true(copp_session_bound(side.session) & COPP_BOUND);
    assert_int_equal(copp_session_protection_types(side.session, &word), COPP_OK);
    assert_int_equal(word, HDCP | TYPE1 | CGMSA);
    assert_int_equal(copp_session_output_id(side.session, &id), COPP_OK);
    assert_true(id == 77);
    assert_int_equal(copp_session_hardware_protection(side.session, &word), COPP_OK);
    assert_int_equal(word, 0);
    assert_int_equal(copp_session_srm_version(side.session, &word), COPP_E_REFUSED);
    assert_int_equal(copp_session_hresult(side.session), COPP_HR_OPM_SRM_NEVER_SET);
    assert_int_equal(copp_session_dvi_characteristics(side.session, &word), COPP_E_REFUSED);
    assert_int_equal(copp_session_hresult(side.session), COPP_HR_OPM_INVALID_INFORMATION_REQUEST);
    assert_int_equal(copp_session_protect(side.session, &hdcp_only, 0), COPP_STOP_NONE);
    assert_int_equal(in_force().hdcp, 1);
    for (uint64_t now = 500; now < 3000; now += 500)
        assert_int_equal(poll_at(side.session, now).state, COPP_POLL_PROTECTED);
    assert_int_equal(copp_session_unprotect(side.session), COPP_OK);
    assert_int_equal(in_force().hdcp, 0);
    close_side(&side);
    end();
}

/* OPM-ARB-2: one link, whoever holds it, and each sees the truth. */
static void both_semantics_share_a_connector(void) {
    begin();
    struct side opm = open_side(COPP_SEMANTICS_OPM, NULL);
    struct side copp = open_side(COPP_SEMANTICS_COPP, NULL);
    uint32_t level;
    assert_non_null(copp_session_opm_chain(opm.session));
    assert_non_null(copp_session_chain(copp.session));
    assert_int_equal(copp_session_protect(copp.session, &hdcp_only, 0), COPP_STOP_NONE);
    assert_int_equal(copp_session_global_level(opm.session, HDCP, &level), COPP_OK);
    assert_int_equal(level, 1);
    assert_int_equal(copp_session_local_level(opm.session, HDCP, &level), COPP_OK);
    assert_int_equal(level, 0);
    assert_int_equal(copp_session_protect(opm.session, &hdcp_only, 0), COPP_STOP_NONE);
    close_side(&copp);
    assert_int_equal(in_force().hdcp, 1);
    assert_int_equal(poll_at(opm.session, 1).state, COPP_POLL_PROTECTED);
    close_side(&opm);
    assert_int_equal(in_force().hdcp, 0);
    end();
}

/* OPM-STA-8: what an event is for each semantics. */
static void a_reconfiguration_ends_an_opm_session(void) {
    begin();
    struct side opm = open_side(COPP_SEMANTICS_OPM, NULL);
    struct side copp = open_side(COPP_SEMANTICS_COPP, NULL);
    assert_int_equal(copp_session_protect(opm.session, &hdcp_only, 0), COPP_STOP_NONE);
    assert_int_equal(copp_session_protect(copp.session, &hdcp_only, 0), COPP_STOP_NONE);
    copp_connector_reconfigured(host.connector);
    assert_int_equal(poll_at(copp.session, 1).state, COPP_POLL_RENEGOTIATE);
    struct copp_poll poll = poll_at(opm.session, 1);
    assert_int_equal(poll.state, COPP_POLL_STOP);
    assert_int_equal(poll.stop, COPP_STOP_RECONFIGURED);
    assert_int_equal(copp_session_unprotect(opm.session), COPP_OK);
    copp_session_free(&opm.session);
    assert_int_equal(copp_transport_reopen(opm.transport), COPP_OK); /* a new output, and OPM's again */
    struct copp_session_config config = {.size = sizeof config, .opm_anchor = &host.opm_anchor, .connector = "HDMI-1"};
    assert_int_equal(copp_session_new(&config, opm.transport, &opm.session), COPP_OK);
    assert_int_equal(copp_session_establish(opm.session, NULL), COPP_OK);
    assert_int_equal(copp_session_protect(opm.session, &hdcp_only, 2), COPP_STOP_NONE);
    close_side(&opm);
    close_side(&copp);
    end();
}

static void events_reach_the_application(void) {
    begin();
    struct side lost = open_side(COPP_SEMANTICS_OPM, NULL);
    assert_int_equal(copp_session_protect(lost.session, &type1_only, 0), COPP_STOP_NONE);
    assert_true(in_force().type1);
    copp_connector_unplugged(host.connector);
    assert_int_equal(poll_at(lost.session, 1).stop, COPP_STOP_LINK_LOST);
    close_side(&lost);
    struct side tampered = open_side(COPP_SEMANTICS_OPM, NULL);
    assert_int_equal(copp_session_protect(tampered.session, &hdcp_only, 0), COPP_STOP_NONE);
    copp_connector_tampered(host.connector);
    assert_int_equal(poll_at(tampered.session, 1).stop, COPP_STOP_TAMPERING);
    close_side(&tampered);
    end();
}

static const struct test_case cases[] = {
    TEST(a_whole_session, "OPM-APP-1 OPM-APP-7 OPM-INI-2"),
    TEST(both_semantics_share_a_connector, "OPM-ARB-2"),
    TEST(a_reconfiguration_ends_an_opm_session, "OPM-STA-8 EVT-4"),
    TEST(events_reach_the_application, "OPM-STA-8 OPM-STA-2"),
};

int main(void) {
    return RUN_SUITE("opm_sides", cases);
}
