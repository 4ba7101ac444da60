/* Outputs of an X server: a real one (Xvfb), a RandR client that plays the driver, and the kernel's side by fake_drm.h. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "edids.h"
#include "fake_drm.h"
#include "outputs/kms/note.h"
#include "outputs/xrandr/xrandr.h"
#include "outputs_rig.h"
#include "x_server.h"

struct world {
    struct x_server server;
    struct fake_drm *drm; /* NULL: there is no card */
    struct said said;
    struct outputs_rig outputs;
    struct app app;
};

/*
 * A server that answers nothing from a write on, as long as its driver authenticates inside the write: what it has sent stays where
 * it is. (The linker leads the calls here.)
 */
static struct {
    bool slow; /* the next write begins it */
    bool busy;
} driver;

/* What a server does that means harm. */
static struct {
    bool cuts; /* its replies end where their lists should begin */
    bool cuts_setup; /* and so does what it says of itself, of so many screens */
    uint8_t screens;
    bool floods; /* it tells of one change after the other */
    bool stops; /* in the middle of a reply: xcb waits for the rest until the connection is shut down */
} hostile;

int __real_xcb_poll_for_reply(xcb_connection_t *connection, unsigned request, void **reply, xcb_generic_error_t **error);
int __wrap_xcb_poll_for_reply(xcb_connection_t *connection, unsigned request, void **reply, xcb_generic_error_t **error);
int __wrap_xcb_poll_for_reply(xcb_connection_t *connection, unsigned request, void **reply, xcb_generic_error_t **error) {
    if (driver.busy)
        return 0;
    struct pollfd fd = {.fd = xcb_get_file_descriptor(connection)};
    if (hostile.stops)
        (void)poll(&fd, 1, -1);
    int done = __real_xcb_poll_for_reply(connection, request, reply, error);
    if (hostile.cuts && *reply) {
        ((xcb_generic_reply_t *)*reply)->length = 0;
        *reply = realloc(*reply, 32);
        assert_non_null(*reply);
    }
    return done;
}

xcb_generic_event_t *__real_xcb_poll_for_event(xcb_connection_t *connection);
xcb_generic_event_t *__wrap_xcb_poll_for_event(xcb_connection_t *connection);
xcb_generic_event_t *__wrap_xcb_poll_for_event(xcb_connection_t *connection) {
    if (hostile.floods)
        return calloc(1, sizeof(xcb_generic_event_t));
    return driver.busy ? NULL : __real_xcb_poll_for_event(connection);
}

const xcb_setup_t *__real_xcb_get_setup(xcb_connection_t *connection);
const xcb_setup_t *__wrap_xcb_get_setup(xcb_connection_t *connection);
const xcb_setup_t *__wrap_xcb_get_setup(xcb_connection_t *connection) {
    static struct {
        xcb_setup_t setup;
        uint32_t behind[64]; /* what would be taken for the screen */
    } cut = {.setup = {.length = (sizeof(xcb_setup_t) - 8) / 4}};
    const xcb_setup_t *real = __real_xcb_get_setup(connection);
    cut.setup.roots_len = hostile.screens;
    cut.behind[0] = xcb_setup_roots_iterator(real).data->root;
    return hostile.cuts_setup ? &cut.setup : real;
}

#define CHANGE_ARGUMENTS                                                                                                         \
    xcb_connection_t *c, xcb_randr_output_t output, xcb_atom_t property, xcb_atom_t type, uint8_t format, uint8_t mode,          \
        uint32_t count, const void *data
xcb_void_cookie_t __real_xcb_randr_change_output_property_checked(CHANGE_ARGUMENTS);
xcb_void_cookie_t __wrap_xcb_randr_change_output_property_checked(CHANGE_ARGUMENTS);
xcb_void_cookie_t __wrap_xcb_randr_change_output_property_checked(CHANGE_ARGUMENTS) {
    driver.busy = driver.busy || driver.slow;
    return __real_xcb_randr_change_output_property_checked(c, output, property, type, format, mode, count, data);
}

static void driver_returns(void) {
    driver.slow = driver.busy = false;
}

static void world_start(struct world *world, bool card) {
    *world = (struct world){0};
    x_server_start(&world->server);
    if (card)
        world->drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .other_master = true});
}

