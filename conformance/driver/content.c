/* QRY-5, QRY-6 and what the answers say. */
#include <string.h>

#include "define.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP

static bool ask_level(struct case_run *run, struct driver_client *client, enum copp_request request, uint32_t type,
                      const char *rule, const char *what, uint32_t right) {
    struct copp_status answer;
    return client_ask(run, client, request, type, &answer) && want_field(run, rule, what, 40, answer.data, right);
}

/* What one session asks for is not another one's local level, and is everybody's global one. */
static void local_and_global(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct driver_client *other = client != NULL ? client_start(run) : NULL;
    if (other == NULL || !client_raise(run, client, HDCP, COPP_HDCP_ON) ||
        !ask_level(run, other, COPP_QUERY_LOCAL_PROTECTION_LEVEL, HDCP, "QRY-5",
                   "the local level of a session that asked for nothing", COPP_HDCP_OFF))
        return;
    (void)ask_level(run, other, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, HDCP, "QRY-5", "the global level, seen by another session",
                    COPP_HDCP_ON);
}

static void local_stays(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct driver_client *other = client != NULL ? client_start(run) : NULL;
    if (other != NULL && client_raise(run, client, COPP_PROTECTION_TYPE_ACP, COPP_ACP_LEVEL1) &&
        client_raise(run, other, COPP_PROTECTION_TYPE_ACP, COPP_ACP_LEVEL2))
        (void)ask_level(run, client, COPP_QUERY_LOCAL_PROTECTION_LEVEL, COPP_PROTECTION_TYPE_ACP, "QRY-5",
                        "the local level after another session set a higher one", COPP_ACP_LEVEL1);
}

static void connector_type(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status answer;
    if (client == NULL || !client_ask(run, client, COPP_QUERY_CONNECTOR_TYPE, 0, &answer))
        return;
    const uint32_t type = answer.data & ~COPP_CONNECTOR_INTERNAL;
    if (answer.data == COPP_CONNECTOR_UNKNOWN || type <= COPP_CONNECTOR_UDI_EMBEDDED)
        return;
    case_mark(run, true, 40, 4);
    case_fail(run, "QRY-6", NULL, "the connector type is 0x%08lX", (unsigned long)answer.data);
}

static void bus_type(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status answer;
    if (client == NULL || !client_ask(run, client, COPP_QUERY_BUS_DATA, 0, &answer) ||
        (answer.data & ~COPP_BUS_INTEGRATED) <= COPP_BUS_AGP)
        return;
    case_mark(run, true, 40, 4);
    case_fail(run, "QRY-6", NULL, "the bus type is 0x%08lX", (unsigned long)answer.data);
}

static void protection_types(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status answer;
    if (client == NULL || !client_ask(run, client, COPP_QUERY_PROTECTION_TYPE, 0, &answer) ||
        (answer.data & ~COPP_PROTECTION_TYPE_MASK) == 0)
        return;
    case_mark(run, true, 40, 4);
    case_fail(run, "QRY-6", NULL, "the protection types are 0x%08lX", (unsigned long)answer.data);
}

static void no_extended_info(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status answer;
    if (client != NULL && client_ask(run, client, COPP_QUERY_PROTECTION_TYPE, 0, &answer) &&
        want_field(run, "WIRE-7", "ExtendedInfoValidMask", 44, answer.extended_info_valid_mask, 0))
        (void)want_field(run, "WIRE-7", "ExtendedInfoData", 48, answer.extended_info_data, 0);
}

static const char *const other_modes[] = {"mode 576i50",     "mode 480p59.94", "mode 720p60", "mode 720p59.94",
                                          "mode 1080i59.94", "mode 1080p60",   NULL};

static void types_in_any_mode(struct case_run *run) {
    struct driver_client *client;
    struct copp_status answer;
    const uint32_t types = driver_suite_of(run)->output->types;
    if (driver_go_elsewhere(run, other_modes) && (client = client_start(run)) != NULL &&
        client_ask(run, client, COPP_QUERY_PROTECTION_TYPE, 0, &answer))
        (void)want_field(run, "QRY-6", "the protection types in another mode", 40, answer.data, types);
}

static bool ask_display(struct case_run *run, struct driver_client *client, struct copp_display *display) {
    struct copp_status_display answer;
    struct copp_status_output output;
    if (!client_query(run, client, COPP_QUERY_DISPLAY_DATA, NULL, 0, &output) ||
        copp_status_display_decode(output.bytes + 20, COPP_STATUS_DISPLAY_SIZE, &answer) != COPP_OK)
        return false;
    *display = answer.display;
    return true;
}

