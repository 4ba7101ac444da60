/* Why something could not be done, for a person: it names the file, what is wrong and the remedy. */
#ifndef COPPD_ERROR_H
#define COPPD_ERROR_H

#include <stdbool.h>

struct error_text {
    char text[768]; /* two long paths, and words between them */
};

/* Fills it in; answers false, for the caller to hand on. */
__attribute__((format(printf, 2, 3))) bool error_set(struct error_text *error, const char *format, ...);

/* The same, behind what is there. */
__attribute__((format(printf, 2, 3))) bool fault_add(struct error_text *error, const char *format, ...);

/* Begins it with "NAME: line N: ", or, where no line in particular is at fault (0), with "NAME: "; answers it. */
struct error_text *fault_in_file(struct error_text *error, const char *name, unsigned line);

#endif