static void world_open(struct world *world, const char *connectors, bool trust_server) {
    said_init(&world->said);
    const struct copp_xrandr_config config = {.read_ms = RIG_READ_MS,
                                              .display = world->server.display,
                                              .connectors = connectors,
                                              .trust_server = trust_server,
                                              .log = &world->said.log};
    struct copp_backend *backend;
    assert_int_equal(copp_xrandr_open(&config, &backend), COPP_OK);
    outputs_rig_init(&world->outputs, backend);
    app_begin(&world->app, outputs_rig_connector(&world->outputs, "screen"));
}

static void world_end(struct world *world) {
    copp_device_close(&world->app.device);
    outputs_rig_end(&world->outputs);
    x_server_stop(&world->server);
    if (world->drm)
        fake_drm_free(&world->drm);
}

/* What the driver has said arrives by an event of the server's. */
static void hear(struct world *world) {
    outputs_rig_wait(&world->outputs);
    outputs_rig_pass(&world->outputs, 1);
}

static void bring_up(struct world *world) {
    assert_int_equal(app_set_level(&world->app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    assert_true(x_driver_has(&world->server, "Desired"));
    x_driver_says(&world->server, "Enabled");
    hear(world);
    assert_int_equal(app_result(&world->app), COPP_HR_OK);
    assert_int_equal(app_global(&world->app, COPP_PROTECTION_TYPE_HDCP), 1);
}

static void assert_lost(struct world *world) {
    assert_int_equal(app_local(&world->app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_true(world->app.flags & COPP_STATUS_LINK_LOST);
    assert_int_equal(app_global(&world->app, COPP_PROTECTION_TYPE_HDCP), 0);
}

static void follows_a_trusted_server(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    assert_int_equal(app_word(&world.app, COPP_QUERY_PROTECTION_TYPE), COPP_PROTECTION_TYPE_HDCP);
    assert_non_null(strstr(world.said.text, "any X client can forge it"));
    bring_up(&world);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 0), COPP_HR_OK);
    assert_true(x_driver_has(&world.server, "Undesired"));
    world_end(&world);
}

/* Some drivers authenticate before they return, and the server answers nobody meanwhile: others are served all the same. */
static void driver_that_takes_its_time(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    driver.slow = true;
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    assert_true(driver.busy);
    outputs_rig_pass(&world.outputs, 15000);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    driver_returns();
    outputs_rig_pass(&world.outputs, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    x_driver_says(&world.server, "Enabled");
    hear(&world);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    assert_int_equal(app_flags(&world.app), 0);
    world_end(&world);
}

/* What another program has on counts, and stays when our sessions leave (ARB-5). */
static void another_ones_protection_counts(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    x_driver_says(&world.server, "Enabled");
    hear(&world);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 0), COPP_HR_OK);
    assert_true(x_driver_has(&world.server, "Enabled"));
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    world_end(&world);
}

/* What another program has asked for says nothing of what the driver is about to do: it is asked anew. */
static void driver_that_takes_its_time_over_another_ones_wish(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    x_driver_says(&world.server, "Desired");
    hear(&world);
    driver.slow = true;
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    driver_returns();
    outputs_rig_pass(&world.outputs, 200);
    assert_true(x_driver_has(&world.server, "Desired"));
    x_driver_says(&world.server, "Enabled");
    outputs_rig_pass(&world.outputs, 200);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    world_end(&world);
}

static void driver_that_takes_too_long(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    driver.slow = true;
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    outputs_rig_pass(&world.outputs, COPP_PENDING_LIMIT_MS + 1);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    driver_returns();
    outputs_rig_pass(&world.outputs, 2000);
    assert_true(x_driver_has(&world.server, "Undesired"));
    bring_up(&world);
    world_end(&world);
}

/* Taking down does not wait for it, and what is asked for meanwhile is asked for then. */
static void driver_that_takes_its_time_to_end(void) {
    struct world world;
    struct app late;
    world_start(&world, false);
    world_open(&world, NULL, true);
    bring_up(&world);
    driver.slow = true;
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 0), COPP_HR_OK);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    app_begin(&late, outputs_rig_connector(&world.outputs, "screen"));
    uint32_t result = app_set_level(&late, COPP_PROTECTION_TYPE_HDCP, 1);
    assert_int_equal(result, COPP_HR_PENDING);
    driver_returns();
    outputs_rig_pass(&world.outputs, 200);
    assert_true(x_driver_has(&world.server, "Desired"));
    x_driver_says(&world.server, "Enabled");
    hear(&world);
    assert_int_equal(app_result(&late), COPP_HR_OK);
    driver.slow = true;
    copp_device_close(&late.device);
    driver_returns();
    world_end(&world);
}

