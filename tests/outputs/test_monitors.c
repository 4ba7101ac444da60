/* Which connector a display is at: names of X drivers and compositors, ids, EDIDs, and a /sys that means no good. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../unit/harness.h"
#include "sysfs_kit.h"

static char *sysfs;

static struct copp_monitors *look(void) {
    const struct copp_monitors_config config = {.size = sizeof config, .sysfs = sysfs};
    struct copp_monitors *monitors = NULL;
    assert_int_equal(copp_monitors_read(&config, &monitors), COPP_OK);
    assert_non_null(monitors);
    return monitors;
}

static enum copp_result look_fails(void) {
    const struct copp_monitors_config config = {.size = sizeof config, .sysfs = sysfs};
    struct copp_monitors *monitors = (struct copp_monitors *)sysfs;
    enum copp_result result = copp_monitors_read(&config, &monitors);
    assert_null(monitors);
    return result;
}

/* The candidates' names, "card0-DP-1 card0-DP-2"; static. */
static const char *candidates(const struct copp_monitor_query *query) {
    static char names[1024];
    struct copp_monitors *monitors = look();
    size_t matching = 0;
    names[0] = 0;
    for (size_t i = 0; i < copp_monitors_count(monitors); i++) {
        struct copp_monitor monitor = {.size = sizeof monitor};
        assert_int_equal(copp_monitors_get(monitors, i, &monitor), COPP_OK);
        if (!copp_monitors_match(monitors, query, i))
            continue;
        size_t used = strlen(names);
        (void)snprintf(names + used, sizeof names - used, "%s%s", used ? " " : "", monitor.connector);
        matching++;
    }
    struct copp_monitor chosen = {.size = sizeof chosen, .connector = "x"};
    char why[COPP_MONITOR_WHY_SIZE] = "x";
    enum copp_result result = copp_monitors_choose(monitors, query, &chosen, why, sizeof why);
    assert_int_equal(result, matching == 0 ? COPP_E_NOT_FOUND : matching == 1 ? COPP_OK : COPP_E_AMBIGUOUS);
    assert_string_equal(chosen.connector, matching == 1 ? names : "");
    assert_int_equal(why[0] != 0, matching != 1);
    copp_monitors_free(&monitors);
    assert_null(monitors);
    return names;
}

static const char *by_text(const char *text) {
    const struct copp_monitor_query query = {.size = sizeof query, .text = text};
    return candidates(&query);
}

static const char *by_randr(const char *name) {
    const struct copp_monitor_query query = {.size = sizeof query, .randr = name};
    return candidates(&query);
}

static const char *by_wayland(const char *name) {
    const struct copp_monitor_query query = {.size = sizeof query, .wayland = name};
    return candidates(&query);
}

static const char *by_id(uint32_t id) {
    const struct copp_monitor_query query = {.size = sizeof query, .connector_id = id};
    return candidates(&query);
}

static const char *why_not(const struct copp_monitor_query *query, enum copp_result expected) {
    static char why[COPP_MONITOR_WHY_SIZE];
    const struct copp_monitors_config config = {.size = sizeof config, .sysfs = sysfs};
    struct copp_monitor monitor = {.size = sizeof monitor};
    assert_int_equal(copp_monitor_choose(&config, query, &monitor, why, sizeof why), expected);
    assert_string_equal(monitor.connector, "");
    return why;
}

static void plug(const char *name, const char *id) {
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = name, .id = id});
}

static void plug_edid(const char *name, const uint8_t edid[COPP_EDID_SIZE]) {
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = name, .edid = edid});
}

/* A card that has two connectors of each kind that matters. */
static void begin(const char *driver) {
    static const char *const names[] = {"card0-HDMI-A-1", "card0-HDMI-A-2", "card0-DP-1",  "card0-DP-2", "card0-DVI-D-1",
                                        "card0-DVI-I-1",  "card0-VGA-1",    "card0-eDP-1", "card0-eDP-2"};
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", driver);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        plug(names[i], NULL);
}

static void end(void) {
    sysfs_free(sysfs);
}

