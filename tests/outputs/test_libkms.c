/* libcopp-kms as a program that is DRM master uses it, against a card made by umockdev (fake_drm.h). This is that program. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#include "../unit/device_rig.h"
#include "copp-kms.h"
#include "fake_drm.h"

#define HDMI 100u
#define DP 101u
#define PROTECTION 11u
#define TYPE 12u

struct lines {
    struct copp_log log;
    char text[2048];
};

struct host {
    struct fake_drm *drm;
    int fd; /* the card, with this program as its master */
    struct lines lines;
    struct copp_kms *kms;
    struct rig rig; /* adapter, key and random numbers */
    struct copp_connector *connector; /* of HDMI-A-1 */
    struct app app;
    uint64_t now_ms;
    bool commits_itself;
    unsigned commits; /* that were not TEST_ONLY */
};

static void line(struct copp_log *log, enum copp_log_level level, const char *text) {
    struct lines *lines = (struct lines *)log;
    size_t used = strlen(lines->text);
    (void)snprintf(lines->text + used, sizeof lines->text - used, "%d %s\n", (int)level, text);
}

/* umockdev's card is a terminal to fstat: here it is a card. */
static int card_fd = -1;
static unsigned card_minor;
int __real_fstat64(int fd, struct stat *status);
int __wrap_fstat64(int fd, struct stat *status);
int __wrap_fstat64(int fd, struct stat *status) {
    int result = __real_fstat64(fd, status);
    if (fd >= 0 && fd == card_fd)
        status->st_rdev = makedev(226, card_minor);
    return result;
}

/* What the host does with its card before it hands it in. */
static void open_card(struct host *host, bool atomic) {
    static const struct copp_log_ops ops = {sizeof ops, line};
    *host = (struct host){.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = atomic}), .lines = {.log = {&ops}}};
    host->fd = open("/dev/dri/card0", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    assert_true(host->fd >= 0);
    card_fd = host->fd;
    card_minor = 0;
    assert_int_equal(drmSetMaster(host->fd), 0);
    assert_int_equal(drmSetClientCap(host->fd, DRM_CLIENT_CAP_ATOMIC, 1) == 0, atomic);
    memset(fake_drm_hold(host->drm)->asked, 0, sizeof(unsigned[256]));
    fake_drm_release(host->drm);
}

static enum copp_result open_kms(struct host *host, enum copp_kms_commits commits, bool type1, uint32_t id) {
    const struct copp_kms_fd_config config = {.size = sizeof config,
                                              .fd = host->fd,
                                              .commits = commits,
                                              .connectors = &id,
                                              .connector_count = 1,
                                              .type1 = type1,
                                              .log = &host->lines.log};
    return copp_kms_open_fd(&config, &host->kms);
}

static void begin_on(struct host *host, enum copp_kms_commits commits, uint32_t id, bool type1) {
    struct copp_connector_config config = {.size = sizeof config};
    assert_int_equal(open_kms(host, commits, type1, id), COPP_OK);
    host->commits_itself = commits == COPP_KMS_HOST;
    assert_int_equal(copp_kms_connector(host->kms, 0, &config), COPP_OK);
    rig_init(&host->rig, NULL);
    assert_int_equal(copp_connector_add(host->rig.adapter, &config, &host->connector), COPP_OK);
    copp_kms_attach(host->kms, 0, host->connector);
    app_begin(&host->app, host->connector);
}

static void begin(struct host *host, enum copp_kms_commits commits, bool atomic) {
    open_card(host, atomic);
    begin_on(host, commits, HDMI, false);
}

static void close_all(struct host *host) {
    copp_device_close(&host->app.device);
    copp_kms_attach(host->kms, 0, NULL);
    rig_end(&host->rig);
    copp_kms_close(&host->kms);
    assert_null(host->kms);
}

static void release_card(struct host *host) {
    assert_true(fcntl(host->fd, F_GETFD) >= 0); /* whoever opened it closes it */
    (void)close(host->fd);
    card_fd = -1;
    fake_drm_free(&host->drm);
}

static void end(struct host *host) {
    close_all(host);
    release_card(host);
}

static void dispatch(struct host *host) {
    copp_kms_dispatch(host->kms, host->now_ms);
    copp_adapter_dispatch(host->rig.adapter, host->now_ms);
}

/* Lets so much time pass, and does what is due; what is owed to a commit is not. */
static void pass(struct host *host, uint64_t by_ms) {
    uint64_t end_ms = host->now_ms + by_ms;
    while (host->now_ms < end_ms) {
        uint64_t due_ms = copp_kms_deadline_ms(host->kms);
        due_ms = due_ms < host->now_ms + 1 ? host->now_ms + 1 : due_ms;
        host->now_ms = due_ms < end_ms ? due_ms : end_ms;
        dispatch(host);
    }
}

/* Longer than any authentication takes, by a host that is late: the kernel is asked less often, which takes its time here. */
static void pass_late(struct host *host) {
    for (unsigned i = 0; i < 25; i++) {
        host->now_ms += 1000;
        dispatch(host);
    }
}

static struct copp_kms_request next_request(const struct host *host) {
    struct copp_kms_request request = {.size = sizeof request};
    assert_int_equal(copp_kms_next_properties(host->kms, 0, &request), COPP_OK);
    return request;
}

/* A commit of the host's with nothing else in it; 0 or an errno. */
static int commit(const struct host *host, const struct copp_kms_request *request, uint32_t flags) {
    drmModeAtomicReqPtr atomic = drmModeAtomicAlloc();
    assert_non_null(atomic);
    for (uint32_t i = 0; i < request->count; i++)
        assert_true(drmModeAtomicAddProperty(atomic, request->properties[i].object, request->properties[i].property,
                                             request->properties[i].value) >= 0);
    int result = drmModeAtomicCommit(host->fd, atomic, DRM_MODE_ATOMIC_ALLOW_MODESET | flags, NULL);
    drmModeAtomicFree(atomic);
    return -result;
}