static void falls_away(void) {
    static const char *const values[] = {"Desired", "Undesired", "Bogus"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct world world;
        world_start(&world, false);
        world_open(&world, NULL, true);
        bring_up(&world);
        x_driver_says(&world.server, values[i]);
        hear(&world);
        assert_lost(&world);
        assert_true(x_driver_has(&world.server, "Undesired"));
        world_end(&world);
    }
}

static void property_that_goes_away(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    bring_up(&world);
    x_driver_deletes(&world.server);
    hear(&world);
    assert_lost(&world);
    world_end(&world);
}

/* Until the server has been connected to again: each attempt is answered for by the fd. */
static void meet_again(struct world *world) {
    for (unsigned tries = 0; !strstr(world->said.text, "connected to the X server\n"); tries++) {
        assert_true(tries < 20);
        outputs_rig_pass(&world->outputs, 1000);
        outputs_rig_wait(&world->outputs);
    }
    assert_int_equal(app_local(&world->app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_true(x_driver_has(&world->server, "Undesired"));
}

static bool is_plugged(const struct world *world) {
    return copp_outputs_plugged(world->outputs.outputs, 0);
}

static void server_that_dies(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    bring_up(&world);
    x_server_stop(&world.server);
    outputs_rig_wait(&world.outputs);
    assert_lost(&world);
    assert_non_null(strstr(world.said.text, "the X server has gone"));
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    outputs_rig_pass(&world.outputs, 3000);
    outputs_rig_wait(&world.outputs); /* an attempt has failed */
    struct pollfd fd = {.fd = copp_outputs_fd(world.outputs.outputs), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 0), 0); /* or an event loop would spin */
    world_end(&world);
}

static void server_that_comes_back(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    struct copp_connector *before = outputs_rig_connector(&world.outputs, "screen");
    bring_up(&world);
    x_server_stop(&world.server);
    outputs_rig_wait(&world.outputs);
    assert_lost(&world);
    x_server_restart(&world.server);
    x_driver_says(&world.server, "Enabled"); /* as somebody has left it */
    meet_again(&world);
    assert_ptr_equal(outputs_rig_connector(&world.outputs, "screen"), before);
    assert_null(copp_outputs_name(world.outputs.outputs, 1));
    bring_up(&world);
    world_end(&world);
}

static unsigned times_said(const struct said *said, const char *text) {
    unsigned times = 0;
    for (const char *at = said->text; (at = strstr(at, text)) != NULL; at++)
        times++;
    return times;
}

/* As one that its session manager starts again and again: all of it is said once, and once more an hour later. */
static void server_that_comes_and_goes(void) {
    static const char again[] = "the X server has gone: its outputs protect nothing until it is back (and 2 more times since";
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    for (unsigned times = 0; times < 4; times++) {
        bring_up(&world);
        if (times == 3)
            outputs_rig_pass(&world.outputs, SELDOM_AGAIN_MS);
        x_server_stop(&world.server);
        outputs_rig_wait(&world.outputs);
        assert_lost(&world);
        assert_int_equal(times_said(&world.said, "the X server has gone"), times < 3 ? 1 : 2);
        x_server_restart(&world.server);
        for (unsigned tries = 0; app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 0) != COPP_HR_OK || !is_plugged(&world);
             tries++) {
            assert_true(tries < 20);
            outputs_rig_pass(&world.outputs, 1000);
            outputs_rig_wait(&world.outputs);
        }
        assert_int_equal(times_said(&world.said, "connected to the X server\n"), times < 3 ? 1 : 2);
    }
    assert_int_equal(times_said(&world.said, again), 1);
    world_end(&world);
}

/* It must not be waited for: as long as it is stopped nobody else would be served. */
static void server_that_is_stopped(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    bring_up(&world);
    x_server_freeze(&world.server);
    outputs_rig_pass(&world.outputs, 600);
    assert_lost(&world);
    assert_non_null(strstr(world.said.text, "the X server does not answer"));
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    outputs_rig_pass(&world.outputs, 5000);
    x_server_thaw(&world.server);
    meet_again(&world); /* where Enabled had been left */
    bring_up(&world);
    world_end(&world);
}

/* A command and a query find it out as well, and so does the end. */
static void server_that_is_stopped_in_between(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    x_server_freeze(&world.server);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    world_end(&world);
    world_start(&world, false);
    world_open(&world, NULL, true);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    x_server_freeze(&world.server);
    outputs_rig_pass(&world.outputs, 150);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    x_server_thaw(&world.server);
    meet_again(&world);
    bring_up(&world);
    x_server_freeze(&world.server);
    world_end(&world); /* cannot take down, and says nothing */
}

