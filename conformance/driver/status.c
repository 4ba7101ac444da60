/* QRY-1 to QRY-4 and WIRE-7 to WIRE-10: what a query has to be, and the form of its answer. */
#include <string.h>

#include "define.h"

/* A query, its answer's size and its rule. */
struct query {
    enum copp_request request;
    uint32_t size;
    const char *rule;
    unsigned type; /* that it names; 0: the output's first; UINT32_MAX: it names none */
};

static uint32_t first_type(const struct driver_client *client) {
    const uint32_t types = client->output->types & 7;
    return lowest_bit(types);
}

static bool put_query(struct case_run *run, struct driver_client *client, enum copp_request request,
                      struct copp_status_input *input) {
    const bool level = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    uint8_t data[4];
    put_u32(data, first_type(client));
    client_make_status(run, client, request, data, level ? sizeof data : 0, input);
    return true;
}

/* Sends a query that has to be answered, and keeps what was sent. */
static bool ask(struct case_run *run, struct driver_client *client, enum copp_request request, struct copp_status_input *input,
                struct copp_status_output *output) {
    uint32_t hresult;
    return put_query(run, client, request, input) && client_status(run, client, input, NULL, output, &hresult) &&
           want_answered(run, request, hresult);
}

/* --- the form of answers --- */

static void right_mac(struct case_run *run) {
    const struct query *query = run->test->with;
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    uint8_t tag[COPP_MAC_SIZE];
    if (client == NULL || !ask(run, client, query->request, &input, &output))
        return;
    if (copp_omac_tag(client->omac, output.bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag) != COPP_OK) {
        case_error(run, "no MAC could be made");
    } else if (!copp_equal(tag, output.bytes, sizeof tag)) {
        case_mark_right(run, true, 0, COPP_MAC_SIZE, tag);
        case_fail(run, "QRY-2", NULL, "the answer's MAC is another one");
    }
}

static void right_size(struct case_run *run) {
    const struct query *query = run->test->with;
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    if (client != NULL && ask(run, client, query->request, &input, &output))
        (void)want_field(run, query->rule, "cbSizeData", 16, get_u32(output.bytes + 16), query->size);
}

static void right_r_app(struct case_run *run) {
    const struct query *query = run->test->with;
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    if (client == NULL || !ask(run, client, query->request, &input, &output) ||
        memcmp(input.bytes, output.bytes + 20, COPP_RANDOM_SIZE) == 0)
        return;
    case_mark(run, true, 20, COPP_RANDOM_SIZE);
    case_fail(run, "QRY-2", NULL, "the answer begins with another random number");
}

static void zero_filled(struct case_run *run) {
    const struct query *query = run->test->with;
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    if (client == NULL || !ask(run, client, query->request, &input, &output))
        return;
    size_t end = client_is_bound(&output) ? BINDING_AT : sizeof output.bytes; /* what is bound uses the last 128 bytes */
    for (size_t at = 20 + query->size; at < end; at++) {
        if (output.bytes[at] == 0)
            continue;
        case_mark(run, true, at, 1);
        case_fail(run, "QRY-2", NULL, "byte %lu of the answer is %u", (unsigned long)at, output.bytes[at]);
        return;
    }
}

/* Nothing has happened: there is nothing to tell. */
static void no_flags(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status answer;
    if (client != NULL && client_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &answer))
        (void)want_field(run, "EVT-2", "dwFlags", 36, answer.flags, COPP_STATUS_NORMAL);
}

static const struct query queries[] = {
    {COPP_QUERY_CONNECTOR_TYPE, COPP_STATUS_SIZE, "WIRE-7", UINT32_MAX},
    {COPP_QUERY_PROTECTION_TYPE, COPP_STATUS_SIZE, "WIRE-7", UINT32_MAX},
    {COPP_QUERY_LOCAL_PROTECTION_LEVEL, COPP_STATUS_SIZE, "WIRE-7", 0},
    {COPP_QUERY_GLOBAL_PROTECTION_LEVEL, COPP_STATUS_SIZE, "WIRE-7", 0},
    {COPP_QUERY_DISPLAY_DATA, COPP_STATUS_DISPLAY_SIZE, "WIRE-8", UINT32_MAX},
    {COPP_QUERY_HDCP_KEY_DATA, COPP_STATUS_HDCP_KEY_SIZE, "WIRE-9", UINT32_MAX},
    {COPP_QUERY_BUS_DATA, COPP_STATUS_SIZE, "WIRE-7", UINT32_MAX},
    {COPP_QUERY_SIGNALING, COPP_STATUS_SIGNALING_SIZE, "WIRE-10", UINT32_MAX},
};

