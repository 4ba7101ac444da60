/* One connector, many sessions: counts, arbitration, and what the output is told (ARB-1..5, CMD-6, EVT-3). */
#include <string.h>

#include "common/sized.h"
#include "device/internal.h"

#define RETRY_MS 1000u /* between two tries at what an output refuses */

static uint64_t later(uint64_t now_ms, uint64_t by_ms) {
    return now_ms > COPP_NEVER - by_ms ? COPP_NEVER : now_ms + by_ms;
}

bool copp_connector_has_type(const struct copp_connector *connector, size_t type) {
    return connector->config.protection_types & (1u << type);
}

size_t copp_connector_type_index(const struct copp_connector *connector, uint32_t word) {
    for (size_t type = 0; type < COPP_TYPES; type++) {
        if (word == 1u << type && copp_connector_has_type(connector, type))
            return type;
    }
    return COPP_TYPES;
}

void copp_connector_log(const struct copp_connector *connector, enum copp_log_level level, const char *words, const char *more) {
    uint32_t type = connector->config.connector_type;
    const char *name = copp_connector_type_name(type == COPP_CONNECTOR_UNKNOWN ? type : type & ~COPP_CONNECTOR_INTERNAL);
    COPP_LOG(connector->adapter->log, level, "a connector of type ", name, ": ", words, more);
}

void copp_connector_state(const struct copp_connector *connector, struct copp_output_state *state) {
    *state = (struct copp_output_state){.size = sizeof *state};
    connector->config.output->ops->state(connector->config.output, state);
}

uint32_t copp_protection_level(const struct copp_protection *protection, size_t type) {
    const uint32_t levels[COPP_TYPES] = {protection->hdcp, protection->acp, protection->cgmsa};
    return levels[type];
}

/* HDCP of another program's is one more holder (ARB-5). */
void copp_connector_global(const struct copp_connector *connector, struct copp_protection *global) {
    struct copp_output *output = connector->config.output;
    *global = connector->applied;
    if (copp_connector_has_type(connector, COPP_TYPE_HDCP) && COPP_HAS_OP(output->ops, hdcp) &&
        output->ops->hdcp(output) == COPP_HDCP_ON)
        global->hdcp = COPP_HDCP_ON;
}

void copp_connector_protection(const struct copp_connector *connector, struct copp_protection *protection) {
    struct copp_protection applied = {.hdcp = COPP_HDCP_OFF};
    if (!protection)
        return;
    if (connector && copp_sized_room(protection))
        copp_connector_global(connector, &applied);
    copp_sized_answer(protection, &applied, sizeof applied, COPP_END_OF(struct copp_protection, aspect));
}

size_t copp_connector_devices(const struct copp_connector *connector) {
    return connector ? connector->device_count : 0;
}

void copp_connector_inspect(const struct copp_connector *connector, struct copp_connector_view *view) {
    struct copp_connector_view told = {.connector_type = 0};
    if (!view)
        return;
    if (connector && copp_sized_room(view))
        told = (struct copp_connector_view){.connector_type = connector->config.connector_type,
                                            .protection_types = connector->config.protection_types,
                                            .losses = connector->losses,
                                            .reconfigurations = connector->reconfigurations,
                                            .type1 = connector->config.type1,
                                            .dpcp = connector->config.dpcp,
                                            .hardware_protection = connector->config.hardware_protection,
                                            .dvi_version = connector->config.dvi_version,
                                            .output_id = connector->config.output_id};
    copp_sized_answer(view, &told, sizeof told, COPP_END_OF(struct copp_connector_view, reconfigurations));
}

const char *copp_connector_name(const struct copp_connector *connector) {
    return connector ? connector->name : "";
}

void copp_connector_set_busy(struct copp_connector *connector, bool busy) {
    if (connector)
        connector->busy = busy;
}

enum copp_multi_adapter_mode copp_connector_mode(const struct copp_connector *connector) {
    if (!connector)
        return COPP_MODE_CLONE; /* one in which nothing can be protected (ARB-6) */
    struct copp_output_state state;
    copp_connector_state(connector, &state);
    return state.mode;
}

/* ARB-1, ARB-3 */

static uint32_t redistribution_of(size_t type, uint32_t level) {
    return type == COPP_TYPE_CGMSA ? level & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED : 0;
}

static size_t *count_of(struct copp_connector *connector, size_t type, uint32_t level) {
    return &connector->holders[type][level & ~redistribution_of(type, level)];
}

