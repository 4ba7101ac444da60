/* copp protect --output by what players call a display, beside coppd and a graphics card made by umockdev, which /sys shows as well. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../outputs/fake_drm.h"
#include "../outputs/sysfs_kit.h"
#include "daemon_kit.h"

struct world {
    struct fake_drm *drm;
    struct kit kit;
    char *sysfs;
};

/* The card's drivers authenticate at once. Both displays are of one model, and have numbers. */
static void begin(struct world *world) {
    uint8_t left[COPP_EDID_SIZE];
    uint8_t right[COPP_EDID_SIZE];
    sysfs_edid(left, 0, "DELL U2415", "LEFT");
    sysfs_edid(right, 0, "DELL U2415", "RIGHT");
    *world = (struct world){.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true})};
    fake_drm_hold(world->drm)->enable_at_once = true;
    fake_drm_release(world->drm);
    world->sysfs = fake_drm_sysfs(world->drm);
    sysfs_driver(world->sysfs, "card0", "i915");
    sysfs_connector(world->sysfs, &(struct sysfs_connector){.name = "card0-HDMI-A-1", .id = "100", .edid = left});
    sysfs_connector(world->sysfs, &(struct sysfs_connector){.name = "card0-DP-1", .id = "101", .edid = right});
    sysfs_connector(world->sysfs, &(struct sysfs_connector){.name = "card0-HDMI-A-2", .id = "102"}); /* not coppd's */
    kit_make(&world->kit, "[outputs]\nbackend = kms\n");
    kit_start(&world->kit);
}

static void end(struct world *world) {
    free(world->sysfs);
    kit_end(&world->kit);
    fake_drm_free(&world->drm);
}

/* What the command of copp's prints; its exit status in *status. */
static const char *run(const struct world *world, const char *arguments, int *status) {
    static char all[4096];
    char command[1024];
    char line[512];
    (void)snprintf(command, sizeof command, "COPP_DEVICE=unix:%s COPP_ANCHOR=%s/test-driver/anchor.b64 " COPP_TOOL " %s 2>&1",
                   world->kit.socket, world->kit.directory, arguments);
    FILE *copp = popen(command, "r");
    assert_non_null(copp);
    all[0] = 0;
    while (fgets(line, sizeof line, copp))
        (void)strncat(all, line, sizeof all - strlen(all) - 1);
    int ended = pclose(copp);
    assert_true(WIFEXITED(ended));
    *status = WEXITSTATUS(ended);
    return all;
}

static const char *protect(const struct world *world, const char *outputs, int *status) {
    char arguments[256];
    (void)snprintf(arguments, sizeof arguments, "protect %s --hdcp 1 --unnamed-receiver -- echo begins", outputs);
    return run(world, arguments, status);
}

static void protects(const struct world *world, const char *outputs, const char *connector) {
    char expected[128];
    int status;
    const char *told = protect(world, outputs, &status);
    (void)snprintf(expected, sizeof expected, "%s: protected: HDCP on", connector);
    if (status != 0 || !strstr(told, expected) || !strstr(told, "begins"))
        fail_msg("%s: %d, and not \"%s\", but: %s", outputs, status, expected, told);
}

static void refuses(const struct world *world, const char *outputs, const char *why) {
    int status;
    const char *told = protect(world, outputs, &status);
    if (status != 2 || !strstr(told, why) || strstr(told, "begins"))
        fail_msg("%s: %d, and not \"%s\", but: %s", outputs, status, why, told);
}

static void names_that_players_have(void) {
    struct world world;
    begin(&world);
    protects(&world, "--output card0-HDMI-A-1", "card0-HDMI-A-1");
    protects(&world, "--output HDMI-A-1", "card0-HDMI-A-1");
    protects(&world, "--output wayland:HDMI-A-1", "card0-HDMI-A-1");
    protects(&world, "--output DP-1", "card0-DP-1");
    protects(&world, "--output randr:HDMI-1", "card0-HDMI-A-1");
    protects(&world, "--output id:101", "card0-DP-1");
    protects(&world, "--output serial:RIGHT", "card0-DP-1");
    protects(&world, "--output LEFT --output id:101", "card0-DP-1");
    protects(&world, "--output LEFT --output id:101", "card0-HDMI-A-1");
    end(&world);
}

/* Nothing is guessed, and nothing plays. */
static void names_that_are_no_one_display(void) {
    struct world world;
    begin(&world);
    refuses(&world, "--output 'DELL U2415'",
            "\"DELL U2415\" may be card0-DP-1 (DEL A07B DELL U2415) or card0-HDMI-A-1 (DEL A07B DELL U2415): name the connector");
    refuses(&world, "--output randr:HDMI-1-1", "may be card0-HDMI-A-1 (DEL A07B DELL U2415) or card0-HDMI-A-2 (unknown display)");
    refuses(&world, "--output randr:HDMI-7", "\"randr:HDMI-7\" is not a display of this machine; it has card0-DP-1");
    refuses(&world, "--output HDMI-7", "HDMI-7");
    refuses(&world, "--output id:102", "is the display at card0-HDMI-A-2, which coppd does not have");
    refuses(&world, "--output id:x", "--output names no display");
    refuses(&world, "--output LEFT --output randr:HDMI-7", "is not a display of this machine");
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 0);
    end(&world);
}

/* copp status shows those alone that are named. */
static void status_of_named_outputs(void) {
    struct world world;
    int status;
    begin(&world);
    const char *told = run(&world, "status --output id:101 --output RIGHT --output wayland:HDMI-A-1", &status);
    const char *first = strstr(told, "card0-DP-1");
    if (status != 0 || !first || !strstr(first, "card0-HDMI-A-1") || strstr(first + 1, "card0-DP-1") || strstr(told, "eDP"))
        fail_msg("%d: %s", status, told);
    told = run(&world, "status --output 'DELL U2415'", &status);
    assert_int_equal(status, 2);
    assert_non_null(strstr(told, "may be card0-DP-1"));
    told = run(&world, "status --output HDMI-7", &status);
    assert_int_equal(status, 2);
    assert_non_null(strstr(told, "HDMI-7: is not the name of an output of this adapter"));
    end(&world);
}

static const struct test_case cases[] = {
    TEST(names_that_players_have, "BIND-7"),
    TEST(names_that_are_no_one_display, ""),
    TEST(status_of_named_outputs, ""),
};

int main(void) {
    return RUN_SUITE("daemon_output_names", cases);
}
