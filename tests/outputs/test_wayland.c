/* Surfaces of a real compositor: Weston without a screen, whose displays do what the test says (weston_plugin.c). */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/harness.h"

#include "copp-wayland.h"
#include "window.h"

#define SOCKET "copp-test"

struct world {
    char directory[32];
    char fifo[64];
    pid_t weston;
    int display; /* the FIFO: what the display behind the output does */
    struct window *window;
    struct copp_wayland *protection;
};

static void run_weston(bool plugin) {
    char modules[512];
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that fails leaves no compositor behind */
    (void)snprintf(modules, sizeof modules, "--modules=%s", COPP_WESTON_PLUGIN);
    int log = open("weston.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    (void)dup2(log, STDOUT_FILENO);
    (void)dup2(log, STDERR_FILENO);
    (void)execlp("weston", "weston", "--backend=headless-backend.so", "--shell=kiosk-shell.so", "--socket=" SOCKET, "--no-config",
                 "--idle-time=0", plugin ? modules : (char *)NULL, (char *)NULL);
    _exit(127);
}

/* Weston is ready once a client is served. */
static void connect_window(struct world *world) {
    for (int i = 0; i < 100 && !world->window; i++) {
        world->window = window_open(SOCKET);
        if (!world->window)
            (void)usleep(100000);
    }
    assert_non_null(world->window);
}

static void world_start(struct world *world, bool plugin) {
    *world = (struct world){.directory = "/tmp/copp-wayland-XXXXXX"};
    assert_non_null(mkdtemp(world->directory));
    (void)snprintf(world->fifo, sizeof world->fifo, "%s/hdcp", world->directory);
    assert_int_equal(mkfifo(world->fifo, 0600), 0);
    world->display = open(world->fifo, O_RDWR | O_CLOEXEC);
    assert_true(world->display >= 0);
    assert_int_equal(setenv("XDG_RUNTIME_DIR", world->directory, 1), 0);
    assert_int_equal(setenv("COPP_TEST_HDCP", world->fifo, 1), 0);
    assert_int_equal(chdir(world->directory), 0);
    world->weston = fork();
    assert_true(world->weston >= 0);
    if (world->weston == 0)
        run_weston(plugin);
    connect_window(world);
}

static void weston_stop(struct world *world) {
    if (!world->weston)
        return;
    assert_int_equal(kill(world->weston, SIGTERM), 0);
    assert_int_equal(waitpid(world->weston, NULL, 0), world->weston);
    world->weston = 0;
}

static void world_end(struct world *world) {
    static const char *const left[] = {"hdcp", "weston.log", SOCKET, SOCKET ".lock"};
    copp_wayland_free(&world->protection);
    window_close(world->window);
    weston_stop(world);
    assert_int_equal(close(world->display), 0);
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        (void)unlink(left[i]);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(world->directory), 0);
}

static void world_open(struct world *world) {
    world_start(world, true);
    assert_int_equal(copp_wayland_open(window_display(world->window), window_surface(world->window), &world->protection),
                     COPP_OK);
}

static void display_does(struct world *world, char status) {
    assert_int_equal(write(world->display, &status, 1), 1);
}

static struct copp_wayland_status ask(struct world *world) {
    struct copp_wayland_status status = {.size = sizeof status};
    assert_int_equal(copp_wayland_status(world->protection, &status), COPP_OK);
    return status;
}

/* The status once its global level is the one expected, which takes the compositor a frame or two. */
static struct copp_wayland_status await(struct world *world, enum copp_wayland_level global) {
    struct copp_wayland_status status = ask(world);
    for (int i = 0; i < 100 && status.global != global; i++) {
        (void)usleep(50000);
        window_show(world->window, 0);
        uint32_t flags = status.flags;
        status = ask(world);
        status.flags |= flags;
    }
    assert_int_equal(status.global, global);
    return status;
}

static void set(struct world *world, enum copp_wayland_level level) {
    assert_int_equal(copp_wayland_set(world->protection, level), COPP_OK);
    window_show(world->window, 0);
    assert_true(window_handle(world->window));
}

