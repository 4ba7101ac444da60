/* Connectors of the kernel's, against a card made by umockdev (fake_drm.h). */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "edids.h"
#include "fake_drm.h"
#include "outputs/kms/kms.h"
#include "outputs/kms/timing.h"
#include "outputs_rig.h"

struct world {
    struct fake_drm *drm;
    struct said said;
    struct outputs_rig outputs;
    const struct copp_backend *backend; /* of the outputs */
    struct app app; /* on HDMI-A-1 */
};

static void world_open_on(struct world *world, bool type1) {
    said_init(&world->said);
    const struct copp_kms_config config = {.read_ms = RIG_READ_MS, .type1 = type1, .log = &world->said.log};
    struct copp_backend *backend;
    assert_int_equal(copp_kms_open(&config, &backend), COPP_OK);
    world->backend = backend;
    outputs_rig_init(&world->outputs, backend);
}

static void world_open(struct world *world, const struct fake_drm_setup *setup, bool type1) {
    world->drm = fake_drm_new(setup);
    world_open_on(world, type1);
}

static void world_begin(struct world *world, bool atomic) {
    world_open(world, &(struct fake_drm_setup){.atomic = atomic}, false);
    app_begin(&world->app, outputs_rig_connector(&world->outputs, "card0-HDMI-A-1"));
}

static void world_close(struct world *world) {
    const struct fake_card *card = fake_drm_hold(world->drm);
    bool master = card->master;
    bool probed = card->probed;
    bool too_bold = card->too_bold;
    bool blocking = card->blocking_used;
    fake_drm_release(world->drm);
    outputs_rig_end(&world->outputs);
    fake_drm_free(&world->drm);
    assert_false(master); /* whatever was done, the card is the compositor's again */
    assert_false(probed);
    assert_false(too_bold);
    assert_false(blocking);
}

static void world_end(struct world *world) {
    copp_device_close(&world->app.device);
    world_close(world);
}

static void bring_up(struct world *world) {
    assert_int_equal(app_set_level(&world->app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    fake_drm_set_protection(world->drm, FAKE_HDMI, 2);
    outputs_rig_pass(&world->outputs, 150);
    assert_int_equal(app_result(&world->app), COPP_HR_OK);
    assert_int_equal(app_global(&world->app, COPP_PROTECTION_TYPE_HDCP), 1);
}

static void assert_lost(struct world *world) {
    assert_int_equal(app_local(&world->app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_true(world->app.flags & COPP_STATUS_LINK_LOST);
    assert_int_equal(app_global(&world->app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_int_equal(fake_drm_protection(world->drm, FAKE_HDMI), 0); /* nobody asks any more */
}

static void believes_only_enabled(bool atomic) {
    struct world world;
    world_begin(&world, atomic);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 1);
    outputs_rig_pass(&world.outputs, 17000);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 2);
    outputs_rig_pass(&world.outputs, 150);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 0), COPP_HR_OK);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 0);
    assert_int_equal(fake_drm_hold(world.drm)->atomic_used, atomic);
    fake_drm_release(world.drm);
    world_end(&world);
}

static void believes_only_enabled_atomic(void) {
    believes_only_enabled(true);
}

static void believes_only_enabled_legacy(void) {
    believes_only_enabled(false);
}

static void succeeds_at_once(void) {
    struct world world;
    world_begin(&world, true);
    fake_drm_hold(world.drm)->enable_at_once = true;
    fake_drm_release(world.drm);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_OK);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    world_end(&world);
}

static void uevent_ends_the_command(void) {
    struct world world;
    world_begin(&world, true);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 2);
    fake_drm_uevent(world.drm, "change");
    outputs_rig_wait(&world.outputs);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    world_end(&world);
}

static void time_limit_rolls_back(void) {
    struct world world;
    world_begin(&world, true);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    outputs_rig_pass(&world.outputs, COPP_PENDING_LIMIT_MS + 1);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 0);
    world_end(&world);
}

static void demotion_with_uevent_is_link_lost(void) {
    struct world world;
    world_begin(&world, true);
    bring_up(&world);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 1);
    fake_drm_uevent(world.drm, "change");
    outputs_rig_wait(&world.outputs);
    assert_lost(&world);
    world_end(&world);
}

static void demotion_without_uevent_is_link_lost(void) {
    for (uint64_t value = 0; value < 2; value++) {
        struct world world;
        world_begin(&world, true);
        bring_up(&world);
        fake_drm_set_protection(world.drm, FAKE_HDMI, value);
        outputs_rig_pass(&world.outputs, 600);
        assert_lost(&world);
        world_end(&world);
    }
}

