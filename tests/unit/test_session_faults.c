/*
 * Both sides of a session on a simulated adapter, with every allocation and crypto call of either side failing in turn.
 * Whatever fails, nothing counts as protected that is not, and what failed has changed nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "harness.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

static const char description[] = "[output DVI-1]\n"
                                  "type = dvi\n"
                                  "protections = hdcp acp cgms-a\n"
                                  "modes = 720p60\n"
                                  "ksv = 511ef21acd\n"
                                  "tv_standards = CEA805A_TypeA_750p CEA805A_TypeB_750p\n"
                                  "default_standard = CEA805A_TypeA_750p\n";

/* The driver's side, which lasts for all of a test, and one session with it. */
struct stage {
    uint8_t *chain_bytes;
    size_t chain_size;
    struct copp_private_key *key;
    struct copp_public_key anchor;
    struct copp_sim *sim;
    struct copp_connector *connector;
    struct copp_transport *transport;
    struct copp_session *session;
};

static void stage_begin(struct stage *stage) {
    *stage = (struct stage){.key = test_private_key("leaf.pem"), .anchor = test_anchor()};
    stage->chain_bytes = read_test_file("vectors/chain-good.xml", &stage->chain_size);
    const struct copp_sim_config config = {.size = sizeof config,
                                           .description = description,
                                           .chain_bytes = stage->chain_bytes,
                                           .chain_size = stage->chain_size,
                                           .key = stage->key};
    assert_int_equal(copp_sim_new(&config, &stage->sim, NULL), COPP_OK);
    stage->connector = copp_sim_connector(stage->sim, "DVI-1");
    assert_non_null(stage->connector);
}

static enum copp_result session_begin(struct stage *stage) {
    const struct copp_session_config config = {.size = sizeof config, .anchor = &stage->anchor, .connector = "DVI-1"};
    struct copp_verdict verdict;
    enum copp_result result = copp_local_transport_open(stage->connector, NULL, &stage->transport);
    if (!result)
        result = copp_session_new(&config, stage->transport, &stage->session);
    if (!result)
        result = copp_session_establish(stage->session, &verdict);
    return result;
}

static struct copp_protection in_force(const struct stage *stage) {
    struct copp_protection protection = {.size = sizeof protection};
    copp_connector_protection(stage->connector, &protection);
    return protection;
}

static void assert_nothing_in_force(const struct stage *stage) {
    struct copp_protection protection = in_force(stage);
    assert_int_equal(protection.hdcp, 0);
    assert_int_equal(protection.acp, 0);
    assert_int_equal(protection.cgmsa, 0);
}

/* However it went, the driver is left as it was found. */
static void session_end(struct stage *stage) {
    copp_session_free(&stage->session);
    copp_transport_free(&stage->transport);
    assert_int_equal(copp_connector_devices(stage->connector), 0);
    assert_nothing_in_force(stage);
}

static void stage_end(struct stage *stage) {
    copp_sim_free(&stage->sim);
    copp_private_key_free(&stage->key);
    free(stage->chain_bytes);
}

static bool alive(const struct stage *stage) {
    uint32_t type;
    return copp_session_connector_type(stage->session, &type) == COPP_OK;
}

/* BIND-3: where what came of a command could not be recorded, the session is over; what it held goes with its device. */
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
            /* what fails in the driver is the driver's refusal */
            if (result != COPP_E_REFUSED)
                fault_assert_said(&fault, result);
            assert_false(stage.session && alive(&stage));
        } else {
            assert_int_equal(result, COPP_OK);
        }
        session_end(&stage);
    }
    stage_end(&stage);
}

/* QRY-4: an answer that could not be checked is not an answer, and ends the session: the two sides are out of step. */
static void queries(void) {
    struct stage stage;
    stage_begin(&stage);
    EACH_FAULT(fault) {
        uint32_t types = 0;
        assert_int_equal(session_begin(&stage), COPP_OK);
        fault_arm(&fault);
        enum copp_result result = copp_session_protection_types(stage.session, &types);
        if (fault_disarm(&fault)) {
            assert_int_not_equal(result, COPP_OK);
            assert_int_equal(types, 0);
            enum copp_result again = copp_session_protection_types(stage.session, &types);
            if (result == COPP_E_REFUSED || result == COPP_E_RANDOM)
                assert_int_equal(again, COPP_OK);
            else
                assert_true(again == COPP_OK || again == result); /* it goes on, or it is dead and says why */
            assert_int_equal(types, again ? 0 : HDCP | ACP | CGMSA);
        } else {
            assert_int_equal(result, COPP_OK);
            assert_int_equal(types, HDCP | ACP | CGMSA);
        }
        session_end(&stage);
    }
    stage_end(&stage);
}

