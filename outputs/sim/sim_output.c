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
    if (!state->hdcp_receiver)
        return;
    state->hdcp_version = copp_sim_output_protocol(sim);
    if (sim->repeater && sim->downstream.count) {
        state->downstream = sim->downstream.bksvs;
        state->downstream_count = sim->downstream.count;
    }
}

static bool does_type1(const struct sim_output *sim) {
    return sim->opm & SIM_OPM_TYPE1 && sim->hdcp_version == COPP_HDCP_VERSION_2;
}

uint32_t copp_sim_output_protocol(const struct sim_output *sim) {
    return does_type1(sim) ? COPP_HDCP_VERSION_2 : COPP_HDCP_VERSION_1;
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

static bool hdcp_rises(const struct sim_output *sim, const struct copp_protection *wanted) {
    return (wanted->hdcp && !sim->in_force.hdcp) || (wanted->type1 && !sim->in_force.type1); /* Type 1 authenticates anew */
}

/* What is known before anything is tried: of the display, and of the adapter's engines. */
static enum copp_result first_obstacle(const struct sim_output *sim, const struct copp_protection *wanted) {
    bool without = sim->plugged && !sim->receiver;
    if (hdcp_rises(sim, wanted) && (without || (wanted->type1 && !does_type1(sim))))
        return COPP_E_UNSUPPORTED;
    if (wanted->hdcp && !sim->in_force.hdcp && sim->hdcp_busy)
        return COPP_E_STATE;
    if (wanted->dpcp && !sim->in_force.dpcp && (!sim->plugged || sim->dpcp_refuses))
        return sim->plugged ? COPP_E_UNSUPPORTED : COPP_E_FAILED;
    return COPP_OK;
}

/* How an authentication ends. */
static enum copp_result authenticate(const struct sim_output *sim, const struct copp_protection *wanted) {
    if (!hdcp_can_come_up(sim) || (wanted->type1 && !does_type1(sim)))
        return COPP_E_FAILED;
    return sim->revoked ? COPP_E_REVOKED : COPP_OK;
}

static enum copp_result output_apply(struct copp_output *output, const struct copp_protection *wanted) {
    struct sim_output *sim = (struct sim_output *)output;
    if (sim->refuses)
        return COPP_E_FAILED;
    enum copp_result result = first_obstacle(sim, wanted);
    if (result)
        return result;
    if (hdcp_rises(sim, wanted)) {
        if (sim->plugged && sim->receiver && (sim->hdcp_hangs || sim->hdcp_delay_ms)) {
            sim->wanted = *wanted;
            sim->pending = true;
            copp_sim_output_schedule(sim);
            return COPP_E_PENDING; /* CMD-6 */
        }
        result = authenticate(sim, wanted);
        if (result)
            return result;
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

/* OPM-STA-6 */
static enum copp_result output_blank(struct copp_output *output, bool blank) {
    struct sim_output *sim = (struct sim_output *)output;
    if (sim->opm & SIM_OPM_NO_BLANK)
        return COPP_E_UNSUPPORTED;
    if (sim->refuses)
        return COPP_E_FAILED;
    sim->blank = blank;
    return COPP_OK;
}

const struct copp_output_ops copp_sim_output_ops = {.size = sizeof copp_sim_output_ops,
                                                    .state = output_state,
                                                    .apply = output_apply,
                                                    .cancel = output_cancel,
                                                    .presence = output_presence,
                                                    .blank = output_blank};

void copp_sim_output_land(struct sim_output *sim) {
    enum copp_result result = sim->refuses ? COPP_E_FAILED : authenticate(sim, &sim->wanted);
    if (!result)
        sim->in_force = sim->wanted;
    sim->pending = false;
    copp_connector_applied(sim->connector, result);
}

void copp_sim_output_drop(struct sim_output *sim, uint32_t types) {
    struct copp_protection *in_force = &sim->in_force;
    in_force->hdcp = types & COPP_PROTECTION_TYPE_HDCP ? 0 : in_force->hdcp;
    in_force->type1 = types & COPP_PROTECTION_TYPE_HDCP ? 0 : in_force->type1;
    in_force->dpcp = types & COPP_PROTECTION_TYPE_DPCP ? 0 : in_force->dpcp;
    in_force->acp = types & COPP_PROTECTION_TYPE_ACP ? 0 : in_force->acp;
    in_force->cgmsa = types & COPP_PROTECTION_TYPE_CGMSA ? 0 : in_force->cgmsa;
}
