/* EVT: what happens to an output, and how sessions are told. */
#include "define.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP

/* Two sessions, of which the first holds HDCP. */
struct pair {
    struct driver_client *holder;
    struct driver_client *other;
};

static bool start_pair(struct case_run *run, struct pair *pair) {
    pair->holder = client_start(run);
    pair->other = pair->holder != NULL ? client_start(run) : NULL;
    return pair->other != NULL && client_raise(run, pair->holder, HDCP, COPP_HDCP_ON);
}

static bool want_flag(struct case_run *run, struct driver_client *client, const char *what, uint32_t flag) {
    uint32_t flags = 0;
    return client_await_flags(run, client, &flags) && want_field(run, "EVT-1", what, 36, flags & flag, flag);
}

static bool want_no_flags(struct case_run *run, struct driver_client *client, const char *what) {
    struct copp_status answer;
    return client_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &answer) &&
           want_field(run, "EVT-2", what, 36, answer.flags, COPP_STATUS_NORMAL);
}

static bool want_level(struct case_run *run, struct driver_client *client, enum copp_request request, uint32_t type,
                       const char *rule, const char *what, uint32_t right) {
    struct copp_status answer;
    return client_ask(run, client, request, type, &answer) && want_field(run, rule, what, 40, answer.data, right);
}

/* What happens, and how it is undone. */
struct happening {
    const char *event;
    const char *undo; /* NULL: nothing is to be undone */
};
static const struct happening unplugged = {"unplug", "plug"};
static const struct happening fails = {"hdcp-fail", NULL};
static const struct happening tampered = {"tamper", NULL};

static bool happen(struct case_run *run, const struct happening *h) {
    return h->undo != NULL ? driver_cause_until_end(run, h->event, h->undo) : driver_cause(run, h->event);
}

static void link_lost(struct case_run *run) {
    struct pair pair;
    if (!start_pair(run, &pair) || !happen(run, run->test->with))
        return;
    if (want_flag(run, pair.holder, "LinkLost in dwFlags of the session that held HDCP", COPP_STATUS_LINK_LOST))
        (void)want_flag(run, pair.other, "LinkLost in dwFlags of another session", COPP_STATUS_LINK_LOST);
}

static void level_drops(struct case_run *run) {
    struct pair pair;
    uint32_t flags = 0;
    if (!start_pair(run, &pair) || !happen(run, run->test->with) || !client_await_flags(run, pair.holder, &flags))
        return;
    if (want_level(run, pair.holder, COPP_QUERY_LOCAL_PROTECTION_LEVEL, HDCP, "EVT-3", "the local level after the loss", 0))
        (void)want_level(run, pair.other, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, HDCP, "EVT-3", "the global level after the loss",
                         0);
}

static void told_once(struct case_run *run) {
    struct pair pair;
    uint32_t flags = 0;
    if (start_pair(run, &pair) && driver_cause(run, "hdcp-fail") && client_await_flags(run, pair.holder, &flags))
        (void)want_no_flags(run, pair.holder, "dwFlags of the answer after the one with LinkLost");
}

static void told_each(struct case_run *run) {
    struct pair pair;
    uint32_t flags = 0;
    if (start_pair(run, &pair) && driver_cause(run, "hdcp-fail") && client_await_flags(run, pair.holder, &flags))
        (void)want_flag(run, pair.other, "LinkLost in dwFlags, after another session was told", COPP_STATUS_LINK_LOST);
}

/* A refused query takes the flag away from nobody. */
static void refusal_keeps_flag(struct case_run *run) {
    struct pair pair;
    struct copp_status_input input;
    struct copp_status_output output;
    uint32_t hresult;
    if (!start_pair(run, &pair) || !driver_cause(run, "hdcp-fail"))
        return;
    client_make_status(run, pair.holder, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input);
    put_u32(input.bytes + 36, 4);
    if (client_status(run, pair.holder, &input, NULL, &output, &hresult) && hresult != COPP_HR_OK)
        (void)want_flag(run, pair.holder, "LinkLost in dwFlags, after a query that was refused", COPP_STATUS_LINK_LOST);
}

