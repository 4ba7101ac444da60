/* One framebuffer that several connectors show parts of, as a desktop on two displays (ARB-6), on a card made by umockdev. */
#include <errno.h>
#include <string.h>

#include <xf86drmMode.h>

#include "fake_drm.h"
#include "outputs/kms/kms.h"
#include "outputs_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define SCREEN 401u /* the framebuffer that HDMI-A-1 shows, from 0 on */

struct world {
    struct fake_drm *drm;
    struct said said;
    struct outputs_rig outputs;
    struct app app; /* on HDMI-A-1 */
};

/* The connector shows what is right of the first display's part. */
static void span(struct world *world, size_t connector, uint32_t framebuffer) {
    struct fake_connector *other = &fake_drm_hold(world->drm)->connectors[connector];
    other->crtc = 311 + (uint32_t)connector;
    other->connected = true;
    other->framebuffer = framebuffer;
    other->x = 4096;
    fake_drm_release(world->drm);
}

static void open_outputs(struct world *world, bool type1) {
    struct copp_backend *backend;
    said_init(&world->said);
    const struct copp_kms_config config = {.read_ms = RIG_READ_MS, .type1 = type1, .log = &world->said.log};
    assert_int_equal(copp_kms_open(&config, &backend), COPP_OK);
    outputs_rig_init(&world->outputs, backend);
}

static void begin_app(const struct world *world, struct app *app, const char *name) {
    app_begin(app, outputs_rig_connector(&world->outputs, name));
}

/* drm_type: the connector is of that kind; 0: of its own */
static void make_card(struct world *world, size_t connector, uint32_t framebuffer, uint32_t drm_type) {
    world->drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true});
    span(world, connector, framebuffer);
    if (drm_type)
        fake_drm_hold(world->drm)->connectors[connector].drm_type = drm_type;
    if (drm_type)
        fake_drm_release(world->drm);
}

static void world_begin_as(struct world *world, size_t connector, uint32_t framebuffer, uint32_t drm_type) {
    make_card(world, connector, framebuffer, drm_type);
    open_outputs(world, false);
    begin_app(world, &world->app, "card0-HDMI-A-1");
}

static void world_begin(struct world *world, size_t connector, uint32_t framebuffer) {
    world_begin_as(world, connector, framebuffer, 0);
}

static void world_close(struct world *world) {
    outputs_rig_end(&world->outputs);
    fake_drm_free(&world->drm);
}

static void world_end(struct world *world) {
    copp_device_close(&world->app.device);
    world_close(world);
}

static void pass(struct world *world, uint64_t by_ms) {
    outputs_rig_pass(&world->outputs, by_ms);
}

static uint64_t hdmi(const struct world *world) {
    return fake_drm_protection(world->drm, FAKE_HDMI);
}

static uint64_t dp(const struct world *world) {
    return fake_drm_protection(world->drm, FAKE_DP);
}

static uint32_t set_hdcp(struct app *app, uint32_t level) {
    return app_set_level(app, HDCP, level);
}

static void enable(struct world *world, size_t connector) {
    fake_drm_set_protection(world->drm, connector, 2);
    pass(world, 300);
}

static void bring_up(struct world *world) {
    assert_int_equal(set_hdcp(&world->app, 1), COPP_HR_PENDING);
    enable(world, FAKE_HDMI);
    enable(world, FAKE_DP);
    assert_int_equal(app_result(&world->app), COPP_HR_OK);
    assert_int_equal(app_local(&world->app, HDCP), 1);
    assert_int_equal(app_flags(&world->app), 0);
}

static void assert_lost(struct app *app) {
    assert_int_equal(app_local(app, HDCP), 0);
    assert_true(app->flags & COPP_STATUS_LINK_LOST);
}

