/* A card whose owner lends it, against one made by umockdev (fake_drm.h): the owner's open file is this process's. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#include "common/clock.h"
#include "fake_drm.h"
#include "outputs/kms/kms.h"
#include "outputs/kms/note.h"
#include "outputs_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define CARD "/dev/dri/card0"
#define DEVICE "/devices/pci0000:00/0000:00:01.0/0000:01:00.0"

/* umockdev's nodes are terminals, which it knows by the names that led there. */
static bool leads_to(const char *path, unsigned number) {
    char name[256];
    char node[256];
    (void)snprintf(name, sizeof name, "%s/dev/dri/card%u", getenv("UMOCKDEV_DIR"), number);
    ssize_t length = readlink(name, node, sizeof node - 1);
    node[length < 0 ? 0 : length] = 0;
    return length > 0 && strcmp(path, node) == 0;
}

int __real_fstat64(int fd, struct stat *status);
int __wrap_fstat64(int fd, struct stat *status);
int __wrap_fstat64(int fd, struct stat *status) {
    char link[64];
    char path[256];
    int result = __real_fstat64(fd, status);
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    for (unsigned number = 0; !result && number < 2; number++) {
        if (leads_to(path, number))
            status->st_rdev = makedev(226, number);
    }
    return result;
}

/* The way to umockdev is a file that the process which writes would close. */
int __wrap_close_range(unsigned first, unsigned last, int flags);
int __wrap_close_range(unsigned first, unsigned last, int flags) {
    (void)first;
    (void)last;
    (void)flags;
    return 0;
}

/* What a lessee's file does not list: a connector of this number. */
static struct {
    int fd;
    uint32_t id;
    bool all;
} hidden = {.fd = -1};

drmModeResPtr __real_drmModeGetResources(int fd);
drmModeResPtr __wrap_drmModeGetResources(int fd);
drmModeResPtr __wrap_drmModeGetResources(int fd) {
    drmModeResPtr found = __real_drmModeGetResources(fd);
    int left = 0;
    if (!found || fd != hidden.fd)
        return found;
    for (int i = 0; i < found->count_connectors; i++) {
        if (!hidden.all && found->connectors[i] != hidden.id)
            found->connectors[left++] = found->connectors[i];
    }
    found->count_connectors = left;
    return found;
}

struct world {
    struct fake_drm *drm;
    char notes[32];
    char note[512]; /* the card's file there */
    struct said said;
    int owner; /* the card's master */
    int rival; /* another coppd's; -1: none */
    struct copp_backend *backend; /* of the outputs */
    struct outputs_rig outputs;
    struct app app; /* on HDMI-A-1 */
    struct copp_backend_loan loan;
};

