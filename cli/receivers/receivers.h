/* Who receives at each output, for copp receivers: read here, or told by coppd. */
#ifndef COPP_CLI_RECEIVERS_H
#define COPP_CLI_RECEIVERS_H

#include "cli/adapter.h"

struct receiver_row {
    struct copp_socket_connector output; /* of which name, display, plugged and what is said of the receiver hold */
};

struct receiver_rows {
    struct receiver_row *rows;
    size_t count;
};
void receiver_rows_free(struct receiver_rows *rows);
/* Adds one, which is zero; NULL: no memory. Pointers to others are invalid from then on. */
struct receiver_row *receiver_rows_add(struct receiver_rows *rows);

/* Why the receiver of a display that is plugged in is not known, and what can be done about it; "" if it is known, or nothing is plugged in. */
const char *receiver_row_error(const struct receiver_row *row);
const char *receiver_row_remedy(const struct receiver_row *row);

/* Asks coppd. STATUS_YES, or complains. */
int receivers_ask(const struct invocation *in, const struct adapter_options *options, struct receiver_rows *rows);

/* Reads every output of every graphics card. STATUS_YES, or complains: no card could be looked at. */
int receivers_read(const struct invocation *in, struct receiver_rows *rows);

#endif
