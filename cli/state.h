/* What the installation keeps: where its stored lists are, and noticing that a file has changed. */
#ifndef COPP_CLI_STATE_H
#define COPP_CLI_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_CRL "revocation.crl"
#define STORE_SRM_1 "hdcp1.srm"
#define STORE_SRM_2 "hdcp2.srm"

#ifdef _WIN32
#define STATE_SHOWN "%ProgramData%\\copp"
#else
#define STATE_SHOWN COPP_STATE_DIRECTORY
#endif

/* An environment variable; NULL where it is not set, or empty: an empty one says nothing. */
const char *variable(const char *name);

/* The path of a store, below COPP_STATE_DIR where that is set, else the installation's directory. NULL: no memory. */
char *state_path(const char *name);

/* The installation's own directory; *buffer may be used for it (state_posix.c, state_windows.c). */
const char *state_default(char *buffer, size_t size);

/* Makes the directory that path is in, and those above it, unless they are there, and sees to it that what is written there
 * everybody may read: a list that only root can read would stop every other user's players. 0, or -1 with errno set. */
int state_make_public(const char *path);

/* Which file it is and what was last done to it. */
struct file_identity {
    bool there;
    bool regular; /* what is not, cannot be read twice */
    uint64_t parts[5];
};
/* Of what name leads to. 0, also where nothing is there; -1 with errno set where that cannot be told, or a link leads nowhere. */
int file_identify(const char *name, struct file_identity *identity);
bool file_same(const struct file_identity *a, const struct file_identity *b);

#endif
