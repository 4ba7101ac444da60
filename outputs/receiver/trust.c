#include "outputs/receiver/trust.h"

void receiver_trust_look(struct receiver_trust *trust, enum receiver_phase phase, uint64_t now_ms) {
    if (trust->phase == phase)
        return;
    *trust = (struct receiver_trust){.phase = phase, .since_ms = now_ms};
}

bool receiver_trust_may_read(const struct receiver_trust *trust) {
    return trust->phase == RECEIVER_IDLE || trust->phase == RECEIVER_IN_FORCE;
}

void receiver_trust_asked(struct receiver_trust *trust) {
    trust->asked = true;
}

void receiver_trust_result(struct receiver_trust *trust, const struct receiver_result *result) {
    if (!trust->asked)
        return; /* perhaps of another display */
    trust->asked = false;
    trust->tried = true;
    if (result->error)
        return;
    if (trust->relied && !receiver_same(&result->receiver, &trust->receiver))
        trust->lost = true;
    trust->known = true;
    trust->read_ms = result->asked_ms;
    trust->receiver = result->receiver;
}

static bool stale(const struct receiver_trust *trust, uint64_t now_ms) {
    return !trust->known || now_ms - trust->read_ms >= RECEIVER_TRUST_MS;
}

const struct hdcp_receiver *receiver_trust_name(const struct receiver_trust *trust, uint64_t now_ms) {
    return !trust->lost && !stale(trust, now_ms) && receiver_named(&trust->receiver) ? &trust->receiver : NULL;
}

void receiver_trust_rely(struct receiver_trust *trust, uint64_t now_ms) {
    if (trust->phase == RECEIVER_IN_FORCE && receiver_trust_name(trust, now_ms))
        trust->relied = true;
}

bool receiver_trust_settled(const struct receiver_trust *trust, uint64_t now_ms) {
    return trust->phase != RECEIVER_IN_FORCE || trust->tried || now_ms - trust->since_ms >= RECEIVER_SETTLE_MS;
}

bool receiver_trust_lost(struct receiver_trust *trust, uint64_t now_ms) {
    if (trust->relied && stale(trust, now_ms))
        trust->lost = true; /* for good: it is not in force again because the bus can be read again (EVT-3) */
    return trust->lost;
}

uint64_t receiver_trust_deadline_ms(const struct receiver_trust *trust) {
    return trust->relied && !trust->lost ? trust->read_ms + RECEIVER_TRUST_MS : UINT64_MAX;
}
