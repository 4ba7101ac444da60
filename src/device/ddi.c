/* The functions that a display driver offers to Windows, over devices (OPM-DDI). */
#include "copp/ddi.h"

#include <stdlib.h>
#include <string.h>

#include "common/sized.h"
#include "device/internal.h"

#define STATUS_SUCCESS 0u
#define STATUS_INVALID_PARAMETER 0xC000000Du

struct target {
    struct target *next;
    uint32_t id;
    struct copp_connector *connector;
};

struct output {
    struct output *next;
    uintptr_t handle;
    struct copp_device *device;
    bool random_given; /* OPM-DDI-5 */
};

struct copp_ddi {
    struct copp_adapter *adapter;
    struct copp_pump *pump;
    enum copp_ddi_scan scan;
    struct target *targets;
    struct output *outputs;
    uintptr_t last_handle;
};

enum copp_result copp_ddi_new(const struct copp_ddi_config *config, struct copp_ddi **ddi) {
    struct copp_ddi_config own;
    if (!ddi)
        return COPP_E_ARGUMENT;
    *ddi = NULL;
    if (!config || !copp_sized_read(config, &own, sizeof own) || !own.adapter || !own.pump ||
        !COPP_HAS_OP(own.pump->ops, now_ms) || !COPP_HAS_OP(own.pump->ops, wait))
        return COPP_E_ARGUMENT;
    struct copp_ddi *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    made->adapter = own.adapter;
    made->pump = own.pump;
    *ddi = made;
    return COPP_OK;
}

/* Takes the output out of the list that link points into, and closes its device (EVT-5). */
static void destroy(struct output **link) {
    struct output *output = *link;
    *link = output->next;
    copp_device_close(&output->device);
    free(output);
}

void copp_ddi_free(struct copp_ddi **ddi) {
    if (!ddi || !*ddi)
        return;
    while ((*ddi)->outputs)
        destroy(&(*ddi)->outputs);
    while ((*ddi)->targets) {
        struct target *target = (*ddi)->targets;
        (*ddi)->targets = target->next;
        free(target);
    }
    free(*ddi);
    *ddi = NULL;
}

enum copp_result copp_ddi_add_target(struct copp_ddi *ddi, uint32_t target_id, struct copp_connector *connector) {
    if (!ddi || !connector || connector->adapter != ddi->adapter)
        return COPP_E_ARGUMENT;
    struct target *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    *made = (struct target){.next = ddi->targets, .id = target_id, .connector = connector};
    ddi->targets = made;
    return COPP_OK;
}

void copp_ddi_set_scan(struct copp_ddi *ddi, enum copp_ddi_scan scan) {
    if (!ddi)
        return;
    ddi->scan = scan;
    if (scan == COPP_DDI_SCAN_RUNNING || scan == COPP_DDI_SCAN_PASSED)
        return;
    for (struct copp_connector *connector = ddi->adapter->connectors; connector; connector = connector->next)
        copp_connector_tampered(connector); /* OPM-STA-2 */
}

/* OPM-DDI-3, before anything else is looked at. */
static uint32_t scanned(const struct copp_ddi *ddi) {
    return ddi->scan == COPP_DDI_SCAN_PASSED ? STATUS_SUCCESS : copp_opm_ntstatus(COPP_HR_OPM_HFS_FAILED);
}

/* --- the certificate --- */

/* OPM-DDI-4: by kind. */
static uint32_t unsupported(enum copp_semantics semantics) {
    return copp_opm_ntstatus(semantics == COPP_SEMANTICS_OPM ? COPP_HR_OPM_NOT_SUPPORTED : COPP_HR_OPM_COPP_NOT_SUPPORTED);
}

/* NULL: *status says why. */
static const uint8_t *find_chain(const struct copp_ddi *ddi, uint32_t type, size_t *size, uint32_t *status) {
    enum copp_semantics semantics = copp_opm_semantics_of_certificate(type);
    const uint8_t *bytes = NULL;
    *size = 0;
    *status = scanned(ddi);
    if (*status)
        return NULL;
    if (type == COPP_OPM_CERTIFICATE_UAB)
        *status = copp_opm_ntstatus(COPP_HR_OPM_UAB_NOT_SUPPORTED);
    else if (semantics == COPP_SEMANTICS_NONE)
        *status = STATUS_INVALID_PARAMETER;
    else if (copp_adapter_chain(ddi->adapter, semantics, &bytes, size))
        *status = unsupported(semantics);
    return bytes;
}

uint32_t copp_ddi_get_certificate_size(struct copp_ddi *ddi, uint32_t type, uint32_t *size) {
    size_t chain_size;
    uint32_t status;
    if (!ddi || !size)
        return STATUS_INVALID_PARAMETER;
    if (!find_chain(ddi, type, &chain_size, &status))
        return status;
    *size = (uint32_t)chain_size;
    return STATUS_SUCCESS;
}

