/* Lists of revoked HDCP devices, which a driver judges and looks receivers up in (OPM-SRM, OPM-GET-9). */
#include <string.h>

#include "opm_cases.h"
#include "opm_kit.h"
#include "opm_lists.h"

#define PAGES "OPM_SET_HDCP_SRM_PARAMETERS; HDCP System Renewability Message"
#define VERSION_PAGES "OPM_GET_CURRENT_HDCP_SRM_VERSION"
#define HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define TYPE1 COPP_PROTECTION_TYPE_ENFORCEMENT
#define INVALID COPP_HR_OPM_INVALID_SRM
#define FAILED COPP_HR_OPM_DRIVER_INTERNAL_ERROR
#define REVOKED (COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE)
#define LIST_MAX 512u

static bool give(struct case_run *run, struct driver_client *client, const char *rule, enum opm_list_name name, uint32_t right) {
    const struct opm_list *list = opm_list(name);
    return opm_want_srm(run, client, rule, list->version, list->bytes, list->size, right);
}

static bool want_version(struct case_run *run, struct driver_client *client, const char *rule, uint32_t version) {
    uint32_t word;
    return opm_ask(run, client, COPP_OPM_QUERY_SRM_VERSION, 0, &word, NULL) &&
           want_field(run, rule, "the list's version", OPM_AT_WORD, word, version);
}

static bool want_version_code(struct case_run *run, struct driver_client *client, const char *rule, uint32_t right) {
    uint32_t hresult;
    return opm_try(run, client, COPP_OPM_QUERY_SRM_VERSION, 0, &hresult) &&
           want_hresult(run, rule, opm_name(COPP_OPM_QUERY_SRM_VERSION), hresult, right);
}

/* --- one list --- */

static void run_good(struct case_run *run) {
    const enum opm_list_name *name = run->test->with;
    struct driver_client *client = client_start(run);
    if (client != NULL)
        give(run, client, NULL, *name, COPP_HR_OK);
}

/* A list that is wrong in one way. */
struct wrong_list {
    enum opm_list_name name;
    int longer; /* bytes more, or fewer */
    size_t flip; /* in this byte one bit is flipped, if bit is not 0 */
    uint8_t bit;
    uint32_t version; /* that the command says; 0: the list's */
    bool zero; /* it says 0 */
};

static void run_wrong(struct case_run *run) {
    const struct wrong_list *wrong = run->test->with;
    const struct opm_list *list = opm_list(wrong->name);
    uint8_t bytes[LIST_MAX] = {0};
    struct driver_client *client = client_start(run);
    if (client == NULL)
        return;
    memcpy(bytes, list->bytes, list->size);
    bytes[wrong->flip] ^= wrong->bit;
    const size_t size = (size_t)((long)list->size + wrong->longer);
    const uint32_t version = wrong->zero ? 0 : wrong->version != 0 ? wrong->version : list->version;
    opm_want_srm(run, client, NULL, version, size > 0 ? bytes : NULL, size, INVALID);
}

static void run_largest(struct case_run *run) {
    static const uint8_t zeros[COPP_OPM_ADDITIONAL_MAX];
    struct driver_client *client = client_start(run);
    if (client != NULL)
        opm_want_srm(run, client, NULL, 1, zeros, sizeof zeros, INVALID);
}

static void run_without_hdcp(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL)
        give(run, client, NULL, OPM_LIST_GENUINE1, COPP_HR_OPM_NO_HDCP);
}

/* --- its version --- */

static void run_never(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL)
        want_version_code(run, client, NULL, COPP_HR_OPM_SRM_NEVER_SET);
}

static void run_version_without_hdcp(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL)
        want_version_code(run, client, NULL, COPP_HR_OPM_NO_HDCP);
}

static void run_version(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && give(run, client, "OPM-SRM-9", OPM_LIST_GENUINE1, COPP_HR_OK))
        want_version(run, client, NULL, 1);
}

static void run_version_after_refusal(struct case_run *run) {
    const struct opm_list *list = opm_list(OPM_LIST_GENUINE1);
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_want_srm(run, client, "OPM-SRM-2", 2, list->bytes, list->size, INVALID))
        want_version_code(run, client, NULL, COPP_HR_OPM_SRM_NEVER_SET);
}

static void run_version_is_own(struct case_run *run) {
    struct driver_client *first = client_start(run);
    struct driver_client *second = first != NULL ? client_start(run) : NULL;
    if (second != NULL && give(run, first, "OPM-SRM-9", OPM_LIST_GENUINE1, COPP_HR_OK))
        want_version_code(run, second, NULL, COPP_HR_OPM_SRM_NEVER_SET);
}

