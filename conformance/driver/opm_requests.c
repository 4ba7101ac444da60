/* OPM's status requests: what is authentic, the order of the checks, the sequence number, and which requests there are (OPM-GET-1..6). */
#include <string.h>

#include "opm_cases.h"
#include "opm_kit.h"

#define PAGES "IOPMVideoOutput::GetInformation; DXGKDDI_OPM_GET_INFORMATION"
#define INVALID COPP_HR_OPM_INVALID_INFORMATION_REQUEST
#define COPP_ONLY COPP_HR_OPM_NOT_COPP_SEMANTICS
#define IS_INVALID "0xC026251D"
#define CONNECTOR COPP_QUERY_CONNECTOR_TYPE
#define VIRTUAL COPP_QUERY_LOCAL_PROTECTION_LEVEL
#define ACTUAL COPP_QUERY_GLOBAL_PROTECTION_LEVEL
#define KSV COPP_QUERY_HDCP_KEY_DATA

static const uint8_t codec_info[COPP_GUID_SIZE] = {0x91, 0x44, 0x37, 0x4f, 0x5f, 0x8f, 0x45, 0x44,
                                                   0x9d, 0xba, 0x95, 0x58, 0x8f, 0x6b, 0x58, 0xb4};
static const uint8_t no_guid[COPP_GUID_SIZE];