/* As another coppd: it is not master, and has locked the card. */
static int lock_card(void) {
    int fd = open(CARD, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    (void)drmDropMaster(fd);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    return fd;
}

static void make_notes(struct world *world) {
    struct kms_note note;
    strcpy(world->notes, "/tmp/copp-lending-XXXXXX");
    assert_non_null(mkdtemp(world->notes));
    kms_note_open(&note, world->notes, DEVICE, NULL);
    (void)snprintf(world->note, sizeof world->note, "%s", note.file);
    fake_drm_hold(world->drm)->witness = world->note;
    fake_drm_release(world->drm);
}

static uint32_t read_ms = RIG_READ_MS;

static void begin(struct world *world, bool atomic, bool locked) {
    world->drm = fake_drm_new(&(struct fake_drm_setup){.atomic = atomic});
    make_notes(world);
    world->rival = locked ? lock_card() : -1;
    said_init(&world->said);
    const struct copp_kms_config config = {.read_ms = read_ms, .notes = world->notes, .log = &world->said.log};
    struct copp_backend *backend;
    assert_int_equal(copp_kms_open(&config, &backend), COPP_OK);
    world->backend = backend;
    outputs_rig_init(&world->outputs, backend);
    world->owner = open(CARD, O_RDWR | O_CLOEXEC); /* nobody else is master: it is, unasked */
    assert_true(world->owner >= 0);
    assert_int_equal(drmIsMaster(world->owner), 1);
    fake_drm_hold(world->drm)->other_master = true;
    fake_drm_release(world->drm);
    (void)drmSetClientCap(world->owner, DRM_CLIENT_CAP_ATOMIC, 1);
    app_begin(&world->app, outputs_rig_connector(&world->outputs, "card0-HDMI-A-1"));
}

static void world_begin(struct world *world, bool atomic) {
    begin(world, atomic, false);
}

static void world_begin_beside(struct world *world, bool atomic) {
    begin(world, atomic, true);
}

static void world_end(struct world *world) {
    copp_device_close(&world->app.device);
    outputs_rig_end(&world->outputs);
    const struct fake_card *card = fake_drm_hold(world->drm);
    assert_int_equal(card->connectors[FAKE_HDMI].protection_value, 0);
    assert_false(card->probed);
    assert_false(card->too_bold);
    assert_false(card->caps_set_again); /* the owner's file is the owner's */
    assert_false(card->unwitnessed); /* nothing was asked for that was not noted before (ARB-4) */
    fake_drm_release(world->drm);
    fake_drm_free(&world->drm);
    (void)unlink(world->note);
    assert_int_equal(rmdir(world->notes), 0);
}

static enum copp_result lend(struct world *world, int fd) {
    return copp_outputs_adopt(world->outputs.outputs, fd, "testlord (pid 4242)", &world->loan);
}

static enum copp_backend_lent lent(struct world *world) {
    return copp_outputs_lent(world->outputs.outputs, world->loan.id);
}

/* Time passes as it does, and what has ended is seen: until what is asked for is so. */
#define UNTIL(world, condition)                                                                                                  \
    for (uint64_t deadline_ms = clock_ms() + 20000; !(condition); pass(world))                                                   \
    assert_true(clock_ms() < deadline_ms)

static void pass(struct world *world) {
    struct pollfd fd = {.fd = copp_outputs_fd(world->outputs.outputs), .events = POLLIN};
    uint64_t began_ms = clock_ms();
    (void)poll(&fd, 1, 10);
    world->outputs.now_ms += clock_ms() - began_ms;
    copp_outputs_dispatch(world->outputs.outputs, world->outputs.now_ms);
}

static unsigned writes_of(struct world *world) {
    unsigned writes = fake_drm_hold(world->drm)->connectors[FAKE_HDMI].writes;
    fake_drm_release(world->drm);
    return writes;
}

/* The trial writes Desired and, if that stays, Undesired. */
static void lend_and_pass_trial(struct world *world) {
    assert_int_equal(lend(world, world->owner), COPP_OK);
    assert_string_equal(world->loan.card, "card0");
    assert_int_equal(world->loan.outputs, 2);
    UNTIL(world, writes_of(world) == 1);
    UNTIL(world, writes_of(world) == 2);
    assert_int_equal(fake_drm_protection(world->drm, FAKE_HDMI), 0);
    assert_int_equal(lent(world), COPP_BACKEND_LENT);
    UNTIL(world, outputs_rig_nobody_writes());
    pass(world);
}

/* How the command ends. */
static uint32_t end_of_command(struct world *world) {
    uint32_t hresult = COPP_HR_PENDING;
    UNTIL(world, (hresult = app_result(&world->app)) != COPP_HR_PENDING);
    return hresult;
}

static void protect(struct world *world) {
    assert_int_equal(app_set_level(&world->app, HDCP, 1), COPP_HR_PENDING);
    UNTIL(world, fake_drm_protection(world->drm, FAKE_HDMI) == 1);
    assert_int_equal(app_result(&world->app), COPP_HR_PENDING);
    fake_drm_set_protection(world->drm, FAKE_HDMI, 2);
    assert_int_equal(end_of_command(world), COPP_HR_OK);
    assert_int_equal(app_global(&world->app, HDCP), 1);
}

static void is_protected_through(bool atomic) {
    struct world world;
    struct app early;
    world_begin(&world, atomic);
    app_begin(&early, outputs_rig_connector(&world.outputs, "card0-HDMI-A-1"));
    assert_int_equal(app_set_level(&early, HDCP, 1), COPP_HR_UNEXPECTED); /* its owner alone may */
    copp_device_close(&early.device);
    lend_and_pass_trial(&world);
    protect(&world);
    assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    assert_int_equal(drmIsMaster(world.owner), 1); /* as ever */
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    const struct fake_card *card = fake_drm_hold(world.drm);
    assert_int_equal(card->atomic_used, atomic);
    assert_int_equal(card->blocking_used, atomic); /* the owner's own commits wait for it, and are not refused */
    fake_drm_release(world.drm);
    world_end(&world);
}

static void through_an_atomic_file(void) {
    is_protected_through(true);
}

static void through_a_legacy_file(void) {
    is_protected_through(false);
}

static enum copp_result apply(const struct copp_connector_config *config, uint32_t hdcp, uint32_t type1) {
    const struct copp_protection wanted = {.size = sizeof wanted, .hdcp = hdcp, .type1 = type1};
    return config->output->ops->apply(config->output, &wanted);
}

static uint64_t type_of(struct world *world) {
    uint64_t type = fake_drm_hold(world->drm)->connectors[FAKE_HDMI].type_value;
    fake_drm_release(world->drm);
    return type;
}

/* OPM-HDCP-2: who asks for Type 1 gets it, and the next one, who does not, is not held to it. */
static void type1_through_a_file(void) {
    struct world world;
    struct copp_backend_output hdmi;
    size_t index;
    world_begin(&world, true);
    assert_non_null(copp_outputs_find(world.outputs.outputs, "card0-HDMI-A-1", &index));
    world.backend->ops->describe(world.backend, index, &hdmi);
    assert_true(hdmi.config.type1);
    lend_and_pass_trial(&world);
    assert_int_equal(apply(&hdmi.config, 1, 1), COPP_E_PENDING);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 1);
    assert_int_equal(type_of(&world), 1);
    UNTIL(&world, outputs_rig_nobody_writes());
    fake_drm_set_protection(world.drm, FAKE_HDMI, 2);
    UNTIL(&world, hdmi.config.output->ops->hdcp(hdmi.config.output) == COPP_HDCP_ON);
    assert_int_equal(apply(&hdmi.config, 1, 1), COPP_OK);
    assert_int_equal(apply(&hdmi.config, 0, 0), COPP_OK);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    UNTIL(&world, outputs_rig_nobody_writes());
    protect(&world);
    assert_int_equal(type_of(&world), 0);
    assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    world_end(&world);
}