/* The host's next frame. */
static void show_frame(struct host *host) {
    struct copp_kms_request request = next_request(host);
    int error = commit(host, &request, DRM_MODE_ATOMIC_NONBLOCK);
    host->commits++;
    assert_int_equal(copp_kms_committed(host->kms, 0, &request, error), COPP_OK);
    if (copp_kms_deadline_ms(host->kms) <= host->now_ms)
        dispatch(host);
}

static void expect_request(const struct host *host, uint32_t count, uint64_t value) {
    struct copp_kms_request request = next_request(host);
    assert_int_equal(request.count, count);
    if (!count)
        return;
    assert_int_equal(request.properties[count - 1].object, HDMI);
    assert_int_equal(request.properties[count - 1].property, PROTECTION);
    assert_int_equal(request.properties[count - 1].value, value);
    if (count == 2) {
        assert_int_equal(request.properties[0].object, HDMI);
        assert_int_equal(request.properties[0].property, TYPE);
    }
}

static uint32_t ask_for_hdcp(struct host *host) {
    host->app.now_ms = host->now_ms;
    return app_set_level(&host->app, COPP_PROTECTION_TYPE_HDCP, 1);
}

static uint64_t property_of(const struct host *host) {
    return fake_drm_protection(host->drm, FAKE_HDMI);
}

static void assert_level(struct host *host, uint32_t level) {
    assert_int_equal(app_local(&host->app, COPP_PROTECTION_TYPE_HDCP), level);
    assert_int_equal(app_global(&host->app, COPP_PROTECTION_TYPE_HDCP), level);
}

static void bring_up(struct host *host) {
    assert_int_equal(ask_for_hdcp(host), COPP_HR_PENDING);
    if (host->commits_itself)
        show_frame(host);
    assert_int_equal(property_of(host), 1);
    fake_drm_set_protection(host->drm, FAKE_HDMI, 2);
    pass(host, 150);
    assert_int_equal(app_result(&host->app), COPP_HR_OK);
    assert_level(host, 1);
}

/* --- the open file is its owner's --- */

static const uint32_t allowed[] = {
    DRM_IOCTL_MODE_GETRESOURCES,      DRM_IOCTL_MODE_GETCONNECTOR, DRM_IOCTL_MODE_GETENCODER,  DRM_IOCTL_MODE_GETCRTC,
    DRM_IOCTL_MODE_OBJ_GETPROPERTIES, DRM_IOCTL_MODE_GETPROPERTY,  DRM_IOCTL_MODE_GETPROPBLOB,
};

/* Every ioctl that has reached the card is one of those, or write. */
static void assert_only_allowed(struct host *host, uint32_t write) {
    const struct fake_card *card = fake_drm_hold(host->drm);
    unsigned unknown = 0;
    for (unsigned number = 0; number < 256; number++) {
        bool known = write && number == _IOC_NR(write);
        for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
            known |= number == _IOC_NR(allowed[i]);
        unknown += known ? 0 : card->asked[number];
    }
    unsigned read_by = card->asked[_IOC_NR(DRM_IOCTL_MODE_OBJ_GETPROPERTIES)];
    unsigned writes = write ? card->asked[_IOC_NR(write)] : 1;
    bool probed = card->probed;
    bool flip = card->flip_event_asked;
    bool bold = card->too_bold;
    fake_drm_release(host->drm);
    assert_int_equal(unknown, 0);
    assert_true(read_by > 0);
    assert_true(writes > 0);
    assert_false(probed);
    assert_false(flip);
    assert_false(bold);
}

/* A life with all that can happen, and what it leaves of the open file. */
static void touches_nothing_else(enum copp_kms_commits commits, bool atomic, uint32_t write) {
    struct host host;
    open_card(&host, atomic);
    int flags = fcntl(host.fd, F_GETFL);
    int descriptor_flags = fcntl(host.fd, F_GETFD);
    fake_drm_event(host.drm, "flip\n");
    begin_on(&host, commits, HDMI, false);
    bring_up(&host);
    fake_drm_uevent(host.drm, "change");
    pass(&host, 3000);
    fake_drm_set_protection(host.drm, FAKE_HDMI, 1);
    pass(&host, 600);
    assert_level(&host, 0);
    pass_late(&host);
    close_all(&host);
    assert_only_allowed(&host, write);
    char event[16] = "";
    assert_int_equal(read(host.fd, event, sizeof event - 1), 5); /* it has been left to us */
    assert_string_equal(event, "flip\n");
    assert_int_equal(fcntl(host.fd, F_GETFL), flags);
    assert_int_equal(fcntl(host.fd, F_GETFD), descriptor_flags);
    assert_true(fake_drm_hold(host.drm)->master);
    fake_drm_release(host.drm);
    release_card(&host);
}

static void the_open_file_is_its_owners(void) {
    touches_nothing_else(COPP_KMS_DETECT, true, DRM_IOCTL_MODE_ATOMIC);
    touches_nothing_else(COPP_KMS_DETECT, false, DRM_IOCTL_MODE_SETPROPERTY);
    touches_nothing_else(COPP_KMS_ATOMIC, true, DRM_IOCTL_MODE_ATOMIC);
    touches_nothing_else(COPP_KMS_LEGACY, true, DRM_IOCTL_MODE_SETPROPERTY);
}

