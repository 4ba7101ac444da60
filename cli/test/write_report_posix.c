#include <stdlib.h>

#include "cli/io.h"
#include "cli/report.h"
#include "write_report.h"

/* In memory first, so that the file is written whole or not at all. */
int write_report(const struct invocation *in, const char *name, report_printer *print, const void *what) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return fail_result(in, NULL, COPP_E_MEMORY);
    bool good = print(out, what) && ferror(out) == 0;
    good = fclose(out) == 0 && good;
    int status = good ? write_file(in, name, text, size) : fail_result(in, NULL, COPP_E_MEMORY);
    free(text);
    return status;
}

bool set_variable(const char *name, const char *value) {
    return setenv(name, value, 1) == 0;
}
