/* The displays that mpv's window is on, each with a protection of its own. */
#ifndef COPP_PLUGINS_MPV_DISPLAYS_H
#define COPP_PLUGINS_MPV_DISPLAYS_H

#include <mpv/client.h>

#include "options.h"

#define DISPLAYS_MAX 8u /* more than a window has ever been on; with more, nothing is shown */
#define DISPLAY_TEXT_SIZE 512u

struct displays;

/* wake is called from other threads whenever something has changed. */
struct displays *displays_new(const struct plugin_options *options, void (*wake)(void *user), void *user);

/* From now on these, by names as in struct protection_config; those that stay keep their protection. NULL as the only one: the only display
 * there is, whatever it is called. card_fd is lent to coppd for those that are new, if coppd takes it; -1: none. False: not all of them
 * can be protected, and nothing is. */
bool displays_set(struct displays *displays, char *const *names, size_t count, int card_fd);
/* How many there are. */
size_t displays_count(const struct displays *displays);
/* Whether there are any, and protection is in force on each of them. */
bool displays_in_force(struct displays *displays);
/* Whether one of them cannot be protected for good. */
bool displays_ended(struct displays *displays);

/* Calls tell for each display whose state has changed since it was told last; with all, for each of them. */
struct display_news {
    const char *name; /* of the connector, else as in displays_set, else "" */
    const char *state; /* as protection_state_name */
    const char *text; /* the reason with its remedy; "" while nothing is wrong */
    bool simulated;
};
void displays_tell(struct displays *displays, bool all, void (*tell)(void *user, const struct display_news *news), void *user);

/* NULL-safe; clears the pointer. */
void displays_free(struct displays **displays);

#endif
