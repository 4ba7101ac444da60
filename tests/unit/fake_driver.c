#include "fake_driver.h"

#include <stdlib.h>
#include <string.h>

#include "wire/requests.h"

/* Where the fields of an answer lie (WIRE-4), in bytes. */
enum { AT_ANSWER_SIZE = 16, AT_ANSWER = 20 };

/* as in the kms_content_protection test of the Intel GPU tools */
const char facsimile_srm[] = "800000050100003602511ef21acde72697f4019710199253e9f05995a37a3bfee09c76dd83aac25b24b33684947534db10"
                             "9e3b2313d87ac2307984";

void fake_driver_open(struct kit_key *key, const uint8_t *signature, uint8_t *block) {
    uint8_t number[COPP_SIGNATURE_SIZE];
    for (size_t i = 0; i < sizeof number; i++)
        number[i] = signature[sizeof number - 1 - i];
    kit_rsa_open(key, number, block);
}

static void sign(const struct fake_driver *driver, const uint8_t *message, uint8_t *tag) {
    kit_cmac(driver->session_key, message, COPP_AUTHENTICATED_SIZE, tag);
}

static uint32_t le32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The fault that befalls the call under way. */
static enum fake_fault befalls(struct fake_driver *driver) {
    if (driver->fault == FAKE_HONEST)
        return FAKE_HONEST;
    if (driver->honest > 0) {
        driver->honest--;
        return FAKE_HONEST;
    }
    enum fake_fault fault = driver->fault;
    driver->fault = FAKE_HONEST;
    return fault;
}

static struct fake_driver *driver_of(struct copp_transport *transport) {
    return (struct fake_driver *)(void *)transport;
}

static void take_time(struct fake_driver *driver, const struct copp_call *call) {
    assert_int_equal(call->size, sizeof *call);
    assert_int_equal(call->additional_size, 0);
    driver->deadline_ms = call->deadline_ms;
    driver->now_ms += driver->takes_ms;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct fake_driver *driver = driver_of(transport);
    take_time(driver, call);
    driver->exchanges++;
    enum fake_fault fault = befalls(driver);
    if (fault == FAKE_LOST)
        return (enum copp_result)driver->fault_value;
    *hresult = fault == FAKE_REFUSES ? driver->fault_value : COPP_HR_OK;
    memcpy(random, driver->random, COPP_RANDOM_SIZE);
    *chain_bytes = driver->chain_bytes;
    *chain_size = driver->chain_size;
    return COPP_OK;
}

static enum copp_result sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                       const struct copp_signature *signature, uint32_t *hresult) {
    struct fake_driver *driver = driver_of(transport);
    take_time(driver, call);
    driver->starts++;
    driver->signature = *signature;
    enum fake_fault fault = befalls(driver);
    if (fault == FAKE_LOST)
        return (enum copp_result)driver->fault_value;
    fake_driver_open(driver->key, signature->bytes, driver->block);
    uint8_t s[COPP_HANDSHAKE_SIZE];
    for (size_t i = 0; i < sizeof s; i++)
        s[i] = driver->block[COPP_SIGNATURE_SIZE - 1 - i]; /* SES-6 */
    memcpy(driver->session_key, s + 16, COPP_KEY_SIZE);
    driver->status_sequence = le32(s + 32);
    driver->command_sequence = le32(s + 36);
    driver->binding.refused = 0; /* BIND-3: each session has its own history */
    memset(driver->binding.record, 0, sizeof driver->binding.record);
    bool bound = memcmp(s, driver->random, COPP_RANDOM_SIZE) == 0; /* SES-7 */
    *hresult = fault == FAKE_REFUSES ? driver->fault_value : bound ? COPP_HR_OK : COPP_HR_UNEXPECTED;
    return COPP_OK;
}

/* As one in the same process could: what the caller sent is another request afterwards. */
static void change_request(const struct fake_driver *driver, const uint8_t *request) {
    ((uint8_t *)(uintptr_t)request)[driver->fault_value / 8] ^= (uint8_t)(1u << driver->fault_value % 8);
}

