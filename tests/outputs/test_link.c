/* The state machine of outputs whose HDCP is a property, on hardware that does what the test says. */
#include "outputs/link/link.h"
#include "outputs_rig.h"

struct hardware {
    struct hdcp_link link;
    struct hdcp_observation is;
    enum copp_result write; /* what a write answers; COPP_OK: it is done */
    enum copp_result undesired; /* what one of Undesired answers instead, if it is an error */
    bool ignores; /* it says that it has taken a value, and has not */
    bool grumbles; /* it has taken a value, and says that it has not */
    unsigned writes;
    char wrote[64]; /* what has been written, and noted: U, D or (Type 1) T, + and - */
};

static void hardware_observe(struct hdcp_link *link, struct hdcp_observation *observation) {
    *observation = ((struct hardware *)link)->is;
}

static void record(struct hardware *hardware, char what) {
    size_t used = strlen(hardware->wrote);
    assert_true(used + 1 < sizeof hardware->wrote);
    hardware->wrote[used] = what;
}

static enum copp_result hardware_write(struct hdcp_link *link, enum hdcp_value value) {
    struct hardware *hardware = (struct hardware *)link;
    enum copp_result result = value == HDCP_UNDESIRED && hardware->undesired ? hardware->undesired : hardware->write;
    hardware->writes++;
    if (!result && !hardware->ignores) {
        record(hardware, value == HDCP_UNDESIRED ? 'U' : link->type1 ? 'T' : 'D');
        hardware->is.hdcp = value;
    }
    return hardware->grumbles ? COPP_E_FAILED : result;
}

static void hardware_note(struct hdcp_link *link, bool owes) {
    record((struct hardware *)link, owes ? '+' : '-');
}

static const struct hdcp_link_ops hardware_ops = {.observe = hardware_observe, .write = hardware_write, .note = hardware_note};

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
    assert_int_equal(hdcp_link_interval(&world.hardware.link), 0); /* what was seen is not to be told to the next one */
    look_after(&world, 0);
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

static void assert_wrote(struct world *world, const char *wrote) {
    assert_string_equal(world->hardware.wrote, wrote);
    memset(world->hardware.wrote, 0, sizeof world->hardware.wrote);
}

static void assert_lost(struct world *world) {
    assert_int_equal(app_local(&world->app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_int_equal(world->app.flags, COPP_STATUS_LINK_LOST);
}

static void assert_held(struct world *world) {
    assert_int_equal(app_local(&world->app, COPP_PROTECTION_TYPE_HDCP), 1);
    assert_int_equal(world->app.flags, 0);
    assert_int_equal(app_global(&world->app, COPP_PROTECTION_TYPE_HDCP), 1);
}

/* The hardware moves the property by itself, and says so. */
static void kernel_moves(struct world *world, enum hdcp_value value) {
    world->hardware.is.hdcp = value;
    hdcp_link_evidence(&world->hardware.link);
}

/* Looks whenever the link wants it; returns how often. */
static unsigned pass(struct world *world, uint64_t by_ms) {
    uint64_t end_ms = world->now_ms + by_ms;
    unsigned looks = 0;
    for (;;) {
        uint64_t interval = hdcp_link_interval(&world->hardware.link);
        if (interval > end_ms - world->now_ms)
            break;
        look_after(world, interval ? interval : 1);
        looks++;
    }
    world->now_ms = end_ms;
    return looks;
}

/* Drivers authenticate on the change from Undesired to Desired. */
static void desired_already_is_asked_for_anew(void) {
    struct world world;
    world_begin(&world);
    world.hardware.is.hdcp = HDCP_DESIRED;
    bring_up(&world);
    assert_wrote(&world, "U+D");
    assert_held(&world);
    world_end(&world);
}

/* Each of the two may find the driver busy, with the other before it. */
static void desired_already_and_busy(void) {
    struct world world;
    world_begin(&world);
    world.hardware.is.hdcp = HDCP_DESIRED;
    world.hardware.write = COPP_E_PENDING;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    look_after(&world, 100);
    assert_wrote(&world, "");
    world.hardware.write = COPP_OK;
    look_after(&world, 100);
    assert_wrote(&world, "U+D");
    world.hardware.is.hdcp = HDCP_ENABLED;
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    world_end(&world);
}

/* anx7625 refuses Undesired unless it is Enabled. */
static void desired_already_and_undesired_is_refused(void) {
    struct world world;
    world_begin(&world);
    world.hardware.is.hdcp = HDCP_DESIRED;
    world.hardware.undesired = COPP_E_FAILED;
    bring_up(&world);
    assert_wrote(&world, "+D");
    world_end(&world);
}

/* What was refused altogether has changed nothing: another program's Desired stays, and nothing is owed. */
static void refused_over_another_ones_desired(void) {
    struct world world;
    world_begin(&world);
    world.hardware.is.hdcp = HDCP_DESIRED;
    world.hardware.write = COPP_E_FAILED;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_UNEXPECTED);
    assert_wrote(&world, "+-");
    world.hardware.write = COPP_OK;
    copp_device_close(&world.app.device);
    assert_int_equal(pass(&world, 60000), 1);
    assert_int_equal(world.hardware.is.hdcp, HDCP_DESIRED);
    world_end(&world);
}

static void enabled_already_counts(void) {
    struct world world;
    world_begin(&world);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    world.hardware.is.hdcp = HDCP_ENABLED;
    look_after(&world, 500);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_OK);
    assert_held(&world);
    assert_int_equal(set_hdcp(&world, 0), COPP_HR_OK);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_OK);
    hdcp_link_evidence(&world.hardware.link); /* no event of ours is to come */
    look_after(&world, 100);
    assert_lost(&world);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1); /* it is, again */
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_OK);
    world.hardware.is.hdcp = HDCP_UNDESIRED; /* its holder leaves */
    look_after(&world, 500);
    assert_lost(&world);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    world.hardware.is.hdcp = HDCP_ENABLED;
    copp_device_close(&world.app.device);
    look_after(&world, 500);
    world_end(&world);
    assert_wrote(&world, "");
    assert_int_equal(world.hardware.writes, 0);
}