void copp_connector_hold(struct copp_device *device, size_t type, uint32_t level) {
    struct copp_connector *connector = device->connector;
    uint32_t old = device->level[type];
    --*count_of(connector, type, old);
    connector->redistribution -= redistribution_of(type, old) != 0;
    ++*count_of(connector, type, level);
    connector->redistribution += redistribution_of(type, level) != 0;
    device->level[type] = level;
}

void copp_connector_lose(struct copp_connector *connector, uint32_t types) {
    connector->losses++;
    copp_connector_log(connector, COPP_LOG_WARNING, "LinkLost: what it protected is lost (EVT-3)", NULL);
    for (struct copp_device *device = connector->devices; device; device = device->next) {
        device->flags |= COPP_STATUS_LINK_LOST; /* EVT-1 */
        for (size_t type = 0; type < COPP_TYPES; type++) {
            if (types & (1u << type) && copp_connector_has_type(connector, type))
                copp_connector_hold(device, type, 0); /* EVT-3 */
        }
    }
    struct copp_protection *applied = &connector->applied;
    applied->hdcp = types & COPP_PROTECTION_TYPE_HDCP ? 0 : applied->hdcp;
    applied->type1 = types & COPP_PROTECTION_TYPE_HDCP ? 0 : applied->type1; /* OPM-HDCP-2: it is HDCP's */
    applied->dpcp = types & COPP_PROTECTION_TYPE_DPCP ? 0 : applied->dpcp;
    applied->acp = types & COPP_PROTECTION_TYPE_ACP ? 0 : applied->acp;
    applied->cgmsa = types & COPP_PROTECTION_TYPE_CGMSA ? 0 : applied->cgmsa;
    connector->reassert = true; /* what is left of it must go, and the desktop's ACP come back */
}

static uint32_t higher(size_t type, uint32_t a, uint32_t b) {
    return copp_level_rank(1u << type, a) >= copp_level_rank(1u << type, b) ? a : b;
}

/* ARB-2; with no holder at all this is 0, off (ARB-4) */
static uint32_t highest_held(const struct copp_connector *connector, size_t type) {
    uint32_t best = 0;
    for (uint32_t level = 0; level < COPP_LEVELS; level++) {
        if (connector->holders[type][level])
            best = higher(type, best, level);
    }
    return best;
}

void copp_connector_effective(const struct copp_connector *connector, struct copp_protection *effective) {
    *effective = (struct copp_protection){.size = sizeof *effective};
    effective->hdcp = highest_held(connector, COPP_TYPE_HDCP);
    effective->acp = higher(COPP_TYPE_ACP, highest_held(connector, COPP_TYPE_ACP), connector->desktop_acp); /* ARB-5 */
    effective->cgmsa = highest_held(connector, COPP_TYPE_CGMSA);
    if (connector->redistribution)
        effective->cgmsa |= COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED; /* ARB-3 */
    effective->tv_standard = connector->signaling.standard;
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++)
        effective->aspect[i] = connector->signaling.aspect[i].data;
}

static bool same_signaling(const struct copp_protection *a, const struct copp_protection *b) {
    return a->tv_standard == b->tv_standard && a->aspect[0] == b->aspect[0] && a->aspect[1] == b->aspect[1] &&
           a->aspect[2] == b->aspect[2];
}

static bool same_protection(const struct copp_protection *a, const struct copp_protection *b) {
    return a->hdcp == b->hdcp && a->type1 == b->type1 && a->dpcp == b->dpcp && a->acp == b->acp && a->cgmsa == b->cgmsa &&
           same_signaling(a, b);
}

/* Carries the change out in what is held and leaves in it what undoes it. */
static void swap_change(struct copp_connector *connector, struct copp_change *change) {
    struct copp_change previous = *change;
    switch (change->kind) {
    case COPP_CHANGE_LEVEL:
        previous.level = change->device->level[change->type];
        copp_connector_hold(change->device, change->type, change->level);
        break;
    case COPP_CHANGE_DESKTOP_ACP:
        previous.level = connector->desktop_acp;
        connector->desktop_acp = change->level;
        break;
    case COPP_CHANGE_SIGNALING:
        previous.signaling = connector->signaling;
        connector->signaling = change->signaling;
        break;
    }
    *change = previous;
}

