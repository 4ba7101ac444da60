#include "sight.h"

#include <stdio.h>
#include <string.h>

#include "common/printable.h"

static bool has_marker(const char *line, const char *marker) {
    return marker != NULL && strstr(line, marker) != NULL;
}

static void end_line(struct sight *sight, const struct sight_markers *markers, struct player_seen *seen, uint64_t now_ms) {
    sight->length -= sight->length > 0 && sight->line[sight->length - 1] == '\r';
    sight->line[sight->length] = '\0';
    sight->length = 0;
    if (sight->line[0] == '\0')
        return;
    bool shown = has_marker(sight->line, markers->shown);
    if (has_marker(sight->line, markers->hidden))
        seen_state(seen, false, now_ms);
    else if (shown)
        seen_state(seen, true, now_ms);
    if (shown)
        seen_shown(seen, now_ms);
    (void)snprintf(sight->words, sizeof sight->words, "%.*s", (int)sizeof sight->words - 1, sight->line);
    for (char *at = sight->words; *at != '\0'; at++)
        *at = printable_ascii(*at) ? *at : '?';
}

void sight_read(struct sight *sight, const struct sight_markers *markers, struct player_seen *seen, const char *bytes,
                size_t size, uint64_t now_ms) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n' || sight->length == sizeof sight->line - 1)
            end_line(sight, markers, seen, now_ms);
        if (bytes[i] != '\n')
            sight->line[sight->length++] = bytes[i] != '\0' ? bytes[i] : '?'; /* a marker behind it counts */
    }
}

void sight_end(struct sight *sight, const struct sight_markers *markers, struct player_seen *seen, uint64_t now_ms) {
    end_line(sight, markers, seen, now_ms);
}

/* Between the beginning of a look and its answer the player may have changed. */
void sight_frames(struct player_seen *seen, bool shown, uint64_t begun_ms, uint64_t now_ms) {
    seen_state(seen, shown, now_ms);
    if (shown)
        seen_shown(seen, seen_in_force(seen, begun_ms) ? begun_ms : now_ms);
}

void sight_process(struct player_seen *seen, bool ended, int status, uint64_t now_ms) {
    if (ended) {
        seen->exited_ms = now_ms;
        seen->exit_status = status;
        seen_state(seen, false, now_ms);
    } else if (seen->shown && seen->can_hide) {
        seen_shown(seen, now_ms);
    }
}