/* With commits of the host's the library writes nothing at all: whatever arrives at the card as a write was this program's. */
static void the_host_alone_commits(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    bring_up(&host);
    fake_drm_set_protection(host.drm, FAKE_HDMI, 1);
    pass(&host, 600);
    assert_level(&host, 0);
    show_frame(&host);
    assert_int_equal(property_of(&host), 0);
    pass_late(&host);
    assert_int_equal(fake_drm_hold(host.drm)->asked[_IOC_NR(DRM_IOCTL_MODE_ATOMIC)], host.commits);
    fake_drm_release(host.drm);
    close_all(&host);
    assert_only_allowed(&host, DRM_IOCTL_MODE_ATOMIC);
    release_card(&host);
}

/* --- who writes --- */

static unsigned asked(const struct host *host, uint32_t request) {
    unsigned count = fake_drm_hold(host->drm)->asked[_IOC_NR(request)];
    fake_drm_release(host->drm);
    return count;
}

static unsigned tests(const struct host *host) {
    unsigned count = fake_drm_hold(host->drm)->tests;
    fake_drm_release(host->drm);
    return count;
}

static void commits_are_found_by_a_test(void) {
    struct host host;
    begin(&host, COPP_KMS_DETECT, true);
    assert_int_equal(tests(&host), 1);
    assert_int_equal(property_of(&host), 0);
    bring_up(&host);
    assert_int_equal(asked(&host, DRM_IOCTL_MODE_SETPROPERTY), 0);
    end(&host);
    begin(&host, COPP_KMS_DETECT, false);
    bring_up(&host);
    assert_int_equal(asked(&host, DRM_IOCTL_MODE_ATOMIC), 0);
    end(&host);
}

/* The driver can, but the owner has not asked for it, and nobody else may. */
static void a_file_without_the_capability_is_written_to_by_the_legacy_call(void) {
    struct host host;
    open_card(&host, true);
    assert_int_equal(drmSetClientCap(host.fd, DRM_CLIENT_CAP_ATOMIC, 0), 0);
    begin_on(&host, COPP_KMS_DETECT, HDMI, false);
    bring_up(&host);
    assert_int_equal(asked(&host, DRM_IOCTL_MODE_ATOMIC), 0);
    end(&host);
}

static void set_refusal(const struct host *host, int error) {
    fake_drm_hold(host->drm)->refuse_write = error;
    fake_drm_release(host->drm);
}

/* One ioctl each time that it is tried: libdrm would go on for as long as the driver says EAGAIN. */
static void busy_writes_are_tried_again(enum copp_kms_commits commits, uint32_t write, int error) {
    struct host host;
    begin(&host, commits, true);
    set_refusal(&host, error);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    assert_int_equal(asked(&host, write), 1);
    pass(&host, 1000);
    assert_int_equal(app_result(&host.app), COPP_HR_PENDING);
    set_refusal(&host, 0);
    pass(&host, 150);
    assert_int_equal(property_of(&host), 1);
    fake_drm_set_protection(host.drm, FAKE_HDMI, 2);
    pass(&host, 150);
    assert_int_equal(app_result(&host.app), COPP_HR_OK);
    end(&host);
}

static void busy_writes_have_a_limit(void) {
    struct host host;
    begin(&host, COPP_KMS_ATOMIC, true);
    set_refusal(&host, EAGAIN);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    pass(&host, RIG_PENDING_LIMIT + 200);
    assert_int_equal(app_result(&host.app), COPP_HR_UNEXPECTED);
    unsigned before = asked(&host, DRM_IOCTL_MODE_ATOMIC);
    assert_true(before < 500);
    pass_late(&host);
    assert_int_equal(asked(&host, DRM_IOCTL_MODE_ATOMIC), before); /* nothing was written, nothing is owed */
    end(&host);
}

static void busy_is_not_refused(void) {
    busy_writes_are_tried_again(COPP_KMS_ATOMIC, DRM_IOCTL_MODE_ATOMIC, EBUSY);
    busy_writes_are_tried_again(COPP_KMS_ATOMIC, DRM_IOCTL_MODE_ATOMIC, EAGAIN);
    busy_writes_are_tried_again(COPP_KMS_LEGACY, DRM_IOCTL_MODE_SETPROPERTY, EBUSY);
    busy_writes_are_tried_again(COPP_KMS_LEGACY, DRM_IOCTL_MODE_SETPROPERTY, EAGAIN);
    busy_writes_have_a_limit();
}

/* Another console has the display: reading goes on, commands fail, and the program's log says why. */
static void without_mastership_commands_fail(void) {
    struct host host;
    begin(&host, COPP_KMS_ATOMIC, true);
    set_refusal(&host, EACCES);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_UNEXPECTED);
    assert_level(&host, 0);
    assert_non_null(strstr(host.lines.text, "card0-HDMI-A-1"));
    set_refusal(&host, 0);
    bring_up(&host);
    end(&host);
}

static void closing_takes_down(void) {
    struct host host;
    begin(&host, COPP_KMS_ATOMIC, true);
    bring_up(&host);
    close_all(&host);
    assert_int_equal(property_of(&host), 0);
    release_card(&host);
}

/* --- commits of the host's --- */

static void a_commit_switches_hdcp_on(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    expect_request(&host, 0, 0);
    assert_true(copp_kms_commit_deadline_ms(host.kms) == UINT64_MAX);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    expect_request(&host, 2, 1);
    assert_int_equal(next_request(&host).properties[0].value, 0); /* type 0 */
    show_frame(&host);
    assert_int_equal(property_of(&host), 1);
    expect_request(&host, 0, 0); /* that was it */
    pass(&host, RIG_PENDING_LIMIT - 300);
    assert_int_equal(app_result(&host.app), COPP_HR_PENDING);
    assert_level(&host, 0);
    fake_drm_set_protection(host.drm, FAKE_HDMI, 2);
    pass(&host, 150);
    assert_int_equal(app_result(&host.app), COPP_HR_OK);
    assert_level(&host, 1);
    expect_request(&host, 0, 0);
    assert_int_equal(app_set_level(&host.app, COPP_PROTECTION_TYPE_HDCP, 0), COPP_HR_OK);
    expect_request(&host, 1, 0);
    show_frame(&host);
    assert_int_equal(property_of(&host), 0);
    pass_late(&host);
    expect_request(&host, 0, 0);
    end(&host);
}