static void what_is_told_of_a_connector(void) {
    uint8_t edid[COPP_EDID_SIZE];
    struct copp_monitor monitor = {.size = sizeof monitor};
    sysfs_edid(edid, 0x12345678, "DELL U2415", "7MT0167B2YNL");
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card1", "226:1", "i915");
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card1-HDMI-A-1", .id = "77", .edid = edid});
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card1-DP-1", .status = "disconnected"});
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card1-Writeback-1", .status = "unknown"});
    struct copp_monitors *monitors = look();
    assert_int_equal(copp_monitors_count(monitors), 3);
    assert_int_equal(copp_monitors_get(monitors, 0, &monitor), COPP_OK);
    assert_string_equal(monitor.connector, "card1-DP-1"); /* sorted */
    assert_false(monitor.connected || monitor.has_edid || monitor.connector_id);
    assert_int_equal(copp_monitors_get(monitors, 1, &monitor), COPP_OK);
    assert_string_equal(monitor.connector, "card1-HDMI-A-1");
    assert_string_equal(monitor.card, "card1");
    assert_int_equal(monitor.connector_id, 77);
    assert_true(monitor.connected && monitor.has_edid);
    assert_string_equal(monitor.manufacturer, "DEL");
    assert_int_equal(monitor.product, 0xA07B);
    assert_int_equal(monitor.serial, 0x12345678);
    assert_string_equal(monitor.name, "DELL U2415");
    assert_string_equal(monitor.serial_text, "7MT0167B2YNL");
    assert_string_equal(monitor.display, "DEL A07B DELL U2415");
    assert_int_equal(copp_monitors_get(monitors, 2, &monitor), COPP_OK);
    assert_false(monitor.connected);
    assert_int_equal(copp_monitors_get(monitors, 3, &monitor), COPP_E_NOT_FOUND);
    copp_monitors_free(&monitors);
    end();
}

static void names_of_connectors(void) {
    begin("i915");
    const struct copp_monitor_query whole = {.size = sizeof whole, .connector = "card0-HDMI-A-1"};
    const struct copp_monitor_query kernel = {.size = sizeof kernel, .connector = "HDMI-A-2"};
    const struct copp_monitor_query x = {.size = sizeof x, .connector = "HDMI-2"};
    assert_string_equal(candidates(&whole), "card0-HDMI-A-1");
    assert_string_equal(candidates(&kernel), "card0-HDMI-A-2");
    assert_string_equal(candidates(&x), "");
    assert_string_equal(by_text("connector:card0-DP-2"), "card0-DP-2");
    assert_string_equal(by_text("card0-DP-2"), "card0-DP-2");
    assert_string_equal(by_text("DP-2"), "card0-DP-2");
    assert_string_equal(by_text("DP"), "");
    assert_string_equal(by_text("card0"), "");
    assert_string_equal(by_text("card0-"), "");
    assert_string_equal(by_text("card1-DP-2"), "");
    assert_string_equal(by_text("card0-DP-22"), "");
    end();
}

/* Xorg's modesetting, nouveau's and intel's drivers count as the kernel does. */
static void x_names_where_all_drivers_count_as_the_kernel_does(void) {
    begin("i915");
    assert_string_equal(by_randr("HDMI-1"), "card0-HDMI-A-1");
    assert_string_equal(by_randr("HDMI-2"), "card0-HDMI-A-2");
    assert_string_equal(by_randr("HDMI-3"), "");
    assert_string_equal(by_randr("HDMI1"), "card0-HDMI-A-1"); /* intel's */
    assert_string_equal(by_randr("HDMI-A-2"), "card0-HDMI-A-2"); /* Xwayland's */
    assert_string_equal(by_randr("DP-1"), "card0-DP-1");
    assert_string_equal(by_randr("eDP-1"), "card0-eDP-1");
    assert_string_equal(by_randr("VGA-1"), "card0-VGA-1");
    assert_string_equal(by_randr("DVI-D-1"), "card0-DVI-D-1");
    assert_string_equal(by_randr("HDMI-"), "");
    assert_string_equal(by_randr("HDMI-1x"), "");
    assert_string_equal(by_randr("HDMI-1-"), "");
    assert_string_equal(by_randr("HDMI-1-x"), "");
    assert_string_equal(by_randr("HDMI--1"), "");
    assert_string_equal(by_randr("XWAYLAND0"), "");
    assert_string_equal(by_randr("screen"), ""); /* Xvfb's */
    assert_string_equal(by_randr("HDMI-4294967297"), "");
    end();
}

