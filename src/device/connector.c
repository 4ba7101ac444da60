/* One connector, many sessions: what they change, and what the output is told (CMD-6, EVT-3). */
#include <string.h>

#include "device/internal.h"

#define RETRY_MS 1000u /* between two tries at what an output refuses */

static uint64_t later(uint64_t now_ms, uint64_t by_ms) {
    return now_ms > COPP_NEVER - by_ms ? COPP_NEVER : now_ms + by_ms;
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
    connector->anew = false;
    connector->retry_ms = 0;
}

static enum copp_result apply(struct copp_connector *connector, const struct copp_protection *wanted) {
    struct copp_output *output = connector->config.output;
    enum copp_result result = output->ops->apply(output, wanted);
    if (!result)
        in_force(connector, wanted);
    else if (result != COPP_E_PENDING)
        copp_connector_log(connector, COPP_LOG_WARNING, "its output did not accept the protection: ", copp_strerror(result));
    return result;
}

bool copp_connector_is_revoked(const struct copp_connector *connector) {
    struct copp_output_state state;
    if (!connector->adapter->srms)
        return false;
    copp_connector_state(connector, &state);
    return copp_srm_store_revokes(connector->adapter->srms, &state);
}

static void end_revoked(struct copp_connector *connector) {
    copp_connector_log(connector, COPP_LOG_WARNING, "a revoked HDCP device is attached (OPM-SRM-5)", NULL);
    copp_connector_cancel_pending(connector);
    copp_connector_lose(connector, &(struct copp_loss){.types = COPP_PROTECTION_TYPE_HDCP, .revoked = true});
    (void)copp_connector_apply_effective(connector);
}

void copp_connector_look_up(struct copp_connector *connector) {
    if (connector->applied.hdcp && copp_connector_is_revoked(connector))
        end_revoked(connector);
}

/* Whether a change asks for HDCP under OPM, for which the driver answers for who receives (OPM-SRM-6). */
static bool asks_for_hdcp(const struct copp_change *change) {
    return change->kind == COPP_CHANGE_LEVEL && change->level && change->device->semantics == COPP_SEMANTICS_OPM &&
           COPP_HDCP_TYPES & (1u << change->type);
}

/* OPM-SRM-6: the next query of a level says why. The desktop and sessions of COPP are told of a failure. */
static void note_revoked(struct copp_connector *connector, const struct copp_change *change) {
    struct copp_device *device = change->device;
    connector->revocations++;
    if (!device || device->semantics != COPP_SEMANTICS_OPM || !(COPP_HDCP_TYPES & (1u << change->type)))
        return;
    device->flags |= COPP_STATUS_LINK_LOST;
    device->revoked = true;
}

/* Under COPP the application looks up the receiver (APP-2). */
static bool opm_holds_hdcp(const struct copp_connector *connector) {
    const size_t *enforcement = connector->holders[COPP_TYPE_ENFORCEMENT];
    return connector->holders[COPP_TYPE_OPM_HDCP][COPP_HDCP_ON] || enforcement[COPP_ENFORCEMENT_ON] ||
           enforcement[COPP_ENFORCEMENT_TYPE1];
}

/* OPM-SRM-5, as far as OPM's sessions hold HDCP. */
static void look_up_for_opm(struct copp_connector *connector) {
    if (opm_holds_hdcp(connector))
        copp_connector_look_up(connector);
}

/* The same of a device that is revoked for certain: by a list of ours, or because the output has said so, which has lists of its own. */
static void drop_revoked(struct copp_connector *connector) {
    if (connector->applied.hdcp && opm_holds_hdcp(connector))
        end_revoked(connector);
}

/* What is held was not put in force: the output has the last word on what goes on after a reconfiguration, at once or later (EVT-1). */
static void refused(struct copp_connector *connector, enum copp_result result) {
    bool revoked = result == COPP_E_REVOKED;
    if (revoked && connector->applied.hdcp && (connector->anew || opm_holds_hdcp(connector))) {
        end_revoked(connector); /* that is HDCP's alone: without it the rest is asked for anew, and may go on (OPM-SRM-5) */
        return;
    }
    const struct copp_loss loss = {.types = copp_protection_types(&connector->applied), .revoked = revoked};
    if (!connector->anew || !loss.types)
        return;
    connector->anew = false;
    copp_connector_lose(connector, &loss);
    (void)copp_connector_apply_effective(connector);
}

