/* What a player must have done by when, by what the protocol lets one see. */
#include <stdio.h>
#include <string.h>

#include "player.h"

#define PLAY_MS 6000u /* as long as a player is watched that has nothing wrong to notice */
#define LINGER_MS 500u /* as long as what it has stopped must stay stopped */
#define QUIET_MS 1000u /* who shows something says so at least so often, if nothing tells that it is hidden */
#define NEVER_MS 8000u /* as long as is waited for a player to ask what something is wrong with */

struct view {
    struct case_run *run;
    const struct player_plan *plan;
    const struct player_suite *suite;
    const struct player_seen *seen;
    const char *words;
    uint64_t now_ms;
};

static unsigned since(const struct view *v, uint64_t then_ms) {
    return v->now_ms > then_ms ? (unsigned)(v->now_ms - then_ms) : 0;
}

static const struct session_seen *playing(const struct view *v) {
    for (size_t i = 0; i < v->seen->count; i++) {
        if (v->seen->sessions[i].confirmed_ms != 0)
            return &v->seen->sessions[i];
    }
    return NULL;
}

static const struct session_seen *first_with(const struct view *v, bool start) {
    for (size_t i = 0; i < v->seen->count; i++) {
        const struct session_seen *s = &v->seen->sessions[i];
        if (start ? s->start_ms != 0 : s->exchanged_ms != 0)
            return s;
    }
    return NULL;
}

static bool exited(const struct view *v) {
    return v->seen->exited_ms != 0;
}

/* Whether it shows nothing now, as far as that can be seen. */
static bool hidden(const struct view *v) {
    if (exited(v))
        return true;
    if (!v->seen->can_see)
        return false;
    if (v->seen->can_hide)
        return !v->seen->shown;
    return v->now_ms >= v->seen->shown_ms + QUIET_MS;
}

/* True, for "all is known". */
static bool failed(const struct view *v, const char *rule, const char *seen) {
    const char *words = v->words;
    return !case_fail(v->run, rule, NULL, "%s%s%s", seen, *words != '\0' ? "; the player said: " : "", words);
}

static bool unknown(const struct view *v, const char *why) {
    const char *words = v->words;
    return !case_error(v->run, "%s%s%s", why, *words != '\0' ? "; the player said: " : "", words);
}

static bool look_at_unprotected(const struct view *v) {
    char text[160];
    if (v->seen->unprotected_ms == 0 || v->plan->expect == EXPECT_NO_HDCP)
        return false;
    if (v->seen->wrong_ms != 0 && v->plan->wrong.playing)
        (void)snprintf(text, sizeof text, "content was still shown %u ms later, and no other session protected it",
                       (unsigned)(v->seen->unprotected_ms - v->seen->wrong_ms));
    else
        (void)snprintf(text, sizeof text, "content was shown, and no session's protection was in force");
    return failed(v, v->seen->wrong_ms == 0 && v->plan->expect == EXPECT_PLAY ? "APP-3" : NULL, text);
}

static bool is_late(const struct view *v) {
    return v->now_ms > v->seen->started_ms + v->suite->start_ms;
}

static bool never_played(const struct view *v, bool is_failure) {
    char text[128];
    if (exited(v))
        (void)snprintf(text, sizeof text, "the player ended with status %d before it played", v->seen->exit_status);
    else
        (void)snprintf(text, sizeof text, "the player did not set HDCP and ask for its level within %u ms",
                       (unsigned)v->suite->start_ms);
    return is_failure ? failed(v, NULL, text) : unknown(v, text);
}

/* --- a player that has nothing wrong to notice --- */

static unsigned longest(const struct view *v, const struct session_seen *s, bool global) {
    uint64_t last_ms = s->level_ms[global] > s->confirmed_ms ? s->level_ms[global] : s->confirmed_ms;
    unsigned open_ms = since(v, last_ms);
    return open_ms > s->longest_ms[global] ? open_ms : (unsigned)s->longest_ms[global];
}

/* OPM-APP-3 wants both levels; COPP's pages do not say which. */
static bool asks_too_seldom(const struct view *v, const struct session_seen *s) {
    char text[128];
    unsigned local = longest(v, s, false), global = longest(v, s, true);
    bool opm = v->run->test->semantics == COPP_SEMANTICS_OPM;
    unsigned worst = opm == (local > global) ? local : global;
    if (worst <= PLAN_LIMIT_MS + v->seen->tolerance_ms)
        return false;
    (void)snprintf(text, sizeof text, "it did not ask for the %s for %u ms",
                   !opm             ? "levels"
                   : worst == local ? "virtual level"
                                    : "actual level",
                   worst);
    return failed(v, NULL, text);
}

