#include "adapter_standin.h"

#include <stdio.h>

#include "cli/io_system.h"

struct adapter_standin standin;

void standin_reset(void) {
    standin = (struct adapter_standin){.now_ms = 1000};
}

/* What is printed goes nowhere. */
void system_print(FILE *out, const char *text) {
    (void)out;
    (void)text;
}

int adapter_open(const struct invocation *in, const struct adapter_options *options, bool follow, struct adapter *adapter) {
    (void)in;
    (void)options;
    (void)follow;
    *adapter = (struct adapter){.path = "/run/standin", .wake_fd = -1};
    return STATUS_YES;
}

void adapter_close(struct adapter *adapter) {
    (void)adapter;
    assert_false(standin.open); /* sessions first */
}

int adapter_refresh(const struct invocation *in, struct adapter *adapter) {
    standin.tries += standin.away;
    return standin.away ? fail(in, STATUS_UNKNOWN, adapter->path, "nobody listens there") : STATUS_YES;
}

const char *adapter_output(const struct adapter *adapter, size_t index) {
    (void)adapter;
    return index == 0 ? "HDMI-1" : NULL;
}

void adapter_look(const struct adapter *adapter, const char *name, struct output *output) {
    (void)adapter;
    *output = (struct output){.real = !standin.simulated, .plugged = !standin.unplugged};
    (void)snprintf(output->name, sizeof output->name, "%s", name);
}

bool adapter_unbound(const struct adapter *adapter) {
    (void)adapter;
    return standin.unbound;
}

uint64_t adapter_now(const struct adapter *adapter) {
    (void)adapter;
    return standin.now_ms;
}

uint64_t adapter_deadline_ms(const struct adapter *adapter) {
    (void)adapter;
    return UINT64_MAX;
}

void adapter_dispatch(struct adapter *adapter) {
    (void)adapter;
}

int adapter_events_fd(const struct adapter *adapter) {
    (void)adapter;
    return -1;
}

void adapter_wake_by(struct adapter *adapter, int fd) {
    adapter->wake_fd = fd;
}

bool adapter_woken(const struct adapter *adapter) {
    (void)adapter;
    return false;
}

bool adapter_refuses(struct adapter *adapter, const char *output) {
    (void)adapter;
    (void)output;
    return false;
}

int adapter_establish(const struct invocation *in, struct adapter *adapter, const char *output, struct link *link) {
    *link = (struct link){.transport = NULL};
    assert_string_equal(output, "HDMI-1");
    assert_false(standin.open); /* the last one has been closed */
    standin.tries++;
    if (standin.away)
        return fail(in, STATUS_UNKNOWN, adapter->path, "nobody listens there");
    if (standin.bad_chain) {
        const struct copp_verdict verdict = {.rule = COPP_RULE_CERT_12, .certificate = 2, .detail = "another anchor"};
        return fail_verdict(in, STATUS_NO, output, COLLECTION_CHAIN, &verdict);
    }
    fake_driver_init(&standin.driver);
    standin.driver.unbound = standin.unbound;
    standin.driver.binding.flags =
        (standin.simulated || standin.really_simulated ? 0 : COPP_BOUND_REAL) | (standin.unplugged ? 0 : COPP_BOUND_PLUGGED);
    if (standin.prepare)
        standin.prepare(&standin.driver);
    link->transport = &standin.driver.transport;
    const struct copp_session_config config = {.size = sizeof config,
                                               .binding = standin.unbound ? COPP_BINDING_OPTIONAL : COPP_BINDING_REQUIRED};
    link->session = fake_session(&standin.driver, &config);
    standin.open = true;
    standin.sessions++;
    return STATUS_YES;
}

void link_close(struct link *link) {
    copp_session_free(&link->session);
    copp_transport_free(&link->transport);
    if (standin.open)
        fake_driver_end(&standin.driver);
    standin.open = false;
}

int fail_session(const struct invocation *in, const char *output, const char *what, enum copp_result result,
                 const struct copp_session *session) {
    (void)session;
    return fail(in, STATUS_UNKNOWN, output, "%s: %s", what, copp_strerror(result));
}

bool revocation_changed(const struct revocation *revocation) {
    (void)revocation;
    if (standin.reconfigures)
        standin.driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    standin.reconfigures = false;
    return standin.lists != STANDIN_LISTS_SAME;
}

int revocation_renew(const struct invocation *in, struct revocation *revocation, const char *output,
                     struct copp_session *session) {
    (void)revocation;
    assert_non_null(session); /* whose driver is looked up */
    standin.renewals++;
    enum standin_lists lists = standin.lists;
    standin.lists = STANDIN_LISTS_SAME;
    if (lists == STANDIN_LISTS_REVOKE)
        return STATUS_NO;
    return lists == STANDIN_LISTS_NEWER ? STATUS_YES : fail(in, STATUS_UNKNOWN, output, "invalid");
}

void events_read(struct event_source *source, uint64_t now_ms) {
    (void)source;
    (void)now_ms;
}

const char *events_name(const struct event_source *source) {
    (void)source;
    return NULL;
}
