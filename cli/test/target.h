/* An adapter of a command's as the subject of the cases for drivers. */
#ifndef COPP_CLI_TEST_TARGET_H
#define COPP_CLI_TEST_TARGET_H

#include "cli/adapter.h"
#include "conformance/driver/driver.h"

struct adapter_target {
    struct driver_target target; /* first */
    struct driver_target_ops ops;
    const struct invocation *in;
    struct adapter *adapter; /* borrowed */
    const char *event_command; /* borrowed; NULL: none */
    bool reached; /* the last device that was asked for was opened */
};

/* settle_ms is not for the simulated adapter in this process, unless another one makes its events happen: there all shows at once. */
void adapter_target_init(struct adapter_target *target, const struct invocation *in, struct adapter *adapter,
                         const char *event_command, uint32_t settle_ms);

/* Which semantics its sessions have; settles what "auto" leaves open by opening a device. */
enum copp_semantics adapter_target_semantics(struct adapter_target *target);

/* Finds out whether it opens devices of COPP's semantics as well as of OPM's, for the cases about both (struct driver_target). */
void adapter_target_try_both(struct adapter_target *target);

#endif
