/* Reads the description of a simulated adapter (docs/simulator.md). */
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "common/ini_lines.h"
#include "common/printable.h"
#include "common/text.h"
#include "internal.h"

enum section { SECTION_NONE, SECTION_ADAPTER, SECTION_OUTPUT, SECTION_SCRIPT };

struct parse {
    struct copp_sim *sim;
    struct ini_lines lines;
    enum section section;
    struct sim_output *output; /* of SECTION_OUTPUT */
    bool seen_adapter;
    bool seen_script;
    uint32_t adapter_keys;
    bool failed;
    struct copp_sim_error *error; /* the first one */
};

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

enum { KEY_TYPE, KEY_MODES, KEY_RECEIVER, KEY_KSV };
static const struct output_key output_keys[] = {
    [KEY_TYPE] = {"type", read_type},
    [KEY_MODES] = {"modes", read_modes},
    [KEY_RECEIVER] = {"receiver", read_receiver},
    [KEY_KSV] = {"ksv", read_ksv},
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
};
#define OUTPUT_KEYS (sizeof output_keys / sizeof output_keys[0])
#define KEY_BIT(key) (1u << (key))

static bool read_output_key(struct parse *parse, const char *name, const char *value, struct copp_sim_error *error) {
    struct sim_output *output = parse->output;
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
    return copp_sim_refuse(error, "\"%.12s\" is no key; there are:%s", name, allowed);
}

static bool read_adapter_key(struct parse *parse, const char *name, const char *value, struct copp_sim_error *error) {
    static const char *const names[] = {"bus", "integrated", "pending_limit"};
    size_t key = 0;
    while (key < 3 && strcmp(names[key], name) != 0)
        key++;
    if (key == 3)
        return copp_sim_refuse(error, "\"%.20s\" is no key of an adapter; there are: bus integrated pending_limit", name);
    if (parse->adapter_keys & KEY_BIT(key))
        return copp_sim_refuse(error, "%s is given twice", name);
    parse->adapter_keys |= KEY_BIT(key);
    struct copp_sim_error reason = {0};
    uint32_t word = 0;
    bool read = key == 2   ? copp_sim_read_number(value, 3600000, &parse->sim->pending_limit_ms, &reason)
                : key == 1 ? copp_sim_read_word(value, &copp_sim_yes_no, &word, &reason)
                           : copp_sim_read_word(value, &copp_sim_bus_types, &word, &reason);
    if (!read)
        return copp_sim_refuse(error, "%s: %s", name, reason.text);
    parse->sim->bus_type |= key == 1 && word ? COPP_BUS_INTEGRATED : word;
    return true;
}

/* A script line is kept as text: the output it names may be described further down. */
static bool read_script_line(struct parse *parse, const char *name, const char *value, struct copp_sim_error *error) {
    struct copp_sim *sim = parse->sim;
    struct sim_script_line line = {.line = parse->lines.line};
    struct copp_sim_error reason = {0};
    if (sim->script_count == SIM_SCRIPT_MAX)
        return copp_sim_refuse(error, "more than %u lines of script", SIM_SCRIPT_MAX);
    if (!copp_sim_read_number(name, UINT32_MAX, &line.at_ms, &reason))
        return copp_sim_refuse(error, "write \"MILLISECONDS = EVENT\": %.100s", reason.text);
    if (strlen(value) >= sizeof line.text)
        return copp_sim_refuse(error, "an event is longer than %u characters", SIM_EVENT_SIZE - 1);
    strcpy(line.text, value);
    size_t at = sim->script_count++;
    for (; at > 0 && sim->script[at - 1].at_ms > line.at_ms; at--)
        sim->script[at] = sim->script[at - 1];
    sim->script[at] = line;
    return true;
}

static int fail(struct parse *parse) {
    if (!parse->failed)
        parse->error->line = parse->lines.line;
    parse->failed = true;
    return 0;
}

static int on_key(void *user, const char *section, const char *name, const char *value) {
    struct parse *parse = user;
    (void)section; /* begin_section has seen all of its name */
    if (parse->failed)
        return 0;
    bool read = false;
    switch (parse->section) {
    case SECTION_NONE:
        read = copp_sim_refuse(parse->error, "\"%.20s\" stands before any section; begin with [output NAME]", name);
        break;
    case SECTION_ADAPTER:
        read = read_adapter_key(parse, name, value, parse->error);
        break;
    case SECTION_OUTPUT:
        read = read_output_key(parse, name, value, parse->error);
        break;
    case SECTION_SCRIPT:
        read = read_script_line(parse, name, value, parse->error);
        break;
    }
    return read ? 1 : fail(parse);
}

