/*
 * A backend's outputs as connectors of an adapter: what an event loop needs of them all is one file descriptor and one
 * moment. Times are milliseconds of CLOCK_MONOTONIC. All of it belongs to one thread.
 */
#ifndef COPP_OUTPUTS_OUTPUTS_H
#define COPP_OUTPUTS_OUTPUTS_H

#include "outputs/backend.h"

struct copp_outputs;

/*
 * Takes the backend over in any case; *outputs is NULL on failure. The config is as copp_adapter_new wants it; the backend's own
 * time limit, if it has one, replaces the config's.
 */
COPP_NODISCARD enum copp_result copp_outputs_new(const struct copp_adapter_config *config, struct copp_backend **backend,
                                                 struct copp_outputs **outputs);
/* Gives the adapter other chains and keys, as copp_adapter_renew_all. */
COPP_NODISCARD enum copp_result copp_outputs_renew(struct copp_outputs *outputs, const struct copp_adapter_config *config);
/* For the lists of revoked HDCP devices that it keeps (copp_adapter_keep_srms). */
struct copp_adapter *copp_outputs_adapter(const struct copp_outputs *outputs);
/* Every device must have been closed. NULL-safe; clears the pointer. */
void copp_outputs_free(struct copp_outputs **outputs);

/* Whether the outputs are displays; false: they are simulated, and protect nothing. */
bool copp_outputs_real(const struct copp_outputs *outputs);
/* NULL beyond the last. Outputs may be added from within dispatch; they are never removed. */
const char *copp_outputs_name(const struct copp_outputs *outputs, size_t index);
struct copp_connector *copp_outputs_connector(const struct copp_outputs *outputs, size_t index);
/* By either of its names (ARB-6: a pair has two); NULL: there is none of that name. Else *index is its place. */
struct copp_connector *copp_outputs_find(const struct copp_outputs *outputs, const char *name, size_t *index);
/* How long a command may wait for an output (CMD-6). */
uint32_t copp_outputs_pending_limit_ms(const struct copp_outputs *outputs);
/* As of the backend; false beyond the last. */
bool copp_outputs_plugged(const struct copp_outputs *outputs, size_t index);
/* What the display there calls itself, as of the backend; "" where that is not known, and beyond the last. */
const char *copp_outputs_display(const struct copp_outputs *outputs, size_t index);

/* Who receives there, as of the backend; *receiver holds for RECEIVER_READ alone. RECEIVER_UNKNOWN beyond the last. */
enum receiver_state copp_outputs_receiver(const struct copp_outputs *outputs, size_t index, struct hdcp_receiver *receiver);

/* As of the backend; COPP_E_UNSUPPORTED if it adopts nothing. Afterwards connectors may have been added, or told of a loss. */
COPP_NODISCARD enum copp_result copp_outputs_adopt(struct copp_outputs *outputs, int fd, const char *owner,
                                                   struct copp_backend_loan *loan);
enum copp_backend_lent copp_outputs_lent(const struct copp_outputs *outputs, uint32_t id);
void copp_outputs_give_back(struct copp_outputs *outputs, uint32_t id);

/* Readable when dispatch is to be called; the same for as long as outputs lives. */
int copp_outputs_fd(const struct copp_outputs *outputs);
/* When dispatch is to be called though the descriptor is not readable; UINT64_MAX: never. Ask anew after every call of the
 * adapter, of a device or of dispatch. */
uint64_t copp_outputs_deadline_ms(const struct copp_outputs *outputs);
/* To be called before a command is handed to a device, which may be long after the last dispatch: outputs that read no clock
 * count from here how long they take. */
void copp_outputs_tell_time(struct copp_outputs *outputs, uint64_t now_ms);
/* Does what is due, first for the backend, then for the adapter (CMD-6). */
void copp_outputs_dispatch(struct copp_outputs *outputs, uint64_t now_ms);

#endif
