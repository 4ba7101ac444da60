/* What a case waits for: whatever its driver and its player name, and no longer than so many milliseconds. */
#ifndef COPP_CONFORMANCE_WAIT_LIST_H
#define COPP_CONFORMANCE_WAIT_LIST_H

#include <stddef.h>

#define WAIT_LIST_MAX 48u

#ifdef _WIN32

#include <windows.h>

typedef HANDLE wait_object; /* is set when there is something to do */

#else

#include <poll.h>

typedef int wait_object; /* a descriptor to read from */

#endif

struct wait_list {
    wait_object objects[WAIT_LIST_MAX];
    size_t count;
};

/* One that finds no place is looked at when the time is over. */
static inline void wait_add(struct wait_list *list, wait_object object) {
    if (list->count < WAIT_LIST_MAX)
        list->objects[list->count++] = object;
}

#ifdef _WIN32

_Static_assert(WAIT_LIST_MAX <= MAXIMUM_WAIT_OBJECTS, "Windows waits for no more at a time");

static inline void wait_for(const struct wait_list *list, int timeout_ms) {
    if (list->count > 0)
        (void)WaitForMultipleObjects((DWORD)list->count, list->objects, FALSE, (DWORD)timeout_ms);
    else
        Sleep((DWORD)timeout_ms);
}

#else

static inline void wait_for(const struct wait_list *list, int timeout_ms) {
    struct pollfd fds[WAIT_LIST_MAX];
    for (size_t i = 0; i < list->count; i++)
        fds[i] = (struct pollfd){.fd = list->objects[i], .events = POLLIN};
    (void)poll(fds, list->count, timeout_ms);
}

#endif

#endif
