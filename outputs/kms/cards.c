#include "outputs/kms/cards.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libudev.h>

#include "outputs/kms/bus.h"
#include "outputs/kms/own.h"
#include "outputs/kms/reading.h"

/* By number, since /dev/dri/by-path has links; and each time, since they may come with the card. */
static bool wanted(const struct kms_cards *cards, struct udev_device *device) {
    const char *name = udev_device_get_sysname(device);
    struct stat status;
    if (!name || strncmp(name, "card", 4) != 0 || !udev_device_get_devnode(device)) /* connectors have none */
        return false;
    return !cards->device || (stat(cards->device, &status) == 0 && status.st_rdev == udev_device_get_devnum(device));
}

/* NULL: none of that name has ever been there. */
static struct kms_card *card_of(const struct kms_cards *cards, struct udev_device *device) {
    for (size_t i = 0; i < cards->count; i++) {
        if (strcmp(cards->list[i]->name, udev_device_get_sysname(device)) == 0)
            return cards->list[i];
    }
    return NULL;
}

/* A virtual card is a part of nothing. */
static void name_device(struct kms_card *card, struct udev_device *device) {
    struct udev_device *parent = udev_device_get_parent(device);
    const char *path = udev_device_get_devpath(parent ? parent : device);
    bool fits = path && strlen(path) < sizeof card->device;
    (void)snprintf(card->device, sizeof card->device, "%s", fits ? path : "");
}

static void close_card(struct kms_card **card) {
    kms_own_end(*card);
    kms_reading_end(*card);
    kms_card_close(card);
}

/* A card without connectors does not count; one that has not answered may have some. */
static enum copp_result open_card(struct kms_cards *cards, struct udev_device *device, struct kms_card **card) {
    enum copp_result result = kms_card_open_unread(udev_device_get_devnode(device), kms_bus_type_of(device), cards->log, card);
    if (result)
        return result;
    if (!kms_reading_begin(*card, cards->epoll, cards->read_ms) || !kms_own_begin(*card, cards->epoll, cards->read_ms))
        result = COPP_E_MEMORY;
    else
        kms_reading_scan(*card, !cards->started);
    if (!result && !(*card)->count && !kms_reading_hangs(*card))
        result = COPP_E_NOT_FOUND;
    if (result)
        close_card(card);
    return result;
}

static enum copp_result add_card(struct kms_cards *cards, struct udev_device *device) {
    if (!wanted(cards, device))
        return COPP_E_NOT_FOUND;
    struct kms_card *known = card_of(cards, device);
    if (known) {
        if (kms_card_returned(known, udev_device_get_devnode(device)))
            kms_reading_stop(known);
        name_device(known, device);
        return COPP_OK;
    }
    if (cards->count == KMS_CARDS)
        return COPP_E_NOT_FOUND;
    enum copp_result result = open_card(cards, device, &cards->list[cards->count]);
    if (!result)
        name_device(cards->list[cards->count++], device);
    return result;
}

static enum copp_result add_cards(struct kms_cards *cards) {
    enum copp_result result = COPP_E_NOT_FOUND;
    struct udev_enumerate *enumerate = udev_enumerate_new(cards->udev);
    if (!enumerate)
        return COPP_E_MEMORY;
    (void)udev_enumerate_add_match_subsystem(enumerate, "drm");
    (void)udev_enumerate_scan_devices(enumerate);
    struct udev_list_entry *entry;
    udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(enumerate)) {
        struct udev_device *device = udev_device_new_from_syspath(cards->udev, udev_list_entry_get_name(entry));
        enum copp_result one = device ? add_card(cards, device) : COPP_E_NOT_FOUND;
        if (one != COPP_E_NOT_FOUND)
            result = one;
        udev_device_unref(device);
    }
    udev_enumerate_unref(enumerate);
    return cards->count ? COPP_OK : result;
}

static bool listen_to(const struct kms_cards *cards, const char *group, struct udev_monitor **monitor) {
    struct epoll_event event = {.events = EPOLLIN};
    *monitor = udev_monitor_new_from_netlink(cards->udev, group);
    return *monitor && udev_monitor_filter_add_match_subsystem_devtype(*monitor, "drm", NULL) >= 0 &&
           udev_monitor_enable_receiving(*monitor) >= 0 &&
           epoll_ctl(cards->epoll, EPOLL_CTL_ADD, udev_monitor_get_fd(*monitor), &event) == 0;
}

static enum copp_result listen_to_events(struct kms_cards *cards) {
    cards->udev = udev_new();
    cards->epoll = epoll_create1(EPOLL_CLOEXEC);
    bool heard = cards->udev && cards->epoll >= 0 && listen_to(cards, "udev", &cards->monitor) &&
                 listen_to(cards, "kernel", &cards->kernel);
    return heard ? COPP_OK : COPP_E_IO;
}

enum copp_result kms_cards_open(struct kms_cards *cards, const char *device, uint32_t read_ms, struct copp_backend_log *log) {
    *cards = (struct kms_cards){
        .log = log, .device = device ? strdup(device) : NULL, .epoll = -1, .read_ms = read_ms ? read_ms : KMS_READ_MS};
    if (device && !cards->device)
        return COPP_E_MEMORY;
    if (device && access(device, F_OK) != 0)
        copp_backend_say(log, COPP_BACKEND_WARNING, "%s: %s", device, strerror(errno));
    enum copp_result result = listen_to_events(cards);
    if (result)
        copp_backend_say(log, COPP_BACKEND_ERROR, "cannot listen to events of the kernel and udev");
    else
        result = add_cards(cards);
    cards->started = true;
    return result;
}

