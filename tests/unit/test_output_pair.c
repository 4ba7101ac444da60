/* S-Video and composite as one output (ARB-6). */
#include "device/internal.h"
#include "device_rig.h"

#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

struct pair_scene {
    struct rig rig;
    struct rig_output svideo, composite;
    struct copp_output_pair pair;
    struct copp_connector *connector;
    struct app app;
};

static void begin_pair(struct pair_scene *scene) {
    rig_init(&scene->rig, NULL);
    rig_output_init(&scene->svideo);
    rig_output_init(&scene->composite);
    rig_set_mode(&scene->svideo, 720, 480, true);
    copp_output_pair_init(&scene->pair, &scene->svideo.output, &scene->composite.output);
    struct copp_connector_config config = rig_config();
    config.connector_type = COPP_CONNECTOR_SVIDEO;
    config.protection_types = ACP | CGMSA;
    config.output = &scene->pair.output;
    assert_int_equal(copp_connector_add(scene->rig.adapter, &config, &scene->connector), COPP_OK);
    app_begin(&scene->app, scene->connector);
}

static void end_pair(struct pair_scene *scene) {
    copp_device_close(&scene->app.device);
    rig_end(&scene->rig);
}

static void assert_pair(const struct pair_scene *scene, uint32_t acp) {
    assert_int_equal(scene->svideo.in_force.acp, acp);
    assert_int_equal(scene->composite.in_force.acp, acp);
}

static void both_halves_of_a_pair_are_protected(void) {
    struct pair_scene s;
    uint8_t answer[COPP_STATUS_DISPLAY_SIZE];
    begin_pair(&s);
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_OK);
    assert_pair(&s, 2);
    assert_int_equal(app_set_level(&s.app, ACP, 0), COPP_HR_OK);
    assert_pair(&s, 0);
    assert_int_equal(app_word(&s.app, COPP_QUERY_CONNECTOR_TYPE), COPP_CONNECTOR_SVIDEO);
    assert_int_equal(app_ask(&s.app, COPP_QUERY_DISPLAY_DATA, NULL, answer, sizeof answer), COPP_HR_OK);
    assert_int_equal(get_u32(answer + IN_DISPLAY_HEIGHT), 480); /* the S-Video half's signal */
    end_pair(&s);
}

static void a_pair_is_protected_whole_or_not_at_all(void) {
    struct pair_scene s;
    begin_pair(&s);
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_OK);
    s.composite.answer = COPP_E_FAILED;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_UNEXPECTED);
    assert_pair(&s, 1); /* undone on the S-Video half */
    s.composite.answer = COPP_E_RESOLUTION;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_TOOBIGSIZE);
    assert_pair(&s, 1);
    s.composite.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_UNEXPECTED);
    assert_int_equal(s.composite.cancels, 1);
    assert_pair(&s, 1);
    s.composite.answer = COPP_OK;
    s.svideo.answer = COPP_E_PENDING;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_UNEXPECTED);
    assert_int_equal(s.svideo.cancels, 1);
    s.svideo.answer = COPP_E_RESOLUTION;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_TOOBIGSIZE);
    assert_pair(&s, 1);
    assert_int_equal(app_local(&s.app, ACP), 1);
    assert_int_equal(app_flags(&s.app), 0);
    s.svideo.answer = COPP_OK;
    end_pair(&s);
}

/* An output whose apply works the given number of times and then fails. */
struct tiring_output {
    struct rig_output output;
    unsigned good;
    const struct copp_output_ops *ops;
};

static enum copp_result tiring_apply(struct copp_output *output, const struct copp_protection *wanted) {
    struct tiring_output *tiring = (struct tiring_output *)output;
    tiring->output.answer = tiring->good ? COPP_OK : COPP_E_FAILED;
    tiring->good -= tiring->good > 0;
    return tiring->ops->apply(output, wanted);
}

