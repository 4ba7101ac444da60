/* What an answer under OPM semantics is made of, and what it may say (OPM-GET-4, OPM-GET-7, OPM-GET-10, OPM-WIRE, OPM-CONST). */
#include <string.h>

#include "opm_cases.h"
#include "opm_kit.h"

#define PAGES "IOPMVideoOutput::GetInformation; OPM_REQUESTED_INFORMATION"

struct offered {
    enum copp_request request;
    uint32_t size; /* of its answer's structure */
};
/* Those that every output answers. */
static const struct offered answers[] = {
    {COPP_QUERY_CONNECTOR_TYPE, COPP_STATUS_SIZE},          {COPP_QUERY_PROTECTION_TYPE, COPP_STATUS_SIZE},
    {COPP_QUERY_DISPLAY_DATA, COPP_STATUS_DISPLAY_SIZE},    {COPP_QUERY_BUS_DATA, COPP_STATUS_SIZE},
    {COPP_OPM_QUERY_OUTPUT_ID, COPP_OPM_OUTPUT_ID_SIZE},    {COPP_OPM_QUERY_HARDWARE_PROTECTION, COPP_STATUS_SIZE},
    {COPP_QUERY_LOCAL_PROTECTION_LEVEL, COPP_STATUS_SIZE}, /* of a type that the output offers */
    {COPP_QUERY_GLOBAL_PROTECTION_LEVEL, COPP_STATUS_SIZE},
};
#define ANSWERS (sizeof answers / sizeof answers[0])

/* Whether a whole answer is as it must be; sent is the request's random number. */
typedef bool check_answer(struct case_run *run, struct driver_client *client, const struct offered *offered, const uint8_t *sent,
                          const struct copp_status_output *output);

/* Every request once, and its answer looked at. */
static void check_all(struct case_run *run, check_answer *check) {
    struct copp_status_input input;
    struct copp_status_output output;
    uint8_t data[4];
    uint32_t type, hresult;
    struct driver_client *client = client_start(run);
    if (client == NULL || !opm_any_type(run, &type))
        return;
    put_u32(data, type);
    for (size_t i = 0; i < ANSWERS && case_going(run); i++) {
        const bool level =
            answers[i].request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || answers[i].request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
        client_make_status(run, client, answers[i].request, data, level ? sizeof data : 0, &input);
        if (client_status(run, client, &input, NULL, &output, &hresult) &&
            want_hresult(run, "OPM-GET-2", opm_name(answers[i].request), hresult, COPP_HR_OK))
            (void)check(run, client, &answers[i], input.bytes, &output);
    }
}

static bool mac_is_right(struct case_run *run, struct driver_client *client, const struct offered *offered, const uint8_t *sent,
                         const struct copp_status_output *output) {
    uint8_t tag[COPP_MAC_SIZE] = {0};
    (void)sent;
    if (copp_omac_tag(client->omac, output->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, tag) != COPP_OK)
        return case_error(run, "no MAC could be made");
    if (memcmp(tag, output->bytes, sizeof tag) == 0)
        return true;
    case_mark(run, true, 0, COPP_MAC_SIZE);
    return case_fail(run, NULL, NULL, "the OMAC of the answer to %s is another one", opm_name(offered->request));
}

static void run_mac(struct case_run *run) {
    check_all(run, mac_is_right);
}

static bool size_is_right(struct case_run *run, struct driver_client *client, const struct offered *offered, const uint8_t *sent,
                          const struct copp_status_output *output) {
    (void)client, (void)sent;
    return want_field(run, NULL, "cbRequestedInformationSize", OPM_AT_SIZE, get_u32(output->bytes + OPM_AT_SIZE), offered->size);
}

static void run_size(struct case_run *run) {
    check_all(run, size_is_right);
}

static bool random_is_right(struct case_run *run, struct driver_client *client, const struct offered *offered,
                            const uint8_t *sent, const struct copp_status_output *output) {
    (void)client;
    if (memcmp(output->bytes + OPM_AT_RANDOM, sent, COPP_RANDOM_SIZE) == 0)
        return true;
    case_mark(run, true, OPM_AT_RANDOM, COPP_RANDOM_SIZE);
    return case_fail(run, NULL, NULL, "the answer to %s does not begin with the request's random number",
                     opm_name(offered->request));
}

static void run_random(struct case_run *run) {
    check_all(run, random_is_right);
}

