/* A log that keeps what it is told. */
#ifndef COPP_TEST_LOG_KIT_H
#define COPP_TEST_LOG_KIT_H

#include <string.h>

#include "harness.h"

#define KIT_LINES 32

struct kit_log {
    struct copp_log log;
    unsigned count; /* of all lines; the last ones are kept */
    enum copp_log_level levels[KIT_LINES];
    char lines[KIT_LINES][COPP_LOG_TEXT_MAX];
};

static void kit_line(struct copp_log *log, enum copp_log_level level, const char *text) {
    struct kit_log *kept = (struct kit_log *)log;
    unsigned at = kept->count++ % KIT_LINES;
    assert_true(strlen(text) < COPP_LOG_TEXT_MAX);
    for (const char *c = text; *c; c++)
        assert_true(*c >= ' ' && *c <= '~');
    kept->levels[at] = level;
    strcpy(kept->lines[at], text);
}

static const struct copp_log_ops kit_log_ops = {sizeof kit_log_ops, kit_line};

static inline struct kit_log kit_log(void) {
    return (struct kit_log){.log = {&kit_log_ops}};
}

/* Fails the test unless a line of that level has words in it. */
static inline void kit_log_has(const struct kit_log *kept, enum copp_log_level level, const char *words) {
    for (unsigned i = 0; i < kept->count && i < KIT_LINES; i++) {
        if (kept->levels[i] == level && strstr(kept->lines[i], words))
            return;
    }
    for (unsigned i = 0; i < kept->count && i < KIT_LINES; i++)
        print_error("%d: %s\n", kept->levels[i], kept->lines[i]);
    fail_msg("the log has no line of level %d with \"%s\"", level, words);
}

#endif
