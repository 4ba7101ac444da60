/*
 * Everything that comes from this program's child, in whichever process group or session it has put itself: children of
 * children, and those whose parent has ended. On Linux, as long as /proc tells of it; elsewhere nobody.
 */
#ifndef COPP_CLI_DESCENDANTS_H
#define COPP_CLI_DESCENDANTS_H

#include <stdbool.h>

/* From here on those whose parent ends stay descendants: they become this program's children. Reap them. */
void descendants_adopt(void);

/* To each, and to those that come meanwhile; after SIGSTOP all have stopped. False, a second later at the latest: some were not
 * reached: they are another user's, do not stop, are more than memory holds, or start others faster than they are told. */
bool descendants_signal(int number);

/* Whether any runs; one that has ended and was not asked for does not. */
bool descendants_left(void);

#endif
