/* The real driver of this machine: through IOPMVideoOutput, or through a video mixing renderer. */
#ifndef COPP_CLI_WINDOWS_DRIVER_H
#define COPP_CLI_WINDOWS_DRIVER_H

#include <windows.h>

#include "copp.h"

#define MONITORS_MAX 16u
#define MONITOR_NAME_MAX 32u

struct monitor {
    HMONITOR handle; /* NULL: where there is none */
    char name[MONITOR_NAME_MAX]; /* "\\.\DISPLAY1" */
};

/* Fills in up to MONITORS_MAX and answers how many there are. */
size_t monitors_list(struct monitor *monitors);

/*
 * One of a monitor's outputs under COPP or OPM semantics, by its place, and in *there how many the monitor has (OPM-OUT-1). *transport is to
 * be freed; NULL beyond the last. An error is the first call's that failed, and *step its name. The transport cannot be opened again
 * once the monitor has more or fewer outputs: to protect as many as before would not be enough (OPM-OUT-7).
 */
HRESULT opm_open(HMONITOR monitor, bool opm, size_t index, struct copp_transport **transport, size_t *there, const char **step);

/* A picture on the monitor through VMR-9 or VMR-7, and the renderer's interface. Free the transport; the picture goes with it. */
HRESULT renderer_open(const struct monitor *monitor, bool vmr9, struct copp_transport **transport, const char **step);

#endif
