#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io_system.h"
#include "report.h"

/* Characters, for text in UTF-8. */
static size_t length(const char *text) {
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

void table_add(struct table *table, const char *text) {
    char **cells = realloc(table->cells, (table->count + 1) * sizeof *cells);
    if (cells != NULL)
        table->cells = cells;
    char *copy = cells != NULL ? strdup(text) : NULL;
    if (copy == NULL) {
        table->failed = true;
        return;
    }
    clean_foreign(copy);
    size_t *width = &table->widths[table->count % table->columns];
    size_t size = length(copy);
    *width = size > *width ? size : *width;
    cells[table->count++] = copy;
}

void table_line(const struct table *table, size_t row, char *text, size_t size) {
    size_t blanks = 0;
    size_t used = 0;
    text[0] = '\0';
    for (size_t column = 0; column < table->columns && used < size; column++) {
        size_t i = row * table->columns + column;
        const char *cell = i < table->count ? table->cells[i] : "";
        if (cell[0] != '\0')
            used += (size_t)snprintf(text + used, size - used, "%*s%s", (int)blanks, "", cell);
        blanks = (cell[0] != '\0' ? 0 : blanks) + table->widths[column] + 2 - length(cell);
    }
}

bool table_print(const struct table *table) {
    char line[TABLE_LINE];
    if (table->failed)
        return false;
    for (size_t row = 0; row * table->columns < table->count; row++) {
        table_line(table, row, line, sizeof line);
        system_print(stdout, line);
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
