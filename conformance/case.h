/* A numbered case, and what came of it. */
#ifndef COPP_CONFORMANCE_CASE_H
#define COPP_CONFORMANCE_CASE_H

#include "exchange.h"

enum case_result {
    CASE_PASS,
    CASE_FAIL,
    CASE_NOT_SUPPORTED, /* the rules allow the subject not to have what the case is about, or we have no means to cause it */
    CASE_NOT_APPLICABLE, /* the case does not concern this subject: hostile ones where they are not wanted, bound answers where none are */
    CASE_EXPECTED_FAILURE, /* failed, and --expect names it */
    CASE_UNEXPECTED_PASS, /* passed, and --expect names it */
    CASE_ERROR /* we could not tell */
};

struct case_run;

struct conformance_case {
    const char *id; /* "DRV-SES-7-2": of the rule SES-7 the second */
    const char *title;
    const char *rules; /* ids with a space between them; the first is the one that a failure breaks unless it says otherwise */
    const char *source; /* where the rule comes from, in words */
    const char *sends; /* what is sent */
    const char *right; /* what is right */
    unsigned needs; /* of the subject: an OR of bits that the suite defines (driver/driver.h, player/) */
    bool hostile; /* no correct application does that */
    enum copp_semantics semantics; /* NONE: either */
    void (*run)(struct case_run *run);
    const void *with; /* for run, where several cases share one function */
};

#define CASE_TEXT_SIZE 512u
#define CASE_MARKS 8u
#define CASE_RIGHT_SIZE 16u

/* Bytes that matter: of an exchange's request, or of its answer. */
struct case_mark {
    size_t exchange; /* index */
    bool answer;
    size_t offset;
    size_t size;
    size_t right_size; /* size, or 0: what would have been right there is not known byte by byte */
    uint8_t right[CASE_RIGHT_SIZE];
};

/* What came of one case. */
struct case_outcome {
    const struct conformance_case *test;
    enum case_result result;
    char rule[24]; /* that was broken, if it failed */
    char right[CASE_TEXT_SIZE]; /* what would have been right there */
    char seen[CASE_TEXT_SIZE]; /* what was seen; of other results the reason */
    char subject[64]; /* which output, which player */
    struct case_mark marks[CASE_MARKS];
    size_t mark_count;
    struct exchange_list exchanges;
    size_t verdict_at; /* how many exchanges there were when it was clear that the case had not passed */
    uint64_t start_us; /* since the run began */
    uint64_t duration_us;
};

/* A running case. A suite finds its own things through subject. */
struct case_run {
    const struct conformance_case *test;
    struct case_outcome *outcome;
    void *subject;
    uint64_t random; /* state of the generator */
    uint64_t start_us; /* of the whole run, on clock_us */
    uint32_t sessions; /* numbered from 1 */
};

/*
 * The verdicts of a running case. The first that is not a pass stays; a case that ends without any has passed.
 * All return false, so that a case may say: return fail(...).
 */
bool case_fail(struct case_run *run, const char *rule, const char *right, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool case_skip(struct case_run *run, enum case_result result, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool case_error(struct case_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether the case has not failed, nor ended in another way, so far. */
bool case_going(const struct case_run *run);

/* Marks bytes of the last exchange. */
void case_mark(struct case_run *run, bool answer, size_t offset, size_t size);
/* The same for bytes, CASE_RIGHT_SIZE at most, of which we know what would have been right: a report shows both. */
void case_mark_right(struct case_run *run, bool answer, size_t offset, size_t size, const uint8_t *right);

/* Adds an exchange, whose time is set here. */
void case_record(struct case_run *run, struct exchange exchange);

/* Bytes of the seed's: the same in each run with it. Not secret. */
void case_random(struct case_run *run, void *bytes, size_t size);

/* Microseconds of a clock that never goes back. */
uint64_t clock_us(void);

/* "pass", "fail", "not supported", ... Static. */
const char *case_result_name(enum case_result result);

#endif
