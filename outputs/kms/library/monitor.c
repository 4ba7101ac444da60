#include "outputs/kms/library/monitor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <libudev.h>

#include "common/number.h"
#include "outputs/kms/bus.h"

#define DRM_MAJOR 226u
#define DRM_FIRST_OTHER 64u /* minors below are cards; render nodes have no connectors */

static bool is_card(int fd, dev_t *number) {
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISCHR(status.st_mode))
        return false;
    *number = status.st_rdev;
    return major(status.st_rdev) == DRM_MAJOR && minor(status.st_rdev) < DRM_FIRST_OTHER;
}

enum copp_result kms_monitor_open(struct kms_monitor *monitor, int fd) {
    *monitor = (struct kms_monitor){.number = 0};
    if (!is_card(fd, &monitor->number))
        return COPP_E_ARGUMENT;
    monitor->udev = udev_new();
    monitor->monitor = monitor->udev ? udev_monitor_new_from_netlink(monitor->udev, "udev") : NULL;
    if (!monitor->monitor || udev_monitor_filter_add_match_subsystem_devtype(monitor->monitor, "drm", NULL) < 0 ||
        udev_monitor_enable_receiving(monitor->monitor) < 0)
        return COPP_E_IO;
    return COPP_OK;
}

void kms_monitor_close(struct kms_monitor *monitor) {
    udev_monitor_unref(monitor->monitor);
    udev_unref(monitor->udev);
    *monitor = (struct kms_monitor){.number = 0};
}

void kms_monitor_describe(const struct kms_monitor *monitor, char name[COPP_BACKEND_NAME_SIZE], uint32_t *bus_type) {
    struct udev_device *card = udev_device_new_from_devnum(monitor->udev, 'c', monitor->number);
    (void)snprintf(name, COPP_BACKEND_NAME_SIZE, "card%u", minor(monitor->number)); /* as the kernel names them */
    *bus_type = card ? kms_bus_type_of(card) : COPP_BUS_UNKNOWN;
    udev_device_unref(card);
}

int kms_monitor_fd(const struct kms_monitor *monitor) {
    return udev_monitor_get_fd(monitor->monitor);
}

static uint32_t number_of(struct udev_device *device, const char *key) {
    const char *text = udev_device_get_property_value(device, key);
    uint32_t number = 0;
    return text && number_read_word(text, 1, UINT32_MAX, &number) ? number : 0;
}

bool kms_monitor_next(struct kms_monitor *monitor, struct kms_event *event) {
    struct udev_device *device;
    errno = 0;
    while ((device = udev_monitor_receive_device(monitor->monitor)) != NULL) {
        bool ours = udev_device_get_devnum(device) == monitor->number;
        *event = (struct kms_event){number_of(device, "CONNECTOR"), number_of(device, "PROPERTY"), false};
        udev_device_unref(device);
        if (ours)
            return true;
        errno = 0;
    }
    *event = (struct kms_event){.lost = errno == ENOBUFS};
    return event->lost;
}
