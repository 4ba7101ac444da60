#include "cards.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <libudev.h>

#include "cli/receivers/receivers.h"
#include "cli/report.h"
#include "lent.h"
#include "outputs/kms/card.h"
#include "owner.h"

struct cards {
    struct findings *findings;
    struct probe_outputs *outputs; /* coppd's */
    struct receiver_rows receivers; /* of every card that can be opened */
};

/* --- who owns the card --- */

/* Owners that the remedy is not, or not only, to lend the card of. */
static const struct owner_kind {
    const char *names; /* between blanks */
    const char *remedy;
    bool lends; /* or its card is lent */
} owner_kinds[] = {
    {" Xorg X ", "set backend = xrandr in coppd.conf: the X server switches HDCP for coppd; or ", true},
    {" weston ", "let the player ask Weston itself (libcopp-wayland): Weston undoes what others switch on", false},
};

static void remedy_for(const struct card_owner *owner, char *text, size_t size) {
    static const struct owner_kind any = {.remedy = "", .lends = true};
    const struct owner_kind *kind = &any;
    char name[OWNER_NAME_SIZE + 2];
    char lending[64] = "";
    (void)snprintf(name, sizeof name, " %s ", owner->name);
    for (size_t i = 0; i < sizeof owner_kinds / sizeof owner_kinds[0]; i++) {
        if (strstr(owner_kinds[i].names, name))
            kind = &owner_kinds[i];
    }
    if (kind->lends)
        (void)snprintf(lending, sizeof lending, "lend its card to coppd: copp lend --pid %ld", (long)owner->pid);
    (void)snprintf(text, size, "%s%s", kind->remedy, lending);
}

static void list_owners(const struct card_owners *owners, char *text, size_t size) {
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < owners->count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s (pid %ld)", i ? ", " : "", owners->list[i].name,
                                 (long)owners->list[i].pid);
}

static bool is_lent(const struct card_owners *owners, const struct card_owner *master, const char *node, bool *unseen) {
    for (size_t i = 0; i < owners->count; i++) {
        if (strcmp(owners->list[i].name, "coppd") == 0 && card_is_shared(master->pid, owners->list[i].pid, node, unseen))
            return true;
    }
    return false;
}

/* Whether coppd switches the card's outputs itself. None of them can be protected then: those of an X server's go by other names. */
static bool strike_outputs(struct probe_outputs *outputs, const char *node) {
    const char *card = strrchr(node, '/') ? strrchr(node, '/') + 1 : node;
    size_t length = strlen(card);
    bool any = false;
    for (size_t i = 0; i < outputs->count; i++) {
        const char *name = outputs->list[i].name;
        if (strncmp(name, card, length) != 0 || name[length] != '-')
            continue;
        outputs->list[i].protects = false;
        any = true;
    }
    return any;
}

static void add_master(const struct cards *cards, const struct card_owners *owners, const struct card_owner *master,
                       const char *node) {
    struct findings *findings = cards->findings;
    char remedy[128];
    bool unseen = false;
    if (strcmp(master->name, "coppd") == 0) {
        findings_add(findings, FINDING_GOOD, "DRM master", NULL, "coppd itself");
        return;
    }
    if (is_lent(owners, master, node, &unseen)) {
        findings_add(findings, FINDING_GOOD, "DRM master", NULL, "%s (pid %ld), which lends coppd the card", master->name,
                     (long)master->pid);
        return;
    }
    remedy_for(master, remedy, sizeof remedy);
    enum finding state = !unseen && strike_outputs(cards->outputs, node) ? FINDING_BAD : FINDING_NOTE;
    findings_add(findings, state, "DRM master", remedy, "%s (pid %ld): it alone may switch HDCP", master->name,
                 (long)master->pid);
}

static void find_owner(const struct cards *cards, unsigned number, const char *node) {
    struct findings *findings = cards->findings;
    struct card_owners owners;
    char text[320];
    card_owners_read("/sys/kernel/debug", "/proc", number, node, &owners);
    const struct card_owner *master = card_owners_master(&owners);
    list_owners(&owners, text, sizeof text);
    if (master) {
        add_master(cards, &owners, master, node);
    } else if (owners.clients_known || (owners.all_seen && owners.count == 0)) {
        findings_add(findings, FINDING_GOOD, "DRM master", NULL, "nobody: coppd may switch HDCP itself");
    } else {
        findings_add(findings, FINDING_UNKNOWN, "DRM master",
                     geteuid() == 0 ? "mount debugfs: mount -t debugfs none /sys/kernel/debug" : "run copp probe as root",
                     owners.count ? "the card is open in %s; cannot tell which of them is its master"
                                  : "cannot see who has the card open%s",
                     text);
    }
}

