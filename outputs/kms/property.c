#include "outputs/kms/property.h"

#include <errno.h>
#include <sys/ioctl.h>

#include <drm.h>
#include <xf86drmMode.h>

bool kms_property_read(int fd, uint32_t connector, uint32_t id, uint64_t *value) {
    bool found = false;
    drmModeObjectPropertiesPtr properties = id ? drmModeObjectGetProperties(fd, connector, DRM_MODE_OBJECT_CONNECTOR) : NULL;
    for (uint32_t i = 0; properties && !found && i < properties->count_props; i++) {
        found = properties->props[i] == id;
        if (found)
            *value = properties->prop_values[i];
    }
    drmModeFreeObjectProperties(properties);
    return found;
}

int kms_property_set(int fd, uint32_t connector, const struct kms_property *property) {
    struct drm_mode_connector_set_property set = {.value = property->value, .prop_id = property->id, .connector_id = connector};
    return ioctl(fd, DRM_IOCTL_MODE_SETPROPERTY, &set) == 0 ? 0 : -errno;
}

static int commit(int fd, uint32_t flags, uint32_t connector, const struct kms_property *properties, uint32_t count) {
    uint32_t ids[KMS_PROPERTIES_MAX];
    uint64_t values[KMS_PROPERTIES_MAX];
    if (count > KMS_PROPERTIES_MAX)
        return -EINVAL;
    for (uint32_t i = 0; i < count; i++) {
        ids[i] = properties[i].id;
        values[i] = properties[i].value;
    }
    struct drm_mode_atomic atomic = {.flags = flags,
                                     .count_objs = count ? 1 : 0,
                                     .objs_ptr = (uintptr_t)&connector,
                                     .count_props_ptr = (uintptr_t)&count,
                                     .props_ptr = (uintptr_t)ids,
                                     .prop_values_ptr = (uintptr_t)values};
    return ioctl(fd, DRM_IOCTL_MODE_ATOMIC, &atomic) == 0 ? 0 : -errno;
}

int kms_properties_commit(int fd, uint32_t connector, const struct kms_property *properties, uint32_t count, bool wait) {
    uint32_t flags = DRM_MODE_ATOMIC_ALLOW_MODESET | (wait ? 0 : DRM_MODE_ATOMIC_NONBLOCK);
    return commit(fd, flags, connector, properties, count);
}

int kms_properties_test(int fd, uint32_t connector, const struct kms_property *properties, uint32_t count) {
    return commit(fd, DRM_MODE_ATOMIC_ALLOW_MODESET | DRM_MODE_ATOMIC_TEST_ONLY, connector, properties, count);
}

bool kms_is_busy(int error) {
    return error == -EBUSY || error == -EAGAIN || error == -EINTR;
}
