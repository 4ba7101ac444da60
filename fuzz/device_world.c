#include "device_world.h"

#include <string.h>

static const char description[] = "[adapter]\n"
                                  "bus = pci-express\n"
                                  "pending_limit = 2000\n"
                                  "[output HDMI]\n"
                                  "type = hdmi\n"
                                  "protections = hdcp\n"
                                  "modes = 1080p60 720p60\n"
                                  "ksv = b70361f714\n"
                                  "hdcp_delay = 500\n"
                                  "[output DVI]\n"
                                  "type = dvi\n"
                                  "protections = hdcp acp cgms-a\n"
                                  "modes = 720p60 480p59.94 1080i59.94\n"
                                  "ksv = 511ef21acd\n"
                                  "tv_standards = CEA805A_TypeA_525p CEA805A_TypeA_750p CEA805A_TypeA_1125i\n"
                                  "default_standard = CEA805A_TypeA_750p\n"
                                  "[output Component]\n"
                                  "type = component\n"
                                  "protections = acp cgms-a\n"
                                  "modes = 480i59.94 576i50 480p59.94 720p59.94 1080i59.94\n"
                                  "tv_standards = IEC61880_525i EN300294_625i CEA805A_TypeA_525p CEA805A_TypeA_750p\n"
                                  "default_standard = IEC61880_525i\n"
                                  "tv_type = ntsc\n"
                                  "[output SVideo]\n"
                                  "type = svideo\n"
                                  "protections = acp cgms-a\n"
                                  "modes = 480i59.94 576i50\n"
                                  "tv_standards = IEC61880_525i EIA608B_525 EN300294_625i\n"
                                  "pair = Composite\n"
                                  "[output Composite]\n"
                                  "type = composite\n"
                                  "[output eDP]\n"
                                  "type = edp\n"
                                  "internal = yes\n"
                                  "protections = none\n"
                                  "modes = 1080p60\n"
                                  "[script]\n"
                                  "400000 = unplug HDMI\n"
                                  "500000 = plug HDMI\n";

static const char *const names[OWN_CONNECTOR] = {"HDMI", "DVI", "Component", "SVideo", "eDP"};

const uint8_t world_session_key[COPP_KEY_SIZE] = {0x5e, 0x55, 0x10};

/* --- the output of our own --- */

static void own_state(struct copp_output *output, struct copp_output_state *state) {
    const struct own_output *own = (const struct own_output *)output;
    const struct copp_format format = {.sample_format = COPP_SAMPLE_PROGRESSIVE_FRAME};
    state->display = (struct copp_display){720, own->height, copp_format_pack(&format), COPP_D3DFMT_X8R8G8B8, 60, 1};
    state->mode = own->mode;
}

static enum copp_result result_of(enum output_answer answer) {
    static const enum copp_result results[ANSWER_KINDS] = {[ANSWER_OK] = COPP_OK,
                                                           [ANSWER_PENDING] = COPP_E_PENDING,
                                                           [ANSWER_RESOLUTION] = COPP_E_RESOLUTION,
                                                           [ANSWER_FAILED] = COPP_E_FAILED,
                                                           [ANSWER_LINK_LOST] = COPP_E_LINK_LOST};
    return results[answer];
}

static void own_take(struct own_output *own, enum output_answer answer) {
    if (answer == ANSWER_OK)
        own->in_force = own->wanted;
    if (answer == ANSWER_LINK_LOST)
        own->in_force.hdcp = own->in_force.acp = own->in_force.cgmsa = 0;
}

static enum copp_result own_apply(struct copp_output *output, const struct copp_protection *wanted) {
    struct own_output *own = (struct own_output *)output;
    CHECK(!own->pending);
    CHECK(world_level_valid(COPP_TYPE_HDCP, wanted->hdcp) && world_level_valid(COPP_TYPE_ACP, wanted->acp) &&
          world_level_valid(COPP_TYPE_CGMSA, wanted->cgmsa));
    CHECK(!wanted->acp || own->height < 720); /* CMD-4: no component signal of that size carries it */
    own->wanted = *wanted;
    own->pending = own->answer == ANSWER_PENDING;
    own_take(own, own->answer);
    return result_of(own->answer);
}

static void own_cancel(struct copp_output *output) {
    struct own_output *own = (struct own_output *)output;
    CHECK(own->pending);
    own->pending = false;
}

