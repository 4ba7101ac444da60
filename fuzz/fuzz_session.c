/*
 * The application's side against a hostile driver. It may know the session key, for the session's random source is
 * ours: so it can sign what it likes. What must hold: nothing is believed that is not authentic (QRY-4), a session that
 * was lied to is dead, and nothing counts as protected unless the driver has just said so, authentically (APP-1..3).
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "session_ops.h"

#define BINDING_AT 3968u
#define BINDING_SIZE 128u
#define CONNECTOR "HDMI-1"

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
    struct fuzz_bytes chain; /* presented */
    bool chain_good;
    bool started;
    bool over; /* nobody may call any more */
    bool link_lost;
    bool has_clock;
    uint64_t clock_ms; /* the player's is ahead of it, and as fast */
    bool looks; /* the player protects or polls */
    uint64_t asked_ms; /* when the last look began */
    uint64_t deadline_ms; /* of the last query */
    uint32_t status_sequence;
    uint32_t command_sequence;
    uint32_t events; /* authentic, not taken */
    unsigned call; /* of the application's */
    bool called;
    enum copp_result call_result;
    uint32_t hresult;
    bool authentic; /* the last answer */
    bool binds;
    bool bound; /* an authentic answer was */
    bool demanded; /* of the first answer, too */
    uint32_t refused; /* BIND-3 */
    uint8_t record[COPP_MAC_SIZE];
    uint8_t r_app[COPP_RANDOM_SIZE]; /* of the last query */
    struct copp_status_output last;
    struct claim local[8]; /* by protection type, of which 1, 2 and 4 are real */
    struct claim global[8];
    struct claim connector;
    struct claim receiver; /* HDCP flags */
    uint8_t bksv[16];
};

/* What is the same in every run. */
static struct {
    bool ready;
    struct copp_public_key anchor;
    struct fuzz_bytes chain;
    struct copp_chain *known;
    struct copp_revocation_list *lists[3];
    struct copp_srm *srm;
} fixed;