/* Whether a protection has all of wanted that the change is about. */
static bool satisfies(const struct copp_protection *protection, const struct copp_protection *wanted,
                      const struct copp_change *change) {
    if (change->kind == COPP_CHANGE_SIGNALING)
        return same_signaling(protection, wanted);
    if (change->type == COPP_TYPE_CGMSA && !same_signaling(protection, wanted))
        return false;
    return copp_protection_level(protection, change->type) == copp_protection_level(wanted, change->type);
}

static void in_force(struct copp_connector *connector, const struct copp_protection *protection) {
    connector->applied = *protection;
    connector->reassert = false;
    connector->retry_ms = 0;
}

static enum copp_result apply(struct copp_connector *connector, const struct copp_protection *wanted) {
    struct copp_output *output = connector->config.output;
    enum copp_result result = output->ops->apply(output, wanted);
    if (!result)
        in_force(connector, wanted);
    else if (result != COPP_E_PENDING)
        copp_connector_log(connector, COPP_LOG_WARNING, "its output does not protect as asked: ", copp_strerror(result));
    return result;
}

/* What is held has the change already; the output is asked only where it must do something. */
static enum copp_result put_in_force(struct copp_connector *connector, const struct copp_change *change,
                                     struct copp_protection *wanted) {
    copp_connector_effective(connector, wanted);
    bool satisfied = satisfies(&connector->applied, wanted, change);
    const struct copp_pending *pending = &connector->pending;
    bool idle = pending->kind == COPP_PENDING_NONE;
    if (satisfied && (idle || satisfies(&pending->wanted, wanted, change)))
        return COPP_OK; /* whether what is pending succeeds or not */
    if (connector->busy || pending->kind == COPP_PENDING_COMMAND)
        return COPP_E_FAILED; /* CMD-6: one pending command a connector */
    copp_connector_cancel_pending(connector);
    return satisfied ? COPP_OK : apply(connector, wanted);
}

static enum copp_result begin_pending(struct copp_connector *connector, const struct copp_change *change,
                                      const struct copp_protection *wanted, uint64_t now_ms) {
    connector->pending = (struct copp_pending){.kind = COPP_PENDING_COMMAND,
                                               .timed = true,
                                               .deadline_ms = later(now_ms, connector->adapter->pending_limit_ms),
                                               .change = *change,
                                               .wanted = *wanted};
    if (change->device)
        return COPP_E_PENDING;
    copp_connector_cancel_pending(connector); /* the desktop does not wait */
    return COPP_E_FAILED;
}

enum copp_result copp_connector_change(const struct copp_change *change, struct copp_connector *connector, uint64_t now_ms) {
    struct copp_change swapped = *change;
    struct copp_protection wanted;
    swap_change(connector, &swapped);
    if (change->kind != COPP_CHANGE_SIGNALING && change->level == 0) {
        (void)copp_connector_apply_effective(connector);
        return COPP_OK; /* CMD-4: level 0 always succeeds */
    }
    enum copp_result result = put_in_force(connector, change, &wanted);
    if (!result)
        return COPP_OK;
    swap_change(connector, &swapped); /* CMD-3, CMD-4: nothing has changed */
    if (result == COPP_E_PENDING)
        return begin_pending(connector, change, &wanted, now_ms);
    if (result == COPP_E_LINK_LOST)
        copp_connector_lose(connector, COPP_ALL_TYPES);
    return result == COPP_E_RESOLUTION ? COPP_E_RESOLUTION : COPP_E_FAILED;
}

static bool effective_applied(const struct copp_connector *connector) {
    struct copp_protection effective;
    copp_connector_effective(connector, &effective);
    return !connector->reassert && same_protection(&effective, &connector->applied);
}

enum copp_result copp_connector_apply_effective(struct copp_connector *connector) {
    if (connector->pending.kind != COPP_PENDING_NONE || effective_applied(connector))
        return COPP_OK;
    struct copp_protection effective;
    copp_connector_effective(connector, &effective);
    enum copp_result result = apply(connector, &effective);
    if (result == COPP_E_PENDING)
        connector->pending = (struct copp_pending){.kind = COPP_PENDING_APPLY, .wanted = effective};
    else if (result == COPP_E_LINK_LOST)
        copp_connector_lose(connector, COPP_ALL_TYPES);
    return result;
}

static void end_command(struct copp_device *device, enum copp_result result) {
    device->result = copp_hresult_of(result);
    if (!result)
        device->command_sequence++; /* CMD-3 */
    copp_device_note(device, COPP_HISTORY_COMMAND, device->pending_head, device->result);
}