/* HDCP that coppd has switched on by itself, before the card had an owner that lends it. */
static void protect_before_the_loan(struct world *world) {
    assert_int_equal(drmDropMaster(world->owner), 0);
    fake_drm_masters_end(world->drm);
    UNTIL(world, app_set_level(&world->app, HDCP, 1) != COPP_HR_UNEXPECTED);
    UNTIL(world, fake_drm_protection(world->drm, FAKE_HDMI) == 1);
    fake_drm_set_protection(world->drm, FAKE_HDMI, 2);
    assert_int_equal(end_of_command(world), COPP_HR_OK);
    UNTIL(world, outputs_rig_nobody_writes());
    UNTIL(world, drmSetMaster(world->owner) == 0);
    fake_drm_hold(world->drm)->other_master = true;
    fake_drm_release(world->drm);
}

/* A debt of before the loan, which nobody but the owner can pay: coppd may write through its file as long as it has that. */
static void owe_before_the_loan(struct world *world) {
    protect_before_the_loan(world);
    assert_int_equal(app_set_level(&world->app, HDCP, 0), COPP_HR_OK);
    pass(world);
    UNTIL(world, outputs_rig_nobody_writes());
    assert_int_equal(fake_drm_protection(world->drm, FAKE_HDMI), 2);
    assert_int_equal(lend(world, world->owner), COPP_OK);
}

static void owed_before_and_given_back(void) {
    struct world world;
    world_begin(&world, true);
    owe_before_the_loan(&world);
    UNTIL(&world, outputs_rig_nobody_writes());
    copp_outputs_give_back(world.outputs.outputs, world.loan.id); /* in the trial, at another output */
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_DP) == 0);
    assert_false(strstr(world.said.text, "when a card was given back"));
    world_end(&world);
}

static void owed_before_and_closed(void) {
    struct world world;
    world_begin(&world, true);
    owe_before_the_loan(&world);
    UNTIL(&world, outputs_rig_nobody_writes());
    world_end(&world); /* where nothing is up any more */
}

/* Of a lease only what is leased can be taken down through it. */
static void owed_before_beside_a_lease(void) {
    struct world world;
    world_begin(&world, true);
    hidden.fd = world.owner;
    hidden.id = 100;
    owe_before_the_loan(&world);
    UNTIL(&world, outputs_rig_nobody_writes());
    unsigned before = writes_of(&world);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_DP) == 0);
    UNTIL(&world, outputs_rig_nobody_writes());
    hidden.fd = -1;
    assert_int_equal(writes_of(&world), before);
    fake_drm_masters_end(world.drm);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* Enabled that is still read is ours, and nobody's to rely on. */
