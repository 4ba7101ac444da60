#define _POSIX_C_SOURCE 200809L /* open, mmap */
#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

static const uint32_t colours[SCREEN_PICTURES] = {0x000000, 0x00a000, 0x00c000};

struct buffer {
    uint32_t handle;
    uint32_t framebuffer;
};

struct screen {
    int fd;
    bool atomic;
    uint32_t connector;
    uint32_t crtc;
    uint32_t plane; /* these two for atomic commits */
    uint32_t framebuffer_property;
    drmModeModeInfo mode;
    struct buffer buffers[SCREEN_PICTURES];
    bool flipping;
    int next; /* what the flip under way shows */
    int shown;
};

static bool complain(const char *what) {
    (void)fprintf(stderr, "console-player: %s: %s\n", what, strerror(errno));
    return false;
}

static bool open_card(struct screen *screen, const char *card) {
    screen->fd = open(card, O_RDWR | O_CLOEXEC);
    if (screen->fd < 0)
        return complain(card);
    if (!drmIsMaster(screen->fd)) {
        (void)fprintf(stderr, "console-player: %s: another program has the display; run this on a console of its own\n", card);
        return false;
    }
    return !screen->atomic || drmSetClientCap(screen->fd, DRM_CLIENT_CAP_ATOMIC, 1) == 0 || complain("atomic commits");
}

/* The CRTC that drives the connector already, else the first that can. */
static uint32_t choose_crtc(int fd, const drmModeRes *resources, const drmModeConnector *connector) {
    uint32_t id = 0;
    for (int i = -1; !id && i < connector->count_encoders; i++) {
        drmModeEncoderPtr encoder = drmModeGetEncoder(fd, i < 0 ? connector->encoder_id : connector->encoders[i]);
        if (encoder && i < 0)
            id = encoder->crtc_id;
        for (int c = 0; encoder && i >= 0 && !id && c < resources->count_crtcs; c++)
            id = encoder->possible_crtcs & (1u << c) ? resources->crtcs[c] : 0;
        drmModeFreeEncoder(encoder);
    }
    return id;
}

static bool is_called(const drmModeConnector *connector, const char *name) {
    char own[64];
    const char *kind = drmModeGetConnectorTypeName(connector->connector_type);
    (void)snprintf(own, sizeof own, "%s-%u", kind ? kind : "Unknown", connector->connector_type_id);
    return strcmp(own, name) == 0;
}

static bool choose_connector(struct screen *screen, const char *name) {
    drmModeResPtr resources = drmModeGetResources(screen->fd);
    for (int i = 0; resources && !screen->crtc && i < resources->count_connectors; i++) {
        drmModeConnectorPtr connector = drmModeGetConnector(screen->fd, resources->connectors[i]);
        if (connector && is_called(connector, name) && connector->connection == DRM_MODE_CONNECTED && connector->count_modes) {
            screen->connector = connector->connector_id;
            screen->mode = connector->modes[0]; /* what the display likes best */
            screen->crtc = choose_crtc(screen->fd, resources, connector);
        }
        drmModeFreeConnector(connector);
    }
    drmModeFreeResources(resources);
    if (!screen->crtc)
        (void)fprintf(stderr, "console-player: %s: there is no display\n", name);
    return screen->crtc != 0;
}

static bool paint(const struct screen *screen, const struct drm_mode_create_dumb *dumb, uint32_t colour) {
    struct drm_mode_map_dumb map = {.handle = dumb->handle};
    if (drmIoctl(screen->fd, DRM_IOCTL_MODE_MAP_DUMB, &map) != 0)
        return complain("buffer");
    uint32_t *pixels = mmap(NULL, dumb->size, PROT_READ | PROT_WRITE, MAP_SHARED, screen->fd, (off_t)map.offset);
    if (pixels == MAP_FAILED)
        return complain("buffer");
    for (size_t i = 0; i < dumb->size / sizeof *pixels; i++)
        pixels[i] = colour;
    (void)munmap(pixels, dumb->size);
    return true;
}

static bool make_buffer(const struct screen *screen, struct buffer *buffer, uint32_t colour) {
    struct drm_mode_create_dumb dumb = {.width = screen->mode.hdisplay, .height = screen->mode.vdisplay, .bpp = 32};
    if (drmIoctl(screen->fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb) != 0)
        return complain("buffer");
    buffer->handle = dumb.handle;
    if (drmModeAddFB(screen->fd, dumb.width, dumb.height, 24, 32, dumb.pitch, dumb.handle, &buffer->framebuffer) != 0)
        return complain("framebuffer");
    return paint(screen, &dumb, colour);
}

