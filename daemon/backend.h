/* The outputs that coppd.conf names: checked, described for a person, opened as connectors of one adapter. */
#ifndef COPPD_BACKEND_H
#define COPPD_BACKEND_H

#include "copp/socket.h"
#include "error.h"
#include "outputs/outputs.h"
#include "settings.h"

bool backend_known(const char *name);
/* All of them, as a person would list them. */
void backend_names(char *text, size_t size);
/* Whether name, which is known, may come to be that backend: it is the same, or "auto" and the other one real. */
bool backend_is(const char *name, const char *backend);

/* Checks what can be said of the configured backend's settings without touching real outputs. False, with the reason. */
bool backend_check(const struct config *config, struct error_text *error);

/* Where the outputs will come from, for a person. */
void backend_plan(const struct config *config, char *text, size_t size);

/*
 * Opens the configured backend's outputs, of which there may be none yet. The config is borrowed for as long as they live; the
 * adapter's is as in copp_adapter_new. Returns NULL, with the reason, on failure.
 */
struct copp_outputs *backend_open(const struct config *config, const struct copp_adapter_config *adapter,
                                  struct error_text *error);

/* How a connector is now, as players are told of it. */
void backend_look(const struct copp_outputs *outputs, size_t index, struct copp_socket_connector *told);
/* The same, with the receiver's KSV: for root, and for the user that coppd runs as. */
void backend_look_with_key(const struct copp_outputs *outputs, size_t index, struct copp_socket_connector *told);

#endif
