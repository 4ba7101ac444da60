/* A made /sys with graphics cards, laid out by links as the kernel's is. */
#ifndef COPP_TEST_SYSFS_KIT_H
#define COPP_TEST_SYSFS_KIT_H

#include "../unit/harness.h"

/* A new one without any card; sysfs_free removes it with all that is in it. */
char *sysfs_new(void);
void sysfs_free(char *sysfs);

/* "card0" with its number "226:0" and its driver; NULL: the kernel tells none of it. */
void sysfs_card(const char *sysfs, const char *card, const char *dev, const char *driver);

/* The driver of a card that is there already, laid out in another way. */
void sysfs_driver(const char *sysfs, const char *card, const char *driver);

struct sysfs_connector {
    const char *name; /* "card0-HDMI-A-1"; its card is there */
    const char *id; /* NULL: a kernel that does not tell it */
    const char *status; /* NULL: "connected" */
    const uint8_t *edid; /* NULL: an empty file */
    size_t edid_size; /* 0: one block */
};
void sysfs_connector(const char *sysfs, const struct sysfs_connector *connector);

/* The path of a connector's attribute; free with free(). */
char *sysfs_attribute(const char *sysfs, const char *connector, const char *name);
void sysfs_write(const char *path, const void *bytes, size_t size);

/* A display's first block: a DELL U2412M with this number, name and serial number. NULL: it has no such text. */
void sysfs_edid(uint8_t block[COPP_EDID_SIZE], uint32_t serial, const char *name, const char *serial_text);
void sysfs_seal(uint8_t block[COPP_EDID_SIZE]);

#endif
