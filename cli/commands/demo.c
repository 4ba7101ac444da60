#include "demo.h"

#include "cli/describe.h"
#include "cli/encode.h"
#include "cli/recording.h"

const char *demo_ok_or(enum copp_result result) {
    return result == COPP_OK ? "done" : copp_strerror(result);
}

void demo_fact_hex(struct demo *d, const char *label, const uint8_t *bytes, size_t size, const char *rest) {
    char text[65];
    hex_encode(bytes, size, text);
    steps_fact(&d->steps, label, "%s%s", text, rest);
}

bool demo_player_open(struct demo *d, struct player *p, const char *name, enum copp_semantics semantics) {
    struct copp_transport *local = NULL;
    struct copp_connector *connector = copp_sim_connector(d->host.sim, d->output);
    const bool opm = semantics == COPP_SEMANTICS_OPM;
    struct copp_session_config config = {.size = sizeof config,
                                         .anchor = opm ? NULL : &d->host.anchor,
                                         .opm_anchor = opm ? &d->host.opm.anchor : NULL,
                                         .connector = copp_connector_name(connector)};
    const struct copp_device_options device = {.size = sizeof device, .semantics = semantics};
    enum copp_result result = copp_local_transport_open_as(connector, &device, &d->host.pump, &local);
    if (result == COPP_OK)
        result = recording_wrap(d->host.recorder, config.connector, &local, &config.random);
    p->name = name;
    trace_init(&p->trace, local);
    if (result == COPP_OK)
        result = copp_session_new(&config, &p->trace.transport, &p->session);
    steps_check(&d->steps, result == COPP_OK, name, "opens a device on %s: %s", d->output, demo_ok_or(result));
    return result == COPP_OK;
}

void demo_player_close(struct player *p) {
    struct copp_transport *transport = &p->trace.transport;
    copp_session_free(&p->session);
    if (transport->ops != NULL)
        copp_transport_free(&transport);
    p->trace = (struct trace){.inner = NULL};
}

void demo_tell_levels(struct demo *d, struct player *p, uint32_t type, uint32_t local_wanted, uint32_t global_wanted) {
    uint32_t local = 0, global = 0;
    char label[48], local_name[64], global_name[64];
    enum copp_result result = copp_session_local_level(p->session, type, &local);
    if (result == COPP_OK)
        result = copp_session_global_level(p->session, type, &global);
    describe_level(type, local, local_name, sizeof local_name);
    describe_level(type, global, global_name, sizeof global_name);
    snprintf(label, sizeof label, "%s sees %s", p->name, copp_protection_type_name(type));
    steps_check(&d->steps, result == COPP_OK && local == local_wanted && global == global_wanted, label, "local %s, global %s",
                local_name, global_name);
}

void demo_tell_command(struct demo *d, struct player *p, uint32_t type, uint32_t level) {
    char label[48], name[64];
    describe_level(type, level, name, sizeof name);
    snprintf(label, sizeof label, "%s asks", p->name);
    enum copp_result result = copp_session_set_protection_level(p->session, type, level);
    struct copp_command_fields command;
    copp_command_decode(&p->trace.command, &command);
    steps_check(&d->steps, result == COPP_OK, label, "%s %s, sequence %lu: %s", copp_protection_type_name(type), name,
                (unsigned long)command.sequence, copp_hresult_name(p->trace.hresult));
}

void demo_tell_events(struct demo *d, struct player *p, const char *when, uint32_t wanted) {
    uint32_t type;
    char text[64], label[48];
    (void)copp_session_take_events(p->session);
    enum copp_result result = copp_session_connector_type(p->session, &type);
    uint32_t events = copp_session_take_events(p->session);
    describe_events(events, text, sizeof text);
    snprintf(label, sizeof label, "%s%s", p->name, when);
    steps_check(&d->steps, result == COPP_OK && events == wanted, label, "%s",
                events == COPP_STATUS_NORMAL ? "nothing new" : text);
}

void demo_happen(struct demo *d, const char *verb, const char *rest) {
    char event[96];
    struct copp_sim_error error = {.text = ""};
    snprintf(event, sizeof event, "%s %s%s%s", verb, d->output, rest[0] != '\0' ? " " : "", rest);
    embedded_dispatch(&d->host);
    enum copp_result result = copp_sim_event(d->host.sim, event, &error);
    steps_check(&d->steps, result == COPP_OK, "event", "%s%s%s", event, error.text[0] != '\0' ? ": " : "", error.text);
}
