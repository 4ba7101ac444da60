/* CMD-5: SetSignaling. */
#include <string.h>

#include "define.h"

static bool send(struct case_run *run, struct driver_client *client, const struct copp_set_signaling *set, uint32_t *hresult) {
    struct copp_command command;
    uint8_t data[COPP_SET_SIGNALING_SIZE];
    copp_set_signaling_encode(set, data);
    client_make_command(client, COPP_SET_SIGNALING, data, sizeof data, &command);
    if (!client_command(run, client, &command, hresult))
        return false;
    case_mark(run, false, 40, COPP_SET_SIGNALING_SIZE);
    return true;
}

static bool choose(struct case_run *run, struct driver_client *client, uint32_t standard) {
    const struct copp_set_signaling set = {.standard = standard};
    uint32_t hresult;
    return send(run, client, &set, &hresult) && want_hresult(run, "CMD-5", "SetSignaling", hresult, COPP_HR_OK);
}

static bool want_refused(struct case_run *run, struct driver_client *client, const struct copp_set_signaling *set,
                         uint32_t right) {
    uint32_t hresult;
    return send(run, client, set, &hresult) && want_hresult(run, "CMD-5", "SetSignaling", hresult, right);
}

static bool ask(struct case_run *run, struct driver_client *client, struct copp_status_signaling *answer) {
    struct copp_status_output output;
    return client_query(run, client, COPP_QUERY_SIGNALING, NULL, 0, &output) &&
           copp_status_signaling_decode(output.bytes + 20, COPP_STATUS_SIGNALING_SIZE, answer) == COPP_OK;
}

static bool want_active(struct case_run *run, struct driver_client *client, uint32_t standard) {
    struct copp_status_signaling answer;
    return ask(run, client, &answer) &&
           want_field(run, "CMD-5", "ActiveTVProtectionStandard", 44, answer.active_standard, standard);
}

/* Another standard than the default one, which S-Video's fixed signal can always have. */
static uint32_t another(const struct driver_output *output) {
    const uint32_t others = output->standards & ~output->standard;
    return lowest_bit(others);
}

static void chooses_default(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && choose(run, client, client->output->standard))
        (void)want_active(run, client, client->output->standard);
}

static void chooses_another(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && choose(run, client, another(client->output)))
        (void)want_active(run, client, another(client->output));
}

static void chooses_none(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && choose(run, client, COPP_TV_STANDARD_NONE))
        (void)want_active(run, client, COPP_TV_STANDARD_NONE);
}

static void two_standards(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client == NULL)
        return;
    const struct copp_set_signaling set = {.standard = client->output->standards};
    if (want_refused(run, client, &set, COPP_HR_INVALIDARG))
        (void)want_active(run, client, client->output->standard);
}

static void not_offered(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client == NULL)
        return;
    const uint32_t others = COPP_TV_STANDARD_MASK & ~client->output->standards;
    const struct copp_set_signaling set = {.standard = lowest_bit(others)};
    (void)want_refused(run, client, &set, COPP_HR_INVALIDARG);
}

static void reserved_field(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_set_signaling set = *(const struct copp_set_signaling *)run->test->with;
    if (client == NULL)
        return;
    if (set.standard == 0)
        set.standard = client->output->standard;
    (void)want_refused(run, client, &set, COPP_HR_INVALIDARG);
}

static const struct copp_set_signaling unknown = {.standard = COPP_TV_STANDARD_UNKNOWN};
static const struct copp_set_signaling first_mask = {.extended_info_change_mask = {1, 0, 0, 0}};
static const struct copp_set_signaling last_mask = {.extended_info_change_mask = {0, 0, 0, 0x80000000u}};
static const struct copp_set_signaling reserved = {.reserved = 1};

/* A standard that the output offers and the present signal does not have. */
static void wrong_resolution(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client == NULL)
        return;
    const struct copp_set_signaling set = {.standard = another(client->output)};
    if (want_refused(run, client, &set, COPP_HR_TOOBIGSIZE))
        (void)want_active(run, client, client->output->standard);
}

static void none_while_held(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct driver_client *other = client != NULL ? client_start(run) : NULL;
    const struct copp_set_signaling set = {.standard = COPP_TV_STANDARD_NONE};
    if (other != NULL && client_raise(run, client, COPP_PROTECTION_TYPE_CGMSA, COPP_CGMSA_COPY_NEVER))
        (void)want_refused(run, other, &set, COPP_HR_INVALIDARG);
}