static void in_force_when_told(void) {
    struct world world;
    world_open(&world);
    set(&world, COPP_WAYLAND_TYPE0);
    struct copp_wayland_status status = ask(&world);
    assert_int_equal(status.local, COPP_WAYLAND_OFF);
    assert_int_equal(status.global, COPP_WAYLAND_OFF);
    display_does(&world, '1');
    status = await(&world, COPP_WAYLAND_TYPE0);
    assert_int_equal(status.local, COPP_WAYLAND_TYPE0);
    assert_int_equal(status.flags, COPP_STATUS_NORMAL);
    display_does(&world, '2'); /* more than was asked for is not a loss, nor is what follows */
    assert_int_equal(await(&world, COPP_WAYLAND_TYPE1).local, COPP_WAYLAND_TYPE0);
    display_does(&world, '1');
    status = await(&world, COPP_WAYLAND_TYPE0);
    assert_int_equal(status.local, COPP_WAYLAND_TYPE0);
    assert_int_equal(status.flags, COPP_STATUS_NORMAL);
    world_end(&world);
}

static void less_than_asked_is_not_in_force(void) {
    struct world world;
    world_open(&world);
    set(&world, COPP_WAYLAND_TYPE1);
    display_does(&world, '1');
    struct copp_wayland_status status = await(&world, COPP_WAYLAND_TYPE0);
    assert_int_equal(status.local, COPP_WAYLAND_OFF);
    assert_int_equal(status.flags, COPP_STATUS_NORMAL); /* what never was cannot be lost */
    world_end(&world);
}

static void falling_away_is_link_lost(void) {
    struct world world;
    world_open(&world);
    set(&world, COPP_WAYLAND_TYPE0);
    display_does(&world, '1');
    assert_int_equal(await(&world, COPP_WAYLAND_TYPE0).local, COPP_WAYLAND_TYPE0);
    display_does(&world, '0');
    struct copp_wayland_status status = await(&world, COPP_WAYLAND_OFF);
    assert_int_equal(status.flags, COPP_STATUS_LINK_LOST);
    assert_int_equal(status.local, COPP_WAYLAND_OFF);
    assert_int_equal(ask(&world).flags, COPP_STATUS_NORMAL); /* once */
    display_does(&world, '1');
    assert_int_equal(await(&world, COPP_WAYLAND_TYPE0).local, COPP_WAYLAND_OFF); /* it is gone until set again */
    set(&world, COPP_WAYLAND_TYPE0);
    assert_int_equal(await(&world, COPP_WAYLAND_TYPE0).local, COPP_WAYLAND_TYPE0);
    world_end(&world);
}

/*
 * The display does something, which the compositor has told the library's queue when this returns, and nobody has read there. It
 * tells all windows in one go: once another one knows, one round trip fetches what it told ours.
 */
static void leave_unread(struct world *world, enum copp_wayland_level level) {
    struct world other = {.window = window_open(SOCKET)};
    assert_non_null(other.window);
    assert_int_equal(copp_wayland_open(window_display(other.window), window_surface(other.window), &other.protection), COPP_OK);
    window_show(other.window, 0);
    (void)await(&other, COPP_WAYLAND_TYPE0); /* before */
    display_does(world, (char)('0' + level));
    (void)await(&other, level);
    assert_true(window_handle(world->window));
    copp_wayland_free(&other.protection);
    window_close(other.window);
}

/* Nothing was held while the display fell, so nothing is lost; the level set since then waits for the display. */
static void falling_while_off_is_no_loss(void) {
    struct world world;
    world_open(&world);
    set(&world, COPP_WAYLAND_TYPE0);
    display_does(&world, '1');
    assert_int_equal(await(&world, COPP_WAYLAND_TYPE0).local, COPP_WAYLAND_TYPE0);
    set(&world, COPP_WAYLAND_OFF);
    leave_unread(&world, COPP_WAYLAND_OFF);
    set(&world, COPP_WAYLAND_TYPE0);
    struct copp_wayland_status status = await(&world, COPP_WAYLAND_OFF);
    assert_int_equal(status.flags, COPP_STATUS_NORMAL);
    assert_int_equal(status.local, COPP_WAYLAND_OFF);
    display_does(&world, '1');
    status = await(&world, COPP_WAYLAND_TYPE0);
    assert_int_equal(status.flags, COPP_STATUS_NORMAL);
    assert_int_equal(status.local, COPP_WAYLAND_TYPE0);
    world_end(&world);
}

