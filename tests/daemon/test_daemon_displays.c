/* copp protect --output all beside coppd and a graphics card made by umockdev, into which a display is plugged meanwhile. */
#include <string.h>
#include <sys/wait.h>

#include "../outputs/fake_drm.h"
#include "daemon_kit.h"

struct world {
    struct fake_drm *drm;
    struct kit kit;
    FILE *copp; /* what it prints */
};

/* HDMI-A-1 alone has a display, and its driver authenticates at once. */
static void begin(struct world *world) {
    char command[640];
    *world = (struct world){.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true})};
    struct fake_card *card = fake_drm_hold(world->drm);
    card->enable_at_once = true;
    card->connectors[FAKE_DP].connected = card->connectors[FAKE_EDP].connected = false;
    fake_drm_release(world->drm);
    kit_make(&world->kit, "[outputs]\nbackend = kms\n");
    kit_start(&world->kit);
    (void)snprintf(command, sizeof command,
                   "COPP_DEVICE=unix:%s COPP_ANCHOR=%s/test-driver/anchor.b64 " COPP_TOOL
                   " protect --output all --hdcp 1 --unnamed-receiver --hold 600000 -- sh -c 'echo begins; exec sleep 1000' 2>&1",
                   world->kit.socket, world->kit.directory);
    world->copp = popen(command, "r");
    assert_non_null(world->copp);
}

static void wait_told(struct world *world, const char *text) {
    char line[512];
    char all[4096] = "";
    while (fgets(line, sizeof line, world->copp)) {
        if (strstr(line, text))
            return;
        (void)strncat(all, line, sizeof all - strlen(all) - 1);
    }
    fail_msg("not told: \"%s\", but: %s", text, all);
}

static void a_display_that_is_plugged_in_holds_the_command(void) {
    struct world world;
    begin(&world);
    wait_told(&world, "begins");
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 2);
    struct fake_card *card = fake_drm_hold(world.drm);
    assert_int_equal(card->connectors[FAKE_DP].writes, 0);
    card->enable_at_once = false;
    card->connectors[FAKE_DP].connected = true;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "change");
    wait_told(&world, "card0-DP-1: a display was plugged in: protecting it too; the command is held");
    for (uint64_t until = clock_ms() + 20000; fake_drm_protection(world.drm, FAKE_DP) != 1; sleep_ms(2))
        assert_true(clock_ms() < until);
    fake_drm_set_protection(world.drm, FAKE_DP, 2);
    fake_drm_tell(world.drm, FAKE_DP);
    wait_told(&world, "card0-DP-1: protected: HDCP on");
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 2);
    fake_drm_set_protection(world.drm, FAKE_DP, 1); /* it counts from then on */
    fake_drm_tell(world.drm, FAKE_DP);
    wait_told(&world, "card0-DP-1: the link to the display was lost (EVT-4)");
    int status = pclose(world.copp);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    kit_end(&world.kit);
    fake_drm_free(&world.drm);
}

static const struct test_case cases[] = {
    TEST(a_display_that_is_plugged_in_holds_the_command, "EVT-4"),
};

int main(void) {
    return RUN_SUITE("daemon_displays", cases);
}