/* Authentication that comes back by itself does not bring the level back: the session is over (EVT-4). */
static void what_was_lost_stays_lost(void) {
    struct world world;
    world_begin(&world, true);
    bring_up(&world);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 1);
    outputs_rig_pass(&world.outputs, 600);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 2);
    outputs_rig_pass(&world.outputs, 600);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    world_end(&world);
}

static void refused_write_changes_nothing(bool atomic, int error) {
    struct world world;
    world_begin(&world, atomic);
    fake_drm_hold(world.drm)->refuse_write = error;
    fake_drm_release(world.drm);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_non_null(strstr(world.said.text, "card0-HDMI-A-1: the driver refuses to switch HDCP on"));
    world_end(&world);
}

static void refused_write_fails(void) {
    refused_write_changes_nothing(true, EINVAL);
    refused_write_changes_nothing(false, EINVAL);
}

static void busy_commit_is_tried_again(void) {
    struct world world;
    world_begin(&world, true);
    fake_drm_hold(world.drm)->refuse_write = EBUSY;
    fake_drm_release(world.drm);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    outputs_rig_pass(&world.outputs, 300);
    struct fake_card *card = fake_drm_hold(world.drm);
    assert_int_equal(card->connectors[FAKE_HDMI].writes, 0);
    card->refuse_write = 0;
    card->enable_at_once = true;
    fake_drm_release(world.drm);
    outputs_rig_pass(&world.outputs, 150);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    world_end(&world);
}

/* Who is master while coppd starts, such as a boot splash: what is offered is not a matter of that, and it leaves some day. */
static void master_that_leaves(bool privileged) {
    struct world world;
    world.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .other_master = true});
    fake_drm_hold(world.drm)->privileged = privileged;
    fake_drm_release(world.drm);
    fake_drm_other_master(world.drm, "plymouthd", 321);
    world_open_on(&world, false);
    assert_non_null(strstr(world.said.text, "card0: plymouthd (process 321) owns its outputs"));
    assert_non_null(strstr(world.said.text, "stop it, or lend its card (copp lend), "));
    app_begin(&world.app, outputs_rig_connector(&world.outputs, "card0-HDMI-A-1"));
    assert_int_equal(app_word(&world.app, COPP_QUERY_PROTECTION_TYPE), COPP_PROTECTION_TYPE_HDCP);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    outputs_rig_pass(&world.outputs, 30000);
    assert_int_equal(fake_drm_hold(world.drm)->connectors[FAKE_HDMI].writes, 0);
    fake_drm_release(world.drm);
    fake_drm_other_master(world.drm, NULL, 0);
    bring_up(&world);
    fake_drm_other_master(world.drm, "sway", 654); /* and others come */
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    fake_drm_other_master(world.drm, NULL, 0);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 0), COPP_HR_OK);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 0);
    world_end(&world);
}

static void a_splash_leaves(void) {
    master_that_leaves(true);
}

/* An open file that was never master stays without: the card is opened anew, once nobody is. */
static void a_splash_leaves_who_is_unprivileged(void) {
    master_that_leaves(false);
}

/* debugfs is not for everybody. */
static void a_master_without_a_name(void) {
    struct world world;
    world_open(&world, &(struct fake_drm_setup){.atomic = true, .other_master = true}, false);
    assert_non_null(strstr(world.said.text, "card0: a compositor or X server owns its outputs"));
    assert_non_null(strstr(world.said.text, "/sys/kernel/debug/dri/0/clients"));
    world_close(&world);
}

/* Whoever opens a card first is its master unasked, and would keep everybody else out. */
static void opening_does_not_keep_the_card(void) {
    struct fake_drm *drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true});
    struct fake_card *card = fake_drm_hold(drm);
    card->privileged = false;
    assert_int_equal(card->opened, 0);
    fake_drm_release(drm);
    struct copp_backend *backend;
    assert_int_equal(copp_kms_open(&(struct copp_kms_config){.read_ms = RIG_READ_MS, .log = NULL}, &backend), COPP_OK);
    card = fake_drm_hold(drm);
    assert_int_equal(card->opened, 2); /* by coppd, and by the program that reads */
    assert_false(card->master);
    fake_drm_release(drm);
    copp_backend_close(&backend);
    fake_drm_free(&drm);
}

/* A compositor that came later: the offer stands, the command fails and says why. */
static void compositor_that_comes_later(void) {
    struct world world;
    world_begin(&world, true);
    fake_drm_hold(world.drm)->other_master = true;
    fake_drm_release(world.drm);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    assert_non_null(strstr(world.said.text, "owns its outputs"));
    world_end(&world);
}

