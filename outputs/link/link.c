/* HDCP by a property: ask for Desired, believe Enabled (CMD-4, CMD-6, EVT-1), and take down what was asked for (ARB-4). */
#include "outputs/link/link.h"

#include <string.h>

#define PENDING_INTERVAL_MS 100u
#define WATCH_INTERVAL_MS 500u /* LinkLost reaches a player within the 2 s of APP-3 though the kernel says nothing */
#define WRITE_RETRY_MS 1000u /* from a take-down that was refused to the next; each time twice as long */
#define WRITE_RETRY_LIMIT_MS 10000u
#define BUSY_LIMIT_MS COPP_PENDING_LIMIT_MS
#define LATE_MS COPP_PENDING_LIMIT_MS /* no authentication takes longer */
#define EVENTS_MAX 2u /* one may be our own; a count above that means the same */
#define UNSET UINT64_MAX

static void observe(struct hdcp_link *link, struct hdcp_observation *observation) {
    memset(observation, 0, sizeof *observation);
    link->ops->observe(link, observation);
    if (link->type1 && observation->hdcp == HDCP_ENABLED && !observation->type1)
        observation->hdcp = HDCP_DESIRED; /* OPM-HDCP-2: what there is, is less than what was asked for */
    if (observation->hdcp == HDCP_ENABLED && observation->connected && !(link->in_force && link->fallen))
        link->partner = observation->state;
}

/* As observe; what is enabled is shown from here on (QRY-5), but only where somebody looks again soon. */
static void look(struct hdcp_link *link, struct hdcp_observation *observation) {
    observe(link, observation);
    link->blind = observation->hdcp == HDCP_UNREADABLE;
    link->enabled = observation->hdcp == HDCP_ENABLED && !link->cleared && copp_connector_devices(link->connector) > 0;
}

static void see_display(struct hdcp_link *link, const struct hdcp_observation *now) {
    link->plugged = now->connected;
    memcpy(link->display, now->display, sizeof link->display);
    if (!now->connected)
        link->display[0] = 0;
}

/* Since apply and cancel are told no time, a time begins at the first dispatch that asks for it. */
static bool passed(const struct hdcp_link *link, uint64_t *since_ms, uint64_t limit_ms) {
    if (*since_ms == UNSET)
        *since_ms = link->now_ms;
    return link->now_ms - *since_ms >= limit_ms;
}

static bool held(const struct hdcp_link *link) {
    return link->pending || link->in_force;
}

static void note(struct hdcp_link *link, bool owes) {
    if (link->noted == owes)
        return;
    link->noted = owes;
    if (link->ops->note)
        link->ops->note(link, owes);
}

static void see_down(struct hdcp_link *link) {
    if (!link->down)
        link->down_ms = UNSET;
    link->down = link->cleared = true;
}

/* What has come of Undesired, which was answered so: what is read counts, whatever the driver says. */
static enum copp_result clear(struct hdcp_link *link, enum copp_result answered) {
    struct hdcp_observation after;
    look(link, &after);
    if (after.hdcp != HDCP_UNDESIRED && (answered || !link->blind))
        return COPP_E_FAILED;
    link->cleared = true;
    link->down = false;
    if (!link->blind)
        see_down(link);
    return COPP_OK;
}

static enum copp_result write_value(struct hdcp_link *link, enum hdcp_value value) {
    enum copp_result result = link->ops->write(link, value);
    if (result == COPP_E_PENDING)
        return result;
    link->busy_ms = UNSET;
    if (value == HDCP_UNDESIRED)
        return clear(link, result);
    link->down = false; /* also where it is refused: it may have been done all the same */
    link->cleared = link->cleared && result;
    return result;
}

/* --- what must be taken down --- */

/* Nothing is owed, or not any more. */
static void forget_debt(struct hdcp_link *link) {
    link->owes = link->cleared = link->down = false;
    note(link, false);
}

static void try_at_once(struct hdcp_link *link) {
    link->retry_ms = 0;
    link->backoff_ms = WRITE_RETRY_MS;
}