/* --- its connectors --- */

static void find_display(struct findings *findings, const struct hdcp_observation *seen) {
    if (!seen->connected)
        findings_add(findings, FINDING_NOTE, "display", NULL, "nothing is plugged in");
    else if (!seen->driven)
        findings_add(findings, FINDING_NOTE, "display", "switch the output on: HDCP needs a signal", "%s gets no signal",
                     seen->display[0] ? seen->display : "the display");
    else
        findings_add(findings, FINDING_GOOD, "display", NULL, "%s", seen->display[0] ? seen->display : "plugged in");
}

static void find_property(struct findings *findings, const struct kms_connector *connector, const struct hdcp_observation *seen) {
    static const char *const values[] = {[HDCP_UNDESIRED] = "Undesired: HDCP is off",
                                         [HDCP_DESIRED] = "Desired: HDCP is requested but not in force",
                                         [HDCP_ENABLED] = "Enabled: HDCP is in force",
                                         [HDCP_UNREADABLE] = "the property cannot be read"};
    static const enum finding states[] = {[HDCP_UNDESIRED] = FINDING_GOOD,
                                          [HDCP_DESIRED] = FINDING_NOTE,
                                          [HDCP_ENABLED] = FINDING_GOOD,
                                          [HDCP_UNREADABLE] = FINDING_UNKNOWN};
    static const char *const remedies[] = {
        [HDCP_DESIRED] = "if that lasts, see why the driver fails in the kernel's messages (dmesg)",
        [HDCP_UNREADABLE] = "run copp probe as root, or plug the card in again",
    };
    if (!connector->protection_property && connector->panel)
        findings_add(findings, FINDING_NOTE, "Content Protection", NULL,
                     "not offered: a panel inside the machine needs no HDCP (APP-4)");
    else if (!connector->protection_property)
        findings_add(findings, seen->connected ? FINDING_BAD : FINDING_NOTE, "Content Protection",
                     "use another connector: this one's driver cannot switch HDCP on it",
                     "the connector does not have the property");
    else
        findings_add(findings, states[seen->hdcp], "Content Protection", remedies[seen->hdcp], "%s", values[seen->hdcp]);
    if (connector->protection_property)
        findings_add(findings, FINDING_NOTE, "HDCP Content Type", NULL, "%s",
                     connector->type_property ? "type 1 (HDCP 2.2 and later) can be asked for" : "type 0 only");
}

/* --- who receives there --- */

static const struct receiver_row *find_row(const struct receiver_rows *receivers, const char *name) {
    for (size_t i = 0; i < receivers->count; i++) {
        if (strcmp(receivers->rows[i].output.name, name) == 0)
            return &receivers->rows[i];
    }
    return NULL;
}

/* What a session can rely on: with a receiver that can do HDCP 2.x we cannot tell which version is used. */
static void add_receiver(struct findings *findings, const struct copp_socket_connector *seen) {
    char text[96];
    char devices[48] = "";
    const uint8_t *ksv = seen->receiver_ksv;
    if (seen->receiver_flags & COPP_SOCKET_RECEIVER_REPEATER)
        (void)snprintf(devices, sizeof devices, ", a repeater with %u devices", seen->receiver_devices);
    (void)snprintf(text, sizeof text, "KSV %02x%02x%02x%02x%02x%s", ksv[0], ksv[1], ksv[2], ksv[3], ksv[4], devices);
    if (seen->receiver_flags & COPP_SOCKET_RECEIVER_HDCP2)
        findings_add(findings, FINDING_NOTE, "receiver", "play with copp protect --unnamed-receiver if the licence allows it",
                     "HDCP 2.x%s: the version in force is not known, so sessions do not learn the receiver", devices);
    else if (seen->receiver_flags & COPP_SOCKET_RECEIVER_HDCP1 && seen->receiver_flags & COPP_SOCKET_RECEIVER_KSV_VALID)
        findings_add(findings, FINDING_GOOD, "receiver", NULL, "HDCP 1.x, %s", text);
    else
        findings_add(findings, FINDING_BAD, "receiver", "try another display: this one is not an HDCP receiver",
                     "it reports that it does not support HDCP, or its KSV does not have 20 ones (SRM-5)");
}

