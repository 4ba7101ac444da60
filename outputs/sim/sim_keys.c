/* The keys of a simulated output, and whether they make sense together (docs/simulator.md). */
#include <stdio.h>
#include <string.h>

#include "common/printable.h"
#include "internal.h"

/* A key: how its value is read into the output. */
struct output_key {
    const char *name;
    bool (*read)(struct sim_output *output, const char *value, struct copp_sim_error *error);
};

static bool read_flag(const char *value, bool *flag, struct copp_sim_error *error) {
    uint32_t word;
    if (!copp_sim_read_word(value, &copp_sim_yes_no, &word, error))
        return false;
    *flag = word;
    return true;
}

static bool read_type(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return copp_sim_read_word(value, &copp_sim_connector_types, &output->connector_type, error);
}

static bool read_internal(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return read_flag(value, &output->internal, error);
}

static bool read_protections(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    char word[SIM_NAME_SIZE];
    uint32_t type;
    while (copp_sim_next_word(&value, word, sizeof word)) {
        if (!copp_sim_read_word(word, &copp_sim_protection_types, &type, error))
            return false;
        output->protections |= type;
    }
    return true;
}

static bool read_modes(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    char word[SIM_NAME_SIZE + 1]; /* one more, for a name too long to show as such */
    while (copp_sim_next_word(&value, word, sizeof word)) {
        if (output->mode_count == SIM_MODES_MAX)
            return copp_sim_refuse(error, "more than %u modes", SIM_MODES_MAX);
        if (!copp_sim_read_mode(word, &output->modes[output->mode_count], error))
            return false;
        output->mode_count++;
    }
    return true;
}

static bool read_name(char *name, const char *value, struct copp_sim_error *error) {
    if (strlen(value) >= SIM_NAME_SIZE)
        return copp_sim_refuse(error, "\"%.31s...\" is longer than %u characters", value, SIM_NAME_SIZE - 1);
    strcpy(name, value);
    return true;
}

static bool read_mode(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return read_name(output->mode_name, value, error); /* looked up once all modes are known */
}

static bool read_pair(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return read_name(output->pair_name, value, error);
}

static bool read_multi_adapter(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return copp_sim_read_word(value, &copp_sim_multi_adapter_modes, &output->multi_adapter, error);
}

static bool read_plugged(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return read_flag(value, &output->plugged, error);
}

static bool read_display(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    for (const char *c = value; *c; c++) {
        if (!printable_ascii(*c))
            return copp_sim_refuse(error, "write it in printable ASCII");
    }
    return read_name(output->display, value, error);
}

static bool read_receiver(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return copp_sim_read_word(value, &copp_sim_receivers, &output->receiver, error);
}

static bool read_ksv(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return copp_sim_read_ksv(value, output->ksv, error);
}

static bool read_repeater(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return read_flag(value, &output->repeater, error);
}

static bool read_hdcp_delay(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    uint64_t number;
    if (!copp_sim_read_number(value, 3600000, &number, error))
        return false;
    output->hdcp_delay_ms = (uint32_t)number;
    return true;
}

static bool read_hdcp_fails(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return read_flag(value, &output->hdcp_refuses, error);
}

static bool read_tv_standards(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    char word[SIM_NAME_SIZE];
    uint32_t standard;
    if (strcmp(value, "all") == 0) { /* more than fit in a line */
        output->tv_standards = COPP_TV_STANDARD_MASK;
        return true;
    }
    while (copp_sim_next_word(&value, word, sizeof word)) {
        if (!copp_sim_read_standard(word, &standard, error))
            return false;
        output->tv_standards |= standard;
    }
    return true;
}

static bool read_default_standard(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return strcmp(value, "none") == 0 || copp_sim_read_standard(value, &output->default_standard, error);
}

static bool read_tv_type(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return copp_sim_read_word(value, &copp_sim_tv_types, &output->tv_type, error);
}

/* HDCP 1.4 or 2.2, as enum copp_hdcp_version. */
static bool read_hdcp_version(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return copp_sim_read_word(value, &copp_sim_hdcp_versions, &output->hdcp_version, error);
}