static uint32_t get_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put_u32(uint8_t *bytes, uint32_t value) {
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

/* --- the session's random numbers --- */

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

static void choose_chain(struct driver *driver) {
    static uint8_t changed[COPP_CHAIN_SIZE_MAX];
    struct fuzz_input *input = driver->input;
    driver->chain = fixed.chain;
    switch (fuzz_one_of(input, PRESENT_KINDS)) {
    case PRESENT_CHANGED:
        memcpy(changed, fixed.chain.bytes, fixed.chain.size);
        driver->chain.bytes = changed;
        uint32_t at = fuzz_u16(input) % (uint32_t)fixed.chain.size;
        changed[at] = fuzz_u8(input);
        break;
    case PRESENT_BYTES:
        driver->chain.size = fuzz_u8(input);
        driver->chain.bytes = changed;
        fuzz_fill(input, changed, driver->chain.size);
        break;
    case PRESENT_NULL:
        driver->chain.bytes = NULL;
        break;
    default:
        break;
    }
    driver->chain_good = driver->chain.bytes && driver->chain.size == fixed.chain.size &&
                         copp_equal(driver->chain.bytes, fixed.chain.bytes, fixed.chain.size);
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    (void)call;
    struct driver *driver = driver_of(transport);
    choose_chain(driver);
    memset(random, 0xD0, COPP_RANDOM_SIZE);
    *chain_bytes = driver->chain.bytes;
    *chain_size = driver->chain.size;
    *hresult = COPP_HR_OK;
    return COPP_OK;
}

/* Once in a process, what our random source is thought to have given is compared with what was really encrypted. */
static void check_handshake(const struct driver *driver, const struct copp_signature *signature) {
    static bool checked;
    if (checked)
        return;
    checked = true;
    struct copp_private_key *key = fuzz_leaf_key();
    struct copp_handshake opened;
    CHECK(copp_handshake_open(key, signature, &opened) == COPP_OK);
    CHECK(copp_equal(opened.session_key, driver->draw, COPP_KEY_SIZE) && opened.random[0] == 0xD0);
    CHECK(opened.status_sequence == get_u32(driver->draw + 16) && opened.command_sequence == get_u32(driver->draw + 20));
    copp_private_key_free(&key);
}

/* BIND-3, written out once more. */
static void note_history(struct driver *driver, uint32_t kind, const uint8_t *message, uint32_t hresult) {
    uint8_t bytes[68];
    memcpy(bytes, driver->record, 16);
    put_u32(bytes + 16, hresult);
    put_u32(bytes + 20, kind);
    memcpy(bytes + 24, message, 44);
    CHECK(copp_omac_tag(driver->omac, bytes, sizeof bytes, driver->record) == COPP_OK);
    driver->refused += hresult != COPP_HR_OK;
}

static const uint8_t mark[16] = {0xdb, 0x64, 0xc2, 0xa1, 0xc8, 0x7b, 0x31, 0x4a, 0xa9, 0x69, 0xb0, 0xbb, 0x2e, 0xd8, 0xc1, 0x57};

static bool has_mark(const struct copp_status_output *output) {
    return copp_equal(output->bytes + BINDING_AT, mark, sizeof mark);
}

/* BIND-1, with these flags. */
static void compose_binding(const struct driver *driver, const struct copp_status_input *input, uint32_t flags, uint8_t *bytes) {
    memset(bytes, 0, BINDING_SIZE);
    memcpy(bytes, mark, sizeof mark);
    memcpy(bytes + 16, input->bytes + 16, 28);
    put_u32(bytes + 44, driver->command_sequence);
    put_u32(bytes + 48, driver->refused);
    put_u32(bytes + 52, flags);
    memcpy(bytes + 56, driver->record, 8);
    memcpy(bytes + 64, CONNECTOR, sizeof CONNECTOR - 1);
}

/* BIND-4 and BIND-5 of what was written: it is bound to this and nothing else, or may be unbound. */
static bool binding_holds(const struct driver *driver, const struct copp_status_input *input,
                          const struct copp_status_output *output) {
    const uint8_t *told = output->bytes + BINDING_AT;
    uint8_t expected[BINDING_SIZE];
    compose_binding(driver, input, get_u32(told + 52), expected);
    if (!has_mark(output))
        return !driver->demanded && !driver->bound;
    return copp_equal(told, expected, sizeof expected);
}

/* It takes time, and may take too long. */
static bool in_time(struct driver *driver, const struct copp_call *call) {
    CHECK(call->size == sizeof *call && !call->additional_size);
    CHECK(driver->has_clock || call->deadline_ms == COPP_NO_DEADLINE);
    if (driver->has_clock)
        driver->clock_ms += 10u * fuzz_u8(driver->input);
    return driver->clock_ms <= call->deadline_ms;
}

/* How a call that is not a query ends. */
static enum copp_result end_call(struct driver *driver, const struct copp_call *call, uint32_t *hresult) {
    CHECK(in_time(driver, call) && call->deadline_ms == COPP_NO_DEADLINE); /* CMD-6 */
    enum reply reply = fuzz_one_of(driver->input, REPLY_KINDS);
    *hresult = reply == REPLY_REFUSES ? fuzz_u32(driver->input) : COPP_HR_OK;
    driver->call_result = reply == REPLY_FAILS ? COPP_E_TRANSPORT : COPP_OK;
    driver->over = driver->over || reply == REPLY_FAILS;
    driver->hresult = *hresult;
    return driver->call_result;
}

static enum copp_result sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                       const struct copp_signature *signature, uint32_t *hresult) {
    struct driver *driver = driver_of(transport);
    CHECK(!driver->started);
    check_handshake(driver, signature);
    enum copp_result result = end_call(driver, call, hresult);
    driver->started = !result && *hresult == COPP_HR_OK;
    driver->over = !driver->started;
    CHECK(copp_omac_set_key(driver->omac, driver->draw) == COPP_OK);
    driver->status_sequence = get_u32(driver->draw + 16);
    driver->command_sequence = get_u32(driver->draw + 20);
    return result;
}