uint32_t copp_ddi_get_certificate(struct copp_ddi *ddi, uint32_t type, uint32_t size, uint8_t *certificate) {
    size_t chain_size;
    uint32_t status;
    if (!ddi || !certificate)
        return STATUS_INVALID_PARAMETER;
    const uint8_t *bytes = find_chain(ddi, type, &chain_size, &status);
    if (!bytes)
        return status;
    if (size != chain_size)
        return copp_opm_ntstatus(COPP_HR_OPM_INVALID_CERTIFICATE_LENGTH); /* OPM-DDI-4 */
    memcpy(certificate, bytes, chain_size);
    return STATUS_SUCCESS;
}

/* --- protected outputs --- */

static struct output **find_output(struct copp_ddi *ddi, uintptr_t handle) {
    struct output **link = &ddi->outputs;
    while (*link && (*link)->handle != handle)
        link = &(*link)->next;
    return *link ? link : NULL;
}

/* OPM-DDI-1: the target's connector, if there is one and no more. NULL: *status says why. */
static struct copp_connector *find_connector(const struct copp_ddi *ddi, uint32_t target_id, uint32_t *status) {
    struct copp_connector *connector = NULL;
    *status = STATUS_INVALID_PARAMETER;
    for (const struct target *target = ddi->targets; target; target = target->next) {
        if (target->id != target_id)
            continue;
        *status = copp_opm_ntstatus(COPP_HR_OPM_SPANNING_MODE);
        if (connector)
            return NULL;
        connector = target->connector;
    }
    return connector;
}

static uint32_t why_not_opened(const struct copp_connector *connector, enum copp_semantics semantics, enum copp_result result) {
    switch (result) {
    case COPP_E_UNSUPPORTED: /* OPM-OUT-4 */
    case COPP_E_KEY: /* OPM-INI-6 */
        return unsupported(semantics);
    case COPP_E_UNSUPPORTED_MODE: /* OPM-OUT-6; clone mode under COPP is as spanning (ARB-6) */
        return copp_opm_ntstatus(copp_connector_mode(connector) == COPP_MODE_THEATRE ? COPP_HR_OPM_THEATER_MODE
                                                                                     : COPP_HR_OPM_SPANNING_MODE);
    case COPP_E_MEMORY:
        return copp_opm_ntstatus(COPP_HR_OUTOFMEMORY);
    default:
        return copp_opm_ntstatus(COPP_HR_OPM_DRIVER_INTERNAL_ERROR);
    }
}

static uintptr_t next_handle(struct copp_ddi *ddi) {
    do
        ddi->last_handle++;
    while (!ddi->last_handle || find_output(ddi, ddi->last_handle));
    return ddi->last_handle;
}

static uint32_t open_output(struct copp_ddi *ddi, struct copp_connector *connector, enum copp_semantics semantics,
                            uintptr_t *handle) {
    const struct copp_device_options options = {.size = sizeof options, .semantics = semantics};
    struct output *made = calloc(1, sizeof *made);
    if (!made)
        return copp_opm_ntstatus(COPP_HR_OUTOFMEMORY);
    enum copp_result result = copp_device_open_as(connector, &options, &made->device);
    if (result) {
        free(made);
        return why_not_opened(connector, semantics, result);
    }
    made->handle = next_handle(ddi);
    made->next = ddi->outputs;
    ddi->outputs = made;
    *handle = made->handle;
    return STATUS_SUCCESS;
}

uint32_t copp_ddi_create_protected_output(struct copp_ddi *ddi, uint32_t target_id, uint32_t vos, uintptr_t *output) {
    if (!ddi || !output)
        return STATUS_INVALID_PARAMETER;
    uint32_t status = scanned(ddi);
    if (status)
        return status;
    enum copp_semantics semantics = copp_opm_semantics_of_vos(vos);
    if (semantics == COPP_SEMANTICS_NONE)
        return STATUS_INVALID_PARAMETER; /* OPM-OUT-3 */
    struct copp_connector *connector = find_connector(ddi, target_id, &status);
    return connector ? open_output(ddi, connector, semantics, output) : status;
}

uint32_t copp_ddi_destroy_protected_output(struct copp_ddi *ddi, uintptr_t output) {
    if (!ddi)
        return STATUS_INVALID_PARAMETER;
    struct output **link = find_output(ddi, output);
    if (!link)
        return copp_opm_ntstatus(COPP_HR_OPM_INVALID_HANDLE);
    destroy(link); /* OPM-DDI-5 */
    return STATUS_SUCCESS;
}

/* --- what an output is asked --- */