static void needs_a_standard(struct case_run *run) {
    struct driver_client *client = client_start(run);
    uint32_t hresult;
    if (client != NULL && choose(run, client, COPP_TV_STANDARD_NONE) &&
        client_set_level(run, client, COPP_PROTECTION_TYPE_CGMSA, COPP_CGMSA_COPY_NEVER, &hresult))
        (void)want_hresult(run, "CMD-4", "CGMS-A without a standard", hresult, COPP_HR_INVALIDARG);
}

/* Bits that the mask names, and no others. */
static void aspect_ratio(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_signaling answer;
    uint32_t hresult;
    if (client == NULL)
        return;
    struct copp_set_signaling set = {.standard = client->output->standard,
                                     .aspect = {{0xFF, 0x5A}, {0xF0, 0xFF}, {0xFFFFFFFFu, 0x8000F00Fu}}};
    if (!send(run, client, &set, &hresult) || !want_hresult(run, "CMD-5", "SetSignaling", hresult, COPP_HR_OK))
        return;
    set.aspect[0] = (struct copp_masked){0x0F, 0xF3};
    set.aspect[1] = (struct copp_masked){0x30, 0x00};
    set.aspect[2] = (struct copp_masked){0xF000000Fu, 0x10000000u};
    if (!send(run, client, &set, &hresult) || !want_hresult(run, "CMD-5", "SetSignaling", hresult, COPP_HR_OK) ||
        !ask(run, client, &answer))
        return;
    static const uint32_t right[] = {0x53, 0xC0, 0x1000F000u};
    static const char *const names[] = {"AspectRatioData", "AspectRatioData2", "AspectRatioData3"};
    for (size_t i = 0; i < 3; i++) {
        if (!want_field(run, "CMD-5", names[i], 56 + 8 * i, answer.aspect[i].data, right[i]))
            return;
    }
}

/* Signaling is the connector's: the last success wins, for all sessions. */
static void last_wins(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct driver_client *other = client != NULL ? client_start(run) : NULL;
    if (other != NULL && choose(run, client, client->output->standard) && choose(run, other, another(client->output)))
        (void)want_active(run, client, another(client->output));
}

static void default_returns(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client == NULL || !choose(run, client, another(client->output)))
        return;
    const uint32_t standard = client->output->standard;
    client_close(run, client);
    driver_settle(run);
    client = client_start(run);
    if (client != NULL)
        (void)want_active(run, client, standard);
}

/* The last device is meant, not the one that has chosen. */
static void stays_for_others(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct driver_client *other = client != NULL ? client_start(run) : NULL;
    if (other == NULL || !choose(run, client, another(client->output)))
        return;
    const uint32_t standard = another(client->output);
    client_close(run, client);
    driver_settle(run);
    (void)want_active(run, other, standard);
}

static void no_signaling(struct case_run *run) {
    struct driver_client *client = client_start(run);
    const struct copp_set_signaling set = {.standard = COPP_TV_STANDARD_EN300294_625I};
    if (client != NULL)
        (void)want_refused(run, client, &set, COPP_HR_INVALIDARG);
}

/* The structure's own size, which the MAC covers. */
static void short_data(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_command command;
    uint8_t data[COPP_SET_SIGNALING_SIZE];
    uint32_t hresult;
    if (client == NULL)
        return;
    const struct copp_set_signaling set = {.standard = client->output->standard};
    copp_set_signaling_encode(&set, data);
    client_make_command(client, COPP_SET_SIGNALING, data, sizeof data, &command);
    put_u32(command.bytes + 36, COPP_SET_SIGNALING_SIZE - 1);
    client_sign_command(client, &command);
    if (!client_command(run, client, &command, &hresult))
        return;
    case_mark(run, false, 36, 4);
    (void)want_hresult(run, "CMD-2", "SetSignaling with cbSizeData 63", hresult, COPP_HR_INVALIDARG);
}

#define REFUSES(number, title, sends, function, value)                                                                           \
    HOSTILE_CASE(number, title, "CMD-5", FROM_COMMAND, "SetSignaling, " sends, "E_INVALIDARG", NEED_SIGNALING, function, value)

