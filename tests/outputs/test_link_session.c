/* What a player's session makes of an output whose HDCP is a property, when that falls away between two looks of the output's. */
#include <stdlib.h>
#include <string.h>

#include "../unit/harness.h"
#include "outputs/link/link.h"

static const uint8_t television[COPP_KSV_SIZE] = {0x14, 0xf7, 0x61, 0x03, 0xb7};

/* A connector whose receiver can be read only while HDCP is undesired or enabled, as outputs/kms knows it. */
static struct {
    struct hdcp_link link;
    enum hdcp_value hdcp;
    bool connected;
    struct copp_pump pump;
    uint64_t now_ms;
    struct copp_private_key *key;
    struct copp_public_key anchor;
    uint8_t *chain_bytes;
    struct copp_adapter *adapter;
    struct copp_transport *transport;
    struct copp_session *session;
} host;

static void observe(struct hdcp_link *link, struct hdcp_observation *observation) {
    (void)link;
    observation->connected = observation->driven = host.connected;
    observation->hdcp = host.hdcp;
    observation->state.hdcp_receiver = host.connected && host.hdcp != HDCP_DESIRED;
    if (observation->state.hdcp_receiver)
        memcpy(observation->state.bksv, television, sizeof television);
}

static enum copp_result write_value(struct hdcp_link *link, enum hdcp_value value) {
    (void)link;
    host.hdcp = value == HDCP_DESIRED ? HDCP_ENABLED : value;
    return COPP_OK;
}

static uint64_t pump_now(struct copp_pump *pump) {
    (void)pump;
    return host.now_ms;
}

static void dispatch(uint64_t by_ms) {
    host.now_ms += by_ms;
    hdcp_link_dispatch(&host.link, host.now_ms);
    copp_adapter_dispatch(host.adapter, host.now_ms);
}

static void pump_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    (void)pump;
    (void)deadline_ms;
    dispatch(100);
}

static void open_adapter(void) {
    size_t size;
    host.key = test_private_key("leaf.pem");
    host.chain_bytes = read_test_file("vectors/chain-good.xml", &size);
    const struct copp_adapter_config adapter = {
        .size = sizeof adapter, .chain_bytes = host.chain_bytes, .chain_size = size, .key = host.key};
    assert_int_equal(copp_adapter_new(&adapter, &host.adapter), COPP_OK);
    const struct copp_connector_config connector = {.size = sizeof connector,
                                                    .name = "HDMI-A-1",
                                                    .output = &host.link.output,
                                                    .connector_type = COPP_CONNECTOR_HDMI,
                                                    .protection_types = COPP_PROTECTION_TYPE_HDCP};
    assert_int_equal(copp_connector_add(host.adapter, &connector, &host.link.connector), COPP_OK);
}

static void open_session(void) {
    struct copp_verdict verdict;
    host.anchor = test_anchor();
    const struct copp_session_config config = {.size = sizeof config, .anchor = &host.anchor, .connector = "HDMI-A-1"};
    assert_int_equal(copp_local_transport_open(host.link.connector, &host.pump, &host.transport), COPP_OK);
    assert_int_equal(copp_session_new(&config, host.transport, &host.session), COPP_OK);
    assert_int_equal(copp_session_establish(host.session, &verdict), COPP_OK);
}

static void protect(void) {
    const struct copp_requirement requirement = {.size = sizeof requirement, .hdcp = COPP_HDCP_ON};
    assert_int_equal(copp_session_protect(host.session, &requirement, host.now_ms), COPP_STOP_NONE);
}

/* A session that is protected, with a receiver that has been named to it. */
static void begin(void) {
    static const struct hdcp_link_ops link_ops = {.observe = observe, .write = write_value};
    static const struct copp_pump_ops pump_ops = {sizeof pump_ops, pump_now, pump_wait};
    memset(&host, 0, sizeof host);
    host.connected = true;
    host.pump.ops = &pump_ops;
    hdcp_link_init(&host.link, &link_ops, true);
    open_adapter();
    open_session();
    dispatch(1000);
    protect();
}

static void close_session(void) {
    copp_session_free(&host.session);
    copp_transport_free(&host.transport);
}

