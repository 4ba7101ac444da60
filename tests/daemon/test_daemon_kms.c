/* coppd with the kernel's outputs: a process of its own on a card made by umockdev (../outputs/fake_drm.h). */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "../outputs/edids.h"
#include "../outputs/fake_drm.h"
#include "daemon_kit.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define OUTPUT "card0-HDMI-A-1"

struct world {
    struct fake_drm *drm;
    struct kit kit;
    struct player player; /* who holds HDCP */
    struct player other;
};

static void world_make(struct world *world, const char *more) {
    char text[128];
    *world = (struct world){.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true})};
    (void)snprintf(text, sizeof text, "%s[outputs]\nbackend = kms\n", more);
    kit_make(&world->kit, text);
}

static void world_start(struct world *world) {
    kit_start(&world->kit);
    player_begin(&world->kit, OUTPUT, &world->player);
    player_begin(&world->kit, OUTPUT, &world->other);
}

static void world_begin(struct world *world, const char *more) {
    world_make(world, more);
    world_start(world);
}

static void world_end(struct world *world) {
    player_end(&world->player);
    player_end(&world->other);
    kit_end(&world->kit);
    const struct fake_card *card = fake_drm_hold(world->drm);
    assert_false(card->master); /* a compositor could have it at any time */
    assert_false(card->probed);
    assert_false(card->too_bold);
    assert_false(card->blocking_used);
    assert_int_equal(card->connectors[FAKE_HDMI].protection_value, 0);
    fake_drm_release(world->drm);
    fake_drm_free(&world->drm);
}

static void wait_for(struct fake_drm *drm, uint64_t value) {
    for (uint64_t until = clock_ms() + 20000; fake_drm_protection(drm, FAKE_HDMI) != value; sleep_ms(2))
        assert_true(clock_ms() < until);
}

/* The hardware, which takes its time. */
static void *enable(void *argument) {
    struct fake_drm *drm = argument;
    while (fake_drm_protection(drm, FAKE_HDMI) != 1)
        sleep_ms(5);
    sleep_ms(50);
    fake_drm_set_protection(drm, FAKE_HDMI, 2);
    return NULL;
}

static void protect(struct world *world) {
    pthread_t hardware;
    assert_int_equal(pthread_create(&hardware, NULL, enable, world->drm), 0);
    assert_int_equal(copp_session_set_protection_level(world->player.session, HDCP, 1), COPP_OK);
    assert_int_equal(pthread_join(hardware, NULL), 0);
    assert_int_equal(player_local(&world->player, HDCP), 1);
    assert_int_equal(player_global(&world->other, HDCP), 1);
}

static void a_session_on_a_card(void) {
    struct world world;
    world_begin(&world, "");
    uint32_t type;
    assert_int_equal(copp_session_connector_type(world.player.session, &type), COPP_OK);
    assert_int_equal(type, COPP_CONNECTOR_HDMI);
    protect(&world);
    assert_int_equal(copp_session_set_protection_level(world.player.session, HDCP, 0), COPP_OK);
    wait_for(world.drm, 0); /* level 0 is granted at once, and a slow write follows (CMD-4) */
    world_end(&world);
}

static void hdcp_drops(bool told) {
    struct world world;
    world_begin(&world, "");
    protect(&world);
    uint64_t began = clock_ms();
    fake_drm_set_protection(world.drm, FAKE_HDMI, 1);
    if (told)
        fake_drm_uevent(world.drm, "change");
    player_loses(&world.player, HDCP, began);
    assert_int_equal(player_global(&world.other, HDCP), 0);
    wait_for(world.drm, 0);
    world_end(&world);
}

static void hdcp_drops_with_an_event(void) {
    hdcp_drops(true);
}

static void hdcp_drops_without_an_event(void) {
    hdcp_drops(false);
}

static void never_enabled(void) {
    struct world world;
    world_begin(&world, "pending_limit = 700\n");
    assert_int_equal(copp_session_set_protection_level(world.player.session, HDCP, 1), COPP_E_REFUSED);
    assert_int_equal(copp_session_hresult(world.player.session), COPP_HR_UNEXPECTED);
    assert_int_equal(player_global(&world.other, HDCP), 0);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 0);
    world_end(&world);
}

static void a_killed_client_gives_back(void) {
    struct world world;
    world_begin(&world, "");
    fake_drm_hold(world.drm)->enable_at_once = true;
    fake_drm_release(world.drm);
    pid_t pid = holder_begin(&world.kit, OUTPUT);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 2);
    process_kill(pid);
    wait_for(world.drm, 0);
    assert_int_equal(player_global(&world.other, HDCP), 0);
    world_end(&world);
}

