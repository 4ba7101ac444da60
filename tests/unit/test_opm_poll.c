/* What an application does with the answers under OPM semantics: protect and poll (OPM-APP, OPM-STA-8). */
#include <string.h>

#include "fake_driver.h"

#define HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define TYPE1 COPP_PROTECTION_TYPE_ENFORCEMENT
#define DPCP COPP_PROTECTION_TYPE_DPCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define CONFIG .size = sizeof(struct copp_session_config)
#define SIZE .size = sizeof(struct copp_requirement)

static const struct copp_requirement hdcp_only = {SIZE, .hdcp = 1};
static const struct copp_requirement everything = {
    SIZE, .hdcp = 1, .acp = COPP_ACP_LEVEL3, .cgmsa = COPP_CGMSA_COPY_NEVER, .dpcp = 1, .type1 = true};
static const uint8_t srm[48] = {0x80, 0, 0, 5};

static void free_all(struct copp_session **session, struct fake_driver *driver) {
    copp_session_free(session);
    fake_driver_end(driver);
}

static struct copp_session *begin(struct fake_driver *driver, const struct copp_session_config *config) {
    fake_opm_driver_init(driver);
    return fake_session(driver, config);
}

static struct copp_session *protect(struct fake_driver *driver) {
    struct copp_session *session = begin(driver, NULL);
    assert_int_equal(copp_session_protect(session, &hdcp_only, 1000), COPP_STOP_NONE);
    return session;
}

static void check_nothing_held(const struct fake_driver *driver) {
    for (size_t type = 0; type < FAKE_TYPES; type++)
        assert_int_equal(driver->local[type], 0);
}

static struct copp_poll poll_at(struct copp_session *session, uint64_t now_ms) {
    struct copp_poll poll;
    memset(&poll, 0xA5, sizeof poll);
    poll.size = sizeof poll;
    copp_session_poll(session, now_ms, &poll);
    return poll;
}

/* STOP for that reason, now and for ever, and nothing more is sent. */
static void check_stopped(struct copp_session *session, const struct fake_driver *driver, enum copp_stop stop) {
    struct copp_poll poll = poll_at(session, 2000);
    assert_int_equal(poll.state, COPP_POLL_STOP);
    assert_int_equal(poll.stop, stop);
    unsigned seen = driver->queries + driver->commands;
    poll = poll_at(session, 2001);
    assert_int_equal(poll.state, COPP_POLL_STOP);
    assert_int_equal(poll.stop, stop);
    assert_int_equal(copp_session_protect(session, &hdcp_only, 2002), stop);
    assert_int_equal(driver->queries + driver->commands, seen);
}

static void check_explained(const struct copp_session *session, enum copp_stop stop, const char *rule) {
    char text[512];
    (void)copp_session_explain(session, COPP_OK, NULL, stop, text, sizeof text);
    assert_non_null(strstr(text, copp_stop_text(stop)));
    assert_non_null(strstr(text, rule));
    assert_non_null(strstr(text, "; "));
    assert_true(strlen(text) < sizeof text - 1);
}

/* --- what is asked for --- */

static void protects_everything(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver, NULL);
    assert_int_equal(copp_session_protect(session, &everything, 1000), COPP_STOP_NONE);
    assert_int_equal(driver.local[HDCP], 1);
    assert_int_equal(driver.local[TYPE1], 2);
    assert_int_equal(driver.local[DPCP], 1);
    assert_int_equal(driver.local[ACP], 3);
    assert_int_equal(driver.local[CGMSA], 4);
    assert_int_equal(driver.sets, 5);
    assert_int_equal(poll_at(session, 1500).state, COPP_POLL_PROTECTED);
    assert_int_equal(driver.sets, 5);
    for (unsigned i = 0; i < driver.queries; i++) /* OPM-HDCP-1: repeaters and receivers are the driver's */
        assert_int_not_equal(driver.asked[i].request, COPP_QUERY_HDCP_KEY_DATA);
    assert_int_equal(driver.waits, 0);
    assert_int_equal(copp_session_unprotect(session), COPP_OK);
    check_nothing_held(&driver);
    free_all(&session, &driver);
}

