/* Why no display was chosen, in words. Names come from players, servers and displays: they are made harmless. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/printable.h"
#include "internal.h"

#define SHOWN_SIZE 72u /* of a name of somebody else's */

struct text {
    char *bytes;
    size_t size;
    size_t used; /* less than size */
};

/* Cut off at the end. */
__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->bytes + text->used, text->size - text->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->used += (size_t)length < text->size - text->used ? (size_t)length : text->size - text->used - 1;
}

static void add_fact(struct text *text, const char *kind, const char *value, size_t *facts) {
    char shown[SHOWN_SIZE];
    if (!value)
        return;
    escape_printable(value, shown, sizeof shown);
    add(text, "%s%s\"%s\"", (*facts)++ ? " and " : "", kind, shown);
}

/* In the order in which a person thinks of them. */
static void add_query(struct text *text, const struct known *known) {
    const struct copp_monitor_query *query = &known->query;
    size_t facts = 0;
    add_fact(text, "", query->text, &facts);
    add_fact(text, "connector ", query->connector, &facts);
    add_fact(text, "X output ", query->randr, &facts);
    add_fact(text, "Wayland output ", query->wayland, &facts);
    add_fact(text, "serial ", query->serial, &facts);
    add_fact(text, "model ", query->model, &facts);
    if (query->connector_id)
        add(text, "%sconnector id %lu", facts++ ? " and " : "", (unsigned long)query->connector_id);
    if (query->edid)
        add(text, "%sthe EDID", facts++ ? " and " : "");
    if (known->device)
        add(text, " on the card of the open file");
}

static void add_monitor(struct text *text, const struct copp_monitor *monitor) {
    const char *shown = monitor->has_edid ? monitor->display : monitor->connected ? "unknown display" : "nothing plugged in";
    add(text, "%s (%s)", monitor->connector, shown);
}

/* All, or those that match. */
static void add_monitors(struct text *text, const struct copp_monitors *monitors, const struct known *known, const char *last) {
    size_t total = 0;
    size_t done = 0;
    for (size_t i = 0; i < monitors->count; i++)
        total += !known || copp_monitor_matches(&monitors->connectors[i], known);
    for (size_t i = 0; i < monitors->count; i++) {
        if (known && !copp_monitor_matches(&monitors->connectors[i], known))
            continue;
        add(text, "%s", done == 0 ? "" : done + 1 == total ? last : ", ");
        add_monitor(text, &monitors->connectors[i].monitor);
        done++;
    }
}

static bool asks_for_id(const struct known *known) {
    return known->query.connector_id || known->as == SAID_ID;
}

void copp_monitor_explain(const struct copp_monitors *monitors, const struct known *known, size_t matching, char *why,
                          size_t why_size) {
    struct text text = {.bytes = why, .size = why_size};
    add_query(&text, known);
    if (matching) {
        add(&text, " may be ");
        add_monitors(&text, monitors, known, " or ");
        add(&text, ": name the connector");
        return;
    }
    add(&text, " is not a display of this machine");
    if (asks_for_id(known) && monitors->ids_unknown)
        add(&text, " whose id the kernel reports");
    add(&text, "; it has ");
    add_monitors(&text, monitors, NULL, " and ");
}

void copp_monitor_explain_unread(enum copp_result result, char *why, size_t why_size) {
    struct text text = {.bytes = why, .size = why_size};
    if (result == COPP_E_NOT_FOUND)
        add(&text, "this system shows no graphics cards' connectors in /sys/class/drm");
    else
        add(&text, "the connectors in /sys/class/drm cannot be read: %s", copp_strerror(result));
}
