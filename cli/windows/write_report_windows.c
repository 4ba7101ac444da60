#include <errno.h>
#include <stdlib.h>

#include "cli/report.h"
#include "cli/test/write_report.h"
#include "common/wide_windows.h"

/* This C library has no streams in memory: the file itself is written. */
int write_report(const struct invocation *in, const char *name, report_printer *print, const void *what) {
    WCHAR wide[WIDE_PATH_MAX];
    FILE *out = wide_path(name, wide) ? _wfopen(wide, L"wb") : NULL;
    if (out == NULL)
        return fail_to_write(in, name, "cannot be written", errno);
    bool whole = print(out, what);
    bool good = ferror(out) == 0;
    good = fclose(out) == 0 && good;
    if (!whole)
        return fail_result(in, name, COPP_E_MEMORY);
    return good ? STATUS_YES : fail_to_write(in, name, "cannot be written", errno);
}

bool run_shell(const char *command, const char *name, const char *value) {
    WCHAR wide[WIDE_PATH_MAX];
    WCHAR wide_name[64];
    WCHAR wide_value[WIDE_PATH_MAX];
    if (!wide_path(command, wide) || !wide_path(value, wide_value) ||
        MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, 64) == 0)
        return false;
    return _wputenv_s(wide_name, wide_value) == 0 && _wsystem(wide) == 0; /* NOLINT(cert-env33-c): the person's own command */
}
