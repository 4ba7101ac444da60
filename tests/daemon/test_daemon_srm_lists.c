/* Several lists of revoked HDCP devices on a disk that is slow, or fails: who is answered, and when. disk.c is what coppd takes for it. */
#include <stdlib.h>
#include <unistd.h>

#include "srm_kit.h"

#define HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define FIRST_NEW FIRST ".new" /* which is written, and then takes the list's name */
#define SECOND_NEW SECOND ".new"
#define LOST "the newer list is in force, but is lost"

static void begin(struct kit *kit, const char *settings) {
    srm_kit_make(kit, settings);
    kit->preload = COPP_DISK;
    assert_int_equal(setenv("COPP_TEST_DISK", kit->directory, 1), 0);
    kit_start(kit);
}

static void hold(struct kit *kit, const char *name, const char *word) {
    char file[64];
    (void)snprintf(file, sizeof file, "%s.%s", name, word);
    srm_write_file(kit, file, "", 0);
}

static void release(struct kit *kit, const char *name, const char *word) {
    char file[64];
    char path[KIT_PATH];
    (void)snprintf(file, sizeof file, "%s.%s", name, word);
    srm_path(kit, file, path);
    assert_int_equal(unlink(path), 0);
}

/* Returns once a write waits for the disk. */
static void wait_held(struct kit *kit, const char *name) {
    char file[64];
    (void)snprintf(file, sizeof file, "%s.held", name);
    for (uint64_t until = clock_ms() + SRM_WAIT_MS; !srm_is_there(kit, file); sleep_ms(5))
        assert_true(clock_ms() < until);
    release(kit, name, "held");
}

/* Whoever could be answered by now has been: the loop has served others since. */
static void let_others_go_first(struct kit *kit) {
    struct player player;
    player_begin(kit, "HDMI-1", &player);
    assert_int_equal(player_local(&player, HDCP), 0);
    player_end(&player);
}

/* Each child ends well only if it finds its list stored when it is answered. */
static void each_is_answered_for_its_own_list(void) {
    struct kit kit;
    begin(&kit, "");
    hold(&kit, FIRST_NEW, "hold");
    hold(&kit, SECOND_NEW, "hold");
    pid_t one = srm_give_in_a_child(&kit, "srm1-v2.bin");
    wait_held(&kit, FIRST_NEW);
    pid_t other = srm_give_in_a_child(&kit, "srm2-v3.bin");
    srm_wait_version(&kit, 2, 3);
    pid_t newer = srm_give_in_a_child(&kit, "srm1-v5.bin");
    srm_wait_version(&kit, 1, 5);
    let_others_go_first(&kit);
    assert_false(srm_has_ended(one) || srm_has_ended(other) || srm_has_ended(newer));
    release(&kit, FIRST_NEW, "hold");
    srm_wait_ended(one); /* its own list is stored, though a newer one waits */
    wait_held(&kit, SECOND_NEW);
    assert_int_equal(srm_writes(&kit, true), 1); /* in turn, not behind the newer one of the first kind */
    hold(&kit, FIRST_NEW, "hold");
    let_others_go_first(&kit);
    assert_false(srm_has_ended(other) || srm_has_ended(newer));
    release(&kit, SECOND_NEW, "hold");
    srm_wait_ended(other);
    wait_held(&kit, FIRST_NEW);
    assert_false(srm_has_ended(newer));
    release(&kit, FIRST_NEW, "hold");
    srm_wait_ended(newer);
    assert_true(srm_holds(&kit, FIRST, "srm1-v5.bin") && srm_holds(&kit, SECOND, "srm2-v3.bin"));
    assert_int_equal(srm_writes(&kit, true), 3);
    kit_end(&kit);
}

/* The adapter keeps the newer one, which is not stored yet: without it the disk would have neither. */
static void an_older_list_waits_for_the_newer_one(void) {
    struct kit kit;
    begin(&kit, "");
    hold(&kit, FIRST_NEW, "hold");
    pid_t newer = srm_give_in_a_child(&kit, "srm1-v5.bin");
    wait_held(&kit, FIRST_NEW);
    pid_t older = srm_give_in_a_child(&kit, "srm1-v2.bin");
    kit_wait_sessions(&kit, 2);
    let_others_go_first(&kit);
    assert_false(srm_has_ended(newer) || srm_has_ended(older));
    release(&kit, FIRST_NEW, "hold");
    srm_wait_ended(newer);
    srm_wait_ended(older);
    srm_give(&kit, "srm1-v2.bin"); /* nothing is left to wait for */
    assert_int_equal(srm_writes(&kit, true), 1);
    kit_end(&kit);
}