static void given_back_and_asked_for_at_once(void) {
    struct world world;
    world_begin(&world, true);
    protect_before_the_loan(&world);
    assert_int_equal(lend(&world, world.owner), COPP_OK);
    pass(&world);
    fake_drm_hold(world.drm)->refuse_write = EIO;
    fake_drm_release(world.drm);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 2);
    assert_int_equal(app_local(&world.app, HDCP), 0);
    assert_true(world.app.flags & COPP_STATUS_LINK_LOST);
    assert_int_not_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_global(&world.app, HDCP), 0);
    fake_drm_hold(world.drm)->refuse_write = 0;
    fake_drm_release(world.drm);
    fake_drm_masters_end(world.drm);
    copp_device_close(&world.app.device);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_DP) == 0);
    world_end(&world);
}

/* Sessions that relied on it learn of its loss at once, whatever comes of the take-down. */
static void given_back_while_in_force(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    protect(&world);
    int owner = world.owner;
    fake_drm_hold(world.drm)->blocking_used = false;
    fake_drm_release(world.drm);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    assert_int_equal(fcntl(owner, F_GETFD), -1); /* closed, and the owner's own in this test */
    assert_int_equal(app_local(&world.app, HDCP), 0);
    assert_true(world.app.flags & COPP_STATUS_LINK_LOST);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    assert_false(fake_drm_hold(world.drm)->blocking_used); /* a process that waits would keep a dead owner master */
    fake_drm_release(world.drm);
    world_end(&world);
}

/* What another program has set at another output of the card is its own (ARB-5). */
static void given_back_beside_another_holder(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    protect(&world);
    fake_drm_set_protection(world.drm, FAKE_DP, 2);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    for (int i = 0; i < 3; i++)
        pass(&world);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_DP), 2);
    world_end(&world);
}

/* A take-down that comes to nothing is tried again by ourselves. */
static void owed_after_a_refusal(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    protect(&world);
    fake_drm_hold(world.drm)->refuse_write = EIO;
    fake_drm_release(world.drm);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    assert_true((app_local(&world.app, HDCP), world.app.flags & COPP_STATUS_LINK_LOST));
    UNTIL(&world, strstr(world.said.text, "when a card was given back") != NULL);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 2);
    fake_drm_hold(world.drm)->refuse_write = 0;
    fake_drm_release(world.drm);
    fake_drm_masters_end(world.drm); /* the owner has ended as well */
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* The take-down with which the loan ends is refused, and the owner has ended: what stands is ours to take down. */
static void give_back_refused(struct world *world) {
    fake_drm_hold(world->drm)->refuse_write = EIO;
    fake_drm_release(world->drm);
    copp_outputs_give_back(world->outputs.outputs, world->loan.id);
    UNTIL(world, strstr(world->said.text, "when a card was given back") != NULL);
    assert_int_equal(fake_drm_protection(world->drm, FAKE_HDMI), 1);
    pass(world);
    fake_drm_hold(world->drm)->refuse_write = 0;
    fake_drm_release(world->drm);
    fake_drm_masters_end(world->drm);
    UNTIL(world, fake_drm_protection(world->drm, FAKE_HDMI) == 0);
}

/* The command that waits fails with the loan. */
static void given_back_while_pending(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 1);
    UNTIL(&world, outputs_rig_nobody_writes());
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* Whoever has asked is gone before the write has ended: Desired stands then, and nobody wants it. */
static void given_up_while_written(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    copp_device_close(&world.app.device);
    UNTIL(&world, writes_of(&world) == 3);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    assert_int_equal(lent(&world), COPP_BACKEND_LENT);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    world_end(&world);
}

/* The same, and the loan ends before it is seen. */
static void given_up_and_given_back(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    copp_device_close(&world.app.device);
    struct pollfd end = {.fd = copp_outputs_fd(world.outputs.outputs), .events = POLLIN};
    for (uint64_t deadline_ms = clock_ms() + 20000; writes_of(&world) < 3 || poll(&end, 1, 0) != 1;)
        assert_true(clock_ms() < deadline_ms);
    give_back_refused(&world);
    world_end(&world);
}