/* It says something that a signal can be. */
static void display_data(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_display d;
    if (client == NULL || !ask_display(run, client, &d))
        return;
    const unsigned scan = copp_format_unpack(d.format).sample_format;
    const char *wrong = NULL;
    if (d.width == 0 || d.height == 0)
        wrong = "a signal has no size";
    else if (d.frequency_denominator == 0 || d.frequency_numerator == 0)
        wrong = "the frequency is not a number";
    else if (scan < COPP_SAMPLE_PROGRESSIVE_FRAME || scan > COPP_SAMPLE_SINGLE_ODD_FIELD)
        wrong = "the scan is not known";
    if (wrong == NULL)
        return;
    case_mark(run, true, 40, 24);
    case_fail(run, "QRY-6", NULL, "%s: %lux%lu, format %lu, %lu/%lu Hz", wrong, (unsigned long)d.width, (unsigned long)d.height,
              (unsigned long)d.format, (unsigned long)d.frequency_numerator, (unsigned long)d.frequency_denominator);
}

/* The signal's lines, not the desktop's. */
static void display_of_mode(struct case_run *run) {
    struct driver_client *client;
    struct copp_display d;
    if (!driver_try(run, "mode 576i50")) {
        case_skip(run, CASE_NOT_SUPPORTED, "the output cannot be brought into 576i");
        return;
    }
    if ((client = client_start(run)) != NULL && ask_display(run, client, &d) &&
        want_field(run, "QRY-6", "DisplayHeight", 44, d.height, 576))
        (void)want_field(run, "QRY-6", "FreqNumerator over FreqDenominator", 56,
                         d.frequency_denominator != 0 ? d.frequency_numerator / d.frequency_denominator : 0, 50);
}

/* 60000/1001, and no rounded number. */
static void ntsc_rate(struct case_run *run) {
    struct driver_client *client;
    struct copp_display d;
    if (strstr(driver_suite_of(run)->output->mode, "59.94") == NULL && !driver_try(run, "mode 480i59.94") &&
        !driver_try(run, "mode 480p59.94")) {
        case_skip(run, CASE_NOT_SUPPORTED, "the output cannot be brought into a mode of NTSC's rate");
        return;
    }
    if ((client = client_start(run)) != NULL && ask_display(run, client, &d) &&
        want_field(run, "QRY-6", "FreqNumerator", 56, d.frequency_numerator, 60000))
        (void)want_field(run, "QRY-6", "FreqDenominator", 60, d.frequency_denominator, 1001);
}

static bool ask_key(struct case_run *run, struct driver_client *client, struct copp_status_hdcp_key *key) {
    struct copp_status_output output;
    return client_query(run, client, COPP_QUERY_HDCP_KEY_DATA, NULL, 0, &output) &&
           copp_status_hdcp_key_decode(output.bytes + 20, COPP_STATUS_HDCP_KEY_SIZE, key) == COPP_OK;
}

static void key_has_20_ones(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_hdcp_key key;
    unsigned ones = 0;
    if (client == NULL || !ask_key(run, client, &key))
        return;
    for (size_t i = 0; i < 8 * COPP_KSV_SIZE; i++)
        ones += (key.bksv[i / 8] >> (i % 8)) & 1u;
    if (ones == 20)
        return;
    case_mark(run, true, 44, COPP_KSV_SIZE);
    case_fail(run, "APP-2", NULL, "the receiver's key selection vector has %u ones", ones);
}

