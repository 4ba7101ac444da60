/* What fuzz_session's input says: one byte of configuration, then one byte for each call, then its arguments. */
#ifndef COPP_FUZZ_SESSION_OPS_H
#define COPP_FUZZ_SESSION_OPS_H

/* The first byte, from bit 0: the handshake's form; whether the chain is known; then two bits of enum list (modulo 3); whether the
 * driver binds its answers; whether the session demands that; whether the transport has a clock. */
enum list { LIST_NONE = 0, LIST_EMPTY, LIST_LEAF_REVOKED };

/* What the driver does at KeyExchange, the second byte. */
enum presented {
    PRESENT_GOOD = 0,
    PRESENT_CHANGED /* offset (2), byte */,
    PRESENT_BYTES /* length, bytes */,
    PRESENT_NULL,
    PRESENT_KINDS
};

enum session_op {
    CALL_QUERY = 0, /* which, type */
    CALL_SET_LEVEL, /* type, level */
    CALL_SET_SIGNALING, /* nine words, one byte each */
    CALL_PROTECT, /* HDCP (bit 7: unnamed_receiver, bit 6: embedded_unbound), ACP, CGMS-A */
    CALL_WATCH, /* tenths of a second that pass before */
    CALL_UNPROTECT,
    CALL_TAKE_EVENTS,
    CALL_KINDS
};

/* What the driver does at any later call: one byte when it is called; with a clock, one more before it: hundredths of a second that pass. */
enum reply {
    REPLY_HONEST = 0, /* to a query: flags, a word, and for an HDCP key whether it is a valid one */
    REPLY_REFUSES, /* with this HRESULT (4) */
    REPLY_FAILS, /* the transport answers an error */
    REPLY_BAD_MAC, /* honest, with a bit of the MAC changed: which one */
    REPLY_BAD_R_APP, /* signed, with a bit of rApp changed: which one */
    REPLY_BAD_SIZE, /* signed, with this size (4) */
    REPLY_REPLAY, /* its last answer once more */
    REPLY_SILENT, /* S_OK, and nothing written */
    REPLY_SIGNED_BYTES, /* signed, rApp and size right, the rest from the input: 28 bytes */
    REPLY_BYTES, /* 64 bytes of the input, then zeros */
    REPLY_BAD_BINDING, /* signed, with a byte of the binding changed: which one, by what */
    REPLY_KINDS
};

#endif
