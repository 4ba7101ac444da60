/* One device: SetSignaling (CMD-5). */
#include "device/internal.h"
#include "device_rig.h"

#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define RC COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED

static uint32_t active_standard(struct app *app) {
    uint8_t answer[COPP_STATUS_SIGNALING_SIZE];
    assert_int_equal(app_ask(app, COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    return get_u32(answer + IN_SIGNALING_ACTIVE);
}

static void standards_that_are_not_offered(void) {
    struct rig_session s;
    struct copp_connector_config config = rig_config();
    config.tv_standards = COPP_TV_STANDARD_CEA805A_TYPEA_750P | COPP_TV_STANDARD_CEA805A_TYPEB_750P;
    rig_session_begin(&s, &config);
    const struct rig_signaling wrong[] = {
        {.standard = COPP_TV_STANDARD_ARIBTRB15_750P},
        {.standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P | COPP_TV_STANDARD_CEA805A_TYPEB_750P},
        {.standard = COPP_TV_STANDARD_UNKNOWN},
        {.standard = 0x8000},
        {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P, .extended_mask = {1}},
        {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P, .extended_mask = {0, 0, 0, 0x80000000u}},
        {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P, .reserved = 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(app_set_signaling(&s.app, &wrong[i]), COPP_HR_INVALIDARG);
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEA_750P);
    const struct rig_signaling right = {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P, .extended_data = {5, 6, 7, 8}};
    assert_int_equal(app_set_signaling(&s.app, &right), COPP_HR_OK); /* data behind a mask of 0 is nothing */
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEB_750P);
    assert_int_equal(s.rig.output.in_force.tv_standard, COPP_TV_STANDARD_CEA805A_TYPEB_750P);
    assert_int_equal(app_set_signaling(&s.app, &(struct rig_signaling){.standard = COPP_TV_STANDARD_NONE}), COPP_HR_OK);
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_NONE);
    rig_session_end(&s);
}

static void standards_and_the_resolution(void) {
    static const struct {
        uint32_t width, height;
        bool interlaced;
        uint32_t fitting;
    } modes[] = {
        {720, 480, true, 0x1 | 0x2 | 0x8 | 0x800},
        {720, 480, false, 0x20 | 0x100 | 0x1000},
        {720, 576, true, 0x10},
        {720, 576, false, 0x4},
        {1280, 720, false, 0x40 | 0x200 | 0x2000},
        {1280, 720, true, 0},
        {1920, 1080, true, 0x80 | 0x400 | 0x4000},
        {1920, 1080, false, 0},
        {1024, 768, false, 0},
    };
    struct rig_session s;
    rig_session_begin(&s, NULL);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        rig_set_mode(&s.rig.output, modes[i].width, modes[i].height, modes[i].interlaced);
        for (uint32_t standard = 1; standard & COPP_TV_STANDARD_MASK; standard <<= 1) {
            uint32_t wanted = modes[i].fitting & standard ? COPP_HR_OK : COPP_HR_TOOBIGSIZE;
            assert_int_equal(app_set_signaling(&s.app, &(struct rig_signaling){.standard = standard}), wanted);
        }
        assert_int_equal(app_set_signaling(&s.app, &(struct rig_signaling){.standard = 0}), COPP_HR_OK);
    }
    rig_session_end(&s);
}

static void aspect_words_change_by_their_masks(void) {
    struct rig_session s;
    rig_session_begin(&s, NULL);
    struct rig_signaling signaling = {
        .standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P, .mask = {0x7, 0xFFFFFFFF, 0}, .data = {0xFD, 0x12345678, 0xFFFFFFFF}};
    assert_int_equal(app_set_signaling(&s.app, &signaling), COPP_HR_OK);
    assert_int_equal(s.rig.output.in_force.aspect[0], 0x5);
    assert_int_equal(s.rig.output.in_force.aspect[1], 0x12345678);
    assert_int_equal(s.rig.output.in_force.aspect[2], 0);
    signaling = (struct rig_signaling){
        .standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P, .mask = {0x12, 0xFF00, 0x80000000u}, .data = {0x10, 0, 0xFFFFFFFF}};
    assert_int_equal(app_set_signaling(&s.app, &signaling), COPP_HR_OK);
    assert_int_equal(s.rig.output.in_force.aspect[0], 0x15);
    assert_int_equal(s.rig.output.in_force.aspect[1], 0x12340078);
    assert_int_equal(s.rig.output.in_force.aspect[2], 0x80000000u);
    uint8_t answer[COPP_STATUS_SIGNALING_SIZE];
    assert_int_equal(app_ask(&s.app, COPP_QUERY_SIGNALING, NULL, answer, sizeof answer), COPP_HR_OK);
    /* AspectRatioValidMask: the bits that somebody has chosen by now; AspectRatioData */
    static const uint32_t words[] = {0x17, 0x15, 0xFFFFFFFF, 0x12340078, 0x80000000u, 0x80000000u};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(get_u32(answer + IN_SIGNALING_ASPECT + 4 * i), words[i]);
    rig_session_end(&s);
}

