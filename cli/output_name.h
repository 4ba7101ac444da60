/* The output that a person means by --output of a command: an adapter's own name for it, or what players call its display (copp/monitor.h). */
#ifndef COPP_CLI_OUTPUT_NAME_H
#define COPP_CLI_OUTPUT_NAME_H

#include "cli/adapter.h"

/*
 * STATUS_YES, and the adapter's name in *name: said itself, or resolved, which has room for a name. What may be several outputs, and a
 * display that the adapter does not have, is complained of. An unknown name is left to the adapter.
 */
int output_name(const struct invocation *in, const struct adapter *adapter, const char *said,
                char resolved[COPP_CONNECTOR_NAME_SIZE], const char **name);
/* The same, of outputs in the list alone: an output of another name is complained of. *name is the list's own. */
int output_listed(const struct invocation *in, const struct adapter *adapter, const char *said, const char **name);

#endif
