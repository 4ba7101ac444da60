#include "protection.h"

#include <stdlib.h>
#include <string.h>

#include "cli/describe.h"

#define POLL_STEP_MS 500u /* from one look to the next, each of which has to be through within COPP_POLL_MS (APP-3) */
#define TRY_STEP_MS 250u /* between two tries to reconnect */
#define ROUNDS_MAX 3u /* a connector that is reconfigured all the time is not protected */

static struct copp_session *session_of(const struct protection *p) {
    return p->link.session;
}

static uint64_t now_of(const struct protection *p) {
    return adapter_now(&p->common->adapter);
}

/* Without a display we ask for no protection, but a poll still asks what the output is. */
static const struct copp_requirement *required(const struct protection *p) {
    static const struct copp_requirement nothing = {.size = sizeof nothing};
    return p->idle ? &nothing : &p->terms.wanted;
}

void protection_init(struct protection *p, struct protection_common *common, const struct choice_terms *terms) {
    *p = (struct protection){.common = common, .terms = *terms};
    if (terms->output && strlen(terms->output) < sizeof p->name) {
        memcpy(p->name, terms->output, strlen(terms->output) + 1);
        p->terms.output = p->name; /* the list that it is from may be read anew */
    }
}

void protection_free(struct protection *p) {
    link_close(&p->link);
}

int protection_choose(struct protection *p) {
    struct protection_common *common = p->common;
    int status = common->follows ? choice_open(common->in, &p->terms, &common->adapter, &p->link, &p->chosen)
                                 : choice_make(common->in, &p->terms, &common->adapter, &p->link, &p->chosen);
    memcpy(p->name, p->chosen.name, sizeof p->name);
    p->idle = common->follows && !p->chosen.plugged;
    p->renewals = common->adapter.revocation.renewals;
    return status;
}

/* --- what is reported --- */

static void report_stop(const struct protection *p, enum copp_stop stop, struct protection_report *r) {
    *r = (struct protection_report){.state = PROTECTION_LOST,
                                    .status = STATUS_NO,
                                    .event = "stopped",
                                    .rule = copp_stop_rule(stop),
                                    .remedy = copp_session_remedy(session_of(p), COPP_OK, NULL, stop),
                                    .hint = stop == COPP_STOP_NO_RECEIVER   ? "; use --unnamed-receiver to play anyway"
                                            : stop == COPP_STOP_UNSUPPORTED ? "; copp status shows what each output offers"
                                                                            : ""};
    (void)snprintf(r->text, sizeof r->text, "%s", copp_stop_text(stop));
    if (stop == COPP_STOP_REFUSED)
        (void)snprintf(r->answer, sizeof r->answer, ": %s", copp_hresult_name(copp_session_hresult(session_of(p))));
}

static void report_lost(int status, const char *text, enum copp_rule rule, struct protection_report *r) {
    *r = (struct protection_report){.state = PROTECTION_LOST, .status = status, .event = "stopped", .rule = rule, .hint = ""};
    (void)snprintf(r->text, sizeof r->text, "%s", text);
}

/* What is in force of a type, by what was asked for. */
static uint32_t level_in_force(const struct protection *p, uint32_t type, const struct copp_poll *w) {
    const struct copp_requirement *wanted = &p->terms.wanted;
    const bool opm = link_is_opm(&p->link);
    switch (type) {
    case COPP_PROTECTION_TYPE_HDCP:
        return opm || w->hdcp_skipped ? 0 : wanted->hdcp;
    case COPP_PROTECTION_TYPE_OPM_HDCP:
        return !opm || w->hdcp_skipped ? 0 : wanted->hdcp;
    case COPP_PROTECTION_TYPE_ENFORCEMENT:
        return wanted->type1 && !w->hdcp_skipped ? COPP_ENFORCEMENT_TYPE1 : COPP_ENFORCEMENT_OFF;
    case COPP_PROTECTION_TYPE_ACP:
        return wanted->acp;
    case COPP_PROTECTION_TYPE_CGMSA:
        return wanted->cgmsa;
    default:
        return 0;
    }
}

/* The levels, with commas between them; false if there is none. */
static bool describe_levels(const struct protection *p, const struct copp_poll *w, char *text, size_t size) {
    bool any = false;
    for (size_t i = 0; i < ALL_PROTECTION_TYPES; i++) {
        uint32_t type = all_protection_types[i];
        uint32_t level = level_in_force(p, type, w);
        char name[64];
        size_t used = strlen(text);
        if (level == 0)
            continue;
        describe_level(type, level, name, sizeof name);
        (void)snprintf(text + used, size - used, "%s%s %s", any ? ", " : "", copp_protection_type_name(type), name);
        any = true;
    }
    return any;
}