static enum copp_result command(struct copp_transport *transport, const struct copp_call *call,
                                const struct copp_command *message, uint32_t *hresult) {
    struct driver *driver = driver_of(transport);
    struct copp_command_fields fields;
    enum copp_request request;
    uint8_t mac[COPP_MAC_SIZE];
    CHECK(driver->started && !driver->link_lost); /* EVT-4 */
    copp_command_decode(message, &fields);
    CHECK(copp_omac_tag(driver->omac, message->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, mac) == COPP_OK);
    CHECK(copp_equal(mac, fields.mac, sizeof mac));
    CHECK(copp_request_from_guid(fields.guid, &request) && fields.sequence == driver->command_sequence);
    CHECK(fields.size == (request == COPP_SET_SIGNALING ? COPP_SET_SIGNALING_SIZE : COPP_SET_PROTECTION_LEVEL_SIZE));
    enum copp_result result = end_call(driver, call, hresult);
    driver->command_sequence += !result && *hresult == COPP_HR_OK;
    if (!result)
        note_history(driver, 4, message->bytes, *hresult);
    return result;
}

static uint32_t answer_size(enum copp_request request) {
    switch (request) {
    case COPP_QUERY_DISPLAY_DATA:
        return COPP_STATUS_DISPLAY_SIZE;
    case COPP_QUERY_HDCP_KEY_DATA:
        return COPP_STATUS_HDCP_KEY_SIZE;
    case COPP_QUERY_SIGNALING:
        return COPP_STATUS_SIGNALING_SIZE;
    default:
        return COPP_STATUS_SIZE;
    }
}

/* An answer that is well formed, whatever it says. */
static void compose(struct driver *driver, enum reply reply, enum copp_request request, const uint8_t *r_app, uint8_t *answer) {
    static const uint8_t bksvs[4][5] = {
        {0x14, 0xf7, 0x61, 0x03, 0xb7}, {0xcd, 0x1a, 0xf2, 0x1e, 0x51}, {0, 0, 0, 0, 0}, {0xff, 0xff, 0x0f, 0, 1}};
    memcpy(answer, r_app, COPP_RANDOM_SIZE);
    if (reply == REPLY_SIGNED_BYTES) {
        fuzz_fill(driver->input, answer + COPP_RANDOM_SIZE, 28);
        return;
    }
    put_u32(answer + 16, fuzz_u8(driver->input) & 3u);
    put_u32(answer + 20, fuzz_u8(driver->input));
    if (request == COPP_QUERY_HDCP_KEY_DATA)
        memcpy(answer + 24, bksvs[fuzz_one_of(driver->input, 4)], 5);
}

static void sign(const struct driver *driver, struct copp_status_output *output) {
    CHECK(copp_omac_tag(driver->omac, output->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, output->bytes) == COPP_OK);
}

static void write_answer(struct driver *driver, enum reply reply, enum copp_request request,
                         const struct copp_status_input *input, struct copp_status_output *output) {
    uint8_t answer[COPP_STATUS_SIGNALING_SIZE] = {0};
    compose(driver, reply, request, input->bytes, answer);
    if (reply == REPLY_BAD_R_APP)
        answer[fuzz_one_of(driver->input, COPP_RANDOM_SIZE)] ^= 1;
    struct copp_status_output_fields fields = {.size = answer_size(request), .data = answer};
    CHECK(copp_status_output_encode(&fields, output) == COPP_OK);
    if (driver->binds)
        compose_binding(driver, input, driver->call, output->bytes + BINDING_AT);
    if (reply == REPLY_BAD_BINDING) {
        uint32_t at = BINDING_AT + fuzz_one_of(driver->input, BINDING_SIZE);
        output->bytes[at] ^= fuzz_u8(driver->input);
    }
    if (reply == REPLY_BAD_SIZE)
        put_u32(output->bytes + COPP_MAC_SIZE, fuzz_u32(driver->input));
    sign(driver, output);
    if (reply == REPLY_BAD_MAC)
        output->bytes[fuzz_one_of(driver->input, COPP_MAC_SIZE)] ^= 0x80;
}

/* QRY-4, judged by what was written, whatever reply meant to write. */
static bool is_authentic(const struct driver *driver, enum copp_request request, const struct copp_status_input *input,
                         const struct copp_status_output *output) {
    uint8_t mac[COPP_MAC_SIZE];
    CHECK(copp_omac_tag(driver->omac, output->bytes + COPP_MAC_SIZE, COPP_AUTHENTICATED_SIZE, mac) == COPP_OK);
    return copp_equal(mac, output->bytes, sizeof mac) && get_u32(output->bytes + COPP_MAC_SIZE) == answer_size(request) &&
           copp_equal(output->bytes + 20, input->bytes, COPP_RANDOM_SIZE) && binding_holds(driver, input, output);
}

