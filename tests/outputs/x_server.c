#include "x_server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROPERTY "Content Protection"
#define TRIES 10

/* umockdev's preloaded library is for the test alone. */
static void run_server(const char *display, int told) {
    char number[12];
    char *arguments[] = {"Xvfb", "-displayfd", number, "-noreset",    "-nolisten",
                         "tcp",  "-screen",    "0",    "1280x720x24", (char *)(uintptr_t)display,
                         NULL};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no server behind, not even a stopped one */
    (void)snprintf(number, sizeof number, "%d", told);
    (void)unsetenv("LD_PRELOAD");
    int null = open("/dev/null", O_RDWR);
    (void)dup2(null, STDOUT_FILENO); /* its errors belong in the test's log */
    (void)execvp(arguments[0], arguments);
    _exit(127);
}

/* false: it has ended before it served its display. */
static bool launch(struct x_server *server) {
    int ends[2];
    char number[8] = "";
    bool serves = true;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0)
        run_server(server->display, dup(ends[1]));
    assert_int_equal(close(ends[1]), 0);
    for (size_t used = 0; serves && used + 1 < sizeof number && !strchr(number, '\n'); used++)
        serves = read(ends[0], number + used, 1) == 1;
    assert_int_equal(close(ends[0]), 0);
    if (!serves)
        assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
    return serves;
}

static void connect_driver(struct x_server *server) {
    server->driver = xcb_connect(server->display, NULL);
    assert_int_equal(xcb_connection_has_error(server->driver), 0);
    xcb_window_t root = xcb_setup_roots_iterator(xcb_get_setup(server->driver)).data->root;
    xcb_randr_get_screen_resources_current_reply_t *resources = xcb_randr_get_screen_resources_current_reply(
        server->driver, xcb_randr_get_screen_resources_current(server->driver, root), NULL);
    assert_non_null(resources);
    assert_int_equal(resources->num_outputs, 1);
    server->output = xcb_randr_get_screen_resources_current_outputs(resources)[0];
    free(resources);
}

static void serve(struct x_server *server) {
    connect_driver(server);
    x_driver_says(server, "Undesired");
}

/*
 * The number is this test's own, far from the first one that is free: that is what others take while ours is stopped. A server that
 * ends before it serves says why in the test's log, and another number is tried.
 */
void x_server_start(struct x_server *server) {
    bool serves = false;
    *server = (struct x_server){0};
    for (int i = 0; !serves && i < TRIES; i++) {
        (void)snprintf(server->display, sizeof server->display, ":%d", 100 + (int)((getpid() + i * 1009) % 50000));
        serves = launch(server);
    }
    assert_true(serves);
    serve(server);
}

void x_server_restart(struct x_server *server) {
    assert_true(launch(server));
    serve(server);
}

void x_server_stop(struct x_server *server) {
    if (!server->pid)
        return;
    xcb_disconnect(server->driver);
    assert_int_equal(kill(server->pid, SIGTERM), 0);
    x_server_thaw(server);
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
    server->pid = 0;
}

void x_server_freeze(const struct x_server *server) {
    int status;
    assert_int_equal(kill(server->pid, SIGSTOP), 0);
    assert_int_equal(waitpid(server->pid, &status, WUNTRACED), server->pid);
    assert_true(WIFSTOPPED(status));
}

void x_server_thaw(const struct x_server *server) {
    assert_int_equal(kill(server->pid, SIGCONT), 0);
}

xcb_atom_t x_atom(const struct x_server *server, const char *name) {
    xcb_intern_atom_reply_t *reply =
        xcb_intern_atom_reply(server->driver, xcb_intern_atom(server->driver, 0, (uint16_t)strlen(name), name), NULL);
    assert_non_null(reply);
    xcb_atom_t made = reply->atom;
    free(reply);
    return made;
}

void x_driver_sync(const struct x_server *server) {
    free(xcb_get_input_focus_reply(server->driver, xcb_get_input_focus(server->driver), NULL));
    assert_int_equal(xcb_connection_has_error(server->driver), 0);
}

void x_driver_says(const struct x_server *server, const char *value) {
    xcb_atom_t word = x_atom(server, value);
    xcb_randr_change_output_property(server->driver, server->output, x_atom(server, PROPERTY), XCB_ATOM_ATOM, 32,
                                     XCB_PROP_MODE_REPLACE, 1, &word);
    x_driver_sync(server);
}

void x_driver_edid(const struct x_server *server, const char *hex, uint8_t format) {
    uint8_t edid[256];
    size_t size = from_hex(hex, edid, sizeof edid);
    xcb_randr_change_output_property(server->driver, server->output, x_atom(server, "EDID"), XCB_ATOM_INTEGER, format,
                                     XCB_PROP_MODE_REPLACE, (uint32_t)(size * 8 / format), edid);
    x_driver_sync(server);
}

void x_driver_deletes(const struct x_server *server) {
    xcb_randr_delete_output_property(server->driver, server->output, x_atom(server, PROPERTY));
    x_driver_sync(server);
}

bool x_driver_has(const struct x_server *server, const char *value) {
    xcb_randr_get_output_property_cookie_t asked =
        xcb_randr_get_output_property(server->driver, server->output, x_atom(server, PROPERTY), XCB_ATOM_ANY, 0, 1, 0, 0);
    xcb_randr_get_output_property_reply_t *reply = xcb_randr_get_output_property_reply(server->driver, asked, NULL);
    assert_non_null(reply);
    assert_int_equal(reply->num_items, 1);
    bool has = *(const uint32_t *)(void *)xcb_randr_get_output_property_data(reply) == x_atom(server, value);
    free(reply);
    return has;
}

pid_t x_driver_begin(const struct x_server *server) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid != 0)
        return pid;
    struct x_server own = *server;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    connect_driver(&own); /* two processes must not share a connection */
    while (!x_driver_has(&own, "Desired"))
        (void)usleep(5000);
    x_driver_says(&own, "Enabled");
    _exit(0);
}

void x_driver_end(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}
