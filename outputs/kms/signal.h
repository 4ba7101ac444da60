/* What a connector sends: its CRTC's mode, and the part of a framebuffer that is shown. */
#ifndef COPP_OUTPUTS_KMS_SIGNAL_H
#define COPP_OUTPUTS_KMS_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <xf86drmMode.h>

/* A connector, and what its CRTC sends. */
struct kms_signal {
    bool exists;
    bool unread; /* the kernel did not say, for another reason than that it does not exist: it may send anything */
    bool connected; /* or not known, and driven: who drives it takes it for a display, and HDCP proves that there is one */
    uint32_t crtc; /* 0: none */
    uint32_t framebuffer;
    int64_t x, y, width, height; /* of the framebuffer's part that is shown */
    drmModeModeInfo mode;
};

/* Without probing. All 0 for a connector that does not exist, and but for unread what could be read of one that does. */
void kms_signal_read(int fd, uint32_t connector_id, struct kms_signal *signal);

/* ARB-6: the same picture at two connectors, by one CRTC or by two that show the same part of a framebuffer. */
bool kms_signals_cloned(const struct kms_signal *a, const struct kms_signal *b);

/*
 * Whether two signals that are not clones show parts of one picture: of one framebuffer. Where it is not known which one is shown, since a
 * CRTC's primary plane has none, it may be so.
 */
bool kms_signals_spanned(const struct kms_signal *a, const struct kms_signal *b);

#define KMS_TILE_UNREAD UINT32_MAX
/* Which tiled display a connector's TILE blob makes it a part of; 0: none; KMS_TILE_UNREAD: the blob cannot be read, and it may be any. */
uint32_t kms_tile_group(int fd, uint64_t blob_id);

#endif
