#include "adapter_standin.h"

#include <stdio.h>
#include <string.h>

#include "cli/io_system.h"

struct adapter_standin standin;

void standin_reset(void) {
    standin = (struct adapter_standin){.now_ms = 1000, .count = 1};
}

static const char *const names[] = {"HDMI-1", "HDMI-2", "HDMI-3"};

static struct standin_output *output_of(const char *name) {
    for (size_t i = 0; i < STANDIN_OUTPUTS; i++) {
        if (strcmp(name, names[i]) == 0)
            return &standin.outputs[i];
    }
    assert_null(name); /* there is no such output */
    return NULL;
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
    for (size_t i = 0; i < STANDIN_OUTPUTS; i++)
        assert_false(standin.outputs[i].open); /* sessions first */
}

int adapter_refresh(const struct invocation *in, struct adapter *adapter) {
    standin.tries += standin.away;
    return standin.away ? fail(in, STATUS_UNKNOWN, adapter->path, "nobody listens there") : STATUS_YES;
}

int adapter_follow(const struct invocation *in, struct adapter *adapter) {
    standin.follows++;
    if (standin.deaf || standin.away)
        return fail(in, STATUS_UNKNOWN, adapter->path, "too many listen");
    standin.news_end = false;
    standin.told = standin.count;
    return STATUS_YES;
}

int adapter_news_fd(const struct adapter *adapter) {
    (void)adapter;
    return -1;
}

enum adapter_news adapter_next_output(struct adapter *adapter, struct output *output) {
    if (standin.told < standin.count) {
        adapter_look(adapter, names[standin.told++], output);
        return ADAPTER_OUTPUT;
    }
    return standin.news_end ? ADAPTER_NEWS_ENDED : ADAPTER_NO_NEWS;
}

const char *adapter_output(const struct adapter *adapter, size_t index) {
    (void)adapter;
    return index < standin.count ? names[index] : NULL;
}

void adapter_look(const struct adapter *adapter, const char *name, struct output *output) {
    (void)adapter;
    const struct standin_output *o = output_of(name);
    *output = (struct output){.real = !o->simulated, .plugged = !o->unplugged && !standin.list_lies};
    (void)snprintf(output->name, sizeof output->name, "%s", name);
}

const char *adapter_twin(const struct adapter *adapter, const char *name, size_t index) {
    (void)adapter;
    bool of_them = strcmp(name, "monitor") == 0;
    for (size_t i = 0; i < standin.twins; i++)
        of_them = of_them || strcmp(name, names[i]) == 0;
    if (of_them)
        return index < standin.twins ? names[index] : NULL;
    return index == 0 ? name : NULL;
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

static void open_driver(struct standin_output *o, const char *name) {
    fake_driver_init(&o->driver);
    o->driver.unbound = standin.unbound;
    o->driver.binding.connector = name;
    o->driver.binding.flags =
        (o->simulated || o->really_simulated ? 0 : COPP_BOUND_REAL) | (o->unplugged ? 0 : COPP_BOUND_PLUGGED);
    if (standin.clocked)
        fake_driver_can_more(&o->driver);
    o->driver.fd = -1;
    o->driver.now_ms = standin.now_ms;
    if (o->prepare)
        o->prepare(&o->driver);
}

int adapter_establish(const struct invocation *in, struct adapter *adapter, const char *output, struct link *link) {
    struct standin_output *o = output_of(output);
    *link = (struct link){.transport = NULL};
    assert_false(o->open); /* the last one has been closed */
    standin.tries++;
    if (standin.away)
        return fail(in, STATUS_UNKNOWN, adapter->path, "nobody listens there");
    if (standin.bad_chain) {
        const struct copp_verdict verdict = {.rule = COPP_RULE_CERT_12, .certificate = 2, .detail = "another anchor"};
        return fail_verdict(in, STATUS_NO, output, COLLECTION_CHAIN, &verdict);
    }
    open_driver(o, names[o - standin.outputs]);
    link->transport = &o->driver.transport;
    const struct copp_session_config config = {
        .size = sizeof config, .connector = output, .binding = standin.unbound ? COPP_BINDING_OPTIONAL : COPP_BINDING_REQUIRED};
    link->session = fake_session(&o->driver, &config);
    o->open = true;
    standin.sessions++;
    return STATUS_YES;
}

/* Its driver speaks COPP. */
bool link_is_opm(const struct link *link) {
    (void)link;
    return false;
}

void link_close(struct link *link) {
    struct standin_output *o = NULL;
    for (size_t i = 0; i < STANDIN_OUTPUTS; i++) {
        if (link->transport == &standin.outputs[i].driver.transport)
            o = &standin.outputs[i];
    }
    copp_session_free(&link->session);
    copp_transport_free(&link->transport);
    if (!o)
        return;
    assert_true(o->open);
    fake_driver_end(&o->driver);
    o->open = false;
}

int fail_session(const struct invocation *in, const char *output, const char *what, enum copp_result result,
                 const struct copp_session *session) {
    (void)session;
    return fail(in, STATUS_UNKNOWN, output, "%s: %s", what, copp_strerror(result));
}

bool revocation_changed(const struct revocation *revocation) {
    (void)revocation;
    if (standin.reconfigures)
        standin.outputs[0].driver.flags = COPP_STATUS_RENEGOTIATION_REQUIRED;
    standin.reconfigures = false;
    return standin.lists != STANDIN_LISTS_SAME;
}

int revocation_renew(const struct invocation *in, struct revocation *revocation, const char *output,
                     struct copp_session *const *sessions, size_t count) {
    for (size_t i = 0; i < count; i++)
        assert_non_null(sessions[i]); /* whose driver is looked up */
    standin.renewals++;
    standin.renewed = count;
    revocation->renewals++;
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