/* Authentication that is through before the host has reported its commit. */
static void enabled_at_once_counts(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    fake_drm_hold(host.drm)->enable_at_once = true;
    fake_drm_release(host.drm);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    show_frame(&host);
    assert_int_equal(app_result(&host.app), COPP_HR_OK);
    assert_level(&host, 1);
    copp_device_close(&host.app.device);
    pass(&host, 1);
    expect_request(&host, 1, 0); /* it is ours to take down */
    end(&host);
}

static void asking_changes_nothing(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    for (unsigned i = 0; i < 5; i++) {
        struct copp_kms_request request = next_request(&host);
        assert_int_equal(commit(&host, &request, DRM_MODE_ATOMIC_TEST_ONLY), 0);
        pass(&host, 200);
        expect_request(&host, 2, 1);
    }
    assert_int_equal(property_of(&host), 0);
    assert_int_equal(app_result(&host.app), COPP_HR_PENDING);
    show_frame(&host);
    assert_int_equal(property_of(&host), 1);
    end(&host);
}

/* Another program's Desired, to which drivers do nothing when it is written once more. */
static void desired_takes_two_commits(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    fake_drm_set_protection(host.drm, FAKE_HDMI, 1);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    expect_request(&host, 1, 0);
    show_frame(&host);
    assert_int_equal(property_of(&host), 0);
    expect_request(&host, 2, 1);
    show_frame(&host);
    assert_int_equal(property_of(&host), 1);
    expect_request(&host, 0, 0);
    fake_drm_set_protection(host.drm, FAKE_HDMI, 2);
    pass(&host, 150);
    assert_level(&host, 1);
    assert_int_equal(host.commits, 2);
    end(&host);
}

/* What another program has switched on is one more holder. */
static void enabled_takes_no_commit(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    fake_drm_set_protection(host.drm, FAKE_HDMI, 2);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_OK);
    assert_level(&host, 1);
    expect_request(&host, 0, 0);
    copp_device_close(&host.app.device);
    pass_late(&host);
    expect_request(&host, 0, 0);
    assert_int_equal(property_of(&host), 2);
    end(&host);
}

static void report(struct host *host, const struct copp_kms_request *request, int error) {
    assert_int_equal(copp_kms_committed(host->kms, 0, request, error), COPP_OK);
    dispatch(host);
}

static void busy_commits_are_asked_for_again(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    for (unsigned i = 0; i + 1 < COPP_KMS_BUSY_MAX; i++) {
        struct copp_kms_request request = next_request(&host);
        report(&host, &request, i % 2 ? EBUSY : EAGAIN);
        expect_request(&host, 2, 1);
        pass(&host, 16);
    }
    assert_int_equal(app_result(&host.app), COPP_HR_PENDING);
    struct copp_kms_request request = next_request(&host);
    report(&host, &request, EBUSY);
    assert_int_equal(app_result(&host.app), COPP_HR_UNEXPECTED);
    expect_request(&host, 0, 0);
    end(&host);
}

static void a_refused_commit_fails_the_command(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    set_refusal(&host, EINVAL);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    show_frame(&host);
    assert_int_equal(app_result(&host.app), COPP_HR_UNEXPECTED);
    assert_level(&host, 0);
    pass_late(&host);
    expect_request(&host, 0, 0);
    set_refusal(&host, 0);
    bring_up(&host);
    end(&host);
}

/* What nobody wants any more is not written. */
static void given_up_commands_ask_for_nothing(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    expect_request(&host, 2, 1);
    copp_device_close(&host.app.device);
    expect_request(&host, 0, 0);
    assert_true(copp_kms_commit_deadline_ms(host.kms) == UINT64_MAX);
    pass_late(&host);
    expect_request(&host, 0, 0);
    end(&host);
}

static void a_host_that_never_commits_fails_the_command(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    pass(&host, RIG_PENDING_LIMIT + 200);
    assert_int_equal(app_result(&host.app), COPP_HR_UNEXPECTED);
    expect_request(&host, 0, 0);
    end(&host);
}

/* A commit is under way while its command is given up: what it has set is owed all the same. */
static void a_late_commit_is_taken_down(void) {
    struct host host;
    for (unsigned dispatched = 0; dispatched < 2; dispatched++) {
        begin(&host, COPP_KMS_HOST, true);
        assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
        struct copp_kms_request request = next_request(&host);
        assert_int_equal(commit(&host, &request, DRM_MODE_ATOMIC_NONBLOCK), 0);
        if (!dispatched)
            assert_int_equal(copp_kms_committed(host.kms, 0, &request, 0), COPP_OK);
        copp_device_close(&host.app.device);
        if (dispatched) {
            pass(&host, 200);
            expect_request(&host, 0, 0);
            assert_int_equal(copp_kms_committed(host.kms, 0, &request, 0), COPP_OK);
        }
        pass(&host, 2);
        expect_request(&host, 1, 0);
        show_frame(&host);
        assert_int_equal(property_of(&host), 0);
        pass_late(&host);
        expect_request(&host, 0, 0);
        end(&host);
    }
}

