/* Whole OPM sessions as an independent implementation recorded them (tests/vectors/opm/sessions.json), byte for byte. */
#include <jansson.h>
#include <stdlib.h>

#include "opm_rig.h"

#define OUTPUTS_MAX 4

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    return text;
}

static uint32_t number_of(const json_t *object, const char *name) {
    const json_t *number = json_object_get(object, name);
    assert_true(json_is_integer(number));
    return (uint32_t)json_integer_value(number);
}

static bool truth_of(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_boolean(value));
    return json_is_true(value);
}

/* Hex without its trailing zero bytes, to a size. */
static void read_padded(const char *hex, uint8_t *bytes, size_t size) {
    memset(bytes, 0, size);
    if (*hex)
        (void)from_hex(hex, bytes, size);
}

/* A standard that the signal carries, so that CGMS-A can be signalled. */
static uint32_t standard_for(uint32_t types, uint32_t height) {
    if (!(types & COPP_PROTECTION_TYPE_CGMSA))
        return COPP_TV_STANDARD_NONE;
    return height == 720 ? COPP_TV_STANDARD_CEA805A_TYPEA_750P : COPP_TV_STANDARD_IEC61880_525I;
}

static struct copp_connector_config config_of(const json_t *connector) {
    struct copp_connector_config config = opm_config();
    uint32_t types = number_of(connector, "protection_types");
    config.connector_type = number_of(connector, "connector_type");
    config.protection_types = (types & 6) | (types & OPM_HDCP ? COPP_PROTECTION_TYPE_HDCP : 0);
    config.type1 = types & OPM_ENFORCEMENT;
    config.dpcp = types & OPM_DPCP;
    config.opm_bus_type = number_of(connector, "bus_type");
    config.output_id = (uint64_t)json_integer_value(json_object_get(connector, "output_id"));
    config.hardware_protection = number_of(connector, "hardware_protection");
    config.dvi_version = number_of(connector, "dvi");
    config.default_standard = standard_for(types, number_of(connector, "height"));
    config.tv_standards = config.default_standard;
    return config;
}

static uint8_t downstream[8 * COPP_KSV_SIZE];

/* As in an SRM: most significant byte first. */
static size_t read_downstream(const json_t *list) {
    size_t count = json_array_size(list);
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++) {
        uint8_t ksv[COPP_KSV_SIZE];
        assert_int_equal(from_hex(json_string_value(json_array_get(list, i)), ksv, sizeof ksv), sizeof ksv);
        for (size_t k = 0; k < sizeof ksv; k++)
            downstream[i * COPP_KSV_SIZE + k] = ksv[COPP_KSV_SIZE - 1 - k];
    }
    return count;
}

static void set_output(struct opm_output *output, const json_t *connector) {
    const json_t *frequency = json_object_get(connector, "frequency");
    output->state.display = (struct copp_display){.width = number_of(connector, "width"),
                                                  .height = number_of(connector, "height"),
                                                  .format = 0xABCD00u | number_of(connector, "interleave"), /* OPM-WIRE-7 */
                                                  .d3d_format = number_of(connector, "d3d_format")};
    output->state.display.frequency_numerator = (uint32_t)json_integer_value(json_array_get(frequency, 0));
    output->state.display.frequency_denominator = (uint32_t)json_integer_value(json_array_get(frequency, 1));
    output->state.hdcp_version = number_of(connector, "protocol") == 2 ? COPP_HDCP_VERSION_2 : COPP_HDCP_VERSION_1;
    output->state.downstream_count = read_downstream(json_object_get(connector, "downstream"));
    output->state.downstream = output->state.downstream_count ? downstream : NULL;
    output->state.repeater = output->state.downstream_count;
    output->no_hdcp = !truth_of(connector, "monitor_hdcp");
    output->no_type1 = !truth_of(connector, "monitor_hdcp22");
    output->no_engine = !truth_of(connector, "free_engine");
    output->link_fails = truth_of(connector, "link_fails");
}

static void begin(struct opm_rig *rig, struct opm_app *app, const json_t *output) {
    struct opm_random *random = &rig->random;
    struct copp_signature encrypted;
    assert_int_equal(from_hex(text_of(output, "random"), random->bytes[random->given++], COPP_RANDOM_SIZE), COPP_RANDOM_SIZE);
    assert_int_equal(from_hex(text_of(output, "encrypted"), encrypted.bytes, sizeof encrypted.bytes), COPP_SIGNATURE_SIZE);
    opm_open(app, rig->connector);
    opm_exchange(app);
    assert_int_equal(copp_device_sequence_start(app->device, &encrypted), COPP_HR_OK);
}

static uint32_t get_information(struct opm_app *app, const json_t *step) {
    uint8_t message[COPP_OPM_GET_INFO_SIZE];
    uint8_t expected[COPP_MESSAGE_SIZE];
    struct copp_status_input input;
    struct copp_status_output output;
    const char *answer = json_string_value(json_object_get(step, "answer"));
    read_padded(text_of(step, "message"), message, sizeof message);
    memcpy(input.bytes, message + COPP_MAC_SIZE, sizeof input.bytes);
    memset(&output, 0x55, sizeof output);
    uint32_t hresult = copp_device_get_information(app->device, message, &input, &output);
    memset(expected, 0x55, sizeof expected);
    if (answer)
        read_padded(answer, expected, sizeof expected);
    assert_memory_equal(output.bytes, expected, sizeof expected);
    return hresult;
}