const struct conformance_case driver_cases_signaling[] = {
    CORRECT_CASE("DRV-CMD-5-1", "the default standard may be chosen", "CMD-5 WIRE-6 WIRE-10", FROM_COMMAND,
                 "SetSignaling, the standard that is active; QuerySignaling", "S_OK, and it is active", NEED_SIGNALING,
                 chooses_default, NULL),
    CORRECT_CASE("DRV-CMD-5-2", "another standard may be chosen", "CMD-5", FROM_COMMAND,
                 "SetSignaling, another standard on S-Video; QuerySignaling", "S_OK, and it is active",
                 NEED_SIGNALING | NEED_FIXED, chooses_another, NULL),
    CORRECT_CASE("DRV-CMD-5-3", "None may be chosen while nobody holds CGMS-A", "CMD-5", FROM_COMMAND,
                 "SetSignaling, None; QuerySignaling", "S_OK, and None is active", NEED_SIGNALING, chooses_none, NULL),
    REFUSES("DRV-CMD-5-4", "several standards at once are refused", "all standards that are offered", two_standards, NULL),
    REFUSES("DRV-CMD-5-5", "a standard that is not offered is refused", "another standard", not_offered, NULL),
    REFUSES("DRV-CMD-5-6", "the standard Unknown is refused", "0x80000000", reserved_field, &unknown),
    REFUSES("DRV-CMD-5-7", "the first ExtendedInfoChangeMask has to be 0", "ExtendedInfoChangeMask[0] 1", reserved_field,
            &first_mask),
    REFUSES("DRV-CMD-5-8", "the last ExtendedInfoChangeMask has to be 0", "ExtendedInfoChangeMask[3] 0x80000000", reserved_field,
            &last_mask),
    REFUSES("DRV-CMD-5-9", "Reserved has to be 0", "Reserved 1", reserved_field, &reserved),
    CORRECT_CASE("DRV-CMD-5-10", "a standard of another resolution is refused", "CMD-5", FROM_COMMAND,
                 "SetSignaling, a standard that is offered and does not fit the signal", "DDERR_TOOBIGSIZE",
                 NEED_SIGNALING | NEED_COMPONENT, wrong_resolution, NULL),
    CORRECT_CASE("DRV-CMD-5-11", "None is refused while a session holds CGMS-A", "CMD-5", FROM_COMMAND,
                 "CGMS-A CopyNever in one session, SetSignaling None in another", "E_INVALIDARG", NEED_SIGNALING | NEED_CGMSA,
                 none_while_held, NULL),
    CORRECT_CASE("DRV-CMD-5-12", "CGMS-A needs a standard", "CMD-4 CMD-5", FROM_LIBCOPP,
                 "SetSignaling None, then SetProtectionLevel, CGMS-A CopyNever", "the second answers E_INVALIDARG",
                 NEED_SIGNALING | NEED_CGMSA, needs_a_standard, NULL),
    CORRECT_CASE("DRV-CMD-5-13", "aspect ratio bits change as the masks say", "CMD-5 WIRE-6 WIRE-10", FROM_COMMAND,
                 "SetSignaling twice with masks; QuerySignaling", "(old AND NOT mask) OR (data AND mask)", NEED_SIGNALING,
                 aspect_ratio, NULL),
    CORRECT_CASE("DRV-CMD-5-14", "the last session to choose wins", "CMD-5", FROM_LIBCOPP,
                 "SetSignaling in two sessions on S-Video; QuerySignaling in the first", "the second one's standard",
                 NEED_SIGNALING | NEED_FIXED, last_wins, NULL),
    CORRECT_CASE("DRV-CMD-5-15", "the default returns with the last device", "CMD-5", FROM_LIBCOPP,
                 "SetSignaling on S-Video; the session is closed; QuerySignaling in a new one", "the default standard",
                 NEED_SIGNALING | NEED_FIXED, default_returns, NULL),
    CORRECT_CASE("DRV-CMD-5-18", "signaling stays while another device is open", "CMD-5", FROM_LIBCOPP,
                 "SetSignaling on S-Video in one of two sessions, which is closed; QuerySignaling in the other",
                 "the standard that was set", NEED_SIGNALING | NEED_FIXED, stays_for_others, NULL),
    HOSTILE_CASE("DRV-CMD-5-16", "no standard where none is offered", "CMD-5", FROM_COMMAND,
                 "SetSignaling, EN300294_625i, on an output without standards", "E_INVALIDARG", NEED_NO_SIGNALING, no_signaling,
                 NULL),
    HOSTILE_CASE("DRV-CMD-5-17", "SetSignaling has 64 bytes", "CMD-2 WIRE-6", FROM_COMMAND,
                 "SetSignaling, cbSizeData 63, MAC right", "E_INVALIDARG", NEED_SIGNALING, short_data, NULL),
    END_OF_CASES,
};