static void asks_for_no_more_than_required(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver, NULL);
    driver.types = DPCP;
    assert_int_equal(copp_session_protect(session, &(struct copp_requirement){SIZE, .dpcp = 1}, 0), COPP_STOP_NONE);
    assert_int_equal(driver.sets, 1);
    assert_int_equal(driver.set[0].type, DPCP);
    assert_int_equal(copp_session_protect(session, &(struct copp_requirement){SIZE, .type1 = true}, 0), COPP_STOP_UNSUPPORTED);
    check_nothing_held(&driver); /* what was held before it is given back */
    free_all(&session, &driver);
}

static void requirements_have_their_semantics(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver, NULL);
    static const struct copp_requirement none_of_opm[] = {
        {SIZE, .hdcp = 2}, {SIZE, .dpcp = 2}, {SIZE, .acp = 4}, {SIZE, .cgmsa = 8 | 1}};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(copp_session_protect(session, &none_of_opm[i], 0), COPP_STOP_UNSUPPORTED);
    assert_int_equal(driver.commands, 0);
    free_all(&session, &driver);

    fake_driver_init(&driver);
    session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_protect(session, &(struct copp_requirement){SIZE, .dpcp = 1}, 0), COPP_STOP_UNSUPPORTED);
    assert_int_equal(copp_session_protect(session, &(struct copp_requirement){SIZE, .type1 = true}, 0), COPP_STOP_UNSUPPORTED);
    assert_int_equal(driver.commands, 0);
    free_all(&session, &driver);
}

/* OPM-SET-7, OPM-CONST-2, BIND-8 */
static void embedded_links_go_without_hdcp(void) {
    static const struct {
        uint32_t connector;
        bool unbound;
        bool skipped;
    } connectors[] = {{COPP_CONNECTOR_LVDS, false, true},
                      {COPP_CONNECTOR_DISPLAYPORT_EMBEDDED, false, true},
                      {COPP_CONNECTOR_UDI_EMBEDDED, false, true},
                      {COPP_CONNECTOR_LVDS, true, false},
                      {COPP_CONNECTOR_HDMI | COPP_CONNECTOR_INTERNAL, false, false},
                      {COPP_CONNECTOR_UNKNOWN, false, false}};
    for (size_t i = 0; i < sizeof connectors / sizeof connectors[0]; i++) {
        struct fake_driver driver;
        struct copp_session *session = begin(&driver, &(struct copp_session_config){CONFIG, .binding = COPP_BINDING_OPTIONAL});
        driver.unbound = connectors[i].unbound;
        driver.connector_type = connectors[i].connector;
        driver.types = COPP_PROTECTION_TYPE_NONE; /* OPM-GET-7 */
        const struct copp_requirement required = {SIZE, .hdcp = 1, .type1 = true};
        assert_int_equal(copp_session_protect(session, &required, 0),
                         connectors[i].skipped ? COPP_STOP_NONE : COPP_STOP_UNSUPPORTED);
        assert_int_equal(driver.commands, 0);
        if (connectors[i].skipped)
            assert_true(poll_at(session, 1).hdcp_skipped);
        free_all(&session, &driver);
    }
}

/* OPM-APP-7 */
static void another_output_is_refused(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver, &(struct copp_session_config){CONFIG, .output_id = 0x0102030405060708});
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_NONE);
    free_all(&session, &driver);
    session = begin(&driver, &(struct copp_session_config){CONFIG, .output_id = 0x0102030405060709});
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_OTHER_OUTPUT);
    check_explained(session, COPP_STOP_OTHER_OUTPUT, "OPM-APP-7");
    assert_int_equal(driver.commands, 0);
    free_all(&session, &driver);
}

/* --- the SRM --- */

static struct copp_session *begin_with_srm(struct fake_driver *driver) {
    struct copp_session *session = begin(driver, &(struct copp_session_config){CONFIG, .srm_bytes = srm, .srm_size = sizeof srm,
                                                                               .binding = COPP_BINDING_OPTIONAL});
    driver->binding.flags = COPP_BOUND_RECEIVER;
    return session;
}