/* The output of that handle, if calls for it may be made. NULL: *status says why. Whether it is gone is looked at here,
 * since a device of COPP has a code of its own for that. */
static struct output *reach(struct copp_ddi *ddi, uintptr_t handle, uint32_t *status) {
    *status = scanned(ddi);
    if (*status)
        return NULL;
    struct output **link = find_output(ddi, handle);
    *status = copp_opm_ntstatus(COPP_HR_OPM_INVALID_HANDLE); /* OPM-DDI-5 */
    if (!link)
        return NULL;
    *status = copp_opm_ntstatus(COPP_HR_OPM_OUTPUT_GONE);
    const struct copp_device *device = (*link)->device;
    return device->state == COPP_DEVICE_GONE || !copp_device_is_ours(device) ? NULL : *link;
}

uint32_t copp_ddi_get_random_number(struct copp_ddi *ddi, uintptr_t output, uint8_t *random) {
    uint32_t status;
    const uint8_t *bytes;
    size_t size;
    if (!ddi || !random)
        return STATUS_INVALID_PARAMETER;
    struct output *found = reach(ddi, output, &status);
    if (!found)
        return status;
    if (found->random_given)
        return copp_opm_ntstatus(COPP_HR_OPM_INTERNAL_ERROR); /* OPM-DDI-5 */
    status = copp_opm_ntstatus(copp_device_exchange(found->device, random, &bytes, &size));
    found->random_given = !status; /* without random numbers it may be asked again */
    return status;
}

uint32_t copp_ddi_set_signing_key_and_sequence_numbers(struct copp_ddi *ddi, uintptr_t output,
                                                       const struct copp_signature *parameters) {
    uint32_t status;
    if (!ddi || !parameters)
        return STATUS_INVALID_PARAMETER;
    struct output *found = reach(ddi, output, &status);
    if (!found)
        return status;
    uint32_t hresult = copp_device_sequence_start(found->device, parameters);
    if (hresult == COPP_HR_UNEXPECTED) /* COPP has this one code for every failure (SES-7) */
        hresult = COPP_HR_OPM_INVALID_ENCRYPTED_PARAMETERS;
    return copp_opm_ntstatus(hresult);
}

uint32_t copp_ddi_get_information(struct copp_ddi *ddi, uintptr_t output, const uint8_t *parameters,
                                  struct copp_status_output *information) {
    uint32_t status;
    if (!ddi || !parameters || !information)
        return STATUS_INVALID_PARAMETER;
    struct output *found = reach(ddi, output, &status);
    if (!found)
        return status;
    const struct copp_status_input *input = (const struct copp_status_input *)(parameters + COPP_MAC_SIZE); /* OPM-WIRE-1 */
    return copp_opm_ntstatus(copp_device_get_information(found->device, parameters, input, information));
}

uint32_t copp_ddi_get_copp_compatible_information(struct copp_ddi *ddi, uintptr_t output,
                                                  const struct copp_status_input *parameters,
                                                  struct copp_status_output *information) {
    uint32_t status;
    if (!ddi || !parameters || !information)
        return STATUS_INVALID_PARAMETER;
    struct output *found = reach(ddi, output, &status);
    return found ? copp_opm_ntstatus(copp_device_get_copp_information(found->device, parameters, information)) : status;
}

/* Waits for the command's end (CMD-6). Other calls may come while it waits (OPM-DDI-2), so that the output is looked up each
 * time. */
static uint32_t wait_for_end(struct copp_ddi *ddi, uintptr_t handle) {
    uint32_t status;
    uint32_t hresult = COPP_HR_PENDING;
    while (hresult == COPP_HR_PENDING) {
        ddi->pump->ops->wait(ddi->pump, copp_adapter_deadline_ms(ddi->adapter));
        copp_adapter_dispatch(ddi->adapter, ddi->pump->ops->now_ms(ddi->pump));
        struct output *found = reach(ddi, handle, &status);
        if (!found)
            return status;
        hresult = copp_device_command_result(found->device);
    }
    return copp_opm_ntstatus(hresult);
}

uint32_t copp_ddi_configure_protected_output(struct copp_ddi *ddi, uintptr_t output, const struct copp_command *parameters,
                                             uint32_t additional_size, const uint8_t *additional) {
    uint32_t status;
    if (!ddi || !parameters || (!additional && additional_size))
        return STATUS_INVALID_PARAMETER;
    struct output *found = reach(ddi, output, &status);
    if (!found)
        return status;
    uint32_t hresult =
        copp_device_configure(found->device, parameters, additional, additional_size, ddi->pump->ops->now_ms(ddi->pump));
    return hresult == COPP_HR_PENDING ? wait_for_end(ddi, output) : copp_opm_ntstatus(hresult);
}