static bool read_opm(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    char word[SIM_NAME_SIZE];
    uint32_t feature;
    while (copp_sim_next_word(&value, word, sizeof word)) {
        if (!copp_sim_read_word(word, &copp_sim_opm_features, &feature, error))
            return false;
        output->opm |= feature;
    }
    return true;
}

static bool read_downstream(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return copp_sim_read_downstream(value, &output->downstream, error);
}

static bool read_dvi_version(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return copp_sim_read_word(value, &copp_sim_dvi_versions, &output->dvi_version, error);
}

static bool read_output_id(struct sim_output *output, const char *value, struct copp_sim_error *error) {
    return copp_sim_read_number(value, UINT64_MAX, &output->output_id, error);
}

enum { KEY_TYPE, KEY_MODES, KEY_RECEIVER, KEY_KSV, KEY_HDCP_VERSION };
static const struct output_key output_keys[] = {
    [KEY_TYPE] = {"type", read_type},
    [KEY_MODES] = {"modes", read_modes},
    [KEY_RECEIVER] = {"receiver", read_receiver},
    [KEY_KSV] = {"ksv", read_ksv},
    [KEY_HDCP_VERSION] = {"hdcp_version", read_hdcp_version},
    {"internal", read_internal},
    {"protections", read_protections},
    {"mode", read_mode},
    {"multi_adapter", read_multi_adapter},
    {"plugged", read_plugged},
    {"repeater", read_repeater},
    {"hdcp_delay", read_hdcp_delay},
    {"hdcp_fails", read_hdcp_fails},
    {"tv_standards", read_tv_standards},
    {"default_standard", read_default_standard},
    {"tv_type", read_tv_type},
    {"pair", read_pair},
    {"display", read_display},
    {"opm", read_opm},
    {"downstream", read_downstream},
    {"dvi_version", read_dvi_version},
    {"output_id", read_output_id},
};
#define OUTPUT_KEYS (sizeof output_keys / sizeof output_keys[0])
#define KEY_BIT(key) (1u << (key))

bool copp_sim_read_key(struct sim_output *output, const char *name, const char *value, struct copp_sim_error *error) {
    for (size_t i = 0; i < OUTPUT_KEYS; i++) {
        if (strcmp(output_keys[i].name, name) != 0)
            continue;
        if (output->keys & KEY_BIT(i))
            return copp_sim_refuse(error, "%s is given twice", name);
        output->keys |= KEY_BIT(i);
        struct copp_sim_error reason = {0};
        if (!output_keys[i].read(output, value, &reason))
            return copp_sim_refuse(error, "%s: %s", name, reason.text);
        return true;
    }
    char allowed[sizeof error->text];
    size_t used = 0;
    for (size_t i = 0; i < OUTPUT_KEYS && used < sizeof allowed; i++)
        used += (size_t)snprintf(allowed + used, sizeof allowed - used, " %s", output_keys[i].name);
    return copp_sim_refuse(error, "unknown key \"%.12s\"; known keys:%s", name, allowed);
}

static bool complain(const struct sim_output *output, struct copp_sim_error *error, const char *reason) {
    error->line = output->line;
    return copp_sim_refuse(error, "output %s: %s", output->name, reason);
}

static bool find_first_mode(struct sim_output *output, struct copp_sim_error *error) {
    if (!output->mode_name[0])
        return true; /* the first one */
    for (size_t i = 0; i < output->mode_count; i++) {
        if (strcmp(output->modes[i].name, output->mode_name) == 0) {
            output->mode = i;
            return true;
        }
    }
    return complain(output, error, "mode is not among its modes");
}

