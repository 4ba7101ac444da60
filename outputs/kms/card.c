/* Only ioctls that do not disturb a display server: nothing is probed. */
#include "outputs/kms/card.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#include "outputs/kms/claim.h"
#include "outputs/kms/property.h"
#include "outputs/kms/signal.h"
#include "outputs/kms/timing.h"

static_assert(KMS_CONNECTORS <= 32, "a bit for each (companions)");

static bool value_of(const drmModeObjectProperties *properties, uint32_t id, uint64_t *value) {
    for (uint32_t i = 0; i < properties->count_props; i++) {
        if (id && properties->props[i] == id) {
            *value = properties->prop_values[i];
            return true;
        }
    }
    return false;
}

static void read_hdcp(const struct kms_card *card, const struct kms_connector *connector,
                      const drmModeObjectProperties *properties, struct hdcp_observation *observation) {
    uint64_t value = HDCP_UNREADABLE;
    uint64_t type = 0;
    if (!value_of(properties, connector->protection_property, &value) || value > HDCP_ENABLED)
        value = HDCP_UNREADABLE;
    observation->type1 = value == HDCP_ENABLED && value_of(properties, connector->type_property, &type) && type == 1;
    if (value == HDCP_ENABLED && card->type1 && !observation->type1)
        value = HDCP_DESIRED; /* what there is, is less than what was asked for */
    observation->hdcp = (enum hdcp_value)value;
}

/* Another blob has another number as long as the old one is there; the numbers of old ones are used again, so that a scan clears it. */
static void read_display(int fd, struct kms_connector *connector, uint64_t blob) {
    if (blob && blob == connector->edid_blob)
        return;
    connector->edid_blob = 0;
    connector->display[0] = 0;
    drmModePropertyBlobPtr edid = blob && blob <= UINT32_MAX ? drmModeGetPropertyBlob(fd, (uint32_t)blob) : NULL;
    if (!edid)
        return;
    connector->edid_blob = edid->id;
    (void)edid_display(edid->data, edid->length, connector->display);
    drmModeFreePropertyBlob(edid);
}

/* What its properties say, and which tiled display it is a part of (0: none). */
static uint32_t read_properties(struct kms_card *card, struct kms_connector *connector, struct hdcp_observation *observation) {
    uint64_t blob = 0;
    uint64_t tile = 0;
    drmModeObjectPropertiesPtr properties = drmModeObjectGetProperties(card->fd, connector->id, DRM_MODE_OBJECT_CONNECTOR);
    if (connector->protection_property)
        observation->hdcp = HDCP_UNREADABLE;
    if (connector->protection_property && properties)
        read_hdcp(card, connector, properties, observation);
    if (properties)
        (void)value_of(properties, connector->tile_property, &tile);
    if (properties && observation->connected)
        (void)value_of(properties, connector->edid_property, &blob);
    drmModeFreeObjectProperties(properties);
    read_display(card->fd, connector, blob);
    memcpy(observation->display, connector->display, sizeof observation->display);
    return kms_tile_group(card->fd, tile);
}

/* Another part of the same tiled display: by its own word, which only displays with tiles give. What one says that cannot be read may be that. */
static bool is_tile_of(const struct kms_card *card, const struct kms_connector *connector, uint32_t group) {
    uint64_t blob = 0;
    if (connector->tile_property && !kms_property_read(card->fd, connector->id, connector->tile_property, &blob))
        return true;
    uint32_t other = kms_tile_group(card->fd, blob);
    return other == group || (other && (other == KMS_TILE_UNREAD || group == KMS_TILE_UNREAD));
}

bool kms_card_can_write(const struct kms_card *card, size_t index) {
    return card->connectors[index].id && card->connectors[index].protection_property;
}

bool kms_card_can_protect(const struct kms_card *card, const struct kms_connector *connector) {
    return connector->protection_property && (!card->type1 || connector->type_property);
}

/* What another connector is to ours. */
struct beside {
    enum copp_multi_adapter_mode mode;
    bool spanned; /* it shows a part of the same picture, and has to be protected as well */
    bool unread; /* that cannot be told */
};

static enum copp_multi_adapter_mode mode_beside(const struct kms_card *card, const struct kms_signal *own, uint32_t group,
                                                const struct kms_connector *connector, struct beside *beside) {
    struct kms_signal other;
    kms_signal_read(card->fd, connector->id, &other);
    beside->unread = other.unread;
    if (!other.crtc)
        return COPP_MODE_SINGLE;
    if (group && is_tile_of(card, connector, group))
        return COPP_MODE_THEATRE;
    if (kms_signals_cloned(own, &other))
        return COPP_MODE_CLONE;
    beside->spanned = other.connected && !connector->panel && kms_signals_spanned(own, &other);
    return beside->spanned && !kms_card_can_protect(card, connector) ? COPP_MODE_THEATRE : COPP_MODE_DUALVIEW;
}

