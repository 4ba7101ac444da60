/*
 * A display on the console, as far as the example needs one: three pictures, shown by page flips. Its program has to be the card's
 * DRM master: it runs on a console without a compositor, or has been handed a lease.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include <copp-kms.h>

enum { SCREEN_BLACK, SCREEN_PICTURE, SCREEN_OTHER_PICTURE, SCREEN_PICTURES };

struct screen;

/* connector: "HDMI-A-1". Shows black. atomic: flips are atomic commits, else the legacy call. NULL: why has been said. */
struct screen *screen_open(const char *card, const char *connector, bool atomic);
/* NULL-safe. */
void screen_close(struct screen *screen);

int screen_fd(const struct screen *screen); /* readable: call screen_handle */
uint32_t screen_connector(const struct screen *screen); /* its object id */

/*
 * Shows a picture from the next refresh on; until screen_handle has heard of that, no other flip can follow. request, which may be
 * NULL, is written in the same commit. Returns 0 or an errno.
 */
int screen_flip(struct screen *screen, int picture, const struct copp_kms_request *request);
/* False: a flip is under way. */
bool screen_ready(const struct screen *screen);
void screen_handle(struct screen *screen);
/* Which picture is on the display, as of the last screen_handle. */
int screen_shown(const struct screen *screen);

#endif
