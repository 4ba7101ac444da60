/* The machine's graphics cards, as udev knows them, and their events. */
#ifndef COPP_OUTPUTS_KMS_CARDS_H
#define COPP_OUTPUTS_KMS_CARDS_H

#include "outputs/kms/card.h"

#define KMS_CARDS 8u
#define KMS_HEARD 256u

struct udev;
struct udev_monitor;

struct kms_cards {
    char *device; /* the only one wanted; NULL: any */
    struct copp_backend_log *log;
    struct udev *udev;
    struct udev_monitor
        *monitor; /* of udev's events, which come when it has done its work: device nodes have their owners then */
    struct udev_monitor *kernel; /* of the same events from the kernel itself, which a busy udevd does not delay */
    uint64_t heard[KMS_HEARD]; /* numbers of the events about properties that have been passed on last */
    size_t heard_next; /* where the next one goes */
    int epoll; /* of the monitors, and of whoever reads cards (reading.h) */
    uint32_t read_ms; /* how long a card's answer is waited for */
    bool started;
    size_t count;
    struct kms_card *list[KMS_CARDS];
};

/*
 * device: "/dev/dri/card0", copied, or NULL for every card. read_ms: 0 for KMS_READ_MS. COPP_E_NOT_FOUND: there is none with connectors; it may come later,
 * and is listened for. Close it in any case.
 */
COPP_NODISCARD enum copp_result kms_cards_open(struct kms_cards *cards, const char *device, uint32_t read_ms,
                                               struct copp_backend_log *log);
void kms_cards_close(struct kms_cards *cards);

int kms_cards_fd(const struct kms_cards *cards);
/*
 * Hears what the kernel has done: it has moved this property of the card's connector of that number. In the order of the events,
 * and as often as there were any. card is NULL where events were lost: it may have been any property.
 */
typedef void kms_moved(void *user, const struct kms_card *card, uint32_t connector_id, uint32_t property_id);

/* Takes the events that have come, and what was read late; whether there was any. moved may be NULL. */
bool kms_cards_update(struct kms_cards *cards, uint64_t now_ms, kms_moved *moved, void *user);
/* When it is to be called though nothing has come (kms_reading_deadline_ms). */
uint64_t kms_cards_deadline_ms(const struct kms_cards *cards);

#endif