/* The SRM has come by the time that HDCP is set. */
static void check_srm_first(struct fake_driver *driver, enum copp_request request) {
    if (request == COPP_SET_PROTECTION_LEVEL)
        assert_int_equal(driver->srm_version, 5);
}

static void the_srm_comes_before_hdcp(void) {
    struct fake_driver driver;
    struct copp_session *session = begin_with_srm(&driver);
    driver.before = check_srm_first;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_NONE);
    assert_int_equal(driver.commands, 2);
    assert_int_equal(driver.srm_version, 5);
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_NONE); /* once is enough */
    assert_int_equal(driver.commands, 3);
    free_all(&session, &driver);

    session = begin_with_srm(&driver); /* without HDCP nobody is to be judged */
    assert_int_equal(copp_session_protect(session, &(struct copp_requirement){SIZE, .acp = 1}, 0), COPP_STOP_NONE);
    assert_int_equal(driver.srm_version, 0);
    free_all(&session, &driver);
}

static void an_srm_that_did_not_come_stops(void) {
    struct fake_driver driver;
    struct copp_session *session = begin_with_srm(&driver);
    driver.srm_lie = 4;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_SRM);
    check_explained(session, COPP_STOP_SRM, "OPM-APP-1");
    assert_int_equal(driver.sets, 0);
    driver.srm_lie = 0x10005; /* all of it counts */
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_SRM);
    driver.srm_lie = 0;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_NONE);
    free_all(&session, &driver);

    session = begin_with_srm(&driver);
    driver.srm_hresult = COPP_HR_OPM_INVALID_SRM;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_REFUSED);
    assert_int_equal(copp_session_hresult(session), COPP_HR_OPM_INVALID_SRM);
    assert_int_equal(driver.sets, 0);
    free_all(&session, &driver);
}

/* The driver would look up who receives, and its output names nobody (BIND-6). */
static void an_srm_that_is_held_against_nobody_stops(void) {
    static const struct copp_requirement anybody = {SIZE, .hdcp = 1, .unnamed_receiver = true};
    static const struct copp_requirement type1 = {SIZE, .type1 = true};
    struct fake_driver driver;
    struct copp_session *session = begin_with_srm(&driver);
    driver.binding.flags = 0;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_NO_RECEIVER);
    assert_int_equal(copp_session_protect(session, &type1, 0), COPP_STOP_NO_RECEIVER);
    assert_int_equal(copp_session_protect(session, &(struct copp_requirement){SIZE, .acp = 1}, 0), COPP_STOP_NONE);
    assert_int_equal(copp_session_protect(session, &anybody, 0), COPP_STOP_NONE);
    assert_true(poll_at(session, 1).receiver_unnamed);
    driver.binding.flags = COPP_BOUND_RECEIVER;
    assert_false(poll_at(session, 2).receiver_unnamed);
    assert_int_equal(copp_session_protect(session, &hdcp_only, 3), COPP_STOP_NONE);
    driver.binding.flags = 0;
    assert_int_equal(poll_at(session, 4).stop, COPP_STOP_NO_RECEIVER);
    free_all(&session, &driver);

    session = begin(&driver, &(struct copp_session_config){CONFIG}); /* OPM-SRM-7: without a list nobody is looked up */
    driver.binding.flags = 0;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_NONE);
    assert_int_equal(copp_session_set_srm(session, srm, sizeof srm), COPP_OK); /* one that the player hands over itself */
    assert_int_equal(poll_at(session, 1).stop, COPP_STOP_NO_RECEIVER);
    free_all(&session, &driver);

    session = begin_with_srm(&driver); /* a driver that binds nothing says nothing of it either */
    driver.unbound = true;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_NONE);
    assert_false(poll_at(session, 1).receiver_unnamed);
    free_all(&session, &driver);
}

/* --- levels that come up later (OPM-SET-5) --- */

