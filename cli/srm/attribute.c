#include "attribute.h"

#include <errno.h>
#include <unistd.h>

bool srm_attribute_set(const struct srm_attribute *attribute, const uint8_t *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t step = attribute->ops->write(attribute->context, bytes + done, size - done, done);
        if (step < 0 && errno == EINTR)
            continue;
        if (step <= 0) {
            errno = step < 0 ? errno : EIO;
            return false;
        }
        done += (size_t)step;
    }
    return true;
}

ssize_t srm_attribute_get(const struct srm_attribute *attribute, uint8_t *bytes) {
    size_t done = 0;
    while (done < SRM_ATTRIBUTE_MAX) {
        ssize_t step = attribute->ops->read(attribute->context, bytes + done, SRM_ATTRIBUTE_MAX - done, done);
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0 && errno == EINVAL && done == 0) /* the processor has no list, or does no HDCP */
            return 0;
        if (step < 0)
            return -1;
        if (step == 0)
            break;
        done += (size_t)step;
    }
    return (ssize_t)done;
}

static ssize_t write_file_at(void *context, const void *bytes, size_t size, size_t offset) {
    return pwrite(*(const int *)context, bytes, size, (off_t)offset);
}

static ssize_t read_file_at(void *context, void *bytes, size_t size, size_t offset) {
    return pread(*(const int *)context, bytes, size, (off_t)offset);
}

const struct srm_attribute_ops srm_attribute_file = {write_file_at, read_file_at};