/* Under OPM the driver looks up who receives, if it knows (OPM-SRM-7): what it promises under its MAC says whether it does (BIND-6). */
static bool driver_cannot_look_up(const struct protection *p, const struct copp_poll *w) {
    uint32_t bound = copp_session_bound(p->link.session);
    bool link = level_in_force(p, COPP_PROTECTION_TYPE_OPM_HDCP, w) || level_in_force(p, COPP_PROTECTION_TYPE_ENFORCEMENT, w);
    return link && (w->receiver_unnamed || (bound & COPP_BOUND && !(bound & COPP_BOUND_RECEIVER)));
}

static void describe_in_force(const struct protection *p, const char *event, const struct copp_poll *w, char *text, size_t size) {
    (void)snprintf(text, size, "%s: ", event);
    bool first = !describe_levels(p, w, text, size);
    size_t used = strlen(text);
    bool bound = copp_session_bound(p->link.session) & COPP_BOUND;
    bool opm = link_is_opm(&p->link);
    (void)snprintf(text + used, size - used, "%s%s%s%s%s%s",
                   !w->hdcp_skipped ? ""
                   : first          ? "no HDCP on an embedded connector (APP-4)"
                                    : ", no HDCP on an embedded connector (APP-4)",
                   w->receiver_unnamed && !opm ? ", receiver not named and not checked (APP-1, APP-2)" : "",
                   opm && driver_cannot_look_up(p, w) ? ", receiver not named, so the driver cannot look it up (OPM-SRM-7)" : "",
                   bound ? "" : ", answers not bound (BIND-5)", opm ? " (OPM)" : "",
                   p->chosen.real ? "" : " (" SIMULATED_NOTE ")");
}

static void report_in_force(struct protection *p, const char *event, const struct copp_poll *w, struct protection_report *r) {
    p->deadline_ms = w->deadline_ms - (COPP_POLL_MS - POLL_STEP_MS); /* after the first question: a slow look delays no other */
    p->believed_ms = w->deadline_ms;
    p->in_force = true;
    p->held = false;
    *r = (struct protection_report){.state = PROTECTION_IN_FORCE, .event = p->idle ? NULL : event};
    if (r->event)
        describe_in_force(p, event, w, r->text, sizeof r->text);
}

static uint64_t limit_of(const struct protection_common *common) {
    return common->limits.reconnect_ms > 0 ? common->limits.reconnect_ms : common->limits.hold_ms;
}

void protection_hide(struct protection_common *common, uint64_t least_ms) {
    uint64_t limit_ms = limit_of(common) > least_ms ? limit_of(common) : least_ms;
    uint64_t give_up_ms = adapter_now(&common->adapter) + limit_ms;
    if (!common->held || give_up_ms < common->give_up_ms)
        common->give_up_ms = give_up_ms;
    common->held = true;
}

static void report_held(struct protection *p, const char *event, uint64_t deadline_ms, struct protection_report *r) {
    protection_hide(p->common, 0);
    p->held = true;
    p->deadline_ms = deadline_ms;
    *r = (struct protection_report){.state = PROTECTION_HELD, .event = event};
}

/* --- a session that holds --- */

static int renew_lists(struct protection *p) {
    struct protection_common *common = p->common;
    struct copp_session **sessions = calloc(common->count + 1, sizeof(struct copp_session *));
    size_t count = 1;
    if (!sessions)
        return fail_result(common->in, NULL, COPP_E_MEMORY);
    sessions[0] = session_of(p);
    for (size_t i = 0; i < common->count; i++) {
        const struct protection *other = common->members[i];
        if (other != p && session_of(other))
            sessions[count++] = session_of(other);
    }
    int status = revocation_renew(common->in, &common->adapter.revocation, p->name, sessions, count);
    free(sessions);
    return status;
}

static bool lists_are_new(const struct protection *p) {
    const struct revocation *revocation = &p->common->adapter.revocation;
    return p->renewals != revocation->renewals || revocation_changed(revocation);
}

/*
 * What is revoked may have changed since it was read (CRL-4, APP-2): nothing goes on where that cannot be known. Who finds it out renews
 * the lists of all sessions, and the poll of each tells what that means for it. True: go on.
 */