/* ARB-6: the S-Video output describes both. */
static bool join_pair(struct copp_sim *sim, struct sim_output *svideo, struct copp_sim_error *error) {
    if (!svideo->pair_name[0])
        return true;
    struct sim_output *composite = copp_sim_find(sim, svideo->pair_name);
    if (svideo->connector_type != COPP_CONNECTOR_SVIDEO || !composite || composite->connector_type != COPP_CONNECTOR_COMPOSITE ||
        !(composite->keys & KEY_BIT(KEY_TYPE)))
        return complain(svideo, error, "pair is for an svideo output and names a composite one");
    if (composite->svideo)
        return complain(svideo, error, "pair names an output that is paired already");
    if (composite->keys != KEY_BIT(KEY_TYPE))
        return complain(composite, error, "a paired output takes no key but type; give the others to the svideo output");
    if (svideo->protections & COPP_PROTECTION_TYPE_HDCP)
        return complain(svideo, error, "a pair carries analog protections only, not hdcp");
    svideo->composite = composite;
    composite->svideo = svideo;
    composite->protections = svideo->protections;
    return true;
}

/* Without hdcp_version a receiver is one of HDCP 1.x. */
static bool check_receiver(struct sim_output *output, struct copp_sim_error *error) {
    bool has_ksv = output->keys & KEY_BIT(KEY_KSV);
    if (!(output->keys & KEY_BIT(KEY_RECEIVER)))
        output->receiver = has_ksv ? SIM_RECEIVER_NAMED : SIM_RECEIVER_NONE;
    if (!(output->keys & KEY_BIT(KEY_HDCP_VERSION)))
        output->hdcp_version = COPP_HDCP_VERSION_1;
    if (output->receiver == SIM_RECEIVER_NAMED && !has_ksv)
        return complain(output, error, "a receiver needs a ksv");
    if (has_ksv && !(output->protections & COPP_PROTECTION_TYPE_HDCP))
        return complain(output, error, "a ksv needs hdcp in protections");
    if (output->downstream.count && !output->repeater)
        return complain(output, error, "downstream needs repeater = yes");
    return true;
}

static bool id_is_taken(const struct sim_output *output) {
    const struct copp_sim *sim = output->sim;
    for (size_t i = 0; output->output_id && i < sim->output_count; i++) {
        if (&sim->outputs[i] != output && sim->outputs[i].output_id == output->output_id)
            return true;
    }
    return false;
}

/* What no connector can be (OPM-HDCP-2, OPM-HDCP-3, OPM-GET-10). */
static bool check_opm(const struct sim_output *output, struct copp_sim_error *error) {
    if (output->opm & SIM_OPM_TYPE1 && !(output->protections & COPP_PROTECTION_TYPE_HDCP))
        return complain(output, error, "type1 in opm needs hdcp in protections");
    if (output->opm & SIM_OPM_DPCP && output->connector_type != COPP_CONNECTOR_DISPLAYPORT_EXTERNAL)
        return complain(output, error, "dpcp in opm needs type = displayport");
    if (output->dvi_version && output->connector_type != COPP_CONNECTOR_DVI)
        return complain(output, error, "dvi_version needs type = dvi");
    if (id_is_taken(output))
        return complain(output, error, "another output has this output_id");
    return true;
}

static bool check_output(struct sim_output *output, struct copp_sim_error *error) {
    if (!(output->keys & KEY_BIT(KEY_TYPE)))
        return complain(output, error, "type is missing");
    if (output->svideo)
        return true;
    if (!output->mode_count)
        return complain(output, error, "modes is missing; write such as: modes = 1080p60 720p60");
    bool cgmsa = output->protections & COPP_PROTECTION_TYPE_CGMSA;
    if (cgmsa != (output->tv_standards != 0))
        return complain(output, error, "cgms-a in protections and tv_standards need each other");
    if (output->default_standard & ~output->tv_standards)
        return complain(output, error, "default_standard is not among its tv_standards");
    if (!check_receiver(output, error) || !check_opm(output, error))
        return false;
    return find_first_mode(output, error);
}

bool copp_sim_check_outputs(struct copp_sim *sim, struct copp_sim_error *error) {
    for (size_t i = 0; i < sim->output_count; i++) {
        if (!join_pair(sim, &sim->outputs[i], error))
            return false;
    }
    for (size_t i = 0; i < sim->output_count; i++) {
        if (!check_output(&sim->outputs[i], error))
            return false;
    }
    return true;
}
