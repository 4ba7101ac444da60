/* How many commands and queries there are. That grows with them, so that no public header may say it (docs/abi.md). */
#ifndef COPP_REQUESTS_H
#define COPP_REQUESTS_H

#include "copp/protocol.h"

#define COPP_REQUEST_COUNT (COPP_QUERY_SIGNALING + 1) /* of COPP */
#define COPP_OPM_REQUEST_COUNT (COPP_OPM_SET_HDCP_SRM + 1) /* of both semantics: one more than the last of enum copp_request */

#endif
