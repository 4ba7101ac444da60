/*
 * Somebody without a key between a live session and the library's own device, who changes what goes by in both directions. What
 * must hold: what the session believes is true of the connector that it has named, no event is lost on it, what it was told was
 * done has been done once it believes an answer again, and nothing counts as protected that is not (BIND-3..8).
 */
#include <stdlib.h>
#include <string.h>

#include "between_ops.h"
#include "device/internal.h"
#include "fuzz.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define MESSAGE COPP_MESSAGE_SIZE

/* What the driver has and the player believes. */
struct world {
    struct copp_transport transport; /* first: its calls find the rest through it */
    struct copp_transport *inner;
    struct fuzz_input *input;
    struct copp_sim *sim;
    struct copp_connector *connector; /* where the device is */
    struct copp_device *device;
    struct copp_session *session;
    bool elsewhere; /* that is not the one that was named */
    struct copp_command kept;
    bool keeps;
    struct copp_status_output old;
    uint32_t raised; /* event flags that the player has not heard of yet */
    struct {
        bool known;
        uint32_t level;
    } done[2]; /* HDCP and ACP, as they were reported to be set */
    uint32_t losses; /* of the connector, when they were */
    uint64_t now_ms;
};

static struct {
    bool ready;
    struct copp_public_key anchor;
    struct fuzz_bytes chain;
    struct copp_chain *known;
    struct copp_private_key *key;
} fixed;

static void put_u32(uint8_t *bytes, uint32_t value) {
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* --- in between --- */

static const struct copp_call no_hurry = {.size = sizeof no_hurry, .deadline_ms = COPP_NO_DEADLINE};

static uint32_t some_hresult(struct fuzz_input *input) {
    static const uint32_t hresults[] = {COPP_HR_OK, COPP_HR_INVALIDARG, COPP_HR_UNEXPECTED, COPP_HR_TOOBIGSIZE, 1};
    return hresults[fuzz_one_of(input, sizeof hresults / sizeof hresults[0])];
}

static void change(struct fuzz_input *input, uint8_t *message) {
    uint32_t at = fuzz_u16(input) % MESSAGE;
    message[at] ^= fuzz_u8(input);
}

static void ask_other(struct fuzz_input *input, uint8_t *message) {
    enum copp_request request = COPP_QUERY_CONNECTOR_TYPE + fuzz_one_of(input, 8);
    bool level = request == COPP_QUERY_LOCAL_PROTECTION_LEVEL || request == COPP_QUERY_GLOBAL_PROTECTION_LEVEL;
    uint32_t type = fuzz_u8(input);
    memcpy(message + 16, copp_request_guid(request), COPP_GUID_SIZE);
    put_u32(message + 36, level ? 4 : 0);
    put_u32(message + 40, level ? type : 0);
}

static void deliver(struct world *world) {
    uint32_t ignored;
    if (world->keeps)
        CHECK(world->inner->ops->protection_command(world->inner, &no_hurry, &world->kept, &ignored) == COPP_OK);
    world->keeps = false;
}

static void own_question(struct world *world, const uint8_t *message) {
    struct copp_status_input own;
    struct copp_status_output dropped;
    uint32_t ignored;
    memcpy(own.bytes, message, sizeof own.bytes);
    ask_other(world->input, own.bytes);
    CHECK(world->inner->ops->protection_status(world->inner, &no_hurry, &own, &dropped, &ignored) == COPP_OK);
}

/* What is done to a request, or before it. False: it goes no further. */
static bool meddle(struct world *world, enum meddling how, uint8_t *message, uint32_t *hresult) {
    struct fuzz_input *input = world->input;
    switch (how) {
    case MEDDLE_REQUEST:
        change(input, message);
        break;
    case MEDDLE_SWALLOW:
        *hresult = some_hresult(input);
        return false;
    case MEDDLE_RENUMBER:
        put_u32(message + 32, get_u32(message + 32) + fuzz_u8(input));
        break;
    case MEDDLE_OTHER_QUESTION:
        ask_other(input, message);
        break;
    case MEDDLE_DELIVER:
        deliver(world);
        break;
    case MEDDLE_OWN_QUESTION:
        own_question(world, message);
        break;
    default:
        break;
    }
    return true;
}

static struct world *world_of(struct copp_transport *transport) {
    return (struct world *)(void *)transport;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain, size_t *size, uint32_t *hresult) {
    struct copp_transport *inner = world_of(transport)->inner;
    return inner->ops->key_exchange(inner, call, random, chain, size, hresult);
}

static enum copp_result sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                       const struct copp_signature *signature, uint32_t *hresult) {
    struct copp_transport *inner = world_of(transport)->inner;
    return inner->ops->session_sequence_start(inner, call, signature, hresult);
}

