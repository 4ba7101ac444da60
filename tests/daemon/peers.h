/* Whose a process is, as peers.c has coppd believe, and whom coppd has answered: a file, COPP_TEST_PEERS in its environment. */
#ifndef COPP_TEST_PEERS_H
#define COPP_TEST_PEERS_H

#include <stdatomic.h>
#include <sys/types.h>

#define PEERS_MAX 16
#define PEERS_SENT (1u << 20)
#define PEERS_TYPE_AT 4 /* in a packet: little-endian, and all types are small */

struct peers {
    struct {
        pid_t pid; /* 0: the place is free */
        uid_t uid;
    } processes[PEERS_MAX];
    atomic_ulong sent; /* packets that coppd has sent so far */
    struct {
        pid_t pid; /* to whom */
        unsigned type; /* of which; 0: of none */
    } packets[PEERS_SENT]; /* the last ones: number n stands at n % PEERS_SENT */
};

#endif
