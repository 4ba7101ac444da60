/* What happens to an output, and what its sessions are told of it (OPM-STA, OPM-SRM-5, OPM-SRM-6, OPM-OUT-6). */
#include "opm_cases.h"
#include "opm_kit.h"

#define PAGES "Using Output Protection Manager: status flags; OPM_STANDARD_INFORMATION"
#define MODES_PAGES "DXGKDDI_OPM_CREATE_PROTECTED_OUTPUT; clone and theatre mode"
#define HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define DPCP COPP_PROTECTION_TYPE_DPCP
#define TYPE1 COPP_PROTECTION_TYPE_ENFORCEMENT
#define LOST COPP_STATUS_LINK_LOST
#define RENEGOTIATE COPP_STATUS_RENEGOTIATION_REQUIRED
#define REVOKED (COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE)
#define FAILED COPP_HR_OPM_DRIVER_INTERNAL_ERROR

static const struct opm_event unplug = {"unplug", "plug"};
static const struct opm_event plug = {"plug", NULL};
static const struct opm_event fail = {"hdcp-fail", NULL};
static const struct opm_event revocation = {"revoke on", "revoke off"};
static const struct opm_event newer = {"hdcp-version 2.2", "hdcp-version 1.4"};
static const struct opm_event older = {"hdcp-version 1.4", NULL};

/* A session that holds HDCP, or NULL after the case has ended. */
static struct driver_client *start_with_hdcp(struct case_run *run) {
    struct driver_client *client = client_start(run);
    return client != NULL && opm_want_set(run, client, "OPM-SET-4", HDCP, 1, COPP_HR_OK) ? client : NULL;
}

/* --- which flag, and when --- */

struct happening {
    struct opm_event event;
    bool held; /* HDCP is on before */
    uint32_t flags; /* of the next answer */
};

static void run_flag(struct case_run *run) {
    const struct happening *h = run->test->with;
    struct driver_client *client = h->held ? start_with_hdcp(run) : client_start(run);
    if (client != NULL && opm_cause(run, &h->event))
        opm_want_flags(run, client, NULL, h->flags);
}

static void run_none(struct case_run *run) {
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_want_flags(run, client, NULL, COPP_STATUS_NORMAL))
        opm_want_loss(run, client, NULL, HDCP, 1, COPP_STATUS_NORMAL);
}

static void run_once(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_cause(run, &unplug) && opm_want_flags(run, client, NULL, LOST))
        opm_want_flags(run, client, NULL, COPP_STATUS_NORMAL);
}

/* Flags in every kind of answer that has them. */
static void run_every_answer(struct case_run *run) {
    static const enum copp_request requests[] = {COPP_QUERY_CONNECTOR_TYPE, COPP_QUERY_PROTECTION_TYPE, COPP_QUERY_DISPLAY_DATA,
                                                 COPP_OPM_QUERY_OUTPUT_ID, COPP_OPM_QUERY_HARDWARE_PROTECTION};
    struct copp_status_output output;
    struct driver_client *client = client_start(run);
    for (size_t i = 0; client != NULL && i < sizeof requests / sizeof requests[0]; i++) {
        if (!opm_cause(run, &unplug) || !opm_query(run, client, requests[i], 0, &output) ||
            !want_field(run, NULL, "ulStatusFlags", OPM_AT_FLAGS, get_u32(output.bytes + OPM_AT_FLAGS), LOST) ||
            !opm_cause(run, &plug) || !opm_want_flags(run, client, "OPM-STA-2", RENEGOTIATE))
            return;
    }
}

static void run_each_session(struct case_run *run) {
    struct driver_client *first = client_start(run);
    struct driver_client *second = first != NULL ? client_start(run) : NULL;
    if (second == NULL || !opm_cause(run, &unplug))
        return;
    if (opm_want_flags(run, first, NULL, LOST) && opm_want_flags(run, second, NULL, LOST) &&
        opm_want_flags(run, first, NULL, COPP_STATUS_NORMAL))
        opm_want_flags(run, second, NULL, COPP_STATUS_NORMAL);
}

static void run_new_session(struct case_run *run) {
    struct driver_client *client;
    if (!opm_cause(run, &unplug))
        return;
    client = client_start(run);
    if (client != NULL)
        opm_want_flags(run, client, NULL, COPP_STATUS_NORMAL);
}

