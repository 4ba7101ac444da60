/* The table of compare_drm.c, on the driver of tests/kernel/module, in a machine. As root. */
#include "compare_drm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xf86drm.h>

#define CARD "/sys/kernel/debug/dri/0/"

static void check(bool good, const char *what) {
    if (good)
        return;
    printf("not ok - %s: %s\n", what, strerror(errno));
    exit(1);
}

static void write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    check(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
    (void)close(fd);
}

static void other_master(void *context, bool is) {
    const int *fd = context;
    check((is ? drmSetMaster(*fd) : drmDropMaster(*fd)) == 0, "the other master");
}

static void privileged(void *context, bool is) {
    (void)context;
    check(seteuid(is ? 0 : 1000) == 0, "privileges");
}

static void enabled(void *context) {
    (void)context;
    write_file(CARD "HDMI-A-1/enabled", "1");
}

static void refuses(void *context, int error) {
    char text[16];
    (void)context;
    (void)snprintf(text, sizeof text, "%d", error);
    write_file(CARD "refuse_write", text);
}

static void gone(void *context) {
    (void)context;
    write_file("/sys/bus/platform/drivers/copp_drm/unbind", "copp_drm.0");
}

int main(void) {
    int other = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);
    write_file(CARD "HDMI-A-1/delay_ms", "1000000");
    write_file(CARD "needs_modeset", "Y");
    write_file(CARD "over_enabled", "reauthenticate");
    check(other >= 0 && drmSetMaster(other) == 0, "the other master");
    const struct compare_card card = {.other_master = other_master,
                                      .privileged = privileged,
                                      .enabled = enabled,
                                      .refuses = refuses,
                                      .gone = gone,
                                      .context = &other};
    return compare_drm(&card) != 0;
}
