#include "opm_device_world.h"

#include <string.h>

#include "crypto/oaep.h"

#define BLOCK 256u

static const uint8_t chain[] = "<X.509>";

/* --- the output --- */

static void own_state(struct copp_output *output, struct copp_output_state *state) {
    const struct own_output *own = (const struct own_output *)output;
    const struct copp_format format = {.sample_format = COPP_SAMPLE_PROGRESSIVE_FRAME};
    state->display = (struct copp_display){720, own->height, copp_format_pack(&format), COPP_D3DFMT_X8R8G8B8, 60, 1};
    state->mode = own->mode;
    state->hdcp_receiver = !own->no_hdcp;
    state->hdcp_version = COPP_HDCP_VERSION_2;
    memcpy(state->bksv, own->bksv, sizeof state->bksv);
}

static void nothing_in_force(struct own_output *own) {
    struct copp_protection *in_force = &own->in_force;
    in_force->hdcp = in_force->acp = in_force->cgmsa = 0;
    in_force->type1 = in_force->dpcp = false;
}

static enum copp_result take(struct own_output *own, enum opm_device_answer answer) {
    static const enum copp_result results[OPMD_ANSWERS] = {[OPMD_ANSWER_OK] = COPP_OK,
                                                           [OPMD_ANSWER_PENDING] = COPP_E_PENDING,
                                                           [OPMD_ANSWER_FAILED] = COPP_E_FAILED,
                                                           [OPMD_ANSWER_RESOLUTION] = COPP_E_RESOLUTION,
                                                           [OPMD_ANSWER_STATE] = COPP_E_STATE,
                                                           [OPMD_ANSWER_LINK_LOST] = COPP_E_LINK_LOST,
                                                           [OPMD_ANSWER_REVOKED] = COPP_E_REVOKED,
                                                           [OPMD_ANSWER_UNSUPPORTED] = COPP_E_UNSUPPORTED};
    if (answer == OPMD_ANSWER_OK)
        own->in_force = own->wanted;
    if (answer == OPMD_ANSWER_LINK_LOST)
        nothing_in_force(own);
    return results[answer];
}

static enum copp_result own_apply(struct copp_output *output, const struct copp_protection *wanted) {
    struct own_output *own = (struct own_output *)output;
    CHECK(!own->pending && (wanted->hdcp || !wanted->type1));
    CHECK(wanted->hdcp <= 1 && wanted->acp <= 3 && wanted->cgmsa <= 4 && !wanted->dpcp);
    CHECK(!wanted->acp || own->height < 720); /* OPM-SET-4 */
    own->wanted = *wanted;
    own->pending = own->answer == OPMD_ANSWER_PENDING;
    return take(own, own->answer);
}

static void own_cancel(struct copp_output *output) {
    struct own_output *own = (struct own_output *)output;
    CHECK(own->pending);
    own->pending = false;
}

static enum copp_result own_blank(struct copp_output *output, bool blank) {
    struct own_output *own = (struct own_output *)output;
    CHECK(own->dark != blank);
    own->dark = blank;
    return COPP_OK;
}

/* --- time --- */

static uint64_t pump_now(struct copp_pump *pump) {
    return ((struct world *)pump)->now_ms;
}

/* What is pending ends as the input says, or its time does. */
static void pump_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    struct world *world = (struct world *)pump;
    uint8_t end = fuzz_u8(world->input);
    CHECK(deadline_ms != UINT64_MAX); /* or it would wait for ever */
    for (unsigned i = 0; i < OPMD_TARGETS; i++) {
        struct own_output *own = &world->own[i];
        if (end == 0xFF || !own->pending)
            continue;
        enum opm_device_answer answer = end % OPMD_ANSWERS;
        own->pending = false;
        copp_connector_applied(world->connector[i], take(own, answer == OPMD_ANSWER_PENDING ? OPMD_ANSWER_OK : answer));
        return;
    }
    world->now_ms = deadline_ms > world->now_ms ? deadline_ms : world->now_ms;
}

/* --- beginning and end --- */

