#include "protection_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output_name.h"

#define LOOK_MS                                                                                                                  \
    1000u /* as long as a look may take where there are others: none that takes longer is in time every time (APP-3) */
#define SLOW_MS 250u /* who has needed so long goes behind the others */
#define LISTEN_STEP_MS 250u /* between two tries to hear of outputs again */
#define NEWS_MAX 256u /* pieces a step: who goes on telling does not keep us from looking */

#define EVENTS 0 /* of the descriptors; behind these two there is one for each output */
#define NEWS 1
#define OUTPUTS 2

static bool follows(const struct text_list *outputs) {
    return outputs->count == 1 && strcmp(outputs->items[0], PROTECTION_OUTPUTS_ALL) == 0;
}

int protection_set_open(const struct invocation *in, const struct adapter_options *device, const struct choice_terms *terms,
                        const struct text_list *outputs, const struct protection_limits *limits, struct protection_set *set) {
    *set = (struct protection_set){
        .common = {.in = in, .limits = *limits, .wake = {-1, -1}, .follows = follows(outputs)},
        .terms = *terms,
        .outputs = outputs,
        .listen_ms = UINT64_MAX,
    };
    struct adapter *adapter = &set->common.adapter;
    int status = adapter_open(in, device, true, adapter);
    set->terms.wanted.embedded_unbound = adapter_unbound(adapter); /* BIND-8: Microsoft's drivers bind nothing */
    if (status == STATUS_YES && set->common.follows && adapter_unbound(adapter))
        return fail(in, STATUS_UNKNOWN, adapter->path,
                    "--output all needs a driver whose MAC covers what is plugged in (BIND-6): name the outputs");
    return status;
}

void protection_set_close(struct protection_set *set) {
    for (size_t i = 0; i < set->common.count; i++) {
        protection_free(set->common.members[i]);
        free(set->common.members[i]);
    }
    free(set->common.members);
    set->common.members = NULL;
    set->common.count = 0;
    adapter_close(&set->common.adapter);
    wake_close(&set->common.wake);
}

/* --- which outputs --- */

/* name NULL: one that is to be chosen. Returns NULL if there are too many, or without memory. */
static struct protection *add(struct protection_set *set, const char *name) {
    struct protection_common *common = &set->common;
    struct choice_terms terms = set->terms;
    struct protection **more = common->count < PROTECTION_OUTPUTS_MAX
                                   ? realloc(common->members, (common->count + 1) * sizeof(struct protection *))
                                   : NULL;
    if (!more)
        return NULL;
    common->members = more;
    struct protection *member = malloc(sizeof *member);
    if (!member)
        return NULL;
    terms.output = name;
    protection_init(member, common, &terms);
    common->members[common->count++] = member;
    return member;
}

static int fail_to_add(const struct protection_set *set) {
    return fail(set->common.in, STATUS_UNKNOWN, NULL, "more outputs than copp can monitor: %u at most", PROTECTION_OUTPUTS_MAX);
}

static bool is_known(const struct protection_set *set, const char *name) {
    for (size_t i = 0; i < set->common.count; i++) {
        if (strcmp(set->common.members[i]->name, name) == 0)
            return true;
    }
    return false;
}

/* The output and all others that show the same picture: each of them is to be protected (OPM-OUT-7). */
static bool add_shown(struct protection_set *set, const char *name) {
    const char *twin;
    for (size_t i = 0; (twin = adapter_twin(&set->common.adapter, name, i)) != NULL; i++) {
        if (!is_known(set, twin) && !add(set, twin))
            return false;
    }
    return true;
}

static int add_named(struct protection_set *set) {
    const struct text_list *outputs = set->outputs;
    for (size_t i = 0; i < outputs->count; i++) {
        char resolved[COPP_CONNECTOR_NAME_SIZE];
        const char *name;
        int status = output_name(set->common.in, &set->common.adapter, outputs->items[i], resolved, &name);
        if (status != STATUS_YES)
            return status;
        if (!add_shown(set, name))
            return fail_to_add(set);
    }
    return outputs->count == 0 && !add(set, NULL) ? fail_to_add(set) : STATUS_YES;
}

