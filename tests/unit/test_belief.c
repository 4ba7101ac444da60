/* For how long a look counts, and by when each call has to return (APP-3). The driver's clock is the transport's. */
#include "fake_driver.h"

#define BEGIN_CALLER 100u /* the two clocks have nothing to do with each other */
#define BEGIN_CLOCK 5000u
#define LOOK 7u /* questions for HDCP and ACP */
#define ROUND (2u + 2u + LOOK) /* protect asks two questions, sets two levels, and looks */

static const struct copp_requirement film = {.size = sizeof film, .hdcp = 1, .acp = COPP_ACP_LEVEL1};

/* The calls of the test's session, in turn. */
static struct {
    uint64_t at_ms; /* on the driver's clock */
    uint64_t deadline_ms;
    enum copp_request request;
} sent[FAKE_LOG];
static unsigned count;
static uint64_t level_takes_ms;
static unsigned reconfigured_at; /* the call whose answer tells so; 0: none */

static void note_call(struct fake_driver *driver, enum copp_request request) {
    assert_true(count < FAKE_LOG);
    sent[count].at_ms = driver->now_ms - driver->takes_ms;
    sent[count].deadline_ms = driver->deadline_ms;
    sent[count++].request = request;
    if (count == reconfigured_at)
        driver->flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    if (request == COPP_SET_PROTECTION_LEVEL)
        driver->now_ms += level_takes_ms;
}

static struct copp_session *establish(struct fake_driver *driver, bool clock) {
    fake_driver_init(driver);
    if (clock)
        fake_driver_can_more(driver);
    driver->now_ms = BEGIN_CLOCK;
    struct copp_session *session = fake_session(driver, NULL);
    driver->before = note_call;
    count = 0;
    level_takes_ms = 0;
    reconfigured_at = 0;
    return session;
}

