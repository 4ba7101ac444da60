/* How the input of fuzz_recording is read: the first byte says what it is. */
#ifndef COPP_FUZZ_RECORDING_OPS_H
#define COPP_FUZZ_RECORDING_OPS_H

enum recording_input {
    RECORDING_AS_FILE = 0, /* what follows are a file's bytes */
    RECORDING_AS_KEYS, /* a key log's */
    RECORDING_AS_MESSAGES, /* messages: each a byte of struct recording_op, and what it needs */
    RECORDING_INPUTS
};

enum recording_op {
    PUT_OPEN = 0,
    PUT_EXCHANGE, /* request and answer */
    PUT_START, /* request and answer: a byte of HRESULT */
    PUT_COMMAND, /* request, flags, 4 bytes of data, a byte of HRESULT */
    PUT_STATUS, /* request, flags, a byte of event flags, 4 bytes of value, a byte of HRESULT */
    PUT_CLOSE,
    PUT_DROPPED,
    PUT_ANY, /* kind, direction, two bytes of size, the bytes */
    PUT_OPS
};

/* Flags of a command and a status request: what is wrong about it, an OR. */
#define WRONG_MAC 1u
#define WRONG_SEQUENCE 2u
#define WRONG_SIZE 4u
#define WRONG_ANSWER 8u
#define UNBOUND 16u

#endif
