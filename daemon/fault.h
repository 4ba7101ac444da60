/* Why something could not be done, for a person: it names the file, what is wrong and the remedy. */
#ifndef COPPD_FAULT_H
#define COPPD_FAULT_H

#include <stdbool.h>

struct fault {
    char text[768]; /* two long paths, and words between them */
};

/* Fills it in; answers false, for the caller to hand on. */
__attribute__((format(printf, 2, 3))) bool fault_set(struct fault *fault, const char *format, ...);

/* The same, behind what is there. */
__attribute__((format(printf, 2, 3))) bool fault_add(struct fault *fault, const char *format, ...);

#endif
