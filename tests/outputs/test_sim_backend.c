/* The simulator as a backend: its outputs, and what a descriptor tells it. And what copp_outputs makes of any backend. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "copp/sim.h"
#include "outputs/sim/sim_backend.h"
#include "outputs_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP

static const char description[] =
    "[adapter]\nbus = agp\npending_limit = 700\n"
    "[output H]\ntype = hdmi\nprotections = hdcp\nmodes = 720p60\nksv = b70361f714\nhdcp_delay = 500\n"
    "opm = type1\nrepeater = yes\ndownstream = 4a35f219f8 ea8c90d793\n"
    "[output C]\ntype = composite\n"
    "[output S]\ntype = svideo\nprotections = acp\nmodes = 480i59.94\npair = C\nplugged = no\n"
    "[script]\n300 = plug S\n";

struct world {
    struct said said;
    struct outputs_rig outputs;
    struct app app;
    int events; /* what is written here is read by the simulator */
};

static struct copp_sim *make_sim(void) {
    const struct copp_sim_config config = {.size = sizeof config, .description = description, .outputs_only = true};
    struct copp_sim *sim;
    assert_int_equal(copp_sim_new(&config, &sim, NULL), COPP_OK);
    return sim;
}

static void begin(struct world *world) {
    int ends[2];
    struct copp_sim *sim = make_sim();
    struct copp_backend *backend;
    said_init(&world->said);
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    world->events = ends[1];
    assert_int_equal(copp_sim_backend_open(&sim, ends[0], &world->said.log, &backend), COPP_OK);
    assert_null(sim);
    outputs_rig_init(&world->outputs, backend);
    app_begin(&world->app, outputs_rig_connector(&world->outputs, "H"));
}

static void end(struct world *world) {
    copp_device_close(&world->app.device);
    outputs_rig_end(&world->outputs);
    (void)close(world->events);
}

static void write_events(struct world *world, const char *text) {
    assert_int_equal(write(world->events, text, strlen(text)), strlen(text));
    outputs_rig_wait(&world->outputs);
}

static void outputs_as_described(void) {
    struct world w;
    size_t index = 9;
    begin(&w);
    const struct copp_outputs *outputs = w.outputs.outputs;
    assert_false(copp_outputs_real(outputs));
    assert_string_equal(copp_outputs_name(outputs, 0), "H");
    assert_string_equal(copp_outputs_name(outputs, 1), "S");
    assert_null(copp_outputs_name(outputs, 2));
    assert_null(copp_outputs_connector(outputs, 2));
    assert_ptr_equal(copp_outputs_find(outputs, "C", &index), copp_outputs_connector(outputs, 1));
    assert_int_equal(index, 1);
    assert_ptr_equal(copp_outputs_find(outputs, "H", &index), copp_outputs_connector(outputs, 0));
    assert_int_equal(index, 0);
    assert_null(copp_outputs_find(outputs, "X", &index));
    assert_null(copp_outputs_find(outputs, "", &index)); /* as the second name of H is */
    assert_int_equal(app_word(&w.app, COPP_QUERY_BUS_DATA), COPP_BUS_AGP);
    assert_true(copp_outputs_plugged(outputs, 0));
    assert_false(copp_outputs_plugged(outputs, 1));
    assert_false(copp_outputs_plugged(outputs, 2));
    outputs_rig_pass(&w.outputs, 400); /* the script's time has come */
    assert_true(copp_outputs_plugged(outputs, 1));
    end(&w);
}

static void receivers_as_described(void) {
    struct world w;
    struct hdcp_receiver receiver;
    begin(&w);
    const struct copp_outputs *outputs = w.outputs.outputs;
    assert_int_equal(copp_outputs_receiver(outputs, 0, &receiver), RECEIVER_READ);
    assert_true(receiver.hdcp1 && !receiver.hdcp2 && receiver.ksv_valid && receiver.repeater);
    assert_int_equal(receiver.devices, 2);
    write_events(&w, "hdcp-version H 2.2\ndownstream H none\n");
    assert_int_equal(copp_outputs_receiver(outputs, 0, &receiver), RECEIVER_READ);
    assert_true(receiver.hdcp1 && receiver.hdcp2);
    assert_int_equal(receiver.devices, 0);
    write_events(&w, "unplug H\n");
    assert_int_equal(copp_outputs_receiver(outputs, 0, &receiver), RECEIVER_UNKNOWN);
    end(&w);
}

