/* Who is connected, by user id, and how much of the daemon one user may have. */
#ifndef COPPD_USERS_H
#define COPPD_USERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct client;

struct user {
    struct user *next;
    uid_t uid;
    uint32_t clients;
    uint32_t subscribers; /* of them */
    uint32_t recordings; /* of them */
    uint64_t window_ms; /* when the present second began */
    uint32_t connections; /* in it */
    /* notify.h */
    uint32_t news; /* told of it in the present interval */
    struct {
        uint64_t id;
        uint32_t pid;
        uint32_t request;
        uint32_t status;
        uint32_t count; /* so many refusals have not been told; the rest is the last one's */
    } unsaid;
    /* turns.h */
    uint64_t turn; /* of the loop, in which the share was last looked at */
    int share; /* what is left of it; below 0 where a handshake took more */
    struct client *first_queued; /* those that wait for a turn, the longest first */
    struct client *last_queued;
};

/* The user's entry, made if there is none; NULL without memory. Entries nobody needs any more are forgotten. */
struct user *user_enter(struct user **users, uid_t uid, uint64_t now_ms);
/* Counts a connection. False if there have been more than limit in this second; 0 means no limit. */
bool user_may_connect(struct user *user, uint32_t limit, uint64_t now_ms);
void users_free(struct user **users);

#endif
