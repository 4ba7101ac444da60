/*
 * How others call the kernel's connectors. Their names come from the same kind and number, in different spellings, and X drivers do
 * not agree on the number:
 *
 * - modesetting, nouveau and intel count as the kernel does, from 1 on ("HDMI-1", "HDMI1"). amdgpu, radeon and older ones count from 0
 *   ("HDMI-A-0", "DisplayPort-0", "eDP" without a number), but the first DVI-I, DVI-D and DVI-A together, whose numbers the kernel
 *   gives apart. nvidia has numbers of its own.
 * - A second graphics card's outputs, and monitors behind a hub, have further numbers ("HDMI-1-1", "DP-1-8"), which the kernel's
 *   connectors do not show.
 *
 * Which X driver runs is not known here, but the kernel's driver is, and it leaves few. Where that is not enough, all that may be meant
 * are candidates.
 */
#include <string.h>

#include "internal.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool copp_monitor_number(const char *text, uint32_t *number) {
    uint64_t value = 0;
    if (!*text)
        return false;
    for (; is_digit(*text) && value <= UINT32_MAX; text++)
        value = value * 10 + (uint64_t)(*text - '0');
    *number = (uint32_t)value;
    return !*text && value <= UINT32_MAX;
}

/* The kernel's name of a kind, "HDMI-A" of "HDMI-A-1", and its number. */
struct kind {
    char name[COPP_CONNECTOR_NAME_SIZE];
    uint32_t number;
};

static bool read_kind(const struct connector *connector, struct kind *kind) {
    const char *dash = strrchr(connector->kernel_name, '-');
    if (!dash || !copp_monitor_number(dash + 1, &kind->number))
        return false;
    size_t length = (size_t)(dash - connector->kernel_name);
    memcpy(kind->name, connector->kernel_name, length);
    kind->name[length] = 0;
    return true;
}

/* What stands behind the kind in an X output's name. */
enum suffix { SUFFIX_OTHER, SUFFIX_NONE, SUFFIX_NUMBER, SUFFIX_NUMBERS };

static enum suffix read_suffix(const char *text, uint32_t *number) {
    if (!*text)
        return SUFFIX_NONE;
    if (*text == '-')
        text++;
    if (copp_monitor_number(text, number))
        return SUFFIX_NUMBER;
    size_t digits = strspn(text, "0123456789");
    bool numbers = digits && text[digits] == '-' && is_digit(text[digits + 1]) && !text[strspn(text, "0123456789-")];
    return numbers ? SUFFIX_NUMBERS : SUFFIX_OTHER;
}

/* What the number in an X output's name says of the kernel's number. */
enum counting { COUNTING_SAME, COUNTING_DIFFERS, COUNTING_NOTHING };

/* X's words for a kind. */
struct spelling {
    const char *kind;
    const char *word;
    enum counting common; /* of the X drivers that use the word, on cards that have no others */
    enum counting amdgpu; /* whose own X driver writes "HDMI-A" and "DisplayPort", and counts from 0 */
};

