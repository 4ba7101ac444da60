#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "report.h"

#define OPTIONS_MAX 32

/* What getopt_long is given: the command's options, then the common ones. */
struct parser {
    const struct option_spec *specs[OPTIONS_MAX];
    struct option longs[OPTIONS_MAX + 1];
    char shorts[2 * OPTIONS_MAX + 3];
    bool seen[OPTIONS_MAX];
    int count;
};

static void parser_add(struct parser *p, const struct option_spec *specs, char **shorts) {
    for (; specs->name != NULL && p->count < OPTIONS_MAX; specs++) {
        p->specs[p->count] = specs;
        p->longs[p->count] = (struct option){
            .name = specs->name,
            .has_arg = specs->argument != NULL ? required_argument : no_argument,
            .val = 256 + p->count,
        };
        p->count++;
        if (specs->letter == 0)
            continue;
        *(*shorts)++ = specs->letter;
        if (specs->argument != NULL)
            *(*shorts)++ = ':';
    }
}

static void parser_init(struct parser *p, const struct command *command) {
    memset(p, 0, sizeof *p);
    char *shorts = p->shorts;
    if (command->operands_max < 0)
        *shorts++ = '+'; /* what follows belongs to another program */
    *shorts++ = ':';
    parser_add(p, command->options, &shorts);
    parser_add(p, common_options, &shorts);
}

static const struct option_spec *parser_find(struct parser *p, int value) {
    for (int i = 0; i < p->count; i++) {
        if (value == 256 + i || (p->specs[i]->letter != 0 && value == p->specs[i]->letter)) {
            p->seen[i] = true;
            return p->specs[i];
        }
    }
    return NULL;
}

static bool usage_error(const struct invocation *in, const char *what, const char *text) {
    complain("%s: '%s' %s (see copp %s --help)", in->command->name, what, text, in->command->name);
    return false;
}

static bool no_memory(void) {
    complain("no memory");
    return false;
}

static bool is_word_of(const char *words, const char *text) {
    size_t size = strlen(text);
    for (const char *word = words; *word != '\0'; word += strspn(word, " ")) {
        size_t end = strcspn(word, " ");
        if (end == size && strncmp(word, text, size) == 0)
            return true;
        word += end;
    }
    return false;
}

static bool list_add(struct text_list *list, const char *text) {
    const char **items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL)
        return false;
    items[list->count++] = text;
    list->items = items;
    return true;
}

static bool store_number(const struct invocation *in, const struct option_spec *spec, uint32_t *value, const char *text) {
    const uint32_t max = spec->max > 0 ? spec->max : UINT32_MAX;
    bool good = number_read_word(text, 0, max, value);
    if (!good)
        complain("%s: --%s: '%s' is not a number from 0 to %lu", in->command->name, spec->name, text, (unsigned long)max);
    return good;
}

static bool store(const struct invocation *in, const struct option_spec *spec, void *options, const char *text) {
    void *value = (unsigned char *)options + spec->offset;
    switch (spec->kind) {
    case OPTION_FLAG:
        *(bool *)value = true;
        return true;
    case OPTION_CHOICE:
        if (!is_word_of(spec->words, text)) {
            complain("%s: --%s takes one of %s, not '%s'", in->command->name, spec->name, spec->argument, text);
            return false;
        }
        *(const char **)value = text;
        return true;
    case OPTION_TEXT:
        *(const char **)value = text;
        return true;
    case OPTION_NUMBER:
        return store_number(in, spec, value, text);
    case OPTION_LIST:
        return list_add(value, text) || no_memory();
    }
    return false;
}

static bool check(const struct invocation *in, const struct parser *p) {
    for (int i = 0; i < p->count; i++) {
        if (p->specs[i]->required && !p->seen[i]) {
            complain("%s: --%s is required (see copp %s --help)", in->command->name, p->specs[i]->name, in->command->name);
            return false;
        }
    }
    if (in->operand_count < in->command->operands_min)
        return usage_error(in, in->command->operands, "is missing");
    if (in->command->operands_max >= 0 && in->operand_count > in->command->operands_max)
        return usage_error(in, in->operands[in->command->operands_max], "is an extra operand");
    return true;
}

static void store_initial(const struct command *command, void *options) {
    for (const struct option_spec *spec = command->options; spec != NULL && spec->name != NULL; spec++) {
        if (spec->kind == OPTION_NUMBER)
            *(uint32_t *)(void *)((unsigned char *)options + spec->offset) = spec->initial;
    }
}

bool invocation_parse(const struct command *command, int argc, char **argv, struct invocation *in, int *status) {
    struct parser p;
    parser_init(&p, command);
    *status = STATUS_UNKNOWN;
    void *options = calloc(1, command->options_size > 0 ? command->options_size : 1);
    *in = (struct invocation){.command = command, .options = options};
    if (options == NULL)
        return no_memory();
    store_initial(command, options);
    opterr = 0;
    int value;
    while ((value = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1) {
        /* for a short form getopt_long names the letter, for a long one it has just passed the word */
        const char letter[] = {'-', (char)optopt, '\0'};
        const char *word = optopt > 0 && optopt < 256 ? letter : argv[optind - 1];
        if (value == ':')
            return usage_error(in, word, "needs an argument");
        const struct option_spec *spec = parser_find(&p, value);
        if (value == '?' || spec == NULL)
            return usage_error(in, word, "is not an option of this command");
        if (spec == &common_options[0]) {
            in->json = true;
        } else if (spec == &common_options[1]) {
            help_command(stdout, command);
            *status = STATUS_YES;
            return false;
        } else if (!store(in, spec, options, optarg)) {
            return false;
        }
    }
    in->operands = argv + optind;
    in->operand_count = argc - optind;
    return check(in, &p);
}

void invocation_free(struct invocation *in) {
    if (in->options == NULL)
        return;
    for (const struct option_spec *spec = in->command->options; spec->name != NULL; spec++) {
        if (spec->kind == OPTION_LIST)
            free(((struct text_list *)(void *)((unsigned char *)in->options + spec->offset))->items);
    }
    free(in->options);
    in->options = NULL;
}
