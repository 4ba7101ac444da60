/*
 * Drivers that do anything at any time, with sessions, another program, and hosts that are killed. At each step nobody may be told of
 * what is not in force, and what a host has set must not stay without a holder.
 *
 * COPP_SEQUENCE=N runs that one sequence alone, and says what happens.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "model_driver.h"
#include "outputs_rig.h"

#define SEQUENCES 10000u
#define ACTIONS 40u
#define APPS 3u
#define HDCP COPP_PROTECTION_TYPE_HDCP
#define BLIND_MS 2000u /* a fall that the kernel does not tell of is known by then */
#define PATIENCE_MS 12000u /* a driver that takes writes again is written to by then */
#define NEVER UINT64_MAX

struct client {
    struct app app;
    bool waits; /* for the end of its command */
    unsigned doom; /* it held what has fallen away then, the how manieth time, and has not lost it yet */
};

/* A host of one link: what copp_outputs sees as a backend. */
struct host {
    struct copp_backend backend;
    struct hdcp_link link;
    struct scene *scene;
    uint64_t last_ms;
};

struct scene {
    unsigned number;
    bool speaks;
    struct model_random random;
    struct model model;
    struct outputs_rig outputs;
    bool runs; /* there is a host */
    bool killed; /* what it still does, does not happen */
    bool looks; /* it is just dispatched */
    struct host host;
    struct client clients[APPS];
    size_t opened;
    bool asks; /* a session is just giving its command */
    bool noted; /* the file that outlives the host */
    bool another; /* another program has set the property while it was down */
    bool edge; /* the last authentication was asked for by another program */
    bool alone; /* and the host can know that it is not its own */
    bool read_down; /* the host has read Undesired since it has set it */
    uint64_t set_ms; /* since when it has been set without a holder, and could have been taken down */
};

static void say(const struct scene *scene, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct scene *scene, const char *format, ...) {
    if (!scene->speaks)
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)fprintf(stderr, "%8u ", (unsigned)scene->model.now_ms);
    (void)vfprintf(stderr, format, arguments);
    (void)fprintf(stderr, " [%d%s]\n", (int)scene->model.value, scene->model.real ? "" : " lies");
    va_end(arguments);
}

static void expect(const struct scene *scene, bool holds, const char *what) {
    if (!holds)
        fail_msg("sequence %u at %u ms, property %d%s: %s", scene->number, (unsigned)scene->model.now_ms, (int)scene->model.value,
                 scene->model.real ? "" : " (lies)", what);
}

#define EXPECT(scene, condition) expect(scene, condition, #condition)

/* --- the host --- */

static struct host *host_of(struct hdcp_link *link) {
    return (struct host *)((char *)link - offsetof(struct host, link));
}

/* What is set without an event after the host has read Undesired is not the driver's doing. */
static void observe(struct hdcp_link *link, struct hdcp_observation *observation) {
    struct scene *scene = host_of(link)->scene;
    model_observe(&scene->model, observation);
    if (!scene->looks)
        return;
    if (observation->hdcp == HDCP_UNDESIRED)
        scene->read_down = true;
    else if (observation->hdcp == HDCP_ENABLED || link->events)
        scene->read_down = false;
    if (scene->another && scene->read_down && observation->hdcp == HDCP_DESIRED)
        scene->alone = true;
}

static bool wanted(const struct scene *scene) {
    for (size_t i = 0; !scene->asks && i < scene->opened; i++) {
        struct copp_device_view view = {.size = sizeof view};
        copp_device_inspect(scene->clients[i].app.device, &view);
        if (view.hdcp == 1 || view.pending || scene->clients[i].waits)
            return true;
    }
    return scene->asks;
}

static enum copp_result write_value(struct hdcp_link *link, enum hdcp_value value) {
    struct scene *scene = host_of(link)->scene;
    if (scene->killed)
        return COPP_E_FAILED;
    enum hdcp_value before = scene->model.value;
    enum copp_result result = model_write(&scene->model, value);
    say(scene, "the host writes %d: %d", (int)value, (int)result);
    if (value == HDCP_DESIRED)
        EXPECT(scene, scene->noted); /* or a host that is killed now would never take it down */
    if (!result && value == HDCP_DESIRED)
        scene->alone = scene->read_down = scene->edge = false; /* whoever writes it, too, takes it down */
    EXPECT(scene, value == HDCP_DESIRED || !scene->alone || wanted(scene)); /* ARB-5 */
    scene->read_down = false; /* it takes for its own what it writes to */
    if (result || scene->model.value == before) {
        if (value == HDCP_UNDESIRED && before != HDCP_UNDESIRED)
            scene->set_ms = NEVER;
        return result;
    }
    scene->alone = scene->another = false;
    return result;
}