static void assert_offer(const struct outputs_rig *rig, const char *name, uint32_t type, uint32_t protections) {
    struct app app;
    app_begin(&app, outputs_rig_connector(rig, name));
    assert_int_equal(app_word(&app, COPP_QUERY_CONNECTOR_TYPE), type);
    assert_int_equal(app_word(&app, COPP_QUERY_PROTECTION_TYPE), protections);
    assert_int_equal(app_word(&app, COPP_QUERY_BUS_DATA), COPP_BUS_PCI_EXPRESS);
    uint8_t key[COPP_STATUS_HDCP_KEY_SIZE];
    assert_int_equal(app_ask(&app, COPP_QUERY_HDCP_KEY_DATA, NULL, key, sizeof key), COPP_HR_INVALIDARG);
    copp_device_close(&app.device);
}

static void offers_what_is_there(void) {
    struct world world;
    world_open(&world, &(struct fake_drm_setup){.atomic = true}, false);
    const uint32_t internal = COPP_CONNECTOR_INTERNAL;
    assert_offer(&world.outputs, "card0-HDMI-A-1", COPP_CONNECTOR_HDMI, COPP_PROTECTION_TYPE_HDCP);
    assert_offer(&world.outputs, "card0-DP-1", COPP_CONNECTOR_DISPLAYPORT_EXTERNAL, COPP_PROTECTION_TYPE_HDCP);
    assert_offer(&world.outputs, "card0-eDP-1", COPP_CONNECTOR_DISPLAYPORT_EMBEDDED | internal, COPP_PROTECTION_TYPE_NONE);
    assert_offer(&world.outputs, "card0-VGA-1", COPP_CONNECTOR_VGA, COPP_PROTECTION_TYPE_NONE);
    assert_null(copp_outputs_name(world.outputs.outputs, 4));
    world_close(&world);
}

static void tells_the_signal(void) {
    struct world world;
    world_begin(&world, true);
    uint8_t answer[COPP_STATUS_DISPLAY_SIZE];
    assert_int_equal(app_ask(&world.app, COPP_QUERY_DISPLAY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + 20), 1920);
    assert_int_equal(get_u32(answer + 24), 1080);
    assert_int_equal(get_u32(answer + 28), COPP_SAMPLE_PROGRESSIVE_FRAME);
    assert_int_equal(get_u32(answer + 36), 60000);
    assert_int_equal(get_u32(answer + 40), 1001);
    world_end(&world);
}

static void rates(void) {
    static const struct {
        struct kms_timing timing;
        uint32_t numerator, denominator;
    } cases[] = {
        {{148500000, 1920, 1080, 2200, 1125, false, false}, 60, 1},
        {{148352000, 1920, 1080, 2200, 1125, false, false}, 60000, 1001},
        {{27000000, 720, 480, 858, 525, false, false}, 60000, 1001},
        {{13500000, 720, 480, 858, 525, true, false}, 60000, 1001},
        {{74176000, 1920, 1080, 2750, 1125, false, false}, 24000, 1001},
        {{27000000, 720, 576, 864, 625, false, false}, 50, 1},
        {{75000000, 1024, 768, 1328, 806, false, false}, 75000000, 1070368}, /* 70.069 Hz */
        {{25152000, 640, 240, 800, 262, false, true}, 60, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct copp_display display;
        kms_display_of(&cases[i].timing, &display);
        assert_int_equal((uint64_t)display.frequency_numerator * cases[i].denominator,
                         (uint64_t)display.frequency_denominator * cases[i].numerator);
        assert_int_equal(display.width, cases[i].timing.width);
        assert_int_equal(display.height, cases[i].timing.height);
    }
    struct copp_display none = {.width = 1};
    kms_display_of(&(struct kms_timing){.clock_hz = UINT64_MAX, .total_width = 1, .total_height = 1}, &none);
    assert_int_equal(none.width | none.frequency_denominator, 0);
}

static void mode_change_is_renegotiation(void) {
    struct world world;
    world_begin(&world, true);
    bring_up(&world);
    assert_int_equal(app_flags(&world.app), 0);
    fake_drm_hold(world.drm)->connectors[FAKE_HDMI].drm_type = 10; /* DisplayPort's mode */
    fake_drm_release(world.drm);
    outputs_rig_pass(&world.outputs, 600);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    assert_int_equal(world.app.flags, COPP_STATUS_RENEGOTIATION_REQUIRED);
    world_end(&world);
}

static void unplugged(void) {
    struct world world;
    world_begin(&world, true);
    bring_up(&world);
    fake_drm_hold(world.drm)->connectors[FAKE_HDMI].connected = false;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "change");
    outputs_rig_wait(&world.outputs);
    assert_lost(&world);
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    world_end(&world);
}