static enum copp_result clear_public(struct copp_private_key *key, struct copp_public_key *out) {
    (void)key;
    *out = (struct copp_public_key){.modulus_size = BLOCK, .exponent = 65537};
    memset(out->modulus, 0xFF, out->modulus_size);
    return COPP_OK;
}

static enum copp_result clear_raw(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    (void)key;
    memcpy(out, in, size);
    return COPP_OK;
}

const struct fuzz_bytes *world_lists(void) {
    static const char *const names[OPMD_LISTS] = {"opm/srm1-v2.bin", "opm/srm1-v5.bin", "opm/srm2-v3.bin", "opm/srm2-v7.bin"};
    static struct fuzz_bytes lists[OPMD_LISTS];
    for (unsigned i = 0; i < OPMD_LISTS && !lists[i].bytes; i++)
        lists[i] = fuzz_vector(names[i]);
    return lists;
}

static void add_connector(struct world *world, unsigned target) {
    static const struct copp_output_ops ops = {
        .size = sizeof ops, .state = own_state, .apply = own_apply, .cancel = own_cancel, .blank = own_blank};
    world->own[target] = (struct own_output){.output = {&ops}, .height = 480, .bksv = {0x0f, 0x0f, 0x0f, 0x0f, 0x0f}};
    struct copp_connector_config config = {.size = sizeof config,
                                           .output = &world->own[target].output,
                                           .connector_type = COPP_CONNECTOR_COMPONENT,
                                           .name = target ? "none" : "all"};
    if (target == 0) {
        config.protection_types = COPP_ALL_TYPES;
        config.type1 = true;
        config.tv_standards = config.default_standard = COPP_TV_STANDARD_CEA805A_TYPEA_525P;
    }
    CHECK(copp_connector_add(world->adapter, &config, &world->connector[target]) == COPP_OK);
    CHECK(copp_ddi_add_target(world->ddi, target, world->connector[target]) == COPP_OK);
}

void world_begin(struct world *world, struct fuzz_input *input) {
    static const struct copp_private_key_ops key_ops = {
        .size = sizeof key_ops, .public_key = clear_public, .decrypt_raw = clear_raw};
    static const struct copp_pump_ops pump_ops = {sizeof pump_ops, pump_now, pump_wait};
    *world = (struct world){.pump = {&pump_ops}, .input = input, .key = {&key_ops}};
    fuzz_believe = true; /* the lists' signatures */
    fuzz_key_init(&world->copp_key);
    fuzz_random_init(&world->random, 1);
    const struct copp_adapter_config config = {.size = sizeof config,
                                               .chain_bytes = chain,
                                               .chain_size = sizeof chain,
                                               .key = &world->copp_key.key,
                                               .random = &world->random.random,
                                               .pending_limit_ms = 1000,
                                               .opm_chain_bytes = chain,
                                               .opm_chain_size = sizeof chain,
                                               .opm_key = &world->key};
    CHECK(copp_adapter_new(&config, &world->adapter) == COPP_OK);
    CHECK(copp_adapter_keep_srms(world->adapter, NULL, 0) == COPP_OK);
    const struct copp_ddi_config ddi = {.size = sizeof ddi, .adapter = world->adapter, .pump = &world->pump};
    CHECK(copp_ddi_new(&ddi, &world->ddi) == COPP_OK);
    copp_ddi_set_scan(world->ddi, COPP_DDI_SCAN_PASSED);
    for (unsigned i = 0; i < OPMD_TARGETS; i++)
        add_connector(world, i);
}

static void destroy(struct world *world, struct slot *slot) {
    uint32_t status = copp_ddi_destroy_protected_output(world->ddi, slot->handle);
    CHECK(status == (slot->handle ? 0 : 0xC01E050C)); /* OPM-DDI-5 */
    copp_omac_free(&slot->omac);
    memset(slot, 0, sizeof *slot);
}

