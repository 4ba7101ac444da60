/* The uevents of one graphics card, by a socket of our own. */
#ifndef COPP_OUTPUTS_KMS_LIBRARY_MONITOR_H
#define COPP_OUTPUTS_KMS_LIBRARY_MONITOR_H

#include <sys/types.h>

#include "outputs/backend.h"

struct udev;
struct udev_monitor;

struct kms_monitor {
    dev_t number; /* the card's device */
    struct udev *udev;
    struct udev_monitor *monitor;
};

/* fd: the card's open file. COPP_E_ARGUMENT: it is not a graphics card's. Close it in any case. */
COPP_NODISCARD enum copp_result kms_monitor_open(struct kms_monitor *monitor, int fd);
void kms_monitor_close(struct kms_monitor *monitor);

/* What the kernel calls the card ("card0"), and how it is attached (COPP_BUS_*). */
void kms_monitor_describe(const struct kms_monitor *monitor, char name[COPP_BACKEND_NAME_SIZE], uint32_t *bus_type);

int kms_monitor_fd(const struct kms_monitor *monitor);

/* What an event tells of beside the card: 0 where it names no connector, or no property. */
struct kms_event {
    uint32_t connector;
    uint32_t property;
    bool lost; /* the socket's queue was full: whatever may have happened is taken to have happened */
};
/* Takes the next event of the card's; false: there is none. */
bool kms_monitor_next(struct kms_monitor *monitor, struct kms_event *event);

#endif
