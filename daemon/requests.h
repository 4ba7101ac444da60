/* The requests of docs/daemon-protocol.md: each checks, acts, and fills in the answer. */
#ifndef COPPD_REQUESTS_H
#define COPPD_REQUESTS_H

#include "state.h"

/* What a request has come to. */
struct outcome {
    uint32_t status;
    size_t size; /* of the body that stands in the server's answer */
    bool changed; /* something may have changed on a connector, whatever the status */
};

/* Whether a request of this type may have a body of size bytes, that has come but for what is beyond the server's request. */
bool request_fits(enum packet_type type, const uint8_t *body, size_t size);

/*
 * Carries out the server's request, which has this type and a body of its size, for the client. Status COPP_HR_PENDING: it is
 * a command that is under way (CMD-6), and its answer comes later.
 */
struct outcome request_carry_out(struct client *client, enum packet_type type);

#endif