static void server_that_is_stopped_at_the_start(void) {
    struct x_server server;
    struct said said;
    struct copp_backend *backend;
    x_server_start(&server);
    x_server_freeze(&server);
    said_init(&said);
    const struct copp_xrandr_config config = {.read_ms = RIG_READ_MS, .display = server.display, .log = &said.log};
    assert_int_equal(copp_xrandr_open(&config, &backend), COPP_E_IO);
    assert_null(backend);
    assert_non_null(strstr(said.text, "the X server does not answer"));
    x_server_stop(&server);
}

/* What the kernel still has on is not a reason to go on without the server that can switch it off. */
static void server_goes_before_the_kernel(void) {
    struct world world;
    world_start(&world, true);
    world_open(&world, "screen=card0-HDMI-A-1", false);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 1);
    outputs_rig_pass(&world.outputs, 100);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 2);
    outputs_rig_pass(&world.outputs, 150);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    x_server_stop(&world.server);
    outputs_rig_wait(&world.outputs);
    assert_lost(&world);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    world_end(&world);
}

/* What was offered stays offered; where it is gone it fails. */
static void server_that_comes_back_with_less(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    bring_up(&world);
    x_server_stop(&world.server);
    outputs_rig_wait(&world.outputs);
    x_server_restart(&world.server);
    x_driver_deletes(&world.server);
    for (unsigned tries = 0; !strstr(world.said.text, "connected to the X server\n") && tries < 20; tries++) {
        outputs_rig_pass(&world.outputs, 1000);
        outputs_rig_wait(&world.outputs);
    }
    assert_int_equal(app_word(&world.app, COPP_QUERY_PROTECTION_TYPE), COPP_PROTECTION_TYPE_HDCP);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    world_end(&world);
}

static void untrusted_server_is_not_believed(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, false);
    x_driver_says(&world.server, "Enabled");
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    x_driver_says(&world.server, "Undesired");
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    assert_true(x_driver_has(&world.server, "Undesired"));
    assert_non_null(strstr(world.said.text, "name the connector in the configuration, as in screen=card0-HDMI-A-1"));
    world_end(&world);
}

static void without_the_property_nothing_is_offered(void) {
    struct world world;
    world_start(&world, false);
    x_driver_deletes(&world.server);
    world_open(&world, NULL, true);
    assert_int_equal(app_word(&world.app, COPP_QUERY_PROTECTION_TYPE), COPP_PROTECTION_TYPE_NONE);
    world_end(&world);
}

/* A number that any client may have written is not a number of the driver's. */
static void forged_connector_id(void) {
    struct world world;
    world_start(&world, true);
    const uint32_t id = 100;
    xcb_randr_change_output_property(world.server.driver, world.server.output, x_atom(&world.server, "CONNECTOR_ID"),
                                     XCB_ATOM_INTEGER, 32, XCB_PROP_MODE_REPLACE, 1, &id);
    x_driver_sync(&world.server);
    world_open(&world, NULL, false);
    assert_int_equal(app_word(&world.app, COPP_QUERY_CONNECTOR_TYPE), COPP_CONNECTOR_UNKNOWN);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    world_end(&world);
}

/* The server is there before the card behind it is known: its driver's module comes late. */
static void card_that_comes_later(void) {
    struct world world;
    world_start(&world, true);
    world_open(&world, "screen=card1-HDMI-A-1", false);
    assert_int_equal(app_word(&world.app, COPP_QUERY_PROTECTION_TYPE), COPP_PROTECTION_TYPE_HDCP);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    struct fake_drm *second = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .other_master = true, .beside = world.drm});
    fake_drm_uevent(second, "add");
    hear(&world);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    fake_drm_set_protection(second, FAKE_HDMI, 1); /* the server has handed it on */
    outputs_rig_pass(&world.outputs, 100);
    fake_drm_set_protection(second, FAKE_HDMI, 2);
    fake_drm_tell(second, FAKE_HDMI);
    hear(&world);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    fake_drm_tell(second, FAKE_HDMI); /* it fell, and was up again before anybody looked */
    fake_drm_tell(second, FAKE_HDMI);
    hear(&world);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_true(world.app.flags & COPP_STATUS_LINK_LOST);
    world_end(&world);
    fake_drm_free(&second);
}