/* A binding may stand at the end (BIND-2). */
static bool rest_is_zero(struct case_run *run, struct driver_client *client, const struct offered *offered, const uint8_t *sent,
                         const struct copp_status_output *output) {
    const size_t end = client_is_bound(output) ? BINDING_AT : COPP_MESSAGE_SIZE;
    (void)client, (void)sent;
    for (size_t at = OPM_AT_RANDOM + offered->size; at < end; at++) {
        if (output->bytes[at] == 0)
            continue;
        case_mark(run, true, at, 1);
        return case_fail(run, NULL, NULL, "byte %zu of the answer to %s is 0x%02X", at, opm_name(offered->request),
                         (unsigned)output->bytes[at]);
    }
    return true;
}

static void run_rest(struct case_run *run) {
    check_all(run, rest_is_zero);
}

/* The request's GUID, number, size and parameters, and the number that the next command has to carry. */
static bool binding_is_right(struct case_run *run, struct driver_client *client, const struct offered *offered,
                             const uint8_t *sent, const struct copp_status_output *output) {
    const uint8_t *binding = output->bytes + BINDING_AT;
    const struct driver_output *on = driver_suite_of(run)->output;
    if (!client_is_bound(output))
        return case_skip(run, CASE_NOT_SUPPORTED, "this driver does not bind its answers");
    if (memcmp(binding + 16, sent + 16, 28) != 0) {
        case_mark(run, true, BINDING_AT + 16, 28);
        return case_fail(run, "BIND-1", NULL, "the answer to %s does not repeat its request", opm_name(offered->request));
    }
    if (strncmp((const char *)binding + 64, on->name, COPP_CONNECTOR_NAME_SIZE) != 0) {
        case_mark(run, true, BINDING_AT + 64, COPP_CONNECTOR_NAME_SIZE);
        return case_fail(run, "BIND-7", "the name by which the output was opened", "another name");
    }
    return want_field(run, "BIND-1", "the number of the next command", BINDING_AT + 44, get_u32(binding + 44),
                      client->command_sequence);
}

static void run_binding(struct case_run *run) {
    check_all(run, binding_is_right);
}

/* A refusal counts in the next answer. */
static void run_refusals(struct case_run *run) {
    static const struct opm_message forged = {
        .request = COPP_QUERY_BUS_DATA, .mac = OPM_MAC_ZERO, .code = COPP_HR_OPM_INVALID_INFORMATION_REQUEST};
    static const struct opm_message late = {
        .request = COPP_QUERY_BUS_DATA, .sequence = 1, .code = COPP_HR_OPM_INVALID_INFORMATION_REQUEST};
    static const struct opm_message forged_command = {
        .request = COPP_SET_PROTECTION_LEVEL, .mac = OPM_MAC_ZERO, .code = COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST};
    struct copp_status_output output;
    uint32_t hresult;
    struct driver_client *client = client_start(run);
    if (client == NULL || !opm_query(run, client, COPP_QUERY_BUS_DATA, 0, &output))
        return;
    if (!client_is_bound(&output)) {
        case_skip(run, CASE_NOT_SUPPORTED, "this driver does not bind its answers");
        return;
    }
    if (!opm_set(run, client, COPP_PROTECTION_TYPE_NONE, 0, &hresult) || !opm_try(run, client, COPP_SET_SIGNALING, 0, &hresult) ||
        !opm_send_get(run, client, &forged) || !opm_send_get(run, client, &late) || !opm_send_set(run, client, &forged_command) ||
        !opm_query(run, client, COPP_QUERY_BUS_DATA, 0, &output))
        return;
    want_field(run, NULL, "how many calls were refused", BINDING_AT + 48, get_u32(output.bytes + BINDING_AT + 48), 5);
}

static bool reserved_is_zero(struct case_run *run, struct driver_client *client, const struct offered *offered,
                             const uint8_t *sent, const struct copp_status_output *output) {
    (void)client, (void)sent;
    if (offered->size != COPP_STATUS_SIZE)
        return true;
    return want_field(run, NULL, "ulReserved", OPM_AT_WORD + 4, get_u32(output->bytes + OPM_AT_WORD + 4), 0) &&
           want_field(run, NULL, "ulReserved2", OPM_AT_WORD + 8, get_u32(output->bytes + OPM_AT_WORD + 8), 0);
}

