/* HDCP by a property: ask for Desired, believe Enabled (CMD-4, CMD-6, EVT-1). */
#include "outputs/link/link.h"

#include <string.h>

#define PENDING_INTERVAL_MS 100u
#define WATCH_INTERVAL_MS 500u /* LinkLost reaches a player within the 2 s of APP-3 though the kernel says nothing */
#define WRITE_RETRY_MS 1000u

static void observe(struct hdcp_link *link, struct hdcp_observation *observation) {
    memset(observation, 0, sizeof *observation);
    link->ops->observe(link, observation);
}

static void see_display(struct hdcp_link *link, const struct hdcp_observation *now) {
    link->plugged = now->connected;
    memcpy(link->display, now->display, sizeof link->display);
    if (!now->connected)
        link->display[0] = 0;
}

static void link_state(struct copp_output *output, struct copp_output_state *state) {
    struct hdcp_observation observation;
    observe((struct hdcp_link *)output, &observation);
    *state = observation.state;
}

/* As of the last look: no hardware is asked, since every status answer asks us (BIND-6). */
static uint32_t link_presence(struct copp_output *output) {
    const struct hdcp_link *link = (const struct hdcp_link *)output;
    if (!link->plugged)
        return 0;
    bool named = link->watched && link->seen.state.hdcp_receiver;
    return COPP_BOUND_PLUGGED | (named ? COPP_BOUND_RECEIVER : 0);
}

/* Writes the target; what is busy is write_pending. */
static enum copp_result write_target(struct hdcp_link *link, bool target) {
    enum copp_result result = link->ops->write(link, target);
    link->target = target;
    link->write_pending = result == COPP_E_PENDING;
    return result;
}

static enum copp_result take_down(struct hdcp_link *link, const struct hdcp_observation *now) {
    if (now->hdcp != HDCP_UNDESIRED) {
        enum copp_result result = write_target(link, false);
        link->pending = result == COPP_E_PENDING;
        if (result)
            return result;
    }
    link->target = link->write_pending = link->in_force = false;
    return COPP_OK;
}

static enum copp_result bring_up(struct hdcp_link *link, const struct hdcp_observation *now) {
    if (!now->connected || !now->driven)
        return COPP_E_FAILED;
    if (!link->watched) {
        link->seen = *now; /* from here on it matters what changes */
        link->watched = true;
    }
    enum copp_result result = write_target(link, true);
    if (result && result != COPP_E_PENDING) {
        link->target = false;
        return result;
    }
    struct hdcp_observation after;
    link->pending = true; /* a backend that cannot look just now must not tell of before */
    observe(link, &after);
    link->in_force = !link->write_pending && after.hdcp == HDCP_ENABLED;
    link->pending = !link->in_force;
    return link->in_force ? COPP_OK : COPP_E_PENDING;
}

static enum copp_result link_apply(struct copp_output *output, const struct copp_protection *wanted) {
    struct hdcp_link *link = (struct hdcp_link *)output;
    if (!link->offered)
        return wanted->hdcp ? COPP_E_FAILED : COPP_OK; /* the property is somebody else's */
    struct hdcp_observation now;
    observe(link, &now);
    if (!wanted->hdcp)
        return take_down(link, &now);
    if (!link->in_force)
        return bring_up(link, &now);
    if (now.hdcp == HDCP_ENABLED)
        return COPP_OK;
    link->in_force = false;
    return COPP_E_LINK_LOST; /* EVT-3 */
}

static void link_cancel(struct copp_output *output) {
    struct hdcp_link *link = (struct hdcp_link *)output;
    link->pending = false;
    if (!link->target) {
        link->write_pending = false; /* it has not been written: what was in force still is */
        link->target = link->in_force;
        return;
    }
    if (write_target(link, false))
        link->write_pending = true;
}

static const struct copp_output_ops link_ops = {sizeof link_ops, link_state, link_apply, link_cancel, link_presence};