static uint32_t carry_out(struct fake_driver *driver, enum copp_request request, const struct copp_command_fields *fields) {
    if (request == COPP_SET_SIGNALING)
        return copp_set_signaling_decode(fields->data, fields->size, &driver->signaling) ? COPP_HR_INVALIDARG : COPP_HR_OK;
    struct copp_set_protection_level set;
    if (request != COPP_SET_PROTECTION_LEVEL || copp_set_protection_level_decode(fields->data, fields->size, &set) ||
        !(set.type & driver->types) || set.type >= FAKE_TYPES)
        return COPP_HR_INVALIDARG;
    if (set.level && driver->level_hresult[set.type])
        return driver->level_hresult[set.type];
    assert_true(driver->sets < FAKE_LOG);
    driver->set[driver->sets].type = set.type;
    driver->set[driver->sets++].level = set.level;
    driver->local[set.type] = set.level;
    return COPP_HR_OK;
}

static enum copp_result command(struct copp_transport *transport, const struct copp_call *call,
                                const struct copp_command *message, uint32_t *hresult) {
    struct fake_driver *driver = driver_of(transport);
    take_time(driver, call);
    driver->commands++;
    driver->last_command = *message;
    struct copp_command_fields fields;
    copp_command_decode(message, &fields);
    enum copp_request request = COPP_REQUEST_COUNT;
    bool known = copp_request_from_guid(fields.guid, &request);
    if (driver->before)
        driver->before(driver, request);
    enum fake_fault fault = befalls(driver);
    if (fault == FAKE_LOST)
        return (enum copp_result)driver->fault_value;
    uint8_t mac[COPP_MAC_SIZE];
    sign(driver, message->bytes + COPP_MAC_SIZE, mac);
    if (fault == FAKE_REFUSES_ANOTHER)
        change_request(driver, message->bytes);
    if (fault == FAKE_REFUSES || fault == FAKE_REFUSES_ANOTHER)
        *hresult = fault == FAKE_REFUSES ? driver->fault_value : COPP_HR_INVALIDARG;
    else if (fields.sequence != driver->command_sequence || !known)
        *hresult = COPP_HR_INVALIDARG;
    else if (memcmp(mac, fields.mac, sizeof mac) != 0)
        *hresult = COPP_HR_UNEXPECTED;
    else
        *hresult = carry_out(driver, request, &fields);
    if (*hresult == COPP_HR_OK)
        driver->command_sequence++;
    kit_note(&driver->binding, driver->session_key, KIT_COMMAND, message->bytes, *hresult);
    return COPP_OK;
}

static uint32_t global_level(const struct fake_driver *driver, uint32_t type) {
    if (driver->global)
        return driver->global[type];
    return copp_level_rank(type, driver->others[type]) > copp_level_rank(type, driver->local[type]) ? driver->others[type]
                                                                                                    : driver->local[type];
}

/* The answer's structure; 0 if there is none. */
static uint32_t answer(struct fake_driver *driver, enum copp_request request, const struct copp_status_input_fields *fields,
                       uint8_t *data) {
    struct copp_status status = {.flags = driver->flags};
    struct copp_status_display display = {.flags = driver->flags, .display = driver->display};
    struct copp_status_hdcp_key key = {.flags = driver->flags, .hdcp_flags = driver->hdcp_flags};
    struct copp_status_signaling signaling = {.flags = driver->flags,
                                              .available_standards = COPP_TV_STANDARD_IEC61880_525I,
                                              .active_standard = driver->signaling.standard,
                                              .tv_type = 7};
    memcpy(status.r_app, fields->r_app, COPP_RANDOM_SIZE);
    memcpy(display.r_app, fields->r_app, COPP_RANDOM_SIZE);
    memcpy(key.r_app, fields->r_app, COPP_RANDOM_SIZE);
    memcpy(signaling.r_app, fields->r_app, COPP_RANDOM_SIZE);
    memcpy(key.bksv, driver->bksv, COPP_KSV_SIZE);
    bool level = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    uint32_t type = level ? le32(fields->data) : 0;
    if (fields->size != (level ? 4 : 0) || (level && (!(type & driver->types) || type >= FAKE_TYPES)))
        return 0;
    switch (request) {
    case COPP_QUERY_DISPLAY_DATA:
        copp_status_display_encode(&display, data);
        return COPP_STATUS_DISPLAY_SIZE;
    case COPP_QUERY_HDCP_KEY_DATA:
        copp_status_hdcp_key_encode(&key, data);
        return driver->hdcp_hresult ? 0 : COPP_STATUS_HDCP_KEY_SIZE;
    case COPP_QUERY_SIGNALING:
        copp_status_signaling_encode(&signaling, data);
        return COPP_STATUS_SIGNALING_SIZE;
    case COPP_QUERY_CONNECTOR_TYPE:
        status.data = driver->connector_type;
        break;
    case COPP_QUERY_PROTECTION_TYPE:
        status.data = driver->types;
        break;
    case COPP_QUERY_BUS_DATA:
        status.data = driver->bus;
        break;
    case COPP_QUERY_LOCAL_PROTECTION_LEVEL:
        status.data = driver->local[type];
        break;
    case COPP_QUERY_GLOBAL_PROTECTION_LEVEL:
        status.data = global_level(driver, type);
        break;
    default:
        return 0;
    }
    copp_status_encode(&status, data);
    return COPP_STATUS_SIZE;
}

