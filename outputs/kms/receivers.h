/* Who receives at the kernel's connectors: reads each while it is used, and shows it where HDCP is observed. */
#ifndef COPP_OUTPUTS_KMS_RECEIVERS_H
#define COPP_OUTPUTS_KMS_RECEIVERS_H

#include "outputs/link/link.h"
#include "outputs/receiver/trust.h"

struct kms_receivers {
    const struct receiver_system *system; /* borrowed; NULL: the machine's own */
    int epoll; /* readable when a read has ended */
};

/* A connector's. */
struct kms_receiver {
    const struct kms_receivers *receivers;
    const char *connector; /* its name, borrowed */
    struct receiver_watch *watch; /* NULL: it was never read */
    uint64_t asked_ms;
    uint64_t now_ms; /* of the last take */
    struct receiver_trust trust;
    bool connected; /* a display is there, as it was observed */
    bool read; /* last holds */
    struct receiver_result last; /* of this display */
};

COPP_NODISCARD enum copp_result kms_receivers_open(struct kms_receivers *receivers, const struct receiver_system *system);
void kms_receivers_close(struct kms_receivers *receivers);

void kms_receiver_init(struct kms_receiver *receiver, const struct kms_receivers *receivers, const char *connector);
void kms_receiver_close(struct kms_receiver *receiver);

/* Takes what has been read. To be called before its connector is looked at. */
void kms_receiver_take(struct kms_receiver *receiver, uint64_t now_ms);

/*
 * Adds who receives to what was observed of the connector. HDCP that is enabled and must not count is shown as Desired: with a
 * receiver that has changed or cannot be read any longer (receiver_trust_lost), and, while a level is coming up, before the
 * receiver was read, which is asked for then. held: sessions hold HDCP, and are told whom with.
 */
void kms_receiver_observe(struct kms_receiver *receiver, bool coming_up, bool held, struct hdcp_observation *observation);

/* HDCP_DESIRED has been written: the bus is the driver's from now on. */
void kms_receiver_authenticating(struct kms_receiver *receiver);

/* The connector was looked at, and is used: asks for a read if one is due and the bus is free. */
void kms_receiver_ask(struct kms_receiver *receiver);

/* Nobody uses the connector. What it was read to be is of no use to whoever comes next. */
void kms_receiver_rest(struct kms_receiver *receiver);

/* What is known of it, for whoever asks: *found holds for RECEIVER_READ. */
enum receiver_state kms_receiver_state(const struct kms_receiver *receiver, struct hdcp_receiver *found);

/* When the connector is to be looked at though nothing has been read; UINT64_MAX: never. */
uint64_t kms_receiver_deadline_ms(const struct kms_receiver *receiver);

#endif