static void end(void) {
    close_session();
    copp_adapter_free(&host.adapter);
    hdcp_link_end(&host.link);
    copp_private_key_free(&host.key);
    free(host.chain_bytes);
}

static enum copp_stop poll_session(void) {
    struct copp_poll seen = {.size = sizeof seen};
    copp_session_poll(host.session, host.now_ms, &seen);
    return seen.stop;
}

/* Time passes as in coppd's loop: what is due is done. */
static void pass(void) {
    uint64_t interval_ms = hdcp_link_interval(&host.link);
    assert_true(interval_ms <= 500);
    dispatch(interval_ms);
}

static void a_demotion_is_a_lost_link(void) {
    begin();
    assert_int_equal(poll_session(), COPP_STOP_NONE);
    host.hdcp = HDCP_DESIRED;
    assert_int_equal(poll_session(), COPP_STOP_NONE); /* as of the output's last look */
    pass();
    assert_int_equal(poll_session(), COPP_STOP_LINK_LOST);
    end();
}

/* The player asks first, so that its question is the one that finds out. */
static void nobody_hears_of_no_receiver_first(void) {
    struct copp_status_hdcp_key key;
    begin();
    host.hdcp = HDCP_DESIRED;
    assert_int_equal(copp_session_hdcp_key(host.session, &key), COPP_OK);
    assert_memory_equal(key.bksv, television, sizeof television);
    assert_int_equal(hdcp_link_interval(&host.link), 0); /* it learns of it at once */
    pass();
    assert_int_equal(poll_session(), COPP_STOP_LINK_LOST);
    end();
}

static void unplugged_is_a_lost_link(void) {
    begin();
    host.connected = false;
    assert_int_equal(poll_session(), COPP_STOP_NONE);
    pass();
    assert_int_equal(poll_session(), COPP_STOP_LINK_LOST);
    end();
}

/* Whoever comes next sees the receiver of then. */
static void what_was_lost_is_forgotten(void) {
    struct copp_status_hdcp_key key;
    begin();
    host.hdcp = HDCP_DESIRED;
    assert_int_equal(poll_session(), COPP_STOP_NONE);
    pass();
    assert_int_equal(copp_session_hdcp_key(host.session, &key), COPP_OK); /* Undesired: it can be read again */
    host.hdcp = HDCP_DESIRED; /* another program's */
    assert_int_equal(copp_session_hdcp_key(host.session, &key), COPP_E_REFUSED);
    end();
}

/* As copp protect --reconnect does: what was lost before is not a loss of the new session's. */
static void a_new_session_is_protected(void) {
    begin();
    host.hdcp = HDCP_DESIRED;
    assert_int_equal(poll_session(), COPP_STOP_NONE);
    pass();
    assert_int_equal(poll_session(), COPP_STOP_LINK_LOST);
    close_session();
    open_session();
    protect();
    pass();
    assert_int_equal(poll_session(), COPP_STOP_NONE);
    end();
}

/* Nor does anybody get what has fallen away and come back. */
static void what_has_fallen_is_not_given_to_others(void) {
    struct copp_status_hdcp_key key;
    const struct copp_protection wanted = {.size = sizeof wanted, .hdcp = COPP_HDCP_ON};
    begin();
    host.hdcp = HDCP_DESIRED;
    assert_int_equal(copp_session_hdcp_key(host.session, &key), COPP_OK);
    host.hdcp = HDCP_ENABLED;
    assert_int_equal(host.link.output.ops->apply(&host.link.output, &wanted), COPP_E_LINK_LOST);
    end();
}

static const struct test_case cases[] = {
    TEST(a_demotion_is_a_lost_link, "EVT-1 EVT-4"), TEST(nobody_hears_of_no_receiver_first, "EVT-1 QRY-6"),
    TEST(unplugged_is_a_lost_link, "EVT-1 EVT-4"),  TEST(what_was_lost_is_forgotten, "QRY-6"),
    TEST(a_new_session_is_protected, "EVT-4"),      TEST(what_has_fallen_is_not_given_to_others, "EVT-3"),
};

int main(void) {
    return RUN_SUITE("link_session", cases);
}
