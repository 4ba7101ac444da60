/* A report as a file. */
#ifndef COPP_CLI_TEST_WRITE_REPORT_H
#define COPP_CLI_TEST_WRITE_REPORT_H

#include <stdio.h>

#include "cli/options.h"

/* Prints what it is given; false without memory. */
typedef bool report_printer(FILE *out, const void *what);

/* Writes what print makes of it. STATUS_YES, or complains. Two ways: one for each system (write_report_posix.c, write_report_windows.c). */
int write_report(const struct invocation *in, const char *name, report_printer *print, const void *what);

/* Runs a command of the person's in the system's shell, with a variable in its environment. Whether it exits with 0. */
bool run_shell(const char *command, const char *name, const char *value);

#endif
