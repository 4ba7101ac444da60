/*
 * The application's side under OPM semantics against a hostile driver, which may know the session key. What must hold: every request and
 * command is authentic, numbered and complete; nothing is believed that is not authentic (OPM-APP-2); nothing counts as protected unless the
 * driver has just said so (OPM-APP-3); after an event nothing is raised (OPM-STA-8); and after a refusal that may be a lie nothing is sent
 * at all (OPM-APP-5).
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "opm_session_ops.h"

#define TYPES 0x21u /* protection types are below */
#define SRM_VERSION 5u

static const enum copp_request queries[OPM_QUERIES] = {
    COPP_QUERY_CONNECTOR_TYPE,          COPP_QUERY_PROTECTION_TYPE, COPP_QUERY_LOCAL_PROTECTION_LEVEL,
    COPP_QUERY_GLOBAL_PROTECTION_LEVEL, COPP_QUERY_DISPLAY_DATA,    COPP_QUERY_BUS_DATA,
    COPP_OPM_QUERY_SRM_VERSION,         COPP_OPM_QUERY_OUTPUT_ID,   COPP_OPM_QUERY_DVI_CHARACTERISTICS,
    COPP_OPM_QUERY_HARDWARE_PROTECTION};

/* What the driver has said in authentic answers, and in which call of the application's. */
struct claim {
    uint32_t word;
    unsigned call;
};

struct driver {
    struct copp_transport transport;
    struct copp_random random; /* the session's */
    struct fuzz_input *input;
    uint8_t next; /* the random source counts up */
    uint8_t draw[COPP_KEY_SIZE + 8]; /* session key, status and command sequence */
    struct copp_omac *omac;
    bool over; /* nobody may call any more */
    bool ended; /* an event has: only level 0 may be set */
    uint64_t clock_ms;
    uint32_t status_sequence;
    uint32_t command_sequence;
    uint32_t events; /* authentic, not taken */
    unsigned call; /* of the application's */
    bool called;
    enum copp_result call_result;
    uint32_t hresult;
    bool authentic; /* the last answer */
    uint8_t r_app[COPP_RANDOM_SIZE];
    struct copp_status_output last;
    uint32_t held[TYPES]; /* set, and answered S_OK */
    struct claim local[TYPES];
    struct claim global[TYPES];
    struct claim connector;
    struct claim srm;
    bool srm_sent;
};

static struct {
    bool ready;
    struct copp_opm_anchor anchor;
    struct fuzz_bytes chain;
    uint8_t srm[48];
} fixed;

static uint32_t get_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put_u32(uint8_t *bytes, uint32_t value) {
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static enum copp_result draw(struct copp_random *random, uint8_t *bytes, size_t size) {
    struct driver *driver = (struct driver *)(void *)((uint8_t *)random - offsetof(struct driver, random));
    for (size_t i = 0; i < size; i++)
        bytes[i] = driver->next++;
    if (size != sizeof driver->draw)
        return COPP_OK;
    memset(bytes + COPP_KEY_SIZE, 0xFE, 8); /* sequence numbers that will not last */
    memcpy(driver->draw, bytes, size);
    return COPP_OK;
}

/* --- the four calls --- */

static struct driver *driver_of(struct copp_transport *transport) {
    struct driver *driver = (struct driver *)transport;
    CHECK(!driver->over);
    driver->called = true;
    return driver;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct driver *driver = driver_of(transport);
    CHECK(!call->additional_size && !driver->call);
    memset(random, 0xD0, COPP_RANDOM_SIZE);
    *chain_bytes = fixed.chain.bytes;
    *chain_size = fixed.chain.size;
    *hresult = COPP_HR_OK;
    return COPP_OK;
}

static enum copp_result sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                       const struct copp_signature *signature, uint32_t *hresult) {
    struct driver *driver = driver_of(transport);
    (void)signature;
    CHECK(!call->additional_size);
    CHECK(copp_omac_set_key(driver->omac, driver->draw) == COPP_OK);
    driver->status_sequence = get_u32(driver->draw + 16);
    driver->command_sequence = get_u32(driver->draw + 20);
    *hresult = COPP_HR_OK;
    return COPP_OK;
}

