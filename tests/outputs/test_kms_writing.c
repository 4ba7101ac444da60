/* Writes to a card that is not lent, which a driver holds, as while it authenticates inside a commit, against one made by umockdev. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake_drm.h"
#include "outputs/kms/kms.h"
#include "outputs/kms/note.h"
#include "outputs/kms/worker.h"
#include "outputs_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define DEVICE "/devices/pci0000:00/0000:00:01.0/0000:01:00.0"
#define READ_MS 1000u /* long enough for a busy machine; a write that is held costs the test that much, once */

/* A process that a driver holds does not end when it is killed. */
static struct {
    bool held;
    unsigned tries;
} kills;

void __real_kms_worker_kill(const struct kms_worker *worker);
void __wrap_kms_worker_kill(const struct kms_worker *worker);
void __wrap_kms_worker_kill(const struct kms_worker *worker) {
    kills.tries++;
    if (!kills.held)
        __real_kms_worker_kill(worker);
}

/* As where there are no files left. */
static bool without_pidfds;

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f) {
    if (number != SYS_pidfd_open || !without_pidfds)
        return __real_syscall(number, a, b, c, d, e, f);
    errno = EMFILE;
    return -1;
}

static bool no_processes; /* none can be made */

pid_t __real_fork(void);
pid_t __wrap_fork(void);
pid_t __wrap_fork(void) {
    if (!no_processes)
        return __real_fork();
    errno = EAGAIN;
    return -1;
}

struct world {
    struct fake_drm *drm;
    struct fake_drm *second;
    char notes[32];
    struct said said;
    struct outputs_rig outputs;
    struct app app; /* on HDMI-A-1 */
    struct app other; /* on the second card's */
};

static void host_begin(struct world *world) {
    const struct copp_kms_config config = {.read_ms = READ_MS, .notes = world->notes, .log = &world->said.log};
    struct copp_backend *backend;
    said_init(&world->said);
    assert_int_equal(copp_kms_open(&config, &backend), COPP_OK);
    outputs_rig_init(&world->outputs, backend);
    outputs_rig_pass(&world->outputs, 10); /* who is master has been found out */
}

static void world_begin(struct world *world, bool atomic) {
    *world = (struct world){.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = atomic})};
    world->second = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .beside = world->drm});
    (void)snprintf(world->notes, sizeof world->notes, "/tmp/copp-notes-XXXXXX");
    assert_non_null(mkdtemp(world->notes));
    host_begin(world);
    app_begin(&world->app, outputs_rig_connector(&world->outputs, "card0-HDMI-A-1"));
    app_begin(&world->other, outputs_rig_connector(&world->outputs, "card1-HDMI-A-1"));
}

static void take(struct world *world, unsigned ms) {
    struct pollfd fd = {.fd = copp_outputs_fd(world->outputs.outputs), .events = POLLIN};
    (void)poll(&fd, 1, 10);
    world->outputs.now_ms += ms;
    copp_outputs_dispatch(world->outputs.outputs, world->outputs.now_ms);
}

#define UNTIL(world, condition)                                                                                                  \
    for (unsigned looks = 0; !(condition); looks++, take(world, 10))                                                             \
    assert_true(looks < 2000)

static bool is_master(struct fake_drm *drm) {
    bool master = fake_drm_hold(drm)->master;
    fake_drm_release(drm);
    return master;
}

static void enable_at_once(struct fake_drm *drm) {
    fake_drm_hold(drm)->enable_at_once = true;
    fake_drm_release(drm);
}

static unsigned writes_of(struct fake_drm *drm) {
    unsigned writes = fake_drm_hold(drm)->connectors[FAKE_HDMI].writes;
    fake_drm_release(drm);
    return writes;
}

/* From the next write on, until fake_drm_unlock. */
static void hold_writes(struct fake_drm *drm) {
    fake_drm_hold(drm)->holds_any = true;
    fake_drm_release(drm);
}

static bool is_noted(const struct world *world) {
    struct kms_note note;
    kms_note_open(&note, world->notes, DEVICE, NULL);
    return kms_note_has(&note, "HDMI-A-1");
}

static void world_end(struct world *world) {
    char command[64];
    copp_device_close(&world->app.device);
    copp_device_close(&world->other.device);
    UNTIL(world, fake_drm_protection(world->drm, FAKE_HDMI) == 0 && !is_master(world->drm));
    outputs_rig_end(&world->outputs);
    const struct fake_card *card = fake_drm_hold(world->drm);
    assert_false(card->blocking_used);
    assert_false(card->probed);
    assert_false(card->too_bold);
    fake_drm_release(world->drm);
    fake_drm_free(&world->second);
    fake_drm_free(&world->drm);
    (void)snprintf(command, sizeof command, "rm -r %s", world->notes);
    assert_int_equal(system(command), 0);
}

