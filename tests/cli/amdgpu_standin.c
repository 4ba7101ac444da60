#include "amdgpu_standin.h"

#include <errno.h>
#include <string.h>

#include "unit/harness.h"

static void note(struct amdgpu *driver, char call) {
    assert_true(driver->trace_size + 1 < sizeof driver->trace);
    driver->trace[driver->trace_size++] = call;
}

static bool is_interrupted(struct amdgpu *driver) {
    if (driver->interruptions == 0)
        return false;
    driver->interruptions--;
    errno = EINTR;
    return true;
}

/* What the processor makes of the first size bytes. */
static void try_list(struct amdgpu *driver, size_t size) {
    struct copp_srm *srm = NULL;
    bool good = !driver->dead && copp_srm_verify(driver->given, size, driver->key, &srm, NULL) == COPP_OK;
    unsigned version = copp_srm_version(srm);
    copp_srm_free(&srm);
    if (!good || (driver->size > 0 && version <= driver->version) ||
        (driver->refused_from > 0 && version >= driver->refused_from))
        return; /* 0xFFFF to the driver, and nothing to whoever writes */
    memcpy(driver->list, driver->given, size);
    driver->size = size;
    driver->version = version;
}

static ssize_t standin_write(void *context, const void *bytes, size_t size, size_t offset) {
    struct amdgpu *driver = (struct amdgpu *)context;
    if (is_interrupted(driver))
        return -1;
    if (driver->write_error != 0 || offset >= SRM_ATTRIBUTE_MAX) {
        errno = driver->write_error != 0 ? driver->write_error : EFBIG;
        return -1;
    }
    if (offset == 0)
        note(driver, 'w');
    size = size < STANDIN_PAGE ? size : STANDIN_PAGE;
    size = size < SRM_ATTRIBUTE_MAX - offset ? size : SRM_ATTRIBUTE_MAX - offset;
    memcpy(driver->given + offset, bytes, size);
    try_list(driver, offset + size);
    driver->writes++;
    return (ssize_t)size;
}

static ssize_t standin_read(void *context, void *bytes, size_t size, size_t offset) {
    struct amdgpu *driver = (struct amdgpu *)context;
    if (is_interrupted(driver))
        return -1;
    if (offset == 0)
        note(driver, 'r');
    if (driver->read_error != 0 || driver->dead || driver->size == 0) {
        errno = driver->read_error != 0 ? driver->read_error : EINVAL;
        return -1;
    }
    size_t left = offset < driver->size ? driver->size - offset : 0;
    size = size < STANDIN_PAGE ? size : STANDIN_PAGE;
    size = size < left ? size : left;
    memcpy(bytes, driver->list + offset, size);
    if (driver->tampers && offset == 0 && size > 8)
        ((uint8_t *)bytes)[size - 1] ^= 1;
    return (ssize_t)size;
}

const struct srm_attribute_ops amdgpu_ops = {standin_write, standin_read};

void amdgpu_load(struct amdgpu *driver, const uint8_t *bytes, size_t size) {
    memcpy(driver->given, bytes, size);
    try_list(driver, size);
}

void amdgpu_sleep(struct amdgpu *driver) {
    driver->size = 0;
    driver->version = 0;
}