/* amdgpu's X driver writes "HDMI-A" and "DisplayPort", and counts from 0; modesetting runs there as well. */
static void x_names_of_amdgpu(void) {
    begin("amdgpu");
    assert_string_equal(by_randr("HDMI-1"), "card0-HDMI-A-1");
    assert_string_equal(by_randr("HDMI-2"), "card0-HDMI-A-2");
    assert_string_equal(by_randr("HDMI-A-0"), "card0-HDMI-A-1");
    assert_string_equal(by_randr("HDMI-A-1"), "card0-HDMI-A-1 card0-HDMI-A-2"); /* Xwayland's name, or amdgpu's */
    assert_string_equal(by_randr("DisplayPort-0"), "card0-DP-1");
    assert_string_equal(by_randr("DisplayPort-1"), "card0-DP-1 card0-DP-2");
    assert_string_equal(by_randr("DP-1"), "card0-DP-1");
    assert_string_equal(by_randr("eDP"), "card0-eDP-1");
    end();
}

/* radeon's counts HDMI and DVI by a counter; drivers that are not known may do whatever any does. */
static void x_names_of_other_drivers(void) {
    static const char *const drivers[] = {"radeon", "somebody's", NULL};
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        begin(drivers[i]);
        assert_string_equal(by_randr("HDMI-0"), "card0-HDMI-A-1");
        assert_string_equal(by_randr("HDMI-1"), "card0-HDMI-A-1 card0-HDMI-A-2");
        assert_string_equal(by_randr("HDMI-3"), "");
        assert_string_equal(by_randr("DP-3"), "");
        assert_string_equal(by_randr("DisplayPort-0"), "card0-DP-1");
        assert_string_equal(by_randr("DVI-D-2"), "card0-DVI-D-1");
        assert_string_equal(by_randr("DVI-D-3"), "");
        assert_string_equal(by_randr("VGA-2"), "");
        assert_string_equal(by_randr("DVI-0"), "card0-DVI-D-1 card0-DVI-I-1");
        assert_string_equal(by_randr("eDP"), "card0-eDP-1");
        assert_string_equal(by_randr("eDP-1"), "card0-eDP-1 card0-eDP-2");
        end();
    }
}

/* Its numbers are its own: which of two it is only their EDID tells. */
static void x_names_of_nvidia(void) {
    uint8_t edid[COPP_EDID_SIZE];
    sysfs_edid(edid, 7, "A", NULL);
    begin("nvidia");
    plug_edid("card0-DP-3", edid);
    const struct copp_monitor_query both = {.size = sizeof both, .randr = "DP-0", .edid = edid, .edid_size = sizeof edid};
    assert_string_equal(by_randr("DP-0"), "card0-DP-1 card0-DP-2 card0-DP-3");
    assert_string_equal(by_randr("DP"), "card0-DP-1 card0-DP-2 card0-DP-3");
    assert_string_equal(by_randr("VGA-0"), "card0-VGA-1");
    assert_string_equal(candidates(&both), "card0-DP-3");
    end();
}

/* "DP-1-8" is behind a hub, or on the second card: the kernel's number is not in it. */
static void x_names_with_several_numbers(void) {
    begin("i915");
    assert_string_equal(by_randr("DP-1-8"), "card0-DP-1 card0-DP-2");
    assert_string_equal(by_randr("DP-1-1-8"), "card0-DP-1 card0-DP-2");
    assert_string_equal(by_randr("DP1-8"), "card0-DP-1 card0-DP-2");
    assert_string_equal(by_randr("VGA-1-1"), "card0-VGA-1");
    end();
}

/* The property CONNECTOR_ID makes a name of a hub's certain. */
static void the_id_decides(void) {
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    plug("card0-DP-1", "91");
    plug("card0-DP-4", "103");
    const struct copp_monitor_query both = {.size = sizeof both, .randr = "DP-1-8", .connector_id = 103};
    const struct copp_monitor_query apart = {.size = sizeof apart, .randr = "DP-1", .connector_id = 103};
    assert_string_equal(by_randr("DP-1-8"), "card0-DP-1 card0-DP-4");
    assert_string_equal(candidates(&both), "card0-DP-4");
    assert_string_equal(candidates(&apart), ""); /* they contradict each other */
    assert_string_equal(by_id(91), "card0-DP-1");
    assert_string_equal(by_id(92), "");
    assert_string_equal(by_text("id:91"), "card0-DP-1");
    assert_string_equal(by_text("91"), "");
    end();
}