static void card_that_disappears(void) {
    struct world world;
    world_begin(&world, true);
    bring_up(&world);
    fake_drm_hold(world.drm)->gone = true;
    fake_drm_release(world.drm);
    outputs_rig_pass(&world.outputs, 600);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_true(world.app.flags & COPP_STATUS_LINK_LOST);
    copp_device_close(&world.app.device);
    world_close(&world);
}

static uint32_t open_with(const struct fake_connector *hdmi, const struct fake_connector *dp) {
    struct world world;
    world_open(&world, &(struct fake_drm_setup){.atomic = true}, false);
    struct fake_card *card = fake_drm_hold(world.drm);
    card->connectors[FAKE_HDMI].crtc = hdmi->crtc;
    card->connectors[FAKE_HDMI].framebuffer = hdmi->framebuffer;
    card->connectors[FAKE_DP].crtc = dp->crtc;
    card->connectors[FAKE_DP].framebuffer = dp->framebuffer;
    card->connectors[FAKE_DP].x = dp->x;
    fake_drm_release(world.drm);
    struct copp_device *device;
    enum copp_result result = copp_device_open(outputs_rig_connector(&world.outputs, "card0-HDMI-A-1"), &device);
    copp_device_close(&device);
    world_close(&world);
    return (uint32_t)result;
}

static void clones_are_refused(void) {
    const struct fake_connector screen = {.crtc = 301, .framebuffer = 401};
    const struct fake_connector hidden = {.crtc = 301}; /* whose framebuffer the driver does not tell */
    const struct fake_connector same_picture = {.crtc = 302, .framebuffer = 401};
    const struct fake_connector beside = {.crtc = 302, .framebuffer = 401, .x = 4096};
    assert_int_equal(open_with(&hidden, &hidden), (uint32_t)COPP_E_UNSUPPORTED_MODE);
    assert_int_equal(open_with(&screen, &same_picture), (uint32_t)COPP_E_UNSUPPORTED_MODE);
    assert_int_equal(open_with(&screen, &beside), COPP_OK);
}

static enum copp_result open_tiles(const char *hdmi, const char *dp, uint32_t dp_crtc) {
    struct world world;
    world.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true});
    struct fake_card *card = fake_drm_hold(world.drm);
    struct fake_connector *tiles[] = {&card->connectors[FAKE_HDMI], &card->connectors[FAKE_DP]};
    const char *const texts[] = {hdmi, dp};
    for (uint32_t i = 0; i < 2; i++) {
        tiles[i]->tile_blob = texts[i] ? 71 + i : 0;
        (void)snprintf(tiles[i]->tile, sizeof tiles[i]->tile, "%s", texts[i] ? texts[i] : "");
    }
    card->connectors[FAKE_DP].crtc = dp_crtc;
    fake_drm_release(world.drm);
    world_open_on(&world, false);
    struct copp_device *device;
    enum copp_result result = copp_device_open(outputs_rig_connector(&world.outputs, "card0-HDMI-A-1"), &device);
    copp_device_close(&device);
    world_close(&world);
    return result;
}

/* One display behind several connectors: protecting one of them would protect a part of the picture. */
static void tiles_are_refused(void) {
    assert_int_equal(open_tiles("7:1:2:1:0:0:1920:2160", "7:1:2:1:1:0:1920:2160", 302), COPP_E_UNSUPPORTED_MODE);
    assert_int_equal(open_tiles("7:1:2:1:0:0:1920:2160", "7:1:2:1:1:0:1920:2160", 0), COPP_OK); /* the other half is off */
    assert_int_equal(open_tiles("7:1:2:1:0:0:1920:2160", "77:1:2:1:1:0:1920:2160", 302), COPP_OK);
    assert_int_equal(open_tiles("7:1:2:1:0:0:1920:2160", NULL, 302), COPP_OK);
    assert_int_equal(open_tiles(NULL, "7:1:2:1:0:0:1920:2160", 302), COPP_OK);
    assert_int_equal(open_tiles("", "99999999999999:1", 302), COPP_E_UNSUPPORTED_MODE); /* whatever they are parts of */
    assert_int_equal(open_tiles("-7:1:2:1:0:0:1920:2160", "7", 302), COPP_E_UNSUPPORTED_MODE);
}

static bool hdmi_is_plugged(const struct world *world) {
    return copp_outputs_plugged(world->outputs.outputs, FAKE_HDMI);
}

