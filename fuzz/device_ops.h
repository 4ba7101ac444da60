/* The calls fuzz_device makes, as its input numbers them: one byte for the call, then its arguments. */
#ifndef COPP_FUZZ_DEVICE_OPS_H
#define COPP_FUZZ_DEVICE_OPS_H

enum device_op {
    OP_OPEN = 0, /* slot, connector */
    OP_CLOSE, /* slot */
    OP_START, /* slot, nearness of the sequence numbers to their end: the whole way from open to active */
    OP_LENGTH, /* slot */
    OP_EXCHANGE, /* slot */
    OP_SEQUENCE_START, /* slot, enum start_kind, 256 bytes for START_BYTES */
    OP_SET_LEVEL, /* slot, type, level: right in all else */
    OP_SET_SIGNALING, /* slot, standard, three pairs of mask and data, one byte each */
    OP_COMMAND, /* slot, request, enum tamper, size (2), number of data bytes, data */
    OP_COMMAND_BYTES, /* slot, 4096 bytes */
    OP_QUERY, /* slot, request, type, enum tamper */
    OP_STATUS_BYTES, /* slot, 4096 bytes */
    OP_EVENT, /* connector, enum event_kind, argument */
    OP_SIM_EVENT, /* length, text */
    OP_ADVANCE, /* tens of milliseconds (2) */
    OP_OUTPUT, /* what the output of our own answers next: enum output_answer */
    OP_LAND, /* its pending apply ends: enum output_answer */
    OP_NULLS, /* slot */
    OP_RANDOM_FAILS, /* from now on: 0 or 1 */
    OP_COUNT
};

enum start_kind { START_RIGHT = 0, START_WRONG_RANDOM, START_NOT_BELOW, START_KEY_FAILS, START_BYTES, START_KINDS };

enum tamper {
    TAMPER_NOT = 0,
    TAMPER_MAC,
    TAMPER_SEQUENCE, /* signed after it, as the next ones */
    TAMPER_GUID,
    TAMPER_SIZE, /* from the input */
    TAMPER_DATA, /* a bit changed after signing */
    TAMPER_KINDS
};

enum event_kind { EVENT_UNPLUGGED = 0, EVENT_LOST, EVENT_RECONFIGURED, EVENT_DESKTOP_ACP, EVENT_KINDS };

enum output_answer { ANSWER_OK = 0, ANSWER_PENDING, ANSWER_RESOLUTION, ANSWER_FAILED, ANSWER_LINK_LOST, ANSWER_KINDS };

#define SLOTS 6u
#define CONNECTORS 6u /* five of the simulator's, and one of our own: the last */
#define OWN_CONNECTOR 5u

#endif
