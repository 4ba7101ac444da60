/*
 * Both sides of a session under OPM semantics, with every allocation and crypto call of either side failing in turn. Whatever fails,
 * nothing counts as protected that is not, and a session that may be out of step with its driver is dead.
 */
#include <stdlib.h>

#include "faults.h"
#include "opm_rig.h"

static struct copp_opm_anchor anchor = {.size = sizeof anchor};

struct stage {
    struct opm_rig rig;
    uint8_t *srm;
    size_t srm_size;
    struct copp_transport *transport;
    struct copp_session *session;
};

static void stage_begin(struct stage *stage) {
    size_t size;
    uint8_t *root = read_test_vector("opm/root.der", &size);
    assert_int_equal(copp_opm_anchor_read(root, size, &anchor), COPP_OK);
    free(root);
    *stage = (struct stage){.session = NULL};
    stage->srm = read_test_vector("opm/srm1-genuine-v1.bin", &stage->srm_size);
    opm_rig_init(&stage->rig, NULL, true);
    uint8_t *chain_bytes = read_test_vector("opm/chain-good-sha1-leaf-root-ca.p7b", &size);
    assert_int_equal(copp_adapter_renew_opm(stage->rig.adapter, chain_bytes, size, stage->rig.key), COPP_OK);
    free(chain_bytes);
}

static enum copp_result session_begin(struct stage *stage) {
    const struct copp_device_options options = {.size = sizeof options, .semantics = COPP_SEMANTICS_OPM};
    const struct copp_session_config config = {.size = sizeof config,
                                               .opm_anchor = &anchor,
                                               .srm_bytes = stage->srm,
                                               .srm_size = stage->srm_size,
                                               .connector = copp_connector_name(stage->rig.connector)};
    enum copp_result result = copp_local_transport_open_as(stage->rig.connector, &options, NULL, &stage->transport);
    if (!result)
        result = copp_session_new(&config, stage->transport, &stage->session);
    if (!result)
        result = copp_session_establish(stage->session, NULL);
    return result;
}

/* However it went, the driver is left as it was found. */
static void session_end(struct stage *stage) {
    copp_session_free(&stage->session);
    copp_transport_free(&stage->transport);
    assert_int_equal(copp_connector_devices(stage->rig.connector), 0);
    assert_int_equal(stage->rig.output.in_force.hdcp, 0);
    assert_false(stage->rig.output.in_force.type1);
}

static void stage_end(struct stage *stage) {
    opm_rig_end(&stage->rig);
    free(stage->srm);
}

static bool alive(const struct stage *stage) {
    uint32_t type;
    return copp_session_connector_type(stage->session, &type) == COPP_OK;
}

/* OPM-APP-5: what is left to a session that is of no use any more. */
static void go_on(struct stage *stage) {
    if (alive(stage))
        return;
    session_end(stage);
    assert_int_equal(session_begin(stage), COPP_OK);
}

static void establishing(void) {
    struct stage stage;
    stage_begin(&stage);
    EACH_FAULT(fault) {
        fault_arm(&fault);
        enum copp_result result = session_begin(&stage);
        if (fault_disarm(&fault)) {
            if (result != COPP_E_REFUSED) /* what fails in the driver is the driver's refusal */
                fault_assert_said(&fault, result);
            assert_false(stage.session && alive(&stage));
        } else {
            assert_int_equal(result, COPP_OK);
        }
        session_end(&stage);
    }
    stage_end(&stage);
}

static void requests(void) {
    struct stage stage;
    stage_begin(&stage);
    EACH_FAULT(fault) {
        uint64_t id = 0;
        assert_int_equal(session_begin(&stage), COPP_OK);
        fault_arm(&fault);
        enum copp_result result = copp_session_output_id(stage.session, &id);
        if (fault_disarm(&fault)) {
            assert_int_not_equal(result, COPP_OK);
            assert_true(id == 0);
            enum copp_result again = copp_session_output_id(stage.session, &id);
            assert_true(again == COPP_OK || again == result); /* it goes on, or it is dead and says why */
        } else {
            assert_int_equal(result, COPP_OK);
        }
        session_end(&stage);
    }
    stage_end(&stage);
}

/* Raising and lowering: either side may fail, and both agree afterwards or are done with each other. */
static void levels(void) {
    struct stage stage;
    stage_begin(&stage);
    assert_int_equal(session_begin(&stage), COPP_OK);
    for (uint32_t wanted = 0; wanted < 2; wanted++) {
        EACH_FAULT(fault) {
            uint32_t level = 7;
            go_on(&stage);
            assert_int_equal(copp_session_set_protection_level(stage.session, OPM_HDCP, !wanted), COPP_OK);
            fault_arm(&fault);
            enum copp_result result = copp_session_set_protection_level(stage.session, OPM_HDCP, wanted);
            if (fault_disarm(&fault)) {
                assert_int_not_equal(result, COPP_OK);
                go_on(&stage);
                assert_int_equal(copp_session_set_protection_level(stage.session, OPM_HDCP, wanted), COPP_OK);
            } else {
                assert_int_equal(result, COPP_OK);
            }
            assert_int_equal(copp_session_local_level(stage.session, OPM_HDCP, &level), COPP_OK);
            assert_int_equal(level, wanted);
            assert_int_equal(stage.rig.output.in_force.hdcp, wanted);
        }
    }
    session_end(&stage);
    stage_end(&stage);
}

static const struct copp_requirement type1 = {.size = sizeof type1, .hdcp = 1, .type1 = true};

/* Content may be shown only if all of it went well, the SRM's handing over included. */
static void protecting(void) {
    struct stage stage;
    stage_begin(&stage);
    EACH_FAULT(fault) {
        assert_int_equal(session_begin(&stage), COPP_OK);
        fault_arm(&fault);
        enum copp_stop stop = copp_session_protect(stage.session, &type1, 0);
        if (fault_disarm(&fault)) {
            assert_int_not_equal(stop, COPP_STOP_NONE);
            go_on(&stage);
            stop = copp_session_protect(stage.session, &type1, 0);
        }
        assert_int_equal(stop, COPP_STOP_NONE);
        assert_true(stage.rig.output.in_force.type1);
        session_end(&stage);
    }
    stage_end(&stage);
}

static void polling(void) {
    struct stage stage;
    stage_begin(&stage);
    EACH_FAULT(fault) {
        struct copp_poll poll = {.size = sizeof poll};
        assert_int_equal(session_begin(&stage), COPP_OK);
        assert_int_equal(copp_session_protect(stage.session, &type1, 0), COPP_STOP_NONE);
        fault_arm(&fault);
        copp_session_poll(stage.session, 2000, &poll);
        bool failed = fault_disarm(&fault);
        assert_int_equal(poll.state, failed ? COPP_POLL_STOP : COPP_POLL_PROTECTED);
        assert_true((poll.stop != COPP_STOP_NONE) == failed);
        session_end(&stage);
    }
    stage_end(&stage);
}

static const struct test_case cases[] = {
    TEST(establishing, "OPM-INI-2"), TEST(requests, "OPM-APP-2"), TEST(levels, "OPM-APP-5"),
    TEST(protecting, "OPM-APP-1"),   TEST(polling, "OPM-APP-3"),
};

int main(void) {
    return RUN_SUITE("opm_session_faults", cases);
}
