/*
 * Several outputs of copp protect (cli/protect/protection_set.c): when content may be shown, on an adapter that does as it is told. What one
 * output's protection does is test_protection.c's.
 */
#include <string.h>

#include "set_kit.h"

/* --- all or nothing --- */

static void all_of_them_are_protected(void) {
    struct protection_set set;
    const char *shown[PROTECTION_OUTPUTS_MAX];
    begin_some(&set, 3, 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(outputs[i].driver.local[HDCP], 1);
    assert_int_equal(protection_set_names(&set, shown), 3);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    for (size_t i = 0; i < 3; i++) {
        struct protection_report r;
        assert_true(protection_set_end(&set, i, &r));
        assert_event(&r, PROTECTION_LOST, "released", set_names[i]);
        assert_int_equal(outputs[i].driver.local[HDCP], 0);
    }
    protection_set_close(&set);
}

static void one_refusal_gives_the_others_back(void) {
    struct protection_set set;
    struct protection_report r;
    standin_reset();
    standin.count = 3;
    first_names = (struct text_list){set_names, 3};
    outputs[1].prepare = refuses;
    assert_int_equal(open_set(&set, &first_names, LIMIT_MS), STATUS_YES);
    assert_true(protection_set_begin(&set, 0, &r));
    assert_event(&r, PROTECTION_IN_FORCE, "protected", "HDMI-1");
    assert_true(protection_set_begin(&set, 1, &r));
    assert_lost(&r, "HDMI-2", COPP_RULE_NONE, "the driver refused");
    for (size_t i = 0; i < 3; i++) {
        assert_true(protection_set_end(&set, i, &r));
        assert_true((r.event != NULL) == (i == 0));
        assert_int_equal(outputs[i].driver.local[HDCP], 0);
    }
    assert_false(protection_set_end(&set, 3, &r));
    protection_set_close(&set);
}

static void an_output_that_is_not_there_opens_no_other(void) {
    struct protection_set set;
    standin_reset();
    standin.count = 2;
    first_names = (struct text_list){set_names, 2};
    outputs[1].unplugged = true;
    assert_int_equal(open_set(&set, &first_names, 0), STATUS_NO);
    protection_set_close(&set);
}

/* Whichever of them is named, or none, or their monitor; what shows another picture is left alone. */
static void all_outputs_of_a_monitor_are_protected(void) {
    static const char *named[] = {"HDMI-1", "HDMI-2", "monitor"};
    for (size_t i = 0; i < 4; i++) {
        struct protection_set set;
        const char *shown[PROTECTION_OUTPUTS_MAX];
        standin_reset();
        standin.count = 3;
        standin.twins = 2;
        standin.clocked = true;
        first_names = (struct text_list){&named[i], i < 3};
        assert_int_equal(open_set(&set, &first_names, 0), STATUS_YES);
        for (size_t j = 0; j < 2; j++) {
            struct protection_report r;
            assert_true(protection_set_begin(&set, j, &r));
            assert_event(&r, PROTECTION_IN_FORCE, "protected", set_names[j]);
        }
        assert_int_equal(protection_set_names(&set, shown), 2);
        assert_false(outputs[2].open);
        loses_link(&outputs[1].driver);
        pass(500);
        struct protection_report r = next_event(&set, false);
        assert_lost(&r, "HDMI-2", COPP_RULE_EVT_4, "the link to the display was lost");
        protection_set_close(&set);
    }
}

/* And where both are named there is one session with each. */
static void the_outputs_of_a_monitor_by_their_names(void) {
    static const char *named[] = {"HDMI-2", "HDMI-1", "HDMI-3"};
    struct protection_set set;
    const char *shown[PROTECTION_OUTPUTS_MAX];
    standin_reset();
    standin.count = 3;
    standin.twins = 2;
    first_names = (struct text_list){named, 3};
    assert_int_equal(open_set(&set, &first_names, 0), STATUS_YES);
    assert_int_equal(standin.sessions, 3);
    assert_int_equal(protection_set_names(&set, shown), 3);
    protection_set_close(&set);
}

static void one_of_a_monitor_that_cannot_be_protected(void) {
    struct protection_set set;
    struct protection_report r;
    standin_reset();
    standin.count = standin.twins = 2;
    first_names = (struct text_list){set_names, 1};
    outputs[1].prepare = offers_nothing;
    assert_int_equal(open_set(&set, &first_names, 0), STATUS_YES);
    assert_true(protection_set_begin(&set, 0, &r));
    assert_true(protection_set_begin(&set, 1, &r));
    assert_int_equal(r.state, PROTECTION_LOST);
    assert_string_equal(r.output, "HDMI-2");
    protection_set_close(&set);
    outputs[1].unplugged = true;
    assert_int_equal(open_set(&set, &first_names, 0), STATUS_NO);
    protection_set_close(&set);
}

static void a_loss_of_any_is_a_loss(void) {
    for (size_t i = 0; i < 3; i++) {
        struct protection_set set;
        begin_some(&set, 3, 0);
        assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
        loses_link(&outputs[i].driver);
        pass(500);
        struct protection_report r = next_event(&set, false);
        assert_lost(&r, set_names[i], COPP_RULE_EVT_4, "the link to the display was lost");
        assert_int_equal(set.state, PROTECTION_LOST);
        protection_set_close(&set);
    }
}

static void one_that_is_hidden_hides_all(void) {
    struct protection_set set;
    begin_some(&set, 2, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    is_reconfigured(&outputs[0].driver);
    is_reconfigured(&outputs[1].driver);
    pass(500);
    struct protection_report r = step(&set);
    assert_event(&r, PROTECTION_HELD, "renegotiating", "HDMI-1");
    r = step(&set); /* it waits, too */
    assert_event(&r, PROTECTION_HELD, "renegotiating", "HDMI-2");
    r = step(&set);
    assert_event(&r, PROTECTION_HELD, "protected again", "HDMI-1");
    r = step(&set);
    assert_event(&r, PROTECTION_IN_FORCE, "protected again", "HDMI-2");
    protection_set_close(&set);
}

static void outputs_at_most(void) {
    static char many[PROTECTION_OUTPUTS_MAX + 1][8];
    static const char *list[PROTECTION_OUTPUTS_MAX + 1];
    struct protection_set set;
    standin_reset();
    for (size_t i = 0; i <= PROTECTION_OUTPUTS_MAX; i++) {
        (void)snprintf(many[i], sizeof many[i], "X-%zu", i);
        list[i] = many[i];
    }
    assert_int_equal(open_set(&set, &(struct text_list){list, PROTECTION_OUTPUTS_MAX + 1}, 0), STATUS_UNKNOWN);
    assert_int_equal(standin.tries, 0);
    protection_set_close(&set);
}

/* --- for how long a look counts --- */

static uint64_t slow_ms;

static void takes_its_time(struct fake_driver *driver, enum copp_request request) {
    (void)driver;
    (void)request;
    pass(slow_ms);
}

static void sets_slowly(struct fake_driver *driver, enum copp_request request) {
    (void)driver;
    if (request == COPP_SET_PROTECTION_LEVEL)
        pass(3000);
}

/* Levels of the second output take so long that the look at the first one does not count any more. */
static void the_first_look_may_be_too_old(void) {
    struct protection_set set;
    struct protection_report r;
    standin_reset();
    standin.count = 2;
    standin.clocked = true;
    first_names = (struct text_list){set_names, 2};
    assert_int_equal(open_set(&set, &first_names, 0), STATUS_YES);
    assert_true(protection_set_begin(&set, 0, &r));
    outputs[1].driver.before = sets_slowly;
    assert_true(protection_set_begin(&set, 1, &r));
    assert_event(&r, PROTECTION_IN_FORCE, "protected", "HDMI-2");
    assert_int_equal(protection_set_begun(&set), PROTECTION_HELD);
    unsigned queries = outputs[0].driver.queries;
    assert_true(dispatch(&set, 0));
    r = step(&set);
    assert_event(&r, PROTECTION_IN_FORCE, NULL, "HDMI-1");
    assert_int_equal(outputs[0].driver.queries, queries + QUESTIONS);
    protection_set_close(&set);
}

/* It has a second, whatever it would have alone: the others need what is left. */
static void a_look_has_a_second(void) {
    struct protection_set set;
    begin_some(&set, 2, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    pass(500);
    uint64_t began = standin.now_ms;
    slow_ms = LOOK_MS / QUESTIONS + 1;
    outputs[0].driver.before = takes_its_time;
    assert_true(dispatch(&set, 0));
    struct protection_report r = step(&set);
    assert_int_equal(outputs[0].driver.deadline_ms, began + LOOK_MS);
    assert_lost(&r, "HDMI-1", COPP_RULE_NONE, "the driver cannot be reached");
    assert_int_equal(standin.now_ms, began + QUESTIONS * slow_ms);
    protection_set_close(&set);

    begin_some(&set, 1, 0); /* alone it has all of the time */
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    began = standin.now_ms;
    pass(500);
    outputs[0].driver.before = takes_its_time;
    r = step(&set);
    assert_event(&r, PROTECTION_IN_FORCE, NULL, "HDMI-1");
    assert_int_equal(outputs[0].driver.deadline_ms, began + COPP_POLL_MS);
    protection_set_close(&set);
}

/* While content is shown every look counts, however slow one of the drivers is. */
static void assert_counted(const struct protection_set *set) {
    for (size_t i = 0; i < set->common.count; i++)
        assert_true(set->common.members[i]->believed_ms > standin.now_ms);
}

static void a_slow_look_makes_no_other_late(void) {
    struct protection_set set;
    begin_some(&set, 3, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    slow_ms = 190; /* a look of 950 ms */
    outputs[1].driver.before = takes_its_time;
    unsigned queries = outputs[0].driver.queries;
    for (unsigned i = 0; i < 30; i++) {
        if (!dispatch(&set, 0))
            pass(protection_set_deadline_ms(&set) - standin.now_ms);
        struct protection_report r = step(&set);
        if (i < 5 && r.state == PROTECTION_HELD)
            continue; /* when it becomes slow, the others have waited */
        assert_int_equal(r.state, PROTECTION_IN_FORCE);
        assert_null(r.event);
        assert_counted(&set);
    }
    assert_true(outputs[0].driver.queries > queries + 5 * QUESTIONS);
    assert_true(outputs[2].driver.queries > queries + 5 * QUESTIONS);
    protection_set_close(&set);
}

/* All of them together have the time that one has. */
static void slow_looks_share_the_time(void) {
    struct protection_set set;
    begin_some(&set, 2, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    slow_ms = 90; /* a look of 450 ms */
    outputs[0].driver.before = takes_its_time;
    outputs[1].driver.before = takes_its_time;
    for (unsigned i = 0; i < 30; i++) {
        if (!dispatch(&set, 0))
            pass(protection_set_deadline_ms(&set) - standin.now_ms);
        assert_int_equal(step(&set).state, PROTECTION_IN_FORCE);
        assert_counted(&set);
    }
    protection_set_close(&set);

    begin_some(&set, 2, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    slow_ms = 190; /* one alone might take so long */
    outputs[0].driver.before = takes_its_time;
    outputs[1].driver.before = takes_its_time;
    struct protection_report r = {.state = PROTECTION_IN_FORCE};
    uint64_t hidden_ms = 0;
    while (r.state != PROTECTION_LOST) {
        if (!dispatch(&set, 0))
            pass(protection_set_deadline_ms(&set) - standin.now_ms);
        if (set.state == PROTECTION_IN_FORCE) {
            hidden_ms = standin.now_ms;
            r = step(&set);
            assert_true(r.state == PROTECTION_IN_FORCE || standin.now_ms < hidden_ms + LOOK_MS);
            assert_counted(&set); /* until content was hidden */
        } else {
            r = step(&set);
            assert_int_not_equal(r.state, PROTECTION_IN_FORCE);
        }
    }
    assert_string_equal(r.text, "not protected again within 2000 ms");
    assert_true(standin.now_ms < hidden_ms + 2 * LOOK_MS + HOLD_MS);
    protection_set_close(&set);
}

/* Until the deadline of the call. */
static void never_answers(struct fake_driver *driver, enum copp_request request) {
    (void)request;
    if (driver->deadline_ms != COPP_NO_DEADLINE && driver->deadline_ms > standin.now_ms)
        pass(driver->deadline_ms - standin.now_ms);
}

/* coppd is stopped between two looks: content is hidden before any of them does not count any more. */
static void silence_ends_in_time(void) {
    for (size_t woken = 0; woken < 3; woken++) {
        struct protection_set set;
        begin_some(&set, 3, 0);
        assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
        pass(300);
        assert_true(dispatch(&set, OUTPUT(woken))); /* one of the looks is younger than the others */
        assert_int_equal(step(&set).state, PROTECTION_IN_FORCE);
        uint64_t limit_ms = standin.now_ms - 300 + COPP_POLL_MS;
        for (size_t i = 0; i < 3; i++) {
            outputs[i].driver.before = never_answers;
            is_gone(&outputs[i].driver);
        }
        pass(30);
        assert_true(dispatch(&set, OUTPUT(woken)) || standin.now_ms < limit_ms);
        struct protection_report r = next_event(&set, false);
        assert_event(&r, PROTECTION_LOST, "stopped", r.output);
        assert_string_equal(r.text, "the driver cannot be reached");
        assert_true(standin.now_ms <= limit_ms);
        protection_set_close(&set);
    }
}

/* However late we are ourselves. */
static void what_does_not_count_is_not_shown(void) {
    for (uint64_t late = 0; late < 2; late++) {
        struct protection_set set;
        begin_some(&set, 2, 0);
        assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
        pass(COPP_POLL_MS - LOOK_MS - 1 + late);
        unsigned queries = outputs[0].driver.queries + outputs[1].driver.queries;
        assert_true(dispatch(&set, 0));
        struct protection_report r = step(&set);
        assert_event(&r, late ? PROTECTION_HELD : PROTECTION_IN_FORCE, NULL, late ? NULL : "HDMI-1");
        assert_int_equal(outputs[0].driver.queries + outputs[1].driver.queries, queries + (late ? 0 : QUESTIONS));
        if (late)
            assert_int_equal(step(&set).state, PROTECTION_HELD); /* the other one has not been looked at */
        assert_int_equal(step(&set).state, PROTECTION_IN_FORCE);
        protection_set_close(&set);
    }
}

static void in_doubt_all_are_looked_at_again(void) {
    struct protection_set set;
    begin_some(&set, 3, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    protection_set_doubt(&set);
    assert_true(dispatch(&set, 0));
    assert_int_equal(step(&set).state, PROTECTION_HELD);
    assert_int_equal(step(&set).state, PROTECTION_HELD);
    assert_int_equal(step(&set).state, PROTECTION_IN_FORCE);
    assert_false(dispatch(&set, 0));
    protection_set_close(&set);
}

/* It is looked at at once, but not before others that have waited longer. */
static void a_wake_up_leads_to_a_look_at_that_output(void) {
    struct protection_set set;
    begin_some(&set, 2, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    pass(100);
    unsigned queries[] = {outputs[0].driver.queries, outputs[1].driver.queries};
    assert_false(dispatch(&set, 0));
    assert_true(dispatch(&set, OUTPUT(1)));
    (void)step(&set);
    assert_int_equal(outputs[0].driver.queries, queries[0]);
    assert_int_equal(outputs[1].driver.queries, queries[1] + QUESTIONS);
    assert_false(dispatch(&set, 0));
    pass(450);
    assert_true(dispatch(&set, OUTPUT(1)));
    (void)step(&set);
    assert_int_equal(outputs[0].driver.queries, queries[0] + QUESTIONS);
    protection_set_close(&set);
}

/* --- for how long content is hidden --- */

static void reasons_of_all_outputs_do_not_add_up(void) {
    struct protection_set set;
    begin_some(&set, 2, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    is_reconfigured(&outputs[0].driver);
    pass(500);
    struct protection_report r = step(&set);
    assert_event(&r, PROTECTION_HELD, "renegotiating", "HDMI-1");
    is_reconfigured(&outputs[1].driver);
    r = step(&set);
    assert_event(&r, PROTECTION_HELD, "renegotiating", "HDMI-2");
    pass(HOLD_MS - 1);
    r = step(&set);
    assert_event(&r, PROTECTION_HELD, "protected again", "HDMI-1");
    pass(1);
    unsigned sets = outputs[1].driver.sets;
    r = step(&set);
    assert_lost(&r, "HDMI-2", COPP_RULE_EVT_4, "not protected again within 2000 ms");
    assert_int_equal(outputs[1].driver.sets, sets);
    protection_set_close(&set);
}

static void takes_a_moment(struct fake_driver *driver, enum copp_request request) {
    (void)request;
    driver->before = NULL;
    pass(1);
}

/* The last of them is good, and too late. */
static void what_comes_too_late_does_not_count(void) {
    struct protection_set set;
    begin_some(&set, 2, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    is_reconfigured(&outputs[0].driver);
    pass(100);
    assert_true(dispatch(&set, OUTPUT(0)));
    struct protection_report r = step(&set);
    assert_event(&r, PROTECTION_HELD, "renegotiating", "HDMI-1");
    pass(HOLD_MS - 1);
    r = step(&set);
    assert_event(&r, PROTECTION_HELD, "protected again", "HDMI-1"); /* the look at the other one does not count any more */
    outputs[1].driver.before = takes_a_moment;
    r = step(&set);
    assert_lost(&r, "HDMI-2", COPP_RULE_NONE, "not protected again within 2000 ms");
    assert_string_equal(r.hint, "; --hold sets this limit");
    protection_set_close(&set);
}

static void all_come_back_before_content_is_shown(void) {
    struct protection_set set;
    begin_some(&set, 3, LIMIT_MS);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    for (size_t i = 0; i < 3; i++)
        is_gone(&outputs[i].driver);
    standin.away = true;
    pass(500);
    struct protection_report r = next_event(&set, false);
    assert_event(&r, PROTECTION_HELD, "reconnecting", "HDMI-1");
    assert_true(protection_set_is_gone(&set));
    for (unsigned lost = 1; lost < 3; lost++) {
        r = next_event(&set, true);
        assert_event(&r, PROTECTION_HELD, "reconnecting", r.output);
    }
    standin.away = false;
    pass(250);
    for (unsigned back = 1; back < 3; back++) {
        r = next_event(&set, true);
        assert_event(&r, PROTECTION_HELD, "protected again", r.output);
    }
    assert_true(protection_set_is_gone(&set));
    r = next_event(&set, true);
    assert_event(&r, PROTECTION_IN_FORCE, "protected again", r.output);
    assert_false(protection_set_is_gone(&set));
    protection_set_close(&set);
}

static void one_that_stays_away_is_named(void) {
    struct protection_set set;
    begin_some(&set, 2, LIMIT_MS);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    is_gone(&outputs[1].driver);
    outputs[1].prepare = refuses;
    pass(500);
    struct protection_report r = next_event(&set, false);
    assert_event(&r, PROTECTION_HELD, "reconnecting", "HDMI-2");
    uint64_t limit_ms = standin.now_ms + LIMIT_MS;
    while (r.state != PROTECTION_LOST) {
        uint64_t due_ms = protection_set_deadline_ms(&set);
        assert_true(due_ms <= limit_ms);
        pass(due_ms > standin.now_ms ? due_ms - standin.now_ms : 0);
        r = step(&set);
        assert_int_not_equal(r.state, PROTECTION_IN_FORCE);
    }
    assert_int_equal(standin.now_ms, limit_ms);
    assert_lost(&r, "HDMI-2", COPP_RULE_NONE, "the driver cannot be reached; no new session: the driver refused: E_UNEXPECTED");
    protection_set_close(&set);

    begin_some(&set, 2, LIMIT_MS);
    is_gone(&outputs[1].driver);
    r = next_event(&set, false);
    protection_set_give_up(&set, &r);
    assert_lost(&r, "HDMI-2", COPP_RULE_NONE, "the driver cannot be reached");
    protection_set_close(&set);
}

/* --- revocation lists --- */

static void new_lists_are_all_sessions(void) {
    struct protection_set set;
    begin_some(&set, 3, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    standin.lists = STANDIN_LISTS_NEWER;
    unsigned queries[3];
    for (size_t i = 0; i < 3; i++)
        queries[i] = outputs[i].driver.queries;
    pass(500);
    assert_int_equal(step(&set).state, PROTECTION_HELD);
    assert_int_equal(standin.renewals, 0);
    for (unsigned i = 0; set.state == PROTECTION_HELD; i++) {
        assert_true(i < 10 && dispatch(&set, 0));
        assert_int_not_equal(step(&set).state, PROTECTION_LOST);
    }
    assert_int_equal(standin.renewals, 1);
    assert_int_equal(standin.renewed, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(outputs[i].driver.queries >= queries[i] + QUESTIONS); /* judged by the new ones */
    protection_set_close(&set);
}

/* Nobody else is due, and the looks at them still count; but they were made by the old lists. */
static void who_was_judged_by_old_lists_hides_content(void) {
    struct protection_set set;
    begin_some(&set, 3, 0);
    assert_int_equal(look_at_all(&set), PROTECTION_IN_FORCE);
    standin.lists = STANDIN_LISTS_NEWER;
    pass(100);
    assert_true(dispatch(&set, OUTPUT(0)));
    assert_int_equal(step(&set).state, PROTECTION_HELD);
    struct protection_report r = step(&set);
    assert_int_equal(standin.renewals, 1);
    unsigned queries[] = {0, outputs[1].driver.queries, outputs[2].driver.queries};
    assert_event(&r, PROTECTION_HELD, NULL, "HDMI-1");
    for (unsigned i = 0; set.state == PROTECTION_HELD; i++) {
        assert_true(i < 10 && dispatch(&set, 0));
        assert_int_not_equal(step(&set).state, PROTECTION_LOST);
    }
    assert_int_equal(standin.renewals, 1);
    for (size_t i = 1; i < 3; i++)
        assert_true(outputs[i].driver.queries >= queries[i] + QUESTIONS);
    protection_set_close(&set);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(all_of_them_are_protected, "APP-3"),
        TEST(one_refusal_gives_the_others_back, "APP-3"),
        TEST(an_output_that_is_not_there_opens_no_other, "BIND-6"),
        TEST(all_outputs_of_a_monitor_are_protected, "OPM-OUT-7"),
        TEST(the_outputs_of_a_monitor_by_their_names, "OPM-OUT-7"),
        TEST(one_of_a_monitor_that_cannot_be_protected, "OPM-OUT-7"),
        TEST(a_loss_of_any_is_a_loss, "APP-3 EVT-4"),
        TEST(one_that_is_hidden_hides_all, "EVT-4"),
        TEST(outputs_at_most, ""),
        TEST(the_first_look_may_be_too_old, "APP-3"),
        TEST(a_look_has_a_second, "APP-3"),
        TEST(a_slow_look_makes_no_other_late, "APP-3"),
        TEST(slow_looks_share_the_time, "APP-3"),
        TEST(silence_ends_in_time, "APP-3"),
        TEST(what_does_not_count_is_not_shown, "APP-3"),
        TEST(in_doubt_all_are_looked_at_again, "APP-3"),
        TEST(a_wake_up_leads_to_a_look_at_that_output, "APP-3 EVT-4"),
        TEST(reasons_of_all_outputs_do_not_add_up, "EVT-4"),
        TEST(what_comes_too_late_does_not_count, "EVT-4"),
        TEST(all_come_back_before_content_is_shown, "EVT-4"),
        TEST(one_that_stays_away_is_named, ""),
        TEST(new_lists_are_all_sessions, "CRL-4 APP-2"),
        TEST(who_was_judged_by_old_lists_hides_content, "CRL-4 APP-2"),
    };
    return set_kit_open() ? RUN_SUITE("protection_set", cases) : 1;
}
