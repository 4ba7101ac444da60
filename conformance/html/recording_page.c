#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "html.h"
#include "page.h"
#include "text.h"
#include "timeline.h"

#define BYTES_MAX 800u /* exchanges whose bytes a page shows */
#define LINES_MAX 20000u /* exchanges that are listed */
#define SESSIONS_MAX 200u
#define BROKEN_MAX 50u /* of what went wrong, that is told at the beginning */

struct recording_page {
    FILE *out;
    const struct recording_file *file;
    const struct decoded *decoded;
    struct view view;
    size_t bytes_left;
    size_t lines_left;
};

static const char *const names[] = {
    [DECODED_FINE] = "as it should be", [DECODED_REFUSED] = "refused, or an event", [DECODED_BROKEN] = "broke a rule"};
static const char *const keys[] = {[DECODED_FINE] = "fine", [DECODED_REFUSED] = "refused", [DECODED_BROKEN] = "broken"};
static const enum decoded_weight order[] = {DECODED_BROKEN, DECODED_REFUSED, DECODED_FINE};
#define ORDERS (sizeof order / sizeof order[0])

static const char *rule_of_exchange(const struct view_exchange *exchange) {
    const struct decoded_message *answer = exchange->answer;
    const char *rule = answer != NULL && answer->weight > exchange->first->weight ? answer->rule : exchange->first->rule;
    return rule == NULL && answer != NULL ? answer->rule : rule;
}

/* --- summary --- */

static struct page_title judge(const char *name, const struct recording_file *file, const struct decoded *decoded) {
    bool broken = decoded->first_broken != NULL;
    return (struct page_title){.kind = "Recording of sessions",
                               .name = name,
                               .verdict = broken                 ? "failed"
                                          : file->damage != NULL ? "undecided"
                                                                 : "passed",
                               .verdict_text = broken                 ? "a rule is broken"
                                               : file->damage != NULL ? "the file is damaged"
                                                                      : "no rule is broken"};
}

static bool is_simulated(const struct decoded *decoded) {
    for (size_t i = 0; i < decoded->count; i++) {
        if ((decoded->messages[i].entry->message.flags & RECORDING_SIMULATED) != 0)
            return true;
    }
    return false;
}

static void put_summary(const struct recording_page *page, const char *version, const struct page_result *results, time_t when) {
    FILE *out = page->out;
    const struct decoded *decoded = page->decoded;
    fputs("<section aria-labelledby=\"summary\"><h2 id=\"summary\">Summary</h2>\n", out);
    if (is_simulated(decoded))
        fputs("<p class=\"notice\">The outputs are simulated: nothing here was protected.</p>\n", out);
    if (page->file->damage != NULL) {
        fprintf(out, "<p class=\"notice\">The file is damaged at byte %zu: ", page->file->damage_at);
        html_text(out, page->file->damage);
        fputs(". What comes before is shown.</p>\n", out);
    }
    page_bar(out, results, ORDERS);
    page_facts_begin(out);
    page_fact(out, "Recorded by", "%s", page->file->application[0] != '\0' ? page->file->application : "not told");
    if (page->file->remark[0] != '\0')
        page_fact(out, "Remark", "%s", page->file->remark);
    page_fact(out, "Messages", "%zu", decoded->count);
    page_fact(out, "Sessions", "%zu", decoded->sessions);
    page_fact(out, "Keys", "of %zu of %zu sessions%s", decoded->keys, decoded->sessions,
              decoded->keys < decoded->sessions ? "; MACs of the others are not checked" : "");
    page_fact_date(out, when);
    page_fact(out, "Version", "copp %s", version);
    page_facts_end(out);
    fputs("</section>\n", out);
}

/* --- what went wrong --- */

static void put_broken(const struct recording_page *page) {
    FILE *out = page->out;
    size_t count = 0;
    for (size_t i = 0; i < page->view.count; i++) {
        const struct view_exchange *exchange = &page->view.items[i];
        const struct decoded_message *message = exchange->first;
        if (view_weight(exchange) != DECODED_BROKEN || ++count > BROKEN_MAX)
            continue;
        if (message->weight != DECODED_BROKEN)
            message = exchange->answer;
        if (count == 1)
            fputs("<section class=\"findings\" aria-labelledby=\"findings\"><h2 id=\"findings\">What went wrong</h2>\n<ol "
                  "class=\"wrongs\">\n",
                  out);
        fputs("<li>", out);
        if (message->rule != NULL)
            html_element(out, "span", "broken-rule", message->rule);
        fputc(' ', out);
        html_text(out, message->note);
        fprintf(out, " <a href=\"#m-%zu\">message %zu</a></li>\n", exchange->number, exchange->number);
    }
    if (count > 0)
        fputs("</ol>\n", out);
    if (count > BROKEN_MAX)
        fprintf(out, "<p class=\"aside\">and %zu more</p>\n", count - BROKEN_MAX);
    fputs(count > 0 ? "</section>\n" : "", out);
}

