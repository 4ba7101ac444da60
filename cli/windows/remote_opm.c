/*
 * This machine's own driver, through IOPMVideoOutput: under OPM semantics where the driver has them, else COPP's. An output goes by its
 * monitor's name and, where the monitor has several (OPM-OUT-1), which of how many it is behind that: once there are more or fewer, none
 * has its name any more, and no new session with it protects a part of them (OPM-OUT-7).
 */
#include <stdio.h>
#include <string.h>

#include "cli/remote.h"
#include "cli/report.h"
#include "windows_driver.h"

#define OUTPUTS_MAX 64u /* of a monitor: a driver that claims more is broken */

const char remote_kinds[] = "opm";
const char remote_no_outputs[] = "no monitor is part of the desktop (copp probe shows more)";
const enum copp_binding_demand remote_binding = COPP_BINDING_OPTIONAL;

/* Nobody does. */
const char *remote_missing_anchor(const char *name) {
    (void)name;
    return NULL;
}

bool remote_find(const char *name, const char **path) {
    *path = name;
    return strcmp(name, remote_kinds) == 0;
}

const char *remote_default(void) {
    return remote_kinds;
}

/* --- opening outputs --- */

/* An attempt, and what came of it. */
struct attempt {
    HRESULT hr;
    HRESULT opm_hr; /* that of OPM semantics, where COPP's were tried after it */
    const char *step;
    size_t there; /* outputs of the monitor */
    struct copp_transport *transport; /* NULL: it has failed, or there are not so many */
};

/* OPM-OUT-4; and drivers without OPM were seen to say that something in them has failed. */
static bool lacks_opm(HRESULT hr) {
    return hr == (HRESULT)COPP_HR_OPM_NOT_SUPPORTED || hr == (HRESULT)COPP_HR_OPM_DRIVER_INTERNAL_ERROR;
}

static bool refuses_mode(HRESULT hr) {
    return hr == (HRESULT)COPP_HR_OPM_SPANNING_MODE || hr == (HRESULT)COPP_HR_OPM_THEATER_MODE;
}

/* Where either semantics will do, COPP's are what is left where the driver has no OPM, and for no other reason. */
static void try_output(const struct adapter *adapter, HMONITOR monitor, size_t index, struct attempt *attempt) {
    bool opm = adapter->semantics != COPP_SEMANTICS_COPP;
    *attempt = (struct attempt){.step = ""};
    attempt->hr = opm_open(monitor, opm, index, &attempt->transport, &attempt->there, &attempt->step);
    if (adapter->semantics != COPP_SEMANTICS_NONE || !lacks_opm(attempt->hr))
        return;
    attempt->opm_hr = attempt->hr;
    attempt->hr = opm_open(monitor, false, index, &attempt->transport, &attempt->there, &attempt->step);
}

/* What a monitor without any can be asked for is told by whoever opens it. */
static size_t count_outputs(const struct adapter *adapter, HMONITOR monitor) {
    struct attempt attempt;
    try_output(adapter, monitor, 0, &attempt);
    copp_transport_free(&attempt.transport);
    return attempt.there > 0 ? attempt.there : 1;
}

/* A monitor is there, since Windows shows the desktop on it. A driver does not say whether it is one for tests. */
static bool add_outputs(struct adapter *adapter, const struct monitor *monitor) {
    size_t count = count_outputs(adapter, monitor->handle);
    for (size_t i = 0; i < count && i < OUTPUTS_MAX; i++) {
        struct output output = {.real = true, .plugged = true};
        (void)snprintf(output.monitor, sizeof output.monitor, "%s", monitor->name);
        if (count == 1)
            (void)snprintf(output.name, sizeof output.name, "%s", monitor->name);
        else
            (void)snprintf(output.name, sizeof output.name, "%s#%u/%u", monitor->name, (unsigned)i + 1, (unsigned)count);
        if (!adapter_add_output(adapter, &output))
            return false;
    }
    return true;
}

int remote_outputs(const struct invocation *in, struct adapter *adapter) {
    struct monitor monitors[MONITORS_MAX];
    size_t count = monitors_list(monitors);
    for (size_t i = 0; i < count; i++) {
        if (!add_outputs(adapter, &monitors[i]))
            return fail_result(in, NULL, COPP_E_MEMORY);
    }
    return STATUS_YES;
}

/* What is plugged in nobody says so that one can rely on it: all outputs are not followed here. */
int remote_follow(const struct invocation *in, const struct adapter *adapter, struct copp_socket **news) {
    *news = NULL;
    return fail(in, STATUS_UNKNOWN, adapter->path, "does not report changes of outputs");
}

