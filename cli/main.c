#include <errno.h>
#include <string.h>

#include "commands.h"
#include "completion_outputs.h"
#include "copp.h"
#include "io.h"
#include "report.h"

/* The command that the first words name; *words is how many they are. */
static const struct command *find_command(int argc, char **argv, int *words) {
    for (const struct command *const *c = commands; *c != NULL; c++) {
        size_t first = strcspn((*c)->name, " ");
        if (strlen(argv[1]) != first || strncmp((*c)->name, argv[1], first) != 0)
            continue;
        *words = 1;
        if ((*c)->name[first] == '\0')
            return *c;
        *words = 2;
        if (argc > 2 && strcmp((*c)->name + first + 1, argv[2]) == 0)
            return *c;
    }
    return NULL;
}

static bool is_group(const char *word) {
    size_t size = strlen(word);
    for (const struct command *const *c = commands; *c != NULL; c++) {
        if (strncmp((*c)->name, word, size) == 0 && (*c)->name[size] == ' ')
            return true;
    }
    return false;
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* What stands in the place of a command. */
static int run_global(int argc, char **argv) {
    if (is_help(argv[1])) {
        help_tool(stdout);
        return STATUS_YES;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("copp %s\n", copp_version());
        return STATUS_YES;
    }
    if (strcmp(argv[1], "--completion") == 0 && argc == 2) {
        complain("--completion needs a shell: bash, zsh or fish");
        return STATUS_UNKNOWN;
    }
    if (strcmp(argv[1], "--completion") == 0 && argc == 3) {
        if (completion_print(stdout, argv[2]))
            return STATUS_YES;
        complain("--completion: '%s' is not one of bash, zsh, fish", argv[2]);
        return STATUS_UNKNOWN;
    }
    /* what completion itself asks: "--completion outputs DEVICE ADAPTER", each of which may be empty */
    if (strcmp(argv[1], "--completion") == 0 && argc == 5 && strcmp(argv[2], "outputs") == 0)
        return completion_outputs(argv[3][0] != '\0' ? argv[3] : NULL, argv[4][0] != '\0' ? argv[4] : NULL);
    if (is_group(argv[1]) && (argc == 2 || is_help(argv[2]))) {
        help_group(argc == 2 ? stderr : stdout, argv[1]);
        return argc == 2 ? STATUS_UNKNOWN : STATUS_YES;
    }
    if (is_group(argv[1]))
        complain("'%s %s' is not a command (see copp %s --help)", argv[1], argv[2], argv[1]);
    else
        complain("'%s' is not a command (see copp --help)", argv[1]);
    return STATUS_UNKNOWN;
}

static int run(int argc, char **argv) {
    int words;
    if (argc < 2) {
        help_tool(stderr);
        return STATUS_UNKNOWN;
    }
    const struct command *command = find_command(argc, argv, &words);
    if (command == NULL)
        return run_global(argc, argv);
    struct invocation in;
    int status;
    if (invocation_parse(command, argc - words, argv + words, &in, &status))
        status = command->run(&in);
    invocation_free(&in);
    return status;
}

int main(int argc, char **argv) {
    io_init();
    int status = run(argc, argv);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        complain("standard output cannot be written%s%s", errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
        return STATUS_UNKNOWN;
    }
    return status;
}
