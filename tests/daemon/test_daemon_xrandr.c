/* coppd with an X server's outputs: players at its socket, a real server behind it, and a RandR client that plays the driver. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../outputs/x_server.h"
#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP

struct world {
    struct x_server server;
    struct kit kit;
    struct player player; /* who holds HDCP */
    struct player other;
};

static void settings(const struct world *world, const char *more, char *text, size_t size) {
    (void)snprintf(text, size, "%s[outputs]\nbackend = xrandr\ndisplay = %s\ntrust_server = 1\n", more, world->server.display);
}

static void world_begin(struct world *world, const char *more) {
    char text[256];
    *world = (struct world){.kit = {.pid = 0}};
    x_server_start(&world->server);
    settings(world, more, text, sizeof text);
    kit_make(&world->kit, text);
    kit_start(&world->kit);
    player_begin(&world->kit, "screen", &world->player);
    player_begin(&world->kit, "screen", &world->other);
}

static void world_end(struct world *world) {
    player_end(&world->player);
    player_end(&world->other);
    kit_end(&world->kit);
    x_server_stop(&world->server);
}

static void protect(struct world *world, struct player *player) {
    pid_t driver = x_driver_begin(&world->server);
    assert_int_equal(copp_session_set_protection_level(player->session, HDCP, 1), COPP_OK);
    x_driver_end(driver);
    assert_int_equal(player_local(player, HDCP), 1);
    assert_int_equal(player_global(&world->other, HDCP), 1);
}

static void wait_until_driver_has(const struct world *world, const char *value) {
    for (uint64_t until = clock_ms() + 20000; !x_driver_has(&world->server, value); sleep_ms(2))
        assert_true(clock_ms() < until);
}

static void a_session_on_an_x_server(void) {
    struct world world;
    world_begin(&world, "");
    uint32_t types;
    assert_int_equal(copp_session_protection_types(world.player.session, &types), COPP_OK);
    assert_int_equal(types, HDCP);
    protect(&world, &world.player);
    assert_int_equal(copp_session_set_protection_level(world.player.session, HDCP, 0), COPP_OK);
    assert_true(x_driver_has(&world.server, "Undesired"));
    world_end(&world);
}

static void hdcp_drops(void) {
    static const char *const values[] = {"Desired", "Undesired"};
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        world_begin(&world, "");
        protect(&world, &world.player);
        uint64_t began = clock_ms();
        x_driver_says(&world.server, values[i]);
        player_loses(&world.player, HDCP, began);
        assert_int_equal(player_global(&world.other, HDCP), 0);
        wait_until_driver_has(&world, "Undesired");
        world_end(&world);
    }
}

static void never_enabled(void) {
    struct world world;
    world_begin(&world, "pending_limit = 700\n");
    assert_int_equal(copp_session_set_protection_level(world.player.session, HDCP, 1), COPP_E_REFUSED);
    assert_int_equal(copp_session_hresult(world.player.session), COPP_HR_UNEXPECTED);
    assert_int_equal(player_global(&world.other, HDCP), 0);
    assert_true(x_driver_has(&world.server, "Undesired"));
    world_end(&world);
}

static void a_killed_client_gives_back(void) {
    struct world world;
    world_begin(&world, "");
    pid_t driver = x_driver_begin(&world.server);
    pid_t holder = holder_begin(&world.kit, "screen");
    x_driver_end(driver);
    assert_int_equal(player_global(&world.other, HDCP), 1);
    process_kill(holder);
    wait_until_driver_has(&world, "Undesired");
    assert_int_equal(player_global(&world.other, HDCP), 0);
    world_end(&world);
}

static void the_server_is_stopped(void) {
    struct world world;
    struct copp_socket_connector told = {.size = sizeof told};
    struct copp_socket *late;
    struct player young;
    world_begin(&world, "");
    protect(&world, &world.player);
    uint64_t began = clock_ms();
    x_server_freeze(&world.server);
    player_loses(&world.player, HDCP, began);
    assert_int_equal(player_global(&world.other, HDCP), 0);
    player_begin(&world.kit, "screen", &young);
    assert_int_equal(copp_session_set_protection_level(young.session, HDCP, 1), COPP_E_REFUSED);
    assert_int_equal(
        copp_socket_connect(
            &(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = world.kit.socket, .answer_ms = 20000},
            &late),
        COPP_OK);
    assert_int_equal(copp_socket_connector(late, 0, &told), COPP_OK);
    assert_string_equal(told.name, "screen");
    assert_int_equal(told.hdcp, 0);
    copp_socket_close(&late);
    x_server_thaw(&world.server);
    kit_wait_said(&world.kit, "connected to the X server\n", 1);
    wait_until_driver_has(&world, "Undesired"); /* it had been left at Enabled */
    protect(&world, &young);
    x_server_freeze(&world.server);
    kit_stop(&world.kit); /* which waits for nobody who does not answer */
    player_end(&young);
    world_end(&world);
}

