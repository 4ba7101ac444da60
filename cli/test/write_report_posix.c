#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* system() would keep Ctrl-C from this program: it ends both. */
bool run_shell(const char *command, const char *name, const char *value) {
    char shell[] = "sh";
    char option[] = "-c";
    char *const arguments[] = {shell, option, (char *)(uintptr_t)command, NULL};
    pid_t child;
    int status = 0;
    if (setenv(name, value, 1) != 0 || posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ) != 0)
        return false;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