static void levels_may_come_up_later(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver, NULL);
    driver.slow_asks = 7;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 5000), COPP_STOP_NONE);
    assert_int_equal(driver.waits, 7);
    assert_int_equal(driver.sets, 1);
    /* the look that counts began after that */
    struct copp_poll poll = poll_at(session, 5000 + driver.now_ms);
    assert_int_equal(poll.state, COPP_POLL_PROTECTED);
    assert_false(poll.late);
    free_all(&session, &driver);
}

/* No question waits for ever, those that are asked meanwhile included. */
static void check_bounded(struct fake_driver *driver, enum copp_request request) {
    if (request == COPP_QUERY_LOCAL_PROTECTION_LEVEL)
        assert_true(driver->deadline_ms <= driver->now_ms + COPP_OPM_RAISE_MS + COPP_POLL_MS);
}

static void a_level_that_never_comes_up_stops(void) {
    for (unsigned takes_ms = 0; takes_ms < 20; takes_ms += 7) {
        struct fake_driver driver;
        struct copp_session *session = begin(&driver, NULL);
        driver.slow_asks = 100000;
        driver.now_ms = 77;
        driver.takes_ms = takes_ms;
        driver.before = check_bounded;
        assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_LEVEL);
        /* two questions and the command before, the last question and giving back behind: not before its time, and not after */
        assert_true(driver.now_ms == 77 + COPP_OPM_RAISE_MS + 5u * takes_ms);
        check_nothing_held(&driver);
        free_all(&session, &driver);
    }
}

static void time_that_does_not_pass_is_not_waited_for(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver, NULL);
    driver.slow_asks = 100000;
    driver.stuck = true;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_LEVEL);
    assert_int_equal(driver.waits, 1);
    check_nothing_held(&driver);
    free_all(&session, &driver);

    session = begin(&driver, NULL); /* a transport that cannot wait */
    struct copp_transport_ops ops = *driver.transport.ops;
    ops.wait = NULL;
    driver.transport.ops = &ops;
    driver.slow_asks = 1;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_LEVEL);
    check_nothing_held(&driver);
    free_all(&session, &driver);
}

static void link_lost_meanwhile(struct fake_driver *driver, enum copp_request request) {
    if (request == COPP_QUERY_LOCAL_PROTECTION_LEVEL && driver->waits == 3)
        driver->flags = COPP_STATUS_LINK_LOST;
}

static void events_end_the_waiting(void) {
    struct fake_driver driver;
    struct copp_session *session = begin(&driver, NULL);
    driver.slow_asks = 100000;
    driver.before = link_lost_meanwhile;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_LINK_LOST);
    assert_int_equal(driver.waits, 3);
    check_nothing_held(&driver); /* OPM-STA-8: all off */
    free_all(&session, &driver);
}

/* --- events --- */

static void events_stop(void) {
    static const struct {
        uint32_t flags;
        enum copp_stop stop;
    } events[] = {
        {COPP_STATUS_LINK_LOST, COPP_STOP_LINK_LOST},
        {COPP_STATUS_RENEGOTIATION_REQUIRED, COPP_STOP_RECONFIGURED},
        {COPP_STATUS_TAMPERING_DETECTED, COPP_STOP_TAMPERING},
        {COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE, COPP_STOP_REVOKED_DEVICE},
        {COPP_STATUS_REVOKED_HDCP_DEVICE, COPP_STOP_REVOKED_DEVICE},
        {COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED, COPP_STOP_LINK_LOST},
        {15, COPP_STOP_TAMPERING},
        {0x10, COPP_STOP_LINK_LOST}, /* its meaning is unknown */
        {0x80000000u | COPP_STATUS_RENEGOTIATION_REQUIRED, COPP_STOP_LINK_LOST},
    };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct fake_driver driver;
        struct copp_session *session = protect(&driver);
        driver.flags = events[i].flags;
        check_stopped(session, &driver, events[i].stop);
        check_explained(session, events[i].stop, events[i].stop == COPP_STOP_LINK_LOST ? "EVT-4" : "OPM-STA-8");
        assert_int_equal(copp_session_unprotect(session), COPP_OK);
        check_nothing_held(&driver);
        free_all(&session, &driver);
    }
}