static void note(struct hdcp_link *link, bool owed) {
    struct scene *scene = host_of(link)->scene;
    if (scene->killed)
        return;
    say(scene, "the host notes %d", owed);
    scene->noted = owed;
}

static const struct hdcp_link_ops link_ops = {.observe = observe, .write = write_value, .note = note};

static size_t count(const struct copp_backend *backend) {
    (void)backend;
    return 1;
}

static void describe(const struct copp_backend *backend, size_t index, struct copp_backend_output *output) {
    (void)index;
    *output = (struct copp_backend_output){.name = "HDMI",
                                           .config = {.size = sizeof output->config,
                                                      .output = &((struct host *)backend)->link.output,
                                                      .connector_type = COPP_CONNECTOR_HDMI,
                                                      .protection_types = HDCP}};
}

static void attach(struct copp_backend *backend, size_t index, struct copp_connector *connector) {
    (void)index;
    ((struct host *)backend)->link.connector = connector;
}

static size_t fds(const struct copp_backend *backend, int list[COPP_BACKEND_FDS]) {
    (void)backend;
    (void)list;
    return 0;
}

static void dispatch(struct copp_backend *backend, uint64_t now_ms) {
    struct host *host = (struct host *)backend;
    (void)now_ms; /* the rig begins with 0 */
    host->last_ms = host->scene->model.now_ms;
    host->scene->looks = !host->scene->killed;
    hdcp_link_dispatch(&host->link, host->last_ms);
    host->scene->looks = false;
}

static uint64_t deadline_ms(const struct copp_backend *backend) {
    const struct host *host = (const struct host *)backend;
    uint64_t interval = hdcp_link_interval(&host->link);
    return interval == NEVER ? COPP_BACKEND_NEVER : host->last_ms + interval;
}

static void close_host(struct copp_backend *backend) {
    hdcp_link_end(&((struct host *)backend)->link);
}

static const struct copp_backend_ops host_ops = {.count = count,
                                                 .describe = describe,
                                                 .attach = attach,
                                                 .fds = fds,
                                                 .dispatch = dispatch,
                                                 .deadline_ms = deadline_ms,
                                                 .close = close_host};

static void start(struct scene *scene) {
    if (scene->runs)
        return;
    scene->killed = false;
    scene->host = (struct host){.backend = {.ops = &host_ops}, .scene = scene, .last_ms = scene->model.now_ms};
    scene->read_down = false;
    hdcp_link_init(&scene->host.link, &link_ops, true);
    if (scene->noted)
        hdcp_link_owe(&scene->host.link);
    struct copp_backend *backend = &scene->host.backend;
    outputs_rig_init(&scene->outputs, backend);
    scene->outputs.now_ms = scene->model.now_ms;
    scene->runs = true;
    say(scene, "the host starts, noted %d", scene->noted);
}

static void close_client(struct scene *scene, size_t i) {
    copp_device_close(&scene->clients[i].app.device);
    scene->clients[i] = scene->clients[--scene->opened];
}

static void stop(struct scene *scene, bool killed) {
    if (!scene->runs)
        return;
    say(scene, killed ? "the host is killed" : "the host ends");
    scene->killed = killed;
    while (scene->opened)
        close_client(scene, 0);
    outputs_rig_end(&scene->outputs);
    scene->runs = false;
    scene->alone = scene->alone && !scene->noted; /* the next one only knows the note */
}

/* --- what must hold --- */

static void check_client(struct scene *scene, struct client *client, unsigned told) {
    struct copp_device_view view = {.size = sizeof view};
    copp_device_inspect(client->app.device, &view);
    if (client->waits && !view.pending) {
        client->waits = false;
        if (app_result(&client->app) == COPP_HR_OK) {
            say(scene, "a command has succeeded");
            EXPECT(scene, model_protects(&scene->model) || view.events & COPP_STATUS_LINK_LOST); /* CMD-4 */
        }
    }
    if (view.hdcp == 0)
        client->doom = 0;
    EXPECT(scene, !client->doom || client->doom > told); /* EVT-1: the kernel has told of it */
    if (view.hdcp == 1) /* EVT-3 */
        EXPECT(scene, model_protects(&scene->model) || scene->model.now_ms - scene->model.fell_ms <= BLIND_MS);
}

