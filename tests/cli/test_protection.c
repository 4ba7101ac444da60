/* The protection part of copp protect (cli/protect/protection.c): what it says of content, on an adapter that does as it is told. */
#include <string.h>
#include <unistd.h>

#include "adapter_standin.h"
#include "cli/commands.h"
#include "cli/protect/protection_set.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define LIMIT_MS 5000u
#define HOLD_MS 2000u
#define ONE_FDS 3u /* of one output: its own is the last */

static const struct command command = {.name = "protect", .json_lines = true};
static const struct invocation invocation = {.command = &command};
static const char *all_names[] = {"HDMI-1", "HDMI-2", "HDMI-3"};
static const struct text_list no_names = {NULL, 0};
static const struct text_list one_name = {all_names, 1};
static struct standin_output *const hdmi = &standin.outputs[0];
static const struct protection_limits once = {.hold_ms = HOLD_MS};
static int wake[2] = {-1, -1};

static struct protection_report step(struct protection_set *p) {
    struct protection_report report;
    memset(&report, 0xA5, sizeof report);
    protection_set_step(p, &report);
    return report;
}

/* In force, with reconnect_ms to find a new session in. */
static void begin(struct protection_set *p, uint64_t reconnect_ms) {
    const struct choice_terms terms = {.wanted = {.size = sizeof(struct copp_requirement), .hdcp = 1}};
    const struct adapter_options device = {.device = "unix:/run/standin"};
    struct protection_report report;
    standin_reset();
    const struct protection_limits limits = {.hold_ms = HOLD_MS, .reconnect_ms = reconnect_ms};
    assert_int_equal(protection_set_open(&invocation, &device, &terms, &no_names, &limits, p), STATUS_YES);
    assert_int_equal(protection_set_choose(p, wake[0]), STATUS_YES);
    assert_true(protection_set_begin(p, 0, &report));
    (void)protection_set_begun(p);
    assert_int_equal(report.state, PROTECTION_IN_FORCE);
    assert_string_equal(report.event, "protected");
    assert_string_equal(report.text, "protected: HDCP on");
    assert_int_equal(hdmi->driver.local[HDCP], 1);
}

/* What was in force on the first output has been given back. */
static bool released(struct protection_set *p) {
    struct protection_report report;
    assert_true(protection_set_end(p, 0, &report));
    return report.event != NULL;
}

static int choose(struct protection_set *p, const struct text_list *outputs) {
    const struct choice_terms terms = {.wanted = {.size = sizeof(struct copp_requirement), .hdcp = 1}};
    const struct adapter_options device = {.device = "unix:/run/standin"};
    assert_int_equal(protection_set_open(&invocation, &device, &terms, outputs, &once, p), STATUS_YES);
    return protection_set_choose(p, wake[0]);
}

/* The list only orders the candidates: what an output is its driver says, under its MAC. */
static void bound_answers_go_before_the_list(void) {
    const struct text_list *const names[] = {&no_names, &one_name};
    struct protection_set p;
    for (size_t i = 0; i < 2; i++) {
        standin_reset();
        hdmi->really_simulated = true;
        assert_int_equal(choose(&p, names[i]), STATUS_NO);
        protection_set_close(&p);
        standin.unbound = true; /* then there is nothing but the list */
        assert_int_equal(choose(&p, names[i]), STATUS_YES);
        protection_set_close(&p);
    }
}

static void is_embedded(struct fake_driver *driver) {
    driver->connector_type = COPP_CONNECTOR_LVDS;
}

/* Of a driver that does not bind, the word is taken for an embedded connector, and that is said. */
static void what_is_not_bound_is_said(void) {
    struct protection_set p;
    struct protection_report report;
    standin_reset();
    standin.unbound = true;
    hdmi->prepare = is_embedded;
    assert_int_equal(choose(&p, &no_names), STATUS_YES);
    assert_true(protection_set_begin(&p, 0, &report));
    (void)protection_set_begun(&p);
    assert_int_equal(report.state, PROTECTION_IN_FORCE);
    assert_string_equal(report.text, "protected: no HDCP on an embedded connector (APP-4), answers not bound (BIND-5)");
    protection_set_close(&p);
}

static void assert_event(const struct protection_report *report, enum protection_state state, const char *event) {
    assert_int_equal(report->state, state);
    assert_true((report->event != NULL) == (event != NULL));
    if (event)
        assert_string_equal(report->event, event);
}

