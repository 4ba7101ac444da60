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
};

void adapter_target_init(struct adapter_target *target, const struct invocation *in, struct adapter *adapter,
                         const char *event_command);

/* Which semantics its sessions have; settles what "auto" leaves open by opening a device. */
enum copp_semantics adapter_target_semantics(struct adapter_target *target);

#endif