static void time_limits_as_described(void) {
    struct world w;
    begin(&w);
    assert_int_equal(app_set_level(&w.app, HDCP, 1), COPP_HR_PENDING);
    outputs_rig_pass(&w.outputs, 510);
    assert_int_equal(app_result(&w.app), COPP_HR_OK);
    assert_int_equal(app_set_level(&w.app, HDCP, 0), COPP_HR_OK);
    write_events(&w, "hdcp-hang H on\n");
    w.app.now_ms = w.outputs.now_ms;
    assert_int_equal(app_set_level(&w.app, HDCP, 1), COPP_HR_PENDING);
    outputs_rig_pass(&w.outputs, 690);
    assert_int_equal(app_result(&w.app), COPP_HR_PENDING);
    outputs_rig_pass(&w.outputs, 20); /* not after the adapter's 20 s */
    assert_int_not_equal(app_result(&w.app), COPP_HR_PENDING);
    assert_int_equal(app_local(&w.app, HDCP), 0);
    end(&w);
}

/* A host dispatches when something is due: a command that comes long after the last time has its whole delay. */
static void a_delay_begins_with_its_command(void) {
    struct world w;
    begin(&w);
    outputs_rig_pass(&w.outputs, 10);
    w.outputs.now_ms = w.app.now_ms = w.outputs.now_ms + 100000; /* nothing was due meanwhile */
    copp_outputs_tell_time(w.outputs.outputs, w.outputs.now_ms);
    assert_int_equal(app_set_level(&w.app, HDCP, 1), COPP_HR_PENDING);
    outputs_rig_pass(&w.outputs, 490);
    assert_int_equal(app_result(&w.app), COPP_HR_PENDING);
    outputs_rig_pass(&w.outputs, 20);
    assert_int_equal(app_result(&w.app), COPP_HR_OK);
    assert_int_equal(app_set_level(&w.app, HDCP, 0), COPP_HR_OK);
    w.outputs.now_ms += 100000;
    copp_outputs_tell_time(w.outputs.outputs, w.outputs.now_ms);
    assert_int_equal(app_local(&w.app, HDCP), 0); /* being told is not a dispatch: nothing else happens */
    end(&w);
}

static void events_in_lines(void) {
    struct world w;
    char text[300];
    begin(&w);
    write_events(&w, "unplug");
    assert_int_equal(app_flags(&w.app), 0);
    write_events(&w, " H\n\nunplug X\n");
    assert_int_equal(app_flags(&w.app), COPP_STATUS_LINK_LOST);
    assert_false(copp_outputs_plugged(w.outputs.outputs, 0));
    assert_string_equal(w.said.text, "6 event: unplug H\n4 event \"unplug X\" cannot happen: unplug: there is no output \"X\"\n");
    w.said.text[0] = 0;
    memset(text, 'a', sizeof text);
    strcpy(text + 200, "\nplug\tH\n");
    write_events(&w, text);
    assert_string_equal(w.said.text,
                        "4 ignored an event of more than 127 characters\n4 event \"plug?H\" cannot happen: unknown event "
                        "\"plug?H\"; known events: unplug plug mode multi-adapter tamper refuse hdcp-fail hdcp-refuse hdcp-hang "
                        "repeater ksv hdcp-busy hdcp-version downstream revoke dpcp-fail dpcp-refuse desktop-acp\n");
    end(&w);
}

/* Nothing is ever read, and time passes all the same. */
static void no_events(void) {
    struct outputs_rig rig;
    struct copp_backend *backend;
    struct copp_sim *sim = make_sim();
    int fds[COPP_BACKEND_FDS];
    assert_int_equal(copp_sim_backend_open(&sim, -1, NULL, &backend), COPP_OK);
    assert_int_equal(backend->ops->fds(backend, fds), 0);
    outputs_rig_init(&rig, backend);
    outputs_rig_pass(&rig, 400);
    assert_true(copp_outputs_plugged(rig.outputs, 1));
    outputs_rig_end(&rig);
}

static void a_sim_with_an_adapter(void) {
    struct rig rig;
    struct copp_sim *sim;
    struct copp_backend *backend;
    int ends[2];
    rig_init(&rig, NULL);
    const struct copp_sim_config config = {
        .size = sizeof config, .chain_bytes = rig_chain, .chain_size = sizeof rig_chain, .key = &rig.key.key};
    assert_int_equal(copp_sim_new(&config, &sim, NULL), COPP_OK);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(copp_sim_backend_open(&sim, ends[0], NULL, &backend), COPP_E_STATE);
    assert_null(sim);
    assert_null(backend);
    assert_int_equal(fcntl(ends[0], F_GETFD), -1); /* it was taken over, and closed */
    (void)close(ends[1]);
    rig_end(&rig);
}

/* --- a backend that says no more than it must --- */