/* By a driver that takes no time, until a test says otherwise. */
static struct copp_session *protected_by(struct fake_driver *driver) {
    struct copp_session *session = establish(driver, true);
    assert_int_equal(copp_session_protect(session, &film, BEGIN_CALLER), COPP_STOP_NONE);
    assert_int_equal(count, ROUND);
    count = 0;
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

/* elapsed_ms after protect, on both clocks. */
static struct copp_poll poll_after(struct copp_session *session, struct fake_driver *driver, uint64_t elapsed_ms) {
    driver->now_ms = BEGIN_CLOCK + elapsed_ms;
    return poll_at(session, BEGIN_CALLER + elapsed_ms);
}

static void assert_stopped(const struct copp_poll *poll) {
    assert_int_equal(poll->state, COPP_POLL_STOP);
    assert_int_equal(poll->stop, COPP_STOP_TRANSPORT);
    assert_true(poll->deadline_ms == UINT64_MAX);
}

static void assert_deadlines(unsigned from, unsigned to, uint64_t deadline_ms) {
    assert_true(from < to && to <= count);
    for (unsigned i = from; i < to; i++)
        assert_true(sent[i].deadline_ms == deadline_ms);
}

/* --- a look in time --- */

static void a_look_has_what_the_last_one_left(void) {
    static const uint64_t polls[] = {0, 1500, 1999, 3998, 5000};
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    uint64_t last_ms = 0;
    for (size_t i = 0; i < sizeof polls / sizeof polls[0]; i++) {
        count = 0;
        struct copp_poll poll = poll_after(session, &driver, polls[i]);
        assert_int_equal(poll.state, COPP_POLL_PROTECTED);
        assert_false(poll.late);
        assert_true(poll.deadline_ms == BEGIN_CALLER + polls[i] + COPP_POLL_MS);
        assert_int_equal(count, LOOK);
        assert_deadlines(0, LOOK, BEGIN_CLOCK + last_ms + COPP_POLL_MS);
        last_ms = polls[i];
    }
    free_all(&session, &driver);
}

/* The deadline goes by the first question, not by when the last answer came. */
static void a_look_counts_from_its_first_question(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    driver.takes_ms = 100;
    assert_true(poll_after(session, &driver, 200).deadline_ms == BEGIN_CALLER + 200 + COPP_POLL_MS);
    count = 0;
    assert_int_equal(poll_after(session, &driver, 1000).state, COPP_POLL_PROTECTED);
    assert_deadlines(0, LOOK, BEGIN_CLOCK + 200 + COPP_POLL_MS);
    free_all(&session, &driver);
}

static void an_answer_held_back_is_as_old_as_its_question(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    driver.takes_ms = 1900;
    struct copp_poll poll = poll_after(session, &driver, 0);
    assert_stopped(&poll);
    assert_int_equal(count, 2); /* the second answer came too late: not asked further */
    uint32_t type;
    assert_int_equal(copp_session_connector_type(session, &type), COPP_E_TRANSPORT);
    free_all(&session, &driver);

    session = protected_by(&driver);
    driver.takes_ms = 20;
    poll = poll_after(session, &driver, 1990);
    assert_stopped(&poll); /* by 1990 + 2000 all answers would be there */
    assert_int_equal(count, 1);
    free_all(&session, &driver);
}

static void the_last_moment(void) {
    struct fake_driver driver;
    for (uint64_t over = 0; over < 2; over++) {
        struct copp_session *session = protected_by(&driver);
        driver.takes_ms = 10;
        struct copp_poll poll = poll_after(session, &driver, COPP_POLL_MS - LOOK * 10 + over);
        assert_int_equal(poll.state, over ? COPP_POLL_STOP : COPP_POLL_PROTECTED);
        assert_int_equal(count, LOOK);
        free_all(&session, &driver);
    }
}

/* One look after another: each has to begin and end while the last one counts. */
static void a_driver_that_is_too_slow_for_two_looks(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    driver.takes_ms = COPP_POLL_MS / 2 / LOOK;
    for (int i = 0; i < 10; i++)
        assert_int_equal(poll_after(session, &driver, driver.now_ms - BEGIN_CLOCK).state, COPP_POLL_PROTECTED);
    free_all(&session, &driver);

    session = protected_by(&driver);
    driver.takes_ms = COPP_POLL_MS / 2 / LOOK + 1;
    assert_int_equal(poll_after(session, &driver, 0).state, COPP_POLL_PROTECTED);
    struct copp_poll poll = poll_after(session, &driver, driver.now_ms - BEGIN_CLOCK);
    assert_stopped(&poll);
    free_all(&session, &driver);
}

/* --- a deadline of the caller's --- */

/* elapsed_ms after protect; the look has left_ms. */
static struct copp_poll poll_until(struct copp_session *session, struct fake_driver *driver, uint64_t elapsed_ms,
                                   uint64_t left_ms) {
    struct copp_poll poll = {.size = sizeof poll};
    driver->now_ms = BEGIN_CLOCK + elapsed_ms;
    count = 0;
    copp_session_poll_until(session, BEGIN_CALLER + elapsed_ms, BEGIN_CALLER + elapsed_ms + left_ms, &poll);
    return poll;
}

/* Who looks at several sessions in turn judges by itself for how long each look may take. */
static void a_look_may_have_a_deadline_of_the_callers(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    struct copp_poll poll = poll_until(session, &driver, 500, 1000);
    assert_int_equal(poll.state, COPP_POLL_PROTECTED);
    assert_true(poll.deadline_ms == BEGIN_CALLER + 500 + COPP_POLL_MS); /* it counts no less long for that */
    assert_deadlines(0, LOOK, BEGIN_CLOCK + 1500);
    assert_int_equal(poll_until(session, &driver, 1000, 1700).state, COPP_POLL_PROTECTED); /* more, where content is hidden */
    assert_deadlines(0, LOOK, BEGIN_CLOCK + 1000 + 1700);
    assert_int_equal(poll_until(session, &driver, 1000, 5000).state, COPP_POLL_PROTECTED); /* but no older answers */
    assert_deadlines(0, LOOK, BEGIN_CLOCK + 1000 + COPP_POLL_MS);
    driver.takes_ms = 10;
    assert_int_equal(poll_until(session, &driver, 1500, LOOK * 10).state, COPP_POLL_PROTECTED);
    poll = poll_until(session, &driver, 2000, LOOK * 10 - 1);
    assert_stopped(&poll);
    assert_int_equal(count, LOOK);
    free_all(&session, &driver);

    session = protected_by(&driver);
    poll = poll_until(session, &driver, 5000, 1000); /* also where it begins late */
    assert_true(poll.state == COPP_POLL_PROTECTED && poll.late);
    assert_deadlines(0, LOOK, BEGIN_CLOCK + 5000 + 1000);
    driver.takes_ms = 1;
    poll = poll_until(session, &driver, 5500, 0);
    assert_stopped(&poll);
    assert_int_equal(count, 1);
    free_all(&session, &driver);
}

/* Content is hidden then, and nobody waits for other looks. */
static void levels_that_are_set_again_have_their_own_time(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    assert_int_equal(poll_after(session, &driver, 500).state, COPP_POLL_RENEGOTIATE);
    level_takes_ms = 3000;
    assert_int_equal(poll_until(session, &driver, 500, 1).state, COPP_POLL_PROTECTED);
    free_all(&session, &driver);
}

/* --- a look that begins too late --- */

/* What was shown meanwhile was not protected, and that is said; a look that is good all the same counts from then on. */
static void a_late_look_has_its_own_time(void) {
    static const uint64_t delays[] = {COPP_POLL_MS, COPP_POLL_MS + 1, 60000};
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        struct fake_driver driver;
        struct copp_session *session = protected_by(&driver);
        driver.takes_ms = 100;
        struct copp_poll poll = poll_after(session, &driver, delays[i]);
        assert_int_equal(poll.state, COPP_POLL_PROTECTED);
        assert_true(poll.late);
        assert_true(poll.deadline_ms == BEGIN_CALLER + delays[i] + COPP_POLL_MS);
        assert_deadlines(0, LOOK, BEGIN_CLOCK + delays[i] + COPP_POLL_MS);
        poll = poll_after(session, &driver, delays[i] + 900);
        assert_int_equal(poll.state, COPP_POLL_PROTECTED);
        assert_false(poll.late);
        free_all(&session, &driver);
    }
}