/* What the trial has written is owed like a session's. */
static void given_back_in_the_trial(void) {
    struct world world;
    world_begin(&world, true);
    assert_int_equal(lend(&world, world.owner), COPP_OK);
    UNTIL(&world, writes_of(&world) == 1);
    UNTIL(&world, outputs_rig_nobody_writes());
    give_back_refused(&world);
    world_end(&world);
}

/* A card has one coppd. */
static void another_coppd_has_it(void) {
    struct world world;
    world_begin_beside(&world, true);
    assert_int_equal(lend(&world, world.owner), COPP_E_PENDING);
    pass(&world);
    assert_int_equal(writes_of(&world), 0);
    (void)close(world.rival);
    lend_and_pass_trial(&world);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    world_end(&world);
}

static unsigned count_said(const struct world *world, const char *text) {
    unsigned count = 0;
    for (const char *at = world->said.text; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static unsigned commits_of(struct world *world) {
    unsigned commits = fake_drm_hold(world->drm)->asked[DRM_IOCTL_NR(DRM_IOCTL_MODE_ATOMIC)];
    fake_drm_release(world->drm);
    return commits;
}

/* A driver that refuses the same for ever is told of once. */
static void refused_for_ever(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 1);
    pass(&world);
    fake_drm_hold(world.drm)->refuse_undesired = EINVAL; /* as anx7625, until HDCP has come up */
    fake_drm_release(world.drm);
    unsigned before = commits_of(&world);
    copp_device_close(&world.app.device);
    UNTIL(&world, commits_of(&world) >= before + 3);
    pass(&world);
    assert_int_equal(count_said(&world, "cannot be switched off"), 1);
    fake_drm_hold(world.drm)->refuse_undesired = 0;
    fake_drm_release(world.drm);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    world_end(&world);
}

/* As Weston: found out before anybody relies on it. */
static void taken_back_in_the_trial(void) {
    struct world world;
    world_begin(&world, true);
    fake_drm_hold(world.drm)->taken_back = 1000;
    fake_drm_release(world.drm);
    uint64_t began_ms = clock_ms();
    assert_int_equal(lend(&world, world.owner), COPP_OK);
    UNTIL(&world, lent(&world) != COPP_BACKEND_LENT);
    assert_int_equal(lent(&world), COPP_BACKEND_LENT_OVERWRITTEN);
    assert_true(clock_ms() - began_ms < 20000);
    assert_int_equal(writes_of(&world), 2); /* once may be a chance */
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_UNEXPECTED);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    world_end(&world);
}

/* What who lends is promised. Time goes from deadline to deadline, and stands still while a write is under way, however long this machine
 * takes for it. */
static void taken_back_within_a_second(void) {
    struct world world;
    world_begin(&world, true);
    assert_int_equal(lend(&world, world.owner), COPP_OK);
    uint64_t limit_ms = world.outputs.now_ms + 1000;
    while (lent(&world) == COPP_BACKEND_LENT) {
        if (!outputs_rig_nobody_writes()) {
            outputs_rig_wait(&world.outputs);
            continue;
        }
        if (fake_drm_protection(world.drm, FAKE_HDMI) == 1)
            fake_drm_set_protection(world.drm, FAKE_HDMI, 0); /* by the owner's next frame, after we have looked */
        uint64_t deadline_ms = copp_outputs_deadline_ms(world.outputs.outputs);
        assert_true(deadline_ms < limit_ms);
        if (deadline_ms > world.outputs.now_ms)
            outputs_rig_pass(&world.outputs, deadline_ms - world.outputs.now_ms);
        else
            outputs_rig_pass(&world.outputs, 1);
    }
    assert_int_equal(lent(&world), COPP_BACKEND_LENT_OVERWRITTEN);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    world_end(&world);
}

