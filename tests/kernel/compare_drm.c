#include "compare_drm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#define STALE 0xfffff0u /* no object has that number */
#define COMMIT (DRM_MODE_ATOMIC_ALLOW_MODESET | DRM_MODE_ATOMIC_NONBLOCK)
#define BUSY_TRIES 5000 /* of a millisecond: an earlier commit has not ended */

enum object { HDMI, NO_OBJECT };
enum property { PROTECTION, TYPE, EDID, NO_PROPERTY, PROPERTIES };
struct write {
    enum object object;
    enum property property;
    uint64_t value;
};

struct world {
    const struct compare_card *card;
    int fd;
    uint32_t hdmi;
    uint32_t properties[PROPERTIES];
};

struct step;
typedef int act(struct world *world, const struct step *step); /* 0 or an errno */
struct step {
    const char *what;
    act *act;
    int answer;
    struct write writes[2];
    unsigned count; /* of the writes */
    uint32_t flags; /* of a commit */
    int argument;
};

/* --- what is done ------------------------------------------------------------------------------------------------------- */

static int answer_of(int result) {
    return result == 0 ? 0 : errno;
}

static int other(struct world *world, const struct step *step) {
    world->card->other_master(world->card->context, step->argument);
    return 0;
}

static int privileged(struct world *world, const struct step *step) {
    world->card->privileged(world->card->context, step->argument);
    return 0;
}

static int enabled(struct world *world, const struct step *step) {
    (void)step;
    world->card->enabled(world->card->context);
    return 0;
}

static int refuses(struct world *world, const struct step *step) {
    world->card->refuses(world->card->context, step->argument);
    return 0;
}

static int gone(struct world *world, const struct step *step) {
    (void)step;
    world->card->gone(world->card->context);
    return 0;
}

static int set_master(struct world *world, const struct step *step) {
    (void)step;
    return answer_of(drmSetMaster(world->fd));
}

static int drop_master(struct world *world, const struct step *step) {
    (void)step;
    return answer_of(drmDropMaster(world->fd));
}

/* What libdrm's drmIsMaster asks: EINVAL is that the file is. */
static int magic(struct world *world, const struct step *step) {
    (void)step;
    return -drmAuthMagic(world->fd, 0);
}

static int atomic_client(struct world *world, const struct step *step) {
    (void)step;
    return -drmSetClientCap(world->fd, DRM_CLIENT_CAP_ATOMIC, 1);
}

static int unknown_ioctl(struct world *world, const struct step *step) {
    (void)step;
    return answer_of(drmIoctl(world->fd, DRM_IO(0xff), NULL));
}

static uint32_t object_of(const struct world *world, enum object object) {
    return object == HDMI ? world->hdmi : STALE;
}

static int legacy(struct world *world, const struct step *step) {
    const struct write *write = &step->writes[0];
    int answer = 0;
    for (int tries = 0; tries < BUSY_TRIES; tries++) {
        answer = -drmModeConnectorSetProperty(world->fd, object_of(world, write->object), world->properties[write->property],
                                              write->value);
        if (answer != EBUSY)
            break;
        usleep(1000);
    }
    return answer;
}

static int atomic(struct world *world, const struct step *step) {
    drmModeAtomicReqPtr request = drmModeAtomicAlloc();
    int answer = 0;
    for (unsigned i = 0; i < step->count; i++)
        (void)drmModeAtomicAddProperty(request, object_of(world, step->writes[i].object),
                                       world->properties[step->writes[i].property], step->writes[i].value);
    for (int tries = 0; tries < BUSY_TRIES; tries++) {
        answer = -drmModeAtomicCommit(world->fd, request, step->flags, NULL);
        if (answer != EBUSY)
            break;
        usleep(1000);
    }
    drmModeAtomicFree(request);
    return answer;
}

/* libdrm drops a request without properties; the kernel does not. */
static int empty_commit(struct world *world, const struct step *step) {
    struct drm_mode_atomic nothing = {.flags = step->flags};
    return answer_of(drmIoctl(world->fd, DRM_IOCTL_MODE_ATOMIC, &nothing));
}

static int resources(struct world *world, const struct step *step) {
    (void)step;
    drmModeResPtr found = drmModeGetResources(world->fd);
    int answer = answer_of(found ? 0 : -1);
    drmModeFreeResources(found);
    return answer;
}

static int connector(struct world *world, const struct step *step) {
    drmModeConnectorPtr found = drmModeGetConnectorCurrent(world->fd, object_of(world, step->writes[0].object));
    int answer = answer_of(found ? 0 : -1);
    drmModeFreeConnector(found);
    return answer;
}

