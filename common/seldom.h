/* What goes wrong again and again, and is said seldom: at once, and then at most once an hour, with how often it has been. */
#ifndef COPP_COMMON_SELDOM_H
#define COPP_COMMON_SELDOM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SELDOM_CAUSES 8u
#define SELDOM_AGAIN_MS 3600000u

/* What has been said, of one output or whatever else it is about. Begins as zeros. */
struct seldom {
    size_t count;
    struct {
        int cause;
        uint64_t said_ms;
        unsigned more; /* times since then */
    } list[SELDOM_CAUSES];
};

/*
 * Something has happened for a cause, such as an errno. Whether it is to be said now; *more is how often it has not been since the last
 * time. Causes beyond SELDOM_CAUSES count as one. now_ms is of any monotonic clock.
 */
static inline bool seldom_is_due(struct seldom *seldom, int cause, uint64_t now_ms, unsigned *more) {
    size_t i = 0;
    while (i < seldom->count && seldom->list[i].cause != cause)
        i++;
    bool known = i < seldom->count || i == SELDOM_CAUSES;
    i = i < SELDOM_CAUSES ? i : SELDOM_CAUSES - 1;
    if (known && now_ms - seldom->list[i].said_ms < SELDOM_AGAIN_MS) {
        seldom->list[i].more += seldom->list[i].more < UINT_MAX;
        return false;
    }
    *more = known ? seldom->list[i].more : 0;
    seldom->list[i].cause = cause;
    seldom->list[i].said_ms = now_ms;
    seldom->list[i].more = 0;
    seldom->count += !known;
    return true;
}

/* A cause that is known by its words alone. */
static inline int seldom_cause(const char *text) {
    uint32_t cause = 0;
    for (const char *letter = text; *letter; letter++)
        cause = cause * 31u + (uint8_t)*letter;
    return (int)(cause & INT32_MAX);
}

#endif
