/* What is checked of a request before it is carried out, in the order of its semantics (QRY-1, CMD-2, OPM-GET-2, OPM-SET-1). */
#ifndef COPP_DEVICE_CHECKS_H
#define COPP_DEVICE_CHECKS_H

#include "device/internal.h"

/* Which semantics know a request, and how many bytes of data it has. */
struct copp_request_rule {
    bool copp, opm;
    uint32_t size;
};

/* A request on its way through the checks. */
struct copp_asked {
    struct copp_device *device;
    const uint8_t *message; /* COPP_MESSAGE_SIZE bytes */
    const uint8_t *mac; /* beside the message, over all of it; NULL: the message begins with its own */
    const uint8_t *guid;
    uint32_t sequence;
    uint32_t expected; /* the sequence number that is due */
    uint32_t size; /* cbSizeData, as received */
    const uint8_t *data; /* COPP_STATUS_DATA_SIZE bytes in the message */
    const uint8_t *additional; /* beside the message */
    size_t additional_size;
    enum copp_codes codes;
    uint64_t now_ms;
    enum copp_request request; /* known once copp_check_request has passed */
    /* The rule of a request of this kind; NULL for one of the other kind. */
    const struct copp_request_rule *(*rule)(enum copp_request request);
};

typedef enum copp_refusal copp_check(struct copp_asked *asked);

copp_check copp_check_idle; /* a device has one command at a time (CMD-6) */
copp_check copp_check_mac;
copp_check copp_check_sequence;
copp_check copp_check_room; /* cbSizeData fits the message */
copp_check copp_check_request;
copp_check copp_check_exact_size;
copp_check copp_check_least_size;
copp_check copp_check_additional;

/* The first refusal of count checks, in their order. */
enum copp_refusal copp_checks_run(copp_check *const *checks, size_t count, struct copp_asked *asked);

#endif