/* It takes time, and may take too long. */
static bool in_time(struct driver *driver, const struct copp_call *call) {
    CHECK(call->size == sizeof *call);
    driver->clock_ms += 10u * fuzz_u8(driver->input);
    return driver->clock_ms <= call->deadline_ms;
}

static bool is_set_level(enum copp_request request) {
    return request == COPP_SET_PROTECTION_LEVEL || request == COPP_OPM_SET_PROTECTION_LEVEL_CSS;
}

/* Whether it lowers what was set before; whatever is sent is complete and of OPM's. */
static bool check_order(const struct driver *driver, const struct copp_call *call, enum copp_request request,
                        const struct copp_command_fields *fields) {
    struct copp_set_protection_level set;
    if (request == COPP_OPM_SET_HDCP_SRM) {
        CHECK(fields->size == 4 && get_u32(fields->data) == SRM_VERSION && !driver->ended);
        CHECK(call->additional_size == sizeof fixed.srm && copp_equal(call->additional, fixed.srm, sizeof fixed.srm));
        return false;
    }
    CHECK(is_set_level(request) && fields->size == COPP_SET_PROTECTION_LEVEL_SIZE && !call->additional_size);
    CHECK(copp_set_protection_level_decode(fields->data, fields->size, &set) == COPP_OK);
    CHECK(set.type < TYPES && set.type & (COPP_OPM_PROTECTION_TYPE_MASK & ~1u) && copp_level_valid(set.type, set.level));
    CHECK(set.level < 8 && !set.extended_info_change_mask && !set.extended_info_data);
    CHECK(!driver->ended || !set.level);
    return copp_level_rank(set.type, set.level) < copp_level_rank(set.type, driver->held[set.type]);
}

static enum copp_result command(struct copp_transport *transport, const struct copp_call *call,
                                const struct copp_command *message, uint32_t *hresult) {
    struct driver *driver = driver_of(transport);
    struct copp_command_fields fields;
    enum copp_request request;
    uint8_t mac[COPP_MAC_SIZE];
    copp_command_decode(message, &fields);
    CHECK(copp_omac_tag(driver->omac, message->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, mac) == COPP_OK);
    CHECK(copp_equal(mac, fields.mac, sizeof mac));
    CHECK(copp_opm_request_from_guid(fields.guid, &request) && fields.sequence == driver->command_sequence);
    bool lowers = check_order(driver, call, request, &fields);
    CHECK(in_time(driver, call) && call->deadline_ms == COPP_NO_DEADLINE); /* CMD-6 */
    enum reply reply = fuzz_one_of(driver->input, REPLY_KINDS);
    *hresult = reply == REPLY_REFUSES ? fuzz_u32(driver->input) : COPP_HR_OK;
    driver->hresult = *hresult;
    driver->call_result = reply == REPLY_FAILS ? COPP_E_TRANSPORT : COPP_OK;
    bool done = !driver->call_result && *hresult == COPP_HR_OK;
    bool spent = *hresult == COPP_HR_OPM_OUTPUT_GONE || *hresult == COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST;
    driver->over = driver->call_result || (!done && (lowers || spent)); /* OPM-APP-5 */
    driver->command_sequence += done;
    if (done && is_set_level(request))
        driver->held[get_u32(fields.data)] = get_u32(fields.data + 4);
    driver->srm_sent = driver->srm_sent || (done && request == COPP_OPM_SET_HDCP_SRM);
    return driver->call_result;
}

static uint32_t answer_size(enum copp_request request) {
    return request == COPP_QUERY_DISPLAY_DATA    ? COPP_STATUS_DISPLAY_SIZE
           : request == COPP_OPM_QUERY_OUTPUT_ID ? COPP_OPM_OUTPUT_ID_SIZE
                                                 : COPP_STATUS_SIZE;
}

