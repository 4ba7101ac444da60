/* CMD-4: SetProtectionLevel. */
#include <string.h>

#include "define.h"

/* What is set, and what is right. */
struct level {
    uint32_t type;
    uint32_t level;
    uint32_t mask;
    uint32_t data;
    uint32_t right;
};

static bool send(struct case_run *run, struct driver_client *client, const struct level *level, uint32_t *hresult) {
    struct copp_command command;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE];
    put_u32(data, level->type);
    put_u32(data + 4, level->level);
    put_u32(data + 8, level->mask);
    put_u32(data + 12, level->data);
    client_make_command(client, COPP_SET_PROTECTION_LEVEL, data, sizeof data, &command);
    return client_command(run, client, &command, hresult);
}

static bool want_local(struct case_run *run, struct driver_client *client, uint32_t type, uint32_t level) {
    struct copp_status answer;
    return client_ask(run, client, COPP_QUERY_LOCAL_PROTECTION_LEVEL, type, &answer) &&
           want_field(run, "CMD-4", "the local level", 40, answer.data, level);
}

static bool want_global(struct case_run *run, struct driver_client *client, uint32_t type, uint32_t level) {
    struct copp_status answer;
    return client_ask(run, client, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, type, &answer) &&
           want_field(run, "CMD-4", "the global level", 40, answer.data, level);
}

/* A level that is accepted is there afterwards, and in force. */
static void sets(struct case_run *run) {
    const struct level *level = run->test->with;
    struct driver_client *client = client_start(run);
    if (client != NULL && client_raise(run, client, level->type, level->level) &&
        want_local(run, client, level->type, level->level))
        (void)want_global(run, client, level->type, level->level);
}

/* Level 0 is every type's word for off. */
static void gives_back(struct case_run *run) {
    const struct level *level = run->test->with;
    struct driver_client *client = client_start(run);
    if (client != NULL && client_raise(run, client, level->type, level->level) && client_raise(run, client, level->type, 0) &&
        want_local(run, client, level->type, 0))
        (void)want_global(run, client, level->type, 0);
}

/* One type is given back; the other stays. */
static void leaves_the_other(struct case_run *run) {
    const struct level *level = run->test->with;
    const struct level *other = level + 1;
    struct driver_client *client = client_start(run);
    if (client != NULL && client_raise(run, client, level->type, level->level) &&
        client_raise(run, client, other->type, other->level) && client_raise(run, client, level->type, 0) &&
        want_local(run, client, other->type, other->level))
        (void)want_global(run, client, other->type, other->level);
}

/* The same level twice. */
static void repeats(struct case_run *run) {
    const struct level *level = run->test->with;
    struct driver_client *client = client_start(run);
    if (client != NULL && client_raise(run, client, level->type, level->level) &&
        client_raise(run, client, level->type, level->level))
        (void)want_local(run, client, level->type, level->level);
}

static void refuses(struct case_run *run) {
    const struct level *level = run->test->with;
    struct driver_client *client = client_start(run);
    uint32_t hresult;
    if (client == NULL || !send(run, client, level, &hresult))
        return;
    case_mark(run, false, 40, COPP_SET_PROTECTION_LEVEL_SIZE);
    (void)want_hresult(run, "CMD-4", "SetProtectionLevel", hresult, level->right);
}

/* The types that this output has, in one command. */
static void two_types(struct case_run *run) {
    struct driver_client *client = client_start(run);
    uint32_t hresult;
    if (client == NULL)
        return;
    const struct level both = {client->output->types & 7, 1, 0, 0, COPP_HR_INVALIDARG};
    if (!send(run, client, &both, &hresult))
        return;
    case_mark(run, false, 40, 4);
    (void)want_hresult(run, "CMD-4", "SetProtectionLevel with two types", hresult, COPP_HR_INVALIDARG);
}

