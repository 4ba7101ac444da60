/* A simulated adapter and its time. */
#include "copp/sim.h"

#include <stdlib.h>
#include <string.h>

#include "common/sized.h"
#include "internal.h"

static const char default_description[] =
    "# A graphics card with the connectors that COPP was made for.\n"
    "[adapter]\n"
    "bus = pci-express\n"
    "\n"
    "[output HDMI-1]\n"
    "type = hdmi\n"
    "protections = hdcp\n"
    "modes = 1080p60 1080p59.94 720p60 2160p60\n"
    "ksv = b70361f714\n"
    "opm = type1 hardware-protection\n"
    "\n"
    "[output DVI-I-1]\n"
    "type = dvi\n"
    "protections = hdcp acp cgms-a\n"
    "modes = 720p60 480p59.94 1080i59.94 1080p60\n"
    "ksv = 511ef21acd\n"
    "dvi_version = 1.0\n"
    "tv_standards = CEA805A_TypeA_525p CEA805A_TypeA_750p CEA805A_TypeA_1125i\n"
    "default_standard = CEA805A_TypeA_750p\n"
    "\n"
    "[output Component-1]\n"
    "type = component\n"
    "protections = acp cgms-a\n"
    "modes = 480i59.94 576i50 480p59.94 720p59.94 1080i59.94\n"
    "tv_standards = IEC61880_525i EN300294_625i CEA805A_TypeA_525p CEA805A_TypeA_750p CEA805A_TypeA_1125i\n"
    "default_standard = IEC61880_525i\n"
    "tv_type = ntsc\n"
    "\n"
    "[output SVideo-1]\n"
    "type = svideo\n"
    "protections = acp cgms-a\n"
    "modes = 480i59.94 576i50\n"
    "tv_standards = IEC61880_525i EIA608B_525 EN300294_625i\n"
    "default_standard = IEC61880_525i\n"
    "tv_type = ntsc\n"
    "pair = Composite-1\n"
    "\n"
    "[output Composite-1]\n"
    "type = composite\n"
    "\n"
    "[output eDP-1]\n"
    "type = edp\n"
    "internal = yes\n"
    "protections = none\n"
    "modes = 1080p60\n";

const char *copp_sim_default(void) {
    return default_description;
}

static void connect_outputs(struct copp_sim *sim) {
    for (size_t i = 0; i < sim->output_count; i++) {
        struct sim_output *output = &sim->outputs[i];
        output->output.ops = &copp_sim_output_ops;
        if (output->composite) {
            output->composite->output.ops = &copp_sim_output_ops;
            copp_output_pair_init(&output->pair, &output->output, &output->composite->output); /* ARB-6 */
        }
    }
}

static void configure(struct sim_output *output, struct copp_connector_config *config) {
    *config = (struct copp_connector_config){
        .size = sizeof *config,
        .output = output->composite ? &output->pair.output : &output->output,
        .connector_type = output->connector_type | (output->internal ? COPP_CONNECTOR_INTERNAL : 0),
        .protection_types = output->protections,
        .bus_type = output->sim->bus_type,
        .tv_standards = output->tv_standards,
        .default_standard = output->default_standard,
        .name = output->name, /* and never real (BIND-6) */
        .output_id = output->output_id,
        .type1 = output->opm & SIM_OPM_TYPE1,
        .dpcp = output->opm & SIM_OPM_DPCP,
        .hardware_protection = output->opm & SIM_OPM_HARDWARE_PROTECTION,
        .dvi_version = output->dvi_version,
    };
}

static void attach(struct sim_output *output, struct copp_connector *connector) {
    output->connector = connector;
    if (output->composite)
        output->composite->connector = connector;
}

static enum copp_result add_connectors(struct copp_sim *sim) {
    struct sim_output *output;
    for (size_t i = 0; (output = copp_sim_output_at(sim, i)) != NULL; i++) {
        struct copp_connector_config config;
        struct copp_connector *connector;
        configure(output, &config);
        enum copp_result result = copp_connector_add(sim->adapter, &config, &connector);
        if (result)
            return result;
        attach(output, connector);
    }
    return COPP_OK;
}

