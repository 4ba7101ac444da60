/* Whose a process is, as peers.c has coppd believe: a file, COPP_TEST_PEERS in its environment. */
#ifndef COPP_TEST_PEERS_H
#define COPP_TEST_PEERS_H

#include <sys/types.h>

#define PEERS_MAX 16

struct peers {
    struct {
        pid_t pid; /* 0: the place is free */
        uid_t uid;
    } processes[PEERS_MAX];
};

#endif
