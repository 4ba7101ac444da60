/*
 * How coppd writes to a card that is not lent. It is DRM master for the length of one write, and a write may wait for as long as a driver
 * authenticates in somebody's commit: so a process of its own does both (worker.h). It is waited for, for a moment, as a read is
 * (reading.h); from one that takes longer until it has ended nothing waits, and the link is told COPP_E_PENDING.
 */
#ifndef COPP_OUTPUTS_KMS_OWN_H
#define COPP_OUTPUTS_KMS_OWN_H

#include "outputs/kms/card.h"

#define KMS_OWN_END_MS 100u /* so long the host waits at its end for a write that is under way; killed, it gets as long again */

/* epoll, borrowed, is readable when a write has ended; one is waited for as long as wait_ms. False: there is no memory. */
COPP_NODISCARD bool kms_own_begin(struct kms_card *card, int epoll, uint32_t wait_ms);
/* NULL-safe inside the card. To be called before kms_card_close. */
void kms_own_end(struct kms_card *card);

/* As the write of struct hdcp_link_ops. While the card lets nobody read, nothing is written either. */
COPP_NODISCARD enum copp_result kms_own_write(struct kms_card *card, size_t index, enum hdcp_value value);
/* Finds out whether this process may write, and says why not. False: it could not be begun, since a write is under way. */
bool kms_own_try(struct kms_card *card);
/* Ends what is under way, for a last write. */
void kms_own_stop(struct kms_card *card);

/* The writes of a card, for what they hide (writing.h): those through its owner's file while it is lent. NULL: it is somebody else's. */
struct kms_writing *kms_card_writing(const struct kms_card *card);

void kms_own_dispatch(struct kms_card *card);
uint64_t kms_own_deadline_ms(const struct kms_card *card);

#endif