static bool check_lists(struct protection *p, struct protection_report *r) {
    const struct revocation *revocation = &p->common->adapter.revocation;
    p->checks_lists = false;
    int status = revocation_changed(revocation) ? renew_lists(p) : STATUS_YES;
    p->renewals = revocation->renewals;
    if (status == STATUS_NO)
        report_stop(p, COPP_STOP_DRIVER_REVOKED, r);
    else if (status != STATUS_YES)
        report_lost(status, "the revocation lists can no longer be read", COPP_RULE_NONE, r);
    return status == STATUS_YES;
}

/* Polls until the levels need not be set again. */
static enum copp_stop settle(struct protection *p, struct copp_poll *w) {
    unsigned rounds = 0;
    do
        copp_session_poll(session_of(p), now_of(p), w);
    while (w->state == COPP_POLL_RENEGOTIATE && ++rounds < ROUNDS_MAX);
    return w->state == COPP_POLL_PROTECTED ? COPP_STOP_NONE : w->state == COPP_POLL_STOP ? w->stop : COPP_STOP_LEVEL;
}

/* --- a display comes and goes --- */

/* By the session's last answer, under its MAC (BIND-6). */
static bool is_plugged(struct protection *p) {
    adapter_confirm(&p->link, &p->chosen);
    return p->chosen.plugged;
}

/* The session is left alone until content is hidden. */
static void open_gap(struct protection *p, enum protection_gap gap) {
    p->gap = gap;
    p->in_force = false;
    p->renegotiates = false;
    p->checks_lists = false;
    p->note = (struct error_note){.text = ""};
}

/* Content goes on once it is protected there as well. */
static void report_joining(struct protection *p, struct protection_report *r) {
    open_gap(p, PROTECTION_JOINS);
    report_held(p, "plugged in", now_of(p), r);
    (void)snprintf(r->text, sizeof r->text, "a display was plugged in: protecting it too");
}

void protection_join(struct protection *p, const struct output *output, struct protection_report *r) {
    p->chosen = *output;
    p->idle = true;
    report_joining(p, r);
    if (!output->plugged)
        r->event = NULL;
}

static void report_settled(struct protection *p, const char *event, const struct copp_poll *w, struct protection_report *r) {
    if (p->idle && is_plugged(p))
        report_joining(p, r);
    else
        report_in_force(p, event, w, r);
}

/* A display that has gone shows nothing. What its output is by now a new session tells (EVT-4). */
static bool has_left(struct protection *p, enum copp_stop stop) {
    return p->common->follows && stop == COPP_STOP_LINK_LOST && !is_plugged(p);
}

static void report_leaving(struct protection *p, struct protection_report *r) {
    bool told = p->idle;
    open_gap(p, PROTECTION_LEAVES);
    report_held(p, told ? NULL : "unplugged", now_of(p), r);
    (void)snprintf(r->text, sizeof r->text, "the display was unplugged: this output is left out");
}

/* --- the beginning and the end --- */

/* Sets the levels, and looks until they hold. *refused: why not has been reported, and is for good. */
static enum copp_stop put_in_force(struct protection *p, struct copp_poll *w, bool *refused, struct protection_report *r) {
    enum copp_stop stop = copp_session_protect(session_of(p), required(p), now_of(p));
    *refused = stop == COPP_STOP_NONE && !check_lists(p, r); /* HDCP may have taken its time */
    return stop == COPP_STOP_NONE && !*refused ? settle(p, w) : stop;
}

void protection_begin(struct protection *p, struct protection_report *r) {
    struct copp_poll w = {.size = sizeof w};
    bool refused;
    enum copp_stop stop = put_in_force(p, &w, &refused, r);
    if (refused)
        return;
    if (adapter_woken(&p->common->adapter))
        *r = (struct protection_report){
            .status = fail(p->common->in, STATUS_UNKNOWN, p->name, "interrupted before the protection was in force")};
    else if (stop != COPP_STOP_NONE)
        report_stop(p, stop, r);
    else
        report_settled(p, "protected", &w, r);
    protection_look_soon(p); /* starting a command takes its time too */
}

bool protection_end(struct protection *p) {
    return copp_session_unprotect(session_of(p)) == COPP_OK && p->in_force && !p->idle;
}

/* --- a new session in place of one that is lost --- */

/*
 * A session that ended in another way has shown something that no new one makes good. Under OPM a reconfigured connector takes a new session
 * where COPP sets the levels again (OPM-STA-8, EVT-4): that needs no --reconnect, and takes no longer.
 */
static bool may_reconnect(const struct protection *p, enum copp_stop stop) {
    return stop == COPP_STOP_RECONFIGURED ||
           (p->common->limits.reconnect_ms > 0 && (stop == COPP_STOP_TRANSPORT || stop == COPP_STOP_LINK_LOST));
}

