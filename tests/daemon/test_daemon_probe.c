/* copp probe beside coppd and a graphics card made by umockdev: each obstacle is found, and says what to do. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xf86drmMode.h>

#include "../outputs/fake_drm.h"
#include "daemon_kit.h"

struct world {
    struct fake_drm *drm;
    struct kit kit;
    char out[16384];
};

/* The card is there; coppd is not yet. */
static void world_make(struct world *world, const char *outputs, bool other_master) {
    *world = (struct world){.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .other_master = other_master})};
    fake_drm_hold(world->drm)->enable_at_once = true;
    fake_drm_release(world->drm);
    kit_make(&world->kit, outputs);
}

static void world_end(struct world *world) {
    kit_end(&world->kit);
    fake_drm_free(&world->drm);
}

static int probe(struct world *world, const char *environment, const char *arguments) {
    char command[512];
    (void)snprintf(command, sizeof command, "COPP_DEVICE=unix:%s COPP_ANCHOR=%s/test-driver/anchor.b64 %s " COPP_TOOL " probe %s",
                   world->kit.socket, world->kit.directory, environment, arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    world->out[fread(world->out, 1, sizeof world->out - 1, pipe)] = 0;
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* What stands under check for that place, by jq: "STATE RESULT", a line each. */
static void expect(struct world *world, const char *where, const char *check, const char *wanted) {
    char arguments[256];
    (void)snprintf(arguments, sizeof arguments,
                   "--json | jq -r '.findings[] | select(.where == \"%s\" and .check == \"%s\") | \"\\(.state) \\(.result)\"'",
                   where, check);
    (void)probe(world, "", arguments);
    if (!strstr(world->out, wanted))
        fail_msg("%s, %s: not \"%s\" but: %s", where, check, wanted, world->out);
}

static void all_is_well(void) {
    struct world world;
    world_make(&world, "[outputs]\nbackend = kms\n", false);
    kit_start(&world.kit);
    assert_int_equal(probe(&world, "", ""), 0);
    assert_int_equal(probe(&world, "", "--json | jq -e '.ok == true' >/dev/null"), 0);
    expect(&world, "coppd", "socket", "ok answers at ");
    expect(&world, "coppd", "protocols", "ok COPP and OPM");
    expect(&world, "coppd: card0-HDMI-A-1", "session", "ok the driver's chain leads to the anchor");
    expect(&world, "coppd: card0-HDMI-A-1", "HDCP", "ok offered");
    expect(&world, "coppd: card0-HDMI-A-1", "receiver", "note not known");
    assert_int_equal(probe(&world, "", ""), 0);
    assert_non_null(strstr(world.out, "remedy: use HDMI, DVI or DisplayPort: an analog connector cannot have HDCP\n"));
    expect(&world, "coppd: card0-eDP-1", "HDCP", "note not offered (QRY-6): a panel inside needs none (APP-4)\n");
    expect(&world, "card0-HDMI-A-1", "Content Protection", "ok Undesired");
    expect(&world, "card0-HDMI-A-1", "HDCP Content Type", "note type 1");
    expect(&world, "card0-DP-1", "HDCP Content Type", "note type 0 only");
    expect(&world, "card0-eDP-1", "Content Protection", "note not offered: a panel inside the machine needs no HDCP (APP-4)\n");
    expect(&world, "card0-VGA-1", "display", "note nothing is plugged in");
    const struct fake_card *card = fake_drm_hold(world.drm);
    assert_false(card->probed);
    assert_false(card->master);
    assert_int_equal(card->connectors[FAKE_HDMI].writes, 0); /* nothing is changed unasked */
    fake_drm_release(world.drm);
    world_end(&world);
}

/* COPP has types for some panels alone, and a type with all bits set for what it does not know, such as a television's socket. */
static void what_cannot_have_hdcp(void) {
    static const struct {
        uint32_t drm_type;
        const char *name;
        const char *finding; /* about the connector */
        const char *coppd; /* about coppd's output */
    } connectors[] = {
        {DRM_MODE_CONNECTOR_LVDS, "card0-LVDS-1", "note not offered: a panel inside", "note not offered (QRY-6): a panel inside"},
        {DRM_MODE_CONNECTOR_DSI, "card0-DSI-1", "note not offered: a panel inside", "note not offered (QRY-6): a panel inside"},
        {DRM_MODE_CONNECTOR_TV, "card0-TV-1", "fails the connector does not have", "fails not offered (QRY-6)"},
        {DRM_MODE_CONNECTOR_HDMIA, "card0-HDMI-A-2", "fails the connector does not have", "fails not offered (QRY-6)"},
    };
    for (size_t i = 0; i < sizeof connectors / sizeof connectors[0]; i++) {
        struct world world;
        char output[64];
        world_make(&world, "[outputs]\nbackend = kms\n", false);
        fake_drm_hold(world.drm)->connectors[FAKE_EDP].drm_type = connectors[i].drm_type;
        fake_drm_release(world.drm);
        kit_start(&world.kit);
        expect(&world, connectors[i].name, "Content Protection", connectors[i].finding);
        (void)snprintf(output, sizeof output, "coppd: %s", connectors[i].name);
        expect(&world, output, "HDCP", connectors[i].coppd);
        world_end(&world);
    }
}

/* A clone is named for what it is, also where it is the first output that coppd has: nothing is wrong with coppd. */
static void a_cloned_output_is_told_apart(void) {
    struct world world;
    world_make(&world, "[outputs]\nbackend = kms\n", false);
    struct fake_card *card = fake_drm_hold(world.drm);
    for (size_t i = 0; i < 2; i++) {
        struct fake_connector *connector = &card->connectors[i ? FAKE_DP : FAKE_HDMI];
        connector->crtc = 301 + (uint32_t)i;
        connector->framebuffer = 401;
        connector->x = 0;
    }
    fake_drm_release(world.drm);
    kit_start(&world.kit);
    expect(&world, "coppd", "protocols", "ok COPP and OPM\n");
    expect(&world, "coppd: card0-HDMI-A-1", "session", "fails COPP is refused in clone mode (ARB-6); OPM is not (OPM-OUT-6)\n");
    expect(&world, "coppd: card0-DP-1", "session", "fails COPP is refused in clone mode (ARB-6); OPM is not (OPM-OUT-6)\n");
    expect(&world, "coppd: card0-VGA-1", "session", "ok ");
    assert_int_equal(probe(&world, "", ""), 1);
    assert_non_null(strstr(world.out, "remedy: extend the desktop instead of cloning it, or play by OPM: copp protect"));
    world_end(&world);
}

/* A coppd whose maker's chain is of COPP alone. */
static void a_coppd_without_opm(void) {
    struct world world;
    char directory[] = "/tmp/copp-probe-XXXXXX";
    char text[512];
    assert_non_null(mkdtemp(directory));
    (void)snprintf(text, sizeof text, COPP_TOOL " chain issue --new-keys %s/keys -o %s/chain.xml >/dev/null", directory,
                   directory);
    assert_int_equal(system(text), 0);
    (void)snprintf(text, sizeof text, "[driver]\nchain = %s/chain.xml\nkey = %s/keys/leaf.pem\n[outputs]\nbackend = kms\n",
                   directory, directory);
    world_make(&world, "[outputs]\nbackend = kms\n", false);
    kit_start(&world.kit);
    kit_stop(&world.kit); /* it has made the anchors that the kit goes by */
    kit_configure(&world.kit, text);
    kit_start(&world.kit);
    expect(&world, "coppd", "protocols", "note COPP alone: players that speak OPM are not served (OPM-OUT-4)");
    (void)probe(&world, "", "");
    assert_non_null(strstr(world.out, "remedy: give coppd a chain and key for OPM: opm_chain in coppd.conf\n"));
    world_end(&world);
    (void)snprintf(text, sizeof text, "rm -r %s", directory);
    assert_int_equal(system(text), 0);
}

static void set_switches_on_and_off(void) {
    struct world world;
    world_make(&world, "[outputs]\nbackend = kms\n", false);
    kit_start(&world.kit);
    assert_int_equal(probe(&world, "", "--set"), 0);
    assert_non_null(strstr(world.out, "in force"));
    assert_true(fake_drm_hold(world.drm)->connectors[FAKE_HDMI].writes > 0);
    fake_drm_release(world.drm);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 0);
    world_end(&world);
}

static void without_coppd(void) {
    struct world world;
    world_make(&world, "[outputs]\nbackend = kms\n", false);
    assert_int_equal(probe(&world, "", ""), 1);
    assert_non_null(strstr(world.out, "remedy: start coppd"));
    assert_non_null(strstr(world.out, "card0-HDMI-A-1")); /* the rest is found out all the same */
    assert_int_equal(probe(&world, "COPP_DEVICE=embedded", ""), 2);
    assert_non_null(strstr(world.out, "protects nothing"));
    world_end(&world);
}

static void an_anchor_that_it_does_not_lead_to(void) {
    struct world world;
    world_make(&world, "[outputs]\nbackend = kms\n", false);
    kit_start(&world.kit);
    assert_int_equal(probe(&world, "COPP_ANCHOR=microsoft", ""), 1);
    assert_non_null(strstr(world.out, "(CERT-12)"));
    assert_non_null(strstr(world.out, "remedy: name the anchor"));
    assert_int_equal(probe(&world, "COPP_ANCHOR=/nonexistent/anchor", ""), 2);
    assert_non_null(strstr(world.out, "the anchor does not exist"));
    world_end(&world);
}

static void simulated_outputs_are_not_enough(void) {
    struct world world;
    world_make(&world, "[outputs]\nbackend = sim\n", false);
    kit_start(&world.kit);
    assert_int_equal(probe(&world, "", ""), 1);
    assert_non_null(strstr(world.out, "simulated: protects nothing"));
    world_end(&world);
}

/* APP-1: what stops a player of COPP is shown as bad, with its remedy. */
static void a_repeater_is_noted(void) {
    struct world world;
    world_make(&world, "[outputs]\nbackend = sim\n", false);
    char settings[256];
    (void)snprintf(settings, sizeof settings, "[outputs]\nbackend = sim\nevents = %s\n", world.kit.events);
    kit_configure(&world.kit, settings);
    kit_start(&world.kit);
    expect(&world, "coppd: HDMI-1", "receiver", "ok KSV b70361f714\n");
    kit_event(&world.kit, "repeater HDMI-1 on");
    expect(&world, "coppd: HDMI-1", "receiver", "note KSV b70361f714, a repeater, which sessions of COPP refuse (APP-1)\n");
    assert_int_equal(probe(&world, "", ""), 1);
    assert_non_null(strstr(world.out, "remedy: connect the display directly, or play by OPM"));
    world_end(&world);
}

static void another_master_is_named(void) {
    struct world world;
    world_make(&world, "[outputs]\nbackend = kms\n", false);
    fake_drm_other_master(world.drm, "sway", 812);
    expect(&world, "card0", "DRM master", "note sway (pid 812): it alone may switch HDCP");
    (void)probe(&world, "", "");
    assert_non_null(strstr(world.out, "remedy: lend its card to coppd: copp lend --pid 812\n"));
    world_end(&world);
}

/* What coppd would have to switch cannot be switched: an offer alone protects nothing. */
static void a_master_that_does_not_lend_is_a_failure(void) {
    struct world world;
    world_make(&world, "[outputs]\nbackend = kms\n", false);
    kit_start(&world.kit);
    assert_int_equal(probe(&world, "", ""), 0);
    fake_drm_other_master(world.drm, "sway", 812);
    assert_int_equal(probe(&world, "", ""), 1);
    expect(&world, "card0", "DRM master", "fails sway (pid 812): it alone may switch HDCP");
    world_end(&world);
}

/* The driver's answer to the command that switches on, and not to the one that puts back. */
static void a_refused_set_is_a_failure(void) {
    struct world world;
    world_make(&world, "[outputs]\nbackend = kms\n", true);
    kit_start(&world.kit);
    assert_int_equal(probe(&world, "", "--set"), 1);
    assert_non_null(strstr(world.out, "switching HDCP on"));
    assert_non_null(strstr(world.out, "E_UNEXPECTED"));
    assert_null(strstr(world.out, "S_OK"));
    world_end(&world);
}

/* --- the displays' registers --- */

static void make(const char *name, const char *content) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", getenv("UMOCKDEV_DIR"), name);
    if (!content) {
        (void)mkdir(path, 0755);
        return;
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void set_registers(off_t offset, const char *bytes, size_t size) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/dev/drm_dp_aux0", getenv("UMOCKDEV_DIR"));
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 0x69300), 0);
    assert_int_equal(pwrite(fd, bytes, size, offset), size);
    assert_int_equal(close(fd), 0);
}