/* Without a moment to clean up in. */
static void world_kill(struct world *world) {
    kit_kill(&world->kit);
    player_end(&world->player);
    player_end(&world->other);
}

static void a_killed_coppd_is_cleaned_up_after(void) {
    struct world world;
    world_begin(&world, "");
    protect(&world);
    fake_drm_set_protection(world.drm, FAKE_DP, 2); /* another program's */
    world_kill(&world);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 2);
    world_start(&world);
    wait_for(world.drm, 0);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_DP), 2);
    protect(&world);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_DP), 2);
    world_end(&world);
}

/* The boot splash is the card's master while coppd starts, and coppd's unit has no privileges. */
static void a_splash_that_leaves(void) {
    struct world world;
    world_make(&world, "");
    fake_drm_other_master(world.drm, "plymouthd", 321);
    fake_drm_hold(world.drm)->privileged = false;
    fake_drm_release(world.drm);
    world_start(&world);
    kit_wait_said(&world.kit, "plymouthd (process 321) owns its outputs", 1);
    assert_int_equal(copp_session_set_protection_level(world.player.session, HDCP, 1), COPP_E_REFUSED);
    assert_int_equal(copp_session_hresult(world.player.session), COPP_HR_UNEXPECTED);
    fake_drm_other_master(world.drm, NULL, 0);
    protect(&world);
    assert_int_equal(kit_times_said(&world.kit, "owns its outputs"), 1);
    assert_int_equal(copp_session_set_protection_level(world.player.session, HDCP, 0), COPP_OK);
    world_end(&world);
}

/* A driver that refuses, again and again: said once. (An hour of it, in simulated time: test_kms_faults.c.) */
static void a_driver_that_refuses_to_take_down(void) {
    struct world world;
    world_begin(&world, "");
    protect(&world);
    fake_drm_hold(world.drm)->refuse_write = EIO;
    fake_drm_release(world.drm);
    assert_int_equal(copp_session_set_protection_level(world.player.session, HDCP, 0), COPP_OK);
    for (unsigned refusals = 0; refusals < 3; sleep_ms(2)) {
        refusals = fake_drm_hold(world.drm)->refusals;
        fake_drm_release(world.drm);
    }
    assert_int_equal(kit_times_said(&world.kit, "refuses to switch HDCP off"), 1);
    assert_int_equal(player_global(&world.other, HDCP), 1); /* QRY-5: it is in force, whoever wants it */
    fake_drm_hold(world.drm)->refuse_write = 0;
    fake_drm_release(world.drm);
    wait_for(world.drm, 0);
    world_end(&world);
}

/* With a socket of its own, and the directory of notes in common. The second one is the successor of the first, which is killed. */
static void a_card_has_one_coppd(void) {
    struct world world;
    struct kit second;
    struct player player;
    char said[64];
    char ours[KIT_PATH + 16];
    char theirs[KIT_PATH + 16];
    world_begin(&world, "");
    kit_make(&second, "[outputs]\nbackend = kms\n");
    (void)snprintf(ours, sizeof ours, "%s/outputs", world.kit.directory);
    (void)snprintf(theirs, sizeof theirs, "%s/outputs", second.directory);
    assert_int_equal(symlink(ours, theirs), 0);
    kit_start(&second);
    (void)snprintf(said, sizeof said, "(process %d) already switches its HDCP", (int)world.kit.pid);
    kit_wait_said(&second, said, 1);
    player_begin(&second, OUTPUT, &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_E_REFUSED);
    protect(&world);
    world_kill(&world);
    wait_for(world.drm, 0);
    fake_drm_hold(world.drm)->enable_at_once = true;
    fake_drm_release(world.drm);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    player_end(&player);
    wait_for(world.drm, 0);
    kit_end(&second);
    world_start(&world);
    world_end(&world);
}

static void a_card_that_comes_later(void) {
    struct world world;
    struct copp_socket *connection;
    struct copp_socket_connector told = {.size = sizeof told};
    struct player player;
    world_begin(&world, "");
    struct fake_drm *second = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .beside = world.drm});
    fake_drm_hold(second)->enable_at_once = true;
    fake_drm_release(second);
    assert_int_equal(
        copp_socket_connect(
            &(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = world.kit.socket, .answer_ms = 20000},
            &connection),
        COPP_OK);
    fake_drm_uevent(second, "add");
    for (uint64_t until = clock_ms() + 20000; copp_socket_connector(connection, 4, &told) != COPP_OK; sleep_ms(5))
        assert_true(clock_ms() < until);
    assert_string_equal(told.name, "card1-HDMI-A-1");
    copp_socket_close(&connection);
    player_begin(&world.kit, "card1-HDMI-A-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    assert_int_equal(fake_drm_protection(second, FAKE_HDMI), 2);
    player_end(&player);
    wait_for(second, 0);
    world_end(&world);
    fake_drm_free(&second);
}