/* Asked for on both, whichever comes up first, believed once both are Enabled, and taken down on both. */
static void all_are_protected(void) {
    for (size_t first = FAKE_HDMI; first <= FAKE_DP; first++) {
        struct world world;
        world_begin(&world, FAKE_DP, SCREEN);
        assert_int_equal(set_hdcp(&world.app, 1), COPP_HR_PENDING);
        pass(&world, 150);
        assert_int_equal(hdmi(&world), 1);
        assert_int_equal(dp(&world), 1);
        enable(&world, first);
        pass(&world, 5000);
        assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
        assert_int_equal(app_local(&world.app, HDCP), 0);
        enable(&world, first == FAKE_HDMI ? FAKE_DP : FAKE_HDMI);
        assert_int_equal(app_result(&world.app), COPP_HR_OK);
        pass(&world, 5000);
        assert_int_equal(app_local(&world.app, HDCP), 1);
        assert_int_equal(app_flags(&world.app), 0);
        assert_int_equal(set_hdcp(&world.app, 0), COPP_HR_OK);
        pass(&world, 150);
        assert_int_equal(hdmi(&world), 0);
        assert_int_equal(dp(&world), 0);
        world_end(&world);
    }
}

/* Other framebuffers, connectors without a display, and panels inside the machine are left alone. */
static void others_are_left_alone(void) {
    static const struct {
        size_t connector;
        uint32_t framebuffer;
        bool connected;
        uint32_t drm_type; /* 0: its own */
    } others[] = {{FAKE_DP, 402, true, 0},
                  {FAKE_DP, SCREEN, false, 0},
                  {FAKE_EDP, SCREEN, true, 0},
                  {FAKE_EDP, SCREEN, true, DRM_MODE_CONNECTOR_LVDS},
                  {FAKE_EDP, SCREEN, true, DRM_MODE_CONNECTOR_DSI},
                  {FAKE_VGA, 404, true, 0}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct world world;
        world_begin_as(&world, others[i].connector, others[i].framebuffer, others[i].drm_type);
        fake_drm_hold(world.drm)->connectors[others[i].connector].connected = others[i].connected;
        fake_drm_release(world.drm);
        assert_int_equal(set_hdcp(&world.app, 1), COPP_HR_PENDING);
        enable(&world, FAKE_HDMI);
        assert_int_equal(app_result(&world.app), COPP_HR_OK);
        assert_int_equal(app_local(&world.app, HDCP), 1);
        assert_int_equal(fake_drm_hold(world.drm)->connectors[FAKE_DP].writes, 0);
        fake_drm_release(world.drm);
        world_end(&world);
    }
}

/* A CRTC whose primary plane shows nothing shows something by others: it cannot be told what. */
static void what_cannot_be_told_is_protected(void) {
    struct world world;
    world_begin(&world, FAKE_DP, 0);
    assert_int_equal(set_hdcp(&world.app, 1), COPP_HR_PENDING);
    enable(&world, FAKE_HDMI);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    assert_int_equal(dp(&world), 1);
    enable(&world, FAKE_DP);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    world_end(&world);
}

static enum copp_result open_beside_as(size_t connector, bool type1, uint32_t drm_type) {
    struct world world;
    struct copp_device *device;
    make_card(&world, connector, SCREEN, drm_type);
    open_outputs(&world, type1);
    enum copp_result result = copp_device_open(outputs_rig_connector(&world.outputs, "card0-HDMI-A-1"), &device);
    copp_device_close(&device);
    world_close(&world);
    return result;
}

static enum copp_result open_beside(size_t connector, bool type1) {
    return open_beside_as(connector, type1, 0);
}

/* Where a part would be shown without protection nothing is promised. */
static void beside_what_cannot_be_protected(void) {
    assert_int_equal(open_beside(FAKE_VGA, false), COPP_E_UNSUPPORTED_MODE);
    assert_int_equal(open_beside(FAKE_DP, true), COPP_E_UNSUPPORTED_MODE); /* it has no content type */
    assert_int_equal(open_beside(FAKE_DP, false), COPP_OK);
    assert_int_equal(open_beside(FAKE_EDP, true), COPP_OK);
    assert_int_equal(open_beside_as(FAKE_EDP, true, DRM_MODE_CONNECTOR_DSI), COPP_OK);
    /* of kinds that COPP does not know, whose type has every bit set, also the one for what is inside */
    assert_int_equal(open_beside_as(FAKE_EDP, false, DRM_MODE_CONNECTOR_TV), COPP_E_UNSUPPORTED_MODE);
    assert_int_equal(open_beside_as(FAKE_EDP, false, DRM_MODE_CONNECTOR_USB), COPP_E_UNSUPPORTED_MODE);
    assert_int_equal(open_beside_as(FAKE_EDP, false, DRM_MODE_CONNECTOR_VIRTUAL), COPP_E_UNSUPPORTED_MODE);
}

