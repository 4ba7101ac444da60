/* What ends this program, and the ends of what it has started: descriptors to wait for beside others. */
#ifndef COPP_CLI_SIGNALS_H
#define COPP_CLI_SIGNALS_H

#include <stdbool.h>

struct signals {
    int ending; /* readable when somebody wants this program to end */
    int children; /* readable when a child has ended or somebody wants this program to stop; -1: nothing tells of it */
    int look_ms; /* how long to wait at most before looking for oneself */
};

/* False with errno set; close in any case. From here on nothing ends this program but signals_take; on Windows
 * who asks a second time does. */
bool signals_open(struct signals *signals);
void signals_close(struct signals *signals);

/* The number of a signal that should end this program, 0: none; forgets of children what has been told. *suspend: somebody
 * wants it to stop (Ctrl-Z), which it does not by itself. */
int signals_take(const struct signals *signals, bool *suspend);

/* The same. *typed: it was typed on the terminal, and so has come to all of this program's process group. Not on Windows. */
int signals_take_from(const struct signals *signals, bool *suspend, bool *typed);

#endif