static void assert_lost(const struct protection_report *report, int status, enum copp_rule rule) {
    assert_event(report, PROTECTION_LOST, "stopped");
    assert_int_equal(report->status, status);
    assert_int_equal(report->rule, rule);
}

/* --- how the driver is --- */

static void is_gone(struct fake_driver *driver) {
    fake_driver_fault(driver, FAKE_LOST, 0, (uint32_t)COPP_E_TRANSPORT);
}

static void loses_link(struct fake_driver *driver) {
    driver->flags = COPP_STATUS_LINK_LOST;
}

static void is_reconfigured(struct fake_driver *driver) {
    driver->flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
}

static void forges(struct fake_driver *driver) {
    fake_driver_fault(driver, FAKE_MAC_BIT, 0, 3);
}

static void drops_level(struct fake_driver *driver) {
    static const uint32_t off[FAKE_TYPES];
    driver->global = off;
}

static void is_repeater(struct fake_driver *driver) {
    driver->hdcp_flags = COPP_HDCP_REPEATER;
}

static void has_bad_ksv(struct fake_driver *driver) {
    memset(driver->bksv, 0, sizeof driver->bksv);
}

static void names_nobody(struct fake_driver *driver) {
    driver->hdcp_hresult = COPP_HR_UNEXPECTED;
}

static void refuses(struct fake_driver *driver) {
    driver->level_hresult[HDCP] = COPP_HR_UNEXPECTED;
}

/* Once the session is established: two calls are the handshake's. */
static void is_gone_late(struct fake_driver *driver) {
    fake_driver_fault(driver, FAKE_LOST, 2, (uint32_t)COPP_E_TRANSPORT);
}

static void forges_late(struct fake_driver *driver) {
    fake_driver_fault(driver, FAKE_MAC_BIT, 2, 3);
}

/* --- a session that holds --- */

/* Nothing that nobody has filled in says that content may be shown. */
static void zero_is_lost(void) {
    const struct protection_report nothing = {0};
    assert_int_equal(nothing.state, PROTECTION_LOST);
}

static void is_polled_twice_a_second(void) {
    struct protection_set p;
    begin(&p, 0);
    assert_true(protection_set_deadline_ms(&p) <= standin.now_ms);
    for (int i = 0; i < 5; i++) {
        struct protection_report report = step(&p);
        assert_event(&report, PROTECTION_IN_FORCE, NULL);
        assert_int_equal(protection_set_deadline_ms(&p), standin.now_ms + 500);
        standin.now_ms += 500;
    }
    assert_true(protection_set_dispatch(&p, (bool[ONE_FDS]){false}));
    assert_true(released(&p));
    assert_int_equal(hdmi->driver.local[HDCP], 0);
    protection_set_close(&p);
}

static void takes_its_time(struct fake_driver *driver, enum copp_request request) {
    (void)driver;
    (void)request;
    standin.now_ms += 100;
}

/* What a look takes is not there for the next one, which must be through 2 s after this one's first question. */
static void a_slow_look_does_not_delay_the_next(void) {
    struct protection_set p;
    begin(&p, 0);
    hdmi->driver.before = takes_its_time;
    for (int i = 0; i < 3; i++) {
        uint64_t began = standin.now_ms;
        struct protection_report report = step(&p);
        assert_event(&report, PROTECTION_IN_FORCE, NULL);
        assert_int_equal(standin.now_ms, began + 500); /* five questions */
        assert_int_equal(protection_set_deadline_ms(&p), began + 500);
        assert_true(protection_set_dispatch(&p, (bool[ONE_FDS]){false}));
    }
    protection_set_close(&p);
}

static void content_is_hidden_before_levels_are_set_again(void) {
    struct protection_set p;
    begin(&p, 0);
    is_reconfigured(&hdmi->driver);
    unsigned sets = hdmi->driver.sets;
    struct protection_report report = step(&p);
    assert_event(&report, PROTECTION_HELD, "renegotiating");
    assert_int_equal(hdmi->driver.sets, sets);
    assert_true(protection_set_deadline_ms(&p) <= standin.now_ms);
    report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, "protected again");
    assert_true(hdmi->driver.sets > sets);
    report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, NULL);
    protection_set_close(&p);
}