void world_own_lands(struct world *world, enum output_answer answer) {
    struct own_output *own = &world->own;
    if (!own->pending || answer == ANSWER_PENDING)
        return;
    own->pending = false;
    own_take(own, answer);
    copp_connector_applied(world->connector[OWN_CONNECTOR], result_of(answer));
}

void world_own_drops(struct world *world, uint32_t types) {
    struct copp_protection *in_force = &world->own.in_force;
    in_force->hdcp = types & COPP_PROTECTION_TYPE_HDCP ? 0 : in_force->hdcp;
    in_force->acp = types & COPP_PROTECTION_TYPE_ACP ? 0 : in_force->acp;
    in_force->cgmsa = types & COPP_PROTECTION_TYPE_CGMSA ? 0 : in_force->cgmsa;
}

/* --- beginning and end --- */

static void add_own_connector(struct world *world) {
    static const struct copp_output_ops ops = {.size = sizeof ops, .state = own_state, .apply = own_apply, .cancel = own_cancel};
    world->own = (struct own_output){.output = {&ops}, .height = 480};
    const struct copp_connector_config config = {.size = sizeof config,
                                                 .output = &world->own.output,
                                                 .connector_type = COPP_CONNECTOR_COMPONENT,
                                                 .protection_types = COPP_ALL_TYPES,
                                                 .tv_standards = COPP_TV_STANDARD_CEA805A_TYPEA_525P |
                                                                 COPP_TV_STANDARD_CEA805A_TYPEB_525P |
                                                                 COPP_TV_STANDARD_ARIBTRB15_525P,
                                                 .default_standard = COPP_TV_STANDARD_CEA805A_TYPEA_525P};
    world->own.in_force = (struct copp_protection){
        .size = sizeof(struct copp_protection), .hdcp = 1, .tv_standard = config.default_standard}; /* a predecessor's */
    CHECK(copp_connector_add(copp_sim_adapter(world->sim), &config, &world->connector[OWN_CONNECTOR]) == COPP_OK);
}

static void reset_signaling(struct world *world, unsigned connector) {
    world->signaling[connector] = (struct copp_protection){.size = sizeof(struct copp_protection),
                                                           .tv_standard = world->connector[connector]->config.default_standard};
}

void world_begin(struct world *world) {
    static const uint8_t chain[] = "<chain/>";
    memset(world, 0, sizeof *world);
    fuzz_key_init(&world->key);
    fuzz_random_init(&world->random, 1);
    const struct copp_sim_config config = {.size = sizeof config,
                                           .description = description,
                                           .chain_bytes = chain,
                                           .chain_size = sizeof chain - 1,
                                           .key = &world->key.key,
                                           .random = &world->random.random};
    struct copp_sim_error error;
    CHECK(copp_sim_new(&config, &world->sim, &error) == COPP_OK);
    for (unsigned i = 0; i < OWN_CONNECTOR; i++) {
        world->connector[i] = copp_sim_connector(world->sim, names[i]);
        CHECK(world->connector[i]);
    }
    add_own_connector(world);
    for (unsigned i = 0; i < CONNECTORS; i++)
        reset_signaling(world, i);
}

/* ARB-4: nobody is left, the desktop neither, and every output is willing again. */
static void check_nothing_is_left(struct world *world) {
    static const struct copp_protection nothing;
    for (unsigned i = 0; i < OWN_CONNECTOR; i++) {
        char event[32] = "refuse ";
        CHECK(copp_sim_event(world->sim, strcat(strcat(event, names[i]), " off"), NULL) == COPP_OK);
    }
    CHECK(copp_sim_event(world->sim, "refuse Composite off", NULL) == COPP_OK);
    world->own.answer = ANSWER_OK;
    world_own_lands(world, ANSWER_OK);
    for (unsigned i = 0; i < CONNECTORS; i++) {
        if (copp_connector_has_type(world->connector[i], COPP_TYPE_ACP))
            CHECK(copp_connector_set_desktop_acp(world->connector[i], 0) == COPP_OK); /* level 0 always succeeds */
        world->desktop_acp[i] = 0;
    }
    for (int i = 0; i < 8; i++)
        world_advance(world, 5000);
    for (unsigned i = 0; i < CONNECTORS; i++) {
        struct copp_protection left = {.size = sizeof left};
        CHECK(copp_connector_devices(world->connector[i]) == 0);
        CHECK(copp_connector_deadline_ms(world->connector[i]) == COPP_NEVER);
        copp_connector_protection(world->connector[i], &left);
        CHECK(left.hdcp == nothing.hdcp && left.acp == nothing.acp && left.cgmsa == nothing.cgmsa);
        CHECK(left.tv_standard == world->connector[i]->config.default_standard);
    }
}

