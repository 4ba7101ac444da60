/*
 * The nine functions that a display driver offers to Windows' kernel for COPP and OPM (DxgkDdiQueryInterface,
 * GUID_DEVINTERFACE_OPM), over the devices of an adapter (device.h). IddCx's callbacks are the same but for their parameters'
 * wrapping: examples/iddcx.
 *
 * The functions answer a NTSTATUS: 0 for success, 0xC01E05nn of OPM (OPM-DDI-4..6), STATUS_INVALID_PARAMETER for a NULL pointer
 * or a number without a meaning, and STATUS_NO_MEMORY. A failed call writes nothing (OPM-ERR-3). They touch no file. Only
 * creating a protected output allocates; device.h says what the crypto library does of its own for the others.
 *
 * Windows calls them for different connectors at the same time (OPM-DDI-2), and an adapter is one thread's at a time. So take a
 * lock of your own around each call. Only copp_ddi_configure_protected_output waits, by the pump, whose wait may give that lock
 * back for as long as it waits.
 */
#ifndef COPP_DDI_H
#define COPP_DDI_H

#include "device.h"

#ifdef __cplusplus
extern "C" {
#endif

struct copp_ddi;

struct copp_ddi_config {
    size_t size; /* sizeof this struct */
    struct copp_adapter *adapter; /* borrowed; frees its connectors, and so must outlive the copp_ddi */
    struct copp_pump *pump; /* borrowed; time, and how to wait for an output that is pending (CMD-6) */
};

/* COPP_E_ARGUMENT, COPP_E_MEMORY. It begins without targets, and with the scan still running. */
COPP_API COPP_NODISCARD enum copp_result copp_ddi_new(const struct copp_ddi_config *config, struct copp_ddi **ddi);
/* Destroys the protected outputs that are left. NULL-safe; clears the pointer. */
COPP_API void copp_ddi_free(struct copp_ddi **ddi);

/*
 * Names the connector, one of the adapter's, that a video present target feeds. A target that feeds several is added once for
 * each of them; protected outputs on it are refused then (OPM-DDI-1). COPP_E_ARGUMENT, COPP_E_MEMORY.
 */
COPP_API COPP_NODISCARD enum copp_result copp_ddi_add_target(struct copp_ddi *ddi, uint32_t target_id,
                                                             struct copp_connector *connector);

/*
 * The hardware functionality scan (OPM-DDI-3). Until it has passed, every function but copp_ddi_destroy_protected_output
 * answers "hardware functionality scan failed": call none of them before it has ended. Begin it at start and at each return to
 * full power.
 */
enum copp_ddi_scan {
    COPP_DDI_SCAN_RUNNING = 0,
    COPP_DDI_SCAN_PASSED,
    COPP_DDI_SCAN_FAILED /* or tampering was found: every protection falls away, as of copp_connector_tampered */
};
COPP_API void copp_ddi_set_scan(struct copp_ddi *ddi, enum copp_ddi_scan scan);

/*
 * The certificate chain for devices that are created from now on. type is a COPP_OPM_CERTIFICATE_* and not a semantics: the two
 * number COPP and OPM the other way round. Answers "OPM, COPP or UAB not supported" where there is none. certificate receives
 * size bytes, which must be the number that copp_ddi_get_certificate_size gave (OPM-DDI-4).
 */
COPP_API COPP_NODISCARD uint32_t copp_ddi_get_certificate_size(struct copp_ddi *ddi, uint32_t type, uint32_t *size);
COPP_API COPP_NODISCARD uint32_t copp_ddi_get_certificate(struct copp_ddi *ddi, uint32_t type, uint32_t size,
                                                          uint8_t *certificate);

/*
 * Opens a device on the target's connector. vos is COPP_OPM_VOS_COPP or COPP_OPM_VOS_OPM. *output is its handle, never 0. The
 * number of a handle is not used again before all others have been, so that an old handle names nothing (OPM-DDI-5).
 */
COPP_API COPP_NODISCARD uint32_t copp_ddi_create_protected_output(struct copp_ddi *ddi, uint32_t target_id, uint32_t vos,
                                                                  uintptr_t *output);

/* random receives COPP_RANDOM_SIZE bytes, once for each output. */
COPP_API COPP_NODISCARD uint32_t copp_ddi_get_random_number(struct copp_ddi *ddi, uintptr_t output, uint8_t *random);

COPP_API COPP_NODISCARD uint32_t copp_ddi_set_signing_key_and_sequence_numbers(struct copp_ddi *ddi, uintptr_t output,
                                                                               const struct copp_signature *parameters);

/*
 * The status requests of OPM and of COPP. parameters has COPP_OPM_GET_INFO_SIZE bytes: the OMAC and what it covers (OPM-WIRE-1).
 * In both, request and answer may share memory. Both answer by the table of OPM-DDI-6.
 */
COPP_API COPP_NODISCARD uint32_t copp_ddi_get_information(struct copp_ddi *ddi, uintptr_t output, const uint8_t *parameters,
                                                          struct copp_status_output *information);
COPP_API COPP_NODISCARD uint32_t copp_ddi_get_copp_compatible_information(struct copp_ddi *ddi, uintptr_t output,
                                                                          const struct copp_status_input *parameters,
                                                                          struct copp_status_output *information);

/*
 * A command, with the bytes beside it as of copp_device_configure, which must not change during the call. Returns when the
 * command has ended, at the latest when the adapter's pending_limit_ms is over.
 */
COPP_API COPP_NODISCARD uint32_t copp_ddi_configure_protected_output(struct copp_ddi *ddi, uintptr_t output,
                                                                     const struct copp_command *parameters,
                                                                     uint32_t additional_size, const uint8_t *additional);

/* Gives back at once what the output held (EVT-5). Fails for an unknown handle alone. */
COPP_API COPP_NODISCARD uint32_t copp_ddi_destroy_protected_output(struct copp_ddi *ddi, uintptr_t output);

#ifdef __cplusplus
}
#endif

#endif
