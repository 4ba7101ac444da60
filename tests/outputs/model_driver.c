#include "model_driver.h"

#include <string.h>

#include "../unit/harness.h"

#define NEVER UINT64_MAX
#define EVENT_MS 300u /* the longest that an event is under way */
#define LONGEST_MS 18000u /* of an authentication */

/* xorshift64* */
uint32_t model_random(struct model_random *random, uint32_t below) {
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (uint32_t)((random->state * UINT64_C(2685821657736338717)) >> 32) % below;
}

bool model_chance(struct model_random *random, uint32_t percent) {
    return model_random(random, 100) < percent;
}

void model_init(struct model *model, struct model_random *random, uint64_t now_ms) {
    *model = (struct model){.random = random,
                            .now_ms = now_ms,
                            .over = (enum model_over)model_random(random, 3),
                            .picky = model_chance(random, 15),
                            .works_on = model_chance(random, 50),
                            .gives_up = model_chance(random, 30),
                            .connected = true,
                            .width = 1920,
                            .works_ms = NEVER};
}

/* They arrive in the order in which they were sent. */
static void send_event(struct model *model, bool property, unsigned falls) {
    assert_true(model->events < MODEL_EVENTS);
    uint64_t due_ms = model->now_ms + (model_chance(model->random, 60) ? 0 : model_random(model->random, EVENT_MS));
    if (model->events && model->queue[model->events - 1].due_ms > due_ms)
        due_ms = model->queue[model->events - 1].due_ms;
    model->queue[model->events].due_ms = due_ms;
    model->queue[model->events].property = property;
    model->queue[model->events].falls = falls;
    model->events++;
}

bool model_event(struct model *model, bool *property, unsigned *falls) {
    if (!model->events || model->queue[0].due_ms > model->now_ms)
        return false;
    *property = model->queue[0].property;
    *falls = model->queue[0].falls;
    model->events--;
    memmove(model->queue, model->queue + 1, model->events * sizeof model->queue[0]);
    return true;
}

bool model_protects(const struct model *model) {
    return model->value == HDCP_ENABLED && model->real;
}

static void begin_work(struct model *model) {
    static const uint32_t at_most[] = {1, 50, 400, 3000, LONGEST_MS};
    model->works_ms = model->now_ms + model_random(model->random, at_most[model_random(model->random, 5)]);
    model->stale = false;
}

static void set_value(struct model *model, enum hdcp_value value, bool real) {
    if (model_protects(model))
        model->fell_ms = model->now_ms;
    model->value = value;
    model->real = real;
}

/* A worker's success: Enabled, and an event for it. One that was asked for by what is Undesired by now lies. */
static void work_ends(struct model *model) {
    bool stale = model->stale;
    model->works_ms = NEVER;
    if (!stale && (model->value != HDCP_DESIRED || !model->connected))
        return;
    if (!stale && model_chance(model->random, 15)) { /* it has failed */
        if (!model->gives_up)
            begin_work(model);
        return;
    }
    set_value(model, HDCP_ENABLED, !stale || !model->lies);
    send_event(model, true, model->fallen ? model->falls : 0);
    model->fallen = false;
}

uint64_t model_deadline_ms(const struct model *model) {
    uint64_t event_ms = model->events ? model->queue[0].due_ms : NEVER;
    return event_ms < model->works_ms ? event_ms : model->works_ms;
}

void model_move(struct model *model, uint64_t now_ms) {
    model->now_ms = now_ms;
    if (model_protects(model))
        model->fell_ms = now_ms;
    if (model->works_ms <= now_ms)
        work_ends(model);
}

static void desired(struct model *model) {
    if (model->value == HDCP_UNDESIRED) { /* the edge */
        set_value(model, HDCP_DESIRED, false);
        begin_work(model);
    } else if (model->value == HDCP_ENABLED && model->over == MODEL_STICKS) {
        set_value(model, HDCP_DESIRED, model->real);
    } else if (model->value == HDCP_ENABLED && model->over == MODEL_ANNOUNCES) {
        set_value(model, HDCP_DESIRED, model->real);
        model->works_ms = model->now_ms + 1 + model_random(model->random, 20);
        model->stale = model->lies = !model->real;
    }
}

static void undesired(struct model *model) {
    set_value(model, HDCP_UNDESIRED, false);
    model->fallen = false;
    if (model->works_ms != NEVER && model->works_on)
        model->stale = model->lies = true;
    else
        model->works_ms = NEVER;
}

enum copp_result model_write(struct model *model, enum hdcp_value value) {
    bool down = value == HDCP_UNDESIRED;
    assert_true(down || value == HDCP_DESIRED);
    if (model->now_ms < model->busy_ms)
        return COPP_E_PENDING;
    if (model->now_ms < model->refuses_ms || (down && model->now_ms < model->refuses_down_ms))
        return COPP_E_FAILED;
    if (down && model->picky && model->value == HDCP_DESIRED)
        return COPP_E_FAILED;
    if (model->now_ms < model->ignores_ms)
        return COPP_OK;
    if (down)
        undesired(model);
    else
        desired(model);
    return COPP_OK;
}

void model_observe(const struct model *model, struct hdcp_observation *observation) {
    observation->connected = model->connected;
    observation->driven = true;
    observation->hdcp = model->now_ms < model->hidden_ms ? HDCP_UNREADABLE : model->value;
    observation->state.display.width = model->width;
}

static void fall(struct model *model) {
    set_value(model, HDCP_DESIRED, false);
    model->fallen = true;
    model->falls++;
}

void model_demote(struct model *model, bool tells) {
    if (!model_protects(model))
        return;
    fall(model);
    if (tells && model_chance(model->random, 50)) /* else there is one for both, if it comes back */
        send_event(model, true, model->falls);
    if (model_chance(model->random, 80))
        begin_work(model);
    else if (tells)
        send_event(model, true, model->falls);
}

void model_plug(struct model *model, bool connected) {
    if (model->connected == connected)
        return;
    model->connected = connected;
    send_event(model, false, 0);
    if (!connected && model_protects(model))
        fall(model);
    if (connected && model->value == HDCP_DESIRED && !model->gives_up)
        begin_work(model);
}

/* i915 says nothing. */
void model_set_mode(struct model *model) {
    model->width = model->width == 1920 ? 1280 : 1920;
    if (model_chance(model->random, 50))
        model_demote(model, false);
}

void model_recover(struct model *model) {
    model->picky = false;
    model->refuses_ms = model->refuses_down_ms = model->busy_ms = model->ignores_ms = model->hidden_ms = 0;
}
