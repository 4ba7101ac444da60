/* A look at the kernel's connectors, and what may be asked of it. */
#ifndef COPP_MONITORS_INTERNAL_H
#define COPP_MONITORS_INTERNAL_H

#include "copp/monitor.h"

#define MONITORS_MAX 128u
#define DRIVER_SIZE 32u

struct connector {
    struct copp_monitor monitor; /* what is told of it */
    const char *kernel_name; /* its name without the card, in monitor.connector */
    char driver[DRIVER_SIZE]; /* the kernel's, of its card: "i915"; "": not known */
    uint64_t device; /* the card's node, as copp_monitors_device says; 0: not known */
    uint8_t edid[COPP_EDID_SIZE]; /* the first block as it is; valid if monitor.has_edid */
};

struct copp_monitors {
    size_t count;
    bool ids_unknown; /* the kernel does not tell the ids of some connectors */
    struct connector connectors[MONITORS_MAX];
};

/* Fills in the connectors below the directory "class/drm" of sysfs, in no order. */
enum copp_result copp_monitors_scan(const char *sysfs, struct copp_monitors *monitors);

/* A device node's number in one piece; never 0. */
static inline uint64_t copp_monitors_device(uint32_t major, uint32_t minor) {
    return UINT64_C(1) << 63 | (uint64_t)major << 32 | minor;
}

/* Whether an X output of that name may be the connector, by the ways in which X drivers name outputs. */
bool copp_monitor_may_be_randr(const struct connector *connector, const char *name);
bool copp_monitor_is_wayland(const struct connector *connector, const char *name);

/* A number that is nothing but its digits, which fits. */
bool copp_monitor_number(const char *text, uint32_t *number);

/* What is known, made ready to be compared. */
enum said_as { SAID_ANYHOW, SAID_CONNECTOR, SAID_RANDR, SAID_WAYLAND, SAID_SERIAL, SAID_MODEL, SAID_ID };
struct known {
    struct copp_monitor_query query;
    enum said_as as; /* what query.text is */
    const char *said; /* query.text without the word in front of it; NULL: no text */
    uint32_t said_id; /* the same as a number */
    uint64_t device; /* of query.drm_fd; 0: none was given */
};

/* COPP_E_ARGUMENT: nothing is known, or what is given can be true of no display. */
enum copp_result copp_monitor_known(const struct copp_monitor_query *query, struct known *known);
bool copp_monitor_matches(const struct connector *connector, const struct known *known);

/* Says why nothing is chosen: candidates are what matches, of which there are matching. */
void copp_monitor_explain(const struct copp_monitors *monitors, const struct known *known, size_t matching, char *why,
                          size_t why_size);
/* The same where the monitors could not be read at all. */
void copp_monitor_explain_unread(enum copp_result result, char *why, size_t why_size);

#endif
