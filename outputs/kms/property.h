/* A connector's properties. Writing is one ioctl a call: libdrm's own calls repeat theirs without end while a driver answers EAGAIN. */
#ifndef COPP_OUTPUTS_KMS_PROPERTY_H
#define COPP_OUTPUTS_KMS_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KMS_PROPERTIES_MAX 2u /* in one commit */

struct kms_property {
    uint32_t id;
    uint64_t value;
};

/* What one has; the value stays as it is, and the answer is false, where it has none of that number. id 0: there is none. */
bool kms_property_read(int fd, uint32_t connector, uint32_t id, uint64_t *value);

/* The rest return 0 or a negative errno. */

/* By the legacy call, which waits until the driver has done it. */
int kms_property_set(int fd, uint32_t connector, const struct kms_property *property);
/* In one atomic commit, which may set the mode. wait: until earlier commits and this one have been carried out. */
int kms_properties_commit(int fd, uint32_t connector, const struct kms_property *properties, uint32_t count, bool wait);
/* The same as a test, which changes nothing. Without properties: whether there are commits at all, and we are let. */
int kms_properties_test(int fd, uint32_t connector, const struct kms_property *properties, uint32_t count);

/* Whether a try again makes sense. */
bool kms_is_busy(int error);

#endif
