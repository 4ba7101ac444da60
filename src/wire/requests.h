/* How many commands and queries there are. It grows with them, so that no public header may say it (docs/abi.md). */
#ifndef COPP_REQUESTS_H
#define COPP_REQUESTS_H

#include "copp/protocol.h"

#define COPP_REQUEST_COUNT (COPP_QUERY_SIGNALING + 1) /* one more than the last of enum copp_request */

#endif