/* What drives a display that cannot be detected is as good as a display: HDCP comes up only where there is a receiver. */
static void unknown_and_driven_is_plugged(void) {
    struct world world;
    world_begin(&world, true);
    struct fake_card *card = fake_drm_hold(world.drm);
    card->connectors[FAKE_HDMI].unknown = true;
    card->connectors[FAKE_HDMI].crtc = 0;
    fake_drm_release(world.drm);
    outputs_rig_pass(&world.outputs, 600);
    assert_false(hdmi_is_plugged(&world));
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_UNEXPECTED);
    fake_drm_hold(world.drm)->connectors[FAKE_HDMI].crtc = 301;
    fake_drm_release(world.drm);
    outputs_rig_pass(&world.outputs, 600);
    assert_true(hdmi_is_plugged(&world));
    (void)app_flags(&world.app);
    bring_up(&world);
    fake_drm_hold(world.drm)->connectors[FAKE_HDMI].crtc = 0; /* nobody shows anything there any more */
    fake_drm_release(world.drm);
    outputs_rig_pass(&world.outputs, 600);
    assert_lost(&world);
    world_end(&world);
}

static void type1_wants_type1(void) {
    struct world world;
    world_open(&world, &(struct fake_drm_setup){.atomic = true}, true);
    assert_offer(&world.outputs, "card0-DP-1", COPP_CONNECTOR_DISPLAYPORT_EXTERNAL, COPP_PROTECTION_TYPE_NONE);
    app_begin(&world.app, outputs_rig_connector(&world.outputs, "card0-HDMI-A-1"));
    assert_int_equal(app_set_level(&world.app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_PENDING);
    struct fake_card *card = fake_drm_hold(world.drm);
    assert_int_equal(card->connectors[FAKE_HDMI].type_value, 1);
    card->connectors[FAKE_HDMI].type_value = 0; /* somebody wants less */
    card->connectors[FAKE_HDMI].protection_value = 2;
    fake_drm_release(world.drm);
    outputs_rig_pass(&world.outputs, 1000);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    fake_drm_hold(world.drm)->connectors[FAKE_HDMI].type_value = 1;
    fake_drm_release(world.drm);
    outputs_rig_pass(&world.outputs, 150);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    world_end(&world);
}

static enum copp_result apply_type1(const struct copp_connector_config *config, uint32_t type1) {
    const struct copp_protection wanted = {.size = sizeof wanted, .hdcp = 1, .type1 = type1};
    return config->output->ops->apply(config->output, &wanted);
}

/* OPM-HDCP-2: offered where the kernel has the property, and written together with Desired; HDCP alone is content type 0. */
static void type1_for_those_who_ask(bool atomic) {
    struct world world;
    world_begin(&world, atomic);
    struct copp_backend_output hdmi = {.name = ""};
    struct copp_backend_output other;
    const struct copp_backend *backend = world.backend;
    for (size_t i = 0; i < backend->ops->count(backend); i++) {
        backend->ops->describe(backend, i, &other);
        if (strcmp(other.name, "card0-HDMI-A-1") == 0)
            hdmi = other;
        assert_int_equal(other.config.type1, strcmp(other.name, "card0-DP-1") != 0 && other.config.protection_types != 0);
        if (strcmp(other.name, "card0-DP-1") == 0)
            assert_int_equal(apply_type1(&other.config, 1), COPP_E_UNSUPPORTED);
    }
    assert_int_equal(apply_type1(&hdmi.config, 1), COPP_E_PENDING);
    const struct fake_connector *connector = &fake_drm_hold(world.drm)->connectors[FAKE_HDMI];
    assert_int_equal(connector->type_value, 1);
    assert_int_equal(connector->protection_value, 1);
    fake_drm_release(world.drm);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 2);
    outputs_rig_pass(&world.outputs, 150);
    assert_int_equal(apply_type1(&hdmi.config, 1), COPP_OK);
    assert_int_equal(app_flags(&world.app), 0);
    fake_drm_hold(world.drm)->connectors[FAKE_HDMI].type_value = 0; /* somebody wants less */
    fake_drm_release(world.drm);
    outputs_rig_pass(&world.outputs, 600);
    assert_int_equal(app_flags(&world.app), COPP_STATUS_LINK_LOST);
    fake_drm_set_protection(world.drm, FAKE_HDMI, 0);
    outputs_rig_pass(&world.outputs, 1100);
    assert_int_equal(apply_type1(&hdmi.config, 0), COPP_E_PENDING);
    assert_int_equal(fake_drm_hold(world.drm)->connectors[FAKE_HDMI].type_value, 0);
    fake_drm_release(world.drm);
    world_end(&world);
}

static void type1_in_a_commit(void) {
    type1_for_those_who_ask(true);
}

static void type1_by_the_legacy_call(void) {
    type1_for_those_who_ask(false);
}