static int add_listed(struct protection_set *set) {
    struct adapter *adapter = &set->common.adapter;
    const char *name;
    int status = adapter_follow(set->common.in, adapter);
    for (size_t i = 0; status == STATUS_YES && (name = adapter_output(adapter, i)) != NULL; i++) {
        if (!is_known(set, name) && !add(set, name))
            status = fail_to_add(set);
    }
    return status;
}

size_t protection_set_names(const struct protection_set *set, const char **names) {
    size_t count = 0;
    for (size_t i = 0; i < set->common.count; i++) {
        if (!set->common.members[i]->idle)
            names[count++] = set->common.members[i]->name;
    }
    return count;
}

bool protection_set_simulated(const struct protection_set *set) {
    for (size_t i = 0; i < set->common.count; i++) {
        if (!set->common.members[i]->idle && !set->common.members[i]->chosen.real)
            return true;
    }
    return false;
}

static bool any_display(const struct protection_set *set) {
    const char *names[PROTECTION_OUTPUTS_MAX];
    return protection_set_names(set, names) > 0;
}

/* What is plugged in is said by each output's own session; the list only names them (BIND-6). */
int protection_set_choose(struct protection_set *set, int wake_fd) {
    struct protection_common *common = &set->common;
    if (!wake_open(&common->wake, wake_fd))
        return fail(common->in, STATUS_UNKNOWN, NULL, "no timer available: %s", strerror(errno));
    adapter_wake_by(&common->adapter, common->wake.fd);
    int status = common->follows ? add_listed(set) : add_named(set);
    for (size_t i = 0; status == STATUS_YES && i < common->count; i++) {
        status = protection_choose(common->members[i]);
        if (status == STATUS_YES && !add_shown(set, common->members[i]->name))
            status = fail_to_add(set);
    }
    if (status == STATUS_YES && !any_display(set))
        return fail(common->in, STATUS_NO, NULL, "nothing is plugged in at any output of this adapter (see copp status)");
    return status;
}

/* --- whether content may be shown --- */

/* Those whose time has come, slow ones behind the others; then those whose time comes next. */
static bool goes_before(const struct protection *a, const struct protection *b, uint64_t now) {
    bool due = a->deadline_ms <= now;
    bool slow = a->took_ms > SLOW_MS;
    if (due != (b->deadline_ms <= now))
        return due;
    if (due && slow != (b->took_ms > SLOW_MS))
        return !slow;
    return a->deadline_ms < b->deadline_ms || (a->deadline_ms == b->deadline_ms && a->quiet_ms < b->quiet_ms);
}

static struct protection *next(const struct protection_set *set) {
    uint64_t now = adapter_now(&set->common.adapter);
    struct protection *found = set->common.members[0];
    for (size_t i = 1; i < set->common.count; i++) {
        if (goes_before(set->common.members[i], found, now))
            found = set->common.members[i];
    }
    return found;
}

/* While content is shown, the look at each of them has to count for as long as another look may take. */
static bool counts(const struct protection_set *set, const struct protection *p, uint64_t now) {
    uint64_t least_ms = set->common.count > 1 ? LOOK_MS : 0;
    return p->believed_ms > now && p->believed_ms - now > least_ms;
}

static enum protection_state judge(const struct protection_set *set) {
    const struct protection_common *common = &set->common;
    uint64_t now = adapter_now(&common->adapter);
    for (size_t i = 0; i < common->count; i++) {
        const struct protection *p = common->members[i];
        if (p->held || p->renewals != common->adapter.revocation.renewals || !counts(set, p, now))
            return PROTECTION_HELD;
    }
    return set->listen_ms == UINT64_MAX && any_display(set) ? PROTECTION_IN_FORCE : PROTECTION_HELD;
}

