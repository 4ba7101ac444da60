/* What an application does with the answers: protect and poll (APP-1..4, EVT-4). */
#include <stdlib.h>
#include <string.h>

#include "fake_driver.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define REDISTRIBUTION COPP_CGMSA_REDISTRIBUTION_CONTROL_REQUIRED

#define SIZE .size = sizeof(struct copp_requirement)

static const struct copp_requirement hdcp_only = {.size = sizeof hdcp_only, .hdcp = 1};
static const struct copp_requirement everything = {
    .size = sizeof everything, .hdcp = 1, .acp = COPP_ACP_LEVEL3, .cgmsa = COPP_CGMSA_COPY_NO_MORE | REDISTRIBUTION};

static void free_all(struct copp_session **session, struct fake_driver *driver) {
    copp_session_free(session);
    fake_driver_end(driver);
}

static struct copp_session *protect_at(struct fake_driver *driver, const struct copp_requirement *requirement, uint64_t now_ms) {
    struct copp_session *session = fake_session(driver, NULL);
    assert_int_equal(copp_session_protect(session, requirement, now_ms), COPP_STOP_NONE);
    return session;
}

static void check_nothing_held(const struct fake_driver *driver) {
    assert_int_equal(driver->local[HDCP], 0);
    assert_int_equal(driver->local[ACP], 0);
    assert_int_equal(driver->local[CGMSA], 0);
}

static struct copp_poll watch_at(struct copp_session *session, uint64_t now_ms) {
    struct copp_poll watch;
    memset(&watch, 0xA5, sizeof watch);
    watch.size = sizeof watch;
    copp_session_poll(session, now_ms, &watch);
    return watch;
}

/* STOP for that reason, now and for ever, and the driver is not asked again; nor does protect begin anew. */
static void check_stopped(struct copp_session *session, const struct fake_driver *driver, enum copp_stop stop, uint64_t now_ms) {
    struct copp_poll watch = watch_at(session, now_ms);
    assert_int_equal(watch.state, COPP_POLL_STOP);
    assert_int_equal(watch.stop, stop);
    assert_true(watch.deadline_ms == UINT64_MAX);
    unsigned seen = driver->queries + driver->commands;
    watch = watch_at(session, now_ms + 1);
    assert_int_equal(watch.state, COPP_POLL_STOP);
    assert_int_equal(watch.stop, stop);
    assert_int_equal(copp_session_protect(session, &hdcp_only, now_ms + 2), stop);
    assert_int_equal(driver->queries + driver->commands, seen);
}

static void protects_everything(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = protect_at(&driver, &everything, 1000);
    assert_int_equal(driver.local[HDCP], 1);
    assert_int_equal(driver.local[ACP], COPP_ACP_LEVEL3);
    assert_int_equal(driver.local[CGMSA], COPP_CGMSA_COPY_NO_MORE | REDISTRIBUTION);
    assert_int_equal(driver.sets, 3);
    for (uint64_t now = 2000; now < 9000; now += COPP_POLL_MS) {
        struct copp_poll watch = watch_at(session, now);
        assert_int_equal(watch.state, COPP_POLL_PROTECTED);
        assert_int_equal(watch.stop, COPP_STOP_NONE);
        assert_true(watch.deadline_ms == now + COPP_POLL_MS);
        assert_int_equal(watch.events, 0);
        assert_false(watch.late);
        assert_false(watch.hdcp_skipped);
    }
    assert_int_equal(driver.sets, 3); /* watching sets nothing */
    free_all(&session, &driver);
}

static void asks_for_no_more_than_required(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    driver.types = ACP; /* what is not required need not be offered */
    struct copp_session *session =
        protect_at(&driver, &(struct copp_requirement){.size = sizeof(struct copp_requirement), .acp = COPP_ACP_LEVEL2}, 0);
    assert_int_equal(driver.sets, 1);
    assert_int_equal(driver.set[0].type, ACP);
    assert_int_equal(driver.set[0].level, COPP_ACP_LEVEL2);
    assert_int_equal(watch_at(session, 1).state, COPP_POLL_PROTECTED);
    for (unsigned i = 0; i < driver.queries; i++)
        assert_int_not_equal(driver.asked[i].request, COPP_QUERY_HDCP_KEY_DATA);
    free_all(&session, &driver);
}

static void tells_of_late_polls(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = protect_at(&driver, &hdcp_only, 5000);
    assert_false(watch_at(session, 7000).late);
    assert_true(watch_at(session, 9001).late);
    assert_false(watch_at(session, 9002).late);
    free_all(&session, &driver);
}

/* A receiver that protect must refuse and that watch must see when it comes later. */
static void refuse_receiver(void (*spoil)(struct fake_driver *driver), enum copp_stop stop) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    spoil(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_protect(session, &everything, 0), stop);
    check_nothing_held(&driver);
    free_all(&session, &driver);

    fake_driver_init(&driver);
    session = protect_at(&driver, &everything, 0);
    spoil(&driver);
    check_stopped(session, &driver, stop, 1);
    free_all(&session, &driver);

    fake_driver_init(&driver); /* without HDCP it does not matter who is there */
    spoil(&driver);
    session = protect_at(&driver, &(struct copp_requirement){.size = sizeof(struct copp_requirement), .acp = 1, .cgmsa = 1}, 0);
    assert_int_equal(watch_at(session, 1).state, COPP_POLL_PROTECTED);
    free_all(&session, &driver);
}

static void become_repeater(struct fake_driver *driver) {
    driver->hdcp_flags = COPP_HDCP_REPEATER;
}

static void refuses_a_repeater(void) {
    refuse_receiver(become_repeater, COPP_STOP_REPEATER);
}

static void lose_receiver(struct fake_driver *driver) {
    driver->hdcp_hresult = COPP_HR_INVALIDARG;
}

