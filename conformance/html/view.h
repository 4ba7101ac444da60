/* What a page shows of sessions: requests beside their answers, as the decoder reads them. */
#ifndef COPP_CONFORMANCE_HTML_VIEW_H
#define COPP_CONFORMANCE_HTML_VIEW_H

#include "conformance/decode/decode.h"
#include "conformance/report.h"

/* A request with its answer, or a note. */
struct view_exchange {
    const struct decoded_message *first; /* the request, or the note, or an answer whose request is missing */
    const struct decoded_message *answer; /* NULL: first has none */
    size_t number; /* from 1, in the page */
    bool evidence; /* it shows why the case has failed */
};

/* Whose messages are a suite's own: what is wrong with them is wrong on purpose. */
enum view_suite {
    SUITE_NONE = 0, /* a recording */
    SUITE_ASKS, /* it tests a driver */
    SUITE_ANSWERS /* it tests a player */
};

struct view {
    struct view_exchange *items;
    size_t count;
    /* of a view of an outcome */
    struct recording_entry *entries;
    struct decoded decoded;
};

/* All messages of a recording; decoded must live as long. False without memory; free the view in any case. */
bool view_of_recording(const struct decoded *decoded, struct view *view);
/* All exchanges of a case; the outcome must live as long. */
bool view_of_outcome(const struct case_outcome *outcome, struct view *view);
void view_free(struct view *view);

static inline bool is_meant(enum view_suite suite, const struct decoded_message *message) {
    enum recording_direction direction = message->entry->message.direction;
    return (suite == SUITE_ASKS && direction == RECORDING_REQUEST) || (suite == SUITE_ANSWERS && direction == RECORDING_ANSWER);
}

static inline bool is_note(const struct view_exchange *exchange) {
    return exchange->first->entry->message.direction == RECORDING_NOTE;
}

/* The heavier one of its two messages. */
static inline enum decoded_weight view_weight(const struct view_exchange *exchange) {
    enum decoded_weight first = exchange->first->weight;
    enum decoded_weight answer = exchange->answer != NULL ? exchange->answer->weight : DECODED_FINE;
    return first > answer ? first : answer;
}

#endif