/* A loss at one is one of the whole, told by an event or not, and nothing stays up. */
static void a_loss_at_the_other(void) {
    for (unsigned told = 0; told < 2; told++) {
        struct world world;
        world_begin(&world, FAKE_DP, SCREEN);
        bring_up(&world);
        fake_drm_set_protection(world.drm, FAKE_DP, 1);
        if (told) {
            fake_drm_tell(world.drm, FAKE_DP);
            outputs_rig_wait(&world.outputs);
        } else {
            pass(&world, 600);
        }
        assert_lost(&world.app);
        pass(&world, 150);
        assert_int_equal(hdmi(&world), 0);
        assert_int_equal(dp(&world), 0);
        bring_up(&world);
        world_end(&world);
    }
}

/* The player is not kept waiting for what will not come. */
static void the_other_refuses(void) {
    struct world world;
    world_begin(&world, FAKE_DP, SCREEN);
    fake_drm_hold(world.drm)->connectors[FAKE_DP].refuse_desired = EINVAL;
    fake_drm_release(world.drm);
    assert_int_equal(set_hdcp(&world.app, 1), COPP_HR_PENDING);
    pass(&world, 300);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    pass(&world, 150);
    assert_int_equal(hdmi(&world), 0);
    assert_int_equal(dp(&world), 0);
    world_end(&world);
}

/* Two sessions, one at each: neither waits for the other to be first, and neither takes down what the other needs. */
static void sessions_at_both(void) {
    struct world world;
    struct app beside;
    world_begin(&world, FAKE_DP, SCREEN);
    begin_app(&world, &beside, "card0-DP-1");
    assert_int_equal(set_hdcp(&world.app, 1), COPP_HR_PENDING);
    assert_int_equal(set_hdcp(&beside, 1), COPP_HR_PENDING);
    enable(&world, FAKE_HDMI);
    enable(&world, FAKE_DP);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    assert_int_equal(app_result(&beside), COPP_HR_OK);
    assert_int_equal(set_hdcp(&beside, 0), COPP_HR_OK);
    pass(&world, 1000);
    assert_int_equal(app_local(&world.app, HDCP), 1);
    assert_int_equal(app_global(&beside, HDCP), 1);
    assert_int_equal(dp(&world), 2);
    assert_int_equal(set_hdcp(&beside, 1), COPP_HR_OK); /* it is in force */
    assert_int_equal(set_hdcp(&world.app, 0), COPP_HR_OK);
    pass(&world, 1000);
    assert_int_equal(app_local(&beside, HDCP), 1);
    assert_int_equal(app_flags(&beside), 0);
    assert_int_equal(hdmi(&world), 2);
    copp_device_close(&beside.device);
    pass(&world, 1000);
    assert_int_equal(hdmi(&world), 0);
    assert_int_equal(dp(&world), 0);
    world_end(&world);
}

/* A session that has asked for nothing has nothing to lose. */
static void a_session_that_holds_nothing(void) {
    struct world world;
    struct app beside;
    world_begin(&world, FAKE_DP, SCREEN);
    begin_app(&world, &beside, "card0-DP-1");
    bring_up(&world);
    assert_int_equal(app_local(&beside, HDCP), 0);
    assert_int_equal(app_global(&beside, HDCP), 1);
    fake_drm_set_protection(world.drm, FAKE_DP, 1);
    pass(&world, 600);
    assert_lost(&world.app);
    assert_int_equal(app_flags(&beside), 0);
    copp_device_close(&beside.device);
    world_end(&world);
}

/* The desktop grows while a player shows its film. */
static void it_becomes_spanned(void) {
    struct world world;
    world_begin(&world, FAKE_DP, 402);
    assert_int_equal(set_hdcp(&world.app, 1), COPP_HR_PENDING);
    enable(&world, FAKE_HDMI);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    span(&world, FAKE_DP, SCREEN);
    pass(&world, 600);
    assert_lost(&world.app);
    bring_up(&world);
    span(&world, FAKE_DP, 402); /* and shrinks */
    pass(&world, 600);
    assert_int_equal(app_local(&world.app, HDCP), 1);
    assert_int_equal(hdmi(&world), 2);
    assert_int_equal(dp(&world), 0);
    world_end(&world);
}

