#include "fake_drm.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <umockdev.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define FIRST_CONNECTOR 100u
#define FIRST_ENCODER 200u
#define PROTECTION_PROPERTY 11u
#define TYPE_PROPERTY 12u
#define OTHER_PROPERTY 13u
#define EDID_PROPERTY 14u
#define TILE_PROPERTY 15u
#define CRTC_PROPERTY 16u
#define PROPERTIES 6u
#define FILES 16u
#define WRITES 8u /* of properties in one commit */
#define WAITING 8u

/* What drm knows of an open file. */
struct open_file {
    const UMockdevIoctlClient *client; /* NULL: none */
    bool was_master;
    bool atomic; /* it has said that it knows of commits */
};

struct fake_drm {
    struct fake_card card;
    unsigned number; /* card0, card1 */
    bool atomic;
    pthread_mutex_t mutex;
    gint users; /* whoever has made it, and the handlers of signals: umockdev's threads may be in one while it is freed */
    UMockdevTestbed *testbed;
    UMockdevIoctlBase *handler;
    UMockdevIoctlClient *master; /* the open file that is; NULL: none of ours */
    struct open_file files[FILES];
    UMockdevIoctlClient *waiting[WAITING]; /* card.waiting of them, for the card's locks */
    UMockdevIoctlClient *lost; /* who had the card open when it went: it has not come back to them */
};

static const char bridge[] = "P: /devices/pci0000:00/0000:00:01.0\n"
                             "E: SUBSYSTEM=pci\n"
                             "A: class=0x060400\\n\n"
                             "\n";

/* %u: the card's number */
static const char description[] = "P: /devices/pci0000:00/0000:00:01.0/0000:01:00.%u\n"
                                  "E: SUBSYSTEM=pci\n"
                                  "A: max_link_width=16\\n\n"
                                  "\n"
                                  "P: /devices/pci0000:00/0000:00:01.0/0000:01:00.%u/drm/card%u\n"
                                  "N: dri/card%u\n"
                                  "E: SUBSYSTEM=drm\n"
                                  "E: DEVNAME=/dev/dri/card%u\n"
                                  "E: DEVTYPE=drm_minor\n"
                                  "E: MAJOR=226\n"
                                  "E: MINOR=%u\n"
                                  "A: dev=226:%u\\n\n";

/*
 * The memory of the process under test, which may be another one than this. at has a pointer at the offset; what is behind it is
 * copied here, or there.
 */
static bool fetch(UMockdevIoctlData *at, size_t offset, void *bytes, size_t size) {
    UMockdevIoctlData *there = umockdev_ioctl_data_resolve(at, offset, size, NULL);
    if (there) {
        memcpy(bytes, there->data, size);
        g_object_unref(there);
    }
    return there != NULL;
}

static void store(UMockdevIoctlData *at, size_t offset, const void *bytes, size_t size) {
    UMockdevIoctlData *there = umockdev_ioctl_data_resolve(at, offset, size, NULL);
    if (!there)
        return;
    umockdev_ioctl_data_update(there, 0, (guint8 *)(uintptr_t)bytes, (gint)size);
    g_object_unref(there);
}

/* Copies as drm does: the count is always told, the elements only if there is room for them all. */
static void give(UMockdevIoctlData *memory, size_t offset, uint32_t *count, const void *elements, uint32_t number, size_t size) {
    if (*count >= number && number)
        store(memory, offset, elements, number * size);
    *count = number;
}

/* drm hides what is not in a file's lease: connectors, CRTCs and planes, not encoders. */
static bool is_hidden(const struct fake_card *card, size_t connector) {
    return card->leased && !(card->leased & (1u << connector));
}

static struct fake_connector *connector_of(struct fake_card *card, uint32_t id) {
    size_t index = id - card->first_connector;
    return id >= card->first_connector && index < card->count && !is_hidden(card, index) ? &card->connectors[index] : NULL;
}

static int get_resources(struct fake_card *card, struct drm_mode_card_res *res, UMockdevIoctlData *memory) {
    uint32_t ids[FAKE_DRM_CONNECTORS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < card->count; i++) {
        if (!is_hidden(card, i))
            ids[count++] = card->first_connector + i;
    }
    give(memory, offsetof(struct drm_mode_card_res, connector_id_ptr), &res->count_connectors, ids, count, sizeof ids[0]);
    res->count_crtcs = res->count_encoders = res->count_fbs = 0;
    return 0;
}

/* atomic: for a file that knows of commits */
static uint32_t properties_of(const struct fake_connector *connector, bool atomic, uint32_t *ids, uint64_t *values) {
    uint32_t count = 0;
    if (atomic) {
        ids[count] = CRTC_PROPERTY;
        values[count++] = connector->crtc;
    }
    ids[count] = OTHER_PROPERTY;
    values[count++] = 7;
    if (connector->protection) {
        ids[count] = PROTECTION_PROPERTY;
        values[count++] = connector->protection_value;
    }
    if (connector->content_type) {
        ids[count] = TYPE_PROPERTY;
        values[count++] = connector->type_value;
    }
    if (connector->edid_property) {
        ids[count] = EDID_PROPERTY;
        values[count++] = connector->edid_blob;
    }
    if (connector->tile_blob) {
        ids[count] = TILE_PROPERTY;
        values[count++] = connector->tile_blob;
    }
    return count;
}

