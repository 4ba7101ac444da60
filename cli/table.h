/* A table on standard output whose columns line up. */
#ifndef COPP_CLI_TABLE_H
#define COPP_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS 8
#define TABLE_LINE 2048u /* bytes of a row, with the NUL: what is longer is cut off */

struct table {
    size_t columns;
    size_t widths[TABLE_COLUMNS]; /* of their longest cells, in characters */
    char **cells; /* row by row */
    size_t count;
    bool failed; /* memory ran out */
};

/* Adds a cell; the text is copied, fit for a terminal (clean_foreign). */
void table_add(struct table *table, const char *text);
/* Rows from 0 as a line of text, cut off at size; without blanks at its end. */
void table_line(const struct table *table, size_t row, char *text, size_t size);
/* False if memory ran out on the way; nothing is printed then. */
bool table_print(const struct table *table);
void table_free(struct table *table);

#endif
