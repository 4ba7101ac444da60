// SPDX-License-Identifier: GPL-2.0
/* DDC: an I2C adapter for each connector, with an EDID at 0x50 and HDCP's registers at 0x3A. */
#include "copp_drm.h"

#include <drm/display/drm_hdcp.h>
#include <drm/drm_edid.h>

#define DDC_SEGMENT 0x30

static int transfer_edid(struct receiver *receiver, struct i2c_msg *msg) {
    if (msg->flags & I2C_M_RD)
        receiver_read_edid(receiver, msg->buf, msg->len);
    else if (msg->len)
        receiver->edid_at = msg->buf[0];
    return 0;
}

static void read_registers(struct receiver *receiver, u8 *bytes, size_t size) {
    if (receiver->hdcp_at == DRM_HDCP_DDC_KSV_FIFO) {
        receiver_read_fifo(receiver, bytes, size);
        return;
    }
    for (size_t i = 0; i < size; i++)
        bytes[i] = receiver->hdcp[(u8)(receiver->hdcp_at + i)];
}

/* A write sets the offset of what follows it, another write or a read. */
static int transfer_hdcp(struct receiver *receiver, struct i2c_msg *msg) {
    bool write = !(msg->flags & I2C_M_RD);
    int result = 0;

    if (write && msg->len) {
        receiver->hdcp_at = msg->buf[0];
        if (msg->len == 1)
            return receiver->nak == U32_MAX ? -ENXIO : 0;
    }
    if (receiver_refuses(receiver, receiver->hdcp_at))
        result = -ENXIO;
    else if (write)
        for (size_t i = 1; i < msg->len; i++)
            receiver->hdcp[(u8)(receiver->hdcp_at + i - 1)] = msg->buf[i];
    else
        read_registers(receiver, msg->buf, msg->len);
    receiver_log(receiver, write, receiver->hdcp_at, write ? msg->len - 1 : msg->len, result);
    return result;
}

static int transfer_message(struct output *output, struct i2c_msg *msg) {
    if (output->status == connector_status_disconnected)
        return -ENXIO;
    switch (msg->addr) {
    case DDC_ADDR:
        return transfer_edid(&output->receiver, msg);
    case DDC_SEGMENT:
        return 0;
    case DRM_HDCP_DDC_ADDR:
        return output->connector.connector_type == DRM_MODE_CONNECTOR_VGA ? -ENXIO : transfer_hdcp(&output->receiver, msg);
    default:
        return -ENXIO;
    }
}

static int transfer(struct i2c_adapter *adapter, struct i2c_msg *msgs, int count) {
    struct output *output = container_of(adapter, struct output, receiver.ddc);
    int error = 0;

    receiver_wait(&output->receiver);
    mutex_lock(&output->receiver.lock);
    for (int i = 0; i < count && !error; i++)
        error = transfer_message(output, &msgs[i]);
    mutex_unlock(&output->receiver.lock);
    return error ? error : count;
}

static u32 functionality(struct i2c_adapter *adapter) {
    return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
}

static const struct i2c_algorithm algorithm = {
    .master_xfer = transfer,
    .functionality = functionality,
};

static void remove(void *adapter) {
    i2c_del_adapter(adapter);
}

int ddc_add(struct output *output) {
    struct i2c_adapter *adapter = &output->receiver.ddc;
    int error;

    adapter->owner = THIS_MODULE;
    adapter->algo = &algorithm;
    adapter->dev.parent = output->connector.dev->dev;
    snprintf(adapter->name, sizeof(adapter->name), "copp_drm display %u", output->number);
    error = i2c_add_adapter(adapter);
    return error ? error : devm_add_action_or_reset(output->connector.dev->dev, remove, adapter);
}
