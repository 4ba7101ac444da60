/* What people are told of a session that failed: always what, and always what to do about it. */
#include <string.h>

#include "fake_driver.h"

static const struct copp_requirement hdcp_only = {.size = sizeof hdcp_only, .hdcp = 1};

/* The whole sentence; static. */
static const char *explained(const struct copp_session *session, enum copp_result result, const struct copp_verdict *verdict,
                             enum copp_stop stop) {
    static char text[512];
    memset(text, 'x', sizeof text);
    assert_ptr_equal(copp_session_explain(session, result, verdict, stop, text, sizeof text), text);
    assert_true(strlen(text) < sizeof text - 1); /* nothing is cut off */
    return text;
}

static void check_says(const char *text, const char *words) {
    if (!strstr(text, words))
        fail_msg("\"%s\" lacks \"%s\"", text, words);
}

/* CAUSE, then "; " and REMEDY. */
static void check_sentence(const char *text, const char *remedy) {
    size_t length = strlen(text);
    size_t end = strlen(remedy);
    assert_true(end > 10 && length > end + 7);
    assert_string_equal(text + length - end, remedy);
    assert_int_equal(strncmp(text + length - end - 2, "; ", 2), 0);
}

static void every_result_has_a_cause_and_a_remedy(void) {
    for (int result = COPP_E_FAILED; result < COPP_OK; result++) {
        const char *text = explained(NULL, (enum copp_result)result, NULL, COPP_STOP_NONE);
        assert_int_equal(strncmp(text, copp_strerror((enum copp_result)result), strlen(copp_strerror((enum copp_result)result))),
                         0);
        check_sentence(text, copp_session_remedy(NULL, (enum copp_result)result, NULL, COPP_STOP_NONE));
    }
    /* no session, as where the anchor is of the other kind */
    check_says(explained(NULL, COPP_E_UNSUPPORTED, NULL, COPP_STOP_NONE),
               "(COPP or OPM) that the driver supports, and give the anchor");
    assert_string_equal(explained(NULL, COPP_OK, NULL, COPP_STOP_NONE), "protected");
    assert_string_equal(copp_session_remedy(NULL, COPP_OK, NULL, COPP_STOP_NONE), "");
}

static void every_stop_has_a_cause_and_a_remedy(void) {
    for (int stop = 0; stop <= COPP_STOP_OTHER_OUTPUT; stop++) {
        if (stop == COPP_STOP_NONE)
            continue;
        const char *rule = copp_rule_id(copp_stop_rule((enum copp_stop)stop));
        const char *text = explained(NULL, COPP_OK, NULL, (enum copp_stop)stop);
        check_says(text, copp_stop_text((enum copp_stop)stop));
        check_says(text, rule);
        check_sentence(text, copp_session_remedy(NULL, COPP_OK, NULL, (enum copp_stop)stop));
    }
    check_sentence(explained(NULL, COPP_OK, NULL, (enum copp_stop)99),
                   copp_session_remedy(NULL, COPP_OK, NULL, (enum copp_stop)99));
}

/* A driver that is refused for its chain: the rule, and which certificate. */
static void a_verdict_names_its_rule(void) {
    struct copp_verdict verdict = {COPP_RULE_CERT_12, COPP_RULE_NONE, 2, "leads elsewhere"};
    const char *text = explained(NULL, COPP_E_INVALID, &verdict, COPP_STOP_NONE);
    check_says(text, "the root certificate: leads elsewhere (CERT-12); trust the anchor");
    verdict = (struct copp_verdict){COPP_RULE_CRL_4, COPP_RULE_NONE, 0, "it is listed"};
    text = explained(NULL, COPP_E_REVOKED, &verdict, COPP_STOP_NONE);
    check_says(text, "the driver's certificate: it is listed (CRL-4); do not use this driver");
    verdict = (struct copp_verdict){COPP_RULE_CERT_1, COPP_RULE_NONE, -1, "no XML"};
    check_says(explained(NULL, COPP_E_INVALID, &verdict, COPP_STOP_NONE), "the driver's chain: no XML (CERT-1); ");
    verdict = (struct copp_verdict){COPP_RULE_CRL_5, COPP_RULE_NONE, -1, "it is torn"};
    check_says(explained(NULL, COPP_E_INVALID, &verdict, COPP_STOP_NONE),
               "the revocation list: it is torn (CRL-5); fetch it again");
    verdict = (struct copp_verdict){COPP_RULE_SRM_2, COPP_RULE_NONE, -1, "it is forged"};
    check_says(explained(NULL, COPP_E_INVALID, &verdict, COPP_STOP_NONE), "message: it is forged (SRM-2); fetch it again");
    /* one that says nothing, as before the first call, hides nothing */
    verdict = (struct copp_verdict){COPP_RULE_NONE, COPP_RULE_NONE, -1, ""};
    check_says(explained(NULL, COPP_E_TRANSPORT, &verdict, COPP_STOP_NONE), "the driver could not be reached; ");
}

