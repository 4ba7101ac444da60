/* Whether an open file of somebody else's takes atomic commits. */
#ifndef COPP_OUTPUTS_KMS_LIBRARY_DETECT_H
#define COPP_OUTPUTS_KMS_LIBRARY_DETECT_H

#include <stdbool.h>
#include <stdint.h>

/* By a commit that is TEST_ONLY and writes to the connector what it has. */
bool kms_takes_commits(int fd, uint32_t connector);

#endif