/* Nobody is left, every output is willing again: nothing is in force, and frames are shown (OPM-STA-6). */
void world_end(struct world *world) {
    for (unsigned i = 0; i < OPMD_SLOTS; i++) {
        destroy(world, &world->slots[i]);
        world_check(world);
    }
    for (unsigned i = 0; i < OPMD_TARGETS; i++) {
        world->own[i].answer = OPMD_ANSWER_OK;
        if (world->own[i].pending) {
            world->own[i].pending = false;
            copp_connector_applied(world->connector[i], take(&world->own[i], OPMD_ANSWER_OK));
        }
    }
    for (int i = 0; i < 8; i++)
        copp_adapter_dispatch(world->adapter, world->now_ms += 5000);
    CHECK(copp_adapter_deadline_ms(world->adapter) == UINT64_MAX);
    for (unsigned i = 0; i < OPMD_TARGETS; i++) {
        const struct copp_protection *in_force = &world->own[i].in_force;
        CHECK(!in_force->hdcp && !in_force->acp && !in_force->cgmsa && !in_force->type1 && !world->own[i].dark);
        CHECK(copp_connector_devices(world->connector[i]) == 0);
    }
    copp_ddi_free(&world->ddi);
    copp_adapter_free(&world->adapter);
}

/* --- outputs --- */

static bool is_known(const struct world *world, const struct copp_device *device) {
    unsigned i = 0;
    while (i < OPMD_SLOTS && world->slots[i].device != device)
        i++;
    return i < OPMD_SLOTS;
}

static void create(struct world *world, struct slot *slot, struct fuzz_input *input) {
    unsigned target = fuzz_one_of(input, OPMD_TARGETS);
    uint32_t vos = fuzz_one_of(input, OPMD_VOS) == OPMD_OPM ? COPP_OPM_VOS_OPM : COPP_OPM_VOS_COPP;
    if (slot->handle)
        return;
    uint32_t status = copp_ddi_create_protected_output(world->ddi, target, vos, &slot->handle);
    bool refused = world->own[target].mode == COPP_MODE_CLONE && vos == COPP_OPM_VOS_COPP; /* ARB-6, OPM-OUT-6 */
    CHECK(status == (refused ? 0xC01E050F : 0) && !slot->handle == refused);
    if (refused)
        return;
    slot->target = target;
    slot->vos = vos;
    struct copp_device *made = world->connector[target]->devices;
    while (made && is_known(world, made))
        made = made->next;
    CHECK(made);
    slot->device = made;
    memcpy(slot->level, slot->device->level, sizeof slot->level);
}

static void draw(struct world *world, struct slot *slot) {
    uint8_t random[COPP_RANDOM_SIZE];
    uint32_t status = copp_ddi_get_random_number(world->ddi, slot->handle, random);
    CHECK(status == (!slot->handle ? 0xC01E050C : slot->random_given ? 0xC01E050B : 0)); /* OPM-DDI-5 */
    if (status)
        return;
    slot->random_given = true;
    memcpy(slot->random, random, sizeof random);
}

/* OPM-INI-3, OPM-INI-6: what a sealer would make, with one bit changed before it is padded; from bit on there is none. */
static void set_key(struct world *world, struct slot *slot, unsigned bit) {
    static const uint8_t seed[COPP_OAEP_SEED_SIZE] = {5};
    uint8_t secret[COPP_HANDSHAKE_SIZE] = {0};
    struct copp_signature sealed;
    struct copp_oaep *oaep;
    memcpy(secret, slot->random, sizeof slot->random);
    memset(secret + 32, 0xFE, 8); /* numbers that will not last */
    bool wrong = bit < 8 * COPP_RANDOM_SIZE;
    if (bit < 8 * COPP_HANDSHAKE_SIZE)
        secret[bit / 8] ^= (uint8_t)(1u << bit % 8);
    CHECK(copp_oaep_new(&oaep, NULL) == COPP_OK);
    CHECK(copp_oaep_encode(oaep, seed, secret, sizeof secret, sealed.bytes) == COPP_OK);
    copp_oaep_free(&oaep);
    bool good = slot->handle && slot->vos == COPP_OPM_VOS_OPM && slot->random_given && !slot->active && !slot->spent && !wrong;
    uint32_t status = copp_ddi_set_signing_key_and_sequence_numbers(world->ddi, slot->handle, &sealed);
    if (slot->vos == COPP_OPM_VOS_COPP && slot->handle)
        CHECK(status == 0xC01E0503); /* the number of another form, or spent */
    else
        CHECK(status == (!slot->handle ? 0xC01E050C : good ? 0 : 0xC01E0503));
    slot->spent = slot->spent || (slot->random_given && !slot->active && !good); /* OPM-INI-8 */
    if (!good)
        return;
    slot->active = true;
    CHECK(copp_omac_new(&slot->omac) == COPP_OK && copp_omac_set_key(slot->omac, secret + 16) == COPP_OK);
    slot->status_sequence = slot->device->status_sequence;
    slot->command_sequence = slot->device->command_sequence;
    CHECK(slot->status_sequence ==
          ((uint32_t)secret[32] | (uint32_t)secret[33] << 8 | (uint32_t)secret[34] << 16 | (uint32_t)secret[35] << 24));
}

