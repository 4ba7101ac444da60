/* Outputs of an X server with RandR. docs/outputs-reference.md tells what it can and cannot do. */
#ifndef COPP_OUTPUTS_XRANDR_H
#define COPP_OUTPUTS_XRANDR_H

#include "outputs/backend.h"

struct copp_xrandr_config {
    const char *display; /* ":0"; NULL: DISPLAY in the environment. Copied */
    /*
     * Which connector of the kernel's is behind which output, for drivers whose outputs have no CONNECTOR_ID: such as
     * "HDMI-A-0=card0-HDMI-A-1 DisplayPort-0=card0-DP-1". Copied; NULL: none is named.
     */
    const char *connectors;
    /*
     * Believe the property as the server shows it where the kernel cannot be asked. Servers show what was written last, and
     * any X client can write Enabled: only for a server that is known to do better.
     */
    bool trust_server;
    /* A directory, copied, in which what must be taken down outlives a kill -9, and no reboot; NULL: memory alone. */
    const char *notes;
    uint32_t read_ms; /* as of struct copp_kms_config */
    bool wait; /* accept a server that is missing or does not answer: its outputs are added when it comes */
    struct copp_backend_log *log; /* borrowed; NULL: nothing is said */
};

/*
 * COPP_E_NOT_FOUND: there is no such X server, or it has no RandR 1.3. COPP_E_IO: it does not answer within 5 s. A server that
 * goes later loses what its outputs have in force, and is connected to again when it comes back.
 */
COPP_NODISCARD enum copp_result copp_xrandr_open(const struct copp_xrandr_config *config, struct copp_backend **backend);

#endif