/* A connector that nobody looks at shows nothing. */
static void what_is_not_looked_at_is_not_shown(void) {
    struct world world;
    struct copp_protection protection = {.size = sizeof protection};
    world_begin(&world);
    world.hardware.is.hdcp = HDCP_ENABLED;
    look_after(&world, 500);
    copp_connector_protection(world.hardware.link.connector, &protection);
    assert_int_equal(protection.hdcp, 1);
    copp_device_close(&world.app.device);
    look_after(&world, 500);
    copp_connector_protection(world.hardware.link.connector, &protection);
    assert_int_equal(protection.hdcp, 0);
    assert_true(hdcp_link_interval(&world.hardware.link) == UINT64_MAX);
    world_end(&world);
}

/* It is tried again and again, ever less often, and goes on when nobody is there any more. */
static void refused_for_a_day(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    assert_wrote(&world, "+D");
    world.hardware.write = COPP_E_FAILED;
    assert_int_equal(set_hdcp(&world, 0), COPP_HR_OK); /* CMD-4 */
    look_after(&world, 1);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 1); /* it is */
    copp_device_close(&world.app.device);
    static const uint64_t intervals[] = {1000, 2000, 4000, 8000, 10000, 10000};
    look_after(&world, 999);
    for (size_t i = 1; i < sizeof intervals / sizeof intervals[0]; i++) {
        assert_int_equal(hdcp_link_interval(&world.hardware.link), intervals[i]);
        look_after(&world, intervals[i]);
    }
    assert_in_range(pass(&world, 86400000), 8639, 8641);
    assert_int_equal(world.hardware.is.hdcp, HDCP_ENABLED);
    assert_wrote(&world, "");
    world.hardware.write = COPP_OK;
    (void)pass(&world, 10000);
    assert_wrote(&world, "U");
    (void)pass(&world, 20200);
    assert_wrote(&world, "-");
    assert_int_equal(pass(&world, 86400000), 0);
    world_end(&world);
}

/* A driver that says yes, and does nothing, refuses. */
static void taken_and_not_done(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    world.hardware.ignores = true;
    copp_device_close(&world.app.device);
    assert_in_range(pass(&world, 86400000), 8600, 8700);
    world.hardware.ignores = false;
    (void)pass(&world, 10000);
    assert_wrote(&world, "+DU");
    world_end(&world);
}

static void enabled_again_and_again(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    copp_device_close(&world.app.device);
    unsigned before = world.hardware.writes;
    memset(world.hardware.wrote, 0, sizeof world.hardware.wrote);
    for (unsigned i = 0; i < 400; i++) {
        kernel_moves(&world, HDCP_ENABLED);
        look_after(&world, 100);
    }
    assert_in_range(world.hardware.writes - before, 5, 10);
    (void)pass(&world, 10000);
    assert_int_equal(world.hardware.is.hdcp, HDCP_UNDESIRED);
    world_end(&world);
}