/* One that fails while a newer one waits is not the end of it. */
static void a_failed_write_is_made_good_by_the_next_one(void) {
    struct kit kit;
    begin(&kit, "");
    hold(&kit, FIRST_NEW, "hold");
    pid_t one = srm_give_in_a_child(&kit, "srm1-v2.bin");
    wait_held(&kit, FIRST_NEW);
    pid_t newer = srm_give_in_a_child(&kit, "srm1-v5.bin");
    srm_wait_version(&kit, 1, 5);
    hold(&kit, "directory", "hold"); /* which the older one does not get to */
    hold(&kit, FIRST_NEW, "once");
    release(&kit, FIRST_NEW, "hold");
    wait_held(&kit, "directory");
    assert_int_equal(srm_writes(&kit, false), 1);
    let_others_go_first(&kit);
    assert_false(srm_has_ended(one) || srm_has_ended(newer));
    release(&kit, "directory", "hold");
    srm_wait_ended(one);
    srm_wait_ended(newer);
    assert_int_equal(srm_writes(&kit, true), 1);
    assert_int_equal(kit_times_said(&kit, LOST), 0);
    kit_end(&kit);
}

/* It is said once, whoever brings the list is answered, and nothing counts as stored. */
static void a_disk_that_fails(void) {
    struct kit kit;
    struct player player;
    begin(&kit, "");
    hold(&kit, FIRST_NEW, "fail");
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK);
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK);
    assert_false(srm_is_there(&kit, FIRST));
    assert_int_equal(srm_writes(&kit, false), 2);
    release(&kit, FIRST_NEW, "fail");
    hold(&kit, "directory", "fail"); /* it is there, and a power cut may take it away again */
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK);
    assert_true(srm_holds(&kit, FIRST, "srm1-v5.bin"));
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK);
    assert_int_equal(srm_writes(&kit, false), 4);
    assert_int_equal(srm_writes(&kit, true), 0);
    assert_int_equal(kit_times_said(&kit, LOST), 1);
    release(&kit, "directory", "fail");
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK);
    assert_int_equal(srm_writes(&kit, true), 1);
    player_end(&player);
    kit_end(&kit);
}

/* What a coppd that was killed has put there need not be on the disk yet. */
static void a_stored_list_is_settled_at_the_start(void) {
    struct kit kit;
    struct player player;
    begin(&kit, "");
    srm_give(&kit, "srm1-v5.bin");
    kit_kill(&kit);
    hold(&kit, FIRST, "fail");
    kit_start(&kit);
    assert_int_equal(srm_version(&kit, 1), 5);
    assert_int_equal(kit_times_said(&kit, FIRST ": may not have reached the disk"), 1);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK);
    assert_int_equal(srm_writes(&kit, false), 1);
    release(&kit, FIRST, "fail");
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK);
    assert_int_equal(srm_writes(&kit, true), 1);
    player_end(&player);
    kit_end(&kit);
}

/* Success is said of what is stored alone. The list stays in force, and is stored when the disk takes it. */
static void the_time_limit_refuses(void) {
    struct kit kit;
    struct player player;
    struct player other;
    begin(&kit, "pending_limit = 300\n");
    player_begin(&kit, "HDMI-1", &other);
    player_begin(&kit, "HDMI-1", &player);
    hold(&kit, FIRST_NEW, "hold");
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_E_REFUSED);
    assert_int_equal(copp_session_hresult(player.session), COPP_HR_OPM_DRIVER_INTERNAL_ERROR);
    assert_false(srm_is_there(&kit, FIRST));
    assert_int_equal(srm_version(&kit, 1), 5);
    uint32_t told;
    assert_int_not_equal(copp_session_srm_version(player.session, &told), COPP_OK); /* for its device it has succeeded */
    player_end(&player);
    assert_int_equal(copp_session_set_protection_level(other.session, HDCP, 1), COPP_OK); /* nobody else waits */
    assert_int_equal(srm_set(&other, "srm2-v3.bin"), COPP_E_REFUSED); /* the other kind's list waits behind it */
    player_end(&other);
    release(&kit, FIRST_NEW, "hold");
    srm_give(&kit, "srm1-v5.bin");
    assert_true(srm_holds(&kit, FIRST, "srm1-v5.bin"));
    srm_give(&kit, "srm2-v3.bin");
    assert_true(srm_holds(&kit, SECOND, "srm2-v3.bin"));
    assert_int_equal(srm_writes(&kit, true), 2);
    kit_end(&kit);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(each_is_answered_for_its_own_list, "OPM-SRM-4 CMD-6"),     TEST(an_older_list_waits_for_the_newer_one, "OPM-SRM-4"),
        TEST(a_failed_write_is_made_good_by_the_next_one, "OPM-SRM-4"), TEST(a_disk_that_fails, "OPM-SRM-4"),
        TEST(a_stored_list_is_settled_at_the_start, "OPM-SRM-4"),       TEST(the_time_limit_refuses, "OPM-SRM-4 CMD-6"),
    };
    return RUN_SUITE("daemon_srm_lists", cases);
}
