/* What a player learns of its display from a real X server (Xvfb), and which connector of a made /sys that is. */
#include <stdlib.h>
#include <string.h>

#include "../unit/harness.h"
#include "edids.h"
#include "sysfs_kit.h"
#include "x_server.h"

struct seen {
    char name[64];
    uint8_t edid[256];
    size_t edid_size;
    uint32_t connector_id;
};

static size_t read_property(const struct x_server *server, const char *name, void *bytes, size_t size) {
    xcb_randr_get_output_property_cookie_t asked = xcb_randr_get_output_property(
        server->driver, server->output, x_atom(server, name), XCB_ATOM_ANY, 0, (uint32_t)(size / 4), 0, 0);
    xcb_randr_get_output_property_reply_t *reply = xcb_randr_get_output_property_reply(server->driver, asked, NULL);
    assert_non_null(reply);
    size_t got = (size_t)xcb_randr_get_output_property_data_length(reply);
    assert_true(got <= size);
    memcpy(bytes, xcb_randr_get_output_property_data(reply), got);
    free(reply);
    return got;
}

/* As an X player does. */
static void look(const struct x_server *server, struct seen *seen) {
    *seen = (struct seen){.name = ""};
    xcb_randr_get_output_info_reply_t *info = xcb_randr_get_output_info_reply(
        server->driver, xcb_randr_get_output_info(server->driver, server->output, XCB_CURRENT_TIME), NULL);
    assert_non_null(info);
    size_t length = (size_t)xcb_randr_get_output_info_name_length(info);
    assert_true(length < sizeof seen->name);
    memcpy(seen->name, xcb_randr_get_output_info_name(info), length);
    free(info);
    seen->edid_size = read_property(server, "EDID", seen->edid, sizeof seen->edid);
    (void)read_property(server, "CONNECTOR_ID", &seen->connector_id, sizeof seen->connector_id);
}

static void tell_id(const struct x_server *server, uint32_t id) {
    xcb_randr_change_output_property(server->driver, server->output, x_atom(server, "CONNECTOR_ID"), XCB_ATOM_INTEGER, 32,
                                     XCB_PROP_MODE_REPLACE, 1, &id);
    x_driver_sync(server);
}

static enum copp_result choose(const char *sysfs, const struct copp_monitor_query *query, const char *connector) {
    const struct copp_monitors_config config = {.size = sizeof config, .sysfs = sysfs};
    struct copp_monitor monitor = {.size = sizeof monitor};
    char why[COPP_MONITOR_WHY_SIZE];
    enum copp_result result = copp_monitor_choose(&config, query, &monitor, why, sizeof why);
    assert_string_equal(monitor.connector, connector);
    return result;
}

/* Two displays of one model: the name is Xvfb's own, which no connector has, and the id alone tells them apart. */
static void what_an_x_server_tells(void) {
    struct x_server server = {.pid = 0};
    struct seen seen;
    uint8_t edid[COPP_EDID_SIZE];
    char *sysfs = sysfs_new();
    assert_int_equal(from_hex(EDID_U2412M, edid, sizeof edid), sizeof edid);
    sysfs_card(sysfs, "card0", "226:0", "i915");
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card0-DP-1", .id = "91", .edid = edid});
    x_server_start(&server);
    look(&server, &seen);
    assert_string_equal(seen.name, "screen");
    assert_int_equal(seen.edid_size, 0);
    const struct copp_monitor_query name = {.size = sizeof name, .randr = seen.name};
    assert_int_equal(choose(sysfs, &name, ""), COPP_E_NOT_FOUND);

    x_driver_edid(&server, EDID_U2412M EDID_PANEL, 8); /* with a block more */
    look(&server, &seen);
    assert_int_equal(seen.edid_size, 2 * COPP_EDID_SIZE);
    struct copp_monitor_query display = {.size = sizeof display, .edid = seen.edid, .edid_size = seen.edid_size};
    assert_int_equal(choose(sysfs, &display, "card0-DP-1"), COPP_OK);
    sysfs_connector(sysfs, &(struct sysfs_connector){.name = "card0-DP-2", .id = "95", .edid = edid});
    assert_int_equal(choose(sysfs, &display, ""), COPP_E_AMBIGUOUS);

    tell_id(&server, 95);
    look(&server, &seen);
    display.connector_id = seen.connector_id;
    assert_int_equal(choose(sysfs, &display, "card0-DP-2"), COPP_OK);
    x_driver_edid(&server, EDID_PANEL, 8); /* any X client can write that */
    look(&server, &seen);
    assert_int_equal(choose(sysfs, &display, ""), COPP_E_NOT_FOUND);
    x_server_stop(&server);
    sysfs_free(sysfs);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(what_an_x_server_tells, ""),
    };
    return RUN_SUITE("monitors_x", cases);
}
