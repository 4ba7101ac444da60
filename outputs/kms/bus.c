#include "outputs/kms/bus.h"

#include <string.h>

#include <libudev.h>

#include "copp/protocol.h"

uint32_t kms_bus_type_of(struct udev_device *card) {
    struct udev_device *device = udev_device_get_parent(card);
    const char *subsystem = device ? udev_device_get_subsystem(device) : NULL;
    if (!subsystem)
        return COPP_BUS_UNKNOWN; /* a virtual card */
    if (strcmp(subsystem, "platform") == 0)
        return COPP_BUS_UNKNOWN | COPP_BUS_INTEGRATED; /* a part of the chip */
    if (strcmp(subsystem, "pci") != 0)
        return COPP_BUS_UNKNOWN;
    struct udev_device *bridge = udev_device_get_parent(device);
    const char *above = bridge ? udev_device_get_subsystem(bridge) : NULL;
    bool on_root = !above || strcmp(above, "pci") != 0; /* behind no bridge: it is in no slot */
    bool express = udev_device_get_sysattr_value(device, "max_link_width") != NULL; /* only PCI Express devices have it */
    return (express ? COPP_BUS_PCI_EXPRESS : COPP_BUS_PCI) | (on_root ? COPP_BUS_INTEGRATED : 0);
}