static void write_down(struct hdcp_link *link, const struct hdcp_observation *now) {
    enum copp_result result = write_value(link, HDCP_UNDESIRED);
    bool busy = result == COPP_E_PENDING && !passed(link, &link->busy_ms, BUSY_LIMIT_MS);
    link->retry_ms = link->now_ms + (busy ? PENDING_INTERVAL_MS : link->backoff_ms);
    if (!busy)
        link->backoff_ms = link->backoff_ms * 2 < WRITE_RETRY_LIMIT_MS ? link->backoff_ms * 2 : WRITE_RETRY_LIMIT_MS;
    if (!result)
        link->late = now->hdcp != HDCP_ENABLED;
}

/*
 * Undesired, and then something else. A driver's worker that had not ended writes Enabled, and the kernel tells of it. A Desired of
 * which it has not told is another program's, and so is what becomes of it.
 */
static bool set_by_another(const struct hdcp_link *link, const struct hdcp_observation *now) {
    return link->down && now->hdcp == HDCP_DESIRED && !link->events;
}

static void take_down_owed(struct hdcp_link *link) {
    struct hdcp_observation now;
    look(link, &now);
    if (now.hdcp == HDCP_UNDESIRED) {
        see_down(link);
        return;
    }
    link->down_ms = UNSET;
    if (link->blind && link->cleared)
        return; /* it may well be down */
    if (set_by_another(link, &now)) {
        forget_debt(link);
        return;
    }
    link->down = false;
    if (link->now_ms >= link->retry_ms)
        write_down(link, &now);
}

/* Nobody holds anything, or waits for anything. */
static void let_go(struct hdcp_link *link) {
    link->pending = link->asked = link->in_force = link->type1 = false;
    link->sessions = link->others = HDCP_WANT_NOTHING;
}

static void take_down(struct hdcp_link *link) {
    let_go(link);
    try_at_once(link);
    if (link->owes)
        take_down_owed(link);
    else
        forget_debt(link);
}

/* An authentication that was under way has ended by then. */
static void watch_debt(struct hdcp_link *link) {
    take_down_owed(link);
    if (link->down && !link->blind && passed(link, &link->down_ms, LATE_MS))
        forget_debt(link);
}

/* --- what sessions want --- */

/* From the first attempt on, events may be of our own success: a write that is answered COPP_E_PENDING may be carried out. */
static enum copp_result write_desired(struct hdcp_link *link) {
    enum copp_result result = write_value(link, HDCP_DESIRED);
    if (!link->attempted)
        link->events = 0;
    link->attempted = true;
    return result;
}

/* Drivers authenticate on the change from Undesired to Desired. Where Undesired is refused, Desired may still do. */
static enum copp_result write_up(struct hdcp_link *link, const struct hdcp_observation *now) {
    bool from_undesired = now->hdcp == HDCP_UNDESIRED;
    if (!from_undesired) {
        enum copp_result result = write_value(link, HDCP_UNDESIRED);
        if (result == COPP_E_PENDING || (result && link->cleared))
            return result; /* what stands there is a driver's that has not ended */
        if (!result && link->blind)
            return COPP_E_PENDING; /* whether it was done is to be seen */
        from_undesired = !result;
    }
    note(link, true);
    enum copp_result result = write_desired(link);
    if (result == COPP_E_PENDING)
        return result;
    if (result == COPP_E_STATE)
        return COPP_E_FAILED;
    link->owes = link->owes || !result || from_undesired; /* it may have been done although it was refused */
    link->late = true;
    link->asked = !result;
    return result;
}

/* What has come of Desired. An Enabled that follows on Undesired is that of an earlier one: then Desired has not been taken yet. */
static enum copp_result outcome(struct hdcp_link *link, const struct hdcp_observation *now) {
    if (now->hdcp == HDCP_UNDESIRED)
        return COPP_E_FAILED; /* somebody else has taken it back, or the driver says yes and does nothing */
    if (now->hdcp == HDCP_DESIRED)
        link->cleared = false;
    link->asked = now->hdcp != HDCP_ENABLED || !link->cleared;
    return now->hdcp == HDCP_ENABLED && link->asked ? COPP_OK : COPP_E_PENDING;
}

static enum copp_result begin_rise(struct hdcp_link *link, const struct hdcp_observation *now) {
    enum copp_result result = write_up(link, now);
    if (result)
        return result;
    struct hdcp_observation after;
    look(link, &after);
    link->cleared = after.hdcp == HDCP_UNDESIRED;
    return after.hdcp == HDCP_ENABLED ? COPP_OK : COPP_E_PENDING;
}

