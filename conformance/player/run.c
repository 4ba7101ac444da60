/* One case: a server, a player, and a look at both until all is known. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "player.h"
#include "server.h"

#define TICK_MS 25u
#define ENDED_MS 20000u /* no case takes longer */

struct player_case {
    struct case_run *run;
    const struct player_suite *suite;
    const struct player_plan *plan;
    struct player_place place;
    struct player_server server;
    struct player_seen seen;
    bool shown; /* told in the exchanges */
    bool exited;
};

static bool put_files(struct player_case *c) {
    const struct player_trust *trust = c->suite->trust;
    struct trust_bytes list;
    bool opm = c->run->test->semantics == COPP_SEMANTICS_OPM;
    if (!place_make(&c->place, c->suite->directory, c->run->test->id))
        return case_error(c->run, "%s: %s", c->place.directory, strerror(errno));
    bool put = opm ? place_write(c->place.anchor, trust->opm_anchor, trust->opm_anchor_size)
                   : place_write(c->place.anchor, trust->anchor, trust->anchor_size);
    enum copp_result result = trust_list(trust, c->plan->list, &list);
    if (result != COPP_OK)
        return case_error(c->run, "no list could be made: %s", copp_strerror(result));
    if (c->plan->list != LIST_NONE)
        put = put && place_write(c->plan->list >= LIST_SRM ? c->place.srm : c->place.list, list.bytes, list.size);
    trust_bytes_free(&list);
    return put || case_error(c->run, "%s: %s", c->place.directory, strerror(errno));
}

static void wait_for_something(struct player_case *c, uint64_t now_ms) {
    struct wait_list list = {.count = 0};
    uint64_t due_ms = server_deadline_ms(&c->server);
    int timeout = TICK_MS;
    server_waits(&c->server, &list);
    c->suite->process->ops->waits(c->suite->process, &list);
    if (due_ms < now_ms + TICK_MS)
        timeout = due_ms > now_ms ? (int)(due_ms - now_ms) : 0;
    wait_for(&list, timeout);
}

static void note(struct player_case *c, const char *text) {
    case_record(c->run, (struct exchange){.kind = EXCHANGE_NOTE, .semantics = c->run->test->semantics, .note = text});
}

/* Between the messages stands what the player did. */
static void note_player(struct player_case *c) {
    const struct player_seen *seen = &c->seen;
    bool shown = seen->can_hide ? seen->shown : seen->shown_first_ms != 0;
    char text[64];
    if (shown != c->shown)
        note(c, shown ? "the player shows content" : "the player hides its content");
    c->shown = shown;
    if (seen->exited_ms == 0 || c->exited)
        return;
    (void)snprintf(text, sizeof text, "the player ends with status %d", seen->exit_status);
    note(c, text);
    c->exited = true;
}

/* What the player shows is read before it is answered: what it has shown by then, it has shown without the answer. */
static void step(struct player_case *c) {
    struct player_process *process = c->suite->process;
    wait_for_something(c, clock_ms());
    uint64_t now_ms = clock_ms();
    process->ops->look(process, &c->seen, now_ms);
    note_player(c);
    server_serve(&c->server, now_ms);
    if (c->seen.exited_ms != 0) { /* what it has done before it ended */
        process->ops->look(process, &c->seen, now_ms);
        server_serve(&c->server, now_ms);
    }
}

static bool is_stopped(const struct player_case *c) {
    return c->suite->stop != NULL && *c->suite->stop;
}

static void watch(struct player_case *c) {
    struct player_process *process = c->suite->process;
    while (!judge_look(c->run, &c->seen, process->ops->words(process), clock_ms())) {
        if (is_stopped(c))
            case_error(c->run, "interrupted");
        else if (clock_ms() > c->seen.started_ms + c->suite->start_ms + ENDED_MS)
            case_error(c->run, "nothing came of it in time");
        else if (c->server.failed)
            case_error(c->run, "the driver of the case failed");
        step(c);
    }
}

/* Until it has a session key. */
static const struct session_seen *watch_start(struct player_case *c) {
    while (case_going(c->run)) {
        for (size_t i = 0; i < c->seen.count; i++) {
            if (c->seen.sessions[i].active)
                return &c->seen.sessions[i];
        }
        if (is_stopped(c))
            case_error(c->run, "interrupted");
        else if (c->seen.exited_ms != 0 || clock_ms() > c->seen.started_ms + c->suite->start_ms)
            case_error(c->run, "the player began no session");
        step(c);
    }
    return NULL;
}

static bool begin(struct player_case *c) {
    struct player_process *process = c->suite->process;
    char error[256];
    c->shown = c->exited = false;
    c->seen = (struct player_seen){.started_ms = clock_ms(),
                                   .can_see = c->suite->can_see,
                                   .can_hide = c->suite->can_hide,
                                   .tolerance_ms = c->suite->tolerance_ms};
    enum copp_result result = server_open(&c->server, c->place.channel, c->run, c->suite->trust, &c->seen);
    if (result != COPP_OK)
        return case_error(c->run, "%s: %s", c->place.channel, result == COPP_E_IO ? strerror(errno) : copp_strerror(result));
    return process->ops->start(process, &c->place, c->run->test->id, error, sizeof error) || case_error(c->run, "%s", error);
}

static void end(struct player_case *c) {
    if (!c->suite->process->ops->end(c->suite->process))
        case_error(c->run, "not all of the player could be ended");
    server_close(&c->server);
    (void)remove(c->place.channel); /* a socket stays; a pipe has gone */
}

/* SES-4: chosen anew each time. */
static void compare_secrets(struct player_case *c) {
    struct session_seen first;
    const struct session_seen *s = watch_start(c);
    if (s == NULL)
        return;
    first = *s;
    end(c);
    s = begin(c) ? watch_start(c) : NULL;
    if (s == NULL)
        return;
    if (memcmp(first.key, s->key, sizeof first.key) == 0)
        case_fail(c->run, NULL, NULL, "both sessions had the same key");
    else if (first.status_sequence == s->status_sequence || first.command_sequence == s->command_sequence)
        case_fail(c->run, NULL, NULL, "both sessions began with the same sequence number");
}

void player_run(struct case_run *run) {
    const char *lacks = channel_lacks(run->test);
    if (lacks != NULL) {
        case_skip(run, CASE_NOT_APPLICABLE, "%s", lacks);
        return;
    }
    struct player_case *c = calloc(1, sizeof *c);
    if (c == NULL) {
        case_error(run, "no memory");
        return;
    }
    c->run = run;
    c->suite = run->subject;
    c->plan = run->test->with;
    if (put_files(c)) {
        if (begin(c) && c->plan->expect == EXPECT_SECRETS)
            compare_secrets(c);
        else if (case_going(run))
            watch(c);
        end(c);
    }
    place_remove(c->place.directory);
    free(c);
}