void hdcp_link_init(struct hdcp_link *link, const struct hdcp_link_ops *ops, bool offered) {
    link->output.ops = &link_ops;
    link->ops = ops;
    link->offered = offered;
}

static void land(struct hdcp_link *link, enum copp_result result) {
    link->pending = false;
    link->in_force = link->target ? !result : link->in_force && result;
    link->target = link->in_force;
    copp_connector_applied(link->connector, result);
}

/* What could not be written is tried again. What is given up by a cancel is write_pending until the hardware takes it. */
static void retry_write(struct hdcp_link *link) {
    enum copp_result result = write_target(link, link->target);
    if (!result || result == COPP_E_PENDING)
        return;
    if (link->pending)
        land(link, result);
    else
        link->write_pending = true;
}

static void follow_pending(struct hdcp_link *link, enum hdcp_value hdcp) {
    if (link->target ? hdcp == HDCP_ENABLED : hdcp == HDCP_UNDESIRED)
        land(link, COPP_OK);
    else if (link->target && hdcp == HDCP_UNDESIRED)
        land(link, COPP_E_FAILED); /* somebody else has taken it back */
}

static bool same_signal(const struct hdcp_observation *a, const struct hdcp_observation *b) {
    const struct copp_display *x = &a->state.display;
    const struct copp_display *y = &b->state.display;
    return a->driven == b->driven && a->state.mode == b->state.mode && x->width == y->width && x->height == y->height &&
           x->format == y->format && x->frequency_numerator == y->frequency_numerator &&
           x->frequency_denominator == y->frequency_denominator;
}

/* EVT-1, by what was seen last. What fell away is told before what has changed. */
static void tell(struct hdcp_link *link, const struct hdcp_observation *now) {
    struct hdcp_observation before = link->seen;
    bool watched = link->watched;
    link->seen = *now;
    link->watched = true;
    if (link->in_force && now->hdcp != HDCP_ENABLED) {
        link->in_force = false;
        copp_connector_protection_lost(link->connector, COPP_PROTECTION_TYPE_HDCP);
    }
    if (!watched)
        return;
    if (before.connected && !now->connected)
        copp_connector_unplugged(link->connector);
    else if (before.connected != now->connected || !same_signal(&before, now))
        copp_connector_reconfigured(link->connector);
}

static bool idle(const struct hdcp_link *link) {
    return !link->connector || (copp_connector_devices(link->connector) == 0 && !link->in_force && !link->pending);
}

void hdcp_link_dispatch(struct hdcp_link *link) {
    if (link->write_pending)
        retry_write(link);
    if (idle(link)) {
        link->watched = false;
        return;
    }
    struct hdcp_observation now;
    observe(link, &now);
    see_display(link, &now);
    if (link->pending && !link->write_pending)
        follow_pending(link, now.hdcp);
    tell(link, &now);
}

void hdcp_link_look(struct hdcp_link *link) {
    struct hdcp_observation now;
    observe(link, &now);
    see_display(link, &now);
}

void hdcp_link_returned(struct hdcp_link *link) {
    link->target = false;
    link->write_pending = link->offered;
}

void hdcp_link_cut(struct hdcp_link *link) {
    bool held = link->in_force;
    bool written = held || link->target || link->write_pending;
    if (link->pending)
        land(link, COPP_E_FAILED);
    link->target = link->in_force = false;
    link->write_pending = written && link->offered;
    if (held && link->connector)
        copp_connector_protection_lost(link->connector, COPP_PROTECTION_TYPE_HDCP);
}

uint64_t hdcp_link_interval(const struct hdcp_link *link) {
    if (link->pending)
        return PENDING_INTERVAL_MS;
    if (!idle(link))
        return WATCH_INTERVAL_MS;
    return link->write_pending ? WRITE_RETRY_MS : UINT64_MAX;
}

void hdcp_link_end(struct hdcp_link *link) {
    link->connector = NULL;
    link->pending = false;
    if (link->target || link->write_pending)
        (void)link->ops->write(link, false);
    link->target = link->write_pending = link->in_force = false;
}