static void busy_for_a_day(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    world.hardware.write = COPP_E_PENDING;
    copp_device_close(&world.app.device);
    look_after(&world, 0);
    assert_int_equal(hdcp_link_interval(&world.hardware.link), 100);
    assert_in_range(pass(&world, 20000), 190, 210);
    assert_in_range(pass(&world, 86400000), 8600, 8700);
    world.hardware.write = COPP_OK;
    (void)pass(&world, 10000);
    assert_int_equal(world.hardware.is.hdcp, HDCP_UNDESIRED);
    world_end(&world);
}

/* Whoever wants it anew need not take it down first. */
static void debt_that_is_superseded(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    world.hardware.write = COPP_E_FAILED;
    assert_int_equal(set_hdcp(&world, 0), COPP_HR_OK);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_OK);
    assert_held(&world);
    world.hardware.write = COPP_OK;
    (void)pass(&world, 30000);
    assert_held(&world);
    assert_wrote(&world, "+D");
    assert_int_equal(set_hdcp(&world, 0), COPP_HR_OK);
    assert_wrote(&world, "U");
    world_end(&world);
}

/* A driver's worker that had not ended when Undesired was taken. */
static void enabled_late(void) {
    struct world world;
    world_begin(&world);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    copp_device_close(&world.app.device);
    assert_wrote(&world, "+DU");
    (void)pass(&world, 19000);
    kernel_moves(&world, HDCP_ENABLED);
    look_after(&world, 1);
    assert_wrote(&world, "U");
    (void)pass(&world, 19000);
    kernel_moves(&world, HDCP_ENABLED);
    kernel_moves(&world, HDCP_DESIRED); /* it has fallen away before anybody looked */
    look_after(&world, 1);
    assert_wrote(&world, "U");
    (void)pass(&world, 20200);
    assert_wrote(&world, "-");
    world_end(&world);
}

/* And so it is with a session that comes meanwhile: what the worker has written is not what that one asks for. */
static void enabled_late_is_not_believed(void) {
    struct world world;
    world_begin(&world);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    assert_int_equal(set_hdcp(&world, 0), COPP_HR_UNEXPECTED); /* CMD-6 */
    copp_adapter_dispatch(world.rig.adapter, RIG_PENDING_LIMIT);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    assert_wrote(&world, "+DU");
    world.hardware.is.hdcp = HDCP_ENABLED;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_wrote(&world, "UD");
    world_end(&world);
}

/* Desired that the kernel does not tell of is a program's: ours was down by then. */
static void another_one_comes_after_us(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    copp_device_close(&world.app.device);
    assert_wrote(&world, "+DU");
    (void)pass(&world, 1000);
    world.hardware.is.hdcp = HDCP_DESIRED;
    (void)pass(&world, 100);
    assert_wrote(&world, "-");
    kernel_moves(&world, HDCP_ENABLED);
    (void)pass(&world, 60000);
    world_end(&world);
    assert_wrote(&world, "");
}

/* As long as nothing can be seen, whose it is cannot be told either. */
static void out_of_sight_for_a_while(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    copp_device_close(&world.app.device);
    (void)pass(&world, 1000);
    assert_wrote(&world, "+DU");
    world.hardware.is.hdcp = HDCP_UNREADABLE;
    assert_in_range(pass(&world, 60000), 59, 62);
    world.hardware.is.hdcp = HDCP_UNDESIRED;
    (void)pass(&world, 19900);
    assert_wrote(&world, "");
    world.hardware.is.hdcp = HDCP_UNREADABLE;
    hdcp_link_evidence(&world.hardware.link);
    (void)pass(&world, 2000);
    world.hardware.is.hdcp = HDCP_DESIRED;
    (void)pass(&world, 1000);
    assert_wrote(&world, "U");
    (void)pass(&world, 20200);
    assert_wrote(&world, "-");
    world_end(&world);
}

