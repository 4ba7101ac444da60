/* What can be made to happen to an output (docs/simulator.md). */
#include <stdio.h>
#include <string.h>

#include "internal.h"

enum argument {
    ARGUMENT_NONE,
    ARGUMENT_ON_OFF,
    ARGUMENT_ACP,
    ARGUMENT_MULTI_ADAPTER,
    ARGUMENT_MODE,
    ARGUMENT_KSV,
    ARGUMENT_KSVS,
    ARGUMENT_HDCP_VERSION
};

struct sim_verb {
    const char *word;
    const char *usage; /* its arguments */
    enum argument argument;
    uint32_t protection; /* the output must offer it; 0: any */
    enum copp_result (*happen)(const struct sim_event *event);
};

#define ALL_TYPES UINT32_MAX

/* What no output has any more after it: told to the connector, which tells every device. */
static void lose(struct sim_output *output, uint32_t types) {
    copp_sim_output_drop(output, types);
    copp_connector_protection_lost(output->connector, types);
}

static enum copp_result unplug(const struct sim_event *event) {
    struct sim_output *output = event->output;
    if (!output->plugged)
        return COPP_OK;
    output->plugged = false;
    copp_sim_output_drop(output, ALL_TYPES);
    copp_connector_unplugged(output->connector);
    return COPP_OK;
}

static enum copp_result plug(const struct sim_event *event) {
    struct sim_output *output = event->output;
    if (output->plugged)
        return COPP_OK;
    output->plugged = true;
    copp_connector_reconfigured(output->connector);
    return COPP_OK;
}

static enum copp_result change_mode(const struct sim_event *event) {
    event->output->mode = event->value;
    copp_connector_reconfigured(event->output->connector);
    return COPP_OK;
}

static enum copp_result change_multi_adapter(const struct sim_event *event) {
    event->output->multi_adapter = event->value;
    copp_connector_reconfigured(event->output->connector);
    return COPP_OK;
}

static enum copp_result fail_hdcp(const struct sim_event *event) {
    lose(event->output, COPP_PROTECTION_TYPE_HDCP);
    return COPP_OK;
}

static enum copp_result fail_dpcp(const struct sim_event *event) {
    lose(event->output, COPP_PROTECTION_TYPE_DPCP);
    return COPP_OK;
}

static enum copp_result tamper(const struct sim_event *event) { /* OPM-STA-2 */
    copp_sim_output_drop(event->output, ALL_TYPES);
    copp_connector_tampered(event->output->connector);
    return COPP_OK;
}

/* Found while HDCP is on it ends it; later it keeps it from coming up. */
static enum copp_result revoke(const struct sim_event *event) {
    struct sim_output *output = event->output;
    output->revoked = event->value;
    if (!output->revoked || !output->in_force.hdcp)
        return COPP_OK;
    copp_sim_output_drop(output, COPP_PROTECTION_TYPE_HDCP);
    copp_connector_revoked(output->connector);
    return COPP_OK;
}

static enum copp_result set_busy(const struct sim_event *event) {
    event->output->hdcp_busy = event->value;
    return COPP_OK;
}

static enum copp_result refuse_dpcp(const struct sim_event *event) {
    event->output->dpcp_refuses = event->value;
    return COPP_OK;
}

/* What was Type 1 is not with a receiver that does not do it. */
static enum copp_result set_hdcp_version(const struct sim_event *event) {
    struct sim_output *output = event->output;
    output->hdcp_version = event->value;
    if (output->in_force.type1 && copp_sim_output_protocol(output) != COPP_HDCP_VERSION_2)
        lose(output, COPP_PROTECTION_TYPE_HDCP);
    else
        copp_connector_receivers_changed(output->connector);
    return COPP_OK;
}

static enum copp_result set_downstream(const struct sim_event *event) {
    event->output->downstream = event->downstream;
    copp_connector_receivers_changed(event->output->connector);
    return COPP_OK;
}

static enum copp_result hang_hdcp(const struct sim_event *event) {
    event->output->hdcp_hangs = event->value;
    if (event->output->pending)
        copp_sim_output_schedule(event->output);
    return COPP_OK;
}

