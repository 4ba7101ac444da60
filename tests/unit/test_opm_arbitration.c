/*
 * Any sequence of opens, commands, losses and closes of COPP's and OPM's sessions on one connector, with outputs that are slow,
 * unwilling or fail: what the link does equals what OPM-ARB-2 gives from scratch, is never less than what a session holds, and frames
 * are shown unless a session is broken (OPM-STA-6).
 *
 * The model is written from docs/protocol.md alone: it keeps what each session was told, and looks at all of it afresh.
 */
#include <stdlib.h>

#include "opm_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define SESSIONS 10
#define STEPS 3000
#define SEEDS 5

enum kind { NONE, COPP, OPM };
enum { BOOK_HDCP, BOOK_ENFORCEMENT, BOOKS }; /* COPP has the first alone */
static const uint32_t opm_types[BOOKS] = {OPM_HDCP, OPM_ENFORCEMENT};

struct session {
    enum kind kind;
    struct app copp;
    struct opm_app opm;
    uint32_t level[BOOKS];
    bool css[BOOKS];
    bool broken[BOOKS];
    bool lost; /* a LINK_LOST that it has not been told of */
};

enum { SEEN_OK, SEEN_REFUSED, SEEN_PENDING, SEEN_LOST, SEEN_TYPE1, SEEN_DARK, SEEN_CSS, SEEN_EXACT, SEEN_COUNT };
struct model {
    struct opm_rig rig;
    struct session sessions[SESSIONS];
    struct session *pending; /* whose command the output has not ended */
    int pending_book;
    uint32_t pending_level;
    bool pending_css;
    uint64_t now;
    uint64_t random;
    unsigned seen[SEEN_COUNT];
};

/* xorshift64* */
static uint32_t draw(struct model *m, uint32_t below) {
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return (uint32_t)((m->random * 0x2545F4914F6CDD1Dull) >> 33) % below;
}

/* --- from scratch --- */

static bool any_hdcp(const struct model *m) {
    bool any = false;
    for (size_t i = 0; i < SESSIONS; i++)
        any = any || m->sessions[i].level[BOOK_HDCP] || m->sessions[i].level[BOOK_ENFORCEMENT];
    return any;
}

static bool any_type1(const struct model *m) {
    bool any = false;
    for (size_t i = 0; i < SESSIONS; i++)
        any = any || m->sessions[i].level[BOOK_ENFORCEMENT] == 2;
    return any;
}

static bool any_broken(const struct model *m) {
    bool any = false;
    for (size_t i = 0; i < SESSIONS; i++)
        any = any || m->sessions[i].broken[BOOK_HDCP] || m->sessions[i].broken[BOOK_ENFORCEMENT];
    return any;
}

/* --- what must hold after every step --- */

static void check_truth(struct model *m) {
    const struct copp_protection *in_force = &m->rig.output.in_force;
    struct copp_protection applied = {.size = sizeof applied};
    copp_connector_protection(m->rig.connector, &applied);
    assert_int_equal(applied.hdcp, in_force->hdcp); /* what is told is so */
    assert_int_equal(applied.type1, in_force->type1);
    assert_true(in_force->hdcp || !any_hdcp(m)); /* never less than is held */
    assert_true(in_force->type1 || !any_type1(m));
    assert_int_equal(m->rig.output.dark, any_broken(m));
    m->seen[SEEN_DARK] += m->rig.output.dark;
    m->seen[SEEN_TYPE1] += in_force->type1;
}

static void check_session(struct model *m, struct session *session) {
    uint32_t flags = session->lost ? COPP_STATUS_LINK_LOST : COPP_STATUS_NORMAL;
    const struct copp_protection *in_force = &m->rig.output.in_force;
    session->lost = false;
    if (session->kind == COPP) {
        assert_int_equal(app_flags(&session->copp), flags);
        assert_int_equal(app_local(&session->copp, HDCP), session->level[BOOK_HDCP]);
        assert_int_equal(app_global(&session->copp, HDCP), in_force->hdcp);
    }
    if (session->kind != OPM)
        return;
    assert_int_equal(opm_virtual(&session->opm, OPM_HDCP), session->level[BOOK_HDCP]);
    assert_int_equal(session->opm.flags, flags);
    assert_int_equal(opm_virtual(&session->opm, OPM_ENFORCEMENT), session->level[BOOK_ENFORCEMENT]);
    assert_int_equal(session->opm.flags, COPP_STATUS_NORMAL);
    assert_int_equal(opm_actual(&session->opm, OPM_HDCP), in_force->hdcp);
    assert_int_equal(opm_actual(&session->opm, OPM_ENFORCEMENT), in_force->type1 ? 2 : in_force->hdcp);
}