/* Nothing says that we have switched it on. */
static void another_ones_protection_is_left_alone(void) {
    struct fake_drm *drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true});
    fake_drm_set_protection(drm, FAKE_HDMI, 2);
    struct copp_backend *backend;
    assert_int_equal(copp_kms_open(&(struct copp_kms_config){.read_ms = RIG_READ_MS, .device = "/dev/dri/card0"}, &backend),
                     COPP_OK);
    struct outputs_rig rig;
    outputs_rig_init(&rig, backend);
    outputs_rig_end(&rig);
    assert_int_equal(fake_drm_protection(drm, FAKE_HDMI), 2);
    fake_drm_free(&drm);
}

static void closing_takes_down(void) {
    struct world world;
    world_begin(&world, true);
    bring_up(&world);
    copp_device_close(&world.app.device);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 0); /* EVT-5 */
    world_close(&world);
}

static void dock_adds_a_connector(void) {
    struct world world;
    world_begin(&world, true);
    struct fake_card *card = fake_drm_hold(world.drm);
    card->connectors[FAKE_DOCK].drm_type = 11; /* its HDMI socket */
    card->connectors[FAKE_DOCK].connected = true;
    card->count = FAKE_DOCK + 1;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "change");
    outputs_rig_wait(&world.outputs);
    assert_non_null(copp_outputs_name(world.outputs.outputs, 4));
    world_end(&world);
}

static void card_that_comes_later(void) {
    struct world world;
    struct app app;
    world_begin(&world, true);
    struct fake_drm *second = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .beside = world.drm});
    fake_drm_uevent(second, "add");
    outputs_rig_wait(&world.outputs);
    app_begin(&app, outputs_rig_connector(&world.outputs, "card1-HDMI-A-1"));
    fake_drm_hold(second)->enable_at_once = true;
    fake_drm_release(second);
    assert_int_equal(app_set_level(&app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_OK);
    assert_int_equal(fake_drm_protection(second, FAKE_HDMI), 2);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_HDMI), 0);
    assert_false(fake_drm_hold(second)->master);
    fake_drm_release(second);
    copp_device_close(&app.device);
    world_end(&world);
    fake_drm_free(&second);
}

static void card_that_is_waited_for(void) {
    struct fake_drm *drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true});
    struct outputs_rig outputs;
    struct said said;
    struct copp_backend *backend;
    said_init(&said);
    const struct copp_kms_config config = {.read_ms = RIG_READ_MS, .device = "/dev/dri/card1", .wait = true, .log = &said.log};
    assert_int_equal(copp_kms_open(&config, &backend), COPP_OK);
    outputs_rig_init(&outputs, backend);
    assert_null(copp_outputs_name(outputs.outputs, 0)); /* card0 is not asked for */
    struct fake_drm *second = fake_drm_new(&(struct fake_drm_setup){.atomic = true, .beside = drm});
    fake_drm_uevent(drm, "add");
    fake_drm_uevent(second, "add");
    for (unsigned tries = 0; !copp_outputs_name(outputs.outputs, 0) && tries < 3; tries++)
        outputs_rig_wait(&outputs);
    assert_string_equal(copp_outputs_name(outputs.outputs, 0), "card1-HDMI-A-1");
    assert_null(copp_outputs_name(outputs.outputs, 4));
    outputs_rig_end(&outputs);
    fake_drm_free(&second);
    fake_drm_free(&drm);
}

static unsigned outputs_of(const struct world *world) {
    unsigned count = 0;
    while (copp_outputs_name(world->outputs.outputs, count))
        count++;
    return count;
}

static unsigned open_files(void) {
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    while (readdir(directory))
        count++;
    (void)closedir(directory);
    return count;
}

/* Its driver was bound anew: everything has other numbers, and is the same. */
static void card_that_comes_back(void) {
    struct world world;
    world_begin(&world, true);
    bring_up(&world);
    fake_drm_uevent(world.drm, "add"); /* as udevadm trigger says: it has always been there */
    outputs_rig_wait(&world.outputs);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    unsigned files = open_files();
    fake_drm_hold(world.drm)->gone = true;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "remove");
    outputs_rig_wait(&world.outputs);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_true(world.app.flags & COPP_STATUS_LINK_LOST);
    assert_true(open_files() < files); /* or the kernel would not give that name again */
    struct fake_card *card = fake_drm_hold(world.drm);
    card->gone = false;
    card->first_connector += 50;
    card->connectors[FAKE_HDMI].protection_value = 0;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "add");
    outputs_rig_wait(&world.outputs);
    assert_int_equal(outputs_of(&world), 4);
    outputs_rig_pass(&world.outputs, 600);
    bring_up(&world);
    world_end(&world);
}

