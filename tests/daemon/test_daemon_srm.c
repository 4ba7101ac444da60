/* coppd's lists of revoked HDCP devices: kept across restarts, never older, and believed only if they are signed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "srm_kit.h"

#define HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define REVOKED "ksv HDMI-1 ea8c90d793" /* srm1-v5 has it, srm1-v2 does not */

/* --- across restarts --- */

static void lists_outlive_a_restart(void) {
    struct kit kit;
    struct player player;
    uint32_t told;
    srm_kit_make(&kit, "");
    kit_start(&kit);
    assert_int_equal(srm_version(&kit, 1), 0);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK);
    assert_true(srm_holds(&kit, FIRST, "srm1-v5.bin")); /* before the answer, whatever becomes of coppd now */
    assert_int_equal(srm_set(&player, "srm2-v3.bin"), COPP_OK);
    assert_int_equal(copp_session_srm_version(player.session, &told), COPP_OK);
    assert_int_equal(told, 3);
    assert_int_equal(copp_session_hresult(player.session), COPP_HR_OK);
    kit_kill(&kit);
    player_end(&player);
    kit_start(&kit);
    assert_int_equal(srm_version(&kit, 1), 5);
    assert_int_equal(srm_version(&kit, 2), 3);
    srm_give(&kit, "srm1-v2.bin"); /* its content is older; coppd's list is not */
    srm_give(&kit, "srm2-v7.bin");
    kit_stop(&kit);
    assert_true(srm_holds(&kit, FIRST, "srm1-v5.bin"));
    assert_true(srm_holds(&kit, SECOND, "srm2-v7.bin"));
    kit_start(&kit);
    assert_int_equal(srm_version(&kit, 1), 5);
    assert_int_equal(srm_version(&kit, 2), 7);
    kit_end(&kit);
}

static void what_is_told_of_a_revoked_device(void) {
    struct kit kit;
    struct player player;
    srm_kit_make(&kit, "");
    kit_start(&kit);
    srm_give(&kit, "srm1-v2.bin");
    kit_event(&kit, REVOKED);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    assert_int_equal(kit_metric(&kit, "copp_connector_revocations_total{connector=\"HDMI-1\"} "), 0);
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK); /* OPM-SRM-5: it has succeeded */
    assert_int_equal(player_local(&player, HDCP), 0);
    assert_true(copp_session_take_events(player.session) & COPP_STATUS_REVOKED_HDCP_DEVICE);
    player_end(&player);
    assert_int_equal(kit_metric(&kit, "copp_connector_revocations_total{connector=\"HDMI-1\"} "), 1);
    kit_wait_said(&kit, "HDMI-1 (simulated): a revoked HDCP device is attached: HDCP is off there; sessions: 1 (", 1);
    assert_int_equal(kit_times_said(&kit, "a player has brought a newer list for HDCP 1.x: version 5, revoked: 3"), 1);
    assert_int_equal(kit_metric(&kit, "copp_srm_updates_total{hdcp=\"1\"} "), 2);
    assert_int_equal(kit_metric(&kit, "copp_srm_updates_total{hdcp=\"2\"} "), 0);
    assert_int_equal(srm_writes(&kit, true), 2);
    kit_stop(&kit);
    kit_start(&kit);
    kit_event(&kit, REVOKED);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_E_REFUSED); /* OPM-SRM-6 */
    assert_int_equal(player_local(&player, HDCP), 0);
    assert_true(copp_session_take_events(player.session) & COPP_STATUS_REVOKED_HDCP_DEVICE);
    player_end(&player);
    assert_int_equal(kit_metric(&kit, "copp_connector_revocations_total{connector=\"HDMI-1\"} "), 1);
    kit_wait_said(&kit, "a revoked HDCP device is attached", 2);
    assert_int_equal(kit_times_said(&kit, "the stored list for HDCP 1.x: version 5, revoked: 3"), 1);
    kit_end(&kit);
}

/* Another coppd with the same state directory has stored a newer one meanwhile. */
static void an_older_one_replaces_nothing(void) {
    struct kit kit;
    srm_kit_make(&kit, "");
    kit_start(&kit);
    srm_copy_vector(&kit, "opm/srm1-v5.bin", FIRST);
    srm_give(&kit, "srm1-v2.bin");
    assert_true(srm_holds(&kit, FIRST, "srm1-v5.bin"));
    assert_int_equal(srm_writes(&kit, true), 1);
    kit_stop(&kit);
    kit_start(&kit);
    assert_int_equal(srm_version(&kit, 1), 5);
    kit_end(&kit);
}

/* --- what cannot be believed --- */

static void is_refused(struct kit *kit, const char *name, const char *why) {
    static const char *const options[] = {"--check-config", NULL};
    char path[KIT_PATH];
    char *said;
    srm_path(kit, name, path);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(kit_run(kit, options[i], &said), 1);
        if (!strstr(said, path) || !strstr(said, why))
            fail_msg("not \"%s\" of %s: %s", why, path, said);
        assert_null(strstr(said, "listening at"));
        free(said);
    }
}

