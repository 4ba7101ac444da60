/* Several sessions on one connector, of OPM and of COPP, and what they hold together (OPM-ARB, OPM-HDCP-2). */
#include "opm_cases.h"
#include "opm_kit.h"

#define PAGES "Output Protection Manager DDI: protection levels of several outputs"
#define HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define TYPE1 COPP_PROTECTION_TYPE_ENFORCEMENT
#define COPP_HDCP COPP_PROTECTION_TYPE_HDCP

static const struct opm_event newer = {"hdcp-version 2.2", "hdcp-version 1.4"};
static const struct opm_event older = {"hdcp-version 1.4", NULL};

static bool start_two(struct case_run *run, struct driver_client *two[2]) {
    two[0] = client_start(run);
    two[1] = two[0] != NULL ? client_start(run) : NULL;
    return two[1] != NULL;
}

/* A session of COPP's on the same connector. */
static struct driver_client *start_copp(struct case_run *run) {
    struct driver_suite *suite = driver_suite_of(run);
    suite->semantics = COPP_SEMANTICS_COPP;
    struct driver_client *client = client_start(run);
    suite->semantics = COPP_SEMANTICS_OPM;
    return client;
}

static bool want_copp_set(struct case_run *run, struct driver_client *client, uint32_t type, uint32_t level) {
    uint32_t hresult;
    return client_set_level(run, client, type, level, &hresult) &&
           want_hresult(run, "CMD-4", "COPP's SetProtectionLevel", hresult, COPP_HR_OK);
}

/* --- precedence --- */

struct pair {
    uint32_t type;
    uint32_t levels[2];
    uint32_t actual;
};

static void run_pair(struct case_run *run) {
    const struct pair *pair = run->test->with;
    struct driver_client *two[2];
    if (!start_two(run, two))
        return;
    for (int i = 0; i < 2; i++) {
        if (!opm_want_set(run, two[i], "OPM-SET-4", pair->type, pair->levels[i], COPP_HR_OK))
            return;
    }
    if (opm_want_actual(run, two[0], NULL, pair->type, pair->actual) &&
        opm_want_actual(run, two[1], NULL, pair->type, pair->actual) &&
        opm_want_virtual(run, two[0], "OPM-GET-8", pair->type, pair->levels[0]))
        opm_want_virtual(run, two[1], "OPM-GET-8", pair->type, pair->levels[1]);
}

static void run_virtual_is_own(struct case_run *run) {
    struct driver_client *two[2];
    if (start_two(run, two) && opm_want_set(run, two[0], "OPM-SET-4", HDCP, 1, COPP_HR_OK) &&
        opm_want_virtual(run, two[1], NULL, HDCP, 0))
        opm_want_virtual(run, two[0], NULL, HDCP, 1);
}

static void run_actual_is_shared(struct case_run *run) {
    struct driver_client *two[2];
    if (start_two(run, two) && opm_want_set(run, two[0], "OPM-SET-4", HDCP, 1, COPP_HR_OK))
        opm_want_actual(run, two[1], NULL, HDCP, 1);
}

/* One gives HDCP back; the other one still holds it. */
static void run_lowered(struct case_run *run) {
    struct driver_client *two[2];
    if (start_two(run, two) && opm_want_set(run, two[0], "OPM-SET-4", HDCP, 1, COPP_HR_OK) &&
        opm_want_set(run, two[1], "OPM-SET-4", HDCP, 1, COPP_HR_OK) &&
        opm_want_set(run, two[0], "OPM-SET-4", HDCP, 0, COPP_HR_OK) && opm_want_actual(run, two[1], NULL, HDCP, 1))
        opm_want_virtual(run, two[1], NULL, HDCP, 1);
}

static void run_closed(struct case_run *run) {
    struct driver_client *two[2];
    if (!start_two(run, two) || !opm_want_set(run, two[0], "OPM-SET-4", HDCP, 1, COPP_HR_OK))
        return;
    client_close(run, two[0]);
    opm_want_actual_soon(run, two[1], NULL, HDCP, 0);
}

static void run_closed_one_of_two(struct case_run *run) {
    struct driver_client *two[2];
    if (!start_two(run, two) || !opm_want_set(run, two[0], "OPM-SET-4", HDCP, 1, COPP_HR_OK) ||
        !opm_want_set(run, two[1], "OPM-SET-4", HDCP, 1, COPP_HR_OK))
        return;
    client_close(run, two[0]);
    opm_want_actual(run, two[1], NULL, HDCP, 1);
}