static void ids_that_the_kernel_does_not_tell(void) {
    begin("i915");
    const struct copp_monitor_query both = {.size = sizeof both, .randr = "DP-1", .connector_id = 91};
    assert_string_equal(by_id(91), "");
    assert_string_equal(candidates(&both), ""); /* not checked is not true */
    assert_non_null(strstr(why_not(&both, COPP_E_NOT_FOUND), "id the kernel reports"));
    end();
}

/* Compositors have the kernel's names; Mutter's are X's. */
static void wayland_names(void) {
    begin("amdgpu");
    assert_string_equal(by_wayland("HDMI-A-1"), "card0-HDMI-A-1");
    assert_string_equal(by_wayland("HDMI-1"), "card0-HDMI-A-1");
    assert_string_equal(by_wayland("DP-2"), "card0-DP-2");
    assert_string_equal(by_wayland("DisplayPort-0"), "");
    assert_string_equal(by_wayland("HDMI-A-0"), "");
    assert_string_equal(by_wayland("HDMI-A"), "");
    assert_string_equal(by_wayland("WL-1"), "");
    assert_string_equal(by_wayland("HEADLESS-1"), "");
    assert_string_equal(by_text("wayland:HDMI-A-1"), "card0-HDMI-A-1");
    assert_string_equal(by_text("randr:HDMI-A-1"), "card0-HDMI-A-1 card0-HDMI-A-2");
    assert_string_equal(by_text("HDMI-A-1"), "card0-HDMI-A-1 card0-HDMI-A-2"); /* whoever has said it */
    end();
}

static void several_cards(void) {
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    sysfs_card(sysfs, "card1", "226:1", "amdgpu");
    plug("card0-HDMI-A-1", "77");
    plug("card1-HDMI-A-2", "77");
    plug("card0-DP-1", "90");
    plug("card1-DP-1", "91"); /* the kernel does not do that; a name is not believed to be unique */
    assert_string_equal(by_text("DP-1"), "card0-DP-1 card1-DP-1");
    assert_string_equal(by_text("card1-DP-1"), "card1-DP-1");
    assert_string_equal(by_id(77), "card0-HDMI-A-1 card1-HDMI-A-2"); /* an id is a card's own */
    assert_string_equal(by_randr("HDMI-1-2"), "card0-HDMI-A-1 card1-HDMI-A-2");
    assert_string_equal(by_randr("HDMI-2"), "card1-HDMI-A-2");
    end();
}

/* The file stands for its card by the node's number; no test can make such a node, so that the card gets that of /dev/null. */
static void the_card_of_an_open_file(void) {
    struct stat about;
    char dev[32];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
    int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    const int none = -1;
    assert_true(null >= 0 && zero >= 0 && file >= 0 && fstat(null, &about) == 0);
    (void)snprintf(dev, sizeof dev, "%u:%u", major(about.st_rdev), minor(about.st_rdev));
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    sysfs_card(sysfs, "card1", dev, "i915");
    plug("card0-DP-1", "77");
    plug("card1-DP-2", "77");
    struct copp_monitor_query query = {.size = sizeof query, .connector_id = 77, .drm_fd = &null};
    assert_string_equal(candidates(&query), "card1-DP-2");
    query.drm_fd = &zero;
    assert_string_equal(candidates(&query), "");
    assert_non_null(strstr(why_not(&query, COPP_E_NOT_FOUND), "on the card of the open file"));
    query.drm_fd = &file;
    assert_string_equal(why_not(&query, COPP_E_ARGUMENT), "");
    query.drm_fd = &none;
    assert_string_equal(why_not(&query, COPP_E_ARGUMENT), "");
    query = (struct copp_monitor_query){.size = sizeof query, .drm_fd = &null}; /* a card is not a display */
    assert_string_equal(why_not(&query, COPP_E_ARGUMENT), "");
    close(null);
    close(zero);
    close(file);
    end();
}

/* A card without a valid number does not belong to any file. */
static void cards_without_a_number(void) {
    static const char *const devs[] = {NULL, "", "226", "226:", ":0", "226:0x", "-1:0", "4294967296:0"};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_true(null >= 0);
    for (size_t i = 0; i < sizeof devs / sizeof devs[0]; i++) {
        sysfs = sysfs_new();
        sysfs_card(sysfs, "card0", devs[i], "i915");
        plug("card0-DP-1", "77");
        const struct copp_monitor_query query = {.size = sizeof query, .connector_id = 77, .drm_fd = &null};
        assert_string_equal(candidates(&query), "");
        assert_string_equal(by_id(77), "card0-DP-1");
        end();
    }
    close(null);
}

