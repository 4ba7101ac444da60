/* Somebody without a key between a session and the library's own device: what works on unbound answers, and on bound ones not. */
#include <stdlib.h>
#include <string.h>

#include "between.h"
#include "harness.h"

static struct {
    struct copp_private_key *key;
    uint8_t *chain;
    size_t chain_size;
    struct copp_public_key anchor;
} host;

struct scene {
    struct copp_sim *sim;
    struct between between;
    struct copp_session *session;
};

static void happen(struct scene *s, const char *event) {
    struct copp_sim_error error;
    if (event && copp_sim_event(s->sim, event, &error))
        fail_msg("%s: %s", event, error.text);
}

static void begin(struct scene *s, const struct between_trick *trick, bool unbound, enum copp_binding_demand demand) {
    *s = (struct scene){.session = NULL};
    const struct copp_sim_config adapter = {.size = sizeof adapter,
                                            .description = between_adapter,
                                            .chain_bytes = host.chain,
                                            .chain_size = host.chain_size,
                                            .key = host.key,
                                            .unbound = unbound};
    assert_int_equal(copp_sim_new(&adapter, &s->sim, NULL), COPP_OK);
    happen(s, trick->before);
    struct copp_transport *inner;
    struct copp_connector *connector = copp_sim_connector(s->sim, trick->opened ? trick->opened : trick->connector);
    assert_int_equal(copp_local_transport_open(connector, NULL, &inner), COPP_OK);
    between_init(&s->between, inner, trick);
    const struct copp_session_config config = {
        .size = sizeof config, .anchor = &host.anchor, .binding = demand, .connector = trick->connector};
    assert_int_equal(copp_session_new(&config, &s->between.transport, &s->session), COPP_OK);
    assert_int_equal(copp_session_establish(s->session, NULL), COPP_OK);
}

static void end(struct scene *s) {
    struct copp_transport *transport = &s->between.transport;
    copp_session_free(&s->session);
    copp_transport_free(&transport);
    copp_sim_free(&s->sim);
}

/* Protects, then polls once. */
static struct copp_poll play(struct scene *s, const struct between_trick *trick) {
    struct copp_poll poll = {.size = sizeof poll, .state = COPP_POLL_STOP};
    poll.stop = copp_session_protect(s->session, &trick->wanted, 0);
    if (poll.stop != COPP_STOP_NONE)
        return poll;
    happen(s, trick->after);
    copp_session_poll(s->session, 500, &poll);
    return poll;
}

static void host_begin(void) {
    host.key = test_private_key("leaf.pem");
    host.anchor = test_anchor();
    host.chain = read_test_file("vectors/chain-good.xml", &host.chain_size);
}

static void host_end(void) {
    copp_private_key_free(&host.key);
    free(host.chain);
}

/* The tricks are good ones: they work where nothing stops them. */
static void they_work_on_unbound_answers(void) {
    host_begin();
    for (size_t i = 0; i < between_trick_count; i++) {
        struct scene s;
        begin(&s, &between_tricks[i], true, COPP_BINDING_OPTIONAL);
        struct copp_poll poll = play(&s, &between_tricks[i]);
        if ((poll.state == COPP_POLL_PROTECTED) != between_tricks[i].fools)
            fail_msg("%s: state %d, stop %d", between_tricks[i].name, (int)poll.state, (int)poll.stop);
        end(&s);
    }
    host_end();
}

/* With bound answers none of them ends in "protected", also where the caller would have accepted unbound ones; and no answer is
 * believed any more, whatever was told before. */
static void none_works_on_bound_ones(void) {
    host_begin();
    for (size_t i = 0; i < 2 * between_trick_count; i++) {
        const struct between_trick *trick = &between_tricks[i / 2];
        struct scene s;
        uint32_t word;
        begin(&s, trick, false, i % 2 ? COPP_BINDING_OPTIONAL : COPP_BINDING_REQUIRED);
        struct copp_poll poll = play(&s, trick);
        bool unmasked = poll.stop == COPP_STOP_AUTHENTICATION || !trick->fools;
        if (poll.state != COPP_POLL_STOP || poll.stop == COPP_STOP_NONE || !unmasked)
            fail_msg("%s: state %d, stop %d", trick->name, (int)poll.state, (int)poll.stop);
        if (copp_session_bus_type(s.session, &word) != COPP_E_AUTHENTICATION)
            fail_msg("%s: the session goes on", trick->name);
        end(&s);
    }
    host_end();
}

/* One command is done and, since its copy is refused, reported as refused; the next is not done and reported as done: numbers and
 * counts agree again. */
static enum copp_result two_lies(struct between *between, const struct copp_command *command, uint32_t *hresult) {
    uint32_t ignored;
    *hresult = COPP_HR_OK;
    if (between->keeps)
        return COPP_OK;
    between->keeps = true;
    (void)between->inner->ops->protection_command(between->inner, between->call, command, &ignored);
    return between->inner->ops->protection_command(between->inner, between->call, command, hresult);
}

static void two_lies_do_not_make_up_for_one_another(void) {
    static const struct between_trick trick = {.name = "two lies", .command = two_lies, .connector = "HDMI-1"};
    host_begin();
    for (int unbound = 0; unbound < 2; unbound++) {
        struct scene s;
        uint32_t level;
        begin(&s, &trick, unbound, unbound ? COPP_BINDING_OPTIONAL : COPP_BINDING_REQUIRED);
        assert_int_equal(copp_session_set_protection_level(s.session, COPP_PROTECTION_TYPE_HDCP, 0), COPP_E_REFUSED);
        assert_int_equal(copp_session_set_protection_level(s.session, COPP_PROTECTION_TYPE_HDCP, 1), COPP_OK);
        enum copp_result result = copp_session_local_level(s.session, COPP_PROTECTION_TYPE_HDCP, &level);
        assert_int_equal(result, unbound ? COPP_OK : COPP_E_AUTHENTICATION);
        end(&s);
    }
    host_end();
}

static void without_tricks_all_is_well(void) {
    static const struct between_trick honest = {
        .name = "honest", .connector = "HDMI-1", .wanted = {.size = sizeof(struct copp_requirement), .hdcp = COPP_HDCP_ON}};
    struct scene s;
    host_begin();
    begin(&s, &honest, false, COPP_BINDING_REQUIRED);
    assert_int_equal(play(&s, &honest).state, COPP_POLL_PROTECTED);
    assert_int_equal(copp_session_bound(s.session), COPP_BOUND | COPP_BOUND_PLUGGED | COPP_BOUND_RECEIVER); /* and not real */
    happen(&s, "unplug HDMI-1");
    uint32_t word;
    assert_int_equal(copp_session_bus_type(s.session, &word), COPP_OK);
    assert_int_equal(copp_session_bound(s.session), COPP_BOUND);
    end(&s);
    host_end();
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(they_work_on_unbound_answers, ""),
        TEST(none_works_on_bound_ones, "BIND-3 BIND-4 BIND-5 BIND-7 BIND-8"),
        TEST(two_lies_do_not_make_up_for_one_another, "BIND-3"),
        TEST(without_tricks_all_is_well, "BIND-4 BIND-6"),
    };
    return RUN_SUITE("between", cases);
}
