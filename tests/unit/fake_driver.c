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
    driver->deadline_ms = call->deadline_ms;
    driver->now_ms += driver->takes_ms;
}

/* A call that nothing may go along with. */
static void take_bare(struct fake_driver *driver, const struct copp_call *call) {
    assert_int_equal(call->additional_size, 0);
    take_time(driver, call);
}

/* One that is refused, for a cause that has a code of its own under OPM: of a status request (OPM-GET-2) and a command (OPM-SET-1). */
static uint32_t refusal(const struct fake_driver *driver, uint32_t copp, uint32_t opm) {
    return driver->opm ? opm : copp;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct fake_driver *driver = driver_of(transport);
    take_bare(driver, call);
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

/* SES-6 */
static void open_copp(struct fake_driver *driver, const struct copp_signature *signature, uint8_t *s) {
    fake_driver_open(driver->key, signature->bytes, driver->block);
    for (size_t i = 0; i < COPP_HANDSHAKE_SIZE; i++)
        s[i] = driver->block[COPP_SIGNATURE_SIZE - 1 - i];
}

/* OPM-INI-6. Opening is libcopp's own, which has tests with other implementations' ciphertexts. */
static void open_opm(struct fake_driver *driver, const struct copp_signature *signature, uint8_t *s) {
    struct copp_handshake handshake;
    memset(s, 0, COPP_HANDSHAKE_SIZE);
    if (copp_handshake_open_opm(driver->opm_key, signature, driver->random, &handshake))
        return;
    memcpy(s, handshake.random, COPP_RANDOM_SIZE);
    memcpy(s + 16, handshake.session_key, COPP_KEY_SIZE);
    for (unsigned i = 0; i < 4; i++) {
        s[32 + i] = (uint8_t)(handshake.status_sequence >> (8 * i));
        s[36 + i] = (uint8_t)(handshake.command_sequence >> (8 * i));
    }
}

static enum copp_result sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                       const struct copp_signature *signature, uint32_t *hresult) {
    struct fake_driver *driver = driver_of(transport);
    take_bare(driver, call);
    driver->starts++;
    driver->signature = *signature;
    enum fake_fault fault = befalls(driver);
    if (fault == FAKE_LOST)
        return (enum copp_result)driver->fault_value;
    uint8_t s[COPP_HANDSHAKE_SIZE];
    if (driver->opm)
        open_opm(driver, signature, s);
    else
        open_copp(driver, signature, s);
    memcpy(driver->session_key, s + 16, COPP_KEY_SIZE);
    driver->status_sequence = le32(s + 32);
    driver->command_sequence = le32(s + 36);
    driver->binding.refused = 0; /* BIND-3: each session has its own history */
    memset(driver->binding.record, 0, sizeof driver->binding.record);
    bool bound = memcmp(s, driver->random, COPP_RANDOM_SIZE) == 0; /* SES-7 */
    *hresult = fault == FAKE_REFUSES ? driver->fault_value
               : bound               ? COPP_HR_OK
                                     : refusal(driver, COPP_HR_UNEXPECTED, COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS);
    return COPP_OK;
}

/* As one in the same process could: what the caller sent is another request afterwards. */
static void change_request(const struct fake_driver *driver, const uint8_t *request) {
    ((uint8_t *)(uintptr_t)request)[driver->fault_value / 8] ^= (uint8_t)(1u << driver->fault_value % 8);
}

/* OPM-SRM-1 */
static uint32_t take_srm(struct fake_driver *driver, const struct copp_command_fields *fields) {
    struct copp_opm_set_hdcp_srm set;
    if (copp_opm_set_hdcp_srm_decode(fields->data, fields->size, &set) || driver->srm_hresult)
        return driver->srm_hresult ? driver->srm_hresult : COPP_HR_OPM_INVALID_SRM;
    driver->srm_version = set.version;
    return COPP_HR_OK;
}

