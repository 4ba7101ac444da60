/*
 * Cards whose owner lends us the open file that makes it their DRM master or lessee: HDCP is written through that, in a process of
 * its own (worker.h), and nothing else is. Readings go on by a file of our own.
 */
#ifndef COPP_OUTPUTS_KMS_LENDING_H
#define COPP_OUTPUTS_KMS_LENDING_H

#include "outputs/kms/cards.h"
#include "outputs/kms/worker.h"

/* What goes on after a card has been given back, or its write given up. */
struct kms_closing {
    struct kms_worker worker; /* pid 0: free */
    uint64_t deadline_ms; /* when it is killed, again; 0: not set yet */
    uint64_t look_ms; /* when its end is looked for, though nothing tells */
    bool told; /* its result matters to somebody */
};

struct kms_lending {
    struct copp_backend_log *log;
    struct seldom warnings;
    int epoll; /* readable when a write has ended */
    uint32_t last_id;
    struct kms_closing closing[KMS_CARDS * 2];
};

/* False: no epoll. */
bool kms_lending_open(struct kms_lending *lending, struct copp_backend_log *log);
/* Waits, at most as long as giving back takes, for what is still written. Every card must have been given back. */
void kms_lending_close(struct kms_lending *lending);

/* As the operations of struct copp_backend_ops, of one of the cards. */
COPP_NODISCARD enum copp_result kms_lending_adopt(struct kms_lending *lending, struct kms_cards *cards, int fd, const char *owner,
                                                  struct copp_backend_loan *loan);
enum copp_backend_lent kms_lending_state(const struct kms_cards *cards, uint32_t id);
/* The card that is lent by that id; NULL: none is. */
struct kms_card *kms_lending_card(const struct kms_cards *cards, uint32_t id);
void kms_lending_give_back(struct kms_lending *lending, struct kms_card *card);

/* To be called before the connectors are looked at. */
void kms_lending_dispatch(struct kms_lending *lending, struct kms_cards *cards, uint64_t now_ms);
uint64_t kms_lending_deadline_ms(const struct kms_lending *lending, const struct kms_cards *cards);

#endif