static void note_claims(struct driver *driver, enum copp_request request, uint32_t type, const uint8_t *answer) {
    struct claim claim = {get_u32(answer + 20), driver->call};
    uint32_t flags = get_u32(answer + 16);
    driver->events |= flags;
    driver->link_lost = driver->link_lost || flags & COPP_STATUS_LINK_LOST;
    if (request == COPP_QUERY_LOCAL_PROTECTION_LEVEL && type < 8)
        driver->local[type] = claim;
    if (request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL && type < 8)
        driver->global[type] = claim;
    if (request == COPP_QUERY_CONNECTOR_TYPE)
        driver->connector = claim;
    if (request == COPP_QUERY_HDCP_KEY_DATA) {
        driver->receiver = claim;
        memcpy(driver->bksv, answer + 24, sizeof driver->bksv);
    }
}

static enum copp_result status(struct copp_transport *transport, const struct copp_call *call,
                               const struct copp_status_input *input, struct copp_status_output *output, uint32_t *hresult) {
    struct driver *driver = driver_of(transport);
    struct copp_status_input_fields fields;
    enum copp_request request;
    CHECK(driver->started);
    copp_status_input_decode(input, &fields);
    CHECK(copp_request_from_guid(fields.guid, &request) && fields.sequence == driver->status_sequence);
    CHECK(!copp_equal(fields.r_app, driver->r_app, COPP_RANDOM_SIZE)); /* QRY-4: fresh */
    memcpy(driver->r_app, fields.r_app, COPP_RANDOM_SIZE);
    driver->deadline_ms = call->deadline_ms;
    CHECK((call->deadline_ms == COPP_NO_DEADLINE) == !(driver->looks && driver->has_clock));
    CHECK(!driver->looks || !driver->has_clock || call->deadline_ms <= driver->clock_ms + COPP_POLL_MS);
    if (request == COPP_QUERY_CONNECTOR_TYPE)
        driver->asked_ms = driver->clock_ms;
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
    if (!driver->call_result && *hresult != COPP_HR_OK)
        note_history(driver, 5, input->bytes, *hresult);
    if (driver->call_result || (*hresult == COPP_HR_OK && !driver->authentic))
        driver->over = true;
    else if (*hresult == COPP_HR_OK) {
        driver->status_sequence++;
        driver->bound = driver->bound || has_mark(output);
        note_claims(driver, request, fields.size ? get_u32(fields.data) : 0, output->bytes + 20);
    }
    return good ? driver->call_result : COPP_OK;
}

static uint64_t clock_now(struct copp_transport *transport) {
    return ((struct driver *)transport)->clock_ms;
}

static void never_freed(struct copp_transport *transport) {
    CHECK(transport == NULL); /* it is the caller's: never called */
}

/* --- the application's calls --- */

/* What a call must answer that has asked the driver once. */
static enum copp_result due(const struct driver *driver, bool query) {
    if (driver->call_result)
        return COPP_E_TRANSPORT;
    if (driver->hresult != COPP_HR_OK)
        return COPP_E_REFUSED;
    return query && !driver->authentic ? COPP_E_AUTHENTICATION : COPP_OK;
}

static uint32_t told(const struct driver *driver) {
    return get_u32(driver->last.bytes + 20 + 20); /* the word after rApp and flags */
}

static void query(struct driver *driver, struct copp_session *session, struct fuzz_input *input) {
    enum copp_request request = COPP_QUERY_CONNECTOR_TYPE + fuzz_one_of(input, 8);
    uint32_t type = fuzz_u8(input);
    uint32_t word = 0xA5A5A5A5;
    struct copp_display display = {.width = word};
    struct copp_status_hdcp_key key = {.hdcp_flags = word};
    struct copp_status_signaling signaling = {.available_standards = word};
    enum copp_result result;
    switch (request) {
    case COPP_QUERY_CONNECTOR_TYPE:
        result = copp_session_connector_type(session, &word);
        break;
    case COPP_QUERY_PROTECTION_TYPE:
        result = copp_session_protection_types(session, &word);
        break;
    case COPP_QUERY_LOCAL_PROTECTION_LEVEL:
        result = copp_session_local_level(session, type, &word);
        break;
    case COPP_QUERY_GLOBAL_PROTECTION_LEVEL:
        result = copp_session_global_level(session, type, &word);
        break;
    case COPP_QUERY_DISPLAY_DATA:
        result = copp_session_display(session, &display);
        word = display.width;
        break;
    case COPP_QUERY_HDCP_KEY_DATA:
        result = copp_session_hdcp_key(session, &key);
        word = key.hdcp_flags;
        break;
    case COPP_QUERY_BUS_DATA:
        result = copp_session_bus_type(session, &word);
        break;
    default:
        result = copp_session_signaling(session, &signaling);
        word = signaling.available_standards;
        break;
    }
    if (driver->called)
        CHECK(result == due(driver, true));
    else
        CHECK(result != COPP_OK && driver->over);
    CHECK(word == (result ? 0xA5A5A5A5 : told(driver)));
}

