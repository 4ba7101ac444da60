#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/hierarchy.h"
#include "copp.h"
#include "faulty.h"

enum {
    FAULT_NONE,
#define FAULT(identifier, what, cases) FAULT_##identifier,
#include "faults_copp.def"
#undef FAULT
};

const struct fault faults_copp[] = {
#define FAULT(identifier, what, cases) {#identifier, what, cases},
#include "faults_copp.def"
#undef FAULT
    {NULL, NULL, NULL},
};

struct faulty {
    struct driver_target target; /* first: found through it */
    struct copp_pump pump; /* found by offset */
    struct hierarchy hierarchy;
    struct copp_sim *sim;
    int fault;
};

struct faulty_transport {
    struct copp_transport transport; /* first */
    struct copp_transport *inner;
    int fault;
};

static struct faulty_transport *of(struct copp_transport *transport) {
    return (struct faulty_transport *)(void *)transport;
}

static enum copp_result key_exchange(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult) {
    struct copp_transport *inner = of(transport)->inner;
    return inner->ops->key_exchange(inner, call, random, chain_bytes, chain_size, hresult);
}

static enum copp_result session_sequence_start(struct copp_transport *transport, const struct copp_call *call,
                                               const struct copp_signature *signature, uint32_t *hresult) {
    struct faulty_transport *t = of(transport);
    enum copp_result result = t->inner->ops->session_sequence_start(t->inner, call, signature, hresult);
    if (t->fault == FAULT_accept_all)
        *hresult = COPP_HR_OK;
    if (t->fault == FAULT_refuse_start)
        *hresult = COPP_HR_UNEXPECTED;
    return result;
}

static enum copp_result protection_command(struct copp_transport *transport, const struct copp_call *call,
                                           const struct copp_command *command, uint32_t *hresult) {
    struct faulty_transport *t = of(transport);
    enum copp_result result = t->inner->ops->protection_command(t->inner, call, command, hresult);
    if (t->fault == FAULT_accept_mac && *hresult == COPP_HR_UNEXPECTED)
        *hresult = COPP_HR_OK;
    return result;
}

static enum copp_result protection_status(struct copp_transport *transport, const struct copp_call *call,
                                          const struct copp_status_input *input, struct copp_status_output *output,
                                          uint32_t *hresult) {
    struct faulty_transport *t = of(transport);
    enum copp_result result = t->inner->ops->protection_status(t->inner, call, input, output, hresult);
    if (t->fault == FAULT_answer_mac)
        output->bytes[0] ^= 1;
    return result;
}

static void free_transport(struct copp_transport *transport) {
    copp_transport_free(&of(transport)->inner);
    free(transport);
}

static const struct copp_transport_ops transport_ops = {
    .size = sizeof transport_ops,
    .key_exchange = key_exchange,
    .session_sequence_start = session_sequence_start,
    .protection_command = protection_command,
    .protection_status = protection_status,
    .free = free_transport,
};

static uint64_t pump_now(struct copp_pump *pump) {
    (void)pump;
    return clock_ms();
}

static void pump_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    struct faulty *f = (struct faulty *)(void *)((uint8_t *)pump - offsetof(struct faulty, pump));
    copp_sim_dispatch(f->sim, deadline_ms); /* nobody else is there: time may run */
}

static const struct copp_pump_ops pump_ops = {.size = sizeof pump_ops, .now_ms = pump_now, .wait = pump_wait};

static const char *output_name(struct driver_target *target, size_t index) {
    return copp_sim_name(((struct faulty *)(void *)target)->sim, index);
}

static enum copp_result open_device(struct driver_target *target, const char *output, enum copp_semantics semantics,
                                    struct copp_transport **transport) {
    struct faulty *f = (struct faulty *)(void *)target;
    const struct copp_device_options options = {.size = sizeof options, .semantics = semantics};
    struct faulty_transport *t = calloc(1, sizeof *t);
    if (t == NULL)
        return COPP_E_MEMORY;
    enum copp_result result = copp_local_transport_open_as(copp_sim_connector(f->sim, output), &options, &f->pump, &t->inner);
    if (result != COPP_OK) {
        free(t);
        return result;
    }
    t->transport.ops = &transport_ops;
    t->fault = f->fault;
    *transport = &t->transport;
    return COPP_OK;
}

static bool cause(struct driver_target *target, const char *event) {
    return copp_sim_event(((struct faulty *)(void *)target)->sim, event, NULL) == COPP_OK;
}

static const struct driver_target_ops ops = {.output = output_name, .open = open_device, .cause = cause};

static int fault_number(const char *name) {
    for (int i = 0; name != NULL && faults_copp[i].name != NULL; i++) {
        if (strcmp(faults_copp[i].name, name) == 0)
            return i + 1;
    }
    return FAULT_NONE;
}

struct driver_target *faulty_copp_new(const char *fault) {
    static const char *const names[HIERARCHY_KEYS] = {"faulty driver", "faulty IHV", "faulty root"};
    struct faulty *f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->target = (struct driver_target){.ops = &ops, .anchor = &f->hierarchy.anchor};
    f->pump.ops = &pump_ops;
    f->fault = fault_number(fault);
    struct driver_target *target = &f->target;
    enum copp_result result = hierarchy_make(names, HIERARCHY_SECURITY_LEVEL, &f->hierarchy);
    const struct copp_sim_config config = {.size = sizeof config,
                                           .chain_bytes = (const uint8_t *)f->hierarchy.chain_bytes,
                                           .chain_size = f->hierarchy.chain_size,
                                           .key = f->hierarchy.keys[HIERARCHY_LEAF],
                                           .now_ms = clock_ms()};
    if (result == COPP_OK)
        result = copp_sim_new(&config, &f->sim, NULL);
    if (result != COPP_OK)
        faulty_copp_free(&target);
    return target;
}

void faulty_copp_free(struct driver_target **target) {
    struct faulty *f = (struct faulty *)(void *)*target;
    if (f == NULL)
        return;
    copp_sim_free(&f->sim);
    hierarchy_free(&f->hierarchy);
    free(f);
    *target = NULL;
}
