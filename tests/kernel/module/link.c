// SPDX-License-Identifier: GPL-2.0
/*
 * The two properties and what is behind them. A driver acts on edges, Undesired to Desired above all; what it finds, it writes
 * into the property (drm_hdcp_update_content_protection, which also sends the event).
 */
#include "copp_drm.h"

#include <drm/display/drm_hdcp_helper.h>
#include <drm/drm_atomic.h>
#include <drm/drm_modeset_lock.h>
#include <drm/drm_sysfs.h>
#include <linux/delay.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define drm_sysfs_connector_property_event drm_sysfs_connector_status_event /* as it was called */
#endif

#define UNDESIRED DRM_MODE_CONTENT_PROTECTION_UNDESIRED
#define DESIRED DRM_MODE_CONTENT_PROTECTION_DESIRED
#define ENABLED DRM_MODE_CONTENT_PROTECTION_ENABLED
#define ANNOUNCE_MS 5u /* i915's worker has nothing to wait for */

static struct quirks *quirks_of(struct output *output) {
    return &card_of(output->connector.dev)->quirks;
}

static struct drm_modeset_lock *lock_of(struct output *output) {
    return &output->connector.dev->mode_config.connection_mutex;
}

static bool is_shown(struct drm_atomic_state *state, const struct drm_connector_state *connector) {
    return connector->crtc && drm_atomic_get_new_crtc_state(state, connector->crtc)->active;
}

static bool can_authenticate(struct output *output) {
    return output->link.shown && output->status != connector_status_disconnected && !output->link.fail;
}

/* What the driver does unasked about a link that it has lost or could not bring up. */
static void retry(struct link *link) {
    if (!link->retry_ms)
        return;
    link->authentications++;
    mod_delayed_work(system_wq, &link->work, msecs_to_jiffies(link->retry_ms));
}

/* The end of an authentication, or what tells the property of one that is in force. */
static void finish(struct work_struct *work) {
    struct output *output = container_of(to_delayed_work(work), struct output, link.work);
    struct link *link = &output->link;
    u64 value;

    drm_modeset_lock(lock_of(output), NULL);
    value = output->connector.state->content_protection;
    if (link->late) {
        link->late = false;
        if (value == UNDESIRED)
            drm_hdcp_update_content_protection(&output->connector, ENABLED);
    } else if (value == DESIRED && (link->up || can_authenticate(output))) {
        link->up = true;
        drm_hdcp_update_content_protection(&output->connector, ENABLED);
    } else if (value == DESIRED) {
        link->failures++;
        retry(link);
    }
    drm_modeset_unlock(lock_of(output));
}

static void start(struct output *output) {
    struct link *link = &output->link;

    link->up = false;
    link->late = false;
    link->authentications++;
    mod_delayed_work(system_wq, &link->work, msecs_to_jiffies(quirks_of(output)->slow_commit_ms ? 0 : link->delay_ms));
}

static void take_down(struct output *output) {
    struct link *link = &output->link;

    link->up = false;
    if (quirks_of(output)->late_enabled && delayed_work_pending(&link->work))
        link->late = true;
    else
        cancel_delayed_work(&link->work);
}

static int refusal(struct output *output, u64 was, u64 value, bool retyped) {
    const struct quirks *quirks = quirks_of(output);

    if (value == was && !retyped)
        return 0;
    if (value == UNDESIRED && was != UNDESIRED)
        return quirks->refuse_undesired && was != ENABLED ? -EINVAL : -(int)quirks->refuse_all_undesired;
    return -(int)quirks->refuse_write;
}

/* What the commit makes of the property. May be for a test alone, so that nothing is changed but the new state. */
int link_check(struct output *output, struct drm_atomic_state *state) {
    const struct drm_connector_state *old = drm_atomic_get_old_connector_state(state, &output->connector);
    struct drm_connector_state *new = drm_atomic_get_new_connector_state(state, &output->connector);
    const struct quirks *quirks = quirks_of(output);
    bool retyped = new->hdcp_content_type != old->hdcp_content_type;
    struct drm_crtc_state *crtc;
    int error = refusal(output, old->content_protection, new->content_protection, retyped);

    if (error)
        return error;
    if (!is_shown(state, new)) {
        if (new->content_protection == ENABLED)
            new->content_protection = DESIRED;
        return 0;
    }
    crtc = drm_atomic_get_new_crtc_state(state, new->crtc);
    if (old->content_protection == ENABLED && new->content_protection != UNDESIRED) {
        if (retyped || (quirks->demote_on_modeset && drm_atomic_crtc_needs_modeset(crtc)))
            new->content_protection = DESIRED;
        else if (quirks->over_enabled == OVER_KEEP)
            new->content_protection = ENABLED;
    }
    if (quirks->needs_modeset && (retyped || new->content_protection != old->content_protection))
        crtc->mode_changed = true;
    return 0;
}

