/* What ioctls of a graphics card answer, as one table: for a kernel's driver (compare_kernel.c), and for cards that are made up. */
#ifndef COPP_TEST_COMPARE_DRM_H
#define COPP_TEST_COMPARE_DRM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The card's surroundings, apart from ioctls of the file under test. Something is shown at HDMI-A-1, which has both properties,
 * Undesired and type 0; another program is the card's master and has been its first one. Authentication never ends. The driver
 * wants ALLOW_MODESET for a change of the properties, and begins anew when Desired is written over Enabled.
 */
struct compare_card {
    void (*other_master)(void *context, bool is); /* the other program becomes it again, or gives up being it */
    void (*privileged)(void *context, bool is); /* CAP_SYS_ADMIN */
    void (*enabled)(void *context); /* the driver makes Content Protection of HDMI-A-1 Enabled */
    void (*refuses)(void *context, int error); /* property writes get that errno; 0: they do not */
    void (*gone)(void *context); /* the card is unplugged */
    void *context;
};

/* Opens the card and goes through the table, a line of TAP for each step. How many answers were others than expected. */
unsigned compare_drm(const struct compare_card *card);

#endif
