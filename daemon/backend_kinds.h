/*
 * The kinds of outputs that are in this build, in the order in which "auto" prefers them. Each one reads its settings and opens a
 * backend (outputs/backend.h); all the rest is the backend's.
 */
#ifndef COPPD_BACKEND_KINDS_H
#define COPPD_BACKEND_KINDS_H

#include "error.h"
#include "outputs/backend.h"
#include "settings.h"

#define BACKEND_KINDS_MAX 8u

struct backend_kind {
    const char *name; /* as in the configuration */
    bool real; /* "auto" may take it; zero: its outputs are simulated */
    bool awaited; /* "auto" opens it once and waits for its outputs; zero: it is tried each second until it has some */
    /* What can be said of the settings without touching real outputs. False, with the reason. */
    bool (*check)(const struct config *config, struct error_text *error);
    /* Where its outputs come from, for a person. */
    void (*plan)(const struct config *config, char *text, size_t size);
    /*
     * Opens it. With wait, outputs that are missing are added when they come. config and log outlive the
     * backend. On failure *backend is NULL and *error says why. COPP_E_NOT_FOUND: this machine has no such outputs.
     */
    enum copp_result (*open)(const struct config *config, bool wait, struct copp_backend_log *log, struct copp_backend **backend,
                             struct error_text *error);
};

extern const struct backend_kind backend_kinds[];
extern const size_t backend_kind_count; /* at most BACKEND_KINDS_MAX */

/* The X server that is meant, by the settings or the environment; "": none. */
const char *backend_display(const struct config *config);

/* Why its outputs could not be opened, for a person. */
void backend_not_opened(const char *name, enum copp_result result, struct error_text *error);

#endif