struct silent {
    struct copp_backend backend;
    struct rig_output output;
    bool closed;
};

static size_t silent_count(const struct copp_backend *backend) {
    (void)backend;
    return 1;
}

static void silent_describe(const struct copp_backend *backend, size_t index, struct copp_backend_output *output) {
    struct silent *silent = (struct silent *)(uintptr_t)backend;
    (void)index;
    *output = (struct copp_backend_output){
        .name = "A",
        .config = {.size = sizeof output->config, .output = &silent->output.output, .connector_type = COPP_CONNECTOR_VGA}};
}

static void silent_attach(struct copp_backend *backend, size_t index, struct copp_connector *connector) {
    (void)backend;
    (void)index;
    (void)connector;
}

static size_t silent_fds(const struct copp_backend *backend, int list[COPP_BACKEND_FDS]) {
    (void)backend;
    (void)list;
    return 0;
}

static void silent_dispatch(struct copp_backend *backend, uint64_t now_ms) {
    (void)backend;
    (void)now_ms;
}

static uint64_t silent_deadline_ms(const struct copp_backend *backend) {
    (void)backend;
    return COPP_BACKEND_NEVER;
}

static void silent_close(struct copp_backend *backend) {
    ((struct silent *)backend)->closed = true;
}

static void silence_is_neither_real_nor_plugged(void) {
    static const struct copp_backend_ops ops = {.count = silent_count,
                                                .describe = silent_describe,
                                                .attach = silent_attach,
                                                .fds = silent_fds,
                                                .dispatch = silent_dispatch,
                                                .deadline_ms = silent_deadline_ms,
                                                .close = silent_close};
    struct rig donor;
    struct outputs_rig rig;
    rig_init(&donor, NULL);
    struct silent silent = {.backend = {.ops = &ops}, .output = donor.output};
    outputs_rig_init(&rig, &silent.backend);
    assert_string_equal(copp_outputs_name(rig.outputs, 0), "A");
    assert_false(copp_outputs_real(rig.outputs));
    assert_false(copp_outputs_plugged(rig.outputs, 0));
    outputs_rig_end(&rig);
    assert_true(silent.closed);
    rig_end(&donor);
}

#define HOUR UINT64_C(3600000)

static unsigned lines_of(const char *text) {
    unsigned lines = 0;
    while ((text = strchr(text, '\n')) != NULL) {
        lines++;
        text++;
    }
    return lines;
}

/* A driver that refuses for ever is asked for ever, and warned of once an hour. */
static void a_cause_is_warned_of_once_an_hour(void) {
    struct said said;
    struct seldom warnings = {0};
    said_init(&said);
    for (uint64_t ms = 0; ms < 3 * HOUR; ms += 1000) {
        copp_backend_warn(&said.log, &warnings, 5, 77 + ms, "%s: refused", "HDMI");
        if (ms == HOUR / 2)
            copp_backend_warn(&said.log, &warnings, 6, 77 + ms, "HDMI\x1b: busy");
    }
    assert_string_equal(said.text, "4 HDMI: refused\n4 HDMI?: busy\n4 HDMI: refused (and 3599 more times since the last such "
                                   "message)\n4 HDMI: refused (and 3599 more times since the last such message)\n");
    copp_backend_warn(&said.log, &warnings, 6, 77 + 3 * HOUR, "HDMI: busy");
    assert_non_null(strstr(said.text, "message)\n4 HDMI: busy\n")); /* nothing was left out */
    copp_backend_warn(NULL, &warnings, 7, 0, "nobody hears");
}

static void causes_beyond_the_last_are_one(void) {
    struct said said;
    struct seldom warnings = {0};
    said_init(&said);
    for (unsigned round = 0; round < 100; round++) {
        for (int cause = 0; cause < 100; cause++)
            copp_backend_warn(&said.log, &warnings, cause, round, "%d", cause);
    }
    assert_int_equal(lines_of(said.text), SELDOM_CAUSES);
}

static const struct test_case cases[] = {
    TEST(outputs_as_described, "ARB-6 QRY-6"),
    TEST(receivers_as_described, ""),
    TEST(time_limits_as_described, "CMD-6"),
    TEST(a_delay_begins_with_its_command, "CMD-6"),
    TEST(events_in_lines, "EVT-1"),
    TEST(no_events, ""),
    TEST(a_sim_with_an_adapter, ""),
    TEST(silence_is_neither_real_nor_plugged, ""),
    TEST(a_cause_is_warned_of_once_an_hour, ""),
    TEST(causes_beyond_the_last_are_one, ""),
};

int main(void) {
    return RUN_SUITE("sim_backend", cases);
}
