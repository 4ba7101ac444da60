/* A table on standard output whose columns line up. */
#ifndef COPP_CLI_TABLE_H
#define COPP_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS 8

struct table {
    size_t columns;
    char **cells; /* row by row */
    size_t count;
    bool failed; /* memory ran out */
};

/* Adds a cell; the text is copied. */
void table_add(struct table *table, const char *text);
/* False if memory ran out on the way; nothing is printed then. */
bool table_print(const struct table *table);
void table_free(struct table *table);

#endif
