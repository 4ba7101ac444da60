/*
 * Any sequence of opens, commands, events and closes, with outputs that are slow, unwilling or fail: what the connector
 * applies equals what ARB-1..5 give from scratch, is never less than what a session holds, and is 0 without holders.
 *
 * The model below is written from docs/protocol.md alone: it keeps what each session was told, and sorts it afresh.
 */
#include <stdlib.h>

#include "common/sized.h"
#include "device_rig.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA
#define RC 8u
#define SESSIONS 12
#define STEPS 4000
#define SEEDS 6

enum { T_HDCP, T_ACP, T_CGMSA, T_COUNT };
static const uint32_t type_bits[T_COUNT] = {HDCP, ACP, CGMSA};

struct session {
    struct app app;
    uint32_t level[T_COUNT]; /* what it was told it has */
    bool lost; /* a LinkLost it has not been told of yet (EVT-1) */
    bool renegotiate;
    bool pending;
    int pending_type; /* T_COUNT: signaling */
    uint32_t pending_level;
};

struct model {
    struct rig rig;
    struct session sessions[SESSIONS];
    uint32_t desktop;
    uint32_t standard;
    uint32_t pending_standard;
    uint64_t now;
    uint64_t random;
    unsigned seen[8]; /* how often what happened: a test that reaches nothing proves nothing */
};
enum { SEEN_OK, SEEN_REFUSED, SEEN_PENDING, SEEN_PENDING_OK, SEEN_LOST, SEEN_EXACT, SEEN_EMPTY, SEEN_DESKTOP };

static const uint32_t default_standard = COPP_TV_STANDARD_CEA805A_TYPEA_750P;

/* xorshift64* */
static uint32_t draw(struct model *m, uint32_t below) {
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return (uint32_t)((m->random * 0x2545F4914F6CDD1Dull) >> 33) % below;
}

/* --- from scratch: ARB-1..5 --- */

static const uint32_t order_hdcp[] = {1, 0};
static const uint32_t order_acp[] = {2, 3, 1, 0};
static const uint32_t order_cgmsa[] = {4, 2, 3, 1, 0};
static const uint32_t *const order[T_COUNT] = {order_hdcp, order_acp, order_cgmsa};

static uint32_t place(int type, uint32_t level) {
    uint32_t at = 0;
    while (order[type][at] != (type == T_CGMSA ? level & 7 : level))
        at++;
    return at;
}

static uint32_t stronger(int type, uint32_t a, uint32_t b) {
    return place(type, a) <= place(type, b) ? a : b;
}

static uint32_t from_scratch(const struct model *m, int type) {
    uint32_t level = type == T_ACP ? m->desktop : 0;
    uint32_t redistribution = 0;
    for (size_t i = 0; i < SESSIONS; i++) {
        if (!m->sessions[i].app.device)
            continue;
        uint32_t held = m->sessions[i].level[type];
        level = stronger(type, level, type == T_CGMSA ? held & 7 : held);
        redistribution |= type == T_CGMSA ? held & RC : 0;
    }
    return level | redistribution;
}

static uint32_t level_of(const struct copp_protection *protection, int type) {
    return type == T_HDCP ? protection->hdcp : type == T_ACP ? protection->acp : protection->cgmsa;
}

static struct session *pending_session(struct model *m) {
    for (size_t i = 0; i < SESSIONS; i++) {
        if (m->sessions[i].pending)
            return &m->sessions[i];
    }
    return NULL;
}

static size_t count_open(const struct model *m) {
    size_t count = 0;
    for (size_t i = 0; i < SESSIONS; i++)
        count += m->sessions[i].app.device != NULL;
    return count;
}

/* --- what must hold after every step --- */

static void check_truth(struct model *m) {
    struct copp_protection applied = {.size = sizeof applied};
    copp_connector_protection(m->rig.connector, &applied);
    assert_int_equal(copp_connector_devices(m->rig.connector), count_open(m));
    for (int type = 0; type < T_COUNT; type++) {
        assert_int_equal(level_of(&applied, type), level_of(&m->rig.output.in_force, type)); /* what is told is so */
        uint32_t wanted = from_scratch(m, type);
        if (type == T_ACP && m->desktop && level_of(&applied, type) == 0)
            continue; /* the desktop's ACP alone may be waiting to be put back */
        assert_true(place(type, level_of(&applied, type)) <= place(type, wanted)); /* never less than is held */
        if (type == T_CGMSA)
            assert_int_equal(wanted & RC & ~applied.cgmsa, 0);
    }
}