/* --- requests that are refused --- */

struct refusal {
    enum copp_request request;
    const char *what;
    uint8_t guid[COPP_GUID_SIZE]; /* in place of the request's, unless it is zero and other is false */
    bool other;
    int32_t number; /* is added to the expected one */
    bool size_given;
    uint32_t size;
    bool type_given;
    uint32_t type;
};

static void put_refusal(struct case_run *run, struct driver_client *client, const struct refusal *r,
                        struct copp_status_input *input) {
    (void)put_query(run, client, r->request, input);
    if (r->other)
        memcpy(input->bytes + 16, r->guid, sizeof r->guid);
    put_u32(input->bytes + 32, client->status_sequence + (uint32_t)r->number);
    if (r->size_given)
        put_u32(input->bytes + 36, r->size);
    if (r->type_given)
        put_u32(input->bytes + 40, r->type);
}

static void mark_refusal(struct case_run *run, const struct refusal *r) {
    if (r->other)
        case_mark(run, false, 16, COPP_GUID_SIZE);
    if (r->number != 0)
        case_mark(run, false, 32, 4);
    if (r->size_given)
        case_mark(run, false, 36, 4);
    if (r->type_given)
        case_mark(run, false, 40, 4);
}

static bool send_refusal(struct case_run *run, struct driver_client *client, const struct refusal *r,
                         struct copp_status_output *output, uint32_t *hresult) {
    struct copp_status_input input;
    put_refusal(run, client, r, &input);
    return client_status(run, client, &input, NULL, output, hresult);
}

static void refuses(struct case_run *run) {
    const struct refusal *r = run->test->with;
    struct driver_client *client = client_start(run);
    struct copp_status_output output;
    uint32_t hresult;
    if (client == NULL || !send_refusal(run, client, r, &output, &hresult))
        return;
    mark_refusal(run, r);
    (void)want_hresult(run, "QRY-1", r->what, hresult, COPP_HR_INVALIDARG);
}

static void each_guid_byte(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    uint32_t hresult;
    for (size_t at = 16; client != NULL && at < 16 + COPP_GUID_SIZE; at++) {
        (void)put_query(run, client, COPP_QUERY_CONNECTOR_TYPE, &input);
        input.bytes[at] ^= 0x10;
        if (!client_status(run, client, &input, NULL, &output, &hresult))
            return;
        if (hresult != COPP_HR_INVALIDARG)
            case_mark(run, false, at, 1);
        if (!want_hresult(run, "QRY-1", "a query whose GUID differs in one byte", hresult, COPP_HR_INVALIDARG))
            return;
    }
}

static void refusal_does_not_count(struct case_run *run) {
    const struct refusal *r = run->test->with;
    struct driver_client *client = client_start(run);
    struct copp_status_output output;
    uint32_t hresult;
    if (client == NULL || !send_refusal(run, client, r, &output, &hresult))
        return;
    if (hresult == COPP_HR_OK) {
        case_skip(run, CASE_NOT_APPLICABLE, "the driver did not refuse the query, which is a failure of another case");
        return;
    }
    struct copp_status_input input;
    (void)put_query(run, client, COPP_QUERY_CONNECTOR_TYPE, &input);
    if (client_status(run, client, &input, NULL, &output, &hresult))
        (void)want_hresult(run, "QRY-3", "the next query, with the same number", hresult, COPP_HR_OK);
}

static void refusal_writes_nothing(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_output output;
    uint32_t hresult;
    if (client == NULL || !send_refusal(run, client, run->test->with, &output, &hresult) || hresult == COPP_HR_OK)
        return;
    for (size_t i = 0; i < sizeof output.bytes; i++) {
        if (output.bytes[i] != 0) {
            case_fail(run, "QRY-3", NULL, "byte %lu of the answer was written", (unsigned long)i);
            return;
        }
    }
}