static enum copp_result build(struct copp_sim *sim, const struct copp_sim_config *config, struct copp_sim_error *error) {
    enum copp_result result = copp_sim_describe(sim, config->description ? config->description : default_description, error);
    if (result)
        return result;
    connect_outputs(sim);
    if (config->outputs_only)
        return COPP_OK;
    uint32_t limit_ms = sim->pending_limit_ms ? (uint32_t)sim->pending_limit_ms : config->pending_limit_ms;
    const struct copp_adapter_config adapter = {.size = sizeof adapter,
                                                .chain_bytes = config->chain_bytes,
                                                .chain_size = config->chain_size,
                                                .key = config->key,
                                                .random = config->random,
                                                .pending_limit_ms = limit_ms,
                                                .log = config->log,

                                                .unbound = config->unbound};
    result = copp_adapter_new(&adapter, &sim->adapter);
    return result ? result : add_connectors(sim);
}

enum copp_result copp_sim_new(const struct copp_sim_config *config, struct copp_sim **sim, struct copp_sim_error *error) {
    struct copp_sim_error unwanted;
    error = error ? error : &unwanted;
    *error = (struct copp_sim_error){0};
    if (!sim)
        return COPP_E_ARGUMENT;
    *sim = NULL;
    struct copp_sim_config own;
    if (!config || !copp_sized_read(config, &own, sizeof own))
        return COPP_E_ARGUMENT;
    struct copp_sim *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    made->start_ms = made->now_ms = own.now_ms;
    enum copp_result result = build(made, &own, error);
    if (result)
        copp_sim_free(&made);
    *sim = made;
    return result;
}

void copp_sim_free(struct copp_sim **sim) {
    if (!sim || !*sim)
        return;
    copp_adapter_free(&(*sim)->adapter);
    free(*sim);
    *sim = NULL;
}

struct copp_adapter *copp_sim_adapter(struct copp_sim *sim) {
    return sim ? sim->adapter : NULL;
}

size_t copp_sim_count(const struct copp_sim *sim) {
    size_t count = 0;
    while (copp_sim_name(sim, count))
        count++;
    return count;
}

const char *copp_sim_name(const struct copp_sim *sim, size_t index) {
    const struct sim_output *output = sim ? copp_sim_output_at(sim, index) : NULL;
    return output ? output->name : NULL;
}

const char *copp_sim_second_name(const struct copp_sim *sim, size_t index) {
    const struct sim_output *output = sim ? copp_sim_output_at(sim, index) : NULL;
    return output && output->composite ? output->composite->name : NULL;
}

enum copp_result copp_sim_connector_config(struct copp_sim *sim, size_t index, struct copp_connector_config *config) {
    struct copp_connector_config told = {.size = sizeof told};
    if (!config || !copp_sized_room(config))
        return COPP_E_ARGUMENT;
    copp_sized_write(config, &told, sizeof told);
    struct sim_output *output = sim ? copp_sim_output_at(sim, index) : NULL;
    if (!output)
        return COPP_E_ARGUMENT;
    if (sim->adapter)
        return COPP_E_STATE;
    configure(output, &told);
    copp_sized_write(config, &told, sizeof told);
    return COPP_OK;
}

void copp_sim_attach(struct copp_sim *sim, size_t index, struct copp_connector *connector) {
    struct sim_output *output = sim && !sim->adapter ? copp_sim_output_at(sim, index) : NULL;
    if (output)
        attach(output, connector);
}

uint32_t copp_sim_pending_limit_ms(const struct copp_sim *sim) {
    return sim ? (uint32_t)sim->pending_limit_ms : 0;
}

struct copp_connector *copp_sim_connector(struct copp_sim *sim, const char *name) {
    struct sim_output *output = sim && name ? copp_sim_find(sim, name) : NULL;
    return output ? output->connector : NULL;
}

