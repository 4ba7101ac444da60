/* A card that lets nobody read it for a while, as while a driver authenticates inside a commit, against one made by umockdev (fake_drm.h). */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_drm.h"
#include "outputs/kms/kms.h"
#include "outputs_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define GET_RESOURCES 0xA0u /* the ioctl's number */
#define READ_MS 1000u /* long enough for a busy machine; a card that is locked costs the test that much */

struct world {
    struct fake_drm *drm;
    struct fake_drm *second;
    struct said said;
    struct outputs_rig outputs;
    struct app app; /* on HDMI-A-1 */
    struct app other; /* on the second card's */
};

static void world_begin_with(struct world *world, uint32_t read_ms) {
    const struct copp_kms_config config = {.read_ms = read_ms, .log = &world->said.log};
    struct copp_backend *backend;
    said_init(&world->said);
    world->drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true});
    fake_drm_hold(world->drm)->connectors[FAKE_EDP].protection = true;
    fake_drm_release(world->drm);
    world->second = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .beside = world->drm});
    assert_int_equal(copp_kms_open(&config, &backend), COPP_OK);
    outputs_rig_init(&world->outputs, backend);
    app_begin(&world->app, outputs_rig_connector(&world->outputs, "card0-HDMI-A-1"));
    app_begin(&world->other, outputs_rig_connector(&world->outputs, "card1-HDMI-A-1"));
}

static void world_begin(struct world *world) {
    world_begin_with(world, READ_MS);
}

static void take(struct world *world, unsigned ms) {
    struct pollfd fd = {.fd = copp_outputs_fd(world->outputs.outputs), .events = POLLIN};
    (void)poll(&fd, 1, 10);
    world->outputs.now_ms += ms;
    copp_outputs_dispatch(world->outputs.outputs, world->outputs.now_ms);
}

/* What has come is taken, and no time passes. */
#define AT_ONCE(world, condition)                                                                                                \
    for (unsigned looks = 0; !(condition); looks++, take(world, 0))                                                              \
    assert_true(looks < 2000)

/* The same, and some time passes. */
#define UNTIL(world, condition)                                                                                                  \
    for (unsigned looks = 0; !(condition); looks++, take(world, 10))                                                             \
    assert_true(looks < 2000)

static void world_end(struct world *world) {
    copp_device_close(&world->app.device);
    copp_device_close(&world->other.device);
    UNTIL(world, fake_drm_protection(world->drm, FAKE_HDMI) == 0 && outputs_rig_nobody_writes());
    outputs_rig_end(&world->outputs);
    const struct fake_card *card = fake_drm_hold(world->drm);
    assert_false(card->master);
    assert_false(card->probed);
    assert_false(card->too_bold);
    fake_drm_release(world->drm);
    fake_drm_free(&world->second);
    fake_drm_free(&world->drm);
}

static void enable_at_once(struct fake_drm *drm) {
    fake_drm_hold(drm)->enable_at_once = true;
    fake_drm_release(drm);
}

static void protect(struct world *world) {
    enable_at_once(world->drm);
    assert_int_equal(app_set_level(&world->app, HDCP, 1), COPP_HR_OK);
    outputs_rig_pass(&world->outputs, 3000); /* the event of its success would have come by then */
}

/* Until the program that reads waits for it. */
static void lock_card(struct world *world) {
    fake_drm_hold(world->drm)->locked = true;
    fake_drm_release(world->drm);
    outputs_rig_pass(&world->outputs, 500);
    fake_drm_await(world->drm, 1);
}

static bool is_protected(struct world *world) {
    bool is = app_local(&world->app, HDCP) == 1;
    assert_int_equal(is, !(world->app.flags & COPP_STATUS_LINK_LOST)); /* which is told once */
    assert_int_equal(is, app_global(&world->app, HDCP) == 1);
    return is;
}