/* One step. COPP_OK: it is enabled. */
static enum copp_result rise(struct hdcp_link *link, const struct hdcp_observation *now) {
    if (link->asked)
        return outcome(link, now);
    if (now->settling && !link->cleared)
        return COPP_E_PENDING; /* set by another: it counts as soon as it may be reported */
    if (now->hdcp == HDCP_ENABLED && !link->cleared)
        return COPP_OK;
    if (!link->offered)
        return COPP_E_FAILED;
    return now->hdcp == HDCP_UNREADABLE ? COPP_E_PENDING : begin_rise(link, now);
}

/* The end of the rise. */
static void arrive(struct hdcp_link *link, enum copp_result result) {
    if (result) {
        take_down(link);
        return;
    }
    link->announces = link->asked && !link->events;
    link->pending = link->asked = link->fallen = false;
    link->in_force = true;
    link->events = 0;
    if (!link->owes)
        forget_debt(link);
}

static enum copp_result bring_up(struct hdcp_link *link, const struct hdcp_observation *now) {
    if (!now->connected || !now->driven) {
        let_go(link);
        return COPP_E_FAILED;
    }
    if (!link->watched) {
        link->seen = *now; /* from here on it matters what changes */
        link->watched = true;
    }
    link->busy_ms = UNSET;
    link->attempted = false;
    link->pending = true; /* a backend that cannot look just now must not tell of before */
    struct hdcp_observation again = *now;
    if (now->hdcp == HDCP_ENABLED)
        look(link, &again); /* now that somebody waits for it, it may have to settle first */
    enum copp_result result = rise(link, &again);
    if (result != COPP_E_PENDING)
        arrive(link, result);
    return result;
}

/*
 * Whether HDCP is on without Type 1. It is left as it is: drivers change the content type by authenticating anew, and where that
 * fails, whoever relied on what there was would have lost it (OPM-ARB-4).
 */
static bool is_less(const struct hdcp_link *link, const struct hdcp_observation *now) {
    return now->hdcp == HDCP_ENABLED && !link->cleared && !now->type1;
}

static bool wants_type1(const struct hdcp_link *link) {
    return link->sessions == HDCP_WANT_TYPE1 || link->others == HDCP_WANT_TYPE1;
}

/* One of those who may want it wants so much from here on. */
static enum copp_result want(struct hdcp_link *link, enum hdcp_want *own, enum hdcp_want wanted) {
    struct hdcp_observation now;
    bool type1 = wanted == HDCP_WANT_TYPE1;
    if (type1 && !link->offers_type1)
        return COPP_E_UNSUPPORTED;
    look(link, &now);
    if (type1 && (is_less(link, &now) || (link->pending && !link->type1)))
        return COPP_E_FAILED; /* also where less is on its way, for the others */
    *own = wanted;
    if (!link->in_force) {
        link->type1 = wants_type1(link);
        return bring_up(link, &now);
    }
    if (now.hdcp == HDCP_ENABLED && !link->fallen) {
        link->type1 = wants_type1(link); /* where less is wanted nothing is written, and less will do from here on */
        return COPP_OK;
    }
    let_go(link);
    return COPP_E_LINK_LOST; /* EVT-3 */
}

/* One of them wants nothing from here on. Others may want it since a moment ago. */
static void leave(struct hdcp_link *link, enum hdcp_want *own) {
    *own = HDCP_WANT_NOTHING;
    if (held(link) && link->ops->others)
        link->others = link->ops->others(link);
    if (link->sessions || link->others)
        link->type1 = wants_type1(link);
    else
        take_down(link); /* CMD-4: what that leaves to be done is the link's business */
}

static enum copp_result link_apply(struct copp_output *output, const struct copp_protection *wanted) {
    struct hdcp_link *link = (struct hdcp_link *)output;
    if (wanted->hdcp)
        return want(link, &link->sessions, wanted->type1 ? HDCP_WANT_TYPE1 : HDCP_WANT_ANY);
    leave(link, &link->sessions);
    return COPP_OK;
}

static void link_cancel(struct copp_output *output) {
    struct hdcp_link *link = (struct hdcp_link *)output;
    leave(link, &link->sessions);
}

