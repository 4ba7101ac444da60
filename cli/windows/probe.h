/* What copp probe's paths to this machine's driver share. */
#ifndef COPP_CLI_WINDOWS_PROBE_H
#define COPP_CLI_WINDOWS_PROBE_H

#include <jansson.h>

#include "cli/invocation.h"
#include "cli/revocation.h"
#include "cli/signals.h"
#include "cli/table.h"

/* One run of the command. */
struct probe {
    const struct invocation *in;
    struct copp_public_key anchor;
    struct copp_opm_anchor opm_anchor;
    bool given[2]; /* that of COPP, that of OPM, and not Microsoft's */
    struct revocation revocation;
    struct table table;
    json_t *paths;
    bool good; /* every step of some path succeeded */
    struct signals signals;
    bool interrupted;
    /* the path at hand */
    const char *monitor;
    const char *path;
    bool opm; /* its semantics are OPM's */
    json_t *steps;
    bool path_good;
};

/* The command then ends as it should: with what it has set put back, and its file gone. */
bool probe_interrupted(struct probe *probe);

/* A step, with its answer or with what is wrong. */
void probe_add_good(struct probe *probe, const char *step, const char *answer);
void probe_add_refused(struct probe *probe, const char *step, uint32_t hresult);
void probe_add_failed(struct probe *probe, const char *step, enum copp_rule rule, const char *why);

/* A call on the session: true if it succeeded, else its step is reported. */
bool probe_succeeded(struct probe *probe, const char *step, enum copp_result result, const struct copp_session *session);
bool probe_refused_with(const struct copp_session *session, enum copp_result result, uint32_t hresult);

/* Under OPM semantics: every request that a display output has an answer to; answers the protection types. */
uint32_t probe_ask_opm(struct probe *probe, struct copp_session *session);

/* The types that the connector has and a session can ask about, and each one's levels, under these names. */
uint32_t probe_ask_types(struct probe *probe, struct copp_session *session, const char *step);
void probe_ask_levels(struct probe *probe, struct copp_session *session, uint32_t types, const char *local, const char *global);

/* HDCP on, until it is in force, and off again: puts back whatever has happened meanwhile, since nothing between the two commands
 * returns. */
void probe_try_hdcp(struct probe *probe, struct copp_session *session, uint32_t types, const char *command);

#endif
