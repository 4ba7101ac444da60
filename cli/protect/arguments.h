/* The options of copp protect. */
#ifndef COPP_CLI_ARGUMENTS_H
#define COPP_CLI_ARGUMENTS_H

#include "protection_set.h"

struct protect_arguments {
    uint32_t hdcp;
    bool type1;
    uint32_t acp;
    const char *cgmsa;
    struct text_list outputs;
    uint32_t hold;
    uint32_t grace;
    uint32_t reconnect;
    bool unnamed_receiver;
    bool allow_simulated;
    bool require_cgroup;
    struct adapter_options device;
};

extern const struct option_spec protect_options[];

/* What they ask for, and of which adapter. STATUS_YES, or complains: nothing is asked for, or no such level or time. */
int arguments_read(const struct invocation *in, struct choice_terms *terms, struct protection_limits *limits,
                   struct adapter_options *device);

#endif
