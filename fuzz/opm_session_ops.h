/* What fuzz_opm_session's input says: one byte for each call, then its arguments. What the driver does: enum reply of session_ops.h. */
#ifndef COPP_FUZZ_OPM_SESSION_OPS_H
#define COPP_FUZZ_OPM_SESSION_OPS_H

#include "session_ops.h"

enum opm_session_op {
    OPM_QUERY = 0, /* which of OPM_QUERIES, type */
    OPM_SET_LEVEL, /* type, level; bit 7 of the level: according to CSS */
    OPM_SET_SRM,
    OPM_PROTECT, /* HDCP (bit 7: Type 1, bit 6: DPCP, bit 5: embedded_unbound), ACP, CGMS-A */
    OPM_WATCH, /* tenths of a second that pass before */
    OPM_UNPROTECT,
    OPM_TAKE_EVENTS,
    OPM_CALL_KINDS
};

#define OPM_QUERIES 10u

#endif
