/* Structs that begin with their size: of older and of newer callers, and of those who forgot it (docs/abi.md). */
#include <stdlib.h>
#include <string.h>

#include "common/sized.h"
#include "device_rig.h"
#include "fake_driver.h"
#include "opm_rig.h"

struct first_release {
    size_t size;
    uint32_t one;
    uint32_t two;
};

struct second_release { /* what this library is taken to know */
    size_t size;
    uint32_t one;
    uint32_t two;
    uint64_t three;
};

struct third_release {
    size_t size;
    uint32_t one;
    uint32_t two;
    uint64_t three;
    uint64_t four;
};

/* Called as the library's functions are by others: the compiler sees no sizes. */
static bool (*volatile read_sized)(const void *, void *, size_t) = copp_sized_read;
static bool (*volatile known_sized)(const void *, size_t) = copp_sized_known;
static void (*volatile write_sized)(void *, const void *, size_t) = copp_sized_write;
static void (*volatile answer_sized)(void *, const void *, size_t, size_t) = copp_sized_answer;

static const size_t forgotten[] = {0, 1, sizeof(size_t), COPP_SIZED_MAX + 1, SIZE_MAX};
#define FORGOTTEN (sizeof forgotten / sizeof forgotten[0])

static void reads_an_older_struct(void) {
    const struct first_release given = {.size = sizeof given, .one = 1, .two = 2};
    struct second_release own = {.three = 3};
    assert_true(read_sized(&given, &own, sizeof own));
    assert_true(own.size == sizeof own && own.one == 1 && own.two == 2 && own.three == 0);
}

static void reads_a_newer_struct_only_if_it_asks_for_nothing_new(void) {
    struct third_release given = {.size = sizeof given, .one = 1, .two = 2, .three = 3};
    struct second_release own = {.one = 9};
    assert_true(read_sized(&given, &own, sizeof own));
    assert_true(own.size == sizeof own && own.one == 1 && own.two == 2 && own.three == 3);
    for (size_t i = offsetof(struct third_release, four); i < sizeof given; i++) {
        ((uint8_t *)&given)[i] = 1;
        own = (struct second_release){.one = 9};
        assert_false(read_sized(&given, &own, sizeof own));
        assert_int_equal(own.one, 9);
        ((uint8_t *)&given)[i] = 0;
    }
}

static void refuses_a_size_that_was_forgotten(void) {
    struct second_release given = {.one = 1};
    struct second_release own = {.one = 9};
    for (size_t i = 0; i < FORGOTTEN; i++) {
        given.size = forgotten[i];
        assert_false(copp_sized_room(&given));
        assert_false(known_sized(&given, sizeof own));
        assert_false(read_sized(&given, &own, sizeof own));
        assert_int_equal(own.one, 9);
    }
}

static void writes_what_the_caller_has_room_for(void) {
    const struct second_release own = {.size = 77, .one = 1, .two = 2, .three = 3};
    struct {
        struct first_release given;
        uint8_t beyond[8];
    } older = {.given = {.size = sizeof older.given}};
    memset(older.beyond, 0xA5, sizeof older.beyond);
    write_sized(&older.given, &own, sizeof own);
    assert_true(older.given.size == sizeof older.given && older.given.one == 1 && older.given.two == 2);
    for (size_t i = 0; i < sizeof older.beyond; i++)
        assert_int_equal(older.beyond[i], 0xA5);

    struct third_release newer = {.size = sizeof newer, .four = 9};
    write_sized(&newer, &own, sizeof own);
    assert_true(newer.size == sizeof newer && newer.one == 1 && newer.three == 3 && newer.four == 0);
}

static void answers_no_to_a_size_that_was_forgotten(void) {
    const struct second_release no = {.one = 0};
    for (size_t i = 0; i < FORGOTTEN; i++) {
        struct second_release given = {.size = forgotten[i], .one = 1, .two = 2, .three = 3};
        answer_sized(&given, &no, sizeof no, COPP_END_OF(struct first_release, two));
        assert_true(given.size == forgotten[i] && given.one == 0 && given.two == 0);
        assert_true(given.three == 3); /* an old caller's struct ends before it */
    }
}