/* CMD-3: a command that failed has changed nothing, on either side; the same one succeeds next. */
static void levels(void) {
    struct stage stage;
    stage_begin(&stage);
    assert_int_equal(session_begin(&stage), COPP_OK);
    EACH_FAULT(fault) {
        uint32_t level;
        fault_arm(&fault);
        enum copp_result result = copp_session_set_protection_level(stage.session, CGMSA, COPP_CGMSA_COPY_NEVER);
        if (fault_disarm(&fault)) {
            assert_int_not_equal(result, COPP_OK);
            go_on(&stage);
            assert_nothing_in_force(&stage);
            assert_int_equal(copp_session_local_level(stage.session, CGMSA, &level), COPP_OK);
            assert_int_equal(level, COPP_CGMSA_DISABLED);
            result = copp_session_set_protection_level(stage.session, CGMSA, COPP_CGMSA_COPY_NEVER);
        }
        assert_int_equal(result, COPP_OK);
        assert_int_equal(in_force(&stage).cgmsa, COPP_CGMSA_COPY_NEVER);
        assert_int_equal(copp_session_unprotect(stage.session), COPP_OK);
    }
    session_end(&stage);
    stage_end(&stage);
}

static void signaling(void) {
    const struct copp_set_signaling type_a = {.standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P};
    const struct copp_set_signaling type_b = {.standard = COPP_TV_STANDARD_CEA805A_TYPEB_750P};
    struct stage stage;
    stage_begin(&stage);
    assert_int_equal(session_begin(&stage), COPP_OK);
    EACH_FAULT(fault) {
        fault_arm(&fault);
        enum copp_result result = copp_session_set_signaling(stage.session, &type_b);
        if (fault_disarm(&fault)) {
            assert_int_not_equal(result, COPP_OK);
            go_on(&stage);
            assert_int_equal(in_force(&stage).tv_standard, type_a.standard);
            result = copp_session_set_signaling(stage.session, &type_b);
        }
        assert_int_equal(result, COPP_OK);
        assert_int_equal(in_force(&stage).tv_standard, type_b.standard);
        assert_int_equal(copp_session_set_signaling(stage.session, &type_a), COPP_OK);
    }
    session_end(&stage);
    stage_end(&stage);
}

static const struct copp_requirement everything = {
    .size = sizeof everything, .hdcp = 1, .acp = 2, .cgmsa = COPP_CGMSA_COPY_NEVER};

/* Content may be shown only if all of it went well; else what was raised is given back. */
static void protecting(void) {
    struct stage stage;
    stage_begin(&stage);
    EACH_FAULT(fault) {
        assert_int_equal(session_begin(&stage), COPP_OK);
        fault_arm(&fault);
        enum copp_stop stop = copp_session_protect(stage.session, &everything, 0);
        if (fault_disarm(&fault)) {
            assert_int_not_equal(stop, COPP_STOP_NONE);
            if (alive(&stage) && fault.mode != FAULT_ALL_ON) {
                assert_nothing_in_force(&stage);
                stop = copp_session_protect(stage.session, &everything, 0);
                assert_int_equal(stop, COPP_STOP_NONE);
            }
        } else {
            assert_int_equal(stop, COPP_STOP_NONE);
            assert_int_equal(in_force(&stage).acp, 2);
        }
        session_end(&stage);
    }
    stage_end(&stage);
}

/* APP-3: whatever cannot be checked counts as wrong. */
static void watching(void) {
    struct stage stage;
    stage_begin(&stage);
    EACH_FAULT(fault) {
        struct copp_poll watch = {.size = sizeof watch};
        assert_int_equal(session_begin(&stage), COPP_OK);
        assert_int_equal(copp_session_protect(stage.session, &everything, 0), COPP_STOP_NONE);
        fault_arm(&fault);
        copp_session_poll(stage.session, 2000, &watch);
        if (fault_disarm(&fault)) {
            assert_int_equal(watch.state, COPP_POLL_STOP);
            assert_int_not_equal(watch.stop, COPP_STOP_NONE);
        } else {
            assert_int_equal(watch.state, COPP_POLL_PROTECTED);
        }
        session_end(&stage);
    }
    stage_end(&stage);
}

static void unprotecting(void) {
    struct stage stage;
    stage_begin(&stage);
    assert_int_equal(session_begin(&stage), COPP_OK);
    EACH_FAULT(fault) {
        assert_int_equal(copp_session_protect(stage.session, &everything, 0), COPP_STOP_NONE);
        fault_arm(&fault);
        enum copp_result result = copp_session_unprotect(stage.session);
        if (fault_disarm(&fault)) {
            assert_int_not_equal(result, COPP_OK);
            go_on(&stage);
            result = copp_session_unprotect(stage.session); /* what is held still is known, and given back */
        }
        assert_int_equal(result, COPP_OK);
        assert_nothing_in_force(&stage);
    }
    session_end(&stage);
    stage_end(&stage);
}

static const struct test_case cases[] = {
    TEST(establishing, ""), TEST(queries, "QRY-4"),  TEST(levels, "CMD-3 BIND-3"), TEST(signaling, "CMD-3"),
    TEST(protecting, ""),   TEST(watching, "APP-3"), TEST(unprotecting, ""),
};

int main(void) {
    return RUN_SUITE("session_faults", cases);
}
