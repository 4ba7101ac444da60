#include "outputs/kms/signal.h"

#include <errno.h>
#include <string.h>

/* Whether a call that has failed so leaves it open what is there: neither the connector nor the card has gone. */
static bool is_open_after(int error) {
    return error != ENOENT && error != ENODEV;
}

static void read_crtc(int fd, uint32_t encoder_id, struct kms_signal *signal) {
    drmModeEncoderPtr encoder = encoder_id ? drmModeGetEncoder(fd, encoder_id) : NULL;
    drmModeCrtcPtr crtc = encoder && encoder->crtc_id ? drmModeGetCrtc(fd, encoder->crtc_id) : NULL;
    if (crtc && crtc->mode_valid) {
        signal->crtc = crtc->crtc_id;
        signal->framebuffer = crtc->buffer_id;
        signal->x = crtc->x;
        signal->y = crtc->y;
        signal->width = crtc->width;
        signal->height = crtc->height;
        signal->mode = crtc->mode;
    }
    signal->unread = encoder_id && (!encoder || (encoder->crtc_id && !crtc));
    drmModeFreeCrtc(crtc);
    drmModeFreeEncoder(encoder);
}

void kms_signal_read(int fd, uint32_t connector_id, struct kms_signal *signal) {
    memset(signal, 0, sizeof *signal);
    errno = 0;
    drmModeConnectorPtr connector = connector_id ? drmModeGetConnectorCurrent(fd, connector_id) : NULL;
    if (!connector) {
        signal->unread = connector_id && is_open_after(errno);
        return;
    }
    signal->exists = true;
    read_crtc(fd, connector->encoder_id, signal);
    bool unknown = connector->connection == DRM_MODE_UNKNOWNCONNECTION;
    signal->connected = connector->connection == DRM_MODE_CONNECTED || (unknown && signal->crtc);
    drmModeFreeConnector(connector);
}

static bool apart(int64_t a, int64_t a_size, int64_t b, int64_t b_size) {
    return a + a_size <= b || b + b_size <= a;
}

bool kms_signals_cloned(const struct kms_signal *a, const struct kms_signal *b) {
    if (a->crtc == b->crtc)
        return true;
    return a->framebuffer && a->framebuffer == b->framebuffer && !apart(a->x, a->width, b->x, b->width) &&
           !apart(a->y, a->height, b->y, b->height);
}

bool kms_signals_spanned(const struct kms_signal *a, const struct kms_signal *b) {
    bool known = a->framebuffer && b->framebuffer;
    return a->crtc != b->crtc && (!known || a->framebuffer == b->framebuffer);
}

/* "GROUP:FLAGS:COLUMNS:...", in decimal digits. */
static uint32_t group_in(const char *text, size_t length) {
    uint64_t group = 0;
    size_t i = 0;
    for (; i < length && i < 10 && text[i] >= '0' && text[i] <= '9'; i++)
        group = 10 * group + (uint64_t)(text[i] - '0');
    bool good = i > 0 && i < length && text[i] == ':' && group > 0 && group < KMS_TILE_UNREAD;
    return good ? (uint32_t)group : KMS_TILE_UNREAD;
}

uint32_t kms_tile_group(int fd, uint64_t blob_id) {
    if (!blob_id)
        return 0;
    drmModePropertyBlobPtr blob = blob_id <= UINT32_MAX ? drmModeGetPropertyBlob(fd, (uint32_t)blob_id) : NULL;
    uint32_t group = blob ? group_in(blob->data, blob->length) : KMS_TILE_UNREAD;
    drmModeFreePropertyBlob(blob);
    return group;
}