static enum copp_result command(struct copp_transport *transport, const struct copp_call *call,
                                const struct copp_command *message, uint32_t *hresult) {
    (void)call;
    struct world *world = world_of(transport);
    struct copp_transport *inner = world->inner;
    struct copp_command sent = *message;
    enum meddling how = fuzz_one_of(world->input, MEDDLE_KINDS);
    if (how == MEDDLE_KEEP) {
        world->kept = sent;
        world->keeps = true;
        *hresult = COPP_HR_OK;
        return COPP_OK;
    }
    if (!meddle(world, how, sent.bytes, hresult))
        return COPP_OK;
    enum copp_result result = inner->ops->protection_command(inner, &no_hurry, &sent, hresult);
    if (how == MEDDLE_TWICE)
        result = inner->ops->protection_command(inner, &no_hurry, &sent, hresult);
    if (how == MEDDLE_HRESULT)
        *hresult = some_hresult(world->input);
    return result;
}

static enum copp_result status(struct copp_transport *transport, const struct copp_call *call,
                               const struct copp_status_input *input, struct copp_status_output *output, uint32_t *hresult) {
    (void)call;
    struct world *world = world_of(transport);
    struct copp_transport *inner = world->inner;
    struct copp_status_input sent = *input;
    enum meddling how = fuzz_one_of(world->input, MEDDLE_KINDS);
    if (!meddle(world, how, sent.bytes, hresult))
        return COPP_OK;
    enum copp_result result = inner->ops->protection_status(inner, &no_hurry, &sent, output, hresult);
    if (how == MEDDLE_TWICE) {
        put_u32(sent.bytes + 32, get_u32(sent.bytes + 32) + 1);
        result = inner->ops->protection_status(inner, &no_hurry, &sent, output, hresult);
    }
    if (how == MEDDLE_HRESULT)
        *hresult = some_hresult(world->input);
    if (how == MEDDLE_ANSWER)
        change(world->input, output->bytes);
    struct copp_status_output given = *output;
    if (how == MEDDLE_OLD_ANSWER)
        *output = world->old;
    world->old = given;
    return result;
}

static void never_freed(struct copp_transport *transport) {
    CHECK(transport == NULL);
}

/* --- what is true --- */

static uint32_t applied(const struct world *world, uint32_t type) {
    struct copp_protection protection = {.size = sizeof protection};
    copp_connector_protection(world->connector, &protection);
    return type == HDCP ? protection.hdcp : protection.acp;
}

static uint32_t losses(const struct world *world) {
    struct copp_connector_view view = {.size = sizeof view};
    copp_connector_inspect(world->connector, &view);
    return view.losses;
}

/* The session has believed an answer: events, what was reported as done, and the connector itself are as it thinks. */
static void check_believed(struct world *world) {
    uint32_t events = copp_session_take_events(world->session);
    CHECK(!world->elsewhere);
    CHECK(copp_session_bound(world->session) & COPP_BOUND);
    CHECK(!(copp_session_bound(world->session) & COPP_BOUND_REAL));
    CHECK(!(world->raised & ~events)); /* none was eaten */
    world->raised = COPP_STATUS_NORMAL;
    if (losses(world) != world->losses) /* EVT-3 */
        world->done[0].known = world->done[1].known = false;
    world->losses = losses(world);
    for (size_t i = 0; i < 2; i++)
        CHECK(!world->done[i].known || world->device->level[i ? COPP_TYPE_ACP : COPP_TYPE_HDCP] == world->done[i].level);
}