static void an_operation_beyond_the_table_does_not_exist(void) {
    struct {
        size_t size;
        void (*one)(void);
        void (*two)(void);
    } table = {.size = sizeof table, .one = reads_an_older_struct}, *ops = &table;
    assert_true(COPP_HAS_OP(ops, one));
    assert_false(COPP_HAS_OP(ops, two));
    table.two = reads_an_older_struct;
    assert_true(COPP_HAS_OP(ops, two));
    table.size = sizeof table - 1;
    assert_true(COPP_HAS_OP(ops, one));
    assert_false(COPP_HAS_OP(ops, two));
    table.size = 0;
    assert_false(COPP_HAS_OP(ops, one));
}

/* The whole way through, as a newer caller: what stands behind the struct that we know. */
struct newer_config {
    struct copp_session_config config;
    uint64_t added;
};

static void a_session_reads_its_config_by_size(void) {
    const struct copp_public_key anchor = test_anchor();
    struct copp_session *session;
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct newer_config newer = {.config = {.size = sizeof newer, .anchor = &anchor}};
    assert_int_equal(copp_session_new(&newer.config, &driver.transport, &session), COPP_OK);
    copp_session_free(&session);
    newer.added = 1;
    assert_int_equal(copp_session_new(&newer.config, &driver.transport, &session), COPP_E_ARGUMENT);
    newer.config.size = 0;
    assert_int_equal(copp_session_new(&newer.config, &driver.transport, &session), COPP_E_ARGUMENT);
    newer.config.size = offsetof(struct copp_session_config, lists);
    assert_int_equal(copp_session_new(&newer.config, &driver.transport, &session), COPP_OK);
    copp_session_free(&session);
    fake_driver_end(&driver);
}

static void operations_are_read_by_size(void) {
    const struct copp_public_key anchor = test_anchor();
    const struct copp_session_config config = {.size = sizeof config, .anchor = &anchor};
    struct copp_session *session;
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct {
        struct copp_transport_ops ops;
        uint64_t added;
    } newer = {.ops = *driver.transport.ops};
    driver.transport.ops = &newer.ops;
    newer.ops.size = sizeof newer;
    assert_int_equal(copp_session_new(&config, &driver.transport, &session), COPP_OK);
    copp_session_free(&session);
    newer.added = 1;
    assert_int_equal(copp_session_new(&config, &driver.transport, &session), COPP_E_ARGUMENT);
    newer.ops.size = offsetof(struct copp_transport_ops, free);
    assert_int_equal(copp_session_new(&config, &driver.transport, &session), COPP_E_ARGUMENT);
    newer.ops.size = 0;
    assert_int_equal(copp_session_new(&config, &driver.transport, &session), COPP_E_ARGUMENT);
    fake_driver_end(&driver);
}

/* APP-3: what stood in the struct from an earlier poll is not taken for an answer. */
static void a_poll_without_a_size_says_stop(void) {
    const struct copp_requirement film = {.size = sizeof film, .hdcp = 1};
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_protect(session, &film, 0), COPP_STOP_NONE);
    struct copp_poll poll = {.size = sizeof poll};
    copp_session_poll(session, 1, &poll);
    assert_int_equal(poll.state, COPP_POLL_PROTECTED);
    unsigned asked = driver.queries;
    for (size_t i = 0; i < FORGOTTEN; i++) {
        poll = (struct copp_poll){.size = forgotten[i], .state = COPP_POLL_PROTECTED, .stop = COPP_STOP_NONE};
        copp_session_poll(session, 2, &poll);
        assert_int_equal(poll.state, COPP_POLL_STOP);
        assert_int_equal(poll.stop, COPP_STOP_INTERNAL);
        assert_true(poll.deadline_ms == UINT64_MAX);
    }
    assert_int_equal(driver.queries, asked);
    poll.size = sizeof poll;
    copp_session_poll(session, 3, &poll); /* the session has not suffered */
    assert_int_equal(poll.state, COPP_POLL_PROTECTED);
    copp_session_free(&session);
    fake_driver_end(&driver);
}

