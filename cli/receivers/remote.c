/* copp receivers: what coppd tells. */
#include "cli/receivers/receivers.h"
#include "cli/remote_socket.h"
#include "cli/report.h"

#define OUTPUTS_MAX 1024u /* a daemon that goes on telling names is not one */

static enum copp_result ask_all(struct copp_socket *connection, struct receiver_rows *rows) {
    enum copp_result result = COPP_OK;
    for (uint32_t i = 0; result == COPP_OK && i < OUTPUTS_MAX; i++) {
        struct copp_socket_connector told = {.size = sizeof told};
        result = copp_socket_connector(connection, i, &told);
        struct receiver_row *row = result == COPP_OK ? receiver_rows_add(rows) : NULL;
        if (result == COPP_OK && row == NULL)
            return COPP_E_MEMORY;
        if (row != NULL)
            row->output = told;
    }
    return result == COPP_E_NOT_FOUND ? COPP_OK : result;
}

int receivers_ask(const struct invocation *in, const struct adapter_options *options, struct receiver_rows *rows) {
    struct copp_socket *connection = NULL;
    struct adapter adapter;
    int status = adapter_find(in, options, false, &adapter);
    if (status == STATUS_YES && adapter.path == NULL) {
        status = fail(in, STATUS_UNKNOWN, NULL, "the embedded adapter is simulated and has no receivers: name coppd's socket");
    } else if (status == STATUS_YES) {
        enum copp_result result = remote_socket_connect(&adapter, &connection);
        if (result == COPP_OK)
            result = ask_all(connection, rows);
        if (result == COPP_E_MEMORY)
            status = fail_result(in, NULL, result);
        else if (result == COPP_E_NOT_FOUND && connection == NULL)
            status = fail_with(in, STATUS_UNKNOWN, adapter.path,
                               "start coppd (systemctl start coppd.socket), or read without it: copp receivers --direct, as root",
                               "no coppd listens there");
        else if (result != COPP_OK)
            status = remote_socket_fail(in, &adapter, connection, result);
        else if (rows->count == 0)
            status = fail(in, STATUS_UNKNOWN, adapter.path, "coppd has no outputs; %s", remote_no_outputs);
    }
    copp_socket_close(&connection);
    adapter_close(&adapter);
    return status;
}