static void write_answer(struct driver *driver, enum reply reply, enum copp_request request,
                         const struct copp_status_input *input, struct copp_status_output *output) {
    uint8_t answer[COPP_STATUS_DISPLAY_SIZE] = {0};
    memcpy(answer, input->bytes, COPP_RANDOM_SIZE);
    put_u32(answer + 16, fuzz_u8(driver->input) & 0x1Fu); /* OPM's flags, and an unknown one */
    put_u32(answer + 20, fuzz_u8(driver->input));
    if (reply == REPLY_SIGNED_BYTES)
        fuzz_fill(driver->input, answer + COPP_RANDOM_SIZE, 28);
    if (reply == REPLY_BAD_R_APP)
        answer[fuzz_one_of(driver->input, COPP_RANDOM_SIZE)] ^= 1;
    struct copp_status_output_fields fields = {.size = answer_size(request), .data = answer};
    CHECK(copp_status_output_encode(&fields, output) == COPP_OK);
    if (reply == REPLY_BAD_SIZE)
        put_u32(output->bytes + COPP_MAC_SIZE, fuzz_u32(driver->input));
    CHECK(copp_omac_tag(driver->omac, output->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, output->bytes) == COPP_OK);
    if (reply == REPLY_BAD_MAC)
        output->bytes[fuzz_one_of(driver->input, COPP_MAC_SIZE)] ^= 0x80;
}

/* OPM-APP-2, judged by what was written, whatever reply meant to write. */
static bool is_authentic(const struct driver *driver, enum copp_request request, const struct copp_status_input *input,
                         const struct copp_status_output *output) {
    uint8_t mac[COPP_MAC_SIZE];
    CHECK(copp_omac_tag(driver->omac, output->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, mac) == COPP_OK);
    return copp_equal(mac, output->bytes, sizeof mac) && get_u32(output->bytes + COPP_MAC_SIZE) == answer_size(request) &&
           copp_equal(output->bytes + 20, input->bytes, COPP_RANDOM_SIZE);
}

static void note_claims(struct driver *driver, enum copp_request request, uint32_t type, const uint8_t *answer) {
    struct claim claim = {get_u32(answer + 20), driver->call};
    driver->events |= get_u32(answer + 16);
    driver->ended = driver->ended || get_u32(answer + 16); /* OPM-STA-8: any flag */
    if (request == COPP_QUERY_LOCAL_PROTECTION_LEVEL && type < TYPES)
        driver->local[type] = claim;
    if (request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL && type < TYPES)
        driver->global[type] = claim;
    if (request == COPP_QUERY_CONNECTOR_TYPE)
        driver->connector = claim;
    if (request == COPP_OPM_QUERY_SRM_VERSION)
        driver->srm = claim;
}

/* OPM-GET-1, OPM-GET-2: authentic, the next number, the size that the request has, a fresh random number, and zeros behind. */
static enum copp_request check_request(struct driver *driver, const struct copp_call *call, const struct copp_status_input *input,
                                       struct copp_status_input_fields *fields) {
    enum copp_request request;
    uint8_t mac[COPP_MAC_SIZE];
    CHECK(call->additional_size == COPP_MAC_SIZE);
    CHECK(copp_omac_tag(driver->omac, input->bytes, sizeof input->bytes, mac) == COPP_OK);
    CHECK(copp_equal(mac, call->additional, sizeof mac));
    copp_status_input_decode(input, fields);
    CHECK(copp_opm_request_from_guid(fields->guid, &request) && fields->sequence == driver->status_sequence);
    bool level = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    CHECK(fields->size == (level ? 4 : 0));
    CHECK(!copp_equal(fields->r_app, driver->r_app, COPP_RANDOM_SIZE));
    memcpy(driver->r_app, fields->r_app, COPP_RANDOM_SIZE);
    return request;
}

