#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "copp-"
#define LINE_SIZE 4096

enum kind { KIND_TEXT, KIND_FLAG, KIND_NUMBER };

static const struct option {
    const char *key;
    enum kind kind;
    size_t offset;
} table[] = {
    {"enabled", KIND_FLAG, offsetof(struct plugin_options, enabled)},
    {"device", KIND_TEXT, offsetof(struct plugin_options, device)},
    {"connector", KIND_TEXT, offsetof(struct plugin_options, connector)},
    {"anchor", KIND_TEXT, offsetof(struct plugin_options, anchor)},
    {"srm", KIND_TEXT, offsetof(struct plugin_options, srm)},
    {"hdcp", KIND_FLAG, offsetof(struct plugin_options, hdcp)},
    {"unnamed-receiver", KIND_FLAG, offsetof(struct plugin_options, unnamed_receiver)},
    {"type1", KIND_FLAG, offsetof(struct plugin_options, type1)},
    {"acp", KIND_NUMBER, offsetof(struct plugin_options, acp)},
    {"cgmsa", KIND_NUMBER, offsetof(struct plugin_options, cgmsa)},
};

static bool set_text(char **text, const char *value) {
    char *copy = *value != '\0' ? strdup(value) : NULL;
    if (*value != '\0' && copy == NULL)
        return false;
    free(*text);
    *text = copy;
    return true;
}

static bool set_flag(bool *flag, const char *value) {
    *flag = strcmp(value, "yes") == 0;
    return *flag || strcmp(value, "no") == 0;
}

static bool set_number(uint32_t *number, const char *value) {
    char *end;
    unsigned long read = strtoul(value, &end, 10);
    *number = (uint32_t)read;
    return *value >= '0' && *value <= '9' && *end == '\0' && read <= 0xff;
}

/* What may be written after KEY=. */
static const char *values_of(enum kind kind) {
    return kind == KIND_FLAG ? "yes or no" : kind == KIND_NUMBER ? "a number from 0 to 255" : "a text";
}

static void tell_unknown(const char *key, char *text, size_t size) {
    int used = snprintf(text, size, "unknown option %s%.40s; the options are", PREFIX, key);
    for (size_t i = 0; i < sizeof table / sizeof *table && used >= 0 && (size_t)used < size; i++)
        used += snprintf(text + used, size - (size_t)used, "%s %s%s", i > 0 ? "," : "", PREFIX, table[i].key);
}

static bool set_option(struct plugin_options *options, const char *key, const char *value, char *text, size_t size) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        void *place = (char *)options + table[i].offset;
        if (strcmp(table[i].key, key) != 0)
            continue;
        bool good = table[i].kind == KIND_TEXT   ? set_text(place, value)
                    : table[i].kind == KIND_FLAG ? set_flag(place, value)
                                                 : set_number(place, value);
        if (!good)
            snprintf(text, size, "option %s%s: \"%.40s\" is not a value it can have; give %s", PREFIX, key, value,
                     values_of(table[i].kind));
        return good;
    }
    tell_unknown(key, text, size);
    return false;
}

static char *trim(char *text) {
    text += strspn(text, " \t");
    for (size_t length = strlen(text); length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL; length--)
        text[length - 1] = '\0';
    return text;
}

static bool read_line(struct plugin_options *options, char *line, char *text, size_t size) {
    char *key = trim(line);
    if (*key == '\0' || *key == '#')
        return true;
    char *equals = strchr(key, '=');
    if (equals == NULL) {
        snprintf(text, size, "copp.conf: \"%.40s\" is not KEY=VALUE; write one option a line", key);
        return false;
    }
    *equals = '\0';
    return set_option(options, trim(key), trim(equals + 1), text, size);
}

/* mpv knows where its configuration is. A file that is not there says nothing. */
static bool read_file(mpv_handle *mpv, struct plugin_options *options, char *text, size_t size) {
    const char *command[] = {"expand-path", "~~/script-opts/copp.conf", NULL};
    char line[LINE_SIZE];
    mpv_node path;
    if (mpv_command_ret(mpv, command, &path) < 0)
        return true;
    FILE *file = path.format == MPV_FORMAT_STRING ? fopen(path.u.string, "re") : NULL;
    mpv_free_node_contents(&path);
    bool good = true;
    while (good && file != NULL && fgets(line, sizeof line, file) != NULL)
        good = read_line(options, line, text, size);
    if (file != NULL)
        fclose(file);
    return good;
}

/* mpv hands the options of all scripts to each of them. */
static bool read_command_line(mpv_handle *mpv, struct plugin_options *options, char *text, size_t size) {
    mpv_node all;
    bool good = true;
    if (mpv_get_property(mpv, "script-opts", MPV_FORMAT_NODE, &all) < 0)
        return true;
    for (int i = 0; good && all.format == MPV_FORMAT_NODE_MAP && i < all.u.list->num; i++) {
        const char *key = all.u.list->keys[i];
        const mpv_node *value = &all.u.list->values[i];
        if (strncmp(key, PREFIX, sizeof PREFIX - 1) == 0 && value->format == MPV_FORMAT_STRING)
            good = set_option(options, key + sizeof PREFIX - 1, value->u.string, text, size);
    }
    mpv_free_node_contents(&all);
    return good;
}

bool options_read(mpv_handle *mpv, struct plugin_options *options, char *text, size_t size) {
    *options = (struct plugin_options){.enabled = true, .hdcp = true};
    return read_file(mpv, options, text, size) && read_command_line(mpv, options, text, size);
}

void options_free(struct plugin_options *options) {
    free(options->device);
    free(options->connector);
    free(options->anchor);
    free(options->srm);
    *options = (struct plugin_options){.enabled = true};
}
