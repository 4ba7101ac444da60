#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "copp.h"

#define DRM_MAJOR_NUMBER 226u
#define DRM_AUTH_MAGIC _IOW('d', 0x11, uint32_t) /* as in drm.h, which only libdrm has in some systems */
#define NAME_SIZE (COPP_CONNECTOR_NAME_SIZE + 16u)

/* --- what mpv shows its picture with --- */

enum output { OUTPUT_UNKNOWN, OUTPUT_X, OUTPUT_WAYLAND, OUTPUT_CARD };

static enum output output_by_name(const char *name) {
    static const struct {
        const char *start;
        enum output output;
    } known[] = {{"x", OUTPUT_X},
                 {"vdpau", OUTPUT_X},
                 {"wayland", OUTPUT_WAYLAND},
                 {"wlshm", OUTPUT_WAYLAND},
                 {"dmabuf-wayland", OUTPUT_WAYLAND},
                 {"drm", OUTPUT_CARD}};
    for (size_t i = 0; name != NULL && i < sizeof known / sizeof *known; i++) {
        if (strncmp(name, known[i].start, strlen(known[i].start)) == 0)
            return known[i].output;
    }
    return OUTPUT_UNKNOWN;
}

/* By a property that names it, "x11" for instance. */
static enum output output_by_property(mpv_handle *mpv, const char *property) {
    char *name = mpv_get_property_string(mpv, property);
    enum output output = output_by_name(name);
    mpv_free(name);
    return output;
}

/* Before there is a window the options say it. With vo=gpu the context does; where mpv has chosen that, older versions do not tell. */
static enum output which_output(mpv_handle *mpv) {
    char *current = mpv_get_property_string(mpv, "current-vo");
    enum output output = current != NULL ? output_by_name(current) : output_by_property(mpv, "options/vo");
    if (output == OUTPUT_UNKNOWN && (current == NULL || strncmp(current, "gpu", 3) == 0)) {
        output = output_by_property(mpv, "current-gpu-context");
        output = output != OUTPUT_UNKNOWN ? output : output_by_property(mpv, "options/gpu-context");
    }
    mpv_free(current);
    return output;
}

bool place_is_card(mpv_handle *mpv) {
    return which_output(mpv) == OUTPUT_CARD;
}

/* --- the displays of a window --- */

static bool is_there(const struct place *place, const char *name) {
    for (size_t i = 0; i < place->count; i++) {
        if (strcmp(place->names[i], name) == 0)
            return true;
    }
    return false;
}

/* mpv may name a display several times. */
static void add_name(struct place *place, const char *kind, const char *name) {
    const size_t size = strlen(kind) + strlen(name) + 1;
    char *whole = malloc(size);
    if (whole != NULL)
        snprintf(whole, size, "%s%s", kind, name);
    const bool again = whole != NULL && is_there(place, whole);
    if (whole != NULL && !again && place->count < DISPLAYS_MAX) {
        place->names[place->count++] = whole;
        return;
    }
    place->incomplete = place->incomplete || !again;
    free(whole);
}

/* A name is compared with those of its own kind only, where it is known of which kind it is. */
static void read_window(mpv_handle *mpv, enum output output, struct place *place) {
    const char *kind = output == OUTPUT_X ? "randr:" : output == OUTPUT_WAYLAND ? "wayland:" : "";
    mpv_node node;
    if (mpv_get_property(mpv, "display-names", MPV_FORMAT_NODE, &node) < 0)
        return;
    for (int i = 0; node.format == MPV_FORMAT_NODE_ARRAY && i < node.u.list->num; i++) {
        if (node.u.list->values[i].format == MPV_FORMAT_STRING)
            add_name(place, kind, node.u.list->values[i].u.string);
    }
    mpv_free_node_contents(&node);
    place->known = place->count > 0 || place->incomplete;
}

/* --- a card that mpv drives itself --- */

/* What libdrm's drmIsMaster asks: it changes nothing. */
static bool is_master(int fd) {
    uint32_t nobody = 0;
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISCHR(status.st_mode) || major(status.st_rdev) != DRM_MAJOR_NUMBER)
        return false;
    return ioctl(fd, DRM_AUTH_MAGIC, &nobody) == 0 || errno != EACCES;
}

/* Among this process's open files, since mpv tells nobody. */
static int find_card(void) {
    int card = -1;
    DIR *files = opendir("/proc/self/fd");
    const struct dirent *entry;
    while (files != NULL && card < 0 && (entry = readdir(files)) != NULL) {
        int fd = entry->d_name[0] != '.' ? (int)strtol(entry->d_name, NULL, 10) : -1;
        card = fd >= 0 && fd != dirfd(files) && is_master(fd) ? fd : -1;
    }
    if (files != NULL)
        closedir(files);
    return card;
}

/* "HDMI-A-1", or "0.HDMI-A-1" on card0. Without one mpv takes the first that has a display, and does not say which. */
static void read_card(mpv_handle *mpv, struct place *place) {
    char *wanted = mpv_get_property_string(mpv, "options/drm-connector");
    char name[NAME_SIZE];
    const char *dot = wanted != NULL ? strchr(wanted, '.') : NULL;
    const char *own = dot != NULL ? dot + 1 : wanted;
    if (own != NULL && *own != '\0' && strcmp(own, "auto") != 0) {
        if (dot != NULL)
            snprintf(name, sizeof name, "card%.*s-%s", (int)(dot - wanted), wanted, own);
        else
            snprintf(name, sizeof name, "%s", own);
        add_name(place, "connector:", name);
    }
    mpv_free(wanted);
}

/* --- both --- */

void place_read(mpv_handle *mpv, const char *connector, struct place *place) {
    enum output output = which_output(mpv);
    *place = (struct place){.card_fd = output == OUTPUT_CARD ? find_card() : -1};
    place->known = output == OUTPUT_CARD ? place->card_fd >= 0 : connector != NULL;
    if (connector != NULL)
        add_name(place, "", connector);
    else if (output == OUTPUT_CARD)
        read_card(mpv, place);
    else
        read_window(mpv, output, place);
}

void place_free(struct place *place) {
    while (place->count > 0)
        free(place->names[--place->count]);
}