bool copp_sim_plugged(struct copp_sim *sim, const char *name) {
    const struct sim_output *output = sim && name ? copp_sim_find(sim, name) : NULL;
    const struct sim_output *other = output && output->svideo ? output->svideo : output ? output->composite : NULL;
    return output && output->plugged && (!other || other->plugged); /* ARB-6: of a pair both */
}

const char *copp_sim_display(struct copp_sim *sim, const char *name) {
    const struct sim_output *output = copp_sim_plugged(sim, name) ? copp_sim_find(sim, name) : NULL;
    return !output ? "" : output->svideo ? output->svideo->display : output->display;
}

bool copp_sim_blank(struct copp_sim *sim, const char *name) {
    const struct sim_output *output = sim && name ? copp_sim_find(sim, name) : NULL;
    return output && output->blank;
}

enum copp_result copp_sim_event(struct copp_sim *sim, const char *event, struct copp_sim_error *error) {
    struct copp_sim_error unwanted;
    error = error ? error : &unwanted;
    *error = (struct copp_sim_error){0};
    struct sim_event parsed;
    if (!sim || !event)
        return COPP_E_ARGUMENT;
    if (!copp_sim_event_parse(sim, event, &parsed, error) || !copp_sim_event_happen(&parsed, error))
        return COPP_E_INVALID;
    return COPP_OK;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t script_time(const struct copp_sim *sim, const struct sim_script_line *line) {
    return line->at_ms > SIM_NEVER - sim->start_ms ? SIM_NEVER : sim->start_ms + line->at_ms;
}

static uint64_t script_deadline_ms(const struct copp_sim *sim) {
    return sim->script_done < sim->script_count ? script_time(sim, &sim->script[sim->script_done]) : SIM_NEVER;
}

uint64_t copp_sim_deadline_ms(const struct copp_sim *sim) {
    if (!sim)
        return SIM_NEVER;
    uint64_t deadline_ms = least(script_deadline_ms(sim), copp_adapter_deadline_ms(sim->adapter));
    for (size_t i = 0; i < sim->output_count; i++) {
        if (sim->outputs[i].pending)
            deadline_ms = least(deadline_ms, sim->outputs[i].due_ms);
    }
    return deadline_ms;
}

/*
 * The next moment that must not be leapt over. Without an apply under way the adapter has but retries to do: one at
 * the end of a leap is as good as one a second.
 */
static uint64_t leap_deadline_ms(const struct copp_sim *sim) {
    for (size_t i = 0; i < sim->output_count; i++) {
        if (sim->outputs[i].pending)
            return copp_sim_deadline_ms(sim);
    }
    return script_deadline_ms(sim);
}

static void run_script(struct copp_sim *sim) {
    while (script_deadline_ms(sim) <= sim->now_ms && script_deadline_ms(sim) != SIM_NEVER) {
        struct copp_sim_error unwanted; /* an event that cannot happen just now does not */
        bool happened = copp_sim_event_happen(&sim->script[sim->script_done++].event, &unwanted);
        (void)happened;
    }
}

static void land(struct copp_sim *sim) {
    for (size_t i = 0; i < sim->output_count; i++) {
        if (sim->outputs[i].pending && sim->outputs[i].due_ms <= sim->now_ms && sim->outputs[i].due_ms != SIM_NEVER)
            copp_sim_output_land(&sim->outputs[i]);
    }
}

void copp_sim_dispatch(struct copp_sim *sim, uint64_t now_ms) {
    if (!sim)
        return;
    for (uint64_t deadline_ms = leap_deadline_ms(sim); deadline_ms <= now_ms && deadline_ms != SIM_NEVER;
         deadline_ms = leap_deadline_ms(sim)) {
        sim->now_ms = deadline_ms > sim->now_ms ? deadline_ms : sim->now_ms;
        run_script(sim);
        land(sim);
        copp_adapter_dispatch(sim->adapter, sim->now_ms);
    }
    sim->now_ms = now_ms > sim->now_ms ? now_ms : sim->now_ms;
    copp_adapter_dispatch(sim->adapter, sim->now_ms);
}