static void taken_back_once(void) {
    struct world world;
    world_begin(&world, true);
    fake_drm_hold(world.drm)->taken_back = 1;
    fake_drm_release(world.drm);
    assert_int_equal(lend(&world, world.owner), COPP_OK);
    UNTIL(&world, writes_of(&world) == 3); /* twice on, once off */
    assert_int_equal(lent(&world), COPP_BACKEND_LENT);
    pass(&world);
    protect(&world);
    world.outputs.now_ms += 20000;
    fake_drm_set_protection(world.drm, FAKE_HDMI, 0);
    UNTIL(&world, writes_of(&world) >= 5); /* long after the first time it is the first again; off follows at once */
    UNTIL(&world, outputs_rig_nobody_writes());
    assert_int_equal(lent(&world), COPP_BACKEND_LENT);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* A compositor that begins with it later. */
static void taken_back_from_a_session(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    protect(&world);
    fake_drm_hold(world.drm)->taken_back = 1000;
    fake_drm_release(world.drm);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 0);
    UNTIL(&world, lent(&world) != COPP_BACKEND_LENT);
    assert_int_equal(lent(&world), COPP_BACKEND_LENT_OVERWRITTEN);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    assert_int_equal(app_local(&world.app, HDCP), 0);
    assert_true(world.app.flags & COPP_STATUS_LINK_LOST);
    world_end(&world);
}

/* A file that may not write just now, as that of a compositor on another terminal: that is not a habit of its owner's. */
static void refused_for_a_while(void) {
    struct world world;
    world_begin(&world, true);
    fake_drm_hold(world.drm)->refuse_write = EACCES;
    fake_drm_release(world.drm);
    assert_int_equal(lend(&world, world.owner), COPP_OK);
    UNTIL(&world, strstr(world.said.text, "cannot be switched on through the card of testlord") != NULL);
    unsigned refusals = fake_drm_hold(world.drm)->refusals;
    fake_drm_release(world.drm);
    for (int i = 0; i < 20; i++)
        pass(&world);
    assert_int_equal(lent(&world), COPP_BACKEND_LENT);
    assert_int_equal(fake_drm_hold(world.drm)->refusals, refusals);
    fake_drm_release(world.drm);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(end_of_command(&world), COPP_HR_UNEXPECTED);
    fake_drm_hold(world.drm)->refuse_write = 0;
    fake_drm_release(world.drm);
    protect(&world);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* What is asked for meanwhile is done after the trial, from Undesired on. */
static void a_command_during_the_trial(void) {
    struct world world;
    world_begin(&world, true);
    fake_drm_hold(world.drm)->edges = true;
    fake_drm_release(world.drm);
    assert_int_equal(lend(&world, world.owner), COPP_OK);
    UNTIL(&world, writes_of(&world) == 1);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    fake_drm_work(world.drm, FAKE_HDMI);
    assert_int_equal(app_global(&world.app, HDCP), 0); /* the trial's, and nobody's to rely on */
    UNTIL(&world, writes_of(&world) == 3);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 1);
    fake_drm_work(world.drm, FAKE_HDMI);
    assert_int_equal(end_of_command(&world), COPP_HR_OK);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* The owner's own frames are in the way for a moment. */
static void busy_for_a_while(void) {
    struct world world;
    world_begin(&world, true);
    fake_drm_hold(world.drm)->busy = 7;
    fake_drm_release(world.drm);
    lend_and_pass_trial(&world);
    fake_drm_hold(world.drm)->busy = 7;
    fake_drm_release(world.drm);
    protect(&world);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* A driver that authenticates inside the commit: the kernel lets nobody read the card meanwhile, and we go on. */
static void beside_a_commit_that_waits(void) {
    struct world world;
    struct app beside;
    read_ms = 1000;
    world_begin(&world, true);
    read_ms = RIG_READ_MS;
    lend_and_pass_trial(&world);
    app_begin(&beside, outputs_rig_connector(&world.outputs, "card0-DP-1"));
    fake_drm_set_protection(world.drm, FAKE_DP, 2); /* another program's */
    assert_int_equal(app_set_level(&beside, HDCP, 1), COPP_HR_OK);
    fake_drm_hold(world.drm)->holds = true;
    fake_drm_release(world.drm);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    fake_drm_await(world.drm, 1);
    UNTIL(&world, fake_drm_waiting(world.drm) == 2); /* the commit, and whoever reads what is beside it */
    assert_int_equal(app_local(&beside, HDCP), 1);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    fake_drm_unlock(world.drm);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 1);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 2);
    assert_int_equal(end_of_command(&world), COPP_HR_OK);
    assert_int_equal(app_local(&beside, HDCP), 1);
    copp_device_close(&beside.device);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

static void the_card_goes(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    fake_drm_hold(world.drm)->gone = true;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "remove");
    UNTIL(&world, lent(&world) != COPP_BACKEND_LENT);
    assert_int_equal(lent(&world), COPP_BACKEND_LENT_GONE);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    world_end(&world);
}