/* Any query tells: here one whose answer is another structure. */
static void display_tells(struct case_run *run) {
    struct pair pair;
    struct copp_status_output output;
    if (!start_pair(run, &pair) || !driver_cause(run, "hdcp-fail"))
        return;
    for (uint64_t end = driver_patience(run); case_going(run);) {
        if (!client_query(run, pair.holder, COPP_QUERY_DISPLAY_DATA, NULL, 0, &output))
            return;
        if (get_u32(output.bytes + 36) != 0 || clock_us() >= end)
            break;
    }
    (void)want_field(run, "EVT-2", "dwFlags of StatusDisplayData", 36, get_u32(output.bytes + 36) & COPP_STATUS_LINK_LOST,
                     COPP_STATUS_LINK_LOST);
}

/* The flags are under the MAC, as all of an answer. */
static void flag_is_authentic(struct case_run *run) {
    struct pair pair;
    struct copp_status_output output;
    uint8_t tag[COPP_MAC_SIZE];
    if (!start_pair(run, &pair) || !driver_cause(run, "hdcp-fail"))
        return;
    driver_settle(run);
    if (!client_query(run, pair.holder, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &output) ||
        copp_omac_tag(pair.holder->omac, output.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag) != COPP_OK ||
        copp_equal(tag, output.bytes, sizeof tag))
        return;
    case_mark(run, true, 0, COPP_MAC_SIZE);
    case_fail(run, "QRY-2", NULL, "the MAC of the answer that tells LinkLost is another one");
}

/* --- modes --- */

static const char *const modes[] = {"mode 720p60", "mode 1080p60", "mode 576i50", "mode 480i59.94", NULL};

static void renegotiates(struct case_run *run) {
    struct pair pair;
    if (!start_pair(run, &pair) || !driver_go_elsewhere(run, modes))
        return;
    if (want_flag(run, pair.holder, "RenegotiationRequired in dwFlags", COPP_STATUS_RENEGOTIATION_REQUIRED))
        (void)want_flag(run, pair.other, "RenegotiationRequired in dwFlags of another session",
                        COPP_STATUS_RENEGOTIATION_REQUIRED);
}

static void mode_is_no_loss(struct case_run *run) {
    struct pair pair;
    uint32_t flags = 0;
    if (start_pair(run, &pair) && driver_go_elsewhere(run, modes) && client_await_flags(run, pair.holder, &flags))
        (void)want_field(run, "EVT-1", "LinkLost in dwFlags after a change of the mode", 36, flags & COPP_STATUS_LINK_LOST, 0);
}

static void mode_keeps_levels(struct case_run *run) {
    struct pair pair;
    uint32_t flags = 0;
    if (!start_pair(run, &pair) || !driver_go_elsewhere(run, modes) || !client_await_flags(run, pair.holder, &flags))
        return;
    if (want_level(run, pair.holder, COPP_QUERY_LOCAL_PROTECTION_LEVEL, HDCP, "EVT-1", "the local level in the new mode", 1))
        (void)want_level(run, pair.holder, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, HDCP, "EVT-1", "the global level in the new mode",
                         1);
}

static void sets_again(struct case_run *run) {
    struct pair pair;
    uint32_t flags = 0;
    if (start_pair(run, &pair) && driver_go_elsewhere(run, modes) && client_await_flags(run, pair.holder, &flags) &&
        client_raise(run, pair.holder, HDCP, COPP_HDCP_ON))
        (void)want_no_flags(run, pair.holder, "dwFlags after the level was set again");
}

/* ACP cannot go on at 1080 lines of component video. */
static bool lose_by_mode(struct case_run *run, struct driver_client **client, uint32_t *flags) {
    *client = client_start(run);
    if (*client == NULL || !client_raise(run, *client, ACP, COPP_ACP_LEVEL1))
        return false;
    if (!driver_try(run, "mode 1080i59.94") && !driver_try(run, "mode 1080i50"))
        return case_skip(run, CASE_NOT_SUPPORTED, "the output cannot be brought into 1080i");
    return client_await_flags(run, *client, flags);
}

