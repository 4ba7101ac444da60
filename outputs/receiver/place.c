#include "outputs/receiver/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SYSFS_PATH_SIZE 256u

/* "HDMI-A-1" of "card0-HDMI-A-1"; NULL for anything but a connector's name. */
static const char *type_of(const char *connector) {
    const char *dash = strncmp(connector, "card", 4) == 0 && !strchr(connector, '/') ? strchr(connector, '-') : NULL;
    return dash ? dash + 1 : NULL;
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* prefix and a decimal number, and no more: what becomes part of a path. */
static bool numbered(const char *name, const char *prefix) {
    size_t length = strlen(prefix);
    size_t digits = strncmp(name, prefix, length) == 0 ? strspn(name + length, "0123456789") : 0;
    return digits > 0 && digits < 10 && !name[length + digits];
}

static int set_place(struct receiver_place *place, enum receiver_link link, const char *dev, const char *name) {
    place->link = link;
    int length = snprintf(place->path, sizeof place->path, "%s/%s", dev, name);
    return length > 0 && (size_t)length < sizeof place->path ? 0 : ENAMETOOLONG;
}

static int find_ddc(const char *directory, const char *dev, struct receiver_place *place) {
    char path[SYSFS_PATH_SIZE + 8];
    char target[SYSFS_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/ddc", directory);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return errno == ENOENT ? ENODEV : errno;
    target[length] = 0;
    const char *slash = strrchr(target, '/');
    const char *name = slash ? slash + 1 : target;
    return numbered(name, "i2c-") ? set_place(place, RECEIVER_DDC, dev, name) : ENODEV;
}

/* The kernel calls the channels behind a hub so; they are the only ones of that name. */
static bool behind_hub(const char *directory, const char *aux) {
    char path[SYSFS_PATH_SIZE + 64];
    char name[16] = "";
    (void)snprintf(path, sizeof path, "%s/%.40s/name", directory, aux);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true; /* it cannot be told apart from one */
    ssize_t length = read(fd, name, sizeof name - 1);
    (void)close(fd);
    return length <= 0 || strcmp(name, "DPMST\n") == 0 || strcmp(name, "DPMST") == 0;
}

static int find_aux(const char *directory, const char *dev, struct receiver_place *place) {
    DIR *list = opendir(directory);
    if (!list)
        return errno == ENOENT ? ENODEV : errno;
    const struct dirent *entry;
    char found[32] = "";
    while (!found[0] && (entry = readdir(list)) != NULL) {
        if (numbered(entry->d_name, "drm_dp_aux"))
            (void)snprintf(found, sizeof found, "%.30s", entry->d_name);
    }
    (void)closedir(list);
    return found[0] && !behind_hub(directory, found) ? set_place(place, RECEIVER_AUX, dev, found) : ENODEV;
}

int receiver_find(const char *sysfs, const char *dev, const char *connector, struct receiver_place *place) {
    char directory[SYSFS_PATH_SIZE];
    const char *type = type_of(connector);
    int length = snprintf(directory, sizeof directory, "%s/class/drm/%s", sysfs, connector);
    if (!type || length < 0 || (size_t)length >= sizeof directory)
        return ENODEV;
    if (begins(type, "HDMI-") || begins(type, "DVI-"))
        return find_ddc(directory, dev, place);
    return begins(type, "DP-") || begins(type, "eDP-") ? find_aux(directory, dev, place) : ENODEV;
}