void world_on_slot(struct world *world, struct slot *slot, enum opm_device_op op, struct fuzz_input *input) {
    switch (op) {
    case OPMD_CREATE:
        create(world, slot, input);
        break;
    case OPMD_DESTROY:
        destroy(world, slot);
        break;
    case OPMD_START:
        draw(world, slot);
        set_key(world, slot, 8 * COPP_HANDSHAKE_SIZE);
        break;
    case OPMD_RANDOM:
        draw(world, slot);
        break;
    default:
        set_key(world, slot, fuzz_u16(input));
        break;
    }
}

/* --- what happens --- */

static void receivers_change(struct world *world, uint8_t argument) {
    static const uint8_t revoked[] = {0xea, 0x8c, 0x90, 0xd7, 0x93}; /* by some of the lists; in their order */
    struct own_output *own = &world->own[0];
    own->no_hdcp = argument & 2;
    for (size_t i = 0; i < COPP_KSV_SIZE; i++)
        own->bksv[i] = argument & 1 ? revoked[COPP_KSV_SIZE - 1 - i] : 0x0f;
    copp_connector_receivers_changed(world->connector[0]);
}

static void event(struct world *world, struct fuzz_input *input) {
    enum opm_device_event kind = fuzz_one_of(input, OPMD_EVENTS);
    uint8_t argument = fuzz_u8(input);
    struct copp_connector *connector = world->connector[0];
    struct own_output *own = &world->own[0];
    switch (kind) {
    case OPMD_UNPLUGGED:
        nothing_in_force(own);
        copp_connector_unplugged(connector);
        break;
    case OPMD_LOST:
        own->in_force.hdcp = argument & COPP_PROTECTION_TYPE_HDCP ? 0 : own->in_force.hdcp;
        own->in_force.type1 = own->in_force.type1 && own->in_force.hdcp;
        own->in_force.acp = argument & COPP_PROTECTION_TYPE_ACP ? 0 : own->in_force.acp;
        own->in_force.cgmsa = argument & COPP_PROTECTION_TYPE_CGMSA ? 0 : own->in_force.cgmsa;
        copp_connector_protection_lost(connector, argument & COPP_ALL_TYPES);
        break;
    case OPMD_RECONFIGURED:
        own->height = argument & 1 ? 1080 : 480;
        own->mode = argument & 2 ? COPP_MODE_CLONE : COPP_MODE_SINGLE;
        copp_connector_reconfigured(connector);
        break;
    case OPMD_TAMPERED:
        nothing_in_force(own);
        copp_connector_tampered(connector);
        break;
    case OPMD_REVOKED:
        own->in_force.hdcp = 0;
        own->in_force.type1 = false;
        copp_connector_revoked(connector);
        break;
    case OPMD_RECEIVERS:
        receivers_change(world, argument);
        break;
    default:
        copp_adapter_dispatch(world->adapter, world->now_ms += 10u * argument);
        break;
    }
}