/* The kernel counts connectors of each kind. */
static uint32_t type_id_of(const struct fake_card *card, const struct fake_connector *connector) {
    uint32_t id = 1;
    for (const struct fake_connector *other = card->connectors; other < connector; other++)
        id += other->drm_type == connector->drm_type;
    return id;
}

static int get_connector(struct fake_card *card, bool atomic, struct drm_mode_get_connector *get, UMockdevIoctlData *memory) {
    struct fake_connector *connector = connector_of(card, get->connector_id);
    if (!connector)
        return ENOENT;
    card->probed |= get->count_modes == 0; /* as the kernel has it */
    uint32_t ids[PROPERTIES];
    uint64_t values[PROPERTIES];
    uint32_t count = properties_of(connector, atomic, ids, values);
    uint32_t room = get->count_props;
    give(memory, offsetof(struct drm_mode_get_connector, prop_values_ptr), &room, values, count, sizeof values[0]);
    give(memory, offsetof(struct drm_mode_get_connector, props_ptr), &get->count_props, ids, count, sizeof ids[0]);
    get->count_modes = 0;
    get->count_encoders = 0;
    get->encoder_id = connector->crtc ? FIRST_ENCODER + (get->connector_id - card->first_connector) : 0;
    get->connector_type = connector->drm_type;
    get->connector_type_id = type_id_of(card, connector);
    get->connection = connector->connected ? DRM_MODE_CONNECTED : DRM_MODE_DISCONNECTED;
    if (connector->unknown)
        get->connection = DRM_MODE_UNKNOWNCONNECTION;
    return 0;
}

static int get_encoder(struct fake_card *card, struct drm_mode_get_encoder *get) {
    size_t index = get->encoder_id - FIRST_ENCODER;
    if (get->encoder_id < FIRST_ENCODER || index >= card->count)
        return ENOENT;
    get->crtc_id = is_hidden(card, index) ? 0 : card->connectors[index].crtc;
    return 0;
}

static struct drm_mode_modeinfo mode_of(uint32_t drm_type) {
    if (drm_type == DRM_MODE_CONNECTOR_DisplayPort)
        return (struct drm_mode_modeinfo){
            .clock = 13500, .hdisplay = 720, .htotal = 858, .vdisplay = 480, .vtotal = 525, .flags = DRM_MODE_FLAG_INTERLACE};
    uint32_t clock = drm_type == DRM_MODE_CONNECTOR_HDMIA ? 148352 : 148500;
    return (struct drm_mode_modeinfo){.clock = clock, .hdisplay = 1920, .htotal = 2200, .vdisplay = 1080, .vtotal = 1125};
}

static int get_crtc(struct fake_card *card, struct drm_mode_crtc *get) {
    for (size_t i = 0; i < card->count; i++) {
        const struct fake_connector *connector = &card->connectors[i];
        if (!get->crtc_id || connector->crtc != get->crtc_id || is_hidden(card, i))
            continue;
        get->mode = mode_of(connector->drm_type);
        get->mode_valid = 1;
        get->fb_id = connector->framebuffer;
        get->x = connector->x;
        return 0;
    }
    return ENOENT;
}

static int get_object_properties(struct fake_card *card, bool atomic, struct drm_mode_obj_get_properties *get,
                                 UMockdevIoctlData *memory) {
    struct fake_connector *connector = connector_of(card, get->obj_id);
    if (!connector)
        return ENOENT;
    uint32_t ids[PROPERTIES];
    uint64_t values[PROPERTIES];
    uint32_t count = properties_of(connector, atomic, ids, values);
    uint32_t room = get->count_props;
    give(memory, offsetof(struct drm_mode_obj_get_properties, prop_values_ptr), &room, values, count, sizeof values[0]);
    give(memory, offsetof(struct drm_mode_obj_get_properties, props_ptr), &get->count_props, ids, count, sizeof ids[0]);
    return 0;
}

static int get_property(struct drm_mode_get_property *get) {
    static const char *const names[] = {"Content Protection", "HDCP Content Type", "Broadcast RGB", "EDID", "TILE", "CRTC_ID"};
    if (get->prop_id < PROTECTION_PROPERTY || get->prop_id > CRTC_PROPERTY)
        return ENOENT;
    strcpy(get->name, names[get->prop_id - PROTECTION_PROPERTY]);
    get->flags = DRM_MODE_PROP_ENUM;
    get->count_values = 0;
    get->count_enum_blobs = 0;
    return 0;
}

