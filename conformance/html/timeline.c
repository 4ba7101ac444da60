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
#define AT_DRIVER 490u
#define AT_LEVELS 528u
#define LEVEL_STEP 76u
#define LEVELS_LEAST 2u /* types that there is always room for */
#define LABEL_MAX 58u
#define LETTER 7u /* the width of one of the lane of events, more or less */

struct bar {
    unsigned from;
    bool known, up;
};

struct timeline {
    FILE *out;
    const char *prefix;
    bool linked;
    enum view_suite suite;
    unsigned y; /* of the row that is drawn next */
    unsigned events; /* where their lane begins */
    struct levels levels;
    struct bar bars[LEVELS_TYPES];
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

static const char *arrow_class(const struct timeline *t, const struct decoded_message *message) {
    static const char *const classes[] = {"arrow", "arrow refused", "arrow broken"};
    return is_meant(t->suite, message) ? classes[DECODED_FINE] : classes[message->weight];
}

/* --- lanes --- */

/* One bar for as long as a level stays up, or down, or unknown. */
static void end_bar(struct timeline *t, size_t lane, unsigned y) {
    const struct bar *bar = &t->bars[lane];
    const unsigned x = AT_LEVELS + (unsigned)lane * LEVEL_STEP;
    if (y > bar->from && bar->known)
        fprintf(t->out, "<rect class=\"level %s\" x=\"%u\" y=\"%u\" width=\"8\" height=\"%u\"/>", bar->up ? "up" : "down", x,
                bar->from, y - bar->from);
    else if (y > bar->from)
        put_line(t->out, "unknown", x + 4, bar->from, x + 4, y);
}

static void take_level(struct timeline *t, size_t lane, unsigned y) {
    const struct level_lane *level = &t->levels.lanes[lane];
    struct bar *bar = &t->bars[lane];
    if (bar->known == level->known && bar->up == (level->own != 0))
        return;
    end_bar(t, lane, y);
    *bar = (struct bar){.from = y, .known = level->known, .up = level->own != 0};
}

static void put_level(struct timeline *t, const struct view_exchange *exchange) {
    struct level_told told;
    if (!levels_take(&t->levels, exchange, &told))
        return;
    const struct level_lane *lane = &t->levels.lanes[told.lane];
    const unsigned x = AT_LEVELS + (unsigned)told.lane * LEVEL_STEP;
    const char *name = copp_level_name(lane->type, told.level);
    take_level(t, told.lane, t->y + 36);
    if (told.global)
        fprintf(t->out, "<circle class=\"global %s\" cx=\"%u\" cy=\"%u\" r=\"4\"/>", told.level != 0 ? "up" : "down", x + 15,
                t->y + 29);
    put_label(t->out, x + (told.global ? 22 : 12), t->y + 33, "small", name, 11);
}

static size_t event_letters(const struct timeline *t) {
    return (WIDTH - t->events) / LETTER;
}

/* In two lines, if one does not do. */
static void put_event(struct timeline *t, unsigned y, const char *class, const char *text) {
    const size_t most = event_letters(t);
    char line[128];
    size_t size = strlen(text), cut = size;
    fputs("<g><title>", t->out);
    html_text(t->out, text);
    fputs("</title>", t->out);
    if (size > most) {
        for (cut = most; cut > most / 2 && text[cut] != ' ';)
            cut--;
    }
    (void)snprintf(line, sizeof line, "%.*s", (int)cut, text);
    put_label(t->out, t->events, y, class, line, sizeof line);
    if (cut < size)
        put_label(t->out, t->events, y + 14, class, text + cut + (text[cut] == ' '), most);
    fputs("</g>", t->out);
}

/* What the decoder has to say of an exchange stands in the lane of events. */
static void put_finding(struct timeline *t, const struct view_exchange *exchange) {
    const struct decoded_message *answer = exchange->answer;
    const bool broken = answer != NULL && answer->weight == DECODED_BROKEN && !is_meant(t->suite, answer);
    const bool heavier = answer != NULL && answer->weight > exchange->first->weight;
    const struct decoded_message *said = heavier || (broken && is_meant(t->suite, exchange->first)) ? answer : exchange->first;
    const bool meant = is_meant(t->suite, said);
    char text[DECODED_NOTE_SIZE + 32], class[32];
    if (said->weight == DECODED_FINE)
        return;
    (void)snprintf(text, sizeof text, "%s%s%s", said->rule != NULL ? said->rule : "", said->rule != NULL ? ": " : "", said->note);
    (void)snprintf(class, sizeof class, "event %s", meant ? "meant" : said->weight == DECODED_BROKEN ? "broken" : "refused");
    put_event(t, t->y + (said == answer ? 24 : 14), class, text);
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
    put_line(t->out, "happens", AT_PLAYER, t->y + 10, t->events - 8, t->y + 10);
    put_event(t, t->y + 14, "event", exchange->first->summary);
    t->y += strlen(exchange->first->summary) > event_letters(t) ? ROW : ROW_OF_NOTE;
}

static void put_row(struct timeline *t, const struct view_exchange *exchange) {
    FILE *out = t->out;
    const bool answer_alone = exchange->first->entry->message.direction == RECORDING_ANSWER;
    if (exchange->evidence)
        fprintf(out, "<rect class=\"evidence\" x=\"2\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"4\"/>", t->y + 1, WIDTH - 4,
                ROW - 1);
    if (t->linked)
        fprintf(out, "<a href=\"#%s-%zu\">", t->prefix, exchange->number);
    put_moment(t, exchange);
    fprintf(out, "<text x=\"%u\" y=\"%u\" class=\"moment\">%zu</text>", AT_TIME, t->y + 32, exchange->number);
    put_label(out, AT_PLAYER + 14, t->y + 13, "label", exchange->first->summary, LABEL_MAX);
    put_arrow(out, arrow_class(t, exchange->first), t->y + 18, answer_alone);
    if (exchange->answer != NULL) {
        put_label(out, AT_DRIVER - 14, t->y + 32, "label end", exchange->answer->summary, LABEL_MAX);
        put_arrow(out, arrow_class(t, exchange->answer), t->y + 36, true);
    }
    fputs(t->linked ? "</a>" : "", out);
    put_level(t, exchange);
    put_finding(t, exchange);
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
        height += ROW;
    }
    return height + 12;
}

