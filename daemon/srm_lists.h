/*
 * The adapter's lists of revoked HDCP devices across restarts (OPM-SRM-4): loaded from the state directory before anybody is served, and
 * put there when players bring newer ones. The disk is waited for in a thread of its own; meanwhile only who brought the list waits.
 */
#ifndef COPPD_SRM_LISTS_H
#define COPPD_SRM_LISTS_H

#include "copp/device.h"
#include "settings.h"
#include "srm_file.h"

struct srm_write; /* one that is under way */

enum srm_state {
    SRM_STORED, /* or there is none */
    SRM_NEW, /* to be written */
    SRM_WRITING,
    SRM_FAILED /* its write went wrong */
};

struct srm_lists {
    struct srm_keys keys;
    struct srm_file files[SRM_KINDS];
    struct srm_list taken[SRM_KINDS]; /* as the adapter had them last */
    enum srm_state states[SRM_KINDS]; /* of those */
    bool told[SRM_KINDS]; /* that it went wrong */
    uint64_t updates[SRM_KINDS]; /* newer lists that players have brought */
    uint64_t writes[2]; /* that went wrong, and that went well */
    struct srm_write *write; /* NULL: none */
    size_t last_kind; /* of which one was begun last: the other one is next */
    uint64_t due[SRM_KINDS]; /* how many writes have been wanted; one that is not begun yet serves all that came before */
    uint64_t settled[SRM_KINDS]; /* of them, those that have come to an end */
    int fd; /* readable once a write has ended */
};

/* Whether keys and stored lists can be used. False, with the reason. */
bool srm_lists_check(const struct config *config, struct error_text *error);

/* To be called first, so that close may be called in any case. */
void srm_lists_init(struct srm_lists *lists);
/* Makes the adapter keep lists, and loads those that are stored. False, with the reason. */
bool srm_lists_open(struct srm_lists *lists, const struct config *config, struct copp_adapter *adapter, struct error_text *error);
/* What an answer waits for: that a kind's list, as it was then or newer, is on the disk, or cannot be put there. */
struct srm_wait {
    size_t kind;
    uint64_t due; /* 0: nothing is waited for */
};

/* A player has brought a list of this kind: begins to write what is newer than what was stored, and what could not be stored
 * before. Returns what the player's answer waits for. */
struct srm_wait srm_lists_sync(struct srm_lists *lists, struct copp_adapter *adapter, size_t kind);
bool srm_lists_done(const struct srm_lists *lists, const struct srm_wait *wait);
/* The descriptor is readable: goes on with what else is to be written. */
void srm_lists_written(struct srm_lists *lists);
/* Waits for the disk. */
void srm_lists_close(struct srm_lists *lists);

#endif
