#include "protection.h"

#include <errno.h>
#include <string.h>

#include "cli/describe.h"

#define POLL_STEP_MS 500u /* from one look to the next, each of which has to be through within COPP_POLL_MS (APP-3) */
#define TRY_STEP_MS 250u /* between two tries to reconnect */
#define ROUNDS_MAX 3u /* a connector that is reconfigured all the time is not protected */

static struct copp_session *session_of(const struct protection *p) {
    return p->link.session;
}

int protection_open(const struct invocation *in, const struct adapter_options *device, const struct choice_terms *terms,
                    const struct protection_limits *limits, struct protection *p) {
    *p = (struct protection){.in = in, .terms = *terms, .limits = *limits, .wake = {-1, -1}};
    int status = adapter_open(in, device, true, &p->adapter);
    p->terms.wanted.embedded_unbound = adapter_unbound(&p->adapter); /* BIND-8: Microsoft's drivers bind nothing */
    return status;
}

void protection_close(struct protection *p) {
    link_close(&p->link);
    adapter_close(&p->adapter);
    wake_close(&p->wake);
}

int protection_choose(struct protection *p, int wake_fd) {
    if (!wake_open(&p->wake, wake_fd))
        return fail(p->in, STATUS_UNKNOWN, NULL, "no timer available: %s", strerror(errno));
    adapter_wake_by(&p->adapter, p->wake.fd);
    int status = choice_make(p->in, &p->terms, &p->adapter, &p->link, &p->chosen);
    memcpy(p->name, p->chosen.name, sizeof p->name);
    return status;
}

/* --- what is reported --- */

static void report_stop(const struct protection *p, enum copp_stop stop, struct protection_report *r) {
    *r = (struct protection_report){.state = PROTECTION_LOST,
                                    .status = STATUS_NO,
                                    .event = "stopped",
                                    .rule = copp_stop_rule(stop),
                                    .remedy = copp_session_remedy(session_of(p), COPP_OK, NULL, stop),
                                    .hint = stop == COPP_STOP_NO_RECEIVER   ? "; --unnamed-receiver plays to it all the same"
                                            : stop == COPP_STOP_UNSUPPORTED ? "; copp status tells what each does"
                                                                            : ""};
    (void)snprintf(r->text, sizeof r->text, "%s", copp_stop_text(stop));
    if (stop == COPP_STOP_REFUSED)
        (void)snprintf(r->answer, sizeof r->answer, ": %s", copp_hresult_name(copp_session_hresult(session_of(p))));
}

static void report_lost(int status, const char *text, enum copp_rule rule, struct protection_report *r) {
    *r = (struct protection_report){.state = PROTECTION_LOST, .status = status, .event = "stopped", .rule = rule, .hint = ""};
    (void)snprintf(r->text, sizeof r->text, "%s", text);
}

static void describe_in_force(const struct protection *p, const char *event, const struct copp_poll *w, char *text, size_t size) {
    const struct copp_requirement *wanted = &p->terms.wanted;
    const uint32_t levels[PROTECTION_TYPES] = {w->hdcp_skipped ? 0 : wanted->hdcp, wanted->acp, wanted->cgmsa};
    bool first = true;
    (void)snprintf(text, size, "%s: ", event);
    for (size_t i = 0; i < PROTECTION_TYPES; i++) {
        char level[64];
        size_t used = strlen(text);
        if (levels[i] == 0)
            continue;
        describe_level(protection_types[i], levels[i], level, sizeof level);
        (void)snprintf(text + used, size - used, "%s%s %s", first ? "" : ", ", copp_protection_type_name(protection_types[i]),
                       level);
        first = false;
    }
    size_t used = strlen(text);
    bool bound = copp_session_bound(p->link.session) & COPP_BOUND;
    (void)snprintf(text + used, size - used, "%s%s%s%s",
                   !w->hdcp_skipped ? ""
                   : first          ? "no HDCP on an embedded connector (APP-4)"
                                    : ", no HDCP on an embedded connector (APP-4)",
                   w->receiver_unnamed ? ", receiver not named and not checked (APP-1, APP-2)" : "",
                   bound ? "" : ", answers not bound (BIND-5)", p->chosen.real ? "" : " (" SIMULATED_NOTE ")");
}