static void check_protected(struct world *world, const struct copp_requirement *required) {
    struct copp_output_state state;
    copp_connector_state(world->connector, &state);
    CHECK(!world->elsewhere);
    CHECK(applied(world, HDCP) >= required->hdcp && applied(world, ACP) >= required->acp);
    /* what is not required may still be held: that it was given back is known with the next answer */
    CHECK(!required->hdcp || world->device->level[COPP_TYPE_HDCP] == required->hdcp);
    CHECK(!required->acp || world->device->level[COPP_TYPE_ACP] == required->acp);
    CHECK(!required->hdcp || (state.hdcp_receiver && !state.repeater)); /* APP-1, whatever unnamed_receiver allows */
    CHECK(!(world->raised & COPP_STATUS_LINK_LOST));
    check_believed(world);
}

/* --- the player --- */

static void query(struct world *world, struct fuzz_input *input) {
    unsigned which = fuzz_one_of(input, 6);
    uint32_t type = fuzz_one_of(input, 2) ? ACP : HDCP;
    uint32_t word = 0;
    uint32_t truth = 0;
    struct copp_status_hdcp_key key = {.hdcp_flags = 0};
    struct copp_output_state state;
    enum copp_result result;
    switch (which) {
    case 0:
        result = copp_session_connector_type(world->session, &word);
        truth = world->connector->config.connector_type;
        break;
    case 1:
        result = copp_session_protection_types(world->session, &word);
        truth = world->connector->config.protection_types;
        break;
    case 2:
        result = copp_session_local_level(world->session, type, &word);
        truth = world->device->level[type == HDCP ? COPP_TYPE_HDCP : COPP_TYPE_ACP];
        break;
    case 3:
        result = copp_session_global_level(world->session, type, &word);
        truth = applied(world, type);
        break;
    case 4:
        result = copp_session_hdcp_key(world->session, &key);
        copp_connector_state(world->connector, &state);
        word = key.hdcp_flags;
        truth = state.repeater ? COPP_HDCP_REPEATER : 0;
        break;
    default:
        result = copp_session_bus_type(world->session, &word);
        truth = world->connector->config.bus_type;
        break;
    }
    if (result)
        return;
    CHECK(word == truth);
    check_believed(world);
}

static void set_level(struct world *world, struct fuzz_input *input) {
    bool acp = fuzz_one_of(input, 2);
    uint32_t level = fuzz_one_of(input, 2);
    if (copp_session_set_protection_level(world->session, acp ? ACP : HDCP, level))
        return;
    world->done[acp].known = true;
    world->done[acp].level = level;
}

/* protect and poll set levels as well. */
static void forget_levels(struct world *world) {
    world->done[0].known = world->done[1].known = false;
}

static void protect(struct world *world, struct copp_requirement *required, struct fuzz_input *input) {
    uint8_t choice = fuzz_u8(input);
    *required = (struct copp_requirement){.size = sizeof *required,
                                          .hdcp = choice & 1,
                                          .acp = choice >> 1 & 1,
                                          .unnamed_receiver = choice & 4,
                                          .embedded_unbound = choice & 8};
    enum copp_stop stop = copp_session_protect(world->session, required, world->now_ms);
    forget_levels(world);
    if (stop == COPP_STOP_NONE)
        check_protected(world, required);
}

static void poll_once(struct world *world, const struct copp_requirement *required) {
    struct copp_poll poll = {.size = sizeof poll};
    world->now_ms += 500;
    copp_session_poll(world->session, world->now_ms, &poll);
    forget_levels(world);
    if (poll.state != COPP_POLL_PROTECTED) {
        world->raised &= ~poll.events; /* it has heard of these */
        return;
    }
    CHECK(!(world->raised & ~poll.events)); /* what came before the levels were set again is told all the same */
    check_protected(world, required);
}