static void found_at_the_start(bool noted) {
    struct world world;
    struct kms_note note;
    char directory[] = "/tmp/copp-xrandr-XXXXXX";
    char server[64];
    world_start(&world, false);
    assert_non_null(mkdtemp(directory));
    (void)snprintf(server, sizeof server, "X server %s", world.server.display);
    kms_note_open(&note, directory, server, NULL);
    kms_note_set(&note, noted ? "screen" : "DVI-0", true, NULL);
    x_driver_says(&world.server, "Desired");
    said_init(&world.said);
    const struct copp_xrandr_config config = {.read_ms = RIG_READ_MS,
                                              .display = world.server.display,
                                              .notes = directory,
                                              .trust_server = true,
                                              .log = &world.said.log};
    struct copp_backend *backend;
    assert_int_equal(copp_xrandr_open(&config, &backend), COPP_OK);
    outputs_rig_init(&world.outputs, backend);
    app_begin(&world.app, outputs_rig_connector(&world.outputs, "screen"));
    outputs_rig_pass(&world.outputs, 25000);
    assert_true(x_driver_has(&world.server, noted ? "Undesired" : "Desired"));
    assert_int_equal(access(note.file, F_OK), noted ? -1 : 0);
    world_end(&world);
    assert_true(unlink(note.file) == 0 || noted);
    assert_int_equal(rmdir(directory), 0);
}

/* What a coppd that was killed has left on. */
static void only_what_is_noted_is_taken_down(void) {
    found_at_the_start(true);
    found_at_the_start(false);
}

static void believes_the_kernel(void) {
    struct world world;
    world_start(&world, true);
    world_open(&world, "other=card0-DP-1, screen=card0-HDMI-A-1", true);
    assert_int_equal(app_word(&world.app, COPP_QUERY_PROTECTION_TYPE), COPP_PROTECTION_TYPE_HDCP);
    assert_int_equal(app_word(&world.app, COPP_QUERY_CONNECTOR_TYPE), COPP_CONNECTOR_HDMI);
    assert_int_equal(app_word(&world.app, COPP_QUERY_BUS_DATA), COPP_BUS_PCI_EXPRESS);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 1); /* the server has handed it on */
    x_driver_says(&world.server, "Enabled"); /* forged */
    outputs_rig_pass(&world.outputs, 2000);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 2);
    fake_drm_uevent(world.drm, "change");
    hear(&world);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 1); /* the server goes on saying Enabled */
    outputs_rig_pass(&world.outputs, 600);
    assert_lost(&world);
    assert_int_equal(fake_drm_hold(world.drm)->connectors[FAKE_HDMI].writes, 0); /* the server writes, not we */
    fake_drm_release(world.drm);
    world_end(&world);
}

/* A server that shows what was written though the kernel has refused it. */
static const char *screen_display(const struct world *world) {
    return copp_outputs_display(world->outputs.outputs, 0);
}

static void displays_call_themselves(void) {
    struct world world;
    world_start(&world, false);
    x_driver_edid(&world.server, EDID_U2412M EDID_PANEL, 8);
    world_open(&world, NULL, true);
    assert_string_equal(screen_display(&world), "DEL A07B DELL U2412M");
    x_driver_edid(&world.server, EDID_ODYSSEY, 8);
    hear(&world);
    assert_string_equal(screen_display(&world), "SAM 772D Odyssey G93SD");
    x_driver_edid(&world.server, EDID_U2412M, 32); /* of the other byte order, who knows */
    hear(&world);
    assert_string_equal(screen_display(&world), "");
    x_driver_edid(&world.server, EDID_PANEL, 8);
    hear(&world);
    assert_string_equal(screen_display(&world), "BOE 095F");
    driver.slow = true; /* nobody can be asked */
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    outputs_rig_pass(&world.outputs, 500);
    assert_string_equal(screen_display(&world), "BOE 095F");
    driver_returns();
    x_server_stop(&world.server);
    hear(&world);
    assert_string_equal(screen_display(&world), "");
    world_end(&world);
}

/* Any client can write the server's. */
static void the_kernel_says_which_display_it_is(void) {
    struct world world;
    uint8_t edid[128];
    world_start(&world, true);
    fake_drm_plug(world.drm, FAKE_HDMI, 45, edid, from_hex(EDID_U2412M, edid, sizeof edid));
    x_driver_edid(&world.server, EDID_ODYSSEY, 8);
    world_open(&world, "screen=card0-HDMI-A-1", false);
    assert_string_equal(screen_display(&world), "DEL A07B DELL U2412M");
    fake_drm_plug(world.drm, FAKE_HDMI, 45, edid, from_hex(EDID_PANEL, edid, sizeof edid));
    fake_drm_uevent(world.drm, "change");
    hear(&world);
    assert_string_equal(screen_display(&world), "BOE 095F");
    world_end(&world);
}