static void run_reserved(struct case_run *run) {
    check_all(run, reserved_is_zero);
}

/* --- the signal --- */

static bool read_display(struct case_run *run, struct copp_status_display *display) {
    struct copp_status_output output;
    struct driver_client *client = client_start(run);
    return client != NULL && opm_query(run, client, COPP_QUERY_DISPLAY_DATA, 0, &output) &&
           copp_status_display_decode(output.bytes + OPM_AT_RANDOM, COPP_STATUS_DISPLAY_SIZE, display) == COPP_OK;
}

static void run_interleave(struct case_run *run) {
    struct copp_status_display status;
    if (!read_display(run, &status))
        return;
    const uint32_t word = status.display.format;
    const bool known = word == COPP_SAMPLE_UNKNOWN || word == COPP_SAMPLE_PROGRESSIVE_FRAME ||
                       word == COPP_SAMPLE_INTERLEAVED_EVEN_FIRST || word == COPP_SAMPLE_INTERLEAVED_ODD_FIRST;
    case_mark(run, true, OPM_AT_RANDOM + 28, 4);
    if (!known)
        case_fail(run, NULL, NULL, "the interleave word is 0x%08lX", (unsigned long)word);
}

static void run_format(struct case_run *run) {
    struct copp_status_display status;
    if (!read_display(run, &status))
        return;
    const struct copp_display *d = &status.display;
    const bool none = (d->width | d->height | d->format | d->frequency_numerator | d->frequency_denominator) == 0;
    case_mark(run, true, OPM_AT_WORD - 4, 28);
    if (!none && (d->width == 0 || d->height == 0 || d->frequency_numerator == 0 || d->frequency_denominator == 0))
        case_fail(run, NULL, NULL, "%lu x %lu at %lu/%lu Hz", (unsigned long)d->width, (unsigned long)d->height,
                  (unsigned long)d->frequency_numerator, (unsigned long)d->frequency_denominator);
}

/* --- what an output is --- */

static bool read_word(struct case_run *run, enum copp_request request, uint32_t *word) {
    struct driver_client *client = client_start(run);
    return client != NULL && opm_ask(run, client, request, 0, word, NULL);
}

static void run_bus(struct case_run *run) {
    uint32_t bus;
    if (!read_word(run, COPP_QUERY_BUS_DATA, &bus))
        return;
    const uint32_t type = bus & COPP_OPM_BUS_TYPE_MASK;
    const uint32_t modifier = bus & COPP_OPM_BUS_MODIFIER_MASK;
    const char *wrong = NULL;
    if (type > COPP_BUS_AGP)
        wrong = "an unknown type";
    else if (modifier > COPP_OPM_BUS_DAUGHTER_BOARD_ENCLOSED)
        wrong = "an unknown modifier";
    else if (modifier == COPP_OPM_BUS_IN_CHIPSET && type != COPP_BUS_UNKNOWN)
        wrong = "a type beside \"inside the chipset\"";
    else if ((bus & COPP_OPM_BUS_NON_STANDARD) != 0 && modifier == 0)
        wrong = "NON_STANDARD without a modifier";
    case_mark(run, true, OPM_AT_WORD, 4);
    if (wrong != NULL)
        case_fail(run, NULL, NULL, "the bus 0x%08lX has %s", (unsigned long)bus, wrong);
}

static void run_connector(struct case_run *run) {
    uint32_t type;
    if (!read_word(run, COPP_QUERY_CONNECTOR_TYPE, &type))
        return;
    case_mark(run, true, OPM_AT_WORD, 4);
    if (type > COPP_CONNECTOR_AGNOSTIC_DIGITAL_B && type != COPP_CONNECTOR_UNKNOWN)
        case_fail(run, NULL, NULL, "the connector type is 0x%08lX", (unsigned long)type);
}

static void run_embedded_connector(struct case_run *run) {
    uint32_t type;
    if (!read_word(run, COPP_QUERY_CONNECTOR_TYPE, &type))
        return;
    case_mark(run, true, OPM_AT_WORD, 4);
    if (type != COPP_CONNECTOR_LVDS && type != COPP_CONNECTOR_DISPLAYPORT_EMBEDDED && type != COPP_CONNECTOR_UDI_EMBEDDED)
        case_fail(run, NULL, NULL, "the connector type is 0x%08lX", (unsigned long)type);
}