static void check_session(struct model *m, struct session *session) {
    struct copp_protection applied = {.size = sizeof applied};
    copp_connector_protection(m->rig.connector, &applied);
    uint32_t wanted =
        (session->lost ? COPP_STATUS_LINK_LOST : 0u) | (session->renegotiate ? COPP_STATUS_RENEGOTIATION_REQUIRED : 0u);
    assert_int_equal(app_flags(&session->app), wanted);
    session->lost = session->renegotiate = false;
    for (int type = 0; type < T_COUNT; type++) {
        assert_int_equal(app_local(&session->app, type_bits[type]), session->level[type]);
        assert_int_equal(app_global(&session->app, type_bits[type]), level_of(&applied, type));
    }
}

static void lose(struct model *m, uint32_t types) {
    m->seen[SEEN_LOST]++;
    for (size_t i = 0; i < SESSIONS; i++) {
        m->sessions[i].lost = true;
        for (int type = 0; type < T_COUNT; type++) {
            if (types & type_bits[type])
                m->sessions[i].level[type] = 0;
        }
    }
}

/* --- steps --- */

static void take_result(struct model *m, struct session *session) {
    uint32_t hresult = app_result(&session->app);
    assert_int_not_equal(hresult, COPP_HR_PENDING);
    session->pending = false;
    if (hresult != COPP_HR_OK)
        return;
    m->seen[SEEN_PENDING_OK]++;
    if (session->pending_type == T_COUNT)
        m->standard = m->pending_standard;
    else
        session->level[session->pending_type] = session->pending_level;
}

static void after_cancel(struct model *m) {
    struct session *session = pending_session(m);
    if (session) {
        assert_int_equal(copp_device_command_result(session->app.device), COPP_HR_UNEXPECTED);
        take_result(m, session);
    }
}

static void finish_flight(struct model *m, enum copp_result result) {
    if (!m->rig.output.pending)
        return;
    struct session *session = pending_session(m);
    rig_output_end(&m->rig.output, m->rig.connector, result);
    if (session)
        take_result(m, session);
}

static void step_open(struct model *m, struct session *session) {
    if (session->app.device)
        return;
    if (m->rig.output.state.mode == COPP_MODE_CLONE) {
        assert_int_equal(copp_device_open(m->rig.connector, &session->app.device), COPP_E_UNSUPPORTED_MODE);
        return;
    }
    *session = (struct session){0};
    app_begin(&session->app, m->rig.connector);
}

static void step_close(struct model *m, struct session *session) {
    copp_device_close(&session->app.device);
    *session = (struct session){0};
    if (count_open(m) == 0)
        m->standard = default_standard;
}

/* Whether the rules let a session ask for this now. */
static bool allowed(const struct model *m, int type, uint32_t level) {
    uint32_t height = m->rig.output.state.display.height;
    bool fits =
        m->standard == COPP_TV_STANDARD_NONE || (m->standard == COPP_TV_STANDARD_IEC61880_525I ? height == 480 : height == 720);
    if (m->rig.output.state.mode == COPP_MODE_CLONE)
        return false;
    if (type == T_CGMSA)
        return m->standard != COPP_TV_STANDARD_NONE && fits && (!(level & RC) || m->standard == default_standard);
    return true;
}

