#include "outputs/receiver/receiver.h"

#include <string.h>

#include "copp/srm.h"

#define DDC_BCAPS_REPEATER 0x40u
#define DDC_VERSION_HDCP2 0x04u
#define AUX_BCAPS_CAPABLE 0x01u
#define AUX_BCAPS_REPEATER 0x02u
#define AUX_RX_CAPS_VERSION 0x02u /* in the first byte */
#define AUX_RX_CAPS_CAPABLE 0x02u /* in the last */
#define TOPOLOGY_DEVICES 0x7fu
#define TOPOLOGY_TOO_MANY 0x80u
#define TOPOLOGY_DEPTH 0x07u /* in the second byte */
#define TOPOLOGY_TOO_DEEP 0x08u

static void decode_ddc(const struct receiver_bytes *bytes, struct hdcp_receiver *receiver) {
    receiver->hdcp1 = receiver->ksv_valid;
    receiver->hdcp2 = bytes->registers[RECEIVER_VERSION][0] & DDC_VERSION_HDCP2;
    receiver->repeater = bytes->registers[RECEIVER_BCAPS][0] & DDC_BCAPS_REPEATER;
}

static void decode_aux(const struct receiver_bytes *bytes, struct hdcp_receiver *receiver) {
    const uint8_t *capabilities = bytes->registers[RECEIVER_VERSION];
    receiver->hdcp1 = bytes->registers[RECEIVER_BCAPS][0] & AUX_BCAPS_CAPABLE;
    receiver->hdcp2 = capabilities[0] == AUX_RX_CAPS_VERSION && capabilities[2] & AUX_RX_CAPS_CAPABLE;
    receiver->repeater = bytes->registers[RECEIVER_BCAPS][0] & AUX_BCAPS_REPEATER;
}

void receiver_decode(const struct receiver_bytes *bytes, struct hdcp_receiver *receiver) {
    const uint8_t *topology = bytes->registers[RECEIVER_TOPOLOGY];
    uint8_t ksv[COPP_KSV_SIZE];
    memset(receiver, 0, sizeof *receiver);
    memcpy(receiver->bksv, bytes->registers[RECEIVER_BKSV], sizeof receiver->bksv);
    copp_ksv_from_bksv(receiver->bksv, ksv);
    receiver->ksv_valid = copp_ksv_valid(ksv);
    if (bytes->link == RECEIVER_AUX)
        decode_aux(bytes, receiver);
    else
        decode_ddc(bytes, receiver);
    if (!receiver->repeater)
        return;
    receiver->devices = topology[0] & TOPOLOGY_DEVICES;
    receiver->too_many = topology[0] & TOPOLOGY_TOO_MANY;
    receiver->depth = topology[1] & TOPOLOGY_DEPTH;
    receiver->too_deep = topology[1] & TOPOLOGY_TOO_DEEP;
}

bool receiver_named(const struct hdcp_receiver *receiver) {
    return receiver->hdcp1 && receiver->ksv_valid && !receiver->hdcp2;
}

bool receiver_same(const struct hdcp_receiver *a, const struct hdcp_receiver *b) {
    return a->hdcp1 == b->hdcp1 && a->hdcp2 == b->hdcp2 && a->repeater == b->repeater &&
           memcmp(a->bksv, b->bksv, sizeof a->bksv) == 0;
}
