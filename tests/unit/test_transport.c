/* What a session makes of its transport: descriptor, semantics, and a new device for the next session. */
#include <string.h>

#include "fake_driver.h"

static const struct copp_requirement film = {.size = sizeof film, .hdcp = 1, .acp = COPP_ACP_LEVEL1};

static struct copp_session *protected_by(struct fake_driver *driver) {
    fake_driver_init(driver);
    fake_driver_can_more(driver);
    driver->now_ms = 5000;
    struct copp_session *session = fake_session(driver, NULL);
    assert_int_equal(copp_session_protect(session, &film, 100), COPP_STOP_NONE);
    return session;
}

static void free_all(struct copp_session **session, struct fake_driver *driver) {
    copp_session_free(session);
    fake_driver_end(driver);
}

static struct copp_poll poll_at(struct copp_session *session, uint64_t now_ms) {
    struct copp_poll poll = {.size = sizeof poll};
    copp_session_poll(session, now_ms, &poll);
    return poll;
}

static void the_descriptor_is_the_transports(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    driver.fd = 7;
    assert_int_equal(copp_session_fd(session), 7);
    driver.takes_ms = COPP_POLL_MS;
    assert_int_equal(poll_at(session, 200).state, COPP_POLL_STOP);
    assert_int_equal(copp_session_fd(session), -1); /* dead: there is nothing to wait for */
    free_all(&session, &driver);
    fake_driver_init(&driver);
    session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_fd(session), -1); /* none */
    free_all(&session, &driver);
}

static void other_semantics_are_refused(void) {
    const struct copp_public_key anchor = test_anchor();
    const struct copp_session_config config = {.size = sizeof config, .anchor = &anchor};
    static const enum copp_semantics others[] = {COPP_SEMANTICS_NONE, COPP_SEMANTICS_OPM, (enum copp_semantics)3};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct fake_driver driver;
        struct copp_session *session = (struct copp_session *)(uintptr_t)1;
        fake_driver_init(&driver);
        fake_driver_can_more(&driver);
        driver.info.semantics = others[i];
        assert_int_equal(copp_session_new(&config, &driver.transport, &session), COPP_E_UNSUPPORTED);
        assert_null(session);
        fake_driver_end(&driver);
    }
}

static void a_transport_says_what_it_is(void) {
    struct fake_driver driver;
    struct copp_transport_info info = {.size = sizeof info, .answer_ms = 9, .command_ms = 9, .pending_limit_ms = 9};
    fake_driver_init(&driver);
    assert_int_equal(copp_transport_info(&driver.transport, &info), COPP_OK);
    assert_true(info.semantics == COPP_SEMANTICS_COPP && !info.answer_ms && !info.command_ms && !info.pending_limit_ms);
    fake_driver_can_more(&driver);
    driver.info.pending_limit_ms = 20000;
    assert_int_equal(copp_transport_info(&driver.transport, &info), COPP_OK);
    assert_int_equal(info.size, sizeof info);
    assert_int_equal(info.pending_limit_ms, 20000);
    info.size = 0;
    assert_int_equal(copp_transport_info(&driver.transport, &info), COPP_E_ARGUMENT);
    fake_driver_end(&driver);
}

/* EVT-4: one session is over, the next begins on the same transport. */
static void a_transport_serves_one_session_after_another(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    driver.flags = COPP_STATUS_LINK_LOST;
    assert_int_equal(poll_at(session, 200).stop, COPP_STOP_LINK_LOST);
    copp_session_free(&session);
    assert_int_equal(copp_transport_reopen(&driver.transport), COPP_OK);
    assert_int_equal(driver.reopens, 1);
    session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_protect(session, &film, 300), COPP_STOP_NONE);
    driver.reopen_result = COPP_E_NOT_FOUND;
    assert_int_equal(copp_transport_reopen(&driver.transport), COPP_E_NOT_FOUND);
    free_all(&session, &driver);
    fake_driver_init(&driver);
    assert_int_equal(copp_transport_reopen(&driver.transport), COPP_E_UNSUPPORTED);
    fake_driver_end(&driver);
}

static const struct test_case cases[] = {
    TEST(the_descriptor_is_the_transports, ""),
    TEST(other_semantics_are_refused, ""),
    TEST(a_transport_says_what_it_is, ""),
    TEST(a_transport_serves_one_session_after_another, "EVT-4"),
};

int main(void) {
    return RUN_SUITE("transport", cases);
}
