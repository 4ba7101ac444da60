#include <inttypes.h>
#include <string.h>

#include "exchange.h"
#include "html.h"
#include "page.h"
#include "text.h"
#include "timeline.h"

#define BYTES_MAX 400u /* exchanges whose bytes a page shows, beside those that show a failure */
#define LINES_MAX 120u /* exchanges of a case that are listed */
#define INDEX_LEAST 4u /* findings from which on they have an index */
#define SESSIONS_MAX 8u /* of a case, that are drawn */

struct run_page {
    FILE *out;
    const struct report_about *about;
    const struct runner_report *report;
    size_t bytes_left;
};

/* In the order in which a reader wants to know of them. */
static const enum case_result order[] = {CASE_FAIL,          CASE_UNEXPECTED_PASS, CASE_ERROR, CASE_EXPECTED_FAILURE,
                                         CASE_NOT_SUPPORTED, CASE_NOT_APPLICABLE,  CASE_PASS};
static const char *const keys[] = {[CASE_PASS] = "pass",
                                   [CASE_FAIL] = "fail",
                                   [CASE_NOT_SUPPORTED] = "lacking",
                                   [CASE_NOT_APPLICABLE] = "apart",
                                   [CASE_EXPECTED_FAILURE] = "expected",
                                   [CASE_UNEXPECTED_PASS] = "surprise",
                                   [CASE_ERROR] = "error"};

static bool failed(const struct case_outcome *o) {
    return o->result == CASE_FAIL || o->result == CASE_EXPECTED_FAILURE;
}

/* Those that stand in full among the findings. */
static bool is_finding(const struct case_outcome *o) {
    return failed(o) || o->result == CASE_ERROR || o->result == CASE_UNEXPECTED_PASS;
}

static enum view_suite suite_of(const struct run_page *page) {
    return strcmp(page->about->suite, "player") == 0 ? SUITE_ANSWERS : SUITE_ASKS;
}

/* --- one case --- */

static void put_badge(FILE *out, const struct case_outcome *o) {
    fprintf(out, "<span class=\"badge %s\">%s</span>", keys[o->result], case_result_name(o->result));
}

static void put_attributes(FILE *out, const struct case_outcome *o) {
    char family[FAMILY_SIZE];
    html_family(o->test->rules, family, sizeof family);
    fprintf(out, " data-result=\"%s\" data-family=\"", keys[o->result]);
    html_text(out, family);
    fputc('"', out);
}

/* As a shell reads it: an apostrophe ends the quotes, stands for itself, and begins them anew. */
static void put_word(FILE *out, const char *word) {
    const char *plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:,=+@%{}";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputc(' ', out);
        html_text(out, word);
        return;
    }
    fputs(" '", out);
    for (size_t size = strcspn(word, "'"); word[size] != '\0'; size = strcspn(word, "'")) {
        html_format(out, "%.*s'\\''", (int)size, word);
        word += size + 1;
    }
    html_text(out, word);
    fputc('\'', out);
}

/* The command line that runs this case again. */
static void put_repeat(const struct run_page *page, const struct case_outcome *o) {
    const struct report_about *about = page->about;
    FILE *out = page->out;
    bool player = strcmp(about->suite, "player") == 0;
    fprintf(out, "<div class=\"whole\"><dt>Repeat</dt><dd><code>copp test %s", player ? "player" : "driver --device");
    if (!player)
        put_word(out, about->subject);
    fputs(" --semantics", out);
    put_word(out, about->semantics);
    for (const char *const *word = about->options; word != NULL && *word != NULL; word++)
        put_word(out, *word);
    html_format(out, " --only %s --seed %" PRIu64 "%s", o->test->id, about->seed, player ? " --" : "");
    for (char *const *word = about->command; word != NULL && *word != NULL; word++)
        put_word(out, *word);
    if (player && about->command == NULL)
        put_word(out, about->subject);
    fputs("</code></dd></div>\n", out);
}

