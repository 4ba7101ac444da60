/*
 * The driver's side: an adapter owns connectors; each video session opens a device on one.
 *
 * Nothing here reads a clock or starts a thread. An adapter and all that hangs on it belong to one thread at a time; different
 * adapters are independent. Times are milliseconds of any monotonic clock.
 *
 * After copp_device_open a device with a random source and a key of the host's own allocates nothing. It touches no file, takes no
 * lock and does not wait. The crypto library's random source and keys allocate, lock and call getrandom, in
 * copp_device_key_exchange and copp_device_sequence_start alone. So does the crypto library where it verifies the signature of a
 * list that an application hands over (OPM-SRM-1), but for getrandom.
 *
 * A device belongs to the process that opened it. In a child made by fork() its entry points answer COPP_HR_UNEXPECTED, under OPM
 * semantics COPP_HR_OPM_OUTPUT_GONE, and closing it tells its output nothing. The adapter works there too: devices that the child opens are its own, and their random
 * numbers never those of the parent, whatever the source (SES-2): there KeyExchange calls getrandom as well.
 */
#ifndef COPP_DEVICE_H
#define COPP_DEVICE_H

#include "key.h"
#include "opm.h"
#include "output.h"
#include "srm.h"
#include "transport.h"

#ifdef __cplusplus
extern "C" {
#endif

struct copp_adapter;
struct copp_connector;
struct copp_device;

#define COPP_PENDING_LIMIT_MS 20000u /* HDCP authentication takes up to 18 s on real links */

struct copp_adapter_config {
    size_t size; /* sizeof this struct */
    const uint8_t *chain_bytes; /* the certificate chain KeyExchange hands out; copied, not looked into */
    size_t chain_size;
    struct copp_private_key *key; /* of the chain's leaf; borrowed, but see copp_adapter_renew */
    struct copp_random *random; /* borrowed; NULL: the crypto library's CSPRNG */
    uint32_t pending_limit_ms; /* 0: COPP_PENDING_LIMIT_MS */
    struct copp_log *log; /* receives why something failed, but nothing about opening handshakes; may be NULL */
    bool unbound; /* answers end in zeros, as those of a driver that knows no BIND rules (BIND-2) */
    /*
     * The same for devices under OPM semantics: the bytes of a X.509 chain, and the key of its leaf. Of the two chains one may be
     * missing (NULL, 0, NULL): devices of those semantics cannot be opened then (OPM-OUT-4). The keys must be two (OPM-CERT-11): both
     * need their public_key if both chains are given.
     */
    const uint8_t *opm_chain_bytes;
    size_t opm_chain_size;
    struct copp_private_key *opm_key;
};

/* COPP_E_KEY: COPP and OPM would have the same RSA key, or we cannot tell, because a key's public half is not available (OPM-CERT-11). */
COPP_API COPP_NODISCARD enum copp_result copp_adapter_new(const struct copp_adapter_config *config,
                                                          struct copp_adapter **adapter);

/*
 * Gives the adapter another certificate chain of chain_size bytes, which is copied, and the private key of its leaf, which is
 * borrowed. Devices that are opened from now on have them. Those that are open keep the chain and the key they were opened
 * with, at whatever step of their handshake they are: the old key must live until the last of them has been closed. Neither is
 * looked into, as in the config: validate the chain first, and compare its leaf with the key. Call it from the thread that has
 * the adapter. COPP_E_ARGUMENT and COPP_E_KEY as from copp_adapter_new, COPP_E_MEMORY: nothing has changed then. These are
 * the credentials of COPP's devices, and copp_adapter_renew_opm those of OPM's, which there may not have been any of before.
 */
COPP_API COPP_NODISCARD enum copp_result copp_adapter_renew(struct copp_adapter *adapter, const uint8_t *chain_bytes,
                                                            size_t chain_size, struct copp_private_key *key);

COPP_API COPP_NODISCARD enum copp_result copp_adapter_renew_opm(struct copp_adapter *adapter, const uint8_t *chain_bytes,
                                                                size_t chain_size, struct copp_private_key *key);

/*
 * Gives the adapter the chains and keys in config, in the place of those of both protocols that it has: all of them or, after an error,
 * none. A chain that is left out is taken away: no more devices of its semantics are opened then. What else config has is not looked
 * at. For the rest as copp_adapter_renew.
 */
COPP_API COPP_NODISCARD enum copp_result copp_adapter_renew_all(struct copp_adapter *adapter,
                                                                const struct copp_adapter_config *config);

/*
 * The chain that devices of those semantics are opened with from now on. *bytes points to *size bytes of the adapter's, which hold until it is
 * renewed or freed. COPP_E_UNSUPPORTED: there is none (OPM-OUT-4). On failure *bytes is NULL and *size 0.
 */
COPP_API COPP_NODISCARD enum copp_result copp_adapter_chain(const struct copp_adapter *adapter, enum copp_semantics semantics,
                                                            const uint8_t **bytes, size_t *size);

/* Frees the adapter and its connectors; every device must have been closed. NULL-safe; clears the pointer. */
COPP_API void copp_adapter_free(struct copp_adapter **adapter);

/*
 * Lists of revoked HDCP devices, which applications hand over under OPM (OPM-SRM-4). An adapter keeps the newest valid one of each
 * kind, HDCP 1.x and 2.x, and never goes back. Lists have at most 64 KiB. Call all three from the adapter's thread.
 *
 * keep_srms: the adapter keeps lists from now on that are signed under one of count keys. NULL and 0 mean DCP's production keys. The
 *   keys are read, not kept. It allocates what all lists will ever need, about 400 KiB. COPP_E_STATE if it keeps some already,
 *   COPP_E_KEY, COPP_E_ARGUMENT, COPP_E_MEMORY.
 * load_srm: gives it a list that the host has stored. bytes are copied. COPP_E_INVALID: *verdict names the rule; COPP_E_ROLLBACK: it
 *   keeps a newer one; COPP_E_TOO_LARGE; COPP_E_STATE before keep_srms. verdict may be NULL.
 * srm: the list that it keeps for HDCP hdcp, 1 or 2, to be stored for the next start. *bytes points to *size bytes of the adapter's,
 *   which hold until its next call or its devices'. COPP_E_NOT_FOUND: none. On failure *bytes is NULL and *size 0.
 */
COPP_API COPP_NODISCARD enum copp_result copp_adapter_keep_srms(struct copp_adapter *adapter, const struct copp_srm_key *keys,
                                                                size_t count);
COPP_API COPP_NODISCARD enum copp_result copp_adapter_load_srm(struct copp_adapter *adapter, const uint8_t *bytes, size_t size,
                                                               struct copp_verdict *verdict);
COPP_API COPP_NODISCARD enum copp_result copp_adapter_srm(const struct copp_adapter *adapter, unsigned hdcp,
                                                          const uint8_t **bytes, size_t *size);

/* What a connector is for as long as it lives. */
struct copp_connector_config {
    size_t size; /* sizeof this struct */
    struct copp_output *output; /* borrowed */
    uint32_t connector_type; /* COPP_CONNECTOR_*, with the INTERNAL bit; COPP's sessions see those of OPM alone as UNKNOWN */
    uint32_t protection_types; /* OR of COPP_PROTECTION_TYPE_HDCP, ACP, CGMSA: whatever the mode (QRY-6) */
    uint32_t bus_type; /* COPP_BUS_*, with the INTEGRATED bit */
    uint32_t tv_standards; /* offered, OR of COPP_TV_STANDARD_* */
    uint32_t default_standard; /* in force until one is chosen (CMD-5) */
    const char *name; /* copied, at most COPP_CONNECTOR_NAME_SIZE with its NUL; bound to answers (BIND-7). NULL: none */
    bool real; /* false: it is simulated and protects nothing (BIND-6) */
    /* What OPM asks beyond that. Zero: it does not have it. */
    uint64_t output_id; /* constant, and unique in its adapter (OPM-GET-10). 0: the adapter derives one from the name */
    bool
        type1; /* it does HDCP 2.2 with Type 1 content: OPM's type enforcement (OPM-HDCP-2). Only with HDCP in protection_types */
    bool dpcp; /* it does DPCP (OPM-HDCP-3). External DisplayPort only */
    bool hardware_protection; /* decrypted frames never reach memory that software can read (OPM-GET-10) */
    uint32_t dvi_version; /* COPP_DVI_VERSION_* (OPM-GET-10); not 0 on DVI only */
    uint32_t opm_bus_type; /* with COPP_OPM_BUS_* (OPM-CONST-1). 0: as bus_type, where integrated is inside the chipset */
};

/* DVI characteristics (OPM-GET-10). */
#define COPP_DVI_VERSION_1_0 1u
#define COPP_DVI_VERSION_1_1 2u /* or later */

/* The connector belongs to the adapter. Its output is told to have nothing in force by the next dispatch or change (ARB-4).
 * COPP_E_ARGUMENT for types, standards or a default that cannot be, for a name that is too long, and for an output id that
 * another connector of the adapter has. */
COPP_API COPP_NODISCARD enum copp_result
copp_connector_add(struct copp_adapter *adapter, const struct copp_connector_config *config, struct copp_connector **connector);

/* What the connector applies now (QRY-5's global levels), and how many devices are open on it. */
COPP_API void copp_connector_protection(const struct copp_connector *connector, struct copp_protection *protection);
COPP_API size_t copp_connector_devices(const struct copp_connector *connector);

/* The name it was added with, "" for none and for NULL. Lives as long as the connector. */
COPP_API const char *copp_connector_name(const struct copp_connector *connector);

/* What else a host may show of a connector. The counts increase, and wrap at UINT32_MAX. */
struct copp_connector_view {
    size_t size; /* sizeof this struct */
    uint32_t connector_type; /* as configured, and so are the types */
    uint32_t protection_types;
    uint32_t losses; /* how often LinkLost was raised (EVT-3) */
    uint32_t reconfigurations; /* and RenegotiationRequired */
    uint64_t output_id; /* never 0 */
    bool type1; /* as configured, and so are the rest */
    bool dpcp;
    bool hardware_protection;
    uint32_t dvi_version;
    uint32_t revocations; /* how often a revoked HDCP device ended HDCP, or kept it from coming up (OPM-SRM-5, OPM-SRM-6) */
};
COPP_API void copp_connector_inspect(const struct copp_connector *connector, struct copp_connector_view *view);

/* The mode its output is in now: why copp_device_open answers COPP_E_UNSUPPORTED_MODE (ARB-6). */
COPP_API enum copp_multi_adapter_mode copp_connector_mode(const struct copp_connector *connector);

/*
 * While it is busy, a command that needs the connector's output is refused as if another one were pending (CMD-6). Level 0, closing, and
 * levels that are in force succeed as ever. For a host of several users that lets one of them wait for the others. NULL-safe.
 */
COPP_API void copp_connector_set_busy(struct copp_connector *connector, bool busy);

/*
 * What happens to a connector (EVT-1). Told by its output's backend or by the host.
 *
 * unplugged: LinkLost to every device; nothing is in force any more (EVT-3).
 * protection_lost: types (an OR) fell away, were tampered with or lost integrity: LinkLost to every device, the
 *   holders' local level of those types is 0.
 * reconfigured: another mode or layout: RenegotiationRequired to every device; what cannot go on in the new mode is
 *   lost as above.
 * set_desktop_acp: the desktop's own ACP, one more holder (ARB-5). COPP_E_UNSUPPORTED without ACP, COPP_E_ARGUMENT
 *   for an invalid level; COPP_E_RESOLUTION, COPP_E_FAILED, or COPP_E_UNSUPPORTED_MODE in clone and theatre mode (ARB-6), if
 *   it cannot be applied: nothing has changed then.
 *   The desktop does not wait for an output that answers COPP_E_PENDING: that is COPP_E_FAILED. Level 0 always succeeds.
 * applied: a pending apply has ended: COPP_OK, COPP_E_RESOLUTION, COPP_E_FAILED, COPP_E_LINK_LOST, COPP_E_UNSUPPORTED,
 *   COPP_E_REVOKED or COPP_E_STATE, as of apply.
 * tampered: the adapter or its driver was tampered with. Every protection falls away: LinkLost to COPP's devices (OPM-STA-2).
 * revoked: the hardware has found a revoked device by lists of its own, and HDCP is not in force any more: as protection_lost of HDCP.
 * receivers_changed: other devices than before receive, while the link stayed up: bksv or downstream have changed. An output also
 *   calls it when a repeater's list arrives after HDCP came up. They are looked up in the adapter's revocation lists.
 */
COPP_API void copp_connector_unplugged(struct copp_connector *connector);
COPP_API void copp_connector_protection_lost(struct copp_connector *connector, uint32_t types);
COPP_API void copp_connector_reconfigured(struct copp_connector *connector);
COPP_API COPP_NODISCARD enum copp_result copp_connector_set_desktop_acp(struct copp_connector *connector, uint32_t level);
COPP_API void copp_connector_applied(struct copp_connector *connector, enum copp_result result);
COPP_API void copp_connector_tampered(struct copp_connector *connector);
COPP_API void copp_connector_revoked(struct copp_connector *connector);
COPP_API void copp_connector_receivers_changed(struct copp_connector *connector);

/* Ends commands whose time is up (CMD-6) and tries again what an output refused to take down. */
COPP_API void copp_adapter_dispatch(struct copp_adapter *adapter, uint64_t now_ms);

/* When copp_adapter_dispatch has something to do next; UINT64_MAX if nothing. */
COPP_API uint64_t copp_adapter_deadline_ms(const struct copp_adapter *adapter);

/* SES-1. COPP_E_UNSUPPORTED_MODE in clone and theatre mode (ARB-6). */
COPP_API COPP_NODISCARD enum copp_result copp_device_open(struct copp_connector *connector, struct copp_device **device);
/*
 * The same, under a name of the host's: the one by which the application has asked for a connector that goes by several
 * (ARB-6). It is bound to the device's answers in place of the connector's own (BIND-7), and copied. NULL: the connector's
 * own. COPP_E_ARGUMENT also for a name that is too long.
 */
COPP_API COPP_NODISCARD enum copp_result copp_device_open_named(struct copp_connector *connector, const char *name,
                                                                struct copp_device **device);

/* What a device is for as long as it is open. */
struct copp_device_options {
    size_t size; /* sizeof this struct */
    enum copp_semantics semantics; /* COPP or OPM */
    const char *name; /* as of copp_device_open_named; NULL: the connector's own */
};
/*
 * The same under the semantics named; the two functions above open devices of COPP. COPP_E_UNSUPPORTED: the adapter has no chain and
 * key for them (OPM-OUT-4). COPP_E_KEY: OPM on a connector that is real, with a key that does not decrypt in constant time (OPM-INI-6;
 * copp_private_key_constant_time). COPP_E_UNSUPPORTED_MODE: theatre mode, and under COPP clone mode as well (ARB-6, OPM-OUT-6).
 */
COPP_API COPP_NODISCARD enum copp_result
copp_device_open_as(struct copp_connector *connector, const struct copp_device_options *options, struct copp_device **device);

/*
 * Its output is gone, as after a user switch or where the host takes the connector away (OPM-STA-7, EVT-5): everything it held is
 * given back at once, and all calls answer COPP_HR_OPM_OUTPUT_GONE, under COPP semantics COPP_HR_UNEXPECTED. It has still to be
 * closed. NULL-safe.
 */
COPP_API void copp_device_abandon(struct copp_device *device);

/* Gives everything the device held back at once (EVT-5), also what is pending; wipes. NULL-safe; clears the pointer. */
COPP_API void copp_device_close(struct copp_device **device);

/*
 * The driver's entry points. Each answers an HRESULT; a NULL pointer is COPP_HR_POINTER before all else, and on
 * every failure nothing has changed (but see SES-8, OPM-INI-8) except the record of what was done (BIND-3).
 *
 * A device under OPM semantics answers by OPM's codes (opm.h). StartInitialization is copp_device_exchange,
 * FinishInitialization copp_device_sequence_start, GetInformation copp_device_get_information, COPPCompatibleGetInformation
 * copp_device_get_copp_information, and Configure copp_device_configure.
 */
COPP_API COPP_NODISCARD uint32_t copp_device_get_certificate_length(struct copp_device *device, uint32_t *length);
/* random receives COPP_RANDOM_SIZE bytes, chain_bytes the length told before. */
COPP_API COPP_NODISCARD uint32_t copp_device_key_exchange(struct copp_device *device, uint8_t *random, uint8_t *chain_bytes);
/*
 * Makes both steps of KeyExchange in one call, or neither. random receives COPP_RANDOM_SIZE bytes; *chain_bytes points
 * to the device's chain of *chain_size bytes, which lives as long as the device. On failure *chain_bytes is NULL and *chain_size
 * 0. Call it from the thread that has the adapter. Returns COPP_HR_UNEXPECTED after a step of KeyExchange, or without random
 * numbers; then it may be called again (SES-2).
 */
COPP_API COPP_NODISCARD uint32_t copp_device_exchange(struct copp_device *device, uint8_t *random, const uint8_t **chain_bytes,
                                                      size_t *chain_size);
COPP_API COPP_NODISCARD uint32_t copp_device_sequence_start(struct copp_device *device, const struct copp_signature *signature);
/* COPP_HR_PENDING: ask copp_device_command_result until it answers something else; the command has then ended. */
COPP_API COPP_NODISCARD uint32_t copp_device_command(struct copp_device *device, const struct copp_command *command,
                                                     uint64_t now_ms);
COPP_API COPP_NODISCARD uint32_t copp_device_command_result(struct copp_device *device);
/* On failure *output is untouched (QRY-3). input and output may not overlap. The answer is bound (BIND-1) unless the adapter's
 * config says otherwise. */
COPP_API COPP_NODISCARD uint32_t copp_device_status(struct copp_device *device, const struct copp_status_input *input,
                                                    struct copp_status_output *output);

/*
 * OPM's interface to a device, whose codes are those of OPM-DDI-6. In each of them input, mac and output may share memory.
 *
 * get_information: a status request under OPM semantics (OPM-GET). mac has the COPP_MAC_SIZE bytes before it (OPM-WIRE-1). A device
 *   of COPP answers COPP_HR_OPM_NOT_OPM_SEMANTICS.
 * get_copp_information: copp_device_status of a COPP device, with OPM's codes. A device of OPM answers COPP_HR_OPM_NOT_COPP_SEMANTICS,
 *   to copp_device_status as well.
 * configure: a command under either semantics (OPM-SET, CMD), with additional_size bytes beside it, which may be NULL if that is 0. More
 *   than COPP_OPM_ADDITIONAL_MAX are refused unread. They must not change during the call: a host whose application shares this
 *   memory copies them first (OPM-SET-3). Pending as copp_device_command, which for a device of OPM is the same without
 *   additional bytes.
 */
COPP_API COPP_NODISCARD uint32_t copp_device_get_information(struct copp_device *device, const uint8_t *mac,
                                                             const struct copp_status_input *input,
                                                             struct copp_status_output *output);
COPP_API COPP_NODISCARD uint32_t copp_device_get_copp_information(struct copp_device *device,
                                                                  const struct copp_status_input *input,
                                                                  struct copp_status_output *output);
COPP_API COPP_NODISCARD uint32_t copp_device_configure(struct copp_device *device, const struct copp_command *command,
                                                       const uint8_t *additional, size_t additional_size, uint64_t now_ms);

/* What a host may show of a device: nothing of it is authenticated, and nothing secret. */
struct copp_device_view {
    size_t size; /* sizeof this struct */
    bool active; /* it has a session key (SES-3) */
    bool pending; /* its command is under way (CMD-6) */
    uint32_t hdcp; /* what it holds; COPP_NO_PROTECTION_LEVEL_AVAILABLE if the connector does not support the type */
    uint32_t acp;
    uint32_t cgmsa;
    uint32_t events; /* COPP_STATUS_*: raised, and not delivered by an answer yet (EVT-2) */
    uint32_t reserved; /* 0. It stands where shorter structs end in padding (docs/abi.md) */
    /* Of a device under OPM semantics hdcp is OPM's, and the two below may be held as well. */
    uint32_t semantics; /* enum copp_semantics */
    uint32_t dpcp;
    uint32_t enforcement; /* COPP_ENFORCEMENT_* */
    bool broken; /* it has lost a level, so that its connector shows no frames (OPM-STA-6) */
};
COPP_API void copp_device_inspect(const struct copp_device *device, struct copp_device_view *view);

/*
 * Lets time pass for a host without an event loop: wait returns when something may have happened on the adapter's
 * outputs, and not much later than deadline_ms. Embed this as the first member of your own structure.
 */
struct copp_pump {
    const struct copp_pump_ops *ops;
};
struct copp_pump_ops {
    size_t size; /* sizeof this struct */
    uint64_t (*now_ms)(struct copp_pump *pump);
    void (*wait)(struct copp_pump *pump, uint64_t deadline_ms);
};

/*
 * A transport to a new device in this process. Freeing it closes the device. pump is borrowed; it may be NULL only if
 * the connector's output never answers COPP_E_PENDING. Errors as copp_device_open.
 */
COPP_API COPP_NODISCARD enum copp_result copp_local_transport_open(struct copp_connector *connector, struct copp_pump *pump,
                                                                   struct copp_transport **transport);

/* The same to a device as copp_device_open_as makes it. The name in options is copied. */
COPP_API COPP_NODISCARD enum copp_result copp_local_transport_open_as(struct copp_connector *connector,
                                                                      const struct copp_device_options *options,
                                                                      struct copp_pump *pump, struct copp_transport **transport);

#ifdef __cplusplus
}
#endif

#endif
