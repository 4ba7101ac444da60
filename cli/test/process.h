/*
 * The player under test as a process: a command in whose words {socket} and others stand for what the case has made, what it says on
 * standard output and error, and whether it shows content, by markers that it prints or by a command that looks.
 */
#ifndef COPP_CLI_TEST_PROCESS_H
#define COPP_CLI_TEST_PROCESS_H

#include "cli/protect/child.h"
#include "conformance/player/player.h"

#define TEST_LINE 1024u
#define TEST_WORDS 200u

struct test_process_terms {
    char **command; /* ends with NULL */
    const char *shown_marker; /* NULL: none */
    const char *hidden_marker;
    const char *frames_command;
};

struct test_process {
    struct player_process process; /* first: its calls find the rest through it */
    const struct test_process_terms *terms;
    struct child child;
    bool runs; /* not ended by test_process yet */
    char **argv; /* with places filled in */
    int output; /* what the player says; -1: nothing is open */
    char line[TEST_LINE];
    size_t length;
    char words[TEST_WORDS]; /* its last line */
    int frames; /* what the frames command has answered; -1: it does not run */
    uint64_t frames_ms; /* when it was started, or when to start it */
};

void test_process_init(struct test_process *process, const struct test_process_terms *terms);

#endif
