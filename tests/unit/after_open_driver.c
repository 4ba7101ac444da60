/* What a driver's nine functions (ddi.h) ask of the system, under OPM semantics. */
#include <stdlib.h>

#include "after_open.h"
#include "crypto/oaep.h"

enum copp_result public_of_2048(struct copp_private_key *key, struct copp_public_key *out) {
    (void)key;
    *out = (struct copp_public_key){.modulus_size = COPP_OAEP_SIZE, .exponent = 65537};
    memset(out->modulus, 0xFF, sizeof out->modulus);
    return COPP_OK;
}

enum copp_result in_clear(struct copp_private_key *key, const uint8_t *in, uint8_t *out, size_t size) {
    (void)key;
    memcpy(out, in, size);
    return COPP_OK;
}

static uint64_t no_time(struct copp_pump *pump) {
    (void)pump;
    return 0;
}

static struct scene *waited_for; /* whose output is pending */

static void output_lands(struct copp_pump *pump, uint64_t deadline_ms) {
    (void)pump;
    (void)deadline_ms;
    waited_for->rig.output.answer = COPP_OK;
    rig_output_end(&waited_for->rig.output, waited_for->rig.connector, COPP_OK);
}

void begin_driver(struct scene *scene) {
    static const struct copp_private_key_ops key_ops = {
        .size = sizeof key_ops, .public_key = public_of_2048, .decrypt_raw = in_clear};
    static const struct copp_pump_ops pump_ops = {sizeof pump_ops, no_time, output_lands};
    static struct copp_private_key key = {&key_ops};
    static struct copp_pump pump = {&pump_ops};
    waited_for = scene;
    rig_init(&scene->rig, NULL);
    copp_adapter_free(&scene->rig.adapter);
    const struct copp_adapter_config adapter = {.size = sizeof adapter,
                                                .random = &scene->rig.random.random,
                                                .opm_chain_bytes = rig_chain,
                                                .opm_chain_size = sizeof rig_chain,
                                                .opm_key = &key};
    struct copp_connector_config connector = rig_config();
    connector.output = &scene->rig.output.output;
    must(!copp_adapter_new(&adapter, &scene->rig.adapter) && !copp_adapter_keep_srms(scene->rig.adapter, NULL, 0));
    must(!copp_connector_add(scene->rig.adapter, &connector, &scene->rig.connector));
    const struct copp_ddi_config config = {.size = sizeof config, .adapter = scene->rig.adapter, .pump = &pump};
    must(!copp_ddi_new(&config, &scene->ddi) && !copp_ddi_add_target(scene->ddi, 1, scene->rig.connector));
    copp_ddi_set_scan(scene->ddi, COPP_DDI_SCAN_PASSED);
    must(!copp_ddi_create_protected_output(scene->ddi, 1, COPP_OPM_VOS_OPM, &scene->output));
}

static void play_drivers_handshake(struct scene *scene, struct opm_app *app) {
    static const uint8_t seed[COPP_OAEP_SEED_SIZE] = {1};
    uint8_t chain_bytes[sizeof rig_chain];
    uint8_t secret[COPP_HANDSHAKE_SIZE] = {0}; /* key and numbers are zeros */
    uint32_t size = 0;
    struct copp_signature sealed;
    struct copp_oaep *oaep;
    measure(HANDSHAKE);
    must(!copp_ddi_get_certificate_size(scene->ddi, COPP_OPM_CERTIFICATE_OPM, &size) && size == sizeof chain_bytes);
    measure(HANDSHAKE);
    must(!copp_ddi_get_certificate(scene->ddi, COPP_OPM_CERTIFICATE_OPM, size, chain_bytes));
    measure(HANDSHAKE);
    must(!copp_ddi_get_random_number(scene->ddi, scene->output, app->random));
    memcpy(secret, app->random, sizeof app->random);
    must(!copp_oaep_new(&oaep, NULL) && !copp_oaep_encode(oaep, seed, secret, sizeof secret, sealed.bytes));
    measure(HANDSHAKE);
    must(!copp_ddi_set_signing_key_and_sequence_numbers(scene->ddi, scene->output, &sealed));
}

static void configure(struct scene *scene, struct opm_app *app, uint32_t level, uint32_t expected) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    put_u32(data + IN_SET_TYPE, OPM_HDCP);
    put_u32(data + IN_SET_LEVEL, level);
    const struct copp_command command = opm_command(app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    measure(SESSION);
    must(copp_ddi_configure_protected_output(scene->ddi, scene->output, &command, 0, NULL) == expected);
    app->command_sequence += !expected;
}

/* DCP's own, of version 1. */
static void give_list(struct scene *scene, struct opm_app *app) {
    uint8_t data[COPP_OPM_SET_HDCP_SRM_SIZE];
    size_t size;
    uint8_t *list = read_test_vector("opm/srm1-genuine-v1.bin", &size);
    put_u32(data, 1);
    const struct copp_command command = opm_command(app, COPP_OPM_SET_HDCP_SRM, data, sizeof data);
    measure(LIST);
    must(!copp_ddi_configure_protected_output(scene->ddi, scene->output, &command, (uint32_t)size, list));
    free(list);
}

void play_driver(struct scene *scene) {
    struct opm_app app = {.device = NULL};
    struct copp_status_output answer;
    play_drivers_handshake(scene, &app);
    scene->rig.output.answer = COPP_E_PENDING;
    configure(scene, &app, 1, 0); /* the output lands while it waits */
    app.command_sequence++;
    configure(scene, &app, 0, 0xC01E0521);
    app.command_sequence--;
    configure(scene, &app, 0, 0);
    const struct opm_request request = opm_request(&app, COPP_QUERY_CONNECTOR_TYPE, NULL, 0);
    measure(SESSION);
    must(!copp_ddi_get_information(scene->ddi, scene->output, (const uint8_t *)&request, &answer));
    give_list(scene, &app);
    measure(CLOSING);
    must(!copp_ddi_destroy_protected_output(scene->ddi, scene->output));
    end_scene();
}