/* Whether somebody holds what is set, or it cannot be taken down just now. */
static bool may_be_set(const struct scene *scene) {
    const struct model *model = &scene->model;
    uint64_t now_ms = model->now_ms;
    return !scene->runs || model->value == HDCP_UNDESIRED || scene->another || wanted(scene) || now_ms < model->hidden_ms ||
           now_ms < model->busy_ms || now_ms < model->refuses_ms || now_ms < model->refuses_down_ms || now_ms < model->ignores_ms;
}

/* told: so many falls have been told by events, and the host has looked. */
static void check(struct scene *scene, unsigned told) {
    struct copp_protection global = {.size = sizeof global};
    for (size_t i = 0; i < scene->opened; i++)
        check_client(scene, &scene->clients[i], told);
    if (scene->runs) { /* QRY-5 */
        copp_connector_protection(scene->host.link.connector, &global);
        if (global.hdcp)
            EXPECT(scene, model_protects(&scene->model) || scene->model.now_ms - scene->model.fell_ms <= BLIND_MS);
    }
    if (may_be_set(scene))
        scene->set_ms = NEVER;
    else if (scene->set_ms == NEVER)
        scene->set_ms = scene->model.now_ms;
    else
        EXPECT(scene, scene->model.now_ms - scene->set_ms <= PATIENCE_MS); /* ARB-4 */
    if (scene->model.value == HDCP_UNDESIRED)
        scene->another = scene->alone = false;
    else if (scene->edge)
        scene->another = true; /* also by a worker that it had stopped */
}

/* Whoever held what has just fallen away must be told, if the kernel tells of it. */
static void doom(struct scene *scene) {
    for (size_t i = 0; i < scene->opened; i++) {
        struct copp_device_view view = {.size = sizeof view};
        copp_device_inspect(scene->clients[i].app.device, &view);
        if (view.hdcp == 1 && !scene->clients[i].doom)
            scene->clients[i].doom = scene->model.falls;
    }
}

/* --- what happens --- */

static void take_events(struct scene *scene) {
    bool property;
    unsigned falls, told = 0;
    while (model_event(&scene->model, &property, &falls)) {
        if (scene->runs && property)
            hdcp_link_evidence(&scene->host.link);
        told = falls > told ? falls : told;
        say(scene, property ? "an event: the property" : "an event: a plug");
    }
    if (scene->runs) {
        scene->outputs.now_ms = scene->model.now_ms;
        copp_outputs_dispatch(scene->outputs.outputs, scene->model.now_ms);
    }
    check(scene, told);
}

static void pass(struct scene *scene, uint64_t by_ms) {
    uint64_t until_ms = scene->model.now_ms + by_ms;
    for (;;) {
        uint64_t next_ms = model_deadline_ms(&scene->model);
        uint64_t own_ms = scene->runs ? copp_outputs_deadline_ms(scene->outputs.outputs) : NEVER;
        next_ms = own_ms < next_ms ? own_ms : next_ms;
        next_ms = next_ms > scene->model.now_ms ? next_ms : scene->model.now_ms + (own_ms < NEVER);
        bool last = next_ms >= until_ms;
        model_move(&scene->model, last ? until_ms : next_ms);
        if (last && next_ms > until_ms)
            break;
        take_events(scene);
        if (last)
            break;
    }
    check(scene, 0);
}

static void set_level(struct scene *scene, uint32_t level) {
    if (!scene->opened)
        return;
    struct client *client = &scene->clients[model_random(&scene->random, (uint32_t)scene->opened)];
    if (client->waits)
        return;
    bool held = wanted(scene);
    scene->asks = level > 0;
    uint32_t hresult = app_set_level(&client->app, HDCP, level);
    scene->asks = false;
    say(scene, "a session sets %u: %x", (unsigned)level, (unsigned)hresult);
    client->waits = hresult == COPP_HR_PENDING;
    EXPECT(scene, level || hresult == COPP_HR_OK); /* CMD-4 */
    if (level && hresult == COPP_HR_OK && !held)
        EXPECT(scene, model_protects(&scene->model));
}

static void open_client(struct scene *scene) {
    if (!scene->runs || scene->opened == APPS)
        return;
    struct client *client = &scene->clients[scene->opened++];
    *client = (struct client){.waits = false};
    app_begin(&client->app, outputs_rig_connector(&scene->outputs, "HDMI"));
    client->app.now_ms = scene->model.now_ms;
}

/*
 * Another program sees nothing of us, and writes as it likes. It holds what it has set where we had it not, or not any more. That a worker
 * lies whom it has stopped, nobody can know.
 */
