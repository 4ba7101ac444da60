/*
 * How a player reaches the driver of its case: packets (packets.h) that come whole. On Linux through a socket, as to coppd
 * (channel_posix.c); on Windows through a pipe, at whose other end copp.dll or dxva2.dll is the player's driver (channel_windows.c).
 * Nothing here waits.
 */
#ifndef COPP_CONFORMANCE_CHANNEL_H
#define COPP_CONFORMANCE_CHANNEL_H

#include "packets.h"
#include "plan.h"
#include "wait_list.h"

struct channel_listener;
struct channel; /* one connection */

enum channel_state {
    CHANNEL_QUIET, /* nothing has come */
    CHANNEL_PACKET,
    CHANNEL_ENDED /* the player has closed it */
};

/* Listens at name, which nobody may have listened at before. COPP_E_IO: errno says why. Free it in any case. */
COPP_NODISCARD enum copp_result channel_listen(const char *name, struct channel_listener **listener);
void channel_listener_free(struct channel_listener **listener);
/* The next player who has come; NULL: none has. Close it. */
struct channel *channel_accept(struct channel_listener *listener);

/* The next packet, of at most room bytes; one that is longer is cut. */
enum channel_state channel_receive(struct channel *channel, uint8_t *packet, size_t room, size_t *size);
/* False: the player does not take it. */
bool channel_send(struct channel *channel, const uint8_t *packet, size_t size);
void channel_close(struct channel **channel);

/* What to wait for. */
wait_object channel_listener_object(const struct channel_listener *listener);
wait_object channel_object(const struct channel *channel);

/* Why what the case is about cannot come to a player this way; NULL: it can. */
const char *channel_lacks(const struct conformance_case *test);
/* Whether drivers that are reached this way bind their answers (BIND-2). */
bool channel_binds(void);

#endif