/* As drm copies it: the length is always told, the bytes only if there is room for them all. */
static int get_blob(struct fake_card *card, struct drm_mode_get_blob *get, UMockdevIoctlData *memory) {
    for (struct fake_connector *connector = card->connectors; get->blob_id && connector < card->connectors + card->count;
         connector++) {
        if (connector->edid_blob == get->blob_id) {
            give(memory, offsetof(struct drm_mode_get_blob, data), &get->length, connector->edid, (uint32_t)connector->edid_size,
                 1);
            card->blobs_read++;
            return 0;
        }
        if (connector->tile_blob == get->blob_id) {
            give(memory, offsetof(struct drm_mode_get_blob, data), &get->length, connector->tile,
                 (uint32_t)strlen(connector->tile) + 1, 1);
            return 0;
        }
    }
    return ENOENT;
}

/* What the driver makes of Desired. */
static void desire(const struct fake_card *card, struct fake_connector *connector) {
    uint64_t before = connector->protection_value;
    if (before == 2 && card->over == FAKE_OVER_KEEP)
        return;
    connector->protection_value = 1;
    bool starts = before != 1 || !card->edges;
    if (before == 2)
        starts = card->over == FAKE_OVER_ANNOUNCE || card->over == FAKE_OVER_ANEW;
    connector->working = starts || connector->working;
    if (starts && card->enable_at_once) {
        connector->protection_value = 2;
        connector->working = false;
    }
}

static void write_protection(struct fake_card *card, struct fake_connector *connector, uint64_t value) {
    connector->writes++;
    if (value && card->taken_back) {
        card->taken_back--;
        return;
    }
    if (value) {
        desire(card, connector);
        return;
    }
    connector->protection_value = 0;
    connector->working = connector->working && card->late;
}

/* Another type than the one in force has to be authenticated for. */
static void write_type(const struct fake_card *card, struct fake_connector *connector, uint64_t value) {
    bool anew = connector->type_value != value && connector->protection_value == 2;
    connector->type_value = value;
    if (!anew)
        return;
    connector->protection_value = card->enable_at_once ? 2 : 1;
    connector->working = !card->enable_at_once;
}

struct property_write {
    uint32_t object;
    uint32_t property;
    uint64_t value;
};

static int refusal(struct fake_card *card) {
    if (card->busy) {
        card->busy--;
        return EBUSY;
    }
    card->refusals += card->refuse_write != 0;
    return card->refuse_write;
}

static bool is_attached(const struct fake_connector *connector, bool atomic, uint32_t property) {
    uint32_t ids[PROPERTIES];
    uint64_t values[PROPERTIES];
    uint32_t count = properties_of(connector, atomic, ids, values);
    while (count && ids[count - 1] != property)
        count--;
    return count;
}

/* What drm says of a value, before the driver is asked. Enabled is the kernel's to say. */
static int check_write(struct fake_card *card, const struct property_write *write, bool test, bool atomic) {
    const struct fake_connector *connector = connector_of(card, write->object);
    if (!connector)
        return ENOENT;
    if (!is_attached(connector, atomic, write->property))
        return atomic ? ENOENT : EINVAL;
    if (test && write->property == CRTC_PROPERTY)
        return write->value == connector->crtc ? 0 : EINVAL; /* no more than what is so already has been needed */
    bool ours = write->property == PROTECTION_PROPERTY || write->property == TYPE_PROPERTY;
    if (!ours || write->value > 1)
        return EINVAL;
    bool off = write->property == PROTECTION_PROPERTY && write->value == 0;
    if (write->property == PROTECTION_PROPERTY && write->value == 1 && connector->refuse_desired)
        return connector->refuse_desired;
    return off && connector->protection_value == 1 ? card->refuse_undesired : 0;
}

static void carry_out(struct fake_card *card, const struct property_write *write) {
    struct fake_connector *connector = connector_of(card, write->object);
    if (write->property == TYPE_PROPERTY) {
        write_type(card, connector, write->value);
        return;
    }
    if (write->value && card->witness)
        card->unwitnessed |= access(card->witness, F_OK) != 0;
    write_protection(card, connector, write->value);
}

static int admit(struct fake_drm *drm, const UMockdevIoctlClient *client) {
    drm->card.too_bold |= drm->master != client;
    return drm->master == client ? 0 : EACCES;
}

static int set_property(struct fake_drm *drm, const UMockdevIoctlClient *client,
                        const struct drm_mode_connector_set_property *set) {
    const struct property_write write = {set->connector_id, set->prop_id, set->value};
    int error = admit(drm, client);
    if (!error)
        error = check_write(&drm->card, &write, false, false);
    if (!error)
        error = refusal(&drm->card);
    if (!error)
        carry_out(&drm->card, &write);
    return error;
}

