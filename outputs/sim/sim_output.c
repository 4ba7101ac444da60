/* Outputs that do what they are told. */
#include <string.h>

#include "internal.h"

struct sim_output *copp_sim_find(struct copp_sim *sim, const char *name) {
    for (size_t i = 0; i < sim->output_count; i++) {
        if (strcmp(sim->outputs[i].name, name) == 0)
            return &sim->outputs[i];
    }
    return NULL;
}

struct sim_output *copp_sim_output_at(const struct copp_sim *sim, size_t index) {
    for (size_t i = 0; i < sim->output_count; i++) {
        if (!sim->outputs[i].svideo && index-- == 0) /* a pair is one connector (ARB-6) */
            return (struct sim_output *)(uintptr_t)&sim->outputs[i];
    }
    return NULL;
}

static void output_state(struct copp_output *output, struct copp_output_state *state) {
    const struct sim_output *sim = (const struct sim_output *)output;
    state->display = sim->modes[sim->mode].display;
    state->mode = (enum copp_multi_adapter_mode)sim->multi_adapter;
    state->tv_type = sim->tv_type;
    state->hdcp_receiver = sim->plugged && sim->receiver == SIM_RECEIVER_NAMED;
    state->repeater = sim->repeater;
    for (size_t i = 0; i < COPP_KSV_SIZE; i++)
        state->bksv[i] = sim->ksv[COPP_KSV_SIZE - 1 - i]; /* WIRE-9: least significant byte first */
}

static bool hdcp_can_come_up(const struct sim_output *sim) {
    return sim->plugged && sim->receiver && !sim->hdcp_refuses;
}

static uint64_t later(uint64_t now_ms, uint64_t by_ms) {
    return now_ms > SIM_NEVER - by_ms ? SIM_NEVER : now_ms + by_ms;
}

void copp_sim_output_schedule(struct sim_output *sim) {
    sim->due_ms = sim->hdcp_hangs ? SIM_NEVER : later(sim->sim->now_ms, sim->hdcp_delay_ms);
}

static enum copp_result output_apply(struct copp_output *output, const struct copp_protection *wanted) {
    struct sim_output *sim = (struct sim_output *)output;
    if (sim->refuses)
        return COPP_E_FAILED;
    if (wanted->hdcp && !sim->in_force.hdcp) {
        if (sim->plugged && sim->receiver && (sim->hdcp_hangs || sim->hdcp_delay_ms)) {
            sim->wanted = *wanted;
            sim->pending = true;
            copp_sim_output_schedule(sim);
            return COPP_E_PENDING; /* CMD-6 */
        }
        if (!hdcp_can_come_up(sim))
            return COPP_E_FAILED;
    }
    sim->in_force = *wanted;
    return COPP_OK;
}

static void output_cancel(struct copp_output *output) {
    ((struct sim_output *)output)->pending = false;
}

/* BIND-6 */
static uint32_t output_presence(struct copp_output *output) {
    const struct sim_output *sim = (const struct sim_output *)output;
    if (!sim->plugged)
        return 0;
    return COPP_BOUND_PLUGGED | (sim->receiver == SIM_RECEIVER_NAMED ? COPP_BOUND_RECEIVER : 0);
}

const struct copp_output_ops copp_sim_output_ops = {.size = sizeof copp_sim_output_ops,
                                                    .state = output_state,
                                                    .apply = output_apply,
                                                    .cancel = output_cancel,
                                                    .presence = output_presence};

void copp_sim_output_land(struct sim_output *sim) {
    bool up = hdcp_can_come_up(sim) && !sim->refuses;
    if (up)
        sim->in_force = sim->wanted;
    sim->pending = false;
    copp_connector_applied(sim->connector, up ? COPP_OK : COPP_E_FAILED);
}

void copp_sim_output_drop(struct sim_output *sim, uint32_t types) {
    struct copp_protection *in_force = &sim->in_force;
    in_force->hdcp = types & COPP_PROTECTION_TYPE_HDCP ? 0 : in_force->hdcp;
    in_force->acp = types & COPP_PROTECTION_TYPE_ACP ? 0 : in_force->acp;
    in_force->cgmsa = types & COPP_PROTECTION_TYPE_CGMSA ? 0 : in_force->cgmsa;
}
