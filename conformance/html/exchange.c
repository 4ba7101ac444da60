#include "exchange.h"

#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "text.h"

/* --- one message --- */

static void put_field(FILE *out, const struct decoded_field *field) {
    static const char *const states[] = {"", "<span class=\"good\">right</span>", "<span class=\"bad\">wrong</span>"};
    fprintf(out, "<tr><th scope=\"row\"><span class=\"swatch %s\"></span>", field_class(field->name));
    html_text(out, field->name);
    fprintf(out, "</th><td class=\"num\">%s%" PRIu32 "</td><td class=\"num\">%" PRIu32 "</td><td class=\"value\">",
            field->beside ? "beside, " : "", field->offset, field->size);
    html_text(out, field->value);
    fprintf(out, " %s</td></tr>\n", states[field->state]);
}

static void put_fields(FILE *out, const struct decoded_message *message) {
    if (message->field_count == 0)
        return;
    fputs("<div class=\"scroll\"><table class=\"fields\"><thead><tr><th scope=\"col\">Field</th><th scope=\"col\">At</th>"
          "<th scope=\"col\">Size</th><th scope=\"col\">Value</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < message->field_count; i++)
        put_field(out, &message->fields[i]);
    fputs("</tbody></table></div>\n", out);
}

static size_t marks_of(const struct exchange_style *style, const struct view_exchange *exchange, bool answer,
                       struct bytes_mark *marks) {
    size_t count = 0;
    for (size_t i = 0; style->outcome != NULL && i < style->outcome->mark_count; i++) {
        const struct case_mark *mark = &style->outcome->marks[i];
        if (mark->exchange + 1 == exchange->number && mark->answer == answer)
            marks[count++] = (struct bytes_mark){mark->offset, mark->size, mark->right_size > 0 ? mark->right : NULL};
    }
    return count;
}

static struct bytes_view bytes_of(const struct decoded_message *message, bool beside) {
    const struct recording_message *m = &message->entry->message;
    return (struct bytes_view){.bytes = beside ? m->additional : m->bytes,
                               .size = beside ? m->additional_size : m->size,
                               .fields = message->fields,
                               .field_count = message->field_count,
                               .beside = beside};
}

static void put_bytes(FILE *out, struct bytes_view view, const struct bytes_mark *marks, size_t mark_count) {
    if (view.size == 0)
        return;
    view.marks = marks;
    view.mark_count = mark_count;
    html_bytes(out, &view);
}

static void put_message(FILE *out, const struct exchange_style *style, const struct view_exchange *exchange, bool answer) {
    static const char *const names[] = {"Request", "Answer", "Note"};
    const struct decoded_message *message = answer ? exchange->answer : exchange->first;
    const struct recording_message *m = &message->entry->message;
    struct bytes_mark marks[CASE_MARKS];
    size_t count = marks_of(style, exchange, answer, marks);
    fprintf(out, "<section class=\"message\"><h4>%s <span class=\"aside\">%zu bytes", names[m->direction], m->size);
    if (m->additional_size > 0)
        fprintf(out, ", and %zu beside them", m->additional_size);
    if ((m->flags & RECORDING_IDENTIFIES) != 0)
        fputs(", identifies one receiver", out);
    fputs("</span></h4>\n<div class=\"parts\">", out);
    put_fields(out, message);
    fputs("<div class=\"scroll\">", out);
    put_bytes(out, bytes_of(message, true), NULL, 0);
    put_bytes(out, bytes_of(message, false), marks, count);
    fputs("</div></div></section>\n", out);
}

/* --- one exchange --- */

static void put_note(FILE *out, const struct exchange_style *style, const struct decoded_message *message) {
    bool meant = is_meant(style->suite, message);
    static const char *const weights[] = {"fine", "refused", "broken"};
    if (message->weight == DECODED_FINE)
        return;
    fprintf(out, "<span class=\"note %s\">", meant ? "meant" : weights[message->weight]);
    if (message->rule != NULL)
        html_element(out, "b", NULL, message->rule);
    html_format(out, "%s%s%s", message->rule != NULL ? ": " : "", meant ? "sent on purpose: " : "", message->note);
    fputs("</span>", out);
}

static void put_line(FILE *out, const struct exchange_style *style, const struct view_exchange *exchange) {
    const struct decoded_message *first = exchange->first;
    static const char *const arrows[] = {"\u2192", "\u2190", "\u2022"};
    fprintf(out, "<span class=\"num\">%zu</span><span class=\"num time\">", exchange->number);
    html_seconds(out, first->after_us);
    fputs("</span><span class=\"told\"><span class=\"request\">", out);
    fprintf(out, "<span class=\"arrow\">%s</span> ", arrows[first->entry->message.direction]);
    html_text(out, first->entry->malformed != NULL ? first->entry->malformed : first->summary);
    fputs("</span> ", out);
    if (exchange->answer != NULL) {
        fprintf(out, "<span class=\"answer\"><span class=\"arrow\">%s</span> ", arrows[RECORDING_ANSWER]);
        html_text(out, exchange->answer->summary);
        fputs("</span>", out);
    }
    fputs("</span>", out);
    if (exchange->evidence && style->outcome != NULL)
        html_element(out, "span", "tag", "shows it");
    put_note(out, style, first);
    if (exchange->answer != NULL)
        put_note(out, style, exchange->answer);
}

static bool has_parts(const struct decoded_message *message) {
    return message != NULL && (message->field_count > 0 || message->entry->message.size > 0);
}

static bool may_show_bytes(const struct exchange_style *style, const struct view_exchange *exchange) {
    if (is_note(exchange) || (!has_parts(exchange->first) && !has_parts(exchange->answer)))
        return false;
    if (exchange->evidence)
        return true;
    if (*style->bytes_left == 0)
        return false;
    --*style->bytes_left;
    return true;
}

/* What the filters of a recording go by. */
static void put_attributes(FILE *out, const struct view_exchange *exchange) {
    static const char *const weights[] = {"fine", "refused", "broken"};
    const struct decoded_message *answer = exchange->answer;
    char family[FAMILY_SIZE];
    const char *rule = answer != NULL && answer->weight > exchange->first->weight ? answer->rule : exchange->first->rule;
    if (rule == NULL && answer != NULL)
        rule = answer->rule;
    fprintf(out, " data-result=\"%s\" data-family=\"", weights[view_weight(exchange)]);
    html_family(rule != NULL ? rule : "", family, sizeof family);
    html_text(out, family);
    fputc('"', out);
}

void html_exchange(FILE *out, const struct exchange_style *style, const struct view_exchange *exchange) {
    bool whole = may_show_bytes(style, exchange);
    fprintf(out, "<li class=\"exchange%s%s\" id=\"%s-%zu\"", style->items ? " item" : "", exchange->evidence ? " evidence" : "",
            style->prefix, exchange->number);
    if (style->items)
        put_attributes(out, exchange);
    fputs(whole ? (exchange->evidence ? "><details open><summary>" : "><details><summary>") : "><div class=\"line\">", out);
    put_line(out, style, exchange);
    if (!whole) {
        fputs("</div></li>\n", out);
        return;
    }
    fputs("</summary>\n", out);
    if (has_parts(exchange->first))
        put_message(out, style, exchange, false);
    if (has_parts(exchange->answer))
        put_message(out, style, exchange, true);
    fputs("</details></li>\n", out);
}

/* --- right and seen --- */

static void put_side(FILE *out, const struct bytes_view *view, const struct bytes_mark *mark, const char *title) {
    fputs("<div class=\"side\">", out);
    html_element(out, "h5", NULL, title);
    fputs("<div class=\"scroll\">", out);
    html_marked_rows(out, view, mark, strcmp(title, "Right") == 0);
    fputs("</div></div>\n", out);
}

static void put_caption(FILE *out, const struct case_mark *mark, const struct decoded_field *field) {
    fprintf(out, "<h4>%s of message %zu, ", mark->answer ? "Answer" : "Request", mark->exchange + 1);
    if (mark->size == 1)
        fprintf(out, "byte %zu", mark->offset);
    else
        fprintf(out, "bytes %zu to %zu", mark->offset, mark->offset + mark->size - 1);
    if (field != NULL) {
        fputs(": ", out);
        html_element(out, "code", field_class(field->name), field->name);
    }
    fputs("</h4>\n", out);
}

static void put_mark(FILE *out, enum view_suite suite, const struct case_mark *mark, const struct view_exchange *exchange) {
    const struct decoded_message *message = mark->answer ? exchange->answer : exchange->first;
    const struct bytes_mark bytes = {mark->offset, mark->size, mark->right_size > 0 ? mark->right : NULL};
    if (message == NULL)
        return;
    const struct bytes_view view = bytes_of(message, false);
    if (mark->size == 0 || mark->offset >= view.size || mark->size > view.size - mark->offset)
        return;
    put_caption(out, mark, field_of_byte(&view, mark->offset));
    fprintf(out, "<div class=\"sides\">");
    if (bytes.right != NULL)
        put_side(out, &view, &bytes, "Right");
    put_side(out, &view, &bytes, is_meant(suite, message) ? "Sent" : "Seen");
    fputs("</div>\n", out);
}

void html_evidence(FILE *out, enum view_suite suite, const struct case_outcome *outcome, const struct view *view) {
    for (size_t i = 0; i < outcome->mark_count; i++) {
        if (outcome->marks[i].exchange < view->count)
            put_mark(out, suite, &outcome->marks[i], &view->items[outcome->marks[i].exchange]);
    }
}