/* A dock's connectors have other numbers each time, and a number that was one's may be another's. */
static void dock_that_comes_back(void) {
    struct world world;
    struct app app;
    world_begin(&world, true);
    struct fake_card *card = fake_drm_hold(world.drm);
    card->connectors[FAKE_DOCK].connected = true;
    card->connectors[FAKE_DOCK].crtc = 305;
    card->connectors[FAKE_DOCK].framebuffer = 405;
    card->count = FAKE_DOCK + 1;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "change");
    outputs_rig_wait(&world.outputs);
    app_begin(&app, outputs_rig_connector(&world.outputs, "card0-DP-2"));
    card = fake_drm_hold(world.drm);
    card->connectors[FAKE_DOCK + 1] = card->connectors[FAKE_DOCK]; /* its number, 104, is a new VGA socket's now */
    card->connectors[FAKE_DOCK] = card->connectors[FAKE_VGA];
    card->count = FAKE_DOCK + 2;
    card->enable_at_once = true;
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "change");
    outputs_rig_wait(&world.outputs);
    assert_int_equal(outputs_of(&world), 6);
    assert_int_equal(app_set_level(&app, COPP_PROTECTION_TYPE_HDCP, 1), COPP_HR_OK);
    assert_int_equal(fake_drm_protection(world.drm, FAKE_DOCK + 1), 2);
    copp_device_close(&app.device);
    world_end(&world);
}

static void plug(struct world *world, uint32_t blob, const char *hex) {
    uint8_t edid[128];
    fake_drm_plug(world->drm, FAKE_HDMI, blob, edid, from_hex(hex, edid, sizeof edid));
    fake_drm_uevent(world->drm, "change");
    outputs_rig_wait(&world->outputs);
}

static const char *hdmi_display(const struct world *world) {
    assert_string_equal(copp_outputs_name(world->outputs.outputs, FAKE_HDMI), "card0-HDMI-A-1");
    return copp_outputs_display(world->outputs.outputs, FAKE_HDMI);
}

static unsigned blobs_read(struct world *world) {
    unsigned read = fake_drm_hold(world->drm)->blobs_read;
    fake_drm_release(world->drm);
    return read;
}

static void displays_call_themselves(void) {
    struct world world;
    world_open(&world, &(struct fake_drm_setup){.atomic = true}, false);
    assert_string_equal(hdmi_display(&world), "");
    assert_string_equal(copp_outputs_display(world.outputs.outputs, FAKE_VGA), "");
    assert_string_equal(copp_outputs_display(world.outputs.outputs, 99), "");
    plug(&world, 45, EDID_U2412M);
    assert_string_equal(hdmi_display(&world), "DEL A07B DELL U2412M");
    plug(&world, 45, EDID_ODYSSEY); /* the kernel uses numbers again */
    assert_string_equal(hdmi_display(&world), "SAM 772D Odyssey G93SD");
    plug(&world, 0, ""); /* one without an EDID */
    assert_string_equal(hdmi_display(&world), "");
    plug(&world, 46, EDID_U2412M);
    plug(&world, 46, "00ffffffffffff0010ac7ba0"); /* cut off */
    assert_string_equal(hdmi_display(&world), "");
    plug(&world, 46, EDID_PANEL);
    assert_string_equal(hdmi_display(&world), "BOE 095F");
    fake_drm_hold(world.drm)->connectors[FAKE_HDMI].connected = false; /* and the old EDID stays */
    fake_drm_release(world.drm);
    fake_drm_uevent(world.drm, "change");
    outputs_rig_wait(&world.outputs);
    assert_string_equal(hdmi_display(&world), "");
    world_close(&world);
}

/* The kernel has read the EDID only after it has told of the display, and does not tell of that. */
static void a_display_is_known_late(void) {
    struct world world;
    world_open(&world, &(struct fake_drm_setup){.atomic = true}, false);
    plug(&world, 0, "");
    fake_drm_uevent(world.drm, "change");
    outputs_rig_wait(&world.outputs);
    uint8_t edid[128];
    fake_drm_plug(world.drm, FAKE_HDMI, 45, edid, from_hex(EDID_U2412M, edid, sizeof edid));
    outputs_rig_pass(&world.outputs, 1999);
    assert_string_equal(hdmi_display(&world), "");
    outputs_rig_pass(&world.outputs, 1);
    assert_string_equal(hdmi_display(&world), "DEL A07B DELL U2412M");
    fake_drm_plug(world.drm, FAKE_HDMI, 46, edid, from_hex(EDID_PANEL, edid, sizeof edid));
    outputs_rig_pass(&world.outputs, 10000); /* what nobody uses is left alone */
    assert_string_equal(hdmi_display(&world), "DEL A07B DELL U2412M");
    world_close(&world);
}