static void run_many(struct case_run *run) {
    struct driver_client *many[12] = {NULL};
    for (size_t i = 0; i < 12; i++) {
        many[i] = client_start(run);
        if (many[i] == NULL || !opm_want_set(run, many[i], "OPM-SET-4", HDCP, 1, COPP_HR_OK))
            return;
    }
    for (size_t i = 0; i < 12; i++) {
        const struct driver_client *left = many[11];
        if (!opm_want_actual(run, many[11], NULL, HDCP, 1) || many[i] == left)
            break;
        client_close(run, many[i]);
    }
    if (case_going(run) && opm_want_set(run, many[11], NULL, HDCP, 0, COPP_HR_OK))
        opm_want_actual(run, many[11], NULL, HDCP, 0);
}

/* Each has a key and numbers of its own. */
static void run_interleaved(struct case_run *run) {
    struct copp_status_output output;
    struct driver_client *two[2];
    if (!start_two(run, two))
        return;
    for (int i = 0; i < 6 && case_going(run); i++) {
        (void)(opm_query(run, two[i % 2], COPP_QUERY_CONNECTOR_TYPE, 0, &output) &&
               opm_want_set(run, two[(i + 1) % 2], NULL, HDCP, (uint32_t)(i % 2), COPP_HR_OK));
    }
}

/* --- three books over one link --- */

static void run_enforcement_is_hdcp(struct case_run *run) {
    struct driver_client *two[2];
    if (start_two(run, two) && opm_want_set(run, two[0], "OPM-SET-4", TYPE1, 1, COPP_HR_OK) &&
        opm_want_actual(run, two[1], NULL, HDCP, 1) && opm_want_virtual(run, two[0], NULL, HDCP, 0))
        opm_want_actual(run, two[1], NULL, TYPE1, 1);
}

static void run_hdcp_is_enforcement(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_want_set(run, client, "OPM-SET-4", HDCP, 1, COPP_HR_OK) &&
        opm_want_actual(run, client, NULL, TYPE1, 1))
        opm_want_virtual(run, client, NULL, TYPE1, 0);
}

/* The two books of one session are two holders. */
static void run_two_books_of_one(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_want_set(run, client, "OPM-SET-4", HDCP, 1, COPP_HR_OK) &&
        opm_want_set(run, client, "OPM-SET-4", TYPE1, 1, COPP_HR_OK) &&
        opm_want_set(run, client, "OPM-SET-4", HDCP, 0, COPP_HR_OK) && opm_want_actual(run, client, NULL, HDCP, 1) &&
        opm_want_set(run, client, "OPM-SET-4", TYPE1, 0, COPP_HR_OK))
        opm_want_actual(run, client, NULL, HDCP, 0);
}

static void run_type1(struct case_run *run) {
    struct driver_client *two[2];
    if (opm_cause(run, &newer) && start_two(run, two) && opm_want_set(run, two[0], "OPM-SET-4", TYPE1, 2, COPP_HR_OK) &&
        opm_want_actual(run, two[1], NULL, TYPE1, 2) && opm_want_actual(run, two[1], NULL, HDCP, 1) &&
        opm_want_virtual(run, two[0], NULL, TYPE1, 2))
        opm_want_virtual(run, two[1], NULL, TYPE1, 0);
}

static void run_type1_precedence(struct case_run *run) {
    struct driver_client *two[2];
    if (opm_cause(run, &newer) && start_two(run, two) && opm_want_set(run, two[0], "OPM-SET-4", TYPE1, 2, COPP_HR_OK) &&
        opm_want_set(run, two[1], "OPM-SET-4", TYPE1, 1, COPP_HR_OK) && opm_want_actual(run, two[1], NULL, TYPE1, 2) &&
        opm_want_set(run, two[0], "OPM-SET-4", TYPE1, 0, COPP_HR_OK))
        opm_want_actual(run, two[1], NULL, TYPE1, 1);
}

/* It is rolled back to what the others hold. */
static void run_type1_fails(struct case_run *run) {
    struct driver_client *two[2];
    if (opm_cause(run, &older) && start_two(run, two) && opm_want_set(run, two[0], "OPM-SET-4", HDCP, 1, COPP_HR_OK) &&
        opm_want_set(run, two[1], "OPM-SET-4", TYPE1, 2, COPP_HR_OPM_NO_HDCP) && opm_want_actual(run, two[1], NULL, HDCP, 1) &&
        opm_want_virtual(run, two[0], NULL, HDCP, 1))
        opm_want_flags(run, two[0], NULL, COPP_STATUS_NORMAL);
}

/* --- with COPP's sessions --- */

static void run_copp_is_seen(struct case_run *run) {
    struct driver_client *copp = start_copp(run);
    struct driver_client *opm = copp != NULL ? client_start(run) : NULL;
    if (opm != NULL && want_copp_set(run, copp, COPP_HDCP, 1) && opm_want_actual(run, opm, NULL, HDCP, 1) &&
        opm_want_virtual(run, opm, NULL, HDCP, 0) && want_copp_set(run, copp, COPP_HDCP, 0))
        opm_want_actual(run, opm, NULL, HDCP, 0);
}

