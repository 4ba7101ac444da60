/* Displays of the kernel's connectors that can be read: a card made by umockdev, and DPCD registers in a file. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_drm.h"
#include "outputs/kms/kms.h"
#include "outputs/kms/receivers.h"
#include "outputs_rig.h"

#define TELEVISION "\x14\xf7\x61\x03\xb7"
#define RECORDER "\xcd\x1a\xf2\x1e\x51"
#define ANSWER_KEY 24 /* of BKey in WIRE-9 */

struct world {
    char root[32];
    char sysfs[64];
    char dev[64];
    char node[96];
    struct receiver_system system;
    struct fake_drm *drm;
    struct said said;
    struct outputs_rig outputs;
    struct app app; /* on DP-1, which has the property and a channel */
};

static void make(const char *format, const char *root, const char *content) {
    char path[160];
    (void)snprintf(path, sizeof path, format, root);
    if (!content) {
        assert_int_equal(mkdir(path, 0700), 0);
        return;
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* The registers of a display. */
static void set_registers(const struct world *world, off_t offset, const char *bytes, size_t size) {
    int fd = open(world->node, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, offset), size);
    assert_int_equal(close(fd), 0);
}

/* What opens a pipe that nobody writes to waits, as one that reads a bus which hangs. */
static void hang(const struct world *world) {
    assert_int_equal(unlink(world->node), 0);
    assert_int_equal(mkfifo(world->node, 0600), 0);
}

static void plug(const struct world *world, const char *bksv) {
    (void)unlink(world->node);
    set_registers(world, 0x69200, "", 1);
    assert_int_equal(truncate(world->node, 0x69300), 0);
    set_registers(world, 0x68000, bksv, 5);
    set_registers(world, 0x68028, "\x01", 1);
}

static void begin(struct world *world) {
    strcpy(world->root, "/tmp/copp-kms-XXXXXX");
    assert_non_null(mkdtemp(world->root));
    (void)snprintf(world->sysfs, sizeof world->sysfs, "%s/sys", world->root);
    (void)snprintf(world->dev, sizeof world->dev, "%s/dev", world->root);
    (void)snprintf(world->node, sizeof world->node, "%s/drm_dp_aux0", world->dev);
    make("%s/dev", world->root, NULL);
    make("%s/sys", world->root, NULL);
    make("%s/sys/class", world->root, NULL);
    make("%s/sys/class/drm", world->root, NULL);
    make("%s/sys/class/drm/card0-DP-1", world->root, NULL);
    make("%s/sys/class/drm/card0-DP-1/drm_dp_aux0", world->root, NULL);
    make("%s/sys/class/drm/card0-DP-1/drm_dp_aux0/name", world->root, "AUX A\n");
    plug(world, TELEVISION);
    world->system = (struct receiver_system){world->sysfs, world->dev, COPP_READ_RECEIVER};
    world->drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true});
    said_init(&world->said);
    const struct copp_kms_config config = {.read_ms = RIG_READ_MS, .log = &world->said.log, .receivers = &world->system};
    struct copp_backend *backend;
    assert_int_equal(copp_kms_open(&config, &backend), COPP_OK);
    outputs_rig_init(&world->outputs, backend);
    outputs_rig_wait(&world->outputs); /* displays are read when they are found */
    app_begin(&world->app, outputs_rig_connector(&world->outputs, "card0-DP-1"));
}

static void end(struct world *world) {
    char command[64];
    copp_device_close(&world->app.device);
    outputs_rig_end(&world->outputs);
    fake_drm_free(&world->drm);
    (void)snprintf(command, sizeof command, "rm -r %s", world->root);
    assert_int_equal(system(command), 0);
}

/* Nothing is being read. */
static bool quiet(const struct world *world) {
    struct pollfd fd = {.fd = copp_outputs_fd(world->outputs.outputs), .events = POLLIN};
    return poll(&fd, 1, 0) == 0;
}

/* Lets a read that is due begin, and takes what comes of it. */
static void read_now(struct world *world, uint64_t by_ms) {
    outputs_rig_pass(&world->outputs, by_ms);
    outputs_rig_wait(&world->outputs);
}

static uint32_t ask_key(struct world *world, uint8_t answer[COPP_STATUS_HDCP_KEY_SIZE]) {
    return app_ask(&world->app, COPP_QUERY_HDCP_KEY_DATA, NULL, answer, COPP_STATUS_HDCP_KEY_SIZE);
}

