/* The command line, which Windows has in UTF-16. */
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/report.h"
#include "common/wide_windows.h"

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
        words[i] = utf8_from_wide(argv[i], true);
        good = words[i] != NULL;
        if (!good)
            complain("word %d of the command line is not valid Unicode (UTF-16): name the file or the text otherwise", i);
    }
    int status = good ? main(argc, words) : STATUS_UNKNOWN;
    free_words(words);
    return status;
}