static void server_that_echoes(void) {
    struct world world;
    world_start(&world, true);
    world_open(&world, "screen=card0-HDMI-A-1", false);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    assert_true(x_driver_has(&world.server, "Desired"));
    outputs_rig_pass(&world.outputs, 150);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    world_end(&world);
}

/* Nothing is read that has not come: xcb believes every reply's own word for what is in it. */
static void server_that_sends_less_than_it_says(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    hostile.cuts = true;
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    const struct copp_xrandr_config config = {.read_ms = RIG_READ_MS, .display = world.server.display, .trust_server = true};
    struct copp_backend *backend;
    assert_int_equal(copp_xrandr_open(&config, &backend), COPP_OK);
    assert_int_equal(backend->ops->count(backend), 0);
    copp_backend_close(&backend);
    hostile.cuts_setup = true;
    for (hostile.screens = 0; hostile.screens < 2; hostile.screens++)
        assert_int_equal(copp_xrandr_open(&config, &backend), COPP_E_NOT_FOUND);
    hostile.cuts_setup = false;
    hostile.cuts = false;
    world_end(&world);
}

static void server_that_does_not_stop_talking(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    bring_up(&world);
    hostile.floods = true;
    outputs_rig_pass(&world.outputs, 1000);
    hostile.floods = false;
    assert_lost(&world);
    world_end(&world);
}

static void server_that_stops_in_the_middle(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    bring_up(&world);
    hostile.stops = true;
    outputs_rig_pass(&world.outputs, 1000);
    hostile.stops = false;
    assert_lost(&world);
    world_end(&world);
}

static void no_server(void) {
    struct copp_backend *backend;
    assert_int_equal(copp_xrandr_open(&(struct copp_xrandr_config){.read_ms = RIG_READ_MS, .display = ":4711"}, &backend),
                     COPP_E_NOT_FOUND);
    assert_null(backend);
}

static const struct test_case cases[] = {
    TEST(follows_a_trusted_server, "CMD-4 CMD-6 QRY-6"),
    TEST(driver_that_takes_its_time, "CMD-6"),
    TEST(another_ones_protection_counts, "ARB-5 QRY-5"),
    TEST(driver_that_takes_its_time_over_another_ones_wish, "CMD-4 CMD-6"),
    TEST(driver_that_takes_too_long, "CMD-6"),
    TEST(driver_that_takes_its_time_to_end, "CMD-6 ARB-4"),
    TEST(falls_away, "EVT-1 EVT-3"),
    TEST(property_that_goes_away, "EVT-1 EVT-3"),
    TEST(server_that_dies, "EVT-1 EVT-3 CMD-4"),
    TEST(server_that_comes_back, "EVT-3 ARB-4"),
    TEST(server_that_comes_and_goes, "EVT-1"),
    TEST(server_that_is_stopped, "EVT-1 EVT-3 ARB-4"),
    TEST(server_that_is_stopped_in_between, "CMD-4 CMD-6"),
    TEST(server_that_is_stopped_at_the_start, ""),
    TEST(server_goes_before_the_kernel, "EVT-1 EVT-3"),
    TEST(server_that_comes_back_with_less, "CMD-4"),
    TEST(untrusted_server_is_not_believed, "CMD-4 QRY-5"),
    TEST(without_the_property_nothing_is_offered, "QRY-6"),
    TEST(forged_connector_id, "QRY-6"),
    TEST(only_what_is_noted_is_taken_down, "ARB-4 ARB-5"),
    TEST(card_that_comes_later, "QRY-6 CMD-4 EVT-1"),
    TEST(believes_the_kernel, "CMD-4 CMD-6 EVT-3"),
    TEST(displays_call_themselves, ""),
    TEST(the_kernel_says_which_display_it_is, ""),
    TEST(server_that_echoes, "CMD-4"),
    TEST(server_that_sends_less_than_it_says, "CMD-4"),
    TEST(server_that_does_not_stop_talking, "EVT-1"),
    TEST(server_that_stops_in_the_middle, "EVT-1"),
    TEST(no_server, ""),
};

int main(void) {
    return RUN_SUITE("xrandr", cases);
}