static void run_types(struct case_run *run) {
    uint32_t types;
    if (!read_word(run, COPP_QUERY_PROTECTION_TYPE, &types))
        return;
    const uint32_t known = COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA | COPP_PROTECTION_TYPE_OPM_HDCP |
                           COPP_PROTECTION_TYPE_DPCP | COPP_PROTECTION_TYPE_ENFORCEMENT | COPP_PROTECTION_TYPE_UNKNOWN;
    case_mark(run, true, OPM_AT_WORD, 4);
    if ((types & ~known) != 0)
        case_fail(run, NULL, NULL, "the supported types are 0x%08lX", (unsigned long)types);
}

static void run_types_of_embedded(struct case_run *run) {
    uint32_t types;
    if (read_word(run, COPP_QUERY_PROTECTION_TYPE, &types))
        want_field(run, NULL, "the supported types", OPM_AT_WORD, types, COPP_PROTECTION_TYPE_NONE);
}

static void run_enforcement_needs_hdcp(struct case_run *run) {
    uint32_t types;
    if (!read_word(run, COPP_QUERY_PROTECTION_TYPE, &types))
        return;
    case_mark(run, true, OPM_AT_WORD, 4);
    if ((types & COPP_PROTECTION_TYPE_ENFORCEMENT) != 0 && (types & COPP_PROTECTION_TYPE_OPM_HDCP) == 0)
        case_fail(run, NULL, NULL, "the supported types 0x%08lX have type enforcement, and no HDCP", (unsigned long)types);
}

static void run_dpcp_needs_displayport(struct case_run *run) {
    uint32_t types, connector;
    struct driver_client *client = client_start(run);
    if (client == NULL || !opm_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &connector, NULL) ||
        !opm_ask(run, client, COPP_QUERY_PROTECTION_TYPE, 0, &types, NULL))
        return;
    case_mark(run, true, OPM_AT_WORD, 4);
    if ((types & COPP_PROTECTION_TYPE_DPCP) != 0 && connector != COPP_CONNECTOR_DISPLAYPORT_EXTERNAL)
        case_fail(run, NULL, NULL, "a connector of type %lu offers DPCP", (unsigned long)connector);
}

/* The same types before and after something has happened, which with names. */
static void run_types_stay(struct case_run *run) {
    const struct opm_event *event = run->test->with;
    uint32_t before, after;
    if (!read_word(run, COPP_QUERY_PROTECTION_TYPE, &before) || !opm_cause(run, event) ||
        !read_word(run, COPP_QUERY_PROTECTION_TYPE, &after))
        return;
    want_field(run, NULL, "the supported types", OPM_AT_WORD, after, before);
}

/* --- the output's id, and two words more --- */

static bool read_id(struct case_run *run, const struct driver_output *output, uint64_t *id) {
    struct copp_status_output answer;
    struct copp_opm_output_id value;
    struct driver_client *client = client_start_on(run, output);
    if (client == NULL || !opm_query(run, client, COPP_OPM_QUERY_OUTPUT_ID, 0, &answer) ||
        copp_opm_output_id_decode(answer.bytes + OPM_AT_RANDOM, COPP_OPM_OUTPUT_ID_SIZE, &value) != COPP_OK)
        return false;
    *id = value.id;
    client_close(run, client);
    return true;
}

static bool want_same_id(struct case_run *run, uint64_t before, uint64_t after) {
    case_mark(run, true, OPM_AT_WORD, 8);
    return before == after || case_fail(run, NULL, NULL, "the id was 0x%016llX and is 0x%016llX now", (unsigned long long)before,
                                        (unsigned long long)after);
}

static void run_id(struct case_run *run) {
    uint64_t id;
    if (!read_id(run, driver_suite_of(run)->output, &id))
        return;
    case_mark(run, true, OPM_AT_WORD, 8);
    if (id == 0)
        case_fail(run, NULL, NULL, "the id is 0");
}

static void run_id_constant(struct case_run *run) {
    const struct driver_output *output = driver_suite_of(run)->output;
    uint64_t first, second;
    if (read_id(run, output, &first) && read_id(run, output, &second))
        want_same_id(run, first, second);
}

