#include "sysfs_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/system_kit.h"
#include "edids.h"

#define NAME_AT 90u /* the U2412M's descriptor with its name */
#define UNUSED_AT 72u /* one that says nothing */
#define TEXT_SIZE 13u

/* What printf would print; free with free(). */
__attribute__((format(printf, 1, 2))) static char *text(const char *format, ...) {
    char *made = NULL;
    va_list arguments;
    va_start(arguments, format);
    assert_true(vasprintf(&made, format, arguments) > 0);
    va_end(arguments);
    return made;
}

static void make_directories(const char *path) {
    char *part = strdup(path);
    assert_non_null(part);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        assert_true(mkdir(part, 0777) == 0 || errno == EEXIST);
        *slash = '/';
    }
    assert_true(mkdir(part, 0777) == 0 || errno == EEXIST);
    free(part);
}

static void link_to(const char *path, const char *target) {
    assert_int_equal(symlink(target, path), 0);
}

void sysfs_write(const char *path, const void *bytes, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    assert_int_equal(close(fd), 0);
}

char *sysfs_new(void) {
    char *sysfs = test_directory_new();
    char *drm = text("%s/class/drm", sysfs);
    make_directories(drm);
    char *version = text("%s/version", drm);
    sysfs_write(version, "drm 1.1.0 20060810\n", 19);
    free(version);
    free(drm);
    return sysfs;
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about;
    (void)kind;
    return walk->level ? remove(path) : 0;
}

void sysfs_free(char *sysfs) {
    assert_int_equal(nftw(sysfs, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
    test_directory_remove(sysfs);
}

void sysfs_card(const char *sysfs, const char *card, const char *dev, const char *driver) {
    char *device = text("%s/devices/%s", sysfs, card);
    char *node = text("%s/drm/%s", device, card);
    char *in_class = text("%s/class/drm/%s", sysfs, card);
    char *target = text("../../devices/%s/drm/%s", card, card);
    char *back = text("%s/device", node);
    make_directories(node);
    link_to(in_class, target);
    link_to(back, "../..");
    if (dev) {
        char *path = text("%s/dev", node);
        char *line = text("%s\n", dev);
        sysfs_write(path, line, strlen(line));
        free(path);
        free(line);
    }
    if (driver) {
        char *path = text("%s/driver", device);
        char *to = text("../../bus/pci/drivers/%s", driver);
        link_to(path, to);
        free(path);
        free(to);
    }
    free(device);
    free(node);
    free(in_class);
    free(target);
    free(back);
}

void sysfs_driver(const char *sysfs, const char *card, const char *driver) {
    char *device = sysfs_attribute(sysfs, card, "device");
    char *path = sysfs_attribute(sysfs, card, "device/driver");
    link_to(device, "../..");
    link_to(path, driver);
    free(device);
    free(path);
}

char *sysfs_attribute(const char *sysfs, const char *connector, const char *name) {
    return text("%s/class/drm/%s/%s", sysfs, connector, name);
}

static void write_attribute(const char *sysfs, const char *connector, const char *name, const char *line) {
    char *path = sysfs_attribute(sysfs, connector, name);
    char *whole = text("%s\n", line);
    sysfs_write(path, whole, strlen(whole));
    free(path);
    free(whole);
}

void sysfs_connector(const char *sysfs, const struct sysfs_connector *connector) {
    int card = (int)strcspn(connector->name, "-");
    char *directory = text("%s/devices/%.*s/drm/%.*s/%s", sysfs, card, connector->name, card, connector->name, connector->name);
    char *in_class = text("%s/class/drm/%s", sysfs, connector->name);
    char *target = text("../../devices/%.*s/drm/%.*s/%s", card, connector->name, card, connector->name, connector->name);
    make_directories(directory);
    link_to(in_class, target);
    write_attribute(sysfs, connector->name, "status", connector->status ? connector->status : "connected");
    if (connector->id)
        write_attribute(sysfs, connector->name, "connector_id", connector->id);
    char *edid = sysfs_attribute(sysfs, connector->name, "edid");
    sysfs_write(edid, connector->edid ? connector->edid : (const uint8_t *)"",
                !connector->edid       ? 0
                : connector->edid_size ? connector->edid_size
                                       : COPP_EDID_SIZE);
    free(edid);
    free(directory);
    free(in_class);
    free(target);
}

void sysfs_seal(uint8_t block[COPP_EDID_SIZE]) {
    uint8_t sum = 0;
    for (size_t i = 0; i < COPP_EDID_SIZE - 1; i++)
        sum = (uint8_t)(sum + block[i]);
    block[COPP_EDID_SIZE - 1] = (uint8_t)-sum;
}

static void put_text(uint8_t *descriptor, uint8_t tag, const char *content) {
    size_t length = strlen(content);
    assert_true(length <= TEXT_SIZE);
    memset(descriptor, 0, 5);
    descriptor[3] = tag;
    memset(descriptor + 5, ' ', TEXT_SIZE);
    memcpy(descriptor + 5, content, length);
    if (length < TEXT_SIZE)
        descriptor[5 + length] = '\n';
}

void sysfs_edid(uint8_t block[COPP_EDID_SIZE], uint32_t serial, const char *name, const char *serial_text) {
    assert_int_equal(from_hex(EDID_U2412M, block, COPP_EDID_SIZE), COPP_EDID_SIZE);
    for (unsigned i = 0; i < 4; i++)
        block[12 + i] = (uint8_t)(serial >> 8 * i);
    put_text(block + NAME_AT, name ? 0xfc : 0xfe, name ? name : "");
    if (serial_text)
        put_text(block + UNUSED_AT, 0xff, serial_text);
    sysfs_seal(block);
}
