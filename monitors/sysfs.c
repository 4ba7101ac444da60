/*
 * The kernel's connectors in /sys/class/drm. What is read there is taken for hostile all the same: reads are bounded, and wait for no
 * FIFO. A connector that cannot be read makes the whole look fail, since it may be the one that is meant.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/transfer.h"
#include "internal.h"

#define ATTRIBUTE_SIZE 32u
#define LINK_SIZE 256u
#define PATH_SIZE 512u

/* A display that went away a moment ago, as when a dock is unplugged, is left out. */
static bool is_gone(int error) {
    return error == ENOENT || error == ENODEV || error == ENXIO;
}

/* How many bytes of the file there are, at most size; -1 with errno set. */
static ssize_t read_file(int directory, const char *name, void *bytes, size_t size) {
    struct stat about;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -1;
    ssize_t got = -1;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
        got = read_all(fd, bytes, size);
    else
        errno = EIO;
    int error = errno;
    (void)close(fd);
    errno = error;
    return got;
}

/* An attribute's one line, without its end. False with errno set; EIO: it is longer than any that is known. */
static bool read_line(int directory, const char *name, char line[ATTRIBUTE_SIZE]) {
    ssize_t got = read_file(directory, name, line, ATTRIBUTE_SIZE);
    if (got < 0)
        return false;
    if ((size_t)got == ATTRIBUTE_SIZE) {
        errno = EIO;
        return false;
    }
    line[got] = 0;
    line[strcspn(line, "\n")] = 0;
    return true;
}

/* "226:0" */
static uint64_t parse_device(char *text) {
    uint32_t major;
    uint32_t minor;
    char *colon = strchr(text, ':');
    if (!colon)
        return 0;
    *colon = 0;
    return copp_monitor_number(text, &major) && copp_monitor_number(colon + 1, &minor) ? copp_monitors_device(major, minor) : 0;
}

/* The last part of a link's target in sysfs; "" if it is not a link, or too long. */
static void read_link_name(int directory, const char *name, char last[DRIVER_SIZE]) {
    char target[LINK_SIZE];
    ssize_t got = readlinkat(directory, name, target, sizeof target);
    last[0] = 0;
    if (got <= 0 || (size_t)got >= sizeof target)
        return;
    target[got] = 0;
    const char *slash = strrchr(target, '/');
    const char *found = slash ? slash + 1 : target;
    if (strlen(found) < DRIVER_SIZE)
        strcpy(last, found);
}

/* Of the card that the connector is on. What is not known of it only makes names less certain, or a file's card unlike it. */
static void read_card(int drm, struct connector *connector) {
    char line[ATTRIBUTE_SIZE];
    int card = openat(drm, connector->monitor.card, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (card < 0)
        return;
    if (read_line(card, "dev", line))
        connector->device = parse_device(line);
    read_link_name(card, "device/driver", connector->driver);
    (void)close(card);
}

static void read_edid(struct connector *connector, size_t size) {
    struct copp_edid edid = {.size = sizeof edid};
    struct copp_monitor *monitor = &connector->monitor;
    if (copp_edid_read(connector->edid, size, &edid))
        return;
    monitor->has_edid = true;
    memcpy(monitor->manufacturer, edid.manufacturer, sizeof monitor->manufacturer);
    monitor->product = edid.product;
    monitor->serial = edid.serial;
    memcpy(monitor->name, edid.name, sizeof monitor->name);
    memcpy(monitor->serial_text, edid.serial_text, sizeof monitor->serial_text);
    memcpy(monitor->display, edid.display, sizeof monitor->display);
}

/* False with errno set. */
static bool read_attributes(int directory, struct connector *connector) {
    char line[ATTRIBUTE_SIZE];
    if (!read_line(directory, "status", line))
        return false;
    connector->monitor.connected = strcmp(line, "connected") == 0;
    if (read_line(directory, "connector_id", line)) {
        if (!copp_monitor_number(line, &connector->monitor.connector_id)) {
            errno = EIO;
            return false;
        }
    } else if (errno != ENOENT) { /* kernels before it was told */
        return false;
    }
    ssize_t got = read_file(directory, "edid", connector->edid, sizeof connector->edid);
    if (got < 0 && errno != ENOENT)
        return false;
    read_edid(connector, got > 0 ? (size_t)got : 0);
    return true;
}

/* "card0-HDMI-A-1": also names that no kernel gives, of which copp_monitors_scan then complains. */
static bool is_connector(const char *name) {
    size_t digits = strncmp(name, "card", 4) == 0 ? strspn(name + 4, "0123456789") : 0;
    return digits && name[4 + digits] == '-';
}

static bool is_wellformed(const char *name) {
    return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")] == 0;
}

static enum copp_result read_connector(int drm, const char *name, struct connector *connector) {
    struct copp_monitor *monitor = &connector->monitor;
    memset(connector, 0, sizeof *connector);
    if (strlen(name) >= sizeof monitor->connector)
        return COPP_E_TOO_LARGE;
    errno = EILSEQ;
    if (!is_wellformed(name))
        return COPP_E_IO;
    strcpy(monitor->connector, name);
    size_t card = strcspn(name, "-");
    memcpy(monitor->card, name, card);
    connector->kernel_name = monitor->connector + card + 1;
    int directory = openat(drm, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return is_gone(errno) ? COPP_E_NOT_FOUND : COPP_E_IO;
    bool read = read_attributes(directory, connector);
    int error = errno;
    (void)close(directory);
    errno = error;
    if (!read)
        return is_gone(error) ? COPP_E_NOT_FOUND : COPP_E_IO;
    read_card(drm, connector);
    return COPP_OK;
}

static enum copp_result scan_entry(int drm, const char *name, struct copp_monitors *monitors) {
    if (!is_connector(name))
        return COPP_OK;
    if (monitors->count == MONITORS_MAX)
        return COPP_E_TOO_LARGE;
    struct connector *connector = &monitors->connectors[monitors->count];
    enum copp_result result = read_connector(drm, name, connector);
    if (result == COPP_E_NOT_FOUND)
        return COPP_OK;
    if (result)
        return result;
    monitors->count++;
    monitors->ids_unknown = monitors->ids_unknown || !connector->monitor.connector_id;
    return COPP_OK;
}

static enum copp_result scan(DIR *drm, struct copp_monitors *monitors) {
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(drm);
        if (!entry)
            return errno ? COPP_E_IO : COPP_OK;
        enum copp_result result = scan_entry(dirfd(drm), entry->d_name, monitors);
        if (result)
            return result;
    }
}

enum copp_result copp_monitors_scan(const char *sysfs, struct copp_monitors *monitors) {
    static const char place[] = "/class/drm";
    char path[PATH_SIZE];
    size_t length = strlen(sysfs);
    if (length + sizeof place > sizeof path)
        return COPP_E_TOO_LARGE;
    memcpy(path, sysfs, length);
    memcpy(path + length, place, sizeof place);
    DIR *drm = opendir(path);
    if (!drm)
        return errno == ENOENT ? COPP_E_NOT_FOUND : COPP_E_IO;
    enum copp_result result = scan(drm, monitors);
    int error = errno;
    (void)closedir(drm);
    errno = error;
    if (result)
        return result;
    return monitors->count ? COPP_OK : COPP_E_NOT_FOUND;
}
