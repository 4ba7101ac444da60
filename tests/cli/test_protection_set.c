/*
 * Several outputs of copp protect (cli/protect/protection_set.c): when content may be shown, on an adapter that does as it is told. What one
 * output's protection does is test_protection.c's.
 */
#include <string.h>
#include <unistd.h>

#include "adapter_standin.h"
#include "cli/commands.h"
#include "cli/protect/protection_set.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define HOLD_MS 2000u
#define LIMIT_MS 5000u
#define LOOK_MS 1000u /* as long as a look may take beside others */
#define QUESTIONS 5u /* of a look */

static const struct command command = {.name = "protect", .json_lines = true};
static const struct invocation invocation = {.command = &command};
static int wake[2] = {-1, -1};
static const char *names[] = {"HDMI-1", "HDMI-2", "HDMI-3"};
static const char *every[] = {"all"};
static const struct text_list all = {every, 1};
static struct standin_output *const outputs = standin.outputs;

static int open_set(struct protection_set *set, const struct text_list *list, uint64_t reconnect_ms) {
    const struct choice_terms terms = {.wanted = {.size = sizeof(struct copp_requirement), .hdcp = 1}};
    const struct adapter_options device = {.device = "unix:/run/standin"};
    const struct protection_limits limits = {.hold_ms = HOLD_MS, .reconnect_ms = reconnect_ms};
    int status = protection_set_open(&invocation, &device, &terms, list, &limits, set);
    return status == STATUS_YES ? protection_set_choose(set, wake[0]) : status;
}

/* All that there are of the set; an output without a display says nothing. */
static void begin_outputs(struct protection_set *set) {
    struct protection_report r;
    size_t i = 0;
    for (; protection_set_begin(set, i, &r); i++) {
        assert_int_equal(r.state, PROTECTION_IN_FORCE);
        assert_string_equal(r.output, names[i]);
        assert_true((r.event != NULL) == !outputs[i].unplugged);
    }
    assert_int_equal(i, standin.count);
}

static struct text_list first_names;

static void begin_some(struct protection_set *set, size_t count, uint64_t reconnect_ms) {
    first_names = (struct text_list){names, count};
    standin_reset();
    standin.count = count;
    standin.clocked = true;
    assert_int_equal(open_set(set, &first_names, reconnect_ms), STATUS_YES);
    begin_outputs(set);
    assert_int_equal(protection_set_begun(set), PROTECTION_IN_FORCE);
}

/* With --output all; the last of them has no display. */
static void begin_all(struct protection_set *set, size_t count, uint64_t reconnect_ms) {
    standin_reset();
    standin.count = count;
    standin.clocked = true;
    outputs[count - 1].unplugged = true;
    assert_int_equal(open_set(set, &all, reconnect_ms), STATUS_YES);
    begin_outputs(set);
    assert_int_equal(protection_set_begun(set), PROTECTION_IN_FORCE);
}

static void pass(uint64_t ms) {
    standin.now_ms += ms;
    for (size_t i = 0; i < STANDIN_OUTPUTS; i++)
        outputs[i].driver.now_ms = standin.now_ms;
}

static struct protection_report step(struct protection_set *set) {
    struct protection_report report;
    memset(&report, 0xA5, sizeof report);
    protection_set_step(set, &report);
    return report;
}

static bool dispatch(struct protection_set *set, size_t woken) {
    bool ready[PROTECTION_SET_FDS] = {false};
    if (woken > 0)
        ready[woken] = true;
    return protection_set_dispatch(set, ready);
}

#define NEWS 1
#define OUTPUT(index) (2 + (index))

/* What is due now. How it ended. */
static enum protection_state look_at_all(struct protection_set *set) {
    enum protection_state state = set->state;
    for (unsigned i = 0; dispatch(set, 0) && state != PROTECTION_LOST; i++) {
        struct protection_report r = step(set);
        assert_null(r.event);
        state = r.state;
        assert_true(i < 20); /* and then waits */
    }
    return state;
}

static void assert_event(const struct protection_report *r, enum protection_state state, const char *event, const char *output) {
    assert_int_equal(r->state, state);
    assert_true((r->event != NULL) == (event != NULL));
    if (event)
        assert_string_equal(r->event, event);
    assert_true((r->output != NULL) == (output != NULL));
    if (output)
        assert_string_equal(r->output, output);
}

static void assert_lost(const struct protection_report *r, const char *output, enum copp_rule rule, const char *text) {
    assert_event(r, PROTECTION_LOST, "stopped", output);
    assert_int_equal(r->status, STATUS_NO);
    assert_int_equal(r->rule, rule);
    assert_string_equal(r->text, text);
}

/* The next step with an event, or that is a loss; nothing is shown before it if hidden. */
static struct protection_report next_event(struct protection_set *set, bool hidden) {
    for (unsigned i = 0;; i++) {
        struct protection_report r = step(set);
        if (r.event || r.state == PROTECTION_LOST)
            return r;
        assert_true(!hidden || r.state == PROTECTION_HELD);
        assert_true(i < 20); /* there is one at last */
    }
}

/* --- what happens to an output --- */

static void loses_link(struct fake_driver *driver) {
    driver->flags = COPP_STATUS_LINK_LOST;
}

static void is_reconfigured(struct fake_driver *driver) {
    driver->flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
}

static void refuses(struct fake_driver *driver) {
    driver->level_hresult[HDCP] = COPP_HR_UNEXPECTED;
}

static void offers_nothing(struct fake_driver *driver) {
    driver->types = 0;
}

static void is_gone(struct fake_driver *driver) {
    fake_driver_fault(driver, FAKE_LOST, 0, (uint32_t)COPP_E_TRANSPORT);
}

static void is_plugged(size_t index, bool event) {
    outputs[index].unplugged = false;
    outputs[index].driver.binding.flags |= COPP_BOUND_PLUGGED;
    if (event)
        is_reconfigured(&outputs[index].driver);
}

static void is_unplugged(size_t index) {
    outputs[index].unplugged = true;
    outputs[index].driver.binding.flags &= ~COPP_BOUND_PLUGGED;
    loses_link(&outputs[index].driver);
}

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
        assert_event(&r, PROTECTION_LOST, "released", names[i]);
        assert_int_equal(outputs[i].driver.local[HDCP], 0);
    }
    protection_set_close(&set);
}

static void one_refusal_gives_the_others_back(void) {
    struct protection_set set;
    struct protection_report r;
    standin_reset();
    standin.count = 3;
    first_names = (struct text_list){names, 3};
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
    first_names = (struct text_list){names, 2};
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
        assert_lost(&r, names[i], COPP_RULE_EVT_4, "the link to the display was lost");
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
    first_names = (struct text_list){names, 2};
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
    runs_out(&set, NULL, "which outputs there are is not known any more: /run/standin: too many listen");
    protection_set_close(&set);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(all_of_them_are_protected, "APP-3"),
        TEST(one_refusal_gives_the_others_back, "APP-3"),
        TEST(an_output_that_is_not_there_opens_no_other, "BIND-6"),
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
    return pipe(wake) == 0 ? RUN_SUITE("protection_set", cases) : 1;
}
