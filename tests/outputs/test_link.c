/* The state machine of outputs whose HDCP is a property, on hardware that does what the test says. */
#include "outputs/link/link.h"
#include "outputs_rig.h"

struct hardware {
    struct hdcp_link link;
    struct hdcp_observation is;
    enum copp_result write; /* what a write answers; COPP_OK: it is done */
    unsigned writes;
};

static void hardware_observe(struct hdcp_link *link, struct hdcp_observation *observation) {
    *observation = ((struct hardware *)link)->is;
}

static enum copp_result hardware_write(struct hdcp_link *link, enum hdcp_value value) {
    struct hardware *hardware = (struct hardware *)link;
    hardware->writes++;
    if (!hardware->write)
        hardware->is.hdcp = value;
    return hardware->write;
}

static const struct hdcp_link_ops hardware_ops = {.observe = hardware_observe, .write = hardware_write};

struct world {
    struct rig rig;
    struct hardware hardware;
    struct app app;
    uint64_t now_ms;
};

/* Looks once when so much time has passed, as a backend that is woken up by something. */
static void look_after(struct world *world, uint64_t by_ms) {
    world->now_ms += by_ms;
    hdcp_link_dispatch(&world->hardware.link, world->now_ms);
}

static void world_begin(struct world *world) {
    world->now_ms = 0;
    world->hardware = (struct hardware){.is = {.connected = true, .driven = true}};
    hdcp_link_init(&world->hardware.link, &hardware_ops, true);
    rig_init(&world->rig, NULL);
    const struct copp_connector_config config = {.size = sizeof config,
                                                 .output = &world->hardware.link.output,
                                                 .connector_type = COPP_CONNECTOR_HDMI,
                                                 .protection_types = COPP_PROTECTION_TYPE_HDCP};
    assert_int_equal(copp_connector_add(world->rig.adapter, &config, &world->hardware.link.connector), COPP_OK);
    copp_adapter_dispatch(world->rig.adapter, 0);
    app_begin(&world->app, world->hardware.link.connector);
    look_after(world, 100);
}

static void world_end(struct world *world) {
    copp_device_close(&world->app.device);
    hdcp_link_end(&world->hardware.link);
    rig_end(&world->rig);
}

static uint32_t set_hdcp(struct world *world, uint32_t level) {
    return app_set_level(&world->app, COPP_PROTECTION_TYPE_HDCP, level);
}

static void bring_up(struct world *world) {
    assert_int_equal(set_hdcp(world, 1), COPP_HR_PENDING);
    world->hardware.is.hdcp = HDCP_ENABLED;
    look_after(world, 100);
    assert_int_equal(app_result(&world->app), COPP_HR_OK);
}

static void busy_then_refused(void) {
    struct world world;
    world_begin(&world);
    world.hardware.write = COPP_E_PENDING;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    world.hardware.write = COPP_E_FAILED;
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    world_end(&world);
}

/* What another program has switched on before our write was taken is in force: one more holder (ARB-5), and not ours. */
static void enabled_before_it_was_asked_for(void) {
    struct world world;
    world_begin(&world);
    world.hardware.write = COPP_E_PENDING;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    world.hardware.is.hdcp = HDCP_ENABLED;
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    world.hardware.write = COPP_OK;
    assert_int_equal(set_hdcp(&world, 0), COPP_HR_OK);
    assert_int_equal(world.hardware.is.hdcp, HDCP_ENABLED);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    world_end(&world);
    assert_int_equal(world.hardware.is.hdcp, HDCP_ENABLED);
}

/* A take-down that the hardware refuses is owed until it takes it: nobody is told that anything is in force. */
static void cancel_that_is_refused(void) {
    struct world world;
    world_begin(&world);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    world.hardware.write = COPP_E_FAILED;
    copp_adapter_dispatch(world.rig.adapter, RIG_PENDING_LIMIT);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    copp_device_close(&world.app.device);
    assert_int_equal(hdcp_link_interval(&world.hardware.link), 1000);
    look_after(&world, 1000);
    assert_int_equal(world.hardware.is.hdcp, HDCP_DESIRED);
    world.hardware.write = COPP_OK;
    look_after(&world, hdcp_link_interval(&world.hardware.link));
    assert_int_equal(world.hardware.is.hdcp, HDCP_UNDESIRED);
    look_after(&world, hdcp_link_interval(&world.hardware.link));
    look_after(&world, 20000);
    assert_true(hdcp_link_interval(&world.hardware.link) == UINT64_MAX);
    world_end(&world);
}

