/*
 * A graphics card in the hands of tests: a program that shows something, and single writes as its master.
 *
 *   drm_card show [--drop] [--flip] CONNECTOR...   shows a picture until SIGTERM; --drop: is its master only for that long as it
 *                                                  takes; --flip: a new picture with each frame. SIGUSR1: with another
 *                                                  mode from then on. SIGUSR2: says how many frames there were since the last
 *                                                  one, how many of them had no new picture, and how many in a row
 *   drm_card get CONNECTOR PROPERTY                its value
 *   drm_card set CONNECTOR PROPERTY VALUE          as master; 0, or the error's name and exit status 1
 *   drm_card brightest CONNECTOR                   the brightest of the bytes that it shows, as root. Of the lowest eighth: above it
 *                                                  players write messages
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#define SCREENS 4

struct screen {
    const char *name;
    uint32_t connector;
    uint32_t crtc;
    int mode; /* in the connector's list */
    uint32_t pictures[2];
    unsigned shown;
    unsigned frame; /* in which the last flip was seen; 0: none was */
    struct frames {
        unsigned all;
        unsigned missed; /* no flip was done */
        unsigned in_a_row; /* of those, at most */
    } frames;
};

_Noreturn static void die(const char *what) {
    fprintf(stderr, "drm_card: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_card(void) {
    int fd = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        die("/dev/dri/card0");
    return fd;
}

/* HDMI-A-1, as the kernel calls it */
static drmModeConnectorPtr find_connector(int fd, const char *name) {
    drmModeResPtr resources = drmModeGetResources(fd);
    for (int i = 0; resources && i < resources->count_connectors; i++) {
        char own[32];
        drmModeConnectorPtr connector = drmModeGetConnector(fd, resources->connectors[i]);
        if (!connector)
            continue;
        (void)snprintf(own, sizeof own, "%s-%u", drmModeGetConnectorTypeName(connector->connector_type),
                       connector->connector_type_id);
        if (strcmp(own, name) == 0) {
            drmModeFreeResources(resources);
            return connector;
        }
        drmModeFreeConnector(connector);
    }
    errno = ENOENT;
    die(name);
}

static uint32_t make_picture(int fd, uint32_t width, uint32_t height) {
    uint32_t handle;
    uint32_t pitch;
    uint32_t picture;
    uint64_t size;
    if (drmModeCreateDumbBuffer(fd, width, height, 32, 0, &handle, &pitch, &size) != 0 ||
        drmModeAddFB(fd, width, height, 24, 32, pitch, handle, &picture) != 0)
        die("a picture");
    return picture;
}

/* In the mode of that number; they are gone through in turn. */
static void show(int fd, struct screen *screen) {
    drmModeConnectorPtr connector = find_connector(fd, screen->name);
    if (connector->count_modes == 0 || connector->count_encoders == 0) {
        errno = ENODEV;
        die(screen->name);
    }
    drmModeModeInfo *mode = &connector->modes[screen->mode++ % connector->count_modes];
    drmModeEncoderPtr encoder = drmModeGetEncoder(fd, connector->encoders[0]);
    drmModeResPtr resources = drmModeGetResources(fd);
    screen->connector = connector->connector_id;
    screen->crtc = resources->crtcs[__builtin_ctz(encoder->possible_crtcs)];
    for (int i = 0; i < 2; i++)
        screen->pictures[i] = make_picture(fd, mode->hdisplay, mode->vdisplay);
    if (drmModeSetCrtc(fd, screen->crtc, screen->pictures[0], 0, 0, &screen->connector, 1, mode) != 0)
        die("the mode");
    drmModeFreeResources(resources);
    drmModeFreeEncoder(encoder);
    drmModeFreeConnector(connector);
}

static void flip(int fd, struct screen *screen) {
    screen->shown = !screen->shown;
    int error = drmModePageFlip(fd, screen->crtc, screen->pictures[screen->shown], DRM_MODE_PAGE_FLIP_EVENT, screen);
    if (error)
        fprintf(stderr, "drm_card: a flip: %s\n", strerror(-error));
}

static void count_frames(struct screen *screen, unsigned frame) {
    struct frames *frames = &screen->frames;
    unsigned missed = screen->frame ? frame - screen->frame - 1 : 0;
    frames->all += missed + 1;
    frames->missed += missed;
    if (missed > frames->in_a_row)
        frames->in_a_row = missed;
    screen->frame = frame;
}

static void on_flip(int fd, unsigned frame, unsigned seconds, unsigned microseconds, unsigned crtc, void *data) {
    (void)seconds;
    (void)microseconds;
    (void)crtc;
    count_frames(data, frame);
    flip(fd, data);
}

static void tell_frames(struct screen *screen) {
    printf("%u frames, %u without a new picture, %u in a row\n", screen->frames.all, screen->frames.missed,
           screen->frames.in_a_row);
    fflush(stdout);
    memset(&screen->frames, 0, sizeof screen->frames);
}

struct shower {
    int fd;
    int signals;
    bool drop;
    bool flips;
    size_t count;
    struct screen screens[SCREENS];
};

static void show_all(struct shower *shower) {
    if (drmSetMaster(shower->fd) != 0)
        die("becoming the card's master");
    for (size_t i = 0; i < shower->count; i++)
        show(shower->fd, &shower->screens[i]);
    if (shower->drop && drmDropMaster(shower->fd) != 0)
        die("giving up the card");
    puts("shown");
    fflush(stdout);
}

/* Until SIGTERM. */
static bool handle_signal(struct shower *shower) {
    struct signalfd_siginfo info;
    if (read(shower->signals, &info, sizeof info) != sizeof info || info.ssi_signo == SIGTERM)
        return false;
    if (info.ssi_signo == SIGUSR2)
        tell_frames(&shower->screens[0]);
    else
        show_all(shower);
    return true;
}

static void show_on(struct shower *shower) {
    drmEventContext events = {.version = 3, .page_flip_handler2 = on_flip};
    struct pollfd waited[2] = {{.fd = shower->signals, .events = POLLIN}, {.fd = shower->fd, .events = POLLIN}};
    for (size_t i = 0; shower->flips && i < shower->count; i++)
        flip(shower->fd, &shower->screens[i]);
    while (poll(waited, 2, -1) >= 0) {
        if (waited[0].revents && !handle_signal(shower))
            return;
        if (waited[1].revents)
            drmHandleEvent(shower->fd, &events);
    }
}

static int run_show(char **arguments) {
    struct shower shower = {.fd = open_card()};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGUSR2);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    shower.signals = signalfd(-1, &signals, SFD_CLOEXEC);
    for (; *arguments; arguments++) {
        if (strcmp(*arguments, "--drop") == 0)
            shower.drop = true;
        else if (strcmp(*arguments, "--flip") == 0)
            shower.flips = true;
        else if (shower.count < SCREENS)
            shower.screens[shower.count++].name = *arguments;
    }
    show_all(&shower);
    show_on(&shower);
    return 0;
}

