#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/remote.h"
#include "cli/report.h"
#include "conformance/pause.h"
#include "write_report.h"

/* A driver that lives elsewhere may notice a little later what an event command has done, or that a device was closed. */
/* How often a device that could not be opened is asked for again: two seconds and more. */
#define REOPEN_TRIES 40
#define REOPEN_PAUSE_MS 60u

static struct adapter_target *of(struct driver_target *target) {
    return (struct adapter_target *)(void *)target;
}

static const char *output_name(struct driver_target *target, size_t index) {
    return adapter_output(of(target)->adapter, index);
}

static enum copp_result open_embedded(struct adapter *adapter, const char *output, enum copp_semantics semantics,
                                      struct copp_transport **transport) {
    const struct copp_device_options options = {.size = sizeof options, .semantics = semantics};
    struct copp_connector *connector = copp_sim_connector(adapter->host.sim, output);
    if (connector == NULL)
        return COPP_E_NOT_FOUND;
    return copp_local_transport_open_as(connector, &options, &adapter->host.pump, transport);
}

/* What went wrong is the case's to tell. */
static enum copp_result open_remote(struct adapter_target *t, const char *output, enum copp_semantics semantics,
                                    struct copp_transport **transport) {
    struct error_note note = {.text = ""};
    struct invocation quiet = *t->in;
    quiet.note = &note;
    t->adapter->semantics = semantics;
    int status = remote_open(&quiet, t->adapter, output, transport);
    /* coppd lets in so many connections a second, and cases come faster than that; one that is gone is waited for once */
    for (int tries = 0; status != STATUS_YES && t->reached && tries < REOPEN_TRIES && !remote_refuses(t->adapter, output);
         tries++) {
        pause_ms(REOPEN_PAUSE_MS);
        status = remote_open(&quiet, t->adapter, output, transport);
    }
    t->reached = status == STATUS_YES;
    if (status == STATUS_YES)
        return COPP_OK;
    return remote_refuses(t->adapter, output) ? COPP_E_UNSUPPORTED_MODE : COPP_E_TRANSPORT;
}

static enum copp_result open_device(struct driver_target *target, const char *output, enum copp_semantics semantics,
                                    struct copp_transport **transport) {
    struct adapter_target *t = of(target);
    struct copp_random *unused; /* the suite draws its own */
    enum copp_result result = t->adapter->path == NULL ? open_embedded(t->adapter, output, semantics, transport)
                                                       : open_remote(t, output, semantics, transport);
    return result == COPP_OK ? recording_wrap(t->adapter->recorder, output, transport, &unused) : result;
}

static bool cause_embedded(struct driver_target *target, const char *event) {
    return copp_sim_event(of(target)->adapter->host.sim, event, NULL) == COPP_OK;
}

/* The command has the event in its environment, and says by its exit status whether it could. */
static bool cause_by_command(struct driver_target *target, const char *event) {
    return run_shell(of(target)->event_command, "COPP_EVENT", event);
}

void adapter_target_init(struct adapter_target *target, const struct invocation *in, struct adapter *adapter,
                         const char *event_command, uint32_t settle_ms) {
    *target = (struct adapter_target){.in = in, .adapter = adapter, .event_command = event_command};
    target->ops = (struct driver_target_ops){.output = output_name, .open = open_device};
    if (event_command != NULL)
        target->ops.cause = cause_by_command;
    else if (adapter->path == NULL)
        target->ops.cause = cause_embedded;
    target->target.ops = &target->ops;
    adapter->host.hurry = true;
    target->target.opm_interface = adapter_unbound(adapter); /* the machine's own driver on Windows */
    target->target.settle_ms = adapter->path == NULL && event_command == NULL ? 0 : settle_ms;
    target->target.anchor = adapter->path == NULL ? &adapter->host.anchor : &adapter->anchor;
    target->target.opm_anchor = adapter->path == NULL ? &adapter->host.opm.anchor : &adapter->opm_anchor;
}

enum copp_semantics adapter_target_semantics(struct adapter_target *target) {
    struct copp_transport_info info = {.size = sizeof info};
    struct copp_transport *transport = NULL;
    const char *output = adapter_output(target->adapter, 0);
    if (target->adapter->path == NULL)
        return target->adapter->host.semantics;
    if (target->adapter->semantics != COPP_SEMANTICS_NONE)
        return target->adapter->semantics;
    bool opm = output != NULL && open_remote(target, output, COPP_SEMANTICS_NONE, &transport) == COPP_OK &&
               copp_transport_info(transport, &info) == COPP_OK && info.semantics == COPP_SEMANTICS_OPM;
    copp_transport_free(&transport);
    target->adapter->semantics = opm ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP;
    return target->adapter->semantics;
}

void adapter_target_try_both(struct adapter_target *target) {
    const enum copp_semantics own = target->adapter->semantics;
    const char *output = adapter_output(target->adapter, 0);
    struct copp_transport *transport = NULL;
    target->target.both_semantics =
        output != NULL && open_device(&target->target, output, COPP_SEMANTICS_COPP, &transport) == COPP_OK;
    copp_transport_free(&transport);
    target->adapter->semantics = own;
}