/* The event of our own success comes with the look that sees it, or after it. */
static void our_own_event(void) {
    for (unsigned after = 0; after < 2; after++) {
        struct world world;
        world_begin(&world);
        assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
        world.hardware.is.hdcp = HDCP_ENABLED;
        if (!after)
            hdcp_link_evidence(&world.hardware.link);
        look_after(&world, 100);
        assert_int_equal(app_result(&world.app), COPP_HR_OK);
        if (after)
            hdcp_link_evidence(&world.hardware.link);
        look_after(&world, 500);
        assert_held(&world);
        hdcp_link_evidence(&world.hardware.link); /* it was Desired, and is Enabled again */
        look_after(&world, 100);
        assert_lost(&world);
        assert_int_equal(world.hardware.is.hdcp, HDCP_UNDESIRED);
        look_after(&world, 100);
        bring_up(&world);
        assert_held(&world);
        world_end(&world);
    }
}

/* The first one is our own, however late: a busy udevd delays it. What is more than that is a loss. */
static void events_beyond_our_own(void) {
    static const uint64_t late[] = {1, 2000, 3600000};
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++) {
        struct world world;
        world_begin(&world);
        bring_up(&world);
        look_after(&world, late[i]);
        hdcp_link_evidence(&world.hardware.link);
        look_after(&world, 1);
        assert_held(&world);
        hdcp_link_evidence(&world.hardware.link);
        look_after(&world, 1);
        assert_lost(&world);
        world_end(&world);
    }
}

/* It was Desired, and is Enabled again: two events, though our own is still on its way. So it is where any number was lost. */
static void events_beyond_our_own_at_once(void) {
    for (unsigned lost = 0; lost < 2; lost++) {
        struct world world;
        world_begin(&world);
        bring_up(&world);
        look_after(&world, 1);
        if (lost)
            hdcp_link_events_lost(&world.hardware.link);
        for (unsigned i = 0; i < 2 && !lost; i++)
            hdcp_link_evidence(&world.hardware.link);
        look_after(&world, 1);
        assert_lost(&world);
        world_end(&world);
    }
}

static void events_that_concern_nobody(void) {
    struct world world;
    world_begin(&world);
    kernel_moves(&world, HDCP_DESIRED);
    look_after(&world, 100);
    kernel_moves(&world, HDCP_UNDESIRED);
    kernel_moves(&world, HDCP_UNDESIRED);
    look_after(&world, 100);
    assert_int_equal(app_flags(&world.app), 0);
    bring_up(&world);
    hdcp_link_evidence(&world.hardware.link);
    look_after(&world, 100);
    assert_held(&world);
    world_end(&world);
}

/* Sessions of another output hold it, without any here: it comes up, is watched, and is taken down when they leave. */
static void called_without_sessions(void) {
    struct world world;
    world_begin(&world);
    struct hdcp_link *link = &world.hardware.link;
    copp_device_close(&world.app.device);
    assert_int_equal(hdcp_link_call(link, HDCP_WANT_ANY), COPP_E_PENDING);
    world.hardware.is.hdcp = HDCP_ENABLED;
    look_after(&world, 100);
    assert_true(link->in_force);
    assert_int_equal(hdcp_link_interval(link), 500);
    world.hardware.is.hdcp = HDCP_DESIRED;
    look_after(&world, 500);
    assert_int_equal(link->others, HDCP_WANT_NOTHING); /* whoever has called sees it by that */
    look_after(&world, 100);
    assert_int_equal(world.hardware.is.hdcp, HDCP_UNDESIRED);
    assert_int_equal(hdcp_link_call(link, HDCP_WANT_ANY), COPP_E_PENDING);
    hdcp_link_dismiss(link);
    assert_int_equal(world.hardware.is.hdcp, HDCP_UNDESIRED);
    world_end(&world);
}

/* Of those who want it the one who wants most counts, and it stays up for the last one. */
static void called_beside_sessions(void) {
    struct world world;
    world_begin(&world);
    struct hdcp_link *link = &world.hardware.link;
    assert_int_equal(hdcp_link_call(link, HDCP_WANT_TYPE1), COPP_E_UNSUPPORTED);
    link->offers_type1 = true;
    assert_int_equal(hdcp_link_call(link, HDCP_WANT_TYPE1), COPP_E_PENDING);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    world.hardware.is.hdcp = HDCP_ENABLED;
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING); /* that is type 0 */
    world.hardware.is.type1 = true;
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    hdcp_link_dismiss(link);
    world.hardware.is.type1 = false; /* is enough for who is left */
    look_after(&world, 100);
    assert_held(&world);
    assert_int_equal(hdcp_link_call(link, HDCP_WANT_TYPE1), COPP_E_FAILED);
    assert_int_equal(hdcp_link_call(link, HDCP_WANT_ANY), COPP_OK);
    assert_int_equal(set_hdcp(&world, 0), COPP_HR_OK);
    look_after(&world, 100);
    assert_true(link->in_force);
    assert_int_equal(world.hardware.is.hdcp, HDCP_ENABLED);
    hdcp_link_dismiss(link);
    assert_int_equal(world.hardware.is.hdcp, HDCP_UNDESIRED);
    assert_int_equal(hdcp_link_call(link, HDCP_WANT_ANY), COPP_E_PENDING);
    assert_int_equal(hdcp_link_call(link, HDCP_WANT_TYPE1), COPP_E_FAILED); /* less is on its way */
    assert_int_equal(link->others, HDCP_WANT_ANY);
    hdcp_link_dismiss(link);
    assert_int_equal(app_flags(&world.app), 0);
    world_end(&world);
}