/* The writes of a commit to one object or to several; their number. */
static uint32_t fetch_writes(const struct drm_mode_atomic *atomic, UMockdevIoctlData *memory,
                             struct property_write writes[WRITES]) {
    uint32_t objects[WRITES];
    uint32_t counts[WRITES];
    uint32_t properties[WRITES];
    uint64_t values[WRITES];
    uint32_t total = 0;
    uint32_t done = 0;
    if (!atomic->count_objs || atomic->count_objs > WRITES ||
        !fetch(memory, offsetof(struct drm_mode_atomic, objs_ptr), objects, atomic->count_objs * sizeof objects[0]) ||
        !fetch(memory, offsetof(struct drm_mode_atomic, count_props_ptr), counts, atomic->count_objs * sizeof counts[0]))
        return 0;
    for (uint32_t i = 0; i < atomic->count_objs; i++)
        total += counts[i];
    if (total > WRITES || !fetch(memory, offsetof(struct drm_mode_atomic, props_ptr), properties, total * sizeof properties[0]) ||
        !fetch(memory, offsetof(struct drm_mode_atomic, prop_values_ptr), values, total * sizeof values[0]))
        return 0;
    for (uint32_t i = 0; i < atomic->count_objs; i++) {
        for (uint32_t p = 0; p < counts[i]; p++, done++)
            writes[done] = (struct property_write){objects[i], properties[done], values[done]};
    }
    return total;
}

static const struct open_file *file_of(const struct fake_drm *drm, const UMockdevIoctlClient *client) {
    static const struct open_file unknown;
    for (size_t i = 0; i < FILES; i++) {
        if (drm->files[i].client == client)
            return &drm->files[i];
    }
    return &unknown;
}

/* NULL: it is not known. client NULL: a place for another one. */
static struct open_file *change_file(struct fake_drm *drm, const UMockdevIoctlClient *client) {
    const struct open_file *file = file_of(drm, client);
    return file >= drm->files && file < drm->files + FILES ? &drm->files[file - drm->files] : NULL;
}

static bool flags_are_valid(uint32_t flags) {
    return !(flags & ~(uint32_t)DRM_MODE_ATOMIC_FLAGS) &&
           !((flags & DRM_MODE_ATOMIC_TEST_ONLY) && (flags & DRM_MODE_PAGE_FLIP_EVENT));
}

static int commit(struct fake_drm *drm, const UMockdevIoctlClient *client, const struct drm_mode_atomic *atomic,
                  UMockdevIoctlData *memory) {
    struct fake_card *card = &drm->card;
    struct property_write writes[WRITES];
    bool test = atomic->flags & DRM_MODE_ATOMIC_TEST_ONLY;
    int error = admit(drm, client);
    if (error)
        return error;
    if (!file_of(drm, client)->atomic || !flags_are_valid(atomic->flags))
        return EINVAL;
    uint32_t count = fetch_writes(atomic, memory, writes);
    card->atomic_used |= !test;
    card->tests += test;
    card->flip_event_asked |= (atomic->flags & DRM_MODE_PAGE_FLIP_EVENT) != 0;
    card->blocking_used |= !test && !(atomic->flags & DRM_MODE_ATOMIC_NONBLOCK);
    for (uint32_t i = 0; i < count && !error; i++)
        error = check_write(card, &writes[i], test, true);
    if (!error && count)
        error =
            atomic->flags & DRM_MODE_ATOMIC_ALLOW_MODESET ? refusal(card) : EINVAL; /* a driver that takes it for a mode set */
    for (uint32_t i = 0; i < count && !error && !test; i++)
        carry_out(card, &writes[i]);
    bool behind = count && !error && !test && card->locks;
    card->locked = card->locked || behind;
    card->locks = card->locks && !behind;
    return error;
}

static void make_master(struct fake_drm *drm, UMockdevIoctlClient *client) {
    struct open_file *file = change_file(drm, client);
    drm->master = client;
    drm->card.master = true;
    if (file)
        file->was_master = true;
}

static bool may_ask(const struct fake_drm *drm, const UMockdevIoctlClient *client) {
    return drm->card.privileged || file_of(drm, client)->was_master;
}

static int set_master(struct fake_drm *drm, UMockdevIoctlClient *client) {
    if (!may_ask(drm, client))
        return EACCES;
    if (drm->card.other_master || (drm->master && drm->master != client))
        return EBUSY;
    make_master(drm, client);
    return 0;
}

static void leave_master(struct fake_drm *drm) {
    drm->master = NULL;
    drm->card.master = false;
}

static int drop_master(struct fake_drm *drm, const UMockdevIoctlClient *client) {
    if (!may_ask(drm, client))
        return EACCES;
    if (drm->master != client)
        return EINVAL;
    leave_master(drm);
    return 0;
}

static int set_client_cap(struct fake_drm *drm, const UMockdevIoctlClient *client, const struct drm_set_client_cap *cap) {
    struct open_file *file = change_file(drm, client);
    if (!drm->atomic)
        return EOPNOTSUPP;
    drm->card.caps_set_again |= file && file->atomic;
    if (file && cap->capability == DRM_CLIENT_CAP_ATOMIC)
        file->atomic = cap->value;
    return 0;
}

