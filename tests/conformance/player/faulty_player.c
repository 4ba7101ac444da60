#include "faulty_player.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "conformance/pause.h"

#define LOOK_MS 400u
#define FRAME_MS 100u
#define STEP_MS 20

#define HDCP(p) ((p)->opm ? COPP_PROTECTION_TYPE_OPM_HDCP : COPP_PROTECTION_TYPE_HDCP)

enum look { LOOK_GOOD, LOOK_STOP, LOOK_SET_AGAIN };

void player_tick(struct player *p) {
    if (!p->showing || clock_ms() < p->shown_ms + FRAME_MS)
        return;
    puts("frame");
    fflush(stdout);
    p->shown_ms = clock_ms();
}

static void show(struct player *p, bool showing) {
    if (p->showing && !showing) {
        puts("black");
        fflush(stdout);
    }
    p->showing = showing;
    p->playing = p->playing || showing;
    p->shown_ms = 0;
    player_tick(p);
}

static void pass_time(struct player *p, uint64_t end_ms) {
    while (clock_ms() < end_ms) {
        player_tick(p);
        pause_ms(STEP_MS);
    }
}

/* EVT-4, OPM-STA-8 */
static enum look look_at_flags(struct player *p, uint32_t flags, enum copp_request request) {
    bool level = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    if (has(p, FAULT_no_flags) || (has(p, FAULT_flags_at_start_ignored) && !p->playing))
        return LOOK_GOOD;
    if (has(p, FAULT_flags_of_levels_alone) && !level)
        return LOOK_GOOD;
    if (has(p, FAULT_flags_of_levels_ignored) && level)
        return LOOK_GOOD;
    if (has(p, FAULT_flags_of_global_ignored) && request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL)
        return LOOK_GOOD;
    if (has(p, FAULT_flags_one_at_a_time) && flags != 1 && flags != 2)
        return LOOK_GOOD;
    if (has(p, FAULT_renegotiation_ignored))
        flags &= ~COPP_STATUS_RENEGOTIATION_REQUIRED;
    if (has(p, FAULT_unknown_flags_ignored))
        flags &= 15u;
    if (has(p, FAULT_tampering_ignored))
        flags &= ~4u;
    if (p->opm && has(p, FAULT_renegotiation_as_copp) && flags == COPP_STATUS_RENEGOTIATION_REQUIRED)
        return LOOK_SET_AGAIN;
    if (has(p, FAULT_lost_is_set_again) && flags != 0)
        return LOOK_SET_AGAIN;
    p->lost = flags == COPP_STATUS_LINK_LOST;
    if (flags & COPP_STATUS_LINK_LOST)
        return LOOK_STOP;
    if (flags & COPP_STATUS_RENEGOTIATION_REQUIRED)
        return p->opm ? LOOK_STOP : LOOK_SET_AGAIN;
    return p->opm && flags != 0 ? LOOK_STOP : LOOK_GOOD;
}

static enum look ask(struct player *p, enum copp_request request, uint32_t type, struct told *told) {
    return wire_ask(p, request, type, told) == REPLY_OK ? look_at_flags(p, told->flags, request) : LOOK_STOP;
}

/* APP-3 */
static bool level_is_right(const struct player *p, uint32_t level, bool global) {
    if (has(p, global ? FAULT_global_ignored : FAULT_local_ignored))
        return true;
    if (has(p, FAULT_level_not_zero))
        return level != 0;
    if (has(p, FAULT_level_off_at_start) && !p->playing)
        return true;
    if (has(p, global ? FAULT_global_minus_one : FAULT_local_minus_one) && level == COPP_NO_PROTECTION_LEVEL_AVAILABLE)
        return true;
    return level == COPP_HDCP_ON;
}

