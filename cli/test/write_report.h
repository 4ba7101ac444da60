/* A report as a file. */
#ifndef COPP_CLI_TEST_WRITE_REPORT_H
#define COPP_CLI_TEST_WRITE_REPORT_H

#include <stdio.h>

#include "cli/options.h"

/* Prints what it is given; false without memory. */
typedef bool report_printer(FILE *out, const void *what);

/* Writes what print makes of it. STATUS_YES, or complains. Two ways: one for each system (write_report_posix.c, write_report_windows.c). */
int write_report(const struct invocation *in, const char *name, report_printer *print, const void *what);

/* Makes the environment of the programs that are started have a variable. */
bool set_variable(const char *name, const char *value);

#endif