static void a_late_look_may_take_too_long(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    driver.takes_ms = COPP_POLL_MS / LOOK + 1;
    struct copp_poll poll = poll_after(session, &driver, 3000);
    assert_stopped(&poll);
    assert_true(poll.late);
    free_all(&session, &driver);
}

/* Whichever clock says so; and one that goes back says nothing good. */
static void either_clock_tells_that_a_look_is_late(void) {
    static const struct {
        uint64_t caller_ms, clock_ms;
        bool late;
    } polls[] = {{BEGIN_CALLER + COPP_POLL_MS, BEGIN_CLOCK + COPP_POLL_MS - 1, false},
                 {BEGIN_CALLER, BEGIN_CLOCK + COPP_POLL_MS, true}, /* no time is left for a look */
                 {BEGIN_CALLER + COPP_POLL_MS + 1, BEGIN_CLOCK, true},
                 {BEGIN_CALLER, BEGIN_CLOCK + COPP_POLL_MS + 1, true},
                 {BEGIN_CALLER - 1, BEGIN_CLOCK, true}};
    for (size_t i = 0; i < sizeof polls / sizeof polls[0]; i++) {
        struct fake_driver driver;
        struct copp_session *session = protected_by(&driver);
        driver.now_ms = polls[i].clock_ms;
        struct copp_poll poll = poll_at(session, polls[i].caller_ms);
        assert_int_equal(poll.state, COPP_POLL_PROTECTED);
        assert_int_equal(poll.late, polls[i].late);
        assert_false(poll_at(session, polls[i].caller_ms + 1).late);
        free_all(&session, &driver);
    }
}

/* --- setting levels --- */