/* A driver that will not let go is asked until it does. */
static void what_is_owed_is_asked_for_until_it_is_done(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    bring_up(&host);
    copp_device_close(&host.app.device);
    set_refusal(&host, EINVAL);
    for (unsigned i = 0; i < 20; i++) {
        pass(&host, 10200);
        expect_request(&host, 1, 0);
        show_frame(&host);
    }
    assert_int_equal(property_of(&host), 2);
    set_refusal(&host, 0);
    pass(&host, 10200);
    show_frame(&host);
    assert_int_equal(property_of(&host), 0);
    pass_late(&host);
    expect_request(&host, 0, 0);
    end(&host);
}

static void says_by_when_it_wants_a_commit(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    pass(&host, 1000);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    assert_int_equal(copp_kms_commit_deadline_ms(host.kms), host.now_ms + COPP_KMS_COMMIT_MS);
    uint64_t first_ms = copp_kms_commit_deadline_ms(host.kms);
    pass(&host, 300);
    assert_int_equal(copp_kms_commit_deadline_ms(host.kms), first_ms); /* it has come, and is not put off by waiting */
    struct copp_kms_request request = next_request(&host);
    report(&host, &request, EBUSY);
    assert_int_equal(copp_kms_commit_deadline_ms(host.kms), host.now_ms + COPP_KMS_COMMIT_MS);
    show_frame(&host);
    assert_true(copp_kms_commit_deadline_ms(host.kms) == UINT64_MAX);
    end(&host);
}

static void only_the_host_is_asked_to_commit(void) {
    struct host host;
    begin(&host, COPP_KMS_ATOMIC, true);
    struct copp_kms_request request = {.size = sizeof request, .count = 7};
    assert_int_equal(copp_kms_next_properties(host.kms, 0, &request), COPP_E_STATE);
    assert_int_equal(request.count, 0);
    assert_int_equal(copp_kms_committed(host.kms, 0, &request, 0), COPP_E_STATE);
    assert_true(copp_kms_commit_deadline_ms(host.kms) == UINT64_MAX);
    end(&host);
}

/* What was never asked for is not believed to be ours. */
static void strange_reports_are_refused(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    const struct copp_kms_property wrong[] = {{DP, PROTECTION, 1}, {HDMI, TYPE, 1}, {HDMI, PROTECTION, 2}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct copp_kms_request request = {.size = sizeof request, .count = 1, .properties = {wrong[i]}};
        assert_int_equal(copp_kms_committed(host.kms, 0, &request, 0), COPP_E_ARGUMENT);
    }
    struct copp_kms_request request = {.size = sizeof request, .count = 3};
    assert_int_equal(copp_kms_committed(host.kms, 0, &request, 0), COPP_E_ARGUMENT);
    request.count = 0;
    assert_int_equal(copp_kms_committed(host.kms, 0, &request, EINVAL), COPP_OK);
    assert_int_equal(copp_kms_committed(host.kms, 0, &request, -EINVAL), COPP_E_ARGUMENT);
    assert_int_equal(copp_kms_committed(host.kms, 1, &request, 0), COPP_E_ARGUMENT);
    pass(&host, 1000);
    expect_request(&host, 0, 0);
    end(&host);
}

/* --- what happens --- */