static enum copp_result refuse_hdcp(const struct sim_event *event) {
    event->output->hdcp_refuses = event->value;
    return COPP_OK;
}

static enum copp_result refuse_all(const struct sim_event *event) {
    event->output->refuses = event->value;
    return COPP_OK;
}

static enum copp_result set_repeater(const struct sim_event *event) {
    event->output->repeater = event->value;
    copp_connector_receivers_changed(event->output->connector);
    return COPP_OK;
}

static enum copp_result set_ksv(const struct sim_event *event) {
    memcpy(event->output->ksv, event->ksv, sizeof event->ksv);
    event->output->receiver = SIM_RECEIVER_NAMED;
    copp_connector_receivers_changed(event->output->connector);
    return COPP_OK;
}

static enum copp_result set_desktop_acp(const struct sim_event *event) {
    return copp_connector_set_desktop_acp(event->output->connector, event->value);
}

static const struct sim_verb verbs[] = {
    {"unplug", "NAME", ARGUMENT_NONE, 0, unplug},
    {"plug", "NAME", ARGUMENT_NONE, 0, plug},
    {"mode", "NAME MODE", ARGUMENT_MODE, 0, change_mode},
    {"multi-adapter", "NAME single|dualview|clone|theatre", ARGUMENT_MULTI_ADAPTER, 0, change_multi_adapter},
    {"tamper", "NAME", ARGUMENT_NONE, 0, tamper},
    {"refuse", "NAME on|off", ARGUMENT_ON_OFF, 0, refuse_all},
    {"hdcp-fail", "NAME", ARGUMENT_NONE, COPP_PROTECTION_TYPE_HDCP, fail_hdcp},
    {"hdcp-refuse", "NAME on|off", ARGUMENT_ON_OFF, COPP_PROTECTION_TYPE_HDCP, refuse_hdcp},
    {"hdcp-hang", "NAME on|off", ARGUMENT_ON_OFF, COPP_PROTECTION_TYPE_HDCP, hang_hdcp},
    {"repeater", "NAME on|off", ARGUMENT_ON_OFF, COPP_PROTECTION_TYPE_HDCP, set_repeater},
    {"ksv", "NAME HEX", ARGUMENT_KSV, COPP_PROTECTION_TYPE_HDCP, set_ksv},
    {"hdcp-busy", "NAME on|off", ARGUMENT_ON_OFF, COPP_PROTECTION_TYPE_HDCP, set_busy},
    {"hdcp-version", "NAME 1.4|2.2", ARGUMENT_HDCP_VERSION, COPP_PROTECTION_TYPE_HDCP, set_hdcp_version},
    {"downstream", "NAME HEX...|none", ARGUMENT_KSVS, COPP_PROTECTION_TYPE_HDCP, set_downstream},
    {"revoke", "NAME on|off", ARGUMENT_ON_OFF, COPP_PROTECTION_TYPE_HDCP, revoke},
    {"dpcp-fail", "NAME", ARGUMENT_NONE, COPP_PROTECTION_TYPE_DPCP, fail_dpcp},
    {"dpcp-refuse", "NAME on|off", ARGUMENT_ON_OFF, COPP_PROTECTION_TYPE_DPCP, refuse_dpcp},
    {"desktop-acp", "NAME 0|1|2|3", ARGUMENT_ACP, COPP_PROTECTION_TYPE_ACP, set_desktop_acp},
};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static bool find_verb(const char *word, const struct sim_verb **verb, struct copp_sim_error *error) {
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (strcmp(verbs[i].word, word) == 0) {
            *verb = &verbs[i];
            return true;
        }
    }
    char allowed[sizeof error->text];
    size_t used = 0;
    for (size_t i = 0; i < VERB_COUNT && used < sizeof allowed; i++)
        used += (size_t)snprintf(allowed + used, sizeof allowed - used, " %s", verbs[i].word);
    return copp_sim_refuse(error, "unknown event \"%.20s\"; known events:%s", word, allowed);
}

static uint32_t offered(const struct sim_output *output) {
    return output->protections | (output->opm & SIM_OPM_DPCP ? COPP_PROTECTION_TYPE_DPCP : 0);
}