/* No authentication takes so long. */
static void assert_forgotten(struct world *world) {
    outputs_rig_pass(&world->outputs, 25000);
    assert_false(is_noted(world));
    assert_int_equal(fake_drm_protection(world->drm, FAKE_HDMI), 0);
}

/* The command returns while the driver holds its write. */
static void begin_to_hang(struct world *world) {
    enable_at_once(world->drm);
    hold_writes(world->drm);
    assert_int_equal(app_set_level(&world->app, HDCP, 1), COPP_HR_PENDING);
    fake_drm_await(world->drm, 1);
    assert_true(is_noted(world)); /* from before the write on */
}

static void assert_protected(struct world *world) {
    assert_int_equal(app_local(&world->app, HDCP), 1);
    assert_int_equal(app_flags(&world->app), 0);
    assert_int_equal(fake_drm_protection(world->drm, FAKE_HDMI), 2);
}

/* All of it happens while the first card's write is held, by a driver with commits and by one without. */
static void everybody_else_goes_on(void) {
    for (unsigned atomic = 0; atomic < 2; atomic++) {
        struct world world;
        world_begin(&world, atomic);
        begin_to_hang(&world);
        enable_at_once(world.second);
        assert_int_equal(app_set_level(&world.other, HDCP, 1), COPP_HR_OK);
        outputs_rig_pass(&world.outputs, 3000);
        assert_int_equal(app_local(&world.other, HDCP), 1);
        assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
        assert_int_equal(app_local(&world.app, HDCP), 0);
        assert_int_equal(app_global(&world.app, HDCP), 0);
        assert_int_equal(writes_of(world.drm), 0);
        fake_drm_unlock(world.drm);
        UNTIL(&world, app_result(&world.app) != COPP_HR_PENDING);
        assert_int_equal(app_result(&world.app), COPP_HR_OK);
        assert_protected(&world);
        assert_int_equal(writes_of(world.drm), 1); /* it is not repeated */
        world_end(&world);
    }
}

/* The card's other connectors wait for it, one after the other, and lose nothing. */
static void the_same_card_waits(void) {
    struct world world;
    struct app beside;
    world_begin(&world, true);
    app_begin(&beside, outputs_rig_connector(&world.outputs, "card0-DP-1"));
    begin_to_hang(&world);
    assert_int_equal(app_set_level(&beside, HDCP, 1), COPP_HR_PENDING);
    outputs_rig_pass(&world.outputs, 1000);
    assert_int_equal(app_result(&beside), COPP_HR_PENDING);
    fake_drm_unlock(world.drm);
    UNTIL(&world, app_result(&world.app) != COPP_HR_PENDING && app_result(&beside) != COPP_HR_PENDING);
    assert_int_equal(app_result(&beside), COPP_HR_OK);
    assert_protected(&world);
    copp_device_close(&beside.device);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_DP) == 0);
    world_end(&world);
}

/* Whoever let go is not kept waiting, and what is on is not told any more. */
static void a_take_down_is_held(void) {
    struct world world;
    world_begin(&world, true);
    enable_at_once(world.drm);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_OK);
    hold_writes(world.drm);
    assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
    fake_drm_await(world.drm, 1);
    outputs_rig_pass(&world.outputs, 3000);
    assert_int_equal(app_global(&world.app, HDCP), 0);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 2);
    assert_true(is_noted(&world));
    fake_drm_unlock(world.drm);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    assert_forgotten(&world);
    world_end(&world);
}

/* Nobody asks any more for what comes of it: it is ours all the same. */
static void its_player_has_gone(void) {
    struct world world;
    world_begin(&world, true);
    begin_to_hang(&world);
    copp_device_close(&world.app.device);
    outputs_rig_pass(&world.outputs, 1000);
    fake_drm_unlock(world.drm);
    UNTIL(&world, writes_of(world.drm) >= 1);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    assert_forgotten(&world);
    world_end(&world);
}

/* The process that has the card open for it is no more. (umockdev does not tell of one that was killed in the midst of a call.) */
static void let_go_of_the_dead(struct world *world) {
    assert_true(outputs_rig_nobody_writes());
    fake_drm_unlock(world->drm);
    fake_drm_masters_end(world->drm);
}

/* Its process is killed, and with its file the card is free for other masters. */
static void a_write_that_never_returns(void) {
    struct world world;
    world_begin(&world, true);
    begin_to_hang(&world);
    outputs_rig_pass(&world.outputs, 9000);
    assert_false(outputs_rig_nobody_writes());
    UNTIL(&world, outputs_rig_nobody_writes());
    UNTIL(&world, app_result(&world.app) != COPP_HR_PENDING);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    assert_int_equal(writes_of(world.drm), 0);
    assert_non_null(strstr(world.said.text, "card0-HDMI-A-1: the driver refuses to switch HDCP on: Connection timed out"));
    assert_true(is_noted(&world)); /* a process that was killed may have written */
    let_go_of_the_dead(&world);
    assert_forgotten(&world);
    world_end(&world);
}

