/* Which bus a connector's receiver is on, as sysfs tells. No hardware is asked. */
#ifndef COPP_OUTPUTS_RECEIVER_PLACE_H
#define COPP_OUTPUTS_RECEIVER_PLACE_H

#include "outputs/receiver/bus.h"

struct receiver_place {
    enum receiver_link link;
    char path[RECEIVER_PATH_SIZE]; /* "/dev/i2c-3", "/dev/drm_dp_aux0" */
};

/*
 * Finds the bus of a connector such as "card0-HDMI-A-1": for HDMI and DVI its ddc link, for DisplayPort its drm_dp_aux. sysfs and
 * dev are the directories, "/sys" and "/dev" but for tests. Returns 0, ENODEV if there is none, or another errno. A DisplayPort
 * connector behind a hub (MST) has none here: its channel reaches the display, and the driver authenticates the hub.
 */
int receiver_find(const char *sysfs, const char *dev, const char *connector, struct receiver_place *place);

#endif
