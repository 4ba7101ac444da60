/* What is known of a display, and whether a connector may be the one. No text that is compared is empty (copp_monitor_known). */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/sized.h"
#include "internal.h"

static bool is_connector(const struct connector *connector, const char *name) {
    return strcmp(connector->monitor.connector, name) == 0 || strcmp(connector->kernel_name, name) == 0;
}

/* A number, as decimal or as "0x" and hexadecimal digits. */
static bool read_serial(const char *text, uint32_t *serial) {
    static const char digits[] = "0123456789abcdefABCDEF";
    uint64_t value = 0;
    if (strncmp(text, "0x", 2) != 0)
        return copp_monitor_number(text, serial);
    text += 2;
    if (!*text)
        return false;
    for (; *text && value <= UINT32_MAX; text++) {
        const char *digit = strchr(digits, *text);
        if (!digit)
            return false;
        size_t at = (size_t)(digit - digits);
        value = value << 4 | (at < 16 ? at : at - 6);
    }
    *serial = (uint32_t)value;
    return value <= UINT32_MAX;
}

static bool is_serial(const struct copp_monitor *monitor, const char *text) {
    uint32_t serial;
    return strcmp(monitor->serial_text, text) == 0 ||
           (monitor->serial && read_serial(text, &serial) && serial == monitor->serial);
}

static bool is_model(const struct copp_monitor *monitor, const char *text) {
    return strcmp(monitor->name, text) == 0 || strcmp(monitor->display, text) == 0;
}

/* A whole name of the kernel's is nobody else's: a display that calls itself so is not asked. */
static bool is_whole_name(const char *said) {
    return strncmp(said, "card", 4) == 0 && said[4] >= '0' && said[4] <= '9' && strchr(said, '-');
}

static bool is_anyhow(const struct connector *connector, const char *said) {
    if (is_whole_name(said))
        return strcmp(connector->monitor.connector, said) == 0;
    return is_connector(connector, said) || copp_monitor_is_wayland(connector, said) ||
           copp_monitor_may_be_randr(connector, said) || is_serial(&connector->monitor, said) ||
           is_model(&connector->monitor, said);
}

static bool matches_text(const struct connector *connector, const struct known *known) {
    switch (known->as) {
    case SAID_ANYHOW:
        return is_anyhow(connector, known->said);
    case SAID_CONNECTOR:
        return is_connector(connector, known->said);
    case SAID_RANDR:
        return copp_monitor_may_be_randr(connector, known->said);
    case SAID_WAYLAND:
        return copp_monitor_is_wayland(connector, known->said);
    case SAID_SERIAL:
        return is_serial(&connector->monitor, known->said);
    case SAID_MODEL:
        return is_model(&connector->monitor, known->said);
    case SAID_ID:
        return connector->monitor.connector_id == known->said_id;
    }
    return false;
}

static bool matches_names(const struct connector *connector, const struct copp_monitor_query *query) {
    return (!query->connector || is_connector(connector, query->connector)) &&
           (!query->randr || copp_monitor_may_be_randr(connector, query->randr)) &&
           (!query->wayland || copp_monitor_is_wayland(connector, query->wayland));
}

static bool matches_edid(const struct connector *connector, const struct copp_monitor_query *query) {
    const struct copp_monitor *monitor = &connector->monitor;
    return (!query->serial || is_serial(monitor, query->serial)) && (!query->model || is_model(monitor, query->model)) &&
           (!query->edid || (monitor->has_edid && memcmp(query->edid, connector->edid, COPP_EDID_SIZE) == 0));
}

bool copp_monitor_matches(const struct connector *connector, const struct known *known) {
    const struct copp_monitor_query *query = &known->query;
    return (!known->said || matches_text(connector, known)) && matches_names(connector, query) &&
           matches_edid(connector, query) && (!query->connector_id || connector->monitor.connector_id == query->connector_id) &&
           (!known->device || connector->device == known->device);
}

static bool split_text(struct known *known) {
    static const struct {
        const char *word;
        enum said_as as;
    } words[] = {{"connector:", SAID_CONNECTOR}, {"id:", SAID_ID},         {"randr:", SAID_RANDR},
                 {"wayland:", SAID_WAYLAND},     {"serial:", SAID_SERIAL}, {"model:", SAID_MODEL}};
    known->said = known->query.text;
    for (size_t i = 0; known->said && i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i].word);
        if (strncmp(known->query.text, words[i].word, length) != 0)
            continue;
        known->as = words[i].as;
        known->said = known->query.text + length;
        break;
    }
    return known->as != SAID_ID || (copp_monitor_number(known->said, &known->said_id) && known->said_id);
}

static bool read_device(struct known *known) {
    struct stat about;
    if (!known->query.drm_fd)
        return true;
    if (fstat(*known->query.drm_fd, &about) != 0 || !S_ISCHR(about.st_mode))
        return false;
    known->device = copp_monitors_device(major(about.st_rdev), minor(about.st_rdev));
    return true;
}

/* An empty text is a player that has not asked. */
static bool is_said(const char *text) {
    return !text || text[0];
}

/* A card alone would be true of each of its connectors. */
static bool says_something(const struct copp_monitor_query *query) {
    return query->text || query->connector || query->randr || query->wayland || query->serial || query->model ||
           query->connector_id || query->edid;
}

enum copp_result copp_monitor_known(const struct copp_monitor_query *query, struct known *known) {
    memset(known, 0, sizeof *known);
    if (!query || !copp_sized_read(query, &known->query, sizeof known->query))
        return COPP_E_ARGUMENT;
    const struct copp_monitor_query *q = &known->query;
    bool good = says_something(q) && is_said(q->connector) && is_said(q->randr) && is_said(q->wayland) && is_said(q->serial) &&
                is_said(q->model) && (!q->edid || q->edid_size >= COPP_EDID_SIZE) && split_text(known) && is_said(known->said) &&
                read_device(known);
    return good ? COPP_OK : COPP_E_ARGUMENT;
}