/* A run before this one has left it on, and a note. */
static void owed_by_an_earlier_run(void) {
    for (unsigned stands = 0; stands < 2; stands++) {
        struct world world;
        world_begin(&world);
        copp_device_close(&world.app.device);
        world.hardware.is.hdcp = stands ? HDCP_DESIRED : HDCP_UNDESIRED;
        hdcp_link_owe(&world.hardware.link);
        (void)pass(&world, 1000);
        assert_wrote(&world, stands ? "+U" : "+");
        kernel_moves(&world, HDCP_ENABLED); /* its driver had not ended */
        (void)pass(&world, 30000);
        assert_wrote(&world, "U-");
        world_end(&world);
    }
}

/* What cannot be taken down at the end stays noted, and so does what a driver may still bring up. */
static void notes_at_the_end(void) {
    static const struct {
        bool enabled, refused;
        const char *wrote;
    } ends[] = {{true, false, "+DU-"}, {false, false, "+DU"}, {true, true, "+D"}, {false, true, "+D"}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct world world;
        world_begin(&world);
        if (ends[i].enabled)
            bring_up(&world);
        else
            assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
        world.hardware.write = ends[i].refused ? COPP_E_FAILED : COPP_OK;
        unsigned before = world.hardware.writes;
        world_end(&world);
        assert_wrote(&world, ends[i].wrote);
        assert_true(world.hardware.writes > before);
    }
}

/* Whoever owns the outputs may not let us write just now. */
static void not_offered_for_a_while(void) {
    struct world world;
    world_begin(&world);
    hdcp_link_offer(&world.hardware.link, false);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(world.hardware.writes, 0);
    world.hardware.is.hdcp = HDCP_ENABLED; /* that one has it on */
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_OK);
    assert_int_equal(set_hdcp(&world, 0), COPP_HR_OK);
    assert_int_equal(world.hardware.writes, 0);
    world.hardware.is.hdcp = HDCP_UNDESIRED;
    hdcp_link_offer(&world.hardware.link, true);
    bring_up(&world);
    hdcp_link_offer(&world.hardware.link, false);
    world.hardware.write = COPP_E_FAILED;
    copp_device_close(&world.app.device);
    (void)pass(&world, 60000);
    world.hardware.write = COPP_OK;
    hdcp_link_offer(&world.hardware.link, true); /* and what is owed is tried at once */
    assert_int_equal(hdcp_link_interval(&world.hardware.link), 0);
    look_after(&world, 0);
    assert_int_equal(world.hardware.is.hdcp, HDCP_UNDESIRED);
    world_end(&world);
}

/* A refusal is not proof that it was not done. */
static void refused_and_done(void) {
    struct world world;
    world_begin(&world);
    world.hardware.grumbles = true;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_UNEXPECTED);
    assert_wrote(&world, "+DU");
    look_after(&world, 100);
    kernel_moves(&world, HDCP_ENABLED); /* its worker had not ended */
    look_after(&world, 100);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    (void)pass(&world, 30000);
    assert_wrote(&world, "U-");
    world_end(&world);
}

/* What takes a value and shows nothing of it has not taken it, whatever comes later. */
static void taken_and_not_seen(void) {
    struct world world;
    world_begin(&world);
    world.hardware.ignores = true;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    world.hardware.ignores = false;
    kernel_moves(&world, HDCP_ENABLED); /* of an earlier one */
    look_after(&world, 20);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    look_after(&world, 100);
    assert_wrote(&world, "+UD");
    kernel_moves(&world, HDCP_ENABLED);
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    assert_held(&world);
    world.hardware.ignores = true;
    world.hardware.is.hdcp = HDCP_UNDESIRED;
    look_after(&world, 100);
    assert_lost(&world);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    world_end(&world);
}

