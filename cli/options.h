/* The commands of the tool, and what a command line makes of their options. */
#ifndef COPP_CLI_OPTIONS_H
#define COPP_CLI_OPTIONS_H

#include "invocation.h"

/* All commands; ends with NULL (commands.c). */
extern const struct command *const commands[];

/* argv[0] is the command's last word. The status to exit with is *status when the answer is false: the command is not
 * to be run. Free *in with invocation_free in any case. */
bool invocation_parse(const struct command *command, int argc, char **argv, struct invocation *in, int *status);
void invocation_free(struct invocation *in);

/* The options every command has; ends with a NULL name. Their offsets mean nothing. */
extern const struct option_spec common_options[];

/* help.c */
void help_tool(FILE *out);
void help_group(FILE *out, const char *group); /* "chain": its verbs */
void help_command(FILE *out, const struct command *command);

/* completion.c: false for a shell not known. */
bool completion_print(FILE *out, const char *shell);

#endif
