/* Text of a page. Whatever comes from outside goes through these functions: a driver's or a player's words become text, never markup. */
#ifndef COPP_CONFORMANCE_HTML_TEXT_H
#define COPP_CONFORMANCE_HTML_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Writes text into an element or into an attribute between double quotes. Markup is escaped. What cannot be seen or moves what stands
 * around it is written out, as [U+202E]: control characters, those that turn the direction of writing, those without a width, and those
 * that combine with others. Bytes that are not UTF-8 become [0xFF].
 */
void html_text(FILE *out, const char *text);

/* The same of a formatted text, of which at most 1023 bytes are kept. */
void html_format(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* <tag class="class">text</tag>; class may be NULL. */
void html_element(FILE *out, const char *tag, const char *class, const char *text);

/* Seconds with as many digits as are of use: "0.000367", "12.500". */
void html_seconds(FILE *out, uint64_t microseconds);

/* What has an id: only letters, digits and '-' of text, all others are left out. */
void html_id(FILE *out, const char *text);

/* The family of a rule: "OPM-GET" of "OPM-GET-3". Of several rules the first counts. */
#define FAMILY_SIZE 32u
void html_family(const char *rule, char *name, size_t size);

#endif
