#include <errno.h>
#include <stdlib.h>

#include "cli/report.h"
#include "cli/test/write_report.h"
#include "common/wide_windows.h"

/* This C library has no streams in memory: the file itself is written. */
int write_report(const struct invocation *in, const char *name, report_printer *print, const void *what) {
    FILE *out = fopen(name, "wb");
    if (out == NULL)
        return fail_to_write(in, name, "cannot be written", errno);
    bool whole = print(out, what);
    bool good = ferror(out) == 0;
    good = fclose(out) == 0 && good;
    if (!whole)
        return fail_result(in, name, COPP_E_MEMORY);
    return good ? STATUS_YES : fail_to_write(in, name, "cannot be written", errno);
}

bool set_variable(const char *name, const char *value) {
    return _putenv_s(name, value) == 0;
}