static void check_command(const struct driver *driver, enum copp_result result) {
    if (driver->called)
        CHECK(result == due(driver, false));
    else
        CHECK(driver->over || (driver->link_lost && result == COPP_E_LINK_LOST));
    CHECK(result != COPP_OK || driver->called);
}

static void set_level(struct driver *driver, struct copp_session *session, struct fuzz_input *input) {
    uint32_t type = fuzz_u8(input);
    check_command(driver, copp_session_set_protection_level(session, type, fuzz_u8(input)));
}

static void set_signaling(struct driver *driver, struct copp_session *session, struct fuzz_input *input) {
    struct copp_set_signaling set = {.standard = fuzz_u8(input)};
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++) {
        set.aspect[i].mask = fuzz_u8(input);
        set.aspect[i].data = fuzz_u8(input);
    }
    set.reserved = fuzz_u8(input);
    check_command(driver, copp_session_set_signaling(session, &set));
}

/* --- what counts as protected --- */

static bool embedded(uint32_t connector) {
    uint32_t kind = connector & ~COPP_CONNECTOR_INTERNAL;
    return connector != COPP_CONNECTOR_UNKNOWN &&
           (connector & COPP_CONNECTOR_INTERNAL || kind == COPP_CONNECTOR_LVDS || kind == COPP_CONNECTOR_DISPLAYPORT_EMBEDDED ||
            kind == COPP_CONNECTOR_UDI_EMBEDDED);
}

static void check_type(const struct driver *driver, uint32_t type, uint32_t wanted) {
    if (!wanted)
        return;
    const struct claim *local = &driver->local[type];
    const struct claim *global = &driver->global[type];
    CHECK(local->call == driver->call && local->word == wanted);
    CHECK(global->call == driver->call && copp_level_rank(type, global->word) >= copp_level_rank(type, wanted));
    if (type == COPP_PROTECTION_TYPE_CGMSA)
        CHECK(!(wanted & ~global->word & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED));
}

/* The session has said that what is required is in force: then the driver has said so, in this very call. */
static void check_protected(const struct driver *driver, const struct copp_requirement *required) {
    uint8_t ksv[COPP_KSV_SIZE];
    CHECK(!driver->over && !driver->link_lost);
    CHECK(driver->connector.call == driver->call);
    bool skipped =
        required->hdcp && embedded(driver->connector.word) && (driver->bound || required->embedded_unbound); /* BIND-8 */
    check_type(driver, COPP_PROTECTION_TYPE_HDCP, skipped ? 0 : required->hdcp);
    check_type(driver, COPP_PROTECTION_TYPE_ACP, required->acp);
    check_type(driver, COPP_PROTECTION_TYPE_CGMSA, required->cgmsa);
    if (!required->hdcp || skipped)
        return;
    if (driver->receiver.call != driver->call) { /* the driver has named none */
        CHECK(required->unnamed_receiver);
        return;
    }
    copp_ksv_from_bksv(driver->bksv, ksv);
    CHECK(!(driver->receiver.word & COPP_HDCP_REPEATER)); /* APP-1 */
    CHECK(copp_ksv_valid(ksv) && !copp_srm_revoked(fixed.srm, ksv)); /* APP-2 */
}

#define PLAYER_AHEAD_MS 7000u

struct player {
    struct copp_session *session;
    struct copp_requirement required;
    bool renegotiates; /* watch has said so */
    bool stopped; /* the same */
    uint64_t believed_ms; /* APP-3, on the driver's clock */
};