/* --- steps --- */

static void succeeded(struct model *m, struct session *session, int book, uint32_t level, bool css) {
    uint32_t held = level;
    if (css) { /* OPM-SET-6: the level tells the truth */
        held = opm_virtual(&session->opm, opm_types[book]);
        session->lost = session->lost && !(session->opm.flags & COPP_STATUS_LINK_LOST);
        assert_true(held == level || held == session->level[book]);
        m->seen[SEEN_CSS]++;
    }
    session->css[book] = held == level ? css : session->css[book];
    session->level[book] = held;
    session->broken[book] = false;
    m->seen[SEEN_OK]++;
}

static uint32_t result_of(const struct session *session) {
    return copp_device_command_result(session->kind == COPP ? session->copp.device : session->opm.device);
}

/* The output has ended what was pending, or nobody waits for it any more. */
static void take_result(struct model *m) {
    struct session *session = m->pending;
    m->pending = NULL;
    if (!session)
        return;
    uint32_t hresult = copp_device_command_result(session->kind == COPP ? session->copp.device : session->opm.device);
    assert_int_not_equal(hresult, COPP_HR_PENDING);
    session->copp.command_sequence += hresult == COPP_HR_OK;
    session->opm.command_sequence += hresult == COPP_HR_OK;
    if (hresult == COPP_HR_OK)
        succeeded(m, session, m->pending_book, m->pending_level, m->pending_css);
}

static void step_open(struct model *m, struct session *session) {
    if (session->kind != NONE)
        return;
    *session = (struct session){.kind = draw(m, 2) ? OPM : COPP};
    if (session->kind == OPM)
        opm_begin(&session->opm, &m->rig);
    else
        app_begin(&session->copp, m->rig.connector);
}

static void step_close(struct model *m, struct session *session) {
    if (m->pending == session)
        m->pending = NULL;
    copp_device_close(&session->copp.device);
    copp_device_close(&session->opm.device);
    *session = (struct session){.kind = NONE};
}

static uint32_t command(struct session *session, int book, uint32_t level, bool css, uint64_t now) {
    session->copp.now_ms = session->opm.now_ms = now;
    if (session->kind == COPP)
        return app_set_level(&session->copp, HDCP, level);
    return css ? opm_set_css(&session->opm, opm_types[book], level) : opm_set(&session->opm, opm_types[book], level);
}

static void step_level(struct model *m, struct session *session) {
    int book = session->kind == OPM ? (int)draw(m, BOOKS) : BOOK_HDCP;
    uint32_t level = draw(m, book == BOOK_ENFORCEMENT ? 3 : 2);
    bool css = session->kind == OPM && draw(m, 4) == 0;
    const struct opm_output *output = &m->rig.output;
    bool willing = !output->no_type1 && !output->no_engine && !output->link_fails && !output->slow && !m->pending;
    bool own = m->pending == session;
    uint32_t hresult = command(session, book, level, css, m->now);
    if (own) {
        assert_int_not_equal(hresult, COPP_HR_OK); /* one command at a time */
        return;
    }
    if (level == 0 || willing)
        assert_int_equal(hresult, COPP_HR_OK);
    if (hresult == COPP_HR_OK)
        succeeded(m, session, book, level, css);
    if (hresult == COPP_HR_OK && willing)
        assert_int_equal(session->level[book], level);
    if (hresult == COPP_HR_PENDING) {
        m->pending = session;
        m->pending_book = book;
        m->pending_level = level;
        m->pending_css = css;
        m->seen[SEEN_PENDING]++;
    }
    m->seen[SEEN_REFUSED] += hresult != COPP_HR_OK && hresult != COPP_HR_PENDING;
}

static void lose(struct session *session, int book) {
    session->broken[book] = session->broken[book] || (session->kind == OPM && session->level[book] && !session->css[book]);
    session->level[book] = 0;
}

