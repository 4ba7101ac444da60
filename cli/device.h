/*
 * The adapter that a command speaks to: coppd's, through its socket, or the one inside this program. --device says which,
 * else COPP_DEVICE, else coppd's where its usual socket is there.
 */
#ifndef COPP_CLI_DEVICE_H
#define COPP_CLI_DEVICE_H

#include "embedded.h"

/* What the options say: NULL where they were not given. */
struct device_options {
    const char *device; /* "unix:PATH" or "embedded" */
    const char *anchor; /* whom to trust behind a socket; NULL: COPP_ANCHOR, else Microsoft's */
    const char *adapter; /* these two ask for the embedded adapter */
    const char *events;
};

/* Entries for a command's table: of the options structure type, in which a struct device_options is called device. */
#define DEVICE_OPTION(type)                                                                                                      \
    {                                                                                                                            \
        .name = "device", .kind = OPTION_TEXT, .offset = offsetof(type, device) + offsetof(struct device_options, device),       \
        .argument = "unix:PATH|embedded", .words = "unix: embedded",                                                             \
        .help = "coppd's socket, or the adapter inside this\nprogram (default: $COPP_DEVICE, else coppd\nwhere it runs)"         \
    }
#define DEVICE_OPTIONS(type)                                                                                                     \
    DEVICE_OPTION(type), {                                                                                                       \
        .name = "anchor", .kind = OPTION_TEXT, .offset = offsetof(type, device) + offsetof(struct device_options, anchor),       \
        .argument = "microsoft|FILE", .words = "microsoft",                                                                      \
        .help = "whom coppd's chain must lead to (default:\n$COPP_ANCHOR, else microsoft)"                                       \
    }

struct device {
    const char *path; /* of the socket; NULL: embedded */
    struct embedded host; /* if so */
    struct copp_public_key anchor; /* if not */
    char (*names)[COPP_CONNECTOR_NAME_SIZE];
    size_t count;
    int wake_fd; /* readable when the person has had enough; -1: none */
};

/* follow is as of events_open. STATUS_YES, or complains; close in any case. */
int device_find(const struct invocation *in, const struct device_options *options, bool follow, struct device *device);
/* The same, and reads whom to trust and what outputs there are. */
int device_open(const struct invocation *in, const struct device_options *options, bool follow, struct device *device);
void device_close(struct device *device);

/* A connection to what is behind a socket, and complaining about one that failed, or about none. */
enum copp_result device_connect(const struct device *device, struct copp_socket **connection);
int device_fail(const struct invocation *in, const struct device *device, const struct copp_socket *connection,
                enum copp_result result);

/* The outputs; NULL beyond the last. */
const char *device_output(const struct device *device, size_t index);

uint64_t device_now(const struct device *device);
/* When something happens by itself, and letting it happen: nothing ever does in this process behind a socket. */
uint64_t device_next(const struct device *device);
void device_step(struct device *device);
/* To poll for reading, for events_read of the embedded adapter's; -1: none. */
int device_events_fd(const struct device *device);
/* A command ends early once fd can be read from; whether one did. */
void device_wake_by(struct device *device, int fd);
bool device_woken(const struct device *device);

/* True if no session is to be had because of the output's mode (ARB-6). */
bool device_refuses(struct device *device, const char *output);

/* A session with an output: STATUS_YES, or complains. Close the link in any case. */
int device_establish(const struct invocation *in, struct device *device, const char *output, const struct copp_srm *srm,
                     struct link *link);

#endif
