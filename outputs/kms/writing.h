/*
 * Writes to a card's properties, one at a time, each by a process of its own (worker.h): which is under way, how the last one at each
 * connector has ended, and what of that a link must not see before it has been told.
 */
#ifndef COPP_OUTPUTS_KMS_WRITING_H
#define COPP_OUTPUTS_KMS_WRITING_H

#include "outputs/kms/card.h"
#include "outputs/kms/worker.h"

#define KMS_WRITE_MS 10000u /* the process is killed then; a driver's own limits are shorter */
#define KMS_KILL_MS 1000u /* from one kill to the next: a process that a driver holds ends when that lets it go */

struct kms_writing {
    int epoll; /* borrowed: readable when a write has ended */
    struct kms_worker worker; /* pid 0: none */
    size_t index; /* the connector that it writes; KMS_CONNECTORS: it only finds out whether it may */
    uint64_t deadline_ms; /* when it is killed, again; 0: not set yet */
    uint64_t look_ms; /* when its end is looked for, though nothing tells */
    struct {
        enum hdcp_value asked; /* of the last write */
        bool type1; /* it asked for that content type, if for any */
        bool done; /* and it has ended so, which nobody has asked for yet */
        bool again; /* it is one that was taken back, written once more by ourselves */
        enum copp_result result; /* of it; COPP_E_PENDING before */
        bool unpaid; /* Desired was written, or may have been, and is to be taken down */
    } connectors[KMS_CONNECTORS];
};

/* Warns that no process can be made that writes, seldom. */
void kms_writing_warn(struct kms_card *card, int error);
/*
 * Begins one, where none is under way; how says through which file, and whether it waits. Says so if there is no room for a process:
 * COPP_E_FAILED, else COPP_E_PENDING. index KMS_CONNECTORS: nothing is written.
 */
COPP_NODISCARD enum copp_result kms_writing_begin(struct kms_card *card, struct kms_writing *writing, const struct kms_job *how,
                                                  size_t index, enum hdcp_value value);
/* Whether the one that is under way has ended, and how. One that takes too long is killed. */
COPP_NODISCARD bool kms_writing_ended(struct kms_card *card, struct kms_writing *writing, struct kms_outcome *outcome);
/* Whether this was written last, Desired with the content type that is wanted now, and has ended: *result, for once. */
COPP_NODISCARD bool kms_writing_take(const struct kms_card *card, struct kms_writing *writing, size_t index,
                                     enum hdcp_value value, enum copp_result *result);
/* That is read at the connector. An Undesired that shows needs no result any more: what is read later is of later writes. */
void kms_writing_saw(struct kms_writing *writing, size_t index, enum hdcp_value value);
/* Forgets how the last write has ended, if that was Desired: nobody asks for it any more. Whether that stands at the connector, or may. */
COPP_NODISCARD bool kms_writing_drop(struct kms_writing *writing, size_t index);
/* Whether Desired is being written at the connector: the driver may be using the receiver's registers. */
bool kms_writing_raises(const struct kms_writing *writing, size_t index);
/* Hides what the link does not know yet that we have written: it would pass for another program's. */
void kms_writing_mask(const struct kms_writing *writing, size_t index, struct hdcp_observation *observation);
/* When to look though nothing tells; COPP_BACKEND_NEVER: nothing is under way. */
uint64_t kms_writing_deadline_ms(const struct kms_writing *writing);

#endif
