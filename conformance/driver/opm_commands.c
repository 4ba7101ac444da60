/* OPM's commands: what is authentic, the order of the checks, the sequence number, and what comes beside them (OPM-SET-1..3). */
#include <string.h>

#include "opm_cases.h"
#include "opm_kit.h"

#define PAGES "IOPMVideoOutput::Configure; DXGKDDI_OPM_CONFIGURE_PROTECTED_OUTPUT"
#define INVALID COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST
#define COPP_ONLY COPP_HR_OPM_NOT_COPP_SEMANTICS
#define IS_INVALID "0xC0262521"
#define SET COPP_SET_PROTECTION_LEVEL
#define CSS COPP_OPM_SET_PROTECTION_LEVEL_CSS
#define SIGNALING COPP_SET_SIGNALING

static const uint8_t no_guid[COPP_GUID_SIZE];

/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define SENDS(number, what, ids, how, answer, bits, ...)                                                                         \
    {                                                                                                                            \
        .id = "DRV-OPM-SET-" number, .title = what, .rules = ids, .source = PAGES, .sends = how, .right = answer, .needs = bits, \
        .hostile = true, .semantics = COPP_SEMANTICS_OPM, .run = opm_run_set, .with = &(const struct opm_message) {              \
            __VA_ARGS__                                                                                                          \
        }                                                                                                                        \
    }
#define DOES(number, what, ids, how, answer, bits, bad, function)                                                                \
    {                                                                                                                            \
        .id = "DRV-OPM-SET-" number, .title = what, .rules = ids, .source = PAGES, .sends = how, .right = answer, .needs = bits, \
        .hostile = bad, .semantics = COPP_SEMANTICS_OPM, .run = function                                                         \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

static void run_right(struct case_run *run) {
    uint32_t type;
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_any_type(run, &type))
        opm_want_set(run, client, NULL, type, 0, COPP_HR_OK);
}

/* --- the sequence number --- */

static void run_repeated(struct case_run *run) {
    static const struct opm_message again = {.request = SET, .type = OPM_TYPE_ANY, .sequence = 0xFFFFFFFF, .code = INVALID};
    uint32_t type, hresult;
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_any_type(run, &type) && opm_set(run, client, type, 0, &hresult))
        opm_send_set(run, client, &again);
}

static void run_wrapping(struct case_run *run) {
    struct copp_signature sealed;
    uint32_t type, hresult;
    struct driver_client *client = client_open(run);
    if (client == NULL || !opm_any_type(run, &type) || !client_greet(run, client) ||
        !client_seal(run, client, COPP_FORM_OPM, &sealed))
        return;
    client->handshake.command_sequence = UINT32_MAX;
    if (!client_seal_again(run, client, COPP_FORM_OPM, &sealed) || !client_sequence_start(run, client, &sealed, &hresult) ||
        !want_hresult(run, "OPM-INI-4", "FinishInitialization", hresult, COPP_HR_OK))
        return;
    for (int i = 0; i < 3 && case_going(run); i++)
        opm_want_set(run, client, NULL, type, 0, COPP_HR_OK);
}

static void run_other_counter(struct case_run *run) {
    struct opm_message message = {.request = SET, .type = OPM_TYPE_ANY, .code = INVALID};
    struct driver_client *client = client_start(run);
    if (client == NULL)
        return;
    message.sequence = client->status_sequence - client->command_sequence;
    if (message.sequence == 0)
        case_error(run, "the seed gives both counters the same number: use another one");
    else
        opm_send_set(run, client, &message);
}

static void run_request_between(struct case_run *run) {
    uint32_t type, word;
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_any_type(run, &type) && opm_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &word, NULL))
        opm_want_set(run, client, NULL, type, 0, COPP_HR_OK);
}