static void mode_ends_acp(struct case_run *run) {
    struct driver_client *client;
    uint32_t flags = 0;
    if (lose_by_mode(run, &client, &flags))
        (void)want_field(run, "EVT-1", "LinkLost in dwFlags where the mode ends a protection", 36, flags & COPP_STATUS_LINK_LOST,
                         COPP_STATUS_LINK_LOST);
}

static void mode_drops_acp(struct case_run *run) {
    struct driver_client *client;
    uint32_t flags = 0;
    if (lose_by_mode(run, &client, &flags))
        (void)want_level(run, client, COPP_QUERY_LOCAL_PROTECTION_LEVEL, ACP, "EVT-3", "the local level in a mode that ends it",
                         0);
}

/* --- devices that disappear --- */

static void closing_gives_back(struct case_run *run) {
    struct pair pair;
    if (!start_pair(run, &pair))
        return;
    client_close(run, pair.holder);
    driver_settle(run);
    (void)want_level(run, pair.other, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, HDCP, "EVT-5",
                     "the global level after the holder is gone", 0);
}

/* After LinkLost a new session can protect again. */
static void new_session(struct case_run *run) {
    struct pair pair;
    if (!start_pair(run, &pair) || !driver_cause(run, "hdcp-fail"))
        return;
    client_close(run, pair.holder);
    struct driver_client *client = client_start(run);
    if (client != NULL && client_raise(run, client, HDCP, COPP_HDCP_ON))
        (void)want_level(run, client, COPP_QUERY_LOCAL_PROTECTION_LEVEL, HDCP, "EVT-4", "the local level of a new session", 1);
}

/* --- multi-adapter modes --- */

static void clone_refuses_open(struct case_run *run) {
    struct driver_suite *suite = driver_suite_of(run);
    struct copp_transport *transport = NULL;
    if (!driver_cause_until_end(run, "multi-adapter clone", "multi-adapter single"))
        return;
    enum copp_result result = suite->target->ops->open(suite->target, suite->output->name, suite->semantics, &transport);
    case_record(run, (struct exchange){
                         .kind = EXCHANGE_OPEN, .semantics = suite->semantics, .result = result, .note = suite->output->name});
    if (result == COPP_OK)
        case_fail(run, "ARB-6", NULL, "a device was opened in clone mode");
    else if (result != COPP_E_UNSUPPORTED_MODE)
        case_fail(run, "ARB-6", NULL, "no device was opened in clone mode, but for another reason: %s", copp_strerror(result));
    copp_transport_free(&transport);
}

static void clone_refuses_levels(struct case_run *run) {
    struct driver_client *client = client_start(run);
    uint32_t hresult;
    if (client != NULL && driver_cause_until_end(run, "multi-adapter clone", "multi-adapter single") &&
        client_set_level(run, client, HDCP, COPP_HDCP_ON, &hresult))
        (void)want_hresult(run, "ARB-6", "HDCP on in clone mode", hresult, COPP_HR_UNSUPPORTEDMODE);
}

#define WITH_HDCP (NEED_HDCP | NEED_RECEIVER | NEED_EVENTS)
#define EVENT(number, title, rules, sends, right, function, value)                                                               \
    CORRECT_CASE(number, title, rules, FROM_STATUS, sends, right, WITH_HDCP, function, value)