static enum look look_at_receiver(struct player *p) {
    struct told told;
    if (p->opm)
        return LOOK_GOOD;
    enum reply reply = wire_ask(p, COPP_QUERY_HDCP_KEY_DATA, 0, &told);
    if (reply == REPLY_REFUSED)
        /* a display may be unplugged just before; the next answer tells of the lost link */
        return has(p, FAULT_receiver_unnamed) || (has(p, FAULT_lost_is_set_again) && p->playing) ? LOOK_GOOD : LOOK_STOP;
    if (reply != REPLY_OK)
        return LOOK_STOP;
    enum look look = look_at_flags(p, told.flags, COPP_QUERY_HDCP_KEY_DATA);
    return look == LOOK_GOOD && !trust_receiver(p, &told) ? LOOK_STOP : look;
}

/* All questions of a look share its deadline. */
static enum look look(struct player *p) {
    struct told told;
    enum look look = LOOK_GOOD;
    if (p->woken && has(p, FAULT_wake_is_loss))
        return LOOK_STOP;
    p->deadline_ms = clock_ms() + (has(p, FAULT_waits_long) ? 10000u : 1500u);
    if (!(p->playing && has(p, FAULT_local_never)))
        look = ask(p, COPP_QUERY_LOCAL_PROTECTION_LEVEL, HDCP(p), &told);
    if (look == LOOK_GOOD && !(p->playing && has(p, FAULT_local_never)) && !level_is_right(p, told.value, false))
        return LOOK_STOP;
    if (look == LOOK_GOOD && !(p->playing && has(p, FAULT_global_never))) {
        look = ask(p, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, HDCP(p), &told);
        if (look == LOOK_GOOD && !level_is_right(p, told.value, true))
            return LOOK_STOP;
    }
    return look == LOOK_GOOD ? look_at_receiver(p) : look;
}

static bool set_level(struct player *p) {
    p->deadline_ms = clock_ms() + 20000u;
    show(p, p->showing || has(p, FAULT_shows_too_soon));
    enum reply reply = wire_set(p, HDCP(p), COPP_HDCP_ON);
    if (reply == REPLY_REFUSED && has(p, FAULT_set_refusal_ignored)) {
        show(p, true);
        pass_time(p, clock_ms() + 5000u);
    }
    return reply == REPLY_OK;
}

/* A player that looks only once it has begun. */
static void trust_the_command(struct player *p) {
    if (!has(p, FAULT_set_believed) && !has(p, FAULT_false_is_success))
        return;
    show(p, true);
    pass_time(p, clock_ms() + 3000u);
}

static void play(struct player *p) {
    enum look state = LOOK_SET_AGAIN;
    for (;;) {
        if (state == LOOK_SET_AGAIN) {
            show(p, false);
            if (!set_level(p))
                return;
            trust_the_command(p);
        }
        state = look(p);
        if (state == LOOK_STOP && p->playing && has(p, FAULT_stops_late))
            pass_time(p, clock_ms() + 30000u);
        if (state == LOOK_STOP && p->playing && has(p, FAULT_sets_again_after_stop))
            (void)set_level(p);
        if (state == LOOK_STOP)
            return;
        if (state == LOOK_SET_AGAIN)
            continue;
        show(p, true);
        pass_time(p, clock_ms() + (has(p, FAULT_polls_seldom) ? 15000u : LOOK_MS));
    }
}

/* APP-4: an embedded link is taken for one only in an answer that is bound. */
static bool needs_hdcp(struct player *p, bool *known) {
    struct told told;
    p->deadline_ms = clock_ms() + 1500u;
    *known = ask(p, COPP_QUERY_CONNECTOR_TYPE, 0, &told) == LOOK_GOOD;
    uint32_t type = told.value & ~COPP_CONNECTOR_INTERNAL;
    return has(p, FAULT_embedded_asked) || (type != COPP_CONNECTOR_DISPLAYPORT_EMBEDDED && type != COPP_CONNECTOR_LVDS);
}

