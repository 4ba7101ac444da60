/*
 * How a session reaches a driver: the four calls of IAMCertifiedOutputProtection, which are those of OPM's IOPMVideoOutput as well.
 *
 * A transport belongs to one thread at a time, with the session that uses it. It serves one session after another: a session is over
 * after a lost link, and copp_transport_reopen gives the next one a new device on the same connector.
 */
#ifndef COPP_TRANSPORT_H
#define COPP_TRANSPORT_H

#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COPP_NO_DEADLINE UINT64_MAX

/* Embed this as the first member of your own structure. */
struct copp_transport {
    const struct copp_transport_ops *ops;
};

/* Which protocol a device speaks; that is settled when it is opened. */
enum copp_semantics {
    COPP_SEMANTICS_NONE = 0, /* not set: no session begins */
    COPP_SEMANTICS_COPP,
    COPP_SEMANTICS_OPM
};

/* What a transport knows of itself and of its driver. */
struct copp_transport_info {
    size_t size; /* sizeof this struct */
    enum copp_semantics semantics;
    uint32_t answer_ms; /* how long it waits for an answer where the deadline is later; 0: as long as it takes */
    uint32_t command_ms; /* the same for a command, which may have to wait for an output (CMD-6) */
    uint32_t pending_limit_ms; /* how long the driver lets such a command wait; 0: not known */
};

/* What accompanies each call. */
struct copp_call {
    size_t size; /* sizeof this struct */
    /* When the call must have returned: milliseconds on the transport's clock (now_ms below), not a length of time, so that all the
     * questions of one look can share it: the moment at which the last look no longer counts (APP-3). COPP_NO_DEADLINE: only the
     * transport's own limits hold. 0 has always passed. */
    uint64_t deadline_ms;
    /* What OPM sends beside the message: with a command its additional parameters, with a status request the 16 bytes of its MAC.
     * Without OPM semantics there is nothing of the kind, and a transport answers COPP_E_UNSUPPORTED without sending anything. */
    const uint8_t *additional;
    size_t additional_size; /* bytes */
};

/*
 * Each call answers COPP_OK when the driver was asked and answered, whatever it answered: *hresult holds that.
 * Anything else (COPP_E_TRANSPORT as a rule) means that we cannot tell what the driver did; the session is then dead.
 * A call returns when the driver has answered: a pending command (CMD-6) is waited for here. It answers COPP_E_TRANSPORT once its
 * deadline has passed. A session does not believe what came later, even if a transport that cannot stop waiting answers COPP_OK.
 */
struct copp_transport_ops {
    size_t size; /* sizeof this struct */
    /* random receives COPP_RANDOM_SIZE bytes. *chain_bytes (*chain_size of them) belong to the transport and
     * stay valid until it is freed, reopened, or asked again. */
    enum copp_result (*key_exchange)(struct copp_transport *transport, const struct copp_call *call, uint8_t *random,
                                     const uint8_t **chain_bytes, size_t *chain_size, uint32_t *hresult);
    enum copp_result (*session_sequence_start)(struct copp_transport *transport, const struct copp_call *call,
                                               const struct copp_signature *signature, uint32_t *hresult);
    enum copp_result (*protection_command)(struct copp_transport *transport, const struct copp_call *call,
                                           const struct copp_command *command, uint32_t *hresult);
    enum copp_result (*protection_status)(struct copp_transport *transport, const struct copp_call *call,
                                          const struct copp_status_input *input, struct copp_status_output *output,
                                          uint32_t *hresult);
    /* Ends the connection to the driver, which closes the device, and frees the transport. */
    void (*free)(struct copp_transport *transport);

    /* What follows may be NULL. */

    /* The clock of the deadlines: milliseconds, any beginning, never backwards. Without it no call has a deadline. */
    uint64_t (*now_ms)(struct copp_transport *transport);
    /* A descriptor that becomes readable when the driver has something to say unasked, or is gone; -1: none. It stays the transport's. */
    int (*fd)(const struct copp_transport *transport);
    /* Fills in what is known; all else is 0 before. Without it: COPP semantics and no limits. */
    void (*info)(const struct copp_transport *transport, struct copp_transport_info *info);
    /* Closes the device and opens a new one on the same connector. After an error every call answers COPP_E_TRANSPORT until it succeeds. */
    enum copp_result (*reopen)(struct copp_transport *transport);
    /* Lets time pass until the clock says deadline_ms, as for a level that comes up later (OPM-SET-5). It may return early where the transport
     * gives up; a clock that has not gone on then means that no time will pass. Without it, nothing waits. */
    void (*wait)(struct copp_transport *transport, uint64_t deadline_ms);
};

/*
 * Closes the transport's device, which gives back what it held, and opens a new one on the same connector: for the next session, once
 * this one is over. Free the old session first, or at least do not use it: the new device does not know its key. May wait as long as
 * opening the transport did. COPP_E_UNSUPPORTED: this transport cannot, so open another one. COPP_E_NOT_FOUND: the connector or the
 * daemon is gone. COPP_E_UNSUPPORTED_MODE, COPP_E_REFUSED, COPP_E_MEMORY, COPP_E_TRANSPORT as from opening it. After an error
 * the transport does not have a device, and one may try again.
 */
COPP_API COPP_NODISCARD enum copp_result copp_transport_reopen(struct copp_transport *transport);

/* What the transport knows of itself, in *info, whose size is set before. COPP_E_ARGUMENT for NULL and a size that was forgotten. */
COPP_API COPP_NODISCARD enum copp_result copp_transport_info(const struct copp_transport *transport,
                                                             struct copp_transport_info *info);

/* NULL-safe; clears the pointer. */
COPP_API void copp_transport_free(struct copp_transport **transport);

#ifdef __cplusplus
}
#endif

#endif
