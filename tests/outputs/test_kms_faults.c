/* Faults of drivers, masters and machines, each as a class, on a card made by umockdev (fake_drm.h). */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_drm.h"
#include "outputs/kms/kms.h"
#include "outputs/kms/note.h"
#include "outputs_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define DEVICE "/devices/pci0000:00/0000:00:01.0/0000:01:00.0"
#define LATE_MS 20000u /* by when no authentication is under way any more */

struct host { /* a coppd, as far as outputs are concerned */
    struct said said;
    struct outputs_rig outputs;
};

struct world {
    struct fake_drm *drm;
    char directory[32];
    char notes[64]; /* a directory in it */
    char note[512]; /* the card's file there */
    struct host host;
    struct app app; /* on HDMI-A-1 */
};

static void make_directory(struct world *world) {
    struct kms_note note;
    strcpy(world->directory, "/tmp/copp-kms-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    (void)snprintf(world->notes, sizeof world->notes, "%s/notes", world->directory);
    kms_note_open(&note, world->notes, DEVICE, NULL);
    (void)snprintf(world->note, sizeof world->note, "%s", note.file);
}

static void host_begin(struct world *world, const char *notes, struct host *host) {
    struct copp_backend *backend;
    (void)world;
    said_init(&host->said);
    assert_int_equal(
        copp_kms_open(&(struct copp_kms_config){.read_ms = RIG_READ_MS, .notes = notes, .log = &host->said.log}, &backend),
        COPP_OK);
    outputs_rig_init(&host->outputs, backend);
}

static void host_end(struct host *host) {
    outputs_rig_end(&host->outputs);
}

static void world_make(struct world *world, const struct fake_drm_setup *setup) {
    world->drm = fake_drm_new(setup);
    make_directory(world);
}

static void world_begin(struct world *world) {
    world_make(world, &(struct fake_drm_setup){.atomic = true});
    struct fake_card *card = fake_drm_hold(world->drm);
    card->edges = true;
    card->witness = world->note;
    fake_drm_release(world->drm);
    host_begin(world, world->notes, &world->host);
    app_begin(&world->app, outputs_rig_connector(&world->host.outputs, "card0-HDMI-A-1"));
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void world_clear(struct world *world) {
    const struct fake_card *card = fake_drm_hold(world->drm);
    bool too_bold = card->too_bold;
    bool unwitnessed = card->unwitnessed;
    bool master = card->master;
    fake_drm_release(world->drm);
    fake_drm_free(&world->drm);
    assert_int_equal(nftw(world->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
    assert_false(too_bold);
    assert_false(unwitnessed); /* nothing was asked for that was not noted before */
    assert_false(master);
}

static void world_end(struct world *world) {
    copp_device_close(&world->app.device);
    host_end(&world->host);
    world_clear(world);
}

static uint64_t value(struct world *world) {
    return fake_drm_protection(world->drm, FAKE_HDMI);
}

static bool noted(const struct world *world) {
    return access(world->note, F_OK) == 0;
}

static void pass(struct world *world, uint64_t by_ms) {
    outputs_rig_pass(&world->host.outputs, by_ms);
}

static void hear(struct world *world) {
    outputs_rig_wait(&world->host.outputs);
}

static void succeed(struct world *world) {
    fake_drm_work(world->drm, FAKE_HDMI);
    fake_drm_tell(world->drm, FAKE_HDMI);
    hear(world);
}

static void bring_up(struct world *world) {
    assert_int_equal(app_set_level(&world->app, HDCP, 1), COPP_HR_PENDING);
    succeed(world);
    assert_int_equal(app_result(&world->app), COPP_HR_OK);
    assert_int_equal(app_global(&world->app, HDCP), 1);
    assert_int_equal(app_flags(&world->app), 0);
}

static void assert_lost(struct world *world) {
    assert_int_equal(app_local(&world->app, HDCP), 0);
    assert_true(world->app.flags & COPP_STATUS_LINK_LOST);
}

static void assert_held(struct world *world) {
    assert_int_equal(app_local(&world->app, HDCP), 1);
    assert_int_equal(world->app.flags, 0);
}

static unsigned times_said(const struct host *host, const char *text) {
    unsigned times = 0;
    for (const char *at = host->said.text; (at = strstr(at, text)) != NULL; at++)
        times++;
    return times;
}

/* --- uevents are evidence --- */

/* Enabled, Desired, Enabled between two looks leaves nothing but the events, two in one read. */
static void events_tell_of_a_gap(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    fake_drm_tell(world.drm, FAKE_HDMI);
    fake_drm_tell(world.drm, FAKE_HDMI);
    hear(&world);
    assert_lost(&world);
    assert_int_equal(app_global(&world.app, HDCP), 0);
    assert_int_equal(value(&world), 0);
    world_end(&world);
}

/* The poll may see our own success before its event comes. */
static void the_event_of_our_own_success_comes_late(void) {
    struct world world;
    world_begin(&world);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    fake_drm_work(world.drm, FAKE_HDMI);
    pass(&world, 150);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    fake_drm_tell(world.drm, FAKE_HDMI);
    hear(&world);
    assert_held(&world);
    fake_drm_tell(world.drm, FAKE_HDMI); /* and this is another one's */
    hear(&world);
    assert_lost(&world);
    world_end(&world);
}

/* Of other connectors and properties, and with numbers that drm does not write: they are as events without. */
static void events_of_others(void) {
    static const char *const numbers[][2] = {{"101", "11"},  {"100", "12"},         {"100", ""},
                                             {"", "11"},     {"100x", "11"},        {"4294967396", "11"},
                                             {"-100", "11"}, {"100", "4294967307"}, {"0", "0"}};
    struct world world;
    world_begin(&world);
    bring_up(&world);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        fake_drm_tell_raw(world.drm, numbers[i][0], numbers[i][1]);
        hear(&world);
        pass(&world, 600);
        assert_held(&world);
    }
    fake_drm_tell_raw(world.drm, "100", "11");
    hear(&world);
    assert_lost(&world);
    world_end(&world);
}

struct udev;
struct udev_device;
struct udev_monitor;
struct udev_monitor *__real_udev_monitor_new_from_netlink(struct udev *udev, const char *name);
struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *udev, const char *name);
struct udev_device *__real_udev_monitor_receive_device(struct udev_monitor *monitor);
struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor);

/* Where events come from; the last one of that name that has been listened to. */
static struct source {
    const char *name;
    const struct udev_monitor *monitor;
    unsigned overflows; /* so many times more its queue has been full */
    bool late; /* nothing comes from there */
} sources[] = {{.name = "kernel"}, {.name = "udev"}};
enum { KERNEL, UDEV, SOURCES };

struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *udev, const char *name) {
    struct udev_monitor *monitor = __real_udev_monitor_new_from_netlink(udev, name);
    for (size_t i = 0; i < SOURCES; i++)
        sources[i].monitor = strcmp(sources[i].name, name) == 0 ? monitor : sources[i].monitor;
    return monitor;
}

struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor) {
    struct source *source = monitor == sources[KERNEL].monitor ? &sources[KERNEL] : &sources[UDEV];
    if (source->late) {
        errno = EAGAIN;
        return NULL;
    }
    if (!source->overflows)
        return __real_udev_monitor_receive_device(monitor);
    source->overflows--;
    errno = ENOBUFS;
    return NULL;
}

/* Each of the two brings every event, which counts once, whichever is first. */
static void either_source_will_do(void) {
    for (size_t late = 0; late < SOURCES; late++) {
        struct world world;
        world_begin(&world);
        bring_up(&world);
        sources[late].late = true;
        fake_drm_tell(world.drm, FAKE_HDMI);
        hear(&world);
        assert_lost(&world);
        bring_up(&world);
        sources[late].late = false; /* here they are again */
        hear(&world);
        assert_held(&world);
        world_end(&world);
    }
}

/* More events than the socket holds. The kernel's are of all devices, and come again from udev: what udev's held is lost. */
static void lost_events_are_a_loss(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    struct fake_drm *second = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .beside = world.drm}); /* unheard */
    sources[KERNEL].overflows = 1;
    fake_drm_uevent(world.drm, "change");
    hear(&world);
    assert_held(&world);
    sources[UDEV].overflows = 1;
    fake_drm_uevent(world.drm, "change");
    hear(&world);
    assert_lost(&world);
    assert_non_null(outputs_rig_connector(&world.host.outputs, "card1-HDMI-A-1"));
    bring_up(&world);
    world_end(&world);
    fake_drm_free(&second);
}