static int object_properties(struct world *world, const struct step *step) {
    uint32_t id = object_of(world, step->writes[0].object);
    drmModeObjectPropertiesPtr found = drmModeObjectGetProperties(world->fd, id, DRM_MODE_OBJECT_CONNECTOR);
    int answer = answer_of(found ? 0 : -1);
    drmModeFreeObjectProperties(found);
    return answer;
}

static int stale_encoder(struct world *world, const struct step *step) {
    (void)step;
    return answer_of(drmModeGetEncoder(world->fd, STALE) ? 0 : -1);
}

static int stale_crtc(struct world *world, const struct step *step) {
    (void)step;
    return answer_of(drmModeGetCrtc(world->fd, STALE) ? 0 : -1);
}

static int stale_property(struct world *world, const struct step *step) {
    (void)step;
    return answer_of(drmModeGetProperty(world->fd, STALE) ? 0 : -1);
}

static int stale_blob(struct world *world, const struct step *step) {
    (void)step;
    return answer_of(drmModeGetPropertyBlob(world->fd, STALE) ? 0 : -1);
}

/* A property's value, as an answer that is expected. */
static int value(struct world *world, const struct step *step) {
    uint32_t id = world->properties[step->writes[0].property];
    drmModeObjectPropertiesPtr all = drmModeObjectGetProperties(world->fd, world->hdmi, DRM_MODE_OBJECT_CONNECTOR);
    int found = -1;
    for (uint32_t i = 0; all && i < all->count_props; i++)
        found = all->props[i] == id ? (int)all->prop_values[i] : found;
    drmModeFreeObjectProperties(all);
    return found;
}

/* --- the table ------------------------------------------------------------------------------------------------------------ */

/* clang-format off */
#define NONE .count = 0
#define ONE(object, property, value) .writes = {{object, property, value}}, .count = 1
#define TWO(object, property, value, object2, property2, value2) .writes = {{object, property, value}, {object2, property2, value2}}, .count = 2
#define IS(property, expected) {#property " is then " #expected, value, expected, ONE(HDMI, property, 0)}