/* Somebody has taken back what we had asked for; what its worker then writes is not what the next one asks for. */
static void taken_back_by_another(void) {
    struct world world;
    world_begin(&world);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    world.hardware.is.hdcp = HDCP_UNDESIRED;
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_UNEXPECTED);
    assert_wrote(&world, "+D");
    world.hardware.is.hdcp = HDCP_ENABLED;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    assert_wrote(&world, "UD");
    world_end(&world);
}

/* Neither is what a run before this one has left believed, nor what cannot be read written to. */
static void left_by_an_earlier_run_and_unreadable(void) {
    struct world world;
    world_begin(&world);
    world.hardware.is.hdcp = HDCP_UNREADABLE;
    hdcp_link_owe(&world.hardware.link);
    look_after(&world, 100);
    assert_true(hdcp_link_interval(&world.hardware.link) > 0); /* nothing can be done: the host is not to run hot */
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    look_after(&world, 100);
    assert_int_equal(world.hardware.writes, 0);
    world.hardware.is.hdcp = HDCP_ENABLED;
    look_after(&world, 100);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_wrote(&world, "+UD");
    world_end(&world);
}

/* An event that comes while nothing can be read is not that of a later success. */
static void events_out_of_sight(void) {
    struct world world;
    world_begin(&world);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    world.hardware.is.hdcp = HDCP_UNREADABLE;
    hdcp_link_evidence(&world.hardware.link);
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    world.hardware.is.hdcp = HDCP_ENABLED;
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    assert_held(&world);
    hdcp_link_evidence(&world.hardware.link);
    look_after(&world, 100);
    assert_lost(&world);
    world_end(&world);
}

/* A write that was busy may be carried out before its result is known. */
static void our_own_event_before_the_write_ends(void) {
    struct world world;
    world_begin(&world);
    world.hardware.write = COPP_E_PENDING;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    hdcp_link_evidence(&world.hardware.link);
    look_after(&world, 100);
    world.hardware.write = COPP_OK;
    look_after(&world, 100);
    world.hardware.is.hdcp = HDCP_ENABLED;
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    assert_held(&world);
    hdcp_link_evidence(&world.hardware.link);
    look_after(&world, 100);
    assert_lost(&world);
    world_end(&world);
}

/* A backend may show Enabled some looks after its event: until it knows who receives, for example. */
static void our_own_event_before_it_shows(void) {
    struct world world;
    world_begin(&world);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    hdcp_link_evidence(&world.hardware.link);
    look_after(&world, 100);
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_PENDING);
    world.hardware.is.hdcp = HDCP_ENABLED;
    look_after(&world, 100);
    assert_int_equal(app_result(&world.app), COPP_HR_OK);
    assert_held(&world);
    hdcp_link_evidence(&world.hardware.link);
    look_after(&world, 100);
    assert_lost(&world);
    world_end(&world);
}

static enum copp_result apply(struct world *world, uint32_t hdcp, uint32_t type1) {
    const struct copp_protection wanted = {.size = sizeof wanted, .hdcp = hdcp, .type1 = type1};
    struct copp_output *output = &world->hardware.link.output;
    return output->ops->apply(output, &wanted);
}

/* As a driver brings it up. */
static void come_up(struct world *world, bool type1) {
    world->hardware.is.hdcp = HDCP_ENABLED;
    world->hardware.is.type1 = type1;
    look_after(world, 100);
}

/* Nothing less than what was asked for is believed, and what is more than asked for stays. */
static void type1_is_written_and_believed(void) {
    struct world world;
    world_begin(&world);
    assert_int_equal(apply(&world, 1, 1), COPP_E_UNSUPPORTED); /* a backend that knows no content type */
    assert_string_equal(world.hardware.wrote, "");
    world.hardware.link.offers_type1 = true;
    assert_int_equal(apply(&world, 1, 1), COPP_E_PENDING);
    assert_string_equal(world.hardware.wrote, "+T");
    come_up(&world, false);
    assert_true(world.hardware.link.pending);
    come_up(&world, true);
    assert_true(world.hardware.link.in_force && world.hardware.link.type1);
    assert_int_equal(apply(&world, 1, 1), COPP_OK);
    assert_int_equal(apply(&world, 1, 0), COPP_OK);
    assert_int_equal(apply(&world, 1, 1), COPP_OK);
    assert_string_equal(world.hardware.wrote, "+T");
    assert_int_equal(apply(&world, 0, 0), COPP_OK);
    assert_int_equal(apply(&world, 1, 0), COPP_E_PENDING);
    assert_string_equal(world.hardware.wrote, "+TUD");
    world_end(&world);
}

