/*
 * What goes wrong with players, told once: the first time at once, and a flood of the same as a line with a count every ten
 * seconds. However many do it, that takes no more memory.
 */
#ifndef COPPD_JOURNAL_H
#define COPPD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/seldom.h"
#include "copp/log.h"

#define JOURNAL_INTERVAL_MS 10000u
#define JOURNAL_SUBJECTS 64u /* a user each and kind; what the others do is counted together */
#define JOURNAL_SUBJECT_SIZE 96u /* bytes: a connector's name and "(simulated)" */

enum journal_kind {
    JOURNAL_MALFORMED,
    JOURNAL_VERSION,
    JOURNAL_FULL,
    JOURNAL_USER_LIMIT,
    JOURNAL_RATE,
    JOURNAL_UNREAD,
    JOURNAL_HANDSHAKE,
    JOURNAL_PENDING,
    JOURNAL_LINK_LOSS,
    JOURNAL_REVOKED,
    JOURNAL_LIBRARY,
    JOURNAL_KINDS
};

/* Somebody or something that one kind of thing happens to. */
struct journal_subject {
    char name[JOURNAL_SUBJECT_SIZE]; /* "": the place is free */
    enum journal_kind kind;
    unsigned told; /* in the present interval */
    uint64_t more; /* and not told */
    uint64_t deadline_ms; /* when it ends */
};

struct journal {
    struct copp_log log; /* the library's own errors, of adapter and key */
    struct journal_subject subjects[JOURNAL_SUBJECTS];
    struct journal_subject others[JOURNAL_KINDS];
    uint64_t deadline_ms; /* when journal_dispatch has something to do; UINT64_MAX: never */
};

/* What goes wrong on the machine, again and again: logged seldom. */
void journal_seldom(struct seldom *said, int cause, const char *format, ...) __attribute__((format(printf, 3, 4)));

void journal_init(struct journal *journal);

/* Something has happened to the subject: true if the caller is to log it now, false if it is only counted. */
bool journal_admits(struct journal *journal, enum journal_kind kind, const char *subject, uint64_t now_ms);

/* Logs the counts of the intervals that are over. */
void journal_dispatch(struct journal *journal, uint64_t now_ms);

/* Logs all counts: the daemon ends. */
void journal_end(struct journal *journal);

#endif
