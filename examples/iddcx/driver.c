/*
 * The driver's side: EvtIddCxMonitorOPM... over copp_ddi. For labs: it shows how the callbacks fit, and that a player's calls
 * work. Without a certificate that players trust, and without hardware that encrypts, it offers no protection.
 */
#include <stdio.h>
#include <stdlib.h>

#include "idd.h"

#ifdef _WIN32
#include <windows.h>
typedef SRWLOCK idd_lock;
#define lock_init(lock) InitializeSRWLock(lock)
#define lock_take(lock) AcquireSRWLockExclusive(lock)
#define lock_give(lock) ReleaseSRWLockExclusive(lock)
#define lock_end(lock) (void)(lock)
#else
#include <pthread.h>
typedef pthread_mutex_t idd_lock;
#define lock_init(lock) (void)pthread_mutex_init((lock), NULL)
#define lock_take(lock) (void)pthread_mutex_lock(lock)
#define lock_give(lock) (void)pthread_mutex_unlock(lock)
#define lock_end(lock) (void)pthread_mutex_destroy(lock)
#endif

#define INVALID_PARAMETER 0xC000000Du /* STATUS_INVALID_PARAMETER */
#define MONITOR_TARGET 0u
#define LINK_MS 150u /* the remote end needs so long to encrypt */

struct idd_monitor {
    struct copp_output output; /* first: its operations find the rest through it */
    struct idd_adapter *adapter;
    struct copp_connector *connector;
    bool plugged; /* the link is there */
    struct copp_protection in_force;
    struct copp_protection coming; /* in force once up_ms has come */
    uint64_t up_ms; /* UINT64_MAX: nothing is coming */
};

struct idd_adapter {
    struct copp_pump pump; /* first */
    idd_lock lock; /* an adapter of libcopp's is one thread's at a time; the framework calls for several contexts at once */
    uint64_t now_ms; /* the example's clock, which never waits; a real one is GetTickCount64 */
    unsigned other_types;
    struct copp_adapter *adapter;
    struct copp_ddi *ddi;
    struct idd_monitor monitor;
};

/* --- the monitor's link: here a clock, there the device at the other end --- */

/* Without the link nobody receives, whoever did before. */
static void state(struct copp_output *output, struct copp_output_state *state) {
    if (!((const struct idd_monitor *)output)->plugged)
        return;
    state->display = (struct copp_display){1920, 1080, COPP_SAMPLE_PROGRESSIVE_FRAME, 22, 60, 1};
    state->hdcp_receiver = true;
    state->hdcp_version = COPP_HDCP_VERSION_2;
    for (size_t i = 0; i < COPP_KSV_SIZE; i++)
        state->bksv[i] = 0x0f;
}

/* That a receiver is named goes under the MAC of each answer (BIND-6); a player that has handed over an SRM asks for it (OPM-SRM-7). */
static uint32_t presence(struct copp_output *output) {
    return ((const struct idd_monitor *)output)->plugged ? COPP_BOUND_PLUGGED | COPP_BOUND_RECEIVER : 0;
}

static enum copp_result apply(struct copp_output *output, const struct copp_protection *wanted) {
    struct idd_monitor *monitor = (struct idd_monitor *)output;
    if (wanted->hdcp && !monitor->plugged)
        return COPP_E_UNSUPPORTED;
    if (wanted->hdcp && !monitor->in_force.hdcp) {
        monitor->coming = *wanted;
        monitor->up_ms = monitor->adapter->now_ms + LINK_MS;
        return COPP_E_PENDING; /* copp_connector_applied tells how it ended */
    }
    monitor->in_force = *wanted;
    return COPP_OK;
}

static void cancel(struct copp_output *output) {
    ((struct idd_monitor *)output)->up_ms = UINT64_MAX;
}

static uint64_t pump_now(struct copp_pump *pump) {
    return ((struct idd_adapter *)pump)->now_ms;
}

/* Called with the lock, while a command waits for the link. Other contexts' calls get through meanwhile. */
static void pump_wait(struct copp_pump *pump, uint64_t deadline_ms) {
    struct idd_adapter *adapter = (struct idd_adapter *)pump;
    struct idd_monitor *monitor = &adapter->monitor;
    uint64_t due_ms = monitor->up_ms < deadline_ms ? monitor->up_ms : deadline_ms;
    lock_give(&adapter->lock); /* a real driver waits here, for the link's event or until due_ms */
    lock_take(&adapter->lock);
    if (due_ms > adapter->now_ms && due_ms != UINT64_MAX)
        adapter->now_ms = due_ms;
    if (adapter->now_ms < monitor->up_ms)
        return;
    monitor->up_ms = UINT64_MAX;
    monitor->in_force = monitor->coming;
    copp_connector_applied(monitor->connector, COPP_OK);
}

