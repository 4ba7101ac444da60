/* ARB: one connector, many sessions. */
#include "define.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

static bool want_global(struct case_run *run, struct driver_client *client, uint32_t type, const char *rule, const char *what,
                        uint32_t right) {
    struct copp_status answer;
    return client_ask(run, client, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, type, &answer) &&
           want_field(run, rule, what, 40, answer.data, right);
}

/* Protection stays until the last session has given it back. */
static void counted(struct case_run *run) {
    struct driver_client *a = client_start(run);
    struct driver_client *b = a != NULL ? client_start(run) : NULL;
    if (b == NULL || !client_raise(run, a, HDCP, COPP_HDCP_ON) || !client_raise(run, b, HDCP, COPP_HDCP_ON) ||
        !client_raise(run, a, HDCP, COPP_HDCP_OFF) ||
        !want_global(run, b, HDCP, "ARB-1", "the global level while one of two sessions still holds HDCP", COPP_HDCP_ON))
        return;
    if (client_raise(run, b, HDCP, COPP_HDCP_OFF))
        (void)want_global(run, b, HDCP, "ARB-4", "the global level after both gave it back", COPP_HDCP_OFF);
}

/* A session that opens later, and asks for nothing, lowers nothing. */
static void opening_lowers_nothing(struct case_run *run) {
    struct driver_client *a = client_start(run);
    if (a == NULL || !client_raise(run, a, HDCP, COPP_HDCP_ON))
        return;
    struct driver_client *b = client_start(run);
    if (b != NULL && client_raise(run, b, HDCP, COPP_HDCP_OFF))
        (void)want_global(run, a, HDCP, "ARB-1", "the global level after another session set level 0", COPP_HDCP_ON);
}

#define MANY 16u

static void many_sessions(struct case_run *run) {
    struct driver_client *clients[MANY];
    for (size_t i = 0; i < MANY; i++) {
        clients[i] = client_start(run);
        if (clients[i] == NULL || !client_raise(run, clients[i], HDCP, COPP_HDCP_ON))
            return;
    }
    for (size_t i = 0; i + 1 < MANY; i++)
        client_close(run, clients[i]);
    driver_settle(run);
    if (!want_global(run, clients[MANY - 1], HDCP, "ARB-1", "the global level after 15 of 16 sessions are gone", COPP_HDCP_ON))
        return;
    if (client_raise(run, clients[MANY - 1], HDCP, COPP_HDCP_OFF))
        (void)want_global(run, clients[MANY - 1], HDCP, "ARB-4", "the global level after the last one gave it back",
                          COPP_HDCP_OFF);
}

/* Two levels of two sessions, in both orders. */
struct rank {
    uint32_t type;
    uint32_t low;
    uint32_t high;
};
static const struct rank acp_1_2 = {ACP, 1, 2}, acp_1_3 = {ACP, 1, 3}, acp_3_2 = {ACP, 3, 2};
static const struct rank cgmsa_1_3 = {CGMSA, 1, 3}, cgmsa_3_2 = {CGMSA, 3, 2}, cgmsa_2_4 = {CGMSA, 2, 4},
                         cgmsa_1_2 = {CGMSA, 1, 2};

static bool want_higher(struct case_run *run, const struct rank *rank, uint32_t first, uint32_t second) {
    struct driver_client *a = client_start(run);
    struct driver_client *b = a != NULL ? client_start(run) : NULL;
    if (b == NULL || !client_raise(run, a, rank->type, first) || !client_raise(run, b, rank->type, second) ||
        !want_global(run, a, rank->type, "ARB-2", "the global level of both", rank->high))
        return false;
    return client_raise(run, b, rank->type, 0) &&
           want_global(run, a, rank->type, "ARB-2", "the global level after one of them gave its level back", first) &&
           client_raise(run, a, rank->type, 0);
}

static void precedence(struct case_run *run) {
    const struct rank *rank = run->test->with;
    if (want_higher(run, rank, rank->low, rank->high))
        (void)want_higher(run, rank, rank->high, rank->low);
}

static void redistribution(struct case_run *run) {
    struct driver_client *a = client_start(run);
    struct driver_client *b = a != NULL ? client_start(run) : NULL;
    const uint32_t flag = COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED;
    if (b == NULL || !client_raise(run, a, CGMSA, COPP_CGMSA_COPY_NEVER) ||
        !client_raise(run, b, CGMSA, COPP_CGMSA_COPY_FREELY | flag) ||
        !want_global(run, a, CGMSA, "ARB-3", "the global level of CopyNever, and of CopyFreely with redistribution control",
                     COPP_CGMSA_COPY_NEVER | flag))
        return;
    if (client_raise(run, b, CGMSA, COPP_CGMSA_DISABLED))
        (void)want_global(run, a, CGMSA, "ARB-3", "the global level after redistribution control was given back",
                          COPP_CGMSA_COPY_NEVER);
}