/* What was held at a higher level is held at the lower one from the moment it is set. */
static void falling_after_a_lower_level_is_link_lost(void) {
    struct world world;
    world_open(&world);
    set(&world, COPP_WAYLAND_TYPE1);
    display_does(&world, '2');
    assert_int_equal(await(&world, COPP_WAYLAND_TYPE1).local, COPP_WAYLAND_TYPE1);
    set(&world, COPP_WAYLAND_TYPE0);
    display_does(&world, '0');
    struct copp_wayland_status status = await(&world, COPP_WAYLAND_OFF);
    assert_int_equal(status.flags, COPP_STATUS_LINK_LOST);
    assert_int_equal(status.local, COPP_WAYLAND_OFF);
    world_end(&world);
}

/* APP-3: what stood there before is not taken for an answer. */
static void a_status_without_a_size(void) {
    struct world world;
    world_open(&world);
    struct copp_wayland_status status = {.local = COPP_WAYLAND_TYPE1};
    assert_int_equal(copp_wayland_status(world.protection, &status), COPP_E_ARGUMENT);
    status.size = sizeof status;
    assert_int_equal(copp_wayland_status(world.protection, &status), COPP_OK);
    assert_int_equal(status.local, COPP_WAYLAND_OFF);
    world_end(&world);
}

static void compositor_that_dies(void) {
    struct world world;
    world_open(&world);
    set(&world, COPP_WAYLAND_TYPE0);
    display_does(&world, '1');
    assert_int_equal(await(&world, COPP_WAYLAND_TYPE0).local, COPP_WAYLAND_TYPE0);
    weston_stop(&world);
    struct copp_wayland_status status = {.size = sizeof status};
    enum copp_result result = COPP_OK;
    uint32_t flags = 0;
    for (int i = 0; i < 100 && !result; i++) {
        result = copp_wayland_status(world.protection, &status);
        flags |= status.flags;
        (void)usleep(10000);
    }
    assert_int_equal(result, COPP_E_TRANSPORT);
    assert_int_equal(flags, COPP_STATUS_LINK_LOST);
    assert_int_equal(status.local, COPP_WAYLAND_OFF);
    assert_int_equal(status.global, COPP_WAYLAND_OFF);
    world_end(&world);
}

static void compositor_without_it(void) {
    struct world world;
    world_start(&world, false);
    assert_int_equal(copp_wayland_open(window_display(world.window), window_surface(world.window), &world.protection),
                     COPP_E_UNSUPPORTED);
    assert_null(world.protection);
    world_end(&world);
}

static void arguments(void) {
    struct world world;
    world_open(&world);
    struct copp_wayland *none;
    assert_int_equal(copp_wayland_open(NULL, window_surface(world.window), &none), COPP_E_ARGUMENT);
    assert_int_equal(copp_wayland_open(window_display(world.window), NULL, &none), COPP_E_ARGUMENT);
    assert_int_equal(copp_wayland_open(window_display(world.window), window_surface(world.window), NULL), COPP_E_ARGUMENT);
    assert_int_equal(copp_wayland_set(world.protection, (enum copp_wayland_level)3), COPP_E_ARGUMENT);
    copp_wayland_free(NULL);
    world_end(&world);
}

/* What the example prints and its exit status, as a user sees them. */
static void example_plays_only_protected(void) {
    struct world world;
    char line[64];
    world_start(&world, true);
    assert_int_equal(setenv("WAYLAND_DISPLAY", SOCKET, 1), 0);
    window_close(world.window); /* a kiosk shows the window that came last */
    FILE *player = popen(COPP_PROTECTED_WINDOW, "r");
    assert_non_null(player);
    display_does(&world, '1');
    assert_non_null(fgets(line, sizeof line, player));
    assert_string_equal(line, "protected: playing\n");
    display_does(&world, '0');
    assert_non_null(fgets(line, sizeof line, player));
    assert_string_equal(line, "protection is lost: stopped\n");
    assert_int_equal(WEXITSTATUS(pclose(player)), 1);
    world.window = window_open(SOCKET);
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(in_force_when_told, "CMD-4 QRY-5"),
    TEST(less_than_asked_is_not_in_force, "CMD-4"),
    TEST(falling_away_is_link_lost, "EVT-1 EVT-2 EVT-3"),
    TEST(falling_while_off_is_no_loss, "EVT-1"),
    TEST(falling_after_a_lower_level_is_link_lost, "EVT-1 EVT-3"),
    TEST(a_status_without_a_size, "APP-3"),
    TEST(compositor_that_dies, "EVT-1 EVT-3"),
    TEST(compositor_without_it, ""),
    TEST(arguments, ""),
    TEST(example_plays_only_protected, "EVT-4"),
};

int main(void) {
    return RUN_SUITE("wayland", cases);
}