/* Whatever type the output has. */
static void level_of_any_type(struct case_run *run) {
    const uint32_t *level = run->test->with;
    struct driver_client *client = client_start(run);
    uint32_t hresult;
    if (client == NULL)
        return;
    const uint32_t types = client->output->types & 7;
    const struct level wrong = {lowest_bit(types), *level, 0, 0, COPP_HR_INVALIDARG};
    if (!send(run, client, &wrong, &hresult))
        return;
    case_mark(run, false, 44, 4);
    (void)want_hresult(run, "CMD-4", "SetProtectionLevel with that level", hresult, COPP_HR_INVALIDARG);
}

static const uint32_t minus_one = COPP_NO_PROTECTION_LEVEL_AVAILABLE;

/* --- the resolution --- */

/* The first of some modes that the output has; false, and the case ends, if it has none. */
static bool go_to(struct case_run *run, const char *const *modes) {
    for (; *modes != NULL; modes++) {
        if (driver_try(run, *modes))
            return true;
    }
    return case_skip(run, CASE_NOT_SUPPORTED, "the output cannot be brought into such a mode");
}

static const char *const modes_720[] = {"mode 720p59.94", "mode 720p60", "mode 720p50", NULL};
static const char *const modes_1080[] = {"mode 1080i59.94", "mode 1080i60", "mode 1080i50", NULL};
static const char *const modes_576[] = {"mode 576i50", NULL};

static void too_big(struct case_run *run) {
    const struct level level = {COPP_PROTECTION_TYPE_ACP, COPP_ACP_LEVEL1, 0, 0, COPP_HR_TOOBIGSIZE};
    struct driver_client *client;
    uint32_t hresult;
    if (!go_to(run, run->test->with) || (client = client_start(run)) == NULL || !send(run, client, &level, &hresult))
        return;
    if (want_hresult(run, "CMD-4", "ACP on component video in this mode", hresult, COPP_HR_TOOBIGSIZE))
        (void)want_local(run, client, COPP_PROTECTION_TYPE_ACP, COPP_ACP_OFF);
}

static void off_in_any_mode(struct case_run *run) {
    struct driver_client *client;
    if (go_to(run, run->test->with) && (client = client_start(run)) != NULL)
        (void)client_raise(run, client, COPP_PROTECTION_TYPE_ACP, COPP_ACP_OFF);
}

static void fixed_signal(struct case_run *run) {
    struct driver_client *client;
    if (go_to(run, run->test->with) && (client = client_start(run)) != NULL)
        (void)client_raise(run, client, COPP_PROTECTION_TYPE_ACP, COPP_ACP_LEVEL2);
}

/* --- links that fail --- */

static void link_fails(struct case_run *run) {
    const struct level level = {COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_ON, 0, 0, COPP_HR_UNEXPECTED};
    struct driver_client *client = client_start(run);
    uint32_t hresult;
    if (client == NULL || !driver_cause_until_end(run, "hdcp-refuse on", "hdcp-refuse off") ||
        !send(run, client, &level, &hresult) ||
        !want_hresult(run, "CMD-4", "HDCP that does not come up", hresult, COPP_HR_UNEXPECTED))
        return;
    if (want_local(run, client, COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_OFF))
        (void)want_global(run, client, COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_OFF);
}

static void failure_does_not_count(struct case_run *run) {
    const struct level level = {COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_ON, 0, 0, COPP_HR_UNEXPECTED};
    struct driver_client *client = client_start(run);
    uint32_t hresult;
    if (client == NULL || !driver_cause_until_end(run, "hdcp-refuse on", "hdcp-refuse off") ||
        !send(run, client, &level, &hresult))
        return;
    if (hresult == COPP_HR_OK)
        case_skip(run, CASE_NOT_APPLICABLE, "the driver did not refuse, which is a failure of another case");
    else if (client_set_level(run, client, COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_OFF, &hresult))
        (void)want_hresult(run, "CMD-3", "the next command, with the same number", hresult, COPP_HR_OK);
}

/* --- outputs that take their time (CMD-6) --- */

