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

#define PROBE_OUTPUTS_MAX 64u

/* coppd's outputs, and what came of them. */
struct probe_outputs {
    size_t count;
    struct {
        char name[COPP_CONNECTOR_NAME_SIZE];
        bool protects; /* a real one with a display, which offers HDCP, and where --set was given switches it on */
    } list[PROBE_OUTPUTS_MAX];
};

/* With set, HDCP is switched on and off again wherever it can be. */
enum coppd_answer probe_coppd(const struct invocation *in, const struct adapter_options *options, bool set,
                              struct findings *findings, struct probe_outputs *outputs);

/* Whether one of them protects. */
bool probe_protects(const struct probe_outputs *outputs);

#endif
