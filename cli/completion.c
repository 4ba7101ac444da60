/* Shell completion, from the tables of the commands. */
#include <string.h>

#include "options.h"

/* The command's own options, then the common ones; NULL beyond. */
static const struct option_spec *option_at(const struct command *command, size_t index) {
    size_t own = 0;
    while (command->options[own].name != NULL)
        own++;
    if (index < own)
        return &command->options[index];
    const struct option_spec *spec = &common_options[0];
    for (index -= own; index > 0 && spec->name != NULL; index--)
        spec++;
    return spec->name != NULL ? spec : NULL;
}

/* Does "FILE|microsoft" take a file? */
static bool takes_file(const char *argument) {
    static const char *const names[] = {"FILE", "DIR", "CHAIN", "CRL", "URI"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strstr(argument, names[i]) != NULL)
            return true;
    }
    return false;
}

/* Prints the first words of all commands, or the verbs of a group, each once and followed by a space. */
static void print_words(FILE *out, const char *group) {
    size_t skip = strlen(group);
    const char *last = "";
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (skip > 0 && (strncmp((*c)->name, group, skip) != 0 || (*c)->name[skip] != ' '))
            continue;
        const char *word = (*c)->name + (skip > 0 ? skip + 1 : 0);
        size_t size = strcspn(word, " ");
        if (strncmp(word, last, size) != 0 || last[size] != ' ')
            fprintf(out, "%.*s ", (int)size, word);
        last = word;
    }
}

/* The group of a command if it is the group's first, else NULL. */
static bool starts_group(const struct command *const *c, char *group, size_t capacity) {
    size_t size = strcspn((*c)->name, " ");
    bool first = c == commands || strncmp(c[-1]->name, (*c)->name, size + 1) != 0;
    snprintf(group, capacity, "%.*s", (int)size, (*c)->name);
    return (*c)->name[size] == ' ' && first;
}

static void bash_command(FILE *out, const struct command *command) {
    fprintf(out, "    '%s')\n        options='", command->name);
    const struct option_spec *spec;
    for (size_t i = 0; (spec = option_at(command, i)) != NULL; i++)
        fprintf(out, "--%s ", spec->name);
    fprintf(out, "'\n        files=%d\n        case $previous in\n", command->operands[0] != '\0');
    for (spec = command->options; spec->name != NULL; spec++) {
        if (spec->argument == NULL)
            continue;
        fprintf(out, "        --%s", spec->name);
        if (spec->letter != 0)
            fprintf(out, " | -%c", spec->letter);
        fprintf(out, ") value=1 words='%s' files=%d ;;\n", spec->words != NULL ? spec->words : "", takes_file(spec->argument));
    }
    fputs("        esac\n        ;;\n", out);
}

static void print_bash(FILE *out) {
    char group[32];
    fputs("# bash completion for copp(1), made by: copp --completion bash\n"
          "_copp()\n{\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local command=${COMP_WORDS[1]-} at=1 options='' words='' files=0 value=0 i\n"
          "    COMPREPLY=()\n"
          "    case $command in\n",
          out);
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (!starts_group(c, group, sizeof group))
            continue;
        fprintf(out, "    %s)\n        at=2 words='", group);
        print_words(out, group);
        fprintf(out, "--help'\n        command=\"%s ${COMP_WORDS[2]-}\"\n        ;;\n", group);
    }
    fputs("    esac\n"
          "    if ((COMP_CWORD <= at)); then\n"
          "        ((COMP_CWORD == 1)) && words='",
          out);
    print_words(out, "");
    fputs("--help --version --completion'\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
          "        return\n"
          "    fi\n"
          "    for ((i = at + 1; i < COMP_CWORD; i++)); do\n"
          "        if [[ ${COMP_WORDS[i]} == -- ]]; then\n"
          "            mapfile -t COMPREPLY < <(compgen -c -f -- \"$current\")\n"
          "            return\n"
          "        fi\n"
          "    done\n"
          "    words=''\n"
          "    case $command in\n",
          out);
    for (const struct command *const *c = commands; *c != NULL; c++)
        bash_command(out, *c);
    fputs("    esac\n"
          "    if ((!value)) && [[ $current == -* ]]; then\n"
          "        words=$options files=0\n"
          "    fi\n"
          "    ((files)) && compopt -o filenames 2>/dev/null\n"
          "    mapfile -t COMPREPLY < <(\n"
          "        compgen -W \"$words\" -- \"$current\"\n"
          "        ((files)) && compgen -f -- \"$current\"\n"
          "    )\n"
          "}\n"
          "complete -F _copp copp\n",
          out);
}

/* Text within single quotes and, for zsh, within brackets. */
static void print_quoted(FILE *out, const char *text, const char *quote) {
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs(quote, out);
        else if (*text == '\n')
            fputc(' ', out);
        else
            fputc(*text == '[' ? '(' : *text == ']' ? ')' : *text, out);
    }
}