/* One request of a session that has just begun. */
/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define ASKS(number, what, ids, how, answer, bits, ...)                                                                          \
    {                                                                                                                            \
        .id = "DRV-OPM-GET-" number, .title = what, .rules = ids, .source = PAGES, .sends = how, .right = answer, .needs = bits, \
        .hostile = true, .semantics = COPP_SEMANTICS_OPM, .run = opm_run_get, .with = &(const struct opm_message) {              \
            __VA_ARGS__                                                                                                          \
        }                                                                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
/* The same with a function of its own. */
/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define DOES(number, what, ids, how, answer, bits, bad, function)                                                                \
    {                                                                                                                            \
        .id = "DRV-OPM-GET-" number, .title = what, .rules = ids, .source = PAGES, .sends = how, .right = answer, .needs = bits, \
        .hostile = bad, .semantics = COPP_SEMANTICS_OPM, .run = function                                                         \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* --- the MAC --- */

static void run_right(struct case_run *run) {
    struct copp_status_output output;
    struct driver_client *client = client_start(run);
    if (client != NULL)
        opm_query(run, client, CONNECTOR, 0, &output);
}

/* --- the sequence number --- */

static const struct opm_message again = {.request = CONNECTOR, .sequence = 0xFFFFFFFF, .code = INVALID};

static void run_repeated(struct case_run *run) {
    struct copp_status_output output;
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_query(run, client, CONNECTOR, 0, &output))
        opm_send_get(run, client, &again);
}

static void run_wrapping(struct case_run *run) {
    struct copp_signature sealed;
    struct copp_status_output output;
    uint32_t hresult;
    struct driver_client *client = client_open(run);
    if (client == NULL || !client_greet(run, client) || !client_seal(run, client, COPP_FORM_OPM, &sealed))
        return;
    client->handshake.status_sequence = UINT32_MAX;
    if (!client_seal_again(run, client, COPP_FORM_OPM, &sealed) || !client_sequence_start(run, client, &sealed, &hresult) ||
        !want_hresult(run, "OPM-INI-4", "FinishInitialization", hresult, COPP_HR_OK))
        return;
    for (int i = 0; i < 3 && case_going(run); i++)
        opm_query(run, client, CONNECTOR, 0, &output);
}

/* The number that a command would have to carry is not a request's. */
static void run_other_counter(struct case_run *run) {
    struct opm_message message = {.request = CONNECTOR, .code = INVALID};
    struct driver_client *client = client_start(run);
    if (client == NULL)
        return;
    message.sequence = client->command_sequence - client->status_sequence;
    if (message.sequence == 0)
        case_error(run, "the seed gives both counters the same number: use another one");
    else
        opm_send_get(run, client, &message);
}

/* A command that succeeds does not move the requests' number. */
static void run_command_between(struct case_run *run) {
    struct copp_status_output output;
    uint32_t type, hresult;
    struct driver_client *client = client_start(run);
    if (client != NULL && opm_any_type(run, &type) && opm_set(run, client, type, 0, &hresult))
        opm_query(run, client, CONNECTOR, 0, &output);
}

/* A refused request, and then a right one with the same number. */
static void run_after_refusal(struct case_run *run) {
    const struct opm_message *message = run->test->with;
    struct copp_status_input input;
    struct copp_status_output output;
    uint8_t mac[COPP_MAC_SIZE] = {0}, data[4];
    uint32_t hresult;
    struct driver_client *client = client_start(run);
    if (client == NULL)
        return;
    put_u32(data, message->type);
    client_make_status(run, client, message->request, data, message->size, &input);
    put_u32(input.bytes + 32, client->status_sequence + message->sequence);
    if (message->mac == OPM_MAC_RIGHT)
        opm_request_mac(client, &input, mac);
    if (client_status(run, client, &input, mac, &output, &hresult) && hresult != COPP_HR_OK)
        opm_query(run, client, CONNECTOR, 0, &output);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define COUNTS_NOT(number, what, how, bits, ...)                                                                                 \
    {                                                                                                                            \
        .id = "DRV-OPM-GET-3-" number, .title = what " does not count", .rules = "OPM-GET-3 OPM-ERR-3", .source = PAGES,         \
        .sends = how "; then a right request with the same number", .right = "the right request succeeds", .needs = bits,        \
        .hostile = true, .semantics = COPP_SEMANTICS_OPM, .run = run_after_refusal, .with = &(const struct opm_message) {        \
            __VA_ARGS__                                                                                                          \
        }                                                                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* --- which requests there are --- */

/* Every known GUID with one bit changed: none of them is a request. */
static void run_near_guids(struct case_run *run) {
    struct driver_client *client = client_start(run);
    for (int request = COPP_SET_PROTECTION_LEVEL; client != NULL && request <= COPP_OPM_SET_HDCP_SRM; request++) {
        uint8_t guid[COPP_GUID_SIZE];
        memcpy(guid, copp_opm_request_guid((enum copp_request)request), sizeof guid);
        guid[(size_t)request % COPP_GUID_SIZE] ^= 0x20;
        const struct opm_message message = {.request = CONNECTOR, .guid = guid, .code = INVALID};
        if (!opm_send_get(run, client, &message))
            return;
    }
}

/* Commands are not requests. */
static void run_commands_as_requests(struct case_run *run) {
    static const enum copp_request commands[] = {COPP_SET_PROTECTION_LEVEL, COPP_OPM_SET_PROTECTION_LEVEL_CSS,
                                                 COPP_OPM_SET_HDCP_SRM, COPP_SET_SIGNALING};
    struct driver_client *client = client_start(run);
    for (size_t i = 0; client != NULL && i < sizeof commands / sizeof commands[0]; i++) {
        const struct opm_message message = {.request = commands[i], .code = INVALID};
        if (!opm_send_get(run, client, &message))
            return;
    }
}

/* The same type in both level requests. */
static void run_type(struct case_run *run) {
    struct opm_message message = *(const struct opm_message *)run->test->with;
    struct driver_client *client = client_start(run);
    message.request = VIRTUAL;
    if (client == NULL || !opm_send_get(run, client, &message))
        return;
    message.request = ACTUAL;
    opm_send_get(run, client, &message);
}

/* All other single bits. */
static void run_type_bits(struct case_run *run) {
    struct driver_client *client = client_start(run);
    for (uint32_t bit = 6; client != NULL && bit < 31; bit++) {
        const struct opm_message message = {.request = VIRTUAL, .type = 1u << bit, .code = INVALID};
        if (!opm_send_get(run, client, &message))
            return;
    }
}

/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define TYPE(number, what, answer, bits, word, nn)                                                                               \
    {                                                                                                                            \
        .id = "DRV-OPM-GET-6-" number, .title = "levels of " what, .rules = "OPM-GET-6 OPM-ERR-2", .source = PAGES,              \
        .sends = "GET_VIRTUAL_PROTECTION_LEVEL and GET_ACTUAL_PROTECTION_LEVEL of that", .right = answer, .needs = bits,         \
        .hostile = true, .semantics = COPP_SEMANTICS_OPM, .run = run_type, .with = &(const struct opm_message) {                 \
            .type = word, .code = nn                                                                                             \
        }                                                                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

const struct conformance_case driver_cases_opm_requests[] = {
    DOES("1-1", "a request whose OMAC is over the 4096 bytes behind it is answered", "OPM-GET-1 OPM-WIRE-1", "GET_CONNECTOR_TYPE",
         "S_OK", 0, false, run_right),
    ASKS("1-2", "every byte of the OMAC counts", "OPM-GET-1",
         "16 times GET_CONNECTOR_TYPE, each with one bit of another byte of the OMAC flipped", IS_INVALID " for each", 0,
         .request = CONNECTOR, .first = 0, .last = 15, .code = INVALID),
    ASKS("1-3", "the OMAC covers the random number", "OPM-GET-1",
         "16 times GET_CONNECTOR_TYPE, each with the OMAC of one whose random number has another bit", IS_INVALID " for each", 0,
         .request = CONNECTOR, .first = 16, .last = 31, .code = INVALID),
    ASKS("1-4", "the OMAC covers the GUID", "OPM-GET-1",
         "16 times GET_CONNECTOR_TYPE, each with the OMAC of one whose GUID has another bit", IS_INVALID " for each", 0,
         .request = CONNECTOR, .first = 32, .last = 47, .code = INVALID),
    ASKS("1-5", "the OMAC covers the sequence number", "OPM-GET-1",
         "4 times GET_CONNECTOR_TYPE, each with the OMAC of one whose sequence number has another bit", IS_INVALID " for each", 0,
         .request = CONNECTOR, .first = 48, .last = 51, .code = INVALID),
    ASKS("1-6", "the OMAC covers the size of the parameters", "OPM-GET-1",
         "4 times GET_CONNECTOR_TYPE, each with the OMAC of one whose cbParametersSize has another bit", IS_INVALID " for each",
         0, .request = CONNECTOR, .first = 52, .last = 55, .code = INVALID),
    ASKS("1-7", "the OMAC covers the protection type", "OPM-GET-1",
         "4 times GET_VIRTUAL_PROTECTION_LEVEL, each with the OMAC of one whose type has another bit", IS_INVALID " for each", 0,
         .request = VIRTUAL, .type = OPM_TYPE_ANY, .first = 56, .last = 59, .code = INVALID),
    ASKS("1-8", "the OMAC covers the unused rest of the parameters", "OPM-GET-1",
         "GET_CONNECTOR_TYPE several times, each with the OMAC of one that has another bit behind its parameters",
         IS_INVALID " for each", 0, .request = CONNECTOR, .first = 56, .last = 4111, .step = 811, .code = INVALID),
    ASKS("1-9", "the unused rest of the parameters may hold anything", "OPM-GET-1",
         "GET_CONNECTOR_TYPE with bytes that are not 0 behind its parameters, and their OMAC", "S_OK", 0, .request = CONNECTOR,
         .spare = 0xA5, .code = COPP_HR_OK),
    ASKS("1-10", "an OMAC of zeros is refused", "OPM-GET-1", "GET_CONNECTOR_TYPE with 16 zeros as its OMAC", IS_INVALID, 0,
         .request = CONNECTOR, .mac = OPM_MAC_ZERO, .code = INVALID),
    ASKS("1-11", "an OMAC under another session's key is refused", "OPM-GET-1",
         "GET_CONNECTOR_TYPE with the OMAC that a second session's key gives", IS_INVALID, 0, .request = CONNECTOR,
         .mac = OPM_MAC_OTHER_KEY, .code = INVALID),
    ASKS("1-12", "an OMAC over 4080 bytes, as answers have it, is refused", "OPM-GET-1",
         "GET_CONNECTOR_TYPE with the OMAC of its first 4080 bytes", IS_INVALID, 0, .request = CONNECTOR, .mac = OPM_MAC_SHORT,
         .code = INVALID),
    ASKS("1-13", "the OMAC covers the last byte of the message", "OPM-GET-1",
         "GET_CONNECTOR_TYPE with the OMAC of one whose last byte has another bit", IS_INVALID, 0, .request = CONNECTOR,
         .first = 4111, .last = 4111, .code = INVALID),

    ASKS("2-1", "the OMAC is looked at before the GUID", "OPM-GET-2",
         "GET_CONNECTED_HDCP_DEVICE_INFORMATION, which is COPP's, with an OMAC of zeros", IS_INVALID ", and not 0xC026251C", 0,
         .request = KSV, .mac = OPM_MAC_ZERO, .code = INVALID),
    ASKS("2-2", "the sequence number is looked at before the GUID", "OPM-GET-2",
         "GET_CONNECTED_HDCP_DEVICE_INFORMATION with a wrong sequence number", IS_INVALID ", and not 0xC026251C", 0,
         .request = KSV, .sequence = 1, .code = INVALID),
    ASKS("2-3", "whether the parameters fit is looked at before the GUID", "OPM-GET-2",
         "GET_CONNECTED_HDCP_DEVICE_INFORMATION that says to have 4057 bytes of parameters", IS_INVALID ", and not 0xC026251C", 0,
         .request = KSV, .sized = true, .size = 4057, .code = INVALID),
    ASKS("2-4", "the GUID is looked at before the exact size", "OPM-GET-2",
         "GET_CONNECTED_HDCP_DEVICE_INFORMATION with 4 bytes of parameters", "0xC026251C", 0, .request = KSV, .sized = true,
         .size = 4, .code = COPP_ONLY),
    ASKS("2-5", "the size is looked at before the protection type", "OPM-GET-2",
         "GET_VIRTUAL_PROTECTION_LEVEL of COPP's HDCP with 5 bytes of parameters", IS_INVALID ", and not 0xC026251C", 0,
         .request = VIRTUAL, .type = COPP_PROTECTION_TYPE_HDCP, .sized = true, .size = 5, .code = INVALID),
    ASKS("2-6", "a level request has exactly 4 bytes of parameters, not 0", "OPM-GET-2",
         "GET_VIRTUAL_PROTECTION_LEVEL without parameters", IS_INVALID, 0, .request = VIRTUAL, .type = OPM_TYPE_ANY,
         .sized = true, .size = 0, .code = INVALID),
    ASKS("2-7", "a level request has exactly 4 bytes of parameters, not 8", "OPM-GET-2",
         "GET_ACTUAL_PROTECTION_LEVEL with 8 bytes of parameters", IS_INVALID, 0, .request = ACTUAL, .type = OPM_TYPE_ANY,
         .sized = true, .size = 8, .code = INVALID),
    ASKS("2-8", "a level request has exactly 4 bytes of parameters, not 3", "OPM-GET-2",
         "GET_ACTUAL_PROTECTION_LEVEL with 3 bytes of parameters", IS_INVALID, 0, .request = ACTUAL, .type = OPM_TYPE_ANY,
         .sized = true, .size = 3, .code = INVALID),
    ASKS("2-9", "a request without parameters has none", "OPM-GET-2", "GET_CONNECTOR_TYPE with 4 bytes of parameters", IS_INVALID,
         0, .request = CONNECTOR, .sized = true, .size = 4, .code = INVALID),
    ASKS("2-10", "a request without parameters has none, not 4056 bytes", "OPM-GET-2",
         "GET_SUPPORTED_PROTECTION_TYPES with 4056 bytes of parameters", IS_INVALID, 0, .request = COPP_QUERY_PROTECTION_TYPE,
         .sized = true, .size = 4056, .code = INVALID),
    ASKS("2-11", "parameters of 2^32 - 1 bytes are refused", "OPM-GET-2",
         "GET_CONNECTOR_TYPE that says to have 4294967295 bytes of parameters", IS_INVALID, 0, .request = CONNECTOR,
         .sized = true, .size = 0xFFFFFFFF, .code = INVALID),
    ASKS("2-12", "parameters of 2^31 bytes are refused", "OPM-GET-2",
         "GET_VIRTUAL_PROTECTION_LEVEL that says to have 2147483652 bytes of parameters", IS_INVALID, 0, .request = VIRTUAL,
         .type = OPM_TYPE_ANY, .sized = true, .size = 0x80000004, .code = INVALID),

    DOES("3-1", "a sequence number counts once", "OPM-GET-3", "GET_CONNECTOR_TYPE twice with the same number",
         "S_OK, then " IS_INVALID, 0, true, run_repeated),
    ASKS("3-2", "a number one too high is refused", "OPM-GET-3", "GET_CONNECTOR_TYPE with the next number but one", IS_INVALID, 0,
         .request = CONNECTOR, .sequence = 1, .code = INVALID),
    ASKS("3-3", "a number one too low is refused", "OPM-GET-3", "GET_CONNECTOR_TYPE with the number before the first", IS_INVALID,
         0, .request = CONNECTOR, .sequence = 0xFFFFFFFF, .code = INVALID),
    ASKS("3-4", "a number whose upper half is wrong is refused", "OPM-GET-3",
         "GET_CONNECTOR_TYPE with the right number plus 0x10000", IS_INVALID, 0, .request = CONNECTOR, .sequence = 0x10000,
         .code = INVALID),
    ASKS("3-5", "a big-endian number is refused", "OPM-GET-3", "GET_CONNECTOR_TYPE with the number's bytes reversed", IS_INVALID,
         0, .request = CONNECTOR, .swapped = true, .code = INVALID),
    DOES("3-6", "the sequence number runs over from 2^32 - 1 to 0", "OPM-GET-3",
         "a handshake with the number 0xFFFFFFFF; three times GET_CONNECTOR_TYPE", "S_OK for each", 0, false, run_wrapping),
    DOES("3-7", "requests and commands have counters of their own", "OPM-GET-3 OPM-SET-2",
         "GET_CONNECTOR_TYPE with the number that the next command has to carry", IS_INVALID, 0, true, run_other_counter),
    DOES("3-8", "a command does not move the requests' counter", "OPM-GET-3 OPM-SET-2",
         "SET_PROTECTION_LEVEL; GET_CONNECTOR_TYPE with its number", "S_OK", 0, false, run_command_between),
    COUNTS_NOT("9", "a request with a wrong OMAC", "GET_CONNECTOR_TYPE with an OMAC of zeros", 0, .request = CONNECTOR,
               .mac = OPM_MAC_ZERO),
    COUNTS_NOT("10", "a request with a wrong number", "GET_CONNECTOR_TYPE with a number that is too high", 0,
               .request = CONNECTOR, .sequence = 5),
    COUNTS_NOT("11", "a request of COPP's", "GET_CONNECTED_HDCP_DEVICE_INFORMATION", 0, .request = KSV),
    COUNTS_NOT("12", "a request of a wrong size", "GET_CONNECTOR_TYPE with 4 bytes of parameters", 0, .request = CONNECTOR,
               .size = 4),
    COUNTS_NOT("13", "a request of a wrong type", "GET_VIRTUAL_PROTECTION_LEVEL of no type", 0, .request = VIRTUAL, .size = 4),
    COUNTS_NOT("14", "a request that the output cannot answer", "GET_CURRENT_HDCP_SRM_VERSION before a list was given", 0,
               .request = COPP_OPM_QUERY_SRM_VERSION),

    ASKS("5-1", "GET_CONNECTED_HDCP_DEVICE_INFORMATION is COPP's", "OPM-GET-5 OPM-DDI-6", "GET_CONNECTED_HDCP_DEVICE_INFORMATION",
         "0xC026251C", 0, .request = KSV, .code = COPP_ONLY),
    ASKS("5-2", "GET_ACP_AND_CGMSA_SIGNALING is COPP's", "OPM-GET-5 OPM-DDI-6", "GET_ACP_AND_CGMSA_SIGNALING", "0xC026251C", 0,
         .request = COPP_QUERY_SIGNALING, .code = COPP_ONLY),
    ASKS("5-3", "GET_CODEC_INFO is not a display output's", "OPM-GET-5", "GET_CODEC_INFO", IS_INVALID, 0, .request = CONNECTOR,
         .guid = codec_info, .code = INVALID),
    ASKS("5-4", "the GUID 0 is not a request", "OPM-GET-5", "a request with the GUID 0", IS_INVALID, 0, .request = CONNECTOR,
         .guid = no_guid, .code = INVALID),
    DOES("5-5", "a GUID that differs in one bit is not a request", "OPM-GET-5",
         "16 requests, each with a known GUID in which one bit is flipped", IS_INVALID " for each", 0, true, run_near_guids),
    DOES("5-6", "commands are not answered as requests", "OPM-GET-5", "GetInformation with the GUIDs of the four commands",
         IS_INVALID " for each", 0, true, run_commands_as_requests),

    TYPE("1", "COPP_COMPATIBLE_HDCP are COPP's", "0xC026251C for both", 0, COPP_PROTECTION_TYPE_HDCP, COPP_ONLY),
    TYPE("2", "no type", IS_INVALID " for both", 0, COPP_PROTECTION_TYPE_NONE, INVALID),
    TYPE("3", "two types at once", IS_INVALID " for both", 0, COPP_PROTECTION_TYPE_OPM_HDCP | COPP_PROTECTION_TYPE_ACP, INVALID),
    TYPE("4", "all types at once", IS_INVALID " for both", 0, 0xFFFFFFFF, INVALID),
    TYPE("5", "OTHER", IS_INVALID " for both", 0, COPP_PROTECTION_TYPE_UNKNOWN, INVALID),
    TYPE("6", "HDCP where there is none", "0xC0262513 for both", NEED_NO_HDCP, COPP_PROTECTION_TYPE_OPM_HDCP,
         COPP_HR_OPM_NO_HDCP),
    TYPE("7", "ACP where there is none", "0xC0262514 for both", NEED_NO_ACP, COPP_PROTECTION_TYPE_ACP, COPP_HR_OPM_NO_ACP),
    TYPE("8", "CGMS-A where there is none", "0xC0262515 for both", NEED_NO_CGMSA, COPP_PROTECTION_TYPE_CGMSA,
         COPP_HR_OPM_NO_CGMSA),
    TYPE("9", "DPCP where there is none", IS_INVALID " for both", NEED_NO_DPCP, COPP_PROTECTION_TYPE_DPCP, INVALID),
    TYPE("10", "type enforcement where there is no HDCP", "0xC0262513 for both", NEED_NO_HDCP, COPP_PROTECTION_TYPE_ENFORCEMENT,
         COPP_HR_OPM_NO_HDCP),
    TYPE("11", "type enforcement where there is HDCP alone", IS_INVALID " for both", NEED_HDCP | NEED_NO_TYPE1,
         COPP_PROTECTION_TYPE_ENFORCEMENT, INVALID),
    DOES("6-12", "no other bit is a type", "OPM-GET-6", "GET_VIRTUAL_PROTECTION_LEVEL of each bit from 0x40 to 0x40000000",
         IS_INVALID " for each", 0, true, run_type_bits),
    {.id = NULL}};
