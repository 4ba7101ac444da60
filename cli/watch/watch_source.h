/*
 * Where news comes from: a coppd, which is tried again each second once it has gone, or the adapter inside this program,
 * whose connectors are looked at.
 */
#ifndef COPP_CLI_WATCH_SOURCE_H
#define COPP_CLI_WATCH_SOURCE_H

#include <poll.h>

#include "cli/adapter.h"

enum source_word {
    SOURCE_NOTHING, /* at present */
    SOURCE_NEWS,
    SOURCE_LOST, /* the daemon has gone */
    SOURCE_BACK, /* it is there again, and tells how things are */
    SOURCE_ENDED /* nothing can happen any more: the adapter's, whose events have ended */
};

struct source {
    const struct invocation *in;
    struct adapter device;
    struct copp_socket *connection; /* NULL: there is none, or the adapter is inside */
    char reason[160]; /* why it was lost, or cannot be opened again; "": not known */
    uint64_t try_ms; /* when to try again */
    uint64_t lost_ms; /* when it was lost */
    struct copp_socket_connector_news *told; /* the adapter's */
    uint32_t count;
    bool complete;
};

/* STATUS_YES, or complains; close in any case. */
int source_open(const struct invocation *in, const struct adapter_options *options, struct source *source);
void source_close(struct source *source);

/* "unix:PATH", or that it is the simulated adapter. */
void source_name(const struct source *source, char *name, size_t size);

/* What to poll, and until when; source_next afterwards, until it answers SOURCE_NOTHING or SOURCE_ENDED. */
struct pollfd source_poll(const struct source *source);
uint64_t source_deadline_ms(const struct source *source);
enum source_word source_next(struct source *source, struct copp_socket_news *news);

uint64_t source_now(const struct source *source);

#endif
