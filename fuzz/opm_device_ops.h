/* What fuzz_opm_device's input says: one byte for the call, then its arguments. */
#ifndef COPP_FUZZ_OPM_DEVICE_OPS_H
#define COPP_FUZZ_OPM_DEVICE_OPS_H

enum opm_device_op {
    OPMD_CREATE = 0, /* slot, target, enum opm_device_vos */
    OPMD_DESTROY, /* slot */
    OPMD_START, /* slot: random number and key, both right */
    OPMD_RANDOM, /* slot */
    OPMD_KEY, /* slot, a bit of the handshake to change (2); none from 320 on */
    OPMD_GET, /* slot, request, type, enum opm_device_tamper, argument (2) */
    OPMD_GET_BYTES, /* slot, 4112 bytes */
    OPMD_SET, /* slot, type, level; bit 7 of the level: according to CSS */
    OPMD_SRM, /* slot, version (2), which of the lists, where to change a byte (2), to what, how many bytes are left out */
    OPMD_CONFIGURE, /* slot, request, enum opm_device_tamper, argument (2), number of additional bytes, data, additional */
    OPMD_CONFIGURE_BYTES, /* slot, number of additional bytes (2), 4096 bytes, additional */
    OPMD_EVENT, /* enum opm_device_event, argument */
    OPMD_OUTPUT, /* what the output answers from now on: enum opm_device_answer */
    OPMD_CERTIFICATE, /* type, size */
    OPMD_COUNT
};

enum opm_device_vos { OPMD_OPM = 0, OPMD_COPP, OPMD_VOS };

enum opm_device_tamper {
    OPMD_RIGHT = 0,
    OPMD_BAD_MAC,
    OPMD_BAD_SEQUENCE, /* signed after it, as the next ones */
    OPMD_BAD_GUID,
    OPMD_BAD_SIZE,
    OPMD_BAD_DATA, /* a bit changed after signing */
    OPMD_TAMPERS
};

enum opm_device_event {
    OPMD_UNPLUGGED = 0,
    OPMD_LOST, /* types */
    OPMD_RECONFIGURED, /* bit 0: 1080 lines; bit 1: clone mode */
    OPMD_TAMPERED,
    OPMD_REVOKED,
    OPMD_RECEIVERS, /* which of the vectors' devices receives */
    OPMD_DISPATCH, /* tens of milliseconds pass */
    OPMD_EVENTS
};

enum opm_device_answer {
    OPMD_ANSWER_OK = 0,
    OPMD_ANSWER_PENDING, /* the next byte says how it ends, 0xFF: it does not */
    OPMD_ANSWER_RESOLUTION,
    OPMD_ANSWER_FAILED,
    OPMD_ANSWER_LINK_LOST,
    OPMD_ANSWER_UNSUPPORTED,
    OPMD_ANSWER_STATE,
    OPMD_ANSWER_REVOKED,
    OPMD_ANSWERS
};

#define OPMD_SLOTS 4u
#define OPMD_TARGETS 2u /* the second one offers no protection */
#define OPMD_LISTS 4u

#endif
