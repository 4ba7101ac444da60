/* Who owns a graphics card's outputs: its DRM master, by the kernel's list of clients, and who else has it open. */
#ifndef COPP_CLI_PROBE_OWNER_H
#define COPP_CLI_PROBE_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define OWNER_NAME_SIZE 24u
#define OWNERS_MAX 16u

struct card_owner {
    pid_t pid;
    char name[OWNER_NAME_SIZE]; /* its command, as the kernel has it: at most 15 characters */
    bool master;
};

struct card_owners {
    size_t count;
    struct card_owner list[OWNERS_MAX];
    bool clients_known; /* who is master could be read */
    bool all_seen; /* every process could be looked at */
};

/*
 * Reads who has the card of that minor number open. debugfs and proc are where those file systems are mounted ("/sys/kernel/debug",
 * "/proc"); both tell root alone all there is. What opens cards for others (systemd-logind, seatd) is left out where one of those
 * others is found: in older kernels the master is listed under its name.
 */
void card_owners_read(const char *debugfs, const char *proc, unsigned minor, const char *node, struct card_owners *owners);

/* The one who can be asked to lend the card, or NULL. */
const struct card_owner *card_owners_master(const struct card_owners *owners);

#endif