static void take_down_that_is_busy(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    world.hardware.write = COPP_E_PENDING;
    assert_int_equal(set_hdcp(&world, 0), COPP_HR_OK); /* CMD-4: level 0 always succeeds */
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    world.hardware.write = COPP_OK;
    look_after(&world, 100);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_int_equal(world.hardware.is.hdcp, HDCP_UNDESIRED);
    world_end(&world);
}

/* A take-down given up before it was written: what was in force still is. */
static void take_down_that_is_given_up(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    world.hardware.write = COPP_E_PENDING;
    assert_int_equal(set_hdcp(&world, 0), COPP_HR_OK);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_OK);
    world.hardware.write = COPP_OK;
    look_after(&world, 100);
    assert_int_equal(world.hardware.is.hdcp, HDCP_ENABLED);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    world_end(&world);
}

/* The mode changes and HDCP drops before a poll has seen either. */
static void reconfigured_and_gone(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    world.hardware.is.hdcp = HDCP_DESIRED;
    world.hardware.is.state.display.width = 1280;
    look_after(&world, 100);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_int_equal(world.app.flags, COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED);
    world_end(&world);
}

static void unreadable_is_not_in_force(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    world.hardware.is.hdcp = HDCP_UNREADABLE;
    look_after(&world, 100);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_int_equal(world.hardware.is.hdcp, HDCP_UNDESIRED);
    world_end(&world);
}

static void no_signal_no_hdcp(void) {
    struct world world;
    world_begin(&world);
    world.hardware.is.driven = false;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(world.hardware.writes, 0);
    world_end(&world);
}

/* Whether a display is there is known without anybody who uses the output, from when somebody looked. */
static void plugged_in_or_not(void) {
    struct world world;
    world_begin(&world);
    assert_true(world.hardware.link.plugged); /* whoever uses it looks */
    world.hardware.is.connected = false;
    look_after(&world, 100);
    assert_false(world.hardware.link.plugged);
    copp_device_close(&world.app.device);
    world.hardware.is.connected = true;
    look_after(&world, 100);
    assert_false(world.hardware.link.plugged); /* nobody asks the hardware for nothing */
    strcpy(world.hardware.is.display, "TV");
    hdcp_link_look(&world.hardware.link);
    assert_true(world.hardware.link.plugged);
    assert_string_equal(world.hardware.link.display, "TV");
    world.hardware.is.connected = false; /* and the property is still there */
    hdcp_link_look(&world.hardware.link);
    assert_string_equal(world.hardware.link.display, "");
    world_end(&world);
}

static void looked_at_often_enough(void) {
    struct world world;
    world_begin(&world);
    assert_true(hdcp_link_interval(&world.hardware.link) <= 500);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    assert_true(hdcp_link_interval(&world.hardware.link) <= 100);
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(busy_then_refused, "CMD-4 CMD-6"),    TEST(enabled_before_it_was_asked_for, "CMD-4 QRY-5 ARB-5"),
    TEST(cancel_that_is_refused, "CMD-6"),     TEST(take_down_that_is_busy, "CMD-4 QRY-5"),
    TEST(take_down_that_is_given_up, "QRY-5"), TEST(reconfigured_and_gone, "EVT-1 EVT-3"),
    TEST(unreadable_is_not_in_force, "EVT-3"), TEST(no_signal_no_hdcp, "CMD-4"),
    TEST(looked_at_often_enough, "EVT-1"),     TEST(plugged_in_or_not, ""),
};

int main(void) {
    return RUN_SUITE("link", cases);
}
