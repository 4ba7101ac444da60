#include <string.h>

#include "copp.h"
#include "options.h"

#define HELP_COLUMN 30

const struct option_spec common_options[] = {
    {.name = "json", .kind = OPTION_FLAG, .help = "answer in JSON on standard output"},
    {.name = "help", .letter = 'h', .kind = OPTION_FLAG, .help = "print this and exit"},
    {.name = NULL},
};

static void print_option(FILE *out, const struct option_spec *spec) {
    char left[96];
    int size = snprintf(left, sizeof left, "  %c%c%s --%s%s%s", spec->letter != 0 ? '-' : ' ',
                        spec->letter != 0 ? spec->letter : ' ', spec->letter != 0 ? "," : " ", spec->name,
                        spec->argument != NULL ? " " : "", spec->argument != NULL ? spec->argument : "");
    fputs(left, out);
    if (size >= HELP_COLUMN) {
        fputc('\n', out);
        size = 0;
    }
    for (const char *line = spec->help; *line != '\0'; size = 0) {
        int end = (int)strcspn(line, "\n");
        fprintf(out, "%*s%.*s\n", HELP_COLUMN - size, "", end, line);
        line += end;
        line += *line == '\n';
    }
}

void help_command(FILE *out, const struct command *command) {
    fprintf(out, "Usage: copp %s [OPTION]...%s%s\n\n%s.\n", command->name, command->operands[0] != '\0' ? " " : "",
            command->operands, command->summary);
    if (command->details[0] != '\0')
        fprintf(out, "\n%s\n", command->details);
    fputs("\nOptions:\n", out);
    for (const struct option_spec *spec = command->options; spec->name != NULL; spec++)
        print_option(out, spec);
    for (const struct option_spec *spec = common_options; spec->name != NULL; spec++)
        print_option(out, spec);
    fputs("\nExit status: 0 yes, 1 no, 2 could not tell (usage, or a file that cannot be read).\n", out);
}

static void print_commands(FILE *out, const char *group) {
    size_t size = strlen(group);
    fputs("Commands:\n", out);
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (size == 0 || (strncmp((*c)->name, group, size) == 0 && (*c)->name[size] == ' '))
            fprintf(out, "  %-16s  %s\n", (*c)->name, (*c)->summary);
    }
}

void help_group(FILE *out, const char *group) {
    fprintf(out, "Usage: copp %s COMMAND [OPTION]...\n\n", group);
    print_commands(out, group);
    fprintf(out, "\n'copp %s COMMAND --help' and the manual page copp-%s(1) say more.\n", group, group);
}

void help_tool(FILE *out) {
    fputs("Usage: copp COMMAND [OPTION]...\n"
          "Output protection with COPP and OPM: sessions, certificates and revocation lists.\n\n",
          out);
    print_commands(out, "");
    fputs("\nOptions:\n"
          "      --completion SHELL      print completion for bash, zsh or fish\n"
          "      --version               print the version and exit\n"
          "  -h, --help                  print this and exit\n"
          "\n'copp COMMAND --help' and the manual page copp(1) say more.\n"
          "Exit status: 0 yes, 1 no, 2 could not tell (usage, or a file that cannot be read).\n",
          out);
}
