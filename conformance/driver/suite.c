/* What comes before and after each case, and what happens to its output. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "conformance/pause.h"

/* What is missing, in words. */
static void name_needs(unsigned needs, char *text, size_t size) {
    static const struct {
        unsigned need;
        const char *name;
    } names[] = {{NEED_HDCP, "HDCP"},
                 {NEED_ACP, "ACP"},
                 {NEED_CGMSA, "CGMS-A"},
                 {NEED_SIGNALING, "TV standards"},
                 {NEED_EVENTS, "a way to make something happen to it (--event-command)"},
                 {NEED_BOUND, "bound answers"},
                 {NEED_UNBOUND, "answers that are not bound"},
                 {NEED_RECEIVER, "an HDCP receiver that is named"},
                 {NEED_NO_HDCP, "no HDCP"},
                 {NEED_NO_ACP, "no ACP"},
                 {NEED_TYPE, "a protection type"},
                 {NEED_CEA, "a default standard of CEA-805-A"},
                 {NEED_NO_CEA, "a default standard that is not of CEA-805-A"},
                 {NEED_NO_SIGNALING, "no TV standards"},
                 {NEED_COMPONENT, "component video"},
                 {NEED_FIXED, "S-Video or composite"},
                 {NEED_TWO_TYPES, "two protection types"},
                 {NEED_NO_RECEIVER, "no HDCP receiver"},
                 {NEED_NO_CGMSA, "no CGMS-A"},
                 {NEED_DPCP, "DPCP"},
                 {NEED_NO_DPCP, "no DPCP"},
                 {NEED_TYPE1, "type enforcement"},
                 {NEED_NO_TYPE1, "no type enforcement"},
                 {NEED_DVI, "DVI"},
                 {NEED_NO_DVI, "another connector than DVI"},
                 {NEED_EMBEDDED, "an embedded link"},
                 {NEED_LISTS, "a driver that trusts the suite's own lists (--test-lists)"},
                 {NEED_COPP, "sessions of COPP as well"},
                 {NEED_TWO, "a second output beside it"}};
    size_t used = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names && used < size; i++) {
        if ((needs & names[i].need) != 0)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", names[i].name);
    }
}

bool driver_prepare(struct case_run *run) {
    struct driver_suite *suite = driver_suite_of(run);
    suite->output = NULL;
    suite->undo_count = 0;
    if (!suite->probed)
        driver_probe(suite);
    for (size_t i = 0; i < suite->output_count && suite->output == NULL; i++) {
        if ((suite->outputs[i].has & run->test->needs) == run->test->needs)
            suite->output = &suite->outputs[i];
    }
    if (suite->output == NULL) {
        char needs[256] = "";
        name_needs(run->test->needs, needs, sizeof needs);
        return case_skip(run, CASE_NOT_SUPPORTED, "no output has all that this case needs: %s", needs);
    }
    (void)snprintf(run->outcome->subject, sizeof run->outcome->subject, "%s", suite->output->name);
    return true;
}

/* The levels that a session still holds, before it is closed: not every driver takes back what a closed device held. */
static void lower(struct case_run *run, struct driver_client *client) {
    uint32_t hresult;
    for (uint32_t type = 1; client->transport != NULL && type != 0; type <<= 1) {
        if ((client->raised & type) != 0)
            (void)client_set_level(run, client, type, 0, &hresult);
    }
}

static bool has_sent(const struct case_outcome *outcome, unsigned kinds) {
    for (size_t i = 0; i < outcome->exchanges.count; i++) {
        if ((kinds >> outcome->exchanges.items[i].kind & 1) != 0)
            return true;
    }
    return false;
}

/* What does not work at all, the messages that it is about, and the cases that tell of it. */
struct basic {
    enum copp_semantics semantics;
    unsigned broken;
    unsigned kinds;
    const char *cases;
    const char *what;
};
static const struct basic basics[] = {
    {COPP_SEMANTICS_COPP, BROKEN_HANDSHAKE, 1u << EXCHANGE_KEY_EXCHANGE, "DRV-CERT-*,DRV-SES-2-*,DRV-SES-5-*",
     "handshakes do not work"},
    {COPP_SEMANTICS_COPP, BROKEN_QUERIES, 1u << EXCHANGE_STATUS, "DRV-SES-4-1,DRV-QRY-1-*,DRV-QRY-3-*,DRV-CMD-3-5",
     "queries do not work"},
    {COPP_SEMANTICS_COPP, BROKEN_COMMANDS, 1u << EXCHANGE_COMMAND,
     "DRV-SES-4-2,DRV-CMD-1-1,DRV-CMD-2-3,DRV-CMD-2-4,DRV-CMD-3-*,DRV-CMD-4-12", "commands do not work"},
    {COPP_SEMANTICS_COPP, BROKEN_MACS, 1u << EXCHANGE_STATUS, "DRV-QRY-*",
     "answers are not authentic, which DRV-QRY-2-1 is about"},
    {COPP_SEMANTICS_OPM, BROKEN_QUERIES, 1u << EXCHANGE_STATUS,
     "DRV-OPM-INI-*,DRV-OPM-GET-1-1,DRV-OPM-GET-1-9,DRV-OPM-GET-3-*,DRV-OPM-SET-2-7", "requests are not answered"},
    {COPP_SEMANTICS_OPM, BROKEN_COMMANDS, 1u << EXCHANGE_COMMAND,
     "DRV-OPM-INI-3-*,DRV-OPM-SET-1-1,DRV-OPM-SET-1-22,DRV-OPM-SET-1-25,DRV-OPM-SET-2-*,DRV-OPM-GET-3-8", "commands do not work"},
};

