/*
 * Makes every call of libcopp's that can fail (faults*.def) fail in turn: the scenario of a test runs until it has run
 * through without a failure, each time with the next call failing.
 *
 *     EACH_FAULT(fault) {
 *         prepare();
 *         fault_arm(&fault);
 *         enum copp_result result = copp_what_is_tested(...);
 *         if (fault_disarm(&fault))
 *             ... something failed: the result says so, nothing has changed, the same call succeeds now ...
 *         else
 *             ... nothing did ...
 *         clean_up();
 *     }
 */
#ifndef COPP_TEST_FAULTS_H
#define COPP_TEST_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "copp/base.h"

enum fault_mode {
    FAULT_ONE = 0, /* one call fails, the next ones do not */
    FAULT_ONE_OTHERWISE, /* the same; a crypto call fails for another reason than memory, a file's is interrupted */
    FAULT_ALL_ON, /* from that call on, every one fails */
    FAULT_MODES
};

struct fault {
    enum fault_mode mode;
    unsigned nth; /* which call fails, from 1 */
    unsigned fired; /* how many calls have failed since fault_arm */
    const char *name; /* the function that failed first; NULL: none */
    bool memory; /* it said that it had run out of memory */
};

#define EACH_FAULT(fault) for (struct fault fault = {0}; fault_next(&(fault));)

/* Moves on to the next failure; false when there is none left. Fails the test if the scenario made no call at all. */
bool fault_next(struct fault *fault);
void fault_arm(struct fault *fault);
/* True if something was made to fail. */
bool fault_disarm(struct fault *fault);

/* True if what failed first ran out of memory. */
bool fault_was_memory(const struct fault *fault);
/* Fails the test unless result is an error, and COPP_E_MEMORY where memory ran out. */
void fault_assert_said(const struct fault *fault, enum copp_result result);

/* From now until fault_allow_memory, every allocation of libcopp's fails; returns how many tried. */
void fault_forbid_memory(void);
unsigned fault_allow_memory(void);

/* The names of the file operations called since this was called last, in order, each with a space behind it. Static. */
const char *fault_file_calls(void);

/* From now on every write to a file takes so many bytes at most; 0: as many as it is given. */
void fault_shorten_writes(size_t size);

#endif
