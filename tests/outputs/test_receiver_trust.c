/* Who receives, and when that is a loss: looks and reads in every order that matters. */
#include "../unit/harness.h"
#include "outputs/receiver/trust.h"

#include <errno.h>
#include <string.h>

static const struct hdcp_receiver television = {.hdcp1 = true, .ksv_valid = true, .bksv = {0x14, 0xf7, 0x61, 0x03, 0xb7}};
static const struct hdcp_receiver recorder = {.hdcp1 = true, .ksv_valid = true, .bksv = {0xcd, 0x1a, 0xf2, 0x1e, 0x51}};

/* The read that was asked for ends. */
static void end_at(struct receiver_trust *trust, uint64_t asked_ms, const struct hdcp_receiver *receiver) {
    const struct receiver_result result = {
        .asked_ms = asked_ms, .error = receiver ? 0 : EIO, .receiver = receiver ? *receiver : television};
    receiver_trust_result(trust, &result);
}

static void read_at(struct receiver_trust *trust, uint64_t asked_ms, const struct hdcp_receiver *receiver) {
    receiver_trust_asked(trust);
    end_at(trust, asked_ms, receiver);
}

/* In force since 1000, and a session has been told of the television, read at 1000. */
static struct receiver_trust in_force(void) {
    struct receiver_trust trust = {0};
    receiver_trust_look(&trust, RECEIVER_IN_FORCE, 1000);
    read_at(&trust, 1000, &television);
    receiver_trust_rely(&trust, 1001);
    assert_false(receiver_trust_lost(&trust, 1001));
    return trust;
}

static void is_named_for_two_seconds(void) {
    struct receiver_trust trust = {0};
    assert_null(receiver_trust_name(&trust, 0));
    receiver_trust_look(&trust, RECEIVER_IDLE, 5000);
    assert_null(receiver_trust_name(&trust, 5000));
    read_at(&trust, 5010, &television);
    assert_memory_equal(receiver_trust_name(&trust, 5010)->bksv, television.bksv, 5);
    assert_non_null(receiver_trust_name(&trust, 7009));
    assert_null(receiver_trust_name(&trust, 7010));
    read_at(&trust, 7500, NULL);
    assert_null(receiver_trust_name(&trust, 7500));
    assert_false(receiver_trust_lost(&trust, 9000)); /* nobody relied on it */
    assert_int_equal(receiver_trust_deadline_ms(&trust), UINT64_MAX);
}

static void the_bus_is_left_to_an_authenticating_driver(void) {
    struct receiver_trust trust = {0};
    assert_false(receiver_trust_may_read(&trust));
    receiver_trust_look(&trust, RECEIVER_IDLE, 1);
    assert_true(receiver_trust_may_read(&trust));
    receiver_trust_look(&trust, RECEIVER_AUTHENTICATING, 2);
    assert_false(receiver_trust_may_read(&trust));
    receiver_trust_look(&trust, RECEIVER_IN_FORCE, 3);
    assert_true(receiver_trust_may_read(&trust));
    receiver_trust_look(&trust, RECEIVER_ABSENT, 4);
    assert_false(receiver_trust_may_read(&trust));
}

/* A display may have been exchanged between a read and an authentication. */
static void what_was_read_before_it_names_nobody(void) {
    struct receiver_trust trust = {0};
    receiver_trust_look(&trust, RECEIVER_IDLE, 1000);
    read_at(&trust, 1000, &television);
    assert_non_null(receiver_trust_name(&trust, 1100));
    receiver_trust_asked(&trust);
    receiver_trust_look(&trust, RECEIVER_AUTHENTICATING, 1100);
    assert_null(receiver_trust_name(&trust, 1100));
    end_at(&trust, 1100, &television); /* asked for before Desired was written, and late */
    assert_null(receiver_trust_name(&trust, 1110));
    receiver_trust_look(&trust, RECEIVER_IN_FORCE, 1100); /* all of it within a millisecond */
    end_at(&trust, 1100, &television);
    assert_null(receiver_trust_name(&trust, 1100));
    assert_false(receiver_trust_settled(&trust, 1100));
    read_at(&trust, 1500, &recorder);
    assert_true(receiver_trust_settled(&trust, 1500));
    assert_memory_equal(receiver_trust_name(&trust, 1510)->bksv, recorder.bksv, 5);
    assert_false(receiver_trust_lost(&trust, 1510)); /* nobody was told of the television while HDCP was in force */
}

/* At once too: Undesired was read at one look, and Enabled at the next. */
static void one_that_is_enabled_at_once_is_read_again(void) {
    struct receiver_trust trust = {0};
    receiver_trust_look(&trust, RECEIVER_IDLE, 1000);
    read_at(&trust, 1000, &television);
    receiver_trust_look(&trust, RECEIVER_IN_FORCE, 1100);
    assert_null(receiver_trust_name(&trust, 1100));
    assert_false(receiver_trust_settled(&trust, 1100));
}

static void a_level_waits_for_the_name_and_not_for_ever(void) {
    struct receiver_trust trust = {0};
    assert_true(receiver_trust_settled(&trust, 0)); /* there is nothing to wait for */
    receiver_trust_look(&trust, RECEIVER_IN_FORCE, 1000);
    assert_false(receiver_trust_settled(&trust, 1999));
    assert_true(receiver_trust_settled(&trust, 2000)); /* a bus that hangs */
    trust = (struct receiver_trust){0};
    receiver_trust_look(&trust, RECEIVER_IN_FORCE, 1000);
    read_at(&trust, 1000, NULL); /* one that cannot be read */
    assert_true(receiver_trust_settled(&trust, 1001));
    assert_null(receiver_trust_name(&trust, 1001));
    assert_int_equal(receiver_trust_deadline_ms(&trust), UINT64_MAX);
}