static void assert_named(struct world *world, const char *bksv, uint32_t flags) {
    uint8_t answer[COPP_STATUS_HDCP_KEY_SIZE];
    assert_int_equal(ask_key(world, answer), COPP_HR_OK);
    assert_memory_equal(answer + ANSWER_KEY, bksv, 5);
    assert_int_equal(get_u32(answer + 20), flags);
}

static void assert_unnamed(struct world *world) {
    uint8_t answer[COPP_STATUS_HDCP_KEY_SIZE];
    assert_int_equal(ask_key(world, answer), COPP_HR_INVALIDARG);
}

/* In force, and read since. */
static void bring_up(struct world *world) {
    read_now(world, 1);
    assert_int_equal(app_set_level(&world->app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    fake_drm_set_protection(world->drm, FAKE_DP, 2);
    read_now(world, 100);
    assert_int_equal(app_result(&world->app), COPP_HR_OK);
    assert_int_equal(app_local(&world->app, COPP_PROTECTION_TYPE_HDCP), 1);
}

static void assert_lost(struct world *world) {
    assert_int_equal(app_local(&world->app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_true(world->app.flags & COPP_STATUS_LINK_LOST);
    assert_int_equal(app_global(&world->app, COPP_PROTECTION_TYPE_HDCP), 0);
    outputs_rig_pass(&world->outputs, 600);
    assert_int_equal(fake_drm_protection(world->drm, FAKE_DP), 0); /* nobody asks any more */
}

static void a_receiver_is_named(void) {
    struct world world;
    begin(&world);
    assert_unnamed(&world); /* nothing was read yet */
    read_now(&world, 1);
    assert_named(&world, TELEVISION, 0);
    end(&world);
}

static void a_repeater_is_told(void) {
    struct world world;
    begin(&world);
    set_registers(&world, 0x68028, "\x03", 1);
    bring_up(&world);
    assert_named(&world, TELEVISION, COPP_HDCP_REPEATER);
    end(&world);
}

/* A level that is in force names whom it is in force with, and not who was there before. */
static void a_level_waits_for_the_name(void) {
    struct world world;
    begin(&world);
    read_now(&world, 1);
    assert_named(&world, TELEVISION, 0);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    assert_unnamed(&world);
    hang(&world); /* the bus is the driver's: whoever reads it now would never come back */
    outputs_rig_pass(&world.outputs, 5000);
    assert_true(quiet(&world));
    plug(&world, RECORDER); /* unnoticed by the kernel */
    fake_drm_set_protection(world.drm, FAKE_DP, 2);
    outputs_rig_pass(&world.outputs, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    outputs_rig_wait(&world.outputs);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    assert_named(&world, RECORDER, 0);
    end(&world);
}

/* What another program has set counts at once, but not before the receiver was read. */
static void enabled_by_another_waits_for_the_name(void) {
    struct world world;
    begin(&world);
    fake_drm_set_protection(world.drm, FAKE_DP, 2);
    int writes = (int)fake_drm_hold(world.drm)->connectors[FAKE_DP].writes;
    fake_drm_release(world.drm);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    assert_unnamed(&world);
    outputs_rig_wait(&world.outputs);
    outputs_rig_pass(&world.outputs, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    assert_named(&world, TELEVISION, 0);
    assert_int_equal(fake_drm_hold(world.drm)->connectors[FAKE_DP].writes, writes); /* nothing is written over it */
    fake_drm_release(world.drm);
    end(&world);
}

static void a_bus_that_hangs_keeps_no_level_waiting(void) {
    struct world world;
    begin(&world);
    read_now(&world, 1);
    hang(&world);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    fake_drm_set_protection(world.drm, FAKE_DP, 2);
    outputs_rig_pass(&world.outputs, 900);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    outputs_rig_pass(&world.outputs, 300);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    assert_unnamed(&world); /* the player stops, unless it was told otherwise */
    outputs_rig_pass(&world.outputs, 10000);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 1); /* who was told nothing relied on nothing */
    end(&world);
}

static void another_key_is_a_loss(void) {
    struct world world;
    begin(&world);
    bring_up(&world);
    assert_named(&world, TELEVISION, 0);
    read_now(&world, 500);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    plug(&world, RECORDER);
    read_now(&world, 500);
    assert_lost(&world);
    end(&world);
}

static void a_receiver_that_becomes_a_repeater_is_a_loss(void) {
    struct world world;
    begin(&world);
    bring_up(&world);
    set_registers(&world, 0x68028, "\x03", 1);
    read_now(&world, 500);
    assert_lost(&world);
    end(&world);
}

/* Two seconds from the last read: neither at once nor at some look behind it. */
static void one_that_cannot_be_read_is_a_loss(void) {
    struct world world;
    begin(&world);
    bring_up(&world);
    uint64_t read_ms = world.outputs.now_ms;
    assert_int_equal(unlink(world.node), 0);
    while (world.outputs.now_ms < read_ms + 1500)
        read_now(&world, 500);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    outputs_rig_pass(&world.outputs, read_ms + 2000 - world.outputs.now_ms);
    assert_lost(&world);
    end(&world);
}

static void one_whose_bus_hangs_is_a_loss(void) {
    struct world world;
    begin(&world);
    bring_up(&world);
    uint64_t read_ms = world.outputs.now_ms;
    hang(&world);
    outputs_rig_pass(&world.outputs, 1900);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    assert_int_equal(copp_outputs_deadline_ms(world.outputs.outputs), read_ms + 2000); /* and not at the next poll */
    outputs_rig_pass(&world.outputs, 100);
    assert_lost(&world);
    end(&world);
}

/* Sessions ask before coppd looks: they are told of the loss, and not before it that nobody receives. */
static void a_loss_is_told_before_the_name_goes(void) {
    struct world world;
    begin(&world);
    bring_up(&world);
    assert_named(&world, TELEVISION, 0);
    fake_drm_set_protection(world.drm, FAKE_DP, 1); /* without a word of the kernel's */
    assert_named(&world, TELEVISION, 0);
    assert_false(world.app.flags & COPP_STATUS_LINK_LOST);
    assert_true(copp_outputs_deadline_ms(world.outputs.outputs) <= world.outputs.now_ms);
    outputs_rig_pass(&world.outputs, 1);
    assert_lost(&world);
    end(&world);
}

/* Enabled again by the next look, and with whom is not known: that was a loss, and no session goes on with nobody. */
static void a_fall_that_only_a_session_has_seen_is_told(void) {
    struct world world;
    begin(&world);
    bring_up(&world);
    fake_drm_set_protection(world.drm, FAKE_DP, 1);
    assert_named(&world, TELEVISION, 0);
    fake_drm_set_protection(world.drm, FAKE_DP, 2);
    assert_named(&world, TELEVISION, 0);
    outputs_rig_pass(&world.outputs, 1);
    assert_lost(&world);
    end(&world);
}

static void hdcp2_names_nobody(void) {
    struct world world;
    begin(&world);
    set_registers(&world, 0x6921d, "\x02\x00\x02", 3);
    bring_up(&world);
    assert_unnamed(&world);
    outputs_rig_pass(&world.outputs, 5000);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    end(&world);
}

/* What sessions of before were told binds nobody who comes later, though another program has HDCP enabled all the time. */
static void whoever_comes_later_begins_anew(void) {
    struct world world;
    begin(&world);
    bring_up(&world);
    assert_named(&world, TELEVISION, 0);
    copp_device_close(&world.app.device);
    outputs_rig_pass(&world.outputs, 1000);
    fake_drm_set_protection(world.drm, FAKE_DP, 2);
    plug(&world, RECORDER);
    outputs_rig_pass(&world.outputs, 60000);
    app_begin(&world.app, outputs_rig_connector(&world.outputs, "card0-DP-1"));
    world.app.now_ms = world.outputs.now_ms;
    read_now(&world, 1);
    assert_named(&world, RECORDER, 0);
    end(&world);
}

/* Undesired and Desired may be written and Enabled be there again before anybody looks. */
static void what_was_known_before_a_write_is_not_known_after_it(void) {
    const struct receiver_system nowhere = {"/nonexistent", "/nonexistent", COPP_READ_RECEIVER};
    struct hdcp_observation observation = {.connected = true, .hdcp = HDCP_ENABLED};
    struct kms_receivers receivers;
    struct kms_receiver receiver;
    assert_int_equal(kms_receivers_open(&receivers, &nowhere), COPP_OK);
    kms_receiver_init(&receiver, &receivers, "card0-DP-1");
    kms_receiver_take(&receiver, 1000);
    kms_receiver_observe(&receiver, false, true, &observation);
    receiver.trust.known = receiver.trust.relied = true;
    receiver.trust.receiver = (struct hdcp_receiver){.hdcp1 = true, .ksv_valid = true, .bksv = TELEVISION};
    receiver.trust.read_ms = 1000;
    kms_receiver_observe(&receiver, false, true, &observation);
    assert_true(observation.state.hdcp_receiver);
    assert_int_equal(observation.state.hdcp_version, COPP_HDCP_VERSION_1); /* OPM-SRM-7 */
    kms_receiver_authenticating(&receiver);
    observation = (struct hdcp_observation){.connected = true, .hdcp = HDCP_ENABLED};
    kms_receiver_observe(&receiver, false, true, &observation);
    assert_false(observation.state.hdcp_receiver);
    kms_receiver_close(&receiver);
    kms_receivers_close(&receivers);
}

/* What coppd tells of it without a session, while the display is there. */
static void a_display_is_known_before_anybody_uses_it(void) {
    struct world world;
    struct hdcp_receiver receiver;
    size_t index;
    begin(&world);
    assert_non_null(copp_outputs_find(world.outputs.outputs, "card0-DP-1", &index));
    assert_int_equal(copp_outputs_receiver(world.outputs.outputs, index, &receiver), RECEIVER_READ);
    assert_memory_equal(receiver.bksv, TELEVISION, 5);
    hang(&world);
    outputs_rig_pass(&world.outputs, 3000);
    assert_int_equal(copp_outputs_receiver(world.outputs.outputs, index, &receiver), RECEIVER_HANGS);
    fake_drm_hold(world.drm)->connectors[FAKE_DP].connected = false;
    fake_drm_release(world.drm);
    outputs_rig_pass(&world.outputs, 500);
    assert_int_not_equal(copp_outputs_receiver(world.outputs.outputs, index, &receiver), RECEIVER_READ);
    assert_non_null(copp_outputs_find(world.outputs.outputs, "card0-HDMI-A-1", &index));
    assert_int_equal(copp_outputs_receiver(world.outputs.outputs, index, &receiver), RECEIVER_NO_BUS);
    assert_int_equal(copp_outputs_receiver(world.outputs.outputs, 1000, &receiver), RECEIVER_UNKNOWN);
    end(&world);
}

static void nobody_reads_for_nobody(void) {
    struct world world;
    begin(&world);
    read_now(&world, 1);
    copp_device_close(&world.app.device);
    outputs_rig_pass(&world.outputs, 5000);
    assert_true(quiet(&world));
    assert_int_equal(copp_outputs_deadline_ms(world.outputs.outputs), UINT64_MAX);
    end(&world);
}

static const struct test_case cases[] = {
    TEST(a_receiver_is_named, "QRY-6 WIRE-9"),
    TEST(a_repeater_is_told, "QRY-6 APP-1"),
    TEST(a_level_waits_for_the_name, "CMD-6 APP-2"),
    TEST(enabled_by_another_waits_for_the_name, "ARB-5"),
    TEST(a_bus_that_hangs_keeps_no_level_waiting, "CMD-6"),
    TEST(another_key_is_a_loss, "EVT-1 EVT-3 APP-2"),
    TEST(a_receiver_that_becomes_a_repeater_is_a_loss, "EVT-1 APP-1"),
    TEST(one_that_cannot_be_read_is_a_loss, "EVT-1 APP-3"),
    TEST(one_whose_bus_hangs_is_a_loss, "EVT-1 APP-3"),
    TEST(a_loss_is_told_before_the_name_goes, "EVT-1 EVT-3 QRY-6"),
    TEST(a_fall_that_only_a_session_has_seen_is_told, "EVT-1 EVT-3 QRY-6"),
    TEST(hdcp2_names_nobody, "QRY-6 APP-2"),
    TEST(whoever_comes_later_begins_anew, "EVT-5"),
    TEST(what_was_known_before_a_write_is_not_known_after_it, "APP-2"),
    TEST(a_display_is_known_before_anybody_uses_it, ""),
    TEST(nobody_reads_for_nobody, ""),
};

int main(void) {
    return RUN_SUITE("kms_receiver", cases);
}
