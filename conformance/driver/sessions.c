/* Several sessions on one output: what is a session's own, and what is not told to it. */
#include <string.h>

#include "define.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP

static bool want_answer(struct case_run *run, struct driver_client *client, const char *rule, const char *what) {
    struct copp_status_input input;
    struct copp_status_output output;
    uint8_t tag[COPP_MAC_SIZE];
    uint32_t hresult;
    client_make_status(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input);
    if (!client_status(run, client, &input, NULL, &output, &hresult) || !want_hresult(run, rule, what, hresult, COPP_HR_OK))
        return false;
    if (copp_omac_tag(client->omac, output.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag) != COPP_OK)
        return case_error(run, "no MAC could be made");
    if (copp_equal(tag, output.bytes, sizeof tag))
        return true;
    case_mark(run, true, 0, COPP_MAC_SIZE);
    return case_fail(run, rule, "each session has the key that its application chose", "%s: the MAC is not under its key", what);
}

static bool want_command(struct case_run *run, struct driver_client *client, const char *what) {
    const uint32_t types = client->output->types & 7;
    uint32_t hresult;
    return client_set_level(run, client, lowest_bit(types), 0, &hresult) && want_hresult(run, "CMD-3", what, hresult, COPP_HR_OK);
}

static void keys_of_their_own(struct case_run *run) {
    struct driver_client *a = client_start(run);
    struct driver_client *b = a != NULL ? client_start(run) : NULL;
    if (b != NULL && want_answer(run, a, "SES-4", "a query of the first session"))
        (void)want_answer(run, b, "SES-4", "a query of the second session");
}

static void numbers_of_their_own(struct case_run *run) {
    struct driver_client *a = client_start(run);
    struct driver_client *b = a != NULL ? client_start(run) : NULL;
    if (b != NULL && want_command(run, a, "a command of the first session") &&
        want_command(run, b, "the first command of the second session"))
        (void)want_command(run, a, "the second command of the first session");
}

/* The number that another device was given. */
static void number_of_another(struct case_run *run) {
    struct driver_client *a = client_open(run);
    struct driver_client *b = a != NULL ? client_open(run) : NULL;
    struct copp_signature signature;
    uint32_t hresult;
    if (b == NULL || !client_greet(run, a) || !client_greet(run, b))
        return;
    memcpy(a->random, b->random, sizeof a->random);
    if (client_seal(run, a, COPP_FORM_SWAP40, &signature) && client_sequence_start(run, a, &signature, &hresult))
        (void)want_hresult(run, "SES-7", "SequenceStart with another session's random number", hresult, COPP_HR_UNEXPECTED);
}

static void spends_its_own(struct case_run *run) {
    struct driver_client *a = client_open(run);
    struct driver_client *b = a != NULL ? client_open(run) : NULL;
    struct copp_signature signature;
    uint32_t hresult;
    if (b == NULL || !client_greet(run, a) || !client_greet(run, b))
        return;
    a->random[0] ^= 1;
    if (client_seal(run, a, COPP_FORM_SWAP40, &signature) && client_sequence_start(run, a, &signature, &hresult) &&
        client_seal(run, b, COPP_FORM_SWAP40, &signature) && client_sequence_start(run, b, &signature, &hresult))
        (void)want_hresult(run, "SES-8", "SequenceStart of a session beside one that guessed wrong", hresult, COPP_HR_OK);
}

static void closing_leaves_others(struct case_run *run) {
    struct driver_client *a = client_start(run);
    struct driver_client *b = a != NULL ? client_start(run) : NULL;
    if (b == NULL)
        return;
    client_close(run, a);
    driver_settle(run);
    (void)want_answer(run, b, "EVT-5", "a query after another session was closed");
}

