/* What one run of a player has let us see, and when: milliseconds of clock_ms, 0 for what has not happened. */
#ifndef COPP_CONFORMANCE_SEEN_H
#define COPP_CONFORMANCE_SEEN_H

#include "copp.h"

#define SEEN_SESSIONS 24u
#define SEEN_TEXT 160u

/* One connection on which a device was opened. */
struct session_seen {
    uint64_t opened_ms;
    uint64_t exchanged_ms; /* KeyExchange was answered */
    uint64_t start_ms; /* SessionSequenceStart came */
    bool active;
    uint64_t set_ms; /* a level above 0 was put in force */
    uint64_t confirmed_ms; /* and read in an answer after that, before anything was wrong */
    uint64_t wrong_ms; /* what is wrong was told the player, or happened */
    uint64_t heard_ms; /* the last good answer before that */
    uint64_t raised_ms; /* a level above 0 was asked for after that */
    uint64_t released_ms; /* level 0 was asked for after a level above it, or the session closed */
    uint64_t ended_ms;
    uint64_t level_ms[2]; /* the last question for the local level, for the global one */
    uint64_t longest_ms[2]; /* the longest time between two such, while it played */
    uint32_t level_queries; /* since it was confirmed */
    uint32_t requests;
    uint32_t refused; /* by the device, and not because something is wrong on purpose */
    uint32_t stale; /* random numbers that had come before, or are zero */
    uint32_t embedded; /* levels of HDCP asked for */
    char refusal[SEEN_TEXT];
    uint8_t key[COPP_KEY_SIZE];
    uint32_t status_sequence;
    uint32_t command_sequence;
};

struct player_seen {
    struct session_seen sessions[SEEN_SESSIONS];
    size_t count;
    uint64_t started_ms; /* the player */
    bool connected; /* it has sent a request, of whatever kind */
    uint64_t exited_ms;
    int exit_status;
    bool can_see; /* there is a way to see whether content is shown */
    bool can_hide; /* and one to see that it is hidden; else what was shown last is known alone */
    bool shown; /* if can_hide */
    uint64_t hidden_ms; /* since when it is not */
    uint64_t shown_ms; /* the last time that it was seen shown */
    uint64_t shown_first_ms;
    uint64_t unprotected_ms; /* content was shown, and no session's protection was in force */
    const struct session_seen *wrong; /* the session that the first wrong thing has met */
    uint64_t wrong_ms;
    uint32_t tolerance_ms;
};

/* Whether some session's protection was in force: read in a right answer, and not known to have gone for longer than APP-3 allows. */
bool seen_in_force(const struct player_seen *seen, uint64_t now_ms);
/* Content is shown, or not any more, where that can be told (can_hide). */
void seen_state(struct player_seen *seen, bool shown, uint64_t now_ms);
/* Content was shown at a moment. */
void seen_shown(struct player_seen *seen, uint64_t now_ms);
void seen_wrong(struct player_seen *seen, struct session_seen *session, uint64_t now_ms);

#endif
