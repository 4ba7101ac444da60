/* The names of an adapter's outputs, for a shell that completes --output. */
#ifndef COPP_CLI_COMPLETION_OUTPUTS_H
#define COPP_CLI_COMPLETION_OUTPUTS_H

/* Prints a name a line, without a session; takes two seconds at most. NULL: as if the option were not given. */
int completion_outputs(const char *device, const char *description);

#endif