/* APP-3, of a look that has not stopped anything: it was through while the last one counted, or within its own time. */
static void check_times(const struct driver *driver, struct player *player, bool sets, uint64_t began_ms) {
    uint64_t looked_ms = driver->asked_ms < began_ms ? began_ms : driver->asked_ms; /* it need not ask if it knows */
    bool follows = !sets && began_ms < player->believed_ms;
    uint64_t end_ms = follows ? player->believed_ms : looked_ms + COPP_POLL_MS;
    CHECK(driver->clock_ms <= end_ms);
    if (driver->has_clock && driver->asked_ms >= began_ms && driver->called)
        CHECK(driver->deadline_ms == end_ms);
    player->believed_ms = looked_ms + COPP_POLL_MS;
}

static void protect(struct driver *driver, struct player *player, struct fuzz_input *input) {
    uint8_t hdcp = fuzz_u8(input);
    struct copp_requirement required = {
        .size = sizeof required, .hdcp = hdcp & 0x3Fu, .unnamed_receiver = hdcp & 0x80u, .embedded_unbound = hdcp & 0x40u};
    required.acp = fuzz_u8(input);
    required.cgmsa = fuzz_u8(input);
    uint64_t began_ms = driver->clock_ms;
    enum copp_stop stop = copp_session_protect(player->session, &required, began_ms + PLAYER_AHEAD_MS);
    player->required = required;
    CHECK(!(player->stopped && stop == COPP_STOP_NONE));
    player->renegotiates = false;
    if (stop != COPP_STOP_NONE)
        return;
    check_protected(driver, &required);
    check_times(driver, player, true, began_ms);
}

static void watch(struct driver *driver, struct player *player, struct fuzz_input *input) {
    struct copp_poll step = {.size = sizeof step};
    driver->clock_ms += 100u * fuzz_u8(input);
    uint64_t began_ms = driver->clock_ms;
    copp_session_poll(player->session, began_ms + PLAYER_AHEAD_MS, &step);
    CHECK((step.state == COPP_POLL_STOP) == (step.stop != COPP_STOP_NONE));
    CHECK(!player->stopped || step.state == COPP_POLL_STOP);
    if (step.state == COPP_POLL_STOP) {
        CHECK(step.deadline_ms == UINT64_MAX);
    } else {
        CHECK(step.late == (began_ms > player->believed_ms || (driver->has_clock && began_ms == player->believed_ms)));
        check_times(driver, player, player->renegotiates, began_ms);
        bool shows = step.state == COPP_POLL_PROTECTED;
        CHECK(step.deadline_ms == (shows ? player->believed_ms : began_ms) + PLAYER_AHEAD_MS);
        if (shows)
            check_protected(driver, &player->required);
    }
    player->renegotiates = step.state == COPP_POLL_RENEGOTIATE;
    player->stopped = player->stopped || (step.state == COPP_POLL_STOP && driver->called);
}

static void one_call(struct driver *driver, struct player *player, struct fuzz_input *input) {
    enum copp_result result;
    enum session_op op = fuzz_one_of(input, CALL_KINDS);
    driver->call++;
    driver->called = false;
    driver->looks = op == CALL_PROTECT || op == CALL_WATCH;
    switch (op) {
    case CALL_QUERY:
        query(driver, player->session, input);
        break;
    case CALL_SET_LEVEL:
        set_level(driver, player->session, input);
        break;
    case CALL_SET_SIGNALING:
        set_signaling(driver, player->session, input);
        break;
    case CALL_PROTECT:
        protect(driver, player, input);
        break;
    case CALL_WATCH:
        watch(driver, player, input);
        break;
    case CALL_UNPROTECT:
        result = copp_session_unprotect(player->session);
        CHECK(result != COPP_OK || !driver->called || !driver->over);
        break;
    default:
        CHECK(copp_session_take_events(player->session) == driver->events);
        driver->events = 0;
        break;
    }
}

/* --- all of it --- */

