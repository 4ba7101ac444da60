#include "steps.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/report.h"

#define BOLD "\033[1m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

void steps_begin(struct steps *steps, const struct invocation *in) {
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    *steps = (struct steps){.in = in};
    steps->colour =
        isatty(STDOUT_FILENO) && (no_colour == NULL || no_colour[0] == '\0') && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

static void end_step(struct steps *steps) {
    if (!steps->in->json || steps->number == 0)
        return;
    int status = print_json_line(json_pack("{si ss so}", "step", steps->number, "title", steps->title, "facts", steps->facts));
    steps->facts = NULL;
    if (status != STATUS_YES)
        steps->status = status;
}

void steps_step(struct steps *steps, const char *title) {
    end_step(steps);
    steps->number++;
    steps->title = title;
    if (steps->in->json)
        steps->facts = json_object();
    else
        printf("%s%2d  %s%s\n", steps->colour ? BOLD : "", steps->number, title, steps->colour ? PLAIN : "");
}

static void add_fact(struct steps *steps, bool good, const char *label, const char *text) {
    if (!steps->in->json) {
        bool red = !good && steps->colour;
        printf("    %-20s %s%s%s%s\n", label, red ? RED : "", text, good ? "" : "   <- not as it should be", red ? PLAIN : "");
        return;
    }
    char key[64];
    snprintf(key, sizeof key, "%s", label);
    for (char *c = key; *c != '\0'; c++) {
        if (*c == ' ' || *c == '-')
            *c = '_';
    }
    json_put(&steps->facts, key, json_text(text));
}

void steps_fact(struct steps *steps, const char *label, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add_fact(steps, true, label, text);
}

void steps_check(struct steps *steps, bool good, const char *label, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add_fact(steps, good, label, text);
    if (!good) {
        complain("demo: step %d: %s: not as it should be: %s", steps->number, label, text);
        steps->status = STATUS_NO;
    }
}

int steps_end(struct steps *steps) {
    end_step(steps);
    return steps->status;
}