/* What others hold is not what a new session holds. */
static void begins_at_0(struct case_run *run) {
    struct driver_client *a = client_start(run);
    struct copp_status answer;
    if (a == NULL || !client_raise(run, a, HDCP, COPP_HDCP_ON))
        return;
    struct driver_client *b = client_start(run);
    if (b != NULL && client_ask(run, b, COPP_QUERY_LOCAL_PROTECTION_LEVEL, HDCP, &answer))
        (void)want_field(run, "SES-1", "the local level of a session that opens while another holds HDCP", 40, answer.data, 0);
}

/* What has happened before it was there is not told to it. */
static void no_old_flags(struct case_run *run) {
    struct driver_client *a = client_start(run);
    struct copp_status answer;
    if (a == NULL || !client_raise(run, a, HDCP, COPP_HDCP_ON) || !driver_cause(run, "hdcp-fail"))
        return;
    struct driver_client *b = client_start(run);
    if (b != NULL && client_ask(run, b, COPP_QUERY_CONNECTOR_TYPE, 0, &answer))
        (void)want_field(run, "EVT-2", "dwFlags of a session that opened after the loss", 36, answer.flags, COPP_STATUS_NORMAL);
}

/* A device is there from its opening on. */
static void told_before_handshake(struct case_run *run) {
    struct driver_client *a = client_start(run);
    struct driver_client *b = a != NULL ? client_open(run) : NULL;
    uint32_t flags = 0;
    if (b == NULL || !client_raise(run, a, HDCP, COPP_HDCP_ON) || !driver_cause(run, "hdcp-fail") || !client_handshake(run, b) ||
        !client_await_flags(run, b, &flags))
        return;
    (void)want_field(run, "EVT-1", "LinkLost in dwFlags of a device that was open when it happened", 36,
                     flags & COPP_STATUS_LINK_LOST, COPP_STATUS_LINK_LOST);
}

static void told_of_mode_before_handshake(struct case_run *run) {
    static const char *const modes[] = {"mode 720p60", "mode 1080p60", "mode 480p59.94", NULL};
    struct driver_client *client = client_open(run);
    uint32_t flags = 0;
    if (client == NULL || !driver_go_elsewhere(run, modes) || !client_handshake(run, client) ||
        !client_await_flags(run, client, &flags))
        return;
    (void)want_field(run, "EVT-1", "RenegotiationRequired in dwFlags of a device that was open when it happened", 36,
                     flags & COPP_STATUS_RENEGOTIATION_REQUIRED, COPP_STATUS_RENEGOTIATION_REQUIRED);
}

/* Two events before one answer: it tells both. */
static void both_flags(struct case_run *run) {
    const uint32_t both = COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED;
    struct driver_client *a = client_start(run);
    struct copp_status answer;
    if (a == NULL || !client_raise(run, a, HDCP, COPP_HDCP_ON) || !driver_cause(run, "unplug") || !driver_cause(run, "plug"))
        return;
    driver_settle(run);
    if (client_ask(run, a, COPP_QUERY_CONNECTOR_TYPE, 0, &answer))
        (void)want_field(run, "EVT-2", "dwFlags after unplug and plug", 36, answer.flags, both);
}

/* A driver keeps no list of random numbers: they are the application's. */
static void same_r_app(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    uint32_t hresult;
    if (client == NULL)
        return;
    client_make_status(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input);
    for (int i = 0; i < 2; i++) {
        put_u32(input.bytes + 32, client->status_sequence);
        if (!client_status(run, client, &input, NULL, &output, &hresult) ||
            !want_hresult(run, "QRY-2", "a query with a random number that was used before", hresult, COPP_HR_OK))
            return;
    }
}

/* What is behind the data is not used, whatever it is. */
static void rubbish_behind_query(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    uint32_t hresult;
    if (client == NULL)
        return;
    client_make_status(run, client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &input);
    case_random(run, input.bytes + 40, COPP_STATUS_DATA_SIZE);
    if (client_status(run, client, &input, NULL, &output, &hresult))
        (void)want_hresult(run, "WIRE-3", "a query with other bytes behind its data", hresult, COPP_HR_OK);
}