/* --- sessions --- */

static void put_list(struct recording_page *page, const struct exchange_style *style, uint32_t session) {
    size_t left_out = 0;
    fputs("<ol class=\"exchanges list\">\n", page->out);
    for (size_t i = 0; i < page->view.count; i++) {
        const struct view_exchange *exchange = &page->view.items[i];
        if (exchange->first->entry->message.session != session)
            continue;
        if (page->lines_left == 0) {
            left_out++;
            continue;
        }
        page->lines_left--;
        html_exchange(page->out, style, exchange);
    }
    fputs("</ol>\n", page->out);
    if (left_out > 0)
        fprintf(page->out, "<p class=\"aside\">%zu exchanges more are not listed here.</p>\n", left_out);
}

static void put_session(struct recording_page *page, const struct exchange_style *style, uint32_t session) {
    const struct timeline_style timeline = {.prefix = style->prefix, .linked = true};
    FILE *out = page->out;
    fprintf(out, "<section class=\"session\" aria-labelledby=\"s-%" PRIu32 "\"><h2 id=\"s-%" PRIu32 "\">", session, session);
    if (session == 0)
        fputs("Of no session", out);
    else
        fprintf(out, "Session %" PRIu32, session);
    fputs("</h2>\n", out);
    if (session != 0)
        html_timeline(out, &timeline, &page->view, session);
    put_list(page, style, session);
    fputs("</section>\n", out);
}

static bool has_others(const struct view *view) {
    for (size_t i = 0; i < view->count; i++) {
        if (view->items[i].first->entry->message.session == 0)
            return true;
    }
    return false;
}

static void put_sessions(struct recording_page *page) {
    const struct exchange_style style = {.prefix = "m", .bytes_left = &page->bytes_left, .items = true};
    uint32_t sessions[SESSIONS_MAX + 1];
    size_t count = view_sessions(&page->view, sessions, SESSIONS_MAX + 1);
    for (size_t i = 0; i < count && i < SESSIONS_MAX; i++) {
        if (sessions[i] != 0)
            put_session(page, &style, sessions[i]);
    }
    if (has_others(&page->view))
        put_session(page, &style, 0);
    if (count > SESSIONS_MAX)
        fprintf(page->out, "<p class=\"aside\">The sessions after the first %u are not shown.</p>\n", SESSIONS_MAX);
    fputs("<p class=\"none\" hidden>Nothing matches the filters.</p>\n", page->out);
}

/* --- */

static size_t place_of(enum decoded_weight weight) {
    return DECODED_BROKEN - weight;
}

static void count_all(const struct view *view, struct page_families *families, struct page_result *results) {
    for (size_t i = 0; i < ORDERS; i++)
        results[i] = (struct page_result){keys[order[i]], names[order[i]], 0};
    for (size_t i = 0; i < view->count; i++) {
        const char *rule = rule_of_exchange(&view->items[i]);
        size_t place = place_of(view_weight(&view->items[i]));
        results[place].count++;
        page_count(families, rule != NULL ? rule : "", place);
    }
}

/* What broke a rule is opened, and always in full. */
static void find_evidence(struct view *view) {
    size_t count = 0;
    for (size_t i = 0; i < view->count; i++) {
        if (view_weight(&view->items[i]) == DECODED_BROKEN && ++count <= BROKEN_MAX)
            view->items[i].evidence = true;
    }
}

bool html_of_recording(FILE *out, const char *name, const char *version, const struct recording_file *file,
                       const struct decoded *decoded, time_t when) {
    struct recording_page page = {.out = out, .file = file, .decoded = decoded, .bytes_left = BYTES_MAX, .lines_left = LINES_MAX};
    struct page_families families = {.count = 0};
    struct page_result results[ORDERS];
    const struct page_title title = judge(name, file, decoded);
    if (!view_of_recording(decoded, &page.view))
        return false;
    find_evidence(&page.view);
    count_all(&page.view, &families, results);
    page_begin(out, &title);
    put_summary(&page, version, results, when);
    page_filters(out, &families, results, ORDERS, "exchanges"); /* a request and its answer are one line */
    put_broken(&page);
    put_sessions(&page);
    page_end(out, version);
    view_free(&page.view);
    return true;
}
