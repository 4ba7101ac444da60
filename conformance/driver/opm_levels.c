/* Protection levels under OPM semantics: what can be asked for, what it comes to, and what a refusal leaves (OPM-SET-4..7, OPM-GET-8). */
#include "opm_cases.h"
#include "opm_kit.h"

#define PAGES "OPM_SET_PROTECTION_LEVEL_PARAMETERS; DXGKDDI_OPM_CONFIGURE_PROTECTED_OUTPUT"
#define CSS_PAGES "OPM_SET_PROTECTION_LEVEL_ACCORDING_TO_CSS_DVD"
#define INVALID COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST
#define COPP_ONLY COPP_HR_OPM_NOT_COPP_SEMANTICS
#define IS_INVALID "0xC0262521"
#define SET COPP_SET_PROTECTION_LEVEL
#define CSS COPP_OPM_SET_PROTECTION_LEVEL_CSS
#define HDCP COPP_PROTECTION_TYPE_OPM_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define DPCP COPP_PROTECTION_TYPE_DPCP
#define TYPE1 COPP_PROTECTION_TYPE_ENFORCEMENT

/* --- levels that come up --- */

/* Levels of one type, raised one after the other. */
struct ladder {
    uint32_t type;
    uint32_t levels[6];
    size_t count;
};

static void run_ladder(struct case_run *run) {
    const struct ladder *ladder = run->test->with;
    struct driver_client *client = client_start(run);
    for (size_t i = 0; client != NULL && i < ladder->count && case_going(run); i++) {
        const uint32_t level = ladder->levels[i];
        (void)(opm_want_set(run, client, NULL, ladder->type, level, COPP_HR_OK) &&
               opm_want_virtual(run, client, NULL, ladder->type, level) &&
               opm_want_actual(run, client, NULL, ladder->type, level));
    }
}

/* What a session that has just begun holds. */
static void run_fresh(struct case_run *run) {
    const uint32_t types = driver_suite_of(run)->output->types;
    struct driver_client *client = client_start(run);
    for (uint32_t type = 1; client != NULL && type <= TYPE1 && case_going(run); type <<= 1) {
        if ((types & type) != 0)
            opm_want_virtual(run, client, NULL, type, 0);
    }
}

static void run_repeated(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK) &&
        opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK) && opm_want_virtual(run, client, NULL, HDCP, 1) &&
        opm_want_flags(run, client, NULL, COPP_STATUS_NORMAL))
        opm_want_set(run, client, NULL, HDCP, 0, COPP_HR_OK);
}

/* Repeated by one session, HDCP is not held twice. */
static void run_repeated_once(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK) &&
        opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK) && opm_want_set(run, client, NULL, HDCP, 0, COPP_HR_OK))
        opm_want_actual(run, client, NULL, HDCP, 0);
}

static void run_true_at_once(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK) && opm_want_virtual(run, client, NULL, HDCP, 1))
        opm_want_actual(run, client, NULL, HDCP, 1);
}

/* --- refusals that leave what is held --- */

/* HDCP is on; then a command that would end it is refused. */
static void run_held(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client == NULL || !opm_want_set(run, client, NULL, HDCP, 1, COPP_HR_OK))
        return;
    if (opm_send_set(run, client, run->test->with) && opm_want_virtual(run, client, NULL, HDCP, 1))
        opm_want_actual(run, client, NULL, HDCP, 1);
}

/* HDCP is off; a command that would raise it is refused, and it stays off. */
static void run_not_raised(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_send_set(run, client, run->test->with) && opm_want_virtual(run, client, NULL, HDCP, 0))
        opm_want_actual(run, client, NULL, HDCP, 0);
}

/* --- levels that do not come up --- */

/* Something happens; then a command is answered by its code, and its level is what it says. */
struct obstacle {
    struct opm_event event;
    bool css;
    uint32_t type, level;
    uint32_t code;
};

