#include "record_run.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "exchanges.h"

struct writing {
    struct recorder *recorder;
    uint64_t start_us; /* of the run, on the recorder's clock */
    uint32_t sessions; /* of the cases before */
    uint32_t exchanges;
};

static void put(struct writing *w, struct recording_message *message) {
    message->time_us += w->start_us;
    message->session += message->session != 0 ? w->sessions : 0;
    recorder_put(w->recorder, message);
}

static void put_note(struct writing *w, uint64_t time_us, const char *text) {
    struct recording_message message = {.time_us = time_us,
                                        .kind = RECORDING_EVENT,
                                        .direction = RECORDING_NOTE,
                                        .bytes = (const uint8_t *)text,
                                        .size = strlen(text)};
    put(w, &message);
}

static void put_exchange(struct writing *w, const struct exchange *e) {
    struct recording_message messages[2];
    size_t count = exchange_messages(e, ++w->exchanges, messages);
    if (e->wrong)
        put_note(w, e->time_us, "what comes next is wrong on purpose");
    for (size_t i = 0; i < count; i++)
        put(w, &messages[i]);
    if (e->keyed)
        recorder_put_key(w->recorder, &e->key);
}

static void put_outcome(struct writing *w, const struct case_outcome *outcome) {
    char text[sizeof outcome->seen + 256];
    uint32_t last = 0;
    (void)snprintf(text, sizeof text, "case %s: %s", outcome->test->id, outcome->test->title);
    put_note(w, outcome->start_us, text);
    for (size_t i = 0; i < outcome->exchanges.count; i++) {
        const struct exchange *e = &outcome->exchanges.items[i];
        put_exchange(w, e);
        last = e->session > last ? e->session : last;
    }
    w->sessions += last;
    (void)snprintf(text, sizeof text, "case %s: %s%s%s", outcome->test->id, case_result_name(outcome->result),
                   outcome->seen[0] != '\0' ? ": " : "", outcome->seen);
    put_note(w, outcome->start_us + outcome->duration_us, text);
}

/* A case's clock need not be the recorder's: both are read now. */
void record_run(struct recorder *recorder, const struct runner_report *report) {
    struct writing w = {.recorder = recorder, .start_us = clock_steady_us() - (clock_us() - report->start_us)};
    for (size_t i = 0; i < report->count; i++)
        put_outcome(&w, &report->outcomes[i]);
}