static void step_level(struct model *m, struct session *session) {
    int type = (int)draw(m, T_COUNT);
    uint32_t level = draw(m, type == T_HDCP ? 2 : type == T_ACP ? 4 : 5) | (type == T_CGMSA && draw(m, 4) == 0 ? RC : 0);
    bool busy = m->rig.output.pending && pending_session(m);
    bool possible = level == 0 || allowed(m, type, level);
    session->app.now_ms = m->now;
    uint32_t hresult = app_set_level(&session->app, type_bits[type], level);
    if (session->pending) {
        assert_int_equal(hresult, COPP_HR_UNEXPECTED);
        return;
    }
    if (level == 0)
        assert_int_equal(hresult, COPP_HR_OK); /* CMD-4 */
    if (possible && !busy && m->rig.output.answer == COPP_OK)
        assert_int_equal(hresult, COPP_HR_OK); /* nothing stands in its way */
    if (!possible)
        assert_int_not_equal(hresult, COPP_HR_OK);
    m->seen[hresult == COPP_HR_OK ? SEEN_OK : hresult == COPP_HR_PENDING ? SEEN_PENDING : SEEN_REFUSED]++;
    if (hresult == COPP_HR_OK)
        session->level[type] = level;
    session->pending = hresult == COPP_HR_PENDING;
    session->pending_type = type;
    session->pending_level = level;
}

static void step_signaling(struct model *m, struct session *session) {
    static const uint32_t standards[] = {default_standard, COPP_TV_STANDARD_ARIBTRB15_750P, COPP_TV_STANDARD_IEC61880_525I, 0};
    const struct rig_signaling signaling = {.standard = standards[draw(m, 4)]};
    session->app.now_ms = m->now;
    uint32_t hresult = app_set_signaling(&session->app, &signaling);
    if (session->pending) {
        assert_int_equal(hresult, COPP_HR_UNEXPECTED);
        return;
    }
    if (hresult == COPP_HR_OK)
        m->standard = signaling.standard;
    if (hresult == COPP_HR_PENDING)
        m->pending_standard = signaling.standard;
    session->pending = hresult == COPP_HR_PENDING;
    session->pending_type = T_COUNT;
}

static void step_lost(struct model *m) {
    bool all = draw(m, 2) == 0;
    uint32_t types = all ? HDCP | ACP | CGMSA : draw(m, 8);
    struct copp_protection *in_force = &m->rig.output.in_force;
    in_force->hdcp = types & HDCP ? 0 : in_force->hdcp;
    in_force->acp = types & ACP ? 0 : in_force->acp;
    in_force->cgmsa = types & CGMSA ? 0 : in_force->cgmsa;
    if (all)
        copp_connector_unplugged(m->rig.connector);
    else
        copp_connector_protection_lost(m->rig.connector, types);
    after_cancel(m);
    lose(m, types);
}

static void step_mode(struct model *m) {
    bool low = draw(m, 3) == 0;
    rig_set_mode(&m->rig.output, low ? 720 : 1280, low ? 480 : 720, low);
    m->rig.output.state.mode = draw(m, 8) == 0 ? COPP_MODE_CLONE : COPP_MODE_SINGLE;
    enum copp_result answer = m->rig.output.answer;
    m->rig.output.answer = COPP_OK; /* what cannot go on is then known from the rules alone */
    struct copp_protection before = {.size = sizeof before};
    copp_connector_protection(m->rig.connector, &before);
    uint32_t lost = 0;
    for (int type = 0; type < T_COUNT; type++) {
        bool stranded = m->rig.output.state.mode == COPP_MODE_CLONE || (type == T_CGMSA && !allowed(m, T_CGMSA, 1));
        lost |= stranded && level_of(&before, type) ? type_bits[type] : 0;
    }
    copp_connector_reconfigured(m->rig.connector);
    after_cancel(m);
    if (m->rig.output.state.mode == COPP_MODE_CLONE)
        m->desktop = 0; /* the desktop's ACP neither (ARB-6) */
    for (size_t i = 0; i < SESSIONS; i++)
        m->sessions[i].renegotiate = true;
    if (lost)
        lose(m, lost);
    m->rig.output.answer = answer;
}

static void step_desktop(struct model *m) {
    uint32_t level = draw(m, 4);
    enum copp_result result = copp_connector_set_desktop_acp(m->rig.connector, level);
    if (level == 0)
        assert_int_equal(result, COPP_OK);
    else if (m->rig.output.state.mode == COPP_MODE_CLONE)
        assert_int_equal(result, COPP_E_UNSUPPORTED_MODE);
    if (result == COPP_OK) {
        m->desktop = level;
        m->seen[SEEN_DESKTOP]++;
    }
}

