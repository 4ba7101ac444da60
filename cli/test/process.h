/*
 * The player under test as a process: a command in whose words {socket} and others stand for what the case has made, what it says on
 * standard output and error, and whether it shows content, by markers that it prints or by a command that looks.
 */
#ifndef COPP_CLI_TEST_PROCESS_H
#define COPP_CLI_TEST_PROCESS_H

#include "cli/protect/child.h"
#include "sight.h"

struct test_process_terms {
    char **command; /* ends with NULL */
    struct sight_markers markers;
    const char *frames_command; /* NULL: none */
};

struct test_process {
    struct player_process process; /* first: its calls find the rest through it */
    const struct test_process_terms *terms;
    struct child child;
    bool runs; /* not ended by test_process yet */
    char **argv; /* with places filled in */
#ifdef _WIN32
    void *output; /* a pipe with what the player says; NULL: nothing is open */
    void *frames; /* the frames command's process; NULL: it does not run */
    void *frames_job; /* which holds all of it */
    const struct player_place *place; /* the case's, while it is under way */
    const char *case_id;
#else
    int output; /* what the player says; -1: nothing is open */
    int frames; /* what the frames command has answered; -1: it does not run */
#endif
    struct sight sight;
    uint64_t frames_ms; /* when it was started, or when to start it */
};

void test_process_init(struct test_process *process, const struct test_process_terms *terms);

#endif