/* A refused request neither tells a flag nor takes it away. */
static void run_after_refusal(struct case_run *run) {
    static const struct opm_message wrong = {
        .request = COPP_QUERY_CONNECTOR_TYPE, .mac = OPM_MAC_ZERO, .code = COPP_HR_OPM_INVALID_INFORMATION_REQUEST};
    static const struct opm_message foreign = {.request = COPP_QUERY_SIGNALING, .code = COPP_HR_OPM_NOT_COPP_SEMANTICS};
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_cause(run, &unplug) && opm_send_get(run, client, &wrong) && opm_send_get(run, client, &foreign))
        opm_want_flags(run, client, NULL, LOST);
}

/* Two that came before one answer are told together. */
static void run_together(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_cause(run, &unplug) && opm_cause(run, &plug))
        opm_want_flags(run, client, NULL, LOST | RENEGOTIATE);
}

/* A command does not answer: it takes away no flag. */
static void run_command_between(struct case_run *run) {
    uint32_t hresult;
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_cause(run, &unplug) && opm_set(run, client, HDCP, 0, &hresult))
        opm_want_flags(run, client, NULL, LOST);
}

/* --- levels that fall away --- */

static void run_level_drops(struct case_run *run) {
    const struct happening *h = run->test->with;
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_cause(run, &h->event) && opm_want_loss(run, client, NULL, HDCP, 0, h->flags))
        opm_want_actual(run, client, NULL, HDCP, 0);
}

/* HDCP falls away under all its names. */
static void run_all_names(struct case_run *run) {
    struct driver_client *first = start_with_hdcp(run);
    struct driver_client *second = first != NULL ? client_start(run) : NULL;
    if (second != NULL && opm_want_set(run, second, "OPM-SET-4", TYPE1, 1, COPP_HR_OK) && opm_cause(run, &fail) &&
        opm_want_loss(run, second, NULL, TYPE1, 0, LOST) && opm_want_actual(run, second, NULL, TYPE1, 0))
        opm_want_loss(run, first, NULL, HDCP, 0, LOST);
}

static void run_type1_lost(struct case_run *run) {
    struct driver_client *client;
    if (!opm_cause(run, &newer))
        return;
    client = client_start(run);
    if (client != NULL && opm_want_set(run, client, "OPM-SET-4", TYPE1, 2, COPP_HR_OK) && opm_cause(run, &older) &&
        opm_want_loss(run, client, NULL, TYPE1, 0, LOST))
        opm_want_actual(run, client, NULL, TYPE1, 0);
}

static void run_dpcp_lost(struct case_run *run) {
    static const struct opm_event dpcp_fail = {"dpcp-fail", NULL};
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_want_set(run, client, "OPM-SET-4", DPCP, 1, COPP_HR_OK) && opm_cause(run, &dpcp_fail) &&
        opm_want_loss(run, client, NULL, DPCP, 0, LOST))
        opm_want_actual(run, client, NULL, DPCP, 0);
}

/* What was lost can be asked for again. */
static void run_again(struct case_run *run) {
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_cause(run, &fail) && opm_want_loss(run, client, NULL, HDCP, 0, LOST) &&
        opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK) && opm_want_loss(run, client, NULL, HDCP, 1, COPP_STATUS_NORMAL))
        opm_want_actual(run, client, NULL, HDCP, 1);
}

/* After a loss a level may be released as well as before. */
static void run_release_lost(struct case_run *run) {
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_cause(run, &fail) && opm_want_set(run, client, NULL, HDCP, 0, COPP_HR_OK) &&
        opm_want_loss(run, client, NULL, HDCP, 0, LOST) && opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK))
        opm_want_actual(run, client, NULL, HDCP, 1);
}

/* --- displays that come and go --- */

static void run_display_returns(struct case_run *run) {
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_cause(run, &unplug) && opm_want_flags(run, client, NULL, LOST) && opm_cause(run, &plug) &&
        opm_want_flags(run, client, NULL, RENEGOTIATE) && opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK))
        opm_want_actual(run, client, NULL, HDCP, 1);
}

/* --- modes --- */

static void run_mode_keeps(struct case_run *run) {
    static const struct opm_event mode = {"mode 720p60", NULL};
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_cause(run, &mode) && opm_want_loss(run, client, NULL, HDCP, 1, RENEGOTIATE))
        opm_want_actual(run, client, NULL, HDCP, 1);
}

/* Whether an output is made in the mode that it has now. */
static bool can_open(struct case_run *run) {
    struct driver_suite *suite = driver_suite_of(run);
    struct copp_transport *transport = NULL;
    enum copp_result result = suite->target->ops->open(suite->target, suite->output->name, COPP_SEMANTICS_OPM, &transport);
    case_record(run, (struct exchange){.kind = EXCHANGE_OPEN, .result = result, .note = suite->output->name});
    copp_transport_free(&transport);
    return result == COPP_OK;
}