/* Signs the answer, spoilt as the fault wants it. */
static void give(struct fake_driver *driver, enum fake_fault fault, const struct copp_status_input *input, const uint8_t *data,
                 uint32_t size, struct copp_status_output *output) {
    uint32_t value = driver->fault_value;
    struct copp_status_output_fields fields = {.size = size, .data = data};
    struct copp_status_output made;
    assert_int_equal(copp_status_output_encode(&fields, &made), COPP_OK);
    driver->binding.command_sequence = driver->command_sequence;
    if (!driver->unbound)
        kit_bind(&driver->binding, input->bytes, made.bytes + KIT_BINDING_AT);
    if (driver->spoil)
        driver->spoil(driver, made.bytes);
    if (fault == FAKE_SIZE) {
        for (unsigned i = 0; i < 4; i++)
            made.bytes[AT_ANSWER_SIZE + i] = (uint8_t)(value >> (8 * i));
    }
    if (fault == FAKE_R_APP_BIT)
        made.bytes[AT_ANSWER + value / 8] ^= (uint8_t)(1u << value % 8);
    sign(driver, made.bytes + COPP_MAC_SIZE, made.bytes);
    if (fault == FAKE_MAC_BIT)
        made.bytes[value / 8] ^= (uint8_t)(1u << value % 8);
    if (fault == FAKE_BODY_BIT)
        made.bytes[COPP_MAC_SIZE + value / 8] ^= (uint8_t)(1u << value % 8);
    if (fault == FAKE_REPLAY || fault == FAKE_REWRITE)
        made = driver->last_answer;
    if (fault == FAKE_REWRITE)
        memcpy((uint8_t *)(uintptr_t)input->bytes, made.bytes + AT_ANSWER, COPP_RANDOM_SIZE);
    if (fault == FAKE_REFLECT)
        memcpy(made.bytes, driver->last_command.bytes, sizeof made.bytes);
    if (fault != FAKE_SILENT)
        *output = made;
    driver->last_answer = made;
}

static enum copp_result status(struct copp_transport *transport, const struct copp_call *call,
                               const struct copp_status_input *input, struct copp_status_output *output, uint32_t *hresult) {
    struct fake_driver *driver = driver_of(transport);
    take_time(driver, call);
    struct copp_status_input_fields fields;
    copp_status_input_decode(input, &fields);
    enum copp_request request;
    if (!copp_request_from_guid(fields.guid, &request))
        request = COPP_REQUEST_COUNT;
    unsigned turn = driver->queries++;
    if (driver->before)
        driver->before(driver, request);
    enum fake_fault fault = befalls(driver);
    if (fault == FAKE_LOST)
        return (enum copp_result)driver->fault_value;
    uint8_t data[COPP_STATUS_SIGNALING_SIZE];
    uint32_t size = fields.sequence == driver->status_sequence ? answer(driver, request, &fields, data) : 0;
    *hresult = fault == FAKE_REFUSES ? driver->fault_value : size ? COPP_HR_OK : COPP_HR_INVALIDARG;
    if (request == COPP_QUERY_HDCP_KEY_DATA && driver->hdcp_hresult)
        *hresult = driver->hdcp_hresult;
    if (size)
        give(driver, fault, input, data, size, output);
    if (fault == FAKE_REFUSES_ANOTHER) {
        change_request(driver, input->bytes);
        *hresult = COPP_HR_INVALIDARG;
    }
    if (*hresult != COPP_HR_OK) {
        kit_note(&driver->binding, driver->session_key, KIT_STATUS, input->bytes, *hresult);
        return COPP_OK;
    }
    assert_true(turn < FAKE_LOG);
    memcpy(driver->asked[turn].r_app, fields.r_app, COPP_RANDOM_SIZE);
    driver->asked[turn].request = request;
    driver->status_sequence++;
    driver->flags = COPP_STATUS_NORMAL; /* EVT-2 */
    return COPP_OK;
}

