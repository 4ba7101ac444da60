/* coppd, and what a session with each of its outputs comes to. */
#ifndef COPP_CLI_PROBE_COPPD_H
#define COPP_CLI_PROBE_COPPD_H

#include "cli/adapter.h"
#include "findings.h"

enum coppd_answer {
    COPPD_PROTECTS, /* a real output with a display offers HDCP, to a session that trusts its driver */
    COPPD_FAILS,
    COPPD_UNKNOWN /* it could not be asked */
};

/* With set, HDCP is switched on and off again wherever it can be. */
enum coppd_answer probe_coppd(const struct invocation *in, const struct adapter_options *options, bool set,
                              struct findings *findings);

#endif