void world_end(struct world *world) {
    for (unsigned i = 0; i < SLOTS; i++) {
        world_close(world, &world->slots[i]);
        world_check(world);
    }
    check_nothing_is_left(world);
    world_check(world);
    copp_sim_free(&world->sim);
    CHECK(!world->sim);
}

/* --- what its sessions have been told --- */

void world_open(struct world *world, struct slot *slot, unsigned connector) {
    if (slot->device)
        return;
    struct copp_output_state state;
    copp_connector_state(world->connector[connector], &state);
    bool single = state.mode == COPP_MODE_SINGLE || state.mode == COPP_MODE_DUALVIEW;
    enum copp_result result = copp_device_open(world->connector[connector], &slot->device);
    CHECK(result == (single ? COPP_OK : COPP_E_UNSUPPORTED_MODE)); /* ARB-6 */
    if (result)
        return;
    slot->connector = connector;
    CHECK(copp_omac_new(&slot->omac) == COPP_OK && copp_omac_set_key(slot->omac, world_session_key) == COPP_OK);
    for (size_t type = 0; type < WORLD_TYPES; type++) {
        bool has = copp_connector_has_type(world->connector[connector], type);
        slot->level[type] = has ? 0 : COPP_NO_PROTECTION_LEVEL_AVAILABLE; /* SES-1 */
    }
}

void world_close(struct world *world, struct slot *slot) {
    bool was_open = slot->device != NULL;
    unsigned connector = slot->connector;
    copp_device_close(&slot->device);
    CHECK(!slot->device);
    copp_omac_free(&slot->omac);
    memset(slot, 0, sizeof *slot);
    if (was_open && !copp_connector_devices(world->connector[connector]))
        reset_signaling(world, connector); /* CMD-5 */
}

static uint32_t masked(uint32_t old, const struct copp_masked *change) {
    return (old & ~change->mask) | (change->data & change->mask); /* CMD-5 */
}

void world_succeeded(struct world *world, struct slot *slot) {
    slot->command_sequence++; /* CMD-3 */
    slot->pending = false;
    if (!slot->pending_signaling) {
        slot->level[slot->pending_type] = slot->pending_level;
        return;
    }
    struct copp_protection *signaling = &world->signaling[slot->connector];
    signaling->tv_standard = slot->pending_set.standard;
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++)
        signaling->aspect[i] = masked(signaling->aspect[i], &slot->pending_set.aspect[i]);
}

void world_advance(struct world *world, uint64_t by_ms) {
    world->now_ms += by_ms;
    for (unsigned i = 0; i < OWN_CONNECTOR; i++)
        world->desktop_unsure[i] = true; /* the simulator's script */
    copp_sim_dispatch(world->sim, world->now_ms);
}

/* --- what must be true --- */

bool world_level_valid(size_t type, uint32_t level) {
    static const uint32_t highest[WORLD_TYPES] = {1, 3, 4};
    uint32_t extra = type == COPP_TYPE_CGMSA ? COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED : 0;
    return (level & ~extra) <= highest[type];
}

/* ARB-2 */
static unsigned rank(size_t type, uint32_t level) {
    static const unsigned ranks[WORLD_TYPES][COPP_LEVELS] = {
        [COPP_TYPE_HDCP] = {0, 1}, [COPP_TYPE_ACP] = {0, 1, 3, 2}, [COPP_TYPE_CGMSA] = {0, 1, 3, 2, 4}};
    CHECK(world_level_valid(type, level));
    return ranks[type][level & 7];
}

static uint32_t higher(size_t type, uint32_t a, uint32_t b) {
    return rank(type, a) >= rank(type, b) ? a : b;
}

/* The levels a connector must apply by ARB-2, ARB-3 and ARB-5, from the sessions alone. */
void world_held(const struct world *world, unsigned connector, uint32_t *level) {
    uint32_t redistribution = 0;
    memset(level, 0, WORLD_TYPES * sizeof *level);
    for (unsigned i = 0; i < SLOTS; i++) {
        const struct slot *slot = &world->slots[i];
        for (size_t type = 0; slot->device && slot->connector == connector && type < WORLD_TYPES; type++) {
            uint32_t held = slot->level[type] == COPP_NO_PROTECTION_LEVEL_AVAILABLE ? 0 : slot->level[type];
            if (type == COPP_TYPE_CGMSA)
                redistribution |= held & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED;
            level[type] = higher(type, level[type], held);
        }
    }
    level[COPP_TYPE_CGMSA] &= ~COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED;
    level[COPP_TYPE_CGMSA] |= redistribution;
}