/* --- edges --- */

static void desired_was_there_already(unsigned busy) {
    struct world world;
    world_begin(&world);
    struct fake_card *card = fake_drm_hold(world.drm);
    card->connectors[FAKE_HDMI].protection_value = 1; /* of a player that died: nothing comes of it */
    card->busy = busy;
    fake_drm_release(world.drm);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    pass(&world, 100 * busy + 1);
    succeed(&world);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    assert_int_equal(value(&world), 2);
    world_end(&world);
}

static void desired_needs_an_edge(void) {
    desired_was_there_already(0);
    desired_was_there_already(1);
    desired_was_there_already(3);
}

/* What another program writes over Enabled; each driver makes something else of it. */
static void another_desires_over_enabled(enum fake_over over, bool survives) {
    struct world world;
    world_begin(&world);
    fake_drm_hold(world.drm)->over = over;
    fake_drm_release(world.drm);
    bring_up(&world);
    fake_drm_other_writes(world.drm, FAKE_HDMI, 1);
    pass(&world, 500);
    if (survives)
        assert_held(&world);
    else
        assert_lost(&world);
    copp_device_close(&world.app.device);
    pass(&world, LATE_MS + 1000);
    assert_int_equal(value(&world), 0);
    assert_false(noted(&world));
    app_begin(&world.app, outputs_rig_connector(&world.host.outputs, "card0-HDMI-A-1"));
    bring_up(&world);
    world_end(&world);
}

static void desired_over_enabled(void) {
    another_desires_over_enabled(FAKE_OVER_KEEP, true);
    another_desires_over_enabled(FAKE_OVER_STICK, false);
    another_desires_over_enabled(FAKE_OVER_ANNOUNCE, false);
    another_desires_over_enabled(FAKE_OVER_ANEW, false);
    another_desires_over_enabled(FAKE_OVER_NEVER, false);
}

/* --- debts --- */

/* For an hour; it costs a few lines, and nothing is forgotten. */
static void a_driver_refuses_to_take_down(int refuse_all) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    struct fake_card *card = fake_drm_hold(world.drm);
    card->connectors[FAKE_HDMI].protection_value = 1; /* demoted */
    *(refuse_all ? &card->refuse_write : &card->refuse_undesired) = EIO;
    fake_drm_release(world.drm);
    pass(&world, 600);
    assert_lost(&world);
    copp_device_close(&world.app.device);
    pass(&world, 3600 * 1000);
    assert_int_equal(value(&world), 1);
    assert_true(noted(&world));
    assert_in_range(times_said(&world.host, "card0-HDMI-A-1: the driver refuses to switch HDCP off"), 1, 2);
    assert_int_equal(times_said(&world.host, "\n"), times_said(&world.host, "refuses to switch HDCP off"));
    card = fake_drm_hold(world.drm);
    card->refuse_write = card->refuse_undesired = 0;
    fake_drm_release(world.drm);
    pass(&world, 10000);
    assert_int_equal(value(&world), 0);
    pass(&world, LATE_MS + 1000);
    assert_false(noted(&world));
    world_end(&world);
}

static void a_take_down_is_refused(void) {
    a_driver_refuses_to_take_down(0);
    a_driver_refuses_to_take_down(1);
}