static bool is_zero(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

static void key_is_zero_behind(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_hdcp_key key;
    if (client == NULL || !ask_key(run, client, &key) || is_zero(key.bksv + COPP_KSV_SIZE, sizeof key.bksv - COPP_KSV_SIZE))
        return;
    case_mark(run, true, 44 + COPP_KSV_SIZE, 11);
    case_fail(run, "WIRE-9", NULL, "the 11 bytes behind Bksv are not all 0");
}

static void key_reserved(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_hdcp_key key;
    if (client == NULL || !ask_key(run, client, &key) || (is_zero(key.reserved1, 16) && is_zero(key.reserved2, 16)))
        return;
    case_mark(run, true, 60, 32);
    case_fail(run, "WIRE-9", NULL, "Reserved1 and Reserved2 are not all 0");
}

static void key_flags(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_hdcp_key key;
    if (client != NULL && ask_key(run, client, &key))
        (void)want_field(run, "WIRE-9", "dwHDCPFlags without the repeater's", 40, key.hdcp_flags & ~COPP_HDCP_REPEATER, 0);
}

static void key_of_nobody(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_input input;
    struct copp_status_output output;
    uint32_t hresult;
    if (client == NULL)
        return;
    client_make_status(run, client, COPP_QUERY_HDCP_KEY_DATA, NULL, 0, &input);
    if (client_status(run, client, &input, NULL, &output, &hresult))
        (void)want_hresult(run, "QRY-6", "QueryHDCPKeyData without a receiver", hresult, COPP_HR_INVALIDARG);
}

static void key_of_unplugged(struct case_run *run) {
    if (!driver_cause_until_end(run, "unplug", "plug"))
        return;
    driver_settle(run);
    key_of_nobody(run);
}

static void signaling(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_signaling answer;
    struct copp_status_output output;
    if (client == NULL || !client_query(run, client, COPP_QUERY_SIGNALING, NULL, 0, &output) ||
        copp_status_signaling_decode(output.bytes + 20, COPP_STATUS_SIGNALING_SIZE, &answer) != COPP_OK)
        return;
    const uint32_t active = answer.active_standard;
    if ((active & (active - 1)) == 0 && (active & answer.available_standards) == active)
        return;
    case_mark(run, true, 40, 8);
    case_fail(run, "CMD-5", NULL, "0x%lX is active, of 0x%lX", (unsigned long)active, (unsigned long)answer.available_standards);
}

static void signaling_extended(struct case_run *run) {
    struct driver_client *client = client_start(run);
    struct copp_status_output output;
    if (client == NULL || !client_query(run, client, COPP_QUERY_SIGNALING, NULL, 0, &output) ||
        is_zero(output.bytes + 20 + 56, 16))
        return;
    case_mark(run, true, 76, 16);
    case_fail(run, "WIRE-10", NULL, "ExtendedInfoValidMask is not all 0");
}

#define ASKS(number, title, rules, sends, right, need, function)                                                                 \
    CORRECT_CASE(number, title, rules, FROM_STATUS, sends, right, need, function, NULL)

const struct conformance_case driver_cases_content[] = {
    ASKS("DRV-QRY-5-1", "local is what this session asked for, global what is in force", "QRY-5 ARB-1",
         "HDCP on in one session; both level queries in another", "local 0, global 1", NEED_HDCP | NEED_RECEIVER,
         local_and_global),
    ASKS("DRV-QRY-5-2", "another session does not change the local level", "QRY-5", "ACP 1 in one session, ACP 2 in another",
         "the first one's local level is still 1", NEED_ACP, local_stays),
    ASKS("DRV-QRY-6-1", "the connector's type is one of those there are", "QRY-6 WIRE-7", "QueryConnectorType",
         "0 to 13 with or without the Internal bit, or Unknown", 0, connector_type),
    ASKS("DRV-QRY-6-2", "the bus is one of those there are", "QRY-6 WIRE-7", "QueryBusData",
         "0 to 4, with or without the Integrated bit", 0, bus_type),
    ASKS("DRV-QRY-6-3", "no types but COPP's are offered", "QRY-6 CMD-4", "QueryProtectionType", "within the mask 0x80000007", 0,
         protection_types),
    ASKS("DRV-QRY-6-4", "the types do not depend on the mode", "QRY-6", "QueryProtectionType in another mode", "the same types",
         NEED_CGMSA | NEED_COMPONENT | NEED_EVENTS, types_in_any_mode),
    ASKS("DRV-QRY-6-5", "the display's data can be a signal's", "QRY-6 WIRE-8", "QueryDisplayData",
         "a size, a frequency, progressive or interlaced", 0, display_data),
    ASKS("DRV-QRY-6-6", "the display's data is the signal's", "QRY-6 WIRE-8", "QueryDisplayData in the mode 576i50",
         "576 lines, 50 Hz", NEED_COMPONENT | NEED_EVENTS, display_of_mode),
    ASKS("DRV-QRY-6-7", "NTSC is 60000/1001", "QRY-6 WIRE-8", "QueryDisplayData in a mode of NTSC's rate", "60000 and 1001",
         NEED_COMPONENT | NEED_EVENTS, ntsc_rate),
    ASKS("DRV-QRY-6-8", "without a receiver the key is refused", "QRY-6", "QueryHDCPKeyData where there is none", "E_INVALIDARG",
         NEED_NO_RECEIVER, key_of_nobody),
    ASKS("DRV-QRY-6-10", "a receiver that is unplugged has no key", "QRY-6", "unplug; QueryHDCPKeyData", "E_INVALIDARG",
         NEED_RECEIVER | NEED_EVENTS, key_of_unplugged),
    ASKS("DRV-QRY-6-9", "the active standard is one that is offered", "QRY-6 CMD-5 WIRE-10", "QuerySignaling",
         "one standard, or None", NEED_SIGNALING, signaling),
    ASKS("DRV-WIRE-7-6", "ExtendedInfo is 0", "WIRE-7", "QueryProtectionType", "both words 0", 0, no_extended_info),
    ASKS("DRV-WIRE-9-2", "Bksv stands in front, and can be a key's", "WIRE-9 APP-2", "QueryHDCPKeyData", "20 ones among 40 bits",
         NEED_RECEIVER, key_has_20_ones),
    ASKS("DRV-WIRE-9-3", "BKey is 0 behind Bksv", "WIRE-9", "QueryHDCPKeyData", "the other 11 bytes are 0", NEED_RECEIVER,
         key_is_zero_behind),
    ASKS("DRV-WIRE-9-4", "Reserved1 and Reserved2 are 0", "WIRE-9", "QueryHDCPKeyData", "32 bytes of 0", NEED_RECEIVER,
         key_reserved),
    ASKS("DRV-WIRE-9-5", "HDCP's flags are those there are", "WIRE-9", "QueryHDCPKeyData", "0 or Repeater", NEED_RECEIVER,
         key_flags),
    ASKS("DRV-WIRE-10-2", "QuerySignaling's ExtendedInfoValidMask is 0", "WIRE-10", "QuerySignaling", "four words 0",
         NEED_SIGNALING, signaling_extended),
    END_OF_CASES,
};