/* OPM-STA-4: the first answer tells of a lost link alone; that a device is revoked, only a level query. */
static void a_revoked_device_is_found_out(void) {
    struct fake_driver driver;
    struct copp_session *session = protect(&driver);
    driver.flags = COPP_STATUS_LINK_LOST;
    driver.revoked_waits = true;
    check_stopped(session, &driver, COPP_STOP_REVOKED_DEVICE);
    free_all(&session, &driver);

    session = begin(&driver, NULL); /* OPM-SRM-6 */
    driver.level_hresult[HDCP] = COPP_HR_OPM_DRIVER_INTERNAL_ERROR;
    driver.revoked_waits = true;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_REVOKED_DEVICE);
    check_nothing_held(&driver);
    free_all(&session, &driver);

    session = begin(&driver, NULL); /* and if that is not the cause */
    driver.level_hresult[HDCP] = COPP_HR_OPM_NO_HDCP;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_REFUSED);
    assert_int_equal(copp_session_hresult(session), COPP_HR_OPM_NO_HDCP);
    free_all(&session, &driver);
}

/* OPM-STA-7, OPM-STA-8: as a reconfiguration. */
static void a_closed_output_stops(void) {
    for (unsigned honest = 0; honest < 4; honest++) {
        struct fake_driver driver;
        struct copp_session *session = protect(&driver);
        fake_driver_fault(&driver, FAKE_REFUSES, honest, COPP_HR_OPM_OUTPUT_GONE);
        check_stopped(session, &driver, COPP_STOP_RECONFIGURED);
        free_all(&session, &driver);
    }
}

/* --- what does not hold --- */

/* OPM-APP-3: the level is off, or another one, by either query. */
static void levels_are_watched(void) {
    struct fake_driver driver;
    struct copp_session *session = protect(&driver);
    driver.local[HDCP] = 0;
    driver.others[HDCP] = 1; /* another session's does not count */
    check_stopped(session, &driver, COPP_STOP_LEVEL);
    free_all(&session, &driver);

    session = protect(&driver);
    static const uint32_t off[FAKE_TYPES] = {0};
    driver.global = off;
    check_stopped(session, &driver, COPP_STOP_LEVEL);
    free_all(&session, &driver);

    session = begin(&driver, NULL);
    assert_int_equal(copp_session_protect(session, &(struct copp_requirement){SIZE, .type1 = true}, 0), COPP_STOP_NONE);
    static const uint32_t without_type1[FAKE_TYPES] = {[TYPE1] = 1};
    driver.global = without_type1; /* HDCP is on, and more was promised */
    check_stopped(session, &driver, COPP_STOP_LEVEL);
    free_all(&session, &driver);
}

/* OPM-APP-5: what SET answers is not believed. */
static void a_set_that_was_not_carried_out_stops(void) {
    for (unsigned unbound = 0; unbound < 2; unbound++) {
        struct fake_driver driver;
        struct copp_session *session = begin(&driver, &(struct copp_session_config){CONFIG, .binding = COPP_BINDING_OPTIONAL});
        driver.unbound = unbound;
        fake_driver_fault(&driver, FAKE_PRETENDS, 2, 0); /* the two queries about the connector come first */
        assert_int_equal(copp_session_protect(session, &hdcp_only, 0), unbound ? COPP_STOP_LEVEL : COPP_STOP_AUTHENTICATION);
        free_all(&session, &driver);
    }
}

static void false_answers_stop(void) {
    for (unsigned honest = 0; honest < 4; honest++) {
        struct fake_driver driver;
        struct copp_session *session = protect(&driver);
        fake_driver_fault(&driver, FAKE_MAC_BIT, honest, 5);
        check_stopped(session, &driver, COPP_STOP_AUTHENTICATION);
        free_all(&session, &driver);
    }
}

/*
 * OPM-OUT-7: two outputs of one monitor. None of the looks outlives the earliest deadline of them all, so that a slow driver does not keep
 * content on the screen that another one has stopped protecting.
 */
