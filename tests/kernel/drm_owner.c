/* A card's master that writes Undesired with each frame, as Weston does: nobody else can hold HDCP there. drm_owner CONNECTOR */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

static drmModeConnectorPtr find_connector(int fd, const char *name) {
    drmModeResPtr resources = drmModeGetResources(fd);
    for (int i = 0; resources && i < resources->count_connectors; i++) {
        char own[32];
        drmModeConnectorPtr connector = drmModeGetConnector(fd, resources->connectors[i]);
        (void)snprintf(own, sizeof own, "%s-%u", drmModeGetConnectorTypeName(connector->connector_type),
                       connector->connector_type_id);
        if (strcmp(own, name) == 0)
            return connector;
        drmModeFreeConnector(connector);
    }
    exit(1);
}

static uint32_t find_property(int fd, const drmModeConnector *connector) {
    for (int i = 0; i < connector->count_props; i++) {
        drmModePropertyPtr property = drmModeGetProperty(fd, connector->props[i]);
        if (property && strcmp(property->name, "Content Protection") == 0)
            return property->prop_id;
    }
    exit(1);
}

/* In its first mode, with a picture of its size. */
static void show(int fd, drmModeConnector *connector) {
    drmModeModeInfo *mode = &connector->modes[0];
    drmModeEncoderPtr encoder = drmModeGetEncoder(fd, connector->encoders[0]);
    drmModeResPtr resources = drmModeGetResources(fd);
    uint32_t handle;
    uint32_t pitch;
    uint32_t picture;
    uint64_t size;
    uint32_t crtc = resources->crtcs[__builtin_ctz(encoder->possible_crtcs)];
    if (drmSetMaster(fd) != 0 ||
        drmModeCreateDumbBuffer(fd, mode->hdisplay, mode->vdisplay, 32, 0, &handle, &pitch, &size) != 0 ||
        drmModeAddFB(fd, mode->hdisplay, mode->vdisplay, 24, 32, pitch, handle, &picture) != 0 ||
        drmModeSetCrtc(fd, crtc, picture, 0, 0, &connector->connector_id, 1, mode) != 0) {
        perror("drm_owner");
        exit(1);
    }
    puts("shown");
    (void)fflush(stdout);
}

int main(int argc, char **argv) {
    const struct timespec frame = {.tv_nsec = 16666667};
    int fd = argc == 2 ? open("/dev/dri/card0", O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return 1;
    drmModeConnectorPtr connector = find_connector(fd, argv[1]);
    uint32_t property = find_property(fd, connector);
    show(fd, connector);
    for (;;) {
        (void)drmModeConnectorSetProperty(fd, connector->connector_id, property, 0);
        (void)nanosleep(&frame, NULL);
    }
}
