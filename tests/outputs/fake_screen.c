/*
 * The screen of examples/kms on a card made by umockdev, which has neither memory nor refreshes: what the player shows is a line on
 * its standard output, and a refresh is a line that the test gives it to read from the card. HDCP is the card's.
 */
#include "screen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

struct screen {
    int fd;
    bool flipping;
    int next;
    int shown;
};

static int card_fd = -1;

/* umockdev's card is a terminal to fstat: here it is a card. */
int __real_fstat64(int fd, struct stat *status);
int __wrap_fstat64(int fd, struct stat *status);
int __wrap_fstat64(int fd, struct stat *status) {
    int result = __real_fstat64(fd, status);
    if (fd >= 0 && fd == card_fd)
        status->st_rdev = makedev(226, 0);
    return result;
}

struct screen *screen_open(const char *card, const char *connector, bool atomic) {
    struct screen *screen = calloc(1, sizeof *screen);
    (void)connector;
    if (!screen)
        return NULL;
    card_fd = screen->fd = open(card, O_RDWR | O_CLOEXEC);
    if (drmSetMaster(screen->fd) == 0 && (!atomic || drmSetClientCap(screen->fd, DRM_CLIENT_CAP_ATOMIC, 1) == 0))
        return screen;
    screen_close(screen);
    return NULL;
}

void screen_close(struct screen *screen) {
    if (screen && screen->fd >= 0)
        (void)close(screen->fd);
    free(screen);
}

int screen_fd(const struct screen *screen) {
    return screen->fd;
}

uint32_t screen_connector(const struct screen *screen) {
    (void)screen;
    return 100;
}

static int commit(const struct screen *screen, const struct copp_kms_request *request) {
    drmModeAtomicReqPtr atomic = drmModeAtomicAlloc();
    int result = atomic ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < request->count && result >= 0; i++) {
        const struct copp_kms_property *property = &request->properties[i];
        result = drmModeAtomicAddProperty(atomic, property->object, property->property, property->value);
    }
    if (result >= 0)
        result = drmModeAtomicCommit(screen->fd, atomic, DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_ATOMIC_ALLOW_MODESET, NULL);
    drmModeAtomicFree(atomic);
    return result < 0 ? -result : 0;
}

int screen_flip(struct screen *screen, int picture, const struct copp_kms_request *request) {
    int error = request && request->count ? commit(screen, request) : 0;
    if (error)
        return error;
    (void)dprintf(STDOUT_FILENO, "flip %d\n", picture);
    screen->flipping = true;
    screen->next = picture;
    return 0;
}

bool screen_ready(const struct screen *screen) {
    return !screen->flipping;
}

void screen_handle(struct screen *screen) {
    char refresh[2];
    if (read(screen->fd, refresh, sizeof refresh) <= 0)
        return;
    screen->flipping = false;
    screen->shown = screen->next;
}

int screen_shown(const struct screen *screen) {
    return screen->shown;
}