static void a_requirement_without_a_size_is_not_met(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_protect(session, &(struct copp_requirement){.hdcp = 1}, 0), COPP_STOP_INTERNAL);
    assert_int_equal(copp_session_set_lists(session, &(struct copp_session_lists){.srm_count = 0}, NULL), COPP_E_ARGUMENT);
    assert_int_equal(driver.commands, 0);
    copp_session_free(&session);
    fake_driver_end(&driver);
}

static void views_without_a_size_show_nothing(void) {
    struct rig_scene s;
    rig_scene_begin(&s);
    assert_int_equal(app_set_level(&s.apps[0], COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_OK);
    struct copp_protection protection = {.size = sizeof protection};
    copp_connector_protection(s.rig.connector, &protection);
    assert_int_equal(protection.hdcp, 1);
    protection.size = 0;
    copp_connector_protection(s.rig.connector, &protection);
    assert_int_equal(protection.hdcp, 0);
    struct copp_device_view device = {.active = true, .hdcp = 1};
    copp_device_inspect(s.apps[0].device, &device);
    assert_true(!device.active && device.hdcp == 0);
    struct copp_connector_view connector = {.protection_types = 1};
    copp_connector_inspect(s.rig.connector, &connector);
    assert_int_equal(connector.protection_types, 0);
    rig_scene_end(&s);
}

/* Whatever takes one: complete but for the size, it is refused; with the size it is not, so that nothing else was wrong. */
static void configs_without_a_size_are_refused(void) {
    struct rig rig;
    rig_init(&rig, NULL);
    struct copp_adapter_config adapter = {.chain_bytes = rig_chain, .chain_size = sizeof rig_chain, .key = &rig.key.key};
    struct copp_adapter *made = NULL;
    assert_int_equal(copp_adapter_new(&adapter, &made), COPP_E_ARGUMENT);
    adapter.size = sizeof adapter;
    assert_int_equal(copp_adapter_new(&adapter, &made), COPP_OK);

    struct copp_connector_config connector = rig_config();
    connector.output = &rig.output.output;
    struct copp_connector *added;
    connector.size = 0;
    assert_int_equal(copp_connector_add(made, &connector, &added), COPP_E_ARGUMENT);
    connector.size = sizeof connector;
    assert_int_equal(copp_connector_add(made, &connector, &added), COPP_OK);
    copp_adapter_free(&made);

    struct copp_sim_config sim = {.chain_bytes = rig_chain, .chain_size = sizeof rig_chain, .key = &rig.key.key};
    struct copp_sim *simulator;
    assert_int_equal(copp_sim_new(&sim, &simulator, NULL), COPP_E_ARGUMENT);
    assert_null(simulator);
    sim.size = sizeof sim;
    assert_int_equal(copp_sim_new(&sim, &simulator, NULL), COPP_OK);
    copp_sim_free(&simulator);
    rig_end(&rig);
}

static void certificates_without_a_size(void) {
    size_t size;
    uint8_t *bytes = read_test_vector("chain-good.xml", &size);
    struct copp_chain *chain;
    assert_int_equal(copp_chain_parse(bytes, size, &chain, NULL), COPP_OK);
    free(bytes);
    struct copp_certificate leaf = {.manufacturer = "before"};
    assert_int_equal(copp_chain_certificate(chain, 0, &leaf), COPP_E_ARGUMENT);
    assert_string_equal(leaf.manufacturer, "before");
    leaf.size = sizeof leaf;
    assert_int_equal(copp_chain_certificate(chain, 0, &leaf), COPP_OK);
    assert_string_not_equal(leaf.manufacturer, "before");
    copp_chain_free(&chain);
    bytes = read_test_vector("srm-facsimile.bin", &size);
    struct copp_srm_key key = {.kind = COPP_SRM_KEY_FACSIMILE};
    assert_int_equal(copp_srm_verify(bytes, size, &key, NULL, NULL), COPP_E_ARGUMENT);
    key.size = sizeof key;
    assert_int_equal(copp_srm_verify(bytes, size, &key, NULL, NULL), COPP_OK);
    free(bytes);
}

/* A newer caller's requests are wider than ours: the second is found by the first's size. */
struct newer_request {
    struct copp_certificate_request request;
    uint64_t added;
};

static void requests_stand_in_a_row_of_the_callers_width(void) {
    struct copp_private_key *key = test_private_key("root.pem");
    struct newer_request newer[2] = {{{.manufacturer = "first"}, 0}, {{.manufacturer = "second"}, 0}};
    for (size_t i = 0; i < 2; i++) {
        newer[i].request.size = sizeof newer[i];
        newer[i].request.signer = key;
        assert_int_equal(key->ops->public_key(key, &newer[i].request.subject), COPP_OK);
    }
    char *xml;
    size_t size;
    assert_int_equal(copp_chain_issue(&newer[0].request, 2, &xml, &size), COPP_OK);
    assert_non_null(strstr(xml, ">first<"));
    assert_non_null(strstr(xml, ">second<"));
    copp_release(xml, size);
    newer[1].added = 1;
    assert_int_equal(copp_chain_issue(&newer[0].request, 2, &xml, &size), COPP_E_ARGUMENT);
    newer[1].added = 0;
    newer[1].request.size = sizeof newer[1].request;
    assert_int_equal(copp_chain_issue(&newer[0].request, 2, &xml, &size), COPP_E_ARGUMENT); /* not alike */
    newer[0].request.size = 0;
    assert_int_equal(copp_chain_issue(&newer[0].request, 1, &xml, &size), COPP_E_ARGUMENT);
    copp_private_key_free(&key);
}

/* A source of random numbers and a key whose operations say nothing of their size have none. */
static void operations_without_a_size_do_not_exist(void) {
    const struct copp_private_key *real = test_private_key("leaf.pem");
    struct copp_private_key_ops key_ops = *real->ops;
    struct copp_private_key key = {&key_ops};
    static const struct copp_signature signature;
    struct copp_handshake handshake;
    const struct copp_public_key anchor = test_anchor();
    const struct copp_random_ops no_ops = {.size = 0};
    struct copp_random random = {&no_ops};
    key_ops.size = 0;
    assert_int_equal(copp_handshake_open(&key, &signature, &handshake), COPP_E_ARGUMENT);
    assert_int_equal(copp_handshake_open_opm(&key, &signature, anchor.modulus, &handshake), COPP_E_ARGUMENT);
    const struct copp_adapter_config adapter = {
        .size = sizeof adapter, .chain_bytes = rig_chain, .chain_size = sizeof rig_chain, .key = &key};
    struct copp_adapter *made;
    assert_int_equal(copp_adapter_new(&adapter, &made), COPP_E_ARGUMENT);
    struct fake_driver driver;
    struct copp_session *session;
    fake_driver_init(&driver);
    const struct copp_session_config config = {.size = sizeof config, .anchor = &anchor, .random = &random};
    assert_int_equal(copp_session_new(&config, &driver.transport, &session), COPP_E_ARGUMENT);
    fake_driver_end(&driver);
    struct copp_private_key *owned = (struct copp_private_key *)(uintptr_t)real;
    copp_private_key_free(&owned);
}

/* --- what OPM has added --- */

/* Programs that were built before OPM have shorter structs, and whatever stands behind them in memory is not read. */
static void callers_from_before_opm_have_none(void) {
    static const uint8_t chain[] = "chain";
    struct opm_rig rig;
    struct copp_adapter *adapter;
    struct copp_connector *connector;
    const uint8_t *bytes;
    size_t size;
    opm_rig_init(&rig, NULL, false);
    struct copp_adapter_config config = {.size = offsetof(struct copp_adapter_config, opm_chain_bytes),
                                         .chain_bytes = chain,
                                         .chain_size = sizeof chain,
                                         .key = &rig.copp_key.key,
                                         .opm_chain_bytes = chain,
                                         .opm_chain_size = sizeof chain,
                                         .opm_key = rig.key};
    assert_int_equal(copp_adapter_new(&config, &adapter), COPP_OK);
    assert_int_equal(copp_adapter_chain(adapter, COPP_SEMANTICS_OPM, &bytes, &size), COPP_E_UNSUPPORTED);
    config.size = sizeof config;
    assert_int_equal(copp_adapter_renew_all(adapter, &config), COPP_OK);
    assert_int_equal(copp_adapter_chain(adapter, COPP_SEMANTICS_OPM, &bytes, &size), COPP_OK);
    config.size = 0;
    assert_int_equal(copp_adapter_renew_all(adapter, &config), COPP_E_ARGUMENT);

    struct copp_connector_config plug = opm_config();
    struct copp_connector_view view = {.size = sizeof view};
    plug.size = offsetof(struct copp_connector_config, output_id);
    plug.output = &rig.output.output;
    assert_int_equal(copp_connector_add(adapter, &plug, &connector), COPP_OK);
    copp_connector_inspect(connector, &view);
    assert_false(view.type1 || view.dpcp || view.hardware_protection);
    assert_true(view.output_id && view.output_id != plug.output_id);
    copp_adapter_free(&adapter);
    opm_rig_end(&rig);
}

static void views_from_before_opm_are_not_overrun(void) {
    struct opm_rig rig;
    struct opm_app app;
    opm_rig_init(&rig, NULL, false);
    opm_begin(&app, &rig);
    assert_int_equal(opm_set(&app, OPM_HDCP, 1), COPP_HR_OK);
    struct copp_device_view device = {.size = offsetof(struct copp_device_view, semantics), .semantics = 77, .enforcement = 78};
    copp_device_inspect(app.device, &device);
    assert_true(device.hdcp == 1 && device.semantics == 77 && device.enforcement == 78);
    device.size = sizeof device;
    copp_device_inspect(app.device, &device);
    assert_true(device.semantics == COPP_SEMANTICS_OPM && device.enforcement == 0);
    struct copp_connector_view connector = {.size = offsetof(struct copp_connector_view, output_id), .output_id = 77};
    copp_connector_inspect(rig.connector, &connector);
    assert_true(connector.protection_types && connector.output_id == 77);
    copp_device_close(&app.device);
    opm_rig_end(&rig);
}

struct newer_options {
    struct copp_device_options options;
    uint64_t added;
};

/* Each is complete but for the size; a newer one that asks for what is not known is refused as well. */
static void opms_options_are_read_by_size(void) {
    struct opm_rig rig;
    struct copp_device *device;
    struct copp_transport *transport;
    struct newer_options newer = {.options = {.semantics = COPP_SEMANTICS_OPM}};
    opm_rig_init(&rig, NULL, false);
    for (size_t i = 0; i < FORGOTTEN; i++) {
        newer.options.size = forgotten[i];
        assert_int_equal(copp_device_open_as(rig.connector, &newer.options, &device), COPP_E_ARGUMENT);
        assert_int_equal(copp_local_transport_open_as(rig.connector, &newer.options, NULL, &transport), COPP_E_ARGUMENT);
    }
    newer.options.size = sizeof newer;
    newer.added = 1;
    assert_int_equal(copp_device_open_as(rig.connector, &newer.options, &device), COPP_E_ARGUMENT);
    assert_int_equal(copp_local_transport_open_as(rig.connector, &newer.options, NULL, &transport), COPP_E_ARGUMENT);
    newer.added = 0;
    assert_int_equal(copp_device_open_as(rig.connector, &newer.options, &device), COPP_OK);
    copp_device_close(&device);
    opm_rig_end(&rig);
}

static uint64_t no_time(struct copp_pump *pump) {
    (void)pump;
    return 0;
}

static void no_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    (void)pump;
    (void)deadline_ms;
}