static void refuses_hdcp_without_receiver(void) {
    refuse_receiver(lose_receiver, COPP_STOP_NO_RECEIVER);
}

/* APP-1 and APP-2 are left to others where nobody is named, and carried out all the same where somebody is. */
static void an_unnamed_receiver_is_enough_if_asked_for(void) {
    static const struct copp_requirement anybody = {.size = sizeof anybody, .hdcp = 1, .unnamed_receiver = true};
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = protect_at(&driver, &anybody, 0);
    assert_false(watch_at(session, 1).receiver_unnamed); /* this driver names one */
    lose_receiver(&driver);
    struct copp_poll watch = watch_at(session, 2);
    assert_int_equal(watch.state, COPP_POLL_PROTECTED);
    assert_true(watch.receiver_unnamed);
    become_repeater(&driver);
    driver.hdcp_hresult = COPP_HR_OK;
    check_stopped(session, &driver, COPP_STOP_REPEATER, 3);
    free_all(&session, &driver);

    fake_driver_init(&driver);
    lose_receiver(&driver);
    session = protect_at(&driver, &anybody, 0);
    assert_true(watch_at(session, 1).receiver_unnamed);
    assert_int_equal(driver.local[HDCP], 1);
    static const uint32_t off[FAKE_TYPES] = {0};
    driver.global = off; /* the levels still count */
    check_stopped(session, &driver, COPP_STOP_LEVEL, 2);
    free_all(&session, &driver);

    fake_driver_init(&driver); /* nobody has allowed it */
    session = protect_at(&driver, &hdcp_only, 0);
    lose_receiver(&driver);
    watch = watch_at(session, 1);
    assert_int_equal(watch.stop, COPP_STOP_NO_RECEIVER);
    assert_false(watch.receiver_unnamed);
    free_all(&session, &driver);

    fake_driver_init(&driver); /* a lie is not a missing name */
    session = protect_at(&driver, &anybody, 0);
    fake_driver_fault(&driver, FAKE_MAC_BIT, 2, 0); /* QueryHDCPKeyData comes third */
    check_stopped(session, &driver, COPP_STOP_AUTHENTICATION, 1);
    free_all(&session, &driver);
}

static void have_no_ksv(struct fake_driver *driver) {
    memset(driver->bksv, 0, sizeof driver->bksv);
}

static void have_19_ones(struct fake_driver *driver) {
    driver->bksv[0] &= 0xFE;
}

static void have_21_ones(struct fake_driver *driver) {
    driver->bksv[0] |= 0x02;
}

static void refuses_an_invalid_ksv(void) {
    refuse_receiver(have_no_ksv, COPP_STOP_KSV);
    refuse_receiver(have_19_ones, COPP_STOP_KSV);
    refuse_receiver(have_21_ones, COPP_STOP_KSV);
}

static struct copp_srm *test_srm(void) {
    uint8_t bytes[64];
    size_t size = from_hex(facsimile_srm, bytes, sizeof bytes);
    struct copp_srm *srm;
    struct copp_verdict verdict;
    assert_int_equal(copp_srm_verify(bytes, size,
                                     &(struct copp_srm_key){.size = sizeof(struct copp_srm_key), .kind = COPP_SRM_KEY_FACSIMILE},
                                     &srm, &verdict),
                     COPP_OK);
    return srm;
}

static void refuses_a_revoked_receiver(void) {
    static const uint8_t innocent[COPP_KSV_SIZE] = {0x0F, 0x0F, 0x0F, 0x0F, 0x0F};
    struct copp_srm *srm = test_srm();
    const struct copp_session_lists lists = {.size = sizeof lists, .srms = (const struct copp_srm *const[]){srm}, .srm_count = 1};
    const struct copp_session_config config = {.size = sizeof config, .lists = &lists};
    struct fake_driver driver;
    fake_driver_init(&driver); /* its receiver is the list's first */
    struct copp_session *session = fake_session(&driver, &config);
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_REVOKED);
    check_nothing_held(&driver);
    memcpy(driver.bksv, innocent, sizeof innocent);
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_NONE);
    memcpy(driver.bksv, (uint8_t[]){0x01, 0xf4, 0x97, 0x26, 0xe7}, COPP_KSV_SIZE);
    check_stopped(session, &driver, COPP_STOP_REVOKED, 1);
    free_all(&session, &driver);
    copp_srm_free(&srm);
}

/* A list that comes while content is shown stops it with the next look. */
static void new_lists_stop_what_is_shown(void) {
    struct copp_srm *srm = test_srm();
    const struct copp_session_lists lists = {.size = sizeof lists, .srms = (const struct copp_srm *const[]){srm}, .srm_count = 1};
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = protect_at(&driver, &hdcp_only, 0);
    assert_int_equal(copp_session_set_lists(session, &lists, NULL), COPP_OK);
    check_stopped(session, &driver, COPP_STOP_REVOKED, 1);
    free_all(&session, &driver);
    copp_srm_free(&srm);

    size_t size;
    struct copp_revocation_list *list;
    struct copp_public_key anchor = test_anchor();
    uint8_t *bytes = read_test_vector("crl-v8-leaf-revoked.bin", &size);
    assert_int_equal(copp_revocation_validate(bytes, size, &anchor, &list, NULL), COPP_OK);
    free(bytes);
    const struct copp_session_lists revoking = {
        .size = sizeof revoking, .revocations = (const struct copp_revocation_list *const[]){list}, .revocation_count = 1};
    fake_driver_init(&driver);
    session = protect_at(&driver, &hdcp_only, 0);
    assert_int_equal(copp_session_set_lists(session, &revoking, NULL), COPP_E_REVOKED);
    check_stopped(session, &driver, COPP_STOP_DRIVER_REVOKED, 1);
    assert_int_equal(copp_session_unprotect(session), COPP_E_REVOKED);
    free_all(&session, &driver);
    copp_revocation_free(&list);
}