static void assert_lost(struct host *host) {
    assert_int_equal(app_local(&host->app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_true(host->app.flags & COPP_STATUS_LINK_LOST);
    assert_level(host, 0);
}

static void wait_for_uevent(struct host *host) {
    struct pollfd fd = {.fd = copp_kms_fd(host->kms), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 5000), 1);
    dispatch(host);
}

static uint32_t losses(const struct host *host) {
    struct copp_connector_view view = {.size = sizeof view};
    copp_connector_inspect(host->connector, &view);
    return view.losses;
}

static void demotions_are_told(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    bring_up(&host);
    assert_int_equal(losses(&host), 0);
    fake_drm_set_protection(host.drm, FAKE_HDMI, 1);
    fake_drm_tell(host.drm, FAKE_HDMI);
    wait_for_uevent(&host); /* no time passes */
    assert_int_equal(losses(&host), 1);
    assert_lost(&host);
    end(&host);
    begin(&host, COPP_KMS_HOST, true);
    bring_up(&host);
    fake_drm_set_protection(host.drm, FAKE_HDMI, 1);
    pass(&host, 501);
    assert_int_equal(losses(&host), 1);
    assert_lost(&host);
    end(&host);
}

/* Down and up again between two looks: only the uevents have seen it. */
static void uevents_are_evidence(void) {
    struct host host;
    begin(&host, COPP_KMS_ATOMIC, true);
    bring_up(&host);
    pass(&host, 3000);
    fake_drm_uevent(host.drm, "change"); /* about something else */
    wait_for_uevent(&host);
    fake_drm_tell(host.drm, FAKE_DP); /* about another connector */
    wait_for_uevent(&host);
    fake_drm_tell(host.drm, FAKE_HDMI); /* of our own success: it was delayed */
    wait_for_uevent(&host);
    assert_level(&host, 1);
    fake_drm_tell(host.drm, FAKE_HDMI);
    wait_for_uevent(&host);
    assert_int_equal(app_local(&host.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_true(host.app.flags & COPP_STATUS_LINK_LOST);
    end(&host);
}

static void unplugging_is_told(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    assert_true(copp_kms_plugged(host.kms, 0));
    bring_up(&host);
    fake_drm_hold(host.drm)->connectors[FAKE_HDMI].connected = false;
    fake_drm_release(host.drm);
    fake_drm_uevent(host.drm, "change");
    wait_for_uevent(&host);
    assert_false(copp_kms_plugged(host.kms, 0));
    assert_int_equal(losses(&host), 1);
    assert_int_equal(app_local(&host.app, COPP_PROTECTION_TYPE_HDCP), 0);
    end(&host);
}

/* A dock's connector of the same name, but of a number that the owner has not allowed. */
static void another_connector_is_not_meant(void) {
    struct host host;
    begin(&host, COPP_KMS_ATOMIC, true);
    bring_up(&host);
    fake_drm_hold(host.drm)->first_connector += 50;
    fake_drm_release(host.drm);
    fake_drm_uevent(host.drm, "change");
    wait_for_uevent(&host);
    assert_false(copp_kms_plugged(host.kms, 0));
    assert_lost(&host);
    unsigned writes = fake_drm_hold(host.drm)->connectors[FAKE_HDMI].writes;
    fake_drm_release(host.drm);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_UNEXPECTED);
    pass_late(&host);
    assert_int_equal(fake_drm_hold(host.drm)->connectors[FAKE_HDMI].writes, writes);
    fake_drm_release(host.drm);
    end(&host);
}

static void lease(struct host *host, uint32_t connectors) {
    fake_drm_hold(host->drm)->leased = connectors;
    fake_drm_release(host->drm);
}

/* An IVI screen with a lease handed in: the file shows its own connector alone, and that is all that is asked for and written. */
static void a_lessees_file(void) {
    static const enum copp_kms_commits commits[] = {COPP_KMS_DETECT, COPP_KMS_LEGACY, COPP_KMS_HOST};
    for (size_t i = 0; i < sizeof commits / sizeof commits[0]; i++) {
        struct host host;
        open_card(&host, true);
        lease(&host, 1u << FAKE_HDMI);
        assert_int_equal(open_kms(&host, commits[i], false, DP), COPP_E_NOT_FOUND); /* it is not in the lease */
        begin_on(&host, commits[i], HDMI, true);
        assert_true(copp_kms_plugged(host.kms, 0));
        bring_up(&host);
        assert_int_equal(app_set_level(&host.app, COPP_PROTECTION_TYPE_HDCP, 0), COPP_HR_OK);
        if (host.commits_itself)
            show_frame(&host);
        pass(&host, 1000);
        assert_int_equal(property_of(&host), 0);
        bring_up(&host);
        fake_drm_set_protection(host.drm, FAKE_HDMI, 1);
        pass(&host, 600);
        assert_lost(&host);
        close_all(&host);
        assert_only_allowed(&host, commits[i] == COPP_KMS_LEGACY ? DRM_IOCTL_MODE_SETPROPERTY : DRM_IOCTL_MODE_ATOMIC);
        lease(&host, 0);
        assert_int_equal(fake_drm_hold(host.drm)->connectors[FAKE_DP].writes, 0);
        fake_drm_release(host.drm);
        release_card(&host);
    }
}

/* Whoever leased it takes it back: what was protected is lost, commands fail, and nothing is written any more. */
static void a_revoked_lease_is_a_loss(void) {
    static const enum copp_kms_commits commits[] = {COPP_KMS_DETECT, COPP_KMS_HOST};
    for (size_t i = 0; i < sizeof commits / sizeof commits[0]; i++) {
        struct host host;
        open_card(&host, true);
        lease(&host, 1u << FAKE_HDMI);
        begin_on(&host, commits[i], HDMI, false);
        bring_up(&host);
        lease(&host, FAKE_LEASE_REVOKED);
        pass(&host, 2000); /* no event tells of it */
        assert_lost(&host);
        assert_false(copp_kms_plugged(host.kms, 0));
        unsigned writes = fake_drm_hold(host.drm)->connectors[FAKE_HDMI].writes;
        fake_drm_release(host.drm);
        assert_int_equal(ask_for_hdcp(&host), COPP_HR_UNEXPECTED);
        pass_late(&host);
        close_all(&host);
        assert_int_equal(fake_drm_hold(host.drm)->connectors[FAKE_HDMI].writes, writes);
        fake_drm_release(host.drm);
        lease(&host, 0);
        release_card(&host);
    }
}

static void clones_are_refused(void) {
    struct host host;
    begin(&host, COPP_KMS_ATOMIC, true);
    copp_device_close(&host.app.device);
    fake_drm_hold(host.drm)->connectors[FAKE_DP].crtc = 301; /* a connector that was not handed in counts as well */
    fake_drm_release(host.drm);
    assert_int_equal(copp_device_open(host.connector, &host.app.device), COPP_E_UNSUPPORTED_MODE);
    end(&host);
}

/* A part of the picture would be shown by a connector that is not ours to write to. */
static void parts_are_refused(void) {
    struct host host;
    begin(&host, COPP_KMS_ATOMIC, true);
    copp_device_close(&host.app.device);
    struct fake_connector *beside = &fake_drm_hold(host.drm)->connectors[FAKE_DP];
    beside->framebuffer = 401;
    beside->x = 4096;
    fake_drm_release(host.drm);
    assert_int_equal(copp_device_open(host.connector, &host.app.device), COPP_E_UNSUPPORTED_MODE);
    fake_drm_hold(host.drm)->connectors[FAKE_DP].framebuffer = 402;
    fake_drm_release(host.drm);
    assert_int_equal(copp_device_open(host.connector, &host.app.device), COPP_OK);
    end(&host);
}

static void type1_wants_type1(void) {
    struct host host;
    open_card(&host, true);
    begin_on(&host, COPP_KMS_HOST, HDMI, true);
    assert_int_equal(ask_for_hdcp(&host), COPP_HR_PENDING);
    assert_int_equal(next_request(&host).properties[0].value, 1);
    show_frame(&host);
    fake_drm_set_protection(host.drm, FAKE_HDMI, 2);
    fake_drm_hold(host.drm)->connectors[FAKE_HDMI].type_value = 0; /* somebody has asked for less */
    fake_drm_release(host.drm);
    pass(&host, 150);
    assert_int_equal(app_result(&host.app), COPP_HR_PENDING);
    fake_drm_hold(host.drm)->connectors[FAKE_HDMI].type_value = 1;
    fake_drm_release(host.drm);
    pass(&host, 150);
    assert_int_equal(app_result(&host.app), COPP_HR_OK);
    end(&host);
    open_card(&host, true);
    begin_on(&host, COPP_KMS_HOST, DP, true);
    assert_int_equal(app_word(&host.app, COPP_QUERY_PROTECTION_TYPE), COPP_PROTECTION_TYPE_NONE);
    assert_non_null(strstr(host.lines.text, "card0-DP-1: lacks HDCP content type 1"));
    end(&host);
}

/* --- opening --- */

static void tells_what_a_connector_is(void) {
    struct host host;
    begin(&host, COPP_KMS_DETECT, true);
    struct copp_connector_config config = {.size = sizeof config};
    assert_int_equal(copp_kms_connector(host.kms, 0, &config), COPP_OK);
    assert_string_equal(config.name, "card0-HDMI-A-1");
    assert_int_equal(config.connector_type, COPP_CONNECTOR_HDMI);
    assert_int_equal(config.protection_types, COPP_PROTECTION_TYPE_HDCP);
    assert_int_equal(config.bus_type, COPP_BUS_PCI_EXPRESS);
    assert_true(config.real);
    assert_string_equal(copp_kms_display(host.kms, 0), "");
    assert_int_equal(copp_kms_connector(host.kms, 1, &config), COPP_E_ARGUMENT);
    config.size = 0;
    assert_int_equal(copp_kms_connector(host.kms, 0, &config), COPP_E_ARGUMENT);
    end(&host);
}

static void expect_result(struct copp_kms_fd_config config, enum copp_result result) {
    struct copp_kms *kms = (struct copp_kms *)&config;
    config.size = sizeof config;
    assert_int_equal(copp_kms_open_fd(&config, &kms), result);
    assert_null(kms);
}

static void configs_that_cannot_be(void) {
    struct host host;
    open_card(&host, true);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    uint32_t ids[COPP_KMS_CONNECTORS_MAX + 1];
    for (uint32_t i = 0; i <= COPP_KMS_CONNECTORS_MAX; i++)
        ids[i] = HDMI + i;
    expect_result((struct copp_kms_fd_config){.fd = host.fd}, COPP_E_ARGUMENT);
    expect_result((struct copp_kms_fd_config){.fd = host.fd, .connectors = ids}, COPP_E_ARGUMENT);
    expect_result((struct copp_kms_fd_config){.fd = host.fd, .connectors = ids, .connector_count = COPP_KMS_CONNECTORS_MAX + 1},
                  COPP_E_ARGUMENT);
    expect_result((struct copp_kms_fd_config){.fd = -1, .connectors = ids, .connector_count = 1}, COPP_E_ARGUMENT);
    expect_result((struct copp_kms_fd_config){.fd = null, .connectors = ids, .connector_count = 1}, COPP_E_ARGUMENT);
    expect_result((struct copp_kms_fd_config){.fd = host.fd, .connectors = ids, .connector_count = 1, .commits = 4},
                  COPP_E_ARGUMENT);
    expect_result((struct copp_kms_fd_config){.fd = host.fd, .connectors = ids, .connector_count = 5}, COPP_E_NOT_FOUND);
    card_minor = 128; /* a render node */
    expect_result((struct copp_kms_fd_config){.fd = host.fd, .connectors = ids, .connector_count = 1}, COPP_E_ARGUMENT);
    card_minor = 0;
    ids[1] = ids[0];
    expect_result((struct copp_kms_fd_config){.fd = host.fd, .connectors = ids, .connector_count = 2}, COPP_E_ARGUMENT);
    ids[0] = 0;
    expect_result((struct copp_kms_fd_config){.fd = host.fd, .connectors = ids, .connector_count = 1}, COPP_E_NOT_FOUND);
    (void)close(null);
    release_card(&host);
}

/* As docs/abi.md promises, for programs built with older and newer headers. */
static void structs_can_grow(void) {
    struct host host;
    open_card(&host, true);
    uint32_t id = HDMI;
    struct {
        struct copp_kms_fd_config config;
        uint64_t more;
    } newer = {{.size = sizeof newer, .fd = host.fd, .commits = COPP_KMS_HOST, .connectors = &id, .connector_count = 1}, 1};
    assert_int_equal(copp_kms_open_fd(&newer.config, &host.kms), COPP_E_ARGUMENT);
    newer.more = 0;
    assert_int_equal(copp_kms_open_fd(&newer.config, &host.kms), COPP_OK);
    struct {
        struct copp_kms_request request;
        uint64_t more;
    } request = {{.size = sizeof request}, 7};
    assert_int_equal(copp_kms_next_properties(host.kms, 0, &request.request), COPP_OK);
    assert_int_equal(request.more, 0);
    assert_int_equal(copp_kms_committed(host.kms, 0, &request.request, 0), COPP_OK);
    request.more = 1;
    assert_int_equal(copp_kms_committed(host.kms, 0, &request.request, 0), COPP_E_ARGUMENT);
    request.request.size = 0;
    assert_int_equal(copp_kms_next_properties(host.kms, 0, &request.request), COPP_E_ARGUMENT);
    copp_kms_close(&host.kms);
    newer.config.size = 0;
    assert_int_equal(copp_kms_open_fd(&newer.config, &host.kms), COPP_E_ARGUMENT);
    release_card(&host);
}

/* --- NULL --- */

static const char *tried[16];
static size_t tried_count;

static void try(const char *function) {
    assert_true(tried_count < sizeof tried / sizeof tried[0]);
    tried[tried_count++] = function;
}

static bool was_tried(const char *name) {
    for (size_t i = 0; i < tried_count; i++) {
        if (strcmp(tried[i], name) == 0)
            return true;
    }
    return false;
}

#define ANSWERS(value, function, ...) (try(#function), assert_true(function(__VA_ARGS__) == (value)))
#define RETURNS(function, ...) (try(#function), function(__VA_ARGS__))

static void null_is_answered(void) {
    struct copp_kms *none = NULL;
    struct copp_connector_config connector = {.size = sizeof connector};
    struct copp_kms_request request = {.size = sizeof request, .count = 1};
    const struct copp_kms_fd_config config = {.size = sizeof config};
    ANSWERS(COPP_E_ARGUMENT, copp_kms_open_fd, &config, NULL);
    assert_int_equal(copp_kms_open_fd(NULL, &none), COPP_E_ARGUMENT);
    RETURNS(copp_kms_close, NULL);
    copp_kms_close(&none);
    ANSWERS(COPP_E_ARGUMENT, copp_kms_connector, NULL, 0, &connector);
    RETURNS(copp_kms_attach, NULL, 0, NULL);
    ANSWERS(false, copp_kms_plugged, NULL, 0);
    try("copp_kms_display");
    assert_string_equal(copp_kms_display(NULL, 0), "");
    ANSWERS(-1, copp_kms_fd, NULL);
    ANSWERS(UINT64_MAX, copp_kms_deadline_ms, NULL);
    RETURNS(copp_kms_dispatch, NULL, 0);
    ANSWERS(COPP_E_ARGUMENT, copp_kms_next_properties, NULL, 0, &request);
    assert_int_equal(request.count, 0);
    ANSWERS(COPP_E_ARGUMENT, copp_kms_committed, NULL, 0, &request, 0);
    ANSWERS(UINT64_MAX, copp_kms_commit_deadline_ms, NULL);
}

static void null_arguments_are_answered(void) {
    struct host host;
    begin(&host, COPP_KMS_HOST, true);
    assert_int_equal(copp_kms_connector(host.kms, 0, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_kms_next_properties(host.kms, 0, NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_kms_committed(host.kms, 0, NULL, 0), COPP_E_ARGUMENT);
    assert_false(copp_kms_plugged(host.kms, 1));
    assert_string_equal(copp_kms_display(host.kms, 1), "");
    copp_kms_attach(host.kms, 1, NULL);
    end(&host);
}

/* After null_is_answered: whoever exports a function says there what it makes of NULL. */
static void every_exported_function_was_tried(void) {
    size_t size;
    char *symbols = (char *)read_test_file("../debian/libcopp-kms0.symbols", &size);
    unsigned exported = 0;
    for (char *word = strtok(symbols, " \n@"); word; word = strtok(NULL, " \n@")) {
        if (strncmp(word, "copp_", 5) != 0)
            continue;
        exported++;
        if (!was_tried(word))
            fail_msg("%s: test_libkms.c does not call it with NULL", word);
    }
    assert_int_equal(exported, tried_count);
    free(symbols);
}

static const struct test_case cases[] = {
    TEST(the_open_file_is_its_owners, ""),
    TEST(the_host_alone_commits, "CMD-6 EVT-1"),
    TEST(commits_are_found_by_a_test, "CMD-6"),
    TEST(a_file_without_the_capability_is_written_to_by_the_legacy_call, ""),
    TEST(busy_is_not_refused, "CMD-4 CMD-6"),
    TEST(without_mastership_commands_fail, "CMD-4"),
    TEST(closing_takes_down, "EVT-5 ARB-4"),
    TEST(a_commit_switches_hdcp_on, "CMD-4 CMD-6 QRY-5"),
    TEST(enabled_at_once_counts, "CMD-6 ARB-4"),
    TEST(asking_changes_nothing, "CMD-6"),
    TEST(desired_takes_two_commits, "CMD-6"),
    TEST(enabled_takes_no_commit, "ARB-5 CMD-4"),
    TEST(busy_commits_are_asked_for_again, "CMD-4 CMD-6"),
    TEST(a_refused_commit_fails_the_command, "CMD-4"),
    TEST(given_up_commands_ask_for_nothing, "CMD-6 ARB-4"),
    TEST(a_host_that_never_commits_fails_the_command, "CMD-6"),
    TEST(a_late_commit_is_taken_down, "ARB-4"),
    TEST(what_is_owed_is_asked_for_until_it_is_done, "ARB-4"),
    TEST(says_by_when_it_wants_a_commit, ""),
    TEST(only_the_host_is_asked_to_commit, ""),
    TEST(strange_reports_are_refused, ""),
    TEST(demotions_are_told, "EVT-1 EVT-3"),
    TEST(uevents_are_evidence, "EVT-1 EVT-3"),
    TEST(unplugging_is_told, "EVT-1 EVT-3"),
    TEST(another_connector_is_not_meant, "EVT-1 CMD-4"),
    TEST(a_lessees_file, "CMD-4 CMD-6 EVT-1"),
    TEST(a_revoked_lease_is_a_loss, "EVT-1 EVT-3 CMD-4"),
    TEST(clones_are_refused, "ARB-6"),
    TEST(parts_are_refused, "ARB-6"),
    TEST(type1_wants_type1, "CMD-4"),
    TEST(tells_what_a_connector_is, "QRY-6"),
    TEST(configs_that_cannot_be, ""),
    TEST(structs_can_grow, ""),
    TEST(null_is_answered, ""),
    TEST(null_arguments_are_answered, ""),
    TEST(every_exported_function_was_tried, ""),
};

int main(void) {
    return RUN_SUITE("libkms", cases);
}
