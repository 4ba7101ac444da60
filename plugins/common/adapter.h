/* The way from a plugin to a driver: coppd's socket, or a simulated adapter in this process, which is used only if asked for. */
#ifndef COPP_PLUGINS_ADAPTER_H
#define COPP_PLUGINS_ADAPTER_H

#include "copp.h"

#include "trust.h"

struct adapter_request {
    const char *device; /* as in struct protection_config */
    const char *connector;
    int give_up_fd; /* once it can be read from, waiting for a driver ends */
};

struct embedded;

struct adapter {
    struct copp_transport *transport;
    char connector[COPP_CONNECTOR_NAME_SIZE]; /* the one that was chosen */
    struct embedded *embedded;
};

/*
 * Opens a device with the trust's semantics at the connector that is asked for, or at the only one that has a display. Of the simulated
 * adapter it makes the test hierarchy, and puts its anchor into trust. Returns false where that fails, with a sentence in *text, of size
 * bytes. adapter_close in any case, after the session is freed.
 */
bool adapter_open(const struct adapter_request *request, struct trust *trust, struct adapter *adapter, char *text, size_t size);
void adapter_close(struct adapter *adapter);

/* Lets the simulated adapter's time pass, and says when something happens there by itself; nothing and UINT64_MAX for coppd. */
void adapter_dispatch(struct adapter *adapter);
uint64_t adapter_deadline_ms(const struct adapter *adapter);

/* Whether a device's name is the simulated adapter's. */
bool adapter_is_embedded(const char *device);
/* A socket's path from a device's name; NULL: coppd's own. False for a name of another kind. */
bool adapter_socket_path(const char *device, const char **path);

#endif