/* Sends with, whatever its answer, and then a right command with the same number. */
static void run_after_refusal(struct case_run *run) {
    const struct opm_message *message = run->test->with;
    struct copp_command command;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    uint32_t type, hresult;
    struct driver_client *client = client_start(run);
    if (client == NULL || !opm_any_type(run, &type))
        return;
    put_u32(data, message->type == OPM_TYPE_ANY ? type : message->type);
    put_u32(data + 4, message->level);
    client_make_command(client, message->request, data, message->sized ? message->size : sizeof data, &command);
    put_u32(command.bytes + 32, client->command_sequence + message->sequence);
    client_sign_command(client, &command);
    if (message->mac == OPM_MAC_ZERO)
        memset(command.bytes, 0, COPP_MAC_SIZE);
    static const uint8_t byte[1];
    if (client_command_beside(run, client, &command, message->beside != 0 ? byte : NULL, message->beside, &hresult) &&
        hresult != COPP_HR_OK)
        opm_want_set(run, client, NULL, type, 0, COPP_HR_OK);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define COUNTS_NOT(number, what, how, bits, ...)                                                                                 \
    {                                                                                                                            \
        .id = "DRV-OPM-SET-2-" number, .title = what " does not count", .rules = "OPM-SET-2 OPM-ERR-3", .source = PAGES,         \
        .sends = how "; then a right command with the same number", .right = "the right command succeeds", .needs = bits,        \
        .hostile = true, .semantics = COPP_SEMANTICS_OPM, .run = run_after_refusal, .with = &(const struct opm_message) {        \
            __VA_ARGS__                                                                                                          \
        }                                                                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* --- messages of one kind as another --- */

static void run_answer_as_command(struct case_run *run) {
    struct copp_status_output output;
    struct copp_command command;
    uint32_t hresult;
    struct driver_client *client = client_start(run);
    if (client == NULL || !opm_query(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &output))
        return;
    memcpy(command.bytes, output.bytes, sizeof command.bytes);
    if (client_command(run, client, &command, &hresult))
        want_hresult(run, NULL, "Configure", hresult, INVALID);
}

/* A command's OMAC leaves out the 16 bytes before its GUID: as a request's it is not over all. */
static void run_command_as_request(struct case_run *run) {
    struct copp_status_input input;
    struct copp_status_output output;
    struct copp_command command;
    uint32_t hresult;
    struct driver_client *client = client_start(run);
    if (client == NULL)
        return;
    client_make_command(client, COPP_QUERY_CONNECTOR_TYPE, NULL, 0, &command);
    put_u32(command.bytes + 32, client->status_sequence);
    client_sign_command(client, &command);
    memcpy(input.bytes, command.bytes, sizeof input.bytes);
    if (client_status(run, client, &input, command.bytes, &output, &hresult))
        want_hresult(run, NULL, "GetInformation", hresult, COPP_HR_OPM_INVALID_INFORMATION_REQUEST);
}

static void run_near_guids(struct case_run *run) {
    struct driver_client *client = client_start(run);
    for (int request = COPP_SET_PROTECTION_LEVEL; client != NULL && request <= COPP_OPM_SET_HDCP_SRM; request++) {
        uint8_t guid[COPP_GUID_SIZE];
        memcpy(guid, copp_opm_request_guid((enum copp_request)request), sizeof guid);
        guid[(size_t)(request + 5) % COPP_GUID_SIZE] ^= 0x04;
        const struct opm_message message = {.request = SET, .type = OPM_TYPE_ANY, .guid = guid, .code = INVALID};
        if (!opm_send_set(run, client, &message))
            return;
    }
}

static void run_requests_as_commands(struct case_run *run) {
    struct driver_client *client = client_start(run);
    for (int request = COPP_QUERY_CONNECTOR_TYPE; client != NULL && request <= COPP_OPM_QUERY_HARDWARE_PROTECTION; request++) {
        const struct opm_message message = {.request = (enum copp_request)request, .type = OPM_TYPE_ANY, .code = INVALID};
        if (!opm_send_set(run, client, &message))
            return;
    }
}

/* --- additional bytes --- */

/* A pointer to zero bytes counts as NULL. */
static void run_empty_pointer(struct case_run *run) {
    static const uint8_t byte[1];
    struct copp_command command;
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    uint32_t type, hresult;
    struct driver_client *client = client_start(run);
    if (client == NULL || !opm_any_type(run, &type))
        return;
    put_u32(data, type);
    client_make_command(client, SET, data, sizeof data, &command);
    if (client_command_beside(run, client, &command, byte, 0, &hresult))
        want_hresult(run, NULL, opm_name(SET), hresult, COPP_HR_OK);
}

const struct conformance_case driver_cases_opm_commands[] = {
    DOES("1-1", "a command whose OMAC is over the 4080 bytes behind it is carried out", "OPM-SET-1 OPM-WIRE-3 OPM-WIRE-9",
         "SET_PROTECTION_LEVEL", "S_OK", 0, false, run_right),
    SENDS("1-2", "every byte of the OMAC counts", "OPM-SET-1",
          "16 times SET_PROTECTION_LEVEL, each with one bit of another byte of the OMAC flipped", IS_INVALID " for each", 0,
          .request = SET, .type = OPM_TYPE_ANY, .first = 0, .last = 15, .code = INVALID),
    SENDS("1-3", "the OMAC covers the GUID", "OPM-SET-1",
          "16 times SET_PROTECTION_LEVEL, each with the OMAC of one whose GUID has another bit", IS_INVALID " for each", 0,
          .request = SET, .type = OPM_TYPE_ANY, .first = 16, .last = 31, .code = INVALID),
    SENDS("1-4", "the OMAC covers the sequence number", "OPM-SET-1",
          "4 times SET_PROTECTION_LEVEL, each with the OMAC of one whose sequence number has another bit", IS_INVALID " for each",
          0, .request = SET, .type = OPM_TYPE_ANY, .first = 32, .last = 35, .code = INVALID),
    SENDS("1-5", "the OMAC covers the size of the parameters", "OPM-SET-1",
          "4 times SET_PROTECTION_LEVEL, each with the OMAC of one whose cbParametersSize has another bit",
          IS_INVALID " for each", 0, .request = SET, .type = OPM_TYPE_ANY, .first = 36, .last = 39, .code = INVALID),
    SENDS("1-6", "the OMAC covers the protection type", "OPM-SET-1",
          "4 times SET_PROTECTION_LEVEL, each with the OMAC of one whose type has another bit", IS_INVALID " for each", 0,
          .request = SET, .type = OPM_TYPE_ANY, .first = 40, .last = 43, .code = INVALID),
    SENDS("1-7", "the OMAC covers the level", "OPM-SET-1",
          "4 times SET_PROTECTION_LEVEL, each with the OMAC of one whose level has another bit", IS_INVALID " for each", 0,
          .request = SET, .type = OPM_TYPE_ANY, .first = 44, .last = 47, .code = INVALID),
    SENDS("1-8", "the OMAC covers the unused rest of the parameters", "OPM-SET-1",
          "SET_PROTECTION_LEVEL several times, each with the OMAC of one that has another bit behind its parameters",
          IS_INVALID " for each", 0, .request = SET, .type = OPM_TYPE_ANY, .first = 56, .last = 4095, .step = 577,
          .code = INVALID),
    SENDS("1-9", "the OMAC covers the last byte of the message", "OPM-SET-1",
          "SET_PROTECTION_LEVEL with the OMAC of one whose last byte has another bit", IS_INVALID, 0, .request = SET,
          .type = OPM_TYPE_ANY, .first = 4095, .last = 4095, .code = INVALID),
    SENDS("1-10", "an OMAC of zeros is refused", "OPM-SET-1", "SET_PROTECTION_LEVEL with 16 zeros as its OMAC", IS_INVALID, 0,
          .request = SET, .type = OPM_TYPE_ANY, .mac = OPM_MAC_ZERO, .code = INVALID),
    SENDS("1-11", "an OMAC under another session's key is refused", "OPM-SET-1",
          "SET_PROTECTION_LEVEL with the OMAC that a second session's key gives", IS_INVALID, 0, .request = SET,
          .type = OPM_TYPE_ANY, .mac = OPM_MAC_OTHER_KEY, .code = INVALID),
    SENDS("1-12", "the OMAC is looked at before the GUID", "OPM-SET-1",
          "SET_ACP_AND_CGMSA_SIGNALING, which is COPP's, with an OMAC of zeros", IS_INVALID ", and not 0xC026251C", 0,
          .request = SIGNALING, .mac = OPM_MAC_ZERO, .code = INVALID),
    SENDS("1-13", "the sequence number is looked at before the GUID", "OPM-SET-1",
          "SET_ACP_AND_CGMSA_SIGNALING with a wrong sequence number", IS_INVALID ", and not 0xC026251C", 0, .request = SIGNALING,
          .sequence = 1, .code = INVALID),
    SENDS("1-14", "whether the parameters fit is looked at before the GUID", "OPM-SET-1",
          "SET_ACP_AND_CGMSA_SIGNALING that says to have 4057 bytes of parameters", IS_INVALID ", and not 0xC026251C", 0,
          .request = SIGNALING, .sized = true, .size = 4057, .code = INVALID),
    SENDS("1-15", "the GUID is looked at before the least size", "OPM-SET-1", "SET_ACP_AND_CGMSA_SIGNALING without parameters",
          "0xC026251C", 0, .request = SIGNALING, .sized = true, .size = 0, .code = COPP_ONLY),
    SENDS("1-16", "SET_ACP_AND_CGMSA_SIGNALING is COPP's", "OPM-SET-1", "SET_ACP_AND_CGMSA_SIGNALING", "0xC026251C", 0,
          .request = SIGNALING, .sized = true, .size = 64, .code = COPP_ONLY),
    SENDS("1-17", "the GUID 0 is not a command", "OPM-SET-1", "a command with the GUID 0", IS_INVALID, 0, .request = SET,
          .type = OPM_TYPE_ANY, .guid = no_guid, .code = INVALID),
    DOES("1-18", "a GUID that differs in one bit is not a command", "OPM-SET-1",
         "16 commands, each with a known GUID in which one bit is flipped", IS_INVALID " for each", 0, true, run_near_guids),
    DOES("1-19", "requests are not carried out as commands", "OPM-SET-1", "Configure with the GUIDs of all status requests",
         IS_INVALID " for each", 0, true, run_requests_as_commands),
    SENDS("1-20", "parameters one byte too short are refused", "OPM-SET-1", "SET_PROTECTION_LEVEL with 15 bytes of parameters",
          IS_INVALID, 0, .request = SET, .type = OPM_TYPE_ANY, .sized = true, .size = 15, .code = INVALID),
    SENDS("1-21", "a command without parameters is refused", "OPM-SET-1", "SET_PROTECTION_LEVEL without parameters", IS_INVALID,
          0, .request = SET, .type = OPM_TYPE_ANY, .sized = true, .size = 0, .code = INVALID),
    SENDS("1-22", "parameters may be longer than the structure", "OPM-SET-1",
          "SET_PROTECTION_LEVEL with 4056 bytes of parameters", "S_OK", 0, .request = SET, .type = OPM_TYPE_ANY, .sized = true,
          .size = 4056, .code = COPP_HR_OK),
    SENDS("1-23", "parameters of 4057 bytes are refused", "OPM-SET-1",
          "SET_PROTECTION_LEVEL that says to have 4057 bytes of parameters", IS_INVALID, 0, .request = SET, .type = OPM_TYPE_ANY,
          .sized = true, .size = 4057, .code = INVALID),
    SENDS("1-24", "parameters of 2^32 - 1 bytes are refused", "OPM-SET-1",
          "SET_PROTECTION_LEVEL that says to have 4294967295 bytes of parameters", IS_INVALID, 0, .request = SET,
          .type = OPM_TYPE_ANY, .sized = true, .size = 0xFFFFFFFF, .code = INVALID),
    SENDS("1-25", "what lies behind the parameters may be anything", "OPM-SET-1",
          "SET_PROTECTION_LEVEL with bytes that are not 0 behind its parameters, and their OMAC", "S_OK", 0, .request = SET,
          .type = OPM_TYPE_ANY, .spare = 0xA5, .code = COPP_HR_OK),
    DOES("1-26", "an answer is not carried out as a command", "OPM-SET-1",
         "GET_CONNECTOR_TYPE; its answer, byte for byte, as a command", IS_INVALID, 0, true, run_answer_as_command),
    DOES("1-27", "a command's OMAC does not make a request authentic", "OPM-GET-1 OPM-SET-1",
         "GET_CONNECTOR_TYPE with the OMAC that a command of the same bytes has", "0xC026251D", 0, true, run_command_as_request),

    DOES("2-1", "a sequence number counts once", "OPM-SET-2", "SET_PROTECTION_LEVEL twice with the same number",
         "S_OK, then " IS_INVALID, 0, true, run_repeated),
    SENDS("2-2", "a number one too high is refused", "OPM-SET-2", "SET_PROTECTION_LEVEL with the next number but one", IS_INVALID,
          0, .request = SET, .type = OPM_TYPE_ANY, .sequence = 1, .code = INVALID),
    SENDS("2-3", "a number one too low is refused", "OPM-SET-2", "SET_PROTECTION_LEVEL with the number before the first",
          IS_INVALID, 0, .request = SET, .type = OPM_TYPE_ANY, .sequence = 0xFFFFFFFF, .code = INVALID),
    SENDS("2-4", "a big-endian number is refused", "OPM-SET-2", "SET_PROTECTION_LEVEL with the number's bytes reversed",
          IS_INVALID, 0, .request = SET, .type = OPM_TYPE_ANY, .swapped = true, .code = INVALID),
    DOES("2-5", "the sequence number runs over from 2^32 - 1 to 0", "OPM-SET-2",
         "a handshake with the number 0xFFFFFFFF; three times SET_PROTECTION_LEVEL", "S_OK for each", 0, false, run_wrapping),
    DOES("2-6", "a request's number is not a command's", "OPM-SET-2 OPM-GET-3",
         "SET_PROTECTION_LEVEL with the number that the next request has to carry", IS_INVALID, 0, true, run_other_counter),
    DOES("2-7", "a request does not move the commands' counter", "OPM-SET-2 OPM-GET-3",
         "GET_CONNECTOR_TYPE; SET_PROTECTION_LEVEL with its number", "S_OK", 0, false, run_request_between),
    COUNTS_NOT("8", "a command with a wrong OMAC", "SET_PROTECTION_LEVEL with an OMAC of zeros", 0, .request = SET,
               .type = OPM_TYPE_ANY, .mac = OPM_MAC_ZERO),
    COUNTS_NOT("9", "a command with a wrong number", "SET_PROTECTION_LEVEL with a number that is too high", 0, .request = SET,
               .type = OPM_TYPE_ANY, .sequence = 7),
    COUNTS_NOT("10", "a command of COPP's", "SET_ACP_AND_CGMSA_SIGNALING", 0, .request = SIGNALING),
    COUNTS_NOT("11", "a command that is too short", "SET_PROTECTION_LEVEL with 15 bytes of parameters", 0, .request = SET,
               .type = OPM_TYPE_ANY, .sized = true, .size = 15),
    COUNTS_NOT("12", "a command of no type", "SET_PROTECTION_LEVEL of no type", 0, .request = SET),
    COUNTS_NOT("13", "a command of an invalid level", "SET_PROTECTION_LEVEL with the level 99", 0, .request = SET,
               .type = OPM_TYPE_ANY, .level = 99),
    COUNTS_NOT("14", "a command with additional bytes that it does not have", "SET_PROTECTION_LEVEL with a byte beside it", 0,
               .request = SET, .type = OPM_TYPE_ANY, .beside = 1),

    SENDS("3-1", "SET_PROTECTION_LEVEL has no additional parameters", "OPM-SET-3", "SET_PROTECTION_LEVEL with one byte beside it",
          IS_INVALID, 0, .request = SET, .type = OPM_TYPE_ANY, .beside = 1, .code = INVALID),
    SENDS("3-2", "the command for DVDs has no additional parameters", "OPM-SET-3",
          "SET_PROTECTION_LEVEL_ACCORDING_TO_CSS_DVD with 48 bytes beside it", IS_INVALID, 0, .request = CSS,
          .type = OPM_TYPE_ANY, .beside = 48, .code = INVALID),
    SENDS("3-3", "additional parameters are looked at before the type", "OPM-SET-3 OPM-SET-1",
          "SET_PROTECTION_LEVEL of COPP's HDCP with one byte beside it", IS_INVALID ", and not 0xC026251C", 0, .request = SET,
          .type = COPP_PROTECTION_TYPE_HDCP, .beside = 1, .code = INVALID),
    DOES("3-4", "a pointer to zero additional bytes counts as NULL", "OPM-SET-3",
         "SET_PROTECTION_LEVEL with a pointer and the size 0 beside it", "S_OK", 0, true, run_empty_pointer),
    SENDS("3-5", "more than 64 KiB of additional bytes are judged by their size", "OPM-SET-3 OPM-SRM-1",
          "SET_HDCP_SRM with 65537 bytes beside it", "0xC0262512", NEED_HDCP, .request = COPP_OPM_SET_HDCP_SRM, .type = 1,
          .beside = 65537, .code = COPP_HR_OPM_INVALID_SRM),
    {.id = NULL}};