/* An open session looks every 500 ms; it reads an EDID once. */
static void an_edid_is_read_once(void) {
    struct world world;
    world_begin(&world, true);
    plug(&world, 45, EDID_U2412M);
    unsigned read = blobs_read(&world);
    outputs_rig_pass(&world.outputs, 5000);
    assert_int_equal(blobs_read(&world), read);
    uint8_t edid[128];
    fake_drm_plug(world.drm, FAKE_HDMI, 46, edid, from_hex(EDID_PANEL, edid, sizeof edid));
    outputs_rig_pass(&world.outputs, 500);
    assert_string_equal(hdmi_display(&world), "BOE 095F");
    assert_true(blobs_read(&world) > read);
    fake_drm_hold(world.drm)->connectors[FAKE_HDMI].connected = false; /* what is plugged in next has the same number */
    fake_drm_release(world.drm);
    outputs_rig_pass(&world.outputs, 500);
    assert_string_equal(hdmi_display(&world), "");
    fake_drm_plug(world.drm, FAKE_HDMI, 46, edid, from_hex(EDID_U2412M, edid, sizeof edid));
    outputs_rig_pass(&world.outputs, 500);
    assert_string_equal(hdmi_display(&world), "DEL A07B DELL U2412M");
    world_end(&world);
}

static void nothing_there(void) {
    struct fake_drm *drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true});
    struct copp_backend *backend;
    struct said said;
    said_init(&said);
    const struct copp_kms_config config = {.read_ms = RIG_READ_MS, .device = "/dev/dri/card7", .log = &said.log};
    assert_int_equal(copp_kms_open(&config, &backend), COPP_E_NOT_FOUND);
    assert_non_null(strstr(said.text, "/dev/dri/card7"));
    fake_drm_hold(drm)->count = 0;
    fake_drm_release(drm);
    assert_int_equal(copp_kms_open(&(struct copp_kms_config){.read_ms = RIG_READ_MS, .log = NULL}, &backend), COPP_E_NOT_FOUND);
    assert_null(backend);
    fake_drm_free(&drm);
}

static const struct test_case cases[] = {
    TEST(believes_only_enabled_atomic, "CMD-4 CMD-6 QRY-5"),
    TEST(believes_only_enabled_legacy, "CMD-4 CMD-6 QRY-5"),
    TEST(succeeds_at_once, "CMD-6"),
    TEST(uevent_ends_the_command, "CMD-6"),
    TEST(time_limit_rolls_back, "CMD-4 CMD-6"),
    TEST(demotion_with_uevent_is_link_lost, "EVT-1 EVT-3"),
    TEST(demotion_without_uevent_is_link_lost, "EVT-1 EVT-3"),
    TEST(what_was_lost_stays_lost, "EVT-3"),
    TEST(refused_write_fails, "CMD-4"),
    TEST(busy_commit_is_tried_again, "CMD-6"),
    TEST(a_splash_leaves, "QRY-6 CMD-4"),
    TEST(a_splash_leaves_who_is_unprivileged, "QRY-6 CMD-4"),
    TEST(a_master_without_a_name, ""),
    TEST(opening_does_not_keep_the_card, ""),
    TEST(compositor_that_comes_later, "CMD-4"),
    TEST(offers_what_is_there, "QRY-6"),
    TEST(tells_the_signal, "QRY-6"),
    TEST(rates, "QRY-6"),
    TEST(mode_change_is_renegotiation, "EVT-1"),
    TEST(unplugged, "EVT-1 EVT-3 CMD-4"),
    TEST(card_that_disappears, "EVT-1 EVT-3"),
    TEST(clones_are_refused, "ARB-6"),
    TEST(tiles_are_refused, "ARB-6"),
    TEST(unknown_and_driven_is_plugged, "EVT-1 CMD-4"),
    TEST(type1_wants_type1, "CMD-4"),
    TEST(type1_in_a_commit, "OPM-HDCP-2"),
    TEST(type1_by_the_legacy_call, "OPM-HDCP-2"),
    TEST(another_ones_protection_is_left_alone, "ARB-5"),
    TEST(closing_takes_down, "EVT-5 ARB-4"),
    TEST(dock_adds_a_connector, ""),
    TEST(dock_that_comes_back, "CMD-4"),
    TEST(card_that_comes_later, ""),
    TEST(card_that_is_waited_for, ""),
    TEST(card_that_comes_back, "EVT-1 EVT-3"),
    TEST(displays_call_themselves, ""),
    TEST(a_display_is_known_late, ""),
    TEST(an_edid_is_read_once, ""),
    TEST(nothing_there, ""),
};

int main(void) {
    return RUN_SUITE("kms", cases);
}
