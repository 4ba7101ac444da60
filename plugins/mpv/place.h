/* Where mpv shows its picture: the displays that its window is on, or the graphics card that it drives itself. */
#ifndef COPP_PLUGINS_MPV_PLACE_H
#define COPP_PLUGINS_MPV_PLACE_H

#include <mpv/client.h>
#include <stdbool.h>
#include <stddef.h>

#include "displays.h"

struct place {
    char *names[DISPLAYS_MAX]; /* each display once, as the text of struct copp_monitor_query */
    size_t count;
    bool incomplete; /* there are more of them than that, or memory is used up: nothing may be shown */
    int card_fd; /* mpv's own open file of the card whose DRM master it is; -1: none */
    bool known; /* false: mpv does not say yet, and may still */
};

/* Asks mpv. connector is what is configured, and NULL where nothing is: then the window says which displays it is on. place_free in any
 * case. */
void place_read(mpv_handle *mpv, const char *connector, struct place *place);
void place_free(struct place *place);

/* Whether mpv is set to drive a graphics card itself: then it is that card's master only once it has a window. */
bool place_is_card(mpv_handle *mpv);

#endif