/* What a driver refuses with, and the likely cause that people are told. */
static void a_refusal_names_its_likely_causes(void) {
    static const struct {
        uint32_t hresult;
        const char *name;
        const char *cause;
    } refusals[] = {
        {COPP_HR_UNEXPECTED, "E_UNEXPECTED", "cable"},
        {COPP_HR_UNEXPECTED, "E_UNEXPECTED", "enabled in driver"},
        {COPP_HR_UNEXPECTED, "E_UNEXPECTED", "another session's command"},
        {COPP_HR_INVALIDARG, "E_INVALIDARG", "offers"},
        {COPP_HR_TOOBIGSIZE, "DDERR_TOOBIGSIZE", "resolution"},
        {COPP_HR_UNSUPPORTEDMODE, "DDERR_UNSUPPORTEDMODE", "clone"},
        {COPP_HR_OUTOFMEMORY, "E_OUTOFMEMORY", "memory"},
        {COPP_HR_NO_COPP_HW, "VFW_E_NO_COPP_HW", "renderer"},
        {COPP_HR_NO_MONITOR, "MONITOR", "remote"},
        {COPP_HR_POINTER, "E_POINTER", "update"},
        {0x80004005u, ": 0x80004005", "vendor"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct fake_driver driver;
        fake_driver_init(&driver);
        struct copp_session *session = fake_session(&driver, NULL);
        driver.level_hresult[COPP_PROTECTION_TYPE_HDCP] = refusals[i].hresult;
        assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_REFUSED);
        const char *text = explained(session, COPP_OK, NULL, COPP_STOP_REFUSED);
        check_says(text, "the driver refused: ");
        check_says(text, refusals[i].name);
        check_says(text, refusals[i].cause);
        /* the same, of a call of one's own */
        assert_int_equal(copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_HDCP, 1), COPP_E_REFUSED);
        text = explained(session, COPP_E_REFUSED, NULL, COPP_STOP_NONE);
        check_says(text, refusals[i].name);
        check_says(text, refusals[i].cause);
        copp_session_free(&session);
        fake_driver_end(&driver);
    }
}

static void a_dead_session_tells_what_it_died_of(void) {
    struct fake_driver driver;
    fake_driver_init(&driver);
    struct copp_session *session = fake_session(&driver, NULL);
    assert_int_equal(copp_session_protect(session, &hdcp_only, 0), COPP_STOP_NONE);
    fake_driver_fault(&driver, FAKE_MAC_BIT, 0, 3);
    struct copp_poll watch = {.size = sizeof watch};
    copp_session_poll(session, 1, &watch);
    assert_int_equal(watch.stop, COPP_STOP_AUTHENTICATION);
    const char *text = explained(session, COPP_OK, NULL, watch.stop);
    check_says(text, "not authentic (QRY-4); do not show content");
    copp_session_free(&session);
    fake_driver_end(&driver);
}

static void short_buffers_are_not_overrun(void) {
    char whole[512];
    char text[64];
    (void)copp_session_explain(NULL, COPP_E_TRANSPORT, NULL, COPP_STOP_NONE, whole, sizeof whole);
    for (size_t size = 1; size < sizeof text; size++) {
        memset(text, 'x', sizeof text);
        (void)copp_session_explain(NULL, COPP_E_TRANSPORT, NULL, COPP_STOP_NONE, text, size);
        assert_int_equal(strlen(text), size - 1);
        assert_memory_equal(text, whole, size - 1);
        assert_int_equal(text[size], 'x');
    }
    memset(text, 'x', sizeof text);
    assert_string_equal(copp_session_explain(NULL, COPP_E_TRANSPORT, NULL, COPP_STOP_NONE, text, 0), "");
    assert_int_equal(text[0], 'x');
    assert_string_equal(copp_session_explain(NULL, COPP_E_TRANSPORT, NULL, COPP_STOP_NONE, NULL, 10), "");
}

static const struct test_case cases[] = {
    TEST(every_result_has_a_cause_and_a_remedy, ""),     TEST(every_stop_has_a_cause_and_a_remedy, ""),
    TEST(a_verdict_names_its_rule, "CERT-12 CRL-4"),     TEST(a_refusal_names_its_likely_causes, ""),
    TEST(a_dead_session_tells_what_it_died_of, "QRY-4"), TEST(short_buffers_are_not_overrun, ""),
};

int main(void) {
    return RUN_SUITE("explain", cases);
}
