/* copp protect --output all (cli/protect/protection_set.c): displays come and go, on an adapter that does as it is told. */
#include <string.h>

#include "set_kit.h"

/* --- all outputs --- */

static void one_without_a_display_is_waited_at(void) {
    struct protection_set set;
    const char *shown[PROTECTION_OUTPUTS_MAX];
    begin_all(&set, 3, 0);
    assert_int_equal(outputs[2].driver.sets, 0);
    assert_int_equal(protection_set_names(&set, shown), 2);
    unsigned queries = outputs[2].driver.queries;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
        pass(500);
    }
    assert_true(outputs[2].driver.queries >= queries + 5); /* what it says counts for 2 s as well */
    is_gone(&outputs[2].driver);
    struct protection_report r = next_event(&set, false);
    assert_lost(&r, "HDMI-3", COPP_RULE_NONE, "the driver cannot be reached");
    assert_true(protection_set_end(&set, 2, &r));
    assert_null(r.event);
    protection_set_close(&set);
}

/* What is plugged in each of them says under its MAC. */
static void the_list_may_say_that_nothing_is_plugged_in(void) {
    struct protection_set set;
    standin_reset();
    standin.count = 2;
    standin.list_lies = true;
    assert_int_equal(open_set(&set, &all, 0), STATUS_YES);
    begin_outputs(&set);
    assert_int_equal(outputs[0].driver.local[HDCP], 1);
    assert_int_equal(outputs[1].driver.local[HDCP], 1);
    protection_set_close(&set);
}

static void without_any_display_nothing_begins(void) {
    struct protection_set set;
    standin_reset();
    standin.count = 2;
    outputs[0].unplugged = outputs[1].unplugged = true;
    assert_int_equal(open_set(&set, &all, 0), STATUS_NO);
    protection_set_close(&set);

    standin_reset(); /* nor where nobody says so in a way that can be relied on */
    standin.unbound = true;
    assert_int_equal(open_set(&set, &all, 0), STATUS_UNKNOWN);
    assert_int_equal(standin.tries, 0);
    protection_set_close(&set);

    standin_reset(); /* nor where one of the displays shows what nothing protects */
    standin.count = 2;
    outputs[1].really_simulated = true;
    assert_int_equal(open_set(&set, &all, 0), STATUS_NO);
    protection_set_close(&set);
}

/* By an event, or seen at the next look. */
static void content_is_hidden_until_a_new_display_is_protected(void) {
    for (int event = 0; event < 2; event++) {
        struct protection_set set;
        const char *shown[PROTECTION_OUTPUTS_MAX];
        begin_all(&set, 2, 0);
        assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
        is_plugged(1, event);
        pass(500);
        struct protection_report r = next_event(&set, false);
        assert_event(&r, PROTECTION_HELD, "plugged in", "HDMI-2");
        assert_int_equal(outputs[1].driver.sets, 0);
        assert_true(protection_set_is_gone(&set));
        r = next_event(&set, true);
        assert_event(&r, PROTECTION_IN_FORCE, "protected", "HDMI-2");
        assert_int_equal(outputs[1].driver.local[HDCP], 1);
        assert_int_equal(protection_set_names(&set, shown), 2);
        protection_set_close(&set);
    }
}

static void runs_out(struct protection_set *set, const char *output, const char *text) {
    struct protection_report r = {.state = PROTECTION_HELD};
    uint64_t limit_ms = standin.now_ms + HOLD_MS;
    while (r.state == PROTECTION_HELD) {
        uint64_t due_ms = protection_set_deadline_ms(set);
        pass(due_ms > standin.now_ms ? due_ms - standin.now_ms : 0);
        r = step(set);
    }
    assert_lost(&r, output, COPP_RULE_NONE, text);
    assert_int_equal(standin.now_ms, limit_ms);
}