static void several_outputs_are_polled_in_time(void) {
    struct fake_driver drivers[2];
    struct copp_session *sessions[2];
    uint64_t earliest_ms = UINT64_MAX;
    struct copp_poll polls[2] = {{.size = sizeof polls[0]}, {.size = sizeof polls[1]}};
    for (size_t i = 0; i < 2; i++)
        sessions[i] = protect(&drivers[i]);
    for (size_t i = 0; i < 2; i++) {
        copp_session_poll_until(sessions[i], 1000 + 400 * i, UINT64_MAX, &polls[i]);
        assert_int_equal(polls[i].state, COPP_POLL_PROTECTED);
        earliest_ms = polls[i].deadline_ms < earliest_ms ? polls[i].deadline_ms : earliest_ms;
    }
    assert_true(earliest_ms == 3000);
    drivers[0].now_ms = drivers[1].now_ms = 1500; /* by their clocks, which are 1000 ms behind */
    drivers[1].takes_ms = 200; /* four questions: too slow for what is left, quick enough for its own two seconds */
    copp_session_poll_until(sessions[0], 2500, earliest_ms, &polls[0]);
    assert_int_equal(polls[0].state, COPP_POLL_PROTECTED);
    copp_session_poll_until(sessions[1], 2500, earliest_ms, &polls[1]);
    assert_int_equal(polls[1].state, COPP_POLL_STOP);
    assert_int_equal(polls[1].stop, COPP_STOP_TRANSPORT);
    for (size_t i = 0; i < 2; i++)
        free_all(&sessions[i], &drivers[i]);
}

/* OPM-APP-5: giving back is refused, and closing the device is what is left. */
static void a_refused_release_ends_it(void) {
    struct fake_driver driver;
    struct copp_session *session = protect(&driver);
    fake_driver_fault(&driver, FAKE_REFUSES, 0, COPP_HR_OPM_DRIVER_INTERNAL_ERROR);
    assert_int_equal(copp_session_unprotect(session), COPP_E_REFUSED);
    unsigned seen = driver.queries + driver.commands;
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_REFUSED);
    assert_int_equal(driver.queries + driver.commands, seen);
    free_all(&session, &driver);
}

static const struct test_case cases[] = {
    TEST(protects_everything, "OPM-APP-1 OPM-HDCP-1 OPM-HDCP-2"),
    TEST(asks_for_no_more_than_required, "OPM-APP-1"),
    TEST(requirements_have_their_semantics, "OPM-SET-4"),
    TEST(embedded_links_go_without_hdcp, "OPM-SET-7 OPM-CONST-2 BIND-8"),
    TEST(another_output_is_refused, "OPM-APP-7"),
    TEST(the_srm_comes_before_hdcp, "OPM-APP-1"),
    TEST(an_srm_that_did_not_come_stops, "OPM-APP-1 OPM-SRM-2"),
    TEST(an_srm_that_is_held_against_nobody_stops, "OPM-SRM-7 BIND-6"),
    TEST(levels_may_come_up_later, "OPM-SET-5"),
    TEST(a_level_that_never_comes_up_stops, "OPM-SET-5 OPM-APP-1"),
    TEST(time_that_does_not_pass_is_not_waited_for, "OPM-SET-5"),
    TEST(events_end_the_waiting, "OPM-STA-8"),
    TEST(events_stop, "OPM-STA-8"),
    TEST(a_revoked_device_is_found_out, "OPM-STA-4 OPM-SRM-6"),
    TEST(a_closed_output_stops, "OPM-STA-7 OPM-STA-8"),
    TEST(levels_are_watched, "OPM-APP-3"),
    TEST(a_set_that_was_not_carried_out_stops, "OPM-APP-5 BIND-4"),
    TEST(false_answers_stop, "OPM-APP-2"),
    TEST(several_outputs_are_polled_in_time, "OPM-OUT-7 OPM-APP-3"),
    TEST(a_refused_release_ends_it, "OPM-APP-5"),
};

int main(void) {
    return RUN_SUITE("opm_poll", cases);
}
