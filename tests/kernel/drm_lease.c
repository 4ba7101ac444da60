/*
 * Leases: what a file may do that has been lent a connector. A program of tests, in a machine; as root, and something has to be
 * shown at HDMI-A-1 by who is not the card's master.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

struct leased {
    uint32_t connector;
    uint32_t crtc;
    uint32_t protection; /* the property */
};

static unsigned number;

static void is(int answer, int expected, const char *what) {
    number++;
    printf("%sok %u - %s\n", answer == expected ? "" : "not ", number, what);
    if (answer == expected)
        return;
    printf("# %d (%s), not %d (%s)\n", answer, strerror(answer), expected, strerror(expected));
    exit(1);
}

static uint32_t property_of(int fd, uint32_t connector, const char *name) {
    uint32_t id = 0;
    drmModeObjectPropertiesPtr all = drmModeObjectGetProperties(fd, connector, DRM_MODE_OBJECT_CONNECTOR);
    for (uint32_t i = 0; all && i < all->count_props; i++) {
        drmModePropertyPtr property = drmModeGetProperty(fd, all->props[i]);
        if (property && strcmp(property->name, name) == 0)
            id = property->prop_id;
        drmModeFreeProperty(property);
    }
    drmModeFreeObjectProperties(all);
    return id;
}

/* The number-th connector of the card's and its CRTC. */
static struct leased find(int fd, int position) {
    drmModeResPtr all = drmModeGetResources(fd);
    is(all && all->count_connectors > position, true, "the card has its connectors");
    struct leased found = {.connector = all->connectors[position], .crtc = all->crtcs[position]};
    found.protection = property_of(fd, found.connector, "Content Protection");
    drmModeFreeResources(all);
    return found;
}

static int lend(int fd, const struct leased *leased, uint32_t *lessee) {
    const uint32_t objects[] = {leased->connector, leased->crtc};
    return drmModeCreateLease(fd, objects, 2, O_CLOEXEC, lessee);
}

static int write_to(int fd, const struct leased *leased, uint64_t value) {
    return -drmModeConnectorSetProperty(fd, leased->connector, leased->protection, value);
}

static int see(int fd, uint32_t id) {
    drmModeConnectorPtr connector = drmModeGetConnectorCurrent(fd, id);
    int answer = connector ? 0 : errno;
    drmModeFreeConnector(connector);
    return answer;
}

static int answer_of(int result) {
    return result == 0 ? 0 : errno;
}

static void try_lessee(int fd, const struct leased *own, const struct leased *foreign) {
    is(drmIsMaster(fd), true, "the lessee is a master, by libdrm's word");
    is(write_to(fd, own, 1), 0, "the lessee writes to what is lent");
    is(see(fd, own->connector), 0, "and sees it");
    is(see(fd, foreign->connector), ENOENT, "not what is not");
    is(write_to(fd, foreign, 1), ENOENT, "nor writes to it");
    is(answer_of(drmSetMaster(fd)), 0, "it may become what it is");
    is(answer_of(drmDropMaster(fd)), EINVAL, "and may not cease to be that");
}

int main(void) {
    uint32_t lessee;
    int fd = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);
    const struct leased own = find(fd, 0);
    const struct leased foreign = find(fd, 2);
    is(answer_of(drmDropMaster(fd)), 0, "who opens a card without a master is it, unasked");
    is(-lend(fd, &own, &lessee), EACCES, "who is not cannot lend");
    is(answer_of(drmSetMaster(fd)), 0, "it becomes the master");
    int lent = lend(fd, &own, &lessee);
    is(lent >= 0, true, "and lends");
    is(-lend(fd, &own, &lessee), EBUSY, "what is lent cannot be lent twice");
    try_lessee(lent, &own, &foreign);
    is(write_to(fd, &own, 0), 0, "the lessor still writes to what it lent");
    is(answer_of(drmDropMaster(fd)), 0, "the lessor gives the card up");
    is(write_to(lent, &own, 1), EACCES, "the lessee is not master then");
    is(drmIsMaster(lent), false, "libdrm says so, too");
    is(answer_of(drmSetMaster(lent)), EINVAL, "and cannot be it alone");
    is(answer_of(drmSetMaster(fd)), 0, "the lessor is master again");
    is(write_to(lent, &own, 1), 0, "and so is the lessee");
    is(-drmModeRevokeLease(fd, lessee), 0, "the lease is revoked");
    is(write_to(lent, &own, 0), ENOENT, "there is nothing to write to any more");
    is(see(lent, own.connector), ENOENT, "nor to see");
    is(write_to(fd, &own, 0), 0, "the lessor writes");
    return 0;
}