static void run_obstacle(struct case_run *run) {
    const struct obstacle *o = run->test->with;
    struct driver_client *client;
    if (o->event.event != NULL && !opm_cause(run, &o->event))
        return;
    client = client_start(run);
    if (client == NULL)
        return;
    bool answered = o->css ? opm_want_css(run, client, NULL, o->type, o->level, o->code)
                           : opm_want_set(run, client, NULL, o->type, o->level, o->code);
    if (answered && opm_want_virtual(run, client, NULL, o->type, 0))
        opm_want_actual(run, client, NULL, o->type, 0);
}

/* The level that is held stays when a higher one does not come up. */
static void run_rolled_back(struct case_run *run) {
    static const struct opm_event old = {"hdcp-version 1.4", NULL};
    struct driver_client *client;
    if (!opm_cause(run, &old))
        return;
    client = client_start(run);
    if (client != NULL && opm_want_set(run, client, NULL, TYPE1, 1, COPP_HR_OK) &&
        opm_want_set(run, client, NULL, TYPE1, 2, COPP_HR_OPM_NO_HDCP) && opm_want_virtual(run, client, NULL, TYPE1, 1))
        opm_want_actual(run, client, NULL, HDCP, 1);
}

static void run_zero_without_display(struct case_run *run) {
    static const struct opm_event unplug = {"unplug", "plug"};
    struct driver_client *client;
    if (!opm_cause(run, &unplug))
        return;
    client = client_start(run);
    if (client != NULL)
        opm_want_set(run, client, NULL, HDCP, 0, COPP_HR_OK);
}

/* A monitor that cannot is not an error for the one who asks. */
static void run_no_display(struct case_run *run) {
    static const struct opm_event unplug = {"unplug", "plug"};
    struct driver_client *client;
    if (!opm_cause(run, &unplug))
        return;
    client = client_start(run);
    if (client != NULL && opm_want_virtual(run, client, NULL, HDCP, 0))
        opm_want_actual(run, client, NULL, HDCP, 0);
}

/* --- according to CSS --- */

static void run_css(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_want_css(run, client, NULL, HDCP, 1, COPP_HR_OK) && opm_want_virtual(run, client, NULL, HDCP, 1) &&
        opm_want_actual(run, client, NULL, HDCP, 1) && opm_want_css(run, client, NULL, HDCP, 0, COPP_HR_OK))
        opm_want_actual(run, client, NULL, HDCP, 0);
}

/* Both commands are about the same level. */
static void run_css_and_set(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_want_css(run, client, NULL, HDCP, 1, COPP_HR_OK) &&
        opm_want_set(run, client, NULL, HDCP, 0, COPP_HR_OK) && opm_want_virtual(run, client, NULL, HDCP, 0))
        opm_want_actual(run, client, NULL, HDCP, 0);
}