static void step_time(struct model *m) {
    m->now += draw(m, 3000);
    copp_adapter_dispatch(m->rig.adapter, m->now);
    struct session *session = pending_session(m);
    if (session && !m->rig.output.pending)
        take_result(m, session); /* its time was up */
}

/* The output comes to rest, willingly: now the levels are exactly those of ARB. */
static void step_rest(struct model *m) {
    struct copp_protection applied = {.size = sizeof applied};
    m->rig.output.answer = COPP_OK;
    finish_flight(m, COPP_OK);
    m->now += 1000;
    copp_adapter_dispatch(m->rig.adapter, m->now);
    assert_false(m->rig.output.pending);
    copp_connector_protection(m->rig.connector, &applied);
    for (int type = 0; type < T_COUNT; type++)
        assert_int_equal(level_of(&applied, type), from_scratch(m, type));
    assert_int_equal(applied.tv_standard, m->standard);
    assert_memory_equal(&applied.hdcp, &m->rig.output.in_force.hdcp,
                        COPP_END_OF(struct copp_protection, aspect) - offsetof(struct copp_protection, hdcp));
    assert_int_equal(copp_adapter_deadline_ms(m->rig.adapter), UINT64_MAX);
    m->seen[SEEN_EXACT]++;
    if (count_open(m) == 0 && !m->desktop) {
        assert_int_equal(applied.hdcp | applied.acp | applied.cgmsa, 0); /* ARB-4 */
        m->seen[SEEN_EMPTY]++;
    }
}

static void step(struct model *m) {
    static const enum copp_result answers[] = {COPP_OK, COPP_OK, COPP_OK, COPP_E_PENDING, COPP_E_PENDING, COPP_E_FAILED};
    struct session *session = &m->sessions[draw(m, SESSIONS)];
    uint32_t what = draw(m, 100);
    if (draw(m, 4) == 0)
        m->rig.output.answer = answers[draw(m, 6)];
    if (what < 8)
        step_open(m, session);
    else if (what < 14 && session->app.device)
        step_close(m, session);
    else if (what < 55 && session->app.device)
        step_level(m, session);
    else if (what < 62 && session->app.device)
        step_signaling(m, session);
    else if (what < 66)
        step_lost(m);
    else if (what < 70)
        step_mode(m);
    else if (what < 75)
        step_desktop(m);
    else if (what < 85)
        finish_flight(m, draw(m, 3) ? COPP_OK : COPP_E_FAILED);
    else if (what < 93)
        step_time(m);
    else
        step_rest(m);
    check_truth(m);
    if (session->app.device)
        check_session(m, session);
}

static void close_all(struct model *m) {
    for (size_t i = 0; i < SESSIONS; i++)
        step_close(m, &m->sessions[i]);
    assert_int_equal(copp_connector_set_desktop_acp(m->rig.connector, 0), COPP_OK);
    m->desktop = 0;
    step_rest(m);
}

static void run_seed(uint64_t seed) {
    print_message("seed %llu\n", (unsigned long long)seed);
    struct model m = {.random = seed * 0x9E3779B97F4A7C15ull + 1, .standard = default_standard};
    rig_init(&m.rig, NULL);
    for (unsigned i = 0; i < STEPS; i++) {
        step(&m);
        if (i % 500 == 499)
            close_all(&m);
    }
    close_all(&m);
    rig_end(&m.rig);
    for (size_t i = 0; i < sizeof m.seen / sizeof m.seen[0]; i++)
        assert_true(m.seen[i] >= 5);
}

static void any_sequence_equals_the_levels_from_scratch(void) {
    const char *given = getenv("COPP_SEED");
    if (given) {
        run_seed(strtoull(given, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_seed(seed);
}

static const struct test_case cases[] = {
    TEST(any_sequence_equals_the_levels_from_scratch, "ARB-1 ARB-2 ARB-3 ARB-4 ARB-5 EVT-1 EVT-2 EVT-3 EVT-5 CMD-4 CMD-6"),
};

int main(void) {
    return RUN_SUITE("arbitration", cases);
}
