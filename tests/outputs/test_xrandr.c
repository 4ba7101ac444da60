/* Outputs of an X server: a real one (Xvfb), a RandR client that plays the driver, and the kernel's side by fake_drm.h. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xcb/randr.h>

#include "fake_drm.h"
#include "outputs/xrandr/xrandr.h"
#include "outputs_rig.h"

struct server {
    pid_t pid;
    char display[16];
};

struct world {
    struct server server;
    xcb_connection_t *driver; /* the client that plays it */
    xcb_randr_output_t output;
    struct fake_drm *drm; /* NULL: there is no card */
    struct said said;
    struct outputs_rig outputs;
    struct app app;
};

/* umockdev's preloaded library is for the test alone. */
static void run_server(int display_fd) {
    char number[12];
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that fails leaves no server behind */
    (void)snprintf(number, sizeof number, "%d", display_fd);
    (void)unsetenv("LD_PRELOAD");
    int null = open("/dev/null", O_RDWR);
    (void)dup2(null, STDOUT_FILENO);
    (void)dup2(null, STDERR_FILENO);
    (void)execlp("Xvfb", "Xvfb", "-displayfd", number, "-noreset", "-nolisten", "tcp", "-screen", "0", "1280x720x24",
                 (char *)NULL);
    _exit(127);
}

static void server_start(struct server *server) {
    int ends[2];
    char number[8] = "";
    assert_int_equal(pipe(ends), 0);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0)
        run_server(ends[1]);
    assert_int_equal(close(ends[1]), 0);
    for (size_t used = 0; used + 1 < sizeof number && !strchr(number, '\n'); used++) {
        if (read(ends[0], number + used, 1) != 1)
            fail_msg("Xvfb does not start");
    }
    assert_int_equal(close(ends[0]), 0);
    (void)snprintf(server->display, sizeof server->display, ":%d", atoi(number));
}

static void server_stop(struct server *server) {
    if (!server->pid)
        return;
    assert_int_equal(kill(server->pid, SIGTERM), 0);
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
    server->pid = 0;
}

static xcb_atom_t atom(xcb_connection_t *connection, const char *name) {
    xcb_intern_atom_reply_t *reply =
        xcb_intern_atom_reply(connection, xcb_intern_atom(connection, 0, (uint16_t)strlen(name), name), NULL);
    assert_non_null(reply);
    xcb_atom_t made = reply->atom;
    free(reply);
    return made;
}

static void driver_sync(struct world *world) {
    free(xcb_get_input_focus_reply(world->driver, xcb_get_input_focus(world->driver), NULL));
    assert_int_equal(xcb_connection_has_error(world->driver), 0);
}

static void driver_says(struct world *world, const char *value) {
    xcb_atom_t word = atom(world->driver, value);
    xcb_randr_change_output_property(world->driver, world->output, atom(world->driver, "Content Protection"), XCB_ATOM_ATOM, 32,
                                     XCB_PROP_MODE_REPLACE, 1, &word);
    driver_sync(world);
}

static void driver_has(struct world *world, const char *value) {
    xcb_randr_get_output_property_reply_t *reply = xcb_randr_get_output_property_reply(
        world->driver,
        xcb_randr_get_output_property(world->driver, world->output, atom(world->driver, "Content Protection"), XCB_ATOM_ANY, 0, 1,
                                      0, 0),
        NULL);
    assert_non_null(reply);
    assert_int_equal(reply->num_items, 1);
    assert_int_equal(*(const uint32_t *)(void *)xcb_randr_get_output_property_data(reply), atom(world->driver, value));
    free(reply);
}

static void driver_connect(struct world *world) {
    world->driver = xcb_connect(world->server.display, NULL);
    assert_int_equal(xcb_connection_has_error(world->driver), 0);
    xcb_window_t root = xcb_setup_roots_iterator(xcb_get_setup(world->driver)).data->root;
    xcb_randr_get_screen_resources_current_reply_t *resources = xcb_randr_get_screen_resources_current_reply(
        world->driver, xcb_randr_get_screen_resources_current(world->driver, root), NULL);
    assert_non_null(resources);
    assert_int_equal(resources->num_outputs, 1);
    world->output = xcb_randr_get_screen_resources_current_outputs(resources)[0];
    free(resources);
    driver_says(world, "Undesired");
}

static void world_start(struct world *world, bool card) {
    *world = (struct world){0};
    server_start(&world->server);
    driver_connect(world);
    if (card)
        world->drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .other_master = true});
}

static void world_open(struct world *world, const char *connectors, bool trust_server) {
    said_init(&world->said);
    const struct copp_xrandr_config config = {
        .display = world->server.display, .connectors = connectors, .trust_server = trust_server, .log = &world->said.log};
    struct copp_backend *backend;
    assert_int_equal(copp_xrandr_open(&config, &backend), COPP_OK);
    outputs_rig_init(&world->outputs, backend);
    app_begin(&world->app, outputs_rig_connector(&world->outputs, "screen"));
}