/* It all happens while the first card lets nobody read. */
static void other_cards_go_on(void) {
    struct world world;
    world_begin(&world);
    protect(&world);
    lock_card(&world);
    enable_at_once(world.second);
    assert_int_equal(app_set_level(&world.other, HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_global(&world.other, HDCP), 1);
    fake_drm_set_protection(world.second, FAKE_HDMI, 1);
    outputs_rig_pass(&world.outputs, 600);
    assert_int_equal(app_local(&world.other, HDCP), 0);
    assert_true(is_protected(&world));
    assert_int_equal(fake_drm_waiting(world.drm), 1);
    fake_drm_unlock(world.drm);
    world_end(&world);
}

/* What was read is believed for 2 s: a commit that takes less costs nobody anything. */
static void shorter_than_two_seconds(void) {
    struct world world;
    world_begin(&world);
    protect(&world);
    for (int times = 0; times < 2; times++) {
        lock_card(&world);
        outputs_rig_pass(&world.outputs, 1300);
        assert_true(is_protected(&world));
        fake_drm_unlock(world.drm);
        outputs_rig_wait(&world.outputs);
        outputs_rig_pass(&world.outputs, 5000);
        assert_true(is_protected(&world));
    }
    world_end(&world);
}

/* A level that nobody can read is not told any longer than that, whatever the reason. */
static void longer_than_two_seconds(void) {
    struct world world;
    world_begin(&world);
    protect(&world);
    lock_card(&world);
    outputs_rig_pass(&world.outputs, 1300);
    assert_true(is_protected(&world));
    outputs_rig_pass(&world.outputs, 250); /* 2 s and the interval between two looks at the most */
    assert_false(is_protected(&world));
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 2); /* and nobody waits for a write */
    fake_drm_unlock(world.drm);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* The late answer is looked at when it comes, not only at the next look. */
static void what_was_hidden_is_seen_at_once(void) {
    struct world world;
    world_begin(&world);
    protect(&world);
    lock_card(&world);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 1);
    take(&world, 0);
    assert_true(is_protected(&world));
    fake_drm_unlock(world.drm);
    AT_ONCE(&world, app_local(&world.app, HDCP) == 0);
    assert_true(world.app.flags & COPP_STATUS_LINK_LOST);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* The kernel tells of what nobody can read. */
static void events_are_evidence_meanwhile(void) {
    struct world world;
    world_begin(&world);
    protect(&world);
    lock_card(&world);
    fake_drm_tell(world.drm, FAKE_HDMI); /* of our own success */
    fake_drm_tell(world.drm, FAKE_HDMI);
    AT_ONCE(&world, app_local(&world.app, HDCP) == 0);
    assert_true(world.app.flags & COPP_STATUS_LINK_LOST);
    assert_int_equal(fake_drm_waiting(world.drm), 1);
    fake_drm_unlock(world.drm);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

static unsigned scans(struct world *world) {
    unsigned times = fake_drm_hold(world->drm)->asked[GET_RESOURCES];
    fake_drm_release(world->drm);
    return times;
}

/* All connectors are looked through when something may have come or gone. A loss does not wait for that. */
static void a_moved_property_brings_no_search(void) {
    struct world world;
    world_begin(&world);
    protect(&world);
    fake_drm_tell(world.drm, FAKE_HDMI); /* of our own success */
    fake_drm_set_protection(world.drm, FAKE_HDMI, 1);
    unsigned before = scans(&world);
    fake_drm_tell(world.drm, FAKE_HDMI);
    AT_ONCE(&world, app_local(&world.app, HDCP) == 0);
    assert_true(world.app.flags & COPP_STATUS_LINK_LOST);
    assert_int_equal(scans(&world), before);
    fake_drm_uevent(world.drm, "change");
    AT_ONCE(&world, scans(&world) > before);
    world_end(&world);
}

/* It waits, as for a driver that is busy, and nothing is written that would wait as well. */
static void a_command_meanwhile(void) {
    struct world world;
    world_begin(&world);
    lock_card(&world);
    enable_at_once(world.drm);
    outputs_rig_pass(&world.outputs, 3000);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    outputs_rig_pass(&world.outputs, 3000);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    assert_int_equal(fake_drm_waiting(world.drm), 1); /* the read, and no write */
    fake_drm_unlock(world.drm);
    UNTIL(&world, app_result(&world.app) != COPP_HR_PENDING);
    assert_true(is_protected(&world));
    world_end(&world);
}

static void lock_behind_a_write(struct world *world) {
    fake_drm_hold(world->drm)->locks = true;
    fake_drm_release(world->drm);
}

/* What was read before a write proves nothing after it: that it is on... */
static void what_was_on_before_a_write(void) {
    struct world world;
    world_begin(&world);
    protect(&world);
    lock_behind_a_write(&world);
    assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
    assert_int_equal(fake_drm_waiting(world.drm), 1);
    assert_int_equal(app_global(&world.app, HDCP), 0);
    fake_drm_unlock(world.drm);
    world_end(&world);
}

/* ... or off, which would be another program's doing. */
static void what_was_off_before_a_write(void) {
    struct world world;
    world_begin(&world);
    lock_behind_a_write(&world);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(fake_drm_waiting(world.drm), 1);
    outputs_rig_pass(&world.outputs, 500);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    fake_drm_unlock(world.drm);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 2);
    UNTIL(&world, app_result(&world.app) != COPP_HR_PENDING);
    assert_true(is_protected(&world));
    world_end(&world);
}

static void raise_level(struct world *world, struct app *app) {
    uint32_t result = app_set_level(app, HDCP, 1);
    if (result == COPP_HR_PENDING)
        UNTIL(world, (result = app_result(app)) != COPP_HR_PENDING);
    assert_int_equal(result, COPP_HR_OK);
}

/* No answer comes in time, and each connector has its turn. */
static void a_card_that_is_always_slow(void) {
    struct world world;
    struct app beside[2];
    static const char *const names[] = {"card0-DP-1", "card0-eDP-1"};
    world_begin_with(&world, 1);
    enable_at_once(world.drm);
    for (unsigned looks = 0; looks < 100; looks++) /* displays are found */
        take(&world, 10);
    raise_level(&world, &world.app);
    for (size_t i = 0; i < 2; i++) {
        app_begin(&beside[i], outputs_rig_connector(&world.outputs, names[i]));
        raise_level(&world, &beside[i]);
    }
    for (unsigned looks = 0; looks < 500; looks++)
        take(&world, 10);
    assert_true(is_protected(&world));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(app_local(&beside[i], HDCP), 1);
        fake_drm_set_protection(world.drm, FAKE_DP + i, 1);
        UNTIL(&world, app_local(&beside[i], HDCP) == 0);
        copp_device_close(&beside[i].device);
    }
    world_end(&world);
}