static uint32_t property_called(int fd, uint32_t plane, const char *name) {
    drmModeObjectPropertiesPtr properties = drmModeObjectGetProperties(fd, plane, DRM_MODE_OBJECT_PLANE);
    uint32_t id = 0;
    for (uint32_t i = 0; properties && !id && i < properties->count_props; i++) {
        drmModePropertyPtr property = drmModeGetProperty(fd, properties->props[i]);
        id = property && strcmp(property->name, name) == 0 ? property->prop_id : 0;
        drmModeFreeProperty(property);
    }
    drmModeFreeObjectProperties(properties);
    return id;
}

/* The plane that shows what drmModeSetCrtc has put there. */
static bool find_plane(struct screen *screen) {
    drmModePlaneResPtr planes = drmModeGetPlaneResources(screen->fd);
    for (uint32_t i = 0; planes && !screen->plane && i < planes->count_planes; i++) {
        drmModePlanePtr plane = drmModeGetPlane(screen->fd, planes->planes[i]);
        if (plane && plane->crtc_id == screen->crtc && plane->fb_id == screen->buffers[SCREEN_BLACK].framebuffer)
            screen->plane = plane->plane_id;
        drmModeFreePlane(plane);
    }
    drmModeFreePlaneResources(planes);
    screen->framebuffer_property = screen->plane ? property_called(screen->fd, screen->plane, "FB_ID") : 0;
    return screen->framebuffer_property || complain("plane");
}

static bool start(struct screen *screen) {
    for (int i = 0; i < SCREEN_PICTURES; i++) {
        if (!make_buffer(screen, &screen->buffers[i], colours[i]))
            return false;
    }
    if (drmModeSetCrtc(screen->fd, screen->crtc, screen->buffers[SCREEN_BLACK].framebuffer, 0, 0, &screen->connector, 1,
                       &screen->mode) != 0)
        return complain("mode");
    return !screen->atomic || find_plane(screen);
}

struct screen *screen_open(const char *card, const char *connector, bool atomic) {
    struct screen *screen = calloc(1, sizeof *screen);
    if (!screen)
        return NULL;
    screen->atomic = atomic;
    if (open_card(screen, card) && choose_connector(screen, connector) && start(screen))
        return screen;
    screen_close(screen);
    return NULL;
}

/* The kernel switches off what shows a framebuffer that is removed. */
void screen_close(struct screen *screen) {
    for (int i = 0; screen && i < SCREEN_PICTURES; i++) {
        struct drm_mode_destroy_dumb dumb = {.handle = screen->buffers[i].handle};
        if (screen->buffers[i].framebuffer)
            (void)drmModeRmFB(screen->fd, screen->buffers[i].framebuffer);
        if (dumb.handle)
            (void)drmIoctl(screen->fd, DRM_IOCTL_MODE_DESTROY_DUMB, &dumb);
    }
    if (screen && screen->fd >= 0)
        (void)close(screen->fd);
    free(screen);
}

int screen_fd(const struct screen *screen) {
    return screen->fd;
}

uint32_t screen_connector(const struct screen *screen) {
    return screen->connector;
}

/* With properties the commit may set the mode, as some drivers ask for. */
static int commit(struct screen *screen, uint32_t framebuffer, const struct copp_kms_request *request) {
    uint32_t flags = DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT;
    drmModeAtomicReqPtr atomic = drmModeAtomicAlloc();
    if (!atomic)
        return ENOMEM;
    int result = drmModeAtomicAddProperty(atomic, screen->plane, screen->framebuffer_property, framebuffer);
    for (uint32_t i = 0; request && result >= 0 && i < request->count; i++) {
        const struct copp_kms_property *property = &request->properties[i];
        result = drmModeAtomicAddProperty(atomic, property->object, property->property, property->value);
        flags |= DRM_MODE_ATOMIC_ALLOW_MODESET;
    }
    if (result >= 0)
        result = drmModeAtomicCommit(screen->fd, atomic, flags, screen);
    drmModeAtomicFree(atomic);
    return result < 0 ? -result : 0;
}

int screen_flip(struct screen *screen, int picture, const struct copp_kms_request *request) {
    uint32_t framebuffer = screen->buffers[picture].framebuffer;
    int error = screen->atomic ? commit(screen, framebuffer, request)
                               : -drmModePageFlip(screen->fd, screen->crtc, framebuffer, DRM_MODE_PAGE_FLIP_EVENT, screen);
    screen->flipping = error == 0;
    screen->next = picture;
    return error;
}

bool screen_ready(const struct screen *screen) {
    return !screen->flipping;
}

static void on_flip(int fd, unsigned sequence, unsigned seconds, unsigned microseconds, void *data) {
    struct screen *screen = data;
    (void)fd;
    (void)sequence;
    (void)seconds;
    (void)microseconds;
    screen->flipping = false;
    screen->shown = screen->next;
}

void screen_handle(struct screen *screen) {
    drmEventContext context = {.version = 2, .page_flip_handler = on_flip};
    (void)drmHandleEvent(screen->fd, &context);
}

int screen_shown(const struct screen *screen) {
    return screen->shown;
}
