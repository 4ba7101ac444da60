/*
 * A session's way to coppd: a Unix socket, one connection a COPP device. docs/daemon-protocol.md describes the packets.
 * Not on Windows.
 */
#ifndef COPP_SOCKET_H
#define COPP_SOCKET_H

#include "transport.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_SOCKET_DEFAULT "/run/coppd/socket"
#define COPP_CONNECTOR_NAME_SIZE 64u /* with the NUL */

/* What the daemon says of a connector before any handshake. Nothing vouches for it: good to choose and to show, not to rely on. */
struct copp_socket_connector {
    char name[COPP_CONNECTOR_NAME_SIZE];
    uint32_t hdcp; /* the levels it applies now, COPP_*_ */
    uint32_t acp;
    uint32_t cgmsa;
    uint32_t devices; /* open on it */
};

/* A connection that has no device yet. */
struct copp_socket;

struct copp_socket_config {
    const char *path; /* NULL: COPP_SOCKET_DEFAULT; borrowed during the call */
    uint32_t answer_ms; /* how long an answer may take; 0: 2000, the longest time between two polls (APP-3) */
    uint32_t command_ms; /* how long a command may take; 0: 25000, more than coppd's own limit unless configured */
    const int *give_up_fd; /* borrowed: once it can be read from, waiting for a command ends; NULL: none */
};

/* Connects; config may be NULL. COPP_E_NOT_FOUND: no daemon there; COPP_E_TRANSPORT: connecting failed, errno says why;
 * COPP_E_TOO_LARGE: a path longer than a socket's may be. */
COPP_API COPP_NODISCARD enum copp_result copp_socket_connect(const struct copp_socket_config *config,
                                                             struct copp_socket **connection);

/* Connectors by index from 0 on. COPP_E_NOT_FOUND beyond the last one. */
COPP_API COPP_NODISCARD enum copp_result copp_socket_connector(struct copp_socket *connection, uint32_t index,
                                                               struct copp_socket_connector *connector);

/*
 * Opens a device on a connector and turns the connection into its transport: *connection is then NULL.
 * COPP_E_NOT_FOUND: no connector of that name; COPP_E_UNSUPPORTED_MODE as copp_device_open; COPP_E_REFUSED: the daemon
 * has no more room; COPP_E_TRANSPORT. After any error the connection is still there to be closed.
 */
COPP_API COPP_NODISCARD enum copp_result copp_socket_transport_open(struct copp_socket **connection, const char *name,
                                                                    struct copp_transport **transport);

/* NULL-safe; clears the pointer. */
COPP_API void copp_socket_close(struct copp_socket **connection);

/* Why the daemon ended the connection, in words; "" if it said nothing. Static. */
COPP_API const char *copp_socket_farewell(const struct copp_socket *connection);

#ifdef __cplusplus
}
#endif

#endif
