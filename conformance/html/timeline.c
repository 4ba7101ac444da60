#include "timeline.h"

#include <inttypes.h>
#include <string.h>

#include "levels.h"
#include "text.h"

#define ROWS_MAX 250u
#define WIDTH 980u
#define HEAD 46u
#define ROW 40u
#define ROW_OF_NOTE 26u
#define AT_TIME 74u
#define AT_PLAYER 96u
#define AT_DRIVER 520u
#define AT_LEVELS 566u
#define LEVEL_STEP 56u
#define AT_EVENTS 792u
#define LABEL_MAX 58u
#define EVENT_MAX 28u

struct timeline {
    FILE *out;
    const char *prefix;
    bool linked;
    unsigned y; /* of the row that is drawn next */
    struct levels levels;
};

/* --- parts --- */

static void put_label(FILE *out, unsigned x, unsigned y, const char *class, const char *text, size_t most) {
    size_t size = strlen(text);
    fprintf(out, "<text x=\"%u\" y=\"%u\" class=\"%s\">", x, y, class);
    html_format(out, "%.*s%s", (int)(size > most ? most - 1 : size), text, size > most ? "\u2026" : "");
    fputs("</text>", out);
}

static void put_line(FILE *out, const char *class, unsigned x1, unsigned y1, unsigned x2, unsigned y2) {
    fprintf(out, "<line class=\"%s\" x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\"/>", class, x1, y1, x2, y2);
}

/* With a head of its own: markers would need ids that are unique in the page. */
static void put_arrow(FILE *out, const char *class, unsigned y, bool back) {
    const unsigned from = back ? AT_DRIVER - 4 : AT_PLAYER + 4, to = back ? AT_PLAYER + 5 : AT_DRIVER - 5;
    const unsigned neck = back ? to + 8 : to - 8;
    put_line(out, class, from, y, neck, y);
    fprintf(out, "<path class=\"head %s\" d=\"M%u %uL%u %uL%u %uZ\"/>", class, to, y, neck, y - 4, neck, y + 4);
}

static const char *arrow_class(const struct decoded_message *message) {
    static const char *const classes[] = {"arrow", "arrow refused", "arrow broken"};
    return classes[message->weight];
}

/* --- lanes --- */

static void put_levels(struct timeline *t, unsigned height) {
    for (size_t i = 0; i < t->levels.count; i++) {
        const struct level_lane *lane = &t->levels.lanes[i];
        const unsigned x = AT_LEVELS + (unsigned)i * LEVEL_STEP;
        if (lane->known)
            fprintf(t->out, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"8\" height=\"%u\"/>",
                    lane->own != 0 ? "level up" : "level down", x, t->y, height);
        else
            put_line(t->out, "unknown", x + 4, t->y, x + 4, t->y + height);
    }
}

static void put_level(struct timeline *t, const struct view_exchange *exchange) {
    struct level_told told;
    if (!levels_take(&t->levels, exchange, &told))
        return;
    const struct level_lane *lane = &t->levels.lanes[told.lane];
    const unsigned x = AT_LEVELS + (unsigned)told.lane * LEVEL_STEP;
    const char *name = copp_level_name(lane->type, told.level);
    if (told.global)
        fprintf(t->out, "<circle class=\"global %s\" cx=\"%u\" cy=\"%u\" r=\"4\"/>", told.level != 0 ? "up" : "down", x + 15,
                t->y + 29);
    put_label(t->out, x + (told.global ? 22 : 12), t->y + 33, "small", name, 9);
}

/* What a driver tells beside its answer stands in the lane of events. */
static void put_event(struct timeline *t, const struct view_exchange *exchange) {
    const struct decoded_message *answer = exchange->answer;
    const struct decoded_message *said = answer != NULL && answer->weight > exchange->first->weight ? answer : exchange->first;
    static const char *const classes[] = {"", "event refused", "event broken"};
    char text[DECODED_NOTE_SIZE + 32];
    if (said->weight == DECODED_FINE)
        return;
    (void)snprintf(text, sizeof text, "%s%s%s", said->rule != NULL ? said->rule : "", said->rule != NULL ? " " : "", said->note);
    fprintf(t->out, "<g><title>");
    html_text(t->out, text);
    fputs("</title>", t->out);
    put_label(t->out, AT_EVENTS, t->y + (said == answer ? 33 : 14), classes[said->weight], text, EVENT_MAX);
    fputs("</g>", t->out);
}

/* --- rows --- */

static void put_moment(struct timeline *t, const struct view_exchange *exchange) {
    FILE *out = t->out;
    fprintf(out, "<text x=\"%u\" y=\"%u\" class=\"moment\">", AT_TIME, t->y + 14);
    html_seconds(out, exchange->first->after_us);
    fputs("</text>", out);
}

static void put_note_row(struct timeline *t, const struct view_exchange *exchange) {
    put_moment(t, exchange);
    put_line(t->out, "happens", AT_PLAYER, t->y + 10, AT_EVENTS - 8, t->y + 10);
    put_label(t->out, AT_EVENTS, t->y + 14, "event", exchange->first->summary, EVENT_MAX);
    t->y += ROW_OF_NOTE;
}