/* What an ioctl points to. */
union argument {
    struct drm_mode_card_res resources;
    struct drm_mode_get_connector connector;
    struct drm_mode_get_encoder encoder;
    struct drm_mode_crtc crtc;
    struct drm_mode_obj_get_properties properties;
    struct drm_mode_get_property property;
    struct drm_mode_get_blob blob;
    struct drm_mode_connector_set_property set;
    struct drm_mode_atomic atomic;
    struct drm_set_client_cap cap;
    uint8_t bytes[4096];
};

/* Whether the ioctl asks about that connector, its encoder, its CRTC or its tile. */
static bool asks_about(unsigned long request, const union argument *arg, uint32_t id, uint32_t place,
                       const struct fake_connector *connector) {
    switch (request) {
    case DRM_IOCTL_MODE_GETCONNECTOR:
        return arg->connector.connector_id == id;
    case DRM_IOCTL_MODE_GETENCODER:
        return arg->encoder.encoder_id == FIRST_ENCODER + place;
    case DRM_IOCTL_MODE_GETCRTC:
        return arg->crtc.crtc_id == connector->crtc;
    case DRM_IOCTL_MODE_OBJ_GETPROPERTIES:
        return arg->properties.obj_id == id;
    case DRM_IOCTL_MODE_GETPROPBLOB:
        return arg->blob.blob_id == connector->tile_blob;
    default:
        return false;
    }
}

static bool is_refused(const struct fake_card *card, unsigned long request, const union argument *arg) {
    bool refused = false;
    for (uint32_t i = 0; i < card->count; i++) {
        const struct fake_connector *connector = &card->connectors[i];
        refused =
            refused || (connector->refuse_read == request && asks_about(request, arg, card->first_connector + i, i, connector));
    }
    return refused;
}

static int answer(struct fake_drm *drm, UMockdevIoctlClient *client, unsigned long request, union argument *arg,
                  UMockdevIoctlData *memory) {
    struct fake_card *card = &drm->card;
    card->asked[_IOC_NR(request)]++;
    if (is_refused(card, request, arg))
        return EIO;
    switch (request) {
    case DRM_IOCTL_SET_MASTER:
        return set_master(drm, client);
    case DRM_IOCTL_DROP_MASTER:
        return drop_master(drm, client);
    case DRM_IOCTL_AUTH_MAGIC: /* drmIsMaster */
        return drm->master == client ? EINVAL : EACCES;
    case DRM_IOCTL_SET_CLIENT_CAP:
        return set_client_cap(drm, client, &arg->cap);
    case DRM_IOCTL_MODE_GETRESOURCES:
        return get_resources(card, &arg->resources, memory);
    case DRM_IOCTL_MODE_GETCONNECTOR:
        return get_connector(card, file_of(drm, client)->atomic, &arg->connector, memory);
    case DRM_IOCTL_MODE_GETENCODER:
        return get_encoder(card, &arg->encoder);
    case DRM_IOCTL_MODE_GETCRTC:
        return get_crtc(card, &arg->crtc);
    case DRM_IOCTL_MODE_OBJ_GETPROPERTIES:
        return get_object_properties(card, file_of(drm, client)->atomic, &arg->properties, memory);
    case DRM_IOCTL_MODE_GETPROPERTY:
        return get_property(&arg->property);
    case DRM_IOCTL_MODE_GETPROPBLOB:
        return get_blob(card, &arg->blob, memory);
    case DRM_IOCTL_MODE_SETPROPERTY:
        return set_property(drm, client, &arg->set);
    case DRM_IOCTL_MODE_ATOMIC:
        return drm->atomic ? commit(drm, client, &arg->atomic, memory) : EOPNOTSUPP;
    default:
        return EINVAL; /* not ENOTTY: the number is one of drm's */
    }
}

static bool is_lost(struct fake_drm *drm, UMockdevIoctlClient *client) {
    if (drm->card.gone && drm->lost != client) {
        if (drm->lost)
            g_object_unref(drm->lost);
        drm->lost = g_object_ref(client);
    }
    return drm->lost == client;
}

static void serve(struct fake_drm *drm, UMockdevIoctlClient *client) {
    union argument arg;
    UMockdevIoctlData *pointer = umockdev_ioctl_client_get_arg(client);
    unsigned long request = umockdev_ioctl_client_get_request(client);
    size_t size = _IOC_SIZE(request) <= sizeof arg ? _IOC_SIZE(request) : 0;
    UMockdevIoctlData *memory = size ? umockdev_ioctl_data_resolve(pointer, 0, size, NULL) : NULL;
    if (memory)
        memcpy(&arg, memory->data, size);
    pthread_mutex_lock(&drm->mutex);
    int error = EFAULT; /* whoever is killed meanwhile has no memory any more */
    if (is_lost(drm, client))
        error = ENODEV;
    else if (!size || memory)
        error = answer(drm, client, request, &arg, memory);
    pthread_mutex_unlock(&drm->mutex);
    if (memory) {
        umockdev_ioctl_data_update(memory, 0, arg.bytes, (gint)size);
        g_object_unref(memory);
    }
    umockdev_ioctl_client_complete(client, error ? -1 : 0, error);
}