const struct conformance_case driver_cases_events[] = {
    EVENT("DRV-EVT-1-1", "unplugging is LinkLost for all sessions", "EVT-1", "HDCP on in one of two sessions; unplug; queries",
          "LinkLost in both sessions' next answers", link_lost, &unplugged),
    EVENT("DRV-EVT-1-2", "HDCP that falls away is LinkLost for all sessions", "EVT-1",
          "HDCP on in one of two sessions; HDCP fails; queries", "LinkLost in both sessions' next answers", link_lost, &fails),
    EVENT("DRV-EVT-1-3", "tampering is LinkLost for all sessions", "EVT-1", "HDCP on in one of two sessions; tampering; queries",
          "LinkLost in both sessions' next answers", link_lost, &tampered),
    EVENT("DRV-EVT-1-4", "another mode is RenegotiationRequired for all sessions", "EVT-1",
          "HDCP on in one of two sessions; another mode; queries", "RenegotiationRequired in both sessions' next answers",
          renegotiates, NULL),
    EVENT("DRV-EVT-1-5", "another mode is not LinkLost where HDCP goes on", "EVT-1", "HDCP on; another mode; a query",
          "no LinkLost", mode_is_no_loss, NULL),
    EVENT("DRV-EVT-1-6", "another mode keeps session and levels", "EVT-1", "HDCP on; another mode; both level queries",
          "both levels 1", mode_keeps_levels, NULL),
    EVENT("DRV-EVT-1-7", "after RenegotiationRequired the level is set again", "EVT-1 EVT-4", "HDCP on; another mode; HDCP on",
          "S_OK, and no more flags", sets_again, NULL),
    CORRECT_CASE("DRV-EVT-1-8", "a mode that ends a protection is LinkLost", "EVT-1 EVT-3", FROM_STATUS,
                 "ACP 1 on component video; 1080i; a query", "LinkLost", NEED_ACP | NEED_COMPONENT | NEED_EVENTS, mode_ends_acp,
                 NULL),
    EVENT("DRV-EVT-2-1", "a flag is told once", "EVT-2", "HDCP on; HDCP fails; two queries", "the second answer has no flag",
          told_once, NULL),
    EVENT("DRV-EVT-2-2", "a flag is told each session", "EVT-2",
          "two sessions; HDCP fails; a query in the one, then in the other", "LinkLost in the other one's answer too", told_each,
          NULL),
    CORRECT_CASE("DRV-EVT-2-3", "a refused query takes no flag away", "EVT-2 QRY-3", FROM_STATUS,
                 "HDCP fails; a query of a wrong size; a right one", "LinkLost in the right one's answer", WITH_HDCP,
                 refusal_keeps_flag, NULL),
    EVENT("DRV-EVT-2-4", "any answer tells a flag", "EVT-2 WIRE-8", "HDCP fails; QueryDisplayData", "LinkLost", display_tells,
          NULL),
    EVENT("DRV-EVT-2-5", "a flag is under the MAC", "EVT-2 QRY-2", "HDCP fails; a query", "the answer's MAC is right",
          flag_is_authentic, NULL),
    EVENT("DRV-EVT-3-1", "levels drop to 0 when HDCP falls away", "EVT-3", "HDCP on; HDCP fails; both level queries", "both 0",
          level_drops, &fails),
    EVENT("DRV-EVT-3-2", "levels drop to 0 when the display is unplugged", "EVT-3", "HDCP on; unplug; both level queries",
          "both 0", level_drops, &unplugged),
    CORRECT_CASE("DRV-EVT-3-3", "levels drop to 0 in a mode that ends them", "EVT-3", FROM_STATUS,
                 "ACP 1 on component video; 1080i; QueryLocalProtectionLevel", "0", NEED_ACP | NEED_COMPONENT | NEED_EVENTS,
                 mode_drops_acp, NULL),
    EVENT("DRV-EVT-4-1", "a new session protects after LinkLost", "EVT-4", "HDCP fails; a new session; HDCP on",
          "S_OK, local level 1", new_session, NULL),
    CORRECT_CASE("DRV-EVT-5-1", "a device that disappears gives its levels back", "EVT-5 ARB-1 ARB-4", FROM_ARBITRATION,
                 "HDCP on in one session, which is closed; QueryGlobalProtectionLevel in another", "0", NEED_HDCP | NEED_RECEIVER,
                 closing_gives_back, NULL),
    CORRECT_CASE("DRV-ARB-6-1", "no device is opened in clone mode", "ARB-6", FROM_ARBITRATION, "clone mode; a device is opened",
                 "DDERR_UNSUPPORTEDMODE", WITH_HDCP, clone_refuses_open, NULL),
    CORRECT_CASE("DRV-ARB-6-2", "no level is raised in clone mode", "ARB-6", FROM_LIBCOPP,
                 "clone mode; SetProtectionLevel, HDCP on", "DDERR_UNSUPPORTEDMODE", WITH_HDCP, clone_refuses_levels, NULL),
    END_OF_CASES,
};