static void put_facts(const struct run_page *page, const struct case_outcome *o) {
    FILE *out = page->out;
    page_facts_begin(out);
    page_fact(out, "Rules", "%s", o->test->rules);
    page_fact(out, "Source", "%s", o->test->source);
    page_fact(out, "Sent", "%s", o->test->sends);
    if (!failed(o))
        page_fact(out, "Right", "%s", o->test->right);
    if (!failed(o) && o->seen[0] != '\0')
        page_fact(out, "Told", "%s", o->seen);
    if (o->subject[0] != '\0')
        page_fact(out, "On", "%s", o->subject);
    if (is_finding(o))
        put_repeat(page, o);
    page_facts_end(out);
}

static void put_timelines(const struct run_page *page, const struct view *view, const char *prefix, bool linked) {
    const struct timeline_style style = {.prefix = prefix, .linked = linked, .suite = suite_of(page)};
    FILE *out = page->out;
    uint32_t sessions[SESSIONS_MAX + 1];
    size_t count = view_sessions(view, sessions, SESSIONS_MAX + 1);
    for (size_t i = 0; i < count && i < SESSIONS_MAX; i++) {
        if (count > 1)
            fprintf(out, "<h4>Session %" PRIu32 "</h4>\n", sessions[i]);
        html_timeline(out, &style, view, sessions[i]);
    }
    if (count > SESSIONS_MAX)
        fprintf(out, "<p class=\"aside\">The sessions after the first %u are not drawn.</p>\n", SESSIONS_MAX);
}

static void put_exchanges(struct run_page *page, const struct case_outcome *o, const struct view *view, const char *prefix) {
    const struct exchange_style style = {
        .prefix = prefix, .bytes_left = &page->bytes_left, .suite = suite_of(page), .outcome = o};
    size_t left_out = 0;
    fputs("<ol class=\"exchanges\">\n", page->out);
    for (size_t i = 0; i < view->count; i++) {
        if (i < LINES_MAX || view->items[i].evidence)
            html_exchange(page->out, &style, &view->items[i]);
        else
            left_out++;
    }
    fputs("</ol>\n", page->out);
    if (left_out > 0)
        fprintf(page->out, "<p class=\"aside\">%zu exchanges more are not listed here.</p>\n", left_out);
}

/* Of a suite for drivers this is the driver's doing, of one for players the player's. */
static void put_sides(FILE *out, const struct case_outcome *o) {
    fputs("<div class=\"sides words\"><div class=\"side\"><h4>Right</h4><p><bdi>", out);
    html_text(out, o->right);
    fputs("</bdi></p></div>\n<div class=\"side\"><h4>Seen</h4><p><bdi>", out);
    html_text(out, o->seen);
    fputs("</bdi></p></div></div>\n", out);
}

static bool put_finding(struct run_page *page, const struct case_outcome *o) {
    FILE *out = page->out;
    struct view view;
    bool good = view_of_outcome(o, &view);
    fputs("<article class=\"item finding ", out);
    fprintf(out, "%s\" id=\"%s\"", keys[o->result], o->test->id);
    put_attributes(out, o);
    fputs("><header>", out);
    put_badge(out, o);
    fprintf(out, "<h3><code>%s</code> ", o->test->id);
    html_text(out, o->test->title);
    fputs("</h3>", out);
    if (o->rule[0] != '\0')
        html_element(out, "span", "broken-rule", o->rule);
    fputs("</header>\n", out);
    if (failed(o))
        put_sides(out, o);
    if (good && failed(o))
        html_evidence(out, suite_of(page), o, &view);
    put_facts(page, o);
    if (good && view.count > 0) {
        put_timelines(page, &view, o->test->id, true);
        put_exchanges(page, o, &view, o->test->id);
    }
    fputs("</article>\n", out);
    view_free(&view);
    return good;
}