static unsigned opened(struct world *world) {
    unsigned times = fake_drm_hold(world->drm)->opened;
    fake_drm_release(world->drm);
    return times;
}

/* It is killed with its process, and another one is made. */
static void a_read_that_never_returns(void) {
    struct world world;
    world_begin(&world);
    protect(&world);
    unsigned before = opened(&world);
    lock_card(&world);
    outputs_rig_pass(&world.outputs, 9000);
    take(&world, 0);
    assert_int_equal(fake_drm_waiting(world.drm), 1);
    assert_int_equal(opened(&world), before);
    assert_false(is_protected(&world));
    UNTIL(&world, opened(&world) == before + 1);
    fake_drm_unlock(world.drm);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

static pid_t child_of_ours(void) {
    char path[64];
    long pid = 0;
    (void)snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &pid), 1);
    (void)fclose(file);
    return (pid_t)pid; /* the oldest: the first card's */
}

/* Whoever ends the program costs nobody a level: the next one reads in time. */
static void the_program_is_killed(void) {
    struct world world;
    siginfo_t info;
    while (waitid(P_ALL, 0, &info, WEXITED) == 0)
        continue; /* of earlier cases: killed, and gone too late to be reaped (helper.c) */
    world_begin(&world);
    protect(&world);
    unsigned before = opened(&world);
    assert_int_equal(kill(child_of_ours(), SIGKILL), 0);
    outputs_rig_wait(&world.outputs);
    outputs_rig_pass(&world.outputs, 5000);
    assert_true(is_protected(&world));
    assert_int_equal(opened(&world), before + 1);
    world_end(&world);
}

/* Nothing is read in the program's place, which might wait. What is there shows once it is. */
static void the_program_is_missing(void) {
    struct world world = {.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true})};
    const struct copp_kms_config config = {.read_ms = READ_MS, .log = &world.said.log};
    struct copp_backend *backend;
    char *program = strdup(getenv("COPP_CARD_PROGRAM"));
    said_init(&world.said);
    (void)setenv("COPP_CARD_PROGRAM", "/nonexistent/copp-read-card", 1);
    assert_int_equal(copp_kms_open(&config, &backend), COPP_OK);
    outputs_rig_init(&world.outputs, backend);
    outputs_rig_pass(&world.outputs, 5000);
    const char *said = "card0: its outputs cannot be read, since /nonexistent/copp-read-card cannot be started";
    assert_non_null(strstr(world.said.text, said));
    assert_null(strstr(strstr(world.said.text, said) + 1, said)); /* once */
    assert_null(copp_outputs_name(world.outputs.outputs, 0));
    (void)setenv("COPP_CARD_PROGRAM", program, 1);
    free(program);
    UNTIL(&world, copp_outputs_name(world.outputs.outputs, 0) != NULL);
    assert_string_equal(copp_outputs_name(world.outputs.outputs, 0), "card0-HDMI-A-1");
    outputs_rig_end(&world.outputs);
    fake_drm_free(&world.drm);
}

static const struct test_case cases[] = {
    TEST(other_cards_go_on, "EVT-1"),
    TEST(shorter_than_two_seconds, "EVT-3"),
    TEST(longer_than_two_seconds, "EVT-1 EVT-3 QRY-5"),
    TEST(what_was_hidden_is_seen_at_once, "EVT-1 EVT-3"),
    TEST(events_are_evidence_meanwhile, "EVT-1"),
    TEST(a_moved_property_brings_no_search, "EVT-1"),
    TEST(a_command_meanwhile, "CMD-6"),
    TEST(what_was_on_before_a_write, "CMD-4 QRY-5"),
    TEST(what_was_off_before_a_write, "CMD-6"),
    TEST(a_card_that_is_always_slow, "CMD-6 EVT-1 EVT-3"),
    TEST(a_read_that_never_returns, "EVT-1"),
    TEST(the_program_is_killed, "EVT-3"),
    TEST(the_program_is_missing, ""),
};

int main(void) {
    return RUN_SUITE("kms_reading", cases);
}