/* --- the OPM callbacks. A structure that is shorter than ours lacks something that we would read or write --- */

/* What arrives here is declared as a number of semantics, in which OPM is 1, while certificates have OPM as 0. A driver with one
 * chain hands it out for each: a chain is public, and to refuse one of the two could refuse OPM. */
static uint32_t certificate_type(struct idd_adapter *adapter, uint32_t type) {
    if (type != COPP_OPM_CERTIFICATE_OPM)
        adapter->other_types++; /* a real driver logs it */
    return COPP_OPM_CERTIFICATE_OPM;
}

static uint32_t get_certificate_size(struct idd_adapter *adapter, const struct idd_in_certificate_size *in,
                                     struct idd_out_certificate_size *out) {
    if (in->size < sizeof *in || out->size < sizeof *out)
        return INVALID_PARAMETER;
    lock_take(&adapter->lock);
    uint32_t type = certificate_type(adapter, in->certificate_type);
    uint32_t status = copp_ddi_get_certificate_size(adapter->ddi, type, &out->certificate_size);
    lock_give(&adapter->lock);
    return status;
}

static uint32_t get_certificate(struct idd_adapter *adapter, const struct idd_in_certificate *in) {
    if (in->size < sizeof *in)
        return INVALID_PARAMETER;
    lock_take(&adapter->lock);
    uint32_t type = certificate_type(adapter, in->certificate_type);
    uint32_t status = copp_ddi_get_certificate(adapter->ddi, type, in->certificate_size, in->certificate);
    lock_give(&adapter->lock);
    return status;
}

static uint32_t create_protected_output(struct idd_monitor *monitor, struct idd_opm_context *context,
                                        const struct idd_in_create *in) {
    struct idd_adapter *adapter = monitor->adapter;
    if (in->size < sizeof *in)
        return INVALID_PARAMETER;
    lock_take(&adapter->lock);
    uint32_t status = copp_ddi_create_protected_output(adapter->ddi, MONITOR_TARGET, in->semantics, &context->output);
    if (!status)
        context->adapter = adapter;
    lock_give(&adapter->lock);
    return status;
}

static uint32_t get_random_number(struct idd_opm_context *context, struct idd_out_random *out) {
    if (out->size < sizeof *out)
        return INVALID_PARAMETER;
    lock_take(&context->adapter->lock);
    uint32_t status = copp_ddi_get_random_number(context->adapter->ddi, context->output, out->random);
    lock_give(&context->adapter->lock);
    return status;
}

static uint32_t set_signing_key_and_sequence_numbers(struct idd_opm_context *context, const struct idd_in_key *in) {
    if (in->size < sizeof *in)
        return INVALID_PARAMETER;
    lock_take(&context->adapter->lock);
    uint32_t status = copp_ddi_set_signing_key_and_sequence_numbers(context->adapter->ddi, context->output, &in->parameters);
    lock_give(&context->adapter->lock);
    return status;
}

static uint32_t get_information(struct idd_opm_context *context, const struct idd_in_information *in,
                                struct idd_out_information *out) {
    if (in->size < sizeof *in || out->size < sizeof *out)
        return INVALID_PARAMETER;
    lock_take(&context->adapter->lock);
    uint32_t status = copp_ddi_get_information(context->adapter->ddi, context->output, in->parameters, &out->information);
    lock_give(&context->adapter->lock);
    return status;
}

static uint32_t configure_protected_output(struct idd_opm_context *context, const struct idd_in_configure *in) {
    if (in->size < sizeof *in)
        return INVALID_PARAMETER;
    lock_take(&context->adapter->lock);
    uint32_t status = copp_ddi_configure_protected_output(context->adapter->ddi, context->output, &in->parameters,
                                                          in->additional_size, in->additional);
    lock_give(&context->adapter->lock);
    return status;
}

