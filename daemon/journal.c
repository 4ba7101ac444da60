#include "journal.h"
#include "common/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"

static const struct {
    const char *plural; /* "...: 12 more in the last 10 s" */
    unsigned burst; /* so many are told one by one */
} kinds[JOURNAL_KINDS] = {
    [JOURNAL_MALFORMED] = {"malformed packets", 1},
    [JOURNAL_VERSION] = {"packets of another version", 1},
    [JOURNAL_FULL] = {"connections refused because coppd is full", 1},
    [JOURNAL_USER_LIMIT] = {"connections beyond a user's limit", 1},
    [JOURNAL_RATE] = {"connections opened faster than a user may", 1},
    [JOURNAL_UNREAD] = {"connections that did not read", 1},
    [JOURNAL_HANDSHAKE] = {"failed handshakes", 1},
    [JOURNAL_PENDING] = {"commands that the output did not carry out", 1},
    [JOURNAL_LINK_LOSS] = {"losses of link or protection", 4},
    [JOURNAL_REVOKED] = {"revoked HDCP devices", 4},
    [JOURNAL_LIBRARY] = {"errors", 4},
};

static void on_library_line(struct copp_log *log, enum copp_log_level level, const char *text) {
    struct journal *journal = (struct journal *)log; /* it is its first member */
    if (level == COPP_LOG_ERROR && journal_admits(journal, JOURNAL_LIBRARY, "libcopp", clock_ms()))
        log_error("libcopp: %s", text);
}

void journal_seldom(struct seldom *said, int cause, const char *format, ...) {
    char text[512];
    unsigned more;
    va_list arguments;
    if (!seldom_is_due(said, cause, clock_ms(), &more))
        return;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (more)
        log_warning("%s (and %u more times since the last such message)", text, more);
    else
        log_warning("%s", text);
}

void journal_init(struct journal *journal) {
    static const struct copp_log_ops ops = {sizeof ops, on_library_line};
    memset(journal, 0, sizeof *journal);
    journal->log.ops = &ops;
    journal->deadline_ms = UINT64_MAX;
}

/* The subject's place, or a free one, which becomes its own; else the one of all others. */
static struct journal_subject *find(struct journal *journal, enum journal_kind kind, const char *name) {
    struct journal_subject *found = &journal->others[kind];
    for (size_t i = 0; i < JOURNAL_SUBJECTS; i++) {
        struct journal_subject *subject = &journal->subjects[i];
        if (subject->kind == kind && strcmp(subject->name, name) == 0)
            return subject;
        if (!subject->name[0] && found == &journal->others[kind])
            found = subject;
    }
    return found;
}

bool journal_admits(struct journal *journal, enum journal_kind kind, const char *name, uint64_t now_ms) {
    char cut[JOURNAL_SUBJECT_SIZE];
    (void)snprintf(cut, sizeof cut, "%s", name);
    struct journal_subject *subject = find(journal, kind, cut);
    if (!subject->name[0]) {
        bool other = subject == &journal->others[kind];
        *subject = (struct journal_subject){.kind = kind, .deadline_ms = now_ms + JOURNAL_INTERVAL_MS};
        (void)snprintf(subject->name, sizeof subject->name, "%s", other ? "others" : cut);
    }
    if (subject->deadline_ms < journal->deadline_ms)
        journal->deadline_ms = subject->deadline_ms;
    if (subject->told < kinds[kind].burst) {
        subject->told++;
        return true;
    }
    subject->more++;
    return false;
}

/* With a comma between thousands. */
static const char *grouped(uint64_t number, char text[32]) {
    char digits[24];
    size_t count = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number);
    char *out = text;
    for (size_t i = 0; i < count; i++) {
        if (i && (count - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = 0;
    return text;
}

static void sum_up(struct journal_subject *subject) {
    char number[32];
    if (subject->more)
        log_warning("%s: %s: %s more in the last %u s", subject->name, kinds[subject->kind].plural,
                    grouped(subject->more, number), JOURNAL_INTERVAL_MS / 1000u);
}

/* A flood that goes on is only counted; a subject that has been quiet is forgotten. */
static void end_interval(struct journal_subject *subject, uint64_t now_ms) {
    sum_up(subject);
    if (subject->more) {
        subject->more = 0;
        subject->told = kinds[subject->kind].burst;
        subject->deadline_ms = now_ms + JOURNAL_INTERVAL_MS;
    } else {
        subject->name[0] = 0;
    }
}

static void dispatch(struct journal *journal, struct journal_subject *subjects, size_t count, uint64_t now_ms) {
    for (size_t i = 0; i < count; i++) {
        if (subjects[i].name[0] && subjects[i].deadline_ms <= now_ms)
            end_interval(&subjects[i], now_ms);
        if (subjects[i].name[0] && subjects[i].deadline_ms < journal->deadline_ms)
            journal->deadline_ms = subjects[i].deadline_ms;
    }
}

void journal_dispatch(struct journal *journal, uint64_t now_ms) {
    journal->deadline_ms = UINT64_MAX;
    dispatch(journal, journal->subjects, JOURNAL_SUBJECTS, now_ms);
    dispatch(journal, journal->others, JOURNAL_KINDS, now_ms);
}

void journal_end(struct journal *journal) {
    for (size_t i = 0; i < JOURNAL_SUBJECTS; i++)
        sum_up(&journal->subjects[i]);
    for (size_t i = 0; i < JOURNAL_KINDS; i++)
        sum_up(&journal->others[i]);
    journal_init(journal);
}