static void happen(struct world *world, struct fuzz_input *input) {
    static const char *const events[] = {"unplug HDMI-1",          "plug HDMI-1",         "mode HDMI-1 720p60",
                                         "mode HDMI-1 1080p60",    "hdcp-fail HDMI-1",    "tamper HDMI-1",
                                         "repeater HDMI-1 on",     "repeater HDMI-1 off", "hdcp-refuse HDMI-1 on",
                                         "hdcp-refuse HDMI-1 off", "refuse HDMI-1 on",    "refuse HDMI-1 off"};
    struct copp_sim_error error;
    CHECK(copp_sim_event(world->sim, events[fuzz_one_of(input, sizeof events / sizeof events[0])], &error) == COPP_OK);
    world->raised |= world->device->flags;
}

/* --- all of it --- */

static void begin(void) {
    struct copp_verdict verdict;
    if (fixed.ready)
        return;
    fixed.ready = true;
    fixed.anchor = fuzz_anchor();
    fixed.key = fuzz_leaf_key();
    fixed.chain = fuzz_vector("chain-good.xml");
    CHECK(copp_chain_validate(fixed.chain.bytes, fixed.chain.size, &fixed.anchor, &fixed.known, &verdict) == COPP_OK);
}

static void establish(struct world *world, uint8_t choice) {
    static const char description[] =
        "[adapter]\nbus = pci-express\nintegrated = yes\n"
        "[output HDMI-1]\ntype = hdmi\nprotections = hdcp acp\nmodes = 1080p60 720p60\nksv = b70361f714\n"
        "[output HDMI-2]\ntype = hdmi\nprotections = hdcp acp\nmodes = 1080p60\nksv = b70361f714\n";
    const struct copp_sim_config adapter = {.size = sizeof adapter,
                                            .description = description,
                                            .chain_bytes = fixed.chain.bytes,
                                            .chain_size = fixed.chain.size,
                                            .key = fixed.key};
    const struct copp_session_config config = {.size = sizeof config,
                                               .anchor = &fixed.anchor,
                                               .known_chain = fixed.known,
                                               .binding =
                                                   choice & BETWEEN_OPTIONAL ? COPP_BINDING_OPTIONAL : COPP_BINDING_REQUIRED,
                                               .connector = "HDMI-1"};
    struct copp_sim_error error;
    CHECK(copp_sim_new(&adapter, &world->sim, &error) == COPP_OK);
    world->elsewhere = choice & BETWEEN_ELSEWHERE;
    world->connector = copp_sim_connector(world->sim, world->elsewhere ? "HDMI-2" : "HDMI-1");
    CHECK(copp_local_transport_open(world->connector, NULL, &world->inner) == COPP_OK);
    world->device = world->connector->devices;
    CHECK(copp_session_new(&config, &world->transport, &world->session) == COPP_OK);
    CHECK(copp_session_establish(world->session, NULL) == COPP_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct copp_transport_ops ops = {.size = sizeof ops,
                                                  .key_exchange = key_exchange,
                                                  .session_sequence_start = sequence_start,
                                                  .protection_command = command,
                                                  .protection_status = status,
                                                  .free = never_freed};
    struct fuzz_input input = {data, size};
    struct world world = {.transport = {&ops}, .input = &input};
    struct copp_requirement required = {.size = sizeof required};
    begin();
    establish(&world, fuzz_u8(&input));
    while (input.left) {
        switch (fuzz_one_of(&input, PLAY_OPS)) {
        case PLAY_QUERY:
            query(&world, &input);
            break;
        case PLAY_LEVEL:
            set_level(&world, &input);
            break;
        case PLAY_PROTECT:
            protect(&world, &required, &input);
            break;
        case PLAY_POLL:
            poll_once(&world, &required);
            break;
        default:
            happen(&world, &input);
            break;
        }
    }
    copp_session_free(&world.session);
    copp_transport_free(&world.inner);
    copp_sim_free(&world.sim);
    return 0;
}