static enum copp_result status(struct copp_transport *transport, const struct copp_call *call,
                               const struct copp_status_input *input, struct copp_status_output *output, uint32_t *hresult) {
    struct driver *driver = driver_of(transport);
    struct copp_status_input_fields fields;
    enum copp_request request = check_request(driver, call, input, &fields);
    bool good = in_time(driver, call); /* an answer that comes too late is not believed, though it says S_OK */
    enum reply reply = fuzz_one_of(driver->input, REPLY_KINDS);
    *hresult = reply == REPLY_REFUSES ? fuzz_u32(driver->input) : COPP_HR_OK;
    driver->call_result = reply == REPLY_FAILS || !good ? COPP_E_TRANSPORT : COPP_OK;
    driver->hresult = *hresult;
    if (reply == REPLY_REPLAY)
        *output = driver->last;
    else if (reply == REPLY_BYTES)
        fuzz_fill(driver->input, output->bytes, 64);
    else if (reply != REPLY_SILENT)
        write_answer(driver, reply, request, input, output);
    driver->last = *output;
    driver->authentic = is_authentic(driver, request, input, output);
    bool done = !driver->call_result && *hresult == COPP_HR_OK && driver->authentic;
    driver->over = driver->call_result || (*hresult == COPP_HR_OK && !driver->authentic) || *hresult == COPP_HR_OPM_OUTPUT_GONE;
    driver->status_sequence += done;
    if (done)
        note_claims(driver, request, fields.size ? get_u32(fields.data) : 0, output->bytes + 20);
    return good ? driver->call_result : COPP_OK;
}

static uint64_t clock_now(struct copp_transport *transport) {
    return ((struct driver *)transport)->clock_ms;
}

/* Time may stand still: then nobody waits for ever. */
static void wait_until(struct copp_transport *transport, uint64_t deadline_ms) {
    struct driver *driver = driver_of(transport);
    CHECK(deadline_ms > driver->clock_ms && deadline_ms <= driver->clock_ms + COPP_OPM_RAISE_MS);
    driver->clock_ms = fuzz_u8(driver->input) & 1 ? driver->clock_ms : deadline_ms;
}

static void tell_info(const struct copp_transport *transport, struct copp_transport_info *info) {
    (void)transport;
    info->semantics = COPP_SEMANTICS_OPM;
}

static void never_freed(struct copp_transport *transport) {
    CHECK(transport == NULL); /* it is the caller's: never called */
}

/* --- the application's calls --- */

static enum copp_result due(const struct driver *driver, bool query) {
    if (driver->call_result)
        return COPP_E_TRANSPORT;
    if (driver->hresult != COPP_HR_OK)
        return COPP_E_REFUSED;
    return query && !driver->authentic ? COPP_E_AUTHENTICATION : COPP_OK;
}

static enum copp_result ask(struct copp_session *session, enum copp_request request, uint32_t type, uint32_t *word) {
    enum copp_result result;
    struct copp_display display = {.width = *word};
    uint64_t id = *word;
    switch (request) {
    case COPP_QUERY_LOCAL_PROTECTION_LEVEL:
        return copp_session_local_level(session, type, word);
    case COPP_QUERY_GLOBAL_PROTECTION_LEVEL:
        return copp_session_global_level(session, type, word);
    case COPP_QUERY_CONNECTOR_TYPE:
        return copp_session_connector_type(session, word);
    case COPP_QUERY_PROTECTION_TYPE:
        return copp_session_protection_types(session, word);
    case COPP_QUERY_BUS_DATA:
        return copp_session_bus_type(session, word);
    case COPP_OPM_QUERY_SRM_VERSION:
        return copp_session_srm_version(session, word);
    case COPP_OPM_QUERY_DVI_CHARACTERISTICS:
        return copp_session_dvi_characteristics(session, word);
    case COPP_OPM_QUERY_HARDWARE_PROTECTION:
        return copp_session_hardware_protection(session, word);
    case COPP_QUERY_DISPLAY_DATA:
        result = copp_session_display(session, &display);
        *word = display.width;
        return result;
    default:
        result = copp_session_output_id(session, &id);
        *word = (uint32_t)id;
        return result;
    }
}

