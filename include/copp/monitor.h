/*
 * Which connector a display is at: from what a player knows of the display that it shows its picture on, such as an X or Wayland
 * output's name, to the connector's name at coppd. Not on Windows.
 *
 * The answer is made from /sys/class/drm and the displays' EDID, in the player's own process. coppd's list of connectors is not
 * authenticated; the name that is found here goes into struct copp_session_config, and every answer is then bound to it (BIND-7).
 * A display that is unknown, or that may be one of several, is an error that names the candidates: nothing is guessed.
 *
 * What is found holds until a display is plugged in or out. A session on the connector sees that as LinkLost (EVT-1); then choose
 * again. A picture that stands on several displays needs a choice, and a session, for each of them.
 */
#ifndef COPP_MONITOR_H
#define COPP_MONITOR_H

#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_EDID_SIZE 128u /* of the block that tells one model from another; extensions are not read */
#define COPP_EDID_TEXT_SIZE 14u /* of one of its texts, with the NUL */
#define COPP_EDID_DISPLAY_SIZE 32u
#define COPP_MONITOR_WHY_SIZE 512u /* enough for a message that names some candidates */

/* What a display says of itself. All texts are printable ASCII, whatever the display has sent. */
struct copp_edid {
    size_t size; /* sizeof this struct */
    char manufacturer[4]; /* three letters: "DEL" */
    uint16_t product;
    uint32_t serial; /* 0: none */
    char name[COPP_EDID_TEXT_SIZE]; /* "DELL U2412M"; "": none */
    char serial_text[COPP_EDID_TEXT_SIZE]; /* "": none */
    char display[COPP_EDID_DISPLAY_SIZE]; /* "DEL A07B DELL U2412M", as coppd and copp status call it */
};

/* Reads the first block of an EDID. COPP_E_TRUNCATED: less than a block; COPP_E_INVALID: not an EDID, or damaged. */
COPP_API COPP_NODISCARD enum copp_result copp_edid_read(const uint8_t *bytes, size_t size, struct copp_edid *edid);

/* One of the kernel's connectors. */
struct copp_monitor {
    size_t size; /* sizeof this struct */
    char connector[COPP_CONNECTOR_NAME_SIZE]; /* "card0-HDMI-A-1": its name at a coppd that has the kernel's outputs */
    char card[COPP_CONNECTOR_NAME_SIZE]; /* "card0" */
    uint32_t
        connector_id; /* of DRM, on this card; 0: the kernel does not tell (Linux tells it in sysfs, but old versions do not) */
    bool connected; /* a display is there */
    bool has_edid; /* false: the display has none, or a damaged one, and manufacturer and so on are empty */
    char manufacturer[4];
    uint16_t product;
    uint32_t serial;
    char name[COPP_EDID_TEXT_SIZE];
    char serial_text[COPP_EDID_TEXT_SIZE];
    char display[COPP_EDID_DISPLAY_SIZE];
};

/*
 * What is known of a display: everything that is given must be true of it. NULL and 0 are not known; at least one thing must be.
 * All pointers are borrowed during the call.
 */
struct copp_monitor_query {
    size_t size; /* sizeof this struct */
    /*
     * What a person has said, or a setting: one of the names below, or one of these to say which it is: "connector:NAME", "id:NUMBER",
     * "randr:NAME", "wayland:NAME", "serial:TEXT", "model:TEXT". Without such a word it is compared with all of them but the number.
     */
    const char *text;
    const char *connector; /* the kernel's and coppd's name: "card0-HDMI-A-1", or without the card */
    const char
        *randr; /* an X output's name: "HDMI-1". Drivers count in different ways: give the id or the EDID as well, if you can */
    const char *wayland; /* an output's name from wl_output or xdg_output: "HDMI-A-1" */
    const char *serial; /* of the EDID: its text, or its number as "0x0001E240" */
    const char *model; /* of the EDID: the product's name, or manufacturer, product and name as in struct copp_monitor */
    uint32_t connector_id; /* of DRM: kmssink's connector-id, or RandR's property CONNECTOR_ID */
    const int *drm_fd; /* open on the card's /dev/dri/cardN: ids are a card's own */
    const uint8_t *edid; /* as read from the X server or the compositor: the first block is compared */
    size_t edid_size; /* at least COPP_EDID_SIZE where edid is given */
};

/* The kernel's connectors and displays as they were at one moment. */
struct copp_monitors;

struct copp_monitors_config {
    size_t size; /* sizeof this struct */
    const char *sysfs; /* borrowed during the call; NULL: "/sys" */
};

/*
 * Looks at all connectors; config may be NULL. It opens no device. Reading an EDID may wait for a graphics driver that is at work.
 * COPP_E_NOT_FOUND: this system does not have a graphics card; COPP_E_IO: errno says what cannot be read; COPP_E_TOO_LARGE: more than 128
 * connectors, or a longer name than coppd knows; COPP_E_MEMORY. Nothing is left out to succeed: it could be the one.
 */
COPP_API COPP_NODISCARD enum copp_result copp_monitors_read(const struct copp_monitors_config *config,
                                                            struct copp_monitors **monitors);

COPP_API size_t copp_monitors_count(const struct copp_monitors *monitors);

/* By index from 0 on, sorted by name. COPP_E_NOT_FOUND beyond the last one. */
COPP_API COPP_NODISCARD enum copp_result copp_monitors_get(const struct copp_monitors *monitors, size_t index,
                                                           struct copp_monitor *monitor);

/*
 * The one connector of which all of the query is true. COPP_E_NOT_FOUND: of none; COPP_E_AMBIGUOUS: of several, or it may be: *display
 * is empty then. COPP_E_ARGUMENT: also an empty query, or an invalid number or descriptor.
 * why, if it is not NULL, has room for why_size bytes, at least 1. It gets "", or a sentence fragment that names the candidates.
 * Whether a display is plugged in makes no difference, except that only a display has an EDID.
 */
COPP_API COPP_NODISCARD enum copp_result copp_monitors_choose(const struct copp_monitors *monitors,
                                                              const struct copp_monitor_query *query,
                                                              struct copp_monitor *monitor, char *why, size_t why_size);

/* Whether the query may mean the display at index: goes over the candidates. False beyond the last one. */
COPP_API COPP_NODISCARD bool copp_monitors_match(const struct copp_monitors *monitors, const struct copp_monitor_query *query,
                                                 size_t index);

/* NULL-safe; clears the pointer. */
COPP_API void copp_monitors_free(struct copp_monitors **monitors);

/* copp_monitors_read and copp_monitors_choose in one: what most players call. */
COPP_API COPP_NODISCARD enum copp_result copp_monitor_choose(const struct copp_monitors_config *config,
                                                             const struct copp_monitor_query *query, struct copp_monitor *monitor,
                                                             char *why, size_t why_size);

#ifdef __cplusplus
}
#endif

#endif