/* Lists of what there is, names of properties, blobs and mastership are had without the locks. */
static bool takes_locks(unsigned long request) {
    return request == DRM_IOCTL_MODE_GETCONNECTOR || request == DRM_IOCTL_MODE_GETENCODER || request == DRM_IOCTL_MODE_GETCRTC ||
           request == DRM_IOCTL_MODE_OBJ_GETPROPERTIES || request == DRM_IOCTL_MODE_SETPROPERTY ||
           request == DRM_IOCTL_MODE_ATOMIC;
}

/* Whether it is a commit without any of these flags. */
static bool is_commit(UMockdevIoctlClient *client, uint32_t without) {
    struct drm_mode_atomic atomic = {.flags = without};
    UMockdevIoctlData *pointer = umockdev_ioctl_client_get_arg(client);
    if (umockdev_ioctl_client_get_request(client) == DRM_IOCTL_MODE_ATOMIC)
        (void)fetch(pointer, 0, &atomic, sizeof atomic);
    return !(atomic.flags & without);
}

static bool is_held(const struct fake_card *card, UMockdevIoctlClient *client) {
    if (card->holds && is_commit(client, DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_ATOMIC_TEST_ONLY))
        return true;
    bool sets = umockdev_ioctl_client_get_request(client) == DRM_IOCTL_MODE_SETPROPERTY;
    return card->holds_any && (sets || is_commit(client, DRM_MODE_ATOMIC_TEST_ONLY));
}

/* Whether it has to wait, and is noted. */
static bool has_to_wait(struct fake_drm *drm, UMockdevIoctlClient *client) {
    struct fake_card *card = &drm->card;
    pthread_mutex_lock(&drm->mutex);
    if (is_held(card, client)) {
        card->holds = card->holds_any = false;
        card->locked = true;
    }
    bool waits = card->locked && takes_locks(umockdev_ioctl_client_get_request(client)) && card->waiting < WAITING;
    if (waits)
        drm->waiting[card->waiting++] = g_object_ref(client);
    pthread_mutex_unlock(&drm->mutex);
    return waits;
}

/* In a thread of umockdev's. */
static gboolean on_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer data) {
    struct fake_drm *drm = data;
    (void)handler;
    if (!has_to_wait(drm, client))
        serve(drm, client);
    return TRUE;
}

void fake_drm_unlock(struct fake_drm *drm) {
    for (;;) {
        pthread_mutex_lock(&drm->mutex);
        UMockdevIoctlClient *first = drm->card.waiting ? drm->waiting[0] : NULL;
        drm->card.locked = drm->card.locked && first;
        drm->card.waiting -= first != NULL;
        for (unsigned i = 0; first && i < drm->card.waiting; i++)
            drm->waiting[i] = drm->waiting[i + 1];
        pthread_mutex_unlock(&drm->mutex);
        if (!first)
            return;
        serve(drm, first);
        g_object_unref(first);
    }
}

unsigned fake_drm_waiting(struct fake_drm *drm) {
    unsigned waiting = fake_drm_hold(drm)->waiting;
    fake_drm_release(drm);
    return waiting;
}

void fake_drm_await(struct fake_drm *drm, unsigned waiting) {
    for (unsigned looks = 0; fake_drm_waiting(drm) < waiting; looks++) {
        assert_true(looks < 10000);
        (void)poll(NULL, 0, 2);
    }
}

/* The first to open a card that has no master is its master, unasked. */
static void on_open(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer data) {
    struct fake_drm *drm = data;
    (void)handler;
    pthread_mutex_lock(&drm->mutex);
    struct open_file *file = change_file(drm, client); /* umockdev may not have told that an earlier one has gone */
    drm->card.opened++;
    if (drm->master == client)
        leave_master(drm); /* such an earlier one was it, and not this */
    if (!file)
        file = change_file(drm, NULL);
    if (file)
        *file = (struct open_file){.client = client};
    if (!drm->card.other_master && !drm->master && !drm->card.gone)
        make_master(drm, client);
    pthread_mutex_unlock(&drm->mutex);
}

/* Whoever waits may be killed. */
static void forget_waiting(struct fake_drm *drm, const UMockdevIoctlClient *client) {
    unsigned left = 0;
    for (unsigned i = 0; i < drm->card.waiting; i++) {
        if (drm->waiting[i] == client)
            g_object_unref(drm->waiting[i]);
        else
            drm->waiting[left++] = drm->waiting[i];
    }
    drm->card.waiting = left;
}

static void on_close(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer data) {
    struct fake_drm *drm = data;
    (void)handler;
    pthread_mutex_lock(&drm->mutex);
    struct open_file *file = change_file(drm, client);
    if (drm->master == client)
        leave_master(drm);
    if (file)
        *file = (struct open_file){0};
    forget_waiting(drm, client);
    pthread_mutex_unlock(&drm->mutex);
}