/* Whether this commit is one for which the driver authenticates. */
static bool begins(struct output *output, struct drm_atomic_state *state, const struct drm_connector_state *old,
                   const struct drm_connector_state *new) {
    const struct link *link = &output->link;
    const struct quirks *quirks = quirks_of(output);

    if (!link->wanted || !link->shown || new->hdcp_content_type != link->type)
        return true;
    if (old->content_protection != ENABLED || new->content_protection != DESIRED)
        return false;
    /* link_check has demoted it for a mode set, or it was written over */
    if (quirks->demote_on_modeset && drm_atomic_crtc_needs_modeset(drm_atomic_get_new_crtc_state(state, new->crtc)))
        return true;
    return quirks->over_enabled == OVER_REAUTHENTICATE;
}

/* Holds no lock of the mode setting's: another commit may be waiting for the end of this one with all of them. */
void link_commit(struct output *output, struct drm_atomic_state *state) {
    const struct drm_connector_state *old = drm_atomic_get_old_connector_state(state, &output->connector);
    const struct drm_connector_state *new = drm_atomic_get_new_connector_state(state, &output->connector);
    struct link *link = &output->link;
    bool wanted = new->content_protection != UNDESIRED; /* it may be Enabled by now */
    bool shown = is_shown(state, new);
    bool first = wanted && shown && begins(output, state, old, new);

    if ((link->wanted && !wanted) || (link->shown && !shown))
        take_down(output);
    link->wanted = wanted;
    link->shown = shown;
    link->type = new->hdcp_content_type;
    if (first) {
        msleep(quirks_of(output)->slow_commit_ms);
        start(output);
    } else if (link->up && new->content_protection == DESIRED && quirks_of(output)->over_enabled == OVER_STICK) {
        schedule_delayed_work(&link->work, msecs_to_jiffies(ANNOUNCE_MS));
    }
}

void link_plugged(struct output *output) {
    struct link *link = &output->link;

    drm_modeset_lock(lock_of(output), NULL);
    if (output->status == connector_status_disconnected) {
        link->up = false;
        if (output->connector.state->content_protection == ENABLED)
            drm_hdcp_update_content_protection(&output->connector, DESIRED);
    } else if (link->wanted && link->shown && !link->up) {
        start(output);
    }
    drm_modeset_unlock(lock_of(output));
}

static void demote(struct output *output, bool silently) {
    struct link *link = &output->link;

    if (output->connector.state->content_protection != ENABLED)
        return;
    link->up = false;
    if (silently)
        output->connector.state->content_protection = DESIRED;
    else
        drm_hdcp_update_content_protection(&output->connector, DESIRED);
    retry(link);
}

static void carry_out(struct output *output, enum link_order order) {
    struct drm_connector *connector = &output->connector;

    switch (order) {
    case LINK_ENABLE:
        output->link.up = true;
        drm_hdcp_update_content_protection(connector, ENABLED);
        break;
    case LINK_DEMOTE:
    case LINK_DEMOTE_SILENTLY:
        demote(output, order == LINK_DEMOTE_SILENTLY);
        break;
    case LINK_GLITCH:
        if (connector->state->content_protection != ENABLED)
            break;
        drm_hdcp_update_content_protection(connector, DESIRED);
        drm_hdcp_update_content_protection(connector, ENABLED);
        break;
    case LINK_ANNOUNCE:
        drm_sysfs_connector_property_event(connector, connector->dev->mode_config.content_protection_property);
        break;
    }
}

void link_order(struct output *output, enum link_order order) {
    drm_modeset_lock(lock_of(output), NULL);
    carry_out(output, order);
    drm_modeset_unlock(lock_of(output));
}

void link_init(struct output *output) {
    INIT_DELAYED_WORK(&output->link.work, finish);
    output->link.delay_ms = 100;
}

void link_fini(struct output *output) {
    cancel_delayed_work_sync(&output->link.work);
}
