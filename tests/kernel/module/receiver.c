// SPDX-License-Identifier: GPL-2.0
/* What both ways to a display's registers have in common. */
#include "copp_drm.h"

#include <drm/display/drm_hdcp.h>
#include <linux/delay.h>

/* 20 ones, as in any KSV, the first byte's one telling the outputs apart. */
static void make_ksv(u8 ksv[5], unsigned number) {
    static const u8 pattern[5] = {0x00, 0x0f, 0xf0, 0xff, 0x07};

    memcpy(ksv, pattern, 5);
    ksv[0] = 1u << number;
}

void receiver_init(struct output *output) {
    struct receiver *receiver = &output->receiver;
    u8 ksv[5];

    mutex_init(&receiver->lock);
    receiver->edid_size = edid_make(receiver->edid, output->number, output->connector.connector_type == DRM_MODE_CONNECTOR_HDMIA);
    receiver->nak_at = U32_MAX;
    if (output->connector.connector_type == DRM_MODE_CONNECTOR_VGA)
        return;
    make_ksv(ksv, output->number);
    memcpy(receiver->hdcp + DRM_HDCP_DDC_BKSV, ksv, 5);
    receiver->hdcp[DRM_HDCP_DDC_BCAPS] = 0x80; /* a bit that HDMI's receivers have set */
    receiver->hdcp[DRM_HDCP_DDC_BSTATUS + 1] = 0x10; /* HDMI */
    memcpy(receiver->dpcd_hdcp, ksv, 5);
    receiver->dpcd_hdcp[DP_AUX_HDCP_BCAPS - DP_AUX_HDCP_BKSV] = DP_BCAPS_HDCP_CAPABLE;
    receiver->dpcd[DP_DPCD_REV] = DP_DPCD_REV_12;
    receiver->dpcd[DP_MAX_LINK_RATE] = DP_LINK_BW_2_7;
    receiver->dpcd[DP_MAX_LANE_COUNT] = 4;
}

void receiver_wait(struct receiver *receiver) {
    u32 wait = READ_ONCE(receiver->transfer_ms);

    if (wait)
        msleep(wait);
}

bool receiver_refuses(struct receiver *receiver, u32 offset) {
    if (offset == receiver->nak_at)
        return true;
    if (!receiver->nak)
        return false;
    if (receiver->nak != U32_MAX)
        receiver->nak--;
    return true;
}

void receiver_log(struct receiver *receiver, bool write, u32 offset, size_t size, int result) {
    receiver->log[receiver->logged++ % RECEIVER_LOG] = (struct access){
        .write = write,
        .offset = offset,
        .size = size,
        .result = result,
    };
}

/* Each byte read is gone; after the last the list begins anew. */
void receiver_read_fifo(struct receiver *receiver, u8 *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        bytes[i] = receiver->fifo_size ? receiver->fifo[receiver->fifo_at] : 0;
        if (++receiver->fifo_at >= receiver->fifo_size)
            receiver->fifo_at = 0;
    }
}

void receiver_read_edid(struct receiver *receiver, u8 *bytes, size_t size) {
    for (size_t i = 0; i < size; i++, receiver->edid_at++)
        bytes[i] = receiver->edid_at < receiver->edid_size ? receiver->edid[receiver->edid_at] : 0xff;
}

static int poke(u8 *store, size_t room, u32 first, u32 offset, const u8 *bytes, size_t size) {
    if (offset < first || offset - first > room || size > room - (offset - first))
        return -ERANGE;
    memcpy(store + (offset - first), bytes, size);
    return 0;
}

/* Sets registers; the offset is one of the way by which the display is connected. */
int receiver_poke(struct output *output, u32 offset, const u8 *bytes, size_t size) {
    struct receiver *receiver = &output->receiver;
    int error;

    mutex_lock(&receiver->lock);
    if (!is_displayport(output))
        error = poke(receiver->hdcp, sizeof(receiver->hdcp), 0, offset, bytes, size);
    else if (offset >= 0x69000)
        error = poke(receiver->dpcd_hdcp2, sizeof(receiver->dpcd_hdcp2), 0x69000, offset, bytes, size);
    else if (offset >= DP_AUX_HDCP_BKSV)
        error = poke(receiver->dpcd_hdcp, sizeof(receiver->dpcd_hdcp), DP_AUX_HDCP_BKSV, offset, bytes, size);
    else
        error = poke(receiver->dpcd, sizeof(receiver->dpcd), 0, offset, bytes, size);
    mutex_unlock(&receiver->lock);
    return error;
}
