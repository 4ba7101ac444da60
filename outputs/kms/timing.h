/* A video mode's numbers as COPP tells them, and a connector's kind. */
#ifndef COPP_OUTPUTS_KMS_TIMING_H
#define COPP_OUTPUTS_KMS_TIMING_H

#include "copp/protocol.h"

/* As the kernel and RandR have them alike. */
struct kms_timing {
    uint64_t clock_hz; /* pixels a second */
    uint32_t width;
    uint32_t height; /* lines of a frame */
    uint32_t total_width;
    uint32_t total_height;
    bool interlaced;
    bool doubled; /* each line is sent twice */
};

/* All 0 for a timing that cannot be. */
void kms_display_of(const struct kms_timing *timing, struct copp_display *display);

/* COPP_CONNECTOR_*, with the INTERNAL bit, for a DRM_MODE_CONNECTOR_*. */
uint32_t kms_connector_type_of(uint32_t drm_type);
/* Whether that is a panel inside the machine: also of a kind that COPP_CONNECTOR_* does not have. */
bool kms_connector_is_panel(uint32_t drm_type);

#endif