struct level_case {
    struct copp_requirement requirement;
    uint32_t type;
    uint32_t local;
    uint32_t global;
    bool good;
};

static const struct level_case level_cases[] = {
    {{SIZE, .hdcp = 1}, HDCP, 1, 1, true},
    {{SIZE, .hdcp = 1}, HDCP, 0, 1, false},
    {{SIZE, .hdcp = 1}, HDCP, 1, 0, false},
    {{SIZE, .hdcp = 1}, HDCP, 1, 2, false},
    {{SIZE, .hdcp = 1}, HDCP, 1, COPP_NO_PROTECTION_LEVEL_AVAILABLE, false},
    {{SIZE, .hdcp = 1}, HDCP, COPP_NO_PROTECTION_LEVEL_AVAILABLE, 1, false},
    {{SIZE, .acp = COPP_ACP_LEVEL3}, ACP, COPP_ACP_LEVEL3, COPP_ACP_LEVEL3, true},
    {{SIZE, .acp = COPP_ACP_LEVEL3}, ACP, COPP_ACP_LEVEL3, COPP_ACP_LEVEL2, true}, /* ARB-2: 2 is above 3 */
    {{SIZE, .acp = COPP_ACP_LEVEL3}, ACP, COPP_ACP_LEVEL3, COPP_ACP_LEVEL1, false},
    {{SIZE, .acp = COPP_ACP_LEVEL2}, ACP, COPP_ACP_LEVEL2, COPP_ACP_LEVEL3, false},
    {{SIZE, .acp = COPP_ACP_LEVEL3}, ACP, COPP_ACP_LEVEL2, COPP_ACP_LEVEL2, false}, /* local is not more, it is equal */
    {{SIZE, .cgmsa = COPP_CGMSA_COPY_NO_MORE}, CGMSA, COPP_CGMSA_COPY_NO_MORE, COPP_CGMSA_COPY_NEVER, true},
    {{SIZE, .cgmsa = COPP_CGMSA_COPY_NO_MORE}, CGMSA, COPP_CGMSA_COPY_NO_MORE, COPP_CGMSA_COPY_ONE_GENERATION, false},
    {{SIZE, .cgmsa = COPP_CGMSA_COPY_NO_MORE}, CGMSA, COPP_CGMSA_COPY_NO_MORE, COPP_CGMSA_COPY_NO_MORE | REDISTRIBUTION, true},
    {{SIZE, .cgmsa = COPP_CGMSA_COPY_NO_MORE}, CGMSA, COPP_CGMSA_COPY_NO_MORE | REDISTRIBUTION, COPP_CGMSA_COPY_NO_MORE, false},
    {{SIZE, .cgmsa = COPP_CGMSA_COPY_FREELY | REDISTRIBUTION},
     CGMSA,
     COPP_CGMSA_COPY_FREELY | REDISTRIBUTION,
     COPP_CGMSA_COPY_NEVER | REDISTRIBUTION,
     true},
    {{SIZE, .cgmsa = COPP_CGMSA_COPY_FREELY | REDISTRIBUTION},
     CGMSA,
     COPP_CGMSA_COPY_FREELY | REDISTRIBUTION,
     COPP_CGMSA_COPY_NEVER,
     false},
    {{SIZE, .cgmsa = REDISTRIBUTION}, CGMSA, REDISTRIBUTION, REDISTRIBUTION, true},
    {{SIZE, .cgmsa = REDISTRIBUTION}, CGMSA, REDISTRIBUTION, COPP_CGMSA_COPY_FREELY, false},
    {{SIZE, .cgmsa = REDISTRIBUTION}, CGMSA, REDISTRIBUTION, COPP_NO_PROTECTION_LEVEL_AVAILABLE, false},
};

static const struct level_case *level_now;

/* Whatever was set, the driver says the levels of level_now. */
static void tell_levels(struct fake_driver *driver, enum copp_request request) {
    if (request == COPP_QUERY_LOCAL_PROTECTION_LEVEL)
        driver->local[level_now->type] = level_now->local;
}

static void compares_levels(void) {
    for (size_t i = 0; i < sizeof level_cases / sizeof level_cases[0]; i++) {
        level_now = &level_cases[i];
        uint32_t global[FAKE_TYPES] = {0};
        global[level_now->type] = level_now->global;
        enum copp_stop expected = level_now->good ? COPP_STOP_NONE : COPP_STOP_LEVEL;

        struct fake_driver driver;
        fake_driver_init(&driver);
        driver.before = tell_levels;
        driver.global = global;
        struct copp_session *session = fake_session(&driver, NULL);
        assert_int_equal(copp_session_protect(session, &level_now->requirement, 0), expected);
        if (!level_now->good)
            check_nothing_held(&driver);
        free_all(&session, &driver);

        fake_driver_init(&driver);
        session = protect_at(&driver, &level_now->requirement, 0);
        driver.before = tell_levels;
        driver.global = global;
        if (level_now->good)
            assert_int_equal(watch_at(session, 1).state, COPP_POLL_PROTECTED);
        else
            check_stopped(session, &driver, COPP_STOP_LEVEL, 1);
        free_all(&session, &driver);
    }
}

static void skips_hdcp_where_nobody_can_get_at_it(void) {
    static const uint32_t embedded[] = {COPP_CONNECTOR_LVDS, COPP_CONNECTOR_DISPLAYPORT_EMBEDDED, COPP_CONNECTOR_UDI_EMBEDDED,
                                        COPP_CONNECTOR_HDMI | COPP_CONNECTOR_INTERNAL,
                                        COPP_CONNECTOR_DISPLAYPORT_EXTERNAL | COPP_CONNECTOR_INTERNAL};
    for (size_t i = 0; i < sizeof embedded / sizeof embedded[0]; i++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        driver.connector_type = embedded[i];
        driver.types = ACP; /* nor need it be offered */
        driver.hdcp_hresult = COPP_HR_INVALIDARG;
        struct copp_session *session =
            protect_at(&driver, &(struct copp_requirement){.size = sizeof(struct copp_requirement), .hdcp = 1, .acp = 1}, 0);
        assert_int_equal(driver.sets, 1);
        assert_int_equal(driver.set[0].type, ACP);
        struct copp_poll watch = watch_at(session, 1);
        assert_int_equal(watch.state, COPP_POLL_PROTECTED);
        assert_true(watch.hdcp_skipped);
        free_all(&session, &driver);
    }
}