static void rubbish_behind_command(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_command command;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    uint32_t hresult;
    if (client == NULL)
        return;
    const uint32_t types = client->output->types & 7;
    put_u32(data, lowest_bit(types));
    client_make_command(client, COPP_SET_PROTECTION_LEVEL, data, sizeof data, &command);
    case_random(run, command.bytes + 40 + sizeof data, COPP_COMMAND_DATA_SIZE - sizeof data);
    client_sign_command(client, &command);
    if (client_command(run, client, &command, &hresult))
        (void)want_hresult(run, "WIRE-2", "a command with other bytes behind its data, under its MAC", hresult, COPP_HR_OK);
}

/* Lower, but not off. */
static void lowers(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status answer;
    if (client == NULL || !client_raise(run, client, COPP_PROTECTION_TYPE_ACP, COPP_ACP_LEVEL2) ||
        !client_raise(run, client, COPP_PROTECTION_TYPE_ACP, COPP_ACP_LEVEL1) ||
        !client_ask(run, client, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, COPP_PROTECTION_TYPE_ACP, &answer))
        return;
    (void)want_field(run, "CMD-4", "the global level after ACP was lowered from 2 to 1", 40, answer.data, COPP_ACP_LEVEL1);
}

/* CGMS-A in a mode that its standard does not fit. */
static void cgmsa_too_big(struct case_run *run) {
    struct driver_client *client;
    uint32_t hresult;
    if (!driver_try(run, "mode 576i50")) {
        case_skip(run, CASE_NOT_SUPPORTED, "the output cannot be brought into 576i");
        return;
    }
    if ((client = client_start(run)) != NULL &&
        client_set_level(run, client, COPP_PROTECTION_TYPE_CGMSA, COPP_CGMSA_COPY_NEVER, &hresult))
        (void)want_hresult(run, "CMD-4", "CGMS-A in a mode that the active standard does not fit", hresult, COPP_HR_TOOBIGSIZE);
}

static void mode_ends_cgmsa(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status answer;
    uint32_t flags = 0;
    if (client == NULL || !client_raise(run, client, COPP_PROTECTION_TYPE_CGMSA, COPP_CGMSA_COPY_NEVER))
        return;
    if (!driver_try(run, "mode 576i50")) {
        case_skip(run, CASE_NOT_SUPPORTED, "the output cannot be brought into 576i");
        return;
    }
    if (client_await_flags(run, client, &flags) &&
        want_field(run, "EVT-1", "LinkLost in dwFlags where the mode ends CGMS-A", 36, flags & COPP_STATUS_LINK_LOST,
                   COPP_STATUS_LINK_LOST) &&
        client_ask(run, client, COPP_QUERY_LOCAL_PROTECTION_LEVEL, COPP_PROTECTION_TYPE_CGMSA, &answer))
        (void)want_field(run, "EVT-3", "the local level in a mode that ends CGMS-A", 40, answer.data, 0);
}

#define WITH_HDCP (NEED_HDCP | NEED_RECEIVER | NEED_EVENTS)
#define WITH_525I (NEED_CGMSA | NEED_COMPONENT | NEED_NO_CEA | NEED_EVENTS)