static void displays_by_what_they_say(void) {
    uint8_t left[COPP_EDID_SIZE];
    uint8_t right[COPP_EDID_SIZE];
    sysfs_edid(left, 0x1e240, "DELL U2415", "7MT0167B2YNL");
    sysfs_edid(right, 0, "DELL U2415", NULL);
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    plug_edid("card0-DP-1", left);
    plug_edid("card0-DP-2", right);
    plug("card0-VGA-1", NULL);
    assert_string_equal(by_text("serial:7MT0167B2YNL"), "card0-DP-1");
    assert_string_equal(by_text("7MT0167B2YNL"), "card0-DP-1");
    assert_string_equal(by_text("serial:0x0001E240"), "card0-DP-1");
    assert_string_equal(by_text("serial:0x1e240"), "card0-DP-1");
    assert_string_equal(by_text("serial:123456"), "card0-DP-1");
    assert_string_equal(by_text("serial:0x10001E240"), "");
    assert_string_equal(by_text("serial:0x"), "");
    assert_string_equal(by_text("serial:0x1E24G"), "");
    assert_string_equal(by_text("serial:0"), ""); /* which says that there is none */
    assert_string_equal(by_text("serial:7MT0167B2YN"), "");
    assert_string_equal(by_text("model:DELL U2415"), "card0-DP-1 card0-DP-2");
    assert_string_equal(by_text("model:DEL A07B DELL U2415"), "card0-DP-1 card0-DP-2");
    assert_string_equal(by_text("model:DELL"), "");
    const struct copp_monitor_query named = {.size = sizeof named, .model = "DELL U2415", .randr = "DP-2"};
    const struct copp_monitor_query serial = {.size = sizeof serial, .model = "DELL U2415", .serial = "7MT0167B2YNL"};
    const struct copp_monitor_query other = {.size = sizeof other, .model = "DELL U2412M", .randr = "DP-2"};
    assert_string_equal(candidates(&named), "card0-DP-2");
    assert_string_equal(candidates(&serial), "card0-DP-1");
    assert_string_equal(candidates(&other), "");
    end();
}

/* Padding is not part of a text, nor is what follows its end. */
static void texts_of_nothing_but_blanks(void) {
    static const char zeros[COPP_EDID_TEXT_SIZE];
    uint8_t block[COPP_EDID_SIZE];
    struct copp_edid edid = {.size = sizeof edid};
    sysfs_edid(block, 0, "             ", "A            ");
    assert_int_equal(copp_edid_read(block, sizeof block, &edid), COPP_OK);
    assert_memory_equal(edid.name, zeros, sizeof edid.name);
    assert_memory_equal(edid.serial_text + 1, zeros, sizeof edid.serial_text - 1);
    assert_string_equal(edid.serial_text, "A");
    assert_string_equal(edid.display, "DEL A07B");
}

/* Two of one model without serial numbers have the same EDID: only where they are plugged in tells. */
static void twins(void) {
    uint8_t edid[COPP_EDID_SIZE];
    sysfs_edid(edid, 0, "DELL U2415", NULL);
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    plug_edid("card0-DP-1", edid);
    plug_edid("card0-HDMI-A-1", edid);
    const struct copp_monitor_query alone = {.size = sizeof alone, .edid = edid, .edid_size = sizeof edid};
    const struct copp_monitor_query named = {.size = sizeof named, .edid = edid, .edid_size = sizeof edid, .wayland = "HDMI-A-1"};
    assert_string_equal(candidates(&alone), "card0-DP-1 card0-HDMI-A-1");
    assert_string_equal(why_not(&alone, COPP_E_AMBIGUOUS),
                        "the EDID may be card0-DP-1 (DEL A07B DELL U2415) or card0-HDMI-A-1 (DEL A07B DELL U2415): name the "
                        "connector");
    assert_string_equal(candidates(&named), "card0-HDMI-A-1");
    end();
}