/* It goes and comes back before anybody looks, perhaps as another one: the loan was of the old one. */
static void the_card_is_replaced(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    fake_drm_hold(world.drm)->gone = true;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "remove");
    fake_drm_masters_end(world.drm);
    fake_drm_hold(world.drm)->gone = false;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "add");
    UNTIL(&world, lent(&world) != COPP_BACKEND_LENT);
    assert_int_equal(lent(&world), COPP_BACKEND_LENT_GONE);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    UNTIL(&world, outputs_rig_nobody_writes());
    world_end(&world);
}

/* One that has come back at once: the loan's file is still the old one's. */
static void the_file_is_dead(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    fake_drm_hold(world.drm)->refuse_write = ENODEV;
    fake_drm_release(world.drm);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(end_of_command(&world), COPP_HR_UNEXPECTED);
    assert_int_equal(lent(&world), COPP_BACKEND_LENT_GONE);
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    world_end(&world);
}

/* A lease without the HDMI output, which then is revoked. */
static void a_lease(void) {
    struct world world;
    world_begin(&world, true);
    hidden.fd = world.owner;
    hidden.id = 100;
    assert_int_equal(lend(&world, world.owner), COPP_OK);
    fake_drm_hold(world.drm)->refuse_write = ENOENT;
    fake_drm_release(world.drm);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(end_of_command(&world), COPP_HR_UNEXPECTED);
    assert_int_equal(lent(&world), COPP_BACKEND_LENT); /* it is good for others */
    assert_int_equal(count_said(&world, "HDMI-A-1: HDCP cannot be switched on"), 1); /* by the command, not by the trial */
    hidden.all = true;
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(end_of_command(&world), COPP_HR_UNEXPECTED);
    assert_int_equal(lent(&world), COPP_BACKEND_LENT_GONE);
    hidden.fd = -1;
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    world_end(&world);
}

/* What came of Undesired long ago says nothing about what another program has set since. */
static void set_by_another_after_a_session(void) {
    struct world world;
    world_begin(&world, true);
    fake_drm_hold(world.drm)->edges = true;
    fake_drm_release(world.drm);
    lend_and_pass_trial(&world);
    protect(&world);
    assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    UNTIL(&world, outputs_rig_nobody_writes());
    pass(&world);
    unsigned before = writes_of(&world);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 1);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    UNTIL(&world, writes_of(&world) > before && fake_drm_protection(world.drm, FAKE_HDMI) == 1);
    assert_int_equal(writes_of(&world), before + 2); /* Undesired comes first, else the driver does nothing */
    fake_drm_work(world.drm, FAKE_HDMI);
    assert_int_equal(end_of_command(&world), COPP_HR_OK);
    UNTIL(&world, outputs_rig_nobody_writes());
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* Nobody dispatches before the write has ended. */
static void await_write(struct world *world, unsigned writes) {
    struct pollfd end = {.fd = copp_outputs_fd(world->outputs.outputs), .events = POLLIN};
    for (uint64_t deadline_ms = clock_ms() + 20000; writes_of(world) < writes || poll(&end, 1, 0) != 1;)
        assert_true(clock_ms() < deadline_ms);
}

/* OPM-HDCP-2: a write of Type 0 that nobody wants any more is not the next one's, who wants Type 1. */
static void type1_after_type0_was_given_up(void) {
    struct world world;
    struct copp_backend_output hdmi;
    size_t index;
    world_begin(&world, true);
    assert_non_null(copp_outputs_find(world.outputs.outputs, "card0-HDMI-A-1", &index));
    world.backend->ops->describe(world.backend, index, &hdmi);
    lend_and_pass_trial(&world);
    unsigned before = writes_of(&world);
    assert_int_equal(apply(&hdmi.config, 1, 0), COPP_E_PENDING);
    await_write(&world, before + 1);
    assert_int_equal(apply(&hdmi.config, 0, 0), COPP_OK);
    assert_int_equal(apply(&hdmi.config, 1, 1), COPP_E_PENDING);
    for (int i = 0; i < 20; i++)
        pass(&world);
    UNTIL(&world, outputs_rig_nobody_writes());
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 1);
    assert_int_equal(type_of(&world), 1);
    assert_int_equal(apply(&hdmi.config, 0, 0), COPP_OK);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    UNTIL(&world, outputs_rig_nobody_writes());
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    world_end(&world);
}