static bool judge_requests(const struct view *v, const struct session_seen *s) {
    char text[200];
    if (v->plan->expect == EXPECT_REQUESTS && s->refused > 0)
        return failed(v, NULL, s->refusal);
    if (v->plan->expect == EXPECT_FRESH && s->stale > 0) {
        (void)snprintf(text, sizeof text, "%u of %u requests had a random number that had come before, or zeros",
                       (unsigned)s->stale, (unsigned)s->requests);
        return failed(v, NULL, text);
    }
    if (v->seen->can_see && v->seen->shown_first_ms == 0)
        return failed(v, NULL, "it has shown nothing, although the protection was in force");
    return true;
}

/* A film may be over; who fails says so. */
static bool look_at_early_end(const struct view *v, const struct session_seen *s) {
    char text[96];
    (void)snprintf(text, sizeof text, "it ended with status %d, although nothing was wrong", v->seen->exit_status);
    if (exited(v))
        return v->seen->exit_status != 0 ? failed(v, NULL, text)
                                         : unknown(v, "the player ended too soon: let it play for 10 seconds at least");
    return (s->released_ms != 0 || s->ended_ms != 0) && failed(v, NULL, "it gave up its session, although nothing was wrong");
}

static bool judge_play(const struct view *v) {
    const struct session_seen *s = playing(v);
    if (s == NULL && v->seen->count > 0 && v->seen->sessions[0].refused > 0 && (exited(v) || is_late(v)))
        return failed(v, NULL, v->seen->sessions[0].refusal);
    if (s == NULL)
        return (exited(v) || is_late(v)) && never_played(v, true);
    if (asks_too_seldom(v, s))
        return true;
    if (since(v, s->confirmed_ms) >= PLAY_MS)
        return judge_requests(v, s);
    return look_at_early_end(v, s);
}

static bool judge_embedded(const struct view *v) {
    const struct session_seen *s = v->seen->count > 0 ? &v->seen->sessions[0] : NULL;
    if (s != NULL && s->embedded > 0)
        return failed(v, NULL, "it asked for HDCP");
    if (s != NULL && s->active && since(v, s->start_ms) > PLAN_LIMIT_MS)
        return true;
    if (exited(v) && v->seen->connected) /* the list of outputs may be enough for it */
        return true;
    return (exited(v) || is_late(v)) && unknown(v, "the player asked the driver for nothing");
}

/* --- one that has --- */

/* A session that nothing is wrong with protects what is shown. */
static bool is_protected_anew(const struct view *v, const struct session_seen *wronged) {
    for (size_t i = 0; i < v->seen->count; i++) {
        const struct session_seen *s = &v->seen->sessions[i];
        if (s != wronged && s->confirmed_ms != 0 && s->wrong_ms == 0 && s->released_ms == 0 && s->ended_ms == 0)
            return true;
    }
    return false;
}

static bool has_given_up(const struct view *v, const struct session_seen *s) {
    if (exited(v))
        return true;
    bool released = s->released_ms >= s->wrong_ms && s->released_ms != 0;
    if (!v->seen->can_see)
        return released;
    return (released || s->ended_ms != 0) && (hidden(v) || is_protected_anew(v, s));
}

/* Content that was never seen says nothing when it is not seen later: the player may show it where we do not look. */
static bool saw_nothing(const struct view *v) {
    return v->plan->wrong.playing && v->seen->can_see && v->seen->shown_first_ms == 0 && !exited(v);
}

static bool has_hidden(const struct view *v) {
    return hidden(v) && !saw_nothing(v);
}

static bool has_stopped(const struct view *v, const struct session_seen *s) {
    return has_given_up(v, s) || has_hidden(v);
}

/* What is hidden stays hidden: a look that went wrong is not enough. What a player has not begun to show it may show yet. */
static bool stays_hidden(const struct view *v, const struct session_seen *s) {
    unsigned wait_ms = v->plan->expect == EXPECT_NOTHING ? PLAN_LIMIT_MS + v->seen->tolerance_ms : LINGER_MS;
    return since(v, s->wrong_ms) >= wait_ms && since(v, v->seen->hidden_ms) >= LINGER_MS;
}

static bool still_goes_on(const struct view *v, const struct session_seen *s) {
    char text[256];
    unsigned later = since(v, s->wrong_ms);
    if (!v->seen->can_see && s->ended_ms != 0) /* we have ended it ourselves */
        return !case_skip(v->run, CASE_NOT_SUPPORTED,
                          "whether the player hides its content cannot be seen (--shown-marker, --frames-command)");
    if (saw_nothing(v))
        return unknown(v, "content was not seen at any time, so that we cannot tell whether it was hidden (--shown-marker, "
                          "--frames-command)");
    if (v->seen->can_see)
        (void)snprintf(text, sizeof text, "content was still shown %u ms later", later);
    else
        (void)snprintf(
            text, sizeof text,
            "%u ms later it has neither ended, nor closed the session, nor set level 0; if it hides its content, say how "
            "that is seen (--shown-marker, --frames-command)",
            later);
    return failed(v, NULL, text);
}