static void run_id_unique(struct case_run *run) {
    const struct driver_suite *suite = driver_suite_of(run);
    uint64_t ids[DRIVER_OUTPUTS_MAX];
    for (size_t i = 0; i < suite->output_count; i++) {
        if (!read_id(run, &suite->outputs[i], &ids[i]))
            return;
        case_mark(run, true, OPM_AT_WORD, 8);
        for (size_t j = 0; j < i; j++) {
            if (ids[i] == ids[j])
                case_fail(run, NULL, NULL, "%s and %s have the same id", suite->outputs[j].name, suite->outputs[i].name);
        }
    }
}

static void run_id_of_connector(struct case_run *run) {
    static const struct opm_event replug[] = {{"unplug", NULL}, {"plug", NULL}};
    const struct driver_output *output = driver_suite_of(run)->output;
    uint64_t before, after;
    if (!read_id(run, output, &before) || !opm_cause(run, &replug[0]) || !opm_cause(run, &replug[1]) ||
        !read_id(run, output, &after))
        return;
    want_same_id(run, before, after);
}

static void run_dvi(struct case_run *run) {
    uint32_t word;
    if (!read_word(run, COPP_OPM_QUERY_DVI_CHARACTERISTICS, &word))
        return;
    case_mark(run, true, OPM_AT_WORD, 4);
    if (word != COPP_DVI_VERSION_1_0 && word != COPP_DVI_VERSION_1_1)
        case_fail(run, NULL, NULL, "the characteristics are %lu", (unsigned long)word);
}

static void run_hardware(struct case_run *run) {
    uint32_t word;
    if (!read_word(run, COPP_OPM_QUERY_HARDWARE_PROTECTION, &word))
        return;
    case_mark(run, true, OPM_AT_WORD, 4);
    if (word > 1)
        case_fail(run, NULL, NULL, "the answer is %lu", (unsigned long)word);
}

/* NOLINTBEGIN(bugprone-macro-parentheses): strings that are put together */
#define DOES(number, what, ids, how, answer, bits, function)                                                                     \
    {                                                                                                                            \
        .id = "DRV-OPM-" number, .title = what, .rules = ids, .source = PAGES, .sends = how, .right = answer, .needs = bits,     \
        .semantics = COPP_SEMANTICS_OPM, .run = function                                                                         \
    }