static const struct step steps[] = {
    /* another one is the card's master */
    {"another master: it cannot be taken", set_master, EBUSY, NONE},
    {"another master: nor given up", drop_master, EINVAL, NONE},
    {"another master: the file is not it", magic, EACCES, NONE},
    {"another master: a write", legacy, EACCES, ONE(HDMI, PROTECTION, 1)},
    {"another master: a write to what does not exist", legacy, EACCES, ONE(NO_OBJECT, PROTECTION, 1)},
    {"another master: a commit without the capability", atomic, EACCES, ONE(HDMI, PROTECTION, 1), .flags = COMMIT},
    {"without privileges", privileged, 0, .argument = false},
    {"unprivileged, never master: it cannot be taken", set_master, EACCES, NONE},
    {"unprivileged, never master: nor given up", drop_master, EACCES, NONE},
    {"the other one gives up being master", other, 0, .argument = false},
    {"unprivileged, no master: it cannot be taken", set_master, EACCES, NONE},
    {"with privileges", privileged, 0, .argument = true},

    /* what everybody may read */
    {"the resources", resources, 0, NONE},
    {"a connector", connector, 0, ONE(HDMI, PROTECTION, 0)},
    {"a connector that does not exist", connector, ENOENT, ONE(NO_OBJECT, PROTECTION, 0)},
    {"its properties", object_properties, 0, ONE(HDMI, PROTECTION, 0)},
    {"those of one that does not exist", object_properties, ENOENT, ONE(NO_OBJECT, PROTECTION, 0)},
    {"an encoder that does not exist", stale_encoder, ENOENT, NONE},
    {"a CRTC that does not exist", stale_crtc, ENOENT, NONE},
    {"a property that does not exist", stale_property, ENOENT, NONE},
    {"a blob that does not exist", stale_blob, ENOENT, NONE},
    {"an ioctl that does not exist", unknown_ioctl, EINVAL, NONE},

    /* nobody is the master */
    {"no master: a write", legacy, EACCES, ONE(HDMI, PROTECTION, 1)},
    {"no master: giving it up", drop_master, EINVAL, NONE},
    {"becoming master", set_master, 0, NONE},
    {"becoming it twice", set_master, 0, NONE},
    {"the file is it", magic, EINVAL, NONE},
    {"giving it up", drop_master, 0, NONE},
    {"giving it up twice", drop_master, EINVAL, NONE},
    {"without privileges again", privileged, 0, .argument = false},
    {"unprivileged, once master: taken", set_master, 0, NONE},
    {"unprivileged, once master: given up", drop_master, 0, NONE},
    {"the other one is master again", other, 0, .argument = true},
    {"unprivileged, once master, another one: it cannot be taken", set_master, EBUSY, NONE},
    {"the other one is not master again", other, 0, .argument = false},
    {"with privileges again", privileged, 0, .argument = true},
    {"master", set_master, 0, NONE},

    /* one property at a time */
    {"Desired", legacy, 0, ONE(HDMI, PROTECTION, 1)}, IS(PROTECTION, 1),
    {"Enabled is not for user space", legacy, EINVAL, ONE(HDMI, PROTECTION, 2)}, IS(PROTECTION, 1),
    {"a value that does not exist", legacy, EINVAL, ONE(HDMI, PROTECTION, 3)},
    {"Undesired", legacy, 0, ONE(HDMI, PROTECTION, 0)}, IS(PROTECTION, 0),
    {"type 1", legacy, 0, ONE(HDMI, TYPE, 1)}, IS(TYPE, 1),
    {"a type that does not exist", legacy, EINVAL, ONE(HDMI, TYPE, 2)}, IS(TYPE, 1),
    {"type 0", legacy, 0, ONE(HDMI, TYPE, 0)},
    {"an immutable property", legacy, EINVAL, ONE(HDMI, EDID, 0)},
    {"a property that the connector does not have", legacy, EINVAL, ONE(HDMI, NO_PROPERTY, 0)},
    {"a connector that does not exist: a write", legacy, ENOENT, ONE(NO_OBJECT, PROTECTION, 0)},
    {"Desired for a driver", legacy, 0, ONE(HDMI, PROTECTION, 1)},
    {"which makes it Enabled", enabled, 0, NONE}, IS(PROTECTION, 2),
    {"Desired over it", legacy, 0, ONE(HDMI, PROTECTION, 1)}, IS(PROTECTION, 1),
    {"the driver makes it Enabled", enabled, 0, NONE},
    {"another type", legacy, 0, ONE(HDMI, TYPE, 1)}, IS(PROTECTION, 1),
    {"the driver makes it Enabled for that type", enabled, 0, NONE},
    {"the same type", legacy, 0, ONE(HDMI, TYPE, 1)}, IS(PROTECTION, 2),
    {"Undesired over Enabled", legacy, 0, ONE(HDMI, PROTECTION, 0)}, IS(PROTECTION, 0),
    {"type 0 again", legacy, 0, ONE(HDMI, TYPE, 0)},

    /* several at once */
    {"a commit without the capability", atomic, EINVAL, ONE(HDMI, PROTECTION, 1), .flags = COMMIT},
    {"the capability", atomic_client, 0, NONE},
    {"a commit for a test", atomic, 0, ONE(HDMI, PROTECTION, 1), .flags = DRM_MODE_ATOMIC_ALLOW_MODESET | DRM_MODE_ATOMIC_TEST_ONLY},
    IS(PROTECTION, 0),
    {"a commit for a test that would fail", atomic, EINVAL, ONE(HDMI, PROTECTION, 2),
        .flags = DRM_MODE_ATOMIC_ALLOW_MODESET | DRM_MODE_ATOMIC_TEST_ONLY},
    {"a commit", atomic, 0, TWO(HDMI, TYPE, 1, HDMI, PROTECTION, 1), .flags = COMMIT}, IS(TYPE, 1), IS(PROTECTION, 1),
    {"a commit that waits", atomic, 0, TWO(HDMI, TYPE, 0, HDMI, PROTECTION, 0), .flags = DRM_MODE_ATOMIC_ALLOW_MODESET},
    IS(TYPE, 0), IS(PROTECTION, 0),
    {"a mode set that is not allowed", atomic, EINVAL, ONE(HDMI, PROTECTION, 1), .flags = DRM_MODE_ATOMIC_NONBLOCK}, IS(PROTECTION, 0),
    {"Enabled in a commit", atomic, EINVAL, TWO(HDMI, TYPE, 1, HDMI, PROTECTION, 2), .flags = COMMIT}, IS(TYPE, 0),
    {"an immutable property in a commit", atomic, EINVAL, ONE(HDMI, EDID, 0), .flags = COMMIT},
    {"an unknown property in a commit", atomic, ENOENT, ONE(HDMI, NO_PROPERTY, 0), .flags = COMMIT},
    {"an unknown object in a commit", atomic, ENOENT, TWO(HDMI, PROTECTION, 1, NO_OBJECT, PROTECTION, 1), .flags = COMMIT},
    IS(PROTECTION, 0),
    {"flags that do not exist", atomic, EINVAL, ONE(HDMI, PROTECTION, 1), .flags = COMMIT | 0x8000},
    {"a test with an event", atomic, EINVAL, ONE(HDMI, PROTECTION, 1),
        .flags = DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_PAGE_FLIP_EVENT | DRM_MODE_ATOMIC_ALLOW_MODESET},
    {"nothing in a commit", empty_commit, 0, .flags = COMMIT},

    /* a driver refuses, and a card goes */
    {"the driver refuses", refuses, 0, .argument = EIO},
    {"a write that it refuses", legacy, EIO, ONE(HDMI, PROTECTION, 1)},
    {"a commit that it refuses", atomic, EIO, TWO(HDMI, TYPE, 1, HDMI, PROTECTION, 1), .flags = COMMIT}, IS(TYPE, 0), IS(PROTECTION, 0),
    {"the driver refuses no longer", refuses, 0, .argument = 0},
    {"master no longer", drop_master, 0, NONE},
    {"a commit by who is not master", atomic, EACCES, ONE(HDMI, PROTECTION, 1), .flags = COMMIT},
    {"by who is not, and with flags that do not exist", atomic, EACCES, ONE(HDMI, PROTECTION, 1), .flags = 0x8000},
    {"the card goes", gone, 0, NONE},
    {"no card: becoming master", set_master, ENODEV, NONE},
    {"no card: the resources", resources, ENODEV, NONE},
    {"no card: a write", legacy, ENODEV, ONE(HDMI, PROTECTION, 0)},
    {"no card: an ioctl that does not exist", unknown_ioctl, ENODEV, NONE},
};
/* clang-format on */

