/*
 * coppd that finds its outputs by itself (backend = auto): an X server's before a card's, whichever comes first stays, and
 * nobody is kept waiting by what is not there. And an output without a cable, told as such by coppd and by copp.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../outputs/fake_drm.h"
#include "../outputs/x_server.h"
#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP

struct world {
    struct fake_drm *drm;
    struct x_server server;
    struct kit kit;
};

/* Both are there; coppd is not yet. device: "" for any card. */
static void world_make(struct world *world, const char *device) {
    char text[256];
    *world = (struct world){.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true})};
    x_server_start(&world->server);
    (void)snprintf(text, sizeof text, "[outputs]\nbackend = auto\ndevice = %s\ndisplay = %s\ntrust_server = 1\n", device,
                   world->server.display);
    kit_make(&world->kit, text);
}

static void world_end(struct world *world) {
    kit_end(&world->kit);
    x_server_stop(&world->server);
    fake_drm_free(&world->drm);
}

/* The connector of that place; its name is "" if there is none. */
static struct copp_socket_connector connector(const struct kit *kit, uint32_t index) {
    struct copp_socket *connection;
    struct copp_socket_connector told = {.size = sizeof told, .name = ""};
    assert_int_equal(
        copp_socket_connect(
            &(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = kit->socket, .answer_ms = 20000},
            &connection),
        COPP_OK);
    enum copp_result result = copp_socket_connector(connection, index, &told);
    assert_true(result == COPP_OK || result == COPP_E_NOT_FOUND);
    copp_socket_close(&connection);
    return told;
}

static struct copp_socket_connector named(const struct kit *kit, const char *name) {
    uint32_t i = 0;
    struct copp_socket_connector told = connector(kit, i);
    while (strcmp(told.name, name) != 0) {
        assert_string_not_equal(told.name, "");
        told = connector(kit, ++i);
    }
    return told;
}

static bool said(struct kit *kit, const char *text) {
    char *all = kit_output(kit);
    bool found = strstr(all, text) != NULL;
    free(all);
    return found;
}

static void a_server_before_the_cards(void) {
    struct world world;
    world_make(&world, "");
    kit_start(&world.kit);
    kit_wait_said(&world.kit, "auto: uses the outputs of xrandr (1 so far) until coppd is restarted", 1);
    struct copp_socket_connector told = connector(&world.kit, 0);
    assert_string_equal(told.name, "screen");
    assert_true(told.real);
    assert_true(told.plugged);
    assert_string_equal(connector(&world.kit, 1).name, "");
    assert_true(kit_metric(&world.kit, "copp_connector_simulated{connector=\"screen\"} ") == 0);
    x_server_stop(&world.server); /* it stays with it though the cards are there still */
    kit_wait_said(&world.kit, "the X server has gone", 1);
    assert_false(connector(&world.kit, 0).plugged);
    x_server_restart(&world.server);
    kit_wait_said(&world.kit, "connected to the X server\n", 1);
    struct player player;
    player_begin(&world.kit, "screen", &player);
    pid_t driver = x_driver_begin(&world.server);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    x_driver_end(driver);
    player_end(&player);
    assert_false(said(&world.kit, "outputs of kms"));
    world_end(&world);
}

static void cards_where_there_is_no_server(void) {
    struct world world;
    struct player player;
    world_make(&world, "");
    x_server_stop(&world.server);
    fake_drm_hold(world.drm)->enable_at_once = true;
    fake_drm_release(world.drm);
    kit_start(&world.kit);
    kit_wait_said(&world.kit, "auto: uses the outputs of kms (4 so far) until coppd is restarted", 1);
    x_server_restart(&world.server);
    player_begin(&world.kit, "card0-HDMI-A-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 2);
    player_end(&player);
    assert_false(said(&world.kit, "outputs of xrandr"));
    world_end(&world);
}

/* What was an attempt's log before is its log still. */
static void cards_that_refuse_later(void) {
    struct world world;
    struct player player;
    world_make(&world, "");
    x_server_stop(&world.server);
    kit_start(&world.kit);
    kit_wait_said(&world.kit, "auto: uses the outputs of kms", 1);
    fake_drm_hold(world.drm)->refuse_write = EIO;
    fake_drm_release(world.drm);
    player_begin(&world.kit, "card0-HDMI-A-1", &player);
    assert_int_not_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    kit_wait_said(&world.kit, "card0-HDMI-A-1: the driver refuses to switch HDCP on", 1);
    player_end(&player);
    world_end(&world);
}

static void a_server_that_comes_later(void) {
    struct world world;
    struct player player;
    world_make(&world, "/dev/dri/card7");
    x_server_stop(&world.server);
    kit_start(&world.kit);
    kit_wait_said(&world.kit, "there are no outputs yet: each second coppd looks for an X server at ", 1);
    assert_int_equal(player_try(&world.kit, "screen", NULL, &player), COPP_E_NOT_FOUND);
    player_end(&player);
    x_server_restart(&world.server);
    kit_wait_said(&world.kit, "auto: uses the outputs of xrandr", 1);
    player_begin(&world.kit, "screen", &player);
    player_end(&player);
    /* tried every second, and said once */
    char *all = kit_output(&world.kit);
    char *first = strstr(all, "card7: No such file");
    assert_true(first && !strstr(first + 1, "card7: No such file"));
    free(all);
    world_end(&world);
}

static void a_card_that_comes_later(void) {
    struct world world;
    struct player player;
    world_make(&world, "/dev/dri/card1");
    x_server_stop(&world.server);
    kit_start(&world.kit);
    kit_wait_said(&world.kit, "there are no outputs yet", 1);
    struct fake_drm *second = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .beside = world.drm});
    fake_drm_hold(second)->enable_at_once = true;
    fake_drm_release(second);
    kit_wait_said(&world.kit, "auto: uses the outputs of kms (4 so far)", 1);
    player_begin(&world.kit, "card1-HDMI-A-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    assert_int_equal(fake_drm_protection(second, FAKE_HDMI), 2);
    player_end(&player);
    world_end(&world);
    fake_drm_free(&second);
}

