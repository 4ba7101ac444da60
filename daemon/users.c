#include "users.h"

#include <stdlib.h>

#define WINDOW_MS 1000u

static bool of_no_use(const struct user *user, uint64_t now_ms) {
    return user->clients == 0 && user->unsaid.count == 0 && now_ms - user->window_ms >= WINDOW_MS;
}

struct user *user_enter(struct user **users, uid_t uid, uint64_t now_ms) {
    struct user *found = NULL;
    for (struct user **link = users; *link;) {
        struct user *user = *link;
        if (user->uid == uid) {
            found = user;
        } else if (of_no_use(user, now_ms)) {
            *link = user->next;
            free(user);
            continue;
        }
        link = &user->next;
    }
    if (found)
        return found;
    found = calloc(1, sizeof *found);
    if (!found)
        return NULL;
    *found = (struct user){.next = *users, .uid = uid, .window_ms = now_ms};
    *users = found;
    return found;
}

bool user_may_connect(struct user *user, uint32_t limit, uint64_t now_ms) {
    if (now_ms - user->window_ms >= WINDOW_MS) {
        user->window_ms = now_ms;
        user->connections = 0;
    }
    if (limit && user->connections >= limit)
        return false;
    user->connections++;
    return true;
}

void users_free(struct user **users) {
    while (*users) {
        struct user *user = *users;
        *users = user->next;
        free(user);
    }
}