static void the_server_is_restarted(void) {
    struct world world;
    world_begin(&world, "");
    protect(&world, &world.player);
    uint64_t began = clock_ms();
    x_server_stop(&world.server);
    player_loses(&world.player, HDCP, began);
    assert_int_equal(player_global(&world.other, HDCP), 0);
    x_server_restart(&world.server);
    kit_wait_said(&world.kit, "connected to the X server\n", 1);
    struct player young;
    player_begin(&world.kit, "screen", &young);
    protect(&world, &young);
    player_end(&young);
    wait_until_driver_has(&world, "Undesired");
    world_end(&world);
}

/* The whole way: a guarded command, a socket, coppd, an X server, a driver. */
static void copp_guards_a_command(void) {
    struct world world;
    char device[KIT_PATH + 8];
    char anchor[KIT_PATH + 32];
    int status;
    world_begin(&world, "");
    (void)snprintf(device, sizeof device, "unix:%s", world.kit.socket);
    (void)snprintf(anchor, sizeof anchor, "%s/test-driver/anchor.b64", world.kit.directory);
    pid_t driver = x_driver_begin(&world.server);
    pid_t guard = fork();
    assert_true(guard >= 0);
    if (guard == 0) {
        (void)execl(COPP_TOOL, "copp", "protect", "--device", device, "--anchor", anchor, "--hdcp", "1", "--unnamed-receiver",
                    "--", "sleep", "60", (char *)NULL);
        _exit(127);
    }
    x_driver_end(driver);
    while (player_global(&world.other, HDCP) != 1)
        sleep_ms(5);
    uint64_t began = clock_ms();
    x_driver_says(&world.server, "Desired");
    assert_int_equal(waitpid(guard, &status, 0), guard);
    assert_true(clock_ms() - began < 20000); /* it polls as players must, and the command is asked to end first */
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    wait_until_driver_has(&world, "Undesired");
    world_end(&world);
}

/* At boot it is coppd that comes first. */
static void the_server_comes_later(bool stopped) {
    struct world world = {.kit = {.pid = 0}};
    char text[256];
    x_server_start(&world.server);
    settings(&world, "", text, sizeof text);
    kit_make(&world.kit, text);
    if (stopped)
        x_server_freeze(&world.server);
    else
        x_server_stop(&world.server);
    kit_start(&world.kit);
    assert_int_equal(player_try(&world.kit, "screen", NULL, &world.player), COPP_E_NOT_FOUND);
    player_end(&world.player);
    if (stopped)
        x_server_thaw(&world.server);
    else
        x_server_restart(&world.server);
    kit_wait_said(&world.kit, "screen: coppd trusts the X server's HDCP state", 1);
    player_begin(&world.kit, "screen", &world.player);
    player_begin(&world.kit, "screen", &world.other);
    protect(&world, &world.player);
    world_end(&world);
}

static void the_server_is_not_there_at_the_start(void) {
    the_server_comes_later(false);
}

static void the_server_is_stopped_at_the_start(void) {
    the_server_comes_later(true);
}

static const struct test_case cases[] = {
    TEST(a_session_on_an_x_server, "CMD-4 CMD-6 QRY-5"),
    TEST(hdcp_drops, "EVT-1 EVT-3"),
    TEST(never_enabled, "CMD-6"),
    TEST(a_killed_client_gives_back, "EVT-5 ARB-4"),
    TEST(the_server_is_stopped, "EVT-1 EVT-3 ARB-4"),
    TEST(the_server_is_restarted, "EVT-1 EVT-3"),
    TEST(copp_guards_a_command, "EVT-1 EVT-4 APP-3"),
    TEST(the_server_is_not_there_at_the_start, ""),
    TEST(the_server_is_stopped_at_the_start, ""),
};

int main(void) {
    return RUN_SUITE("daemon_xrandr", cases);
}