static void certificate(struct world *world, struct fuzz_input *input) {
    uint8_t type = fuzz_u8(input);
    uint8_t size = fuzz_u8(input);
    uint8_t bytes[UINT8_MAX] = {0};
    uint32_t told = 0;
    uint32_t due = type < 2 ? 0 : type == 2 ? 0xC01E0502 : 0xC000000D;
    CHECK(copp_ddi_get_certificate_size(world->ddi, type, &told) == due && told == (due ? 0 : sizeof chain));
    uint32_t status = copp_ddi_get_certificate(world->ddi, type, size, bytes);
    CHECK(status == (due ? due : size == sizeof chain ? 0 : 0xC01E050E)); /* OPM-DDI-4 */
    CHECK(memcmp(bytes, status ? (const uint8_t[sizeof chain]){0} : chain, sizeof chain) == 0);
}

void world_changes(struct world *world, enum opm_device_op op, struct fuzz_input *input) {
    if (op == OPMD_EVENT)
        event(world, input);
    else if (op == OPMD_OUTPUT)
        world->own[0].answer = fuzz_one_of(input, OPMD_ANSWERS);
    else
        certificate(world, input);
}

/* --- what must be true --- */

static size_t index_of(uint32_t type) {
    size_t index = 0;
    while (index < COPP_TYPES && type != 1u << index)
        index++;
    CHECK(index < COPP_TYPES);
    return index;
}

uint32_t world_level(const struct slot *slot, uint32_t type) {
    return slot->device->level[index_of(type)];
}

void world_note(struct slot *slot, uint32_t type, uint32_t level) {
    slot->level[index_of(type)] = level;
}

bool world_will_tell(const struct slot *slot) {
    return slot->device->revoked || slot->device->flags & (COPP_STATUS_LINK_LOST | COPP_STATUS_TAMPERING_DETECTED);
}

/* A level changes by a command of the session's own, or falls to 0 with an event (OPM-STA-5). What it holds is in force. */
static void check_slot(const struct world *world, struct slot *slot) {
    const struct copp_protection *in_force = &world->own[slot->target].in_force;
    if (!slot->handle)
        return;
    for (size_t type = 0; type < COPP_TYPES; type++) {
        uint32_t level = slot->device->level[type];
        CHECK(level == slot->level[type] || (level == 0 && world_will_tell(slot)));
        slot->level[type] = level;
    }
    if (slot->target || slot->vos == COPP_OPM_VOS_COPP)
        return;
    uint32_t enforcement = slot->level[COPP_TYPE_ENFORCEMENT];
    CHECK(in_force->hdcp || (!slot->level[COPP_TYPE_OPM_HDCP] && !enforcement));
    CHECK(in_force->type1 || enforcement != COPP_ENFORCEMENT_TYPE1);
    CHECK((in_force->acp || !slot->level[COPP_TYPE_ACP]) && (in_force->cgmsa || !slot->level[COPP_TYPE_CGMSA]));
    CHECK(!slot->device->broken || world->own[0].dark); /* OPM-STA-6 */
    if (slot->active)
        CHECK(slot->device->status_sequence == slot->status_sequence && slot->device->command_sequence == slot->command_sequence);
}

/* OPM-SRM-4: the adapter's lists never go back. */
static void check_lists(struct world *world) {
    for (unsigned hdcp = 1; hdcp <= 2; hdcp++) {
        const uint8_t *bytes;
        size_t size;
        enum copp_result result = copp_adapter_srm(world->adapter, hdcp, &bytes, &size);
        CHECK(result == COPP_OK || (result == COPP_E_NOT_FOUND && !world->kept[hdcp - 1]));
        uint32_t version = result ? 0 : (uint32_t)bytes[2] << 8 | bytes[3];
        CHECK(version >= world->kept[hdcp - 1]);
        world->kept[hdcp - 1] = version;
        for (unsigned i = 0; i < OPMD_SLOTS; i++)
            CHECK(!world->slots[i].has[hdcp - 1] || version >= world->slots[i].newest[hdcp - 1]);
    }
}

void world_check(struct world *world) {
    for (unsigned i = 0; i < OPMD_SLOTS; i++)
        check_slot(world, &world->slots[i]);
    check_lists(world);
}
