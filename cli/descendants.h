/*
 * Everything that comes from this program's child, in whichever process group or session it has put itself: children of
 * children, and those whose parent has ended. On Linux, as long as /proc tells of it; elsewhere nobody.
 */
#ifndef COPP_CLI_DESCENDANTS_H
#define COPP_CLI_DESCENDANTS_H

#include <stdbool.h>

/* From here on those whose parent ends stay descendants: they become this program's children. Reap them. */
void descendants_adopt(void);

/* To each, and to those that come meanwhile. False: some may not be signalled, as they have become another user's. */
bool descendants_signal(int number);

/* Whether any runs; one that has ended and was not asked for does not. */
bool descendants_left(void);

#endif
