#include <string.h>

#include "report.h"

static json_t *hex(const uint8_t *bytes, size_t size) {
    static const char digits[] = "0123456789abcdef";
    if (bytes == NULL)
        return json_null();
    json_t *text = NULL;
    char *buffer = malloc(2 * size + 1);
    if (buffer == NULL)
        return NULL;
    for (size_t i = 0; i < size; i++) {
        buffer[2 * i] = digits[bytes[i] >> 4];
        buffer[2 * i + 1] = digits[bytes[i] & 15];
    }
    text = json_stringn(buffer, 2 * size);
    free(buffer);
    return text;
}

/* A result's name as keys and values of JSON are written here: "not_supported". */
static const char *key_of(enum case_result result) {
    static const char *const keys[] = {"pass", "fail", "not_supported", "not_applicable", "expected_failure", "unexpected_pass",
                                       "error"};
    return keys[result];
}

json_t *report_json_case(const struct conformance_case *test) {
    static const char *const semantics[] = {"any", "copp", "opm"};
    return json_pack("{ss ss ss ss ss ss sb ss}", "id", test->id, "title", test->title, "rules", test->rules, "source",
                     test->source, "sends", test->sends, "right", test->right, "hostile", test->hostile, "semantics",
                     semantics[test->semantics]);
}

static json_t *json_exchange(const struct exchange *e) {
    return json_pack("{sI sI ss ss sI ss so so so}", "time_us", (json_int_t)e->time_us, "session", (json_int_t)e->session, "kind",
                     exchange_kind_name(e->kind), "result", e->result == COPP_OK ? "ok" : copp_strerror(e->result), "hresult",
                     (json_int_t)e->hresult, "note", e->note, "request", hex(e->request, e->request_size), "additional",
                     hex(e->additional, e->additional_size), "answer", hex(e->answer, e->answer_size));
}

static json_t *json_mark(const struct case_mark *mark) {
    return json_pack("{sI ss sI sI}", "message", (json_int_t)mark->exchange + 1, "part", mark->answer ? "answer" : "request",
                     "offset", (json_int_t)mark->offset, "size", (json_int_t)mark->size);
}

static json_t *json_outcome(const struct case_outcome *o) {
    json_t *answer = report_json_case(o->test);
    bool failed = o->result == CASE_FAIL || o->result == CASE_EXPECTED_FAILURE;
    json_t *more = json_pack("{ss ss sI sI}", "result", key_of(o->result), "subject", o->subject, "start_us",
                             (json_int_t)o->start_us, "duration_us", (json_int_t)o->duration_us);
    if (answer == NULL || more == NULL || json_object_update(answer, more) != 0) {
        json_decref(more);
        json_decref(answer);
        return NULL;
    }
    json_decref(more);
    if (!failed) {
        json_object_set_new(answer, "reason", json_string(o->seen));
        return answer;
    }
    json_t *marks = json_array();
    json_t *exchanges = json_array();
    for (size_t i = 0; i < o->mark_count; i++)
        json_array_append_new(marks, json_mark(&o->marks[i]));
    for (size_t i = 0; i < o->exchanges.count; i++)
        json_array_append_new(exchanges, json_exchange(&o->exchanges.items[i]));
    json_object_set_new(answer, "rule", json_string(o->rule));
    json_object_set_new(answer, "would_be_right", json_string(o->right));
    json_object_set_new(answer, "seen", json_string(o->seen));
    json_object_set_new(answer, "marks", marks);
    json_object_set_new(answer, "messages", exchanges);
    return answer;
}

json_t *report_json(const struct report_about *about, const struct runner_report *report) {
    json_t *cases = json_array();
    for (size_t i = 0; i < report->count; i++)
        json_array_append_new(cases, json_outcome(&report->outcomes[i]));
    json_t *counts = json_object();
    for (int i = 0; i <= CASE_ERROR; i++)
        json_object_set_new(counts, key_of((enum case_result)i), json_integer((json_int_t)report->counts.by_result[i]));
    return json_pack("{ss ss ss ss sI sb sb sI so so}", "suite", about->suite, "subject", about->subject, "semantics",
                     about->semantics, "version", about->version, "seed", (json_int_t)about->seed, "simulated", about->simulated,
                     "stopped", report->stopped, "duration_us", (json_int_t)report->duration_us, "counts", counts, "cases",
                     cases);
}
