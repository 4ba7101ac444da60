/* A run of cases, or a recording, as one page that needs nothing else: no network, no other file. */
#ifndef COPP_CONFORMANCE_HTML_H
#define COPP_CONFORMANCE_HTML_H

#include <time.h>

#include "conformance/decode/decode.h"
#include "conformance/report.h"

/* when is told as the report's date. False without memory: the page is then not whole. */
bool html_of_run(FILE *out, const struct report_about *about, const struct runner_report *report, time_t when);

/* name is the file's; version is this program's. False without memory. */
bool html_of_recording(FILE *out, const char *name, const char *version, const struct recording_file *file,
                       const struct decoded *decoded, time_t when);

#endif