static void type1_that_becomes_less_is_lost(void) {
    struct world world;
    world_begin(&world);
    world.hardware.link.offers_type1 = true;
    assert_int_equal(apply(&world, 1, 1), COPP_E_PENDING);
    come_up(&world, true);
    assert_int_equal(app_flags(&world.app), 0);
    come_up(&world, false); /* another program has set the content type */
    assert_int_equal(app_flags(&world.app), COPP_STATUS_LINK_LOST);
    assert_false(world.hardware.link.in_force || world.hardware.link.type1);
    world_end(&world);
}

/* Who relies on HDCP does not lose it to somebody who asks for more (OPM-ARB-4). */
static void type1_does_not_take_hdcp_from_others(void) {
    struct world world;
    world_begin(&world);
    world.hardware.link.offers_type1 = true;
    bring_up(&world);
    assert_string_equal(world.hardware.wrote, "+D");
    assert_int_equal(apply(&world, 1, 1), COPP_E_FAILED);
    assert_int_equal(apply(&world, 1, 0), COPP_OK);
    look_after(&world, 500);
    assert_int_equal(app_flags(&world.app), 0);
    assert_string_equal(world.hardware.wrote, "+D");
    assert_int_equal(set_hdcp(&world, 0), COPP_HR_OK);
    look_after(&world, 30000);
    look_after(&world, 30000);
    assert_string_equal(world.hardware.wrote, "+DU-");
    come_up(&world, false); /* another program's */
    assert_int_equal(apply(&world, 1, 1), COPP_E_FAILED);
    assert_string_equal(world.hardware.wrote, "+DU-");
    assert_int_equal(apply(&world, 1, 0), COPP_OK);
    world_end(&world);
}

/* A driver may bring up more than it was asked for. Once somebody relies on it, less is a loss. */
static void type1_that_is_there_already(void) {
    struct world world;
    world_begin(&world);
    world.hardware.link.offers_type1 = true;
    bring_up(&world);
    world.hardware.is.type1 = true;
    assert_int_equal(apply(&world, 1, 1), COPP_OK);
    look_after(&world, 500);
    assert_int_equal(app_flags(&world.app), 0);
    assert_int_equal(apply(&world, 1, 0), COPP_OK);
    world.hardware.is.type1 = false; /* nobody relies on it any more */
    look_after(&world, 500);
    assert_int_equal(app_flags(&world.app), 0);
    world.hardware.is.type1 = true;
    assert_int_equal(apply(&world, 1, 1), COPP_OK);
    world.hardware.is.type1 = false;
    look_after(&world, 500);
    assert_int_equal(app_flags(&world.app), COPP_STATUS_LINK_LOST);
    world_end(&world);
}

/* Nothing is left of it that the next one would be measured by. */
static void type1_that_comes_to_nothing(void) {
    struct world world;
    world_begin(&world);
    world.hardware.link.offers_type1 = true;
    world.hardware.is.connected = false;
    assert_int_equal(apply(&world, 1, 1), COPP_E_FAILED);
    assert_false(world.hardware.link.type1);
    world.hardware.is.connected = true;
    world.hardware.write = COPP_E_FAILED;
    assert_int_equal(apply(&world, 1, 1), COPP_E_FAILED);
    assert_false(world.hardware.link.type1);
    world.hardware.write = COPP_OK;
    assert_int_equal(apply(&world, 1, 1), COPP_E_PENDING);
    hdcp_link_cut(&world.hardware.link);
    assert_false(world.hardware.link.type1);
    assert_int_equal(apply(&world, 1, 1), COPP_E_PENDING);
    world.hardware.link.output.ops->cancel(&world.hardware.link.output);
    assert_false(world.hardware.link.type1);
    world_end(&world);
}

/* Nobody lets us write any more, and what we have set still stands: that is not another program's, and is taken down before it is asked for anew. */
static void cut_while_in_force(void) {
    struct world world;
    world_begin(&world);
    bring_up(&world);
    world.hardware.write = COPP_E_STATE;
    hdcp_link_cut(&world.hardware.link);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_true(world.app.flags & COPP_STATUS_LINK_LOST);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_UNEXPECTED);
    assert_int_equal(app_global(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    world.hardware.write = COPP_OK;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_PENDING);
    assert_string_equal(world.hardware.wrote, "+DUD");
    world_end(&world);
}