static void content_is_hidden_before_lists_are_read(void) {
    struct protection_set p;
    begin(&p, 0);
    standin.lists = STANDIN_LISTS_NEWER;
    struct protection_report report = step(&p);
    assert_event(&report, PROTECTION_HELD, NULL);
    assert_int_equal(standin.renewals, 0);
    report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, NULL);
    assert_int_equal(standin.renewals, 1);
    standin.lists = STANDIN_LISTS_INVALID;
    (void)step(&p);
    report = step(&p);
    assert_lost(&report, STATUS_UNKNOWN, COPP_RULE_NONE);
    protection_set_close(&p);
}

/* A connector that is reconfigured while the protection begins is settled before anybody is told that it is in force. */
static void begins_when_it_has_settled(void) {
    struct protection_set p;
    struct protection_report report;
    const struct choice_terms terms = {.wanted = {.size = sizeof(struct copp_requirement), .hdcp = 1}};
    standin_reset();
    assert_int_equal(protection_set_open(&invocation, &(struct adapter_options){0}, &terms, &no_names, &once, &p), STATUS_YES);
    assert_int_equal(protection_set_choose(&p, wake[0]), STATUS_YES);
    standin.reconfigures = true; /* behind the levels that are set first */
    assert_true(protection_set_begin(&p, 0, &report));
    (void)protection_set_begun(&p);
    assert_event(&report, PROTECTION_IN_FORCE, "protected");
    assert_int_equal(hdmi->driver.sets, 2);
    report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, NULL);
    assert_true(released(&p));
    protection_set_close(&p);
}

/* --- how long content is hidden --- */

static void assert_held_too_long(const struct protection_report *report, enum copp_rule rule, const char *text) {
    assert_lost(report, STATUS_NO, rule);
    assert_string_equal(report->text, text);
}

static void renegotiate(struct protection_set *p, uint64_t reconnect_ms) {
    begin(p, reconnect_ms);
    is_reconfigured(&hdmi->driver);
    struct protection_report report = step(p);
    assert_event(&report, PROTECTION_HELD, "renegotiating");
}

static void takes_all_of_the_time(struct fake_driver *driver, enum copp_request request) {
    (void)request;
    driver->before = NULL;
    standin.now_ms += HOLD_MS;
}

static void hidden_too_long_it_is_lost(void) {
    struct protection_set p;
    renegotiate(&p, 0);
    standin.now_ms += HOLD_MS;
    unsigned queries = hdmi->driver.queries;
    struct protection_report report = step(&p);
    assert_held_too_long(&report, COPP_RULE_EVT_4, "not protected again within 2000 ms");
    assert_string_equal(report.hint, "; --hold sets this limit");
    assert_int_equal(hdmi->driver.queries, queries); /* it is too late to ask */
    protection_set_close(&p);

    renegotiate(&p, 0);
    standin.now_ms += HOLD_MS - 1;
    report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, "protected again");
    standin.now_ms += HOLD_MS; /* the time has ended with that; but the last look does not count any more */
    queries = hdmi->driver.queries;
    report = step(&p);
    assert_event(&report, PROTECTION_HELD, NULL);
    assert_int_equal(hdmi->driver.queries, queries);
    report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, NULL);
    protection_set_close(&p);

    renegotiate(&p, 0);
    hdmi->driver.before = takes_all_of_the_time;
    report = step(&p);
    assert_held_too_long(&report, COPP_RULE_EVT_4, "not protected again within 2000 ms"); /* good, and too late */
    protection_set_close(&p);

    renegotiate(&p, LIMIT_MS);
    standin.now_ms += LIMIT_MS;
    report = step(&p);
    assert_held_too_long(&report, COPP_RULE_EVT_4, "not protected again within 5000 ms");
    assert_string_equal(report.hint, "; --reconnect sets this limit");
    assert_int_equal(standin.tries, 1);
    protection_set_close(&p);
}