static void set_free(struct copp_transport *transport) {
    driver_of(transport)->freed = true;
}

static uint64_t clock_now(struct copp_transport *transport) {
    return driver_of(transport)->now_ms;
}

static int wake_fd(const struct copp_transport *transport) {
    return ((const struct fake_driver *)transport)->fd;
}

static void tell_info(const struct copp_transport *transport, struct copp_transport_info *info) {
    *info = ((const struct fake_driver *)transport)->info;
}

static enum copp_result reopen(struct copp_transport *transport) {
    driver_of(transport)->reopens++;
    return driver_of(transport)->reopen_result;
}

void fake_driver_can_more(struct fake_driver *driver) {
    static const struct copp_transport_ops ops = {.size = sizeof ops,
                                                  .key_exchange = key_exchange,
                                                  .session_sequence_start = sequence_start,
                                                  .protection_command = command,
                                                  .protection_status = status,
                                                  .free = set_free,
                                                  .now_ms = clock_now,
                                                  .fd = wake_fd,
                                                  .info = tell_info,
                                                  .reopen = reopen};
    driver->transport.ops = &ops;
    driver->info.semantics = COPP_SEMANTICS_COPP;
}

void fake_driver_init(struct fake_driver *driver) {
    static const struct copp_transport_ops ops = {.size = sizeof ops,
                                                  .key_exchange = key_exchange,
                                                  .session_sequence_start = sequence_start,
                                                  .protection_command = command,
                                                  .protection_status = status,
                                                  .free = set_free};
    *driver = (struct fake_driver){
        .transport = {&ops},
        .random = {0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf},
        .connector_type = COPP_CONNECTOR_HDMI,
        .types = COPP_PROTECTION_TYPE_HDCP | COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA,
        .bus = COPP_BUS_PCI_EXPRESS | COPP_BUS_INTEGRATED,
        .bksv = {0xcd, 0x1a, 0xf2, 0x1e, 0x51}, /* 51 1e f2 1a cd, of the facsimile SRM */
        .display = {1920, 1080, 2, COPP_D3DFMT_X8R8G8B8, 60000, 1001}};
    driver->chain_bytes = read_test_file("vectors/chain-good.xml", &driver->chain_size);
    driver->key = kit_key_open("leaf.pem");
}

void fake_driver_end(struct fake_driver *driver) {
    kit_key_free(driver->key);
    free(driver->chain_bytes);
}

void fake_driver_fault(struct fake_driver *driver, enum fake_fault fault, unsigned honest, uint32_t value) {
    driver->fault = fault;
    driver->honest = honest;
    driver->fault_value = value;
}

static enum copp_result fill(struct copp_random *random, uint8_t *bytes, size_t size) {
    struct fake_random *fake = (struct fake_random *)(void *)random;
    if (fake->good == 0)
        return COPP_E_RANDOM;
    if (fake->good > 0)
        fake->good--;
    for (size_t i = 0; i < size; i++)
        bytes[i] = fake->next++;
    return COPP_OK;
}

void fake_random_init(struct fake_random *random, uint8_t next) {
    static const struct copp_random_ops ops = {sizeof ops, fill};
    *random = (struct fake_random){.random = {&ops}, .next = next, .good = -1};
}

struct copp_session *fake_session_new(struct fake_driver *driver, const struct copp_session_config *config) {
    static struct copp_public_key anchor;
    struct copp_session_config filled = {.size = sizeof filled};
    if (config)
        filled = *config;
    if (!filled.anchor) {
        anchor = test_anchor();
        filled.anchor = &anchor;
    }
    struct copp_session *session;
    assert_int_equal(copp_session_new(&filled, &driver->transport, &session), COPP_OK);
    return session;
}

struct copp_session *fake_session(struct fake_driver *driver, const struct copp_session_config *config) {
    struct copp_session *session = fake_session_new(driver, config);
    struct copp_verdict verdict;
    assert_int_equal(copp_session_establish(session, &verdict), COPP_OK);
    assert_int_equal(verdict.rule, COPP_RULE_NONE);
    return session;
}