static void run_version_of_last(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && give(run, client, NULL, OPM_LIST_TEST1_V5, COPP_HR_OK) && want_version(run, client, NULL, 5) &&
        give(run, client, NULL, OPM_LIST_TEST2_V3, COPP_HR_OK))
        want_version(run, client, NULL, 3);
}

static void run_refused_does_not_count(struct case_run *run) {
    const struct opm_list *list = opm_list(OPM_LIST_GENUINE1);
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_want_srm(run, client, "OPM-SRM-2", 2, list->bytes, list->size, INVALID))
        give(run, client, NULL, OPM_LIST_GENUINE1, COPP_HR_OK);
}

/* --- one list after another --- */

static void run_same_again(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && give(run, client, NULL, OPM_LIST_GENUINE1, COPP_HR_OK) &&
        give(run, client, NULL, OPM_LIST_GENUINE1, COPP_HR_OK))
        want_version(run, client, NULL, 1);
}

static void run_older(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && give(run, client, NULL, OPM_LIST_TEST1_V5, COPP_HR_OK) &&
        give(run, client, NULL, OPM_LIST_TEST1_V2, INVALID))
        want_version(run, client, NULL, 5);
}

static void run_older_elsewhere(struct case_run *run) {
    struct driver_client *first = client_start(run);
    struct driver_client *second = first != NULL ? client_start(run) : NULL;
    if (second != NULL && give(run, first, NULL, OPM_LIST_TEST1_V5, COPP_HR_OK) &&
        give(run, second, NULL, OPM_LIST_TEST1_V2, COPP_HR_OK) && want_version(run, second, NULL, 2))
        want_version(run, first, NULL, 5);
}

/* --- receivers --- */

/* Other receivers than the output's own, which comes back when the case ends. */
static const struct opm_event newer = {"hdcp-version 2.2", "hdcp-version 1.4"};
static const struct opm_event in_second_list = {"ksv 4a35f219f8", "ksv b70361f714"};
static const struct opm_event in_first_list = {"ksv 1cbe2256ce", "ksv b70361f714"};
static const struct opm_event repeater = {"repeater on", "repeater off"};
static const struct opm_event behind = {"downstream dcd78815e4", "downstream none"};

/* A list that comes while its device receives. It can come only once: a driver keeps it. */
static bool give_while_on(struct case_run *run, struct driver_client *holder, struct driver_client *giver,
                          enum opm_list_name name) {
    uint32_t hresult;
    if (!opm_set(run, holder, HDCP, 1, &hresult))
        return false;
    if (hresult == FAILED)
        return case_skip(run, CASE_NOT_SUPPORTED, "the driver has this list already, and refuses the receiver");
    return want_hresult(run, "OPM-SET-4", opm_name(COPP_SET_PROTECTION_LEVEL), hresult, COPP_HR_OK) &&
           give(run, giver, NULL, name, COPP_HR_OK);
}

static void run_looked_up_at_once(struct case_run *run) {
    struct driver_client *client;
    if (!opm_cause(run, &newer) || !opm_cause(run, &in_second_list))
        return;
    client = client_start(run);
    if (client != NULL && give_while_on(run, client, client, OPM_LIST_TEST2_V7) &&
        opm_want_loss(run, client, NULL, HDCP, 0, REVOKED))
        opm_want_actual(run, client, NULL, HDCP, 0);
}

/* The list is the adapter's, whoever has given it. */
static void run_looked_up_for_others(struct case_run *run) {
    struct driver_client *holder, *giver;
    if (!opm_cause(run, &in_first_list))
        return;
    holder = client_start(run);
    giver = holder != NULL ? client_start(run) : NULL;
    if (giver != NULL && give_while_on(run, holder, giver, OPM_LIST_TEST1_V5))
        opm_want_loss(run, holder, NULL, HDCP, 0, REVOKED);
}

/* Given before, used when HDCP goes on. */
static bool refuse_after(struct case_run *run, enum opm_list_name first, enum opm_list_name last) {
    struct driver_client *giver = client_start(run);
    struct driver_client *client = giver != NULL ? client_start(run) : NULL;
    struct driver_client *third = client != NULL ? client_start(run) : NULL;
    return third != NULL && give(run, giver, NULL, first, COPP_HR_OK) && give(run, third, NULL, last, COPP_HR_OK) &&
           opm_want_set(run, client, NULL, HDCP, 1, FAILED) && opm_want_loss(run, client, NULL, HDCP, 0, REVOKED);
}