static void skips_nothing_that_was_not_required(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    driver.connector_type = COPP_CONNECTOR_LVDS;
    struct copp_session *session =
        protect_at(&driver, &(struct copp_requirement){.size = sizeof(struct copp_requirement), .acp = 1}, 0);
    assert_false(watch_at(session, 1).hdcp_skipped);
    free_all(&session, &driver);
}

static void asks_for_hdcp_elsewhere(void) {
    static const uint32_t others[] = {COPP_CONNECTOR_VGA,
                                      COPP_CONNECTOR_DVI,
                                      COPP_CONNECTOR_HDMI,
                                      COPP_CONNECTOR_TMDS,
                                      COPP_CONNECTOR_DISPLAYPORT_EXTERNAL,
                                      COPP_CONNECTOR_UDI_EXTERNAL,
                                      COPP_CONNECTOR_UNKNOWN /* has the INTERNAL bit, too */};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        driver.connector_type = others[i];
        struct copp_session *session = protect_at(&driver, &hdcp_only, 0);
        assert_int_equal(driver.local[HDCP], 1);
        assert_false(watch_at(session, 1).hdcp_skipped);
        free_all(&session, &driver);
    }
    struct fake_driver driver; /* a link that turns out to be an outer one is not protected by having been skipped */
    fake_driver_init(&driver);
    driver.connector_type = COPP_CONNECTOR_LVDS;
    struct copp_session *session = protect_at(&driver, &hdcp_only, 0);
    driver.connector_type = COPP_CONNECTOR_HDMI;
    check_stopped(session, &driver, COPP_STOP_LEVEL, 1);
    free_all(&session, &driver);
}

static void refuses_what_is_not_offered(void) {
    static const uint32_t missing[] = {HDCP, ACP, CGMSA};
    for (size_t i = 0; i < 3; i++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        driver.types &= ~missing[i];
        struct copp_session *session = fake_session(&driver, NULL);
        assert_int_equal(copp_session_protect(session, &everything, 0), COPP_STOP_UNSUPPORTED);
        assert_int_equal(driver.commands, 0);
        free_all(&session, &driver);
    }
    static const struct copp_requirement nonsense[] = {
        {SIZE, .hdcp = 2}, {SIZE, .acp = 4}, {SIZE, .cgmsa = 5}, {SIZE, .cgmsa = 13}, {SIZE, .hdcp = UINT32_MAX}};
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++)
        assert_int_equal(copp_session_protect(session, &nonsense[i], 0), COPP_STOP_UNSUPPORTED);
    assert_int_equal(driver.commands, 0);
    free_all(&session, &driver);
}

static void gives_back_what_it_raised_before_a_refusal(void) {
    static const uint32_t refused[] = {HDCP, ACP, CGMSA};
    for (size_t i = 0; i < 3; i++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        driver.level_hresult[refused[i]] = COPP_HR_TOOBIGSIZE;
        struct copp_session *session = fake_session(&driver, NULL);
        assert_int_equal(copp_session_protect(session, &everything, 0), COPP_STOP_REFUSED);
        assert_int_equal(copp_session_hresult(session), COPP_HR_TOOBIGSIZE);
        assert_int_equal(driver.sets, 2 * i); /* raised, and given back */
        check_nothing_held(&driver);
        struct copp_poll watch = watch_at(session, 1);
        assert_int_equal(watch.state, COPP_POLL_STOP);
        assert_int_equal(watch.stop, COPP_STOP_REFUSED);
        driver.level_hresult[refused[i]] = COPP_HR_OK; /* a failed protect may be tried again */
        assert_int_equal(copp_session_protect(session, &everything, 2), COPP_STOP_NONE);
        assert_int_equal(watch_at(session, 3).state, COPP_POLL_PROTECTED);
        free_all(&session, &driver);
    }
}

static void another_requirement_replaces_the_first(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = protect_at(&driver, &everything, 0);
    assert_int_equal(copp_session_protect(
                         session, &(struct copp_requirement){.size = sizeof(struct copp_requirement), .acp = COPP_ACP_LEVEL1}, 1),
                     COPP_STOP_NONE);
    assert_int_equal(driver.local[HDCP], 0);
    assert_int_equal(driver.local[ACP], COPP_ACP_LEVEL1);
    assert_int_equal(driver.local[CGMSA], 0);
    assert_int_equal(watch_at(session, 2).state, COPP_POLL_PROTECTED);
    free_all(&session, &driver);
}

static void unprotect_gives_everything_back(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session =
        protect_at(&driver, &(struct copp_requirement){.size = sizeof(struct copp_requirement), .hdcp = 1, .acp = 2}, 0);
    assert_int_equal(copp_session_set_protection_level(session, CGMSA, COPP_CGMSA_COPY_NEVER), COPP_OK);
    assert_int_equal(copp_session_unprotect(session), COPP_OK);
    check_nothing_held(&driver);
    assert_int_equal(watch_at(session, 1).state, COPP_POLL_STOP);
    unsigned commands = driver.commands;
    assert_int_equal(copp_session_unprotect(session), COPP_OK); /* nothing is left to give back */
    assert_int_equal(driver.commands, commands);
    assert_int_equal(copp_session_protect(session, &hdcp_only, 2), COPP_STOP_NONE);
    fake_driver_fault(&driver, FAKE_REFUSES, 0, COPP_HR_UNEXPECTED);
    assert_int_equal(copp_session_unprotect(session), COPP_E_REFUSED);
    assert_int_equal(copp_session_unprotect(session), COPP_OK); /* what was refused is still held, and tried again */
    check_nothing_held(&driver);
    free_all(&session, &driver);
}

