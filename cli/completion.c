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

/* What completes an argument beside its words: the name of the shell functions' last part. */
static const char *kind_of(const struct option_spec *spec) {
    if (strstr(spec->argument, "unix:") != NULL)
        return "devices";
    if (strstr(spec->argument, "CHAIN:") != NULL)
        return "certificates";
    if (takes_file(spec->argument))
        return "files";
    return strcmp(spec->name, "output") == 0 ? "outputs" : "none";
}

static bool is_kind(const struct option_spec *spec, const char *kind) {
    return strcmp(kind_of(spec), kind) == 0;
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
    fprintf(out, "'\n        kind=%s\n        case $previous in\n", command->operands[0] != '\0' ? "files" : "none");
    for (spec = command->options; spec->name != NULL; spec++) {
        if (spec->argument == NULL)
            continue;
        fprintf(out, "        --%s", spec->name);
        if (spec->letter != 0)
            fprintf(out, " | -%c", spec->letter);
        fprintf(out, ") value=1 given='%s' kind=%s ;;\n", spec->words != NULL && !is_kind(spec, "devices") ? spec->words : "",
                kind_of(spec));
    }
    fputs("        esac\n        ;;\n", out);
}

/* What the shells' own functions have in common: names from an adapter are data, and never looked at as shell text. */
static const char bash_functions[] =
    "# bash completion for copp(1), made by: copp --completion bash\n"
    "# The words up to the cursor, in words: readline takes them apart at : and =\n"
    "_copp_words()\n{\n"
    "    local rest=$COMP_LINE gap word i\n"
    "    words=()\n"
    "    for ((i = 0; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]} gap=${rest%%[![:space:]]*}\n"
    "        rest=${rest#\"$gap\"}\n"
    "        rest=${rest#\"$word\"}\n"
    "        if ((i > 0)) && [[ -z $gap && ($word == [:=]* || ${words[-1]} == *[:=]) ]]; then\n"
    "            words[-1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "    done\n"
    "}\n"
    "_copp_none() { :; }\n"
    "_copp_files()\n{\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$1\")\n"
    "}\n"
    "_copp_devices()\n{\n"
    "    if [[ $1 == unix:* ]]; then\n"
    "        _copp_files \"${1#unix:}\"\n"
    "        COMPREPLY=(\"${COMPREPLY[@]/#/unix:}\")\n"
    "    else\n"
    "        compopt -o nospace 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -W 'unix: embedded' -- \"$1\")\n"
    "    fi\n"
    "}\n"
    "# chain.xml:leaf\n"
    "_copp_certificates()\n{\n"
    "    local file=$1\n"
    "    [[ -f $file ]] || file=${1%:*}\n"
    "    if [[ -f $file ]]; then\n"
    "        for name in leaf ihv root; do\n"
    "            [[ $file:$name == \"$1\"* ]] && COMPREPLY+=(\"$file:$name\")\n"
    "        done\n"
    "    else\n"
    "        compopt -o nospace 2>/dev/null\n"
    "        _copp_files \"$1\"\n"
    "    fi\n"
    "}\n"
    "# what the adapter of this command line has\n"
    "_copp_outputs()\n{\n"
    "    local name tool=${words[0]/#\\~/$HOME} device='' adapter='' i\n"
    "    for ((i = 1; i < ${#words[@]}; i++)); do\n"
    "        case ${words[i]} in\n"
    "        --device) device=${words[i + 1]-} ;;\n"
    "        --device=*) device=${words[i]#*=} ;;\n"
    "        --adapter) adapter=${words[i + 1]-} ;;\n"
    "        --adapter=*) adapter=${words[i]#*=} ;;\n"
    "        esac\n"
    "    done\n"
    "    while IFS= read -r name; do\n"
    "        [[ $name == \"$1\"* ]] && COMPREPLY+=(\"$(printf %q \"$name\")\")\n"
    "    done < <(\"$tool\" --completion outputs \"$device\" \"$adapter\" 2>/dev/null </dev/null)\n"
    "}\n";