enum copp_result hdcp_link_call(struct hdcp_link *link, enum hdcp_want wanted) {
    return want(link, &link->others, wanted);
}

void hdcp_link_dismiss(struct hdcp_link *link) {
    if (link->others)
        leave(link, &link->others);
}

static void show_partner(const struct hdcp_link *link, struct copp_output_state *state) {
    state->hdcp_receiver = link->partner.hdcp_receiver;
    state->repeater = link->partner.repeater;
    memcpy(state->bksv, link->partner.bksv, sizeof state->bksv);
    state->downstream = link->partner.downstream;
    state->downstream_count = link->partner.downstream_count;
    state->hdcp_version = link->partner.hdcp_version;
}

/*
 * The receiver is not known while HDCP is not enabled. A session must not learn that before the loss itself: it would stop for want of
 * a receiver (QRY-6, APP-2) and not for LinkLost (EVT-4). From here no connector is told anything, so the next dispatch tells the
 * loss (EVT-1, EVT-3), also if HDCP is enabled again by then; until that the receiver is who it was.
 */
static void link_state(struct copp_output *output, struct copp_output_state *state) {
    struct hdcp_link *link = (struct hdcp_link *)output;
    struct hdcp_observation observation;
    observe(link, &observation);
    *state = observation.state;
    if (link->in_force && (observation.hdcp != HDCP_ENABLED || !observation.connected))
        link->fallen = true;
    if (link->in_force && link->fallen)
        show_partner(link, state);
}

/* As of the last look: no hardware is asked, since every status answer asks us (BIND-6). */
static uint32_t link_presence(struct copp_output *output) {
    const struct hdcp_link *link = (const struct hdcp_link *)output;
    if (!link->plugged)
        return 0;
    bool named = link->watched && link->seen.state.hdcp_receiver;
    return COPP_BOUND_PLUGGED | (named ? COPP_BOUND_RECEIVER : 0);
}

static uint32_t link_hdcp(struct copp_output *output) {
    return ((const struct hdcp_link *)output)->enabled ? COPP_HDCP_ON : COPP_HDCP_OFF;
}

static const struct copp_output_ops link_ops = {.size = sizeof link_ops,
                                                .state = link_state,
                                                .apply = link_apply,
                                                .cancel = link_cancel,
                                                .presence = link_presence,
                                                .hdcp = link_hdcp};

/* --- what happens --- */

static void follow(struct hdcp_link *link, const struct hdcp_observation *now) {
    enum copp_result result = rise(link, now);
    if (result == COPP_E_PENDING && (link->asked || !passed(link, &link->busy_ms, BUSY_LIMIT_MS)))
        return;
    result = result == COPP_E_PENDING ? COPP_E_FAILED : result;
    arrive(link, result);
    copp_connector_applied(link->connector, result);
}

static bool same_signal(const struct hdcp_observation *a, const struct hdcp_observation *b) {
    const struct copp_display *x = &a->state.display;
    const struct copp_display *y = &b->state.display;
    return a->driven == b->driven && a->state.mode == b->state.mode && x->width == y->width && x->height == y->height &&
           x->format == y->format && x->frequency_numerator == y->frequency_numerator &&
           x->frequency_denominator == y->frequency_denominator;
}

/*
 * An event beyond that of our own success tells that the kernel has left Enabled and come back to it between two looks. Our own is the
 * first one, however late it comes: the events of a card come in their order, and leaving Enabled and coming back are two. A driver
 * that only announces Enabled anew, since a program has written Desired over it, cannot be told from that: it is a loss, too.
 */
static bool fell_away(struct hdcp_link *link, const struct hdcp_observation *now) {
    bool own = link->announces && link->events;
    link->announces = link->announces && !own;
    return now->hdcp != HDCP_ENABLED || link->fallen || link->events > own;
}

/* EVT-1, by what was seen last. What fell away is told before what has changed. */
static void tell(struct hdcp_link *link, const struct hdcp_observation *now) {
    struct hdcp_observation before = link->seen;
    bool watched = link->watched;
    link->seen = *now;
    link->watched = true;
    if (link->in_force && fell_away(link, now)) {
        bool told = link->sessions != HDCP_WANT_NOTHING;
        let_go(link);
        if (told)
            copp_connector_protection_lost(link->connector, COPP_PROTECTION_TYPE_HDCP);
    }
    if (!watched)
        return;
    if (before.connected && !now->connected)
        copp_connector_unplugged(link->connector);
    else if (before.connected != now->connected || !same_signal(&before, now))
        copp_connector_reconfigured(link->connector);
}