struct newer_ddi {
    struct copp_ddi_config config;
    uint64_t added;
};

static void a_driver_is_read_by_size(void) {
    struct opm_rig rig;
    struct copp_ddi *ddi;
    struct copp_pump_ops ops = {sizeof ops, no_time, no_wait};
    struct copp_pump pump = {&ops};
    opm_rig_init(&rig, NULL, false);
    struct newer_ddi newer = {.config = {.adapter = rig.adapter, .pump = &pump}};
    for (size_t i = 0; i < FORGOTTEN; i++) {
        newer.config.size = forgotten[i];
        assert_int_equal(copp_ddi_new(&newer.config, &ddi), COPP_E_ARGUMENT);
    }
    newer.config.size = sizeof newer;
    newer.added = 1;
    assert_int_equal(copp_ddi_new(&newer.config, &ddi), COPP_E_ARGUMENT);
    newer.added = 0;
    ops.size = offsetof(struct copp_pump_ops, wait);
    assert_int_equal(copp_ddi_new(&newer.config, &ddi), COPP_E_ARGUMENT);
    ops.size = sizeof ops;
    assert_int_equal(copp_ddi_new(&newer.config, &ddi), COPP_OK);
    copp_ddi_free(&ddi);
    opm_rig_end(&rig);
}