static void a_held_protection_must_go_on_being_signalled(void) {
    const struct rig_signaling none = {.standard = COPP_TV_STANDARD_NONE};
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P};
    const struct rig_signaling type_b = {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P};
    struct rig_session s;
    struct app other;
    rig_session_begin(&s, NULL);
    app_begin(&other, s.rig.connector);
    assert_int_equal(app_set_level(&other, CGMSA, 1), COPP_HR_OK);
    assert_int_equal(app_set_signaling(&s.app, &none), COPP_HR_INVALIDARG); /* CMD-5: whichever session holds it */
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_OK);
    assert_int_equal(app_set_signaling(&s.app, &type_b), COPP_HR_OK);
    assert_int_equal(app_set_level(&other, CGMSA, 1 | RC), COPP_HR_OK);
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_INVALIDARG); /* CMD-4 */
    assert_int_equal(app_set_signaling(&s.app, &none), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_level(&other, CGMSA, RC), COPP_HR_OK);
    assert_int_equal(app_set_signaling(&s.app, &none), COPP_HR_INVALIDARG);
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_INVALIDARG);
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEB_750P);
    assert_int_equal(app_set_level(&other, CGMSA, 0), COPP_HR_OK);
    assert_int_equal(app_set_signaling(&s.app, &none), COPP_HR_OK);
    copp_device_close(&other.device);
    rig_session_end(&s);
}

static void signaling_that_fails_is_rolled_back(void) {
    struct rig_session s;
    rig_session_begin(&s, NULL);
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P, .mask = {1}, .data = {1}};
    s.rig.output.answer = COPP_E_FAILED;
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_UNEXPECTED);
    s.rig.output.answer = COPP_E_RESOLUTION;
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_TOOBIGSIZE);
    s.rig.output.answer = COPP_OK;
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEA_750P);
    assert_int_equal(app_set_level(&s.app, CGMSA, 4 | RC), COPP_HR_OK); /* as if nothing had been */
    assert_int_equal(s.rig.output.in_force.aspect[0], 0);
    rig_session_end(&s);
}

static void signaling_belongs_to_the_connector(void) {
    struct rig_session s;
    struct app other;
    rig_session_begin(&s, NULL);
    app_begin(&other, s.rig.connector);
    const struct rig_signaling arib = {.standard = COPP_TV_STANDARD_ARIBTRB15_750P, .mask = {3}, .data = {3}};
    const struct rig_signaling type_b = {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P};
    assert_int_equal(app_set_signaling(&s.app, &arib), COPP_HR_OK);
    assert_int_equal(active_standard(&other), COPP_TV_STANDARD_ARIBTRB15_750P);
    assert_int_equal(app_set_signaling(&other, &type_b), COPP_HR_OK); /* the last success wins */
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEB_750P);
    copp_device_close(&other.device);
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEB_750P);
    copp_device_close(&s.app.device);
    assert_int_equal(s.rig.output.in_force.tv_standard, COPP_TV_STANDARD_CEA805A_TYPEA_750P); /* the default */
    assert_int_equal(s.rig.output.in_force.aspect[0], 0);
    app_begin(&s.app, s.rig.connector);
    assert_int_equal(active_standard(&s.app), COPP_TV_STANDARD_CEA805A_TYPEA_750P);
    rig_session_end(&s);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(standards_that_are_not_offered, "CMD-5 WIRE-6"),
        TEST(standards_and_the_resolution, "CMD-5"),
        TEST(aspect_words_change_by_their_masks, "CMD-5 WIRE-6 WIRE-10"),
        TEST(a_held_protection_must_go_on_being_signalled, "CMD-4 CMD-5"),
        TEST(signaling_that_fails_is_rolled_back, "CMD-5 CMD-3"),
        TEST(signaling_belongs_to_the_connector, "CMD-5"),
    };
    return RUN_SUITE("set_signaling", cases);
}