static uint32_t destroy_protected_output(struct idd_opm_context *context) {
    lock_take(&context->adapter->lock);
    uint32_t status = copp_ddi_destroy_protected_output(context->adapter->ddi, context->output);
    lock_give(&context->adapter->lock);
    return status;
}

const struct idd_client_config *idd_config(void) {
    static const struct idd_client_config config = {
        .opm_get_certificate_size = get_certificate_size,
        .opm_get_certificate = get_certificate,
        .opm_create_protected_output = create_protected_output,
        .opm_get_random_number = get_random_number,
        .opm_set_signing_key_and_sequence_numbers = set_signing_key_and_sequence_numbers,
        .opm_get_information = get_information,
        .opm_configure_protected_output = configure_protected_output,
        .opm_destroy_protected_output = destroy_protected_output,
    };
    return &config;
}

/* --- the driver's own life --- */

static enum copp_result add_monitor(struct idd_adapter *adapter) {
    static const struct copp_output_ops ops = {
        .size = sizeof ops, .state = state, .apply = apply, .cancel = cancel, .presence = presence};
    struct idd_monitor *monitor = &adapter->monitor;
    *monitor = (struct idd_monitor){.output = {&ops}, .adapter = adapter, .plugged = true, .up_ms = UINT64_MAX};
    const struct copp_connector_config config = {.size = sizeof config,
                                                 .output = &monitor->output,
                                                 .connector_type = COPP_CONNECTOR_HDMI,
                                                 .protection_types = COPP_PROTECTION_TYPE_HDCP,
                                                 .bus_type = COPP_BUS_UNKNOWN,
                                                 .name = "INDIRECT-1"}; /* and not .real: nothing is encrypted here */
    enum copp_result result = copp_connector_add(adapter->adapter, &config, &monitor->connector);
    return result ? result : copp_ddi_add_target(adapter->ddi, MONITOR_TARGET, monitor->connector);
}

struct idd_adapter *idd_start(const uint8_t *chain_bytes, size_t chain_size, struct copp_private_key *key) {
    static const struct copp_pump_ops ops = {sizeof ops, pump_now, pump_wait};
    struct idd_adapter *adapter = calloc(1, sizeof *adapter);
    if (!adapter)
        return NULL;
    adapter->pump.ops = &ops;
    lock_init(&adapter->lock);
    const struct copp_adapter_config config = {
        .size = sizeof config, .opm_chain_bytes = chain_bytes, .opm_chain_size = chain_size, .opm_key = key};
    enum copp_result result = copp_adapter_new(&config, &adapter->adapter);
    if (!result)
        result = copp_adapter_keep_srms(adapter->adapter, NULL, 0); /* lists that DCP has signed */
    const struct copp_ddi_config ddi = {.size = sizeof ddi, .adapter = adapter->adapter, .pump = &adapter->pump};
    if (!result)
        result = copp_ddi_new(&ddi, &adapter->ddi);
    if (!result)
        result = add_monitor(adapter);
    if (!result)
        return adapter;
    fprintf(stderr, "no driver: %s\n", copp_strerror(result));
    idd_stop(&adapter);
    return NULL;
}

struct idd_monitor *idd_monitor(struct idd_adapter *adapter) {
    return &adapter->monitor;
}

void idd_power(struct idd_adapter *adapter, bool checked) {
    lock_take(&adapter->lock);
    copp_ddi_set_scan(adapter->ddi, checked ? COPP_DDI_SCAN_PASSED : COPP_DDI_SCAN_FAILED);
    lock_give(&adapter->lock);
}

void idd_unplug(struct idd_adapter *adapter) {
    lock_take(&adapter->lock);
    adapter->monitor.plugged = false; /* before the sessions hear of it, and ask */
    adapter->monitor.in_force.hdcp = COPP_HDCP_OFF;
    copp_connector_unplugged(adapter->monitor.connector);
    lock_give(&adapter->lock);
}

void idd_stop(struct idd_adapter **adapter) {
    copp_ddi_free(&(*adapter)->ddi); /* first: it has devices of the adapter's */
    copp_adapter_free(&(*adapter)->adapter);
    lock_end(&(*adapter)->lock);
    free(*adapter);
    *adapter = NULL;
}

bool idd_encrypted(struct idd_adapter *adapter) {
    return adapter->monitor.in_force.hdcp == COPP_HDCP_ON;
}

unsigned idd_other_types(struct idd_adapter *adapter) {
    return adapter->other_types;
}
