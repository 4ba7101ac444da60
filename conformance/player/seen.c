#include "seen.h"

#include "plan.h"

static bool holds(const struct player_seen *seen, const struct session_seen *s, uint64_t now_ms) {
    if (s->confirmed_ms == 0)
        return false;
    if (s->wrong_ms != 0 && now_ms > s->wrong_ms + PLAN_LIMIT_MS + seen->tolerance_ms)
        return false;
    return s->released_ms == 0 || now_ms <= s->released_ms + seen->tolerance_ms; /* a player's parts need not end at once */
}

bool seen_in_force(const struct player_seen *seen, uint64_t now_ms) {
    for (size_t i = 0; i < seen->count; i++) {
        if (holds(seen, &seen->sessions[i], now_ms))
            return true;
    }
    return false;
}

void seen_state(struct player_seen *seen, bool shown, uint64_t now_ms) {
    if (seen->shown && !shown)
        seen->hidden_ms = now_ms;
    seen->shown = shown;
}

void seen_shown(struct player_seen *seen, uint64_t now_ms) {
    seen->shown_ms = now_ms;
    if (seen->shown_first_ms == 0)
        seen->shown_first_ms = now_ms;
    if (seen->unprotected_ms == 0 && !seen_in_force(seen, now_ms))
        seen->unprotected_ms = now_ms;
}

void seen_wrong(struct player_seen *seen, struct session_seen *session, uint64_t now_ms) {
    if (session->wrong_ms == 0)
        session->wrong_ms = now_ms;
    if (seen->wrong == NULL) {
        seen->wrong = session;
        seen->wrong_ms = now_ms;
    }
}