static void another_writes(struct scene *scene, enum hdcp_value value) {
    enum hdcp_value before = scene->model.value;
    bool lies = scene->model.lies && before == HDCP_UNDESIRED;
    enum copp_result result = model_write(&scene->model, value);
    if (value == HDCP_UNDESIRED)
        scene->model.lies = lies;
    if (result || scene->model.value == HDCP_UNDESIRED) {
        say(scene, "another program writes %d", (int)value);
        return;
    }
    scene->another = scene->another || before == HDCP_UNDESIRED || !scene->noted;
    scene->alone = scene->alone || !scene->noted;
    scene->edge = scene->edge || before == HDCP_UNDESIRED;
    say(scene, "another program writes %d, and holds it: %d", (int)value, scene->another);
}

static uint64_t for_a_while(struct scene *scene) {
    static const uint32_t at_most[] = {300, 3000, 40000, 400000};
    return scene->model.now_ms + model_random(&scene->random, at_most[model_random(&scene->random, 4)]);
}

static void get_worse(struct scene *scene) {
    struct model *model = &scene->model;
    uint64_t *const faults[] = {&model->refuses_ms, &model->refuses_down_ms, &model->busy_ms, &model->ignores_ms,
                                &model->hidden_ms};
    uint32_t which = model_random(&scene->random, 5);
    *faults[which] = for_a_while(scene);
    say(scene, "fault %u until %u", (unsigned)which, (unsigned)*faults[which]);
}

static void fall_away(struct scene *scene, uint32_t how) {
    unsigned before = scene->model.falls;
    if (how == 0)
        model_demote(&scene->model, model_chance(&scene->random, 60));
    else if (how == 1)
        model_plug(&scene->model, !scene->model.connected);
    else
        model_set_mode(&scene->model);
    say(scene, "the driver: %u", (unsigned)how);
    if (scene->model.falls != before)
        doom(scene);
}

static void act(struct scene *scene) {
    uint32_t roll = model_random(&scene->random, 100);
    if (roll < 18)
        open_client(scene);
    else if (roll < 24 && scene->opened)
        close_client(scene, model_random(&scene->random, (uint32_t)scene->opened));
    else if (roll < 46)
        set_level(scene, 1);
    else if (roll < 54)
        set_level(scene, 0);
    else if (roll < 60)
        another_writes(scene, model_chance(&scene->random, 70) ? HDCP_DESIRED : HDCP_UNDESIRED);
    else if (roll < 68)
        get_worse(scene);
    else if (roll < 72)
        model_recover(&scene->model);
    else if (roll < 90)
        fall_away(scene, roll % 3);
    else if (roll < 93)
        stop(scene, roll < 92);
    else
        start(scene);
}

/* Everybody leaves, the driver takes what is written, and time passes. */
static void settle(struct scene *scene) {
    start(scene);
    say(scene, "everybody leaves");
    while (scene->opened)
        close_client(scene, 0);
    model_recover(&scene->model);
    pass(scene, 60000);
    EXPECT(scene, scene->model.value == HDCP_UNDESIRED || scene->another);
    EXPECT(scene, !scene->noted);
    EXPECT(scene, hdcp_link_interval(&scene->host.link) == NEVER);
    stop(scene, false);
    model_move(&scene->model, scene->model.now_ms + 20000);
    EXPECT(scene, scene->model.value == HDCP_UNDESIRED || scene->another);
}

static void run(unsigned number, bool speaks) {
    static const uint32_t at_most[] = {2, 100, 1000, 5000, 25000};
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->number = number;
    scene->speaks = speaks;
    scene->set_ms = NEVER;
    scene->random.state = UINT64_C(0x9E3779B97F4A7C15) * (number + 1);
    model_init(&scene->model, &scene->random, model_random(&scene->random, 100000));
    start(scene);
    for (unsigned i = 0; i < ACTIONS; i++) {
        act(scene);
        check(scene, 0);
        pass(scene, model_random(&scene->random, at_most[model_random(&scene->random, 5)]));
    }
    settle(scene);
    free(scene);
}

static void anything_at_any_time(void) {
    const char *one = getenv("COPP_SEQUENCE");
    if (one) {
        run((unsigned)strtoul(one, NULL, 10), true);
        return;
    }
    for (unsigned number = 0; number < SEQUENCES; number++)
        run(number, false);
}

static const struct test_case cases[] = {
    TEST(anything_at_any_time, "ARB-4 ARB-5 CMD-4 EVT-1 EVT-3 QRY-5"),
};

int main(void) {
    return RUN_SUITE("link_random", cases);
}
