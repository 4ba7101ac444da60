#include "cli/receivers/receivers.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *error;
    const char *remedy;
} states[] = {
    [COPP_SOCKET_RECEIVER_UNKNOWN] =
        {"is not known: coppd has not read it",
         "read it with copp receivers --direct, as root; coppd reads outputs of the backend kms alone"},
    [COPP_SOCKET_RECEIVER_READ] = {"", ""},
    [COPP_SOCKET_RECEIVER_NO_BUS] = {"cannot be read: the kernel names no bus to it",
                                     "plug the display in directly, by HDMI, DVI or DisplayPort: behind a hub (MST) and over an "
                                     "analog cable it cannot be read"},
    [COPP_SOCKET_RECEIVER_NO_ACCESS] = {"cannot be read: no permission to use its bus",
                                        "run copp receivers --direct as root; for coppd install its udev rule, "
                                        "70-copp-receivers.rules, and run udevadm trigger"},
    [COPP_SOCKET_RECEIVER_NO_NODE] = {"cannot be read: its bus has no device node",
                                      "load the kernel's module i2c-dev (modprobe i2c-dev)"},
    [COPP_SOCKET_RECEIVER_SILENT] = {"cannot be read: no HDCP receiver answers", "try another cable, if the display can do HDCP"},
    [COPP_SOCKET_RECEIVER_HANGS] = {"cannot be read: its bus does not answer in time",
                                    "unplug the display, and plug it in again"},
    [COPP_SOCKET_RECEIVER_BUSY] = {"cannot be read now: its driver is authenticating it", "try again in a few seconds"},
    [COPP_SOCKET_RECEIVER_NO_PROGRAM] = {"cannot be read: copp-read-receiver could not be started", "install it again"},
};
#define STATES (sizeof states / sizeof states[0])

/* Without HDCP a receiver is not missing: analog outputs, panels inside (APP-4), and outputs that offer none and tell nothing. */
static bool needs_none(const struct copp_socket_connector *output) {
    switch (output->connector_type) {
    case COPP_CONNECTOR_VGA:
    case COPP_CONNECTOR_SVIDEO:
    case COPP_CONNECTOR_COMPOSITE:
    case COPP_CONNECTOR_COMPONENT:
    case COPP_CONNECTOR_D_JPN:
        return true;
    case COPP_CONNECTOR_UNKNOWN: /* every bit is set, and it may be anything: a panel, or a socket of a television */
        return (output->protection_types & COPP_PROTECTION_TYPE_HDCP) == 0;
    default:
        return (output->connector_type & COPP_CONNECTOR_INTERNAL) != 0 ||
               (output->receiver == COPP_SOCKET_RECEIVER_UNKNOWN && (output->protection_types & COPP_PROTECTION_TYPE_HDCP) == 0);
    }
}

/* A younger coppd's state is one that this program does not know. */
static size_t state_of(const struct receiver_row *row) {
    if (!row->output.plugged || needs_none(&row->output))
        return COPP_SOCKET_RECEIVER_READ;
    return row->output.receiver < STATES ? row->output.receiver : COPP_SOCKET_RECEIVER_UNKNOWN;
}

const char *receiver_row_error(const struct receiver_row *row) {
    return states[state_of(row)].error;
}

const char *receiver_row_remedy(const struct receiver_row *row) {
    return states[state_of(row)].remedy;
}

void receiver_rows_free(struct receiver_rows *rows) {
    free(rows->rows);
    *rows = (struct receiver_rows){.count = 0};
}

struct receiver_row *receiver_rows_add(struct receiver_rows *rows) {
    struct receiver_row *more = realloc(rows->rows, (rows->count + 1) * sizeof *more);
    if (more == NULL)
        return NULL;
    rows->rows = more;
    struct receiver_row *row = &more[rows->count++];
    memset(row, 0, sizeof *row);
    return row;
}
