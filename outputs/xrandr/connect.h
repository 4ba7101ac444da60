/*
 * Connecting to an X server, which xcb cannot do within a time limit: a server that is stopped takes a connection and says
 * nothing. So it is done in a thread of its own, which shares nothing with the others until it has ended.
 */
#ifndef COPP_OUTPUTS_XRANDR_CONNECT_H
#define COPP_OUTPUTS_XRANDR_CONNECT_H

#include "outputs/xrandr/randr.h"

struct randr_connect;

/* display is copied; NULL: DISPLAY in the environment. NULL without memory, descriptors or threads. */
struct randr_connect *randr_connect_begin(const char *display);

/* Readable once it has ended. */
int randr_connect_fd(const struct randr_connect *attempt);

/* False: it goes on. Else the attempt is freed and *randr open, or *result says why not. Close *randr in any case. */
bool randr_connect_ended(struct randr_connect **attempt, struct randr *randr, enum copp_result *result);

/* Whatever becomes of it. NULL-safe; clears the pointer. */
void randr_connect_leave(struct randr_connect **attempt);

#endif
