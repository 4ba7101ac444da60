/* A transport that passes every call on to another one and remembers what went by, for people to see. */
#ifndef COPP_CLI_TRACE_H
#define COPP_CLI_TRACE_H

#include "copp.h"

struct trace {
    struct copp_transport transport; /* first: the calls find the rest through it */
    struct copp_transport *inner; /* freed with it */
    uint8_t random[COPP_RANDOM_SIZE];
    struct copp_signature signature;
    struct copp_command command;
    uint8_t request_mac[COPP_MAC_SIZE]; /* of OPM, beside the request (OPM-WIRE-1) */
    struct copp_status_input input;
    struct copp_status_output output;
    unsigned commands; /* how many went by */
    unsigned queries;
    uint32_t hresult; /* the last answer */
};

/* Takes inner over. */
void trace_init(struct trace *trace, struct copp_transport *inner);

#endif
