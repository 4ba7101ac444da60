/* How a session reaches a driver: the four calls of IAMCertifiedOutputProtection. */
#ifndef COPP_TRANSPORT_H
#define COPP_TRANSPORT_H

#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Embed this as the first member of your own structure. */
struct copp_transport {
    const struct copp_transport_ops *ops;
};

/*
 * Each call answers COPP_OK when the driver was asked and answered, whatever it answered: *hresult holds that.
 * Anything else (COPP_E_TRANSPORT as a rule) means that nobody knows what the driver did; the session is then dead.
 * A call returns when the driver has answered: a pending command (CMD-6) is waited for here.
 */
struct copp_transport_ops {
    size_t size; /* sizeof this struct */
    /* random receives COPP_RANDOM_SIZE bytes. *chain (of *size bytes) belongs to the transport and stays valid
     * until it is freed. */
    enum copp_result (*key_exchange)(struct copp_transport *transport, uint8_t *random, const uint8_t **chain, size_t *size,
                                     uint32_t *hresult);
    enum copp_result (*session_sequence_start)(struct copp_transport *transport, const struct copp_signature *signature,
                                               uint32_t *hresult);
    enum copp_result (*protection_command)(struct copp_transport *transport, const struct copp_command *command,
                                           uint32_t *hresult);
    enum copp_result (*protection_status)(struct copp_transport *transport, const struct copp_status_input *input,
                                          struct copp_status_output *output, uint32_t *hresult);
    /* Ends the connection to the driver, which closes the device, and frees the transport. */
    void (*free)(struct copp_transport *transport);
};

/* NULL-safe; clears the pointer. */
COPP_API void copp_transport_free(struct copp_transport **transport);

#ifdef __cplusplus
}
#endif

#endif