static void unprotect_goes_on_after_an_error(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = protect_at(&driver, &everything, 0);
    fake_driver_fault(&driver, FAKE_REFUSES, 1, COPP_HR_UNEXPECTED);
    assert_int_equal(copp_session_unprotect(session), COPP_E_REFUSED);
    assert_int_equal(driver.local[HDCP], 0);
    assert_int_equal(driver.local[ACP], COPP_ACP_LEVEL3);
    assert_int_equal(driver.local[CGMSA], 0);
    driver.flags = COPP_STATUS_LINK_LOST;
    uint32_t word;
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    assert_int_equal(copp_session_unprotect(session), COPP_E_LINK_LOST);
    free_all(&session, &driver);
}

/* The command that raises HDCP gets lost: we cannot tell whether it did its work, so that "given back" would be a lie. */
static void unprotect_vouches_for_no_dead_session(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    fake_driver_fault(&driver, FAKE_LOST, 2, (uint32_t)COPP_E_TRANSPORT); /* two queries come first */
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_TRANSPORT);
    assert_int_equal(copp_session_unprotect(session), COPP_E_TRANSPORT);
    free_all(&session, &driver);
}

static unsigned told_at; /* queries and commands before the flag is told */
static uint32_t told_flag;

static void tell_flag(struct fake_driver *driver, enum copp_request request) {
    (void)request;
    if (driver->queries + driver->commands == told_at)
        driver->flags = told_flag;
}

/* What is known ends the look at once: nothing is asked after it. */
static void stops_on_link_lost(void) {
    for (unsigned at = 1; at <= 9; at++) { /* whichever of the nine queries of a step brings it */
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = protect_at(&driver, &everything, 0);
        told_at = driver.queries + driver.commands + at;
        told_flag = COPP_STATUS_LINK_LOST;
        driver.before = tell_flag;
        struct copp_poll watch = watch_at(session, 1);
        assert_int_equal(watch.state, COPP_POLL_STOP);
        assert_int_equal(watch.stop, COPP_STOP_LINK_LOST);
        assert_int_equal(watch.events, COPP_STATUS_LINK_LOST);
        assert_int_equal(driver.queries + driver.commands, told_at);
        check_stopped(session, &driver, COPP_STOP_LINK_LOST, 2);
        free_all(&session, &driver);
    }
}

static void link_lost_is_the_cause_of_the_rest(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = protect_at(&driver, &everything, 0);
    driver.flags = COPP_STATUS_LINK_LOST | COPP_STATUS_RENEGOTIATION_REQUIRED;
    memset(driver.local, 0, sizeof driver.local); /* EVT-3 */
    driver.hdcp_hresult = COPP_HR_INVALIDARG;
    check_stopped(session, &driver, COPP_STOP_LINK_LOST, 1);
    free_all(&session, &driver);

    fake_driver_init(&driver); /* and even if the flag was ignored, the levels tell (EVT-3) */
    session = protect_at(&driver, &everything, 0);
    memset(driver.local, 0, sizeof driver.local);
    check_stopped(session, &driver, COPP_STOP_LEVEL, 1);
    free_all(&session, &driver);
}

static void link_lost_while_protecting(void) {
    for (unsigned at = 1; at <= 14; at++) { /* two queries, three commands, nine queries */
        if (at >= 3 && at <= 5)
            continue; /* a command tells no events */
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = fake_session(&driver, NULL);
        told_at = at;
        told_flag = COPP_STATUS_LINK_LOST;
        driver.before = tell_flag;
        assert_int_equal(copp_session_protect(session, &everything, 0), COPP_STOP_LINK_LOST);
        assert_int_equal(driver.queries + driver.commands, told_at);
        assert_int_equal(watch_at(session, 1).stop, COPP_STOP_LINK_LOST);
        assert_int_equal(copp_session_protect(session, &everything, 2), COPP_STOP_LINK_LOST); /* it takes a new session */
        assert_int_equal(driver.queries + driver.commands, told_at);
        free_all(&session, &driver);
    }
}

static void an_event_is_not_lost_on_watch(void) {
    static const uint32_t flags[] = {COPP_STATUS_LINK_LOST, COPP_STATUS_RENEGOTIATION_REQUIRED};
    for (size_t i = 0; i < 2; i++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = protect_at(&driver, &hdcp_only, 0);
        driver.flags = flags[i];
        uint32_t word; /* told to a query of the application's own, and taken by it */
        assert_int_equal(copp_session_bus_type(session, &word), COPP_OK);
        assert_int_equal(copp_session_take_events(session), flags[i]);
        unsigned asked = driver.queries;
        struct copp_poll watch = watch_at(session, 1);
        assert_int_equal(driver.queries, asked); /* what is known already need not be asked */
        assert_int_equal(watch.state, i ? COPP_POLL_RENEGOTIATE : COPP_POLL_STOP);
        assert_int_equal(watch.events, flags[i]);
        assert_int_equal(watch_at(session, 2).events, 0);
        free_all(&session, &driver);
    }
    struct fake_driver driver; /* nor are those that watch sees on the application */
    fake_driver_init(&driver);
    struct copp_session *session = protect_at(&driver, &hdcp_only, 0);
    driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    (void)watch_at(session, 1);
    assert_int_equal(copp_session_take_events(session), COPP_STATUS_RENEGOTIATION_REQUIRED);
    free_all(&session, &driver);
}