static const char bash_end[] = "    esac\n"
                               "    if ((!value)) && [[ $current == -* ]]; then\n"
                               "        words=() kind=none\n"
                               "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
                               "    elif [[ -n $given ]]; then\n"
                               "        mapfile -t COMPREPLY < <(compgen -W \"$given\" -- \"$current\")\n"
                               "    fi\n"
                               "    \"_copp_$kind\" \"$current\"\n"
                               "    # readline replaces what is behind the last colon\n"
                               "    if [[ $COMP_WORDBREAKS == *:* && $current == *:* ]]; then\n"
                               "        COMPREPLY=(\"${COMPREPLY[@]#\"${current%\"${current##*:}\"}\"}\")\n"
                               "    fi\n"
                               "}\n"
                               "complete -F _copp copp\n";

static void print_bash(FILE *out) {
    char group[32];
    fputs(bash_functions, out);
    fputs("_copp()\n{\n"
          "    local -a words\n"
          "    _copp_words\n"
          "    local last=$((${#words[@]} - 1)) command=${words[1]-} at=1 options='' given='' kind=none value=0 i\n"
          "    local current=${words[last]} previous=${words[last - 1]}\n"
          "    if [[ $current == --*=* ]]; then\n"
          "        previous=${current%%=*} current=${current#*=}\n"
          "    fi\n"
          "    COMPREPLY=()\n"
          "    case $command in\n",
          out);
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (!starts_group(c, group, sizeof group))
            continue;
        fprintf(out, "    %s)\n        at=2 given='", group);
        print_words(out, group);
        fprintf(out, "--help'\n        command=\"%s ${words[2]-}\"\n        ;;\n", group);
    }
    fputs("    esac\n"
          "    if ((last <= at)); then\n"
          "        ((last == 1)) && given='",
          out);
    print_words(out, "");
    fputs("--help --version --completion'\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$given\" -- \"$current\")\n"
          "        return\n"
          "    fi\n"
          "    for ((i = at + 1; i < last; i++)); do\n"
          "        if [[ ${words[i]} == -- ]]; then\n"
          "            mapfile -t COMPREPLY < <(compgen -c -f -- \"$current\")\n"
          "            return\n"
          "        fi\n"
          "    done\n"
          "    given=''\n"
          "    case $command in\n",
          out);
    for (const struct command *const *c = commands; *c != NULL; c++)
        bash_command(out, *c);
    fputs(bash_end, out);
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
    /* "=" and "+": the argument may stand in the same word, too */
    const char *joined = spec->argument == NULL ? "" : dashes[1] == '-' ? "=" : "+";
    fprintf(out, " \\\n            '%s%s%.*s%s[", spec->kind == OPTION_LIST ? "*" : "", dashes, size, name, joined);
    print_quoted(out, spec->help, "'\\''");
    fputc(']', out);
    if (spec->argument != NULL) {
        fprintf(out, ":%s:", spec->name);
        if (is_kind(spec, "outputs") && spec->words != NULL)
            fprintf(out, "{compadd -- %s; _copp_outputs}", spec->words);
        else if (is_kind(spec, "devices") || is_kind(spec, "certificates") || is_kind(spec, "outputs"))
            fprintf(out, "_copp_%s", kind_of(spec));
        else if (takes_file(spec->argument) && spec->words != NULL)
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

static const char zsh_functions[] =
    "#compdef copp\n"
    "# zsh completion for copp(1), made by: copp --completion zsh\n"
    "_copp_devices()\n{\n"
    "    if [[ $PREFIX == unix:* ]]; then\n"
    "        compset -P unix:\n"
    "        _files\n"
    "    else\n"
    "        compadd -S '' -- unix:\n"
    "        compadd -- embedded\n"
    "    fi\n"
    "}\n"
    "# chain.xml:leaf\n"
    "_copp_certificates()\n{\n"
    "    local file=${(Q)PREFIX}\n"
    "    [[ -f $file ]] || file=${file%:*}\n"
    "    if [[ -f $file ]]; then\n"
    "        compadd -- \"${file}:leaf\" \"${file}:ihv\" \"${file}:root\"\n"
    "    else\n"
    "        _files -S ''\n"
    "    fi\n"
    "}\n"
    "# what the adapter of this command line has\n"
    "_copp_outputs()\n{\n"
    "    local device='' adapter='' i\n"
    "    local -a names\n"
    "    for ((i = 1; i <= $#words; i++)); do\n"
    "        case $words[i] in\n"
    "        --device) device=${(Q)words[i + 1]-} ;;\n"
    "        --device=*) device=${(Q)words[i]#*=} ;;\n"
    "        --adapter) adapter=${(Q)words[i + 1]-} ;;\n"
    "        --adapter=*) adapter=${(Q)words[i]#*=} ;;\n"
    "        esac\n"
    "    done\n"
    "    names=(\"${(@f)$(\"${copp_tool:-copp}\" --completion outputs \"$device\" \"$adapter\" 2>/dev/null "
    "</dev/null)}\")\n"
    "    compadd -- ${names:#}\n"
    "}\n";

static void print_zsh(FILE *out) {
    char group[32];
    fputs(zsh_functions, out);
    fputs("_copp()\n{\n"
          "    local copp_tool=${words[1]/#\\~/$HOME}\n"
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
            fputs(is_kind(spec, "files") ? " -r -F" : " -x", out);
        if (spec->argument != NULL && spec->words != NULL && is_kind(spec, "outputs"))
            fprintf(out, " -a '(__copp_outputs) %s'", spec->words);
        else if (spec->argument != NULL && !is_kind(spec, "files") && !is_kind(spec, "none"))
            fprintf(out, " -a '(__copp_%s)'", kind_of(spec));
        else if (spec->words != NULL)
            fprintf(out, " -a '%s'", spec->words);
        fputs(" -d '", out);
        print_quoted(out, spec->help, "\\'");
        fputs("'\n", out);
    }
}

static const char fish_functions[] = "# fish completion for copp(1), made by: copp --completion fish\n"
                                     "# the value at the cursor, without --option=\n"
                                     "function __copp_value\n"
                                     "    string replace -r -- '^--[a-z-]+=' '' (commandline -ct)\n"
                                     "end\n"
                                     "function __copp_paths -a prefix start\n"
                                     "    for path in $start*\n"
                                     "        test -d $path; and set path $path/\n"
                                     "        echo $prefix$path\n"
                                     "    end\n"
                                     "end\n"
                                     "function __copp_devices\n"
                                     "    set -l value (__copp_value)\n"
                                     "    if string match -q -- 'unix:*' $value\n"
                                     "        __copp_paths unix: (string sub -s 6 -- $value)\n"
                                     "    else\n"
                                     "        printf '%s\\n' unix: embedded\n"
                                     "    end\n"
                                     "end\n"
                                     "# chain.xml:leaf\n"
                                     "function __copp_certificates\n"
                                     "    set -l value (__copp_value)\n"
                                     "    set -l file $value\n"
                                     "    test -f \"$file\"; or set file (string replace -r -- ':[^:]*$' '' $value)\n"
                                     "    if test -f \"$file\"\n"
                                     "        printf '%s\\n' $file:leaf $file:ihv $file:root\n"
                                     "    else\n"
                                     "        __copp_paths '' \"$value\"\n"
                                     "    end\n"
                                     "end\n"
                                     "# what the adapter of this command line has\n"
                                     "function __copp_outputs\n"
                                     "    set -l words (commandline -opc)\n"
                                     "    set -l device ''\n"
                                     "    set -l adapter ''\n"
                                     "    for i in (seq (count $words))\n"
                                     "        set -l next (math $i + 1)\n"
                                     "        switch $words[$i]\n"
                                     "            case --device\n"
                                     "                set device $words[$next]\n"
                                     "            case '--device=*'\n"
                                     "                set device (string replace -- --device= '' $words[$i])\n"
                                     "            case --adapter\n"
                                     "                set adapter $words[$next]\n"
                                     "            case '--adapter=*'\n"
                                     "                set adapter (string replace -- --adapter= '' $words[$i])\n"
                                     "        end\n"
                                     "    end\n"
                                     "    $words[1] --completion outputs \"$device\" \"$adapter\" 2>/dev/null </dev/null\n"
                                     "end\n";

static void print_fish(FILE *out) {
    char group[32];
    fputs(fish_functions, out);
    fputs("complete -c copp -n __fish_use_subcommand -f -a '", out);
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