static void run_opm_is_seen(struct case_run *run) {
    struct copp_status answer;
    struct driver_client *copp = start_copp(run);
    struct driver_client *opm = copp != NULL ? client_start(run) : NULL;
    if (opm != NULL && opm_want_set(run, opm, "OPM-SET-4", HDCP, 1, COPP_HR_OK) &&
        client_ask(run, copp, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, COPP_HDCP, &answer) &&
        want_field(run, NULL, "COPP's global level", OPM_AT_WORD, answer.data, 1) &&
        client_ask(run, copp, COPP_QUERY_LOCAL_PROTECTION_LEVEL, COPP_HDCP, &answer))
        want_field(run, NULL, "COPP's local level", OPM_AT_WORD, answer.data, 0);
}

/* Neither ends what the other one holds. */
static void run_both_hold(struct case_run *run) {
    struct driver_client *copp = start_copp(run);
    struct driver_client *opm = copp != NULL ? client_start(run) : NULL;
    if (opm == NULL || !want_copp_set(run, copp, COPP_HDCP, 1) || !opm_want_set(run, opm, "OPM-SET-4", HDCP, 1, COPP_HR_OK) ||
        !want_copp_set(run, copp, COPP_HDCP, 0) || !opm_want_actual(run, opm, NULL, HDCP, 1))
        return;
    if (want_copp_set(run, copp, COPP_HDCP, 1) && opm_want_set(run, opm, "OPM-SET-4", HDCP, 0, COPP_HR_OK))
        opm_want_actual(run, opm, NULL, HDCP, 1);
}

