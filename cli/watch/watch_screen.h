/* The terminal as copp watch uses it: tables above, the log below. */
#ifndef COPP_CLI_WATCH_SCREEN_H
#define COPP_CLI_WATCH_SCREEN_H

#include "watch_model.h"

struct screen;

/* On standard output, with keys from standard input. NULL: this terminal cannot do it (a dumb one, or none that is known). */
struct screen *screen_open(void);
/* The terminal is as it was. NULL-safe; clears the pointer. */
void screen_close(struct screen **screen);

/* what is being watched; state is how that goes. */
void screen_draw(struct screen *screen, const struct model *model, uint64_t now_ms, const char *what, const char *state);
/* Keys that wait. False: it is enough. */
bool screen_keys(struct screen *screen, const struct model *model);
/* Whether the terminal is this program's, and not that of another job of the shell's. */
bool screen_in_foreground(void);
/* Stops this program as the signal does; returns once it goes on. The terminal is as it was meanwhile. screen may be NULL. */
void screen_stop(struct screen *screen, int number);
/* The terminal has another size, perhaps. */
void screen_resized(void);

#endif