static uint32_t carry_out(struct fake_driver *driver, enum copp_request request, const struct copp_command_fields *fields) {
    if (request == COPP_SET_SIGNALING)
        return copp_set_signaling_decode(fields->data, fields->size, &driver->signaling) ? COPP_HR_INVALIDARG : COPP_HR_OK;
    if (request == COPP_OPM_SET_HDCP_SRM)
        return take_srm(driver, fields);
    struct copp_set_protection_level set;
    bool css = driver->opm && request == COPP_OPM_SET_PROTECTION_LEVEL_CSS;
    if ((request != COPP_SET_PROTECTION_LEVEL && !css) || copp_set_protection_level_decode(fields->data, fields->size, &set) ||
        !(set.type & driver->types) || set.type >= FAKE_TYPES)
        return refusal(driver, COPP_HR_INVALIDARG, COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    if (set.level && driver->level_hresult[set.type])
        return css ? COPP_HR_OK : driver->level_hresult[set.type];
    assert_true(driver->sets < FAKE_LOG);
    driver->set[driver->sets].type = set.type;
    driver->set[driver->sets++].level = set.level;
    driver->local[set.type] = set.level;
    driver->asks_left = driver->slow_asks;
    return COPP_HR_OK;
}

/* CMD-2, OPM-SET-1: what is wrong with a command; COPP_HR_OK: nothing. */
static uint32_t check_command(const struct fake_driver *driver, const struct copp_command *message, bool known,
                              const struct copp_command_fields *fields) {
    uint8_t mac[COPP_MAC_SIZE];
    sign(driver, message->bytes + COPP_MAC_SIZE, mac);
    if (fields->sequence != driver->command_sequence || !known)
        return refusal(driver, COPP_HR_INVALIDARG, COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    if (memcmp(mac, fields->mac, sizeof mac) != 0)
        return refusal(driver, COPP_HR_UNEXPECTED, COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
    return COPP_HR_OK;
}

static bool known_request(const struct fake_driver *driver, const uint8_t *guid, enum copp_request *request) {
    *request = (enum copp_request)COPP_OPM_REQUEST_COUNT;
    return driver->opm ? copp_opm_request_from_guid(guid, request) : copp_request_from_guid(guid, request);
}

static uint32_t answer_command(struct fake_driver *driver, const struct copp_command *message, enum fake_fault fault) {
    struct copp_command_fields fields;
    enum copp_request request;
    copp_command_decode(message, &fields);
    bool known = known_request(driver, fields.guid, &request);
    if (driver->before)
        driver->before(driver, request);
    uint32_t hresult = check_command(driver, message, known, &fields);
    if (fault == FAKE_REFUSES_ANOTHER)
        change_request(driver, message->bytes);
    if (fault == FAKE_REFUSES || fault == FAKE_REFUSES_ANOTHER)
        hresult = fault == FAKE_REFUSES ? driver->fault_value : COPP_HR_INVALIDARG;
    else if (hresult == COPP_HR_OK && fault != FAKE_PRETENDS)
        hresult = carry_out(driver, request, &fields);
    if (hresult == COPP_HR_OK && fault != FAKE_PRETENDS)
        driver->command_sequence++;
    return fault == FAKE_DENIES ? driver->fault_value : hresult;
}

static enum copp_result command(struct copp_transport *transport, const struct copp_call *call,
                                const struct copp_command *message, uint32_t *hresult) {
    struct fake_driver *driver = driver_of(transport);
    assert_true(driver->opm || !call->additional_size);
    take_time(driver, call);
    driver->commands++;
    driver->last_command = *message;
    driver->additional_size = call->additional_size;
    if (call->additional_size)
        memcpy(driver->additional, call->additional,
               call->additional_size < sizeof driver->additional ? call->additional_size : sizeof driver->additional);
    enum fake_fault fault = befalls(driver);
    if (fault == FAKE_LOST)
        return (enum copp_result)driver->fault_value;
    *hresult = answer_command(driver, message, fault);
    kit_note(&driver->binding, driver->session_key, KIT_COMMAND, message->bytes, *hresult);
    return COPP_OK;
}

static uint32_t global_level(const struct fake_driver *driver, uint32_t type) {
    if (driver->global)
        return driver->global[type];
    return copp_level_rank(type, driver->others[type]) > copp_level_rank(type, driver->local[type]) ? driver->others[type]
                                                                                                    : driver->local[type];
}

static uint32_t local_level(struct fake_driver *driver, uint32_t type) {
    if (!driver->asks_left)
        return driver->local[type];
    driver->asks_left--;
    return 0;
}

/* The answer's structure; 0 if there is none. */
static uint32_t answer(struct fake_driver *driver, enum copp_request request, const struct copp_status_input_fields *fields,
                       uint8_t *data) {
    bool level = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    if (level && driver->revoked_waits)
        driver->flags |= COPP_STATUS_LINK_LOST | COPP_STATUS_REVOKED_HDCP_DEVICE;
    struct copp_status status = {.flags = driver->flags};
    struct copp_opm_output_id id = {.flags = driver->flags, .id = driver->output_id};
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
        status.data = local_level(driver, type);
        break;
    case COPP_OPM_QUERY_SRM_VERSION:
        status.data = driver->srm_lie ? driver->srm_lie : driver->srm_version;
        break;
    case COPP_OPM_QUERY_DVI_CHARACTERISTICS:
        status.data = driver->dvi;
        break;
    case COPP_OPM_QUERY_HARDWARE_PROTECTION:
        status.data = driver->hardware_protection;
        break;
    case COPP_OPM_QUERY_OUTPUT_ID:
        memcpy(id.r_app, fields->r_app, COPP_RANDOM_SIZE);
        copp_opm_output_id_encode(&id, data);
        return COPP_OPM_OUTPUT_ID_SIZE;
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

/* OPM-GET-1: whether the request is authentic; one of COPP need not be. */
static bool take_mac(struct fake_driver *driver, const struct copp_call *call, const struct copp_status_input *input) {
    uint8_t mac[COPP_MAC_SIZE];
    driver->last_request = *input;
    assert_int_equal(call->additional_size, driver->opm ? COPP_MAC_SIZE : 0);
    if (!driver->opm)
        return true;
    memcpy(driver->mac, call->additional, sizeof driver->mac);
    kit_cmac(driver->session_key, input->bytes, sizeof input->bytes, mac);
    return memcmp(mac, driver->mac, sizeof mac) == 0;
}

static enum copp_result status(struct copp_transport *transport, const struct copp_call *call,
                               const struct copp_status_input *input, struct copp_status_output *output, uint32_t *hresult) {
    struct fake_driver *driver = driver_of(transport);
    take_time(driver, call);
    bool signs = take_mac(driver, call, input);
    struct copp_status_input_fields fields;
    copp_status_input_decode(input, &fields);
    enum copp_request request;
    bool known = known_request(driver, fields.guid, &request);
    unsigned turn = driver->queries++;
    if (driver->before)
        driver->before(driver, request);
    enum fake_fault fault = befalls(driver);
    if (fault == FAKE_LOST)
        return (enum copp_result)driver->fault_value;
    uint8_t data[COPP_STATUS_SIGNALING_SIZE];
    bool right = signs && known && fields.sequence == driver->status_sequence;
    uint32_t size = right ? answer(driver, request, &fields, data) : 0;
    *hresult = fault == FAKE_REFUSES ? driver->fault_value
               : size                ? COPP_HR_OK
                                     : refusal(driver, COPP_HR_INVALIDARG, COPP_HR_OPM_INVALID_INFORMATION_REQUEST);
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

static void wait(struct copp_transport *transport, uint64_t deadline_ms) {
    struct fake_driver *driver = driver_of(transport);
    assert_true(deadline_ms > driver->now_ms);
    driver->waits++;
    driver->now_ms = driver->stuck ? driver->now_ms : deadline_ms;
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
                                                  .reopen = reopen,
                                                  .wait = wait};
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

void fake_opm_driver_init(struct fake_driver *driver) {
    fake_driver_init(driver);
    fake_driver_can_more(driver);
    free(driver->chain_bytes);
    driver->chain_bytes = read_test_vector("opm/chain-good-sha1-leaf-root-ca.p7b", &driver->chain_size);
    driver->opm_key = test_private_key("opm/leaf-key.pem");
    driver->opm = true;
    driver->info.semantics = COPP_SEMANTICS_OPM;
    driver->types = COPP_PROTECTION_TYPE_OPM_HDCP | COPP_PROTECTION_TYPE_ENFORCEMENT | COPP_PROTECTION_TYPE_DPCP |
                    COPP_PROTECTION_TYPE_ACP | COPP_PROTECTION_TYPE_CGMSA;
    driver->bus = COPP_BUS_PCI_EXPRESS | COPP_OPM_BUS_TRACKS_TO_SOCKET;
    driver->output_id = 0x0102030405060708;
    driver->dvi = COPP_DVI_VERSION_1_1;
    driver->hardware_protection = 1;
}

void fake_driver_end(struct fake_driver *driver) {
    copp_private_key_free(&driver->opm_key);
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

static const struct copp_opm_anchor *test_opm_anchor(void) {
    static struct copp_opm_anchor anchor;
    size_t size;
    uint8_t *bytes = read_test_vector("opm/root.pem", &size);
    anchor.size = sizeof anchor;
    assert_int_equal(copp_opm_anchor_read(bytes, size, &anchor), COPP_OK);
    free(bytes);
    return &anchor;
}

struct copp_session *fake_session_new(struct fake_driver *driver, const struct copp_session_config *config) {
    static struct copp_public_key anchor;
    struct copp_session_config filled = {.size = sizeof filled};
    if (config)
        filled = *config;
    if (driver->opm && !filled.opm_anchor)
        filled.opm_anchor = test_opm_anchor();
    else if (!driver->opm && !filled.anchor) {
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