static void damaged_ones_are_refused(void) {
    static uint8_t large[65537];
    struct kit kit;
    char path[KIT_PATH];
    size_t size;
    uint8_t *good = srm_vector("srm1-v5.bin", &size);
    uint8_t *bad = malloc(size);
    assert_non_null(bad);
    memcpy(bad, good, size);
    memcpy(large, good, size);
    srm_kit_make(&kit, "");
    kit_start(&kit);
    kit_stop(&kit);
    bad[size - 1] ^= 1;
    srm_write_file(&kit, FIRST, bad, size);
    is_refused(&kit, FIRST, "(SRM-2): restore the list, or remove the file");
    srm_write_file(&kit, FIRST, good, size - 1);
    is_refused(&kit, FIRST, "(SRM-1)");
    srm_write_file(&kit, FIRST, good, 0);
    is_refused(&kit, FIRST, "(SRM-1)");
    srm_write_file(&kit, FIRST, large, sizeof large);
    is_refused(&kit, FIRST, "more than 65536 bytes");
    srm_copy_vector(&kit, "opm/srm2-v7.bin", FIRST);
    is_refused(&kit, FIRST, "the other kind of HDCP");
    srm_path(&kit, FIRST, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/nowhere/at/all", path), 0);
    is_refused(&kit, FIRST, "is not a regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    is_refused(&kit, FIRST, "is not a regular file");
    assert_int_equal(unlink(path), 0);
    srm_copy_vector(&kit, "opm/srm-bad-2-signature.bin", SECOND);
    is_refused(&kit, SECOND, "(SRM-2)");
    assert_true(srm_holds(&kit, SECOND, "srm-bad-2-signature.bin")); /* it is nobody's to remove but a person's */
    kit_configure(&kit, "");
    srm_copy_vector(&kit, "opm/srm2-v7.bin", SECOND);
    is_refused(&kit, SECOND, "(SRM-2)"); /* signed by a key that is not named any more */
    free(good);
    free(bad);
    kit_end(&kit);
}

/* We cannot tell which version it was. */
static void nothing_replaces_a_damaged_one(void) {
    struct kit kit;
    srm_kit_make(&kit, "");
    kit_start(&kit);
    srm_write_file(&kit, FIRST, "rubbish", 7);
    srm_give(&kit, "srm1-v5.bin");
    assert_int_equal(srm_version(&kit, 1), 5);
    assert_int_equal(srm_writes(&kit, false), 1);
    assert_int_equal(kit_times_said(&kit, FIRST ": cannot be trusted: "), 1);
    kit_stop(&kit);
    is_refused(&kit, FIRST, "(SRM-1)");
    kit_end(&kit);
}

/* --- who may sign --- */

static void keys_for_tests_are_named(void) {
    struct kit kit;
    struct player player;
    kit_make(&kit, "");
    kit.semantics = COPP_SEMANTICS_OPM;
    kit_start(&kit);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_E_REFUSED);
    assert_int_equal(copp_session_hresult(player.session), COPP_HR_OPM_INVALID_SRM);
    assert_false(srm_is_there(&kit, FIRST));
    assert_int_equal(srm_set(&player, "srm1-genuine-v1.bin"), COPP_OK); /* OPM-SRM-9 */
    assert_true(srm_holds(&kit, FIRST, "srm1-genuine-v1.bin"));
    assert_int_equal(kit_times_said(&kit, "test keys"), 0);
    player_end(&player);
    kit_stop(&kit);
    kit_configure(&kit, "[outputs]\nsrm_keys = facsimile\n");
    is_refused(&kit, FIRST, "(SRM-2)");
    kit_configure(&kit, "[outputs]\nsrm_keys = facsimile, production\n");
    kit_start(&kit);
    assert_int_equal(srm_version(&kit, 1), 1);
    assert_true(kit_times_said(&kit, "signed with test keys") > 0);
    kit_end(&kit);
}

static void keys_that_are_none(void) {
    struct kit kit;
    char settings[256];
    char *said;
    kit_make(&kit, "");
    srm_copy_vector(&kit, "leaf-public.pem", "other.pem");
    (void)snprintf(settings, sizeof settings, "%s/other.pem", kit.directory);
    const char *const bad[][2] = {{"nobody", "give production, facsimile, or the whole path"},
                                  {"/nowhere/at/all", "cannot be opened"},
                                  {settings, "is not a key for revocation lists"},
                                  {"production production production production production", "more than 4 keys"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "[outputs]\nsrm_keys = %s\n", bad[i][0]);
        kit_configure(&kit, text);
        assert_int_equal(kit_run(&kit, "--check-config", &said), 1);
        if (!strstr(said, bad[i][1]))
            fail_msg("not \"%s\": %s", bad[i][1], said);
        free(said);
    }
    kit_end(&kit);
}

/* --- the disk --- */

/* What cannot be stored is in force, said once, and tried again when a player brings it, and at the end. */
static void a_directory_that_is_read_only(void) {
    struct kit kit;
    struct player player;
    srm_kit_make(&kit, "");
    kit.bound_by_modes = true;
    kit_start(&kit);
    assert_int_equal(chmod(kit.directory, 0555), 0);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK);
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK);
    assert_int_equal(srm_version(&kit, 1), 5);
    assert_int_equal(srm_writes(&kit, false), 2);
    assert_int_equal(kit_times_said(&kit, "the newer list is in force, but is lost"), 1);
    assert_int_equal(chmod(kit.directory, 0755), 0);
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK);
    assert_true(srm_holds(&kit, FIRST, "srm1-v5.bin"));
    assert_int_equal(srm_writes(&kit, true), 1);
    assert_int_equal(srm_set(&player, "srm1-v5.bin"), COPP_OK); /* it is there already */
    assert_int_equal(srm_writes(&kit, true), 1);
    assert_int_equal(chmod(kit.directory, 0555), 0);
    assert_int_equal(srm_set(&player, "srm2-v3.bin"), COPP_OK);
    assert_int_equal(srm_writes(&kit, false), 3);
    assert_int_equal(chmod(kit.directory, 0755), 0);
    player_end(&player);
    kit_stop(&kit);
    assert_true(srm_holds(&kit, SECOND, "srm2-v3.bin"));
    kit_end(&kit);
}

