/* What fuzz_between's input says: one byte of configuration, then one byte for each call of the player's, then its arguments. In
 * between, for each message that goes by, one byte of enum meddling and its arguments. */
#ifndef COPP_FUZZ_BETWEEN_OPS_H
#define COPP_FUZZ_BETWEEN_OPS_H

/* The first byte, from bit 0: the player is led to another connector; unbound answers would do. */
#define BETWEEN_ELSEWHERE 1u
#define BETWEEN_OPTIONAL 2u

enum between_op {
    PLAY_QUERY = 0, /* which, type */
    PLAY_LEVEL, /* type, level */
    PLAY_PROTECT, /* bit 0: HDCP, bit 1: ACP, bit 2: unnamed_receiver, bit 3: embedded_unbound */
    PLAY_POLL,
    PLAY_EVENT, /* one of the simulator's */
    PLAY_OPS
};

enum meddling {
    MEDDLE_NOT = 0,
    MEDDLE_REQUEST, /* offset (2) and what to xor: one byte of the request is another */
    MEDDLE_ANSWER, /* the same of the answer */
    MEDDLE_HRESULT, /* which of the HRESULTs is reported */
    MEDDLE_SWALLOW, /* the same, and the driver is not asked */
    MEDDLE_TWICE,
    MEDDLE_RENUMBER, /* by how much */
    MEDDLE_OTHER_QUESTION, /* which, type */
    MEDDLE_KEEP, /* S_OK is reported, and the command is delivered with the next message that says so */
    MEDDLE_DELIVER,
    MEDDLE_OLD_ANSWER,
    MEDDLE_OWN_QUESTION, /* which, type: the driver is asked, and its answer dropped */
    MEDDLE_KINDS
};

#endif