static void put_row(struct timeline *t, const struct view_exchange *exchange) {
    FILE *out = t->out;
    const bool answer_alone = exchange->first->entry->message.direction == RECORDING_ANSWER;
    if (exchange->evidence)
        fprintf(out, "<rect class=\"evidence\" x=\"2\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"4\"/>", t->y + 1, WIDTH - 4,
                ROW - 1);
    put_levels(t, ROW);
    if (t->linked)
        fprintf(out, "<a href=\"#%s-%zu\">", t->prefix, exchange->number);
    put_moment(t, exchange);
    fprintf(out, "<text x=\"%u\" y=\"%u\" class=\"moment\">%zu</text>", AT_TIME, t->y + 32, exchange->number);
    put_label(out, AT_PLAYER + 14, t->y + 13, "label", exchange->first->summary, LABEL_MAX);
    put_arrow(out, arrow_class(exchange->first), t->y + 18, answer_alone);
    if (exchange->answer != NULL) {
        put_label(out, AT_DRIVER - 14, t->y + 32, "label end", exchange->answer->summary, LABEL_MAX);
        put_arrow(out, arrow_class(exchange->answer), t->y + 36, true);
    }
    fputs(t->linked ? "</a>" : "", out);
    put_level(t, exchange);
    put_event(t, exchange);
    t->y += ROW;
    fputc('\n', out);
}

/* --- */

static bool is_drawn(const struct view_exchange *exchange, uint32_t session) {
    return exchange->first->entry->message.session == session ||
           (is_note(exchange) && exchange->first->entry->message.session == 0);
}

/* How high the picture becomes, and of how many exchanges. */
static unsigned measure(const struct view *view, uint32_t session, size_t *rows, size_t *all, struct levels *levels) {
    unsigned height = HEAD;
    struct level_told told;
    *rows = *all = 0;
    for (size_t i = 0; i < view->count; i++) {
        if (!is_drawn(&view->items[i], session) || ++*all > ROWS_MAX)
            continue;
        ++*rows;
        (void)levels_take(levels, &view->items[i], &told);
        height += is_note(&view->items[i]) ? ROW_OF_NOTE : ROW;
    }
    return height + 12;
}

static void put_head(struct timeline *t, const struct levels *levels, unsigned height) {
    FILE *out = t->out;
    put_label(out, AT_PLAYER, 16, "lane middle", "Player", LABEL_MAX);
    put_label(out, AT_DRIVER, 16, "lane middle", "Driver", LABEL_MAX);
    put_label(out, AT_LEVELS, 16, "lane", "Connector levels", LABEL_MAX);
    put_label(out, AT_EVENTS, 16, "lane", "Events", LABEL_MAX);
    put_line(out, "life", AT_PLAYER, 24, AT_PLAYER, height - 4);
    put_line(out, "life", AT_DRIVER, 24, AT_DRIVER, height - 4);
    for (size_t i = 0; i < levels->count; i++)
        put_label(out, AT_LEVELS + (unsigned)i * LEVEL_STEP, 34, "small", copp_protection_type_name(levels->lanes[i].type), 8);
    fputc('\n', out);
}

void html_timeline(FILE *out, const struct view *view, uint32_t session, const char *prefix, bool linked) {
    struct timeline t = {.out = out, .prefix = prefix, .linked = linked, .y = HEAD};
    struct levels levels = {.count = 0};
    size_t rows, all, drawn = 0;
    unsigned height = measure(view, session, &rows, &all, &levels);
    fprintf(
        out,
        "<figure class=\"timeline\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Timeline of session %" PRIu32
        "\">"
        "<svg viewBox=\"0 0 %u %u\" width=\"%u\" height=\"%u\" aria-hidden=\"%s\">\n",
        session, WIDTH, height, WIDTH, height, linked ? "false" : "true");
    put_head(&t, &levels, height);
    t.levels = levels;
    for (size_t i = 0; i < levels.count; i++)
        t.levels.lanes[i].known = false;
    for (size_t i = 0; i < view->count && drawn < rows; i++) {
        const struct view_exchange *exchange = &view->items[i];
        if (!is_drawn(exchange, session))
            continue;
        drawn++;
        if (is_note(exchange))
            put_note_row(&t, exchange);
        else
            put_row(&t, exchange);
    }
    fputs("</svg></div>", out);
    fputs("<figcaption>", out);
    if (all > rows)
        fprintf(out, "The first %zu of %zu exchanges are drawn. ", rows, all);
    if (levels.count > 0)
        fputs(
            "Bar: the level that this session has set. Circle: the connector's level, as the driver tells it. Filled: protected.",
            out);
    fputs("</figcaption></figure>\n", out);
}

size_t view_sessions(const struct view *view, uint32_t *numbers, size_t max) {
    size_t count = 0;
    for (size_t i = 0; i < view->count; i++) {
        const struct recording_entry *entry = view->items[i].first->entry;
        size_t at = 0;
        while (at < count && numbers[at] != entry->message.session)
            at++;
        if (at < count || is_note(&view->items[i]) || entry->malformed != NULL)
            continue;
        if (count == max)
            return count;
        numbers[count++] = entry->message.session;
    }
    return count;
}