static void world_end(struct world *world) {
    copp_device_close(&world->app.device);
    outputs_rig_end(&world->outputs);
    xcb_disconnect(world->driver);
    server_stop(&world->server);
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
    driver_has(world, "Desired");
    driver_says(world, "Enabled");
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
    driver_has(&world, "Undesired");
    world_end(&world);
}

static void falls_away(void) {
    static const char *const values[] = {"Desired", "Undesired", "Bogus"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct world world;
        world_start(&world, false);
        world_open(&world, NULL, true);
        bring_up(&world);
        driver_says(&world, values[i]);
        hear(&world);
        assert_lost(&world);
        driver_has(&world, "Undesired");
        world_end(&world);
    }
}

static void property_that_goes_away(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    bring_up(&world);
    xcb_randr_delete_output_property(world.driver, world.output, atom(world.driver, "Content Protection"));
    driver_sync(&world);
    hear(&world);
    assert_lost(&world);
    world_end(&world);
}

static void server_that_dies(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, true);
    bring_up(&world);
    server_stop(&world.server);
    outputs_rig_wait(&world.outputs);
    assert_lost(&world);
    assert_non_null(strstr(world.said.text, "the X server has gone"));
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    outputs_rig_pass(&world.outputs, 3000);
    struct pollfd fd = {.fd = copp_outputs_fd(world.outputs.outputs), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 0), 0); /* or an event loop would spin */
    world_end(&world);
}

static void untrusted_server_is_not_offered(void) {
    struct world world;
    world_start(&world, false);
    world_open(&world, NULL, false);
    assert_int_equal(app_word(&world.app, COPP_QUERY_PROTECTION_TYPE), COPP_PROTECTION_TYPE_NONE);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_INVALIDARG);
    driver_has(&world, "Undesired");
    assert_non_null(strstr(world.said.text, "name the connector in the configuration, as in screen=card0-HDMI-A-1"));
    world_end(&world);
}

static void without_the_property_nothing_is_offered(void) {
    struct world world;
    world_start(&world, false);
    xcb_randr_delete_output_property(world.driver, world.output, atom(world.driver, "Content Protection"));
    driver_sync(&world);
    world_open(&world, NULL, true);
    assert_int_equal(app_word(&world.app, COPP_QUERY_PROTECTION_TYPE), COPP_PROTECTION_TYPE_NONE);
    world_end(&world);
}

/* A number that any client may have written is no number of the driver's. */
static void forged_connector_id(void) {
    struct world world;
    world_start(&world, true);
    const uint32_t id = 100;
    xcb_randr_change_output_property(world.driver, world.output, atom(world.driver, "CONNECTOR_ID"), XCB_ATOM_INTEGER, 32,
                                     XCB_PROP_MODE_REPLACE, 1, &id);
    driver_sync(&world);
    world_open(&world, NULL, false);
    assert_int_equal(app_word(&world.app, COPP_QUERY_PROTECTION_TYPE), COPP_PROTECTION_TYPE_NONE);
    world_end(&world);
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
    driver_says(&world, "Enabled"); /* forged */
    outputs_rig_pass(&world.outputs, 2000);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 2);
    fake_drm_uevent(world.drm);
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
static void server_that_echoes(void) {
    struct world world;
    world_start(&world, true);
    world_open(&world, "screen=card0-HDMI-A-1", false);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    driver_has(&world, "Desired");
    outputs_rig_pass(&world.outputs, 150);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    world_end(&world);
}

static void no_server(void) {
    struct copp_backend *backend;
    assert_int_equal(copp_xrandr_open(&(struct copp_xrandr_config){.display = ":4711"}, &backend), COPP_E_NOT_FOUND);
    assert_null(backend);
}

static const struct test_case cases[] = {
    TEST(follows_a_trusted_server, "CMD-4 CMD-6 QRY-6"),
    TEST(falls_away, "EVT-1 EVT-3"),
    TEST(property_that_goes_away, "EVT-1 EVT-3"),
    TEST(server_that_dies, "EVT-1 EVT-3 CMD-4"),
    TEST(untrusted_server_is_not_offered, "QRY-6"),
    TEST(without_the_property_nothing_is_offered, "QRY-6"),
    TEST(forged_connector_id, "QRY-6"),
    TEST(believes_the_kernel, "CMD-4 CMD-6 EVT-3"),
    TEST(server_that_echoes, "CMD-4"),
    TEST(no_server, ""),
};

int main(void) {
    return RUN_SUITE("xrandr", cases);
}