/* What is held has the change already; the output is asked only where it must do something. */
static enum copp_result put_in_force(struct copp_connector *connector, const struct copp_change *change,
                                     struct copp_protection *wanted) {
    copp_connector_effective(connector, wanted);
    bool satisfied = satisfies(&connector->applied, wanted, change);
    const struct copp_pending *pending = &connector->pending;
    bool idle = pending->kind == COPP_PENDING_NONE;
    if (satisfied && (idle || satisfies(&pending->wanted, wanted, change)))
        return COPP_OK; /* OPM-SET-5; whether what is pending succeeds or not */
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

/* Before HDCP is put in force, and once more when it is: a repeater may tell of what is behind it only then. */
static enum copp_result try_change(struct copp_connector *connector, const struct copp_change *change,
                                   struct copp_protection *wanted) {
    bool answers = asks_for_hdcp(change);
    if (answers && copp_connector_is_revoked(connector))
        return COPP_E_REVOKED;
    enum copp_result result = put_in_force(connector, change, wanted);
    return !result && answers && copp_connector_is_revoked(connector) ? COPP_E_REVOKED : result;
}

enum copp_result copp_connector_change(const struct copp_change *change, struct copp_connector *connector, uint64_t now_ms) {
    struct copp_change swapped = *change;
    struct copp_protection wanted;
    swap_change(connector, &swapped);
    if (change->kind != COPP_CHANGE_SIGNALING && change->level == 0) {
        (void)copp_connector_apply_effective(connector);
        return COPP_OK; /* CMD-4: level 0 always succeeds */
    }
    enum copp_result result = try_change(connector, change, &wanted);
    if (!result)
        return COPP_OK;
    swap_change(connector, &swapped); /* CMD-3, CMD-4, OPM-ARB-4: nothing has changed */
    if (result == COPP_E_PENDING)
        return begin_pending(connector, change, &wanted, now_ms);
    if (result == COPP_E_LINK_LOST)
        copp_connector_lose(connector, &(struct copp_loss){.types = COPP_EVERY_TYPE});
    if (result == COPP_E_REVOKED) {
        note_revoked(connector, change);
        (void)copp_connector_apply_effective(connector);
        drop_revoked(connector);
    }
    return change->device || result == COPP_E_RESOLUTION ? result : COPP_E_FAILED;
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
        copp_connector_lose(connector, &(struct copp_loss){.types = COPP_EVERY_TYPE});
    else if (!result)
        look_up_for_opm(connector);
    else
        refused(connector, result);
    return result;
}

static void end_command(const struct copp_change *change, enum copp_result result) {
    struct copp_device *device = change->device;
    enum copp_refusal refusal = copp_command_outcome(change, result);
    device->result = copp_refusal_hresult(refusal, device->pending_codes);
    if (refusal == COPP_REFUSAL_NONE)
        device->command_sequence++; /* CMD-3 */
    copp_device_note(device, COPP_HISTORY_COMMAND, device->pending_head, device->result);
}

void copp_connector_cancel_pending(struct copp_connector *connector) {
    if (connector->pending.kind == COPP_PENDING_NONE)
        return;
    struct copp_output *output = connector->config.output;
    struct copp_pending pending = connector->pending;
    output->ops->cancel(output);
    connector->pending.kind = COPP_PENDING_NONE;
    connector->pending.change.device = NULL;
    if (pending.kind == COPP_PENDING_COMMAND && pending.change.device)
        end_command(&pending.change, COPP_E_FAILED);
}

/* Returns what has come of it. */
static enum copp_result end_pending_command(struct copp_connector *connector, struct copp_change *change,
                                            enum copp_result result) {
    if (!result && asks_for_hdcp(change) && copp_connector_is_revoked(connector))
        result = COPP_E_REVOKED;
    if (result == COPP_E_REVOKED)
        note_revoked(connector, change);
    if (!result)
        swap_change(connector, change);
    end_command(change, result);
    return result;
}

void copp_connector_completed(struct copp_connector *connector, enum copp_result result) {
    struct copp_pending pending = connector->pending;
    connector->pending.kind = COPP_PENDING_NONE;
    connector->pending.change.device = NULL;
    if (!result)
        in_force(connector, &pending.wanted);
    else
        copp_connector_log(connector, COPP_LOG_WARNING,
                           "its output did not bring the protection into force: ", copp_strerror(result));
    if (result == COPP_E_LINK_LOST)
        copp_connector_lose(connector, &(struct copp_loss){.types = COPP_EVERY_TYPE});
    if (pending.kind == COPP_PENDING_COMMAND)
        result = end_pending_command(connector, &pending.change, result);
    else if (result && result != COPP_E_LINK_LOST)
        refused(connector, result);
    /* what was given back meanwhile; what the output has just refused waits for a dispatch */
    if (pending.kind == COPP_PENDING_COMMAND || !result)
        (void)copp_connector_apply_effective(connector);
    if (result == COPP_E_REVOKED)
        drop_revoked(connector);
    look_up_for_opm(connector);
}

void copp_connector_join(struct copp_connector *connector, struct copp_device *device) {
    device->connector = connector;
    device->types = copp_device_offered(connector, device->semantics);
    for (size_t type = 0; type < COPP_TYPES; type++) {
        bool has = copp_device_has_type(device, type);
        device->level[type] = has ? 0 : COPP_NO_PROTECTION_LEVEL_AVAILABLE; /* SES-1 */
        connector->holders[type][0] += has;
    }
    device->next = connector->devices;
    if (device->next)
        device->next->previous = device;
    connector->devices = device;
    connector->device_count++;
}

/* From the connector's counts and its list. */
static void forget(struct copp_device *device) {
    struct copp_connector *connector = device->connector;
    for (size_t type = 0; type < COPP_TYPES; type++) {
        if (!copp_device_has_type(device, type))
            continue;
        copp_connector_hold(device, type, 0);
        connector->holders[type][0]--;
    }
    *(device->previous ? &device->previous->next : &connector->devices) = device->next;
    if (device->next)
        device->next->previous = device->previous;
    device->previous = device->next = NULL;
    connector->device_count--;
    if (!connector->device_count)
        connector->signaling = (struct copp_signaling){.standard = connector->config.default_standard}; /* CMD-5 */
}

void copp_connector_leave(struct copp_device *device) {
    struct copp_connector *connector = device->connector;
    if (!connector)
        return; /* abandoned: it has left already */
    bool ours = copp_device_is_ours(device);
    if (connector->pending.change.device == device && ours)
        copp_connector_cancel_pending(connector); /* EVT-5 */
    else if (connector->pending.change.device == device)
        connector->pending = (struct copp_pending){.kind = COPP_PENDING_NONE};
    forget(device);
    device->connector = NULL;
    if (!ours)
        return;
    (void)copp_connector_apply_effective(connector);
    copp_connector_show(connector); /* OPM-STA-6: its release mends what was broken */
}

void copp_connector_dispatch(struct copp_connector *connector, uint64_t now_ms) {
    struct copp_pending *pending = &connector->pending;
    if (pending->kind != COPP_PENDING_NONE && pending->timed && now_ms >= pending->deadline_ms) {
        bool held = pending->kind == COPP_PENDING_APPLY;
        if (held)
            connector->retry_ms = later(now_ms, RETRY_MS);
        copp_connector_log(connector, COPP_LOG_WARNING, "its output took longer than the time limit (CMD-6)", NULL);
        copp_connector_cancel_pending(connector); /* CMD-6: the time limit has passed */
        if (held)
            refused(connector, COPP_E_FAILED);
    }
    bool due = pending->kind == COPP_PENDING_NONE && !effective_applied(connector);
    if ((due || copp_connector_show_due(connector)) && now_ms >= connector->retry_ms) {
        connector->retry_ms = later(now_ms, RETRY_MS);
        (void)copp_connector_apply_effective(connector);
        copp_connector_show(connector); /* whatever is pending: frames are shown meanwhile (OPM-STA-6) */
    }
    if (pending->kind != COPP_PENDING_NONE && !pending->timed) {
        pending->timed = true;
        pending->deadline_ms = later(now_ms, connector->adapter->pending_limit_ms);
    }
}

uint64_t copp_connector_deadline_ms(const struct copp_connector *connector) {
    const struct copp_pending *pending = &connector->pending;
    bool idle = pending->kind == COPP_PENDING_NONE;
    bool due = (idle && !effective_applied(connector)) || copp_connector_show_due(connector);
    uint64_t retry_ms = due ? connector->retry_ms : COPP_NEVER;
    uint64_t end_ms = idle ? COPP_NEVER : pending->timed ? pending->deadline_ms : 0;
    return retry_ms < end_ms ? retry_ms : end_ms;
}
