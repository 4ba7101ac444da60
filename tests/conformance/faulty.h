/*
 * Drivers with deliberate faults, one each: they prove that the cases can fail. faults_copp.def lists COPP's and which cases find each.
 */
#ifndef COPP_TEST_FAULTY_H
#define COPP_TEST_FAULTY_H

#include "conformance/driver/driver.h"

struct fault {
    const char *name; /* "answer-mac" */
    const char *what; /* what it does wrong */
    const char *cases; /* that find it: ids with a space between them */
};

/* Ends with a fault without a name. */
extern const struct fault faults_copp[];

/* A driver of the test's own; fault NULL: without one. NULL if it cannot be made. */
struct driver_target *faulty_copp_new(const char *fault);
void faulty_copp_free(struct driver_target **target);

#endif