static uint32_t configure(struct opm_app *app, const json_t *step) {
    static const uint8_t nothing[1];
    struct copp_command command;
    const char *file = json_string_value(json_object_get(step, "additional_file"));
    const char *hex = json_string_value(json_object_get(step, "additional"));
    uint8_t given[64];
    size_t size = hex ? from_hex(hex, given, sizeof given) : 0;
    uint8_t *read = NULL;
    if (file) {
        char name[64] = "opm/";
        read = read_test_vector(strcat(name, file), &size);
    }
    read_padded(text_of(step, "message"), command.bytes, sizeof command.bytes);
    const uint8_t *additional = read ? read : hex ? given : nothing; /* OPM-SET-3: a pointer to zero bytes counts as NULL */
    uint32_t hresult = copp_device_configure(app->device, &command, additional, size, 0);
    free(read);
    return hresult;
}

static void happen(struct opm_rig *rig, const char *event) {
    bool lost = !strcmp(event, "unplugged and plugged in again") || !strcmp(event, "tampering detected");
    if (lost)
        rig->output.in_force = (struct copp_protection){.size = sizeof rig->output.in_force};
    if (!strcmp(event, "unplugged and plugged in again"))
        copp_connector_unplugged(rig->connector);
    else if (!strcmp(event, "tampering detected"))
        copp_connector_tampered(rig->connector);
    else if (!strcmp(event, "connector reconfigured"))
        copp_connector_reconfigured(rig->connector);
    else
        fail_msg("an event that this test does not know: %s", event);
}

static void take_step(struct opm_rig *rig, struct opm_app *apps, const json_t *step) {
    const char *event = json_string_value(json_object_get(step, "event"));
    const json_t *dark = json_object_get(step, "dark");
    if (event)
        happen(rig, event);
    if (dark)
        assert_int_equal(rig->output.dark, json_is_true(dark)); /* OPM-STA-6 */
    if (event || dark)
        return;
    struct opm_app *app = &apps[number_of(step, "output")];
    uint32_t expected = (uint32_t)strtoul(text_of(step, "result"), NULL, 16);
    bool get = !strcmp(text_of(step, "call"), "GetInformation");
    assert_int_equal(get ? get_information(app, step) : configure(app, step), expected);
}

static void replay(const json_t *session) {
    struct opm_rig rig;
    struct opm_app apps[OUTPUTS_MAX];
    const json_t *connector = json_object_get(session, "connector");
    const json_t *outputs = json_object_get(session, "outputs");
    const json_t *steps = json_object_get(session, "steps");
    struct copp_connector_config config = config_of(connector);
    print_message("%s\n", text_of(session, "name"));
    opm_rig_init(&rig, &config, false);
    set_output(&rig.output, connector);
    assert_in_range(json_array_size(outputs), 1, OUTPUTS_MAX);
    for (size_t i = 0; i < json_array_size(outputs); i++)
        begin(&rig, &apps[i], json_array_get(outputs, i));
    assert_int_not_equal(json_array_size(steps), 0);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        print_message("  step %u\n", (unsigned)i);
        take_step(&rig, apps, json_array_get(steps, i));
    }
    for (size_t i = 0; i < json_array_size(outputs); i++)
        copp_device_close(&apps[i].device);
    assert_false(rig.output.dark); /* OPM-STA-6: their release mends it */
    assert_int_equal(rig.output.in_force.hdcp | rig.output.in_force.acp | rig.output.in_force.cgmsa, 0);
    opm_rig_end(&rig);
}

static void recorded_sessions(void) {
    size_t size;
    uint8_t *text = read_test_vector("opm/sessions.json", &size);
    json_t *root = json_loadb((const char *)text, size, 0, NULL);
    const json_t *sessions = json_object_get(root, "sessions");
    assert_int_equal(json_array_size(sessions), 15);
    for (size_t i = 0; i < json_array_size(sessions); i++)
        replay(json_array_get(sessions, i));
    json_decref(root);
    free(text);
}

static const struct test_case cases[] = {
    TEST(
        recorded_sessions,
        "OPM-WIRE-1 OPM-WIRE-2 OPM-WIRE-3 OPM-WIRE-6 OPM-WIRE-7 OPM-WIRE-8 OPM-WIRE-9 OPM-WIRE-10 OPM-CONST-1 OPM-ERR-1 "
        "OPM-ERR-2 "
        "OPM-GET-1 OPM-GET-2 OPM-GET-3 OPM-GET-4 OPM-GET-5 OPM-GET-6 OPM-GET-7 OPM-GET-8 OPM-GET-9 OPM-GET-10 OPM-SET-1 "
        "OPM-SET-2 "
        "OPM-SET-3 OPM-SET-4 OPM-SET-6 OPM-SET-7 OPM-SRM-1 OPM-SRM-2 OPM-SRM-3 OPM-SRM-4 OPM-SRM-5 OPM-SRM-6 OPM-SRM-7 OPM-SRM-9 "
        "OPM-HDCP-1 OPM-HDCP-2 OPM-HDCP-3 OPM-STA-1 OPM-STA-2 OPM-STA-3 OPM-STA-4 OPM-STA-5 OPM-STA-6 OPM-ARB-1"),
};

int main(void) {
    return RUN_SUITE("opm_sessions", cases);
}