static void query(struct driver *driver, struct copp_session *session, struct fuzz_input *input) {
    enum copp_request request = queries[fuzz_one_of(input, OPM_QUERIES)];
    uint32_t word = 0xA5A5A5A5;
    enum copp_result result = ask(session, request, fuzz_u8(input), &word);
    if (driver->called)
        CHECK(result == due(driver, true));
    else
        CHECK(result != COPP_OK && driver->over);
    CHECK(word == (result ? 0xA5A5A5A5 : get_u32(driver->last.bytes + 40)));
}

static void check_command(const struct driver *driver, enum copp_result result) {
    if (driver->called)
        CHECK(result == due(driver, false));
    else
        CHECK(driver->over || result == COPP_E_ARGUMENT || (driver->ended && result == COPP_E_LINK_LOST));
    CHECK(result != COPP_OK || driver->called);
}

static void set_level(struct driver *driver, struct copp_session *session, struct fuzz_input *input) {
    uint32_t type = fuzz_u8(input);
    uint8_t level = fuzz_u8(input);
    check_command(driver, level & 0x80u ? copp_session_set_protection_level_css(session, type, level & 0x7Fu)
                                        : copp_session_set_protection_level(session, type, level));
}

/* --- what counts as protected --- */

static void check_type(const struct driver *driver, uint32_t type, uint32_t wanted) {
    if (!wanted)
        return;
    CHECK(driver->local[type].call == driver->call && driver->local[type].word == wanted);
    CHECK(driver->global[type].call == driver->call && copp_level_valid(type, driver->global[type].word) &&
          copp_level_rank(type, driver->global[type].word) >= copp_level_rank(type, wanted));
}

/* The session has said that what is required is in force: then the driver has said so, in this very call, and of no event at all. */
static void check_protected(const struct driver *driver, const struct copp_requirement *required) {
    uint32_t connector = driver->connector.word;
    CHECK(!driver->over && !driver->ended && driver->connector.call == driver->call);
    bool link = required->hdcp || required->type1;
    bool skipped = link && required->embedded_unbound &&
                   (connector == COPP_CONNECTOR_LVDS || connector == COPP_CONNECTOR_DISPLAYPORT_EMBEDDED ||
                    connector == COPP_CONNECTOR_UDI_EMBEDDED);
    check_type(driver, COPP_PROTECTION_TYPE_OPM_HDCP, skipped ? 0 : required->hdcp);
    check_type(driver, COPP_PROTECTION_TYPE_ENFORCEMENT, skipped || !required->type1 ? 0 : COPP_ENFORCEMENT_TYPE1);
    check_type(driver, COPP_PROTECTION_TYPE_DPCP, required->dpcp);
    check_type(driver, COPP_PROTECTION_TYPE_ACP, required->acp);
    check_type(driver, COPP_PROTECTION_TYPE_CGMSA, required->cgmsa);
}

struct player {
    struct copp_session *session;
    struct copp_requirement required;
    bool stopped; /* watch has said so */
};

static void protect(struct driver *driver, struct player *player, struct fuzz_input *input) {
    uint8_t hdcp = fuzz_u8(input);
    struct copp_requirement required = {.size = sizeof required,
                                        .hdcp = hdcp & 0x1Fu,
                                        .embedded_unbound = hdcp & 0x20u,
                                        .dpcp = hdcp & 0x40u ? 1 : 0,
                                        .type1 = hdcp & 0x80u};
    required.acp = fuzz_u8(input);
    required.cgmsa = fuzz_u8(input);
    enum copp_stop stop = copp_session_protect(player->session, &required, driver->clock_ms);
    player->required = required;
    CHECK(!(player->stopped && stop == COPP_STOP_NONE));
    if (stop != COPP_STOP_NONE)
        return;
    check_protected(driver, &required);
    bool link = (required.hdcp || required.type1) && !required.embedded_unbound;
    CHECK(!link || (driver->srm_sent && driver->srm.call && required.cgmsa < 8)); /* OPM-APP-1 */
}