void copp_connector_cancel_pending(struct copp_connector *connector) {
    if (connector->pending.kind == COPP_PENDING_NONE)
        return;
    struct copp_output *output = connector->config.output;
    output->ops->cancel(output);
    if (connector->pending.kind == COPP_PENDING_COMMAND && connector->pending.change.device)
        end_command(connector->pending.change.device, COPP_E_FAILED);
    connector->pending.kind = COPP_PENDING_NONE;
    connector->pending.change.device = NULL;
}

void copp_connector_completed(struct copp_connector *connector, enum copp_result result) {
    struct copp_pending pending = connector->pending;
    connector->pending.kind = COPP_PENDING_NONE;
    connector->pending.change.device = NULL;
    if (!result)
        in_force(connector, &pending.wanted);
    else
        copp_connector_log(connector, COPP_LOG_WARNING, "its output did not come to protect as asked: ", copp_strerror(result));
    if (result == COPP_E_LINK_LOST)
        copp_connector_lose(connector, COPP_ALL_TYPES);
    if (pending.kind == COPP_PENDING_COMMAND) {
        if (!result)
            swap_change(connector, &pending.change);
        end_command(pending.change.device, result);
    }
    /* what was given back meanwhile; what the output has just refused waits for a dispatch */
    if (pending.kind == COPP_PENDING_COMMAND || !result)
        (void)copp_connector_apply_effective(connector);
}

void copp_connector_join(struct copp_connector *connector, struct copp_device *device) {
    device->connector = connector;
    for (size_t type = 0; type < COPP_TYPES; type++) {
        bool has = copp_connector_has_type(connector, type);
        device->level[type] = has ? 0 : COPP_NO_PROTECTION_LEVEL_AVAILABLE; /* SES-1 */
        connector->holders[type][0] += has;
    }
    device->next = connector->devices;
    if (device->next)
        device->next->previous = device;
    connector->devices = device;
    connector->device_count++;
}

void copp_connector_leave(struct copp_device *device) {
    struct copp_connector *connector = device->connector;
    bool ours = copp_device_is_ours(device);
    if (connector->pending.change.device == device && ours)
        copp_connector_cancel_pending(connector); /* EVT-5 */
    else if (connector->pending.change.device == device)
        connector->pending = (struct copp_pending){.kind = COPP_PENDING_NONE};
    for (size_t type = 0; type < COPP_TYPES; type++) {
        if (!copp_connector_has_type(connector, type))
            continue;
        copp_connector_hold(device, type, 0);
        connector->holders[type][0]--;
    }
    *(device->previous ? &device->previous->next : &connector->devices) = device->next;
    if (device->next)
        device->next->previous = device->previous;
    connector->device_count--;
    if (!connector->device_count)
        connector->signaling = (struct copp_signaling){.standard = connector->config.default_standard}; /* CMD-5 */
    if (ours)
        (void)copp_connector_apply_effective(connector);
}

void copp_connector_dispatch(struct copp_connector *connector, uint64_t now_ms) {
    struct copp_pending *pending = &connector->pending;
    if (pending->kind != COPP_PENDING_NONE && pending->timed && now_ms >= pending->deadline_ms) {
        if (pending->kind == COPP_PENDING_APPLY)
            connector->retry_ms = later(now_ms, RETRY_MS);
        copp_connector_log(connector, COPP_LOG_WARNING, "its output took longer than the time limit (CMD-6)", NULL);
        copp_connector_cancel_pending(connector); /* CMD-6: the time limit has passed */
    }
    if (pending->kind == COPP_PENDING_NONE && !effective_applied(connector) && now_ms >= connector->retry_ms) {
        connector->retry_ms = later(now_ms, RETRY_MS);
        (void)copp_connector_apply_effective(connector);
    }
    if (pending->kind != COPP_PENDING_NONE && !pending->timed) {
        pending->timed = true;
        pending->deadline_ms = later(now_ms, connector->adapter->pending_limit_ms);
    }
}

uint64_t copp_connector_deadline_ms(const struct copp_connector *connector) {
    if (connector->pending.kind != COPP_PENDING_NONE)
        return connector->pending.timed ? connector->pending.deadline_ms : 0;
    return effective_applied(connector) ? COPP_NEVER : connector->retry_ms;
}
