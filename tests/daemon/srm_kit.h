/* Lists of revoked HDCP devices that players bring to a coppd of the test's own, and what it has stored of them. */
#ifndef COPP_TEST_SRM_KIT_H
#define COPP_TEST_SRM_KIT_H

#include "daemon_kit.h"

#define FIRST "hdcp1.srm"
#define SECOND "hdcp2.srm"
#define SRM_WAIT_MS 60000u

/* A coppd that believes the vectors' own keys. settings are of the section [daemon]. */
void srm_kit_make(struct kit *kit, const char *settings);

/* A file in the kit's directory: path has KIT_PATH bytes. */
void srm_path(const struct kit *kit, const char *name, char *path);
void srm_write_file(const struct kit *kit, const char *name, const void *bytes, size_t size);
void srm_copy_vector(const struct kit *kit, const char *from, const char *name);
bool srm_is_there(const struct kit *kit, const char *name);
/* Whether it is this list, a file of tests/vectors/opm. */
bool srm_holds(const struct kit *kit, const char *name, const char *list);
/* Whether what is stored of the list's kind is as new as the list. */
bool srm_is_stored(const struct kit *kit, const char *list);

/* Such a file's bytes; free them. */
uint8_t *srm_vector(const char *name, size_t *size);

enum copp_result srm_set(struct player *player, const char *list);
/* By a session of its own. */
void srm_give(struct kit *kit, const char *list);
/* By a process of its own, which ends with 0 once it has been told of success, if the list was stored by then. */
pid_t srm_give_in_a_child(struct kit *kit, const char *list);
/* Fails the test if it has not ended with 0. */
bool srm_has_ended(pid_t pid);
void srm_wait_ended(pid_t pid);

/* Of the list in force; 0: there is none. */
unsigned srm_version(struct kit *kit, unsigned hdcp);
void srm_wait_version(struct kit *kit, unsigned hdcp, unsigned version);
/* How many writes there have been that went well, or wrong. */
unsigned srm_writes(struct kit *kit, bool good);

#endif