static void check_round(unsigned from, uint64_t began_ms, uint64_t looked_ms) {
    assert_deadlines(from, from + 2, began_ms + COPP_POLL_MS);
    assert_deadlines(from + 2, from + 4, COPP_NO_DEADLINE); /* an output may need its time (CMD-6) */
    assert_deadlines(from + 4, from + ROUND, looked_ms + COPP_POLL_MS);
    assert_int_equal(sent[from + 3].request, COPP_SET_PROTECTION_LEVEL);
    assert_int_equal(sent[from + 4].request, COPP_QUERY_CONNECTOR_TYPE); /* answers from before are too old by now */
    assert_true(sent[from + 4].at_ms == looked_ms);
}

/* 22 s in all, and what was asked last is as fresh as ever. */
static void protect_waits_for_levels_and_looks_anew(void) {
    for (uint64_t over = 0; over < 2; over++) {
        struct fake_driver driver;
        struct copp_session *session = establish(&driver, true);
        driver.takes_ms = 200;
        level_takes_ms = 10000;
        const uint64_t looked_ms = 2 * 200 + 2 * (200 + 10000);
        assert_int_equal(copp_session_protect(session, &film, BEGIN_CALLER), COPP_STOP_NONE);
        assert_int_equal(count, ROUND);
        check_round(0, BEGIN_CLOCK, BEGIN_CLOCK + looked_ms);
        driver.takes_ms = 0;
        count = 0;
        struct copp_poll poll = poll_after(session, &driver, looked_ms + COPP_POLL_MS - 1 + over);
        assert_int_equal(poll.state, COPP_POLL_PROTECTED);
        assert_int_equal(poll.late, over);
        free_all(&session, &driver);
    }
}

static void a_poll_that_sets_levels_again(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    assert_int_equal(poll_after(session, &driver, 1999).state, COPP_POLL_RENEGOTIATE);
    assert_int_equal(count, 1);
    level_takes_ms = 10000;
    struct copp_poll poll = poll_after(session, &driver, 2200);
    assert_int_equal(poll.state, COPP_POLL_PROTECTED);
    assert_false(poll.late);
    check_round(1, BEGIN_CLOCK + 2200, BEGIN_CLOCK + 22200);
    assert_true(poll.deadline_ms == BEGIN_CALLER + 22200 + COPP_POLL_MS);
    count = 0;
    assert_false(poll_after(session, &driver, 22200 + COPP_POLL_MS - 1).late);
    assert_deadlines(0, LOOK, BEGIN_CLOCK + 22200 + COPP_POLL_MS);
    free_all(&session, &driver);
}

/* Each round of protect has its own times. */
static void a_connector_that_changes_while_protecting(void) {
    struct fake_driver driver;
    struct copp_session *session = establish(&driver, true);
    driver.takes_ms = 1;
    level_takes_ms = 3000;
    reconfigured_at = 6;
    assert_int_equal(copp_session_protect(session, &film, BEGIN_CALLER), COPP_STOP_NONE);
    assert_int_equal(count, 6 + ROUND);
    check_round(6, BEGIN_CLOCK + 6006, BEGIN_CLOCK + 12010);
    assert_false(poll_after(session, &driver, 12010 + COPP_POLL_MS - 1).late);
    free_all(&session, &driver);
}

static void protect_believes_no_slow_answers(void) {
    struct fake_driver driver;
    struct copp_session *session = establish(&driver, true);
    driver.takes_ms = COPP_POLL_MS / 2 + 1; /* already before the levels are set */
    assert_int_equal(copp_session_protect(session, &film, BEGIN_CALLER), COPP_STOP_TRANSPORT);
    assert_int_equal(count, 2);
    free_all(&session, &driver);

    session = establish(&driver, true);
    driver.takes_ms = COPP_POLL_MS / 3;
    assert_int_equal(copp_session_protect(session, &film, BEGIN_CALLER), COPP_STOP_TRANSPORT);
    assert_int_equal(count, 2 + 2 + 4); /* the fourth of the look came too late */
    free_all(&session, &driver);
}