static uint32_t find_property(int fd, uint32_t connector, const char *name, uint64_t *value) {
    uint32_t id = 0;
    drmModeObjectPropertiesPtr all = drmModeObjectGetProperties(fd, connector, DRM_MODE_OBJECT_CONNECTOR);
    for (uint32_t i = 0; all && i < all->count_props && !id; i++) {
        drmModePropertyPtr property = drmModeGetProperty(fd, all->props[i]);
        if (property && strcmp(property->name, name) == 0) {
            id = property->prop_id;
            *value = all->prop_values[i];
        }
        drmModeFreeProperty(property);
    }
    drmModeFreeObjectProperties(all);
    errno = ENOENT;
    if (!id)
        die(name);
    return id;
}

/* arguments: CONNECTOR PROPERTY [VALUE] */
static int run_property(char **arguments, bool set) {
    uint64_t value;
    int fd = open_card();
    if (!set)
        (void)drmDropMaster(fd); /* which the first to open the card is, unasked */
    drmModeConnectorPtr connector = find_connector(fd, arguments[0]);
    uint32_t property = find_property(fd, connector->connector_id, arguments[1], &value);
    if (!set) {
        printf("%llu\n", (unsigned long long)value);
        return 0;
    }
    int error = drmSetMaster(fd) != 0
                    ? -errno
                    : drmModeConnectorSetProperty(fd, connector->connector_id, property, strtoull(arguments[2], NULL, 0));
    puts(error ? strerrorname_np(-error) : "0");
    return error != 0;
}

/* Of the picture that is on the connector, which another program has made: root may map it. */
static int run_brightest(const char *name) {
    int fd = open_card();
    (void)drmDropMaster(fd);
    drmModeConnectorPtr connector = find_connector(fd, name);
    drmModeEncoderPtr encoder = drmModeGetEncoder(fd, connector->encoder_id);
    drmModeCrtcPtr crtc = encoder ? drmModeGetCrtc(fd, encoder->crtc_id) : NULL;
    drmModeFBPtr picture = crtc ? drmModeGetFB(fd, crtc->buffer_id) : NULL;
    uint64_t offset;
    if (!picture || drmModeMapDumbBuffer(fd, picture->handle, &offset) != 0)
        die("the picture");
    size_t size = (size_t)picture->pitch * picture->height;
    const uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)offset);
    if (bytes == MAP_FAILED)
        die("the picture's bytes");
    uint8_t brightest = 0;
    for (size_t i = (size_t)picture->pitch * (picture->height - picture->height / 8); i < size; i++)
        brightest = i % 4 != 3 && bytes[i] > brightest ? bytes[i] : brightest; /* XRGB8888: X says nothing */
    printf("%u\n", brightest);
    return 0;
}

int main(int count, char **arguments) {
    if (count >= 3 && strcmp(arguments[1], "show") == 0)
        return run_show(arguments + 2);
    if (count == 4 && strcmp(arguments[1], "get") == 0)
        return run_property(arguments + 2, false);
    if (count == 5 && strcmp(arguments[1], "set") == 0)
        return run_property(arguments + 2, true);
    if (count == 3 && strcmp(arguments[1], "brightest") == 0)
        return run_brightest(arguments[2]);
    fputs("usage: drm_card show|get|set|brightest ...\n", stderr);
    return 2;
}
