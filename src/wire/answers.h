/* How much room an answer to a query takes (WIRE-7..10): both sides keep one in a buffer of this size. */
#ifndef COPP_ANSWERS_H
#define COPP_ANSWERS_H

#include "copp/opm.h"

#define COPP_ANSWER_SIZE_MAX COPP_STATUS_SIGNALING_SIZE

/* A larger answer would run over both sides' buffers: a new one gets a line here. */
_Static_assert(COPP_STATUS_SIZE <= COPP_ANSWER_SIZE_MAX, "WIRE-7");
_Static_assert(COPP_STATUS_DISPLAY_SIZE <= COPP_ANSWER_SIZE_MAX, "WIRE-8");
_Static_assert(COPP_STATUS_HDCP_KEY_SIZE <= COPP_ANSWER_SIZE_MAX, "WIRE-9");
_Static_assert(COPP_STATUS_SIGNALING_SIZE <= COPP_ANSWER_SIZE_MAX, "WIRE-10");
_Static_assert(COPP_OPM_OUTPUT_ID_SIZE <= COPP_ANSWER_SIZE_MAX, "OPM-WIRE-8");
_Static_assert(COPP_ANSWER_SIZE_MAX <= COPP_STATUS_ANSWER_SIZE, "QRY-2: an answer has to fit into its message");

#endif