static void describe_card(struct fake_drm *drm, const struct fake_drm_setup *setup) {
    const struct fake_connector connectors[FAKE_DRM_CONNECTORS] = {
        [FAKE_HDMI] = {.drm_type = DRM_MODE_CONNECTOR_HDMIA,
                       .connected = true,
                       .crtc = 301,
                       .framebuffer = 401,
                       .protection = true,
                       .content_type = true,
                       .edid_property = true},
        [FAKE_DP] =
            {.drm_type = DRM_MODE_CONNECTOR_DisplayPort, .connected = true, .crtc = 302, .framebuffer = 402, .protection = true},
        [FAKE_EDP] = {.drm_type = DRM_MODE_CONNECTOR_eDP, .connected = true, .crtc = 303, .framebuffer = 403},
        [FAKE_VGA] = {.drm_type = DRM_MODE_CONNECTOR_VGA},
        [FAKE_DOCK] = {.drm_type = DRM_MODE_CONNECTOR_DisplayPort, .protection = true},
    };
    memcpy(drm->card.connectors, connectors, sizeof connectors);
    drm->card.count = FAKE_DOCK;
    drm->card.first_connector = FIRST_CONNECTOR;
    drm->card.other_master = setup->other_master;
    drm->card.privileged = true;
    drm->atomic = setup->atomic;
}

static void add_card(struct fake_drm *drm) {
    char text[1024];
    unsigned n = drm->number;
    (void)snprintf(text, sizeof text, description, n, n, n, n, n, n, n);
    assert_true(umockdev_testbed_add_from_string(drm->testbed, text, NULL));
}

static void node_of(const struct fake_drm *drm, char node[32]) {
    (void)snprintf(node, 32, "/dev/dri/card%u", drm->number);
}

static void leave(struct fake_drm *drm) {
    if (!g_atomic_int_dec_and_test(&drm->users))
        return;
    if (drm->lost)
        g_object_unref(drm->lost);
    pthread_mutex_destroy(&drm->mutex);
    free(drm);
}

static void leave_signal(gpointer data, GClosure *closure) {
    (void)closure;
    leave(data);
}

static void handle(struct fake_drm *drm, const char *signal, GCallback handler) {
    g_atomic_int_inc(&drm->users);
    (void)g_signal_connect_data(drm->handler, signal, handler, drm, leave_signal, (GConnectFlags)0);
}

static void attach(struct fake_drm *drm) {
    char node[32];
    node_of(drm, node);
    drm->handler = umockdev_ioctl_base_new();
    handle(drm, "handle-ioctl", G_CALLBACK(on_ioctl));
    handle(drm, "client-connected", G_CALLBACK(on_open));
    handle(drm, "client-vanished", G_CALLBACK(on_close));
    assert_true(umockdev_testbed_attach_ioctl(drm->testbed, node, drm->handler, NULL));
}

/*
 * umockdev's threads take locks of its preloaded library, for a moment each time. A process that is made in such a moment would wait for
 * them for ever, in its first ioctl and with all signals blocked, and the card would have it as its master.
 */
static pthread_mutex_t *preload_locks[2];

static void before_fork(void) {
    for (size_t i = 0; i < 2; i++)
        pthread_mutex_lock(preload_locks[i]);
}

static void after_fork(void) {
    for (size_t i = 0; i < 2; i++)
        pthread_mutex_unlock(preload_locks[1 - i]);
}

static void make_forks_safe(void) {
    preload_locks[0] = dlsym(RTLD_DEFAULT, "trap_path_lock");
    preload_locks[1] = dlsym(RTLD_DEFAULT, "ioctl_lock");
    if (preload_locks[0] && preload_locks[1]) /* another umockdev may do without */
        assert_int_equal(pthread_atfork(before_fork, after_fork, after_fork), 0);
}

struct fake_drm *fake_drm_new(const struct fake_drm_setup *setup) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct fake_drm *drm = calloc(1, sizeof *drm);
    assert_non_null(drm);
    (void)pthread_once(&once, make_forks_safe);
    drm->users = 1;
    describe_card(drm, setup);
    pthread_mutex_init(&drm->mutex, NULL);
    drm->number = setup->beside ? setup->beside->number + 1 : 0;
    drm->testbed = setup->beside ? g_object_ref(setup->beside->testbed) : umockdev_testbed_new();
    if (!umockdev_in_mock_environment())
        fail_msg("run this under umockdev-wrapper");
    if (!setup->beside)
        assert_true(umockdev_testbed_add_from_string(drm->testbed, bridge, NULL));
    attach(drm); /* before the card, whose coming is told at once: whoever opens it then is to find it working */
    add_card(drm);
    return drm;
}

void fake_drm_free(struct fake_drm **drm) {
    char node[32];
    node_of(*drm, node);
    (void)umockdev_testbed_detach_ioctl((*drm)->testbed, node, NULL);
    g_object_unref((*drm)->handler);
    g_object_unref((*drm)->testbed);
    leave(*drm);
    *drm = NULL;
}