/* A command that is refused leaves nothing to be taken down. */
static void everything_is_refused(void) {
    struct world world;
    world_begin(&world);
    fake_drm_hold(world.drm)->refuse_write = EIO;
    fake_drm_release(world.drm);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(times_said(&world.host, "refuses to switch HDCP on: Input/output error"), 1);
    fake_drm_hold(world.drm)->refuse_write = 0;
    fake_drm_release(world.drm);
    pass(&world, LATE_MS + 1000);
    assert_false(noted(&world));
    bring_up(&world);
    world_end(&world);
}

/* The worker had not ended when Undesired was taken. */
static void enabled_comes_late(void) {
    struct world world;
    world_begin(&world);
    fake_drm_hold(world.drm)->late = true;
    fake_drm_release(world.drm);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_PENDING);
    copp_device_close(&world.app.device);
    assert_int_equal(value(&world), 0);
    pass(&world, 15000);
    assert_true(noted(&world));
    fake_drm_work(world.drm, FAKE_HDMI);
    assert_int_equal(value(&world), 2);
    fake_drm_tell(world.drm, FAKE_HDMI);
    hear(&world);
    assert_int_equal(value(&world), 0);
    pass(&world, LATE_MS + 1000);
    assert_false(noted(&world));
    world_end(&world);
}

/* A master that comes while something is in force keeps us from taking it down; once it has gone we do. */
static void a_master_stands_in_the_way(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    fake_drm_other_master(world.drm, "Xorg", 812);
    assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
    copp_device_close(&world.app.device);
    pass(&world, 600 * 1000);
    assert_int_equal(value(&world), 2);
    assert_true(noted(&world));
    assert_int_equal(times_said(&world.host, "Xorg (process 812) owns its outputs"), 1);
    fake_drm_other_master(world.drm, NULL, 0);
    pass(&world, 10000);
    assert_int_equal(value(&world), 0);
    world_end(&world);
}

/* A command that nobody let us carry out is not a debt: what is there afterwards is the master's. */
static void a_command_that_is_not_let_through(void) {
    struct world world;
    world_begin(&world);
    fake_drm_other_master(world.drm, "weston", 812);
    assert_int_equal(app_set_level(&world.app, HDCP, 1), COPP_HR_UNEXPECTED);
    assert_false(noted(&world));
    fake_drm_other_writes(world.drm, FAKE_HDMI, 1);
    fake_drm_work(world.drm, FAKE_HDMI);
    fake_drm_other_master(world.drm, NULL, 0);
    pass(&world, LATE_MS + 1000);
    assert_int_equal(value(&world), 2);
    assert_int_equal(app_global(&world.app, HDCP), 1); /* QRY-5 */
    world_end(&world);
}

/* --- notes --- */

/* What a coppd that was killed leaves: the property, and its note. */
static void leave(struct world *world, const char *device, const char *connector, uint64_t value) {
    struct kms_note note;
    kms_note_open(&note, world->notes, device, NULL);
    kms_note_set(&note, connector, true, NULL);
    fake_drm_set_protection(world->drm, FAKE_HDMI, value);
}

static void found_at_the_start(const char *device, const char *connector, uint64_t before, uint64_t after) {
    struct world world;
    world_make(&world, &(struct fake_drm_setup){.atomic = true});
    leave(&world, device, connector, before);
    host_begin(&world, world.notes, &world.host);
    pass(&world, LATE_MS + 1000);
    assert_int_equal(value(&world), after);
    assert_int_equal(noted(&world), strcmp(connector, "HDMI-A-9") == 0); /* a dock's that is away: it may come back */
    host_end(&world.host);
    world_clear(&world);
}

static void only_what_is_noted_is_taken_down(void) {
    found_at_the_start(DEVICE, "HDMI-A-1", 2, 0);
    found_at_the_start(DEVICE, "HDMI-A-1", 1, 0);
    found_at_the_start(DEVICE, "DP-1", 2, 2); /* another program's */
    found_at_the_start("/devices/pci0000:00/0000:00:02.0", "HDMI-A-1", 2, 2); /* another card's, which has had this number */
    found_at_the_start(DEVICE, "HDMI-A-9", 2, 2);
}