/* It takes the connection and says nothing: the cards are its own, and everybody else is served. */
static void a_server_that_does_not_answer(void) {
    struct world world;
    struct player player;
    world_make(&world, "");
    x_server_freeze(&world.server);
    kit_start(&world.kit);
    kit_wait_said(&world.kit, "there are no outputs yet", 1);
    uint64_t began = clock_ms();
    for (int i = 0; i < 20; i++)
        assert_string_equal(connector(&world.kit, 0).name, "");
    assert_true(clock_ms() - began < 5000); /* which is what one attempt takes at the start */
    assert_false(said(&world.kit, "uses the outputs of"));
    x_server_thaw(&world.server);
    kit_wait_said(&world.kit, "auto: uses the outputs of xrandr", 1);
    player_begin(&world.kit, "screen", &player);
    player_end(&player);
    world_end(&world);
}

/* copp, with coppd's anchor; what it prints is in out. Its exit status. */
static int run_copp(const struct kit *kit, char *out, size_t size, const char *const *arguments) {
    char command[1024];
    size_t used =
        (size_t)snprintf(command, sizeof command, "COPP_DEVICE=unix:%s COPP_ANCHOR=%s/test-driver/anchor.b64 " COPP_TOOL,
                         kit->socket, kit->directory);
    for (; *arguments; arguments++)
        used += (size_t)snprintf(command + used, sizeof command - used, " %s", *arguments);
    (void)snprintf(command + used, sizeof command - used, " 2>&1");
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    out[fread(out, 1, size - 1, pipe)] = 0;
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}
#define COPP(...) run_copp(&world.kit, out, sizeof out, (const char *const[]){__VA_ARGS__, NULL})

static void assert_says(const char *out, const char *text) {
    if (!strstr(out, text))
        fail_msg("it does not say \"%s\": %s", text, out);
}

/* Nothing but what the kernel says: without anybody who uses an output, too. */
static void outputs_without_a_cable(void) {
    struct world world;
    char out[8192];
    world_make(&world, "");
    x_server_stop(&world.server);
    fake_drm_hold(world.drm)->enable_at_once = true;
    fake_drm_release(world.drm);
    kit_start(&world.kit);
    assert_true(named(&world.kit, "card0-HDMI-A-1").plugged);
    assert_true(named(&world.kit, "card0-DP-1").plugged);
    assert_false(named(&world.kit, "card0-VGA-1").plugged);
    assert_int_equal(COPP("protect", "--hdcp", "1", "--unnamed-receiver", "--", "true"), 0);
    assert_says(out, "card0-HDMI-A-1: protected: HDCP on, receiver not named");
    assert_null(strstr(out, "simulated"));

    struct fake_card *card = fake_drm_hold(world.drm);
    card->connectors[FAKE_HDMI].connected = false;
    card->connectors[FAKE_HDMI].crtc = 0;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "change");
    kit_wait_said(&world.kit, "card0-HDMI-A-1: nothing is plugged in", 1);
    assert_false(named(&world.kit, "card0-HDMI-A-1").plugged);
    assert_true(kit_metric(&world.kit, "copp_connector_plugged{connector=\"card0-HDMI-A-1\"} ") == 0);

    /* all of them are listed, each by a session of its own */
    assert_int_equal(COPP("status"), 0);
    assert_says(out, "\ncard0-HDMI-A-1 (unplugged) ");
    assert_says(out, "\ncard0-DP-1 ");
    assert_says(out, "\ncard0-VGA-1 (unplugged) ");
    assert_int_equal(COPP("status", "--json", "| jq -c '[.simulated, (.outputs[] | .simulated, .plugged)]'"), 0);
    assert_says(out, "[false,false,false,false,true,false,true,false,false]");
    assert_int_equal(COPP("watch", "--once"), 0);
    assert_says(out, "\ncard0-HDMI-A-1 (unplugged) ");

    /* passed over, though it is the first that offers HDCP; by its name it is refused (QRY-6) */
    assert_int_equal(COPP("protect", "--hdcp", "1", "--unnamed-receiver", "--", "true"), 0);
    assert_says(out, "card0-DP-1: protected: HDCP on");
    assert_int_equal(COPP("protect", "--hdcp", "1", "--unnamed-receiver", "--output", "card0-HDMI-A-1", "--", "true"), 1);
    assert_says(out, "card0-HDMI-A-1: nothing is plugged in");

    card = fake_drm_hold(world.drm);
    card->connectors[FAKE_HDMI].connected = true;
    card->connectors[FAKE_HDMI].crtc = 301;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "change");
    kit_wait_said(&world.kit, "card0-HDMI-A-1: a display is plugged in", 1);
    assert_true(named(&world.kit, "card0-HDMI-A-1").plugged);
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(a_server_before_the_cards, ""),    TEST(cards_where_there_is_no_server, ""), TEST(cards_that_refuse_later, "CMD-4"),
    TEST(a_server_that_comes_later, ""),    TEST(a_card_that_comes_later, ""),        TEST(a_server_that_does_not_answer, ""),
    TEST(outputs_without_a_cable, "QRY-6"),
};

int main(void) {
    return RUN_SUITE("daemon_auto", cases);
}
