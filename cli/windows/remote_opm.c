/* This machine's own driver, through IOPMVideoOutput under COPP semantics. An output goes by its monitor's name. */
#include <stdio.h>
#include <string.h>

#include "cli/remote.h"
#include "cli/report.h"
#include "windows_driver.h"

#define OUTPUTS_MAX 2u /* more than one is too many */

const char remote_kinds[] = "opm";
const char remote_no_outputs[] = "no monitor is part of the desktop (copp probe tells more)";
const bool remote_speaks_opm = false; /* it is COPP through OPM's interface */
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

/* A monitor is there, since Windows shows the desktop on it. A driver does not say whether it is one for tests. */
int remote_outputs(const struct invocation *in, struct adapter *adapter) {
    struct monitor monitors[MONITORS_MAX];
    size_t count = monitors_list(monitors);
    for (size_t i = 0; i < count; i++) {
        struct output output = {.real = true, .plugged = true};
        (void)snprintf(output.name, sizeof output.name, "%s", monitors[i].name);
        if (!adapter_add_output(adapter, &output))
            return fail_result(in, NULL, COPP_E_MEMORY);
    }
    return STATUS_YES;
}

/* What is plugged in nobody says so that one can rely on it: all outputs are not followed here. */
int remote_follow(const struct invocation *in, const struct adapter *adapter, struct copp_socket **news) {
    *news = NULL;
    return fail(in, STATUS_UNKNOWN, adapter->path, "tells no news of outputs");
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

/* A driver tells with its first answers, if at all. */
bool remote_refuses(struct adapter *adapter, const char *output) {
    (void)adapter;
    (void)output;
    return false;
}

static const struct monitor *find_monitor(const struct monitor *monitors, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(monitors[i].name, name) == 0)
            return &monitors[i];
    }
    return NULL;
}

/* A session is one output's: of a monitor that shows on several, the others would go unprotected. */
int remote_open(const struct invocation *in, struct adapter *adapter, const char *output, struct copp_transport **transport) {
    struct monitor monitors[MONITORS_MAX];
    struct copp_transport *opened[OUTPUTS_MAX] = {NULL};
    size_t found;
    const char *step;
    (void)adapter;
    const struct monitor *monitor = find_monitor(monitors, monitors_list(monitors), output);
    if (monitor == NULL)
        return fail(in, STATUS_UNKNOWN, output, "is not an output of this adapter (see copp status)");
    HRESULT hr = opm_open(monitor->handle, false, opened, OUTPUTS_MAX, &found, &step);
    if (FAILED(hr))
        return fail(in, STATUS_UNKNOWN, output, "%s: 0x%08lX (copp probe tells what that means)", step, (unsigned long)hr);
    if (found == 1) {
        *transport = opened[0];
        return STATUS_YES;
    }
    for (size_t i = 0; i < found; i++)
        copp_transport_free(&opened[i]);
    return fail(in, STATUS_UNKNOWN, output, "is shown on %s: one is what can be protected",
                found == 0 ? "no output" : "several outputs");
}

void remote_explain_anchor(const struct adapter *adapter) {
    (void)adapter;
    complain("name whom a test driver's chain leads to with --anchor or COPP_ANCHOR");
}