/* --- the desktop's ACP --- */

static void desktop_holds(struct case_run *run) {
    struct driver_client *a = client_start(run);
    if (a == NULL || !driver_cause_until_end(run, "desktop-acp 1", "desktop-acp 0"))
        return;
    (void)want_global(run, a, ACP, "ARB-5", "the global level with the desktop's ACP", COPP_ACP_LEVEL1);
}

static void desktop_stays(struct case_run *run) {
    struct driver_client *a = client_start(run);
    if (a == NULL || !driver_cause_until_end(run, "desktop-acp 1", "desktop-acp 0") ||
        !client_raise(run, a, ACP, COPP_ACP_LEVEL2) || !client_raise(run, a, ACP, COPP_ACP_OFF))
        return;
    (void)want_global(run, a, ACP, "ARB-5", "the global level after the session gave its level back", COPP_ACP_LEVEL1);
}

static void desktop_does_not_lower(struct case_run *run) {
    struct driver_client *a = client_start(run);
    if (a == NULL || !client_raise(run, a, ACP, COPP_ACP_LEVEL2) ||
        !driver_cause_until_end(run, "desktop-acp 1", "desktop-acp 0"))
        return;
    (void)want_global(run, a, ACP, "ARB-5", "the global level of the session's ACP 2 and the desktop's 1", COPP_ACP_LEVEL2);
}

#define RANK(number, title, need, rank)                                                                                          \
    CORRECT_CASE(number, title, "ARB-2", FROM_ARBITRATION, "both levels, each in a session of its own, in both orders",          \
                 "the global level is that of higher precedence", need, precedence, &(rank))

const struct conformance_case driver_cases_arbitration[] = {
    CORRECT_CASE("DRV-ARB-1-1", "protection stays until the last session gives it back", "ARB-1 ARB-4", FROM_ARBITRATION,
                 "HDCP on in two sessions, off in the one, then in the other", "global 1, then 0", NEED_HDCP | NEED_RECEIVER,
                 counted, NULL),
    CORRECT_CASE("DRV-ARB-1-2", "a session that asks for nothing lowers nothing", "ARB-1", FROM_ARBITRATION,
                 "HDCP on in one session, off in another that opens later", "global 1", NEED_HDCP | NEED_RECEIVER,
                 opening_lowers_nothing, NULL),
    CORRECT_CASE("DRV-ARB-1-3", "sixteen sessions are counted", "ARB-1 ARB-4 EVT-5", FROM_ARBITRATION,
                 "HDCP on in 16 sessions, of which 15 are closed; off in the last", "global 1, then 0", NEED_HDCP | NEED_RECEIVER,
                 many_sessions, NULL),
    RANK("DRV-ARB-2-1", "ACP 2 before 1", NEED_ACP, acp_1_2),
    RANK("DRV-ARB-2-2", "ACP 3 before 1", NEED_ACP, acp_1_3),
    RANK("DRV-ARB-2-3", "ACP 2 before 3", NEED_ACP, acp_3_2),
    RANK("DRV-ARB-2-4", "CGMS-A CopyNoMore before CopyFreely", NEED_CGMSA, cgmsa_1_2),
    RANK("DRV-ARB-2-5", "CGMS-A CopyOneGeneration before CopyFreely", NEED_CGMSA, cgmsa_1_3),
    RANK("DRV-ARB-2-6", "CGMS-A CopyNoMore before CopyOneGeneration", NEED_CGMSA, cgmsa_3_2),
    RANK("DRV-ARB-2-7", "CGMS-A CopyNever before CopyNoMore", NEED_CGMSA, cgmsa_2_4),
    CORRECT_CASE("DRV-ARB-3-1", "redistribution control stands outside the precedence", "ARB-3", FROM_ARBITRATION,
                 "CopyNever in one session, CopyFreely with redistribution control in another",
                 "CopyNever with redistribution control", NEED_CGMSA | NEED_CEA, redistribution, NULL),
    CORRECT_CASE("DRV-ARB-5-1", "the desktop's ACP is in force", "ARB-5 QRY-5", FROM_ARBITRATION, "the desktop sets ACP 1",
                 "global 1", NEED_ACP | NEED_EVENTS, desktop_holds, NULL),
    CORRECT_CASE("DRV-ARB-5-2", "the desktop's ACP stays when sessions leave", "ARB-5", FROM_ARBITRATION,
                 "the desktop sets ACP 1; a session sets 2, then 0", "global 1", NEED_ACP | NEED_EVENTS, desktop_stays, NULL),
    CORRECT_CASE("DRV-ARB-5-3", "the desktop's ACP lowers nothing", "ARB-5", FROM_ARBITRATION,
                 "a session sets ACP 2; the desktop sets 1", "global 2", NEED_ACP | NEED_EVENTS, desktop_does_not_lower, NULL),
    END_OF_CASES,
};
