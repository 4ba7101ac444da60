/* What coppd's journal says of a flood: a line, and a count every ten seconds, in memory that does not grow. */
#include <stdio.h>
#include <string.h>

#include "../unit/harness.h"
#include "journal.h"
#include "log.h"

static char lines[256][256];
static unsigned count;

/* In place of the one that writes to standard error. */
void log_line(const char *level, const char *format, ...) {
    va_list arguments;
    assert_true(count < sizeof lines / sizeof lines[0]);
    assert_string_equal(level, strstr(format, "libcopp") ? SD_ERR : SD_WARNING);
    va_start(arguments, format);
    (void)vsnprintf(lines[count++], sizeof lines[0], format, arguments);
    va_end(arguments);
}

static void a_flood_is_a_line_and_a_count(void) {
    struct journal journal;
    journal_init(&journal);
    count = 0;
    assert_true(journal.deadline_ms == UINT64_MAX);
    assert_true(journal_admits(&journal, JOURNAL_MALFORMED, "user 7", 1000));
    assert_true(journal.deadline_ms == 1000 + JOURNAL_INTERVAL_MS);
    for (unsigned i = 0; i < 1234567; i++)
        assert_false(journal_admits(&journal, JOURNAL_MALFORMED, "user 7", 1001));
    journal_dispatch(&journal, 1000 + JOURNAL_INTERVAL_MS - 1);
    assert_int_equal(count, 0);
    journal_dispatch(&journal, 1000 + JOURNAL_INTERVAL_MS);
    assert_int_equal(count, 1);
    assert_string_equal(lines[0], "user 7: malformed packets: 1,234,567 more in the last 10 s");
    assert_true(journal.deadline_ms == 1000 + 2 * JOURNAL_INTERVAL_MS);
    assert_false(journal_admits(&journal, JOURNAL_MALFORMED, "user 7", 12000)); /* it goes on */
    journal_dispatch(&journal, 1000 + 2 * JOURNAL_INTERVAL_MS);
    assert_string_equal(lines[1], "user 7: malformed packets: 1 more in the last 10 s");
    journal_dispatch(&journal, 1000 + 3 * JOURNAL_INTERVAL_MS); /* it has ended: nothing to tell */
    assert_int_equal(count, 2);
    assert_true(journal.deadline_ms == UINT64_MAX);
    assert_true(journal_admits(&journal, JOURNAL_MALFORMED, "user 7", 50000));
}

static void kinds_and_subjects_are_told_apart(void) {
    struct journal journal;
    journal_init(&journal);
    count = 0;
    assert_true(journal_admits(&journal, JOURNAL_MALFORMED, "user 7", 0));
    assert_true(journal_admits(&journal, JOURNAL_MALFORMED, "user 8", 0));
    assert_true(journal_admits(&journal, JOURNAL_RATE, "user 7", 0));
    assert_false(journal_admits(&journal, JOURNAL_RATE, "user 7", 0));
    for (unsigned i = 0; i < 4; i++) /* of losses each counts */
        assert_true(journal_admits(&journal, JOURNAL_LINK_LOSS, "HDMI-1", 0));
    assert_false(journal_admits(&journal, JOURNAL_LINK_LOSS, "HDMI-1", 0));
    journal_end(&journal);
    assert_int_equal(count, 2);
    assert_string_equal(lines[0], "user 7: connections opened faster than a user may: 1 more in the last 10 s");
    assert_string_equal(lines[1], "HDMI-1: losses of link or protection: 1 more in the last 10 s");
}

/* Who commands any number of user ids gets no more lines for it. */
static void many_users_are_counted_together(void) {
    struct journal journal;
    unsigned told = 0;
    journal_init(&journal);
    count = 0;
    for (unsigned i = 0; i < 100000; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "user %u", i);
        told += journal_admits(&journal, JOURNAL_HANDSHAKE, name, 0);
    }
    assert_int_equal(told, JOURNAL_SUBJECTS + 1);
    journal_dispatch(&journal, JOURNAL_INTERVAL_MS);
    assert_int_equal(count, 1);
    assert_string_equal(lines[0], "others: failed handshakes: 99,935 more in the last 10 s");
    journal_dispatch(&journal, 2 * JOURNAL_INTERVAL_MS);
    assert_true(journal.deadline_ms == UINT64_MAX);
    assert_true(journal_admits(&journal, JOURNAL_HANDSHAKE, "user 5", 3 * JOURNAL_INTERVAL_MS)); /* there is room again */
}

static void long_names_are_cut_alike(void) {
    struct journal journal;
    char name[3 * JOURNAL_SUBJECT_SIZE];
    journal_init(&journal);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = 0;
    count = 0;
    assert_true(journal_admits(&journal, JOURNAL_RATE, name, 0));
    assert_false(journal_admits(&journal, JOURNAL_RATE, name, 0));
    journal_end(&journal);
    assert_int_equal(count, 1);
}

static void the_librarys_errors_are_told(void) {
    struct journal journal;
    journal_init(&journal);
    count = 0;
    for (unsigned i = 0; i < 100; i++)
        journal.log.ops->line(&journal.log, COPP_LOG_ERROR, "OpenSSL cannot draw random numbers: why");
    journal.log.ops->line(&journal.log, COPP_LOG_WARNING, "not an error");
    assert_int_equal(count, 4);
    assert_string_equal(lines[0], "libcopp: OpenSSL cannot draw random numbers: why");
    journal_end(&journal);
    assert_string_equal(lines[4], "libcopp: errors: 96 more in the last 10 s");
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(a_flood_is_a_line_and_a_count, ""),   TEST(kinds_and_subjects_are_told_apart, ""),
        TEST(many_users_are_counted_together, ""), TEST(long_names_are_cut_alike, ""),
        TEST(the_librarys_errors_are_told, ""),
    };
    return RUN_SUITE("journal", cases);
}