static bool unused(const struct hdcp_link *link) {
    return !held(link) && copp_connector_devices(link->connector) == 0;
}

static void serve(struct hdcp_link *link) {
    struct hdcp_observation now;
    look(link, &now);
    see_display(link, &now);
    if (link->pending) {
        follow(link, &now);
        look(link, &now); /* a write that was busy before may have enabled it at once */
    }
    tell(link, &now);
}

void hdcp_link_dispatch(struct hdcp_link *link, uint64_t now_ms) {
    link->now_ms = now_ms;
    if (unused(link))
        link->watched = link->enabled = link->blind = false;
    else
        serve(link);
    if (link->owes && !held(link))
        watch_debt(link);
    /* the event of our own success may come before a look that shows it: some backends show it late */
    link->events = link->blind || link->pending ? link->events : 0;
}

void hdcp_link_look(struct hdcp_link *link) {
    struct hdcp_observation now;
    observe(link, &now);
    see_display(link, &now);
}

void hdcp_link_init(struct hdcp_link *link, const struct hdcp_link_ops *ops, bool offered) {
    link->output.ops = &link_ops;
    link->ops = ops;
    link->offered = offered;
    link->busy_ms = link->down_ms = UNSET;
    try_at_once(link);
}

void hdcp_link_offer(struct hdcp_link *link, bool offered) {
    if (offered && !link->offered)
        try_at_once(link);
    link->offered = offered;
}

void hdcp_link_owe(struct hdcp_link *link) {
    link->owes = link->late = link->cleared = true;
    link->down = false;
    note(link, true);
    try_at_once(link);
}

void hdcp_link_evidence(struct hdcp_link *link) {
    link->events += link->events < EVENTS_MAX;
}

void hdcp_link_events_lost(struct hdcp_link *link) {
    link->events = EVENTS_MAX;
}

void hdcp_link_returned(struct hdcp_link *link) {
    try_at_once(link);
}

static uint64_t debt_interval(const struct hdcp_link *link) {
    if (!link->owes || held(link))
        return UINT64_MAX;
    if (link->down || (link->blind && link->cleared))
        return link->blind ? WRITE_RETRY_MS : PENDING_INTERVAL_MS; /* Desired is to be seen before it becomes Enabled */
    return link->retry_ms > link->now_ms ? link->retry_ms - link->now_ms : 0;
}

void hdcp_link_cut(struct hdcp_link *link) {
    bool pending = link->pending;
    bool lost = link->in_force && link->sessions;
    let_go(link);
    link->cleared = link->cleared || link->owes; /* what stands is not another program's; before anybody can ask anew */
    link->enabled = link->enabled && !link->cleared;
    try_at_once(link);
    if (pending && link->connector)
        copp_connector_applied(link->connector, COPP_E_FAILED);
    if (lost && link->connector)
        copp_connector_protection_lost(link->connector, COPP_PROTECTION_TYPE_HDCP);
}

uint64_t hdcp_link_interval(const struct hdcp_link *link) {
    uint64_t debt = debt_interval(link);
    if (link->pending)
        return PENDING_INTERVAL_MS;
    if (link->in_force && link->fallen)
        return 0;
    if (unused(link) && (link->watched || link->enabled))
        return 0; /* what was seen last is not to be told to whoever comes next */
    return unused(link) || debt < WATCH_INTERVAL_MS ? debt : WATCH_INTERVAL_MS;
}

void hdcp_link_end(struct hdcp_link *link) {
    struct hdcp_observation now;
    link->connector = NULL;
    let_go(link);
    link->enabled = false;
    if (!link->owes) {
        forget_debt(link);
        return;
    }
    observe(link, &now);
    if (now.hdcp != HDCP_UNDESIRED && !set_by_another(link, &now)) {
        write_down(link, &now);
        observe(link, &now);
    }
    if (now.hdcp == HDCP_UNDESIRED ? !link->late : set_by_another(link, &now))
        forget_debt(link);
}
