/* What coppd and the program that reads a card say to each other: packets of a Unix socket between two programs of one build. */
#ifndef COPP_OUTPUTS_KMS_EXCHANGE_H
#define COPP_OUTPUTS_KMS_EXCHANGE_H

#include "outputs/kms/card.h"

#define KMS_READ_SCAN KMS_CONNECTORS /* in place of a connector's place: which connectors there are */

/* Of each packet as much is sent as its count needs. */
struct kms_read_request {
    uint64_t number; /* which the reply repeats */
    uint32_t index; /* of connectors, or KMS_READ_SCAN */
    bool type1; /* as in struct kms_card */
    size_t count;
    struct kms_connector connectors[KMS_CONNECTORS]; /* as they are known: the program keeps nothing in mind */
};

struct kms_read_reply {
    uint64_t number;
    uint32_t index;
    uint64_t took_ms;
    struct hdcp_observation observation; /* of the connector that was asked for */
    size_t count; /* 1: that one; those of a scan */
    struct kms_connector connectors[KMS_CONNECTORS];
};

#endif