static void sets_levels_again_when_told(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = protect_at(&driver, &everything, 0);
    driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    memset(driver.local, 0, sizeof driver.local);
    struct copp_poll watch = watch_at(session, 1000);
    assert_int_equal(watch.state, COPP_POLL_RENEGOTIATE);
    assert_int_equal(watch.stop, COPP_STOP_NONE);
    assert_true(watch.deadline_ms == 1000); /* at once */
    assert_int_equal(watch.events, COPP_STATUS_RENEGOTIATION_REQUIRED);
    assert_int_equal(driver.sets, 3); /* content is hidden first */
    watch = watch_at(session, 1001);
    assert_int_equal(watch.state, COPP_POLL_PROTECTED);
    assert_int_equal(driver.sets, 6);
    assert_int_equal(driver.local[HDCP], 1);
    assert_int_equal(driver.local[ACP], COPP_ACP_LEVEL3);
    assert_int_equal(driver.local[CGMSA], COPP_CGMSA_COPY_NO_MORE | REDISTRIBUTION);
    assert_int_equal(watch_at(session, 1002).state, COPP_POLL_PROTECTED);
    assert_int_equal(driver.sets, 6);
    free_all(&session, &driver);
}

/* As after a lost link: what is left to ask is asked once the levels are set again. */
static void hides_content_as_soon_as_it_knows(void) {
    for (unsigned at = 1; at <= 9; at++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = protect_at(&driver, &everything, 0);
        told_at = driver.queries + driver.commands + at;
        told_flag = COPP_STATUS_RENEGOTIATION_REQUIRED;
        driver.before = tell_flag;
        assert_int_equal(watch_at(session, 1).state, COPP_POLL_RENEGOTIATE);
        assert_int_equal(driver.queries + driver.commands, told_at);
        assert_int_equal(watch_at(session, 2).state, COPP_POLL_PROTECTED);
        assert_int_equal(driver.queries + driver.commands, told_at + 14);
        free_all(&session, &driver);
    }
}

static void lose_hdcp(struct fake_driver *driver) {
    driver->types = ACP | CGMSA;
}

static void refuse_hdcp(struct fake_driver *driver) {
    driver->level_hresult[HDCP] = COPP_HR_UNEXPECTED;
}

static void checks_everything_again_when_told(void) {
    static const struct {
        void (*spoil)(struct fake_driver *driver);
        enum copp_stop stop;
    } after[] = {{become_repeater, COPP_STOP_REPEATER},
                 {lose_receiver, COPP_STOP_NO_RECEIVER},
                 {have_no_ksv, COPP_STOP_KSV},
                 {lose_hdcp, COPP_STOP_UNSUPPORTED},
                 {refuse_hdcp, COPP_STOP_REFUSED}};
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = protect_at(&driver, &everything, 0);
        driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
        after[i].spoil(&driver);
        assert_int_equal(watch_at(session, 1).state, COPP_POLL_RENEGOTIATE);
        check_stopped(session, &driver, after[i].stop, 2);
        free_all(&session, &driver);
    }
}

static void another_change_while_setting_again(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = protect_at(&driver, &hdcp_only, 0);
    driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    assert_int_equal(watch_at(session, 1).state, COPP_POLL_RENEGOTIATE);
    told_at = driver.queries + driver.commands + 4; /* behind two queries and the command */
    told_flag = COPP_STATUS_RENEGOTIATION_REQUIRED;
    driver.before = tell_flag;
    assert_int_equal(watch_at(session, 2).state, COPP_POLL_RENEGOTIATE);
    assert_int_equal(watch_at(session, 3).state, COPP_POLL_PROTECTED);
    assert_int_equal(driver.sets, 3);
    free_all(&session, &driver);
}

static void a_change_while_protecting(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED; /* from before: the levels are set after it anyway */
    struct copp_session *session = protect_at(&driver, &hdcp_only, 0);
    assert_int_equal(driver.sets, 1);
    assert_int_equal(watch_at(session, 1).state, COPP_POLL_PROTECTED);
    free_all(&session, &driver);

    fake_driver_init(&driver);
    told_at = 5;
    told_flag = COPP_STATUS_RENEGOTIATION_REQUIRED;
    driver.before = tell_flag;
    session = protect_at(&driver, &hdcp_only, 0);
    assert_int_equal(driver.sets, 2);
    assert_int_equal(watch_at(session, 1).state, COPP_POLL_PROTECTED);
    free_all(&session, &driver);
}

static void tell_always(struct fake_driver *driver, enum copp_request request) {
    (void)request;
    driver->flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
}

static void a_link_that_never_settles(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    driver.before = tell_always;
    struct copp_session *session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_LEVEL);
    check_nothing_held(&driver);
    driver.types = ACP; /* what is missing is told all the same */
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_UNSUPPORTED);
    free_all(&session, &driver);

    fake_driver_init(&driver);
    session = protect_at(&driver, &hdcp_only, 0);
    driver.before = tell_always;
    for (uint64_t now = 1; now < 5; now++) /* never PROTECTED */
        assert_int_equal(watch_at(session, now).state, COPP_POLL_RENEGOTIATE);
    free_all(&session, &driver);
}

/* Each answer of a step in turn: false, lost or refused. */
static void fail_step(enum fake_fault fault, uint32_t value, enum copp_stop stop) {
    for (unsigned at = 0; at < 9; at++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = protect_at(&driver, &everything, 0);
        fake_driver_fault(&driver, fault, at, value);
        bool receiver = at == 2; /* QueryHDCPKeyData comes third */
        check_stopped(session, &driver, fault == FAKE_REFUSES && receiver ? COPP_STOP_NO_RECEIVER : stop, 1);
        free_all(&session, &driver);
    }
}