#define STAYS(number, what, how, bits, happens, back)                                                                            \
    {                                                                                                                            \
        .id = "DRV-OPM-GET-7-" number, .title = what, .rules = "OPM-GET-7", .source = PAGES, .sends = how,                       \
        .right = "the same types before and after", .needs = (bits) | NEED_EVENTS, .semantics = COPP_SEMANTICS_OPM,              \
        .run = run_types_stay, .with = &(const struct opm_event) {                                                               \
            happens, back                                                                                                        \
        }                                                                                                                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
#define EACH "every request that has an answer on this output, once each"

const struct conformance_case driver_cases_opm_answers[] = {
    DOES("GET-4-1", "every answer's OMAC is over the 4080 bytes behind it", "OPM-GET-4", EACH, "the OMAC is right", 0, run_mac),
    DOES("GET-4-2", "every answer says its structure's exact size", "OPM-GET-4 OPM-WIRE-2 OPM-WIRE-6 OPM-WIRE-7 OPM-WIRE-8", EACH,
         "32, 44 or 28 bytes", 0, run_size),
    DOES("GET-4-3", "every answer begins with its request's random number", "OPM-GET-4", EACH,
         "the random number is the request's", 0, run_random),
    DOES("GET-4-4", "what is behind the structure is zero", "OPM-GET-4", EACH, "zeros, up to the binding where there is one", 0,
         run_rest),
    DOES("GET-4-5", "bound answers say which request they answer", "OPM-GET-4 BIND-1 BIND-7", EACH,
         "GUID, number, size and parameters of the request, the next command's number, the output's name", 0, run_binding),
    DOES("GET-4-6", "bound answers count what was refused", "BIND-3 OPM-GET-4",
         "a wrong command and a wrong request, then two requests and a command with a wrong OMAC or number; a right one",
         "5 refused calls", 0, run_refusals),
    DOES("WIRE-6-1", "the reserved words of OPM_STANDARD_INFORMATION are 0", "OPM-WIRE-6", EACH,
         "ulReserved and ulReserved2 are 0", 0, run_reserved),
    DOES("WIRE-7-1", "the interleave word is a number of its own", "OPM-WIRE-7", "GET_ACTUAL_OUTPUT_FORMAT",
         "0, 2, 3 or 4, and nothing in the upper bits", 0, run_interleave),
    DOES("WIRE-7-2", "a format is whole, or says that nothing is sent", "OPM-WIRE-7 QRY-6", "GET_ACTUAL_OUTPUT_FORMAT",
         "width, height and rate, or zeros for all of them", 0, run_format),
    DOES("CONST-1-1", "a bus has a type and at most one modifier", "OPM-CONST-1", "GET_ADAPTER_BUS_TYPE",
         "a type from 0 to 4, a modifier from 0 to 5; no type inside the chipset; NON_STANDARD only beside a modifier", 0,
         run_bus),
    DOES("CONST-2-1", "a connector type is one number", "OPM-CONST-2", "GET_CONNECTOR_TYPE", "0 to 17, or OTHER", 0,
         run_connector),
    DOES("CONST-2-2", "an internal link has no bit of its own", "OPM-CONST-2", "GET_CONNECTOR_TYPE of an embedded output",
         "LVDS, DISPLAYPORT_EMBEDDED or UDI_EMBEDDED, and bit 31 is 0", NEED_EMBEDDED, run_embedded_connector),
    DOES("GET-7-1", "supported types are OPM's, never COPP's HDCP", "OPM-GET-7", "GET_SUPPORTED_PROTECTION_TYPES",
         "an OR of OPM's types", 0, run_types),
    STAYS("2", "supported types do not depend on the display",
          "GET_SUPPORTED_PROTECTION_TYPES before and after the cable is pulled", NEED_HDCP, "unplug", "plug"),
    STAYS("3", "supported types do not depend on the mode", "GET_SUPPORTED_PROTECTION_TYPES in two modes", NEED_HDCP,
          "mode 720p60", NULL),
    DOES("SET-7-1", "an embedded link offers no protection", "OPM-SET-7 OPM-GET-7", "GET_SUPPORTED_PROTECTION_TYPES", "none",
         NEED_EMBEDDED, run_types_of_embedded),
    DOES("HDCP-2-1", "type enforcement is offered only beside HDCP", "OPM-HDCP-2", "GET_SUPPORTED_PROTECTION_TYPES",
         "no type enforcement without HDCP", 0, run_enforcement_needs_hdcp),
    DOES("HDCP-3-1", "DPCP is offered on DisplayPort alone", "OPM-HDCP-3", "GET_CONNECTOR_TYPE, GET_SUPPORTED_PROTECTION_TYPES",
         "DPCP only where the connector is an external DisplayPort", NEED_HDCP, run_dpcp_needs_displayport),
    DOES("GET-10-1", "an output id is not 0", "OPM-GET-10 OPM-WIRE-8", "GET_OUTPUT_ID", "another number than 0", 0, run_id),
    DOES("GET-10-2", "an output id is constant", "OPM-GET-10", "GET_OUTPUT_ID in two sessions, one after the other",
         "the same number", 0, run_id_constant),
    DOES("GET-10-3", "output ids are unique", "OPM-GET-10", "GET_OUTPUT_ID of every output", "no number twice", NEED_TWO,
         run_id_unique),
    DOES("GET-10-4", "an output id is the connector's, not the monitor's", "OPM-GET-10",
         "GET_OUTPUT_ID before and after the cable is pulled and plugged in", "the same number", NEED_EVENTS,
         run_id_of_connector),
    DOES("GET-10-5", "a DVI connector has characteristics", "OPM-GET-10", "GET_DVI_CHARACTERISTICS of a DVI connector",
         "1 for DVI 1.0, or 2", NEED_DVI, run_dvi),
    {.id = "DRV-OPM-GET-10-6",
     .title = "other connectors have no DVI characteristics",
     .rules = "OPM-GET-10",
     .source = PAGES,
     .sends = "GET_DVI_CHARACTERISTICS of another connector",
     .right = "0xC026251D",
     .needs = NEED_NO_DVI,
     .semantics = COPP_SEMANTICS_OPM,
     .run = opm_run_get,
     .with = &(const struct opm_message){.request = COPP_OPM_QUERY_DVI_CHARACTERISTICS,
                                         .code = COPP_HR_OPM_INVALID_INFORMATION_REQUEST}},
    DOES("GET-10-7", "hardware protection is 0 or 1", "OPM-GET-10", "GET_OUTPUT_HARDWARE_PROTECTION_SUPPORT", "0 or 1", 0,
         run_hardware),
    {.id = NULL}};
