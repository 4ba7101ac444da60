/* The look at the kernel's connectors with every call failing in turn: it fails, or finds no less than there is. */
#include <stdlib.h>
#include <string.h>

#include "../unit/faults.h"
#include "../unit/harness.h"
#include "sysfs_kit.h"

/* What is not known of the card only makes names less certain. */
static void check_names(const struct copp_monitors *monitors) {
    const struct copp_monitor_query x = {.size = sizeof x, .randr = "HDMI-1"};
    const struct copp_monitor_query serial = {.size = sizeof serial, .serial = "TWIN"};
    struct copp_monitor monitor = {.size = sizeof monitor};
    assert_int_equal(copp_monitors_count(monitors), 2);
    enum copp_result result = copp_monitors_choose(monitors, &x, &monitor, NULL, 0);
    assert_true(result == COPP_OK || result == COPP_E_AMBIGUOUS);
    assert_string_equal(monitor.connector, result ? "" : "card0-HDMI-A-1");
    assert_int_equal(copp_monitors_choose(monitors, &serial, &monitor, NULL, 0), COPP_E_AMBIGUOUS); /* both have been read */
}

static void every_call(void) {
    uint8_t edid[COPP_EDID_SIZE];
    char *sysfs = sysfs_new();
    sysfs_edid(edid, 0, "A", "TWIN");
    sysfs_card(sysfs, "card0", "226:0", "i915");
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card0-HDMI-A-1", .id = "77", .edid = edid});
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card0-HDMI-A-2", .id = "78", .edid = edid});
    EACH_FAULT(fault) {
        const struct copp_monitors_config config = {.size = sizeof config, .sysfs = sysfs};
        struct copp_monitors *monitors = NULL;
        fault_arm(&fault);
        enum copp_result result = copp_monitors_read(&config, &monitors);
        bool failed = fault_disarm(&fault);
        assert_true(failed || result == COPP_OK);
        assert_true((result == COPP_OK) == (monitors != NULL));
        if (fault_was_memory(&fault))
            fault_assert_said(&fault, result);
        if (monitors)
            check_names(monitors);
        copp_monitors_free(&monitors);
    }
    sysfs_free(sysfs);
}

/* In one go as well: it says why. */
static void choosing_says_why(void) {
    char *sysfs = sysfs_new();
    sysfs_card(sysfs, "card0", "226:0", "i915");
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card0-DP-1"});
    EACH_FAULT(fault) {
        const struct copp_monitors_config config = {.size = sizeof config, .sysfs = sysfs};
        const struct copp_monitor_query query = {.size = sizeof query, .wayland = "DP-1"};
        struct copp_monitor monitor = {.size = sizeof monitor};
        char why[COPP_MONITOR_WHY_SIZE];
        fault_arm(&fault);
        enum copp_result result = copp_monitor_choose(&config, &query, &monitor, why, sizeof why);
        (void)fault_disarm(&fault);
        assert_string_equal(monitor.connector, result ? "" : "card0-DP-1");
        assert_int_equal(why[0] != 0, result != COPP_OK);
    }
    sysfs_free(sysfs);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(every_call, ""),
        TEST(choosing_says_why, ""),
    };
    return RUN_SUITE("monitors_faults", cases);
}