/* A failure that comes of something more basic, about which there are cases of their own, tells nothing. */
static void doubt(struct case_run *run) {
    const struct driver_suite *suite = driver_suite_of(run);
    struct case_outcome *o = run->outcome;
    for (size_t i = 0; i < sizeof basics / sizeof *basics && o->result == CASE_FAIL; i++) {
        const struct basic *basic = &basics[i];
        if (basic->semantics != suite->semantics || (suite->broken & basic->broken) == 0 ||
            runner_wants(basic->cases, run->test) || !has_sent(o, basic->kinds))
            continue;
        o->result = CASE_ERROR;
        (void)snprintf(o->seen, sizeof o->seen, "could not tell: %s; look at %s first", basic->what, basic->cases);
    }
}

/* What comes of this is not part of the case: its verdict and its marks stand. */
void driver_finish(struct case_run *run) {
    struct driver_suite *suite = driver_suite_of(run);
    doubt(run);
    const struct case_outcome before = *run->outcome;
    for (size_t i = 0; i < suite->client_count; i++)
        lower(run, suite->clients[i]);
    client_close_all(run);
    while (suite->undo_count > 0) {
        const char *event = suite->undo[--suite->undo_count];
        (void)suite->target->ops->cause(suite->target, event);
        case_record(run, (struct exchange){.kind = EXCHANGE_EVENT, .note = event});
        driver_settle(run);
    }
    const struct exchange_list exchanges = run->outcome->exchanges;
    *run->outcome = before;
    run->outcome->exchanges = exchanges;
}

/* The output's name goes behind the event's first word. */
static void name_event(const struct driver_suite *suite, const char *event, char *text, size_t size) {
    size_t word = strcspn(event, " ");
    (void)snprintf(text, size, "%.*s %s%s", (int)word, event, suite->output->name, event + word);
}

void driver_settle(struct case_run *run) {
    for (uint64_t end = driver_patience(run), now = clock_us(); now < end; now = clock_us())
        pause_ms(10);
}

static bool remember(struct driver_suite *suite, const char *event) {
    if (suite->undo_count == DRIVER_UNDO_MAX)
        return false;
    name_event(suite, event, suite->undo[suite->undo_count], sizeof suite->undo[0]);
    suite->undo_count++;
    return true;
}

static bool make_happen(struct case_run *run, const char *event) {
    struct driver_suite *suite = driver_suite_of(run);
    char text[96];
    name_event(suite, event, text, sizeof text);
    if (suite->target->ops->cause == NULL || !suite->target->ops->cause(suite->target, text))
        return false;
    case_record(run, (struct exchange){.kind = EXCHANGE_EVENT, .note = text});
    driver_settle(run);
    return true;
}

bool driver_try(struct case_run *run, const char *event) {
    struct driver_suite *suite = driver_suite_of(run);
    char back[64];
    if (strncmp(event, "mode ", 5) != 0)
        return make_happen(run, event);
    if (strcmp(event + 5, suite->output->mode) == 0)
        return true; /* it is there already */
    (void)snprintf(back, sizeof back, "mode %s", suite->output->mode);
    return make_happen(run, event) && (suite->output->mode[0] == '\0' || remember(suite, back));
}

bool driver_cause(struct case_run *run, const char *event) {
    return driver_try(run, event) ||
           case_skip(run, CASE_NOT_SUPPORTED, "nothing makes this happen here: %s (see --event-command)", event);
}

bool driver_cause_until_end(struct case_run *run, const char *event, const char *undo) {
    return driver_cause(run, event) && (remember(driver_suite_of(run), undo) || case_error(run, "too many events"));
}

bool driver_go_elsewhere(struct case_run *run, const char *const *modes) {
    for (; *modes != NULL; modes++) {
        if (strcmp(*modes + 5, driver_suite_of(run)->output->mode) != 0 && driver_try(run, *modes))
            return true;
    }
    return case_skip(run, CASE_NOT_SUPPORTED, "the output cannot be brought into another mode");
}