static void opm_chains_without_a_size(void) {
    size_t size;
    uint8_t *bytes = read_test_vector("opm/chain-good-two.p7b", &size);
    struct copp_opm_anchor anchor;
    struct copp_opm_chain *chain;
    struct copp_opm_certificate leaf = {.subject = "before"};
    assert_int_equal(copp_opm_chain_parse(bytes, size, NULL, &chain, NULL), COPP_OK);
    assert_int_equal(copp_opm_chain_certificate(chain, 0, &leaf), COPP_E_ARGUMENT);
    assert_string_equal(leaf.subject, "before");
    leaf.size = sizeof leaf;
    assert_int_equal(copp_opm_chain_certificate(chain, 0, &leaf), COPP_OK);
    assert_string_not_equal(leaf.subject, "before");
    anchor = *copp_opm_anchor_microsoft();
    struct copp_opm_trust trust = {.anchor = &anchor};
    assert_int_equal(copp_opm_chain_validate(bytes, size, &trust, NULL, NULL), COPP_E_ARGUMENT);
    trust.size = sizeof trust;
    assert_int_equal(copp_opm_chain_validate(bytes, size, &trust, NULL, NULL), COPP_E_INVALID); /* another anchor's */
    anchor.size = 0;
    assert_int_equal(copp_opm_chain_validate(bytes, size, &trust, NULL, NULL), COPP_E_ARGUMENT);
    copp_opm_chain_free(&chain);
    free(bytes);
}