/* The whole block is compared, and what a player has read beyond it is not. */
static void edids_are_compared_whole(void) {
    uint8_t edid[2 * COPP_EDID_SIZE] = {0};
    uint8_t other[2 * COPP_EDID_SIZE] = {0};
    sysfs_edid(edid, 1, "A", NULL);
    sysfs_edid(other, 1, "A", NULL);
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card0-DP-1", .edid = edid, .edid_size = sizeof edid});
    plug("card0-DP-2", NULL);
    struct copp_monitor_query query = {.size = sizeof query, .edid = other, .edid_size = sizeof other};
    other[COPP_EDID_SIZE] = 1;
    assert_string_equal(candidates(&query), "card0-DP-1");
    for (size_t i = 0; i < COPP_EDID_SIZE; i++) {
        other[i] ^= 1;
        assert_string_equal(candidates(&query), "");
        other[i] ^= 1;
    }
    query.edid_size = COPP_EDID_SIZE - 1;
    assert_string_equal(why_not(&query, COPP_E_ARGUMENT), "");
    memset(other, 0, sizeof other); /* what a connector without a display has is nobody's EDID */
    query.edid_size = COPP_EDID_SIZE;
    assert_string_equal(candidates(&query), "");
    end();
}

/* A display may call itself anything: it makes nothing certain, and takes no other one's place. */
static void displays_that_lie(void) {
    uint8_t edid[COPP_EDID_SIZE];
    sysfs_edid(edid, 0, "HDMI-A-1", "card0-DP-2");
    begin("i915");
    plug_edid("card0-DP-3", edid);
    assert_string_equal(by_text("HDMI-A-1"), "card0-DP-3 card0-HDMI-A-1");
    assert_string_equal(by_text("connector:HDMI-A-1"), "card0-HDMI-A-1");
    assert_string_equal(by_text("card0-DP-2"), "card0-DP-2"); /* only the kernel's names are like that */
    assert_string_equal(by_text("serial:card0-DP-2"), "card0-DP-3");
    end();
}

static void messages(void) {
    uint8_t edid[COPP_EDID_SIZE];
    sysfs_edid(edid, 0, "A\x1b[2J", NULL);
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "radeon");
    plug_edid("card0-HDMI-A-1", edid);
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card0-HDMI-A-2", .status = "disconnected"});
    plug("card0-VGA-1", NULL);
    struct copp_monitor_query query = {.size = sizeof query, .randr = "HDMI-1"};
    assert_string_equal(why_not(&query, COPP_E_AMBIGUOUS),
                        "X output \"HDMI-1\" may be card0-HDMI-A-1 (DEL A07B A?[2J) or card0-HDMI-A-2 (nothing plugged in): "
                        "name the connector");
    query = (struct copp_monitor_query){.size = sizeof query, .text = "\x1b]0;", .wayland = "DP-1", .connector_id = 9};
    assert_string_equal(
        why_not(&query, COPP_E_NOT_FOUND),
        "\"\\x1b]0;\" and Wayland output \"DP-1\" and connector id 9 is not a display of this machine whose id the kernel "
        "reports; it has card0-HDMI-A-1 (DEL A07B A?[2J), card0-HDMI-A-2 (nothing plugged in) and card0-VGA-1 (unknown display)");
    end();
}

/* Whatever the room, the message ends within it. */
static void messages_are_cut_off(void) {
    begin("i915");
    const struct copp_monitor_query query = {.size = sizeof query, .randr = "nothing"};
    const struct copp_monitors_config config = {.size = sizeof config, .sysfs = sysfs};
    struct copp_monitor monitor = {.size = sizeof monitor};
    for (size_t size = 1; size < 400; size += 7) {
        char *why = malloc(size); /* sanitizers see where it ends */
        assert_non_null(why);
        assert_int_equal(copp_monitor_choose(&config, &query, &monitor, why, size), COPP_E_NOT_FOUND);
        assert_true(strlen(why) == size - 1 || strlen(why) > 200);
        free(why);
    }
    assert_int_equal(copp_monitor_choose(&config, &query, &monitor, NULL, 0), COPP_E_NOT_FOUND);
    end();
}

static void queries_that_say_nothing(void) {
    static const char *const texts[] = {"", "id:", "id:0", "id:x", "id:-1", "id:4294967296", "randr:", "serial:"};
    begin("i915");
    struct copp_monitor_query query = {.size = sizeof query};
    assert_string_equal(why_not(&query, COPP_E_ARGUMENT), "");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        query.text = texts[i];
        assert_string_equal(why_not(&query, COPP_E_ARGUMENT), "");
    }
    query = (struct copp_monitor_query){.size = sizeof query, .connector = "DP-1", .randr = ""};
    assert_string_equal(why_not(&query, COPP_E_ARGUMENT), "");
    query = (struct copp_monitor_query){.size = 0, .connector = "DP-1"};
    assert_string_equal(why_not(&query, COPP_E_ARGUMENT), "");
    end();
}