/* A driver that authenticates inside its commit lets nobody read that card. All of this happens meanwhile. */
static void a_card_that_lets_nobody_read(void) {
    struct world world;
    struct player player;
    world_make(&world, "");
    struct fake_drm *second = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .beside = world.drm});
    fake_drm_hold(second)->enable_at_once = true;
    fake_drm_release(second);
    world_start(&world);
    protect(&world);
    fake_drm_hold(world.drm)->locked = true;
    fake_drm_release(world.drm);
    fake_drm_await(world.drm, 1);
    player_begin(&world.kit, "card1-HDMI-A-1", &player);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    assert_int_equal(player_local(&player, HDCP), 1);
    fake_drm_set_protection(second, FAKE_HDMI, 1);
    player_loses(&player, HDCP, clock_ms());
    player_loses(&world.player, HDCP, clock_ms()); /* nobody could read that for 2 s */
    assert_int_equal(player_global(&world.other, HDCP), 0);
    assert_true(fake_drm_waiting(world.drm) > 0);
    fake_drm_unlock(world.drm);
    player_end(&player);
    wait_for(world.drm, 0);
    wait_for(second, 0);
    world_end(&world);
    fake_drm_free(&second);
}

/* News until HDMI-A-1's display is this one, which nothing but the EDID tells from the one before. */
static void expect_display(struct copp_socket *watcher, const char *display) {
    struct copp_socket_news news = {.size = sizeof news};
    do {
        enum copp_result result;
        while ((result = copp_socket_news(watcher, &news)) == COPP_E_PENDING) {
            struct pollfd ready = {.fd = copp_socket_fd(watcher), .events = POLLIN};
            assert_int_equal(poll(&ready, 1, 20000), 1);
        }
        assert_int_equal(result, COPP_OK);
    } while (news.kind != COPP_SOCKET_CONNECTOR || news.u.connector.index != FAKE_HDMI ||
             strcmp(news.u.connector.now.display, display) != 0);
    assert_true(news.u.connector.now.plugged);
    assert_int_equal(news.u.connector.losses, 0);
}

static void another_display_is_news(void) {
    static const char *const displays[][2] = {
        {EDID_U2412M, "DEL A07B DELL U2412M"}, {EDID_ODYSSEY, "SAM 772D Odyssey G93SD"}, {EDID_PANEL, "BOE 095F"}};
    struct world world;
    struct copp_socket *watcher;
    uint8_t edid[128];
    world_begin(&world, "");
    assert_int_equal(
        copp_socket_connect(
            &(struct copp_socket_config){.size = sizeof(struct copp_socket_config), .path = world.kit.socket, .answer_ms = 20000},
            &watcher),
        COPP_OK);
    assert_int_equal(copp_socket_watch(watcher), COPP_OK);
    expect_display(watcher, "");
    for (size_t i = 0; i < sizeof displays / sizeof displays[0]; i++) {
        fake_drm_plug(world.drm, FAKE_HDMI, (uint32_t)(45 + i), edid, from_hex(displays[i][0], edid, sizeof edid));
        fake_drm_uevent(world.drm, "change");
        expect_display(watcher, displays[i][1]);
    }
    copp_socket_close(&watcher);
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(a_session_on_a_card, "CMD-4 CMD-6 QRY-5 QRY-6"),
    TEST(hdcp_drops_with_an_event, "EVT-1 EVT-3"),
    TEST(hdcp_drops_without_an_event, "EVT-1 EVT-3"),
    TEST(never_enabled, "CMD-6"),
    TEST(a_killed_client_gives_back, "EVT-5 ARB-4"),
    TEST(a_killed_coppd_is_cleaned_up_after, "ARB-4 ARB-5"),
    TEST(a_splash_that_leaves, "QRY-6 CMD-4"),
    TEST(a_driver_that_refuses_to_take_down, "CMD-4 QRY-5"),
    TEST(a_card_has_one_coppd, "CMD-4 ARB-4"),
    TEST(a_card_that_comes_later, ""),
    TEST(a_card_that_lets_nobody_read, "EVT-1 EVT-3 QRY-5"),
    TEST(another_display_is_news, ""),
};

int main(void) {
    return RUN_SUITE("daemon_kms", cases);
}
