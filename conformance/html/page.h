/* What the pages have in common: their beginning and end, the counts, and the filters. */
#ifndef COPP_CONFORMANCE_HTML_PAGE_H
#define COPP_CONFORMANCE_HTML_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "text.h"

/* Of the files page.css and page.js, and the policy that allows these two and nothing else (embed.py). */
extern const char page_css[], page_js[], page_policy[];

struct page_title {
    const char *kind; /* "Driver conformance report" */
    const char *name; /* what the page is about */
    const char *verdict; /* "passed", "failed", "undecided": a class, too */
    const char *verdict_text;
};

void page_begin(FILE *out, const struct page_title *title);
void page_end(FILE *out, const char *version);

/* A name and its value in the list that page_facts_begin opens. Values come from outside, or are formatted. */
void page_facts_begin(FILE *out);
void page_fact(FILE *out, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void page_facts_end(FILE *out);
void page_fact_date(FILE *out, time_t when);

/* One of the results that the filters tell apart. */
struct page_result {
    const char *key; /* a class, and the value of data-result */
    const char *name;
    size_t count;
};
/* A bar of all counts, and their names; those with a count of 0 are left out. */
void page_bar(FILE *out, const struct page_result *results, size_t count);

/* How many of a family's cases or messages there are. */
#define PAGE_FAMILIES 64u
#define PAGE_RESULTS 7u
struct page_family {
    char name[FAMILY_SIZE];
    size_t counts[PAGE_RESULTS];
};
struct page_families {
    struct page_family items[PAGE_FAMILIES];
    size_t count;
};
/* Counts one of a rule's family; families beyond the last are counted as "other". */
void page_count(struct page_families *families, const char *rule, size_t result);
/* A table of them. */
void page_families(FILE *out, const struct page_families *families, const struct page_result *results, size_t count);
/* The filters: by result, by family, by text. what is what they choose from, in the plural. */
void page_filters(FILE *out, const struct page_families *families, const struct page_result *results, size_t count,
                  const char *what);

#endif
