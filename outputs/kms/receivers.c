#include "outputs/kms/receivers.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define READ_INTERVAL_MS 500u /* as the connector itself is looked at */

enum copp_result kms_receivers_open(struct kms_receivers *receivers, const struct receiver_system *system) {
    receivers->system = system;
    receivers->epoll = epoll_create1(EPOLL_CLOEXEC);
    return receivers->epoll < 0 ? COPP_E_IO : COPP_OK;
}

void kms_receivers_close(struct kms_receivers *receivers) {
    if (receivers->epoll >= 0)
        (void)close(receivers->epoll);
    receivers->epoll = -1;
}

void kms_receiver_init(struct kms_receiver *receiver, const struct kms_receivers *receivers, const char *connector) {
    *receiver = (struct kms_receiver){.receivers = receivers, .connector = connector};
}

void kms_receiver_close(struct kms_receiver *receiver) {
    receiver_watch_close(&receiver->watch);
}

void kms_receiver_take(struct kms_receiver *receiver, uint64_t now_ms) {
    struct receiver_result result;
    receiver->now_ms = now_ms;
    if (!receiver->watch || !receiver_watch_take(receiver->watch, &result))
        return;
    receiver_trust_result(&receiver->trust, &result);
    receiver->read = receiver->connected;
    receiver->last = result;
}

enum receiver_state kms_receiver_state(const struct kms_receiver *receiver, struct hdcp_receiver *found) {
    bool busy = receiver->watch && receiver_watch_busy(receiver->watch);
    if (busy && receiver->now_ms - receiver->asked_ms >= RECEIVER_TRUST_MS)
        return RECEIVER_HANGS;
    if (!receiver->read)
        return RECEIVER_UNKNOWN;
    *found = receiver->last.receiver;
    return receiver_result_state(&receiver->last);
}

static enum receiver_phase phase_of(const struct hdcp_observation *observation) {
    if (!observation->connected)
        return RECEIVER_ABSENT;
    switch (observation->hdcp) {
    case HDCP_UNDESIRED:
        return RECEIVER_IDLE;
    case HDCP_DESIRED:
        return RECEIVER_AUTHENTICATING;
    case HDCP_ENABLED:
        return RECEIVER_IN_FORCE;
    default:
        return RECEIVER_ABSENT;
    }
}

static void show_name(const struct kms_receiver *receiver, struct copp_output_state *state) {
    const struct hdcp_receiver *named = receiver_trust_name(&receiver->trust, receiver->now_ms);
    if (!named)
        return;
    state->hdcp_receiver = true;
    state->repeater = named->repeater;
    state->hdcp_version = COPP_HDCP_VERSION_1; /* who is named can do no other (OPM-SRM-7) */
    memcpy(state->bksv, named->bksv, sizeof state->bksv); /* WIRE-9 has the register's order */
}

static bool is_due(const struct kms_receiver *receiver) {
    const struct receiver_trust *trust = &receiver->trust;
    if (!receiver_trust_may_read(trust) || (receiver->watch && receiver_watch_busy(receiver->watch)))
        return false;
    return !trust->tried || receiver->now_ms - receiver->asked_ms >= READ_INTERVAL_MS;
}

static bool open_watch(struct kms_receiver *receiver) {
    struct epoll_event event = {.events = EPOLLIN};
    if (receiver->watch)
        return true;
    receiver->watch = receiver_watch_open(receiver->connector, receiver->receivers->system);
    if (receiver->watch && epoll_ctl(receiver->receivers->epoll, EPOLL_CTL_ADD, receiver_watch_fd(receiver->watch), &event) != 0)
        receiver_watch_close(&receiver->watch);
    return receiver->watch != NULL;
}

void kms_receiver_ask(struct kms_receiver *receiver) {
    if (!is_due(receiver) || !open_watch(receiver))
        return;
    receiver->asked_ms = receiver->now_ms;
    receiver_trust_asked(&receiver->trust);
    if (!receiver_watch_request(receiver->watch, receiver->now_ms)) /* where there is no bus, that is known at once */
        kms_receiver_take(receiver, receiver->now_ms);
}

void kms_receiver_observe(struct kms_receiver *receiver, bool coming_up, bool held, struct hdcp_observation *observation) {
    struct receiver_trust *trust = &receiver->trust;
    receiver->connected = observation->connected;
    receiver->read = receiver->read && observation->connected;
    receiver_trust_look(trust, phase_of(observation), receiver->now_ms);
    bool waits = coming_up && !receiver_trust_settled(trust, receiver->now_ms);
    if (waits) {
        kms_receiver_ask(receiver);
        waits = !receiver_trust_settled(trust, receiver->now_ms);
    }
    observation->settling = waits;
    if (waits || receiver_trust_lost(trust, receiver->now_ms))
        observation->hdcp = HDCP_DESIRED;
    show_name(receiver, &observation->state);
    if (held)
        receiver_trust_rely(trust, receiver->now_ms);
}

void kms_receiver_authenticating(struct kms_receiver *receiver) {
    receiver_trust_look(&receiver->trust, RECEIVER_AUTHENTICATING, receiver->now_ms);
}

void kms_receiver_rest(struct kms_receiver *receiver) {
    receiver_trust_look(&receiver->trust, RECEIVER_ABSENT, receiver->now_ms);
}

uint64_t kms_receiver_deadline_ms(const struct kms_receiver *receiver) {
    return receiver_trust_deadline_ms(&receiver->trust);
}