void kms_cards_close(struct kms_cards *cards) {
    for (size_t i = 0; i < cards->count; i++)
        close_card(&cards->list[i]);
    cards->count = 0;
    if (cards->udev && cards->epoll >= 0) /* a structure of zeros has none */
        (void)close(cards->epoll);
    cards->epoll = -1;
    udev_monitor_unref(cards->kernel);
    udev_monitor_unref(cards->monitor);
    udev_unref(cards->udev);
    cards->monitor = cards->kernel = NULL;
    cards->udev = NULL;
    free(cards->device);
    cards->device = NULL;
}

int kms_cards_fd(const struct kms_cards *cards) {
    return cards->epoll;
}

/* As drm writes it: decimal digits. 0: it says nothing. */
static uint32_t number_of(struct udev_device *device, const char *name) {
    const char *text = udev_device_get_property_value(device, name);
    char *end = NULL;
    if (!text || text[0] < '0' || text[0] > '9')
        return 0;
    unsigned long long number = strtoull(text, &end, 10);
    return *end || number > UINT32_MAX ? 0 : (uint32_t)number;
}

/* Each event comes twice, from the kernel and from udev: the first one counts. Without a number it counts by itself. */
static bool is_news(struct kms_cards *cards, uint64_t number) {
    for (size_t i = 0; number && i < KMS_HEARD; i++) {
        if (cards->heard[i] == number)
            return false;
    }
    cards->heard[cards->heard_next] = number;
    cards->heard_next = (cards->heard_next + 1) % KMS_HEARD;
    return true;
}

/* An event about one property of a connector has both numbers; others are about what has come or gone: whether it is one of those. */
static bool tell_property(struct kms_cards *cards, struct udev_device *device, kms_moved *moved, void *user) {
    const struct kms_card *card = card_of(cards, device);
    uint32_t connector_id = number_of(device, "CONNECTOR");
    uint32_t property_id = number_of(device, "PROPERTY");
    if (moved && card && connector_id && property_id && is_news(cards, udev_device_get_seqnum(device)))
        moved(user, card, connector_id, property_id);
    return !connector_id || !property_id;
}

static bool acts(struct udev_device *device, const char *wanted) {
    const char *action = udev_device_get_action(device);
    return action && strcmp(action, wanted) == 0;
}

/* Nobody but udev says that a new card's node has its owner and mode. */
static void take_node(struct kms_cards *cards, struct udev_device *device) {
    struct kms_card *card = card_of(cards, device);
    if (acts(device, "add"))
        (void)add_card(cards, device);
    if (acts(device, "remove") && card) {
        kms_card_gone(card);
        kms_reading_stop(card);
    }
}

/* udev's queue was full: whatever may have happened meanwhile is taken to have happened. */
static void make_up_for_lost_events(struct kms_cards *cards, kms_moved *moved, void *user) {
    (void)add_cards(cards);
    if (moved)
        moved(user, NULL, 0, 0);
}

/*
 * The kernel's queue holds the events of all devices, and is soon full: what was in it comes from udev later. udev's has those of graphics
 * cards alone. Whether something may have come or gone: that of a property is not to wait until all connectors have been looked through.
 */
static bool take_events(struct kms_cards *cards, struct udev_monitor *monitor, kms_moved *moved, void *user) {
    bool by_udev = monitor == cards->monitor;
    bool any = false;
    struct udev_device *device;
    errno = 0;
    while ((device = udev_monitor_receive_device(monitor)) != NULL || errno == ENOBUFS) {
        bool other = true;
        if (device && acts(device, "change"))
            other = tell_property(cards, device, moved, user);
        else if (device && by_udev)
            take_node(cards, device);
        else if (!device && by_udev)
            make_up_for_lost_events(cards, moved, user);
        udev_device_unref(device);
        any = any || other;
        errno = 0;
    }
    return any;
}

/* An event is evidence, though the card may not let anybody read: it is passed on at once. */
bool kms_cards_update(struct kms_cards *cards, uint64_t now_ms, kms_moved *moved, void *user) {
    bool late = false;
    for (size_t i = 0; i < cards->count; i++) {
        cards->list[i]->now_ms = now_ms;
        late = kms_reading_take(cards->list[i]) || late;
        kms_own_dispatch(cards->list[i]);
    }
    bool any = take_events(cards, cards->kernel, moved, user);
    any = take_events(cards, cards->monitor, moved, user) || any;
    for (size_t i = 0; any && i < cards->count; i++)
        kms_reading_scan(cards->list[i], false);
    return any || late;
}

uint64_t kms_cards_deadline_ms(const struct kms_cards *cards) {
    uint64_t first = COPP_BACKEND_NEVER;
    for (size_t i = 0; i < cards->count; i++) {
        uint64_t reading = kms_reading_deadline_ms(cards->list[i]);
        uint64_t writing = kms_own_deadline_ms(cards->list[i]);
        first = reading < first ? reading : first;
        first = writing < first ? writing : first;
    }
    return first;
}