#define LOCAL COPP_QUERY_LOCAL_PROTECTION_LEVEL
#define GLOBAL COPP_QUERY_GLOBAL_PROTECTION_LEVEL
#define CONNECTOR COPP_QUERY_CONNECTOR_TYPE
#define OTHER(...) .other = true, .guid = __VA_ARGS__
#define SIZE(value) .size_given = true, .size = (value)
#define TYPE(value) .type_given = true, .type = (value)

static const struct refusal number_low = {CONNECTOR, "a query with a number that is one too low", .number = -1};
static const struct refusal number_high = {CONNECTOR, "a query with a number that is one too high", .number = 1};
static const struct refusal number_far = {CONNECTOR, "a query whose number differs in its highest bit", .number = INT32_MIN};
static const struct refusal guid_zero = {CONNECTOR, "a query of the GUID 0", OTHER({0})};
static const struct refusal guid_unknown = {CONNECTOR, "a query of an unknown GUID",
                                            OTHER({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})};
static const struct refusal guid_last = {
    CONNECTOR, "a query whose GUID differs in its last bit",
    OTHER({0xd5, 0xbf, 0xd0, 0x81, 0xfe, 0x6a, 0xc2, 0x48, 0x99, 0xc0, 0x95, 0xa0, 0x8f, 0x97, 0xc5, 0x5a})};
static const struct refusal guid_command = {
    CONNECTOR, "SetProtectionLevel as a query",
    OTHER({0x7c, 0x32, 0xb9, 0x9b, 0xb5, 0x4e, 0x27, 0x47, 0x9f, 0x00, 0xb4, 0x2b, 0x09, 0x19, 0xc0, 0xda})};
static const struct refusal guid_opm = {
    CONNECTOR, "OPM's GET_OUTPUT_ID under COPP",
    OTHER({0xb3, 0x6d, 0xcb, 0x72, 0x4f, 0x24, 0xce, 0x40, 0xb0, 0x9e, 0x20, 0x50, 0x6a, 0xf6, 0x30, 0x2f})};
static const struct refusal size_1 = {CONNECTOR, "QueryConnectorType with cbSizeData 1", SIZE(1)};
static const struct refusal size_4 = {CONNECTOR, "QueryConnectorType with cbSizeData 4", SIZE(4)};
static const struct refusal size_max = {CONNECTOR, "QueryConnectorType with cbSizeData 2^32 - 1", SIZE(UINT32_MAX)};
static const struct refusal local_0 = {LOCAL, "QueryLocalProtectionLevel with cbSizeData 0", SIZE(0)};
static const struct refusal local_3 = {LOCAL, "QueryLocalProtectionLevel with cbSizeData 3", SIZE(3)};
static const struct refusal local_5 = {LOCAL, "QueryLocalProtectionLevel with cbSizeData 5", SIZE(5)};
static const struct refusal global_0 = {GLOBAL, "QueryGlobalProtectionLevel with cbSizeData 0", SIZE(0)};
static const struct refusal global_8 = {GLOBAL, "QueryGlobalProtectionLevel with cbSizeData 8", SIZE(8)};
static const struct refusal type_none = {LOCAL, "QueryLocalProtectionLevel of the type None", TYPE(0)};
static const struct refusal type_unknown = {LOCAL, "QueryLocalProtectionLevel of the type Unknown", TYPE(0x80000000u)};
static const struct refusal type_dpcp = {LOCAL, "QueryLocalProtectionLevel of DPCP", TYPE(0x10)};
static const struct refusal type_acp = {LOCAL, "QueryLocalProtectionLevel of ACP, which is not offered",
                                        TYPE(COPP_PROTECTION_TYPE_ACP)};
static const struct refusal type_hdcp = {GLOBAL, "QueryGlobalProtectionLevel of HDCP, which is not offered",
                                         TYPE(COPP_PROTECTION_TYPE_HDCP)};
