/*
 * Reads a receiver's registers over its bus. Every call may take seconds in the kernel, where nothing interrupts it: it belongs in
 * a process of its own (watch.h).
 */
#ifndef COPP_OUTPUTS_RECEIVER_BUS_H
#define COPP_OUTPUTS_RECEIVER_BUS_H

#include "outputs/receiver/receiver.h"

#define RECEIVER_PATH_SIZE 96u

/*
 * Opens the device (/dev/i2c-N or /dev/drm_dp_auxN), reads every register of receiver_spans, the KSV a second time, and closes
 * it: a driver cannot be unloaded while its bus is held open. Returns 0, or the error as an errno: ESTALE if the two KSVs
 * differ, EIO for fewer bytes than were asked for. *bytes is then undefined.
 */
int receiver_read(enum receiver_link link, const char *path, struct receiver_bytes *bytes);

#endif
