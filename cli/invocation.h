/*
 * The shape of the tool's commands, of their options, and of one run of one of them. One table a command yields parsing, usage
 * errors, --help and shell completion (options.h).
 */
#ifndef COPP_CLI_INVOCATION_H
#define COPP_CLI_INVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The tool's exit status: the answer to the question that was put. */
#define STATUS_YES 0
#define STATUS_NO 1
#define STATUS_UNKNOWN 2 /* could not tell: usage, or a file that cannot be read */

enum option_kind {
    OPTION_FLAG, /* a bool */
    OPTION_TEXT, /* a const char *; NULL if not given */
    OPTION_CHOICE, /* the same, and must be one of words */
    OPTION_NUMBER, /* a uint32_t */
    OPTION_LIST /* a struct text_list: may be given several times */
};

struct text_list {
    const char **items;
    size_t count;
};

struct option_spec {
    const char *name; /* without the dashes; NULL ends a table */
    char letter; /* for a short form, or 0 */
    enum option_kind kind;
    size_t offset; /* of the value within the command's structure of options */
    const char *argument; /* as shown: "FILE"; words in capitals that name files complete as files. NULL for a flag */
    const char *words; /* separated by spaces: completed, and for OPTION_CHOICE all there is. NULL: none */
    const char *help; /* lines of at most 50 characters */
    bool required;
    uint32_t max; /* of a number; 0: any uint32_t */
    uint32_t initial; /* a number's value if it is not given */
};

struct error_note; /* report.h */

/* One run of a command. */
struct invocation {
    const struct command *command;
    void *options; /* the command's own structure */
    char **operands;
    int operand_count;
    bool json; /* every command has --json and --help */
    struct error_note *note; /* errors are noted here and not printed; NULL: they are printed */
};

struct command {
    const char *name; /* "chain verify" */
    const char *operands; /* as shown: "CHAIN"; "" for none */
    int operands_min;
    int operands_max; /* -1: any number, and options end at the first operand */
    const char *summary; /* one line */
    const char *details; /* for --help, after the summary; may be "" */
    const struct option_spec *options;
    size_t options_size;
    bool json_lines; /* --json prints an object a line, errors included */
    int (*run)(const struct invocation *in); /* answers the exit status */
};

#endif