/* --- going through it ----------------------------------------------------------------------------------------------------- */

static void find_hdmi(struct world *world) {
    drmModeResPtr all = drmModeGetResources(world->fd);
    for (int i = 0; all && i < all->count_connectors && !world->hdmi; i++) {
        drmModeConnectorPtr found = drmModeGetConnectorCurrent(world->fd, all->connectors[i]);
        if (found && found->connector_type == DRM_MODE_CONNECTOR_HDMIA && found->connector_type_id == 1)
            world->hdmi = found->connector_id;
        drmModeFreeConnector(found);
    }
    drmModeFreeResources(all);
}

static void find_properties(struct world *world) {
    static const char *const names[] = {[PROTECTION] = "Content Protection", [TYPE] = "HDCP Content Type", [EDID] = "EDID"};
    drmModeObjectPropertiesPtr all = drmModeObjectGetProperties(world->fd, world->hdmi, DRM_MODE_OBJECT_CONNECTOR);
    for (uint32_t i = 0; all && i < all->count_props; i++) {
        drmModePropertyPtr property = drmModeGetProperty(world->fd, all->props[i]);
        for (unsigned p = 0; property && p < NO_PROPERTY; p++) {
            if (strcmp(property->name, names[p]) == 0)
                world->properties[p] = property->prop_id;
        }
        drmModeFreeProperty(property);
    }
    drmModeFreeObjectProperties(all);
    world->properties[NO_PROPERTY] = STALE;
}

static bool take(struct world *world, unsigned number, const struct step *step) {
    int answer = step->act(world, step);
    bool same = answer == step->answer;
    printf("%sok %u - %s\n", same ? "" : "not ", number, step->what);
    if (!same)
        printf("# %d (%s), not %d (%s)\n", answer, strerror(answer), step->answer, strerror(step->answer));
    return same;
}

unsigned compare_drm(const struct compare_card *card) {
    struct world world = {.card = card, .fd = open("/dev/dri/card0", O_RDWR | O_CLOEXEC | O_NONBLOCK)};
    unsigned wrong = 0;
    unsigned number = 0;
    find_hdmi(&world);
    find_properties(&world);
    if (world.fd < 0 || !world.hdmi || !world.properties[PROTECTION] || !world.properties[TYPE] || !world.properties[EDID]) {
        printf("not ok 1 - the card has HDMI-A-1 and its properties\n");
        return 1;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        wrong += !take(&world, ++number, &steps[i]);
    printf("1..%u\n", number);
    (void)close(world.fd);
    return wrong;
}