const struct conformance_case driver_cases_sessions[] = {
    CORRECT_CASE("DRV-SES-1-4", "a session begins at 0, whatever others hold", "SES-1 QRY-5", FROM_INTERFACE,
                 "HDCP on in one session; QueryLocalProtectionLevel in a new one", "0", NEED_HDCP | NEED_RECEIVER, begins_at_0,
                 NULL),
    CORRECT_CASE("DRV-SES-4-3", "sessions have keys of their own", "SES-4 QRY-2", FROM_START, "two sessions, a query in each",
                 "each answer's MAC is under its session's key", 0, keys_of_their_own, NULL),
    HOSTILE_CASE("DRV-SES-7-8", "another session's random number is refused", "SES-7 SES-2", FROM_START,
                 "SequenceStart with the number that another device was given", "E_UNEXPECTED", 0, number_of_another, NULL),
    HOSTILE_CASE("DRV-SES-8-9", "a wrong guess spends its own number alone", "SES-8", FROM_START,
                 "a wrong SequenceStart on one device, a right one on another", "the second answers S_OK", 0, spends_its_own,
                 NULL),
    CORRECT_CASE("DRV-CMD-3-10", "sessions count apart", "CMD-3", FROM_COMMAND, "commands of two sessions in turn",
                 "S_OK each time", NEED_TYPE, numbers_of_their_own, NULL),
    CORRECT_CASE("DRV-CMD-4-35", "a level may be lowered", "CMD-4", FROM_COMMAND, "SetProtectionLevel, ACP 2, then ACP 1",
                 "S_OK, and ACP 1 is in force", NEED_ACP, lowers, NULL),
    CORRECT_CASE("DRV-CMD-4-36", "no CGMS-A in a mode that its standard does not fit", "CMD-4 CMD-5", FROM_LIBCOPP,
                 "SetProtectionLevel, CGMS-A CopyNever, in 576i under a standard for 525 lines", "DDERR_TOOBIGSIZE", WITH_525I,
                 cgmsa_too_big, NULL),
    HOSTILE_CASE("DRV-WIRE-2-1", "what is behind a command's data is not looked at", "WIRE-2 CMD-2", FROM_COMMAND,
                 "SetProtectionLevel with random bytes behind its data, MAC right", "S_OK", NEED_TYPE, rubbish_behind_command,
                 NULL),
    HOSTILE_CASE("DRV-WIRE-3-1", "what is behind a query's data is not looked at", "WIRE-3 QRY-1", FROM_STATUS,
                 "QueryConnectorType with random bytes behind its data", "S_OK", 0, rubbish_behind_query, NULL),
    HOSTILE_CASE("DRV-QRY-2-8", "a driver keeps no list of random numbers", "QRY-2 QRY-4", FROM_STATUS,
                 "two queries with the same rApp", "S_OK both times", 0, same_r_app, NULL),
    CORRECT_CASE("DRV-EVT-1-9", "a device is told of what happened before its handshake", "EVT-1 EVT-2", FROM_STATUS,
                 "a device is opened; HDCP of another session fails; handshake and query", "LinkLost", WITH_HDCP,
                 told_before_handshake, NULL),
    CORRECT_CASE("DRV-EVT-1-10", "a device is told of another mode before its handshake", "EVT-1 EVT-2", FROM_STATUS,
                 "a device is opened; another mode; handshake and query", "RenegotiationRequired", WITH_HDCP,
                 told_of_mode_before_handshake, NULL),
    CORRECT_CASE("DRV-EVT-2-6", "a new session is not told of what happened before it", "EVT-2", FROM_STATUS,
                 "HDCP fails; a new session; a query", "no flags", WITH_HDCP, no_old_flags, NULL),
    CORRECT_CASE("DRV-EVT-2-7", "an answer tells all flags there are", "EVT-2 EVT-1", FROM_STATUS, "unplug and plug; a query",
                 "LinkLost and RenegotiationRequired", WITH_HDCP, both_flags, NULL),
    CORRECT_CASE("DRV-EVT-3-4", "a mode that ends CGMS-A is LinkLost, and its level 0", "EVT-3 EVT-1", FROM_STATUS,
                 "CopyNever under a standard for 525 lines; 576i; queries", "LinkLost, local level 0", WITH_525I, mode_ends_cgmsa,
                 NULL),
    CORRECT_CASE("DRV-EVT-5-2", "a session that is closed leaves others alone", "EVT-5", FROM_ARBITRATION,
                 "two sessions, one of which is closed; a query in the other", "S_OK", 0, closing_leaves_others, NULL),
    END_OF_CASES,
};
