/* A run of cases as a recording, for suites that do not see their messages through a transport. */
#ifndef COPP_CONFORMANCE_RECORD_RUN_H
#define COPP_CONFORMANCE_RECORD_RUN_H

#include "conformance/runner.h"
#include "recorder.h"

/*
 * Writes the messages of all cases, one case after the other, with what each case is about and what came of it as notes, and the keys that the cases
 * have kept: all sessions have ended. To be called in the process that ran the cases.
 */
void record_run(struct recorder *recorder, const struct runner_report *report);

#endif