/* The half that has changed cannot be put back: nobody may believe in the old level. */
static void a_pair_that_cannot_be_undone_is_lost(void) {
    struct pair_scene s;
    struct tiring_output tiring = {.good = 2};
    begin_pair(&s);
    rig_output_init(&tiring.output);
    tiring.ops = tiring.output.output.ops;
    struct copp_output_ops ops = *tiring.ops;
    ops.apply = tiring_apply;
    tiring.output.output.ops = &ops;
    s.pair.svideo = &tiring.output.output;
    assert_int_equal(app_set_level(&s.app, ACP, 1), COPP_HR_OK);
    s.composite.answer = COPP_E_FAILED;
    assert_int_equal(app_set_level(&s.app, ACP, 2), COPP_HR_UNEXPECTED);
    assert_int_equal(app_local(&s.app, ACP), 0);
    assert_int_equal(s.app.flags, COPP_STATUS_LINK_LOST);
    assert_int_equal(app_global(&s.app, ACP), 0);
    /* and both halves are taken down as soon as they let themselves be */
    tiring.good = 10;
    s.composite.answer = COPP_OK;
    assert_int_equal(s.composite.in_force.acp, 1);
    copp_adapter_dispatch(s.rig.adapter, 1);
    assert_int_equal(tiring.output.in_force.acp, 0);
    assert_int_equal(s.composite.in_force.acp, 0);
    end_pair(&s);
}

/* An output that can blank, as long as it answers COPP_OK. */
struct blank_output {
    struct copp_output output;
    enum copp_result answer;
    bool blank;
};

static enum copp_result blank_blank(struct copp_output *output, bool blank) {
    struct blank_output *own = (struct blank_output *)output;
    own->blank = own->answer ? own->blank : blank;
    return own->answer;
}

static void both_halves_of_a_pair_are_blanked(void) {
    static const struct copp_output_ops ops = {.size = sizeof ops, .blank = blank_blank};
    struct blank_output svideo = {.output = {&ops}};
    struct blank_output composite = {.output = {&ops}};
    struct copp_output_pair pair;
    copp_output_pair_init(&pair, &svideo.output, &composite.output);
    const struct copp_output_ops *pair_ops = pair.output.ops;
    assert_int_equal(pair_ops->blank(&pair.output, true), COPP_OK);
    assert_true(svideo.blank && composite.blank);
    assert_int_equal(pair_ops->blank(&pair.output, false), COPP_OK);
    assert_false(svideo.blank || composite.blank);
    composite.answer = COPP_E_FAILED;
    assert_int_equal(pair_ops->blank(&pair.output, true), COPP_E_FAILED);
    assert_false(svideo.blank || composite.blank);
    composite.answer = COPP_OK;
    assert_int_equal(pair_ops->blank(&pair.output, true), COPP_OK);
    composite.answer = COPP_E_FAILED;
    assert_int_equal(pair_ops->blank(&pair.output, false), COPP_E_FAILED);
    assert_true(svideo.blank && composite.blank); /* and neither shows frames */
    composite.answer = COPP_OK;
    assert_int_equal(pair_ops->blank(&pair.output, false), COPP_OK);
    svideo.answer = COPP_E_FAILED;
    assert_int_equal(pair_ops->blank(&pair.output, true), COPP_E_FAILED);
    assert_false(svideo.blank || composite.blank);
    svideo.answer = COPP_OK;
    pair.composite = &(struct copp_output){&(struct copp_output_ops){.size = offsetof(struct copp_output_ops, blank)}};
    assert_int_equal(pair_ops->blank(&pair.output, true), COPP_E_UNSUPPORTED);
    assert_false(svideo.blank);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(both_halves_of_a_pair_are_protected, "ARB-6"),
        TEST(a_pair_is_protected_whole_or_not_at_all, "ARB-6 CMD-4"),
        TEST(a_pair_that_cannot_be_undone_is_lost, "ARB-6 EVT-3"),
        TEST(both_halves_of_a_pair_are_blanked, "ARB-6 OPM-STA-6"),
    };
    return RUN_SUITE("output_pair", cases);
}