static void another_key_is_a_loss(void) {
    struct receiver_trust trust = in_force();
    read_at(&trust, 1500, &television);
    assert_false(receiver_trust_lost(&trust, 1510));
    read_at(&trust, 2000, &recorder);
    assert_true(receiver_trust_lost(&trust, 2010));
    assert_null(receiver_trust_name(&trust, 2010));
    read_at(&trust, 2500, &television); /* the first one again: it stays lost */
    assert_true(receiver_trust_lost(&trust, 2510));
    assert_null(receiver_trust_name(&trust, 2510));
    assert_int_equal(receiver_trust_deadline_ms(&trust), UINT64_MAX);
    receiver_trust_look(&trust, RECEIVER_IDLE, 3000);
    assert_false(receiver_trust_lost(&trust, 3000));
}

static void a_receiver_that_becomes_something_else_is_a_loss(void) {
    struct hdcp_receiver changed[3] = {television, television, television};
    changed[0].repeater = true;
    changed[1].hdcp2 = true;
    memset(changed[2].bksv, 0, 5);
    changed[2].ksv_valid = changed[2].hdcp1 = false;
    for (size_t i = 0; i < 3; i++) {
        struct receiver_trust trust = in_force();
        read_at(&trust, 1500, &changed[i]);
        assert_true(receiver_trust_lost(&trust, 1500));
    }
}

static void one_that_cannot_be_read_for_two_seconds_is_a_loss(void) {
    struct receiver_trust trust = in_force();
    assert_int_equal(receiver_trust_deadline_ms(&trust), 3000);
    read_at(&trust, 1500, NULL);
    read_at(&trust, 2000, NULL);
    assert_false(receiver_trust_lost(&trust, 2999));
    assert_true(receiver_trust_lost(&trust, 3000));
    read_at(&trust, 3100, &television);
    assert_true(receiver_trust_lost(&trust, 3100)); /* EVT-3 */
}

/* The bus hung, and the answer of long ago comes in. */
static void an_old_answer_says_nothing_of_now(void) {
    struct receiver_trust trust = in_force();
    read_at(&trust, 1500, &television); /* at 3400 */
    assert_false(receiver_trust_lost(&trust, 3400));
    assert_true(receiver_trust_lost(&trust, 3500));
}

static void a_noisy_bus_is_forgiven_in_time(void) {
    struct receiver_trust trust = in_force();
    for (uint64_t at = 2500; at < 60000; at += 1500) {
        read_at(&trust, at - 500, NULL);
        read_at(&trust, at, &television);
        assert_false(receiver_trust_lost(&trust, at + 1400));
        assert_non_null(receiver_trust_name(&trust, at + 1400));
    }
}

static void who_was_told_nothing_loses_nothing(void) {
    struct receiver_trust trust = {0};
    receiver_trust_look(&trust, RECEIVER_IN_FORCE, 1000);
    receiver_trust_rely(&trust, 1000); /* no receiver was known: the answer named none */
    read_at(&trust, 1000, &television);
    read_at(&trust, 1500, &recorder);
    assert_false(receiver_trust_lost(&trust, 9000));
    struct hdcp_receiver modern = television;
    modern.hdcp2 = true;
    trust = (struct receiver_trust){0};
    receiver_trust_look(&trust, RECEIVER_IN_FORCE, 1000);
    read_at(&trust, 1000, &modern);
    assert_null(receiver_trust_name(&trust, 1000));
    receiver_trust_rely(&trust, 1000);
    assert_false(receiver_trust_lost(&trust, 9000));
}

static void a_display_that_goes_is_forgotten(void) {
    struct receiver_trust trust = in_force();
    receiver_trust_look(&trust, RECEIVER_ABSENT, 1100); /* which is a loss by itself (EVT-1) */
    assert_false(receiver_trust_lost(&trust, 9000));
    assert_null(receiver_trust_name(&trust, 1100));
    receiver_trust_look(&trust, RECEIVER_IN_FORCE, 1200);
    assert_null(receiver_trust_name(&trust, 1200));
}

static const struct test_case cases[] = {
    TEST(is_named_for_two_seconds, "APP-3"),
    TEST(the_bus_is_left_to_an_authenticating_driver, ""),
    TEST(what_was_read_before_it_names_nobody, "APP-2"),
    TEST(one_that_is_enabled_at_once_is_read_again, "APP-2"),
    TEST(a_level_waits_for_the_name_and_not_for_ever, "CMD-6"),
    TEST(another_key_is_a_loss, "APP-2 EVT-1 EVT-3"),
    TEST(a_receiver_that_becomes_something_else_is_a_loss, "APP-1 APP-2 EVT-1"),
    TEST(one_that_cannot_be_read_for_two_seconds_is_a_loss, "APP-3 EVT-1 EVT-3"),
    TEST(an_old_answer_says_nothing_of_now, "APP-3"),
    TEST(a_noisy_bus_is_forgiven_in_time, ""),
    TEST(who_was_told_nothing_loses_nothing, ""),
    TEST(a_display_that_goes_is_forgotten, "EVT-1"),
};

int main(void) {
    return RUN_SUITE("receiver_trust", cases);
}
