/*
 * A simulated graphics adapter, described by an ini text, whose outputs do what they are told: the embedded default,
 * and a driver that can be made to fail on command. docs/simulator.md describes the text and the events.
 */
#ifndef COPP_SIM_H
#define COPP_SIM_H

#include "device.h"

#ifdef __cplusplus
extern "C" {
#endif

struct copp_sim;

/* Where and why a description or an event was refused. */
struct copp_sim_error {
    unsigned line; /* of the description, from 1; 0: none in particular */
    char text[256]; /* in words; NUL-terminated */
};

struct copp_sim_config {
    size_t size; /* sizeof this struct */
    const char *description; /* ini text, NUL-terminated; NULL: copp_sim_default() */
    const uint8_t *chain_bytes; /* as in struct copp_adapter_config */
    size_t chain_size;
    struct copp_private_key *key;
    struct copp_random *random;
    uint64_t now_ms; /* the time the script in the description starts from */
    uint32_t pending_limit_ms; /* where the description has none; 0: COPP_PENDING_LIMIT_MS */
    bool
        outputs_only; /* without adapter and connectors, which are the host's: chain_bytes, key, random and pending limit stay unused */
    struct copp_log *log; /* the adapter's; may be NULL */
    bool unbound; /* as in struct copp_adapter_config */
};

/* The default description. Static. */
COPP_API const char *copp_sim_default(void);

/* COPP_E_INVALID: *error says where and why. error may be NULL. */
COPP_API COPP_NODISCARD enum copp_result copp_sim_new(const struct copp_sim_config *config, struct copp_sim **sim,
                                                      struct copp_sim_error *error);
/* Every device must have been closed. NULL-safe; clears the pointer. */
COPP_API void copp_sim_free(struct copp_sim **sim);

/* NULL for a sim that is outputs_only. */
COPP_API struct copp_adapter *copp_sim_adapter(struct copp_sim *sim);
COPP_API size_t copp_sim_count(const struct copp_sim *sim);
/* NULL beyond the count; lives as long as sim. */
COPP_API const char *copp_sim_name(const struct copp_sim *sim, size_t index);
/* The other name of a pair (ARB-6): its composite output's. NULL for any other output and beyond the count; lives as long as sim. */
COPP_API const char *copp_sim_second_name(const struct copp_sim *sim, size_t index);
/* The output's connector; NULL if no output has that name. A pair (ARB-6) answers to the names of both its outputs. */
COPP_API struct copp_connector *copp_sim_connector(struct copp_sim *sim, const char *name);
/* Whether the output's cable is plugged in; false if no output has that name. */
COPP_API bool copp_sim_plugged(struct copp_sim *sim, const char *name);
/* What the display on the output calls itself, at most 31 characters of printable ASCII. Of a pair (ARB-6) it is the S-Video output's.
 * "" if nothing is plugged in, if the description does not say, or if no output has that name; lives as long as sim. */
COPP_API const char *copp_sim_display(struct copp_sim *sim, const char *name);

/* Whether the output shows black instead of every frame (OPM-STA-6); false if no output has that name. */
COPP_API bool copp_sim_blank(struct copp_sim *sim, const char *name);

/*
 * Makes something happen now: "unplug NAME", "plug NAME", "mode NAME MODE", "hdcp-fail NAME", "desktop-acp NAME LEVEL",
 * ... as docs/simulator.md lists. COPP_E_INVALID: *error says why, nothing has happened.
 */
COPP_API COPP_NODISCARD enum copp_result copp_sim_event(struct copp_sim *sim, const char *event, struct copp_sim_error *error);

/* Lets time pass up to now_ms: scripted events, pending applies and their time limits. Time does not go back. */
COPP_API void copp_sim_dispatch(struct copp_sim *sim, uint64_t now_ms);
/* When something happens next by itself; UINT64_MAX if never. */
COPP_API uint64_t copp_sim_deadline_ms(const struct copp_sim *sim);

/*
 * For a host with an adapter of its own and a sim that is outputs_only. The host adds a connector for each output below the count,
 * then attaches it, before time passes or anything happens. Such a sim knows no time limits: after copp_sim_dispatch the host
 * calls copp_adapter_dispatch. All of it belongs to the adapter's thread.
 *
 * connector_config: what copp_connector_add needs of output index; its output is sim's, and lives as long. Returns
 *   COPP_E_ARGUMENT beyond the count, COPP_E_STATE if sim has an adapter of its own; *config is then zero.
 * attach: whom to tell what happens to output index (EVT-1). The connector is borrowed; attach NULL before it is freed. Does
 *   nothing beyond the count, or if sim has an adapter of its own.
 * pending_limit_ms: the description's time limit in milliseconds (CMD-6), for the adapter's configuration; 0 if it has none.
 */
COPP_API COPP_NODISCARD enum copp_result copp_sim_connector_config(struct copp_sim *sim, size_t index,
                                                                   struct copp_connector_config *config);
COPP_API void copp_sim_attach(struct copp_sim *sim, size_t index, struct copp_connector *connector);
COPP_API uint32_t copp_sim_pending_limit_ms(const struct copp_sim *sim);

#ifdef __cplusplus
}
#endif

#endif