static void refuse_read(struct world *world, size_t connector, unsigned long request) {
    fake_drm_hold(world->drm)->connectors[connector].refuse_read = request;
    fake_drm_release(world->drm);
}

/* What the kernel does not say of a connector, of its own or of another one, may be that a part of the picture is shown there. */
static void what_cannot_be_read_is_not_protected(void) {
    static const unsigned long requests[] = {DRM_IOCTL_MODE_GETCONNECTOR, DRM_IOCTL_MODE_GETENCODER, DRM_IOCTL_MODE_GETCRTC};
    for (size_t connector = FAKE_HDMI; connector <= FAKE_DP; connector++) {
        for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
            struct world world;
            world_begin(&world, FAKE_DP, 402);
            assert_int_equal(set_hdcp(&world.app, 1), COPP_HR_PENDING);
            enable(&world, FAKE_HDMI);
            assert_int_equal(app_result(&world.app), COPP_HR_OK);
            refuse_read(&world, connector, requests[i]);
            pass(&world, 600);
            assert_lost(&world.app);
            assert_int_equal(app_global(&world.app, HDCP), 0);
            refuse_read(&world, connector, 0);
            pass(&world, 1000);
            assert_int_equal(hdmi(&world), 0);
            world_end(&world);
        }
    }
}

/* And what cannot be read is not down: a debt does not lapse meanwhile. */
static void what_cannot_be_read_is_owed(void) {
    struct world world;
    world_begin(&world, FAKE_DP, 402);
    assert_int_equal(set_hdcp(&world.app, 1), COPP_HR_PENDING);
    enable(&world, FAKE_HDMI);
    refuse_read(&world, FAKE_HDMI, DRM_IOCTL_MODE_GETCONNECTOR);
    fake_drm_hold(world.drm)->refuse_write = EIO;
    fake_drm_release(world.drm);
    pass(&world, 30000);
    assert_int_equal(hdmi(&world), 2);
    fake_drm_hold(world.drm)->refuse_write = 0;
    fake_drm_release(world.drm);
    refuse_read(&world, FAKE_HDMI, 0);
    pass(&world, 15000);
    assert_int_equal(hdmi(&world), 0);
    world_end(&world);
}

/* A tile of which it cannot be read which display's it is. */
static void a_tile_that_cannot_be_read(void) {
    static const unsigned long requests[] = {DRM_IOCTL_MODE_OBJ_GETPROPERTIES, DRM_IOCTL_MODE_GETPROPBLOB};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct world world;
        struct copp_device *device;
        make_card(&world, FAKE_DP, 402, 0);
        for (size_t c = FAKE_HDMI; c <= FAKE_DP; c++) {
            struct fake_connector *connector = &fake_drm_hold(world.drm)->connectors[c];
            connector->tile_blob = 900 + (uint32_t)c;
            strcpy(connector->tile, "1:1:2:1:0:0:1920:1080");
            fake_drm_release(world.drm);
        }
        open_outputs(&world, false);
        refuse_read(&world, FAKE_DP, requests[i]);
        pass(&world, 600);
        assert_int_equal(copp_device_open(outputs_rig_connector(&world.outputs, "card0-HDMI-A-1"), &device),
                         COPP_E_UNSUPPORTED_MODE);
        world_close(&world);
    }
}

static const struct test_case cases[] = {
    TEST(all_are_protected, "ARB-6 CMD-4"),          TEST(others_are_left_alone, "ARB-6 APP-4"),
    TEST(what_cannot_be_told_is_protected, "ARB-6"), TEST(beside_what_cannot_be_protected, "ARB-6"),
    TEST(a_loss_at_the_other, "ARB-6 EVT-1 EVT-3"),  TEST(the_other_refuses, "ARB-6 CMD-4"),
    TEST(sessions_at_both, "ARB-6 ARB-2"),           TEST(a_session_that_holds_nothing, "ARB-6 EVT-1"),
    TEST(it_becomes_spanned, "ARB-6 EVT-1"),         TEST(what_cannot_be_read_is_not_protected, "ARB-6 EVT-1 QRY-5"),
    TEST(what_cannot_be_read_is_owed, "ARB-4"),      TEST(a_tile_that_cannot_be_read, "ARB-6"),
};

int main(void) {
    return RUN_SUITE("kms_spanned", cases);
}