/* ARB-6: an output that may show a part of the picture without protection makes the whole of it unprotected. */
static void disbelieve(struct hdcp_observation *observation) {
    if (observation->hdcp == HDCP_ENABLED)
        observation->hdcp = HDCP_UNREADABLE;
}

/* With what others show. The modes stand in the order of what may be done in them. */
static void compare_signals(const struct kms_card *card, size_t index, const struct kms_signal *own, uint32_t group,
                            struct hdcp_observation *observation) {
    for (size_t i = 0; i < card->count; i++) {
        struct beside beside = {.spanned = false};
        if (i == index)
            continue;
        enum copp_multi_adapter_mode mode = mode_beside(card, own, group, &card->connectors[i], &beside);
        if (mode > observation->state.mode)
            observation->state.mode = mode;
        if (beside.spanned)
            observation->companions |= UINT32_C(1) << i;
        if (beside.unread)
            disbelieve(observation);
    }
}

void kms_card_observe(struct kms_card *card, size_t index, struct hdcp_observation *observation) {
    struct kms_connector *connector = &card->connectors[index];
    struct kms_signal signal;
    kms_signal_read(card->fd, connector->id, &signal);
    observation->connected = signal.connected;
    observation->driven = signal.crtc != 0;
    uint32_t group = 0;
    if (signal.exists && (connector->protection_property || connector->edid_property || connector->tile_property))
        group = read_properties(card, connector, observation);
    if (signal.unread && connector->protection_property)
        observation->hdcp = HDCP_UNREADABLE; /* also what is beside it cannot be told then */
    if (!signal.crtc)
        return;
    const struct kms_timing timing = {.clock_hz = UINT64_C(1000) * signal.mode.clock,
                                      .width = signal.mode.hdisplay,
                                      .height = signal.mode.vdisplay,
                                      .total_width = signal.mode.htotal,
                                      .total_height = signal.mode.vtotal,
                                      .interlaced = signal.mode.flags & DRM_MODE_FLAG_INTERLACE,
                                      .doubled = signal.mode.flags & DRM_MODE_FLAG_DBLSCAN};
    kms_display_of(&timing, &observation->state.display);
    compare_signals(card, index, &signal, group, observation);
}

static void find_properties(int fd, struct kms_connector *connector) {
    drmModeObjectPropertiesPtr properties = drmModeObjectGetProperties(fd, connector->id, DRM_MODE_OBJECT_CONNECTOR);
    for (uint32_t i = 0; properties && i < properties->count_props; i++) {
        drmModePropertyPtr property = drmModeGetProperty(fd, properties->props[i]);
        if (property && strcmp(property->name, "Content Protection") == 0)
            connector->protection_property = property->prop_id;
        if (property && strcmp(property->name, "HDCP Content Type") == 0)
            connector->type_property = property->prop_id;
        if (property && strcmp(property->name, "EDID") == 0)
            connector->edid_property = property->prop_id;
        if (property && strcmp(property->name, "TILE") == 0)
            connector->tile_property = property->prop_id;
        drmModeFreeProperty(property);
    }
    drmModeFreeObjectProperties(properties);
}

static struct kms_connector *connector_named(struct kms_card *card, const char *name) {
    for (size_t i = 0; i < card->count; i++) {
        if (strcmp(card->connectors[i].name, name) == 0)
            return &card->connectors[i];
    }
    return card->count < KMS_CONNECTORS ? &card->connectors[card->count++] : NULL;
}

/* A connector is its name: one of a dock that is plugged in again has another number, and its old one may be another's. */
static void add_connector(struct kms_card *card, uint32_t id) {
    drmModeConnectorPtr found = drmModeGetConnectorCurrent(card->fd, id);
    if (!found)
        return;
    const char *kind = drmModeGetConnectorTypeName(found->connector_type);
    struct kms_connector fresh = {
        .id = id, .type = kms_connector_type_of(found->connector_type), .panel = kms_connector_is_panel(found->connector_type)};
    (void)snprintf(fresh.name, sizeof fresh.name, "%.20s-%s-%u", card->name, kind ? kind : "Unknown", found->connector_type_id);
    drmModeFreeConnector(found);
    struct kms_connector *connector = connector_named(card, fresh.name);
    if (!connector || connector->id == id)
        return;
    for (size_t i = 0; i < card->count; i++)
        card->connectors[i].id = card->connectors[i].id == id ? 0 : card->connectors[i].id;
    find_properties(card->fd, &fresh);
    *connector = fresh;
}

void kms_card_scan(struct kms_card *card) {
    drmModeResPtr resources = drmModeGetResources(card->fd);
    for (int i = 0; resources && i < resources->count_connectors; i++)
        add_connector(card, resources->connectors[i]);
    drmModeFreeResources(resources);
    for (size_t i = 0; i < card->count; i++)
        card->connectors[i].edid_blob = 0;
}