/* A command that succeeds without its level counts, as others that succeed. */
static void run_css_counts(struct case_run *run) {
    static const struct opm_event refuse = {"hdcp-refuse on", "hdcp-refuse off"};
    struct driver_client *client;
    if (!opm_cause(run, &refuse))
        return;
    client = client_start(run);
    if (client != NULL && opm_want_css(run, client, NULL, HDCP, 1, COPP_HR_OK))
        opm_want_set(run, client, "OPM-SET-2", HDCP, 0, COPP_HR_OK);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define REFUSES(number, what, ids, pages, how, answer, bits, function, ...)                                                      \
    {                                                                                                                            \
        .id = "DRV-OPM-" number, .title = what, .rules = ids, .source = pages, .sends = how, .right = answer, .needs = bits,     \
        .hostile = true, .semantics = COPP_SEMANTICS_OPM, .run = function, .with = &(const struct opm_message) {                 \
            __VA_ARGS__                                                                                                          \
        }                                                                                                                        \
    }
#define SENDS(number, what, how, answer, bits, ...)                                                                              \
    REFUSES("SET-4-" number, what, "OPM-SET-4 OPM-ERR-2", PAGES, how, answer, bits, opm_run_set, .request = SET, __VA_ARGS__)
#define SENDS_CSS(number, what, how, answer, bits, ...)                                                                          \
    REFUSES("SET-6-" number, what, "OPM-SET-6 OPM-SET-4", CSS_PAGES, how, answer, bits, opm_run_set, .request = CSS, __VA_ARGS__)
#define HOLDS(number, what, how, ...)                                                                                            \
    REFUSES("ERR-3-" number, what, "OPM-ERR-3", PAGES, "HDCP on; " how, "the command is refused, and HDCP stays on", NEED_HDCP,  \
            run_held, __VA_ARGS__)
#define RAISES_NOT(number, what, how, ...)                                                                                       \
    REFUSES("ERR-3-" number, what, "OPM-ERR-3", PAGES, how, "the command is refused, and HDCP stays off", NEED_HDCP,             \
            run_not_raised, __VA_ARGS__)
#define DOES(number, what, ids, pages, how, answer, bits, function)                                                              \
    {                                                                                                                            \
        .id = "DRV-OPM-" number, .title = what, .rules = ids, .source = pages, .sends = how, .right = answer, .needs = bits,     \
        .semantics = COPP_SEMANTICS_OPM, .run = function                                                                         \
    }
#define LADDER(number, what, how, bits, word, n, ...)                                                                            \
    {                                                                                                                            \
        .id = "DRV-OPM-SET-4-" number, .title = what, .rules = "OPM-SET-4 OPM-SET-5 OPM-GET-8", .source = PAGES, .sends = how,   \
        .right = "S_OK; virtual and actual level are the one that was set", .needs = bits, .semantics = COPP_SEMANTICS_OPM,      \
        .run = run_ladder, .with = &(const struct ladder) {                                                                      \
            word, {__VA_ARGS__}, n                                                                                               \
        }                                                                                                                        \
    }
#define MEETS(number, what, ids, pages, how, answer, bits, happens, end, dvd, word, height, nn)                                  \
    {                                                                                                                            \
        .id = "DRV-OPM-SET-" number, .title = what, .rules = ids, .source = pages, .sends = how, .right = answer,                \
        .needs = (bits) | NEED_EVENTS, .semantics = COPP_SEMANTICS_OPM, .run = run_obstacle, .with = &(const struct obstacle) {  \
            {happens, end}, dvd, word, height, nn                                                                                \
        }                                                                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

const struct conformance_case driver_cases_opm_levels[] = {
    LADDER("1", "HDCP goes on and off", "SET_PROTECTION_LEVEL with the levels 1 and 0 of HDCP, and both level requests",
           NEED_HDCP, HDCP, 2, 1, 0),
    LADDER("2", "ACP has the levels 1, 2, 3 and 0", "SET_PROTECTION_LEVEL with each of them, and both level requests", NEED_ACP,
           ACP, 6, 1, 2, 3, 1, 2, 0),
    LADDER("3", "CGMS-A has the levels 1 to 4 and 0", "SET_PROTECTION_LEVEL with each of them, and both level requests",
           NEED_CGMSA, CGMSA, 6, 1, 2, 3, 4, 1, 0),
    LADDER("4", "type enforcement goes on and off", "SET_PROTECTION_LEVEL with the levels 1 and 0, and both level requests",
           NEED_TYPE1, TYPE1, 2, 1, 0),
    LADDER("5", "DPCP goes on and off", "SET_PROTECTION_LEVEL with the levels 1 and 0 of DPCP, and both level requests",
           NEED_DPCP, DPCP, 2, 1, 0),
    SENDS("6", "no type is refused", "SET_PROTECTION_LEVEL of no type", IS_INVALID, 0, .code = INVALID),
    SENDS("7", "two types at once are refused", "SET_PROTECTION_LEVEL of HDCP and ACP", IS_INVALID, 0, .type = HDCP | ACP,
          .code = INVALID),
    SENDS("8", "all types at once are refused", "SET_PROTECTION_LEVEL of the type 0xFFFFFFFF", IS_INVALID, 0, .type = 0xFFFFFFFF,
          .code = INVALID),
    SENDS("9", "OTHER is refused", "SET_PROTECTION_LEVEL of the type 0x80000000", IS_INVALID, 0,
          .type = COPP_PROTECTION_TYPE_UNKNOWN, .code = INVALID),
    SENDS("10", "a bit that is not a type is refused", "SET_PROTECTION_LEVEL of the type 0x40", IS_INVALID, 0, .type = 0x40,
          .code = INVALID),
    SENDS("11", "COPP_COMPATIBLE_HDCP is COPP's", "SET_PROTECTION_LEVEL of COPP's HDCP, level 1", "0xC026251C", 0,
          .type = COPP_PROTECTION_TYPE_HDCP, .level = 1, .code = COPP_ONLY),
    SENDS("12", "COPP_COMPATIBLE_HDCP is COPP's for level 0 too", "SET_PROTECTION_LEVEL of COPP's HDCP, level 0", "0xC026251C", 0,
          .type = COPP_PROTECTION_TYPE_HDCP, .code = COPP_ONLY),
    SENDS("13", "HDCP where there is none", "SET_PROTECTION_LEVEL of HDCP, level 1", "0xC0262513", NEED_NO_HDCP, .type = HDCP,
          .level = 1, .code = COPP_HR_OPM_NO_HDCP),
    SENDS("14", "level 0 of HDCP where there is none", "SET_PROTECTION_LEVEL of HDCP, level 0", "0xC0262513", NEED_NO_HDCP,
          .type = HDCP, .code = COPP_HR_OPM_NO_HDCP),
    SENDS("15", "ACP where there is none", "SET_PROTECTION_LEVEL of ACP, level 0", "0xC0262514", NEED_NO_ACP, .type = ACP,
          .code = COPP_HR_OPM_NO_ACP),
    SENDS("16", "CGMS-A where there is none", "SET_PROTECTION_LEVEL of CGMS-A, level 0", "0xC0262515", NEED_NO_CGMSA,
          .type = CGMSA, .code = COPP_HR_OPM_NO_CGMSA),
    SENDS("17", "DPCP where there is none", "SET_PROTECTION_LEVEL of DPCP, level 0", IS_INVALID, NEED_NO_DPCP, .type = DPCP,
          .code = INVALID),
    SENDS("18", "type enforcement where there is no HDCP", "SET_PROTECTION_LEVEL of type enforcement, level 0", "0xC0262513",
          NEED_NO_HDCP, .type = TYPE1, .code = COPP_HR_OPM_NO_HDCP),
    SENDS("19", "type enforcement where there is HDCP alone", "SET_PROTECTION_LEVEL of type enforcement, level 0", IS_INVALID,
          NEED_HDCP | NEED_NO_TYPE1, .type = TYPE1, .code = INVALID),
    SENDS("20", "HDCP has no level 2", "SET_PROTECTION_LEVEL of HDCP, level 2", IS_INVALID, NEED_HDCP, .type = HDCP, .level = 2,
          .code = INVALID),
    SENDS("21", "HDCP has no level -1", "SET_PROTECTION_LEVEL of HDCP, level 0xFFFFFFFF", IS_INVALID, NEED_HDCP, .type = HDCP,
          .level = 0xFFFFFFFF, .code = INVALID),
    SENDS("22", "ACP has no level 4", "SET_PROTECTION_LEVEL of ACP, level 4", IS_INVALID, NEED_ACP, .type = ACP, .level = 4,
          .code = INVALID),
    SENDS("23", "CGMS-A has no level 5", "SET_PROTECTION_LEVEL of CGMS-A, level 5", IS_INVALID, NEED_CGMSA, .type = CGMSA,
          .level = 5, .code = INVALID),
    SENDS("24", "redistribution control is COPP's to ask for", "SET_PROTECTION_LEVEL of CGMS-A, level 9", IS_INVALID, NEED_CGMSA,
          .type = CGMSA, .level = 9, .code = INVALID),
    SENDS("25", "type enforcement has no level 3", "SET_PROTECTION_LEVEL of type enforcement, level 3", IS_INVALID, NEED_TYPE1,
          .type = TYPE1, .level = 3, .code = INVALID),
    SENDS("26", "DPCP has no level 2", "SET_PROTECTION_LEVEL of DPCP, level 2", IS_INVALID, NEED_DPCP, .type = DPCP, .level = 2,
          .code = INVALID),
    SENDS("27", "the first reserved word is 0", "SET_PROTECTION_LEVEL with Reserved = 1", IS_INVALID, 0, .type = OPM_TYPE_ANY,
          .reserved = {1, 0}, .code = INVALID),
    SENDS("28", "the second reserved word is 0", "SET_PROTECTION_LEVEL with Reserved2 = 0x80000000", IS_INVALID, 0,
          .type = OPM_TYPE_ANY, .reserved = {0, 0x80000000}, .code = INVALID),
    SENDS("29", "whose a type is comes before its level", "SET_PROTECTION_LEVEL of COPP's HDCP, level 99", "0xC026251C", 0,
          .type = COPP_PROTECTION_TYPE_HDCP, .level = 99, .code = COPP_ONLY),
    SENDS("30", "whether there is a type comes before its level", "SET_PROTECTION_LEVEL of HDCP, level 99", "0xC0262513",
          NEED_NO_HDCP, .type = HDCP, .level = 99, .code = COPP_HR_OPM_NO_HDCP),
    SENDS("31", "whether there is a type comes before the reserved words", "SET_PROTECTION_LEVEL of ACP with Reserved = 1",
          "0xC0262514", NEED_NO_ACP, .type = ACP, .reserved = {1, 0}, .code = COPP_HR_OPM_NO_ACP),
    MEETS("4-32", "Type 1 with a receiver that does not do it", "OPM-SET-4 OPM-HDCP-2 OPM-ERR-1", PAGES,
          "a receiver of HDCP 1.4; SET_PROTECTION_LEVEL of type enforcement, level 2", "0xC0262513, and the levels are 0",
          NEED_TYPE1, "hdcp-version 1.4", NULL, false, TYPE1, 2, COPP_HR_OPM_NO_HDCP),
    MEETS("4-33", "no free HDCP engine", "OPM-SET-4", PAGES,
          "other outputs use all engines; SET_PROTECTION_LEVEL of HDCP, level 1", "0xC0262518, and the levels are 0", NEED_HDCP,
          "hdcp-busy on", "hdcp-busy off", false, HDCP, 1, COPP_HR_OPM_HDCP_HARDWARE_IN_USE),
    MEETS("4-34", "HDCP that does not come up", "OPM-SET-4", PAGES, "HDCP fails; SET_PROTECTION_LEVEL of HDCP, level 1",
          "0xC026251E, and the levels are 0", NEED_HDCP, "hdcp-refuse on", "hdcp-refuse off", false, HDCP, 1,
          COPP_HR_OPM_DRIVER_INTERNAL_ERROR),
    MEETS("4-35", "HDCP without a display", "OPM-SET-4", PAGES, "the cable is pulled; SET_PROTECTION_LEVEL of HDCP, level 1",
          "0xC026251E, and the levels are 0", NEED_HDCP, "unplug", "plug", false, HDCP, 1, COPP_HR_OPM_DRIVER_INTERNAL_ERROR),
    MEETS("4-36", "ACP at a resolution that is too high", "OPM-SET-4", PAGES, "720p; SET_PROTECTION_LEVEL of ACP, level 1",
          "0xC0262517, and the levels are 0", NEED_ACP | NEED_NO_HDCP, "mode 720p59.94", NULL, false, ACP, 1,
          COPP_HR_OPM_RESOLUTION_TOO_HIGH),
    DOES("SET-4-37", "a level that is held stays if a higher one does not come up", "OPM-SET-4 OPM-ERR-3", PAGES,
         "a receiver of HDCP 1.4; type enforcement 1, then 2", "S_OK, then 0xC0262513; the level stays 1",
         NEED_TYPE1 | NEED_EVENTS, run_rolled_back),
    DOES("SET-4-38", "level 0 succeeds without a display", "OPM-SET-4", PAGES,
         "the cable is pulled; SET_PROTECTION_LEVEL of HDCP, level 0", "S_OK", NEED_HDCP | NEED_EVENTS, run_zero_without_display),
    MEETS("4-39", "DPCP that the display does not do", "OPM-SET-4 OPM-HDCP-3", PAGES,
          "a display without DPCP; SET_PROTECTION_LEVEL of DPCP, level 1", "0xC026251E, and the levels are 0", NEED_DPCP,
          "dpcp-refuse on", "dpcp-refuse off", false, DPCP, 1, COPP_HR_OPM_DRIVER_INTERNAL_ERROR),

    DOES("SET-5-1", "the first request after the command tells the truth", "OPM-SET-5 OPM-GET-8", PAGES,
         "HDCP on; GET_VIRTUAL_PROTECTION_LEVEL and GET_ACTUAL_PROTECTION_LEVEL at once", "1 and 1", NEED_HDCP, run_true_at_once),
    DOES("SET-5-2", "setting a held level once more succeeds", "OPM-SET-5", PAGES, "HDCP on, twice; the level and the flags",
         "S_OK twice, level 1, no flag", NEED_HDCP, run_repeated),
    DOES("SET-5-3", "a level that was set twice is held once", "OPM-SET-5 OPM-ARB-1", PAGES, "HDCP on, on and off",
         "the actual level is 0", NEED_HDCP, run_repeated_once),

    DOES("SET-6-1", "the command for DVDs switches HDCP on and off", "OPM-SET-6", CSS_PAGES, "HDCP on and off by that command",
         "S_OK, and the levels say so", NEED_HDCP, run_css),
    DOES("SET-6-2", "both commands set the same level", "OPM-SET-6", CSS_PAGES,
         "HDCP on by that command, off by SET_PROTECTION_LEVEL", "the levels are 0", NEED_HDCP, run_css_and_set),
    MEETS("6-3", "the command for DVDs succeeds where HDCP does not come up", "OPM-SET-6", CSS_PAGES, "HDCP fails; that command",
          "S_OK, and the levels are 0", NEED_HDCP, "hdcp-refuse on", "hdcp-refuse off", true, HDCP, 1, COPP_HR_OK),
    MEETS("6-4", "the command for DVDs succeeds where no engine is free", "OPM-SET-6", CSS_PAGES,
          "other outputs use all engines; that command", "S_OK, and the levels are 0", NEED_HDCP, "hdcp-busy on", "hdcp-busy off",
          true, HDCP, 1, COPP_HR_OK),
    MEETS("6-5", "the command for DVDs succeeds where the receiver does not do Type 1", "OPM-SET-6", CSS_PAGES,
          "a receiver of HDCP 1.4; that command with type enforcement 2", "S_OK, and the levels are 0", NEED_TYPE1,
          "hdcp-version 1.4", NULL, true, TYPE1, 2, COPP_HR_OK),
    MEETS("6-6", "for ACP the command for DVDs is an ordinary one", "OPM-SET-6", CSS_PAGES,
          "720p; that command with ACP, level 1", "0xC0262517, and the levels are 0", NEED_ACP | NEED_NO_HDCP, "mode 720p59.94",
          NULL, true, ACP, 1, COPP_HR_OPM_RESOLUTION_TOO_HIGH),
    DOES("SET-6-7", "a command for DVDs that comes to nothing counts", "OPM-SET-6 OPM-SET-2", CSS_PAGES,
         "HDCP fails; that command; SET_PROTECTION_LEVEL with the next number", "S_OK twice", NEED_HDCP | NEED_EVENTS,
         run_css_counts),
    SENDS_CSS("8", "the command for DVDs of no type is refused", "that command of no type", IS_INVALID, 0, .code = INVALID),
    SENDS_CSS("9", "the command for DVDs knows no more levels", "that command with HDCP, level 2", IS_INVALID, NEED_HDCP,
              .type = HDCP, .level = 2, .code = INVALID),
    SENDS_CSS("10", "the reserved words of the command for DVDs are 0", "that command with Reserved = 1", IS_INVALID, 0,
              .type = OPM_TYPE_ANY, .reserved = {1, 0}, .code = INVALID),
    SENDS_CSS("11", "the command for DVDs is refused where there is no HDCP", "that command with HDCP, level 1", "0xC0262513",
              NEED_NO_HDCP, .type = HDCP, .level = 1, .code = COPP_HR_OPM_NO_HDCP),
    SENDS_CSS("12", "COPP's HDCP is refused by the command for DVDs", "that command with COPP's HDCP, level 1", "0xC026251C", 0,
              .type = COPP_PROTECTION_TYPE_HDCP, .level = 1, .code = COPP_ONLY),
    SENDS_CSS("13", "the command for DVDs is authenticated", "that command with an OMAC of zeros", IS_INVALID, 0,
              .type = OPM_TYPE_ANY, .mac = OPM_MAC_ZERO, .code = INVALID),
    SENDS_CSS("14", "the command for DVDs has a size", "that command with 15 bytes of parameters", IS_INVALID, 0,
              .type = OPM_TYPE_ANY, .sized = true, .size = 15, .code = INVALID),

    DOES("GET-8-1", "a new session holds nothing", "OPM-GET-8", "OPM_GET_VIRTUAL_PROTECTION_LEVEL",
         "GET_VIRTUAL_PROTECTION_LEVEL of every type that is offered", "0 for each", 0, run_fresh),
    DOES("ERR-1-1", "levels can be asked for without a display", "OPM-ERR-1 OPM-GET-6", "OPM_GET_VIRTUAL_PROTECTION_LEVEL",
         "the cable is pulled; both level requests of HDCP", "S_OK and 0", NEED_HDCP | NEED_EVENTS, run_no_display),
    HOLDS("1", "a command with a wrong OMAC does not end HDCP", "HDCP off with an OMAC of zeros", .request = SET, .type = HDCP,
          .mac = OPM_MAC_ZERO, .code = INVALID),
    HOLDS("2", "a command with a wrong number does not end HDCP", "HDCP off with a number that is too high", .request = SET,
          .type = HDCP, .sequence = 1, .code = INVALID),
    HOLDS("3", "a command with a reserved word does not end HDCP", "HDCP off with Reserved = 1", .request = SET, .type = HDCP,
          .reserved = {1, 0}, .code = INVALID),
    HOLDS("4", "a command that is too short does not end HDCP", "HDCP off with 15 bytes of parameters", .request = SET,
          .type = HDCP, .sized = true, .size = 15, .code = INVALID),
    HOLDS("5", "a command with additional bytes does not end HDCP", "HDCP off with a byte beside it", .request = SET,
          .type = HDCP, .beside = 1, .code = INVALID),
    RAISES_NOT("6", "a command with a wrong OMAC does not raise HDCP", "HDCP on with an OMAC of zeros", .request = SET,
               .type = HDCP, .level = 1, .mac = OPM_MAC_ZERO, .code = INVALID),
    RAISES_NOT("7", "a command with a wrong number does not raise HDCP", "HDCP on with a number that is too low", .request = SET,
               .type = HDCP, .level = 1, .sequence = 0xFFFFFFFF, .code = INVALID),
    RAISES_NOT("8", "a command with additional bytes does not raise HDCP", "HDCP on with a byte beside it", .request = SET,
               .type = HDCP, .level = 1, .beside = 1, .code = INVALID),
    {.id = NULL}};