static void run_clone_open(struct case_run *run) {
    static const struct opm_event clone = {"multi-adapter clone", "multi-adapter single"};
    struct driver_client *client;
    if (!opm_cause(run, &clone))
        return;
    if (!can_open(run)) {
        case_fail(run, NULL, NULL, "no output was made");
        return;
    }
    client = client_start(run);
    if (client != NULL && opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK))
        opm_want_actual(run, client, NULL, HDCP, 1);
}

static void run_clone_goes_on(struct case_run *run) {
    static const struct opm_event clone = {"multi-adapter clone", "multi-adapter single"};
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_cause(run, &clone))
        opm_want_loss(run, client, NULL, HDCP, 1, RENEGOTIATE);
}

static void run_theatre_open(struct case_run *run) {
    static const struct opm_event theatre = {"multi-adapter theatre", "multi-adapter single"};
    if (opm_cause(run, &theatre) && can_open(run))
        case_fail(run, NULL, NULL, "an output was made");
}

static void run_theatre_ends(struct case_run *run) {
    static const struct opm_event theatre = {"multi-adapter theatre", "multi-adapter single"};
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_cause(run, &theatre) && opm_want_loss(run, client, NULL, HDCP, 0, LOST | RENEGOTIATE))
        opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
}

/* --- revoked devices that the hardware has found --- */

static void run_revoked_level(struct case_run *run) {
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_cause(run, &revocation) && opm_want_loss(run, client, NULL, HDCP, 0, REVOKED))
        opm_want_actual(run, client, NULL, HDCP, 0);
}

/* It waits for the question that it is the answer to. */
static void run_revoked_waits(struct case_run *run) {
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_cause(run, &revocation) && opm_want_flags(run, client, NULL, LOST) &&
        opm_want_flags(run, client, NULL, COPP_STATUS_NORMAL))
        opm_want_loss(run, client, NULL, HDCP, 0, REVOKED);
}

static void run_revoked_once(struct case_run *run) {
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_cause(run, &revocation) && opm_want_loss(run, client, NULL, HDCP, 0, REVOKED))
        opm_want_loss(run, client, NULL, HDCP, 0, COPP_STATUS_NORMAL);
}

/* The actual level tells it as well as the virtual one. */
static void run_revoked_actual(struct case_run *run) {
    uint32_t word, flags;
    struct driver_client *client = start_with_hdcp(run);
    if (client != NULL && opm_cause(run, &revocation) &&
        opm_ask(run, client, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, HDCP, &word, &flags))
        want_field(run, NULL, "ulStatusFlags", OPM_AT_FLAGS, flags, REVOKED);
}

static void run_revoked_refuses(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_cause(run, &revocation) && opm_want_set(run, client, NULL, HDCP, 1, FAILED) &&
        opm_want_loss(run, client, NULL, HDCP, 0, REVOKED))
        opm_want_actual(run, client, NULL, HDCP, 0);
}

static void run_revoked_css(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_cause(run, &revocation) && opm_want_css(run, client, NULL, HDCP, 1, COPP_HR_OK))
        opm_want_loss(run, client, NULL, HDCP, 0, REVOKED);
}

/* A session that has not asked for HDCP does not see the flag. */
static void run_revoked_others(struct case_run *run) {
    struct driver_client *first = client_start(run);
    struct driver_client *second = first != NULL ? client_start(run) : NULL;
    if (second != NULL && opm_cause(run, &revocation) && opm_want_set(run, first, NULL, HDCP, 1, FAILED))
        opm_want_loss(run, second, NULL, HDCP, 0, COPP_STATUS_NORMAL);
}

static void run_repeater(struct case_run *run) {
    static const struct opm_event repeater = {"repeater on", "repeater off"};
    struct driver_client *client;
    if (!opm_cause(run, &repeater))
        return;
    client = client_start(run);
    if (client != NULL && opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK))
        opm_want_actual(run, client, NULL, HDCP, 1);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define DOES(number, what, ids, how, answer, bits, function)                                                                     \
    {                                                                                                                            \
        .id = "DRV-OPM-" number, .title = what, .rules = ids, .source = PAGES, .sends = how, .right = answer, .needs = bits,     \
        .semantics = COPP_SEMANTICS_OPM, .run = function                                                                         \
    }