static bool find_output(struct copp_sim *sim, const char *name, const struct sim_verb *verb, struct sim_output **output,
                        struct copp_sim_error *error) {
    *output = copp_sim_find(sim, name);
    if (!*output)
        return copp_sim_refuse(error, "%s: there is no output \"%.31s\"", verb->word, name);
    if (verb->protection & ~offered(*output))
        return copp_sim_refuse(error, "%s: output %s has no %s", verb->word, name, copp_protection_type_name(verb->protection));
    return true;
}

static bool find_mode(struct sim_event *event, const char *word, struct copp_sim_error *error) {
    const struct sim_output *output = event->output;
    for (size_t i = 0; i < output->mode_count; i++) {
        if (strcmp(output->modes[i].name, word) == 0) {
            event->value = (uint32_t)i;
            return true;
        }
    }
    return copp_sim_refuse(error, "mode: \"%.31s\" is not among the modes of output %s", word, output->name);
}

static bool read_argument(struct sim_event *event, const char *word, struct copp_sim_error *error) {
    switch (event->verb->argument) {
    case ARGUMENT_ON_OFF:
        return copp_sim_read_word(word, &copp_sim_on_off, &event->value, error);
    case ARGUMENT_ACP:
        return copp_sim_read_word(word, &copp_sim_acp_levels, &event->value, error);
    case ARGUMENT_MULTI_ADAPTER:
        return copp_sim_read_word(word, &copp_sim_multi_adapter_modes, &event->value, error);
    case ARGUMENT_MODE:
        return find_mode(event, word, error);
    case ARGUMENT_KSV:
        return copp_sim_read_ksv(word, event->ksv, error);
    case ARGUMENT_HDCP_VERSION:
        return copp_sim_read_word(word, &copp_sim_hdcp_versions, &event->value, error);
    case ARGUMENT_KSVS: /* all the rest, as a whole */
    case ARGUMENT_NONE:
        break;
    }
    return true;
}

/* One word, or as many as follow. */
static bool read_arguments(struct sim_event *event, const char **text, struct copp_sim_error *error) {
    char word[SIM_EVENT_SIZE];
    const char *first = *text;
    if (event->verb->argument == ARGUMENT_NONE)
        return true;
    if (!copp_sim_next_word(text, word, sizeof word))
        return copp_sim_refuse(error, "write: %s %s", event->verb->word, event->verb->usage);
    if (event->verb->argument != ARGUMENT_KSVS)
        return read_argument(event, word, error);
    *text += strlen(*text);
    first += strspn(first, " \t,");
    return copp_sim_read_downstream(first, &event->downstream, error);
}

bool copp_sim_event_parse(struct copp_sim *sim, const char *text, struct sim_event *event, struct copp_sim_error *error) {
    char word[SIM_EVENT_SIZE];
    *event = (struct sim_event){0};
    if (!copp_sim_next_word(&text, word, sizeof word))
        return copp_sim_refuse(error, "an event is missing, such as \"unplug NAME\"");
    if (!find_verb(word, &event->verb, error))
        return false;
    if (!copp_sim_next_word(&text, word, sizeof word))
        return copp_sim_refuse(error, "write: %s %s", event->verb->word, event->verb->usage);
    if (!find_output(sim, word, event->verb, &event->output, error))
        return false;
    bool of_signal = event->verb->argument == ARGUMENT_MODE || event->verb->argument == ARGUMENT_MULTI_ADAPTER;
    if (of_signal && event->output->svideo)
        event->output = event->output->svideo; /* ARB-6: both carry its signal */
    if (!read_arguments(event, &text, error))
        return false;
    if (copp_sim_next_word(&text, word, sizeof word))
        return copp_sim_refuse(error, "unexpected \"%.20s\"; write: %s %s", word, event->verb->word, event->verb->usage);
    return true;
}

bool copp_sim_event_happen(const struct sim_event *event, struct copp_sim_error *error) {
    enum copp_result result = event->verb->happen(event);
    if (result)
        return copp_sim_refuse(error, "%s %s: %s", event->verb->word, event->output->name, copp_strerror(result));
    return true;
}
