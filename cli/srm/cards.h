/* Graphics cards whose driver takes its revocation list through sysfs, as amdgpu does. Linux only. */
#ifndef COPP_CLI_SRM_CARDS_H
#define COPP_CLI_SRM_CARDS_H

#include <stdbool.h>
#include <stddef.h>

#include "attribute.h"

#define SRM_CARDS_MAX 64u /* as many as DRM has numbers for */

struct srm_card {
    char name[16]; /* "card0" */
    char path[64]; /* of the attribute */
    int fd; /* the attribute, open for both; -1: error says why */
    int error;
    bool asleep; /* powered down by itself, so that it must not be asked; not opened */
};

/* Opens the cards below root ("/" for this machine), by their numbers. Returns how many; close them. */
size_t srm_cards_open(const char *root, struct srm_card cards[SRM_CARDS_MAX]);
void srm_cards_close(struct srm_card *cards, size_t count);

/* How many there are, none of them opened. */
size_t srm_cards_count(const char *root);

#endif
