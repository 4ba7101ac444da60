/* One card that is lent: what is written through its owner's file, and whether that stays. */
#ifndef COPP_OUTPUTS_KMS_LENT_H
#define COPP_OUTPUTS_KMS_LENT_H

#include "outputs/kms/card.h"
#include "outputs/kms/writing.h"

#define KMS_GIVE_BACK_MS 100u /* a dead owner's card has no master longer than that because of us */

enum kms_trial {
    KMS_TRIAL_NONE = 0,
    KMS_TRIAL_UP, /* Desired is being written */
    KMS_TRIAL_HOLD, /* it is looked at whether it stays */
    KMS_TRIAL_DOWN /* it is being taken back */
};

struct kms_lent {
    uint32_t id;
    int fd; /* the owner's, a copy of our own */
    unsigned losses; /* of the card, when it was lent */
    bool atomic;
    enum copp_backend_lent state;
    char owner[64]; /* for a person */
    struct kms_writing writing;
    struct {
        unsigned count; /* so often what was written was taken back */
        uint64_t last_ms;
    } strikes[KMS_CONNECTORS];
    bool wanted[KMS_CONNECTORS]; /* somebody waits for HDCP there, or relies on it */
    enum kms_trial trial;
    size_t tried; /* connector */
    uint64_t look_ms; /* when the trial goes on, or what was written is looked at; COPP_BACKEND_NEVER */
    uint64_t trial_ms; /* when it is over; 0: not set yet */
    bool enabled; /* in it, HDCP has come up */
};

/* Takes fd on success; epoll is borrowed. NULL: no memory. */
struct kms_lent *kms_lent_new(int epoll, int fd, bool atomic, const char *owner);
/* The first connector where nobody would notice a trial; the card's count: there is none. */
size_t kms_lent_to_try(struct kms_card *card);
/* Begins to find out there whether the owner writes the property itself. That Desired may be left behind is to be noted before. */
void kms_lent_try_out(struct kms_card *card, size_t index);
bool kms_lent_is_trying(const struct kms_card *card);
/* Whether what is taken back at the connector is to be written once more. To be called before each kms_lent_dispatch. */
void kms_lent_want(struct kms_card *card, size_t index, bool wanted);
/* Whether its trial has ended and has left Desired at the connector, or may have. */
bool kms_lent_leaves(const struct kms_card *card, size_t index);
/* Starts to write Undesired wherever it is unpaid. False: nowhere, or it could not be started. */
bool kms_lent_take_down(struct kms_card *card, struct kms_worker *worker);

/* As the write of struct hdcp_link_ops, of a card that is lent: COPP_E_PENDING until the write has ended. */
COPP_NODISCARD enum copp_result kms_lent_write(struct kms_card *card, size_t index, enum hdcp_value value);
/* Forgets how the last write has ended, if that was Desired: nobody asks for it any more. Whether that stands at the connector, or may. */
COPP_NODISCARD bool kms_lent_drop(struct kms_card *card, size_t index);
/* Desired stands there since before the loan: it is taken down with what was written through the lent file, if that reaches the connector. */
void kms_lent_owe(struct kms_card *card, size_t index);
/* Whether Desired stands there through the lent file, or may, and is to be taken down. */
bool kms_lent_unpaid(const struct kms_card *card, size_t index);
/* Whether Desired is being written at the connector: the driver may be using the receiver's registers. */
bool kms_lent_raises(const struct kms_card *card, size_t index);
/* Hides what is ours alone while a card that is lent is being tried out, or written again. */
void kms_lent_mask(const struct kms_card *card, size_t index, struct hdcp_observation *observation);

void kms_lent_dispatch(struct kms_card *card, uint64_t now_ms);
uint64_t kms_lent_deadline_ms(const struct kms_lent *lent);

#endif