static const struct spelling spellings[] = {
    {"VGA", "VGA", COUNTING_SAME, COUNTING_DIFFERS},
    {"DVI-I", "DVI-I", COUNTING_SAME, COUNTING_DIFFERS},
    {"DVI-D", "DVI-D", COUNTING_SAME, COUNTING_DIFFERS},
    {"DVI-A", "DVI-A", COUNTING_SAME, COUNTING_DIFFERS},
    {"DVI-I", "DVI", COUNTING_NOTHING, COUNTING_NOTHING},
    {"DVI-D", "DVI", COUNTING_NOTHING, COUNTING_NOTHING},
    {"DVI-A", "DVI", COUNTING_NOTHING, COUNTING_NOTHING},
    {"Composite", "Composite", COUNTING_SAME, COUNTING_DIFFERS},
    {"SVIDEO", "SVIDEO", COUNTING_SAME, COUNTING_DIFFERS},
    {"SVIDEO", "S-video", COUNTING_DIFFERS, COUNTING_DIFFERS},
    {"LVDS", "LVDS", COUNTING_SAME, COUNTING_DIFFERS},
    {"Component", "Component", COUNTING_SAME, COUNTING_DIFFERS},
    {"Component", "CTV", COUNTING_DIFFERS, COUNTING_DIFFERS},
    {"DIN", "DIN", COUNTING_SAME, COUNTING_DIFFERS},
    {"DP", "DP", COUNTING_SAME, COUNTING_SAME},
    {"DP", "DisplayPort", COUNTING_DIFFERS, COUNTING_DIFFERS},
    {"HDMI-A", "HDMI", COUNTING_SAME, COUNTING_SAME},
    {"HDMI-A", "HDMI-A", COUNTING_SAME, COUNTING_DIFFERS}, /* Xwayland has the compositor's name */
    {"HDMI-B", "HDMI", COUNTING_DIFFERS, COUNTING_DIFFERS},
    {"HDMI-B", "HDMI-B", COUNTING_SAME, COUNTING_DIFFERS},
    {"TV", "TV", COUNTING_SAME, COUNTING_DIFFERS},
    {"eDP", "eDP", COUNTING_SAME, COUNTING_DIFFERS},
    {"Virtual", "Virtual", COUNTING_SAME, COUNTING_DIFFERS},
    {"DSI", "DSI", COUNTING_SAME, COUNTING_DIFFERS},
    {"DPI", "DPI", COUNTING_SAME, COUNTING_DIFFERS},
};

/* Drivers whose cards no X driver that counts otherwise can run. */
static bool has_common_names(const char *driver) {
    static const char *const drivers[] = {"i915", "xe", "nouveau", "vc4", "vc4-drm"};
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        if (strcmp(drivers[i], driver) == 0)
            return true;
    }
    return false;
}

static enum counting counting_of(const struct connector *connector, const struct spelling *spelling) {
    const char *driver = connector->driver;
    if (strncmp(driver, "nvidia", 6) == 0)
        return COUNTING_NOTHING;
    if (strcmp(driver, "amdgpu") == 0)
        return spelling->amdgpu;
    if (has_common_names(driver))
        return spelling->common;
    return spelling->common == COUNTING_SAME ? COUNTING_DIFFERS : spelling->common;
}

/* From 0 on or from 1 on; the first of three kinds of DVI is 0, 1 or 2. */
static bool may_be_number(enum counting counting, uint32_t said, const struct kind *kind) {
    if (counting == COUNTING_NOTHING || said == kind->number)
        return true;
    bool first_dvi = strncmp(kind->name, "DVI", 3) == 0 && kind->number == 1;
    return counting == COUNTING_DIFFERS && (said == kind->number - 1 || (first_dvi && said == 2));
}

static bool may_be_spelled(const struct connector *connector, const struct kind *kind, const struct spelling *spelling,
                           const char *name) {
    uint32_t number;
    size_t length = strlen(spelling->word);
    if (strcmp(spelling->kind, kind->name) != 0 || strncmp(name, spelling->word, length) != 0)
        return false;
    enum counting counting = counting_of(connector, spelling);
    switch (read_suffix(name + length, &number)) {
    case SUFFIX_NONE: /* the first of its kind */
        return counting == COUNTING_NOTHING || (counting == COUNTING_DIFFERS && kind->number == 1);
    case SUFFIX_NUMBER:
        return may_be_number(counting, number, kind);
    case SUFFIX_NUMBERS: /* of another card, or behind a hub: the kernel's number is not among them */
        return true;
    default:
        return false;
    }
}

bool copp_monitor_may_be_randr(const struct connector *connector, const char *name) {
    struct kind kind;
    if (!read_kind(connector, &kind))
        return false;
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        if (may_be_spelled(connector, &kind, &spellings[i], name))
            return true;
    }
    return false;
}

/* Compositors have the kernel's name, and Mutter writes "HDMI" for "HDMI-A". */
bool copp_monitor_is_wayland(const struct connector *connector, const char *name) {
    struct kind kind;
    uint32_t number;
    if (strcmp(connector->kernel_name, name) == 0)
        return true;
    return read_kind(connector, &kind) && strcmp(kind.name, "HDMI-A") == 0 && strncmp(name, "HDMI-", 5) == 0 &&
           copp_monitor_number(name + 5, &number) && number == kind.number;
}