static void put_head(struct timeline *t, const struct levels *levels, unsigned height) {
    FILE *out = t->out;
    put_label(out, AT_PLAYER, 16, "lane middle", "Player", LABEL_MAX);
    put_label(out, AT_DRIVER, 16, "lane middle", "Driver", LABEL_MAX);
    put_label(out, AT_LEVELS, 16, "lane", "Connector levels", LABEL_MAX);
    put_label(out, t->events, 16, "lane", "Events", LABEL_MAX);
    put_line(out, "life", AT_PLAYER, 24, AT_PLAYER, height - 4);
    put_line(out, "life", AT_DRIVER, 24, AT_DRIVER, height - 4);
    for (size_t i = 0; i < levels->count; i++)
        put_label(out, AT_LEVELS + (unsigned)i * LEVEL_STEP, 34, "small", copp_protection_type_name(levels->lanes[i].type), 8);
    fputc('\n', out);
}

static void put_rows(struct timeline *t, const struct view *view, uint32_t session, size_t rows) {
    for (size_t i = 0; i < view->count && rows > 0; i++) {
        const struct view_exchange *exchange = &view->items[i];
        if (!is_drawn(exchange, session))
            continue;
        rows--;
        if (is_note(exchange))
            put_note_row(t, exchange);
        else
            put_row(t, exchange);
    }
}

static void put_caption(FILE *out, size_t rows, size_t all, bool levels) {
    fputs("<figcaption>", out);
    if (all > rows)
        fprintf(out, "The first %zu of %zu exchanges are drawn. ", rows, all);
    if (levels)
        fputs(
            "Bar: the level that this session has set. Circle: the connector's level, as the driver tells it. Filled: protected.",
            out);
    fputs("</figcaption></figure>\n", out);
}

void html_timeline(FILE *out, const struct timeline_style *style, const struct view *view, uint32_t session) {
    struct timeline t = {.out = out, .prefix = style->prefix, .linked = style->linked, .suite = style->suite, .y = HEAD};
    struct levels levels = {.count = 0};
    size_t rows, all;
    const unsigned most = measure(view, session, &rows, &all, &levels);
    t.levels = levels;
    t.events = AT_LEVELS + LEVEL_STEP * (levels.count > LEVELS_LEAST ? (unsigned)levels.count : LEVELS_LEAST) + 24;
    fprintf(out,
            "<figure class=\"timeline\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Timeline of session "
            "%" PRIu32 "\"><svg viewBox=\"0 0 %u %u\" width=\"%u\" height=\"%u\">\n",
            session, WIDTH, most, WIDTH, most);
    put_head(&t, &levels, most);
    for (size_t i = 0; i < levels.count; i++) {
        t.levels.lanes[i].known = false;
        t.bars[i] = (struct bar){.from = HEAD};
    }
    put_rows(&t, view, session, rows);
    for (size_t i = 0; i < levels.count; i++)
        end_bar(&t, i, t.y);
    fputs("</svg></div>", out);
    put_caption(out, rows, all, levels.count > 0);
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
