// SPDX-License-Identifier: GPL-2.0
/* AUX: DisplayPort's registers (DPCD), HDCP's among them, and I2C over it for the EDID. */
#include "copp_drm.h"

#include <drm/display/drm_hdcp.h>
#include <drm/drm_edid.h>

/* Where a byte of DPCD lies; NULL: it reads as 0 and keeps nothing. */
static u8 *byte_at(struct receiver *receiver, u32 address) {
    if (address < sizeof(receiver->dpcd))
        return receiver->dpcd + address;
    if (address >= 0x68000 && address < 0x68000 + sizeof(receiver->dpcd_hdcp))
        return receiver->dpcd_hdcp + (address - 0x68000);
    if (address >= 0x69000 && address < 0x69000 + sizeof(receiver->dpcd_hdcp2))
        return receiver->dpcd_hdcp2 + (address - 0x69000);
    return NULL;
}

static void access_native(struct receiver *receiver, bool write, u32 address, u8 *bytes, size_t size) {
    u8 *byte;

    if (!write && address == DP_AUX_HDCP_KSV_FIFO) {
        receiver_read_fifo(receiver, bytes, size);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        byte = byte_at(receiver, address + i);
        if (!write)
            bytes[i] = byte ? *byte : 0;
        else if (byte)
            *byte = bytes[i];
    }
}

static ssize_t transfer_native(struct receiver *receiver, struct drm_dp_aux_msg *msg) {
    bool write = (msg->request & ~DP_AUX_I2C_MOT) == DP_AUX_NATIVE_WRITE;
    bool hdcp = msg->address >= 0x68000 && msg->address < 0x6a000;

    if (hdcp && receiver->defer) {
        receiver->defer--;
        msg->reply = DP_AUX_NATIVE_REPLY_DEFER;
        return 0;
    }
    if (hdcp && receiver_refuses(receiver, msg->address)) {
        receiver_log(receiver, write, msg->address, msg->size, -EIO);
        msg->reply = DP_AUX_NATIVE_REPLY_NACK;
        return 0;
    }
    access_native(receiver, write, msg->address, msg->buffer, msg->size);
    receiver_log(receiver, write, msg->address, msg->size, 0);
    msg->reply = DP_AUX_NATIVE_REPLY_ACK;
    return msg->size;
}

static ssize_t transfer_i2c(struct receiver *receiver, struct drm_dp_aux_msg *msg) {
    u8 *bytes = msg->buffer;

    msg->reply = msg->address == DDC_ADDR ? DP_AUX_I2C_REPLY_ACK : DP_AUX_I2C_REPLY_NACK;
    if (msg->address != DDC_ADDR)
        return 0;
    if ((msg->request & ~DP_AUX_I2C_MOT) == DP_AUX_I2C_READ)
        receiver_read_edid(receiver, bytes, msg->size);
    else if ((msg->request & ~DP_AUX_I2C_MOT) == DP_AUX_I2C_WRITE && msg->size)
        receiver->edid_at = bytes[0];
    return msg->size;
}

static ssize_t transfer(struct drm_dp_aux *aux, struct drm_dp_aux_msg *msg) {
    struct output *output = container_of(aux, struct output, receiver.aux);
    struct receiver *receiver = &output->receiver;
    ssize_t done;

    if (output->status == connector_status_disconnected)
        return -ETIMEDOUT;
    receiver_wait(receiver);
    mutex_lock(&receiver->lock);
    switch (msg->request & ~DP_AUX_I2C_MOT) {
    case DP_AUX_NATIVE_READ:
    case DP_AUX_NATIVE_WRITE:
        done = transfer_native(receiver, msg);
        break;
    default:
        done = transfer_i2c(receiver, msg);
    }
    mutex_unlock(&receiver->lock);
    return done;
}

/* It is registered with the connector, below which it stands in sysfs. */
void aux_init(struct output *output) {
    struct drm_dp_aux *aux = &output->receiver.aux;

    aux->name = "copp_drm AUX";
    aux->dev = output->connector.dev->dev;
    aux->drm_dev = output->connector.dev;
    aux->transfer = transfer;
    drm_dp_aux_init(aux);
}
