/* Another program's graphics card: the open file that makes it DRM master or lessee, found in /proc and taken by pidfd_getfd. */
#ifndef COPP_CLI_LEND_OWNER_H
#define COPP_CLI_LEND_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#define OWNER_CARD_SIZE 32u

struct owner {
    uint32_t pid;
    char name[32]; /* the kernel's name for the program, made printable; "": it does not tell */
    int pid_fd; /* -1: not open */
    int card_fd; /* a copy of its file; -1: none yet */
    char card[OWNER_CARD_SIZE]; /* "card0" */
};

enum owner_result {
    OWNER_FOUND,
    OWNER_GONE, /* the process does not exist, or has ended */
    OWNER_NOT_MASTER, /* it has cards open, and is neither master nor lessee of any that is meant */
    OWNER_NO_CARD, /* it has none open that is meant */
    OWNER_SEVERAL, /* which one is meant does not show */
    OWNER_ERROR /* errno says why it may not be looked into */
};

/* OWNER_FOUND: the process is there, and is the same from here on whatever becomes of its number. Close it in any case. */
enum owner_result owner_open(uint32_t pid, struct owner *owner);
/* Looks for its card: card is "card0", or NULL for the only one. May be called again. */
enum owner_result owner_take_card(struct owner *owner, const char *card);
/* Closes the copy: once it is lent, only whoever has to may keep one. */
void owner_drop_card(struct owner *owner);
void owner_close(struct owner *owner);

#endif