/* What was interrupted is not the reason, and no new session is tried behind it; what the driver has told is. */
static void the_reason_is_told_however_late(void) {
    static void (*const tells[])(struct fake_driver *) = {is_repeater, has_bad_ksv, drops_level, forges, loses_link};
    static const enum copp_rule rules[] = {COPP_RULE_APP_1, COPP_RULE_APP_2, COPP_RULE_APP_3, COPP_RULE_QRY_4, COPP_RULE_EVT_4};
    static void (*const fails[])(struct fake_driver *) = {is_gone, refuses};
    struct protection_report report;
    struct protection_set p;
    for (size_t i = 0; i < sizeof tells / sizeof tells[0]; i++) {
        renegotiate(&p, 0);
        tells[i](&hdmi->driver);
        hdmi->driver.before = takes_all_of_the_time;
        report = step(&p);
        assert_lost(&report, STATUS_NO, rules[i]);
        assert_null(strstr(report.text, "within"));
        protection_set_close(&p);
    }
    for (size_t i = 0; i < 2 * sizeof fails / sizeof fails[0]; i++) {
        renegotiate(&p, i % 2 ? HOLD_MS : 0);
        fails[i / 2](&hdmi->driver);
        hdmi->driver.before = takes_all_of_the_time;
        report = step(&p);
        assert_held_too_long(&report, COPP_RULE_EVT_4, "not protected again within 2000 ms");
        protection_set_close(&p);
    }
}

/* However many reasons follow one another, the time is that of the first. */
static void reasons_do_not_add_up(void) {
    struct protection_set p;
    begin(&p, 0);
    standin.lists = STANDIN_LISTS_NEWER;
    struct protection_report report = step(&p);
    assert_event(&report, PROTECTION_HELD, NULL);
    standin.now_ms += HOLD_MS - 1;
    hdmi->driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    report = step(&p);
    assert_event(&report, PROTECTION_HELD, "renegotiating");
    standin.now_ms++;
    report = step(&p);
    assert_held_too_long(&report, COPP_RULE_EVT_4, "not protected again within 2000 ms");
    protection_set_close(&p);

    begin(&p, 0);
    standin.lists = STANDIN_LISTS_NEWER;
    (void)step(&p);
    standin.now_ms += HOLD_MS;
    report = step(&p);
    assert_held_too_long(&report, COPP_RULE_NONE, "not protected again within 2000 ms");
    assert_int_equal(standin.renewals, 0);
    protection_set_close(&p);

    renegotiate(&p, LIMIT_MS);
    standin.now_ms += LIMIT_MS - 1;
    is_gone(&hdmi->driver);
    report = step(&p);
    assert_event(&report, PROTECTION_HELD, "reconnecting");
    standin.away = true;
    standin.now_ms++;
    report = step(&p);
    assert_lost(&report, STATUS_NO, COPP_RULE_NONE);
    assert_int_equal(standin.tries, 1);
    protection_set_close(&p);
}

static const struct protection_set *waked; /* whose timer a driver waits for */
static bool woke;

static void waits_to_be_woken(struct fake_driver *driver, enum copp_request request) {
    (void)request;
    driver->before = NULL;
    wait_readable(&waked->common.wake.fd, &woke, 1, 30000);
}

/* While content is hidden, and not otherwise, whoever waits for the driver is woken in time. */
static void who_waits_for_the_driver_is_woken(void) {
    struct protection_set p;
    bool ready;
    renegotiate(&p, 0);
    waked = &p;
    woke = false;
    standin.now_ms += HOLD_MS - 10;
    hdmi->driver.before = waits_to_be_woken;
    struct protection_report report = step(&p);
    assert_true(woke);
    assert_event(&report, PROTECTION_IN_FORCE, "protected again"); /* by a clock that has not gone on */
    wait_readable(&p.common.wake.fd, &ready, 1, 100);
    assert_false(ready);
    protection_set_close(&p);
}

static const struct {
    void (*happens)(struct fake_driver *driver);
    enum copp_rule rule;
    bool passes; /* a new session may make it good */
} losses[] = {
    {is_gone, COPP_RULE_NONE, true},        {loses_link, COPP_RULE_EVT_4, true},   {forges, COPP_RULE_QRY_4, false},
    {drops_level, COPP_RULE_APP_3, false},  {is_repeater, COPP_RULE_APP_1, false}, {has_bad_ksv, COPP_RULE_APP_2, false},
    {names_nobody, COPP_RULE_APP_2, false},
};

static void every_loss_stops(void) {
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        struct protection_set p;
        begin(&p, 0);
        losses[i].happens(&hdmi->driver);
        struct protection_report report = step(&p);
        assert_lost(&report, STATUS_NO, losses[i].rule);
        assert_non_null(report.remedy);
        assert_false(protection_set_is_gone(&p));
        protection_set_close(&p);
    }
}