static void report_in_force(struct protection *p, const char *event, const struct copp_poll *w, struct protection_report *r) {
    p->deadline_ms = w->deadline_ms - (COPP_POLL_MS - POLL_STEP_MS); /* after the first question: a slow look delays no other */
    p->in_force = true;
    p->held = false;
    *r = (struct protection_report){.state = PROTECTION_IN_FORCE, .event = event};
    if (event)
        describe_in_force(p, event, w, r->text, sizeof r->text);
}

/* However many reasons follow one another: content is hidden since the first. */
static void report_held(struct protection *p, const char *event, uint64_t deadline_ms, struct protection_report *r) {
    const struct protection_limits *limits = &p->limits;
    if (!p->held)
        p->give_up_ms = adapter_now(&p->adapter) + (limits->reconnect_ms > 0 ? limits->reconnect_ms : limits->hold_ms);
    p->held = true;
    p->deadline_ms = deadline_ms;
    *r = (struct protection_report){.state = PROTECTION_HELD, .event = event};
}

/* --- a session that holds --- */

/* What is revoked may have changed since it was read (CRL-4, APP-2): nothing goes on where that cannot be known. True: go on. */
static bool check_lists(struct protection *p, struct protection_report *r) {
    p->checks_lists = false;
    if (!revocation_changed(&p->adapter.revocation))
        return true;
    int status = revocation_renew(p->in, &p->adapter.revocation, p->name, session_of(p));
    if (status == STATUS_NO)
        report_stop(p, COPP_STOP_DRIVER_REVOKED, r);
    else if (status != STATUS_YES)
        report_lost(status, "what is revoked is not known any more", COPP_RULE_NONE, r);
    return status == STATUS_YES;
}

/* Polls until the levels need not be set again. */
static enum copp_stop settle(struct protection *p, struct copp_poll *w) {
    unsigned rounds = 0;
    do
        copp_session_poll(session_of(p), adapter_now(&p->adapter), w);
    while (w->state == COPP_POLL_RENEGOTIATE && ++rounds < ROUNDS_MAX);
    return w->state == COPP_POLL_PROTECTED ? COPP_STOP_NONE : w->state == COPP_POLL_STOP ? w->stop : COPP_STOP_LEVEL;
}

void protection_begin(struct protection *p, struct protection_report *r) {
    struct copp_poll w = {.size = sizeof w};
    enum copp_stop stop = copp_session_protect(session_of(p), &p->terms.wanted, adapter_now(&p->adapter));
    if (adapter_woken(&p->adapter)) {
        *r = (struct protection_report){
            .status = fail(p->in, STATUS_UNKNOWN, p->name, "interrupted before the protection was in force")};
        return;
    }
    if (stop == COPP_STOP_NONE) {
        if (!check_lists(p, r)) /* HDCP may have taken its time */
            return;
        stop = settle(p, &w);
    }
    if (stop != COPP_STOP_NONE) {
        report_stop(p, stop, r);
        return;
    }
    report_in_force(p, "protected", &w, r);
    protection_look_soon(p); /* starting a command takes its time too */
}

bool protection_end(struct protection *p) {
    return copp_session_unprotect(session_of(p)) == COPP_OK && p->in_force;
}

/* --- a new session in place of one that is lost --- */

/* A session that ended in another way has shown something that no new one makes good. */
static bool may_reconnect(const struct protection *p, enum copp_stop stop) {
    return p->limits.reconnect_ms > 0 && (stop == COPP_STOP_TRANSPORT || stop == COPP_STOP_LINK_LOST);
}

/* The same of a new one; a driver may refuse while a display that has just been plugged in is not ready yet. */
static bool may_pass(enum copp_stop stop) {
    return stop == COPP_STOP_TRANSPORT || stop == COPP_STOP_LINK_LOST || stop == COPP_STOP_REFUSED;
}

/* The session is left alone until content is hidden. */
static void lose(struct protection *p, enum copp_stop stop, struct protection_report *r) {
    if (!may_reconnect(p, stop)) {
        report_stop(p, stop, r);
        return;
    }
    uint64_t now = adapter_now(&p->adapter);
    p->reconnects = true;
    p->in_force = false;
    p->renegotiates = false;
    p->checks_lists = false;
    p->cause = stop;
    p->note = (struct error_note){.text = ""};
    report_held(p, "reconnecting", now, r);
    (void)snprintf(r->text, sizeof r->text, "%s: trying a new session for %lu s", copp_stop_text(stop),
                   (unsigned long)(p->limits.reconnect_ms / 1000));
}

