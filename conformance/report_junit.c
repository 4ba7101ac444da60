#include "report.h"

/* What XML does not take as it is; control characters, which it does not take at all, become '?'. */
static void print_escaped(FILE *out, const char *text) {
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else
            fputc(c < 0x20 || c > 0x7E ? '?' : c, out);
    }
}

static void print_attribute(FILE *out, const char *name, const char *value) {
    fprintf(out, " %s=\"", name);
    print_escaped(out, value);
    fputc('"', out);
}

static bool is_failure(const struct report_about *about, enum case_result result) {
    return result == CASE_FAIL || (about->strict && (result == CASE_NOT_SUPPORTED || result == CASE_UNEXPECTED_PASS));
}

static void print_failure(FILE *out, const struct case_outcome *o) {
    fputs("      <failure", out);
    print_attribute(out, "type", o->rule[0] != '\0' ? o->rule : case_result_name(o->result));
    print_attribute(out, "message", o->seen);
    fputs(">right: ", out);
    print_escaped(out, o->right);
    fputs("</failure>\n", out);
}

static void print_case(FILE *out, const struct report_about *about, const struct case_outcome *o) {
    fputs("    <testcase", out);
    print_attribute(out, "classname", about->suite);
    fprintf(out, " name=\"%s: ", o->test->id);
    print_escaped(out, o->test->title);
    fprintf(out, "\" time=\"%.6f\"", (double)o->duration_us / 1e6);
    if (o->result == CASE_PASS) {
        fputs("/>\n", out);
        return;
    }
    fputs(">\n", out);
    if (is_failure(about, o->result)) {
        print_failure(out, o);
    } else {
        fputs(o->result == CASE_ERROR ? "      <error" : "      <skipped", out);
        print_attribute(out, "message", o->seen[0] != '\0' ? o->seen : case_result_name(o->result));
        fputs("/>\n", out);
    }
    fputs("    </testcase>\n", out);
}

void report_junit(FILE *out, const struct report_about *about, const struct runner_report *report) {
    size_t failures = 0;
    size_t errors = report->counts.by_result[CASE_ERROR];
    for (size_t i = 0; i < report->count; i++)
        failures += is_failure(about, report->outcomes[i].result);
    size_t skipped = report->count - report->counts.by_result[CASE_PASS] - failures - errors;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite", out);
    print_attribute(out, "name", about->suite);
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.6f\">\n    <properties>\n",
            report->count, failures, errors, skipped, (double)report->duration_us / 1e6);
    const char *const names[] = {"subject", "semantics", "version"};
    const char *const values[] = {about->subject, about->semantics, about->version};
    for (size_t i = 0; i < 3; i++) {
        fprintf(out, "      <property name=\"%s\"", names[i]);
        print_attribute(out, "value", values[i]);
        fputs("/>\n", out);
    }
    fprintf(out, "      <property name=\"seed\" value=\"%llu\"/>\n    </properties>\n", (unsigned long long)about->seed);
    for (size_t i = 0; i < report->count; i++)
        print_case(out, about, &report->outcomes[i]);
    fputs("  </testsuite>\n</testsuites>\n", out);
}
