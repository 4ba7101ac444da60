/* The command line and the environment, which Windows has in UTF-16, and the console, which takes no other text whole. */
#include <io.h>
#include <stdlib.h>
#include <windows.h>

#include "cli/commands.h"
#include "cli/io_system.h"
#include "cli/report.h"

#define WIDE_VARIABLE_MAX 32768u /* as long as a variable may be */

/* NULL without memory, or where strict and wide is not UTF-16; free with free. */
static char *to_utf8(const WCHAR *wide, bool strict) {
    DWORD flags = strict ? WC_ERR_INVALID_CHARS : 0;
    int size = WideCharToMultiByte(CP_UTF8, flags, wide, -1, NULL, 0, NULL, NULL);
    char *text = size > 0 ? malloc((size_t)size) : NULL;
    if (text != NULL)
        (void)WideCharToMultiByte(CP_UTF8, flags, wide, -1, text, size, NULL, NULL);
    return text;
}

/* What is no UTF-16 becomes U+FFFD: a variable that is set never counts as one that is not. */
const char *system_variable(const char *name) {
    WCHAR wide_name[64];
    WCHAR *wide = malloc(WIDE_VARIABLE_MAX * sizeof *wide);
    char *text = NULL;
    if (wide != NULL && MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, 64) > 0 &&
        GetEnvironmentVariableW(wide_name, wide, WIDE_VARIABLE_MAX) > 0)
        text = to_utf8(wide, false);
    free(wide);
    return text;
}

/* Through the console's own interface: in its code page it may have no place for a letter, and the code page is also that of
 * a command which uses the same console. */
static bool print_on_console(FILE *out, const char *text) {
    HANDLE console = (HANDLE)_get_osfhandle(_fileno(out));
    DWORD mode;
    DWORD written;
    if (!GetConsoleMode(console, &mode) || fflush(out) != 0)
        return false;
    int size = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    WCHAR *wide = size > 0 ? malloc((size_t)size * sizeof *wide) : NULL;
    bool printed = wide != NULL && MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, size) == size &&
                   WriteConsoleW(console, wide, (DWORD)size - 1, &written, NULL);
    free(wide);
    return printed;
}

void system_print(FILE *out, const char *text) {
    if (!print_on_console(out, text))
        fputs(text, out);
}

int main(int argc, char **argv);
int wmain(int argc, WCHAR **argv);

static void free_words(char **words) {
    for (char **word = words; word != NULL && *word != NULL; word++)
        free(*word);
    free(words);
}

/* Where the program starts. */
int wmain(int argc, WCHAR **argv) {
    char **words = calloc((size_t)argc + 1, sizeof *words);
    bool good = words != NULL;
    for (int i = 0; good && i < argc; i++) {
        words[i] = to_utf8(argv[i], true);
        good = words[i] != NULL;
        if (!good)
            complain("word %d of the command line is not valid Unicode (UTF-16): name the file or the text otherwise", i);
    }
    int status = good ? main(argc, words) : STATUS_UNKNOWN;
    free_words(words);
    return status;
}