/* DP-1 has a channel, and HDMI-A-1 a bus without a node. */
static void give_buses(void) {
    char path[256];
    make("sys/class", NULL);
    make("sys/class/drm", NULL);
    make("sys/class/drm/card0-DP-1", NULL);
    make("sys/class/drm/card0-DP-1/drm_dp_aux0", NULL);
    make("sys/class/drm/card0-DP-1/drm_dp_aux0/name", "AUX A\n");
    make("sys/class/drm/card0-HDMI-A-1", NULL);
    (void)snprintf(path, sizeof path, "%s/sys/class/drm/card0-HDMI-A-1/ddc", getenv("UMOCKDEV_DIR"));
    assert_int_equal(symlink("../../../i2c-77", path), 0);
    set_registers(0x68000, "\x14\xf7\x61\x03\xb7", 5);
    set_registers(0x68028, "\x01", 1);
}

static void receivers_are_read(void) {
    struct world world;
    world_make(&world, "[outputs]\nbackend = kms\n", false);
    give_buses();
    assert_int_equal(setenv("COPP_RECEIVER_PROGRAM", COPP_READ_RECEIVER, 1), 0);
    expect(&world, "card0-DP-1", "AUX", "ok can be read");
    expect(&world, "card0-DP-1", "receiver", "ok HDCP 1.x, KSV b70361f714\n");
    expect(&world, "card0-HDMI-A-1", "DDC", "unknown the receiver cannot be read: its bus has no device node");
    (void)probe(&world, "", "");
    assert_non_null(strstr(world.out, "remedy: load the kernel's module i2c-dev (modprobe i2c-dev)\n"));
    assert_null(strstr(world.out, "no bus")); /* of an output that needs no receiver, nothing is told */
    set_registers(0x6921d, "\x02\x00\x02", 3);
    expect(&world, "card0-DP-1", "receiver", "note HDCP 2.x: the version in force is not known");
    set_registers(0x6921d, "\0\0\0", 3);
    set_registers(0x68000, "\xff\xff\xff\xff\xff", 5);
    expect(&world, "card0-DP-1", "receiver",
           "fails it reports that it does not support HDCP, or its KSV does not have 20 ones (SRM-5)");
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(all_is_well, "QRY-6"),
    TEST(what_cannot_have_hdcp, "QRY-6 APP-4"),
    TEST(a_cloned_output_is_told_apart, "ARB-6 OPM-OUT-6"),
    TEST(a_coppd_without_opm, "OPM-OUT-4"),
    TEST(set_switches_on_and_off, "CMD-4"),
    TEST(without_coppd, ""),
    TEST(an_anchor_that_it_does_not_lead_to, "CERT-12"),
    TEST(simulated_outputs_are_not_enough, "BIND-6"),
    TEST(a_repeater_is_noted, "APP-1"),
    TEST(another_master_is_named, "CMD-6"),
    TEST(a_master_that_does_not_lend_is_a_failure, "CMD-6"),
    TEST(a_refused_set_is_a_failure, "CMD-4"),
    TEST(receivers_are_read, "QRY-6"),
};

int main(void) {
    return RUN_SUITE("daemon_probe", cases);
}