/* The same of a new one; a driver may refuse while a display that has just been plugged in is not ready yet. */
static bool may_pass(enum copp_stop stop) {
    return stop == COPP_STOP_TRANSPORT || stop == COPP_STOP_LINK_LOST || stop == COPP_STOP_REFUSED ||
           stop == COPP_STOP_RECONFIGURED;
}

static void lose(struct protection *p, enum copp_stop stop, struct protection_report *r) {
    if (has_left(p, stop)) {
        report_leaving(p, r);
        return;
    }
    if (!may_reconnect(p, stop)) {
        report_stop(p, stop, r);
        return;
    }
    open_gap(p, PROTECTION_RECONNECTS);
    p->cause = stop;
    if (stop == COPP_STOP_RECONFIGURED) {
        report_held(p, "renegotiating", now_of(p), r);
        (void)snprintf(r->text, sizeof r->text, "the connector was reconfigured: beginning a new session");
        return;
    }
    report_held(p, "reconnecting", now_of(p), r);
    (void)snprintf(r->text, sizeof r->text, "%s: trying a new session for %lu s", copp_stop_text(stop),
                   (unsigned long)(p->common->limits.reconnect_ms / 1000));
}

static const char *reason_of_gap(const struct protection *p) {
    return p->gap == PROTECTION_JOINS    ? "a display was plugged in, and cannot be protected"
           : p->gap == PROTECTION_LEAVES ? "the display was unplugged, and the output's state is unknown"
                                         : copp_stop_text(p->cause);
}

void protection_give_up(const struct protection *p, struct protection_report *r) {
    char text[sizeof r->text];
    bool lost = p->gap == PROTECTION_RECONNECTS;
    (void)snprintf(text, sizeof text, "%s%s%s", reason_of_gap(p), p->note.text[0] != '\0' ? "; no new session: " : "",
                   p->note.text);
    report_lost(STATUS_NO, text, lost ? copp_stop_rule(p->cause) : COPP_RULE_NONE, r);
    r->remedy = lost ? copp_session_remedy(NULL, COPP_OK, NULL, p->cause) : NULL;
}

enum attempt {
    ATTEMPT_REFUSED = 0, /* for good: the report says why */
    ATTEMPT_FAILED, /* so far: the note says why */
    ATTEMPT_GOOD
};

static enum attempt attempt_failed(struct protection *p, const char *text) {
    p->note = (struct error_note){.text = ""};
    (void)snprintf(p->note.text, sizeof p->note.text, "%s", text);
    return ATTEMPT_FAILED;
}

/* A display is there, unless the output is one that waits for one. */
static enum attempt judge_display(struct protection *p) {
    p->idle = p->common->follows && !p->chosen.plugged;
    return p->chosen.plugged || p->idle ? ATTEMPT_GOOD : attempt_failed(p, "nothing is plugged in");
}

/* How the output is by now. */
static enum attempt look_again(struct protection *p, const struct invocation *quiet) {
    if (adapter_refresh(quiet, &p->common->adapter) != STATUS_YES)
        return ATTEMPT_FAILED;
    adapter_look(&p->common->adapter, p->name, &p->chosen);
    return judge_display(p);
}

/* And by the new session's first answer, which goes before the list (BIND-6). */
static enum attempt confirm(struct protection *p, struct protection_report *r) {
    uint32_t types;
    enum copp_result result = copp_session_protection_types(session_of(p), &types);
    if (result == COPP_E_AUTHENTICATION) {
        report_stop(p, COPP_STOP_AUTHENTICATION, r);
        return ATTEMPT_REFUSED;
    }
    if (result != COPP_OK)
        return attempt_failed(p, copp_strerror(result));
    adapter_confirm(&p->link, &p->chosen);
    return judge_display(p);
}

/* Another session under the same conditions: chain and anchor, lists, display, and whether the output protects at all. The
 * output is looked at before, to spare coppd a session that is of no use, and after: it is that session's output then. */