int remote_news_fd(const struct copp_socket *news) {
    (void)news;
    return -1;
}

enum adapter_news remote_next_output(struct copp_socket *news, struct output *output) {
    (void)news;
    (void)output;
    return ADAPTER_NO_NEWS;
}

void remote_unfollow(struct copp_socket **news) {
    *news = NULL;
}

/* Where an output is: its monitor, its place among that one's outputs, and of how many when they were listed. */
struct place {
    HMONITOR monitor;
    size_t index;
    size_t count;
};

/* False: there is no such output, or its monitor has gone. */
static bool find_place(const struct adapter *adapter, const char *name, struct place *place) {
    struct monitor monitors[MONITORS_MAX];
    const struct output *known = adapter_known_output(adapter, name);
    size_t count = known != NULL ? monitors_list(monitors) : 0;
    *place = (struct place){.monitor = NULL};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(monitors[i].name, known->monitor) == 0)
            place->monitor = monitors[i].handle;
    }
    for (size_t i = 0; known != NULL && i < adapter->count; i++) {
        if (strcmp(adapter->outputs[i].monitor, known->monitor) != 0)
            continue;
        if (&adapter->outputs[i] == known)
            place->index = place->count;
        place->count++;
    }
    return place->monitor != NULL;
}

bool remote_refuses(struct adapter *adapter, const char *output) {
    struct place place;
    struct attempt attempt;
    if (!find_place(adapter, output, &place))
        return false;
    try_output(adapter, place.monitor, place.index, &attempt);
    copp_transport_free(&attempt.transport);
    return refuses_mode(attempt.hr);
}

static int fail_open(const struct invocation *in, const struct adapter *adapter, const char *output,
                     const struct attempt *attempt) {
    unsigned long hr = (unsigned long)attempt->hr;
    if (FAILED(attempt->opm_hr))
        return fail(in, STATUS_UNKNOWN, output,
                    "the driver has neither OPM semantics (0x%08lX) nor COPP's (0x%08lX): copp probe shows more",
                    (unsigned long)attempt->opm_hr, hr);
    if (adapter->semantics == COPP_SEMANTICS_OPM && lacks_opm(attempt->hr))
        return fail(in, STATUS_UNKNOWN, output, "the driver has no OPM semantics (0x%08lX, OPM-OUT-4): use --semantics copp", hr);
    if (adapter->semantics == COPP_SEMANTICS_COPP && attempt->hr == (HRESULT)COPP_HR_OPM_COPP_NOT_SUPPORTED)
        return fail(in, STATUS_UNKNOWN, output, "the driver has no COPP semantics (0x%08lX, OPM-OUT-4): use --semantics opm", hr);
    if (refuses_mode(attempt->hr))
        return fail(in, STATUS_UNKNOWN, output, "no session in clone or theatre mode (ARB-6): 0x%08lX%s", hr,
                    adapter->semantics == COPP_SEMANTICS_COPP ? "; OPM allows clone mode: use --semantics opm" : "");
    return fail(in, STATUS_UNKNOWN, output, "%s: 0x%08lX (copp probe shows what that means)", attempt->step, hr);
}

/* Others that show the picture would go unprotected if there were more of them than were listed (OPM-OUT-7). */
int remote_open(const struct invocation *in, struct adapter *adapter, const char *output, struct copp_transport **transport) {
    struct place place;
    struct attempt attempt;
    if (!find_place(adapter, output, &place))
        return fail(in, STATUS_UNKNOWN, output, "is not an output of this adapter (see copp status)");
    try_output(adapter, place.monitor, place.index, &attempt);
    if (FAILED(attempt.hr))
        return fail_open(in, adapter, output, &attempt);
    if (attempt.transport == NULL || attempt.there != place.count) {
        copp_transport_free(&attempt.transport);
        return fail(in, STATUS_UNKNOWN, output, "its monitor has %lu outputs now, and had %lu: start copp again",
                    (unsigned long)attempt.there, (unsigned long)place.count);
    }
    if (FAILED(attempt.opm_hr) && !in->json && in->note == NULL)
        complain("%s: the driver has no OPM semantics (0x%08lX): the session speaks COPP", output, (unsigned long)attempt.opm_hr);
    *transport = attempt.transport;
    return STATUS_YES;
}

void remote_explain_anchor(const struct adapter *adapter) {
    (void)adapter;
    complain("name the anchor of a test driver's chain with --anchor or COPP_ANCHOR: a certificate for OPM, a key for COPP");
}