static bool look_at_wronged(const struct view *v, const struct session_seen *s) {
    if (v->plan->over && s->raised_ms != 0)
        return failed(v, NULL, "it went on with the session, and asked for a protection level");
    if (has_given_up(v, s))
        return since(v, s->wrong_ms) >= LINGER_MS;
    if (has_hidden(v))
        return stays_hidden(v, s);
    return since(v, s->wrong_ms) > PLAN_LIMIT_MS + v->seen->tolerance_ms && still_goes_on(v, s);
}

static bool never_asked(const struct view *v) {
    if (v->plan->optional)
        return !case_skip(v->run, CASE_NOT_SUPPORTED, "the player never asks what something is wrong with here");
    return failed(v, NULL, "it never asked what something is wrong with here, and so cannot notice");
}

static bool judge_stop(const struct view *v) {
    const struct session_seen *s = playing(v);
    if (v->seen->wrong != NULL)
        return look_at_wronged(v, v->seen->wrong);
    if (s == NULL)
        return (exited(v) || is_late(v)) && never_played(v, false);
    if (exited(v))
        return unknown(v, "the player ended too soon: let it play for 10 seconds at least");
    if (s->released_ms != 0 || s->ended_ms != 0)
        return unknown(v, "the player gave up its session before anything was wrong");
    return since(v, s->confirmed_ms) > NEVER_MS && never_asked(v);
}

static bool judge_set_again(const struct view *v) {
    const struct session_seen *s = v->seen->wrong;
    if (s == NULL)
        return judge_stop(v);
    if (s->raised_ms != 0 || has_stopped(v, s))
        return true;
    if (since(v, s->wrong_ms) <= PLAN_LIMIT_MS + v->seen->tolerance_ms)
        return false;
    return saw_nothing(v) ? still_goes_on(v, s) : failed(v, NULL, "it has neither set the level again nor given the session up");
}

/* Shown content has been looked at already. */
static bool judge_nothing(const struct view *v) {
    const struct session_seen *s = v->seen->wrong;
    const struct session_seen *shown = playing(v);
    if (s != NULL)
        return look_at_wronged(v, s);
    if (v->plan->list != LIST_NONE && exited(v))
        return true;
    if (shown != NULL && since(v, shown->confirmed_ms) > NEVER_MS)
        return never_asked(v);
    return (exited(v) || is_late(v)) && never_played(v, false);
}

static bool judge_no_start(const struct view *v) {
    const struct session_seen *s = first_with(v, false);
    if (first_with(v, true) != NULL)
        return failed(v, NULL, "it sent SessionSequenceStart");
    if (s != NULL)
        return since(v, s->exchanged_ms) >= (exited(v) ? LINGER_MS : PLAN_LIMIT_MS);
    if (v->plan->list != LIST_NONE && exited(v))
        return true;
    return (exited(v) || is_late(v)) && unknown(v, "the player began no session");
}

/* Whether it looks at the chain of the session that comes after one that was lost. */
static bool judge_check_again(const struct view *v) {
    const struct session_seen *lost = v->seen->wrong;
    if (lost == NULL)
        return judge_stop(v);
    for (size_t i = 0; i < v->seen->count; i++) {
        const struct session_seen *s = &v->seen->sessions[i];
        if (s == lost || s->exchanged_ms < lost->wrong_ms)
            continue;
        if (s->start_ms != 0)
            return failed(v, NULL, "it sent SessionSequenceStart in the new session");
        if (exited(v) || since(v, s->exchanged_ms) >= LINGER_MS)
            return true;
    }
    if (exited(v) || since(v, lost->wrong_ms) > NEVER_MS)
        return !case_skip(v->run, CASE_NOT_SUPPORTED, "the player begins no new session after a lost link");
    return false;
}

bool judge_look(struct case_run *run, const struct player_seen *seen, const char *words, uint64_t now_ms) {
    const struct view v = {
        .run = run, .plan = run->test->with, .suite = run->subject, .seen = seen, .words = words, .now_ms = now_ms};
    if (!case_going(run) || look_at_unprotected(&v))
        return true;
    switch (v.plan->expect) {
    case EXPECT_PLAY:
    case EXPECT_REQUESTS:
    case EXPECT_FRESH:
        return judge_play(&v);
    case EXPECT_NO_HDCP:
        return judge_embedded(&v);
    case EXPECT_NO_START:
        return judge_no_start(&v);
    case EXPECT_NOTHING:
        return judge_nothing(&v);
    case EXPECT_STOP:
        return judge_stop(&v);
    case EXPECT_CHECK_AGAIN:
        return judge_check_again(&v);
    case EXPECT_SET_AGAIN:
        return judge_set_again(&v);
    default:
        return true;
    }
}
