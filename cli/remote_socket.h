/* coppd behind its socket, for those who ask it for more than an output's device. */
#ifndef COPP_CLI_REMOTE_SOCKET_H
#define COPP_CLI_REMOTE_SOCKET_H

#include "remote.h"

/* A connection that has no device, as of copp_socket_connect. */
enum copp_result remote_socket_connect(const struct adapter *adapter, struct copp_socket **connection);
/* Whether coppd opens devices of the semantics at the output (OPM-OUT-4): COPP_OK, or as copp_socket_transport_open. */
enum copp_result remote_socket_try(const struct adapter *adapter, const char *output, enum copp_semantics semantics);
/* Complains about one that failed, or about none (NULL): STATUS_UNKNOWN. */
int remote_socket_fail(const struct invocation *in, const struct adapter *adapter, const struct copp_socket *connection,
                       enum copp_result result);

#endif
