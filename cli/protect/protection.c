#include "protection.h"

#include <string.h>

#include "cli/describe.h"

#define POLL_STEP_MS 500u /* APP-3 asks for 2000 at most */
#define ROUNDS_MAX 3u /* a connector that is reconfigured all the time is not protected */

static struct copp_session *session_of(const struct protection *p) {
    return p->link.session;
}

int protection_open(const struct invocation *in, const struct adapter_options *device, const struct choice_terms *terms,
                    struct protection *p) {
    *p = (struct protection){.in = in, .terms = *terms};
    return adapter_open(in, device, true, &p->adapter);
}

void protection_close(struct protection *p) {
    link_close(&p->link);
    adapter_close(&p->adapter);
}

int protection_choose(struct protection *p, int wake_fd) {
    adapter_wake_by(&p->adapter, wake_fd);
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
    (void)snprintf(text + used, size - used, "%s%s%s",
                   !w->hdcp_skipped ? ""
                   : first          ? "no HDCP on an embedded connector (APP-4)"
                                    : ", no HDCP on an embedded connector (APP-4)",
                   w->receiver_unnamed ? ", receiver not named and not checked (APP-1, APP-2)" : "",
                   p->chosen.real ? "" : " (" SIMULATED_NOTE ")");
}

static void report_in_force(struct protection *p, const char *event, const struct copp_poll *w, struct protection_report *r) {
    uint64_t next = adapter_now(&p->adapter) + POLL_STEP_MS;
    p->deadline_ms = w->deadline_ms < next ? w->deadline_ms : next;
    p->in_force = true;
    *r = (struct protection_report){.state = PROTECTION_IN_FORCE, .event = event};
    if (event)
        describe_in_force(p, event, w, r->text, sizeof r->text);
}

static void report_held(struct protection *p, const char *event, uint64_t deadline_ms, struct protection_report *r) {
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
    struct copp_poll w;
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

void protection_step(struct protection *p, struct protection_report *r) {
    struct copp_poll w;
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
        report_stop(p, w.stop, r);
    }
}

size_t protection_fds(const struct protection *p, int *fds) {
    fds[0] = adapter_events_fd(&p->adapter);
    return PROTECTION_FDS;
}

uint64_t protection_deadline_ms(const struct protection *p) {
    uint64_t next = adapter_deadline_ms(&p->adapter);
    return p->deadline_ms < next ? p->deadline_ms : next;
}

uint64_t protection_now(const struct protection *p) {
    return adapter_now(&p->adapter);
}

bool protection_dispatch(struct protection *p, const bool *ready) {
    if (ready[0])
        events_read(p->adapter.host.events, adapter_now(&p->adapter));
    adapter_dispatch(&p->adapter);
    return adapter_now(&p->adapter) >= p->deadline_ms;
}

void protection_look_soon(struct protection *p) {
    p->deadline_ms = 0;
}

bool protection_reads_input(const struct protection *p) {
    const char *events = p->adapter.path == NULL ? events_name(p->adapter.host.events) : NULL;
    return events != NULL && strcmp(events, "-") == 0;
}