/* --- a /sys that is not the kernel's --- */

static void systems_without_cards(void) {
    sysfs = sysfs_new();
    assert_int_equal(look_fails(), COPP_E_NOT_FOUND);
    const struct copp_monitor_query query = {.size = sizeof query, .randr = "HDMI-1"};
    assert_non_null(strstr(why_not(&query, COPP_E_NOT_FOUND), "shows no graphics cards"));
    sysfs_card(sysfs, "card0", "226:0", "i915"); /* one that computes has no connectors */
    assert_int_equal(look_fails(), COPP_E_NOT_FOUND);
    end();
    sysfs = strdup("/nowhere at all");
    assert_int_equal(look_fails(), COPP_E_NOT_FOUND);
    free(sysfs);
    sysfs = strdup("/dev/null");
    assert_int_equal(look_fails(), COPP_E_IO);
    free(sysfs);
    sysfs = malloc(5000);
    assert_non_null(sysfs);
    memset(sysfs, '/', 4999);
    sysfs[4999] = 0;
    assert_int_equal(look_fails(), COPP_E_TOO_LARGE);
    free(sysfs);
}

static void names_that_are_none(void) {
    char name[80] = "card0-";
    memset(name + 6, 'D', 57);
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    plug("card0-DP-1", NULL);
    plug(name, NULL); /* 63 bytes */
    assert_string_equal(by_text("DP-1"), "card0-DP-1");
    assert_string_equal(by_text(name), name);
    end();
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    plug("card0-DP-1", NULL);
    strcat(name, "D");
    plug(name, NULL);
    assert_int_equal(look_fails(), COPP_E_TOO_LARGE);
    end();
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    plug("card0-DP\n-1", NULL);
    assert_int_equal(look_fails(), COPP_E_IO);
    end();
    sysfs = sysfs_new(); /* others' entries are nobody's connectors */
    sysfs_card(sysfs, "card0", "226:0", "i915");
    sysfs_card(sysfs, "card", "226:1", "i915");
    plug("card0-DP-1", NULL);
    plug("card-DP-2", NULL);
    sysfs_card(sysfs, "renderD128", "226:128", "i915");
    assert_string_equal(by_text("DP-1"), "card0-DP-1");
    assert_string_equal(by_text("DP-2"), "");
    end();
}

static void too_many_connectors(void) {
    char name[32];
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    for (unsigned i = 1; i <= 128; i++) {
        (void)snprintf(name, sizeof name, "card0-DP-%u", i);
        plug(name, NULL);
    }
    assert_string_equal(by_text("DP-128"), "card0-DP-128");
    plug("card0-DP-129", NULL);
    assert_int_equal(look_fails(), COPP_E_TOO_LARGE); /* none is left out: it could be the one */
    end();
}

/* What cannot be read makes the look fail; what has just gone does not. */
static void attributes_that_cannot_be_read(void) {
    static const char *const attributes[] = {"status", "connector_id", "edid"};
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        sysfs = sysfs_new();
        sysfs_card(sysfs, "card0", "226:0", "i915");
        plug("card0-DP-1", "1");
        plug("card0-DP-2", "2");
        char *path = sysfs_attribute(sysfs, "card0-DP-2", attributes[i]);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0666), 0); /* nobody will ever write to it */
        assert_int_equal(look_fails(), COPP_E_IO);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0777), 0);
        assert_int_equal(look_fails(), COPP_E_IO);
        assert_int_equal(rmdir(path), 0);
        assert_int_equal(symlink("/dev/zero", path), 0);
        assert_int_equal(look_fails(), COPP_E_IO);
        assert_int_equal(unlink(path), 0);
        const char *left = i == 0 ? "card0-DP-1" : "card0-DP-1 card0-DP-2"; /* a connector without a status has gone */
        assert_string_equal(by_text("randr:DP-1-1"), left);
        free(path);
        end();
    }
}

static void attributes_that_make_no_sense(void) {
    static const char *const ids[] = {
        "", "-1", "0x10", "4294967296", "1 2", "18446744073709551617", "99999999999999999999999999999999999999999"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        sysfs = sysfs_new();
        sysfs_card(sysfs, "card0", "226:0", "i915");
        plug("card0-DP-1", ids[i]);
        assert_int_equal(look_fails(), COPP_E_IO);
        end();
    }
    sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card0-DP-1", .status = "connected, but for how long does nobody"});
    assert_int_equal(look_fails(), COPP_E_IO);
    end();
}