void protection_give_up(struct protection *p, struct protection_report *r) {
    char text[sizeof r->text];
    (void)snprintf(text, sizeof text, "%s%s%s", copp_stop_text(p->cause), p->note.text[0] != '\0' ? "; no new session: " : "",
                   p->note.text);
    report_lost(STATUS_NO, text, copp_stop_rule(p->cause), r);
    r->remedy = copp_session_remedy(NULL, COPP_OK, NULL, p->cause);
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

/* How the output is by now. */
static enum attempt look_again(struct protection *p, const struct invocation *quiet) {
    if (adapter_refresh(quiet, &p->adapter) != STATUS_YES)
        return ATTEMPT_FAILED;
    adapter_look(&p->adapter, p->name, &p->chosen);
    return p->chosen.plugged ? ATTEMPT_GOOD : attempt_failed(p, "nothing is plugged in");
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
    return p->chosen.plugged ? ATTEMPT_GOOD : attempt_failed(p, "nothing is plugged in");
}

/* Another session under the same conditions: chain and anchor, lists, display, and whether the output protects at all. The
 * output is looked at before, to spare coppd a session that is of no use, and after: it is that session's output then. */
static enum attempt open_again(struct protection *p, struct protection_report *r) {
    struct invocation quiet = *p->in;
    quiet.note = &p->note;
    enum attempt attempt = look_again(p, &quiet);
    if (attempt != ATTEMPT_GOOD)
        return attempt;
    int status = adapter_establish(&quiet, &p->adapter, p->name, &p->link);
    if (status == STATUS_NO) {
        report_lost(STATUS_NO, p->note.text, p->note.rule, r);
        return ATTEMPT_REFUSED;
    }
    attempt = status == STATUS_YES ? look_again(p, &quiet) : ATTEMPT_FAILED;
    if (attempt == ATTEMPT_GOOD)
        attempt = confirm(p, r);
    if (attempt == ATTEMPT_GOOD && choice_too_little(&p->terms, &p->adapter, &p->chosen)) {
        report_lost(STATUS_NO, "the output is simulated now, and protects nothing", COPP_RULE_NONE, r);
        return ATTEMPT_REFUSED;
    }
    return attempt;
}

static enum attempt protect_again(struct protection *p, struct copp_poll *w, struct protection_report *r) {
    enum copp_stop stop = copp_session_protect(session_of(p), &p->terms.wanted, adapter_now(&p->adapter));
    if (stop == COPP_STOP_NONE) {
        if (!check_lists(p, r))
            return ATTEMPT_REFUSED;
        stop = settle(p, w);
    }
    if (stop == COPP_STOP_NONE)
        return ATTEMPT_GOOD;
    report_stop(p, stop, r);
    if (!may_pass(stop))
        return ATTEMPT_REFUSED;
    char text[sizeof p->note.text];
    (void)snprintf(text, sizeof text, "%.600s%s", r->text, r->answer);
    return attempt_failed(p, text);
}

static void reconnect(struct protection *p, struct protection_report *r) {
    struct copp_poll w = {.size = sizeof w};
    link_close(&p->link); /* of the last one nothing is left: neither levels nor lists */
    uint64_t now = adapter_now(&p->adapter);
    if (now >= p->give_up_ms) {
        protection_give_up(p, r);
        return;
    }
    wake_set(&p->wake, p->give_up_ms - now);
    enum attempt attempt = open_again(p, r);
    if (attempt == ATTEMPT_GOOD)
        attempt = protect_again(p, &w, r);
    wake_set(&p->wake, 0);
    if (attempt == ATTEMPT_GOOD) {
        p->reconnects = false;
        report_in_force(p, "protected again", &w, r);
    } else if (attempt == ATTEMPT_FAILED) {
        uint64_t next = adapter_now(&p->adapter) + TRY_STEP_MS;
        report_held(p, NULL, next < p->give_up_ms ? next : p->give_up_ms, r);
    }
}

bool protection_is_gone(const struct protection *p) {
    return p->reconnects;
}

/* --- steps --- */

static void watch(struct protection *p, struct protection_report *r) {
    struct copp_poll w = {.size = sizeof w};
    uint64_t now = adapter_now(&p->adapter);
    if (!p->checks_lists && revocation_changed(&p->adapter.revocation)) {
        p->checks_lists = true;
        report_held(p, NULL, now, r);
        return;
    }
    if (!check_lists(p, r))
        return;
    copp_session_poll(session_of(p), now, &w);
    if (w.state == COPP_POLL_PROTECTED) {
        report_in_force(p, p->renegotiates ? "protected again" : NULL, &w, r);
        p->renegotiates = false;
    } else if (w.state == COPP_POLL_RENEGOTIATE) { /* the next poll sets the levels; another event asks for one more round */
        report_held(p, p->renegotiates ? NULL : "renegotiating", now, r);
        (void)snprintf(r->text, sizeof r->text, "the connector was reconfigured: setting the levels again");
        p->renegotiates = true;
    } else {
        lose(p, w.stop, r);
    }
}

static void report_held_too_long(const struct protection *p, enum copp_rule rule, struct protection_report *r) {
    char text[sizeof r->text];
    bool reconnects = p->limits.reconnect_ms > 0;
    (void)snprintf(text, sizeof text, "not protected again within %llu ms",
                   (unsigned long long)(reconnects ? p->limits.reconnect_ms : p->limits.hold_ms));
    report_lost(STATUS_NO, text, rule, r);
    r->hint = reconnects ? "; --reconnect sets this limit" : "; --hold sets this limit";
}

/* What the driver was interrupted in, or refuses after so long, is not the reason; what it has told is. */
static bool is_told(const struct protection_report *r) {
    return r->state == PROTECTION_LOST && (r->rule != COPP_RULE_NONE || r->status != STATUS_NO);
}

/* The time is judged once more after the step: what comes too late does not count, even if it is good. */
static void watch_in_time(struct protection *p, struct protection_report *r) {
    uint64_t now = adapter_now(&p->adapter);
    uint64_t limit_ms = p->held ? p->give_up_ms : UINT64_MAX;
    bool renegotiates = p->renegotiates;
    *r = (struct protection_report){.state = PROTECTION_HELD};
    if (now < limit_ms) {
        wake_set(&p->wake, p->held ? limit_ms - now : 0);
        watch(p, r);
        wake_set(&p->wake, 0);
    }
    if (p->held)
        limit_ms = p->give_up_ms;
    renegotiates = renegotiates || p->renegotiates;
    if (adapter_now(&p->adapter) >= limit_ms && !is_told(r))
        report_held_too_long(p, renegotiates ? COPP_RULE_EVT_4 : COPP_RULE_NONE, r);
}

void protection_step(struct protection *p, struct protection_report *r) {
    if (p->reconnects)
        reconnect(p, r);
    else
        watch_in_time(p, r);
}

size_t protection_fds(const struct protection *p, int *fds) {
    fds[0] = adapter_events_fd(&p->adapter);
    fds[1] = p->reconnects || adapter_now(&p->adapter) < p->quiet_ms ? -1 : copp_session_fd(session_of(p));
    return PROTECTION_FDS;
}

uint64_t protection_deadline_ms(const struct protection *p) {
    uint64_t due_ms = adapter_deadline_ms(&p->adapter);
    if (!p->reconnects && p->quiet_ms < due_ms && adapter_now(&p->adapter) < p->quiet_ms)
        due_ms = p->quiet_ms; /* the descriptor is waited for again */
    return p->deadline_ms < due_ms ? p->deadline_ms : due_ms;
}

uint64_t protection_now(const struct protection *p) {
    return adapter_now(&p->adapter);
}

bool protection_dispatch(struct protection *p, const bool *ready) {
    if (ready[0])
        events_read(p->adapter.host.events, adapter_now(&p->adapter));
    adapter_dispatch(&p->adapter);
    uint64_t now = adapter_now(&p->adapter);
    if (now < p->deadline_ms && !ready[1])
        return false;
    p->quiet_ms = now + COPP_WAKE_MS;
    return true;
}

void protection_look_soon(struct protection *p) {
    p->deadline_ms = 0;
}

bool protection_reads_input(const struct protection *p) {
    const char *events = p->adapter.path == NULL ? events_name(p->adapter.host.events) : NULL;
    return events != NULL && strcmp(events, "-") == 0;
}
