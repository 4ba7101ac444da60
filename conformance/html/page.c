#include "page.h"

#include <stdarg.h>
#include <string.h>

#include "text.h"

/* --- beginning and end --- */

void page_begin(FILE *out, const struct page_title *title) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"",
          out);
    fputs(page_policy, out);
    fputs("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
          out);
    html_format(out, "%.200s: %s", title->name, title->verdict_text);
    fprintf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the results</a>\n",
            page_css);
    fprintf(out, "<header class=\"masthead %s\"><div class=\"titles\">", title->verdict);
    html_element(out, "p", "kind", title->kind);
    fputs("<h1><bdi>", out);
    html_text(out, title->name);
    fputs("</bdi></h1></div>", out);
    fprintf(out, "<p class=\"verdict %s\">", title->verdict);
    html_text(out, title->verdict_text);
    fputs("</p><div class=\"tools\" hidden><button type=\"button\" id=\"theme\">Theme: automatic</button></div></header>\n"
          "<main id=\"main\" tabindex=\"-1\">\n",
          out);
}

void page_end(FILE *out, const char *version) {
    fputs("</main>\n<footer><p>Made by copp ", out);
    html_text(out, version);
    fputs(". This page needs no network and sends nothing.</p><p class=\"keys\" hidden><kbd>/</kbd> search, "
          "<kbd>\u2191</kbd> <kbd>\u2193</kbd> from row to row, <kbd>Enter</kbd> opens one, <kbd>Esc</kbd> clears the "
          "search.</p></footer>\n<script>",
          out);
    fputs(page_js, out);
    fputs("</script>\n</body>\n</html>\n", out);
}

/* --- facts --- */

void page_facts_begin(FILE *out) {
    fputs("<dl class=\"facts\">\n", out);
}

void page_fact(FILE *out, const char *name, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fputs("<div>", out);
    html_element(out, "dt", NULL, name);
    fputs("<dd><bdi>", out);
    html_text(out, text);
    fputs("</bdi></dd></div>\n", out);
}

void page_facts_end(FILE *out) {
    fputs("</dl>\n", out);
}

void page_fact_date(FILE *out, time_t when) {
    struct tm *parts = gmtime(&when);
    char text[32] = "unknown";
    if (parts != NULL)
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", parts);
    page_fact(out, "Date", "%s", text);
}

/* --- counts --- */

static void put_bar(FILE *out, const size_t *counts, const struct page_result *results, size_t count, unsigned height) {
    size_t total = 0, before = 0;
    for (size_t i = 0; i < count; i++)
        total += counts[i];
    fprintf(out,
            "<svg class=\"bar\" viewBox=\"0 0 1000 %u\" preserveAspectRatio=\"none\" width=\"1000\" height=\"%u\" "
            "aria-hidden=\"true\">",
            height, height);
    for (size_t i = 0; i < count; i++) {
        if (counts[i] > 0)
            fprintf(out, "<rect class=\"%s\" x=\"%zu\" y=\"0\" width=\"%zu\" height=\"%u\"/>", results[i].key,
                    1000 * before / total, 1000 * (before + counts[i]) / total - 1000 * before / total, height);
        before += counts[i];
    }
    fputs("</svg>", out);
}

void page_bar(FILE *out, const struct page_result *results, size_t count) {
    size_t counts[PAGE_RESULTS] = {0};
    for (size_t i = 0; i < count; i++)
        counts[i] = results[i].count;
    fputs("<div class=\"overall\">", out);
    put_bar(out, counts, results, count, 12);
    fputs("<ul class=\"counts\">\n", out);
    for (size_t i = 0; i < count; i++) {
        if (counts[i] == 0)
            continue;
        fprintf(out, "<li><span class=\"dot %s\"></span><b>%zu</b> ", results[i].key, counts[i]);
        html_text(out, results[i].name);
        fputs("</li>\n", out);
    }
    fputs("</ul></div>\n", out);
}

/* --- families --- */

void page_count(struct page_families *families, const char *rule, size_t result) {
    char name[sizeof families->items[0].name];
    size_t i = 0;
    html_family(rule, name, sizeof name);
    while (i < families->count && strcmp(families->items[i].name, name) != 0)
        i++;
    if (i == PAGE_FAMILIES)
        i = PAGE_FAMILIES - 1;
    else if (i == families->count)
        (void)snprintf(families->items[families->count++].name, sizeof name, "%s", i == PAGE_FAMILIES - 1 ? "other" : name);
    families->items[i].counts[result]++;
}

static void put_heading(FILE *out, const char *scope, const char *text) {
    fprintf(out, "<th scope=\"%s\">", scope);
    html_text(out, text);
    fputs("</th>", out);
}

void page_families(FILE *out, const struct page_families *families, const struct page_result *results, size_t count) {
    fputs("<div class=\"scroll\"><table class=\"families\"><caption>By family of rules</caption><thead><tr><th "
          "scope=\"col\">Rules</th>"
          "<td></td>",
          out);
    for (size_t i = 0; i < count; i++) {
        if (results[i].count > 0)
            put_heading(out, "col", results[i].name);
    }
    fputs("</tr></thead><tbody>\n", out);
    for (size_t f = 0; f < families->count; f++) {
        fputs("<tr>", out);
        put_heading(out, "row", families->items[f].name[0] != '\0' ? families->items[f].name : "none");
        fputs("<td class=\"wide\">", out);
        put_bar(out, families->items[f].counts, results, count, 8);
        fputs("</td>", out);
        for (size_t i = 0; i < count; i++) {
            if (results[i].count > 0)
                fprintf(out, families->items[f].counts[i] > 0 ? "<td class=\"num\">%zu</td>" : "<td class=\"num zero\">%zu</td>",
                        families->items[f].counts[i]);
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

/* --- filters --- */

void page_filters(FILE *out, const struct page_families *families, const struct page_result *results, size_t count,
                  const char *what) {
    fprintf(out, "<form class=\"filters\" role=\"search\" hidden aria-label=\"Filter %s\">\n", what);
    fputs("<fieldset><legend>Result</legend>", out);
    for (size_t i = 0; i < count; i++) {
        if (results[i].count == 0)
            continue;
        fprintf(
            out,
            "<label class=\"chip\"><input type=\"checkbox\" name=\"result\" value=\"%s\" checked><span class=\"dot %s\"></span>",
            results[i].key, results[i].key);
        html_format(out, "%s %zu", results[i].name, results[i].count);
        fputs("</label>\n", out);
    }
    fputs("</fieldset>\n<label class=\"family\">Rules <select name=\"family\"><option value=\"\">all</option>", out);
    for (size_t f = 0; f < families->count; f++) {
        if (families->items[f].name[0] != '\0')
            html_element(out, "option", NULL, families->items[f].name);
    }
    fputs("</select></label>\n<label class=\"search\">Search <input type=\"search\" name=\"text\" autocomplete=\"off\" "
          "spellcheck=\"false\" aria-keyshortcuts=\"/\" placeholder=\"id, rule, words\"></label>\n"
          "<button type=\"button\" name=\"open\">Open all</button><button type=\"button\" name=\"close\">Close all</button>\n",
          out);
    fprintf(out, "<output class=\"shown\" role=\"status\" data-what=\"%s\"></output>\n</form>\n", what);
}