#define TELLS(number, what, ids, how, answer, function, happens, end, on, bits)                                                  \
    {                                                                                                                            \
        .id = "DRV-OPM-" number, .title = what, .rules = ids, .source = PAGES, .sends = how, .right = answer, .needs = BOTH,     \
        .semantics = COPP_SEMANTICS_OPM, .run = function, .with = &(const struct happening) {                                    \
            {happens, end}, on, bits                                                                                             \
        }                                                                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
#define BOTH (NEED_HDCP | NEED_EVENTS)

const struct conformance_case driver_cases_opm_flags[] = {
    DOES("STA-1-1", "without an event all flags are 0", "OPM-STA-1", "HDCP on; a request of the bus and of the level", "no flag",
         NEED_HDCP, run_none),
    DOES("STA-1-2", "a flag is delivered once", "OPM-STA-1", "the cable is pulled; two requests", "LINK_LOST, then no flag", BOTH,
         run_once),
    DOES("STA-1-3", "every answer with a flags field delivers flags", "OPM-STA-1",
         "the cable is pulled before each of five different requests", "LINK_LOST each time", BOTH, run_every_answer),
    DOES("STA-1-4", "every session is told for itself", "OPM-STA-1", "two sessions; the cable is pulled; two requests of each",
         "LINK_LOST once for each", BOTH, run_each_session),
    DOES("STA-1-5", "what happened before a session began is not told to it", "OPM-STA-1", "the cable is pulled; a new session",
         "no flag", BOTH, run_new_session),
    DOES("STA-1-6", "a refused request delivers and loses no flag", "OPM-STA-1 OPM-ERR-3",
         "the cable is pulled; a request with a wrong OMAC, one of COPP's, a right one",
         "LINK_LOST in the answer to the right one", BOTH, run_after_refusal),
    DOES("STA-1-7", "flags add up until they are delivered", "OPM-STA-1", "the cable is pulled and plugged in; one request",
         "LINK_LOST and RENEGOTIATION_REQUIRED", BOTH, run_together),
    DOES("STA-1-8", "a command takes no flag away", "OPM-STA-1", "the cable is pulled; HDCP off; a request", "LINK_LOST", BOTH,
         run_command_between),
    TELLS("STA-2-1", "a cable that is pulled is LINK_LOST", "OPM-STA-2", "the cable is pulled; a request", "LINK_LOST alone",
          run_flag, "unplug", "plug", false, LOST),
    TELLS("STA-2-2", "HDCP that falls away is LINK_LOST", "OPM-STA-2", "HDCP on; it falls away; a request", "LINK_LOST alone",
          run_flag, "hdcp-fail", NULL, true, LOST),
    TELLS("STA-2-3", "another mode is RENEGOTIATION_REQUIRED", "OPM-STA-2 OPM-STA-7", "another mode; a request",
          "RENEGOTIATION_REQUIRED alone", run_flag, "mode 720p60", NULL, true, RENEGOTIATE),
    TELLS("STA-2-4", "tampering is told as such", "OPM-STA-2", "the adapter is tampered with; a request", "TAMPERING_DETECTED",
          run_flag, "tamper", NULL, true, COPP_STATUS_TAMPERING_DETECTED),
    DOES("STA-2-5", "a mode change keeps what the new mode carries", "OPM-STA-2 OPM-STA-7", "HDCP on; another mode; the levels",
         "RENEGOTIATION_REQUIRED, and both levels are 1", BOTH, run_mode_keeps),
    TELLS("STA-5-1", "the level is 0 when HDCP has fallen away", "OPM-STA-5", "HDCP on; it falls away; both level requests",
          "LINK_LOST, and both levels are 0", run_level_drops, "hdcp-fail", NULL, true, LOST),
    TELLS("STA-5-2", "the level is 0 when the cable is pulled", "OPM-STA-5", "HDCP on; the cable is pulled; both level requests",
          "LINK_LOST, and both levels are 0", run_level_drops, "unplug", "plug", true, LOST),
    TELLS("STA-5-3", "the level is 0 after tampering", "OPM-STA-2 OPM-STA-5", "HDCP on; tampering; both level requests",
          "TAMPERING_DETECTED, and both levels are 0", run_level_drops, "tamper", NULL, true, COPP_STATUS_TAMPERING_DETECTED),
    DOES("STA-5-4", "HDCP falls away under all its names", "OPM-STA-5 OPM-ARB-2",
         "one session holds HDCP, another type enforcement; HDCP falls away", "both levels are 0, and both are told",
         BOTH | NEED_TYPE1, run_all_names),
    DOES("STA-5-5", "Type 1 that falls away is 0", "OPM-STA-5 OPM-HDCP-2",
         "type enforcement 2 with a receiver of HDCP 2.2; another receiver, of HDCP 1.4", "LINK_LOST, and both levels are 0",
         BOTH | NEED_TYPE1, run_type1_lost),
    DOES("STA-5-6", "DPCP that falls away is 0", "OPM-STA-5 OPM-HDCP-3", "DPCP on; it falls away",
         "LINK_LOST, and both levels are 0", NEED_DPCP | NEED_EVENTS, run_dpcp_lost),
    DOES("STA-6-1", "what was lost can be asked for again", "OPM-STA-6 OPM-STA-5", "HDCP on; it falls away; HDCP on",
         "S_OK, both levels are 1, no flag", BOTH, run_again),
    DOES("STA-6-2", "what was lost can be given back", "OPM-STA-6", "HDCP on; it falls away; HDCP off, and on again",
         "S_OK both times, and level 1 in the end", BOTH, run_release_lost),
    DOES("STA-7-1", "a display that goes and comes back keeps the output and its sessions", "OPM-STA-7 OPM-STA-2",
         "HDCP on; the cable is pulled and plugged in again; a request after each; HDCP on",
         "answers with LINK_LOST and with RENEGOTIATION_REQUIRED; S_OK, and level 1", BOTH, run_display_returns),
    DOES("STA-3-1", "a revoked device ends HDCP, and the level says why", "OPM-STA-3 OPM-STA-4 OPM-SRM-5",
         "HDCP on; the hardware finds a revoked device; both level requests", "LINK_LOST with REVOKED, and both levels are 0",
         BOTH, run_revoked_level),
    DOES("STA-4-1", "REVOKED waits for a question about a level of HDCP", "OPM-STA-4",
         "HDCP on; a revoked device; two requests of the bus, one of the level",
         "LINK_LOST alone, no flag, LINK_LOST with REVOKED", BOTH, run_revoked_waits),
    DOES("STA-4-2", "REVOKED is delivered once", "OPM-STA-4 OPM-STA-1", "HDCP on; a revoked device; two requests of the level",
         "LINK_LOST with REVOKED, then no flag", BOTH, run_revoked_once),
    DOES("STA-4-3", "the actual level tells of a revoked device too", "OPM-STA-4 OPM-SRM-5",
         "HDCP on; a revoked device; GET_ACTUAL_PROTECTION_LEVEL of HDCP", "LINK_LOST with REVOKED", BOTH, run_revoked_actual),
    DOES("SRM-6-1", "HDCP does not go on for a revoked device", "OPM-SRM-6", "a revoked device; HDCP on; both level requests",
         "0xC026251E; LINK_LOST with REVOKED, and both levels are 0", BOTH, run_revoked_refuses),
    DOES("SRM-6-2", "the command for DVDs succeeds with a revoked device, and the level tells", "OPM-SRM-6 OPM-SET-6",
         "a revoked device; HDCP on by that command; the level", "S_OK; level 0 with LINK_LOST and REVOKED", BOTH,
         run_revoked_css),
    DOES("SRM-6-3", "another session is not told of a revoked device", "OPM-SRM-6",
         "a revoked device; one session asks for HDCP; another asks for its level", "no flag", BOTH, run_revoked_others),
    DOES("HDCP-1-1", "HDCP goes on with a repeater", "OPM-HDCP-1", "the receiver is a repeater; HDCP on", "S_OK, and level 1",
         BOTH, run_repeater),
    DOES("OUT-6-1", "an output in clone mode has sessions", "OPM-OUT-6", "clone mode; a new session; HDCP on",
         "S_OK, and level 1", BOTH, run_clone_open),
    DOES("OUT-6-2", "clone mode does not end a session", "OPM-OUT-6", "HDCP on; clone mode; the level",
         "level 1, with RENEGOTIATION_REQUIRED alone", BOTH, run_clone_goes_on),
    DOES("OUT-6-3", "an output in theatre mode has no sessions", "OPM-OUT-6", "theatre mode; a new session", "it is refused",
         BOTH, run_theatre_open),
    DOES("OUT-6-4", "theatre mode ends protection", "OPM-OUT-6 OPM-STA-5", "HDCP on; theatre mode; the level; HDCP on",
         "level 0, with LINK_LOST and RENEGOTIATION_REQUIRED; 0xC0262521", BOTH, run_theatre_ends),
    {.id = NULL}};