/* A line of the list; what it opens is short for findings, which stand in full elsewhere. */
static bool put_case(struct run_page *page, const struct case_outcome *o) {
    FILE *out = page->out;
    struct view view = {.items = NULL};
    bool good = true;
    fprintf(out, "<li class=\"item case\" id=\"case-%s\"", o->test->id);
    put_attributes(out, o);
    fputs("><details><summary>", out);
    put_badge(out, o);
    fprintf(out, "<code class=\"id\">%s</code><span class=\"title\">", o->test->id);
    html_text(out, o->test->title);
    fputs("</span>", out);
    html_element(out, "span", "rules", o->test->rules);
    fputs("<span class=\"on\"><bdi>", out);
    html_text(out, o->subject);
    fprintf(out, "</bdi></span><span class=\"num took\">%.1f ms</span></summary>\n<div class=\"body\">",
            (double)o->duration_us / 1000);
    put_facts(page, o);
    if (is_finding(o)) {
        fprintf(out, "<p><a href=\"#%s\">What was seen, and the messages</a></p>", o->test->id);
    } else if (o->exchanges.count > 0) {
        good = view_of_outcome(o, &view);
        if (good)
            put_timelines(page, &view, o->test->id, false);
    }
    fputs("</div></details></li>\n", out);
    view_free(&view);
    return good;
}

/* --- the page --- */

static size_t count_results(const struct runner_report *report, struct page_result *results) {
    static const char *const names[] = {[CASE_PASS] = "passed",
                                        [CASE_FAIL] = "failed",
                                        [CASE_NOT_SUPPORTED] = "not supported",
                                        [CASE_NOT_APPLICABLE] = "not applicable",
                                        [CASE_EXPECTED_FAILURE] = "failed as expected",
                                        [CASE_UNEXPECTED_PASS] = "passed unexpectedly",
                                        [CASE_ERROR] = "undecided"};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        results[i] = (struct page_result){keys[order[i]], names[order[i]], report->counts.by_result[order[i]]};
    return sizeof order / sizeof order[0];
}

static size_t place_of(enum case_result result) {
    size_t i = 0;
    while (order[i] != result)
        i++;
    return i;
}

static struct page_title judge(const struct report_about *about, const struct runner_report *report, char *text, size_t size) {
    const size_t *n = report->counts.by_result;
    size_t bad = n[CASE_FAIL] + (about->strict ? n[CASE_NOT_SUPPORTED] + n[CASE_UNEXPECTED_PASS] : 0);
    const char *verdict = bad > 0                                                      ? "failed"
                          : n[CASE_ERROR] > 0 || report->stopped || report->count == 0 ? "undecided"
                                                                                       : "passed";
    if (bad > 0)
        (void)snprintf(text, size, "%zu of %zu failed", bad, report->count);
    else if (n[CASE_ERROR] > 0)
        (void)snprintf(text, size, "%zu of %zu undecided", n[CASE_ERROR], report->count);
    else
        (void)snprintf(text, size, report->stopped ? "stopped early" : "no failure in %zu cases", report->count);
    return (struct page_title){.kind = strcmp(about->suite, "player") == 0 ? "Player conformance report"
                                                                           : "Driver conformance report",
                               .name = about->subject,
                               .verdict = verdict,
                               .verdict_text = text};
}

static void put_summary(const struct run_page *page, const struct page_families *families, const struct page_result *results,
                        size_t count, time_t when) {
    FILE *out = page->out;
    const struct report_about *about = page->about;
    fputs("<section aria-labelledby=\"summary\"><h2 id=\"summary\">Summary</h2>\n", out);
    if (about->simulated)
        fputs("<p class=\"notice\">The outputs are simulated: nothing here was protected.</p>\n", out);
    page_bar(out, results, count);
    page_facts_begin(out);
    page_fact(out, strcmp(about->suite, "player") == 0 ? "Player" : "Device", "%s", about->subject);
    page_fact(out, "Semantics", "%s", strcmp(about->semantics, "opm") == 0 ? "OPM" : "COPP");
    page_fact(out, "Cases", "%zu%s%s", page->report->count, about->strict ? ", strict" : "",
              page->report->stopped ? ", stopped early" : "");
    page_fact(out, "Seed", "%" PRIu64, about->seed);
    page_fact(out, "Duration", page->report->duration_us < 1000000 ? "%.3f s" : "%.1f s",
              (double)page->report->duration_us / 1e6);
    page_fact_date(out, when);
    page_fact(out, "Version", "copp %s", about->version);
    page_facts_end(out);
    page_families(out, families, results, count);
    fputs("</section>\n", out);
}