static void write_text(const char *path, const char *text, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), size);
    assert_int_equal(close(fd), 0);
}

static void assert_ignored(struct world *world) {
    struct said said;
    struct kms_note note;
    said_init(&said);
    kms_note_open(&note, world->notes, DEVICE, &said.log);
    assert_int_equal(note.count, 0);
    assert_non_null(strstr(said.text, "stays on"));
}

static void notes_that_are_none(void) {
    static const char good[] = "coppd HDCP 1\ndevice " DEVICE "\nconnector HDMI-A-1\n";
    static const char *const bad[] = {
        "",
        "coppd HDCP 2\ndevice " DEVICE "\nconnector HDMI-A-1\n",
        "coppd HDCP 1\n",
        "coppd HDCP 1\nconnector HDMI-A-1\n",
        "coppd HDCP 1\ndevice " DEVICE "\nconnector HDMI-A-1",
        "coppd HDCP 1\ndevice " DEVICE "0\nconnector HDMI-A-1\n",
        "coppd HDCP 1\ndevice /devices/pci0000:00\nconnector HDMI-A-1\n",
        "coppd HDCP 1\ndevice " DEVICE "\nconnector \n",
        "coppd HDCP 1\ndevice " DEVICE "\nconnector HDMI A\n",
        "coppd HDCP 1\ndevice " DEVICE "\nconnector HDMI-A-1\n\n",
        "coppd HDCP 1\ndevice " DEVICE "\nconnector HDMI-A-1\nmore\n",
        "coppd HDCP 1\ndevice " DEVICE "\nconnector AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
    };
    struct world world;
    struct kms_note note;
    char big[8192];
    world_make(&world, &(struct fake_drm_setup){.atomic = true});
    write_text(world.note, good, sizeof good - 1);
    kms_note_open(&note, world.notes, DEVICE, NULL);
    assert_true(kms_note_has(&note, "HDMI-A-1"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_text(world.note, bad[i], strlen(bad[i]));
        assert_ignored(&world);
    }
    write_text(world.note, good, sizeof good); /* a NUL */
    assert_ignored(&world);
    size_t used = (size_t)snprintf(big, sizeof big, "%s", good);
    for (unsigned i = 0; i < 40; i++)
        used += (size_t)snprintf(big + used, sizeof big - used, "connector DP-%u\n", i);
    write_text(world.note, big, used);
    assert_ignored(&world);
    memset(big, '\n', sizeof big);
    memcpy(big, good, sizeof good - 1);
    write_text(world.note, big, sizeof big);
    assert_ignored(&world);
    assert_int_equal(unlink(world.note), 0);
    assert_int_equal(symlink("/dev/zero", world.note), 0);
    assert_ignored(&world);
    assert_int_equal(unlink(world.note), 0);
    assert_int_equal(mkfifo(world.note, 0600), 0);
    assert_ignored(&world);
    world_clear(&world);
}

/* Several connectors, in any order; the last one takes the file away. */
static void notes_keep_each_connector(void) {
    struct world world;
    struct kms_note note;
    struct kms_note again;
    world_make(&world, &(struct fake_drm_setup){.atomic = true});
    kms_note_open(&note, world.notes, DEVICE, NULL);
    kms_note_set(&note, "HDMI-A-1", true, NULL);
    kms_note_set(&note, "DP-1", true, NULL);
    kms_note_set(&note, "DP-1", true, NULL);
    kms_note_set(&note, "HDMI-A-1", false, NULL);
    kms_note_set(&note, "DVI-I-1", true, NULL);
    kms_note_open(&again, world.notes, DEVICE, NULL);
    assert_int_equal(again.count, 2);
    assert_true(kms_note_has(&again, "DP-1") && kms_note_has(&again, "DVI-I-1"));
    kms_note_set(&again, "DP-1", false, NULL);
    kms_note_set(&again, "DVI-I-1", false, NULL);
    assert_false(noted(&world));
    world_clear(&world);
}

/* Nowhere to write: that is said once, and everything works. */
static void notes_that_cannot_be_written(void) {
    struct world world;
    char blocked[80];
    world_make(&world, &(struct fake_drm_setup){.atomic = true});
    (void)snprintf(blocked, sizeof blocked, "%s/file", world.directory);
    write_text(blocked, "", 0);
    (void)strcat(blocked, "/notes");
    host_begin(&world, blocked, &world.host);
    app_begin(&world.app, outputs_rig_connector(&world.host.outputs, "card0-HDMI-A-1"));
    for (unsigned i = 0; i < 2; i++) {
        bring_up(&world);
        assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
        assert_int_equal(value(&world), 0);
        pass(&world, LATE_MS + 1000);
    }
    assert_int_equal(times_said(&world.host, "cannot be written: Not a directory"), 1);
    world_end(&world);
}

/* There is room again: what is owed since then is noted after all. */
static void notes_that_are_written_late(void) {
    struct world world;
    char fresh[520];
    world_make(&world, &(struct fake_drm_setup){.atomic = true});
    (void)snprintf(fresh, sizeof fresh, "%s.new", world.note);
    host_begin(&world, world.notes, &world.host);
    assert_int_equal(mkdir(fresh, 0700), 0);
    app_begin(&world.app, outputs_rig_connector(&world.host.outputs, "card0-HDMI-A-1"));
    bring_up(&world);
    pass(&world, 5000);
    assert_false(noted(&world));
    assert_int_equal(rmdir(fresh), 0);
    pass(&world, 1500);
    assert_true(noted(&world));
    assert_int_equal(mkdir(fresh, 0700), 0);
    assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
    pass(&world, LATE_MS + 1000);
    assert_false(noted(&world)); /* to take it away needs no room */
    world_end(&world);
}

static void card_goes(struct world *world) {
    fake_drm_hold(world->drm)->gone = true;
    fake_drm_release(world->drm);
    fake_drm_uevent(world->drm, "remove");
    hear(world);
}

static void card_comes_back(struct world *world, uint64_t protection) {
    fake_drm_hold(world->drm)->gone = false;
    fake_drm_release(world->drm);
    fake_drm_set_protection(world->drm, FAKE_HDMI, protection);
    fake_drm_uevent(world->drm, "add");
    hear(world);
    pass(world, 1000);
}

/* A debt that has lapsed while the card was away is not left to a successor, which would take down what another program has set. */
static void notes_of_a_card_that_was_away(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    card_goes(&world);
    pass(&world, LATE_MS + 1000);
    assert_true(noted(&world)); /* without the card's lock nothing is written there */
    card_comes_back(&world, 2);
    assert_false(noted(&world));
    pass(&world, LATE_MS + 1000);
    assert_int_equal(value(&world), 2);
    world_end(&world);
}

/* And what another coppd has noted meanwhile is taken over with the lock. */
static void notes_of_another_one_meanwhile(void) {
    struct world world;
    world_begin(&world);
    card_goes(&world);
    leave(&world, DEVICE, "HDMI-A-1", 0);
    card_comes_back(&world, 2);
    pass(&world, LATE_MS + 1000);
    assert_int_equal(value(&world), 0);
    assert_false(noted(&world));
    world_end(&world);
}

/* --- one coppd a card --- */

static void second_host(struct world *world, struct host *second, struct app *app) {
    char name[32];
    host_begin(world, world->notes, second);
    (void)snprintf(name, sizeof name, "(process %d) already switches", (int)getpid());
    assert_non_null(strstr(second->said.text, name));
    app_begin(app, outputs_rig_connector(&second->outputs, "card0-HDMI-A-1"));
    assert_int_equal(app_set_level(app, HDCP, 1), COPP_HR_UNEXPECTED);
    outputs_rig_pass(&second->outputs, 30000);
    assert_int_equal(app_set_level(app, HDCP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(times_said(second, "already switches its HDCP"), 1);
}

static void a_card_has_one_coppd(void) {
    struct world world;
    struct host second;
    struct app app;
    world_begin(&world);
    second_host(&world, &second, &app);
    bring_up(&world);
    assert_true(noted(&world));
    outputs_rig_wait(&second.outputs); /* it hears the event of that too, and of none after */
    struct fake_card *card = fake_drm_hold(world.drm);
    assert_int_equal(card->connectors[FAKE_HDMI].writes, 1);
    card->refuse_write = EIO; /* the first one ends, and leaves what it could not take down */
    fake_drm_release(world.drm);
    copp_device_close(&world.app.device);
    host_end(&world.host);
    assert_int_equal(value(&world), 2);
    assert_true(noted(&world));
    fake_drm_hold(world.drm)->refuse_write = 0;
    fake_drm_release(world.drm);
    outputs_rig_pass(&second.outputs, 5000); /* its successor does */
    assert_int_equal(value(&world), 0);
    outputs_rig_pass(&second.outputs, LATE_MS + 1000);
    assert_false(noted(&world));
    assert_int_equal(app_set_level(&app, HDCP, 1), COPP_HR_PENDING);
    copp_device_close(&app.device);
    host_end(&second);
    world_clear(&world);
}

/* The card was opened anew, and its lock stays. */
static void a_card_opened_anew_has_one_coppd(void) {
    struct world world;
    struct host second;
    struct app app;
    world_make(&world, &(struct fake_drm_setup){.atomic = true, .other_master = true});
    fake_drm_hold(world.drm)->privileged = false;
    fake_drm_release(world.drm);
    host_begin(&world, world.notes, &world.host);
    app_begin(&world.app, outputs_rig_connector(&world.host.outputs, "card0-HDMI-A-1"));
    fake_drm_other_master(world.drm, NULL, 0);
    bring_up(&world);
    assert_int_equal(app_set_level(&world.app, HDCP, 0), COPP_HR_OK);
    second_host(&world, &second, &app);
    bring_up(&world);
    assert_int_equal(app_set_level(&app, HDCP, 1), COPP_HR_OK); /* what the first one has up counts, and is the first one's */
    assert_int_equal(app_set_level(&app, HDCP, 0), COPP_HR_OK);
    assert_int_equal(value(&world), 2);
    copp_device_close(&app.device);
    host_end(&second);
    assert_held(&world);
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(events_tell_of_a_gap, "EVT-1 EVT-3"),
    TEST(the_event_of_our_own_success_comes_late, "EVT-1"),
    TEST(events_of_others, "EVT-1"),
    TEST(either_source_will_do, "EVT-1"),
    TEST(lost_events_are_a_loss, "EVT-1"),
    TEST(desired_needs_an_edge, "CMD-6"),
    TEST(desired_over_enabled, "EVT-1 EVT-3"),
    TEST(a_take_down_is_refused, "ARB-4"),
    TEST(everything_is_refused, "CMD-4"),
    TEST(enabled_comes_late, "ARB-4"),
    TEST(a_master_stands_in_the_way, "ARB-4 CMD-4"),
    TEST(a_command_that_is_not_let_through, "ARB-5 QRY-5"),
    TEST(only_what_is_noted_is_taken_down, "ARB-4 ARB-5"),
    TEST(notes_that_are_none, "ARB-5"),
    TEST(notes_keep_each_connector, "ARB-4"),
    TEST(notes_that_cannot_be_written, "CMD-4"),
    TEST(notes_that_are_written_late, "ARB-4"),
    TEST(notes_of_a_card_that_was_away, "ARB-4 ARB-5"),
    TEST(notes_of_another_one_meanwhile, "ARB-4"),
    TEST(a_card_has_one_coppd, "CMD-4 ARB-4"),
    TEST(a_card_opened_anew_has_one_coppd, "CMD-4"),
};

int main(void) {
    return RUN_SUITE("kms_faults", cases);
}