/* What was taken back, and nobody wants any more, is not written again: it would stand for ever. */
static void taken_back_and_let_go(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    protect(&world);
    unsigned before = writes_of(&world);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 0);
    assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
    for (int i = 0; i < 20; i++)
        pass(&world);
    assert_int_equal(writes_of(&world), before);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 0);
    assert_int_equal(lent(&world), COPP_BACKEND_LENT);
    UNTIL(&world, outputs_rig_nobody_writes());
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    world_end(&world);
}

static unsigned open_files(void) {
    unsigned count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Whatever is not a card of ours that its sender is master of is left alone, and stays the sender's. */
static void what_cannot_be_lent(void) {
    struct world world;
    world_begin(&world, true);
    int sockets[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    const int others[] = {open("/dev/null", O_RDWR | O_CLOEXEC), open("/proc/self/status", O_RDONLY | O_CLOEXEC), sockets[0],
                          open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    const unsigned rounds = 16; /* umockdev's own files, in this process, come and go meanwhile: some, and not one a round */
    unsigned before = open_files();
    for (unsigned round = 0; round < rounds; round++) {
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            assert_int_equal(lend(&world, others[i]), COPP_E_NOT_FOUND);
    }
    assert_true(open_files() < before + rounds);
    int guest = open(CARD, O_RDWR | O_CLOEXEC);
    assert_int_equal(lend(&world, guest), COPP_E_STATE);
    (void)close(guest);
    assert_int_equal(lend(&world, world.owner), COPP_OK);
    assert_int_equal(lend(&world, world.owner), COPP_E_PENDING); /* one at a time */
    UNTIL(&world, outputs_rig_nobody_writes());
    copp_outputs_give_back(world.outputs.outputs, world.loan.id);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(close(others[i]), 0);
    (void)close(sockets[1]);
    UNTIL(&world, fake_drm_protection(world.drm, FAKE_HDMI) == 0);
    world_end(&world);
}

/* coppd ends while a card is lent and protected. */
static void closing_takes_down(void) {
    struct world world;
    world_begin(&world, true);
    lend_and_pass_trial(&world);
    protect(&world);
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(through_an_atomic_file, "CMD-4 CMD-6 QRY-5"),
    TEST(through_a_legacy_file, "CMD-4 CMD-6 QRY-5"),
    TEST(type1_through_a_file, "OPM-HDCP-2"),
    TEST(given_back_while_in_force, "EVT-1 EVT-3"),
    TEST(given_back_and_asked_for_at_once, "CMD-4 EVT-3 QRY-5"),
    TEST(owed_before_and_given_back, "ARB-4"),
    TEST(owed_before_and_closed, "ARB-4 EVT-5"),
    TEST(owed_before_beside_a_lease, "ARB-4"),
    TEST(given_back_beside_another_holder, "ARB-5"),
    TEST(owed_after_a_refusal, "EVT-1 EVT-3"),
    TEST(given_back_while_pending, "CMD-6"),
    TEST(given_up_while_written, "ARB-4 EVT-5"),
    TEST(given_up_and_given_back, "ARB-4 EVT-5"),
    TEST(given_back_in_the_trial, "ARB-4"),
    TEST(another_coppd_has_it, ""),
    TEST(refused_for_ever, ""),
    TEST(taken_back_in_the_trial, "CMD-4"),
    TEST(taken_back_within_a_second, "CMD-4"),
    TEST(taken_back_once, "CMD-6"),
    TEST(taken_back_from_a_session, "EVT-1 EVT-3"),
    TEST(taken_back_and_let_go, "ARB-4"),
    TEST(set_by_another_after_a_session, "CMD-4 ARB-5"),
    TEST(type1_after_type0_was_given_up, "OPM-HDCP-2"),
    TEST(refused_for_a_while, "CMD-4"),
    TEST(a_command_during_the_trial, "CMD-6 QRY-5"),
    TEST(busy_for_a_while, "CMD-6"),
    TEST(beside_a_commit_that_waits, "CMD-6 EVT-3"),
    TEST(the_card_goes, ""),
    TEST(the_card_is_replaced, "CMD-6"),
    TEST(the_file_is_dead, "CMD-6"),
    TEST(a_lease, "CMD-6"),
    TEST(what_cannot_be_lent, ""),
    TEST(closing_takes_down, "EVT-5"),
};

int main(void) {
    return RUN_SUITE("lending", cases);
}