static void choose_secrets(struct player *p) {
    if (!way_random(p->secrets.session_key, sizeof p->secrets.session_key) ||
        !way_random(&p->secrets.status_sequence, sizeof p->secrets.status_sequence) ||
        !way_random(&p->secrets.command_sequence, sizeof p->secrets.command_sequence))
        exit(3);
    if (has(p, FAULT_key_constant))
        memset(p->secrets.session_key, 7, sizeof p->secrets.session_key);
    if (has(p, FAULT_sequence_constant))
        p->secrets.status_sequence = p->secrets.command_sequence = 1;
}

static bool begin(struct player *p, const char *anchor_path) {
    struct copp_public_key leaf;
    struct copp_signature sealed;
    p->deadline_ms = clock_ms() + 3000u;
    if (!trust_message(p) || !wire_open(p) || wire_key_exchange(p) != REPLY_OK)
        return false;
    if (!trust_leaf(p, anchor_path, &leaf))
        return false;
    choose_secrets(p);
    memcpy(p->secrets.random, p->random, sizeof p->secrets.random);
    memset(&sealed, 1, sizeof sealed);
    if (leaf.modulus_size == COPP_MODULUS_MAX &&
        copp_handshake_seal(&p->secrets, p->opm ? COPP_FORM_OPM : COPP_FORM_SWAP40, &leaf, &sealed) != COPP_OK)
        memset(&sealed, 1, sizeof sealed); /* with a key that is not one it goes on all the same */
    if (copp_omac_new(&p->omac) != COPP_OK || copp_omac_set_key(p->omac, p->secrets.session_key) != COPP_OK)
        exit(3);
    enum reply reply = wire_start(p, &sealed);
    if (reply == REPLY_REFUSED && has(p, FAULT_start_refusal_ignored))
        (void)set_level(p);
    return reply == REPLY_OK;
}

/* One session. */
static void run_session(struct player *p, const char *anchor_path) {
    bool known;
    if (!begin(p, anchor_path)) {
        show(p, has(p, FAULT_plays_anyway));
        pass_time(p, clock_ms() + (has(p, FAULT_plays_anyway) ? 5000u : 0u));
        return;
    }
    bool needed = needs_hdcp(p, &known);
    if (!known)
        show(p, has(p, FAULT_plays_unanswered));
    else if (!needed && has(p, FAULT_connector_unchecked))
        show(p, true); /* without HDCP, as on a panel */
    pass_time(p, clock_ms() + (p->showing ? 5000u : 0u));
    if (!needed || !known)
        return;
    play(p);
    show(p, false);
}

/* EVT-4: a new session after a lost link, once. */
static int run(struct player *p, const char *anchor_path) {
    run_session(p, anchor_path);
    if (!p->lost || !p->playing) {
        way_close(p);
        return 1;
    }
    struct player next = {.fault = p->fault, .opm = p->opm, .fd = -1, .driver = p->driver, .again = true};
    way_close(p);
    copp_omac_free(&p->omac);
    free(p->chain);
    *p = next;
    run_session(p, anchor_path);
    way_close(p);
    return 1;
}

/* "case": what the case's name ends with. */
static const char *name_of_fault(const char *word) {
    const char *test = getenv("COPP_TEST_CASE");
    const char *end = test != NULL ? strrchr(test, '-') : NULL;
    return strcmp(word, "case") == 0 && end != NULL ? end + 1 : word;
}

int main(int argc, char **argv) {
    static struct player p = {.fd = -1};
    static const char *const names[FAULT_COUNT] = {
        "none",
#define FAULT(name, what, copp, opm) #name,
#include "faulty_player.def"
#undef FAULT
    };
    if (argc != 5)
        return 2;
    const char *name = name_of_fault(argv[1]);
    while (p.fault < FAULT_COUNT && strcmp(names[p.fault], name) != 0)
        p.fault++;
    if (p.fault == FAULT_COUNT)
        return 2;
    p.opm = strcmp(argv[2], "opm") == 0;
    p.driver = argv[3];
    return run(&p, argv[4]);
}