static void stops_on_a_false_answer(void) {
    fail_step(FAKE_MAC_BIT, 0, COPP_STOP_AUTHENTICATION);
    fail_step(FAKE_R_APP_BIT, 5, COPP_STOP_AUTHENTICATION);
    fail_step(FAKE_REPLAY, 0, COPP_STOP_AUTHENTICATION);
    fail_step(FAKE_SIZE, 4, COPP_STOP_AUTHENTICATION);
}

/* A false answer tells no event. */
static void a_false_answer_goes_before_events(void) {
    for (uint32_t flag = COPP_STATUS_LINK_LOST; flag <= COPP_STATUS_RENEGOTIATION_REQUIRED; flag++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = protect_at(&driver, &everything, 0);
        driver.flags = flag;
        fake_driver_fault(&driver, FAKE_MAC_BIT, 0, 0);
        struct copp_poll watch = watch_at(session, 1);
        assert_int_equal(watch.stop, COPP_STOP_AUTHENTICATION);
        assert_int_equal(watch.events, 0);
        check_stopped(session, &driver, COPP_STOP_AUTHENTICATION, 1);
        free_all(&session, &driver);
    }
}

/* Nor does a true one hide that the next is false. */
static void a_false_answer_after_an_event(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    fake_driver_fault(&driver, FAKE_MAC_BIT, 1, 0);
    assert_int_equal(copp_session_protect(session, &everything, 0), COPP_STOP_AUTHENTICATION);
    free_all(&session, &driver);
    for (unsigned at = 0; at < 14; at++) {
        if (at >= 2 && at < 5)
            continue; /* commands have no answer to spoil */
        fake_driver_init(&driver);
        session = protect_at(&driver, &everything, 0);
        driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
        assert_int_equal(watch_at(session, 1).state, COPP_POLL_RENEGOTIATE);
        driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
        fake_driver_fault(&driver, FAKE_MAC_BIT, at, 0);
        check_stopped(session, &driver, COPP_STOP_AUTHENTICATION, 2);
        free_all(&session, &driver);
    }
}

/* Whatever the application's own questions have told before. */
static void a_dead_session_goes_before_events(void) {
    for (uint32_t flag = COPP_STATUS_LINK_LOST; flag <= COPP_STATUS_RENEGOTIATION_REQUIRED; flag++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = protect_at(&driver, &everything, 0);
        uint32_t word;
        driver.flags = flag;
        assert_int_equal(copp_session_bus_type(session, &word), COPP_OK);
        fake_driver_fault(&driver, FAKE_MAC_BIT, 0, 0);
        assert_int_equal(copp_session_bus_type(session, &word), COPP_E_AUTHENTICATION);
        check_stopped(session, &driver, COPP_STOP_AUTHENTICATION, 1);
        free_all(&session, &driver);
    }
}

static void stops_on_a_lost_call(void) {
    fail_step(FAKE_LOST, (uint32_t)COPP_E_TRANSPORT, COPP_STOP_TRANSPORT);
}

static void stops_on_a_refusal(void) {
    fail_step(FAKE_REFUSES, COPP_HR_UNEXPECTED, COPP_STOP_REFUSED); /* as a closed device answers (EVT-5) */
}

static void fail_protect(enum fake_fault fault, uint32_t value, enum copp_stop stop, bool dead) {
    for (unsigned at = 0; at < 14; at++) {
        bool command = at >= 2 && at < 5;
        if (command && fault == FAKE_MAC_BIT)
            continue; /* commands have no answer to spoil */
        bool receiver = at == 7;
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = fake_session(&driver, NULL);
        fake_driver_fault(&driver, fault, at, value);
        enum copp_stop expected = fault == FAKE_REFUSES && receiver ? COPP_STOP_NO_RECEIVER : stop;
        assert_int_equal(copp_session_protect(session, &everything, 0), expected);
        assert_int_equal(watch_at(session, 1).stop, expected);
        if (dead)
            assert_int_equal(copp_session_protect(session, &everything, 1), expected);
        else
            check_nothing_held(&driver);
        free_all(&session, &driver);
    }
}

static void protect_fails_closed(void) {
    fail_protect(FAKE_MAC_BIT, 77, COPP_STOP_AUTHENTICATION, true);
    fail_protect(FAKE_LOST, (uint32_t)COPP_E_TRANSPORT, COPP_STOP_TRANSPORT, true);
    fail_protect(FAKE_REFUSES, COPP_HR_UNEXPECTED, COPP_STOP_REFUSED, false);
}

static void a_failure_of_this_side_stops_too(void) {
    struct fake_random random;
    fake_random_init(&random, 1);
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(
        &driver, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .random = &random.random});
    assert_int_equal(copp_session_protect(session, &everything, 0), COPP_STOP_NONE);
    random.good = 0;
    struct copp_poll watch = {.size = sizeof watch, .state = COPP_POLL_PROTECTED};
    for (uint64_t now = 1; now < 4 && watch.state == COPP_POLL_PROTECTED; now++)
        watch = watch_at(session, now);
    assert_int_equal(watch.state, COPP_POLL_STOP);
    assert_int_equal(watch.stop, COPP_STOP_INTERNAL);
    free_all(&session, &driver);
}

static void an_empty_requirement_still_watches(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = protect_at(&driver, &(struct copp_requirement){.size = sizeof(struct copp_requirement)}, 0);
    assert_int_equal(driver.commands, 0);
    assert_int_equal(watch_at(session, 1).state, COPP_POLL_PROTECTED);
    driver.flags = COPP_STATUS_LINK_LOST;
    check_stopped(session, &driver, COPP_STOP_LINK_LOST, 2);
    free_all(&session, &driver);
}