/* While the disk, or here another coppd, keeps a write waiting, nobody waits but who brought the list, and who brings it again. */
static void a_slow_disk_stalls_nobody_else(void) {
    struct kit kit;
    struct player player;
    char path[KIT_PATH];
    srm_kit_make(&kit, "");
    kit_start(&kit);
    srm_path(&kit, FIRST ".lock", path);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    pid_t one = srm_give_in_a_child(&kit, "srm1-v5.bin");
    srm_wait_version(&kit, 1, 5);
    player_begin(&kit, "HDMI-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    assert_int_equal(player_local(&player, HDCP), 1);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 0), COPP_OK);
    pid_t other = srm_give_in_a_child(&kit, "srm1-v5.bin");
    kit_wait_sessions(&kit, 3);
    assert_int_equal(player_local(&player, HDCP), 0);
    assert_false(srm_has_ended(one) || srm_has_ended(other));
    assert_false(srm_is_there(&kit, FIRST));
    assert_int_equal(flock(lock, LOCK_UN), 0);
    srm_wait_ended(one);
    assert_true(srm_holds(&kit, FIRST, "srm1-v5.bin"));
    srm_wait_ended(other);
    assert_int_equal(srm_writes(&kit, true), 1);
    player_end(&player);
    (void)close(lock);
    kit_end(&kit);
}

/* Who goes while its list is written leaves it behind; the end waits for it. */
static void who_brings_a_list_may_go(void) {
    struct kit kit;
    char path[KIT_PATH];
    srm_kit_make(&kit, "");
    kit_start(&kit);
    srm_path(&kit, SECOND ".lock", path);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    pid_t pid = srm_give_in_a_child(&kit, "srm2-v3.bin");
    srm_wait_version(&kit, 2, 3);
    process_kill(pid);
    kit_wait_sessions(&kit, 0);
    assert_int_equal(kill(kit.pid, SIGTERM), 0);
    assert_int_equal(flock(lock, LOCK_UN), 0);
    kit_stop(&kit);
    assert_true(srm_holds(&kit, SECOND, "srm2-v3.bin"));
    (void)close(lock);
    kit_end(&kit);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(lists_outlive_a_restart, "OPM-SRM-4 OPM-GET-9"),
        TEST(what_is_told_of_a_revoked_device, "OPM-SRM-3 OPM-SRM-5 OPM-SRM-6"),
        TEST(an_older_one_replaces_nothing, "OPM-SRM-4 SRM-3"),
        TEST(damaged_ones_are_refused, "OPM-SRM-4 SRM-1 SRM-2 SRM-4"),
        TEST(nothing_replaces_a_damaged_one, "OPM-SRM-4"),
        TEST(keys_for_tests_are_named, "OPM-SRM-1 OPM-SRM-9 SRM-2"),
        TEST(keys_that_are_none, "OPM-SRM-1"),
        TEST(a_directory_that_is_read_only, "OPM-SRM-4"),
        TEST(a_slow_disk_stalls_nobody_else, "OPM-SRM-4 APP-3"),
        TEST(who_brings_a_list_may_go, "OPM-SRM-4 EVT-5"),
    };
    return RUN_SUITE("daemon_srm", cases);
}