static void begin(void) {
    static const char *const names[3] = {NULL, "crl-v7-empty.bin", "crl-v8-leaf-revoked.bin"};
    struct copp_verdict verdict;
    if (fixed.ready)
        return;
    fixed.ready = true;
    fixed.anchor = fuzz_anchor();
    fixed.chain = fuzz_vector("chain-good.xml");
    CHECK(copp_chain_validate(fixed.chain.bytes, fixed.chain.size, &fixed.anchor, &fixed.known, &verdict) == COPP_OK);
    for (size_t i = 1; i < 3; i++) {
        struct fuzz_bytes list = fuzz_vector(names[i]);
        CHECK(copp_revocation_validate(list.bytes, list.size, &fixed.anchor, &fixed.lists[i], &verdict) == COPP_OK);
        free(list.bytes);
    }
    const struct copp_srm_key key = {.size = sizeof key, .kind = COPP_SRM_KEY_FACSIMILE};
    struct fuzz_bytes srm = fuzz_vector("srm-facsimile.bin"); /* it revokes 511ef21acd */
    CHECK(copp_srm_verify(srm.bytes, srm.size, &key, &fixed.srm, &verdict) == COPP_OK);
    free(srm.bytes);
}

/* SES-9: a session begins only under a chain that leads to the anchor and is not revoked. */
static bool establish(struct driver *driver, struct copp_session *session, bool revoked) {
    struct copp_verdict verdict;
    enum copp_result result = copp_session_exchange(session, &verdict);
    if (driver->chain_good)
        CHECK(result == (revoked ? COPP_E_REVOKED : COPP_OK));
    CHECK(!(revoked && result == COPP_OK));
    if (result) {
        driver->over = true;
        CHECK(!copp_session_chain(session) && copp_session_start(session) == result);
        return false;
    }
    CHECK(copp_public_key_equal(copp_chain_leaf_key(copp_session_chain(session)), copp_chain_leaf_key(fixed.known)));
    result = copp_session_start(session);
    CHECK(result == due(driver, false));
    return result == COPP_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct copp_transport_ops ops = {.size = sizeof ops,
                                                  .key_exchange = key_exchange,
                                                  .session_sequence_start = sequence_start,
                                                  .protection_command = command,
                                                  .protection_status = status,
                                                  .free = never_freed,
                                                  .now_ms = clock_now};
    static const struct copp_transport_ops no_clock = {.size = sizeof no_clock,
                                                       .key_exchange = key_exchange,
                                                       .session_sequence_start = sequence_start,
                                                       .protection_command = command,
                                                       .protection_status = status,
                                                       .free = never_freed};
    static const struct copp_random_ops random_ops = {sizeof random_ops, draw};
    begin();
    struct fuzz_input input = {data, size};
    uint8_t choice = fuzz_u8(&input);
    struct driver driver = {.transport = {choice & 0x40 ? &ops : &no_clock},
                            .has_clock = choice & 0x40,
                            .random = {&random_ops},
                            .input = &input,
                            .next = 1,
                            .binds = choice & 0x10,
                            .demanded = choice & 0x20};
    unsigned list = (choice >> 2 & 3) % 3;
    const struct copp_revocation_list *const revocations[] = {fixed.lists[list]};
    const struct copp_srm *const srms[] = {fixed.srm};
    const struct copp_session_lists lists = {.size = sizeof lists,
                                             .revocations = revocations,
                                             .revocation_count = fixed.lists[list] ? 1 : 0,
                                             .srms = srms,
                                             .srm_count = 1};
    const struct copp_session_config config = {.size = sizeof config,
                                               .anchor = &fixed.anchor,
                                               .lists = &lists,
                                               .known_chain = choice & 2 ? fixed.known : NULL,
                                               .random = &driver.random,
                                               .form = choice & 1 ? COPP_FORM_SWAP256 : COPP_FORM_SWAP40,
                                               .binding = driver.demanded ? COPP_BINDING_REQUIRED : COPP_BINDING_OPTIONAL,
                                               .connector = CONNECTOR};
    struct player player = {.believed_ms = 0};
    CHECK(copp_omac_new(&driver.omac) == COPP_OK);
    CHECK(copp_session_new(&config, &driver.transport, &player.session) == COPP_OK);
    if (establish(&driver, player.session, list == LIST_LEAF_REVOKED)) {
        while (input.left)
            one_call(&driver, &player, &input);
    }
    copp_session_free(&player.session);
    copp_omac_free(&driver.omac);
    return 0;
}