static bool is_to_be_looked_at(const struct world *world) {
    return copp_outputs_deadline_ms(world->outputs.outputs) <= world->outputs.now_ms;
}

/* Killed, and still there: what it may yet write is owed for as long as that takes, and the host does not run hot meanwhile. */
static void a_write_that_cannot_be_killed(void) {
    struct world world;
    world_begin(&world, true);
    begin_to_hang(&world);
    copp_device_close(&world.app.device);
    kills.held = true;
    kills.tries = 0;
    outputs_rig_pass(&world.outputs, 60000);
    assert_true(kills.tries > 0 && kills.tries < 100);
    assert_false(is_to_be_looked_at(&world));
    assert_true(is_noted(&world));
    fake_drm_unlock(world.drm);
    UNTIL(&world, writes_of(world.drm) >= 1);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    kills.held = false;
    assert_forgotten(&world);
    world_end(&world);
}

/* Where nothing wakes the host at the end of a process, it looks by itself. */
static void writes_whose_end_wakes_nobody(void) {
    struct world world;
    world_begin(&world, true);
    without_pidfds = true;
    enable_at_once(world.drm);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_OK); /* it is waited for all the same */
    assert_protected(&world);
    hold_writes(world.drm);
    assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
    copp_device_close(&world.app.device);
    fake_drm_await(world.drm, 1);
    outputs_rig_pass(&world.outputs, 9000);
    fake_drm_unlock(world.drm);
    UNTIL(&world, outputs_rig_nobody_writes() && !is_to_be_looked_at(&world));
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 0);
    assert_forgotten(&world);
    without_pidfds = false;
    world_end(&world);
}

/* The same at the host's end: its process is killed and buried, and HDCP taken down. */
static void the_host_ends_without_pidfds(void) {
    struct world world;
    world_begin(&world, true);
    without_pidfds = true;
    enable_at_once(world.drm);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_OK);
    copp_device_close(&world.other.device);
    copp_device_close(&world.app.device);
    outputs_rig_end(&world.outputs);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 0);
    host_begin(&world);
    app_begin(&world.app, outputs_rig_connector(&world.outputs, "card0-HDMI-A-1"));
    app_begin(&world.other, outputs_rig_connector(&world.outputs, "card1-HDMI-A-1"));
    begin_to_hang(&world);
    copp_device_close(&world.other.device);
    copp_device_close(&world.app.device);
    outputs_rig_end(&world.outputs);
    assert_true(outputs_rig_nobody_writes());
    assert_true(is_noted(&world));
    without_pidfds = false;
    let_go_of_the_dead(&world);
    host_begin(&world);
    assert_forgotten(&world);
    world_end(&world);
}

/* It ends in time, its process with it, and the next one takes down what may have come of it. */
static void the_host_ends(void) {
    struct world world;
    world_begin(&world, true);
    begin_to_hang(&world);
    copp_device_close(&world.app.device);
    copp_device_close(&world.other.device);
    outputs_rig_end(&world.outputs);
    assert_true(is_noted(&world));
    let_go_of_the_dead(&world);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 2); /* as if the driver had gone on */
    host_begin(&world);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    assert_forgotten(&world);
    world_end(&world);
}

/* It is tried again and again, and said once. What is owed is paid as soon as a process can be made. */
static void a_machine_without_processes(void) {
    static const char said[] = "cannot start a process to write: ";
    struct world world;
    world_begin(&world, true);
    enable_at_once(world.drm);
    no_processes = true;
    for (unsigned tries = 0; tries < 20; tries++)
        assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_UNEXPECTED);
    no_processes = false;
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_OK);
    no_processes = true;
    assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
    outputs_rig_pass(&world.outputs, 30000);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 2);
    const char *first = strstr(world.said.text, said);
    assert_non_null(first);
    assert_null(strstr(first + 1, said));
    no_processes = false;
    outputs_rig_pass(&world.outputs, 2000);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(everybody_else_goes_on, "CMD-6 QRY-5"),     TEST(the_same_card_waits, "CMD-6"),
    TEST(a_take_down_is_held, "CMD-4 QRY-5"),        TEST(its_player_has_gone, "ARB-4 EVT-5"),
    TEST(a_write_that_never_returns, "CMD-4 CMD-6"), TEST(the_host_ends, "ARB-4"),
    TEST(a_write_that_cannot_be_killed, "ARB-4"),    TEST(writes_whose_end_wakes_nobody, "CMD-4 ARB-4"),
    TEST(the_host_ends_without_pidfds, "ARB-4"),     TEST(a_machine_without_processes, "CMD-4 CMD-6"),
};

int main(void) {
    return RUN_SUITE("kms_writing", cases);
}