static void find_receiver(const struct cards *cards, const char *name) {
    const struct receiver_row *row = find_row(&cards->receivers, name);
    if (!row || !row->output.plugged)
        return;
    const struct copp_socket_connector *seen = &row->output;
    const char *error = receiver_row_error(row);
    const char *channel = seen->connector_type == COPP_CONNECTOR_DISPLAYPORT_EXTERNAL ? "AUX" : "DDC";
    enum finding state = seen->receiver == COPP_SOCKET_RECEIVER_SILENT ? FINDING_BAD : FINDING_UNKNOWN;
    if (error[0]) {
        findings_add(cards->findings, state, channel, receiver_row_remedy(row), "the receiver %s", error);
    } else if (seen->receiver == COPP_SOCKET_RECEIVER_READ) {
        findings_add(cards->findings, FINDING_GOOD, channel, NULL, "can be read");
        add_receiver(cards->findings, seen);
    }
}

static void find_connectors(const struct cards *cards, struct kms_card *card) {
    for (size_t i = 0; i < card->count; i++) {
        struct hdcp_observation seen = {.hdcp = HDCP_UNDESIRED};
        findings_at(cards->findings, card->connectors[i].name);
        kms_card_observe(card, i, &seen);
        find_display(cards->findings, &seen);
        find_property(cards->findings, &card->connectors[i], &seen);
        find_receiver(cards, card->connectors[i].name);
    }
}

/* --- the cards --- */

static void find_driver(struct findings *findings, struct udev_device *device) {
    struct udev_device *parent = udev_device_get_parent(device);
    const char *driver = parent ? udev_device_get_driver(parent) : NULL;
    findings_add(findings, FINDING_NOTE, "driver", NULL, "%s", driver ? driver : "without a name");
}

static void find_card(const struct cards *cards, struct udev_device *device) {
    struct findings *findings = cards->findings;
    const char *node = udev_device_get_devnode(device);
    struct kms_card *card = NULL;
    findings_at(findings, udev_device_get_sysname(device));
    find_driver(findings, device);
    find_owner(cards, minor(udev_device_get_devnum(device)), node);
    enum copp_result result = kms_card_open(node, 0, NULL, &card);
    if (result == COPP_E_NOT_FOUND)
        findings_add(findings, FINDING_NOTE, "connectors", NULL, "none");
    else if (result)
        findings_add(findings, FINDING_UNKNOWN, "connectors",
                     errno == EACCES ? "run copp probe as root" : "see the kernel's messages (dmesg)", "%s: %s", node,
                     strerror(errno));
    else
        find_connectors(cards, card);
    kms_card_close(&card);
}

/* Connectors are devices of the same kind, without a node. */
static bool is_card(struct udev_device *device) {
    return device && udev_device_get_devnode(device) && strncmp(udev_device_get_sysname(device), "card", 4) == 0;
}

/* Returns how many there are. */
static size_t find_cards(const struct cards *cards) {
    struct udev *udev = udev_new();
    struct udev_enumerate *enumerate = udev ? udev_enumerate_new(udev) : NULL;
    struct udev_list_entry *entry;
    size_t count = 0;
    if (enumerate) {
        (void)udev_enumerate_add_match_subsystem(enumerate, "drm");
        (void)udev_enumerate_scan_devices(enumerate);
    }
    udev_list_entry_foreach(entry, enumerate ? udev_enumerate_get_list_entry(enumerate) : NULL) {
        struct udev_device *device = udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));
        if (is_card(device)) {
            find_card(cards, device);
            count++;
        }
        udev_device_unref(device);
    }
    udev_enumerate_unref(enumerate);
    udev_unref(udev);
    return count;
}

void probe_cards(const struct invocation *in, struct findings *findings, struct probe_outputs *outputs) {
    struct cards cards = {.findings = findings, .outputs = outputs};
    struct error_note note = {.text = ""}; /* a card that cannot be opened has a row of its own */
    struct invocation quiet = *in;
    quiet.note = &note;
    (void)receivers_read(&quiet, &cards.receivers);
    if (find_cards(&cards) == 0) {
        findings_at(findings, "cards");
        findings_add(findings, FINDING_BAD, "driver", "load the graphics card's kernel driver",
                     "the kernel has no graphics card");
    }
    receiver_rows_free(&cards.receivers);
}