static void run_kept(struct case_run *run) {
    if (opm_cause(run, &in_first_list))
        refuse_after(run, OPM_LIST_TEST1_V5, OPM_LIST_TEST1_V5);
}

static void run_never_back(struct case_run *run) {
    if (opm_cause(run, &in_first_list))
        refuse_after(run, OPM_LIST_TEST1_V5, OPM_LIST_TEST1_V2);
}

static void run_downstream(struct case_run *run) {
    if (opm_cause(run, &repeater) && opm_cause(run, &behind))
        refuse_after(run, OPM_LIST_TEST1_V5, OPM_LIST_TEST1_V5);
}

static void run_enforcement_too(struct case_run *run) {
    struct driver_client *client;
    if (!opm_cause(run, &in_first_list))
        return;
    client = client_start(run);
    if (client != NULL && give(run, client, NULL, OPM_LIST_TEST1_V5, COPP_HR_OK) &&
        opm_want_set(run, client, NULL, TYPE1, 1, FAILED))
        opm_want_loss(run, client, NULL, TYPE1, 0, REVOKED);
}

static void run_comes_later(struct case_run *run) {
    struct driver_client *client;
    if (!opm_cause(run, &repeater))
        return;
    client = client_start(run);
    if (client != NULL && give(run, client, NULL, OPM_LIST_TEST1_V5, COPP_HR_OK) &&
        opm_want_set(run, client, "OPM-SET-4", HDCP, 1, COPP_HR_OK) && opm_cause(run, &behind))
        opm_want_loss(run, client, NULL, HDCP, 0, REVOKED);
}

/* Of HDCP 1.4, and on the list of HDCP 2.x alone. */
static void run_other_protocol(struct case_run *run) {
    struct driver_client *client;
    if (!opm_cause(run, &in_second_list))
        return;
    client = client_start(run);
    if (client != NULL && give(run, client, NULL, OPM_LIST_TEST2_V7, COPP_HR_OK))
        opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK);
}

static void run_no_list(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && want_version_code(run, client, "OPM-GET-9", COPP_HR_OPM_SRM_NEVER_SET))
        opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK);
}

static void run_innocent(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && give(run, client, NULL, OPM_LIST_TEST1_V5, COPP_HR_OK) &&
        opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK))
        opm_want_loss(run, client, NULL, HDCP, 1, COPP_STATUS_NORMAL);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define DOES(number, what, ids, pages, how, answer, bits, function)                                                              \
    {                                                                                                                            \
        .id = "DRV-OPM-" number, .title = what, .rules = ids, .source = pages, .sends = how, .right = answer, .needs = bits,     \
        .semantics = COPP_SEMANTICS_OPM, .run = function                                                                         \
    }
#define TAKES(number, what, ids, how, list)                                                                                      \
    {                                                                                                                            \
        .id = "DRV-OPM-SRM-" number, .title = what, .rules = ids, .source = PAGES, .sends = how, .right = "S_OK",                \
        .needs = NEED_HDCP, .semantics = COPP_SEMANTICS_OPM, .run = run_good, .with = &(const enum opm_list_name) {              \
            list                                                                                                                 \
        }                                                                                                                        \
    }
#define WRONG(number, what, ids, how, ...)                                                                                       \
    {                                                                                                                            \
        .id = "DRV-OPM-SRM-" number, .title = what, .rules = ids, .source = PAGES, .sends = "SET_HDCP_SRM with " how,            \
        .right = "0xC0262512", .needs = NEED_HDCP, .hostile = true, .semantics = COPP_SEMANTICS_OPM, .run = run_wrong,           \
        .with = &(const struct wrong_list) {                                                                                     \
            __VA_ARGS__                                                                                                          \
        }                                                                                                                        \
    }
