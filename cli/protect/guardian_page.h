/*
 * What copp and its guardian (guardian.h) both know: one page of memory that they share. Who may change its state, and when:
 *
 *   IDLE --copp--> STARTING --copp--> WATCHED: the command runs
 *   STARTING --guardian, when copp is stopped--> HOLDING --guardian--> HALTED: what there is of it is stopped
 *   HALTED --copp--> HELD; or, since copp may be waiting for it to begin, 2 seconds after copp went on --guardian--> HOLDING --> STARTING
 *   WATCHED --guardian, once the deadline is over--> HOLDING --guardian--> HELD: all of it is stopped
 *   HOLDING --guardian--> WATCHED: copp has been heard of meanwhile, before anything was stopped
 *   HELD --guardian, as long as copp is silent--> HOLDING --> HELD: somebody may have let some of it go on
 *   HELD --copp, after a look that began when it knew--> WATCHED, and only then it lets the command go on
 *   WATCHED, HELD --copp--> SUSPENDED: it holds the command, and stops itself --copp--> WATCHED
 *   WATCHED, HELD --copp--> ENDING: it ends the command --copp--> ENDED
 *
 * copp leaves HOLDING alone: it waits until the guardian has. So nothing that the guardian stops stands after copp has let it go on,
 * and nothing goes on because copp was itself stopped between its look and the word to the command.
 */
#ifndef COPP_CLI_GUARDIAN_PAGE_H
#define COPP_CLI_GUARDIAN_PAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* As long as copp may be silent while the command runs: as long as a poll may be late (APP-3). */
#define GUARDIAN_SILENCE_MS 2000u

enum guardian_state {
    GUARDIAN_IDLE = 0, /* nothing has been started */
    GUARDIAN_STARTING, /* it is killed with copp, but not held: copp waits for it */
    GUARDIAN_HALTED,
    GUARDIAN_WATCHED,
    GUARDIAN_HOLDING,
    GUARDIAN_HELD,
    GUARDIAN_SUSPENDED,
    GUARDIAN_ENDING, /* it may run until the deadline, and is killed then */
    GUARDIAN_ENDED /* nothing of it is left */
};

struct guardian_page {
    atomic_int state; /* enum guardian_state */
    atomic_int group; /* of the command: the number of its first process; 0: none */
    atomic_bool held; /* by copp itself */
    _Atomic uint64_t deadline_ms; /* copp is to be heard of before that: guardian_now_ms */
};

/* All zero; lives as long as one of the two. NULL with errno. */
struct guardian_page *guardian_page_new(void);
void guardian_page_free(struct guardian_page *page);

/* Milliseconds of a clock that goes on while the machine sleeps: whoever has slept has not looked. */
uint64_t guardian_now_ms(void);

enum guardian_state guardian_page_state(struct guardian_page *page);
/* From one state to another; false: it was another one, and stays. */
bool guardian_page_change(struct guardian_page *page, enum guardian_state from, enum guardian_state to);

#endif