/* HDCP as a whole, or Type 1 alone (OPM-ARB-2). */
static void step_lost(struct model *m) {
    bool type1_alone = draw(m, 3) == 0;
    m->rig.output.in_force.type1 = 0;
    if (!type1_alone)
        m->rig.output.in_force.hdcp = 0;
    copp_connector_protection_lost(m->rig.connector, type1_alone ? OPM_ENFORCEMENT : draw(m, 2) ? HDCP : OPM_HDCP);
    struct session *pending = m->pending;
    m->pending = NULL;
    if (pending && m->pending_css)
        pending->broken[m->pending_book] = false; /* its command ended first, and by OPM-SET-6 with success */
    for (size_t i = 0; i < SESSIONS; i++) {
        struct session *session = &m->sessions[i];
        session->lost = session->kind != NONE;
        if (!type1_alone)
            lose(session, BOOK_HDCP);
        if (!type1_alone || session->level[BOOK_ENFORCEMENT] == 2)
            lose(session, BOOK_ENFORCEMENT);
    }
    m->seen[SEEN_LOST]++;
    if (!pending)
        return;
    uint32_t hresult = result_of(pending);
    assert_int_equal(hresult == COPP_HR_OK, m->pending_css);
    pending->opm.command_sequence += hresult == COPP_HR_OK;
    pending->copp.command_sequence += hresult == COPP_HR_OK;
}

static void step_mood(struct model *m) {
    struct opm_output *output = &m->rig.output;
    if (output->pending)
        return;
    output->no_type1 = draw(m, 6) == 0;
    output->no_engine = draw(m, 8) == 0;
    output->link_fails = draw(m, 6) == 0;
    output->slow = draw(m, 3) == 0;
}

static void step_end(struct model *m) {
    if (!m->rig.output.pending)
        return;
    opm_output_end(&m->rig.output, m->rig.connector);
    take_result(m);
}

static void step_time(struct model *m) {
    m->now += draw(m, 3000);
    copp_adapter_dispatch(m->rig.adapter, m->now);
    if (m->pending && result_of(m->pending) != COPP_HR_PENDING)
        take_result(m); /* its time was up */
}

/* The output comes to rest, willingly: now the link does exactly what OPM-ARB-2 says. */
static void step_rest(struct model *m) {
    struct opm_output *output = &m->rig.output;
    output->no_type1 = output->no_engine = output->link_fails = output->slow = false;
    step_end(m);
    m->now += 1000;
    copp_adapter_dispatch(m->rig.adapter, m->now);
    assert_false(output->pending);
    assert_int_equal(output->in_force.hdcp, any_hdcp(m));
    assert_int_equal(output->in_force.type1, any_type1(m));
    assert_int_equal(copp_adapter_deadline_ms(m->rig.adapter), UINT64_MAX);
    m->seen[SEEN_EXACT]++;
}

static void step(struct model *m) {
    struct session *session = &m->sessions[draw(m, SESSIONS)];
    uint32_t what = draw(m, 100);
    if (what < 8)
        step_open(m, session);
    else if (what < 13)
        step_close(m, session);
    else if (what < 60 && session->kind != NONE)
        step_level(m, session);
    else if (what < 64)
        step_lost(m);
    else if (what < 72)
        step_mood(m);
    else if (what < 84)
        step_end(m);
    else if (what < 93)
        step_time(m);
    else
        step_rest(m);
    check_truth(m);
    check_session(m, session);
}

static void run_seed(uint64_t seed) {
    print_message("seed %llu\n", (unsigned long long)seed);
    struct model m = {.random = seed * 0x9E3779B97F4A7C15ull + 1};
    opm_rig_init(&m.rig, NULL, false);
    for (unsigned i = 0; i < STEPS; i++)
        step(&m);
    for (size_t i = 0; i < SESSIONS; i++)
        step_close(&m, &m.sessions[i]);
    step_rest(&m);
    check_truth(&m);
    opm_rig_end(&m.rig);
    for (size_t i = 0; i < SEEN_COUNT; i++)
        assert_true(m.seen[i] >= 5);
}

static void three_books_over_one_link(void) {
    const char *given = getenv("COPP_SEED");
    if (given) {
        run_seed(strtoull(given, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_seed(seed);
}

static const struct test_case cases[] = {
    TEST(three_books_over_one_link, "OPM-ARB-1 OPM-ARB-2 OPM-ARB-3 OPM-ARB-4 OPM-STA-5 OPM-STA-6 OPM-SET-5 OPM-SET-6"),
};

int main(void) {
    return RUN_SUITE("opm_arbitration", cases);
}