static const struct refusal type_high = {LOCAL, "QueryLocalProtectionLevel of HDCP beside a bit that no type has",
                                         TYPE(0x40000000u | COPP_PROTECTION_TYPE_HDCP)};
static const struct refusal type_both = {GLOBAL, "QueryGlobalProtectionLevel of two types", TYPE(7)};

static void unopened(struct case_run *run) {
    const bool *exchanged = run->test->with;
    struct driver_client *client = client_open(run);
    struct copp_status_input input;
    struct copp_status_output output;
    uint32_t hresult;
    if (client == NULL || (*exchanged && !client_greet(run, client)))
        return;
    (void)put_query(run, client, CONNECTOR, &input);
    if (client_status(run, client, &input, NULL, &output, &hresult))
        (void)want_hresult(run, "QRY-1", "a query without a session", hresult, COPP_HR_UNEXPECTED);
}

static const bool at_once = false, after_exchange = true;

static void answers(struct case_run *run) {
    const struct query *query = run->test->with;
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    if (client != NULL)
        (void)ask(run, client, query->request, &input, &output);
}

/* --- numbers --- */

static bool ask_once(struct case_run *run, struct driver_client *client, const char *what) {
    struct copp_status_input input;
    struct copp_status_output output;
    uint32_t hresult;
    (void)put_query(run, client, CONNECTOR, &input);
    if (!client_status(run, client, &input, NULL, &output, &hresult))
        return false;
    case_mark(run, false, 32, 4);
    return want_hresult(run, "QRY-3", what, hresult, COPP_HR_OK);
}

static void counts(struct case_run *run) {
    struct driver_client *client = client_start(run);
    if (client != NULL && ask_once(run, client, "the first query") && ask_once(run, client, "the second, number + 1"))
        (void)ask_once(run, client, "the third, number + 2");
}

static void wraps(struct case_run *run) {
    struct driver_client *client = client_open(run);
    struct copp_signature signature;
    uint32_t hresult;
    if (client == NULL || !client_greet(run, client) || !client_seal(run, client, COPP_FORM_SWAP40, &signature))
        return;
    client->handshake.status_sequence = UINT32_MAX;
    if (!client_seal_again(run, client, COPP_FORM_SWAP40, &signature) ||
        !client_sequence_start(run, client, &signature, &hresult))
        return;
    if (ask_once(run, client, "the query 2^32 - 1"))
        (void)ask_once(run, client, "the next, 0");
}

static void replayed(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    uint32_t hresult;
    if (client == NULL)
        return;
    (void)put_query(run, client, CONNECTOR, &input);
    if (!client_status(run, client, &input, NULL, &output, &hresult) || hresult != COPP_HR_OK ||
        !client_status(run, client, &input, NULL, &output, &hresult))
        return;
    case_mark(run, false, 32, 4);
    (void)want_hresult(run, "QRY-3", "the same query once more", hresult, COPP_HR_INVALIDARG);
}

#define FORM(number, title, rules, index, need, right, function)                                                                 \
    CORRECT_CASE(number, title, rules, FROM_STATUS, "the query", right, need, function, &queries[index])
#define REFUSES(number, title, sends, need, flaw)                                                                                \
    HOSTILE_CASE(number, title, "QRY-1", FROM_STATUS, sends, "E_INVALIDARG", need, refuses, &(flaw))