static void lists_keys_without_a_size(void) {
    struct opm_rig rig;
    struct copp_adapter *adapter;
    struct copp_srm_key key = {.kind = COPP_SRM_KEY_PRODUCTION};
    opm_rig_init(&rig, NULL, false);
    const struct copp_adapter_config config = {
        .size = sizeof config, .opm_chain_bytes = rig_chain, .opm_chain_size = sizeof rig_chain, .opm_key = rig.key};
    assert_int_equal(copp_adapter_new(&config, &adapter), COPP_OK);
    assert_int_equal(copp_adapter_keep_srms(adapter, &key, 1), COPP_E_ARGUMENT);
    key.size = sizeof key;
    assert_int_equal(copp_adapter_keep_srms(adapter, &key, 1), COPP_OK);
    copp_adapter_free(&adapter);
    opm_rig_end(&rig);
}

static const struct test_case cases[] = {
    TEST(reads_an_older_struct, ""),
    TEST(reads_a_newer_struct_only_if_it_asks_for_nothing_new, ""),
    TEST(refuses_a_size_that_was_forgotten, ""),
    TEST(writes_what_the_caller_has_room_for, ""),
    TEST(answers_no_to_a_size_that_was_forgotten, ""),
    TEST(an_operation_beyond_the_table_does_not_exist, ""),
    TEST(a_session_reads_its_config_by_size, ""),
    TEST(operations_are_read_by_size, ""),
    TEST(a_poll_without_a_size_says_stop, "APP-3"),
    TEST(a_requirement_without_a_size_is_not_met, ""),
    TEST(views_without_a_size_show_nothing, ""),
    TEST(configs_without_a_size_are_refused, ""),
    TEST(certificates_without_a_size, ""),
    TEST(requests_stand_in_a_row_of_the_callers_width, ""),
    TEST(operations_without_a_size_do_not_exist, ""),
    TEST(callers_from_before_opm_have_none, ""),
    TEST(views_from_before_opm_are_not_overrun, ""),
    TEST(opms_options_are_read_by_size, ""),
    TEST(a_driver_is_read_by_size, ""),
    TEST(opm_chains_without_a_size, ""),
    TEST(lists_keys_without_a_size, ""),
};

int main(void) {
    return RUN_SUITE("sized", cases);
}
