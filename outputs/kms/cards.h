/* The machine's graphics cards, as udev knows them, and its events. */
#ifndef COPP_OUTPUTS_KMS_CARDS_H
#define COPP_OUTPUTS_KMS_CARDS_H

#include "outputs/kms/card.h"

#define KMS_CARDS 8u

struct udev;
struct udev_monitor;

struct kms_cards {
    char *device; /* the only one wanted; NULL: any */
    struct copp_backend_log *log;
    struct udev *udev;
    struct udev_monitor *monitor;
    size_t count;
    struct kms_card *list[KMS_CARDS];
};

/*
 * device: "/dev/dri/card0", copied, or NULL for every card. COPP_E_NOT_FOUND: there is none with connectors; it may come later,
 * and is listened for. Close it in any case.
 */
COPP_NODISCARD enum copp_result kms_cards_open(struct kms_cards *cards, const char *device, struct copp_backend_log *log);
void kms_cards_close(struct kms_cards *cards);

int kms_cards_fd(const struct kms_cards *cards);
/* Takes the events that have come; whether there were any. Cards that have come are added, the others looked at: that is what
 * counts, not what an event says. */
bool kms_cards_update(struct kms_cards *cards);

#endif
