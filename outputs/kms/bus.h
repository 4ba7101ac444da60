/* How a graphics card is attached. */
#ifndef COPP_OUTPUTS_KMS_BUS_H
#define COPP_OUTPUTS_KMS_BUS_H

#include <stdint.h>

struct udev_device;

/* COPP_BUS_*, with the INTEGRATED bit: the device the card is a part of tells. */
uint32_t kms_bus_type_of(struct udev_device *card);

#endif
