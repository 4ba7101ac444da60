/* Reads the description of a simulated adapter (docs/simulator.md). */
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "common/ini_lines.h"
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

static bool read_adapter_key(struct parse *parse, const char *name, const char *value, struct copp_sim_error *error) {
    static const char *const names[] = {"bus", "integrated", "pending_limit"};
    size_t key = 0;
    while (key < 3 && strcmp(names[key], name) != 0)
        key++;
    if (key == 3)
        return copp_sim_refuse(error, "unknown key of an adapter \"%.20s\"; known keys: bus integrated pending_limit", name);
    if (parse->adapter_keys & 1u << key)
        return copp_sim_refuse(error, "%s is given twice", name);
    parse->adapter_keys |= 1u << key;
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
        read = copp_sim_refuse(parse->error, "\"%.20s\" comes before any section; begin with [output NAME]", name);
        break;
    case SECTION_ADAPTER:
        read = read_adapter_key(parse, name, value, parse->error);
        break;
    case SECTION_OUTPUT:
        read = copp_sim_read_key(parse->output, name, value, parse->error);
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
        return copp_sim_refuse(parse->error, "\"%.31s\" is not a name; it has up to %u letters, digits, '-', '_' and '.'", name,
                               SIM_NAME_SIZE - 1);
    if (copp_sim_find(sim, name))
        return copp_sim_refuse(parse->error, "output %s is described twice", name);
    if (sim->output_count == SIM_OUTPUTS_MAX)
        return copp_sim_refuse(parse->error, "more than %u outputs", SIM_OUTPUTS_MAX);
    parse->section = SECTION_OUTPUT;
    parse->output = &sim->outputs[sim->output_count++];
    strcpy(parse->output->name, name);
    parse->output->sim = sim;
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
        return copp_sim_refuse(parse->error, "unknown section \"[%.31s]\"; known sections: [adapter], [output NAME] and [script]",
                               header);
    bool *seen = adapter ? &parse->seen_adapter : &parse->seen_script;
    if (*seen)
        return copp_sim_refuse(parse->error, "[%s] is given twice", header);
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

static bool check(struct copp_sim *sim, struct copp_sim_error *error) {
    if (!sim->output_count)
        return copp_sim_refuse(error, "no [output NAME] section is given");
    if (!copp_sim_check_outputs(sim, error))
        return false;
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