/* HDCP that neither comes up nor fails: the command ends when the driver's time limit has passed. */
static void hangs(struct case_run *run) {
    const struct level level = {COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_ON, 0, 0, COPP_HR_UNEXPECTED};
    struct driver_client *client = client_start(run);
    uint32_t hresult;
    if (client == NULL || !driver_cause_until_end(run, "hdcp-hang on", "hdcp-hang off") || !send(run, client, &level, &hresult) ||
        !want_hresult(run, "CMD-6", "HDCP whose output does not come to an end", hresult, COPP_HR_UNEXPECTED) ||
        !want_local(run, client, COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_OFF) ||
        !want_global(run, client, COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_OFF) ||
        !client_set_level(run, client, COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_OFF, &hresult))
        return;
    (void)want_hresult(run, "CMD-3", "the next command, with the same number", hresult, COPP_HR_OK);
}

static void off_while_it_hangs(struct case_run *run) {
    struct driver_client *client = client_start(run);
    uint32_t hresult;
    if (client != NULL && driver_cause_until_end(run, "hdcp-hang on", "hdcp-hang off") &&
        client_set_level(run, client, COPP_PROTECTION_TYPE_HDCP, COPP_HDCP_OFF, &hresult))
        (void)want_hresult(run, "CMD-6", "HDCP off while the output does not answer", hresult, COPP_HR_OK);
}

/* --- redistribution control --- */

static void redistribution_refused(struct case_run *run) {
    const struct level level = {COPP_PROTECTION_TYPE_CGMSA, COPP_CGMSA_COPY_NEVER | COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED, 0,
                                0, COPP_HR_INVALIDARG};
    struct driver_client *client = client_start(run);
    uint32_t hresult;
    if (client != NULL && send(run, client, &level, &hresult) &&
        want_hresult(run, "CMD-4", "redistribution control that cannot be signalled", hresult, COPP_HR_INVALIDARG))
        (void)want_local(run, client, COPP_PROTECTION_TYPE_CGMSA, COPP_CGMSA_DISABLED);
}

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

static const struct level good[] = {
    {HDCP, 1, 0, 0, 0},  {ACP, 1, 0, 0, 0},   {ACP, 2, 0, 0, 0},    {ACP, 3, 0, 0, 0},   {CGMSA, 1, 0, 0, 0}, {CGMSA, 2, 0, 0, 0},
    {CGMSA, 3, 0, 0, 0}, {CGMSA, 4, 0, 0, 0}, {CGMSA, 12, 0, 0, 0}, {CGMSA, 8, 0, 0, 0}, {HDCP, 0, 0, 0, 0},
};
#define REFUSED(type, level, mask, data)                                                                                         \
    { type, level, mask, data, COPP_HR_INVALIDARG }
static const struct level bad[] = {
    REFUSED(0, 0, 0, 0),     REFUSED(0x80000000u, 0, 0, 0), REFUSED(0x10, 0, 0, 0), REFUSED(8, 0, 0, 0),
    REFUSED(ACP, 0, 0, 0),   REFUSED(HDCP, 0, 0, 0),        REFUSED(HDCP, 2, 0, 0), REFUSED(ACP, 4, 0, 0),
    REFUSED(CGMSA, 5, 0, 0), REFUSED(CGMSA, 16, 0, 0),      REFUSED(HDCP, 0, 1, 0), REFUSED(HDCP, 0, 0, 1),
};

#define SETS(number, text, need, index)                                                                                          \
    CORRECT_CASE(number, text " is put in force", "CMD-4 QRY-5 WIRE-5", FROM_COMMAND,                                            \
                 "SetProtectionLevel, " text "; both level queries", "S_OK, and both levels are what was set", need, sets,       \
                 &good[index])
#define REFUSES(number, text, sends, need, index)                                                                                \
    HOSTILE_CASE(number, text, "CMD-4", FROM_COMMAND, "SetProtectionLevel, " sends, "E_INVALIDARG", need, refuses, &bad[index])