static int open_node(const char *path) {
    return open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static enum copp_result open_device(struct kms_card *card, const char *path) {
    (void)snprintf(card->path, sizeof card->path, "%s", path);
    card->fd = open_node(path);
    if (card->fd < 0) {
        copp_backend_say(card->log, COPP_BACKEND_WARNING, "%s: cannot be opened: %s", path, strerror(errno));
        return COPP_E_IO;
    }
    (void)drmDropMaster(card->fd); /* the first to open a card is its master unasked; everybody else gets an error here */
    (void)drmSetClientCap(card->fd, DRM_CLIENT_CAP_ATOMIC, 1); /* else some properties are not shown */
    return COPP_OK;
}

static enum copp_result new_card(const char *name, uint32_t bus_type, struct copp_backend_log *log, struct kms_card **card) {
    *card = calloc(1, sizeof **card);
    if (!*card)
        return COPP_E_MEMORY;
    (void)snprintf((*card)->name, sizeof(*card)->name, "%s", name);
    (*card)->log = log;
    (*card)->bus_type = bus_type;
    (*card)->fd = (*card)->lock_fd = -1;
    return COPP_OK;
}

enum copp_result kms_card_open_unread(const char *path, uint32_t bus_type, struct copp_backend_log *log, struct kms_card **card) {
    const char *slash = strrchr(path, '/');
    enum copp_result result = new_card(slash ? slash + 1 : path, bus_type, log, card);
    if (result)
        return result;
    result = open_device(*card, path);
    if (result)
        kms_card_close(card);
    return result;
}

/* A card without connectors does not count as a card. */
static enum copp_result scan_first(struct kms_card **card) {
    kms_card_scan(*card);
    if ((*card)->count)
        return COPP_OK;
    kms_card_close(card);
    return COPP_E_NOT_FOUND;
}

enum copp_result kms_card_open(const char *path, uint32_t bus_type, struct copp_backend_log *log, struct kms_card **card) {
    enum copp_result result = kms_card_open_unread(path, bus_type, log, card);
    return result ? result : scan_first(card);
}

enum copp_result kms_card_over(int fd, bool atomic, const char *name, uint32_t bus_type, struct copp_backend_log *log,
                               struct kms_card **card) {
    enum copp_result result = new_card(name, bus_type, log, card);
    if (result)
        return result;
    (*card)->fd = fd;
    (*card)->access = KMS_BORROWED;
    (*card)->atomic = atomic;
    return scan_first(card);
}

static void close_device(struct kms_card *card) {
    if (card->fd >= 0 && card->access == KMS_OWN)
        (void)close(card->fd);
    card->fd = card->lock_fd = -1;
}

bool kms_card_claim(struct kms_card *card) {
    char holder[KMS_HOLDER_SIZE];
    if (card->access == KMS_BORROWED || card->lock_fd >= 0)
        return true;
    if (card->fd < 0)
        return false;
    if (kms_claim(card->fd, holder)) {
        card->lock_fd = card->fd;
        return true;
    }
    copp_backend_warn(card->log, &card->warnings, EWOULDBLOCK, card->now_ms,
                      "%s: %s already switches its HDCP; until that ends, coppd shows these outputs but refuses commands: stop "
                      "it, or name another card with device",
                      card->name, holder[0] ? holder : "another program, such as a coppd,");
    return false;
}

void kms_card_warn_of_refusal(struct kms_card *card, size_t index, enum hdcp_value value, int error, const char *owner) {
    struct kms_connector *connector = &card->connectors[index];
    bool off = value == HDCP_UNDESIRED;
    char whose[128] = "";
    if (owner)
        (void)snprintf(whose, sizeof whose, " through the card of %s", owner);
    copp_backend_warn(card->log, &connector->warnings, off ? -error : error, card->now_ms, "%s: %s %s%s: %s", connector->name,
                      owner ? "HDCP cannot be switched" : "the driver refuses to switch HDCP", off ? "off" : "on", whose,
                      strerror(error));
}

void kms_card_gone(struct kms_card *card) {
    card->losses++;
    close_device(card);
    for (size_t i = 0; i < card->count; i++)
        card->connectors[i].id = 0;
}

bool kms_card_returned(struct kms_card *card, const char *path) {
    drmModeResPtr resources = drmModeGetResources(card->fd);
    bool same = resources != NULL;
    drmModeFreeResources(resources);
    if (same)
        return false;
    kms_card_gone(card);
    return open_device(card, path) == COPP_OK;
}

void kms_card_close(struct kms_card **card) {
    if (!card || !*card)
        return;
    close_device(*card);
    free(*card);
    *card = NULL;
}
