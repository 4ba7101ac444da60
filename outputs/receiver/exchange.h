/* What a watch and its process say to each other: packets of a Unix socket between two programs of one build. */
#ifndef COPP_OUTPUTS_RECEIVER_EXCHANGE_H
#define COPP_OUTPUTS_RECEIVER_EXCHANGE_H

#include "outputs/receiver/place.h"

struct receiver_request {
    struct receiver_place place;
};

struct receiver_reply {
    int32_t error; /* as of receiver_read */
    struct receiver_bytes bytes;
};

#endif