/* A damaged EDID counts as missing. */
static void damaged_edids(void) {
    uint8_t edid[COPP_EDID_SIZE];
    for (unsigned i = 0; i < 2; i++) {
        sysfs_edid(edid, 1, "A", "B");
        edid[127] ^= (uint8_t)(i == 0);
        sysfs = sysfs_new();
        sysfs_card(sysfs, "card0", "226:0", "i915");
        sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card0-DP-1", .edid = edid, .edid_size = 128 - i});
        const struct copp_monitor_query query = {.size = sizeof query, .edid = edid, .edid_size = sizeof edid};
        assert_string_equal(by_text("model:A"), "");
        assert_string_equal(by_text("serial:1"), "");
        assert_string_equal(candidates(&query), "");
        assert_string_equal(by_text("DP-1"), "card0-DP-1");
        end();
    }
}

/* A driver's name that is not known makes names less certain, and never more. */
static void drivers_that_are_not_told(void) {
    begin(NULL);
    char *device = sysfs_attribute(sysfs, "card0", "device/driver");
    char target[300];
    assert_string_equal(by_randr("HDMI-1"), "card0-HDMI-A-1 card0-HDMI-A-2");
    memset(target, 'x', sizeof target - 1);
    target[sizeof target - 1] = 0;
    assert_int_equal(symlink(target, device), 0);
    assert_string_equal(by_randr("HDMI-1"), "card0-HDMI-A-1 card0-HDMI-A-2");
    assert_int_equal(unlink(device), 0);
    assert_int_equal(symlink("drivers/i915", device), 0);
    assert_string_equal(by_randr("HDMI-1"), "card0-HDMI-A-1");
    free(device);
    end();
}

static void sized_structs(void) {
    uint8_t edid[COPP_EDID_SIZE];
    struct copp_edid none = {.size = 0};
    struct copp_monitor monitor = {.size = 0};
    struct {
        struct copp_monitor monitor;
        uint64_t more;
    } newer = {.monitor = {.size = sizeof newer}, .more = UINT64_MAX};
    sysfs_edid(edid, 1, "A", NULL);
    begin("i915");
    struct copp_monitors *monitors = look();
    const struct copp_monitor_query query = {.size = sizeof query, .randr = "DP-1"};
    assert_int_equal(copp_edid_read(edid, sizeof edid, &none), COPP_E_ARGUMENT);
    assert_int_equal(copp_monitors_get(monitors, 0, &monitor), COPP_E_ARGUMENT);
    assert_int_equal(copp_monitors_choose(monitors, &query, &monitor, NULL, 0), COPP_E_ARGUMENT);
    assert_int_equal(copp_monitors_choose(monitors, &query, &newer.monitor, NULL, 0), COPP_OK);
    assert_string_equal(newer.monitor.connector, "card0-DP-1");
    assert_true(newer.more == 0);
    copp_monitors_free(&monitors);
    end();
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(what_is_told_of_a_connector, ""),
        TEST(names_of_connectors, ""),
        TEST(x_names_where_all_drivers_count_as_the_kernel_does, ""),
        TEST(x_names_of_amdgpu, ""),
        TEST(x_names_of_other_drivers, ""),
        TEST(x_names_of_nvidia, ""),
        TEST(x_names_with_several_numbers, ""),
        TEST(the_id_decides, ""),
        TEST(ids_that_the_kernel_does_not_tell, ""),
        TEST(wayland_names, ""),
        TEST(several_cards, ""),
        TEST(the_card_of_an_open_file, ""),
        TEST(cards_without_a_number, ""),
        TEST(displays_by_what_they_say, ""),
        TEST(texts_of_nothing_but_blanks, ""),
        TEST(twins, ""),
        TEST(edids_are_compared_whole, ""),
        TEST(displays_that_lie, ""),
        TEST(messages, ""),
        TEST(messages_are_cut_off, ""),
        TEST(queries_that_say_nothing, ""),
        TEST(systems_without_cards, ""),
        TEST(names_that_are_none, ""),
        TEST(too_many_connectors, ""),
        TEST(attributes_that_cannot_be_read, ""),
        TEST(attributes_that_make_no_sense, ""),
        TEST(damaged_edids, ""),
        TEST(drivers_that_are_not_told, ""),
        TEST(sized_structs, ""),
    };
    return RUN_SUITE("monitors", cases);
}