/* --- a new session --- */

static void only_two_losses_are_made_good(void) {
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        struct protection_set p;
        begin(&p, LIMIT_MS);
        losses[i].happens(&hdmi->driver);
        struct protection_report report = step(&p);
        assert_event(&report, losses[i].passes ? PROTECTION_HELD : PROTECTION_LOST,
                     losses[i].passes ? "reconnecting" : "stopped");
        assert_int_equal(protection_set_is_gone(&p), losses[i].passes);
        assert_int_equal(standin.tries, 1); /* content is hidden before anything else is done */
        protection_set_close(&p);
    }
}

static void revoked_meanwhile_is_not_made_good(void) {
    struct protection_set p;
    begin(&p, LIMIT_MS);
    standin.lists = STANDIN_LISTS_REVOKE;
    struct protection_report report = step(&p);
    assert_event(&report, PROTECTION_HELD, NULL);
    report = step(&p);
    assert_lost(&report, STATUS_NO, COPP_RULE_CRL_4);
    protection_set_close(&p);
}

static void lose(struct protection_set *p, uint64_t limit_ms) {
    begin(p, limit_ms);
    is_gone(&hdmi->driver);
    struct protection_report report = step(p);
    assert_event(&report, PROTECTION_HELD, "reconnecting");
    assert_true(protection_set_deadline_ms(p) <= standin.now_ms); /* the first try is made at once */
}

static void a_new_session_is_protected_before_content_is_shown(void) {
    struct protection_set p;
    lose(&p, LIMIT_MS);
    struct protection_report report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, "protected again");
    assert_int_equal(standin.sessions, 2);
    assert_int_equal(hdmi->driver.local[HDCP], 1);
    assert_false(protection_set_is_gone(&p));
    report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, NULL);
    assert_true(released(&p));
    protection_set_close(&p);
}

static void a_new_session_begins_when_it_has_settled(void) {
    struct protection_set p;
    lose(&p, LIMIT_MS);
    standin.reconfigures = true;
    struct protection_report report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, "protected again");
    assert_int_equal(hdmi->driver.sets, 2);
    report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, NULL);
    protection_set_close(&p);
}

/* A try, and a pause before the next. */
static void assert_tries_on(struct protection_set *p) {
    struct protection_report report = step(p);
    assert_event(&report, PROTECTION_HELD, NULL);
    assert_int_equal(protection_set_deadline_ms(p), standin.now_ms + 250);
    standin.now_ms += 250;
}

static void tries_until_the_time_is_up(void) {
    struct protection_set p;
    lose(&p, LIMIT_MS);
    standin.away = true;
    uint64_t limit = standin.now_ms + LIMIT_MS;
    for (unsigned i = 0; i < LIMIT_MS / 250; i++)
        assert_tries_on(&p);
    assert_int_equal(standin.now_ms, limit);
    standin.away = false; /* too late */
    struct protection_report report = step(&p);
    assert_lost(&report, STATUS_NO, COPP_RULE_NONE);
    assert_string_equal(report.text, "the driver cannot be reached; no new session: /run/standin: nobody listens there");
    assert_int_equal(standin.tries, 1 + LIMIT_MS / 250);
    assert_true(protection_set_is_gone(&p));
    assert_false(released(&p));
    protection_set_close(&p);
}

static void what_may_pass_is_tried_again(void) {
    static void (*const drivers[])(struct fake_driver *) = {is_gone_late, loses_link, refuses};
    struct protection_set p;
    lose(&p, LIMIT_MS);
    standin.away = true;
    assert_tries_on(&p);
    standin.away = false;
    hdmi->unplugged = true;
    assert_tries_on(&p);
    assert_int_equal(standin.sessions, 1); /* none is of use without a display */
    hdmi->unplugged = false;
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        hdmi->prepare = drivers[i];
        assert_tries_on(&p);
    }
    hdmi->prepare = NULL;
    struct protection_report report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, "protected again");
    protection_set_close(&p);
}