/* A pending command ends whenever its output does; a level falls only with LinkLost (EVT-3). */
static void check_slot(struct world *world, struct slot *slot) {
    if (!slot->device)
        return;
    uint32_t result = copp_device_command_result(slot->device);
    CHECK(slot->pending || result != COPP_HR_PENDING);
    if (slot->pending && result == COPP_HR_OK)
        world_succeeded(world, slot);
    slot->pending = result == COPP_HR_PENDING;
    CHECK(!slot->active ||
          (slot->device->command_sequence == slot->command_sequence && slot->device->status_sequence == slot->status_sequence));
    for (size_t type = 0; type < WORLD_TYPES; type++) {
        uint32_t level = slot->device->level[type];
        CHECK(level == slot->level[type] || (level == 0 && slot->device->flags & COPP_STATUS_LINK_LOST));
        slot->level[type] = level;
    }
}

static void check_settled(const struct world *world, unsigned connector, const uint32_t *level,
                          const struct copp_protection *applied) {
    uint32_t acp = higher(COPP_TYPE_ACP, level[COPP_TYPE_ACP], world->desktop_acp[connector]); /* ARB-5 */
    CHECK(applied->hdcp == level[COPP_TYPE_HDCP] && applied->acp == acp && applied->cgmsa == level[COPP_TYPE_CGMSA]);
    const struct copp_protection *signaling = &world->signaling[connector];
    CHECK(applied->tv_standard == signaling->tv_standard);
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++)
        CHECK(applied->aspect[i] == signaling->aspect[i]);
}

/* The desktop's ACP is what it was set to, unless a change of mode has ended it. */
static void check_desktop(struct world *world, unsigned connector) {
    uint32_t acp = world->connector[connector]->desktop_acp;
    CHECK(acp == world->desktop_acp[connector] || (acp == 0 && world->desktop_unsure[connector]));
    world->desktop_acp[connector] = acp;
    world->desktop_unsure[connector] = false;
}

static void check_connector(const struct world *world, unsigned connector) {
    struct copp_protection applied = {.size = sizeof applied};
    uint32_t level[WORLD_TYPES];
    copp_connector_protection(world->connector[connector], &applied);
    world_held(world, connector, level);
    for (size_t type = 0; type < WORLD_TYPES; type++) {
        uint32_t in_force = copp_protection_level(&applied, type);
        CHECK(world_level_valid(type, in_force));
        /* whoever was told that it holds a level holds it */
        CHECK(rank(type, in_force) >= rank(type, level[type]));
    }
    CHECK(!(level[COPP_TYPE_CGMSA] & ~applied.cgmsa & COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED));
    if (copp_connector_deadline_ms(world->connector[connector]) == COPP_NEVER)
        check_settled(world, connector, level, &applied);
}

/* The driver never claims more than is in force; less only until the output has done what it was told. */
static void check_own_output(const struct world *world) {
    struct copp_protection claimed = {.size = sizeof claimed};
    const struct copp_protection *real = &world->own.in_force;
    copp_connector_protection(world->connector[OWN_CONNECTOR], &claimed);
    bool settled = copp_connector_deadline_ms(world->connector[OWN_CONNECTOR]) == COPP_NEVER;
    for (size_t type = 0; type < WORLD_TYPES; type++) {
        uint32_t claim = copp_protection_level(&claimed, type);
        uint32_t truth = copp_protection_level(real, type);
        CHECK(claim == truth || (!settled && claim == 0));
    }
    CHECK(claimed.tv_standard == real->tv_standard);
    for (size_t i = 0; i < COPP_ASPECT_WORDS; i++)
        CHECK(claimed.aspect[i] == real->aspect[i]);
}

void world_check(struct world *world) {
    for (unsigned i = 0; i < SLOTS; i++)
        check_slot(world, &world->slots[i]);
    for (unsigned i = 0; i < CONNECTORS; i++) {
        check_desktop(world, i);
        check_connector(world, i);
    }
    check_own_output(world);
}