static void settle(struct protection_set *set, struct protection_report *r) {
    if (r->state != PROTECTION_LOST)
        r->state = judge(set);
    if (r->state == PROTECTION_IN_FORCE)
        set->common.held = false;
    else
        protection_hide(&set->common, any_display(set) ? COPP_POLL_MS : 0); /* what is our own fault has time to pass */
    set->state = r->state;
}

static void name_output(const struct protection *p, struct protection_report *r) {
    r->output = p->name;
    r->simulated = !p->chosen.real;
}

bool protection_set_begin(struct protection_set *set, size_t index, struct protection_report *r) {
    if (index >= set->common.count)
        return false;
    struct protection *p = set->common.members[index];
    protection_begin(p, r);
    name_output(p, r);
    return true;
}

enum protection_state protection_set_begun(struct protection_set *set) {
    struct protection_report r = {.state = PROTECTION_HELD};
    settle(set, &r);
    return set->state;
}

/* --- between two steps --- */

uint64_t protection_set_now(const struct protection_set *set) {
    return adapter_now(&set->common.adapter);
}

size_t protection_set_fds(const struct protection_set *set, int *fds) {
    uint64_t now = protection_set_now(set);
    fds[EVENTS] = adapter_events_fd(&set->common.adapter);
    fds[NEWS] = adapter_news_fd(&set->common.adapter);
    for (size_t i = 0; i < set->common.count; i++) {
        const struct protection *p = set->common.members[i];
        fds[OUTPUTS + i] = now < p->quiet_ms ? -1 : protection_fd(p);
    }
    return OUTPUTS + set->common.count;
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t step_ms(const struct protection_set *set) {
    uint64_t due_ms = earlier(set->listen_ms, set->common.held ? set->common.give_up_ms : UINT64_MAX);
    for (size_t i = 0; i < set->common.count; i++)
        due_ms = earlier(due_ms, set->common.members[i]->deadline_ms);
    return set->news ? 0 : due_ms;
}

/* Also when a descriptor is waited for again. */
uint64_t protection_set_deadline_ms(const struct protection_set *set) {
    uint64_t due_ms = earlier(adapter_deadline_ms(&set->common.adapter), step_ms(set));
    uint64_t now = protection_set_now(set);
    for (size_t i = 0; i < set->common.count; i++) {
        const struct protection *p = set->common.members[i];
        if (now < p->quiet_ms && protection_fd(p) >= 0)
            due_ms = earlier(due_ms, p->quiet_ms);
    }
    return due_ms;
}

bool protection_set_dispatch(struct protection_set *set, const bool *ready) {
    struct adapter *adapter = &set->common.adapter;
    if (ready[EVENTS])
        events_read(adapter->host.events, adapter_now(adapter));
    adapter_dispatch(adapter);
    uint64_t now = adapter_now(adapter);
    set->news = set->news || ready[NEWS];
    for (size_t i = 0; i < set->common.count; i++) {
        struct protection *p = set->common.members[i];
        if (ready[OUTPUTS + i])
            p->deadline_ms = earlier(p->deadline_ms, now); /* not before those that have waited longer */
    }
    return step_ms(set) <= now;
}

void protection_set_look_soon(struct protection_set *set) {
    for (size_t i = 0; i < set->common.count; i++)
        protection_look_soon(set->common.members[i]);
}

void protection_set_doubt(struct protection_set *set) {
    protection_set_look_soon(set);
    for (size_t i = 0; i < set->common.count; i++)
        set->common.members[i]->believed_ms = 0;
    if (set->state == PROTECTION_IN_FORCE)
        set->state = PROTECTION_HELD;
}

/* --- for how long content is hidden --- */

static bool time_is_up(const struct protection_set *set) {
    return set->common.held && protection_set_now(set) >= set->common.give_up_ms;
}

/* Whose fault that is: one that is not in force, else one that has not been looked at since; NULL: no output's. */
static const struct protection *culprit(const struct protection_set *set) {
    const struct protection *found = NULL;
    uint64_t now = protection_set_now(set);
    for (size_t i = 0; i < set->common.count; i++) {
        if (set->common.members[i]->held)
            return set->common.members[i];
        if (!found && !counts(set, set->common.members[i], now))
            found = set->common.members[i];
    }
    return found;
}

static void report_set(const struct protection_set *set, const char *text, struct protection_report *r) {
    *r = (struct protection_report){.state = PROTECTION_LOST, .status = STATUS_NO, .event = "stopped", .hint = ""};
    (void)snprintf(r->text, sizeof r->text, "%s", text);
    r->simulated = protection_set_simulated(set);
}

/* last: the one that was looked at just now, and whether it was renegotiating; NULL: none. */
static void report_too_long(const struct protection_set *set, const struct protection *last, bool renegotiates,
                            struct protection_report *r) {
    const struct protection *p = culprit(set);
    char text[sizeof set->note.text + 64];
    bool known = set->listen_ms == UINT64_MAX;
    if (!p && known && any_display(set))
        p = last; /* it was good, and too late */
    if (p) {
        protection_report_too_long(p, p->renegotiates || (p == last && renegotiates), r);
        name_output(p, r);
        return;
    }
    (void)snprintf(text, sizeof text, "the list of outputs is no longer known: %s", set->note.text);
    report_set(set, known ? "nothing is plugged in any more" : text, r);
    r->hint = protection_limit_hint(&set->common);
}

/* What the driver was interrupted in, or refuses after so long, is not the reason; what it has told is. */
static bool is_told(const struct protection_report *r) {
    return r->state == PROTECTION_LOST && (r->rule != COPP_RULE_NONE || r->status != STATUS_NO);
}

/* --- steps --- */

static void join(struct protection_set *set, const struct output *output, struct protection_report *r) {
    struct protection *p = add(set, output->name);
    if (p) {
        protection_join(p, output, r);
        name_output(p, r);
    } else {
        report_set(set, "there are more outputs than copp can monitor", r);
        r->status = STATUS_UNKNOWN;
    }
}

/* Content is hidden before a new output is asked. True: the report is about that, or about news that ended. */
static bool take_news(struct protection_set *set, struct protection_report *r) {
    struct adapter *adapter = &set->common.adapter;
    struct output output;
    enum adapter_news news = ADAPTER_OTHER_NEWS;
    for (unsigned i = 0; i < NEWS_MAX; i++) {
        news = adapter_next_output(adapter, &output);
        if (news == ADAPTER_NO_NEWS || news == ADAPTER_NEWS_ENDED || (news == ADAPTER_OUTPUT && !is_known(set, output.name)))
            break;
    }
    set->news = news == ADAPTER_OUTPUT || news == ADAPTER_OTHER_NEWS;
    *r = (struct protection_report){.state = PROTECTION_HELD};
    if (news == ADAPTER_OUTPUT) {
        join(set, &output, r);
        return true;
    }
    if (news == ADAPTER_NEWS_ENDED) {
        set->listen_ms = protection_set_now(set);
        protection_hide(&set->common, 0);
    }
    return news == ADAPTER_NEWS_ENDED;
}

/* Which outputs have come meanwhile the list tells. */
static void listen_again(struct protection_set *set, struct protection_report *r) {
    struct protection_common *common = &set->common;
    struct invocation quiet = *common->in;
    const char *name;
    quiet.note = &set->note;
    set->note = (struct error_note){.text = ""};
    *r = (struct protection_report){.state = PROTECTION_HELD};
    if (adapter_follow(&quiet, &common->adapter) != STATUS_YES) {
        set->listen_ms = protection_set_now(set) + LISTEN_STEP_MS;
        return;
    }
    set->listen_ms = UINT64_MAX;
    for (size_t i = 0; r->state != PROTECTION_LOST && (name = adapter_output(&common->adapter, i)) != NULL; i++) {
        struct output output;
        adapter_look(&common->adapter, name, &output);
        if (!is_known(set, name))
            join(set, &output, r);
    }
}

/* News is asked for once no output waits. */
static bool listens_next(const struct protection_set *set) {
    return set->listen_ms != UINT64_MAX && next(set)->deadline_ms > protection_set_now(set);
}

/* The time is judged once more after the step: what comes too late does not count, even if it is good. limit_ms: of a look. */
static void step_in_time(struct protection_set *set, struct protection *p, uint64_t limit_ms, struct protection_report *r) {
    struct protection_common *common = &set->common;
    uint64_t now = protection_set_now(set);
    bool renegotiates = p && p->renegotiates;
    bool gap = p && p->gap != PROTECTION_NO_GAP;
    wake_set(&common->wake, common->held ? common->give_up_ms - now : 0);
    if (p) {
        p->quiet_ms = now + COPP_WAKE_MS;
        protection_step(p, limit_ms, r);
        name_output(p, r);
    } else {
        listen_again(set, r);
    }
    wake_set(&common->wake, 0);
    renegotiates = renegotiates || (p && p->renegotiates);
    if (time_is_up(set) && !is_told(r) && !(gap && r->state == PROTECTION_LOST))
        report_too_long(set, p, renegotiates, r);
}

/* Whoever's lists have been exchanged behind it is judged by the new ones next. */
static void look_by_new_lists(struct protection_set *set) {
    for (size_t i = 0; i < set->common.count; i++) {
        struct protection *p = set->common.members[i];
        if (p->gap == PROTECTION_NO_GAP && p->renewals != set->common.adapter.revocation.renewals)
            protection_look_soon(p);
    }
}

void protection_set_step(struct protection_set *set, struct protection_report *r) {
    /* read before it is judged whether content may be shown: as long as it is, the looks at the others count beyond this moment */
    uint64_t limit_ms = set->common.count > 1 ? protection_set_now(set) + LOOK_MS : UINT64_MAX;
    *r = (struct protection_report){.state = PROTECTION_HELD};
    if (set->state == PROTECTION_IN_FORCE && judge(set) != PROTECTION_IN_FORCE) {
        settle(set, r); /* we are late, or the drivers are slow: content is hidden first */
        return;
    }
    if (time_is_up(set))
        report_too_long(set, NULL, false, r);
    else if (!set->news || !take_news(set, r))
        step_in_time(set, listens_next(set) ? NULL : next(set), limit_ms, r);
    look_by_new_lists(set);
    settle(set, r);
}

bool protection_set_is_gone(const struct protection_set *set) {
    for (size_t i = 0; i < set->common.count; i++) {
        if (set->common.members[i]->gap != PROTECTION_NO_GAP)
            return true;
    }
    return false;
}

void protection_set_give_up(struct protection_set *set, struct protection_report *r) {
    for (size_t i = 0; i < set->common.count; i++) {
        const struct protection *p = set->common.members[i];
        if (p->gap == PROTECTION_NO_GAP)
            continue;
        protection_give_up(p, r);
        name_output(p, r);
        break;
    }
    set->state = PROTECTION_LOST;
}

/* --- the end --- */

/* The connections that are closed behind it give back the rest. */
bool protection_set_end(struct protection_set *set, size_t index, struct protection_report *r) {
    if (index >= set->common.count)
        return false;
    struct protection *p = set->common.members[index];
    if (index == 0 && set->common.count > 1)
        wake_set(&set->common.wake, COPP_PENDING_LIMIT_MS);
    *r = (struct protection_report){.state = PROTECTION_LOST, .event = protection_end(p) ? "released" : NULL, .text = "released"};
    name_output(p, r);
    return true;
}

bool protection_set_reads_input(const struct protection_set *set) {
    const struct adapter *adapter = &set->common.adapter;
    const char *events = adapter->path == NULL ? events_name(adapter->host.events) : NULL;
    return events != NULL && strcmp(events, "-") == 0;
}