const struct conformance_case driver_cases_level[] = {
    SETS("DRV-CMD-4-1", "HDCP on", NEED_HDCP | NEED_RECEIVER, 0),
    SETS("DRV-CMD-4-2", "ACP level 1", NEED_ACP, 1),
    SETS("DRV-CMD-4-3", "ACP level 2", NEED_ACP, 2),
    SETS("DRV-CMD-4-4", "ACP level 3", NEED_ACP, 3),
    SETS("DRV-CMD-4-5", "CGMS-A CopyFreely", NEED_CGMSA, 4),
    SETS("DRV-CMD-4-6", "CGMS-A CopyNoMore", NEED_CGMSA, 5),
    SETS("DRV-CMD-4-7", "CGMS-A CopyOneGeneration", NEED_CGMSA, 6),
    SETS("DRV-CMD-4-8", "CGMS-A CopyNever", NEED_CGMSA, 7),
    SETS("DRV-CMD-4-9", "CGMS-A CopyNever with redistribution control", NEED_CGMSA | NEED_CEA, 8),
    SETS("DRV-CMD-4-10", "redistribution control alone", NEED_CGMSA | NEED_CEA, 9),
    CORRECT_CASE("DRV-CMD-4-11", "a level is given back", "CMD-4 ARB-4", FROM_COMMAND, "SetProtectionLevel, HDCP on, then off",
                 "S_OK, and both levels are 0", NEED_HDCP | NEED_RECEIVER, gives_back, &good[0]),
    CORRECT_CASE("DRV-CMD-4-12", "level 0 succeeds where nothing is held", "CMD-4", FROM_COMMAND,
                 "SetProtectionLevel, HDCP off, twice", "S_OK both times", NEED_HDCP, repeats, &good[10]),
    CORRECT_CASE("DRV-CMD-4-13", "a level that is held may be set once more", "CMD-4", FROM_COMMAND,
                 "SetProtectionLevel, HDCP on, twice", "S_OK both times", NEED_HDCP | NEED_RECEIVER, repeats, &good[0]),
    REFUSES("DRV-CMD-4-14", "the type None is refused", "type 0, level 0", NEED_TYPE, 0),
    REFUSES("DRV-CMD-4-15", "the type Unknown is refused", "type 0x80000000, level 0", NEED_TYPE, 1),
    REFUSES("DRV-CMD-4-16", "DPCP is never offered", "type 0x10, level 0", NEED_TYPE, 2),
    REFUSES("DRV-CMD-4-17", "OPM's HDCP is not COPP's", "type 8, level 0", NEED_TYPE, 3),
    REFUSES("DRV-CMD-4-18", "ACP is refused where there is none", "ACP off", NEED_TYPE | NEED_NO_ACP, 4),
    REFUSES("DRV-CMD-4-19", "HDCP is refused where there is none", "HDCP off", NEED_TYPE | NEED_NO_HDCP, 5),
    HOSTILE_CASE("DRV-CMD-4-20", "two types at once are refused", "CMD-4", FROM_COMMAND,
                 "SetProtectionLevel with all of the output's types", "E_INVALIDARG", NEED_TWO_TYPES, two_types, NULL),
    REFUSES("DRV-CMD-4-21", "HDCP has no level 2", "HDCP 2", NEED_HDCP, 6),
    REFUSES("DRV-CMD-4-22", "ACP has no level 4", "ACP 4", NEED_ACP, 7),
    REFUSES("DRV-CMD-4-23", "CGMS-A has no level 5", "CGMS-A 5", NEED_CGMSA, 8),
    REFUSES("DRV-CMD-4-24", "CGMS-A has no level 16", "CGMS-A 16", NEED_CGMSA, 9),
    HOSTILE_CASE("DRV-CMD-4-25", "the level -1 is refused", "CMD-4", FROM_COMMAND,
                 "SetProtectionLevel, NoProtectionLevelAvailable", "E_INVALIDARG", NEED_TYPE, level_of_any_type, &minus_one),
    REFUSES("DRV-CMD-4-26", "ExtendedInfoChangeMask has to be 0", "ExtendedInfoChangeMask 1", NEED_HDCP, 10),
    REFUSES("DRV-CMD-4-27", "ExtendedInfoData has to be 0", "ExtendedInfoData 1", NEED_HDCP, 11),
    CORRECT_CASE("DRV-CMD-4-28", "no ACP on component video at 720 lines", "CMD-4", FROM_COMMAND,
                 "SetProtectionLevel, ACP level 1", "DDERR_TOOBIGSIZE", NEED_ACP | NEED_COMPONENT | NEED_EVENTS, too_big,
                 modes_720),
    CORRECT_CASE("DRV-CMD-4-29", "no ACP on component video at 1080 lines", "CMD-4", FROM_COMMAND,
                 "SetProtectionLevel, ACP level 1", "DDERR_TOOBIGSIZE", NEED_ACP | NEED_COMPONENT | NEED_EVENTS, too_big,
                 modes_1080),
    CORRECT_CASE("DRV-CMD-4-30", "level 0 succeeds in any mode", "CMD-4", FROM_COMMAND,
                 "SetProtectionLevel, ACP off, at 720 lines", "S_OK", NEED_ACP | NEED_COMPONENT | NEED_EVENTS, off_in_any_mode,
                 modes_720),
    CORRECT_CASE("DRV-CMD-4-31", "ACP on S-Video in any mode", "CMD-4", FROM_COMMAND, "SetProtectionLevel, ACP level 2", "S_OK",
                 NEED_ACP | NEED_FIXED | NEED_EVENTS, fixed_signal, modes_576),
    CORRECT_CASE("DRV-CMD-4-32", "a link that does not come up is a failure", "CMD-4", FROM_COMMAND,
                 "SetProtectionLevel, HDCP on, which the display refuses; both level queries",
                 "E_UNEXPECTED, and both levels are 0", NEED_HDCP | NEED_RECEIVER | NEED_EVENTS, link_fails, NULL),
    CORRECT_CASE("DRV-CMD-4-33", "a link that does not come up does not count", "CMD-3 CMD-4", FROM_COMMAND,
                 "SetProtectionLevel, HDCP on, which the display refuses; HDCP off with the same number",
                 "the second answers S_OK", NEED_HDCP | NEED_RECEIVER | NEED_EVENTS, failure_does_not_count, NULL),
    CORRECT_CASE(
        "DRV-CMD-6-1", "a command whose output does not come to an end fails", "CMD-6 CMD-3 CMD-4", FROM_LIBCOPP,
        "SetProtectionLevel, HDCP on, which neither comes up nor fails; both level queries; HDCP off with the same number",
        "E_UNEXPECTED after the driver's time limit, both levels 0, then S_OK", NEED_HDCP | NEED_RECEIVER | NEED_EVENTS, hangs,
        NULL),
    CORRECT_CASE("DRV-CMD-6-2", "level 0 waits for nothing", "CMD-6 CMD-4", FROM_LIBCOPP,
                 "SetProtectionLevel, HDCP off, on an output that does not come to an end", "S_OK",
                 NEED_HDCP | NEED_RECEIVER | NEED_EVENTS, off_while_it_hangs, NULL),
    HOSTILE_CASE("DRV-CMD-4-34", "redistribution control needs CEA-805-A", "CMD-4", FROM_COMMAND,
                 "SetProtectionLevel, CGMS-A CopyNever with redistribution control, under another standard",
                 "E_INVALIDARG, and the level is unchanged", NEED_CGMSA | NEED_NO_CEA, redistribution_refused, NULL),
    CORRECT_CASE("DRV-CMD-4-37", "ACP is given back", "CMD-4 ARB-4", FROM_COMMAND, "SetProtectionLevel, ACP level 1, then off",
                 "S_OK, and both levels are 0", NEED_ACP, gives_back, &good[1]),
    CORRECT_CASE("DRV-CMD-4-38", "CGMS-A is given back", "CMD-4 ARB-4", FROM_COMMAND,
                 "SetProtectionLevel, CGMS-A CopyNever, then off", "S_OK, and both levels are 0", NEED_CGMSA, gives_back,
                 &good[7]),
    CORRECT_CASE("DRV-CMD-4-39", "a type that is given back leaves the others", "CMD-4 ARB-4", FROM_COMMAND,
                 "SetProtectionLevel, ACP level 3 and CGMS-A CopyFreely, then ACP off", "both levels of CGMS-A are CopyFreely",
                 NEED_ACP | NEED_CGMSA, leaves_the_other, &good[3]),
    END_OF_CASES,
};