/* What is given back may take its time as well. */
static void levels_are_given_back_without_a_deadline(void) {
    struct fake_driver driver;
    struct copp_session *session = establish(&driver, true);
    driver.level_hresult[COPP_PROTECTION_TYPE_ACP] = COPP_HR_UNEXPECTED;
    assert_int_equal(copp_session_protect(session, &film, BEGIN_CALLER), COPP_STOP_REFUSED);
    assert_int_equal(count, 5);
    assert_deadlines(2, 5, COPP_NO_DEADLINE);
    free_all(&session, &driver);
}

/* --- clocks --- */

static void a_question_by_itself_has_no_deadline(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    uint32_t type;
    for (int i = 0; i < 2; i++) {
        count = 0;
        assert_int_equal(copp_session_connector_type(session, &type), COPP_OK);
        assert_deadlines(0, 1, COPP_NO_DEADLINE);
        assert_int_equal(poll_after(session, &driver, 1).state, COPP_POLL_PROTECTED);
    }
    free_all(&session, &driver);
}

static void without_a_clock_there_is_no_deadline(void) {
    struct fake_driver driver;
    struct copp_session *session = establish(&driver, false);
    driver.takes_ms = 60000;
    level_takes_ms = 60000;
    assert_int_equal(copp_session_protect(session, &film, BEGIN_CALLER), COPP_STOP_NONE);
    struct copp_poll poll = poll_at(session, BEGIN_CALLER + COPP_POLL_MS);
    assert_int_equal(poll.state, COPP_POLL_PROTECTED);
    assert_true(poll.deadline_ms == BEGIN_CALLER + 2 * COPP_POLL_MS);
    assert_false(poll.late);
    poll = poll_at(session, BEGIN_CALLER + 2 * COPP_POLL_MS + 1);
    assert_int_equal(poll.state, COPP_POLL_PROTECTED);
    assert_true(poll.late);
    assert_true(poll_at(session, BEGIN_CALLER).late); /* it has gone back */
    assert_deadlines(0, count, COPP_NO_DEADLINE);
    free_all(&session, &driver);
}

static void clocks_near_their_end(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_by(&driver);
    driver.now_ms = UINT64_MAX - COPP_POLL_MS + 1;
    struct copp_poll poll = poll_at(session, UINT64_MAX - 1);
    assert_int_equal(poll.state, COPP_POLL_PROTECTED);
    assert_true(poll.deadline_ms == UINT64_MAX);
    assert_deadlines(0, LOOK, COPP_NO_DEADLINE);
    free_all(&session, &driver);
}

static const struct test_case cases[] = {
    TEST(a_look_has_what_the_last_one_left, "APP-3"),
    TEST(a_look_counts_from_its_first_question, "APP-3"),
    TEST(an_answer_held_back_is_as_old_as_its_question, "APP-3"),
    TEST(the_last_moment, "APP-3"),
    TEST(a_driver_that_is_too_slow_for_two_looks, "APP-3"),
    TEST(a_look_may_have_a_deadline_of_the_callers, "APP-3"),
    TEST(levels_that_are_set_again_have_their_own_time, "APP-3 EVT-4"),
    TEST(a_late_look_has_its_own_time, "APP-3"),
    TEST(a_late_look_may_take_too_long, "APP-3"),
    TEST(either_clock_tells_that_a_look_is_late, "APP-3"),
    TEST(protect_waits_for_levels_and_looks_anew, "APP-3 CMD-6"),
    TEST(a_poll_that_sets_levels_again, "APP-3 CMD-6 EVT-4"),
    TEST(a_connector_that_changes_while_protecting, "APP-3 EVT-4"),
    TEST(protect_believes_no_slow_answers, "APP-3"),
    TEST(levels_are_given_back_without_a_deadline, "CMD-6"),
    TEST(a_question_by_itself_has_no_deadline, ""),
    TEST(without_a_clock_there_is_no_deadline, "APP-3"),
    TEST(clocks_near_their_end, ""),
};

int main(void) {
    return RUN_SUITE("belief", cases);
}
