/*
 * Who receives, as far as reads of a moment ago tell, and when that is a loss of the link.
 *
 * Nothing here reads or asks: looks at the property and results of reads come in, in the order of time. Times are milliseconds of
 * any monotonic clock. A receiver is known by a read that was asked for in the property's present phase, and for
 * RECEIVER_TRUST_MS from then: a KSV that was read before an authentication says nothing of whom it was with.
 */
#ifndef COPP_OUTPUTS_RECEIVER_TRUST_H
#define COPP_OUTPUTS_RECEIVER_TRUST_H

#include "outputs/receiver/watch.h"

#define RECEIVER_TRUST_MS 2000u /* as long as a player may believe its last answer (APP-3) */
#define RECEIVER_SETTLE_MS 1000u /* a level that has come up waits so long for the receiver's name */

enum receiver_phase {
    RECEIVER_ABSENT, /* no display, or what the property reads is not known */
    RECEIVER_IDLE, /* Undesired */
    RECEIVER_AUTHENTICATING, /* Desired: the driver has the bus */
    RECEIVER_IN_FORCE /* Enabled */
};

struct receiver_trust {
    enum receiver_phase phase;
    uint64_t since_ms; /* of the phase */
    bool asked; /* a read of this phase is under way */
    bool tried; /* one has ended */
    bool known; /* receiver holds, and was asked for at read_ms */
    bool relied; /* a session was told its name while HDCP was in force */
    bool lost; /* until the phase ends */
    uint64_t read_ms;
    struct hdcp_receiver receiver;
};

/* What the property reads now. */
void receiver_trust_look(struct receiver_trust *trust, enum receiver_phase phase, uint64_t now_ms);
/* Whether the bus may be read now. */
bool receiver_trust_may_read(const struct receiver_trust *trust);
/* A read has been asked for. */
void receiver_trust_asked(struct receiver_trust *trust);
/* The last read that was asked for has ended. One of an earlier phase counts for nothing. */
void receiver_trust_result(struct receiver_trust *trust, const struct receiver_result *result);

/* Who receives; NULL: it is not known, or the KSV does not say with whom HDCP is in force. */
const struct hdcp_receiver *receiver_trust_name(const struct receiver_trust *trust, uint64_t now_ms);
/* A session is told the name. From then on it is a loss if it changes, or cannot be read for RECEIVER_TRUST_MS. */
void receiver_trust_rely(struct receiver_trust *trust, uint64_t now_ms);

/* Whether a level that has come up may be reported: the receiver was read since, or will not be in time. */
bool receiver_trust_settled(const struct receiver_trust *trust, uint64_t now_ms);
/* HDCP must not be taken for being in force any longer, though the property says so. True until the phase ends. */
bool receiver_trust_lost(struct receiver_trust *trust, uint64_t now_ms);

/* When the answer of lost may change though nothing comes in; UINT64_MAX: never. */
uint64_t receiver_trust_deadline_ms(const struct receiver_trust *trust);

#endif