const struct conformance_case driver_cases_status[] = {
    FORM("DRV-QRY-1-1", "QueryConnectorType is answered", "QRY-1 WIRE-3 WIRE-4", 0, 0, "S_OK", answers),
    FORM("DRV-QRY-1-2", "QueryLocalProtectionLevel is answered", "QRY-1 QRY-5", 2, NEED_TYPE, "S_OK", answers),
    HOSTILE_CASE("DRV-QRY-1-3", "a query before KeyExchange is refused", "QRY-1", FROM_STATUS, "QueryConnectorType at once",
                 "E_UNEXPECTED", 0, unopened, &at_once),
    HOSTILE_CASE("DRV-QRY-1-4", "a query before SequenceStart is refused", "QRY-1", FROM_STATUS,
                 "QueryConnectorType after KeyExchange", "E_UNEXPECTED", 0, unopened, &after_exchange),
    REFUSES("DRV-QRY-1-5", "a number that is one too low is refused", "the expected number - 1", 0, number_low),
    REFUSES("DRV-QRY-1-6", "a number that is one too high is refused", "the expected number + 1", 0, number_high),
    REFUSES("DRV-QRY-1-7", "all 32 bits of the number are compared", "another highest bit", 0, number_far),
    REFUSES("DRV-QRY-1-8", "a GUID of zeros is refused", "guidStatusRequestID 0", 0, guid_zero),
    REFUSES("DRV-QRY-1-9", "an unknown GUID is refused", "an unknown guidStatusRequestID", 0, guid_unknown),
    REFUSES("DRV-QRY-1-10", "all of the GUID is compared", "QueryConnectorType's GUID with another last bit", 0, guid_last),
    HOSTILE_CASE("DRV-QRY-1-28", "each byte of the GUID is compared", "QRY-1", FROM_STATUS,
                 "QueryConnectorType 16 times, with a bit flipped in another byte of its GUID each time",
                 "E_INVALIDARG each time", 0, each_guid_byte, NULL),
    REFUSES("DRV-QRY-1-11", "a command is not a query", "SetProtectionLevel's GUID as a query", 0, guid_command),
    REFUSES("DRV-QRY-1-12", "OPM's queries are not COPP's", "GET_OUTPUT_ID's GUID as a query", 0, guid_opm),
    REFUSES("DRV-QRY-1-13", "a query without data has none", "QueryConnectorType, cbSizeData 1", 0, size_1),
    REFUSES("DRV-QRY-1-14", "a query without data has not 4 bytes", "QueryConnectorType, cbSizeData 4", 0, size_4),
    REFUSES("DRV-QRY-1-15", "the largest size is refused", "QueryConnectorType, cbSizeData 2^32 - 1", 0, size_max),
    REFUSES("DRV-QRY-1-16", "a local level's type may not be missing", "QueryLocalProtectionLevel, cbSizeData 0", NEED_TYPE,
            local_0),
    REFUSES("DRV-QRY-1-17", "a local level's type has not 3 bytes", "QueryLocalProtectionLevel, cbSizeData 3", NEED_TYPE,
            local_3),
    REFUSES("DRV-QRY-1-18", "a local level's type has not 5 bytes", "QueryLocalProtectionLevel, cbSizeData 5", NEED_TYPE,
            local_5),
    REFUSES("DRV-QRY-1-19", "a global level's type may not be missing", "QueryGlobalProtectionLevel, cbSizeData 0", NEED_TYPE,
            global_0),
    REFUSES("DRV-QRY-1-20", "a global level's type has not 8 bytes", "QueryGlobalProtectionLevel, cbSizeData 8", NEED_TYPE,
            global_8),
    REFUSES("DRV-QRY-1-21", "the type None has no level", "QueryLocalProtectionLevel, type 0", NEED_TYPE, type_none),
    REFUSES("DRV-QRY-1-22", "the type Unknown has no level", "QueryLocalProtectionLevel, type 0x80000000", NEED_TYPE,
            type_unknown),
    REFUSES("DRV-QRY-1-23", "DPCP has no level", "QueryLocalProtectionLevel, type 0x10", NEED_TYPE, type_dpcp),
    REFUSES("DRV-QRY-1-24", "ACP has no level where there is none", "QueryLocalProtectionLevel, ACP", NEED_TYPE | NEED_NO_ACP,
            type_acp),
    REFUSES("DRV-QRY-1-25", "HDCP has no level where there is none", "QueryGlobalProtectionLevel, HDCP", NEED_TYPE | NEED_NO_HDCP,
            type_hdcp),
    REFUSES("DRV-QRY-1-27", "all bits of a type are looked at", "QueryLocalProtectionLevel, type 0x40000001", NEED_HDCP,
            type_high),
    REFUSES("DRV-QRY-1-26", "several types have no level", "QueryGlobalProtectionLevel, type 7", NEED_TYPE, type_both),

    FORM("DRV-QRY-2-1", "the MAC of QueryConnectorType's answer", "QRY-2", 0, 0, "OMAC-1 over the 4080 bytes after it",
         right_mac),
    FORM("DRV-QRY-2-2", "the MAC of QuerySignaling's answer", "QRY-2", 7, 0, "OMAC-1 over the 4080 bytes after it", right_mac),
    FORM("DRV-QRY-2-3", "the random number comes back", "QRY-2 QRY-4", 0, 0, "the request's rApp", right_r_app),
    FORM("DRV-QRY-2-4", "the random number comes back with the display's data", "QRY-2 QRY-4", 4, 0, "the request's rApp",
         right_r_app),
    FORM("DRV-QRY-2-5", "an answer is filled up with zeros", "QRY-2 BIND-1", 0, 0, "zeros behind the structure", zero_filled),
    FORM("DRV-QRY-2-6", "an answer on signaling is filled up with zeros", "QRY-2 BIND-1", 7, 0, "zeros behind the structure",
         zero_filled),
    CORRECT_CASE("DRV-QRY-2-7", "where nothing happened all flags are 0", "QRY-2 EVT-2", FROM_STATUS, "QueryConnectorType",
                 "dwFlags 0", 0, no_flags, NULL),
    FORM("DRV-WIRE-7-1", "QueryConnectorType answers 32 bytes", "WIRE-7 QRY-2", 0, 0, "cbSizeData 32", right_size),
    FORM("DRV-WIRE-7-2", "QueryProtectionType answers 32 bytes", "WIRE-7 QRY-2", 1, 0, "cbSizeData 32", right_size),
    FORM("DRV-WIRE-7-3", "QueryLocalProtectionLevel answers 32 bytes", "WIRE-7 QRY-2", 2, NEED_TYPE, "cbSizeData 32", right_size),
    FORM("DRV-WIRE-7-4", "QueryGlobalProtectionLevel answers 32 bytes", "WIRE-7 QRY-2", 3, NEED_TYPE, "cbSizeData 32",
         right_size),
    FORM("DRV-WIRE-7-5", "QueryBusData answers 32 bytes", "WIRE-7 QRY-2", 6, 0, "cbSizeData 32", right_size),
    FORM("DRV-WIRE-8-1", "QueryDisplayData answers 44 bytes", "WIRE-8 QRY-2", 4, 0, "cbSizeData 44", right_size),
    FORM("DRV-WIRE-9-1", "QueryHDCPKeyData answers 72 bytes", "WIRE-9 QRY-2", 5, NEED_RECEIVER, "cbSizeData 72", right_size),
    FORM("DRV-WIRE-10-1", "QuerySignaling answers 88 bytes", "WIRE-10 QRY-2", 7, 0, "cbSizeData 88", right_size),

    CORRECT_CASE("DRV-QRY-3-1", "each answer counts one", "QRY-3", FROM_STATUS, "three queries, numbers n, n + 1, n + 2",
                 "S_OK each time", 0, counts, NULL),
    CORRECT_CASE("DRV-QRY-3-2", "the number wraps at 2^32", "QRY-3", FROM_STATUS, "queries 2^32 - 1 and 0", "S_OK both times", 0,
                 wraps, NULL),
    HOSTILE_CASE("DRV-QRY-3-3", "a query is not answered twice", "QRY-3 QRY-1", FROM_STATUS, "the same message twice",
                 "the second answers E_INVALIDARG", 0, replayed, NULL),
    HOSTILE_CASE("DRV-QRY-3-4", "a query that is not known does not count", "QRY-3", FROM_STATUS,
                 "a query of an unknown GUID, then a right one with the same number", "the second answers S_OK", 0,
                 refusal_does_not_count, &guid_unknown),
    HOSTILE_CASE("DRV-QRY-3-5", "a query of a wrong size does not count", "QRY-3", FROM_STATUS,
                 "a query with cbSizeData 4, then a right one with the same number", "the second answers S_OK", 0,
                 refusal_does_not_count, &size_4),
    HOSTILE_CASE("DRV-QRY-3-6", "a refused query has no answer", "QRY-3", FROM_STATUS, "a query with cbSizeData 4",
                 "nothing is written", 0, refusal_writes_nothing, &size_4),
    END_OF_CASES,
};