static enum attempt open_again(struct protection *p, struct protection_report *r) {
    struct protection_common *common = p->common;
    struct invocation quiet = *common->in;
    quiet.note = &p->note;
    enum attempt attempt = look_again(p, &quiet);
    if (attempt != ATTEMPT_GOOD)
        return attempt;
    p->renewals = common->adapter.revocation.renewals;
    int status = adapter_establish(&quiet, &common->adapter, p->name, &p->link);
    if (status == STATUS_NO) {
        report_lost(STATUS_NO, p->note.text, p->note.rule, r);
        return ATTEMPT_REFUSED;
    }
    attempt = status == STATUS_YES ? look_again(p, &quiet) : ATTEMPT_FAILED;
    if (attempt == ATTEMPT_GOOD)
        attempt = confirm(p, r);
    if (attempt == ATTEMPT_GOOD && !p->idle && choice_too_little(&p->terms, &common->adapter, &p->chosen)) {
        report_lost(STATUS_NO, "the output is simulated now, and protects nothing", COPP_RULE_NONE, r);
        return ATTEMPT_REFUSED;
    }
    return attempt;
}

static enum attempt protect_again(struct protection *p, struct copp_poll *w, struct protection_report *r) {
    bool refused;
    enum copp_stop stop = put_in_force(p, w, &refused, r);
    if (refused)
        return ATTEMPT_REFUSED;
    if (stop == COPP_STOP_NONE)
        return ATTEMPT_GOOD;
    report_stop(p, stop, r);
    if (!may_pass(stop))
        return ATTEMPT_REFUSED;
    char text[sizeof p->note.text];
    (void)snprintf(text, sizeof text, "%.600s%s", r->text, r->answer);
    return attempt_failed(p, text);
}

static void close_gap(struct protection *p, struct protection_report *r) {
    struct copp_poll w = {.size = sizeof w};
    const struct error_note before = p->note;
    link_close(&p->link); /* of the last one nothing is left: neither levels nor lists */
    enum attempt attempt = open_again(p, r);
    if (attempt == ATTEMPT_GOOD)
        attempt = protect_again(p, &w, r);
    if (attempt == ATTEMPT_GOOD) {
        const char *event = p->gap == PROTECTION_JOINS ? "protected" : "protected again";
        p->gap = PROTECTION_NO_GAP;
        report_settled(p, event, &w, r);
    } else if (attempt == ATTEMPT_FAILED) {
        uint64_t next = now_of(p) + TRY_STEP_MS;
        if (now_of(p) >= p->common->give_up_ms && before.text[0] != '\0')
            p->note = before; /* the try was interrupted, which is not the reason */
        report_held(p, NULL, next < p->common->give_up_ms ? next : p->common->give_up_ms, r);
    }
}

/* --- steps --- */

static void watch(struct protection *p, uint64_t limit_ms, struct protection_report *r) {
    struct copp_poll w = {.size = sizeof w};
    uint64_t now = now_of(p);
    if (!p->checks_lists && lists_are_new(p)) {
        p->checks_lists = true;
        report_held(p, NULL, now, r);
        return;
    }
    if (!check_lists(p, r))
        return;
    copp_session_poll_until(session_of(p), now, limit_ms, &w);
    p->took_ms = now_of(p) - now;
    if (w.state == COPP_POLL_STOP) {
        lose(p, w.stop, r);
    } else if (p->idle && is_plugged(p)) {
        report_joining(p, r);
    } else if (w.state == COPP_POLL_PROTECTED) {
        report_in_force(p, p->renegotiates ? "protected again" : NULL, &w, r);
        p->renegotiates = false;
    } else { /* the next poll sets the levels; another event asks for one more round */
        report_held(p, p->renegotiates || p->idle ? NULL : "renegotiating", now, r);
        (void)snprintf(r->text, sizeof r->text, "the connector was reconfigured: setting the levels again");
        p->renegotiates = true;
    }
}

void protection_step(struct protection *p, uint64_t limit_ms, struct protection_report *r) {
    if (p->gap != PROTECTION_NO_GAP)
        close_gap(p, r);
    else
        watch(p, limit_ms, r);
}

const char *protection_limit_hint(const struct protection_common *common) {
    return common->limits.reconnect_ms > 0 ? "; --reconnect sets this limit" : "; --hold sets this limit";
}

void protection_report_too_long(const struct protection *p, bool renegotiates, struct protection_report *r) {
    char text[sizeof r->text];
    if (p->gap != PROTECTION_NO_GAP && !renegotiates) {
        protection_give_up(p, r);
        return;
    }
    (void)snprintf(text, sizeof text, "not protected again within %llu ms", (unsigned long long)limit_of(p->common));
    report_lost(STATUS_NO, text, renegotiates ? COPP_RULE_EVT_4 : COPP_RULE_NONE, r);
    r->hint = protection_limit_hint(p->common);
}

int protection_fd(const struct protection *p) {
    return p->gap != PROTECTION_NO_GAP ? -1 : copp_session_fd(session_of(p));
}

void protection_look_soon(struct protection *p) {
    p->deadline_ms = 0;
}
