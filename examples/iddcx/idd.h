/*
 * What a driver of an indirect display gets from Windows' kit (iddcx.h), as far as OPM needs it, so that the example builds and
 * runs anywhere. In a real driver these are IDDCX_ADAPTER, IDDCX_MONITOR, IDDCX_OPMCTX and the IDARG_IN_OPM_...,
 * IDARG_OUT_OPM_... structures, and the functions are the EvtIddCxMonitorOPM... of IDD_CX_CLIENT_CONFIG. As there, each
 * structure begins with its own size in bytes, and a callback answers a NTSTATUS.
 */
#ifndef EXAMPLE_IDD_H
#define EXAMPLE_IDD_H

#include <copp.h>

struct idd_adapter; /* the framework's objects, with a driver's own context in each */
struct idd_monitor;

/* One application's protected output on one monitor; there may be many on a monitor. */
struct idd_opm_context {
    struct idd_adapter *adapter;
    uintptr_t output; /* copp_ddi's handle */
};

struct idd_in_certificate_size {
    uint32_t size;
    uint32_t certificate_type;
};
struct idd_out_certificate_size {
    uint32_t size;
    uint32_t certificate_size;
};
struct idd_in_certificate {
    uint32_t size;
    uint32_t certificate_type;
    uint32_t certificate_size;
    uint8_t *certificate;
};
struct idd_in_create {
    uint32_t size;
    uint32_t semantics;
};
struct idd_out_random {
    uint32_t size;
    uint8_t random[COPP_RANDOM_SIZE];
};
struct idd_in_key {
    uint32_t size;
    struct copp_signature parameters;
};
struct idd_in_information {
    uint32_t size;
    uint8_t parameters[COPP_OPM_GET_INFO_SIZE];
};
struct idd_out_information {
    uint32_t size;
    struct copp_status_output information;
};
struct idd_in_configure {
    uint32_t size;
    struct copp_command parameters;
    uint32_t additional_size;
    const uint8_t *additional;
};

/* The callbacks that a driver hands to the framework. The certificate is the adapter's. */
struct idd_client_config {
    uint32_t (*opm_get_certificate_size)(struct idd_adapter *adapter, const struct idd_in_certificate_size *in,
                                         struct idd_out_certificate_size *out);
    uint32_t (*opm_get_certificate)(struct idd_adapter *adapter, const struct idd_in_certificate *in);
    uint32_t (*opm_create_protected_output)(struct idd_monitor *monitor, struct idd_opm_context *context,
                                            const struct idd_in_create *in);
    uint32_t (*opm_get_random_number)(struct idd_opm_context *context, struct idd_out_random *out);
    uint32_t (*opm_set_signing_key_and_sequence_numbers)(struct idd_opm_context *context, const struct idd_in_key *in);
    uint32_t (*opm_get_information)(struct idd_opm_context *context, const struct idd_in_information *in,
                                    struct idd_out_information *out);
    uint32_t (*opm_configure_protected_output)(struct idd_opm_context *context, const struct idd_in_configure *in);
    uint32_t (*opm_destroy_protected_output)(struct idd_opm_context *context);
};

/*
 * The driver: its callbacks, and what the framework's other callbacks do. The chain and its key are borrowed.
 *
 * start: a device with one monitor has arrived. NULL: failed.
 * power: at each return to full power, once the driver has checked its hardware, and with false if the check failed.
 * unplug: the monitor's link is gone.
 */
const struct idd_client_config *idd_config(void);
struct idd_adapter *idd_start(const uint8_t *chain_bytes, size_t chain_size, struct copp_private_key *key);
struct idd_monitor *idd_monitor(struct idd_adapter *adapter);
void idd_power(struct idd_adapter *adapter, bool checked);
void idd_unplug(struct idd_adapter *adapter);
void idd_stop(struct idd_adapter **adapter);

/* Whether the monitor's link is encrypted now, for whoever looks at the hardware; and how many calls have been told another
 * certificate type than OPM's. */
bool idd_encrypted(struct idd_adapter *adapter);
unsigned idd_other_types(struct idd_adapter *adapter);

#endif