static void watch(struct driver *driver, struct player *player, struct fuzz_input *input) {
    struct copp_poll step = {.size = sizeof step};
    driver->clock_ms += 100u * fuzz_u8(input);
    copp_session_poll(player->session, driver->clock_ms, &step);
    CHECK(step.state == COPP_POLL_STOP || step.state == COPP_POLL_PROTECTED); /* OPM-STA-8: nothing is renegotiated */
    CHECK((step.state == COPP_POLL_STOP) == (step.stop != COPP_STOP_NONE));
    CHECK(!player->stopped || step.state == COPP_POLL_STOP);
    if (step.state == COPP_POLL_PROTECTED)
        check_protected(driver, &player->required);
    player->stopped = player->stopped || (step.state == COPP_POLL_STOP && driver->called);
}

static void one_call(struct driver *driver, struct player *player, struct fuzz_input *input) {
    enum copp_result result;
    driver->call++;
    driver->called = false;
    switch (fuzz_one_of(input, OPM_CALL_KINDS)) {
    case OPM_QUERY:
        query(driver, player->session, input);
        break;
    case OPM_SET_LEVEL:
        set_level(driver, player->session, input);
        break;
    case OPM_SET_SRM:
        check_command(driver, copp_session_set_srm(player->session, fixed.srm, sizeof fixed.srm));
        break;
    case OPM_PROTECT:
        protect(driver, player, input);
        break;
    case OPM_WATCH:
        watch(driver, player, input);
        break;
    case OPM_UNPROTECT:
        result = copp_session_unprotect(player->session);
        CHECK(result != COPP_OK || !driver->over);
        break;
    default:
        CHECK(copp_session_take_events(player->session) == driver->events);
        driver->events = 0;
        break;
    }
}

static void begin(void) {
    if (fixed.ready)
        return;
    fixed.ready = true;
    fixed.anchor.size = sizeof fixed.anchor;
    struct fuzz_bytes root = fuzz_vector("opm/root.der");
    CHECK(copp_opm_anchor_read(root.bytes, root.size, &fixed.anchor) == COPP_OK);
    free(root.bytes);
    fixed.chain = fuzz_vector("opm/chain-good-sha1-leaf-root-ca.p7b");
    fixed.srm[0] = 0x80;
    fixed.srm[3] = SRM_VERSION;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct copp_transport_ops ops = {.size = sizeof ops,
                                                  .key_exchange = key_exchange,
                                                  .session_sequence_start = sequence_start,
                                                  .protection_command = command,
                                                  .protection_status = status,
                                                  .free = never_freed,
                                                  .now_ms = clock_now,
                                                  .info = tell_info,
                                                  .wait = wait_until};
    static const struct copp_random_ops random_ops = {sizeof random_ops, draw};
    begin();
    struct fuzz_input input = {data, size};
    struct driver driver = {.transport = {&ops}, .random = {&random_ops}, .input = &input, .next = 1};
    const struct copp_session_config config = {.size = sizeof config,
                                               .opm_anchor = &fixed.anchor,
                                               .random = &driver.random,
                                               .binding = COPP_BINDING_OPTIONAL,
                                               .srm_bytes = fixed.srm,
                                               .srm_size = sizeof fixed.srm};
    struct player player = {.stopped = false};
    CHECK(copp_omac_new(&driver.omac) == COPP_OK);
    CHECK(copp_session_new(&config, &driver.transport, &player.session) == COPP_OK);
    CHECK(copp_session_establish(player.session, NULL) == COPP_OK);
    while (input.left)
        one_call(&driver, &player, &input);
    copp_session_free(&player.session);
    copp_omac_free(&driver.omac);
    return 0;
}