static void a_new_session_passes_every_check(void) {
    static void (*const drivers[])(struct fake_driver *) = {is_repeater, has_bad_ksv, names_nobody, drops_level, forges_late};
    struct protection_set p;
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        lose(&p, LIMIT_MS);
        hdmi->prepare = drivers[i];
        struct protection_report report = step(&p);
        assert_event(&report, PROTECTION_LOST, "stopped");
        assert_int_equal(report.status, STATUS_NO);
        assert_true(protection_set_is_gone(&p));
        protection_set_close(&p);
    }
    lose(&p, LIMIT_MS);
    standin.bad_chain = true;
    struct protection_report report = step(&p);
    assert_lost(&report, STATUS_NO, COPP_RULE_CERT_12);
    protection_set_close(&p);

    lose(&p, LIMIT_MS);
    hdmi->simulated = true;
    report = step(&p);
    assert_lost(&report, STATUS_NO, COPP_RULE_NONE);
    assert_int_equal(hdmi->driver.sets, 0); /* nothing was even asked of it */
    assert_false(released(&p));
    protection_set_close(&p);

    lose(&p, LIMIT_MS);
    hdmi->really_simulated = true; /* whatever the list says (BIND-6) */
    report = step(&p);
    assert_lost(&report, STATUS_NO, COPP_RULE_NONE);
    assert_int_equal(hdmi->driver.sets, 0);
    protection_set_close(&p);

    lose(&p, LIMIT_MS);
    standin.lists = STANDIN_LISTS_REVOKE;
    report = step(&p);
    assert_lost(&report, STATUS_NO, COPP_RULE_CRL_4);
    protection_set_close(&p);

    lose(&p, LIMIT_MS);
    standin.lists = STANDIN_LISTS_INVALID;
    report = step(&p);
    assert_lost(&report, STATUS_UNKNOWN, COPP_RULE_NONE);
    protection_set_close(&p);
}

static void becomes_simulated(struct fake_driver *driver) {
    driver->binding.flags &= ~COPP_BOUND_REAL; /* whatever the list says (BIND-6) */
}

static void becomes_unplugged(struct fake_driver *driver) {
    (void)driver;
    hdmi->unplugged = true;
}

/* What the output was before the session was opened says nothing of whose it is now. */
static void the_output_may_change_while_a_session_is_opened(void) {
    struct protection_set p;
    lose(&p, LIMIT_MS);
    hdmi->prepare = becomes_unplugged;
    assert_tries_on(&p);
    assert_int_equal(hdmi->driver.sets, 0);
    hdmi->unplugged = false;
    hdmi->prepare = becomes_simulated;
    struct protection_report report = step(&p);
    assert_lost(&report, STATUS_NO, COPP_RULE_NONE);
    assert_int_equal(hdmi->driver.sets, 0);
    protection_set_close(&p);
}

/* A loss after a new session has the whole time again. */
static void every_loss_has_its_own_time(void) {
    struct protection_set p;
    lose(&p, LIMIT_MS);
    standin.now_ms += LIMIT_MS - 1;
    struct protection_report report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, "protected again");
    loses_link(&hdmi->driver);
    report = step(&p);
    assert_event(&report, PROTECTION_HELD, "reconnecting");
    standin.now_ms += LIMIT_MS - 1;
    report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, "protected again");
    protection_set_close(&p);
}

#define SOME_FD 7

static int watched_fd(const struct protection_set *p) {
    int fds[PROTECTION_SET_FDS];
    assert_int_equal(protection_set_fds(p, fds), ONE_FDS);
    return fds[ONE_FDS - 1];
}

static bool dispatch(struct protection_set *p, bool woken) {
    bool ready[ONE_FDS] = {false};
    ready[ONE_FDS - 1] = woken;
    return protection_set_dispatch(p, ready);
}

