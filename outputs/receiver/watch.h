/*
 * Reads a connector's receiver now and then, and never waits for it.
 *
 * The bus is read by a process of its own (reader.c), one a watch, started at the first request. A read that hangs in the kernel keeps
 * that process, which nothing can end until the kernel lets it go, and nobody else: requests come to nothing until then. All calls
 * belong to one thread. The process is its child: a host that reaps all children takes nothing from us.
 */
#ifndef COPP_OUTPUTS_RECEIVER_WATCH_H
#define COPP_OUTPUTS_RECEIVER_WATCH_H

#include "outputs/receiver/receiver.h"

/* Where things are. NULL: where the system has them. */
struct receiver_system {
    const char *sysfs; /* "/sys" */
    const char *dev; /* "/dev" */
    const char *program; /* that reads: copp-read-receiver */
};

struct receiver_result {
    uint64_t asked_ms; /* when it was requested: what was read is no older */
    int error; /* 0: receiver holds. Else an errno: ENODEV no bus is known, EACCES and EPERM no access, ENOENT no device node, ECHILD
                  the process could not be started or has ended; anything else is the bus's own */
    struct hdcp_receiver receiver;
};

/* The result in one word. */
enum receiver_state receiver_result_state(const struct receiver_result *result);

struct receiver_watch;

/* For a connector such as "card0-HDMI-A-1"; both arguments are copied. NULL: no memory, or no descriptors. */
struct receiver_watch *receiver_watch_open(const char *connector, const struct receiver_system *system);

/* Asks for a look. Nothing happens while an earlier one is under way. False: it has failed at once, and take has the result. */
bool receiver_watch_request(struct receiver_watch *watch, uint64_t now_ms);
/* Whether one is under way. */
bool receiver_watch_busy(const struct receiver_watch *watch);

/* Readable when take has a result; the same for as long as the watch lives. */
int receiver_watch_fd(const struct receiver_watch *watch);
/* The result of the request, once; false: it is not there yet. */
bool receiver_watch_take(struct receiver_watch *watch, struct receiver_result *result);

/* Ends the process without waiting for a bus that hangs. NULL-safe; clears the pointer. */
void receiver_watch_close(struct receiver_watch **watch);

#endif
