/* copp receivers --direct: the cards' connectors, and the registers behind each. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/receivers/receivers.h"
#include "cli/report.h"
#include "common/clock.h"
#include "outputs/kms/card.h"
#include "outputs/receiver/watch.h"

#define LIMIT_MS 3000u /* for all buses together: one that takes longer hangs */
#define CARDS_MAX 16u
#define READS_MAX (CARDS_MAX * KMS_CONNECTORS)

struct reading {
    size_t count; /* of the rows */
    struct receiver_watch *watches[READS_MAX]; /* of the row of that number; NULL: it is not read, or has been */
};

static void set_row(struct copp_socket_connector *output, const struct receiver_result *result) {
    const struct hdcp_receiver *receiver = &result->receiver;
    output->receiver = receiver_result_state(result);
    if (result->error != 0)
        return;
    output->receiver_flags = (receiver->hdcp1 ? COPP_SOCKET_RECEIVER_HDCP1 : 0) |
                             (receiver->hdcp2 ? COPP_SOCKET_RECEIVER_HDCP2 : 0) |
                             (receiver->repeater ? COPP_SOCKET_RECEIVER_REPEATER : 0) |
                             (receiver->ksv_valid ? COPP_SOCKET_RECEIVER_KSV_VALID | COPP_SOCKET_RECEIVER_KSV_TOLD : 0);
    output->receiver_devices = receiver->devices;
    output->receiver_depth = receiver->depth;
    if (receiver->ksv_valid)
        copp_ksv_from_bksv(receiver->bksv, output->receiver_ksv);
}

/* Not while its driver authenticates: the registers are the driver's then. */
static enum receiver_state begin_reading(const struct hdcp_observation *seen, const char *name, struct receiver_watch **watch) {
    const struct receiver_system system = {.program = getenv("COPP_RECEIVER_PROGRAM")};
    if (!seen->connected)
        return RECEIVER_UNKNOWN;
    if (seen->hdcp != HDCP_UNDESIRED && seen->hdcp != HDCP_ENABLED)
        return RECEIVER_BUSY;
    *watch = receiver_watch_open(name, &system);
    if (*watch == NULL)
        return RECEIVER_NO_PROGRAM;
    (void)receiver_watch_request(*watch, clock_ms());
    return RECEIVER_HANGS; /* until it answers */
}

static bool begin_connector(struct kms_card *card, size_t index, struct receiver_rows *rows, struct reading *reading) {
    struct hdcp_observation seen = {0};
    struct receiver_row *row = reading->count < READS_MAX ? receiver_rows_add(rows) : NULL;
    if (row == NULL)
        return false;
    kms_card_observe(card, index, &seen);
    (void)snprintf(row->output.name, sizeof row->output.name, "%s", card->connectors[index].name);
    (void)snprintf(row->output.display, sizeof row->output.display, "%s", seen.display);
    row->output.plugged = seen.connected;
    row->output.real = true;
    row->output.connector_type = card->connectors[index].type;
    row->output.protection_types = card->connectors[index].protection_property ? COPP_PROTECTION_TYPE_HDCP : 0;
    row->output.receiver = begin_reading(&seen, row->output.name, &reading->watches[reading->count++]);
    return true;
}

static bool begin_card(struct kms_card *card, struct receiver_rows *rows, struct reading *reading) {
    bool good = true;
    for (size_t i = 0; good && i < card->count; i++)
        good = begin_connector(card, i, rows, reading);
    return good;
}

/* Takes what has come; whether all of it has. */
static bool take_results(struct receiver_rows *rows, struct reading *reading) {
    bool all = true;
    for (size_t i = 0; i < reading->count; i++) {
        struct receiver_result result;
        if (reading->watches[i] == NULL)
            continue;
        if (!receiver_watch_take(reading->watches[i], &result)) {
            all = false;
            continue;
        }
        set_row(&rows->rows[i].output, &result);
        receiver_watch_close(&reading->watches[i]);
    }
    return all;
}

static void wait_for_results(struct receiver_rows *rows, struct reading *reading) {
    uint64_t deadline_ms = clock_ms() + LIMIT_MS;
    while (!take_results(rows, reading)) {
        struct pollfd fds[READS_MAX];
        uint64_t now_ms = clock_ms();
        for (size_t i = 0; i < reading->count; i++)
            fds[i] = (struct pollfd){.fd = reading->watches[i] ? receiver_watch_fd(reading->watches[i]) : -1, .events = POLLIN};
        if (now_ms >= deadline_ms)
            break;
        (void)poll(fds, reading->count, (int)(deadline_ms - now_ms));
    }
    for (size_t i = 0; i < reading->count; i++)
        receiver_watch_close(&reading->watches[i]);
}

static int compare_names(const void *a, const void *b) {
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

static bool is_card(const char *name) {
    return strncmp(name, "card", 4) == 0 && name[4] != '\0' && name[4 + strspn(name + 4, "0123456789")] == '\0';
}

/* "card0" and so on, in order; to be freed one by one. */
static size_t find_cards(char *names[CARDS_MAX]) {
    const struct dirent *entry;
    size_t count = 0;
    DIR *list = opendir("/dev/dri");
    while (list != NULL && count < CARDS_MAX && (entry = readdir(list)) != NULL) {
        if (!is_card(entry->d_name))
            continue;
        names[count] = strdup(entry->d_name);
        count += names[count] != NULL;
    }
    if (list != NULL)
        (void)closedir(list);
    qsort(names, count, sizeof *names, compare_names);
    return count;
}

/* What the outputs' code says of a card is said here in one line, with a remedy. */
static int fail_card(const struct invocation *in, const char *path, int error) {
    bool denied = error == EACCES || error == EPERM;
    return fail_with(in, STATUS_UNKNOWN, path, denied ? "run copp receivers --direct as root" : "", "cannot be read: %s",
                     strerror(error));
}

int receivers_read(const struct invocation *in, struct receiver_rows *rows) {
    struct reading reading = {0};
    char *names[CARDS_MAX];
    size_t count = find_cards(names);
    int status = count == 0 ? fail_with(in, STATUS_UNKNOWN, "/dev/dri",
                                        "load the graphics card's kernel driver; copp probe shows what there is",
                                        "this machine has no graphics card with outputs")
                            : STATUS_YES;
    for (size_t i = 0; i < count; i++) {
        struct kms_card *card = NULL;
        char path[64];
        (void)snprintf(path, sizeof path, "/dev/dri/%.40s", names[i]);
        errno = 0;
        enum copp_result result = status == STATUS_YES ? kms_card_open(path, COPP_BUS_UNKNOWN, NULL, &card) : COPP_E_NOT_FOUND;
        if (result == COPP_OK && !begin_card(card, rows, &reading))
            status = fail_result(in, NULL, COPP_E_MEMORY);
        else if (result != COPP_OK && result != COPP_E_NOT_FOUND) /* a card without outputs only computes */
            status = fail_card(in, path, errno);
        kms_card_close(&card);
        free(names[i]);
    }
    wait_for_results(rows, &reading);
    return status;
}