/* A wake-up is a reason for a look, and for one alone in 20 ms: whatever makes the descriptor readable, and however often. */
static void wake_ups_lead_to_a_look(void) {
    struct protection_set p;
    struct protection_report report;
    begin(&p, 0);
    fake_driver_can_more(&hdmi->driver);
    hdmi->driver.fd = SOME_FD;
    assert_true(dispatch(&p, false));
    report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, NULL);
    for (unsigned looks = 0; looks < 5; looks++) {
        uint64_t last_ms = standin.now_ms;
        assert_int_equal(watched_fd(&p), -1); /* it is not asked, and so costs nothing */
        assert_int_equal(protection_set_deadline_ms(&p), last_ms + COPP_WAKE_MS);
        standin.now_ms += COPP_WAKE_MS - 1;
        assert_int_equal(watched_fd(&p), -1);
        assert_false(dispatch(&p, false));
        standin.now_ms++;
        assert_int_equal(watched_fd(&p), SOME_FD);
        assert_int_equal(protection_set_deadline_ms(&p), last_ms + 500); /* of the last look, as without wake-ups */
        assert_false(dispatch(&p, false));
        assert_true(dispatch(&p, true));
        report = step(&p);
        assert_event(&report, PROTECTION_IN_FORCE, NULL); /* nothing else is believed */
    }
    standin.now_ms += 499;
    assert_false(dispatch(&p, false));
    standin.now_ms++;
    assert_true(dispatch(&p, false)); /* nobody has to wake us */
    report = step(&p);
    assert_event(&report, PROTECTION_IN_FORCE, NULL);
    hdmi->driver.flags = COPP_STATUS_LINK_LOST;
    standin.now_ms += COPP_WAKE_MS;
    assert_true(dispatch(&p, true));
    report = step(&p);
    assert_lost(&report, STATUS_NO, COPP_RULE_EVT_4);
    protection_set_close(&p);
}

/* While a new session is tried there is none to listen to, and the old one's descriptor, at its end, is readable for ever. */
static void nobody_listens_to_a_lost_session(void) {
    struct protection_set p;
    struct protection_report report;
    begin(&p, LIMIT_MS);
    fake_driver_can_more(&hdmi->driver);
    hdmi->driver.fd = SOME_FD;
    hdmi->driver.flags = COPP_STATUS_LINK_LOST;
    assert_true(dispatch(&p, false));
    report = step(&p);
    assert_event(&report, PROTECTION_HELD, "reconnecting");
    standin.now_ms += COPP_WAKE_MS;
    assert_int_equal(watched_fd(&p), -1);
    protection_set_close(&p);
}

/* For content that cannot be hidden. */
static void given_up_it_is_lost(void) {
    struct protection_set p;
    struct protection_report report;
    lose(&p, LIMIT_MS);
    protection_set_give_up(&p, &report);
    assert_lost(&report, STATUS_NO, COPP_RULE_NONE);
    assert_string_equal(report.text, "the driver cannot be reached");
    protection_set_close(&p);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(zero_is_lost, "APP-3"),
        TEST(is_polled_twice_a_second, "APP-3"),
        TEST(a_slow_look_does_not_delay_the_next, "APP-3"),
        TEST(content_is_hidden_before_levels_are_set_again, "EVT-4"),
        TEST(content_is_hidden_before_lists_are_read, "CRL-4"),
        TEST(begins_when_it_has_settled, "EVT-4"),
        TEST(every_loss_stops, "APP-1 APP-2 APP-3 EVT-4"),
        TEST(hidden_too_long_it_is_lost, "EVT-4"),
        TEST(the_reason_is_told_however_late, "APP-1 APP-2 APP-3 EVT-4"),
        TEST(reasons_do_not_add_up, "EVT-4"),
        TEST(who_waits_for_the_driver_is_woken, "EVT-4 CMD-6"),
        TEST(only_two_losses_are_made_good, "APP-1 APP-2 APP-3 EVT-4"),
        TEST(revoked_meanwhile_is_not_made_good, "CRL-4"),
        TEST(a_new_session_is_protected_before_content_is_shown, "EVT-4"),
        TEST(a_new_session_begins_when_it_has_settled, "EVT-4"),
        TEST(tries_until_the_time_is_up, ""),
        TEST(bound_answers_go_before_the_list, "BIND-6"),
        TEST(what_is_not_bound_is_said, "BIND-5 BIND-8"),
        TEST(what_may_pass_is_tried_again, ""),
        TEST(a_new_session_passes_every_check, "APP-1 APP-2 CRL-4"),
        TEST(the_output_may_change_while_a_session_is_opened, "BIND-6"),
        TEST(every_loss_has_its_own_time, ""),
        TEST(given_up_it_is_lost, ""),
        TEST(wake_ups_lead_to_a_look, "APP-3 EVT-4"),
        TEST(nobody_listens_to_a_lost_session, ""),
    };
    return pipe(wake) == 0 ? RUN_SUITE("protection", cases) : 1;
}