static void run_redistribution(struct case_run *run) {
    struct driver_client *copp = start_copp(run);
    struct driver_client *opm = copp != NULL ? client_start(run) : NULL;
    if (opm == NULL || !opm_want_set(run, opm, "OPM-SET-4", CGMSA, 1, COPP_HR_OK))
        return;
    uint32_t hresult;
    if (!client_set_level(run, copp, CGMSA, COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED, &hresult))
        return;
    if (hresult != COPP_HR_OK) /* only CEA-805-A carries it (CMD-4) */
        case_skip(run, CASE_NOT_SUPPORTED, "the standard on this output does not carry redistribution control");
    else if (opm_want_actual(run, opm, NULL, CGMSA, 1 | COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED))
        opm_want_virtual(run, opm, NULL, CGMSA, 1);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define DOES(number, what, ids, how, answer, bits, function)                                                                     \
    {                                                                                                                            \
        .id = "DRV-OPM-" number, .title = what, .rules = ids, .source = PAGES, .sends = how, .right = answer, .needs = bits,     \
        .semantics = COPP_SEMANTICS_OPM, .run = function                                                                         \
    }
#define PAIR(number, what, how, answer, bits, word, one, other, both)                                                            \
    {                                                                                                                            \
        .id = "DRV-OPM-ARB-1-" number, .title = what, .rules = "OPM-ARB-1 ARB-2 OPM-GET-8", .source = PAGES,                     \
        .sends = "two sessions: " how, .right = answer, .needs = bits, .semantics = COPP_SEMANTICS_OPM, .run = run_pair,         \
        .with = &(const struct pair) {                                                                                           \
            word, {one, other}, both                                                                                             \
        }                                                                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

const struct conformance_case driver_cases_opm_books[] = {
    PAIR("1", "ACP 2 precedes 3", "ACP 3 and 2", "the actual level is 2", NEED_ACP, ACP, 3, 2, 2),
    PAIR("2", "ACP 3 precedes 1", "ACP 1 and 3", "the actual level is 3", NEED_ACP, ACP, 1, 3, 3),
    PAIR("3", "ACP 1 precedes 0", "ACP 1 and 0", "the actual level is 1", NEED_ACP, ACP, 1, 0, 1),
    PAIR("4", "CGMS-A 4 precedes 2", "CGMS-A 4 and 2", "the actual level is 4", NEED_CGMSA, CGMSA, 4, 2, 4),
    PAIR("5", "CGMS-A 2 precedes 3", "CGMS-A 2 and 3", "the actual level is 2", NEED_CGMSA, CGMSA, 2, 3, 2),
    PAIR("6", "CGMS-A 3 precedes 1", "CGMS-A 1 and 3", "the actual level is 3", NEED_CGMSA, CGMSA, 1, 3, 3),
    PAIR("7", "CGMS-A 1 precedes 0", "CGMS-A 1 and 0", "the actual level is 1", NEED_CGMSA, CGMSA, 1, 0, 1),
    DOES("GET-8-2", "the virtual level is the session's own", "OPM-GET-8",
         "one session switches HDCP on; the virtual level of both", "1 and 0", NEED_HDCP, run_virtual_is_own),
    DOES("GET-8-3", "the actual level is the connector's", "OPM-GET-8", "one session switches HDCP on; another one asks",
         "the actual level is 1", NEED_HDCP, run_actual_is_shared),
    DOES("ARB-1-8", "a level stays as long as one session holds it", "OPM-ARB-1 ARB-4",
         "two sessions hold HDCP; one gives it back", "the actual level is 1", NEED_HDCP, run_lowered),
    DOES("ARB-1-9", "a session that ends gives back what it held", "OPM-ARB-1 EVT-5",
         "HDCP on; the session ends; another one asks", "the actual level is 0", NEED_HDCP, run_closed),
    DOES("ARB-1-10", "a session that ends takes nothing from others", "OPM-ARB-1 EVT-5", "two sessions hold HDCP; one ends",
         "the actual level is 1", NEED_HDCP, run_closed_one_of_two),
    DOES("ARB-1-11", "many sessions hold one level", "OPM-ARB-1", "12 sessions hold HDCP; 11 end; the last one gives it back",
         "the actual level is 1 until then, and 0 after it", NEED_HDCP, run_many),
    DOES("ARB-1-12", "sessions have keys and numbers of their own", "OPM-INI-3 OPM-GET-3 OPM-SET-2",
         "requests and commands of two sessions by turns", "S_OK for all of them", NEED_HDCP, run_interleaved),
    DOES("ARB-2-1", "type enforcement 1 switches HDCP on", "OPM-ARB-2 OPM-HDCP-2",
         "one session holds type enforcement 1; another one asks", "HDCP's actual level is 1, type enforcement's 1",
         NEED_HDCP | NEED_TYPE1, run_enforcement_is_hdcp),
    DOES("ARB-2-2", "HDCP is type enforcement 1", "OPM-HDCP-2 OPM-ARB-2", "HDCP on; both levels of type enforcement",
         "the actual level is 1, the virtual one 0", NEED_HDCP | NEED_TYPE1, run_hdcp_is_enforcement),
    DOES("ARB-2-3", "HDCP and type enforcement are two holders", "OPM-ARB-2",
         "one session holds both, and gives back one after the other", "HDCP's actual level is 1, then 0", NEED_HDCP | NEED_TYPE1,
         run_two_books_of_one),
    DOES("ARB-2-4", "COPP's HDCP is in OPM's actual level", "OPM-ARB-2 OPM-GET-8", "a session of COPP switches HDCP on and off",
         "OPM's actual level is 1 and 0, its virtual one 0", NEED_HDCP | NEED_COPP, run_copp_is_seen),
    DOES("ARB-2-5", "OPM's HDCP is in COPP's global level", "OPM-ARB-2 QRY-5",
         "a session of OPM switches HDCP on; one of COPP asks", "COPP's global level is 1, its local one 0",
         NEED_HDCP | NEED_COPP, run_opm_is_seen),
    DOES("ARB-2-6", "neither semantics end what the other one holds", "OPM-ARB-2",
         "sessions of both hold HDCP, and give it back by turns", "the actual level is 1 both times", NEED_HDCP | NEED_COPP,
         run_both_hold),
    DOES("HDCP-2-2", "type enforcement 2 is Type 1 with HDCP 2.2", "OPM-HDCP-2 OPM-ARB-2",
         "a receiver of HDCP 2.2; one session holds type enforcement 2; both ask",
         "actual levels 2 and HDCP 1; virtual levels 2 and 0", NEED_TYPE1 | NEED_EVENTS, run_type1),
    DOES("ARB-3-1", "type enforcement 2 precedes 1", "OPM-ARB-3",
         "a receiver of HDCP 2.2; two sessions hold 2 and 1; the first gives it back", "the actual level is 2, then 1",
         NEED_TYPE1 | NEED_EVENTS, run_type1_precedence),
    DOES("ARB-4-1", "Type 1 that does not come up costs others nothing", "OPM-ARB-4",
         "a receiver of HDCP 1.4; one session holds HDCP; another asks for Type 1", "0xC0262513; HDCP stays on, and no flag",
         NEED_HDCP | NEED_TYPE1 | NEED_EVENTS, run_type1_fails),
    DOES("ARB-5-1", "OPM's actual level of CGMS-A carries redistribution control", "OPM-ARB-5",
         "OPM holds CGMS-A 1; a session of COPP asks for redistribution control", "the actual level is 9, the virtual one 1",
         NEED_HDCP | NEED_CGMSA | NEED_COPP, run_redistribution),
    {.id = NULL}};
