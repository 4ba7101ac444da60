/*
 * Events for the simulated adapter, a line each: "[+SECONDS] unplug HDMI-1". They come from a file, a FIFO or a
 * terminal, and are read as they come. SECONDS count from when the line is read. Empty lines and lines that start
 * with '#' mean nothing.
 */
#ifndef COPP_CLI_EVENTS_H
#define COPP_CLI_EVENTS_H

#include "options.h"

struct event_source;

/*
 * name may be NULL: a source without events. follow: a FIFO may be written to any number of times, and never ends.
 * STATUS_YES, or complains.
 */
int events_open(const struct invocation *in, const char *name, bool follow, struct event_source **source);
void events_free(struct event_source **source);

/* To poll for reading; -1 once the end has been reached. */
int events_fd(const struct event_source *source);
/* Call when there is something to read: reads once. */
void events_read(struct event_source *source, uint64_t now_ms);
/* When the next event is due; UINT64_MAX if none is waiting. */
uint64_t events_deadline_ms(const struct event_source *source);
/* No event is waiting and none can come. */
bool events_ended(const struct event_source *source);

/* Takes the next event that is due: its text, to free, or NULL. *line is its line's number. */
char *events_take(struct event_source *source, uint64_t now_ms, unsigned *line);

const char *events_name(const struct event_source *source);

/* A line was wrong: complains, and remembers it. */
void events_complain(struct event_source *source, unsigned line, const char *text);
bool events_failed(const struct event_source *source);

#endif