/* What another program has set stands on its own. */
static void cut_beside_another_holder(void) {
    struct world world;
    world_begin(&world);
    world.hardware.is.hdcp = HDCP_ENABLED;
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_OK);
    hdcp_link_cut(&world.hardware.link);
    assert_int_equal(app_local(&world.app, COPP_PROTECTION_TYPE_HDCP), 0);
    assert_int_equal(set_hdcp(&world, 1), COPP_HR_OK);
    assert_int_equal(world.hardware.writes, 0);
    world_end(&world);
}

static const struct test_case cases[] = {
    TEST(type1_is_written_and_believed, "OPM-HDCP-2"),
    TEST(type1_that_becomes_less_is_lost, "OPM-HDCP-2 EVT-3"),
    TEST(type1_does_not_take_hdcp_from_others, "OPM-HDCP-2 ARB-5"),
    TEST(type1_that_is_there_already, "OPM-HDCP-2 EVT-3"),
    TEST(type1_that_comes_to_nothing, "OPM-HDCP-2"),
    TEST(busy_then_refused, "CMD-4 CMD-6"),
    TEST(enabled_before_it_was_asked_for, "CMD-4 QRY-5 ARB-5"),
    TEST(cancel_that_is_refused, "CMD-6"),
    TEST(take_down_that_is_busy, "CMD-4 QRY-5"),
    TEST(take_down_that_is_given_up, "QRY-5"),
    TEST(reconfigured_and_gone, "EVT-1 EVT-3"),
    TEST(unreadable_is_not_in_force, "EVT-3"),
    TEST(no_signal_no_hdcp, "CMD-4"),
    TEST(looked_at_often_enough, "EVT-1"),
    TEST(plugged_in_or_not, ""),
    TEST(desired_already_is_asked_for_anew, "CMD-4"),
    TEST(desired_already_and_busy, "CMD-4 CMD-6"),
    TEST(desired_already_and_undesired_is_refused, "CMD-4"),
    TEST(refused_over_another_ones_desired, "CMD-4 ARB-5"),
    TEST(enabled_already_counts, "ARB-5 QRY-5 EVT-1 EVT-3"),
    TEST(what_is_not_looked_at_is_not_shown, "QRY-5"),
    TEST(refused_for_a_day, "CMD-4 ARB-4 QRY-5"),
    TEST(taken_and_not_done, "ARB-4"),
    TEST(enabled_again_and_again, "ARB-4"),
    TEST(busy_for_a_day, "ARB-4"),
    TEST(debt_that_is_superseded, "ARB-4 CMD-4"),
    TEST(enabled_late, "ARB-4"),
    TEST(enabled_late_is_not_believed, "CMD-4 CMD-6 QRY-5"),
    TEST(another_one_comes_after_us, "ARB-5"),
    TEST(out_of_sight_for_a_while, "ARB-4 ARB-5"),
    TEST(our_own_event, "EVT-1 EVT-3 CMD-6"),
    TEST(cut_while_in_force, "EVT-1 EVT-3 ARB-4 CMD-4"),
    TEST(cut_beside_another_holder, "EVT-1 ARB-5"),
    TEST(called_without_sessions, "ARB-6 EVT-1"),
    TEST(called_beside_sessions, "ARB-6 OPM-HDCP-2"),
    TEST(events_beyond_our_own, "EVT-1 EVT-3"),
    TEST(events_beyond_our_own_at_once, "EVT-1 EVT-3"),
    TEST(events_that_concern_nobody, "EVT-1"),
    TEST(owed_by_an_earlier_run, "ARB-4"),
    TEST(notes_at_the_end, "ARB-4"),
    TEST(refused_and_done, "CMD-4 ARB-4"),
    TEST(taken_and_not_seen, "CMD-4 CMD-6"),
    TEST(taken_back_by_another, "CMD-4"),
    TEST(left_by_an_earlier_run_and_unreadable, "CMD-4 QRY-5"),
    TEST(events_out_of_sight, "EVT-1 EVT-3"),
    TEST(our_own_event_before_it_shows, "EVT-1 EVT-3 CMD-6"),
    TEST(our_own_event_before_the_write_ends, "EVT-1 EVT-3 CMD-6"),
    TEST(not_offered_for_a_while, "CMD-4 QRY-6 ARB-5"),
};

int main(void) {
    return RUN_SUITE("link", cases);
}
