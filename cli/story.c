#include "story.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

#define BOLD "\033[1m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

void story_begin(struct story *story, const struct invocation *in) {
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    *story = (struct story){.in = in};
    story->colour =
        isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

static void end_step(struct story *story) {
    if (!story->in->json || story->number == 0)
        return;
    int status = print_json_line(json_pack("{si ss so}", "step", story->number, "title", story->title, "facts", story->facts));
    story->facts = NULL;
    if (status != STATUS_YES)
        story->status = status;
}

void story_step(struct story *story, const char *title) {
    end_step(story);
    story->number++;
    story->title = title;
    if (story->in->json)
        story->facts = json_object();
    else
        printf("%s%2d  %s%s\n", story->colour ? BOLD : "", story->number, title, story->colour ? PLAIN : "");
}

static void add_fact(struct story *story, bool good, const char *label, const char *text) {
    if (!story->in->json) {
        bool red = !good && story->colour;
        printf("    %-20s %s%s%s%s\n", label, red ? RED : "", text, good ? "" : "   <- not as it should be", red ? PLAIN : "");
        return;
    }
    char key[64];
    snprintf(key, sizeof key, "%s", label);
    for (char *c = key; *c != '\0'; c++) {
        if (*c == ' ' || *c == '-')
            *c = '_';
    }
    json_put(&story->facts, key, json_text(text));
}

void story_fact(struct story *story, const char *label, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add_fact(story, true, label, text);
}

void story_check(struct story *story, bool good, const char *label, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add_fact(story, good, label, text);
    if (!good) {
        complain("demo: step %d: %s: not as it should be: %s", story->number, label, text);
        story->status = STATUS_NO;
    }
}

int story_end(struct story *story) {
    end_step(story);
    return story->status;
}