static bool begin_output(struct parse *parse, const char *name) {
    struct copp_sim *sim = parse->sim;
    if (!copp_sim_name_allowed(name))
        return copp_sim_refuse(parse->error, "\"%.31s\" is no name; it has up to %u letters, digits, '-', '_' and '.'", name,
                               SIM_NAME_SIZE - 1);
    if (copp_sim_find(sim, name))
        return copp_sim_refuse(parse->error, "output %s is described twice", name);
    if (sim->output_count == SIM_OUTPUTS_MAX)
        return copp_sim_refuse(parse->error, "more than %u outputs", SIM_OUTPUTS_MAX);
    parse->section = SECTION_OUTPUT;
    parse->output = &sim->outputs[sim->output_count++];
    strcpy(parse->output->name, name);
    parse->output->line = parse->lines.line;
    parse->output->plugged = true;
    return true;
}

/* header is what stands between the brackets. */
static bool begin_section(struct parse *parse, const char *header) {
    static const char output[] = "output ";
    if (strncmp(header, output, strlen(output)) == 0)
        return begin_output(parse, header + strlen(output));
    bool adapter = strcmp(header, "adapter") == 0;
    if (!adapter && strcmp(header, "script") != 0)
        return copp_sim_refuse(parse->error, "\"[%.31s]\" is no section; there are [adapter], [output NAME] and [script]",
                               header);
    bool *seen = adapter ? &parse->seen_adapter : &parse->seen_script;
    if (*seen)
        return copp_sim_refuse(parse->error, "[%s] is there twice", header);
    *seen = true;
    parse->section = adapter ? SECTION_ADAPTER : SECTION_SCRIPT;
    return true;
}

static bool see_section(struct parse *parse, const char *line) {
    char header[INI_LINE_MAX + 1];
    const char *end = line[0] == '[' ? strchr(line, ']') : NULL;
    if (!end)
        return true;
    size_t length = (size_t)(end - line) - 1;
    memcpy(header, line + 1, length);
    header[length] = 0;
    return begin_section(parse, header);
}

/*
 * inih's reader, like fgets: sees sections (inih tells of none that is empty), and takes leading white space away, by which
 * inih would go on with the value of the line before.
 */
static char *read_line(char *to, int room, void *stream) {
    struct parse *parse = stream;
    if (parse->failed)
        return NULL;
    parse->lines.text += strspn(parse->lines.text, " \t");
    char *line = ini_next_line(&parse->lines, to, room);
    if (parse->lines.too_long)
        (void)copp_sim_refuse(parse->error, "the line is longer than %u characters", INI_LINE_MAX);
    else if (!line || see_section(parse, line))
        return line;
    (void)fail(parse);
    return NULL;
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
        return complain(composite, error, "it is paired and has no key but type; the rest is the svideo output's");
    if (svideo->protections & COPP_PROTECTION_TYPE_HDCP)
        return complain(svideo, error, "a pair carries analog protections only, not hdcp");
    svideo->composite = composite;
    composite->svideo = svideo;
    composite->protections = svideo->protections;
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
    bool has_ksv = output->keys & KEY_BIT(KEY_KSV);
    if (!(output->keys & KEY_BIT(KEY_RECEIVER)))
        output->receiver = has_ksv ? SIM_RECEIVER_NAMED : SIM_RECEIVER_NONE;
    if (output->receiver == SIM_RECEIVER_NAMED && !has_ksv)
        return complain(output, error, "a receiver needs a ksv");
    if (has_ksv && !(output->protections & COPP_PROTECTION_TYPE_HDCP))
        return complain(output, error, "a ksv is of use with hdcp in protections only");
    return find_first_mode(output, error);
}

static bool check(struct copp_sim *sim, struct copp_sim_error *error) {
    if (!sim->output_count)
        return copp_sim_refuse(error, "there is no [output NAME] section");
    for (size_t i = 0; i < sim->output_count; i++) {
        if (!join_pair(sim, &sim->outputs[i], error))
            return false;
    }
    for (size_t i = 0; i < sim->output_count; i++) {
        if (!check_output(&sim->outputs[i], error))
            return false;
    }
    for (size_t i = 0; i < sim->script_count; i++) {
        struct sim_script_line *line = &sim->script[i];
        if (!copp_sim_event_parse(sim, line->text, &line->event, error)) {
            error->line = line->line;
            return false;
        }
    }
    return true;
}

enum copp_result copp_sim_describe(struct copp_sim *sim, const char *description, struct copp_sim_error *error) {
    struct parse parse = {.sim = sim, .lines = {.text = description + byte_order_mark(description)}, .error = error};
    int line = ini_parse_stream(read_line, &parse, on_key, &parse);
    if (line < 0)
        return COPP_E_MEMORY;
    if (line > 0 && (!parse.failed || (unsigned)line < error->line)) {
        error->line = (unsigned)line;
        (void)copp_sim_refuse(error, "this is neither \"[section]\" nor \"key = value\" nor a comment");
        return COPP_E_INVALID;
    }
    return parse.failed || !check(sim, error) ? COPP_E_INVALID : COPP_OK;
}
