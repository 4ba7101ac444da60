/* Which output copp protect takes, and which it never takes: the part of choosing that a new session repeats. */
#ifndef COPP_CLI_CHOICE_H
#define COPP_CLI_CHOICE_H

#include "cli/adapter.h"

struct choice_terms {
    struct copp_requirement wanted;
    const char *output; /* by name; NULL: the first that offers what is wanted */
    bool allow_simulated;
};

/* Chooses an output and establishes a session with it. STATUS_YES, or complains; close the link in any case. */
int choice_make(const struct invocation *in, const struct choice_terms *terms, struct adapter *adapter, struct link *link,
                struct output *chosen);

/* The same with the output that the terms name, whether or not a display is there. */
int choice_open(const struct invocation *in, const struct choice_terms *terms, struct adapter *adapter, struct link *link,
                struct output *chosen);

/* The output protects nothing, and the terms do not allow that. */
bool choice_too_little(const struct choice_terms *terms, const struct adapter *adapter, const struct output *output);

#endif