struct fake_card *fake_drm_hold(struct fake_drm *drm) {
    pthread_mutex_lock(&drm->mutex);
    return &drm->card;
}

void fake_drm_release(struct fake_drm *drm) {
    pthread_mutex_unlock(&drm->mutex);
}

void fake_drm_set_protection(struct fake_drm *drm, size_t connector, uint64_t value) {
    fake_drm_hold(drm)->connectors[connector].protection_value = value;
    fake_drm_release(drm);
}

uint64_t fake_drm_protection(struct fake_drm *drm, size_t connector) {
    uint64_t value = fake_drm_hold(drm)->connectors[connector].protection_value;
    fake_drm_release(drm);
    return value;
}

void fake_drm_plug(struct fake_drm *drm, size_t connector, uint32_t blob, const uint8_t *edid, size_t size) {
    struct fake_connector *at = &fake_drm_hold(drm)->connectors[connector];
    assert_true(size <= sizeof at->edid);
    memcpy(at->edid, edid, size);
    at->edid_size = size;
    at->edid_blob = blob;
    at->connected = true;
    fake_drm_release(drm);
}

void fake_drm_other_writes(struct fake_drm *drm, size_t connector, uint64_t value) {
    struct fake_card *card = fake_drm_hold(drm);
    write_protection(card, &card->connectors[connector], value);
    fake_drm_release(drm);
}

void fake_drm_work(struct fake_drm *drm, size_t connector) {
    struct fake_connector *at = &fake_drm_hold(drm)->connectors[connector];
    if (at->working)
        at->protection_value = 2;
    at->working = false;
    fake_drm_release(drm);
}

static void path_of(const struct fake_drm *drm, char path[96]) {
    (void)snprintf(path, 96, "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.%u/drm/card%u", drm->number, drm->number);
}

void fake_drm_uevent(struct fake_drm *drm, const char *action) {
    char path[96];
    path_of(drm, path);
    umockdev_testbed_uevent(drm->testbed, path, action);
}

void fake_drm_tell_raw(struct fake_drm *drm, const char *connector, const char *property) {
    char path[96];
    path_of(drm, path);
    umockdev_testbed_set_property(drm->testbed, path, "CONNECTOR", connector);
    umockdev_testbed_set_property(drm->testbed, path, "PROPERTY", property);
    umockdev_testbed_uevent(drm->testbed, path, "change");
    umockdev_testbed_set_property(drm->testbed, path, "CONNECTOR", "");
    umockdev_testbed_set_property(drm->testbed, path, "PROPERTY", "");
}

void fake_drm_tell(struct fake_drm *drm, size_t connector) {
    char id[16];
    char property[16];
    (void)snprintf(id, sizeof id, "%u", fake_drm_hold(drm)->first_connector + (unsigned)connector);
    fake_drm_release(drm);
    (void)snprintf(property, sizeof property, "%u", PROTECTION_PROPERTY);
    fake_drm_tell_raw(drm, id, property);
}

/* As the kernel writes it: the client that is master has a "y". */
void fake_drm_other_master(struct fake_drm *drm, const char *name, unsigned pid) {
    char path[128];
    char *root = umockdev_testbed_get_root_dir(drm->testbed);
    fake_drm_hold(drm)->other_master = name != NULL;
    fake_drm_release(drm);
    (void)snprintf(path, sizeof path, "%s/sys/kernel/debug/dri/%u", root, drm->number);
    (void)g_mkdir_with_parents(path, 0755);
    (void)snprintf(path, sizeof path, "%s/sys/kernel/debug/dri/%u/clients", root, drm->number);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file, "%20s %5s %3s master a %5s %10s\n", "command", "tgid", "dev", "uid", "magic");
    (void)fprintf(file, "%20s %5u %3u   %c    %c %5u %10u\n", "coppd", 1u, drm->number, 'n', 'n', 0u, 0u);
    if (name)
        (void)fprintf(file, "%20s %5u %3u   %c    %c %5u %10u\n", name, pid, drm->number, 'y', 'y', 0u, 0u);
    assert_int_equal(fclose(file), 0);
    g_free(root);
}

void fake_drm_masters_end(struct fake_drm *drm) {
    fake_drm_hold(drm)->other_master = false;
    leave_master(drm);
    fake_drm_release(drm);
}

void fake_drm_event(struct fake_drm *drm, const char *line) {
    char node[32];
    node_of(drm, node);
    assert_int_equal(write(umockdev_testbed_get_dev_fd(drm->testbed, node), line, strlen(line)), strlen(line));
}

char *fake_drm_sysfs(struct fake_drm *drm) {
    char *root = umockdev_testbed_get_root_dir(drm->testbed);
    char *sysfs = NULL;
    assert_true(asprintf(&sysfs, "%s/sys", root) > 0);
    g_free(root);
    return sysfs;
}