static void nothing_to_watch_is_stop(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session_new(&driver, NULL);
    assert_int_equal(watch_at(session, 0).state, COPP_POLL_STOP);
    assert_int_equal(watch_at(session, 0).stop, COPP_STOP_INTERNAL);
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_INTERNAL); /* not started */
    assert_int_equal(copp_session_establish(session, NULL), COPP_OK);
    assert_int_equal(watch_at(session, 0).state, COPP_POLL_STOP);
    assert_int_equal(copp_session_protect(session, NULL, 0), COPP_STOP_INTERNAL);
    assert_int_equal(copp_session_protect(NULL, &hdcp_only, 0), COPP_STOP_INTERNAL);
    assert_int_equal(copp_session_unprotect(NULL), COPP_E_ARGUMENT);
    assert_int_equal(watch_at(NULL, 0).state, COPP_POLL_STOP);
    copp_session_poll(session, 0, NULL);
    assert_int_equal(driver.commands + driver.queries, 0);
    free_all(&session, &driver);
}

/* What nobody has filled in must not read as good news. */
static void zero_is_not_protected(void) {
    struct copp_poll watch;
    memset(&watch, 0, sizeof watch);
    watch.size = sizeof watch;
    assert_int_equal(watch.state, COPP_POLL_STOP);
    assert_int_equal(watch.stop, COPP_STOP_INTERNAL);
    assert_string_not_equal(copp_stop_text(watch.stop), copp_stop_text(COPP_STOP_NONE));
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session_new(&driver, NULL);
    assert_int_not_equal(copp_session_hresult(session), COPP_HR_OK); /* the driver has answered nothing yet */
    free_all(&session, &driver);
}

static void every_stop_has_words_and_its_rule(void) {
    static const struct {
        enum copp_stop stop;
        enum copp_rule rule;
    } rules[] = {{COPP_STOP_NONE, COPP_RULE_NONE},
                 {COPP_STOP_LINK_LOST, COPP_RULE_EVT_4},
                 {COPP_STOP_LEVEL, COPP_RULE_APP_3},
                 {COPP_STOP_REPEATER, COPP_RULE_APP_1},
                 {COPP_STOP_NO_RECEIVER, COPP_RULE_APP_2},
                 {COPP_STOP_KSV, COPP_RULE_APP_2},
                 {COPP_STOP_REVOKED, COPP_RULE_APP_2},
                 {COPP_STOP_UNSUPPORTED, COPP_RULE_NONE},
                 {COPP_STOP_REFUSED, COPP_RULE_NONE},
                 {COPP_STOP_AUTHENTICATION, COPP_RULE_QRY_4},
                 {COPP_STOP_TRANSPORT, COPP_RULE_NONE},
                 {COPP_STOP_INTERNAL, COPP_RULE_NONE},
                 {COPP_STOP_DRIVER_REVOKED, COPP_RULE_CRL_4},
                 {(enum copp_stop)99, COPP_RULE_NONE}};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        assert_int_equal(copp_stop_rule(rules[i].stop), rules[i].rule);
        assert_true(strlen(copp_stop_text(rules[i].stop)) > 3);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(copp_stop_text(rules[i].stop), copp_stop_text(rules[k].stop));
    }
}

static const struct test_case cases[] = {
    TEST(protects_everything, "APP-3"),
    TEST(asks_for_no_more_than_required, ""),
    TEST(tells_of_late_polls, "APP-3"),
    TEST(refuses_a_repeater, "APP-1"),
    TEST(refuses_hdcp_without_receiver, "APP-2"),
    TEST(an_unnamed_receiver_is_enough_if_asked_for, "APP-1 APP-2 APP-3 QRY-6"),
    TEST(refuses_an_invalid_ksv, "APP-2 SRM-5"),
    TEST(refuses_a_revoked_receiver, "APP-2 SRM-5"),
    TEST(new_lists_stop_what_is_shown, "APP-2 CRL-4"),
    TEST(compares_levels, "APP-3"),
    TEST(skips_hdcp_where_nobody_can_get_at_it, "APP-4"),
    TEST(skips_nothing_that_was_not_required, "APP-4"),
    TEST(asks_for_hdcp_elsewhere, "APP-4"),
    TEST(refuses_what_is_not_offered, ""),
    TEST(gives_back_what_it_raised_before_a_refusal, ""),
    TEST(another_requirement_replaces_the_first, ""),
    TEST(unprotect_gives_everything_back, ""),
    TEST(unprotect_goes_on_after_an_error, "EVT-4"),
    TEST(unprotect_vouches_for_no_dead_session, ""),
    TEST(stops_on_link_lost, "EVT-4"),
    TEST(link_lost_is_the_cause_of_the_rest, "EVT-4 EVT-3"),
    TEST(link_lost_while_protecting, "EVT-4"),
    TEST(an_event_is_not_lost_on_watch, "EVT-2 EVT-4"),
    TEST(sets_levels_again_when_told, "EVT-4"),
    TEST(hides_content_as_soon_as_it_knows, "EVT-4"),
    TEST(checks_everything_again_when_told, "EVT-4 APP-1 APP-2"),
    TEST(another_change_while_setting_again, "EVT-4"),
    TEST(a_change_while_protecting, "EVT-4"),
    TEST(a_link_that_never_settles, "EVT-4"),
    TEST(stops_on_a_false_answer, "APP-3 QRY-4"),
    TEST(a_false_answer_goes_before_events, "QRY-4"),
    TEST(a_false_answer_after_an_event, "QRY-4 EVT-4"),
    TEST(a_dead_session_goes_before_events, "QRY-4"),
    TEST(stops_on_a_lost_call, ""),
    TEST(stops_on_a_refusal, ""),
    TEST(protect_fails_closed, "APP-3"),
    TEST(a_failure_of_this_side_stops_too, ""),
    TEST(an_empty_requirement_still_watches, "EVT-4"),
    TEST(nothing_to_watch_is_stop, ""),
    TEST(zero_is_not_protected, "APP-3"),
    TEST(every_stop_has_words_and_its_rule, ""),
};

int main(void) {
    return RUN_SUITE("watch", cases);
}
