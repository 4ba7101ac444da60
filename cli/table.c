#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_add(struct table *table, const char *text) {
    char **cells = realloc(table->cells, (table->count + 1) * sizeof *cells);
    if (cells != NULL)
        table->cells = cells;
    char *copy = cells != NULL ? strdup(text) : NULL;
    if (copy == NULL)
        table->failed = true;
    else
        cells[table->count++] = copy;
}

bool table_print(const struct table *table) {
    size_t widths[TABLE_COLUMNS] = {0};
    size_t blanks = 0;
    if (table->failed)
        return false;
    for (size_t i = 0; i < table->count; i++) {
        size_t *width = &widths[i % table->columns];
        size_t size = strlen(table->cells[i]);
        *width = size > *width ? size : *width;
    }
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->columns;
        if (column == 0)
            blanks = 0;
        if (table->cells[i][0] != '\0')
            printf("%*s%s", (int)blanks, "", table->cells[i]); /* no blanks at the end of a line */
        blanks = (table->cells[i][0] != '\0' ? 0 : blanks) + widths[column] + 2 - strlen(table->cells[i]);
        if (column + 1 == table->columns)
            putchar('\n');
    }
    return true;
}

void table_free(struct table *table) {
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct table){.columns = 0};
}