typedef bool put_finding_fn(struct run_page *page, const struct case_outcome *o);

static bool put_each_finding(struct run_page *page, put_finding_fn *put) {
    const struct runner_report *report = page->report;
    bool good = true;
    for (size_t p = 0; p < sizeof order / sizeof order[0]; p++) {
        for (size_t i = 0; i < report->count; i++) {
            const struct case_outcome *o = &report->outcomes[i];
            if (o->result == order[p] && is_finding(o))
                good = put(page, o) && good;
        }
    }
    return good;
}

static bool put_index_line(struct run_page *page, const struct case_outcome *o) {
    FILE *out = page->out;
    fputs("<li class=\"item\"", out);
    put_attributes(out, o);
    fprintf(out, "><span class=\"index-line\">");
    put_badge(out, o);
    fprintf(out, "<a href=\"#%s\"><code>%s</code></a> <span>", o->test->id, o->test->id);
    html_text(out, o->test->title);
    fputs("</span>", out);
    if (o->rule[0] != '\0')
        html_element(out, "span", "broken-rule", o->rule);
    fputs("</span></li>\n", out);
    return true;
}

static bool put_findings(struct run_page *page) {
    size_t count = 0;
    for (size_t i = 0; i < page->report->count; i++)
        count += is_finding(&page->report->outcomes[i]);
    if (count == 0)
        return true;
    fputs("<section class=\"findings\" aria-labelledby=\"findings\"><h2 id=\"findings\">Findings</h2>\n", page->out);
    if (count >= INDEX_LEAST) {
        fputs("<nav aria-label=\"Findings\"><ol class=\"index\">\n", page->out);
        (void)put_each_finding(page, put_index_line);
        fputs("</ol></nav>\n", page->out);
    }
    bool good = put_each_finding(page, put_finding);
    fputs("</section>\n", page->out);
    return good;
}

static bool put_cases(struct run_page *page) {
    bool good = true;
    fputs("<section aria-labelledby=\"cases\"><h2 id=\"cases\">All cases</h2>\n"
          "<div class=\"case-head\" aria-hidden=\"true\"><span>Result</span><span>Case</span><span>What is tested</span>"
          "<span>Rules</span><span>On</span><span class=\"num\">Took</span></div>\n<ol class=\"cases list\">\n",
          page->out);
    for (size_t i = 0; i < page->report->count; i++)
        good = put_case(page, &page->report->outcomes[i]) && good;
    fputs("</ol>\n<p class=\"none\" hidden>Nothing matches the filters.</p></section>\n", page->out);
    return good;
}

bool html_of_run(FILE *out, const struct report_about *about, const struct runner_report *report, time_t when) {
    struct run_page page = {.out = out, .about = about, .report = report, .bytes_left = BYTES_MAX};
    struct page_families families = {.count = 0};
    struct page_result results[PAGE_RESULTS];
    char verdict[64];
    const struct page_title title = judge(about, report, verdict, sizeof verdict);
    const size_t count = count_results(report, results);
    for (size_t i = 0; i < report->count; i++)
        page_count(&families, report->outcomes[i].test->rules, place_of(report->outcomes[i].result));
    page_begin(out, &title);
    put_summary(&page, &families, results, count, when);
    page_filters(out, &families, results, count, "cases");
    bool good = put_findings(&page);
    good = put_cases(&page) && good;
    page_end(out, about->version);
    return good;
}
