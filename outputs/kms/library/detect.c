#include "outputs/kms/library/detect.h"

#include <errno.h>
#include <string.h>

#include <xf86drmMode.h>

#include "outputs/kms/property.h"

static bool is_named(int fd, uint32_t id, const char *name) {
    drmModePropertyPtr property = drmModeGetProperty(fd, id);
    bool is = property && strcmp(property->name, name) == 0;
    drmModeFreeProperty(property);
    return is;
}

/* The kernel shows it only to a file that has DRM_CLIENT_CAP_ATOMIC. */
static bool find_crtc_property(int fd, uint32_t connector, struct kms_property *found) {
    drmModeObjectPropertiesPtr properties = drmModeObjectGetProperties(fd, connector, DRM_MODE_OBJECT_CONNECTOR);
    *found = (struct kms_property){0};
    for (uint32_t i = 0; properties && !found->id && i < properties->count_props; i++) {
        if (is_named(fd, properties->props[i], "CRTC_ID"))
            *found = (struct kms_property){properties->props[i], properties->prop_values[i]};
    }
    drmModeFreeObjectProperties(properties);
    return found->id != 0;
}

/* Not by the protection itself: anx7625's driver switches it when it is only asked whether it could. */
bool kms_takes_commits(int fd, uint32_t connector) {
    struct kms_property crtc;
    if (!find_crtc_property(fd, connector, &crtc))
        return false;
    int error = kms_properties_test(fd, connector, &crtc, 1);
    return error == 0 || error == -EACCES || error == -EPERM || kms_is_busy(error); /* not master just now, but it could */
}