#define SHORT(number, how, bytes)                                                                                                \
    {                                                                                                                            \
        .id = "DRV-OPM-SRM-" number, .title = "SET_HDCP_SRM has 4 bytes of parameters, not " how,                                \
        .rules = "OPM-SET-1 OPM-WIRE-10", .source = PAGES, .sends = "SET_HDCP_SRM with " how, .right = "0xC0262521",             \
        .needs = NEED_HDCP, .hostile = true, .semantics = COPP_SEMANTICS_OPM, .run = opm_run_set,                                \
        .with = &(const struct opm_message) {                                                                                    \
            .request = COPP_OPM_SET_HDCP_SRM, .type = 1, .sized = true, .size = bytes,                                           \
            .code = COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST                                                                    \
        }                                                                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
#define RECEIVER (NEED_HDCP | NEED_EVENTS | NEED_LISTS)
#define ONE OPM_LIST_GENUINE1
#define TWO OPM_LIST_GENUINE2

const struct conformance_case driver_cases_opm_srm[] = {
    /* these two come first: a driver keeps a list for its life */
    DOES("SRM-5-1", "a list is looked up at once while HDCP is on", "OPM-SRM-5 OPM-SRM-3 OPM-STA-4", PAGES,
         "HDCP on; a list that revokes the receiver; both level requests",
         "SET_HDCP_SRM answers S_OK; level 0 with LINK_LOST and REVOKED", RECEIVER | NEED_TYPE1, run_looked_up_at_once),
    DOES("SRM-5-2", "a list counts for every session of the adapter", "OPM-SRM-4 OPM-SRM-3 OPM-SRM-5", PAGES,
         "one session holds HDCP; another one gives a list that revokes the receiver", "level 0 with LINK_LOST and REVOKED",
         RECEIVER, run_looked_up_for_others),

    TAKES("9-1", "DCP's list of version 1 is taken", "OPM-SRM-9 OPM-SRM-1", "SET_HDCP_SRM with it", ONE),
    TAKES("7-1", "a list of HDCP 2.x is taken", "OPM-SRM-7 OPM-SRM-1", "SET_HDCP_SRM with DCP's", TWO),
    DOES("SRM-1-1", "a list needs an HDCP connector", "OPM-SRM-1", PAGES, "SET_HDCP_SRM where there is no HDCP", "0xC0262513",
         NEED_NO_HDCP, run_without_hdcp),
    WRONG("1-2", "a list of 47 bytes is refused", "OPM-SRM-1", "all but the last byte of DCP's list", ONE, .longer = -1),
    WRONG("1-3", "no list is refused", "OPM-SRM-1", "no bytes beside it", ONE, .longer = -48),
    WRONG("1-4", "a byte behind the list is refused", "OPM-SRM-1 SRM-1", "one byte more than DCP's list", ONE, .longer = 1),
    WRONG("1-5", "a list with a bit flipped in its signature is refused", "OPM-SRM-1 SRM-2", "the last bit of DCP's list flipped",
          ONE, .flip = 47, .bit = 1),
    WRONG("1-6", "a list whose version was changed is refused", "OPM-SRM-1 SRM-2",
          "DCP's list, its version made 3, and that number", ONE, .flip = 3, .bit = 2, .version = 3),
    WRONG("1-7", "a list of an unknown kind is refused", "OPM-SRM-1 SRM-1", "DCP's list with another first digit", ONE, .flip = 0,
          .bit = 0x40),
    WRONG("1-8", "a list of HDCP 2.x that is cut off is refused", "OPM-SRM-1", "all but the last byte of DCP's list", TWO,
          .longer = -1),
    WRONG("1-9", "a list of HDCP 2.x with a bit flipped in its signature is refused", "OPM-SRM-1 SRM-2",
          "the last bit of DCP's list flipped", TWO, .flip = 395, .bit = 1),
    {.id = "DRV-OPM-SRM-1-10",
     .title = "64 KiB of zeros are refused",
     .rules = "OPM-SRM-1 OPM-SET-3",
     .source = PAGES,
     .sends = "SET_HDCP_SRM with 65536 zeros",
     .right = "0xC0262512",
     .needs = NEED_HDCP,
     .hostile = true,
     .semantics = COPP_SEMANTICS_OPM,
     .run = run_largest},
    SHORT("1-11", "3", 3),
    SHORT("1-12", "0", 0),
    WRONG("2-1", "another version than the list's is refused", "OPM-SRM-2", "DCP's list of version 1, and the number 2", ONE,
          .version = 2),
    WRONG("2-2", "the version is big-endian in the list", "OPM-SRM-2", "DCP's list of version 1, and the number 0x100", ONE,
          .version = 0x100),
    WRONG("2-3", "the upper half of the version is 0", "OPM-SRM-2", "DCP's list of version 1, and the number 0x10001", ONE,
          .version = 0x10001),
    WRONG("2-4", "the version 0 is refused", "OPM-SRM-2", "DCP's list of version 1, and the number 0", ONE, .zero = true),
    DOES("SRM-2-5", "a refused list does not count as a command", "OPM-SET-2 OPM-SRM-2", PAGES,
         "SET_HDCP_SRM with a wrong version, then with the right one", "0xC0262512, then S_OK", NEED_HDCP,
         run_refused_does_not_count),
    DOES("SRM-4-1", "the same list again is taken", "OPM-SRM-4", PAGES, "SET_HDCP_SRM twice with DCP's list", "S_OK twice",
         NEED_HDCP, run_same_again),
    DOES("SRM-4-2", "an older list after a newer one is refused", "OPM-SRM-4", PAGES, "lists of version 5 and 2, of one kind",
         "S_OK, then 0xC0262512; the version stays 5", NEED_HDCP | NEED_LISTS, run_older),
    DOES("SRM-4-3", "another session may have an older list", "OPM-SRM-4 OPM-GET-9", PAGES,
         "a list of version 5; another session's of version 2", "S_OK for both, and each has its own version",
         NEED_HDCP | NEED_LISTS, run_older_elsewhere),
    DOES("SRM-4-4", "the newest list is what counts", "OPM-SRM-4", PAGES,
         "a list that revokes the receiver; an older one by another session; HDCP on", "0xC026251E, LINK_LOST and REVOKED",
         RECEIVER, run_never_back),
    DOES("SRM-3-1", "a list that came with HDCP off is used when it goes on", "OPM-SRM-3 OPM-SRM-6", PAGES,
         "a list that revokes the receiver; HDCP on", "0xC026251E; level 0 with LINK_LOST and REVOKED", RECEIVER, run_kept),
    DOES("SRM-6-4", "type enforcement does not go on for a revoked device", "OPM-SRM-6", PAGES,
         "a list that revokes the receiver; type enforcement 1", "0xC026251E; level 0 with LINK_LOST and REVOKED",
         RECEIVER | NEED_TYPE1, run_enforcement_too),
    DOES("SRM-7-2", "devices behind a repeater are looked up", "OPM-SRM-7 OPM-HDCP-1", PAGES,
         "a list that revokes a device behind the repeater; HDCP on", "0xC026251E; level 0 with LINK_LOST and REVOKED", RECEIVER,
         run_downstream),
    DOES("SRM-7-3", "devices that come later are looked up", "OPM-SRM-3 OPM-SRM-5 OPM-SRM-7", PAGES,
         "HDCP on at a repeater; a revoked device comes behind it", "level 0 with LINK_LOST and REVOKED", RECEIVER,
         run_comes_later),
    DOES("SRM-7-4", "a receiver of HDCP 1.x is looked up in the list of HDCP 1.x", "OPM-SRM-7", PAGES,
         "a receiver of HDCP 1.4 that the list of HDCP 2.x names; HDCP on", "S_OK", RECEIVER, run_other_protocol),
    DOES("SRM-7-5", "without a list HDCP goes on", "OPM-SRM-7", PAGES, "HDCP on before a list was given", "S_OK", NEED_HDCP,
         run_no_list),
    DOES("SRM-7-6", "a receiver that is on no list is not refused", "OPM-SRM-7 OPM-SRM-6", PAGES,
         "a list that does not name the receiver; HDCP on", "S_OK, level 1, no flag", NEED_HDCP | NEED_LISTS, run_innocent),
    DOES("GET-9-1", "a version is not known before a list was given", "OPM-GET-9", VERSION_PAGES, "GET_CURRENT_HDCP_SRM_VERSION",
         "0xC0262516", NEED_HDCP, run_never),
    DOES("GET-9-2", "without HDCP a list has no version", "OPM-GET-9", VERSION_PAGES, "GET_CURRENT_HDCP_SRM_VERSION",
         "0xC0262513", NEED_NO_HDCP, run_version_without_hdcp),
    DOES("GET-9-3", "the version is that of the list", "OPM-GET-9", VERSION_PAGES, "DCP's list; GET_CURRENT_HDCP_SRM_VERSION",
         "1", NEED_HDCP, run_version),
    DOES("GET-9-4", "a refused list has no version", "OPM-GET-9 OPM-ERR-3", VERSION_PAGES,
         "a list with a wrong number; GET_CURRENT_HDCP_SRM_VERSION", "0xC0262516", NEED_HDCP, run_version_after_refusal),
    DOES("GET-9-5", "the version is the session's own", "OPM-GET-9", VERSION_PAGES,
         "DCP's list; GET_CURRENT_HDCP_SRM_VERSION in another session", "0xC0262516", NEED_HDCP, run_version_is_own),
    DOES("GET-9-6", "the version is that of the last list, of whichever kind", "OPM-GET-9 OPM-SRM-4", VERSION_PAGES,
         "a list of version 5 of HDCP 1.x, then one of version 3 of HDCP 2.x", "5, then 3", NEED_HDCP | NEED_LISTS,
         run_version_of_last),
    {.id = NULL}};