/* A display may not be ready when it has just been plugged in; but there is an end to that. */
static void a_new_display_that_is_not_protected_ends_it(void) {
    struct protection_set set;
    begin_all(&set, 2, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    is_plugged(1, true);
    outputs[1].prepare = refuses;
    pass(500);
    struct protection_report r = next_event(&set, false);
    assert_event(&r, PROTECTION_HELD, "plugged in", "HDMI-2");
    runs_out(&set, "HDMI-2",
             "a display was plugged in, and cannot be protected; no new session: the driver refused: E_UNEXPECTED");
    protection_set_close(&set);

    begin_all(&set, 2, 0);
    is_plugged(1, true);
    outputs[1].prepare = offers_nothing;
    r = next_event(&set, false);
    assert_event(&r, PROTECTION_HELD, "plugged in", "HDMI-2");
    r = next_event(&set, true);
    assert_lost(&r, "HDMI-2", COPP_RULE_NONE, "the connector does not offer the protection");
    protection_set_close(&set);

    begin_all(&set, 2, 0);
    is_plugged(1, true);
    outputs[1].really_simulated = true;
    r = next_event(&set, false);
    assert_event(&r, PROTECTION_HELD, "plugged in", "HDMI-2");
    r = next_event(&set, true);
    assert_lost(&r, "HDMI-2", COPP_RULE_NONE, "the output is simulated now, and protects nothing");
    protection_set_close(&set);
}

/* Content goes on where it can be seen once a new session has said that nothing can be seen there. */
static void an_unplugged_output_is_left_out(void) {
    struct protection_set set;
    const char *shown[PROTECTION_OUTPUTS_MAX];
    begin_all(&set, 3, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    is_unplugged(0);
    pass(500);
    unsigned sessions = standin.sessions;
    struct protection_report r = next_event(&set, false);
    assert_event(&r, PROTECTION_HELD, "unplugged", "HDMI-1");
    assert_int_equal(standin.sessions, sessions);
    for (unsigned i = 0; set.state != PROTECTION_IN_FORCE; i++) {
        assert_true(i < 10);
        r = step(&set);
        assert_null(r.event);
    }
    assert_int_equal(standin.sessions, sessions + 1);
    assert_int_equal(outputs[0].driver.sets, 0);
    assert_int_equal(protection_set_names(&set, shown), 1);
    assert_string_equal(shown[0], "HDMI-2");
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    is_plugged(0, true); /* and comes back */
    r = next_event(&set, false);
    assert_event(&r, PROTECTION_HELD, "plugged in", "HDMI-1");
    r = next_event(&set, true);
    assert_event(&r, PROTECTION_IN_FORCE, "protected", "HDMI-1");
    protection_set_close(&set);
}

/* With a name it is lost, and so is a link with a display behind it. */
static void other_lost_links_are_losses(void) {
    struct protection_set set;
    begin_some(&set, 2, 0);
    is_unplugged(0);
    struct protection_report r = next_event(&set, false);
    assert_lost(&r, "HDMI-1", COPP_RULE_EVT_4, "the link to the display was lost");
    protection_set_close(&set);

    begin_all(&set, 2, 0);
    loses_link(&outputs[0].driver);
    r = next_event(&set, false);
    assert_lost(&r, "HDMI-1", COPP_RULE_EVT_4, "the link to the display was lost");
    protection_set_close(&set);
}

static void the_last_display_may_come_back(void) {
    for (int back = 0; back < 2; back++) {
        struct protection_set set;
        begin_all(&set, 2, 0);
        assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
        is_unplugged(0);
        pass(500);
        struct protection_report r = next_event(&set, false);
        assert_event(&r, PROTECTION_HELD, "unplugged", "HDMI-1");
        assert_int_equal(step(&set).state, PROTECTION_HELD);
        if (!back) {
            runs_out(&set, NULL, "nothing is plugged in any more");
            protection_set_close(&set);
            continue;
        }
        is_plugged(1, true); /* or another one */
        pass(1000);
        r = next_event(&set, true);
        assert_event(&r, PROTECTION_HELD, "plugged in", "HDMI-2");
        do
            r = step(&set);
        while (r.state == PROTECTION_HELD);
        assert_int_equal(r.state, PROTECTION_IN_FORCE);
        assert_int_equal(outputs[1].driver.local[HDCP], 1);
        protection_set_close(&set);
    }
}

/* A connector that was not there, as of a dock. */
static void new_outputs_come_by_news(void) {
    for (int display = 0; display < 2; display++) {
        struct protection_set set;
        begin_all(&set, 2, 0);
        assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
        assert_int_equal(standin.follows, 1);
        standin.count = 3;
        outputs[2].unplugged = !display;
        assert_true(dispatch(&set, NEWS));
        unsigned sessions = standin.sessions;
        struct protection_report r = step(&set);
        assert_event(&r, PROTECTION_HELD, display ? "plugged in" : NULL, "HDMI-3");
        assert_int_equal(standin.sessions, sessions); /* content is hidden before anybody asks */
        do
            r = step(&set);
        while (r.state == PROTECTION_HELD);
        assert_event(&r, PROTECTION_IN_FORCE, display ? "protected" : NULL, r.output);
        assert_int_equal(outputs[2].driver.local[HDCP], display);
        assert_int_equal(set.common.count, 3);
        protection_set_close(&set);
    }
}

static void news_that_ends_hides_content_until_it_comes_again(void) {
    struct protection_set set;
    begin_all(&set, 2, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    standin.news_end = true;
    assert_true(dispatch(&set, NEWS));
    assert_int_equal(step(&set).state, PROTECTION_HELD);
    assert_int_equal(standin.follows, 1);
    standin.count = 3; /* meanwhile */
    struct protection_report r = next_event(&set, true);
    assert_event(&r, PROTECTION_HELD, "plugged in", "HDMI-3");
    assert_int_equal(standin.follows, 2);
    r = next_event(&set, true);
    assert_event(&r, PROTECTION_IN_FORCE, "protected", "HDMI-3");
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);

    standin.news_end = standin.deaf = true;
    assert_true(dispatch(&set, NEWS));
    assert_int_equal(step(&set).state, PROTECTION_HELD);
    runs_out(&set, NULL, "the list of outputs is no longer known: /run/standin: too many listen");
    protection_set_close(&set);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(one_without_a_display_is_waited_at, "APP-3 BIND-6"),
        TEST(the_list_may_say_that_nothing_is_plugged_in, "BIND-6"),
        TEST(without_any_display_nothing_begins, "BIND-6"),
        TEST(content_is_hidden_until_a_new_display_is_protected, "EVT-1 BIND-6"),
        TEST(a_new_display_that_is_not_protected_ends_it, "APP-3"),
        TEST(an_unplugged_output_is_left_out, "EVT-4 BIND-6"),
        TEST(other_lost_links_are_losses, "EVT-4"),
        TEST(the_last_display_may_come_back, "EVT-4"),
        TEST(new_outputs_come_by_news, ""),
        TEST(news_that_ends_hides_content_until_it_comes_again, ""),
    };
    return set_kit_open() ? RUN_SUITE("protection_all", cases) : 1;
}
