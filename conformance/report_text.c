#include <inttypes.h>
#include <string.h>

#include "report.h"

#define BYTES_SHOWN 16u

static void print_bytes(FILE *out, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size && i < BYTES_SHOWN; i++)
        fprintf(out, "%s%02x", i > 0 ? " " : "", bytes[i]);
    if (size > BYTES_SHOWN)
        fputs(" ...", out);
}

static void print_marks(FILE *out, const struct case_outcome *o) {
    for (size_t i = 0; i < o->mark_count; i++) {
        const struct case_mark *mark = &o->marks[i];
        const struct exchange *e = &o->exchanges.items[mark->exchange];
        const uint8_t *bytes = mark->answer ? e->answer : e->request;
        size_t size = mark->answer ? e->answer_size : e->request_size;
        if (bytes == NULL || mark->offset + mark->size > size)
            continue;
        fprintf(out, "    bytes: message %zu, %s, offset %zu: ", mark->exchange + 1, mark->answer ? "answer" : "request",
                mark->offset);
        print_bytes(out, bytes + mark->offset, mark->size);
        fputc('\n', out);
    }
}

static void print_exchanges(FILE *out, const struct exchange_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        const struct exchange *e = &list->items[i];
        fprintf(out, "    %3zu %9.3f ms  session %" PRIu32 "  %s", i + 1, (double)e->time_us / 1000, e->session,
                exchange_kind_name(e->kind));
        if (e->kind >= EXCHANGE_KEY_EXCHANGE && e->kind <= EXCHANGE_STATUS)
            fprintf(out, ": %s", e->result == COPP_OK ? copp_hresult_name(e->hresult) : copp_strerror(e->result));
        fprintf(out, "%s%s\n", e->note[0] != '\0' ? ": " : "", e->note);
    }
}

void report_text_outcome(FILE *out, const struct case_outcome *o) {
    fprintf(out, "%-17s %-15s %s%s%s%s\n", case_result_name(o->result), o->test->id, o->test->title,
            o->subject[0] != '\0' ? " [" : "", o->subject, o->subject[0] != '\0' ? "]" : "");
    if (o->result == CASE_FAIL || o->result == CASE_EXPECTED_FAILURE) {
        fprintf(out, "    rule:  %s\n    right: %s\n    seen:  %s\n", o->rule, o->right, o->seen);
        print_marks(out, o);
        print_exchanges(out, &o->exchanges);
    } else if (o->seen[0] != '\0') {
        fprintf(out, "    %s\n", o->seen);
    }
}

void report_text_summary(FILE *out, const struct report_about *about, const struct runner_report *report) {
    static const enum case_result others[] = {CASE_NOT_SUPPORTED, CASE_NOT_APPLICABLE, CASE_EXPECTED_FAILURE,
                                              CASE_UNEXPECTED_PASS, CASE_ERROR};
    const size_t *n = report->counts.by_result;
    fprintf(out, "%s %s, %s: %zu cases in %.1f s: %zu passed, %zu failed", about->suite, about->subject, about->semantics,
            report->count, (double)report->duration_us / 1e6, n[CASE_PASS], n[CASE_FAIL]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (n[others[i]] > 0)
            fprintf(out, ", %zu %s", n[others[i]], case_result_name(others[i]));
    }
    fprintf(out, "\nseed %" PRIu64 "%s\n", about->seed, report->stopped ? "; stopped before the last case" : "");
    if (about->simulated)
        fputs("simulated: protects nothing\n", out);
}