/* "-o" or "--output" with what it says and takes. */
static void zsh_option(FILE *out, const struct option_spec *spec, const char *dashes, const char *name, int size) {
    fprintf(out, " \\\n            '%s%s%.*s[", spec->kind == OPTION_LIST ? "*" : "", dashes, size, name);
    print_quoted(out, spec->help, "'\\''");
    fputc(']', out);
    if (spec->argument != NULL) {
        fprintf(out, ":%s:", spec->name);
        if (takes_file(spec->argument) && spec->words != NULL)
            fprintf(out, "{compadd -- %s; _files}", spec->words);
        else if (takes_file(spec->argument))
            fputs("_files", out);
        else
            fprintf(out, "(%s)", spec->words != NULL ? spec->words : "");
    }
    fputc('\'', out);
}

static void zsh_command(FILE *out, const struct command *command) {
    const struct option_spec *spec;
    fprintf(out, "    '%s')\n        _arguments -s", command->name);
    for (size_t i = 0; (spec = option_at(command, i)) != NULL; i++) {
        zsh_option(out, spec, "--", spec->name, (int)strlen(spec->name));
        if (spec->letter != 0)
            zsh_option(out, spec, "-", &spec->letter, 1);
    }
    if (command->operands_max < 0)
        fputs(" \\\n            '*::command:_normal'", out);
    else if (command->operands[0] != '\0')
        fputs(" \\\n            '*:file:_files'", out);
    fputs("\n        ;;\n", out);
}

static void print_zsh(FILE *out) {
    char group[32];
    fputs("#compdef copp\n"
          "# zsh completion for copp(1), made by: copp --completion zsh\n"
          "_copp()\n{\n"
          "    local command=${words[2]-} at=2\n"
          "    local -a verbs\n"
          "    case $command in\n",
          out);
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (!starts_group(c, group, sizeof group))
            continue;
        fprintf(out, "    %s) at=3 verbs=(", group);
        print_words(out, group);
        fprintf(out, "--help) command=\"%s ${words[3]-}\" ;;\n", group);
    }
    fputs("    esac\n"
          "    if ((CURRENT == 2)); then\n"
          "        compadd -- ",
          out);
    print_words(out, "");
    fputs("--help --version --completion\n"
          "        return\n"
          "    elif ((CURRENT <= at)); then\n"
          "        compadd -- $verbs\n"
          "        return\n"
          "    fi\n"
          "    shift $((at - 1)) words\n"
          "    ((CURRENT -= at - 1))\n"
          "    case $command in\n",
          out);
    for (const struct command *const *c = commands; *c != NULL; c++)
        zsh_command(out, *c);
    fputs("    esac\n}\n_copp \"$@\"\n", out);
}

static void fish_command(FILE *out, const struct command *command) {
    size_t size = strcspn(command->name, " ");
    const struct option_spec *spec;
    for (size_t i = 0; (spec = option_at(command, i)) != NULL; i++) {
        fprintf(out, "complete -c copp -n '__fish_seen_subcommand_from %.*s", (int)size, command->name);
        if (command->name[size] == ' ')
            fprintf(out, "; and __fish_seen_subcommand_from %s", command->name + size + 1);
        fprintf(out, "' -l %s", spec->name);
        if (spec->letter != 0)
            fprintf(out, " -s %c", spec->letter);
        if (spec->argument != NULL)
            fputs(takes_file(spec->argument) ? " -r -F" : " -x", out);
        if (spec->words != NULL)
            fprintf(out, " -a '%s'", spec->words);
        fputs(" -d '", out);
        print_quoted(out, spec->help, "\\'");
        fputs("'\n", out);
    }
}

static void print_fish(FILE *out) {
    char group[32];
    fputs("# fish completion for copp(1), made by: copp --completion fish\n"
          "complete -c copp -n __fish_use_subcommand -f -a '",
          out);
    print_words(out, "");
    fputs("'\n"
          "complete -c copp -n __fish_use_subcommand -l help -s h -d 'print help and exit'\n"
          "complete -c copp -n __fish_use_subcommand -l version -d 'print the version and exit'\n"
          "complete -c copp -n __fish_use_subcommand -l completion -x -a 'bash zsh fish' -d 'print shell completion'\n",
          out);
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (!starts_group(c, group, sizeof group))
            continue;
        fprintf(out, "complete -c copp -f -n '__fish_seen_subcommand_from %s; and not __fish_seen_subcommand_from ", group);
        print_words(out, group);
        fputs("' -a '", out);
        print_words(out, group);
        fputs("'\n", out);
    }
    for (const struct command *const *c = commands; *c != NULL; c++)
        fish_command(out, *c);
}

bool completion_print(FILE *out, const char *shell) {
    static const struct {
        const char *shell;
        void (*print)(FILE *out);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].shell, shell) == 0) {
            shells[i].print(out);
            return true;
        }
    }
    return false;
}
