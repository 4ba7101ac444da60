#include "why.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct {
    char text[2 + COPP_LOG_TEXT_MAX]; /* ": " in front of it */
    bool fresh;
} last = {.text = ": "};

static void keep(struct copp_log *log, enum copp_log_level level, const char *text) {
    (void)log;
    if (level != COPP_LOG_ERROR) /* all others are told by results as well */
        return;
    snprintf(last.text, sizeof last.text, ": %s", text);
    last.fresh = true;
}

struct copp_log *why_log(void) {
    static const struct copp_log_ops ops = {sizeof ops, keep};
    static struct copp_log log = {&ops};
    return &log;
}

static const char *take(size_t skip) {
    bool fresh = last.fresh;
    last.fresh = false;
    return fresh ? last.text + skip : "";
}

const char *why(void) {
    return take(2);
}

const char *why_result(enum copp_result result) {
    return result == COPP_E_CRYPTO || result == COPP_E_RANDOM ? take(0) : "";
}
