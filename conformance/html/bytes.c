#include "bytes.h"

#include <string.h>

#include "text.h"

#define ROW 16u
#define ROWS_MAX 24u /* of a message, beside those that are marked */
#define MARK_ROWS_MAX 16u

/* --- fields --- */

struct name_class {
    const char *part; /* of a name */
    const char *class;
};

/* The first that a name contains; names are the structures' own of both protocols. */
static const struct name_class classes[] = {
    {"bound", "f-bind"},
    {"binding", "f-bind"},
    {"record", "f-bind"},
    {"refused", "f-bind"},
    {"command seq", "f-bind"},
    {"connector", "f-bind"},
    {"omac", "f-mac"},
    {"mac", "f-mac"},
    {"guidRandom", "f-random"},
    {"rApp", "f-random"},
    {"rnRandom", "f-random"},
    {"guid", "f-guid"},
    {"equence", "f-seq"},
    {"cb", "f-size"},
    {"ulStatusFlags", "f-flags"},
    {"dwFlags", "f-flags"},
    {"flags", "f-bind"},
    {"chain", "f-chain"},
    {"Signature", "f-sealed"},
    {"abEncrypted", "f-sealed"},
};

const char *field_class(const char *name) {
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strstr(name, classes[i].part) != NULL)
            return classes[i].class;
    }
    return "f-data";
}

static bool within(size_t at, size_t offset, size_t size) {
    return at >= offset && at - offset < size;
}

const struct decoded_field *field_of_byte(const struct bytes_view *view, size_t offset) {
    for (size_t i = 0; i < view->field_count; i++) {
        const struct decoded_field *field = &view->fields[i];
        if (field->beside == view->beside && within(offset, field->offset, field->size))
            return field;
    }
    return NULL;
}

/* --- rows --- */

static const struct bytes_mark *mark_of_byte(const struct bytes_view *view, size_t offset) {
    for (size_t i = 0; i < view->mark_count; i++) {
        if (within(offset, view->marks[i].offset, view->marks[i].size))
            return &view->marks[i];
    }
    return NULL;
}

/* What would have been right is not known of every mark; then all of it is what the case is about. */
static const char *mark_class(const struct bytes_view *view, size_t offset) {
    const struct bytes_mark *mark = mark_of_byte(view, offset);
    if (mark == NULL || (mark->right != NULL && mark->right[offset - mark->offset] == view->bytes[offset]))
        return NULL;
    return mark->right != NULL ? "differs" : "about";
}

static uint8_t byte_shown(const struct bytes_view *view, size_t offset) {
    const struct bytes_mark *mark = view->as_right ? mark_of_byte(view, offset) : NULL;
    return mark != NULL && mark->right != NULL ? mark->right[offset - mark->offset] : view->bytes[offset];
}

static size_t row_end(const struct bytes_view *view, size_t row) {
    return view->size - row < ROW ? view->size : row + ROW;
}

static bool row_has_mark(const struct bytes_view *view, size_t row) {
    for (size_t at = row; at < row_end(view, row); at++) {
        if (mark_of_byte(view, at) != NULL)
            return true;
    }
    return false;
}

static bool row_is_zero(const struct bytes_view *view, size_t row) {
    for (size_t at = row; at < row_end(view, row); at++) {
        if (view->bytes[at] != 0)
            return false;
    }
    return true;
}

static void put_letters(FILE *out, const struct bytes_view *view, size_t row) {
    char letters[ROW + 1];
    size_t end = row_end(view, row);
    for (size_t at = row; at < end; at++)
        letters[at - row] = (char)(view->bytes[at] > ' ' && view->bytes[at] <= '~' ? view->bytes[at] : '.');
    letters[end - row] = '\0';
    html_element(out, "span", "letters", letters);
}

/* Bytes of one field stand in one span, from at on; returns where the next one begins. */
static size_t put_span(FILE *out, const struct bytes_view *view, size_t at, size_t end) {
    const struct decoded_field *field = field_of_byte(view, at);
    const char *between = "", *class = NULL;
    if (field != NULL) {
        fprintf(out, "<span class=\"%s\" title=\"", field_class(field->name));
        html_text(out, field->name);
        fputs("\">", out);
    }
    for (; at < end && field_of_byte(view, at) == field; at++) {
        const char *next = mark_class(view, at);
        if (next != class && class != NULL)
            fputs("</mark>", out);
        fputs(between, out);
        if (next != class && next != NULL)
            fprintf(out, "<mark class=\"%s\">", next);
        fprintf(out, "%02x", byte_shown(view, at));
        class = next;
        between = " ";
    }
    fputs(class != NULL ? "</mark>" : "", out);
    fputs(field != NULL ? "</span>" : "", out);
    return at;
}

static void put_row(FILE *out, const struct bytes_view *view, size_t row, bool letters) {
    size_t end = row_end(view, row);
    fprintf(out, "<span class=\"at\">%04zx</span> ", row);
    for (size_t at = row; at < end;) {
        fputc(' ', out);
        at = put_span(out, view, at, end);
    }
    if (letters) {
        for (size_t at = end; at < row + ROW; at++)
            fputs("   ", out);
        fputs("  ", out);
        put_letters(out, view, row);
    }
    fputc('\n', out);
}

static void put_folded(FILE *out, size_t bytes, bool zeros) {
    if (bytes > 0)
        fprintf(out, "<span class=\"folded\">      %zu %s</span>\n", bytes, zeros ? "zero bytes" : "more bytes, not shown");
}

/* --- */

void html_bytes(FILE *out, const struct bytes_view *view) {
    size_t shown = 0, folded = 0;
    bool zeros = true; /* of what is folded */
    fputs("<pre class=\"hex\">", out);
    for (size_t row = 0; row < view->size; row += ROW) {
        bool zero = row_is_zero(view, row);
        if (row_has_mark(view, row) || (!zero && shown < ROWS_MAX) || (row == 0 && shown == 0)) {
            put_folded(out, folded, zeros);
            folded = 0;
            zeros = true;
            put_row(out, view, row, true);
            shown++;
        } else {
            folded += row_end(view, row) - row;
            zeros = zeros && zero;
        }
    }
    put_folded(out, folded, zeros);
    fputs("</pre>", out);
}

void html_marked_rows(FILE *out, const struct bytes_view *view, const struct bytes_mark *mark, bool right) {
    struct bytes_view rows = *view;
    size_t row = mark->offset - mark->offset % ROW;
    rows.marks = mark;
    rows.mark_count = 1;
    rows.as_right = right;
    fputs("<pre class=\"hex\">", out);
    for (size_t count = 0; row < view->size && row < mark->offset + mark->size && count < MARK_ROWS_MAX; row += ROW, count++)
        put_row(out, &rows, row, false);
    fputs("</pre>", out);
}
